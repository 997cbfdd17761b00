"""Pages that move while they are read: what shows that no row is missing between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walked import HOUR, NOW, ago, broke_off, rows, turn, walk

from newscrawler.edge import Slides
from newscrawler.walk import SECOND, SETTLE, Stop, Walk


def test_rows_withdrawn_between_two_pages() -> None:
    """A list that has fewer rows than before may have lost one at the edge: the page before is read again, then this one."""
    it = walk(100)
    turn(it, 1, 2, 3, total=7)
    page = turn(it, 5, 6, 7, total=6)
    assert it.edge.back
    assert it.stop is None
    page.left = 1
    assert it.settle() is None
    turn(it, 2, 3, 4, total=6)
    assert not it.edge.back
    turn(it, 5, 6, 7, total=6)
    assert not it.edge.back
    assert it.settle() is None  # what the page before held may still be on its way
    page.left = 0
    assert it.settle() == (ago(5) + SECOND, NOW - SETTLE)
    turn(it, last=True, total=6)
    assert it.stop is Stop.END


REPEATS = Slides.SHORTER.value


def alternate(it: Walk, times: int) -> None:
    """Let a machine without the newest row answer for page 2, and one that has it for page 1."""
    for _ in range(times):
        turn(it, 1, 2, 3, total=30)
        turn(it, 5, 6, 7, total=29)


def test_totals_that_go_up_and_down() -> None:
    """A hole that no reading of two pages closes is not claimed: nothing from there on is covered, and that is said."""
    it = walk(100)
    alternate(it, REPEATS)
    assert it.edge.back
    alternate(it, 1)
    assert not it.edge.back
    assert it.edge.torn
    assert it.settle() == (ago(1) + SECOND, NOW - SETTLE)
    turn(it, 101, total=29)
    assert it.stop is Stop.PASSED
    assert not it.proven
    assert it.settle() is None
    assert it.shortfall == "column:344 moved while it was read, and a row may be missing"


def torn() -> Walk:
    """A walk whose first page, when it is read again, shares no row with what it was."""
    it = walk(100)
    turn(it, 1, 2, 3, total=30)
    turn(it, 7, 8, 9, total=27)
    turn(it, 6, 7, 8, total=25)
    assert it.edge.torn
    return it


def test_a_page_that_has_none_of_its_rows_any_more() -> None:
    """A page that, read again, shares no row with what it was, bounds nothing."""
    it = torn()
    turn(it, 9, 10, 11, total=25)
    assert not it.edge.back
    assert it.settle() is None


def test_after_a_tear_the_walk_goes_on_as_ever() -> None:
    """A torn list is read on, but nothing more is asked for ahead of articles or a second time."""
    it = torn()
    turn(it, 11, 12, 13, total=24)
    assert not it.edge.repeated
    turn(it, 17, 18, 19, total=22)
    assert not it.edge.back


@pytest.mark.parametrize("total", [3, 40, 2000])
def test_a_number_that_is_none_of_the_list(total: int) -> None:
    """A total that counts the page, or is smaller by more than a page, tells of no withdrawn row."""
    it = walk(100)
    turn(it, 1, 2, 3, total=total)
    turn(it, 4, 5, total=2)
    assert not it.edge.back
    assert it.settle() == (ago(4) + SECOND, NOW - SETTLE)


def test_a_number_that_is_missing_once() -> None:
    """Where only one of two answers says how many rows there are, nothing says whether one is gone."""
    it = walk(100)
    turn(it, 1, 2, 3, total=9)
    turn(it, 5, 6, 7)
    assert it.edge.back
    turn(it, 2, 3, 4, total=8)
    turn(it, 5, 6, 7, total=8)
    assert not it.edge.back
    assert it.settle() == (ago(5) + SECOND, NOW - SETTLE)


def test_an_end_before_all_rows_were_listed() -> None:
    """An empty page while rows are due is asked for once more, close to the one before."""
    it = walk(100)
    turn(it, 1, 2, 3, total=5)
    turn(it, last=True, total=5)
    assert it.edge.back
    turn(it, 1, 2, 3, total=5)
    turn(it, last=True, total=5)
    assert it.stop is Stop.END
    assert it.reached_back == ago(3)


def test_a_torn_list_has_no_end() -> None:
    """A list that moved has not shown where it ends: what lies below is asked for again."""
    it = torn()
    turn(it, last=True, total=7)
    assert it.stop is Stop.END
    assert it.reached_back is None
    assert not it.proven


def test_a_torn_list_that_then_fails() -> None:
    """What was not read at all is worse than a row that may be missing."""
    it = torn()
    it.halt(Stop.FAILED)
    assert "not read back" in it.shortfall


def test_rows_newer_than_the_window() -> None:
    """Rows that slide while the walk goes down to its window are none of those that are asked for."""
    it = walk(100, until=50)
    turn(it, 1, 2, 3, total=30)
    turn(it, 5, 6, 7, total=29)
    assert not it.edge.back


@pytest.mark.parametrize("pinned", [900, 0.5, -1])
def test_a_row_that_stands_on_every_page(pinned: float) -> None:
    """A pinned row, old or new, is on every page and shows nothing."""
    it = walk(1000)
    turn(it, pinned, 1, 2, total=30)
    turn(it, pinned, 4, 5, total=29)
    assert it.edge.back
    turn(it, pinned, 7, 8, total=29)
    assert it.edge.torn


def test_a_new_row_far_down() -> None:
    """One row that is newer than the window says nothing of the others beside it."""
    it = walk(100, until=50)
    turn(it, 60, 61, 62, total=30)
    turn(it, 64, 5, 65, total=29)
    assert it.edge.back


def test_more_new_rows_than_a_page_has() -> None:
    """A page that, read again, has only rows from above it was pushed down: nothing is missing."""
    it = walk(100)
    turn(it, 11, 12, 13, total=30)
    it.turn(rows(10, 10.1, 11), [], answered_at=NOW + HOUR, last=False, total=34)
    assert it.edge.back
    it.turn(rows(6, 7, 8), [], answered_at=NOW + HOUR, last=False, total=35)
    assert not it.edge.torn


def test_a_doubt_after_a_shorter_list() -> None:
    """That a page was read again because the list was shorter leaves the one look that another doubt is worth."""
    it = walk(100)
    turn(it, 1, 2, 3, total=9)
    turn(it, 5, 6, 7, total=8)
    turn(it, 2, 3, 4, total=8)
    turn(it, 9, 10, 11)
    assert it.edge.back


def test_unreadable_rows_again_and_again() -> None:
    """A page of unreadable rows that comes again is the same page: the list has ended, late or not."""
    it = walk(100)
    for number in range(3):
        assert it.stop is None
        it.turn([], [], answered_at=NOW + number * HOUR, last=False, total=5000, unread=["x", "y"])
    assert it.stop is Stop.END
    assert not it.edge.torn
    assert not it.proven


def test_a_page_that_is_empty_when_read_again() -> None:
    """A page that had rows a moment ago has not become the end of the list."""
    it = walk(100)
    turn(it, 1, 2, 3, total=7)
    turn(it, 5, 6, 7, total=6)
    turn(it, last=True)
    broke_off(it)


def test_a_page_that_has_become_the_next_one() -> None:
    """A page that, read again, has just the rows of the one after it is no repetition by the server."""
    it = walk(100)
    turn(it, *range(1, 5), total=12)
    turn(it, *range(6, 10), total=11)
    turn(it, *range(5, 9), total=8)
    assert it.stop is None
    it = walk(100)
    turn(it, 1, 2, total=12)
    turn(it, 4, 5, total=11)
    turn(it, 4, 5, total=9)
    assert it.stop is None


def test_a_page_of_unreadable_rows_read_again() -> None:
    """A page is known again by the rows that cannot be read as well."""
    it = walk(100)
    it.turn([], [], answered_at=NOW, last=False, total=9, unread=["x", "y", "z"])
    turn(it, 5, 6, 7, total=8)
    assert it.edge.back
    it.turn(rows(4), [], answered_at=NOW, last=False, total=8, unread=["y", "z"])
    assert not it.edge.torn
    turn(it, 5, 6, 7, total=8)
    assert it.settle() == (ago(5) + SECOND, NOW - SETTLE)


def test_pages_read_far_apart() -> None:
    """Pages by number that share no row, with articles fetched between them, are read again close to each other."""
    later = NOW + timedelta(minutes=5)
    it = walk(100)
    turn(it, 1, 2, 3)
    it.turn(rows(5, 6, 7), [], answered_at=later, last=False)
    assert it.edge.back
    it.turn(rows(2, 3, 4), [], answered_at=later, last=False)
    it.turn(rows(5, 6, 7), [], answered_at=later + timedelta(seconds=2), last=False)
    assert not it.edge.back
    assert it.settle() == (ago(5) + SECOND, NOW - SETTLE)


def test_pages_that_share_a_row() -> None:
    """A page that begins with a row of the one before shows that none is missing between them, whenever they were read."""
    it = walk(100)
    turn(it, 1, 2, 3, total=9)
    it.turn(rows(3, 4, 5), [], answered_at=NOW + HOUR, last=False, total=8)
    assert not it.edge.back
    it.turn(rows(6, 5, 7), [], answered_at=NOW + 2 * HOUR, last=False, total=8)
    assert it.edge.back  # it may have moved down


def test_the_end_of_a_list_that_was_read_whole() -> None:
    """Where all rows that the list says it has were read, an empty page is its end, however late it comes."""
    it = walk(100)
    turn(it, 1, 2, 3, total=3)
    it.turn([], [], answered_at=NOW + HOUR, last=True, total=3)
    assert it.stop is Stop.END


def test_a_slow_source() -> None:
    """Where every answer takes longer than that, a page is read again once and then taken as it is."""
    it = walk(100)
    moments = [NOW + number * timedelta(minutes=1) for number in range(4)]
    for hours, moment in zip(((1, 2), (3, 4), (1, 2), (3, 4)), moments, strict=True):
        it.turn(rows(*hours), [], answered_at=moment, last=False)
    assert not it.edge.back
    assert not it.edge.torn
    assert it.settle() == (ago(3) + SECOND, NOW - SETTLE)


def test_cursors_stay_where_they_are() -> None:
    """A list that is asked for by cursor has no edges for rows to slide past."""
    it = walk(100)
    it.edge.numbered = False
    turn(it, 1, 2, 3, total=9)
    it.turn(rows(5, 6, 7), [], answered_at=NOW + HOUR, last=False, total=8)
    assert not it.edge.back


def test_an_end_with_fewer_rows_than_before() -> None:
    """The end of a list proves nothing either, as long as a row may have slid past it; an empty total says nothing."""
    it = walk(100)
    turn(it, 1, 2, 3, total=4)
    turn(it, last=True, total=3)
    assert it.stop is None
    assert it.edge.back
    turn(it, 2, 3, 4, total=3)
    turn(it, last=True, total=0)
    assert not it.edge.back
    assert it.stop is Stop.END
    assert it.listed == 3


def changing(count: int, size: int, most: int, data: st.DataObject) -> Iterator[tuple[Walk, list[float], set[float]]]:
    """Walk to the end of a list of which up to a page of rows are withdrawn, and which gets new ones, before each request.

    Yields:
        After each page the walk, what is listed, and what was met.
    """
    newest = 1000.0
    listed = [newest + number for number in range(count)]
    it, page, met = walk(5000), 1, set[float]()
    for _ in range(400):
        hours = listed[(page - 1) * size : page * size]
        turn(it, *hours, last=not hours, total=len(listed))
        met |= set(hours)
        yield it, listed, met
        if it.stop is not None:
            return
        page += -1 if it.edge.back else 1
        taken = data.draw(st.integers(0, min(most, size)))
        gone = set(listed[:taken])
        if listed and data.draw(st.booleans()):
            gone |= data.draw(st.sets(st.sampled_from(listed), max_size=size - taken))
        new = data.draw(st.integers(0, 2))
        newest -= new
        listed = [*(newest + number for number in range(new)), *(hour for hour in listed if hour not in gone)]
    raise AssertionError("a walk without end")


@settings(deadline=None, database=None, max_examples=200)
@given(st.integers(0, 40), st.integers(2, 7), st.integers(0, 7), st.data())
def test_whatever_comes_and_goes(count: int, size: int, most: int, data: st.DataObject) -> None:
    """Whichever rows come and go between the pages, no covered interval holds a row that stayed and was not met."""
    for it, listed, met in changing(count, size, most, data):
        span = it.settle()
        if span:
            assert not [hour for hour in listed if hour >= 1000 and hour not in met and span[0] <= ago(hour) < span[1]]


@settings(deadline=None, database=None, max_examples=200)
@given(st.integers(0, 40), st.integers(3, 7), st.integers(0, 2), st.data())
def test_no_row_slides_past(count: int, size: int, most: int, data: st.DataObject) -> None:
    """A walk that says it got to the end has met every row that stayed, while no more went than a page has."""
    for it, listed, met in changing(count, size, most, data):
        if it.stop is Stop.END and not it.edge.torn:
            assert {hour for hour in listed if hour >= 1000} <= met
