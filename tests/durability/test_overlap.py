"""Runs that overlap: one per spider by the lock, and no harm done where there is none."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable

from places import Place
from scenes import ALL, Scene, Whole, begun
from serve import Remote
from sqlalchemy import select
from unlocked import EXTENSIONS_UNLOCKED
from waits import wait_until

from pipelines.store.tables import coverage

SLOW = {"what": "slow", "where": "article", "value": "2"}
"""The run outlasts what is done beside it."""


def test_three_runs_at_once(place: Place) -> None:
    """Three runs without a lock over the same 300 articles: 900 of 900 upserts, 300 rows and posts, each inserted once."""
    scene = Scene(300)
    unlocked = {"EXTENSIONS": json.dumps(EXTENSIONS_UNLOCKED)}
    with scene.serve() as source:
        runs = [place.start(source.address, {**scene.all, "refetch": 1}, **unlocked) for _ in range(3)]
        ends = [run.wait() for run in runs]
        assert [end.status for end in ends] == [0, 0, 0], [end.errors for end in ends]
        upserts: Counter[str] = Counter()
        for end in ends:
            upserts.update({name: end.counts[name] for name in ("inserted", "revised", "unchanged")})
        assert upserts == {"inserted": 300, "unchanged": 600, "revised": 0}
        assert source.counts()["article"] == 900
        assert len(place.stored()) == len(place.posts()) == 300
        facts = place.facts()
        assert [len(facts[name]) for name in ("articles", "raw", "pending")] == [300, 300, 0]
        assert len(facts["channels"]) == 330
        assert facts["revisions"] == 0
        assert len(place.rows(select(coverage))) == 2
        assert place.intact()
        assert place.litter() == []
        before = place.bytes_and_rows()
        source.reset()
        after = place.crawl(source.address, scene.all)
        assert after.status == 0, after.errors
        assert source.counts().get("article", 0) == 0
        assert place.bytes_and_rows() == before


def test_the_second_run_leaves(place: Place, source: Remote, undisturbed: Whole) -> None:
    """While one run holds the lock another leaves with 75 within a second of its start-up, and disturbs nothing."""
    source.faults(SLOW)
    first = place.start(source.address, ALL)
    wait_until(lambda: begun(source, first))
    took = []
    for _ in range(3):
        second = place.start(source.address, ALL)
        wait_until(lambda run=second: "started" in run.errors.read_text())
        started = time.monotonic()
        left = second.wait()
        took.append(time.monotonic() - started)
        assert left.status == 75, left.errors
        assert "another run of eastmoney is under way" in left.errors
        assert "Traceback" not in left.errors
        assert first.poll() is None, "the first run had ended"
    print(f"left {', '.join(f'{seconds:.2f}' for seconds in took)} s after start-up")
    assert min(took) < 1
    source.faults()
    assert first.wait().status == 0
    undisturbed.check(place)
    assert place.runs() == [(0, "done and whole", True)]
    assert source.counts()["article"] == len(undisturbed.posts)


def test_a_second_machine(new_place: Callable[..., Place], source: Remote) -> None:
    """With PostgreSQL a run from another data folder on the same database leaves too; a kill frees the lock for it."""
    here, there = new_place("here"), new_place("there")
    there.url = here.url
    if here.sqlite:
        there.settings["NEWS_DATA_DIR"] = str(here.folder)  # a file is shared by one machine: the same folder
    source.faults(SLOW)
    run = here.start(source.address, ALL)
    wait_until(lambda: begun(source, run))
    other = there.crawl(source.address, ALL)
    assert other.status == 75, other.errors
    assert run.kill()
    assert there.crawl(source.address, {**ALL, "limit": 1}).status == 0
    assert [end[:2] for end in here.runs()] == [(None, "dead"), (0, "done and whole")]
