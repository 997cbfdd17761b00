"""Days and ranges, and what a range of days proves: rows counted against the list's own total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newscrawler.daily import DAY, ROUNDS, DayWalk, asked_days, asked_page, days_of, midnight, ranges
from newscrawler.walk import Stop, Walk

FIRST = date(2026, 3, 2)
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def walk(*, until: date = FIRST) -> DayWalk:
    """A walk over one day, or several."""
    return DayWalk("notices:0", midnight(FIRST), midnight(until + DAY), explicit=True, covered_below=False)


def turn(
    range_: DayWalk, ids: Sequence[int], total: int | None, *, unread: Sequence[int] = (), now: datetime = NOW
) -> None:
    """Read a page with these rows."""
    rows = [(f"AN{number}", midnight(FIRST)) for number in ids]
    bad = [f"AN{number}" for number in unread]
    range_.turn(rows, (), answered_at=now, last=not ids, total=total, unread=bad)


def test_rows_that_are_counted_prove_a_day() -> None:
    """A day whose pages have as many rows as the list says is covered when its articles have ended."""
    day = walk()
    turn(day, range(100), 130)
    assert day.stop is None
    assert day.settle() is None
    turn(day, range(100, 130), 130)
    assert (day.stop, day.proven, day.reached_back) == (Stop.COUNTED, True, None)
    assert day.settle() == (midnight(FIRST), midnight(FIRST + DAY))


def test_an_article_in_flight_holds_the_day_back() -> None:
    """As long as a row has not ended nothing of the day is covered."""
    day = walk()
    turn(day, range(2), 2)
    day.pages[0].left = 1
    assert day.settle() is None
    day.pages[0].left = 0
    assert day.settle() == (midnight(FIRST), midnight(FIRST + DAY))


def test_an_empty_day() -> None:
    """A day that the list says is empty is covered."""
    day = walk()
    turn(day, (), 0)
    assert (day.stop, day.settle()) == (Stop.COUNTED, (midnight(FIRST), midnight(FIRST + DAY)))


def test_rows_that_cannot_be_read_count() -> None:
    """A row that is kept as pending is one of the list's rows."""
    day = walk()
    turn(day, range(3), 5, unread=(7, 8))
    assert day.stop is Stop.COUNTED


def test_today_is_covered_up_to_the_answer() -> None:
    """Of a day that is not over, the part up to ten minutes before the answer is covered; of a day ahead nothing."""
    noon = midnight(FIRST) + timedelta(hours=12)
    today = walk()
    turn(today, range(3), 3, now=noon)
    assert today.settle() == (midnight(FIRST), noon - timedelta(minutes=10))
    tomorrow = walk()
    turn(tomorrow, range(3), 3, now=midnight(FIRST) - timedelta(hours=6))
    assert (tomorrow.proven, tomorrow.settle()) == (True, None)


def test_a_row_that_comes_meanwhile() -> None:
    """A new row pushes others down: the round proves nothing, and the next one reads all pages again from the first."""
    day = walk()
    turn(day, [3, 2], 3)
    turn(day, [2, 1], 4)
    assert (day.stop, day.rounds, asked_page(day, 3)) == (None, 2, 1)
    turn(day, [4, 3], 4)
    assert asked_page(day, 4) == 2
    turn(day, [2, 1], 4)
    assert day.stop is Stop.COUNTED


def test_a_row_that_goes_meanwhile() -> None:
    """A withdrawn row pulls one over the page's edge: only a round in which nothing moved counts."""
    day = walk()
    turn(day, [4, 3], 4)
    turn(day, [1], 3)  # 3 went, so that 2 stands on the first page now
    assert (day.stop, day.rounds) == (None, 2)
    turn(day, [4, 2], 3)
    turn(day, [1], 3)
    assert day.stop is Stop.COUNTED


def test_an_id_that_the_source_lists_twice() -> None:
    """As many rows as the total, and the same ids as the round before, are the whole list."""
    day = walk()
    for _ in range(2):
        turn(day, [3, 2], 4)
        turn(day, [2, 1], 4)
    assert day.stop is Stop.COUNTED


def test_a_range_that_was_counted_before() -> None:
    """Where the list has grown by just the rows that are new, one page that meets known rows is enough."""
    quiet = walk()
    quiet.counted = 500
    quiet.turn(
        [(f"AN{number}", NOW) for number in range(100)],
        [f"AN{n}" for n in range(100)],
        answered_at=NOW,
        last=False,
        total=500,
    )
    assert (quiet.stop, quiet.pages_read) == (Stop.COUNTED, False)
    grown = walk()
    grown.counted = 500
    grown.turn([("AN1", NOW), ("AN2", NOW)], ["AN2"], answered_at=NOW, last=False, total=501)
    assert grown.stop is Stop.COUNTED


@pytest.mark.parametrize(
    ("counted", "known", "total"),
    [(500, ["AN2"], 500), (500, ["AN2"], 502), (500, ["AN1", "AN2"], 501), (500, [], 502), (None, ["AN1", "AN2"], 500)],
)
def test_a_range_that_changed_otherwise(counted: int | None, known: list[str], total: int) -> None:
    """Where rows went, are missing, or none is known, all pages are read."""
    day = walk()
    day.counted = counted
    day.turn([("AN1", NOW), ("AN2", NOW)], known, answered_at=NOW, last=False, total=total)
    assert day.stop is None


def test_a_list_that_stays_short() -> None:
    """After three rounds a list with fewer rows than it says is a gap with its numbers."""
    day = walk()
    for _ in range(ROUNDS):
        turn(day, [3, 2, 1], 5)
        turn(day, [], 5)
    assert (day.stop, day.proven, day.settle()) == (Stop.BROKEN, False, None)
    assert day.shortfall == "notices:0 of 2026-03-02: 3 of 5 rows were read"


def test_no_row_where_there_should_be_some() -> None:
    """A first page without a row is not asked for again."""
    day = walk()
    turn(day, [], 40)
    assert (day.stop, day.shortfall) == (Stop.BROKEN, "notices:0 of 2026-03-02: 0 of 40 rows were read")


def test_a_list_without_a_total() -> None:
    """Rows without a total are taken page after page and prove nothing."""
    day = walk(until=FIRST + DAY)
    turn(day, [2, 1], None)
    assert day.stop is None
    turn(day, [2, 1], None)
    assert (day.stop, day.settle()) == (Stop.BROKEN, None)
    assert (
        day.shortfall
        == "notices:0 of 2026-03-02 to 2026-03-03: the list does not say how many rows it has; 2 were read"
    )


def test_a_page_that_cannot_be_had() -> None:
    """A failed day says so."""
    day = walk()
    day.halt(Stop.FAILED)
    assert (day.proven, day.shortfall) == (False, "notices:0 of 2026-03-02 could not be read")


def test_a_walk_without_days_asks_for_a_week() -> None:
    """A probe's walk over the last hour asks for days that have rows; one over a window for the window's."""
    end = midnight(FIRST) + timedelta(hours=5)
    probe = Walk("notices:0", end - timedelta(hours=1), end, explicit=False, covered_below=True)
    assert asked_days(probe) == (FIRST - 7 * DAY, FIRST)
    given_window = Walk("notices:0", midnight(FIRST - DAY), midnight(FIRST + DAY), explicit=True, covered_below=False)
    assert asked_days(given_window) == (FIRST - DAY, FIRST)
    assert asked_page(probe, 3) == 3


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (midnight(FIRST), midnight(FIRST + DAY), [FIRST]),
        (midnight(FIRST) + timedelta(hours=5), midnight(FIRST + DAY) + timedelta(seconds=1), [FIRST, FIRST + DAY]),
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), datetime(2026, 3, 1, 16, tzinfo=UTC), [FIRST - DAY]),
        (midnight(FIRST), midnight(FIRST), []),
    ],
)
def test_days_of_an_interval(since: datetime, until: datetime, days: list[date]) -> None:
    """An interval has the Beijing days that it touches."""
    assert list(days_of((since, until))) == days


@settings(max_examples=200, deadline=None, database=None)
@given(st.sets(st.integers(0, 60)), st.integers(1, 20))
def test_ranges(numbers: set[int], most: int) -> None:
    """Ranges hold each day once and no other, the newest first, none longer than asked for."""
    days = {FIRST + number * DAY for number in numbers}
    found = list(ranges(days, most))
    held = [day for span in found for day in days_of(span)]
    assert sorted(held) == sorted(days)
    assert all((until - since) / DAY <= most for since, until in found)
    assert found == sorted(found, reverse=True)


@settings(max_examples=200, deadline=None, database=None)
@given(st.integers(0, 250), st.integers(1, 100), st.data())
def test_any_still_list_is_proven(total: int, size: int, data: st.DataObject) -> None:
    """Whatever a list that stands still holds, in whatever order, its rows are counted in one round."""
    ids = data.draw(st.permutations(range(total)))
    day = walk()
    for page in range(-(-total // size) or 1):
        assert day.stop is None
        turn(day, ids[page * size : (page + 1) * size], total)
    assert (day.stop, day.rounds, len(day.met)) == (Stop.COUNTED, 1, total)
