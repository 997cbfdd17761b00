"""What a run wants of a channel, given what was asked for, what is covered, and how far the list reaches."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from newscrawler import met
from newscrawler.incremental import Incremental
from newscrawler.listing import Listing, Row
from newscrawler.tally import Tally
from newscrawler.walk import Walk
from newscrawler.window import Window
from pipelines.config import Config
from pipelines.store import open_store
from pipelines.store.base import Known, PendingRow, Reach, Store

CHANNEL = "column:344"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARGIN = timedelta(minutes=10)
Memory = Callable[[], Incremental]


@pytest.fixture(params=["database", "markdown"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A real store of either kind."""
    opened = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path), "NEWS_OUTPUTS": request.param}))
    yield opened
    opened.close()


@pytest.fixture
def memory(store: Store) -> Memory:
    """A maker of runs' memories on that store."""
    return lambda: Incremental(
        store, "eastmoney", Tally(StatsCollector(get_crawler())), first_run_days=1, refetch_hours=0
    )


def plan(memory: Memory, now: datetime, window: Window | None = None, *, limit: int | None = None) -> Walk | None:
    """Plan the channel in a run of its own."""
    run = memory()
    run.limit = limit
    return asyncio.run(run.plan(CHANNEL, window, now))


def test_the_first_run_goes_back_a_day(memory: Memory) -> None:
    """A channel without history is wanted from a day ago, and nothing below it is covered."""
    walk = plan(memory, NOW)
    assert walk is not None
    assert (walk.since, walk.until, walk.explicit, walk.covered_below) == (NOW - DAY, NOW, False, False)


def test_the_next_run_continues(memory: Memory, store: Store) -> None:
    """The next run wants what came since, the settling margin included."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - DAY, NOW - MARGIN))
    walk = plan(memory, NOW + HOUR)
    assert walk is not None
    assert (walk.since, walk.covered_below) == (NOW - MARGIN, True)


def test_days_of_silence_are_filled(memory: Memory, store: Store) -> None:
    """After days without a run the whole hole is wanted, not just the last day."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - DAY, NOW - MARGIN))
    walk = plan(memory, NOW + 9 * DAY)
    assert walk is not None
    assert walk.since == NOW - MARGIN


def test_a_first_run_that_was_cut_off_is_completed(memory: Memory, store: Store) -> None:
    """What a killed first run did not reach is wanted by the next, however new its newest coverage is."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - 2 * HOUR, NOW - MARGIN))
    walk = plan(memory, NOW + HOUR)
    assert walk is not None
    assert (walk.since, walk.covered_below) == (NOW - DAY, False)


def test_a_backfill_continues_and_leaves_no_hole_to_fill(memory: Memory, store: Store) -> None:
    """The same window again wants only what is missing; the time between it and today was never asked for."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - DAY, NOW - MARGIN))
    window = Window(NOW - 30 * DAY, NOW - 20 * DAY, explicit=True)
    assert plan(memory, NOW, window) is not None
    store.cover("eastmoney", CHANNEL, (NOW - 25 * DAY, NOW - 20 * DAY))
    again = plan(memory, NOW, window)
    assert again is not None
    assert (again.since, again.until) == (NOW - 30 * DAY, NOW - 25 * DAY)
    store.cover("eastmoney", CHANNEL, (NOW - 30 * DAY, NOW - 25 * DAY))
    assert plan(memory, NOW, window) is None
    everyday = plan(memory, NOW + HOUR)
    assert everyday is not None
    assert everyday.since == NOW - MARGIN


def test_the_next_run_goes_back_for_a_gap(memory: Memory, store: Store) -> None:
    """What a window asked for and did not get is wanted by the next run without a window."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - DAY, NOW - MARGIN))
    plan(memory, NOW, Window(NOW - 3 * DAY, NOW - 2 * DAY, explicit=True))
    walk = plan(memory, NOW + HOUR)
    assert walk is not None
    assert walk.since == NOW - 3 * DAY


def test_what_the_list_no_longer_reaches_is_not_asked_again(memory: Memory, store: Store) -> None:
    """Below `reached back to` a run without a window asks nothing; somebody who asks for it is obeyed."""
    plan(memory, NOW)
    store.cover("eastmoney", CHANNEL, (NOW - DAY, NOW - MARGIN))
    window = Window(NOW - 30 * DAY, NOW - DAY, explicit=True)
    plan(memory, NOW, window)
    store.cover("eastmoney", CHANNEL, (NOW - 10 * DAY, NOW - DAY))
    store.reach("eastmoney", Reach(CHANNEL, NOW - 10 * DAY, NOW - 30 * DAY, NOW))
    walk = plan(memory, NOW + HOUR)
    assert walk is not None
    assert walk.since == NOW - MARGIN
    asked = plan(memory, NOW + HOUR, window)
    assert asked is not None
    assert asked.since == NOW - 30 * DAY


def test_a_limited_run_asks_for_nothing(memory: Memory) -> None:
    """A sample of a few articles is remembered as asked for by nobody."""
    plan(memory, NOW, Window(NOW - 30 * DAY, NOW - 20 * DAY, explicit=True), limit=5)
    walk = plan(memory, NOW)
    assert walk is not None
    assert walk.since == NOW - DAY


def row(key: str, age: timedelta) -> Row:
    """A row of so many hours ago."""
    at = (NOW - age).astimezone(UTC) + timedelta(hours=8)
    return Row(key, f"https://x/{key}", "t", "s", "m", f"{at:%Y-%m-%d %H:%M:%S}", CHANNEL, raw={"code": key})


@pytest.mark.parametrize(("cursor", "back"), [("", True), ("17700", False)])
def test_only_pages_by_number_are_read_again(memory: Memory, *, cursor: str, back: bool) -> None:
    """Pages read far apart that share no row are read again, unless a cursor leads from one to the other."""

    async def run() -> None:
        it = memory()
        walk = Walk(CHANNEL, NOW - DAY, NOW, explicit=False, covered_below=False)
        await it.page(walk, Listing([row("a", HOUR)], [], cursor), NOW)
        fetch = await it.page(walk, Listing([row("b", 2 * HOUR)], []), NOW + HOUR)
        assert [taken.article_id for taken in fetch] == ["b"]
        assert walk.edge.back is back

    asyncio.run(run())


def test_two_channels_wait_for_one_article(memory: Memory, store: Store) -> None:
    """An article in flight is fetched once; both lists are covered only when it has ended."""

    async def run() -> None:
        it = memory()
        walks = [Walk(name, NOW - DAY, NOW, explicit=False, covered_below=False) for name in (CHANNEL, "flash:102")]
        fetch = [await it.page(walk, Listing([row("a", 2 * HOUR)], [], last=False), NOW) for walk in walks]
        assert [len(rows) for rows in fetch] == [1, 0]
        for walk in walks:
            await it.page(walk, Listing([row("z", 2 * DAY)], []), NOW)
        assert store.covered("eastmoney", CHANNEL) == store.covered("eastmoney", "flash:102") == []
        await it.pend(PendingRow("eastmoney", "a", "", CHANNEL, "article", "HTTP 500", row=b"{}"))
        await it.ended("z", "inserted")
        for walk in walks:
            assert store.covered("eastmoney", walk.channel) == [(NOW - DAY, NOW - MARGIN)]
        assert it.tally.balance()["listed"] == 2
        assert it.tally.unfinished == 0

    asyncio.run(run())


def test_a_pending_article_is_not_asked_for_before_its_time(memory: Memory, store: Store) -> None:
    """An article that waits for its next try ends as pending without a request, and does not count against the run."""

    async def run() -> None:
        first = memory()
        await first.pend(PendingRow("eastmoney", "a", "", CHANNEL, "article", "HTTP 500", row=b"{}"))
        it = memory()
        await it.begin()
        walk = Walk(CHANNEL, NOW - DAY, NOW, explicit=False, covered_below=False)
        assert await it.page(walk, Listing([row("a", HOUR)], []), NOW) == []
        assert it.tally.counts["pending"] == it.tally.counts["listed"] == 1
        assert it.tally.left_pending == 0

    asyncio.run(run())


@pytest.mark.parametrize(
    ("age", "looked_ago", "again"),
    [
        # an article of so many minutes, looked at so many minutes ago
        (20, 20, True),  # just published when it was met: a first look after a quarter of an hour
        (14, 14, False),
        (60, 30, True),  # its age has doubled since
        (60, 29, False),
        (240, 120, True),
        (240, 100, False),
        (24 * 60, 12 * 60, True),
        (24 * 60 + 1, 13 * 60, False),  # older than asked for
    ],
)
def test_young_articles_are_looked_at_again(store: Store, age: int, looked_ago: int, again: bool) -> None:
    """With NEWS_REFETCH_HOURS a known article is fetched again when its age has doubled, until it is too old."""
    minute = timedelta(minutes=1)
    run = Incremental(store, "eastmoney", Tally(StatsCollector(get_crawler())), first_run_days=1, refetch_hours=24)
    looked = NOW - looked_ago * minute
    known = Known("a", "f", 1, NOW - age * minute, looked, looked, looked, category="c", channels=frozenset())
    assert run.stale(known, NOW) is again
    run.refetch_age = timedelta(0)
    assert not run.stale(known, NOW)
    run.refetch = True
    assert run.stale(known, NOW)


@pytest.mark.parametrize("block", [1, 3, 4096])
@settings(deadline=None, database=None)
@given(st.lists(st.text("0123456789٣AN", max_size=30), min_size=2, unique=True))
@example(["123", "0123", "", "0", "00", "18446744073709551616", "9999999999999999999", "٣", "3", "A3", "AN3", "ANN3"])
@example(["5", "4", "3", "2", "1", "7", "9", "8"])
def test_ids_stay_apart(block: int, ids: list[str]) -> None:
    """However ids are kept in memory, two that differ are never taken for one, and sources have ids of their own."""
    with patch.object(met, "RECENT", block):
        memory = met.Met()
        for source in ("a", "b"):
            assert not any((source, each) in memory for each in ids)
            assert [memory.add(source, each) for each in ids] == [True] * len(ids)
            assert [memory.add(source, each) for each in ids] == [False] * len(ids)
            assert all((source, each) in memory for each in ids)


@pytest.mark.parametrize("letters", ["", "AN"])
def test_an_id_costs_eight_bytes(letters: str) -> None:
    """What a run remembers of 100,000 articles is less than a megabyte and a half, and none of them is forgotten."""
    memory = met.Met()
    tracemalloc.start()
    try:
        for number in range(100_000, 0, -1):
            memory.add("eastmoney", f"{letters}{202609180000000000 + 37 * number}")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_500_000
    assert all(("eastmoney", f"{letters}{202609180000000000 + 37 * n}") in memory for n in range(1, 100_001, 7))
    assert ("eastmoney", f"{letters}{202609180000000001}") not in memory
