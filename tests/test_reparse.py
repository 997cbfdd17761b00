"""What is written anew: posts from the database, rows and posts from kept raw answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crawling import posts, query
from filelock import FileLock
from postgres import Server
from stored import ask, change, store_all

from newscrawler import settings
from pipelines.store.packing import pack


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of the sample source, one article of it revised."""
    return store_all(tmp_path_factory.mktemp("crawled"))


@pytest.fixture
def folder(once: Path, tmp_path: Path) -> Path:
    """A copy of that folder for one test."""
    return Path(shutil.copytree(once, tmp_path / "data"))


def test_posts_written_anew(folder: Path) -> None:
    """Only posts that differ are written, missing ones come back, and what people keep beside them stays."""
    before = posts(folder)
    lost, edited = sorted(before)[:2]
    (folder / "_posts" / lost).unlink()
    (folder / "_posts" / edited).write_text("edited", encoding="utf-8")
    own = folder / "_posts" / "2026-03-01-my-own.md"
    own.write_text("---\ntitle: mine\n---\n", encoding="utf-8")
    times = {name: (folder / "_posts" / name).stat().st_mtime_ns for name in sorted(before)[2:]}
    said = ask(folder, "posts")
    assert (said.status, said.errors) == (0, "")
    assert said.out.startswith(f"2 written, {len(before) - 2} unchanged, 0 failed")
    assert {name: (folder / "_posts" / name).stat().st_mtime_ns for name in times} == times
    assert posts(folder) == before | {own.name: own.read_bytes()}


def test_posts_of_a_time_in_another_form(folder: Path) -> None:
    """With another template only the posts of the time asked for change, in Beijing days; the database alone is enough."""
    before = posts(folder)
    day = "2026-03-08"
    said = ask(
        folder, "posts", "--since", day, "--until", day, NEWS_POST_TEMPLATE="finews", NEWS_OUTPUTS="database"
    )  # fmt: skip
    assert said.status == 0, said.errors
    after = posts(folder)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {name for name in before if name.startswith(day)}
    assert said.out.startswith(f"{len(changed)} written, 0 unchanged")


def test_a_post_that_cannot_be_written(folder: Path) -> None:
    """An article that no file name fits is named and makes exit 3; the others are written."""
    amount = len(posts(folder))
    change(folder, "UPDATE articles SET article_id = '../x' WHERE id = 1")
    said = ask(folder, "posts")
    assert said.status == 3
    assert said.lines[0].startswith(f"0 written, {amount - 1} unchanged, 1 failed")
    assert "eastmoney:../x" in said.lines[1]


@pytest.mark.parametrize("name", ["posts", "reparse"])
def test_a_run_under_way(folder: Path, name: str) -> None:
    """While a run of the spider is under way its posts and rows are left to it: exit 75."""
    with FileLock(folder / "locks" / "eastmoney.lock"):
        said = ask(folder, name)
    assert said.status == 75
    assert said.errors == f"scrapy {name}: a run of eastmoney is under way; try again when it has ended\n"


@pytest.mark.parametrize("name", ["posts", "reparse", "runs"])
def test_a_store_that_fails(folder: Path, name: str) -> None:
    """A store that cannot do its part, here the locks, is one line and exit 5."""
    change(folder, "UPDATE runs SET finished_at = NULL, exit_status = NULL, reason = '' WHERE id = 2")
    shutil.rmtree(folder / "locks")
    (folder / "locks").write_text("no folder", encoding="utf-8")
    said = ask(folder, name)
    assert (said.status, said.out, said.errors.count("\n")) == (5, "", 1)
    assert "locks" in said.errors


TABLES = ("articles", "article_securities", "article_channels", "article_revisions", "article_bands", "categories")


def stored(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the database holds of articles."""
    return {table: query(folder, f"SELECT * FROM {table} ORDER BY 1, 2") for table in (*TABLES, "raw_answers")}  # noqa: S608


def one(folder: Path, column: str, article: int) -> Any:
    """A column of the article of that number."""
    return query(folder, f"SELECT {column} FROM articles WHERE id = ?", article)[0][0]  # noqa: S608


def test_the_same_code_changes_nothing(folder: Path) -> None:
    """Kept answers from every place, read anew by the code that read them first, change no row and no post."""
    assert {place for (place,) in query(folder, "SELECT body_from FROM articles")} == {"api", "page", "list"}
    rows, files = stored(folder), posts(folder)
    times = {path.name: path.stat().st_mtime_ns for path in (folder / "_posts").iterdir()}
    change(folder, "INSERT INTO pending SELECT source, article_id, url, '', 'article', 'synthetic', 1, changed_at, changed_at, changed_at, 'waiting', x'', x'' FROM articles WHERE id = 1")  # fmt: skip
    said = ask(folder, "reparse")
    amount = len(rows["articles"])
    assert (said.status, said.errors) == (0, "")
    assert said.out == f"{amount} answers read: 0 articles revised, 0 corrected, {amount} unchanged, 0 failed\n"
    assert stored(folder) == rows
    assert posts(folder) == files
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "_posts").iterdir()} == times
    assert query(folder, "SELECT reason FROM pending") == [("synthetic",)], "another try of the article was forgotten"


def test_another_text_is_a_revision(folder: Path) -> None:
    """An article whose text today's code reads otherwise gets a revision and its post follows; its address stays."""
    answers, files = query(folder, "SELECT * FROM raw_answers ORDER BY 1, 2"), posts(folder)
    title, fixed = one(folder, "title", 5), "published_at, category, first_seen_at, source, article_id"
    change(folder, "UPDATE articles SET title = 'misread', fingerprint = 'misread', category = 'old' WHERE id = 5")
    before = query(folder, f"SELECT {fixed} FROM articles WHERE id = 5")  # noqa: S608
    began = datetime.now(UTC)
    said = ask(folder, "reparse")
    assert said.status == 0
    assert "1 articles revised, 0 corrected" in said.out
    assert (one(folder, "title", 5), one(folder, "revision", 5)) == (title, 2)
    assert query(folder, f"SELECT {fixed} FROM articles WHERE id = 5") == before  # noqa: S608
    assert datetime.fromisoformat(one(folder, "changed_at", 5)).replace(tzinfo=UTC) >= began
    assert query(folder, "SELECT title, revision FROM article_revisions WHERE article = 5") == [("misread", 1)]
    assert query(folder, "SELECT * FROM raw_answers ORDER BY 1, 2") == answers
    after = posts(folder)
    assert after.keys() == files.keys()
    (name,) = {name for name in files if after[name] != files[name]}
    assert one(folder, "article_id", 5) in name
    assert b"\nrevision: 2\n" in after[name]
    assert b'\ncategories: "old"\n' in after[name]
    assert "1 articles revised" not in ask(folder, "reparse").out


def test_what_stands_beside_the_text_is_corrected(folder: Path) -> None:
    """A lead, an editor or a security that is read otherwise is put right in row and post, without a revision."""
    rows, files = stored(folder), posts(folder)
    ((tagged, url),) = query(folder, "SELECT article, url FROM article_securities JOIN articles ON id = article WHERE kind = 'share' LIMIT 1")  # fmt: skip
    other = 1 if tagged != 1 else 2
    change(folder, "DELETE FROM article_securities WHERE article = ?", tagged)
    change(folder, "UPDATE articles SET summary = 'misread', editor = 'misread', url = ? WHERE id = ?", url, other)
    assert ask(folder, "posts").out.startswith("2 written")
    said = ask(folder, "reparse")
    assert said.status == 0
    assert "0 articles revised, 2 corrected" in said.out
    again = stored(folder)
    assert again["article_securities"] == rows["article_securities"]
    assert one(folder, "url", other) == url, "the address is no matter of a correction"
    assert one(folder, "editor", other) != "misread"
    assert [row[4] for row in again["articles"]] == [row[4] for row in rows["articles"]]
    after = posts(folder)
    (name,) = {name for name in files if after[name] != files[name]}
    assert url.encode() in after[name]
    assert "0 articles revised, 0 corrected" in ask(folder, "reparse").out


def test_answers_that_cannot_be_read(folder: Path) -> None:
    """A kept answer that today's code cannot read is named with the reason and exit 3; its article stands as it was."""
    keys = [query(folder, "SELECT source, article_id FROM articles WHERE id = ? AND body_from = 'api'", number) for number in range(1, 40)]  # fmt: skip
    broken = [key[0] for key in keys if key][:4]
    payloads = {
        broken[0]: ("body", b"{}"),
        broken[1]: ("row", b'{"channel": "rss:1", "row": {}}'),
        broken[2]: ("row", b'{"channel": "column:344", "row": {"code": "1"}}'),
        broken[3]: ("row", b""),
    }
    for key, (column, data) in payloads.items():
        change(folder, f"UPDATE raw_answers SET {column} = ? WHERE source = ? AND article_id = ?", pack(data), *key)  # noqa: S608
    rows, files = stored(folder), posts(folder)
    said = ask(folder, "reparse")
    assert said.status == 3
    assert said.lines[0].endswith(f"{len(files) - 4} unchanged, 4 failed")
    reasons = {line.split(": ")[1]: line for line in said.lines[1:]}
    assert set(reasons) == {f"{source}:{article_id}" for source, article_id in broken}
    for key, word in zip(broken, ("no article", "'rss:1'", "no article id", "row is not kept"), strict=True):
        assert word in reasons[":".join(key)]
    assert stored(folder) == rows
    assert posts(folder) == files


def test_a_bug_is_told_apart(folder: Path) -> None:
    """A stage that breaks costs the articles it breaks on nothing, makes exit 1, and the others are read."""
    rows = stored(folder)
    stages = json.dumps({**settings.ITEM_PIPELINES, "tests.broken_stage.BrokenStage": 650})
    said = ask(folder, "reparse", ITEM_PIPELINES=stages)
    hit = [article_id for (article_id,) in query(folder, "SELECT article_id FROM articles WHERE article_id LIKE '%1'")]
    assert said.status == 1
    assert said.lines[0].endswith(f"{len(rows['articles']) - len(hit)} unchanged, {len(hit)} failed")
    assert "RuntimeError: synthetic bug" in said.lines[1]
    assert "-L ERROR" in said.errors
    assert stored(folder) == rows


def test_only_the_time_and_source_asked_for(folder: Path) -> None:
    """Only answers to articles published in the Beijing days asked for are read."""
    days = "SELECT count(*) FROM articles WHERE date(published_at, '+8 hours') BETWEEN '2026-03-03' AND '2026-03-04'"
    ((amount,),) = query(folder, days)
    said = ask(folder, "reparse", "--since", "2026-03-03", "--until", "2026-03-04", "--source", "eastmoney")
    assert said.out.startswith(f"{amount} answers read")
    assert 0 < amount < len(posts(folder))


def test_a_database_alone(folder: Path) -> None:
    """Where no posts are kept, rows are corrected and none is made."""
    shutil.rmtree(folder / "_posts")
    change(folder, "UPDATE articles SET summary = 'misread' WHERE id = 1")
    said = ask(folder, "reparse", NEWS_OUTPUTS="database")
    assert said.status == 0, said.errors
    assert "0 articles revised, 1 corrected" in said.out
    assert not (folder / "_posts").exists()


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server."""
    with Server(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


def test_every_command_on_postgresql(postgresql: Server, tmp_path: Path) -> None:
    """On PostgreSQL every command gives what it gives on SQLite."""
    url = {"NEWS_DATABASE_URL": postgresql.database()}
    assert "no schema yet" in ask(tmp_path, "db", "current", **url).out
    store_all(tmp_path, **url)
    amount = len(posts(tmp_path))
    assert ask(tmp_path, "db", "current", **url).out.endswith("the newest\n")
    runs = json.loads(ask(tmp_path, "runs", "--json", **url).out)
    assert [(run["exit_status"], run["state"]) for run in runs] == [(0, "ended"), (0, "ended")]
    assert ask(tmp_path, "posts", **url).out.startswith(f"0 written, {amount} unchanged, 0 failed")
    assert ask(tmp_path, "reparse", **url).out.endswith(f"0 corrected, {amount} unchanged, 0 failed\n")
    assert "2 revisions" in ask(tmp_path, "history", "202603083661000214", **url).out
    assert all(not one["gaps"] for one in json.loads(ask(tmp_path, "coverage", "--json", **url).out))
    assert ask(tmp_path, "coverage", "--html", str(tmp_path / "c.html"), **url).status == 0
    assert '"2026-03-08"' in (tmp_path / "c.html").read_text(encoding="utf-8")
    assert ask(tmp_path, "pending", **url).out == "nothing is pending\n"
