"""Every step of the way of an article fails once, or the run dies there: the next run ends as an undisturbed one does."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from crawling import Crawled, window
from faulty import EXTENSIONS_FAULTY
from places import Place
from processes import Launcher
from scenes import Whole
from serve import Server, Site, serve
from sqlalchemy import func, select

from newscrawler.sample.content import WINDOW
from newscrawler.settings import ITEM_PIPELINES
from pipelines.store.tables import pending

SINCE = WINDOW[1] - timedelta(days=3)
ALL: dict[str, Any] = {"channels": "344,102", **window(SINCE, WINDOW[1])}
"""A few articles: there are many runs here."""
LISTS = {"column:344", "flash:102"}
CODES = [entry.code for entry in Site().entries if LISTS & set(entry.channels) and entry.at >= SINCE]
BOTH = [entry.code for entry in Site().entries if set(entry.channels) >= LISTS and entry.code in CODES]
"""Articles that both lists hold."""
STORE = "pipelines.store.sql:DatabaseStore"
STAGES = [":".join(name.rsplit(".", 1)) for name in ITEM_PIPELINES]
GAPS = [
    *(f"before {stage}.process_item" for stage in STAGES),
    "after pipelines.database:StoreArticle.process_item",
]
"""Before every stage, and after the last one."""
OTHER_STEPS = (
    *(f"before {STORE}.start_run", f"after {STORE}.start_run"),
    *("before newscrawler.base:NewsSpider.start", f"after {STORE}.put"),
    *("before newscrawler.base:NewsSpider.parse_list", f"after {STORE}.known"),
    "before newscrawler.fetching:ArticleSpider.parse_article",
    *(
        "before os:replace",
        "before pipelines.posting.posts:_sync_folder",
    ),  # a post is half there; it is there, not yet for sure
    *("after pipelines.store.save:_insert", "after pipelines.store.save:save"),  # within the transaction; at its end
    f"after {STORE}.save",  # it is committed, and nobody has been told
    "before newscrawler.incremental:Incremental.ended",
    *(f"before {STORE}.cover", f"after {STORE}.cover"),
    *(f"before {STORE}.finish_run", f"after {STORE}.finish_run"),
)
OF_AN_ARTICLE = ("process_item", "parse_article", "os:replace", ".save", ":save", "_insert", "ended")
STORE_CALLS = ("start_run", "waiting", "put", "known", "slug", "banded", "save", "cover", "finish_run")


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """The sample source."""
    with serve(Site()) as server:
        yield server


@pytest.fixture(scope="module")
def expected(site: Server, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """What one run that nothing befell leaves."""
    folder = tmp_path_factory.mktemp("expected")
    place = Place(launcher, folder, f"sqlite:///{folder / 'news.db'}")
    run = place.crawl(site.address, ALL)
    assert run.status == 0, run.errors
    whole = Whole(place.posts(), place.facts())
    place.close()
    assert set(whole.facts["articles"]) == set(CODES)
    return whole


def fault(at: str, how: str, **more: Any) -> dict[str, Any]:
    """Return a fault, on an article that both lists hold where the step is one of an article's."""
    code = BOTH[0] if any(step in at for step in OF_AN_ARTICLE) else ""
    return {"at": at, "how": how, "code": code, **more}


def faulty(place: Place, site: Server, *faults: dict[str, Any]) -> Crawled:
    """Crawl with faults; each must have struck."""
    settings = {"EXTENSIONS": json.dumps(EXTENSIONS_FAULTY), "FAULTS": json.dumps(faults)}
    run = place.crawl(site.address, ALL, **settings)
    struck = [line for line in run.errors.splitlines() if line.startswith("FAULT ")]
    assert len(struck) == len(faults), run.errors
    return run


def converge(place: Place, site: Server, expected: Whole) -> None:
    """One more run, when pending articles are due: nothing is missing, nothing is there twice."""
    place.let_time_pass()
    run = place.crawl(site.address, ALL)
    assert run.status == 0, run.errors
    expected.check(place)


@pytest.mark.parametrize("at", [*GAPS, *OTHER_STEPS])
def test_killed_there(place: Place, site: Server, expected: Whole, at: str) -> None:
    """A run that is killed at any step costs the next run some requests, and nothing else."""
    run = faulty(place, site, fault(at, "kill"))
    assert run.status == -signal.SIGKILL
    for name, post in place.posts().items():
        assert post == expected.posts[name], "a post is half-written"
    converge(place, site, expected)


@pytest.mark.parametrize(
    "at",
    [
        *(f"before {STORE}.{name}" for name in STORE_CALLS),
        GAPS[0],
        "before pipelines.database:StoreArticle.process_item",
    ],
)
def test_the_store_fails_there(place: Place, site: Server, expected: Whole, at: str) -> None:
    """A store that fails at any step ends the run with 5; nothing is pending for that, and the next run completes."""
    run = faulty(place, site, fault(at, "store"))
    assert run.status == 5, run.errors
    assert run.errors.count("CRITICAL: the store failed: synthetic fault") == 1, run.errors
    assert place.rows(select(func.count()).select_from(pending)) == [(0,)]
    assert all(status in (5, None) for status, _, _ in place.runs())
    converge(place, site, expected)


@pytest.mark.parametrize(("how", "status"), [("bug", 1), ("drop", 3)])
def test_every_stage_fails(place: Place, site: Server, expected: Whole, how: str, status: int) -> None:
    """An error, or a refusal, between any two stages leaves its article pending; the next run stores it."""
    codes = [*BOTH, *(code for code in CODES if code not in BOTH)]
    run = faulty(place, site, *({"at": at, "how": how, "code": code} for at, code in zip(GAPS, codes, strict=False)))
    assert run.status == status, run.errors
    waiting = {row.article_id: row.stage for row in place.rows(select(pending))}
    assert set(waiting) == set(codes[: len(GAPS)])
    assert set(waiting.values()) == {"bug" if how == "bug" else "item"}
    converge(place, site, expected)


def test_a_pending_article_keeps_its_lists(place: Place, site: Server, expected: Whole) -> None:
    """Lists that a pending article is met in, in one run or in several, are noted with it when it is stored at last."""
    (code,) = BOTH
    broken = {"what": "500", "where": "article", "code": code}
    window_ = {name: ALL[name] for name in ("since", "until")}
    site.faults.add(**broken)
    try:
        assert place.crawl(site.address, {"channels": "344", **window_}).status == 3
        assert place.crawl(site.address, {"channels": "102", **window_}).status == 0  # not due, and that is no news
        place.let_time_pass()
        assert place.crawl(site.address, ALL).status == 3  # tried again in vain
    finally:
        site.faults.clear()
    converge(place, site, expected)
    assert {channel for article, channel in expected.facts["channels"] if article == code} >= LISTS


@pytest.mark.parametrize(
    "at",
    [
        "before newscrawler.base:NewsSpider.start",
        "before newscrawler.base:NewsSpider.parse_list",
        "before newscrawler.incremental:Incremental.page",
        "before newscrawler.fetching:ArticleSpider.parse_article",
        "before newscrawler.incremental:Incremental.ended",
        f"before {STORE}.start_run",
        f"before {STORE}.cover",
        f"before {STORE}.save",
        f"before {STORE}.finish_run",
        "before os:replace",
    ],
)
def test_a_bug_there(place: Place, site: Server, expected: Whole, at: str) -> None:
    """An exception that nobody foresaw, at any step, is exit 1 and never a hole: the next run completes."""
    run = faulty(place, site, fault(at, "bug"))
    assert run.status == 1, run.errors
    converge(place, site, expected)
