"""Walks over rows that are named by their age in hours, for the tests of paging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newscrawler.walk import Page, Stop, Walk

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ago(hours: float) -> datetime:
    """The moment so many hours before NOW."""
    return NOW - hours * HOUR


def walk(since: float, *, until: float = 0, explicit: bool = True, covered_below: bool = False) -> Walk:
    """A walk over the hours before NOW."""
    return Walk("column:344", ago(since), ago(until), explicit=explicit, covered_below=covered_below)


def rows(*hours: float) -> list[tuple[str, datetime]]:
    """Rows named by their age."""
    return [(f"a{hour}", ago(hour)) for hour in hours]


def turn(it: Walk, *hours: float, known: tuple[float, ...] = (), last: bool = False, total: int | None = None) -> Page:
    """Give a walk a page of rows of these ages."""
    known_ids = [f"a{hour}" for hour in known]
    return it.turn(rows(*hours), known_ids, answered_at=NOW, last=last, total=total)


def broke_off(it: Walk) -> None:
    """Make sure that a walk has ended without proof, and calls nothing the end of its list."""
    assert it.stop is Stop.BROKEN
    assert it.reached_back is None
    assert not it.proven
