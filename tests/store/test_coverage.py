"""The algebra of intervals against a brute-force model, and coverage as the stores keep it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import MOMENT, store_at
from sqlalchemy import func, select

from pipelines.spans import Span, merge, subtract
from pipelines.store.base import Reach
from pipelines.store.sql import DatabaseStore
from pipelines.store.tables import coverage

HOURS = st.integers(0, 24)
SPANS = st.lists(st.tuples(HOURS, HOURS), max_size=12)
NAMES = count()


def at(hour: int) -> datetime:
    """Return the moment that hour stands for."""
    return MOMENT + timedelta(hours=hour)


def spans(pairs: list[tuple[int, int]]) -> list[Span]:
    """Turn hours to intervals, empty and reversed ones included."""
    return [(at(since), at(until)) for since, until in pairs]


def hours(covered: list[Span]) -> set[int]:
    """Return every hour that intervals hold."""
    return {hour for hour in range(-1, 26) if any(since <= at(hour) < until for since, until in covered)}


def model(pairs: list[tuple[int, int]]) -> set[int]:
    """Return the same, counted hour by hour."""
    return {hour for since, until in pairs for hour in range(since, until)}


@settings(deadline=None, database=None, max_examples=300)
@given(SPANS)
def test_merge_holds_exactly_what_was_given(pairs: list[tuple[int, int]]) -> None:
    """Merged intervals hold the same hours, in order, with a gap between any two."""
    merged = merge(spans(pairs))
    assert hours(merged) == model(pairs)
    assert all(since < until for since, until in merged)
    assert all(first[1] < second[0] for first, second in pairwise(merged))


@settings(deadline=None, database=None, max_examples=300)
@given(st.tuples(HOURS, HOURS), SPANS)
def test_subtract_leaves_exactly_the_gaps(wanted: tuple[int, int], pairs: list[tuple[int, int]]) -> None:
    """Gaps hold the wanted hours that are not covered, and no other."""
    gaps = subtract((at(wanted[0]), at(wanted[1])), spans(pairs))
    assert hours(gaps) == model([wanted]) - model(pairs)
    assert gaps == merge(gaps)


@settings(deadline=None, database=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPANS)
def test_the_store_keeps_coverage_merged(store: DatabaseStore, pairs: list[tuple[int, int]]) -> None:
    """However intervals come in, the rows of a channel are the merged intervals, and no other channel sees them."""
    channel = f"column:{next(NAMES)}"
    for span in spans(pairs):
        store.cover("eastmoney", channel, span)
    assert store.covered("eastmoney", channel) == merge(spans(pairs))
    assert store.covered("other", channel) == []
    rows = select(func.count()).where(coverage.c.channel == channel)
    assert store.database.read(lambda connection: connection.scalar(rows)) == len(merge(spans(pairs)))


def test_channels_are_those_with_coverage(store: DatabaseStore) -> None:
    """Every source and channel that has an interval is listed once."""
    for source, channel, hour in (("b", "x", 1), ("a", "y", 1), ("a", "x", 1), ("a", "x", 5)):
        store.cover(source, channel, (at(hour), at(hour + 1)))
    store.cover("a", "empty", (at(1), at(1)))
    assert store.channels() == [("a", "x"), ("a", "y"), ("b", "x")]


def test_the_last_reach_stands(store: DatabaseStore) -> None:
    """How far back a channel went is remembered until a later run goes back again."""
    assert store.reached("eastmoney", "x") is None
    for hour in (5, 3):
        store.reach("eastmoney", Reach("x", at(hour), at(0), at(hour + 10)))
    assert store.reached("eastmoney", "x") == Reach("x", at(3), at(0), at(13))
    assert store.reached("eastmoney", "y") is None


def test_coverage_outlives_the_store(database_url: str, tmp_path: Path) -> None:
    """What one run covered, the next one finds."""
    first = store_at(database_url, tmp_path)
    first.cover("eastmoney", "x", (at(1), at(2)))
    first.close()
    second = store_at(database_url, tmp_path)
    assert second.covered("eastmoney", "x") == [(at(1), at(2))]
    second.close()
