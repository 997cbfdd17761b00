"""The commands that show what is stored, run as their users run them, on a database that a real crawl made."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import struct
import subprocess
import termios
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import ROOT, command, crawl, environment, query
from filelock import FileLock
from serve import Site, serve
from stored import TEN_DAYS, ask, change, store_all

from newscrawler.differences import compare
from newscrawler.printing import shown
from newscrawler.sample.content import CHANNELS, WINDOW

REVISED = Site().find("revised").code


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of the sample source, one article of it revised."""
    return store_all(tmp_path_factory.mktemp("crawled"))


@pytest.fixture
def folder(once: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test."""
    return Path(shutil.copytree(once, tmp_path / "data"))


def test_runs_newest_first(folder: Path) -> None:
    """The ledger shows every run with how it ended and its counts, newest first, and as many as asked for."""
    said = ask(folder, "runs")
    assert (said.status, said.errors) == (0, "")
    head, second, first = (line.split() for line in said.lines)
    assert head[:5] == ["run", "spider", "started", "seconds", "exit"]
    assert (second[0], first[0]) == ("2", "1")
    inserted = query(folder, "SELECT inserted FROM runs WHERE id = 1")[0][0]
    assert dict(zip(head[4:], first[5:], strict=False))["inserted"] == str(inserted)
    (only,) = json.loads(ask(folder, "runs", "-n", "1", "--json").out)
    assert (only["id"], only["exit_status"], only["counts"]["revised"], only["state"]) == (2, 0, 1, "ended")


def test_failed_runs(folder: Path) -> None:
    """With --failed only runs that did not end with 0 are shown."""
    assert ask(folder, "runs", "--failed").out == "no run has failed\n"
    change(folder, "UPDATE runs SET exit_status = 4, reason = 'refused: \x1b[31m' WHERE id = 1")
    said = ask(folder, "runs", "--failed")
    assert [line.split()[0] for line in said.lines] == ["run", "1"]
    assert "refused: \ufffd[31m" in said.out


@pytest.mark.parametrize("state", ["running", "dead"])
def test_a_run_that_never_ended(folder: Path, state: str) -> None:
    """A run without an end is under way while its spider's lock is held, and dead otherwise; dead is failed."""
    change(folder, "UPDATE runs SET finished_at = NULL, exit_status = NULL, reason = '' WHERE id = 2")
    lock = FileLock(folder / "locks" / "eastmoney.lock")
    if state == "running":
        lock.acquire()
    try:
        said, failed = ask(folder, "runs"), ask(folder, "runs", "--failed")
    finally:
        lock.release()
    assert f" {state} " in said.lines[1]
    assert ("dead" in failed.out) == (state == "dead")
    if state == "dead":  # the lock was only looked at: the next run takes it
        with lock.acquire(timeout=0):
            pass


def test_a_narrow_terminal_cuts_nothing(folder: Path) -> None:
    """On a terminal that is too narrow for a line the reason stands below it, whole."""
    reason = "a long reason " * 10 + "with an end"
    change(folder, "UPDATE runs SET exit_status = 3, reason = ? WHERE id = 2", reason)
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 70, 0, 0))
    try:
        done = subprocess.run(
            command("runs", folder=folder), stdout=writer, timeout=120, cwd=ROOT, env=environment(TERM="xterm"), check=False
        )  # fmt: skip
        seen = os.read(reader, 100_000).decode()
    finally:
        os.close(writer)
        os.close(reader)
    assert done.returncode == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    assert " ".join(plain.split()).count(reason) == 1
    assert "failed" not in plain, "columns of zeros only"


def test_coverage_and_gaps(folder: Path) -> None:
    """What is covered stands as intervals in Beijing time; what was asked for and is not is a gap."""
    said = ask(folder, "coverage")
    assert said.status == 0
    whole = f"{WINDOW[0]:%Y-%m-%d %H:%M}  {WINDOW[1]:%Y-%m-%d %H:%M}"
    assert len(said.lines) == 1 + len(CHANNELS)
    assert all(f"covered  {whole}" in line for line in said.lines[1:])
    assert "财经导读" in said.out
    hole = WINDOW[0] + timedelta(days=3)
    text = hole.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    change(folder, "UPDATE coverage SET since = ? WHERE channel = 'column:344'", text)
    gap = next(line for line in ask(folder, "coverage").lines if " gap " in line)
    assert f"{WINDOW[0]:%Y-%m-%d %H:%M}  {hole:%Y-%m-%d %H:%M}" in gap
    assert "the next run goes back for it" in gap
    facts = {one["channel"]: one for one in json.loads(ask(folder, "coverage", "--json").out)}
    assert [datetime.fromisoformat(moment) for moment in facts["column:344"]["covered"][0]] == [hole, WINDOW[1]]
    (found,) = facts["column:344"]["gaps"]
    assert datetime.fromisoformat(found["until"]) == hole
    assert facts["column:345"]["gaps"] == []


def test_how_far_back_a_source_went(tmp_path: Path) -> None:
    """What a source no longer lists is a gap that says how far back the list reached."""
    with serve(Site(reach=5)) as server:
        assert crawl(tmp_path, server.address, **{**TEN_DAYS, "channels": "344"}).status == 3
    said = ask(tmp_path, "coverage")
    oldest = min(entry.at for entry in [e for e in Site().entries if "column:344" in e.channels][:5])
    note = f"reached back to {oldest:%Y-%m-%d %H:%M}"
    assert said.status == 0
    assert [line.split()[3] for line in said.lines[1:]] == ["gap", "covered", "reached"]
    assert note in said.lines[1]
    assert f"{note} when {WINDOW[0]:%Y-%m-%d %H:%M} was asked for" in said.lines[3]


def test_a_page_of_coverage(folder: Path) -> None:
    """The page is written whole to the file named, with every day that has articles."""
    said = ask(folder, "coverage", "--html", str(folder / "coverage.html"))
    assert (said.status, said.out) == (0, "")
    html = (folder / "coverage.html").read_text(encoding="utf-8")
    for (day,) in query(folder, "SELECT DISTINCT date(published_at, '+8 hours') FROM articles"):
        assert f'"{day}"' in html
    assert [path.name for path in folder.glob("*.html*")] == ["coverage.html"]
    assert list(folder.glob(".coverage*")) == []


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[tuple[Path, str, str, Any]]:
    """A folder in which one article is pending, the article's id, the address of the source, its faults."""
    code = next(entry.code for entry in Site().entries if "column:344" in entry.channels and entry.api == "full")
    with serve(Site()) as server:
        server.faults.add("500", where="article", code=code)
        assert crawl(tmp_path, server.address, **{**TEN_DAYS, "channels": "344"}).status == 3
        yield tmp_path, code, server.address, server.faults


def test_pending_and_another_try(failing: tuple[Path, str, str, Any]) -> None:
    """A pending article is shown with its reason and next try; asked to, the next run tries it at once."""
    folder, code, address, faults = failing
    said = ask(folder, "pending")
    assert said.status == 0
    assert said.lines[1].split()[:4] == [f"eastmoney:{code}", "column:344", "waiting", "1"]
    assert said.lines[1].endswith("HTTP 500")
    (fact,) = json.loads(ask(folder, "pending", "--json").out)
    assert datetime.fromisoformat(fact["next_at"]) > datetime.now(UTC) + timedelta(minutes=5)
    faults.clear()
    assert crawl(folder, address, **{**TEN_DAYS, "channels": "344"}).counts["inserted"] == 0
    assert ask(folder, "pending", "--retry", code).status == 0
    assert crawl(folder, address, **{**TEN_DAYS, "channels": "344"}).counts["inserted"] == 1
    assert ask(folder, "pending").out == "nothing is pending\n"
    unknown = ask(folder, "pending", "--retry", code)
    assert unknown.status == 2
    assert code in unknown.errors


@pytest.mark.parametrize("beginning", ["", "NW"])
def test_history_shows_what_changed(folder: Path, beginning: str) -> None:
    """An article's revisions are compared in title and text, whichever form of the id is given."""
    said = ask(folder, "history", beginning + REVISED)
    assert said.status == 0
    assert said.lines[0].startswith(f"eastmoney:{REVISED}, published 2026-03-08 19:40, 2 revisions")
    removed = [line for line in said.lines if line.startswith("-") and not line.startswith("---")]
    added = [line for line in said.lines if line.startswith("+") and not line.startswith("+++")]
    assert removed[0] == f"-{Site().find('revised').title}"
    assert added[0] == f"+{Site(epoch=1).find('revised').title}"
    assert "同比增长7%" in removed[1]
    assert "同比增长9%" in added[1]
    once = ask(folder, "history", Site().entries[0].code)
    assert once.status == 0
    assert "1 revision" in once.out
    assert "@@" not in once.out


def test_differences_inside_a_line() -> None:
    """On a terminal the signs that differ inside a changed line are marked, and a line that is another one is not."""
    old, new = (
        ["标题", "二月产量为3.1万套，同比增长", "全然不同的一行"],
        ["标题", "二月产量为3.2万套，同比增长", "abcdefg"],
    )
    marked = [text for text in compare(old, new, "1", "2", marks=True) if text.spans]
    assert [text.plain[span.start : span.end] for text in marked for span in text.spans] == ["1", "2"]
    plain = [text.plain for text in compare(old, new, "1", "2")]
    assert plain == [text.plain for text in compare(old, new, "1", "2", marks=True)]
    assert plain[3:] == [" 标题", f"-{old[1]}", f"-{old[2]}", f"+{new[1]}", f"+{new[2]}"]
    assert not any(text.spans for text in compare(old, new, "1", "2"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲 乙", "甲 乙"),
        ("a\x1b[2Jb\x07", "a\ufffd[2Jb\ufffd"),
        ("a\r\nb\tc", "a  b c"),
        ("\u202eabc\u200b", "\ufffdabc\ufffd"),
        ("\ud800", "\ufffd"),
        (7, "7"),
    ],
)
def test_texts_cannot_steer_a_terminal(text: object, expected: str) -> None:
    """Control signs, escape sequences and signs that turn the direction come out as U+FFFD."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (["runs", "--faled"], "--faled"),
        (["runs", "-n", "0"], "-n 0"),
        (["runs", "-n", "viele"], "-n viele"),
        (["coverage", "more"], "'more'"),
        (["coverage", "--html", "nowhere/at/all.html"], "nowhere/at/all.html"),
        (["history"], "ARTICLE_ID"),
        (["history", "1", "2"], "'2'"),
        (["history", "999"], "'999'"),
        (["db"], "upgrade|current"),
        (["db", "downgrade"], "'downgrade'"),
        (["posts", "--since", "2022-02-30"], "since=2022-02-30"),
        (["posts", "--until", "2022-03-01"], "needs since"),
        (["posts", "-s", "NEWS_POST_TEMPLATE=nothing"], "NEWS_POST_TEMPLATE"),
        (["reparse", "--source", "nobody"], "eastmoney"),
        (["reparse", "--since", "2026-03-05", "--until", "2026-03-01"], "not before"),
        (["runs", "-s", "NEWS_OUTPUTS=paper"], "paper"),
        (["runs", "-s", "NEWS_DATABASE_URL=mysql://u:secret@h/d"], "mysql"),
        (["history", "1", "-s", "NEWS_OUTPUTS=markdown"], "NEWS_OUTPUTS=markdown,database"),
        (["posts", "-s", "NEWS_OUTPUTS=markdown"], "NEWS_OUTPUTS=markdown,database"),
        (["reparse", "-s", "NEWS_OUTPUTS=markdown"], "NEWS_OUTPUTS=markdown,database"),
        (["coverage", "--html", "x.html", "-s", "NEWS_OUTPUTS=markdown"], "NEWS_OUTPUTS=markdown,database"),
        (["db", "current", "-s", "NEWS_OUTPUTS=markdown"], "NEWS_OUTPUTS"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_get_one_line(tmp_path: Path, line: list[str], word: str) -> None:
    """A mistake of the user's is one line on standard error that names it, and exit 2."""
    said = ask(tmp_path, *line)
    assert said.status == 2, said.errors
    assert said.out == ""
    assert said.errors.count("\n") == 1
    assert said.errors.startswith(f"scrapy {line[0]}: ")
    assert word in said.errors
    assert "secret" not in said.errors
    assert not (ROOT / "x.html").exists()


def test_nothing_stored_yet(tmp_path: Path) -> None:
    """Before the first run every command says that there is nothing, with either store."""
    for outputs in ("markdown,database", "markdown"):
        for name, words in (("runs", "no run"), ("coverage", "nothing"), ("pending", "nothing")):
            said = ask(tmp_path / outputs, name, NEWS_OUTPUTS=outputs)
            assert (said.status, said.errors) == (0, "")
            assert said.out.startswith(words)


def test_a_reader_that_goes_away(folder: Path) -> None:
    """A reader that has seen enough is no error."""
    line = command("runs", folder=folder)
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment())
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0


def test_the_schema_by_hand(tmp_path: Path) -> None:
    """`db current` changes nothing, not even makes a file; `db upgrade` makes the schema, and a newer one is refused."""
    said = ask(tmp_path, "db", "current")
    assert said.status == 0
    assert "no schema yet" in said.out
    assert not (tmp_path / "news.db").exists()
    assert ask(tmp_path, "db", "upgrade").status == 0
    said = ask(tmp_path, "db", "current")
    ((standing,),) = query(tmp_path, "SELECT version_num FROM alembic_version")
    assert said.out.endswith(f"schema {standing}, the newest\n")
    assert "nothing to do" in ask(tmp_path, "db", "upgrade").out
    change(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    for line in (("db", "current"), ("db", "upgrade"), ("runs",)):
        said = ask(tmp_path, *line)
        assert said.status == 2
        assert "update newscrawler" in said.out + said.errors
    assert query(tmp_path, "SELECT version_num FROM alembic_version") == [("9999",)]
