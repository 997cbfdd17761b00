"""scrapy runs: how the last runs went."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from newscrawler.command import StoreCommand, add_json
from newscrawler.ledger import State, last_runs, state_of
from newscrawler.outcome import MEANINGS, WHOLE
from newscrawler.printing import moment, print_json, print_table
from newscrawler.tally import COUNTS
from pipelines.errors import SettingError
from pipelines.store.base import RunRow


class Command(StoreCommand):
    """Show the last runs, newest first; one that was killed shows as dead."""

    def syntax(self) -> str:
        """Name the options."""
        return "[--failed] [-n N] [--json]"

    def short_desc(self) -> str:
        """Say what it is for."""
        return "Show how the last runs went"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--failed", action="store_true", help="only runs that did not end with 0, killed ones too")
        parser.add_argument("-n", dest="number", metavar="N", default="20", help="so many runs (default: 20)")
        add_json(parser)

    def act(self, args: list[str], opts: argparse.Namespace) -> int:
        """Print the runs."""
        number = _number(opts.number)
        with self.store() as store:
            rows, alive = last_runs(store, number, failed=opts.failed)
        if opts.json:
            print_json([asdict(row) | {"state": state_of(row, alive)} for row in rows])
        elif rows:
            # on a screen columns of zeros are in the way; a script wants the same columns always
            names = [name for name in COUNTS if not sys.stdout.isatty() or any(row.counts.get(name) for row in rows)]
            print_table(
                ("run>", "spider", "started", "seconds>", "exit>", *(f"{name}>" for name in names), "reason"),
                [_cells(row, alive, names) for row in rows],
            )
        else:
            print("no run has failed" if opts.failed else "no run yet")
        return WHOLE


def _cells(row: RunRow, alive: frozenset[int], names: Sequence[str]) -> Sequence[object]:
    state = state_of(row, alive)
    end = row.finished_at or (datetime.now(UTC) if state is State.RUNNING else None)
    seconds = "" if end is None else f"{(end - row.started_at).total_seconds():.0f}"
    status = state.value if row.exit_status is None else row.exit_status
    reason = row.reason or (MEANINGS.get(row.exit_status, "") if row.exit_status is not None else "")
    if state is State.DEAD:
        reason = "it never said how it ended: killed, or the machine went down"
    counts = [row.counts.get(name, 0) for name in names]
    return (row.id, row.spider, moment(row.started_at), seconds, status, *counts, reason)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise SettingError(f"-n {text} is no number of runs; right would be -n 50")
    return int(text)
