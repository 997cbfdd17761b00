"""East Money: research reports on shares, industries and the economy."""

from __future__ import annotations

from typing import Any, ClassVar

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler import eastmoney_probes
from newscrawler import eastmoney_research as research
from newscrawler.answers import Answer, page_text, read_json
from newscrawler.daily import DayListSpider, asked_days, asked_page
from newscrawler.eastmoney_filings import links, official_day
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.walk import Walk

NO_TEXT = "report(s) have no text on their page: kept with the list's fields and the PDF's address"


class EastmoneyReportsSpider(DayListSpider):
    """Crawl research reports by day, with rating, organisation, authors and forecasts; channels are `reports:<qType>`.

    **Source**: report/list (2026-09), the report's page (`div.ctx-content`, by public code of 2026).
    **Caveats**: the source gives a day and no time: an article's time is 00:00 of it. Reports are listed days late, so an
    everyday run looks at the days before again.
    """

    name = "eastmoney_reports"
    source = "eastmoney"
    kinds: ClassVar[frozenset[str]] = frozenset({"reports"})
    accepted: ClassVar[frozenset[str]] = frozenset({"since", "until", "kinds", "limit", "refetch"})
    allowed_domains: ClassVar[list[str]] = ["eastmoney.com"]
    headers: ClassVar[dict[str, str]] = {"Referer": "https://data.eastmoney.com/report/"}
    probes = eastmoney_probes.REPORTS
    recheck = 3

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("page", lambda row: row.url, self.read_page),)
        self.without_text = 0

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the channels of the argument `kinds`; all three without it."""
        return research.read_kinds(self.arguments.get("kinds", ",".join(research.KINDS)))

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of some days."""
        return Request(research.list_url(walk.channel, asked_days(walk), asked_page(walk, page)))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of the list."""
        return research.read_list(read_json(response.body, response.url), channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row."""
        return research.read_row(raw, channel)

    def read_page(self, response: Response, row: Row) -> Article:
        """Read the report's page."""
        return self.article(row, research.read_page(page_text(response), response.url), "page")

    def list_text(self, row: Row) -> Article:
        """Make an article of a report without text: its fields, and the link to its PDF."""
        return self.article(row, Answer(row.title, row.media, row.author, "", "", row.published_raw), "list")

    def article(self, row: Row, answer: Answer, place: str) -> Article:
        """Add what the list says: day, file, fields."""
        item = super().article(row, answer, place)
        item.official_on = official_day(row.published_raw)
        item.attachments = (research.PDF.format(row.article_id),)
        item.research = research.research_of(row.raw, row.channel)
        item.tags = tuple(tag for tag in (item.research.industry, item.research.rating) if tag)
        item.body_raw = "\n".join(part for part in (answer.body, *links(item.attachments, "研报原文")) if part)
        return item

    async def _elsewhere(self, row: Row, place: int, reason: str) -> Any:
        """Take the list's fields where the page has no text, and say how many there were."""
        self.without_text += 1
        notes = self.incremental.tally.notes
        notes[:] = [note for note in notes if not note.endswith(NO_TEXT)] + [f"{self.without_text} {NO_TEXT}"]
        return await super()._elsewhere(row, place, reason)
