"""scrapy pending: what was listed and is not stored, and why."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from newscrawler.command import StoreCommand, add_json
from newscrawler.outcome import WHOLE
from newscrawler.printing import moment, print_json, print_table
from pipelines.errors import SettingError
from pipelines.store.base import PendingRow

FIELDS = (
    "source",
    "article_id",
    "url",
    "channel",
    "stage",
    "reason",
    "attempts",
    "first_at",
    "last_at",
    "next_at",
    "state",
)


class Command(StoreCommand):
    """Show what waits for its next try, was given up or is gone, with the reason."""

    def syntax(self) -> str:
        """Name the options."""
        return "[--retry ARTICLE_ID] [--json]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Show which articles wait, were given up or are gone, and why"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument(
            "--retry", metavar="ARTICLE_ID", help="let the next run try this article again, given up or gone or not"
        )
        add_json(parser)

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Print the rows, or make one due."""
        with self.store() as store:
            if opts.retry is not None and not store.retry(opts.retry, datetime.now(UTC)):
                raise SettingError(f"no article {opts.retry!r} is pending; scrapy pending lists those that are")
            rows = store.waiting()
        if opts.retry is not None:
            self.say(f"the next run tries {opts.retry} again")
            rows = [row for row in rows if row.article_id == opts.retry]
        if opts.json:
            print_json([_facts(row) for row in rows])
        elif rows:
            print_table(("article", "channel", "state", "tries>", "first", "next try", "stage", "reason"), _cells(rows))
        else:
            print("nothing is pending")
        return WHOLE


def _facts(row: PendingRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def _cells(rows: list[PendingRow]) -> list[tuple[object, ...]]:
    return [
        (
            f"{row.source}:{row.article_id}",
            row.channel,
            row.state,
            row.attempts,
            moment(row.first_at),
            moment(row.next_at),
            row.stage,
            row.reason,
        )
        for row in rows
    ]
