"""A few addresses asked one after the other, with the manners of a run: pace, robots.txt, hosts, breakers, NEWS_MIRROR."""

from __future__ import annotations

import argparse
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler.base import NewsSpider
from newscrawler.breaker import Breakers
from newscrawler.command import StoreCommand
from newscrawler.outcome import LATER
from pipelines.store import close_store, store_of

Work = Callable[["Asker"], Awaitable[None]]


class Asker(Spider):
    """Does a piece of work that asks sources; stores nothing but what the breakers of hosts remember.

    It is no spider of the project: a command starts it.
    """

    name = "asker"
    breakers: Breakers

    def __init__(self, name: str | None = None, *, work: Work) -> None:
        super().__init__(name)
        self.work = work
        self.allowed_domains: list[str] = []
        self.finished = False
        self.error: Exception | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Open the store: hosts that refused an earlier run are left alone here as well."""
        store_of(crawler)
        return super().from_crawler(crawler, *args, **kwargs)

    async def start(self) -> AsyncIterator[Any]:
        """Do the work; no request goes through the scheduler."""
        try:
            self.breakers = Breakers(store_of(self.crawler), self.crawler.stats)
            await self.breakers.load()
            await self.work(self)
            self.finished = True
        except Exception as error:  # noqa: BLE001 - raised again by the command
            self.error = error
        nothing: tuple[Request, ...] = ()
        for request in nothing:  # what makes this an iterator, as Scrapy wants
            yield request

    def serve(self, source: NewsSpider) -> None:
        """Ask from now on for this source, and only its hosts."""
        self.allowed_domains = list(getattr(source, "allowed_domains", ()))

    async def get(self, request: Request) -> Response:
        """Ask; returns any answer, whatever its status. Raises what Scrapy raises where there is none."""
        return await self.crawler.engine.download_async(request.replace(callback=None, errback=None))

    async def refused(self, response: Response) -> None:
        """Remember that a host answered with a ban or verification page."""
        await self.breakers.refuse(response.url, "a ban or verification page")


class AskingCommand(StoreCommand):
    """A command that asks sources a few questions. It takes no lock, so it may run beside a run of the spider."""

    requires_crawler_process = True
    patience: dict[str, Any]
    """Settings that suit somebody who waits for the answer; -s overrides them."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Set what the command needs: nothing is stored, and somebody is waiting."""
        self.project.setdict({**self.patience, "EXTENSIONS": {}, "ITEM_PIPELINES": {}}, priority="cmdline")
        super().process_options(args, opts)

    @abstractmethod
    async def work(self, asker: Asker) -> None:
        """Ask what is to be asked."""

    def ask(self) -> int:
        """Do the work to its end; returns 75 where it was cut off, else 0. Raises what `work` raised."""
        process = self.crawler_process
        assert process is not None  # noqa: S101 - set by Scrapy's cmdline before anything of ours runs
        crawler = process.create_crawler(Asker)
        task: Any = process.crawl(crawler, work=self.work)
        process.start()
        close_store(crawler)
        error = task.exception() if task.done() and not task.cancelled() else None
        asker = crawler.spider
        if isinstance(asker, Asker):
            error = error or asker.error
        if error is not None:
            raise error
        return 0 if isinstance(asker, Asker) and asker.finished else self.say("interrupted", LATER)
