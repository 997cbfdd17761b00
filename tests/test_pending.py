"""Pending articles: what a later run does with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from crawling import Crawled, crawl, posts, query
from serve import Server, Site, serve

WINDOW = {"channels": "344", "since": "2026-03-01", "until": "2026-03-10"}


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def code_of(site: Server, key: str) -> str:
    """The code of a sample entry."""
    return Site().find(key).code


def make_due(folder: Path) -> None:
    """Let the time of every next try come."""
    with sqlite3.connect(folder / "news.db") as connection:
        connection.execute("UPDATE pending SET next_at = '2020-01-01 00:00:00.000000'")


def again(folder: Path, site: Server) -> Crawled:
    """Run once more, with every next try due."""
    make_due(folder)
    return crawl(folder, site.address, **WINDOW)


def a_column_article() -> str:
    """The code of an article that only the API is needed for."""
    return next(e.code for e in Site().entries if "column:344" in e.channels and e.api == "full" and not e.cfh)


def test_a_pending_article_is_stored_when_it_can_be_had(site: Server, tmp_path: Path) -> None:
    """The next due try stores it, its row leaves pending, and the run is whole."""
    code = a_column_article()
    site.faults.add("500", where="article", code=code)
    assert crawl(tmp_path, site.address, **WINDOW).status == 3
    site.faults.clear()
    run = again(tmp_path, site)
    assert run.status == 0, run.errors
    assert run.counts["listed"] == run.counts["inserted"] == 1
    assert query(tmp_path, "SELECT * FROM pending") == []
    assert any(code in name for name in posts(tmp_path))


def test_a_try_in_vain_says_so_until_it_is_given_up(site: Server, tmp_path: Path) -> None:
    """Every vain try makes its run exit 3; after the fifth the article is given up and later runs are whole."""
    code = a_column_article()
    site.faults.add("500", where="article", code=code)
    assert crawl(tmp_path, site.address, **WINDOW).status == 3
    for attempts in range(2, 6):
        run = again(tmp_path, site)
        assert run.status == 3, (attempts, run.errors)
        assert query(tmp_path, "SELECT attempts FROM pending") == [(attempts,)]
    assert query(tmp_path, "SELECT state FROM pending") == [("given up",)]
    site.reset()
    run = again(tmp_path, site)
    assert run.status == 0, run.errors
    assert site.counts["article"] == 0


def test_a_flash_row_is_stored_with_its_own_text_at_last(site: Server, tmp_path: Path) -> None:
    """A flash row whose article keeps failing waits, and is stored as its list text before it would be given up."""
    entry = next(e for e in Site().entries if "flash:102" in e.channels and e.api == "full" and not e.cfh)
    site.faults.add("500", where="article", code=entry.code)
    arguments = {**WINDOW, "channels": "102"}
    assert crawl(tmp_path, site.address, **arguments).status == 3
    for _ in range(4):
        make_due(tmp_path)
        last = crawl(tmp_path, site.address, **arguments)
    assert last.status == 0, last.errors
    assert query(tmp_path, "SELECT body_from FROM articles WHERE article_id = ?", entry.code) == [("list",)]
    assert query(tmp_path, "SELECT * FROM pending") == []


def test_a_withdrawn_article_is_gone(site: Server, tmp_path: Path) -> None:
    """An article that neither the API nor its page has is pending as a 404, and gone after three tries over a day."""
    code = a_column_article()
    site.faults.add("missing", where="article", code=code)
    site.faults.add("404", where="page", code=code)
    assert crawl(tmp_path, site.address, **WINDOW).status == 3
    ((reason,),) = query(tmp_path, "SELECT reason FROM pending")
    assert reason.startswith("HTTP 404")
    with sqlite3.connect(tmp_path / "news.db") as connection:
        connection.execute("UPDATE pending SET first_at = '2020-01-01 00:00:00.000000'")
    for _ in range(2):
        again(tmp_path, site)
    assert query(tmp_path, "SELECT state, attempts FROM pending") == [("gone", 3)]


@pytest.mark.parametrize("what", ["empty-body", "huge-body"])
def test_a_body_that_a_stage_refuses(site: Server, tmp_path: Path, what: str) -> None:
    """A refused body is pending with stage and reason, or found on the page; nothing is lost and the run goes on."""
    code = a_column_article()
    site.faults.add(what, where="article", code=code)
    run = crawl(tmp_path, site.address, **WINDOW)
    stored = query(tmp_path, "SELECT body_from FROM articles WHERE article_id = ?", code)
    kept = query(tmp_path, "SELECT stage, length(body) FROM pending WHERE article_id = ?", code)
    if what == "empty-body":
        assert stored == [("page",)]
        assert run.status == 0, run.errors
    else:
        assert stored == []
        assert kept[0][0] == "body"
        assert kept[0][1] > 0
        assert run.status == 3


def test_a_revision(tmp_path: Path) -> None:
    """A changed article is a new revision under the same address and time; the old text is kept; unchanged ones stay."""
    with serve(Site()) as site:
        assert crawl(tmp_path, site.address, **WINDOW).status == 0
        before = posts(tmp_path)
        entry = Site().find("revised")
        channel = next(c.partition(":")[2] for c in entry.channels)
        arguments = {**WINDOW, "channels": channel}
        crawl(tmp_path, site.address, **arguments)
        site.app.source.epoch = 1  # type: ignore[attr-defined]  # a Site
        run = crawl(tmp_path, site.address, refetch=1, **arguments)
        assert run.status == 0, run.errors
        assert run.counts["revised"] == 1
        assert run.counts["unchanged"] > 0
        ((revision, first, changed),) = query(
            tmp_path, "SELECT revision, first_seen_at, changed_at FROM articles WHERE article_id = ?", entry.code
        )
        assert revision == 2
        assert changed > first
        assert query(tmp_path, "SELECT revision FROM article_revisions") == [(1,)]
        name = f"{entry.at:%Y-%m-%d}-{entry.code}.md"
        assert b"revision: 2" in posts(tmp_path)[name]
        assert {key for key, post in posts(tmp_path).items() if before.get(key, post) != post} <= {name}


def test_young_articles_are_looked_at_again(tmp_path: Path) -> None:
    """With NEWS_REFETCH_HOURS an everyday run finds a change by itself; right after it asks for nothing again."""
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)
    source = Site(now=now - timedelta(hours=1))
    channel = source.find("revised").channels[0].partition(":")[2]
    settings = {"NEWS_FIRST_RUN_DAYS": 20, "NEWS_REFETCH_HOURS": 20 * 24}
    with serve(source) as site:
        assert crawl(tmp_path, site.address, channels=channel, settings=settings).status == 0
        source.epoch = 1
        with sqlite3.connect(tmp_path / "news.db") as connection:
            connection.execute("UPDATE articles SET checked_at = published_at")
        run = crawl(tmp_path, site.address, channels=channel, settings=settings)
        assert run.status == 0, run.errors
        assert run.counts["revised"] == 1
        assert run.counts["unchanged"] > 0
        site.reset()
        again = crawl(tmp_path, site.address, channels=channel, settings=settings)
        assert again.status == 0, again.errors
        assert site.counts["article"] + site.counts["page"] == 0
        assert run.counts["listed"] == again.counts["known"]
