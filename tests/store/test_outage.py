"""Databases that are away, locked, full or frozen."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made import MOMENT, article, failure, store_at
from postgres import Server
from sqlalchemy import Connection, event

from pipelines.errors import StoreError
from pipelines.store import engine
from pipelines.store.sql import DatabaseStore

GRACE_S = 14
"""What an end may take beyond its budget on a machine that does other things too."""
PATHS = [str(Path(__file__).parent), str(Path(__file__).parents[2])]


@pytest.fixture
def running(server: Server) -> Iterator[Server]:
    """The server, and afterwards the server again, whatever a test did to it."""
    yield server
    server.thaw()
    server.stop()
    server.start()


def test_a_server_that_restarts_loses_nothing(running: Server, tmp_path: Path) -> None:
    """PostgreSQL stopped hard for two seconds in the middle of saves: every article is stored, each inserted once."""
    store = store_at(running.database(), tmp_path)
    assert store.lock("eastmoney")
    outage = threading.Timer(0.15, lambda: (running.stop(), time.sleep(2), running.start()))
    outage.start()
    answers = []
    start = time.monotonic()
    for number in range(0, 1200, 4):
        answers += store.save([article(number + extra) for extra in range(4)])
        store.pend([failure(number + 5000)])
        if not outage.is_alive() and number > 200:
            break
        time.sleep(0.005)
    outage.join()
    assert time.monotonic() - start > 2
    assert {(saved.outcome, saved.revision) for saved in answers} == {("inserted", 1)}
    assert len(list(store.articles())) == len(answers)
    assert {row.attempts for row in store.waiting()} == {1}
    other = store_at(str(store.database.url.render_as_string(hide_password=False)), tmp_path / "other machine")
    assert not other.lock("eastmoney"), "the lock was not taken again after the restart"
    other.close()
    store.close()


@pytest.mark.parametrize("kind", ["saved", "revised", "pended", "started"])
def test_a_commit_whose_answer_is_lost_is_not_counted_twice(running: Server, tmp_path: Path, kind: str) -> None:
    """The transaction was kept and only the word of it was cut off: the repeated try recognises its own work."""
    store = store_at(running.database(), tmp_path)
    if kind == "revised":
        store.save([article(1, "old", seen_at=MOMENT)])
    cut = []

    @event.listens_for(store.database.engine, "commit")
    def _after_commit(connection: Connection) -> None:
        if not cut and connection.get_execution_options().get("write"):
            cut.append(1)
            connection.exec_driver_sql("COMMIT")
            store.database._deadline._cut()

    if kind in ("saved", "revised"):
        expected = ("inserted", 1) if kind == "saved" else ("revised", 2)
        [saved] = store.save([article(1)])
        assert (saved.outcome, saved.revision) == expected
        assert len(store.revisions(article(1).article_id)) == expected[1]
    elif kind == "pended":
        store.pend([failure(1)])
        assert [row.attempts for row in store.waiting()] == [1]
    else:
        run = store.start_run("eastmoney", {}, MOMENT)
        assert [row.id for row in store.runs(5)] == [run]
    assert cut
    store.close()


def test_a_server_that_stays_away_ends_in_one_error(running: Server, tmp_path: Path) -> None:
    """Beyond the budget: a StoreError, soon after it; what comes next does not wait as long; then all is well again."""
    store = store_at(running.database(), tmp_path, budget_s=2)
    running.stop()
    start = time.monotonic()
    with pytest.raises(StoreError, match="PostgreSQL database news_"):
        store.save([article(1)])
    assert 1.9 < time.monotonic() - start < 2 + GRACE_S
    running.start()
    assert [saved.outcome for saved in store.save([article(1)])] == ["inserted"]
    store.close()


def test_last_words_do_not_wait_a_whole_budget(
    running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one transaction ran out of time the next has a short budget, until one succeeds."""
    monkeypatch.setattr(engine, "LATER_BUDGET_S", 0.3)
    store = store_at(running.database(), tmp_path, budget_s=6)
    running.stop()
    waits = []
    for _ in range(2):
        start = time.monotonic()
        with pytest.raises(StoreError):
            store.put("a", 1)
        waits.append(time.monotonic() - start)
    assert waits[1] < 5 < waits[0]
    store.close()


def test_a_frozen_server_is_left_by_the_deadline(running: Server, tmp_path: Path) -> None:
    """A server that holds the connection and says nothing ends a save within the budget, not never."""
    store = store_at(running.database(), tmp_path, budget_s=4, attempt_s=1.5)
    store.save([article(1)])
    running.freeze()
    start = time.monotonic()
    with pytest.raises(StoreError):
        store.save([article(2)])
    assert time.monotonic() - start < 4 + GRACE_S
    running.thaw()
    assert [saved.outcome for saved in store.save([article(1), article(2)])] == ["unchanged", "inserted"]
    store.close()


def test_a_server_that_was_frozen_for_a_moment(running: Server, tmp_path: Path) -> None:
    """A server that stands still for less than the budget costs time and no article."""
    store = store_at(running.database(), tmp_path, attempt_s=2)
    running.freeze()
    threading.Timer(3, running.thaw).start()
    assert [saved.outcome for saved in store.save([article(2)])] == ["inserted"]
    store.close()


def test_a_frozen_server_at_the_start(running: Server, tmp_path: Path) -> None:
    """Opening a store on a server that does not answer ends by the deadline as well."""
    url = running.database()
    running.freeze()
    start = time.monotonic()
    with pytest.raises(StoreError):
        store_at(url, tmp_path, budget_s=2)
    assert time.monotonic() - start < 2 + GRACE_S


def test_a_locked_sqlite_database_is_waited_for(tmp_path: Path) -> None:
    """Another program that writes for a second delays a save; for longer than the budget, it ends it."""
    store = store_at("sqlite:///news.db", tmp_path, budget_s=2)
    other = sqlite3.connect(tmp_path / "news.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.7, lambda: other.execute("COMMIT")).start()
    assert [saved.outcome for saved in store.save([article(1)])] == ["inserted"]
    other.execute("BEGIN IMMEDIATE")
    assert store.known("eastmoney", [article(1).article_id]), "readers are not stopped by a writer"
    start = time.monotonic()
    with pytest.raises(StoreError, match="database is locked"):
        store.save([article(2)])
    assert time.monotonic() - start < 2 + GRACE_S
    other.execute("COMMIT")
    other.close()
    store.close()


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from made import article, store_at
from pipelines.errors import StoreError
store = store_at("sqlite:///news.db", Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
saved = 0
try:
    for number in range(1000):
        store.save([article(number, body_html="<p>x</p>" * 1000)])
        saved += 1
except StoreError as error:
    print(saved, error)
"""


def test_a_full_disk_ends_in_one_error_and_harms_nothing(tmp_path: Path) -> None:
    """No room for more: a StoreError at once, and what was stored before is whole."""
    command = [sys.executable, "-c", FULL, str(tmp_path), *PATHS]
    start = time.monotonic()
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert time.monotonic() - start < 45, "a full disk is not waited for"
    assert "disk" in said
    stored = int(said.split()[0])
    assert stored > 5
    store: DatabaseStore = store_at("sqlite:///news.db", tmp_path)
    assert len(list(store.articles())) == stored
    check = "PRAGMA integrity_check"
    assert store.database.read(lambda connection: connection.exec_driver_sql(check).scalar()) == "ok"
    assert [saved.outcome for saved in store.save([article(stored)])] == ["inserted"]
    store.close()


def test_a_deadlock_is_tried_again_without_doubt(running: Server, tmp_path: Path) -> None:
    """The victim of a deadlock was rolled back for certain: it runs again, and does not take the other's work for its own."""
    store = store_at(running.database(), tmp_path)
    store.save([article(1), article(2)])
    both = threading.Barrier(2)
    seen: list[bool] = []

    def lock_both(connection: Connection, numbers: tuple[int, int]) -> None:
        seen.append(bool(connection.get_execution_options()["again"]))
        for number in numbers:
            connection.exec_driver_sql(
                "SELECT id FROM articles WHERE article_id = %s FOR UPDATE", (article(number).article_id,)
            )
            if number == numbers[0] and len(seen) <= 2:
                both.wait(10)

    threads = [threading.Thread(target=store.database.write, args=(lock_both, numbers)) for numbers in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == [False] * 3
    store.close()


def test_a_migration_may_take_longer_than_a_transaction(running: Server, tmp_path: Path) -> None:
    """What would cut a hanging save does not cut a change of a big table."""
    store = store_at(running.database(), tmp_path)
    store.database.attempt_s, store.database.budget_s = 0.5, 1

    def slow(connection: Connection) -> str:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SELECT pg_sleep(1.5)")
        return "done"

    with pytest.raises(StoreError):
        store.database.write(slow)
    assert store.database.migrate(slow) == "done"
    store.close()
