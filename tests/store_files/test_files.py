"""A site without a database: what its posts and one text file remember."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from posted import MOMENT, SEEN, article, failure, post, store_in

from pipelines.errors import SettingError, StoreError
from pipelines.store import files_file
from pipelines.store.base import Reach, RunRow, Saved
from pipelines.store.files import FileStore

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    """An empty store."""
    made = store_in(tmp_path)
    yield made
    made.close()


def reopened(store: FileStore, folder: Path) -> FileStore:
    """Close a store and open it again."""
    store.close()
    return store_in(folder)


def text(folder: Path) -> str:
    """Return the state file."""
    return (folder / "data" / "state.json").read_text()


# --- articles ---


@pytest.mark.parametrize("template", ["post", "finews"])
def test_outcomes(tmp_path: Path, template: str) -> None:
    """An article is inserted, then unchanged, then revised, in one run and over several; posts of either form do."""
    store = store_in(tmp_path)
    first, second = article(1), article(1, "second", seen_at=SEEN + HOUR, revision=2)
    post(tmp_path, first, template)
    assert store.save([first]) == [Saved("inserted", 1)]
    assert store.save([first]) == [Saved("unchanged", 1)]
    store = reopened(store, tmp_path)
    assert store.save([article(1, seen_at=SEEN + HOUR)]) == [Saved("unchanged", 1)]
    store = reopened(store, tmp_path)
    assert store.recall("eastmoney", second.article_id).checked_at == SEEN + HOUR
    post(tmp_path, second, template)
    assert store.save([second, article(2), article(2, "other")]) == [
        Saved("revised", 2),
        Saved("inserted", 1),
        Saved("revised", 2),
    ]
    store = reopened(store, tmp_path)
    known = store.known("eastmoney", [first.article_id, "nowhere"])
    assert list(known) == [first.article_id]
    [one] = known.values()
    assert (one.fingerprint, one.revision, one.category) == (second.fingerprint, 2, "moumouribao")
    assert (one.published_at, one.first_seen_at) == (first.published_at, SEEN)
    assert (one.changed_at, one.checked_at) == (SEEN + HOUR, SEEN + HOUR)
    store.close()


def test_known_by_its_post_alone(tmp_path: Path) -> None:
    """An article is known when it has a post, also after a crash before it was noted, and forgotten with its post."""
    store = store_in(tmp_path)
    row = article(1)
    assert store.remembered("eastmoney", row.article_id) == (True, None)
    path = post(tmp_path, row)
    store = reopened(store, tmp_path)
    assert store.remembered("eastmoney", row.article_id) == (False, None)
    known = store.recall("eastmoney", row.article_id)
    assert (known.fingerprint, known.first_seen_at) == (row.fingerprint, row.published_at)
    assert store.remembered("eastmoney", row.article_id) == (True, known)
    assert store.known("other", [row.article_id]) == {}
    store.save([row])
    path.unlink()
    store = reopened(store, tmp_path)
    assert store.known("eastmoney", [row.article_id]) == {}
    store.close()


def test_a_site_of_finews_continues(tmp_path: Path) -> None:
    """Posts of an old site are known articles, those with the NW mark and without a time too, and keep their day."""
    posts = tmp_path / "_posts"
    posts.mkdir()
    link = "\n<http://example.com/NewsShare.html?infoCode={}>\n"
    for name, date in [("202203012292585297", "2022-03-01 12:19:03 +0800"), ("NW202205292395438077", "")]:
        day = "2022-03-01" if date else "2022-05-29"
        head = f'---\nlayout: post\ntitle: "x"\ndate: {date}\ncategories: moumouribao\ntags: 某某日报新闻\n---\n'
        (posts / f"{day}-{name}.md").write_text(head + link.format(name))
    (posts / "2022-03-02-about-us.md").write_text("---\nlayout: post\ntitle: ours\n---\nby hand\n")
    store = store_in(tmp_path)
    known = store.known("eastmoney", ["202203012292585297", "202205292395438077", "about-us"])
    assert [one.published_at.isoformat() for one in known.values()] == [
        "2022-03-01T12:19:03+08:00",
        "2022-05-29T00:00:00+08:00",
    ]
    assert [(one.fingerprint, one.revision, one.category) for one in known.values()] == [("", 1, "moumouribao")] * 2
    assert store.slug("某某日报", "moumouribao") == "moumouribao"
    assert store.slug("牟牟日报", "moumouribao") == "moumouribao2"
    store.close()


def test_other_sources(tmp_path: Path) -> None:
    """An article of another source is known under its own key only."""
    row = article(1, source="sample", article_id="a1")
    path = post(tmp_path, row)
    assert path.name == "2026-09-19-sample-a1.md"
    store = store_in(tmp_path)
    assert store.known("eastmoney", ["a1", "sample-a1"]) == {}
    assert list(store.known("sample", ["a1"])) == ["a1"]
    store.close()


def test_channels_of_a_run(store: FileStore, tmp_path: Path) -> None:
    """The lists that an article was met in are remembered for the run."""
    row = article(1)
    post(tmp_path, row)
    store.save([row])
    store.met("eastmoney", "flash:102", [row.article_id, "nowhere"])
    assert store.recall("eastmoney", row.article_id).channels == {"column:344", "flash:102"}


def test_slugs(store: FileStore, tmp_path: Path) -> None:
    """A publisher keeps its slug; the second of the same reading gets a number, also in later runs."""
    names = ["人民", "仁民", "忍民", "仁民", "人民"]
    assert [store.slug(name, "renmin") for name in names] == ["renmin", "renmin2", "renmin3", "renmin2", "renmin"]
    store = reopened(store, tmp_path)
    assert store.slug("仁民", "renmin") == "renmin2"
    store.close()


def test_slugs_without_the_file(tmp_path: Path) -> None:
    """Where the file was lost, the posts say which publisher holds which slug."""
    post(tmp_path, article(1, media="仁民", category="renmin"))
    store = store_in(tmp_path)
    assert store.slug("人民", "renmin") == "renmin2"
    assert store.slug("仁民", "renmin") == "renmin"
    store.close()


# --- pending, coverage, runs, facts ---


def test_pending(store: FileStore, tmp_path: Path) -> None:
    """A failure waits, is due again, counts its tries, and ends when the article is stored."""
    store.pend([failure(1, body=b"\xff\x00"), failure(2)])
    store = reopened(store, tmp_path)
    one, two = store.waiting()
    assert (one.attempts, one.row, one.body, one.state) == (1, failure(1).row, b"\xff\x00", "waiting")
    assert store.due("eastmoney", one.first_at, 10) == []
    assert store.due("eastmoney", one.next_at, 10) == [one, two]
    assert store.due("eastmoney", one.next_at, 1) == [one]
    assert store.due("other", one.next_at, 10) == []
    store.pend([failure(1, "HTTP 502")])
    again = store.waiting()[0]
    assert (again.attempts, again.reason, again.first_at, again.body) == (2, "HTTP 502", one.first_at, one.body)
    store.save([article(1)])
    store = reopened(store, tmp_path)
    assert [row.article_id for row in store.waiting()] == [two.article_id]
    store.close()


def test_given_up(store: FileStore, tmp_path: Path) -> None:
    """The fifth failure is the last; the row stays to be listed, and can be made due again."""
    for _ in range(5):
        store.pend([failure(1)])
    [row] = store.waiting()
    assert (row.state, row.attempts) == ("given up", 5)
    assert store.due("eastmoney", datetime.max.replace(tzinfo=UTC), 10) == []
    store = reopened(store, tmp_path)
    assert store.retry(row.article_id, SEEN) == 1
    assert [one.article_id for one in store.due("eastmoney", SEEN, 10)] == [row.article_id]
    store.close()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", True),
        ("短".encode() * 1000, True),
        (b"<p>" * 200_000, True),
        (random.Random(1).randbytes(20_000), True),
        (random.Random(1).randbytes(40_000), False),
        (b"z:looks like one of ours", True),
        (b"\xed\xa0\x80 no utf-8", True),
    ],
)
def test_payloads(store: FileStore, tmp_path: Path, body: bytes, *, kept: bool) -> None:
    """A refused payload comes back byte for byte unless it is too large for a file in git; the list's row always does."""
    row = random.Random(2).randbytes(60_000)
    store.pend([failure(1, body=body, row=row)])
    assert len(text(tmp_path)) < 150_000
    store = reopened(store, tmp_path)
    [found] = store.waiting()
    assert (found.row, found.body) == (row, body if kept else b"")
    store.close()


def test_coverage(store: FileStore, tmp_path: Path) -> None:
    """Intervals are stored merged, per source and channel; the note of a list's end stands beside them."""
    store.cover("eastmoney", "column:344", (MOMENT, MOMENT + HOUR))
    store.cover("eastmoney", "column:344", (MOMENT + 2 * HOUR, MOMENT + 3 * HOUR))
    store.cover("eastmoney", "column:344", (MOMENT + HOUR, MOMENT + 2 * HOUR))
    store.cover("eastmoney", "flash:102", (MOMENT + DAY, MOMENT + 2 * DAY))
    note = Reach("column:344", MOMENT - DAY, MOMENT - 9 * DAY, MOMENT)
    store.reach("eastmoney", note)
    store = reopened(store, tmp_path)
    assert store.covered("eastmoney", "column:344") == [(MOMENT, MOMENT + 3 * HOUR)]
    assert store.covered("eastmoney", "column:345") == []
    assert store.channels() == [("eastmoney", "column:344"), ("eastmoney", "flash:102")]
    assert store.reached("eastmoney", "column:344") == note
    assert store.reached("eastmoney", "flash:102") is None
    store.close()


def test_runs(store: FileStore, tmp_path: Path) -> None:
    """A run's row is filled in at its end; one that never ended is marked dead by the next run that holds the lock."""
    first = store.start_run("eastmoney", {"since": "昨天"}, MOMENT)
    store.finish_run(RunRow(first, "eastmoney", {"since": "昨天"}, MOMENT, SEEN, 0, "finished", {"listed": 2},
                            {"news/a/b": 1, "downloader/bytes": 9, "start_time": MOMENT}))  # fmt: skip
    assert store.lock("eastmoney")
    second = store.start_run("eastmoney", {}, MOMENT + HOUR)
    store = reopened(store, tmp_path)
    third = store.start_run("eastmoney", {}, MOMENT + 2 * HOUR)
    assert [run.reason for run in store.runs(9)] == ["", "", "finished"]
    assert store.lock("eastmoney")
    fourth = store.start_run("eastmoney", {}, MOMENT + 3 * HOUR)
    other = store.start_run("other", {}, MOMENT + 4 * HOUR)
    assert first < second < third < fourth < other
    newest, *_, oldest = store.runs(9)
    assert (newest.id, newest.finished_at, newest.exit_status, newest.reason) == (other, None, None, "")
    assert (oldest.stats, oldest.counts, oldest.exit_status) == ({"news/a/b": 1}, {"listed": 2}, 0)
    assert [(run.id, run.reason) for run in store.runs(9, failed=True)] == [(third, "dead"), (second, "dead")]
    assert [run.id for run in store.runs(2)] == [other, fourth]
    store.close()


def test_old_notes_are_forgotten(store: FileStore, tmp_path: Path) -> None:
    """The file keeps the last hundred runs, a week of articles, and a month of those whose posts bear no fingerprint."""
    row, other = article(1), article(2)
    post(tmp_path, row, "finews")
    post(tmp_path, other)
    store.save([row, other])
    store.start_run("eastmoney", {}, SEEN + timedelta(days=7))
    assert text(tmp_path).count('"seen"') == 2
    store.start_run("eastmoney", {}, SEEN + timedelta(days=30))
    store = reopened(store, tmp_path)
    assert store.recall("eastmoney", row.article_id).fingerprint == row.fingerprint
    assert text(tmp_path).count('"seen"') == 1
    assert store.recall("eastmoney", other.article_id).fingerprint == other.fingerprint
    ids = [store.start_run("eastmoney", {}, SEEN + timedelta(days=32)) for _ in range(120)]
    store = reopened(store, tmp_path)
    assert [run.id for run in store.runs(500)] == ids[:-101:-1]
    assert store.recall("eastmoney", row.article_id).fingerprint == ""
    store.close()


def test_facts(store: FileStore, tmp_path: Path) -> None:
    """Small values come back as JSON has them, None forgets one; changing what was given or got changes nothing kept."""
    value = {"主": [1, None, {"x": 1.5}], "again": "\ud800 \0 \u2028"}
    store.put("breaker:a", value)
    store.put("breaker:b", 1)
    store.put("breaker:b", None)
    store.put("breaker:c", None)
    value["主"].append("later")
    store.get("breaker:a")["again"] = ""
    store = reopened(store, tmp_path)
    assert store.get("breaker:a") == {"主": [1, None, {"x": 1.5}], "again": "\ud800 \0 \u2028"}
    assert store.get("nothing") is None
    assert store.facts("breaker:") == {"breaker:a": store.get("breaker:a")}
    store.close()


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.articles(since=None, until=None),
        lambda store: store.raw_answers(since=None, until=None),
        lambda store: store.revisions("1"),
        lambda store: store.amend([]),
        lambda store: store.days("eastmoney"),
    ],
)
def test_texts_are_refused(store: FileStore, ask: Callable[[FileStore], Any]) -> None:
    """What needs stored texts is refused in one line that names the setting."""
    with pytest.raises(SettingError, match="NEWS_OUTPUTS=markdown,database") as caught:
        ask(store)
    assert "\n" not in str(caught.value)
    assert store.alike([1], MOMENT, SEEN) == []


# --- the file ---


def test_git_can_diff_it(store: FileStore, tmp_path: Path) -> None:
    """An article, a failure or a covered hour more changes a line or two, however much is noted."""
    for number in range(300):
        post(tmp_path, article(number))
    store.save([article(number) for number in range(300)])
    store.cover("eastmoney", "column:344", (MOMENT, SEEN))
    store.pend([failure(number) for number in range(500, 520)])

    def changed(act: Callable[[], object]) -> list[str]:
        before = text(tmp_path)
        act()
        store.put("flush", store.get("flush") + 1)
        lines = difflib.unified_diff(before.splitlines(), text(tmp_path).splitlines(), n=0, lineterm="")
        return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---") and '"flush"' not in line]

    store.put("flush", 0)
    assert changed(lambda: None) == []
    assert len(changed(lambda: store.save([article(150, seen_at=SEEN + HOUR)]))) == 2
    assert len(changed(lambda: store.save([article(1000)]))) == 3
    assert len(changed(lambda: store.pend([failure(510)]))) == 2
    assert len(changed(lambda: store.pend([failure(499)]))) == 1
    assert len(changed(lambda: store.cover("eastmoney", "column:344", (SEEN, SEEN + HOUR)))) == 2
    document = json.loads(text(tmp_path))
    assert document["version"] == 1
    assert list(document) == sorted(document)
    assert text(tmp_path).endswith("}\n")


def test_same_state_same_bytes(store: FileStore, tmp_path: Path) -> None:
    """What says nothing new does not touch the file; opening and closing does not either."""
    store.save([article(1)])
    store.cover("eastmoney", "column:344", (MOMENT, SEEN))
    store.put("key", [1])
    before = (tmp_path / "data" / "state.json").stat()
    store.cover("eastmoney", "column:344", (MOMENT + HOUR, SEEN - HOUR))
    store.put("key", [1])
    store = reopened(store, tmp_path)
    store.known("eastmoney", ["1"])
    store.close()
    store.close()
    after = (tmp_path / "data" / "state.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_articles_are_written_together(store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles are noted in the file at most once a second, and with the next cover or at the end."""
    assert files_file.FLUSH_S == 1
    monkeypatch.setattr(files_file, "FLUSH_S", 60)  # a busy machine may take a second for them
    store.put("key", 1)
    for number in range(50):
        store.save([article(number)])
    assert "20260919" not in text(tmp_path)
    store.cover("eastmoney", "column:344", (MOMENT, SEEN))
    assert text(tmp_path).count("eastmoney:20260919") == 50
    store.save([article(50)])
    store.close()
    assert text(tmp_path).count("eastmoney:20260919") == 51


GOOD = (
    '{"articles": {}, "categories": {}, "coverage": {}, "facts": {}, "pending": {}, "reached": {}, "runs": {}, '
    '"version": 1}'
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1"),
        (b"{", "line 1"),
        (GOOD.replace('"facts"', '\n<<<<<<< HEAD\n"facts"').encode(), "line 2"),
        (b"\xff\xfe", "no state file"),
        (b"[]", "no state file"),
        (b"null", "no state file"),
        (b"{}", "'version' is missing"),
        (b"[" * 100_000, "no state file"),
        (GOOD.replace("1}", "0}").encode(), "version 0 is unknown"),
        (GOOD.replace("1}", '"1"}').encode(), "version '1' is unknown"),
        (GOOD.replace("1}", "2}").encode(), "newer newscrawler"),
        (GOOD.replace("1}", "99}").replace('"articles": {}, ', "").encode(), "newer newscrawler"),
        (GOOD.replace('"facts": {}, ', "").encode(), "'facts' is missing"),
        (GOOD.replace('"runs": {}', '"runs": []').encode(), "no state file"),
        (GOOD.replace('"runs": {}', '"runs": {"x": {}}').encode(), "runs 'x'"),
        (GOOD.replace('"articles": {}', '"articles": {"eastmoney:1": {}}').encode(), "'seen' is missing"),
        (GOOD.replace('"articles": {}', '"articles": {"1": {"seen": 1}}').encode(), "source:id"),
        (GOOD.replace('"coverage": {}', '"coverage": {"a:b": [["2026-01-01", "2026-01-02"]]}').encode(), "no zone"),
        (GOOD.replace('"coverage": {}', '"coverage": {"a:b": [["x"]]}').encode(), "coverage 'a:b'"),
        (GOOD.replace('"categories": {}', '"categories": {"a": 1}').encode(), "is no text"),
    ],
)
def test_a_file_that_is_none_of_ours(tmp_path: Path, content: bytes, says: str) -> None:
    """A broken, foreign or newer file is refused in one line that says where, and not touched."""
    path = tmp_path / "data" / "state.json"
    path.parent.mkdir()
    path.write_bytes(content)
    store = FileStore(tmp_path / "data", tmp_path / "_posts")
    with pytest.raises(SettingError, match=says) as caught:
        store.open()
    store.close()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["state.json"]  # noqa: PTH208


def test_a_file_broken_under_way(store: FileStore, tmp_path: Path) -> None:
    """A file that somebody breaks during a run is an error of the store, and is not written over."""
    store.put("key", 1)
    (tmp_path / "data" / "state.json").write_text("<<<<<<< HEAD\n")
    with pytest.raises(StoreError, match="line 1"):
        store.put("key", 2)
    assert text(tmp_path) == "<<<<<<< HEAD\n"
    (tmp_path / "data" / "state.json").write_text(GOOD)
    store.put("other", 3)
    assert json.loads(text(tmp_path))["facts"] == {"other": 3}


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A data folder that cannot be made is the user's to mend."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SettingError, match="NEWS_DATA_DIR"):
        store_in(tmp_path)


def test_a_full_disk(tmp_path: Path) -> None:
    """A file that cannot be written whole leaves the old one, no litter, and a StoreError for each call."""
    store = store_in(tmp_path)
    store.put("key", "old")
    before = text(tmp_path)
    code = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from posted import *
from pipelines.errors import StoreError
store = store_in(Path({str(tmp_path)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
refused = 0
for act in (
    lambda: store.save([article(1)]), lambda: store.pend([failure(1)]), lambda: store.cover("a", "b", (MOMENT, SEEN)),
    lambda: store.start_run("a", {{}}, SEEN), lambda: store.slug("name", "slug"),
):
    try:
        act()
    except StoreError as error:
        assert "File too large" in str(error), error
        refused += 1
assert refused == 5, refused
assert store.known("eastmoney", [article(1).article_id]) == {{}}
assert (store.waiting(), store.covered("a", "b"), store.runs(9)) == ([], [], [])
assert store.get("key") == "old"
store.close()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert text(tmp_path) == before
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["locks", "state.json"]
    store.close()


# --- several at once ---


def test_two_stores(tmp_path: Path) -> None:
    """Runs of two spiders at once do not undo each other's notes, and agree on numbers and slugs."""
    one, two = store_in(tmp_path), store_in(tmp_path)
    assert (one.start_run("a", {}, MOMENT), two.start_run("b", {}, MOMENT)) == (1, 2)
    for number in range(20):
        mine = one if number % 2 else two
        mine.save([article(number)])
        mine.cover("eastmoney", "column:344", (MOMENT + number * HOUR, MOMENT + (number + 1) * HOUR))
        mine.pend([failure(100 + number)])
    assert (one.slug("人民", "renmin"), two.slug("仁民", "renmin")) == ("renmin", "renmin2")
    two.close()
    one.close()
    store = store_in(tmp_path)
    assert store.covered("eastmoney", "column:344") == [(MOMENT, MOMENT + 20 * HOUR)]
    assert len(store.waiting()) == 20
    assert text(tmp_path).count('"seen"') == 20
    assert [run.spider for run in store.runs(9)] == ["b", "a"]
    store.close()


def test_locks(tmp_path: Path) -> None:
    """A spider's lock is one store's; closing frees it; another spider's is another."""
    one, two = store_in(tmp_path), store_in(tmp_path)
    assert one.lock("eastmoney")
    assert one.lock("eastmoney")
    assert not two.lock("eastmoney")
    assert two.lock("other")
    one.close()
    assert two.lock("eastmoney")
    two.close()


WORKER = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from posted import *
folder = Path({folder!r})
store = store_in(folder)
assert store.lock("eastmoney")
store.start_run("eastmoney", {{}}, SEEN)
for number in range({first}, 10_000):
    row = article(number)
    post(folder, row, "finews" if number % 2 else "post")
    store.save([row])
    store.pend([failure(number + 50_000)])
    store.cover("eastmoney", "column:344", (MOMENT + number * timedelta(hours=1), MOMENT + (number + 1) * timedelta(hours=1)))
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    """Killed in the middle of writing, the next run reads a whole file that holds all that was acknowledged."""
    dice = random.Random(seed)
    done = -1
    for kill in range(3):
        code = WORKER.format(here=str(Path(__file__).parent), folder=str(tmp_path), first=done + 1)
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
            for line in worker.stdout:
                done = int(line)
                if done % 40 == 39 or dice.random() < 0.02:
                    break
            time.sleep(dice.uniform(0, 0.01))
            worker.send_signal(signal.SIGKILL)
            done = max([done, *map(int, worker.stdout.read().split())])
        store = store_in(tmp_path)
        assert store.lock("eastmoney"), "a killed run's lock is free"
        [covered] = store.covered("eastmoney", "column:344")
        assert covered[0] == MOMENT
        assert covered[1] >= MOMENT + (done + 1) * HOUR
        ids = [article(number).article_id for number in range(done + 1)]
        assert list(store.known("eastmoney", ids)) == ids
        assert len(store.waiting()) >= done + 1
        store.start_run("eastmoney", {}, SEEN)
        assert [run.reason for run in store.runs(99)] == ["", *["dead"] * (2 * kill + 1)]
        store.close()
        assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["locks", "state.json"]


def test_one_thread(tmp_path: Path) -> None:
    """Calls of a run are done on one thread of the store's own, in the order they came."""
    store = store_in(tmp_path)
    seen: list[tuple[int, int]] = []

    def note(number: int) -> int:
        time.sleep(0.001 * (5 - number))
        seen.append((number, threading.get_ident()))
        return number

    async def work() -> list[int]:
        return await asyncio.gather(*(store.run(note, number) for number in range(5)))

    assert asyncio.run(work()) == [0, 1, 2, 3, 4]
    assert [number for number, _ in seen] == [0, 1, 2, 3, 4]
    assert len({thread for _, thread in seen} - {threading.get_ident()}) == 1
    store.close()


def test_a_quiet_run_imports_little(tmp_path: Path) -> None:
    """Opening, looking up and closing needs neither SQLAlchemy nor a template nor YAML."""
    row = article(1)
    post(tmp_path, row)
    code = f"""
import sys
from pathlib import Path
from pipelines.store.files import FileStore
store = FileStore(Path({str(tmp_path / "data")!r}), Path({str(tmp_path / "_posts")!r}))
store.open()
assert store.known("eastmoney", [{row.article_id!r}])
store.cover("eastmoney", "column:344", (store.recall("eastmoney", {row.article_id!r}).published_at,) * 2)
store.close()
print(sorted(set(sys.modules) & {{"sqlalchemy", "jinja2", "yaml", "rensa", "alembic"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
