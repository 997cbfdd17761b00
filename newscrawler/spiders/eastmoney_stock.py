"""East Money: the news of single securities and boards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler import eastmoney_lists as lists
from newscrawler import eastmoney_probes
from newscrawler.answers import read_json
from newscrawler.eastmoney_articles import EastmoneyArticles, page_size
from newscrawler.errors import CutShort, LayoutError, Refused, SourceArgumentError
from newscrawler.fetching import whole
from newscrawler.listing import Listing, Row
from newscrawler.walk import Walk
from pipelines.codes.symbols import symbol_of


class EastmoneyStockSpider(EastmoneyArticles):
    """Crawl what East Money lists under a security or board; its channel is `stock:<secid>`.

    A symbol of the United States does not say which of three markets it is. The spider then asks the markets for one row
    each, NASDAQ first, until one has news, and remembers the answer under `market:<symbol>`.

    **Source**: getListInfo with blog posts (财富号), articles as in `eastmoney`; rows seen 2022-02 and 2026-07.
    **Caveats**: no date range, so a backfill pages down; how far back is not documented. A blog post is no article of the
    API and stays what the list says of it.
    """

    name = "eastmoney_stock"
    kinds: ClassVar[frozenset[str]] = frozenset({"stock"})
    accepted: ClassVar[frozenset[str]] = frozenset({"since", "until", "symbols", "limit", "refetch"})
    probe_arguments: ClassVar[Mapping[str, str]] = {"symbols": "600519.SH"}
    probes = eastmoney_probes.SECURITY

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.unplaced: list[list[str]] = []
        """Secids that a symbol may have, of each symbol with several."""

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the channels of the argument `symbols`; those of the United States follow when their market is known."""
        symbols = self.arguments.get("symbols")
        if symbols is None:
            if not crawler.crawling:  # kept answers are read anew: nothing is listed
                return []
            raise SourceArgumentError(f"{self.name} needs symbols=...; {lists.EXAMPLE}")
        found = lists.read_symbols(symbols)
        self.unplaced = [secids for secids in found if len(secids) > 1]
        return [f"stock:{secids[0]}" for secids in found if len(secids) == 1]

    async def start(self) -> AsyncIterator[Any]:
        """Ask as every spider does, once the symbols whose market is known have joined the channels."""
        store = self.incremental.store
        unknown: list[list[str]] = []
        for secids in self.unplaced:
            known = await store.run(store.get, f"market:{symbol_of(secids[0])}")
            found = [secid for secid in secids if secid.partition(".")[0] == known]
            if found:
                self._join(found[0])
            else:
                unknown.append(secids)
        async for request in super().start():
            yield request
        for secids in unknown:
            yield self._probe(secids)

    def _join(self, secid: str) -> str:
        channel = f"stock:{secid}"
        if channel not in self.channels:
            self.channels.append(channel)
        return channel

    def _probe(self, secids: list[str]) -> Request:
        """Ask for one row of the first secid."""
        walk = Walk(f"stock:{secids[0]}", *self._any_time(), explicit=False, covered_below=False)
        return Request(
            lists.list_url(secids[0], 1, 1),
            callback=self.parse_probe,
            errback=self.list_failed,
            cb_kwargs={"walk": walk, "secids": secids},
            headers=self.headers,
            dont_filter=True,
        )

    def _any_time(self) -> tuple[datetime, datetime]:
        now = datetime.now(UTC)
        return (self.window.since, self.window.until) if self.window else (now - self.incremental.first_run, now)

    async def parse_probe(self, response: Response, walk: Walk, secids: list[str]) -> AsyncIterator[Any]:
        """Walk the list that has news; ask the next market where this one has none."""
        try:
            whole(response)
            listing = self.read_list(response, walk.channel)
        except (CutShort, LayoutError, Refused) as error:
            for request in await self.list_lost(walk, error, response.url):
                yield request
            return
        symbol, memory = symbol_of(secids[0]), self.incremental
        if not listing.last:
            await memory.store.run(memory.store.put, f"market:{symbol}", secids[0].partition(".")[0])
            known = self._join(secids[0]) == walk.channel
            plan = await memory.plan(walk.channel, self.window, datetime.now(UTC)) if known else None
            if plan is not None:
                yield self.ask(plan, 1, "")
        elif len(secids) > 1:
            yield self._probe(secids[1:])
        else:
            memory.tally.gaps.append(f"{symbol}: no market of the United States lists news of it")

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of a security's news."""
        return Request(lists.list_url(walk.channel.removeprefix("stock:"), page, page_size(walk)))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a page of the list."""
        return lists.read_list(read_json(response.body, response.url), channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row."""
        return lists.read_row(raw, channel)
