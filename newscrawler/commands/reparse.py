"""scrapy reparse: read kept raw answers anew with today's code."""

from __future__ import annotations

import argparse

from newscrawler.command import StoreCommand, add_times, read_times
from newscrawler.outcome import BUG, PARTLY, WHOLE
from newscrawler.printing import counting, shown


class Command(StoreCommand):
    """Read kept raw answers anew with today's code; the site is not asked.

    An article whose title or text comes out otherwise gets a new revision, any other difference is corrected in place.
    Time, category and file name of a post never change.
    """

    def syntax(self) -> str:
        """Name the options."""
        return "[--since WHEN] [--until WHEN] [--source SOURCE]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Read kept raw answers anew with today's code"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add_times(parser)
        parser.add_argument("--source", metavar="SOURCE", default="", help="only this source's, e.g. eastmoney")

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Read all, and say how many articles changed."""
        from newscrawler.reparse import reparse

        with counting("answers") as seen:
            told = reparse(self.project, read_times(opts), opts.source, seen)
        print(
            f"{told.total} answers read: {told.revised} articles revised, {told.corrected} corrected, "
            f"{told.unchanged} unchanged, {told.failures} failed"
        )
        for line in told.failed:
            print(f"failed: {shown(line)}")
        if told.failures > len(told.failed):
            print(f"failed: {told.failures - len(told.failed)} more")
        if told.bugs:
            self.say(f"{told.bugs} failures are bugs; with -L ERROR they show where they come from")
        return BUG if told.bugs else PARTLY if told.failures else WHOLE
