"""The life of an article that could not be stored, by a moved clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from made import MOMENT, article, failure

from pipelines.store.base import PendingRow
from pipelines.store.sql import DatabaseStore
from pipelines.store.tries import after_try

DAY = timedelta(days=1)


def fail_when_due(store: DatabaseStore, reasons: list[str], *, step: timedelta) -> PendingRow:
    """Let article 1 fail at once, then whenever a run (every `step`) finds it due; return its last state."""
    now = MOMENT
    left = list(reasons)
    for _ in range(400):
        with time_machine.travel(now, tick=False):
            if left and (len(left) == len(reasons) or store.due("eastmoney", now, 10)):
                store.pend([failure(1, left.pop(0))])
        now += step
    assert not store.due("eastmoney", now, 10)
    [row] = store.waiting()
    return row


@pytest.mark.parametrize(
    ("reasons", "state", "attempts"),
    [
        (["HTTP 500"] * 9, "given up", 5),
        (["body: nothing in it"] * 9, "given up", 5),
        (["HTTP 404"] * 9, "gone", 3),
        (["HTTP 410 Gone"] * 9, "gone", 3),
        (["HTTP 4041"] * 9, "given up", 5),
        (["HTTP 500", "HTTP 500", *["HTTP 404"] * 9], "gone", 4),
    ],
)
@pytest.mark.parametrize("step", [timedelta(minutes=5), timedelta(hours=7)])
def test_tries_come_to_an_end(
    store: DatabaseStore, reasons: list[str], state: str, attempts: int, step: timedelta
) -> None:
    """Five failures give an article up, three 404s over a day make it gone, however often runs come."""
    row = fail_when_due(store, reasons, step=step)
    assert (row.state, row.next_at) == (state, None)
    assert row.attempts == attempts or (state == "gone" and 3 <= row.attempts <= 5)
    assert row.first_at == MOMENT
    if state == "gone":
        assert row.last_at is not None
        assert row.last_at - MOMENT >= DAY


def test_waits_grow(store: DatabaseStore) -> None:
    """The waits between tries are ten minutes, an hour, six hours, a day."""
    waits = []
    for _ in range(5):
        with time_machine.travel(MOMENT, tick=False):
            store.pend([failure(1)])
        [row] = store.waiting()
        waits.append(row.next_at - MOMENT if row.next_at else None)
    assert waits == [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), DAY, None]


def test_due_rows_come_oldest_first(store: DatabaseStore) -> None:
    """Rows of the source whose moment has come are given in the order they first failed, up to the limit."""
    for number in (3, 1, 2):
        with time_machine.travel(MOMENT + timedelta(minutes=number), tick=False):
            store.pend([failure(number), failure(number, source="other")])
    soon = MOMENT + timedelta(minutes=12)
    assert [row.article_id for row in store.due("eastmoney", soon, 10)] == [article(n).article_id for n in (1, 2)]
    assert [row.article_id for row in store.due("eastmoney", soon, 1)] == [article(1).article_id]
    assert len(store.waiting()) == 6


def test_a_failure_keeps_what_the_next_one_lacks(store: DatabaseStore) -> None:
    """The list's row and the refused payload stay byte for byte until another comes; the reason is the last one."""
    store.pend([failure(1, "first", row=b"\x00row", body=b"\xffbody" * 1000)])
    store.pend([failure(1, "second " * 500, row=b"", body=b"", stage="s" * 500, url="")])
    [row] = store.waiting()
    assert (row.row, row.body) == (b"\x00row", b"\xffbody" * 1000)
    assert row.reason.startswith("second")
    assert (len(row.reason), len(row.stage)) == (500, 40)
    assert row.url == failure(1).url


def test_two_failures_of_one_article_in_a_batch_are_two_tries(store: DatabaseStore) -> None:
    """A key that comes twice in one call is counted twice."""
    store.pend([failure(1), failure(2), failure(1)])
    assert sorted(row.attempts for row in store.waiting()) == [1, 2]


@pytest.mark.parametrize("state", ["given up", "gone"])
def test_what_ended_is_not_revived(state: str) -> None:
    """A failure of an article that is gone or given up is counted and changes nothing else."""
    old = failure(1, attempts=5, first_at=MOMENT, last_at=MOMENT, state=state)
    row = after_try(old, failure(1), MOMENT + DAY)
    assert (row.state, row.attempts, row.next_at) == (state, 6, None)


def test_withdrawn_articles_are_gone_like_404s() -> None:
    """`state="gone"` from the source counts like a 404: three tries over a day."""
    row = None
    states = []
    for hours in (0, 12, 24):
        row = after_try(row, failure(1, "withdrawn", state="gone"), MOMENT + timedelta(hours=hours))
        states.append(row.state)
    assert states == ["waiting", "waiting", "gone"]


def test_the_clock_is_the_real_one(store: DatabaseStore) -> None:
    """Times of a failure are this moment, whatever times the row came with."""
    before = datetime.now(UTC)
    store.pend([failure(1, last_at=MOMENT, first_at=MOMENT, attempts=4)])
    [row] = store.waiting()
    assert row.first_at is not None
    assert before <= row.first_at <= datetime.now(UTC)
    assert row.attempts == 1
