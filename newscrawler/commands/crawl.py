"""scrapy crawl: Scrapy's command, with an exit status that means something."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from newscrawler import logs
from newscrawler.errors import RunLocked, SourceArgumentError
from newscrawler.notices import Notices
from newscrawler.outcome import BUG, LATER, STORE, USAGE, Outcome
from newscrawler.runs import RunLedger
from newscrawler.summary import as_json, as_text
from newscrawler.webhook import Webhook
from pipelines.config import Config
from pipelines.errors import SchemaTooNew, SettingError, StoreError
from pipelines.store import close_store

CHATTY = (
    "alembic",
    "scrapy.addons",
    "scrapy.core.engine",
    "scrapy.crawler",
    "scrapy.extensions.memusage",
    "scrapy.middleware",
    "scrapy.statscollectors",
)
COLLECTED = (20_000, 20, 20)
"""Allocations between looks for cyclic garbage, of which a run makes little; Python's usual 700 cost it a twentieth."""


class Command(ScrapyCrawl):
    """Run a spider and say how it went.

    Leans on `_create_crawler` of Scrapy's command, which is private; a test holds it in place.
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add --json to Scrapy's options."""
        super().add_options(parser)
        parser.add_argument(
            "--json", action="store_true", help="print the outcome as one JSON object on standard output"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Set up the log before Scrapy does."""
        super().process_options(args, opts)
        assert self.settings is not None  # noqa: S101 - set by Scrapy's cmdline before
        try:
            logs.set_up(self.settings)
        except (SettingError, OSError) as error:
            raise UsageError(str(error), print_help=False) from error

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, print the summary, set the exit status."""
        if len(args) != 1:
            raise UsageError("crawl takes one spider's name, for instance: scrapy crawl eastmoney", print_help=False)
        self.exitcode = self.crawl(args[0], opts.spargs, as_json_object=opts.json)
        gc.freeze()  # all is closed: a last look for garbage through all there is would be a tenth of a quiet run

    def crawl(self, name: str, arguments: dict[str, str], *, as_json_object: bool = False) -> int:
        """Run one spider to its end; returns the exit status."""
        if self.settings is not None and self.settings.get("LOG_LEVEL") != "DEBUG":
            # Scrapy's lists of components and counters are for -L DEBUG, so that what is said at INFO is read.
            for chatty in CHATTY:
                logging.getLogger(chatty).setLevel(logging.WARNING)
        gc.set_threshold(*COLLECTED)
        process = self.crawler_process
        assert process is not None  # noqa: S101 - set by Scrapy's cmdline before run()
        try:
            crawler = self._create_crawler(name)
        except KeyError:
            known = ", ".join(sorted(process.spider_loader.list()))
            return _say(Outcome(USAGE, f"spider {name!r} is unknown; there are {known}"))
        task: Any = process.crawl(crawler, **arguments)
        process.start()
        error = task.exception() if task.done() and not task.cancelled() else None
        if error is not None:
            close_store(crawler)
            outcome = _refusal(error)
            self._tell(name, outcome)
            return _say(outcome, error)
        ledger = _ledger(crawler)
        if ledger is None or ledger.outcome is None:
            close_store(crawler)
            return _say(Outcome(LATER, "interrupted: forced to stop before the run could be closed"))
        print(as_json(ledger) if as_json_object else as_text(ledger), flush=True)
        return ledger.outcome.status

    def _tell(self, name: str, outcome: Outcome) -> None:
        """Send a notice of a run that could not start, where notices are wanted."""
        assert self.settings is not None  # noqa: S101 - set by Scrapy's cmdline before
        try:
            webhook = Webhook.from_settings(self.settings)
            data_dir = Config.from_settings(self.settings).data_dir
        except SettingError:
            return  # the refusal itself says so
        if webhook is not None:
            Notices(webhook, data_dir).before_run(name, outcome)


def _ledger(crawler: Crawler) -> RunLedger | None:
    try:
        return crawler.get_extension(RunLedger)
    except RuntimeError:  # closed before its engine existed
        return None


def _refusal(error: BaseException) -> Outcome:
    """The outcome of a run that ended before its first request."""
    if isinstance(error, (SourceArgumentError, SettingError, SchemaTooNew)):
        return Outcome(USAGE, str(error))
    if isinstance(error, StoreError):
        return Outcome(STORE, str(error))
    if isinstance(error, RunLocked):
        return Outcome(LATER, str(error))
    return Outcome(BUG, f"{type(error).__name__}: {error}")


def _say(outcome: Outcome, error: BaseException | None = None) -> int:
    """Print why in one line; a bug's traceback too. A log for machines gets both as one record."""
    if logs.as_json():
        bug = error if outcome.status == BUG else None
        logging.getLogger(__name__).error("%s", outcome.reason, exc_info=bug)
        return outcome.status
    if outcome.status == BUG and error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    print(f"scrapy crawl: {outcome.reason}", file=sys.stderr, flush=True)
    return outcome.status
