"""East Money: announcements of the shares of Shanghai, Shenzhen and Beijing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler import eastmoney_filings as filings
from newscrawler import eastmoney_probes
from newscrawler.answers import read_json
from newscrawler.daily import DayListSpider, asked_days, asked_page
from newscrawler.errors import LayoutError, NoArticle, Refused
from newscrawler.fetching import Place
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.walk import Walk


class EastmoneyNoticesSpider(DayListSpider):
    """Crawl announcements by official day, with their full text; channels are `notices:<kind>[:<symbol>]`.

    `since` and `until` are official days. Evening filings have the next day as their official one, so an everyday run asks
    for the days ahead, too; an article's time is when it appeared.

    **Source**: security/ann (rows seen 2022-04 to 2026-07), content/ann (a text of 2026-08); both by maintained public code.
    **Caveats**: asked for `ann_type=A`, which may leave out companies with B shares only. The text is plain: tables are lines
    there, the PDF has them.
    """

    name = "eastmoney_notices"
    source = "eastmoney"
    kinds: ClassVar[frozenset[str]] = frozenset({"notices"})
    accepted: ClassVar[frozenset[str]] = frozenset({"since", "until", "kinds", "symbols", "limit", "refetch"})
    allowed_domains: ClassVar[list[str]] = ["eastmoney.com"]
    headers: ClassVar[dict[str, str]] = {"Referer": "https://data.eastmoney.com/"}
    probes = eastmoney_probes.NOTICES
    ahead = 4
    """Days: before a holiday, or over a weekend, the official day is some days off."""

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("api", lambda row: filings.text_url(row.article_id, 1), self.read_text),)

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the channels of the arguments `kinds` and `symbols`; all announcements without them."""
        kinds = filings.read_kinds(self.arguments.get("kinds", filings.EVERY))
        symbols = self.arguments.get("symbols")
        channels = [f"notices:{kind}" for kind in kinds]
        if symbols is None:
            return channels
        return [f"{channel}:{symbol}" for channel in channels for symbol in filings.read_symbols(symbols)]

    def days_at_once(self, channel: str) -> int:
        """A share has few announcements: a quarter of a year at once."""
        return 92 if filings.read_channel(channel)[1] else 1

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of some days."""
        return Request(filings.list_url(walk.channel, asked_days(walk), asked_page(walk, page)))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of the list."""
        return filings.read_list(read_json(response.body, response.url), channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row."""
        return filings.read_row(raw, channel)

    async def parse_article(
        self, response: Response, row: Row, place: int, reason: str, pages: tuple[bytes, ...] = ()
    ) -> AsyncIterator[Any]:
        """Ask for the text's other pages, then read them all; kept is one JSON array of the answers."""
        pages = (*pages, response.body)
        if "partial" not in response.flags and (after := self._after(pages, row)):
            self.incremental.tally.count("fetched")
            request: Request = self.fetch(row, place, reason)
            yield request.replace(url=after, cb_kwargs={**request.cb_kwargs, "pages": pages})
            return
        if len(pages) > 1:
            joined = b"[" + b",".join(page.removeprefix(b"\xef\xbb\xbf") for page in pages) + b"]"
            response = response.replace(body=joined)
        async for found in super().parse_article(response, row, place, reason):
            yield found

    def _after(self, pages: tuple[bytes, ...], row: Row) -> str:
        """Return the address of the text's next page; empty where there is none, or the answers are none."""
        try:
            payloads = [read_json(page, "") for page in (pages[0], pages[-1])]
            filings.read_text(payloads, row.article_id, "")
        except (LayoutError, Refused):
            return ""
        if len(pages) >= min(filings.text_pages(payloads[0]), filings.MOST_PAGES):
            return ""
        return filings.text_url(row.article_id, len(pages) + 1) if sum(map(len, pages)) < filings.MOST_ANSWERED else ""

    def read_text(self, response: Response, row: Row) -> Article:
        """Read the text's answers: one, or an array of them."""
        payload = read_json(response.body, response.url)
        payloads = payload if isinstance(payload, list) else [payload]
        answer, files, official = filings.read_text(payloads, row.article_id, response.url)
        said = filings.text_pages(payloads[0])
        if said != len(payloads):
            raise NoArticle(f"{len(payloads)} of {said} text pages")
        item = self.article(row, answer, "api")
        item.official_on = filings.official_day(row.raw.get("notice_date")) or official
        item.tags, item.attachments = filings.tags_of(row.raw), files
        return item
