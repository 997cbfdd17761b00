"""A source that misbehaves on demand: exit status, what is stored, what is pending, how often it is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawling import Crawled, crawl, posts, query
from serve import Server, Site, serve

CHANNEL = "column:344"
DAYS = {"channels": "344", "since": "2026-03-01", "until": "2026-03-10"}
CAREFUL = {"CONCURRENT_REQUESTS_PER_DOMAIN": 1, "RETRY_TIMES": 1}
"""One request at a time, as by default; one retry."""
LISTED = [entry for entry in Site().entries if CHANNEL in entry.channels]
ALL = len(LISTED)
ONE = next(entry.code for entry in LISTED if entry.api == "full" and not entry.cfh)
"""An article that its API has."""


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def run(site: Server, folder: Path, **more: Any) -> Crawled:
    """Crawl the column's ten days, carefully; `more` are settings."""
    return crawl(folder, site.address, settings={**CAREFUL, **more}, **DAYS)


def patience(fault: dict[str, Any]) -> dict[str, Any]:
    """A second for a source that is slow on purpose; a machine that stands still as long must not look like one."""
    return {"DOWNLOAD_TIMEOUT": 1} if fault["what"] == "slow" else {}


def stored(folder: Path) -> int:
    """How many rows there are; posts must be as many."""
    ((rows,),) = query(folder, "SELECT count(*) FROM articles")
    assert len(posts(folder)) == rows
    return int(rows)


def pending(folder: Path) -> list[tuple[str, str]]:
    """What waits: article and stage."""
    return [(code, stage) for code, stage in query(folder, "SELECT article_id, stage FROM pending")]


def make_due(folder: Path) -> None:
    """Let the time of every next try come."""
    with sqlite3.connect(folder / "news.db") as connection:
        connection.execute("UPDATE pending SET next_at = '2020-01-01 00:00:00.000000'")


def honest(run: Crawled, folder: Path) -> None:
    """The balance holds, and 0 means that everything listed is stored and covered."""
    counts = run.counts
    assert counts["listed"] == sum(counts[end] for end in ("known", "inserted", "revised", "unchanged", "pending"))
    if run.status == 0:
        assert stored(folder) == ALL
        assert pending(folder) == []


LISTS: list[tuple[dict[str, Any], int, int, int]] = [
    # fault, exit status, stored, list requests at most (a retry, a second page)
    ({"what": "reset"}, 3, 0, 3),  # Twisted tries again by itself on a connection that was kept
    ({"what": "close"}, 3, 0, 3),
    ({"what": "slow", "value": "60"}, 3, 0, 2),
    ({"what": "403"}, 4, 0, 1),
    ({"what": "captcha"}, 4, 0, 1),
    ({"what": "ban"}, 4, 0, 1),
    ({"what": "429", "value": "3600"}, 4, 0, 1),
    ({"what": "429", "value": "1", "times": 1}, 0, ALL, 3),
    ({"what": "429", "value": "1"}, 4, 0, 2),
    ({"what": "503", "value": "1", "times": 1}, 0, ALL, 3),
    ({"what": "500", "times": 1}, 0, ALL, 3),
    ({"what": "500"}, 3, 0, 2),
    ({"what": "404"}, 6, 0, 1),
    ({"what": "redirect-loop"}, 3, 0, 4),
    ({"what": "cut"}, 3, 0, 2),
    ({"what": "cut-unsized"}, 3, 0, 2),
    ({"what": "cut-unnoticed"}, 3, 0, 1),
    ({"what": "cut-gzip"}, 3, 0, 2),
    ({"what": "gzip"}, 0, ALL, 2),
    ({"what": "bomb"}, 3, 0, 2),
    ({"what": "large"}, 3, 0, 2),
    ({"what": "mislabel"}, 0, ALL, 2),
    ({"what": "recode"}, 6, 0, 1),
    ({"what": "html"}, 6, 0, 1),
    ({"what": "no-array"}, 6, 0, 1),
    ({"what": "error"}, 4, 0, 1),  # 系统繁忙
    ({"what": "null"}, 3, 0, 1),
    ({"what": "empty"}, 3, 0, 1),
    ({"what": "null", "page": 2}, 0, ALL, 2),
    ({"what": "500", "page": 2}, 3, ALL, 3),
    ({"what": "duplicate"}, 0, ALL, 2),
    ({"what": "disorder"}, 0, ALL, 2),
    ({"what": "number-code"}, 0, ALL, 2),
    ({"what": "capital-dst"}, 0, ALL, 2),
]


@pytest.mark.parametrize(("fault", "status", "kept", "asked"), LISTS, ids=[str(case[0]) for case in LISTS])
def test_lists(site: Server, tmp_path: Path, fault: dict[str, Any], status: int, kept: int, asked: int) -> None:
    """A list that misbehaves: the run says so, stores what it could trust, asks no more than it should, and recovers."""
    site.faults.add(where="list", **fault)
    first = run(site, tmp_path, **patience(fault))
    assert first.status == status, first.errors
    assert stored(tmp_path) == kept
    assert site.counts["list"] <= asked
    honest(first, tmp_path)
    if status == 4:
        assert site.counts["article"] == 0
    if status in (3, 6) and not kept:
        assert query(tmp_path, "SELECT * FROM coverage") == []


def test_a_future_row(site: Server, tmp_path: Path) -> None:
    """A row dated days ahead is pending with its reason; the others are stored."""
    site.faults.add("future", where="list", channel=CHANNEL)
    done = run(site, tmp_path)
    assert done.status == 3, done.errors
    assert stored(tmp_path) == ALL - 1
    ((_, stage),) = pending(tmp_path)
    assert stage == "list"
    honest(done, tmp_path)


ARTICLES: list[tuple[dict[str, Any], int, bool, int]] = [
    # fault, exit status, is it stored all the same, requests for this article at most
    ({"what": "reset"}, 3, False, 3),
    ({"what": "close"}, 3, False, 3),
    ({"what": "slow", "value": "60"}, 3, False, 2),
    ({"what": "500"}, 3, False, 2),
    ({"what": "500", "times": 1}, 0, True, 2),
    ({"what": "503", "value": "1", "times": 1}, 0, True, 2),
    ({"what": "redirect-loop"}, 3, False, 4),
    ({"what": "cut"}, 3, False, 2),
    ({"what": "cut-unsized"}, 3, False, 2),
    ({"what": "cut-unnoticed"}, 3, False, 1),
    ({"what": "cut-gzip"}, 3, False, 2),
    ({"what": "bomb"}, 3, False, 2),
    ({"what": "mislabel"}, 0, True, 1),
    ({"what": "recode"}, 3, False, 1),
    ({"what": "html"}, 3, False, 1),
    ({"what": "404"}, 0, True, 1),
    ({"what": "missing"}, 0, True, 1),
    ({"what": "null"}, 0, True, 1),
    ({"what": "empty-body"}, 0, True, 1),
    ({"what": "huge-body"}, 3, False, 1),
    ({"what": "hostile"}, 3, False, 1),  # nested too deep to be looked at
]


@pytest.mark.parametrize(("fault", "status", "kept", "asked"), ARTICLES, ids=[str(case[0]) for case in ARTICLES])
def test_articles(site: Server, tmp_path: Path, fault: dict[str, Any], status: int, kept: bool, asked: int) -> None:
    """One article that misbehaves is found elsewhere or pending, every other one is stored, and the next run loses nothing."""
    site.faults.add(where="article", code=ONE, **fault)
    first = run(site, tmp_path, **patience(fault))
    assert first.status == status, first.errors
    assert stored(tmp_path) == (ALL if kept else ALL - 1)
    assert [code for code, _ in pending(tmp_path)] == ([] if kept else [ONE])
    requests = [line for line in site.log if line.kind == "article" and ONE in line.target]
    assert 1 <= len(requests) <= asked
    honest(first, tmp_path)


@pytest.mark.parametrize("what", ["403", "captcha", "ban", "429"])
def test_a_refusal_in_the_middle(site: Server, tmp_path: Path, what: str) -> None:
    """After a refusal at most three more requests reach the host; what was not fetched is pending; the next run probes first."""
    site.faults.add(what, where="article", after=5, **({"value": "3600"} if what == "429" else {}))
    first = run(site, tmp_path, DOWNLOAD_DELAY=0.1)  # without any pause more are on their way before an answer is read
    assert first.status == 4, first.errors
    assert 6 <= site.counts["article"] <= 9
    assert site.counts["page"] <= 3  # those that the API lacks; a refusal is not got round
    honest(first, tmp_path)
    if what == "429":
        return
    site.reset()
    make_due(tmp_path)
    second = run(site, tmp_path, DOWNLOAD_DELAY=0.1)
    assert second.status == 4, second.errors
    assert site.counts["article"] <= 3  # the probe, and what was on its way before a page was read as a refusal
    site.faults.clear()
    make_due(tmp_path)
    third = run(site, tmp_path)
    assert third.status == 0, third.errors
    honest(third, tmp_path)


def test_a_redirect_to_a_host_that_is_not_the_sources(site: Server, tmp_path: Path) -> None:
    """A redirect to another host is not followed: the decoy is never asked, and the run is refused."""
    with serve(Site()) as decoy:
        site.faults.add("redirect", where="list", value=f"{decoy.address}/np-listapi.eastmoney.com/x")
        first = run(site, tmp_path)
        assert first.status == 4, first.errors
        assert not decoy.log
    assert stored(tmp_path) == 0


def test_nobody_listens(tmp_path: Path) -> None:
    """Refused connections: nothing is covered, exit 3, and the next run takes everything."""
    with serve(Site()) as site:
        site.pause()
        first = run(site, tmp_path)
        assert first.status == 3, first.errors
        assert query(tmp_path, "SELECT * FROM coverage") == []
        site.resume()
        second = run(site, tmp_path)
        assert second.status == 0, second.errors
        assert stored(tmp_path) == ALL
