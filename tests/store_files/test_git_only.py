"""A site that lives in git alone: crawled without a database, cloned, and continued from its posts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, posts, window
from serve import Site, serve

from newscrawler.sample.content import CHANNELS, WINDOW

TEN_DAYS: dict[str, Any] = {"channels": ",".join(CHANNELS), **window(*WINDOW)}


@pytest.mark.parametrize("template", ["post", "finews"])
def test_a_clone_continues(tmp_path: Path, template: str) -> None:
    """With its posts and its state a clone has nothing to do; with its posts alone it reads lists, and no article."""
    settings = {"NEWS_OUTPUTS": "markdown", "NEWS_POST_TEMPLATE": template}
    first, clone = tmp_path / "first", tmp_path / "clone"
    with serve(Site()) as site:
        run = crawl(first, site.address, settings=settings, **TEN_DAYS)
        assert run.status == 0, run.errors
        assert run.counts["inserted"] == len(posts(first)) == len(Site().entries)
        shutil.copytree(first / "_posts", clone / "_posts")
        shutil.copy(first / "state.json", clone / "state.json")
        site.reset()
        run = crawl(clone, site.address, settings=settings, **TEN_DAYS)
        assert (run.status, run.counts["listed"], len(site.log)) == (0, 0, 0), run.errors
        (clone / "state.json").unlink()
        run = crawl(clone, site.address, settings=settings, **TEN_DAYS)
        assert run.status == 0, run.errors
        assert run.counts["known"] == run.counts["listed"] == len(Site().entries)
        assert site.counts["article"] == site.counts["page"] == 0
        assert posts(clone) == posts(first)
        times = {path.stat().st_mtime_ns for path in (clone / "_posts").iterdir()}
        run = crawl(clone, site.address, settings=settings, refetch=1, **TEN_DAYS)
        assert run.status == 0, run.errors
        assert posts(clone) == posts(first)
        assert {path.stat().st_mtime_ns for path in (clone / "_posts").iterdir()} == times
    assert {path.name for path in clone.iterdir()} == {"_posts", "locks", "state.json"}
