"""The run ledger read back: which runs ended how, which is under way, which died."""

from __future__ import annotations

from enum import StrEnum

from pipelines.store.base import RunRow, Store

LOOKED_AT = 2000
"""Runs looked through for one that died and whose spider was not started since: a week of runs every five minutes."""


class State(StrEnum):
    """How a run stands."""

    ENDED = "ended"
    RUNNING = "running"
    DEAD = "dead"


def last_runs(store: Store, number: int, *, failed: bool = False) -> tuple[list[RunRow], frozenset[int]]:
    """Return the last runs, newest first, and the ids of those under way.

    A run that never ended is under way only where it is its spider's newest and somebody holds the spider's lock. To
    find out the lock is taken for an instant where nobody has it; it is free again when the store is closed.

    Args:
        store: opened; not one whose locks matter afterwards.
        number: at most so many runs.
        failed: only those that did not end with 0.
    """
    alive = frozenset(
        row.id for row in _newest_unended(store, LOOKED_AT if failed else number) if not store.lock(row.spider)
    )
    # read again after the locks were asked for: what ended meanwhile has ended in these rows
    rows = store.runs(number, failed=failed)
    if failed:
        listed = {row.id for row in rows}
        died = [row for row in _newest_unended(store, LOOKED_AT) if row.id not in alive | listed]
        rows = sorted([*rows, *died], key=lambda row: row.id, reverse=True)[:number]
    return rows, alive


def _newest_unended(store: Store, number: int) -> list[RunRow]:
    newest: dict[str, RunRow] = {}
    for row in store.runs(number):
        newest.setdefault(row.spider, row)
    return [row for row in newest.values() if _unended(row)]


def _unended(row: RunRow) -> bool:
    return row.finished_at is None and row.exit_status is None


def state_of(row: RunRow, alive: frozenset[int]) -> State:
    """Say how a run stands, given the ids of those under way."""
    if not _unended(row):
        return State.ENDED
    return State.RUNNING if row.id in alive else State.DEAD
