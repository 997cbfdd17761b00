"""Runs that are killed, or asked to end, at any moment: the next one goes on, and nothing is lost or done twice."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from places import Place
from processes import Launcher
from scenes import ALL, ARTICLES, Whole, asked_for, begun
from serve import Remote
from waits import wait_until

KILLS = 8
AT_A_TIME = 8
BATCH = 100
PACE = {"CONCURRENT_REQUESTS": AT_A_TIME, "CONCURRENT_REQUESTS_PER_DOMAIN": AT_A_TIME}
SLOW = {"what": "slow", "where": "article", "value": "0.12"}
"""Some sixty articles a second: a run over all of them takes more than three seconds."""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_again_and_again(place: Place, source: Remote, undisturbed: Whole, seed: int) -> None:
    """Eight kills at random moments, then one run: all stored once and whole, no stored article was asked for again."""
    draw = random.Random(seed)
    source.faults(SLOW)
    (place.folder / "_posts").mkdir()
    amid = 0
    before: set[str] = set()
    lost: list[int] = []
    for kill in range(KILLS + 1):
        source.reset()
        # its last quarter hangs: no run ends before its kill, however late that comes
        source.faults(SLOW, {**SLOW, "value": "60", "after": (ARTICLES - len(before)) * 3 // 4})
        run = place.start(source.address, ALL, **PACE)
        if kill == 0:  # while it starts: imports, migrations, the lock
            time.sleep(draw.uniform(0, 0.8))
        else:
            first = draw.randint(
                1, (ARTICLES - len(before)) // 4
            )  # counted, not timed: a busy machine must not move the kills out of the middle
            wait_until(lambda run=run, first=first: begun(source, run, first))
            if kill == KILLS:  # by then something is stored, however slow the disk
                wait_until(lambda run=run: len(place.stored()) > AT_A_TIME or run.poll() is not None)
            time.sleep(draw.uniform(0, 0.2))
        killed = run.kill()
        asked = asked_for(source)
        stored = place.stored()
        amid += killed and bool(asked) and len(stored) < ARTICLES
        assert not before & set(asked), "an article that was stored was asked for again"
        assert len(asked) == len(set(asked))
        assert before <= stored, "a stored article is gone"
        lost.append(len(set(asked) - stored))
        before = stored
        (place.folder / "_posts" / f".tmp-{run.pid}-77").write_text("half a po")  # as a kill within a write leaves it
    source.faults()
    source.reset()
    last = place.crawl(source.address, ALL)
    print(f"seed {seed}: {amid} kills amid a run, asked for in vain per kill: {lost}, stored before: {len(before)}")
    assert last.status == 0, last.errors
    assert amid >= KILLS - 1, "the kills fell before or after the run, which shows nothing"
    assert len(before) > AT_A_TIME
    assert max(lost) <= AT_A_TIME + BATCH
    assert not before & set(asked_for(source))
    assert len(asked_for(source)) == ARTICLES - len(before)
    undisturbed.check(place)
    ends = place.runs()
    assert ends[-1] == (0, "done and whole", True)
    assert set(ends[:-1]) == {(None, "dead", False)}


@pytest.mark.parametrize("times", [1, 2])
def test_asked_to_end(place: Place, source: Remote, undisturbed: Whole, times: int) -> None:
    """SIGTERM, once or twice, ends a run within 20 s with 75; what it had is stored, and the next run has the rest."""
    source.faults(SLOW if times == 1 else {**SLOW, "value": "3"})  # an orderly end outlasts the second signal
    run = place.start(source.address, ALL, **PACE)
    wait_until(lambda: begun(source, run))
    time.sleep(0.4)
    asked_at = time.monotonic()
    for _ in range(times):
        assert run.signal(signal.SIGTERM)
        time.sleep(0.02)
    ended = run.wait(20)
    print(f"ended after {time.monotonic() - asked_at:.1f} s with {len(place.stored())} stored")
    assert ended.status == 75, ended.errors
    assert "Traceback" not in ended.errors
    stored = place.stored()
    assert len(stored) < ARTICLES
    if times == 1:
        assert set(asked_for(source)) == stored, "an orderly end stores every answer it has waited for"
        assert [end[::2] for end in place.runs()] == [(75, True)]
    source.faults()
    source.reset()
    again = place.crawl(source.address, ALL)
    assert again.status == 0, again.errors
    assert not stored & set(asked_for(source))
    undisturbed.check(place)


def test_asked_to_end_while_answers_hang(place: Place, source: Remote, undisturbed: Whole) -> None:
    """A source that hangs, however long, does not keep a run from ending within 20 s of SIGTERM, with 75 and its row."""
    source.faults({"what": "slow", "where": "article", "value": "60", "after": 30})
    run = place.start(source.address, ALL, **PACE)
    wait_until(lambda: begun(source, run, 30 + AT_A_TIME))
    time.sleep(0.5)
    asked_at = time.monotonic()
    assert run.signal(signal.SIGTERM)
    ended = run.wait(60)
    took = time.monotonic() - asked_at
    print(f"ended after {took:.1f} s")
    assert took < 20
    assert ended.status == 75, ended.errors
    assert "Traceback" not in ended.errors
    assert len(place.stored()) == 30
    assert place.runs() == [(75, "interrupted: shutdown", True)]
    source.faults()
    assert place.crawl(source.address, ALL).status == 0
    undisturbed.check(place)


def test_killed_without_a_database(launcher: Launcher, source: Remote, undisturbed: Whole, tmp_path: Path) -> None:
    """A site of posts alone, killed again and again: no post lost, half-written or asked for again."""
    place = Place(launcher, tmp_path, "", {"NEWS_OUTPUTS": "markdown"})
    draw = random.Random(4)
    source.faults(SLOW)
    before: dict[str, bytes] = {}
    for _ in range(4):
        source.reset()
        run = place.start(source.address, ALL, **PACE)
        first = draw.randint(20, 50)
        wait_until(lambda run=run, first=first: begun(source, run, first))
        assert run.kill()
        assert not codes(before) & set(asked_for(source))
        after = place.posts()
        assert before.items() <= after.items() <= undisturbed.posts.items()
        before = after
    assert AT_A_TIME < len(before) < ARTICLES
    source.faults()
    source.reset()
    last = place.crawl(source.address, ALL)
    assert last.status == 0, last.errors
    assert len(asked_for(source)) == ARTICLES - len(before)
    assert place.posts() == undisturbed.posts
    assert place.litter() == []
    assert not (place.folder / "news.db").exists()


def codes(posts: dict[str, bytes]) -> set[str]:
    """Ids of the articles that posts are of."""
    return {name[11:-3] for name in posts}


def test_the_lock_of_a_killed_run_is_free_at_once(place: Place, source: Remote) -> None:
    """A run that begins in the instant after a kill gets the lock and marks the killed one dead."""
    source.faults(SLOW)
    for _ in range(3):
        source.reset()
        run = place.start(source.address, ALL, **PACE)
        wait_until(lambda run=run: begun(source, run))
        assert run.kill()
    limited = place.crawl(source.address, {**ALL, "limit": 1})
    assert limited.status == 0, limited.errors
    assert [end[0] for end in place.runs()] == [None, None, None, 0]
    assert [end[1] for end in place.runs()][:3] == ["dead"] * 3
