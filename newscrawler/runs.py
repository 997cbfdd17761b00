"""The run ledger: opens the store, takes the lock, listens to how every article ends, writes how the run ended."""

from __future__ import annotations

import asyncio
import logging
import platform
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

import scrapy
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from newscrawler.base import NewsSpider
from newscrawler.breaker import Breakers
from newscrawler.ending import leave_what_hangs
from newscrawler.errors import RunLocked
from newscrawler.gates import failed, judge
from newscrawler.history import with_history
from newscrawler.incremental import Incremental
from newscrawler.mirror import mirror_address
from newscrawler.notices import Notices, findings
from newscrawler.outcome import Outcome, decide
from newscrawler.snapshot import count_fields, snapshot
from newscrawler.tally import Tally
from newscrawler.webhook import Webhook
from pipelines.config import Config
from pipelines.errors import NewsDrop, Repeated, SettingError, StoreError
from pipelines.store import store_of
from pipelines.store.base import PendingRow, RunRow, Store

logger = logging.getLogger(__name__)
BUGS_NAMED = 20


class RunLedger:
    """Extension that answers for the run.

    `outcome` is set once the spider is closed; the command `crawl` turns it into the exit status.
    """

    def __init__(self, crawler: Crawler, store: Store) -> None:
        self.crawler = crawler
        self.store = store
        self.tally = Tally(crawler.stats)
        self.outcome: Outcome | None = None
        self.run: RunRow | None = None
        self.closing: asyncio.Future[None] | None = None
        self.closed = False
        self.patience: asyncio.Future[None] | None = None
        self.noting: set[asyncio.Future[None]] = set()
        """Notes that a signal without waiting began; the run ends after them."""
        self.notices: Notices | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Open the store and take the lock; SettingError, StoreError or RunLocked end the run before it starts."""
        mirror_address(crawler.settings.get("NEWS_MIRROR") or "")
        days = _number(crawler, "NEWS_FIRST_RUN_DAYS")
        hours = _number(crawler, "NEWS_REFETCH_HOURS")
        webhook = Webhook.from_settings(crawler.settings)
        store = store_of(crawler)
        ledger = cls(crawler, store)
        if webhook is not None:
            ledger.notices = Notices(webhook, Config.from_settings(crawler.settings).data_dir)
        spider = crawler.spider
        if isinstance(spider, NewsSpider):
            for name in (spider.name, *spider.apart):
                if not store.lock(name):
                    store.close()
                    raise RunLocked(f"another run of {name} is under way")
            spider.breakers = Breakers(store, crawler.stats)
            spider.incremental = Incremental(
                store,
                spider.source,
                ledger.tally,
                first_run_days=days,
                refetch_hours=hours,
                margin=spider.settling,
            )
        connect = crawler.signals.connect
        connect(ledger.spider_opened, signals.spider_opened)
        connect(ledger.item_scraped, signals.item_scraped)
        connect(ledger.item_dropped, signals.item_dropped)
        connect(ledger.item_error, signals.item_error)
        connect(ledger.spider_error, signals.spider_error)
        connect(ledger.spider_closed, signals.spider_closed)
        return ledger

    async def spider_opened(self, spider: Spider) -> None:
        """Write the run's row."""
        end = partial(self._end, spider, "shutdown")
        self.patience = asyncio.ensure_future(leave_what_hangs(self.crawler, lambda: self.closing is not None, end))
        arguments = dict(getattr(spider, "arguments", {}))
        now = datetime.now(UTC)
        await self._guarded(self._start(spider.name, arguments, now))
        if self.run is None:  # a run that nobody could look up asks for nothing
            self._close("no_ledger")

    async def _start(self, name: str, arguments: dict[str, Any], now: datetime) -> None:
        run_id = await self.store.run(self.store.start_run, name, arguments, now)
        self.run = RunRow(run_id, name, arguments, now)

    # --- how articles end ---

    async def item_scraped(self, item: Any, spider: NewsSpider) -> None:
        """An item passed every stage: it is committed."""
        count_fields(self.tally, item)
        await self._guarded(spider.incremental.ended(item.article_id, item.outcome))

    async def item_dropped(self, item: Any, exception: Exception, spider: NewsSpider) -> None:
        """A stage refused an item: it waits in `pending` with the reason and the raw payload."""
        if isinstance(exception, Repeated):
            return
        stage = exception.stage if isinstance(exception, NewsDrop) else "item"
        await self._guarded(spider.incremental.pend(_pending(item, stage, str(exception))))

    async def item_error(self, item: Any, failure: Failure, spider: NewsSpider) -> None:
        """A stage broke: a failing store ends the run, anything else is a bug and the article is pending."""
        error = failure.value
        if isinstance(error, StoreError):
            self._store_failed(error)
            return
        line = f"{type(error).__name__}: {error}"
        self._bug(f"{item.source}:{item.article_id}: {line}")
        await self._guarded(spider.incremental.pend(_pending(item, "bug", line)))

    def spider_error(self, failure: Failure, response: Any, spider: NewsSpider) -> None:
        """A callback or start() broke: the same, for the row it was about. Scrapy does not wait for this signal."""
        error = failure.value
        if isinstance(error, StoreError):
            self._store_failed(error)
            return
        line = f"{type(error).__name__}: {error}"
        self._bug(line)
        request: Request | None = getattr(response, "request", None)
        row = request.cb_kwargs.get("row") if request is not None else None
        if row is not None:
            pend = self._guarded(spider.incremental.pend(row.pending(spider.source, "bug", line)))
            self.noting.add(asyncio.ensure_future(pend))

    async def _guarded(self, ending: Any) -> None:
        """Await a note in the store; a failing store ends the run, and nothing is swallowed."""
        try:
            await ending
        except StoreError as error:
            self._store_failed(error)
        except Exception as error:
            logger.exception("a note could not be made")
            self._bug(f"{type(error).__name__}: {error}")

    def _bug(self, line: str) -> None:
        if len(self.tally.bugs) < BUGS_NAMED:
            self.tally.bug(line)

    def _store_failed(self, error: StoreError) -> None:
        if not self.tally.store_failed:
            self.tally.store_failed = str(error)
            logger.critical("the store failed: %s", error)
            self._close("store_failed")

    def _close(self, reason: str) -> None:
        if self.closing is None and not self.closed:
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    # --- how the run ends ---

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Decide the outcome and write it down; every stage has committed by now."""
        if self.patience is not None:
            self.patience.cancel()
        await self._end(spider, reason)

    async def _end(self, spider: Spider, reason: str) -> None:
        self.closed = True
        try:
            await asyncio.gather(*self.noting)
            await self._guarded(self._judge(spider, reason))
            await self._finish(spider, reason)
        finally:
            self.store.close()

    async def _finish(self, spider: Spider, reason: str) -> None:
        outcome = self.outcome = decide(self.tally, reason)
        if self.run is None:
            return
        self.run.finished_at = datetime.now(UTC)
        self.run.exit_status = outcome.status
        self.run.reason = outcome.reason[:500]
        self.run.counts = self.tally.balance()
        self.run.stats = _stats(self.crawler)
        await self._guarded(self.store.run(self.store.finish_run, self.run))
        outcome = self.outcome = decide(self.tally, reason)
        if self.notices is not None:
            memory = getattr(spider, "incremental", None)
            waiting = any(row.state == "waiting" for row in memory.waiting.values()) if memory else False
            found = findings(self.tally, reason, waiting=waiting)
            await self.notices.after_run(self.store, self.run, outcome, found)

    async def _judge(self, spider: Spider, reason: str) -> None:
        """Hold the run against its health gates; against history only where it was to read all that is new."""
        if not isinstance(spider, NewsSpider) or not spider.judged or self.tally.store_failed:
            return
        tally = self.tally
        seen = snapshot(tally, [place.name for place in spider.places])
        sample = spider.window is not None or spider.limit is not None or not spider.hourly
        if not (sample or seen.quiet or tally.layout or tally.refused or tally.gaps) and reason == "finished":
            now = datetime.now(UTC)
            about = (self.store, spider.source, spider.name, spider.channels, now)
            seen = await self.store.run(with_history, seen, *about)
        tally.gates = judge(seen)
        for verdict in failed(tally.gates):
            tally.stats.inc_value("news/gates/failed")
            logger.error("health gate %s: %s", verdict.name, verdict.line)


def _number(crawler: Crawler, name: str) -> float:
    raw = str(crawler.settings.get(name) or "0")
    try:
        value = float(raw)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 36_500:
        raise SettingError(f"{name}={raw!r} is no number from 0 to 36500")
    return value


def _pending(item: Any, stage: str, reason: str) -> PendingRow:
    body = item.answer or item.body_raw.encode("utf-8", "surrogatepass")
    return PendingRow(item.source, item.article_id, item.url, item.channels[0], stage, reason, row=item.row, body=body)


def _stats(crawler: Crawler) -> dict[str, Any]:
    """Scrapy's stats and the versions that made them, as JSON takes them."""
    stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, (int, float, str))}
    return {**stats, "version/scrapy": scrapy.__version__, "version/python": platform.python_version()}
