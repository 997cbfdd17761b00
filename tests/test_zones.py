"""The zone of the machine is nobody's business: posts and rows are the same wherever a run is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, posts, query
from serve import Site, serve
from stored import TEN_DAYS

ZONES = ("UTC", "Asia/Shanghai", "America/New_York")
OWN = {
    "articles": {"id", "first_seen_at", "changed_at", "checked_at", "story_id"},
    "article_securities": {"id", "article"},
    "article_channels": {"id", "article"},
    "raw_answers": {"id", "fetched_at", "url"},
    "coverage": {"id", "since", "until"},
    "categories": {"id"},
}
"""Tables that are compared, and what differs between any two runs."""


def rows(folder: Path, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table without what is each run's own, in an order that does not hang on it."""
    names = [name for _, name, *_ in query(folder, f"PRAGMA table_info({table})")]
    if table.startswith("article_"):  # by the article's own id instead of the row's
        wanted = ", ".join(f"t.{name}" for name in names if name not in OWN[table])
        sql = f"SELECT a.article_id, {wanted} FROM {table} t JOIN articles a ON a.id = t.article"  # noqa: S608 - tables of ours
    else:
        sql = f"SELECT {', '.join(name for name in names if name not in OWN[table])} FROM {table}"  # noqa: S608 - the same
    return sorted(query(folder, sql), key=repr)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The ten days of the sample, crawled in each zone."""
    folders = {}
    with serve(Site()) as server:
        for zone in ZONES:
            folders[zone] = tmp_path_factory.mktemp(zone.replace("/", "-"))
            # one request after the other: which of an article's lists comes first is chance otherwise
            one = {"CONCURRENT_REQUESTS": "1"}
            assert crawl(folders[zone], server.address, env={"TZ": zone}, settings=one, **TEN_DAYS).status == 0
    return folders


@pytest.mark.parametrize("zone", ZONES[1:])
def test_posts_are_the_same(crawled: dict[str, Path], zone: str) -> None:
    """Every post has the same name and the same bytes."""
    expected = posts(crawled["UTC"])
    assert len(expected) > 40
    assert posts(crawled[zone]) == expected


@pytest.mark.parametrize("zone", ZONES[1:])
@pytest.mark.parametrize("table", OWN)
def test_rows_are_the_same(crawled: dict[str, Path], table: str, zone: str) -> None:
    """Every table has the same rows, but for ids and the times of the crawl."""
    expected = rows(crawled["UTC"], table)
    assert expected
    assert rows(crawled[zone], table) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_windows_are_beijings(tmp_path: Path, zone: str) -> None:
    """A day asked for is Beijing's, and so is the day in a post's name."""
    with serve(Site()) as server:
        asked = {"channels": "102,344", "since": "2026-03-09", "until": "2026-03-09"}
        assert crawl(tmp_path, server.address, env={"TZ": zone}, **asked).status == 0
    assert query(
        tmp_path, "SELECT min(published_at) >= '2026-03-08 16', max(published_at) < '2026-03-09 16' FROM articles"
    ) == [(1, 1)]
    assert posts(tmp_path)
    assert {name[:10] for name in posts(tmp_path)} == {"2026-03-09"}
