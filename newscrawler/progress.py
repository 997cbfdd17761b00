"""How a run shows that it is alive: a bar on a terminal, a line every half minute elsewhere, no line per item."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from datetime import datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from newscrawler.runs import RunLedger
from pipelines.errors import StoreError

logger = logging.getLogger(__name__)
EVERY_S = 30.0
REDRAW_S = 0.25


class ProgressReport:
    """Extension that draws a bar where standard error is a terminal and logs a line every 30 s elsewhere."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.task: asyncio.Task[None] | None = None
        self.total: float = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension."""
        progress = cls(crawler)
        crawler.signals.connect(progress.spider_opened, signals.spider_opened)
        crawler.signals.connect(progress.spider_closed, signals.spider_closed)
        return progress

    def spider_opened(self, spider: Spider) -> None:
        """Start reporting."""
        self.task = asyncio.ensure_future(self._draw(spider) if sys.stderr.isatty() else self._log())

    async def spider_closed(self, spider: Spider) -> None:
        """Stop reporting."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    def _counts(self) -> dict[str, int]:
        ledger = self.crawler.get_extension(RunLedger)
        return dict(ledger.tally.counts) if ledger else {}

    async def _log(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            counts = self._counts()
            logger.info(
                "so far: %s", ", ".join(f"{name} {value}" for name, value in counts.items() if value) or "nothing"
            )

    async def _draw(self, spider: Spider) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4) as bar:
            task = bar.add_task(spider.name, total=None, said="")
            while True:
                counts = self._counts()
                done, whole, unit = self._done(spider)
                said = f"{counts.get('listed', 0)} listed, {counts.get('inserted', 0)} new, {counts.get('pending', 0)} pending"
                if whole:
                    said += f", {unit} {done:.0f} of {whole:.0f}"
                bar.update(task, completed=done, total=whole or None, said=said)
                await asyncio.sleep(REDRAW_S)

    @staticmethod
    def _done(spider: Spider) -> tuple[float, float, str]:
        """How much is done of how much, and of what: files, or days over all channels of a window; 0 of 0 where nobody knows."""
        files: tuple[int, int] | None = getattr(spider, "files", None)
        if files is not None:
            return *files, "file"
        window = getattr(spider, "window", None)
        reached: dict[str, datetime] = getattr(spider, "reached", {})
        if window is None:
            return 0.0, 0.0, "day"
        span = (window.until - window.since).total_seconds() / 86_400
        channels = len(getattr(spider, "channels", [])) or 1
        done = sum(max(0.0, (window.until - max(at, window.since)).total_seconds()) / 86_400 for at in reached.values())
        return done / channels, span, "day"


class QuietLogFormatter(LogFormatter):
    """No line per item: scraped ones are silent, drops and errors are named by the ledger, in one line."""

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult:
        """Log the key only, at DEBUG."""
        return {
            "level": logging.DEBUG,
            "msg": "stored %(source)s:%(key)s (%(outcome)s)",
            "args": {"source": item.source, "key": item.article_id, "outcome": item.outcome},
        }

    def dropped(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        """Log the reason only, at DEBUG: the ledger logs it with the row it became."""
        return {"level": logging.DEBUG, "msg": "dropped: %(exception)s", "args": {"exception": exception}}

    def item_error(self, item: Any, exception: BaseException, response: Any, spider: Spider) -> LogFormatterResult:
        """Log the key, not the whole item; a failing store is named once, by the ledger."""
        return {
            "level": _level(exception),
            "msg": "error in a stage, %(source)s:%(key)s",
            "args": {"source": item.source, "key": item.article_id},
        }

    def spider_error(self, failure: Failure, request: Any, response: Any, spider: Spider) -> LogFormatterResult:
        """Log the address; a failing store is named once, by the ledger."""
        said = super().spider_error(failure, request, response, spider)
        return {**said, "level": _level(failure.value)}

    def download_error(
        self, failure: Failure, request: Any, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """Log failed downloads at DEBUG: each is retried, and what is given up is named by the ledger."""
        return {"level": logging.DEBUG, "msg": "download failed: %(request)s", "args": {"request": request}}


def _level(error: BaseException | None) -> int:
    return logging.DEBUG if isinstance(error, StoreError) else logging.ERROR
