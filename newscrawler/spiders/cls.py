"""财联社 (CLS): the telegraph, 7x24."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from newscrawler import cls
from newscrawler.answers import Answer, read_json
from newscrawler.base import NewsSpider
from newscrawler.channels import pick
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.shapes import Field, Probe, any_text, code, seconds, text
from newscrawler.walk import Walk


class ClsSpider(NewsSpider):
    """Crawl 财联社's telegraph.

    **Source**: v1/roll/get_roll_list, signed, 50 rows a page; an answer was seen in 2026-09.
    **Caveats**: more than 50 rows a page answer empty without an error. A row is the whole news, so no article is fetched.
    """

    name = "cls"
    source = "cls"
    channels_setting = "NEWS_CLS_CHANNELS"
    kinds: ClassVar[frozenset[str]] = frozenset({"telegraph"})
    allowed_domains: ClassVar[list[str]] = ["cls.cn"]
    headers: ClassVar[dict[str, str]] = {"Referer": "https://www.cls.cn/telegraph"}
    probes = (
        Probe(
            "telegraph",
            channel="telegraph:all",
            fields=(
                Field("id", code),
                Field("title", any_text),  # often empty
                Field("content", text),
                Field("ctime", seconds),
            ),
        ),
    )

    def read_channels(self, text: str) -> list[str]:
        """Read channel words; there is one list."""
        return pick(text, {"telegraph": "telegraph:all", "电报": "telegraph:all"})

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the signed request for the rows before a second; a window in the past is gone to at once."""
        before = cursor or str(int(min(walk.until, datetime.now(UTC)).timestamp()) + 1)
        return Request(cls.list_url(before))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of the telegraph."""
        return cls.read_list(read_json(response.body, response.url), channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row."""
        return cls.read_row(raw, channel)

    def list_text(self, row: Row) -> Article:
        """Make the article of a row, its pictures included."""
        answer = Answer(row.title, row.media, row.author, "", cls.body(row.raw), row.published_raw)
        return self.article(row, answer, "list")
