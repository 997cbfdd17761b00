"""Paging: what a page proves, and what may be called covered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walked import HOUR, NOW, ago, broke_off, rows, turn, walk

from newscrawler.eastmoney_articles import page_size
from newscrawler.walk import SECOND, SETTLE, Page, Stop, Walk


def test_a_page_wholly_older_stops() -> None:
    """A page of which every row is older than the window ends the walk, and then the window is covered."""
    it = walk(10)
    turn(it, 1, 5, 9)
    assert it.stop is None
    turn(it, 11, 12)
    assert it.stop is Stop.PASSED
    assert it.settle() == (ago(10), NOW - SETTLE)
    assert it.proven


def test_order_within_a_page_is_not_relied_on() -> None:
    """One old row on a page proves nothing: an editor pinned it."""
    it = walk(10)
    turn(it, 900, 1, 2)
    assert it.stop is None
    turn(it, 3, 950, 4)
    assert it.stop is None
    turn(it, 11, 960)
    assert it.stop is Stop.PASSED


def test_a_pinned_old_row_covers_nothing_by_itself() -> None:
    """What a page covers ends where the next page begins, however old its oldest row is."""
    it = walk(100)
    turn(it, 1, 2, 90)
    turn(it, 3, 4)
    assert it.settle() == (ago(3) + SECOND, NOW - SETTLE)


def test_nothing_is_covered_while_a_row_is_open() -> None:
    """A page whose rows have not all ended covers nothing, nor does anything below it."""
    it = walk(10)
    first = turn(it, 1, 2)
    first.left = 1
    turn(it, 3, 4)
    turn(it, 11)
    assert it.settle() is None
    first.left = 0
    assert it.settle() == (ago(10), NOW - SETTLE)


def test_the_last_minutes_are_never_covered() -> None:
    """Rows appear late with earlier times, so the settling margin before the answer stays open."""
    it = walk(10)
    turn(it, 0.01, 0.05)
    turn(it, 0.1, 0.12)
    assert it.settle() is None  # six minutes ago is within the margin


def test_meets_what_is_covered() -> None:
    """A continuing run stops at its first page when enough known rows of covered time stand on it."""
    it = walk(1, explicit=False, covered_below=True)
    turn(it, 0.5, *range(2, 22), known=tuple(range(2, 22)))
    assert it.stop is Stop.MET
    assert it.settle() == (ago(1), NOW - SETTLE)


def test_an_unknown_row_of_covered_time_goes_on() -> None:
    """A row of covered time that is not known appeared late: the walk looks further."""
    it = walk(1, explicit=False, covered_below=True)
    turn(it, 0.5, *range(2, 22), known=tuple(range(2, 21)))
    assert it.stop is None


def test_known_rows_do_not_stop_a_backfill() -> None:
    """Where the time below is not covered, known rows prove nothing."""
    it = walk(10)
    turn(it, *range(11, 31, 1), known=tuple(range(11, 31)))
    assert it.stop is Stop.PASSED
    it = walk(40)
    turn(it, *range(11, 31), known=tuple(range(11, 31)))
    assert it.stop is None


def test_the_end_of_a_list_is_a_named_gap() -> None:
    """A list that ends above the window reached back so far and no further."""
    it = walk(100)
    turn(it, 1, 2, 3)
    turn(it, 4, 5)
    turn(it, last=True)
    assert it.stop is Stop.END
    assert it.reached_back == ago(5)
    assert not it.proven
    assert it.settle() == (ago(5), NOW - SETTLE)


def test_a_list_that_is_empty_at_once_proves_nothing() -> None:
    """An empty first page is no news about anything."""
    it = walk(100)
    turn(it, last=True)
    assert not it.proven
    assert it.settle() is None


def test_an_empty_page_with_rows_still_due_is_no_end() -> None:
    """A list that said 5000 rows and is empty after 3 has broken off."""
    it = walk(100)
    turn(it, 1, 2, 3, total=5000)
    turn(it, last=True)
    broke_off(it)


def test_a_repeated_page_is_the_end() -> None:
    """A server that repeats its last window has no more."""
    it = walk(100)
    turn(it, 1, 2, 3)
    turn(it, 1, 2, 3)
    assert it.stop is Stop.END
    assert it.reached_back == ago(3)


def test_a_page_repeated_once_with_rows_still_due_is_no_end() -> None:
    """As many new rows as a page has push down just that page; a second time in a row it is the server that repeats."""
    it = walk(100)
    turn(it, 1, 2, 3, total=5000)
    turn(it, 1, 2, 3, total=5000)
    assert it.stop is None
    turn(it, 4, 5, 6, total=5000)
    turn(it, 4, 5, 6, total=5000)
    assert it.stop is None
    turn(it, 4, 5, 6, total=5000)
    assert it.stop is Stop.END
    assert it.reached_back == ago(6)


def test_rows_shifted_by_newer_ones_go_on() -> None:
    """A page that repeats some rows of the one before is no end."""
    it = walk(100)
    turn(it, 1, 2, 3)
    turn(it, 3, 4, 5)
    assert it.stop is None


def test_a_list_that_grew_by_a_page() -> None:
    """A page that repeats the one before because that many rows are new is no end."""
    it = walk(100)
    turn(it, 1, 2, 3, total=5)
    turn(it, 1, 2, 3, total=8)
    assert it.stop is None


def test_a_page_of_unreadable_rows_between_others() -> None:
    """A page of which no row has a time holds nothing up: the page after it bounds the one before, too."""
    it = walk(100)
    turn(it, 1, 2, 3, total=5000)
    page = it.turn([], [], answered_at=NOW, last=False, total=5000, unread=["x", "y", "z"])
    page.left = 1
    turn(it, 4, 5, 6, total=5000)
    turn(it, 101, total=5000)
    assert it.stop is Stop.PASSED
    assert it.settle() is None
    page.left = 0
    assert it.settle() == (ago(100), NOW - SETTLE)


@pytest.mark.parametrize("total", [None, 9, 5000])
def test_unreadable_rows_are_no_end(total: int | None) -> None:
    """Pages of rows that cannot be read are pages with other rows, whatever the list's number."""
    it = walk(100)
    turn(it, 1, 2, 3, total=total)
    for page in ("x", "y"):
        it.turn([], [], answered_at=NOW, last=False, total=total, unread=[f"{page}{n}" for n in range(3)])
        assert it.stop is None
    assert it.listed == 9


def test_another_form_of_a_list_is_paged_by_number() -> None:
    """A list that is read in another form begins anew: its pages are by number, and what the first form said is forgotten."""
    it = walk(100)
    it.edge.numbered = False
    turn(it, 1, 2, 3, total=500)
    it.start_over()
    it.turn(rows(1, 2, 3), [], answered_at=NOW + HOUR, last=False, total=100)
    assert not it.edge.back
    assert not it.edge.torn
    it.turn(rows(5, 6, 7), [], answered_at=NOW + 2 * HOUR, last=False, total=100)
    assert it.edge.back


def test_another_form_of_a_list_from_the_first_page_on() -> None:
    """A list that was gone at once leaves nothing to hold its other form against."""
    it = walk(10)
    it.start_over()
    turn(it, 1, 2, 3)
    turn(it, 4, 5, 6)
    turn(it, 11)
    assert not it.edge.torn
    assert it.settle() == (ago(10), NOW - SETTLE)


def test_another_form_of_a_list_that_begins_further_down() -> None:
    """Where the other form begins below the place that was reached, what lies between is not claimed."""
    it = walk(100)
    it.edge.numbered = False
    turn(it, 1, 2, 3)
    turn(it, 4, 5, 6)
    it.start_over()
    turn(it, 10, 11, 12)
    turn(it, 101)
    assert it.edge.torn
    assert it.settle() == (ago(4) + SECOND, NOW - SETTLE)


def test_another_form_whose_first_page_says_nothing() -> None:
    """Rows that cannot be read do not show where the other form begins, and no rows at all are no end."""
    it = walk(100)
    it.edge.numbered = False
    turn(it, 1, 2, 3)
    it.start_over()
    it.turn([], [], answered_at=NOW, last=False, unread=["x"])
    turn(it, 7, 8, 9)
    assert it.edge.torn
    it = walk(100)
    turn(it, 1, 2, 3)
    it.start_over()
    turn(it, last=True)
    broke_off(it)


def test_all_pages_of_a_walk_are_of_one_size() -> None:
    """A walk that becomes a day old while it is read keeps asking for pages of the size it began with."""
    it = Walk("column:344", datetime.now(UTC) - HOUR, NOW, explicit=False, covered_below=True)
    before = page_size(it)
    it.since -= 30 * HOUR
    assert page_size(it) == before
    assert page_size(walk(100)) > before


def test_a_limit_leaves_its_page_uncovered() -> None:
    """A page of which rows were left out covers nothing."""
    it = walk(10)
    page = turn(it, 1, 2)
    page.whole = False
    it.halt(Stop.LIMIT)
    turn(it, 3)
    assert it.settle() is None


def test_a_window_in_the_past_covers_only_itself() -> None:
    """What is newer than the window is passed over and not claimed."""
    it = walk(10, until=5)
    turn(it, 1, 2, 3)
    assert it.settle() is None
    turn(it, 4, 6, 7)
    turn(it, 8, 9)
    assert it.settle() == (ago(8) + SECOND, ago(5))
    assert not it.takes(ago(5))
    assert it.takes(ago(10))
    assert not it.takes(ago(10.1))


@settings(deadline=None, database=None, max_examples=200)
@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=60, unique=True),
    st.integers(1, 7),
    st.integers(10, 300),
    st.data(),
)
def test_covered_time_holds_no_open_row(ages: list[int], size: int, since: int, data: st.DataObject) -> None:
    """Whatever ends first, no covered interval holds a row of an ordered list that has not ended."""
    ages = sorted(ages)
    it = walk(since)
    open_rows: dict[int, Page] = {}
    covered: list[tuple[datetime, datetime]] = []
    for start in range(0, len(ages) + size, size):
        if it.stop:
            break
        hours = ages[start : start + size]
        page = turn(it, *hours, last=not hours)
        for hour in hours:
            if it.takes(ago(hour)):
                page.left += 1
                open_rows[hour] = page
        for hour in data.draw(st.lists(st.sampled_from(sorted(open_rows)), unique=True)) if open_rows else []:
            open_rows.pop(hour).left -= 1
        span = it.settle()
        if span:
            covered.append(span)
        unseen = [hour for hour in ages[start + size :] if hour <= since]
        for low, high in covered:
            assert not any(low <= ago(hour) < high for hour in [*open_rows, *unseen])
