"""East Money's news articles, fetched: what every spider of its news lists does with a row."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from scrapy.http import Response

from newscrawler import eastmoney
from newscrawler.answers import Answer, page_text, read_json
from newscrawler.base import NewsSpider
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import Row
from newscrawler.walk import Walk

ARTICLE = "https://newsinfo.eastmoney.com/kuaixun/v2/api/article/"
BULK, EVERYDAY = 200, 50
"""Rows a list page: 200 is the most seen to work; a run that continues needs few."""


class EastmoneyArticles(NewsSpider):
    """Base of the spiders of East Money's news lists: an article comes from the API, else from its desktop page.

    **Source**: kuaixun/v2 article API, desktop page (seen working up to 2026-09).
    """

    source = "eastmoney"
    allowed_domains: ClassVar[list[str]] = ["eastmoney.com"]
    headers: ClassVar[dict[str, str]] = {"Referer": "https://finance.eastmoney.com/"}

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places: Sequence[Place] = (
            Place("api", lambda row: f"{ARTICLE}{row.article_id}?guid={stamp()}", self.read_api),
            Place("page", lambda row: row.url, self.read_page),
        )

    def read_api(self, response: Response, row: Row) -> Article:
        """Read the article API's answer."""
        answer = eastmoney.read_answer(read_json(response.body, response.url), response.url)
        return self.article(row, answer, "api")

    def read_page(self, response: Response, row: Row) -> Article:
        """Read the desktop page; one that was cut short is no article."""
        answer = eastmoney.read_page(page_text(response), response.url)
        return self.article(row, answer, "page")

    def canonical_url(self, row: Row, answer: Answer) -> str:
        """Return the address that the answer gives, where it is one of East Money's."""
        return eastmoney.page_url(answer.url, row.article_id, row.kind) if answer.url else row.url


def page_size(walk: Walk) -> int:
    """Return how many rows to ask for: few where a run goes on from the last one; all pages of a walk are of one size."""
    if not walk.size:
        recent = (datetime.now(UTC) - walk.since).total_seconds() < 86_400
        walk.size = EVERYDAY if recent and walk.covered_below else BULK
    return walk.size


def stamp() -> str:
    """Return milliseconds, as the site's own pages send for req_trace and guid."""
    return str(time.time_ns() // 1_000_000)
