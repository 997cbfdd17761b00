"""国际金融报 (ifnews): columns of its own site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from newscrawler import ifnews
from newscrawler.answers import Answer, read_json
from newscrawler.base import NewsSpider
from newscrawler.errors import SourceArgumentError
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.shapes import Field, Probe, code, moment, text
from newscrawler.walk import Walk


class IfnewsSpider(NewsSpider):
    """Crawl columns of 国际金融报.

    **Source**: getArticles, getArticle of its API, as public clients use them; no answer of it was seen.
    **Caveats**: a list is one page. Times may be relative ("3小时前") and so an hour off: the first one stored stands, and
    the last day is never called covered.
    """

    name = "ifnews"
    source = "ifnews"
    channels_setting = "NEWS_IFNEWS_CHANNELS"
    kinds: ClassVar[frozenset[str]] = frozenset({"cid"})
    allowed_domains: ClassVar[list[str]] = ["ifnews.com"]
    settling: ClassVar[timedelta] = timedelta(days=1)
    probes = (
        Probe(
            "column",
            channel="cid:48",
            fields=(Field("fileID", code), Field("title", text), Field("publishTime", moment)),
        ),
        Probe("article API", place="api", fields=(Field("content", text, "body_raw"),)),
    )

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("api", lambda row: ifnews.article_url(row.article_id), self.read_api),)

    def read_channels(self, text: str) -> list[str]:
        """Read column numbers, `48` or `cid:48`."""
        words = [word.strip().removeprefix("cid:") for word in text.replace("，", ",").split(",") if word.strip()]
        wrong = [word for word in words if not (word.isascii() and word.isdigit())]
        if wrong or not words:
            named = f"channel {wrong[0]!r} is no column number" if wrong else "channels= names no channel"
            raise SourceArgumentError(f"{named}; right would be channels=48")
        return list(dict.fromkeys(f"cid:{int(word)}" for word in words))

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a column's one page."""
        number = walk.channel.partition(":")[2]
        return Request(ifnews.list_url(number), headers={"Referer": f"https://www.ifnews.com/column.html?cid={number}"})

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a column's list."""
        return ifnews.read_list(
            read_json(response.body, response.url), channel, response.url, seen_at=datetime.now(UTC)
        )

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row."""
        return ifnews.read_row(raw, channel)

    def read_api(self, response: Response, row: Row) -> Article:
        """Read an article's answer."""
        body = ifnews.read_content(read_json(response.body, response.url), response.url)
        return self.article(row, Answer(row.title, row.media, row.author, "", body, ""), "api")
