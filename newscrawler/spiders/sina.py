"""新浪财经 (Sina): roll lists and the 7x24 feed."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from newscrawler import sina
from newscrawler.answers import page_text, read_json
from newscrawler.base import NewsSpider
from newscrawler.channels import pick
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.shapes import Field, Probe, code, moment, seconds, text
from newscrawler.walk import Walk

NAMED = {"经济要闻": "roll:2515", "财经": "roll:2516", "7x24": "live:152"}


class SinaSpider(NewsSpider):
    """Crawl 新浪财经's roll lists and 7x24 feed.

    **Source**: feed.mix roll lists, article pages (`#artibody`), zhibo feed; answers were seen in 2026-09.
    **Caveats**: how far back the lists reach is not known. A row of the feed is the whole news.
    """

    name = "sina"
    source = "sina"
    channels_setting = "NEWS_SINA_CHANNELS"
    kinds: ClassVar[frozenset[str]] = frozenset({"roll", "live"})
    allowed_domains: ClassVar[list[str]] = ["sina.com.cn"]
    headers: ClassVar[dict[str, str]] = {"Referer": "https://finance.sina.com.cn/"}
    probes = (
        Probe(
            "roll",
            channel="roll:2516",
            fields=(Field("url", text), Field("title", text), Field("ctime", seconds), Field("media_name", text)),
        ),
        Probe(
            "7x24",
            channel="live:152",
            fields=(Field("id", code), Field("rich_text", text), Field("create_time", moment)),
        ),
        Probe(
            "article page",
            place="page",
            fields=(
                Field("title", text, "title_raw"),
                Field("body", text, "body_raw"),
                Field("publisher", text, "media_raw"),
            ),
        ),
    )

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("page", lambda row: row.url, self.read_page),)

    def read_channels(self, text: str) -> list[str]:
        """Read channel words: names, or `roll:` and `live:` with any number."""
        numbered = {word: word for word in re.split(r"[,，]", text) if re.fullmatch(r"(roll|live):[0-9]{1,9}", word)}
        return pick(text, {**NAMED, **numbered})

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of either list."""
        kind, number = walk.channel.split(":")
        return Request(sina.live_url(number, page) if kind == "live" else sina.roll_url(number, page))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of either list."""
        payload = read_json(response.body, response.url)
        read = sina.read_live if channel.startswith("live:") else sina.read_roll
        return read(payload, channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row of either list."""
        return sina.read_row(raw, channel)

    def read_page(self, response: Response, row: Row) -> Article:
        """Read an article's page."""
        return self.article(row, sina.read_page(page_text(response), response.url), "page")
