"""scrapy report: a page with plots of what is stored and how the runs went."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from newscrawler.command import StoreCommand
from newscrawler.outcome import WHOLE
from newscrawler.page import page_path, write_page
from pipelines.errors import SettingError

MOST_DAYS = 36_500


class Command(StoreCommand):
    """Write the report; the page stands for itself and asks no host for anything."""

    def syntax(self) -> str:
        """Name the options."""
        return "--html FILE [--days N]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Write a page with plots: articles per hour, publishers, securities, runs, failures, freshness"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--html", metavar="FILE", help="where the page is written")
        parser.add_argument(
            "--days", metavar="N", help="only articles of the N days up to the newest one, and runs of the last N days"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Write the page."""
        if opts.html is None:
            raise SettingError(f"--html is missing; right would be: scrapy report {self.syntax()}")
        page_path(self.config.root, opts.html)  # a mistake is said before the work
        days = _days(opts.days)

        from newscrawler.report import gather
        from newscrawler.report_page import page

        with self.store() as store:
            report = gather(store, datetime.now(UTC), days)
        self.say(f"wrote {write_page(self.config.root, opts.html, page(report))}")
        return WHOLE


def _days(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= MOST_DAYS):
        raise SettingError(f"--days {text} is no number of days; right would be --days 28")
    return int(text)
