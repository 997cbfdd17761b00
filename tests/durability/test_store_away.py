"""A database that goes away amid a run: waited for within the budget, else the run ends with 5 and the next has the rest."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import Place
from postgres import Server
from processes import Launcher, Running
from scenes import ALL, Whole, begun
from serve import Remote
from waits import wait_until

pytestmark = pytest.mark.xdist_group("durability-outage")
SLOW = {"what": "slow", "where": "article", "value": "0.15"}
PACE = {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
BUDGET_S = 4
AMID = 60
"""Articles asked for before the outage begins: part of them is stored."""
GRACE_S = 14
"""What a run may take beyond its budget: its last words share a short budget of their own, and the machine may be busy."""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server that only the tests here use: it is stopped and frozen."""
    with Server(tmp_path_factory.mktemp("own")) as started:
        yield started


@pytest.fixture
def running(own_server: Server) -> Iterator[Server]:
    """The server, and afterwards the server again, whatever a test did to it."""
    yield own_server
    own_server.thaw()
    own_server.stop()
    own_server.start()


@pytest.fixture
def there(running: Server, launcher: Launcher, tmp_path: Path) -> Iterator[Place]:
    """An empty place on that server."""
    made = Place(launcher, tmp_path, running.database())
    yield made
    made.close()


@pytest.fixture
def here(launcher: Launcher, tmp_path: Path) -> Iterator[Place]:
    """An empty place on SQLite."""
    made = Place(launcher, tmp_path, f"sqlite:///{tmp_path / 'news.db'}")
    yield made
    made.close()


def amid(place: Place, source: Remote, **settings: object) -> Running:
    """Start a run and wait until it is well under way."""
    source.faults(SLOW)
    run = place.start(source.address, ALL, **PACE, **settings)
    wait_until(lambda: begun(source, run, AMID))
    assert run.poll() is None
    return run


def recover(place: Place, source: Remote, undisturbed: Whole) -> None:
    """One more run: it has the rest, and asks for nothing that is stored."""
    stored = place.stored()
    assert 0 < len(stored) < len(undisturbed.posts), "the outage fell before or after the run"
    source.faults()
    source.reset()
    again = place.crawl(source.address, ALL)
    assert again.status == 0, again.errors
    assert source.counts()["article"] == len(undisturbed.posts) - len(stored)
    undisturbed.check(place)


def test_a_server_stopped_hard_for_three_seconds(
    there: Place, running: Server, source: Remote, undisturbed: Whole
) -> None:
    """PostgreSQL is stopped without a goodbye and comes back: the run goes on, all is stored, exit 0."""
    run = amid(there, source)
    running.stop()
    time.sleep(3)
    assert run.poll() is None
    running.start()
    ended = run.wait()
    assert ended.status == 0, ended.errors
    assert ended.counts["inserted"] == len(undisturbed.posts)
    undisturbed.check(there)
    assert there.runs() == [(0, "done and whole", True)]


def test_a_server_away_for_longer_than_the_budget(
    there: Place, running: Server, source: Remote, undisturbed: Whole
) -> None:
    """The budget is spent: exit 5 soon after, and the next run completes."""
    run = amid(there, source, NEWS_STORE_BUDGET_S=BUDGET_S)
    since = time.monotonic()
    running.stop()
    ended = run.wait(60)
    took = time.monotonic() - since
    print(f"ended {took:.1f} s after the stop, budget {BUDGET_S} s")
    assert ended.status == 5, ended.errors
    assert BUDGET_S / 2 < took < BUDGET_S + GRACE_S
    assert "Traceback" not in ended.errors, ended.errors
    assert "hunter2" not in ended.errors + ended.said
    running.start()
    recover(there, source, undisturbed)
    assert [end[:2] for end in there.runs()] == [(None, "dead"), (0, "done and whole")]


def test_a_frozen_server(there: Place, running: Server, source: Remote, undisturbed: Whole) -> None:
    """A server that holds its connections and says nothing ends the run by its deadline, with 5; the next completes."""
    run = amid(there, source, NEWS_STORE_BUDGET_S=BUDGET_S)
    running.freeze()
    since = time.monotonic()
    ended = run.wait(60)
    took = time.monotonic() - since
    print(f"ended {took:.1f} s after the freeze, budget {BUDGET_S} s")
    assert ended.status == 5, ended.errors
    assert took < BUDGET_S + GRACE_S
    assert "Traceback" not in ended.errors, ended.errors
    running.thaw()
    recover(there, source, undisturbed)


def test_a_server_frozen_for_a_moment(there: Place, running: Server, source: Remote, undisturbed: Whole) -> None:
    """A server that stands still for less than the budget costs time and no article."""
    run = amid(there, source, NEWS_STORE_BUDGET_S=30)
    running.freeze()
    time.sleep(2)
    running.thaw()
    ended = run.wait()
    assert ended.status == 0, ended.errors
    undisturbed.check(there)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_a_server_away_at_the_start(there: Place, running: Server, source: Remote, how: str) -> None:
    """A run that cannot reach its database asks the site for nothing and ends with 5, in one line."""
    if how == "stopped":
        running.stop()
    else:
        running.freeze()
    since = time.monotonic()
    ended = there.crawl(source.address, ALL, NEWS_STORE_BUDGET_S=2, LOG_LEVEL="ERROR")
    took = time.monotonic() - since
    assert ended.status == 5, ended.errors
    assert took < 2 + GRACE_S
    assert len(ended.errors.splitlines()) == 1, ended.errors
    assert not source.requests()


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "nan", "long"])
def test_a_budget_that_is_none(here: Place, source: Remote, seconds: str) -> None:
    """NEWS_STORE_BUDGET_S takes seconds from 1 to 3600; anything else is one line and exit 2, before any request."""
    ended = here.crawl(source.address, ALL, NEWS_STORE_BUDGET_S=seconds, LOG_LEVEL="ERROR")
    assert ended.status == 2, ended.errors
    assert len(ended.errors.splitlines()) == 1
    assert "NEWS_STORE_BUDGET_S" in ended.errors
    assert not source.requests()


@pytest.mark.parametrize(("held_s", "budget_s", "status"), [(3, 60, 0), (None, 2, 5)])
def test_an_sqlite_file_that_another_program_locks(
    here: Place, source: Remote, undisturbed: Whole, held_s: int | None, budget_s: int, status: int
) -> None:
    """A writer that holds SQLite's lock is waited for within the budget; beyond it the run ends with 5, and the next completes."""
    run = amid(here, source, NEWS_STORE_BUDGET_S=budget_s)
    other = sqlite3.connect(here.folder / "news.db", isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    since = time.monotonic()
    if held_s is not None:
        time.sleep(held_s)
        other.execute("COMMIT")
    ended = run.wait(90)
    took = time.monotonic() - since
    print(f"ended {took:.1f} s after the lock, budget {budget_s} s")
    if held_s is None:
        other.execute("COMMIT")
    other.close()
    assert ended.status == status, ended.errors
    if status:
        assert took < budget_s + GRACE_S
        recover(here, source, undisturbed)
    else:
        undisturbed.check(here)
