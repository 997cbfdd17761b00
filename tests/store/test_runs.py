"""The run ledger, slugs, small facts, and the lock of a spider."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made import MOMENT, store_at
from waits import wait_until

from pipelines.store.base import RunRow
from pipelines.store.sql import DatabaseStore
from pipelines.store.tables import COUNTS

HOLDER = """
import sys, time
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from made import store_at
store = store_at(sys.argv[1], Path(sys.argv[2]))
print(store.lock("eastmoney"), flush=True)
time.sleep(60)
"""


def test_a_run_is_written_at_start_and_filled_in_at_the_end(store: DatabaseStore) -> None:
    """The ledger gives back what a run said of itself, newest first."""
    first = store.start_run("eastmoney", {"since": "2022-03-01", "limit": None}, MOMENT)
    second = store.start_run("eastmoney", {}, MOMENT + timedelta(hours=1))
    counts = {name: number for number, name in enumerate(COUNTS)}
    stats = {"news/x": 1, "text": "字\0", "ratio": 0.5, "nan": math.nan, "start": MOMENT}
    done = RunRow(first, "eastmoney", {}, MOMENT, MOMENT + timedelta(minutes=3), 3, "not whole", counts, stats)
    store.finish_run(done)
    newest, oldest = store.runs(5)
    assert (newest.id, newest.finished_at, newest.exit_status, newest.reason) == (second, None, None, "")
    assert oldest.arguments == {"since": "2022-03-01", "limit": None}
    assert (oldest.finished_at, oldest.exit_status, oldest.counts) == (done.finished_at, 3, counts)
    assert oldest.stats == {"news/x": 1, "text": "字\ufffd", "ratio": 0.5, "nan": "NaN", "start": str(MOMENT)}
    assert [row.id for row in store.runs(1)] == [second]
    assert [row.id for row in store.runs(5, failed=True)] == [first]


def test_only_the_holder_of_the_lock_calls_runs_dead(store: DatabaseStore) -> None:
    """An unfinished run of the same spider is dead to the next that holds the lock; nobody knows its exit status."""
    dead = store.start_run("eastmoney", {}, MOMENT)
    other = store.start_run("other", {}, MOMENT)
    store.start_run("eastmoney", {}, MOMENT)
    assert {row.reason for row in store.runs(9)} == {""}
    assert store.lock("eastmoney")
    now = store.start_run("eastmoney", {}, MOMENT)
    rows = {row.id: row for row in store.runs(9)}
    assert (rows[dead].reason, rows[dead].exit_status, rows[dead].finished_at) == ("dead", None, None)
    assert (rows[other].reason, rows[now].reason) == ("", "")
    assert dead in [row.id for row in store.runs(9, failed=True)]


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        ([("上海报", "shangbao"), ("上海报", "shangbao")], ["shangbao", "shangbao"]),
        ([("商报", "shangbao"), ("上报", "shangbao"), ("尚报", "shangbao")], ["shangbao", "shangbao2", "shangbao3"]),
        ([("a", "x2"), ("b", "x"), ("c", "x"), ("d", "x2")], ["x2", "x", "x3", "x22"]),
        ([("a", "x"), ("a", "y")], ["x", "x"]),
        ([("a\0", "x"), ("a\ufffd", "y"), ("n" * 9000, "z" * 9000)], ["x", "x", None]),
    ],
)
def test_a_slug_belongs_to_one_name(
    store: DatabaseStore, asked: list[tuple[str, str]], answers: list[str | None]
) -> None:
    """The first name to come keeps a slug, every other gets one with a number that nobody has."""
    for _ in range(2):
        given = [store.slug(*pair) for pair in asked]
        assert [slug for slug, answer in zip(given, answers, strict=True) if answer] == [a for a in answers if a]
        store._slugs.clear()  # what memory answered, the table answers too


@pytest.mark.parametrize("value", [None, 1, "字", [1, {"a": None}], {"breaker": {"until": "2026"}}, True, 1.5])
def test_small_facts_come_back(store: DatabaseStore, value: Any) -> None:
    """A JSON value is kept under its key until another replaces it; None forgets it."""
    assert store.get("key") is None
    store.put("key", {"old": 1})
    store.put("key", value)
    assert store.get("key") == value
    assert store.facts("key") == ({} if value is None else {"key": value})


def test_a_second_store_does_not_get_the_lock(database_url: str, tmp_path: Path) -> None:
    """The lock is one store's until it closes; other spiders are not concerned."""
    first, second = store_at(database_url, tmp_path), store_at(database_url, tmp_path)
    assert first.lock("eastmoney")
    assert first.lock("eastmoney")
    assert not second.lock("eastmoney")
    assert second.lock("other")
    first.close()
    first.close()
    wait_until(lambda: second.lock("eastmoney"))  # PostgreSQL learns of the end from the closed connection
    second.close()


def test_with_postgresql_the_lock_reaches_other_machines(postgresql_url: str, tmp_path: Path) -> None:
    """Two data folders, as on two machines, and one database: one run."""
    first, second = store_at(postgresql_url, tmp_path / "a"), store_at(postgresql_url, tmp_path / "b")
    assert first.lock("eastmoney")
    assert not second.lock("eastmoney")
    first.close()
    wait_until(lambda: second.lock("eastmoney"))  # PostgreSQL learns of the end from the closed connection
    second.close()


def test_a_killed_run_leaves_its_lock_at_once(database_url: str, tmp_path: Path) -> None:
    """After kill -9 the next run gets the lock without waiting, and marks the dead run."""
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    command = [sys.executable, "-c", HOLDER, database_url, str(tmp_path), *paths]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        store = store_at(database_url, tmp_path)
        assert not store.lock("eastmoney")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    wait_until(lambda: store.lock("eastmoney"))  # PostgreSQL learns of the death from the closed connection
    store.close()
