"""A made-up history of weeks: articles in one hour of each, and a run after it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.store.base import RunRow, Store

sys.path.append(str(Path(__file__).parent / "store"))
from made import article

NOW = datetime(2026, 9, 16, 2, 40, tzinfo=UTC)
"""A Wednesday, 10:40 in Beijing."""
WEEK = timedelta(weeks=1)


def keep_weeks(
    store: Store,
    hour_ends: datetime,
    *,
    articles: Sequence[int],
    statuses: Sequence[int | None],
    runs_at: datetime | None = None,
    first: int = 0,
) -> None:
    """Store so many articles in the hour before `hour_ends` in each week before, the last week first, and a run after each.

    Articles are of column:344, evenly spaced, the newest at the hour's end. The runs start five minutes after `runs_at`
    (the hour's end) and end with these statuses; None: never. `first` is the number after which articles are numbered.
    """
    number = first
    for back, amount in enumerate(articles, 1):
        end = hour_ends - back * WEEK
        rows = []
        for place in range(amount):
            number += 1
            at = end - timedelta(seconds=1) - place * timedelta(hours=1) / (amount + 1)
            rows.append(article(number, published_at=at.replace(microsecond=0), raw=None))
        store.save(rows)
    for back in range(len(statuses), 0, -1):
        started = (runs_at or hour_ends) - back * WEEK + timedelta(minutes=5)
        run = store.start_run("eastmoney", {}, started)
        if (status := statuses[back - 1]) is not None:
            store.finish_run(RunRow(run, "eastmoney", {}, started, started + timedelta(seconds=9), status))
