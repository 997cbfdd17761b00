"""The whole way of an article, from list page to post and row, over real HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import ROOT, Crawled, crawl, posts, query, window
from serve import BulkSite, Server, Site, serve

from newscrawler.sample.content import CHANNELS, WINDOW

TEN_DAYS: dict[str, Any] = {"channels": ",".join(CHANNELS), **window(*WINDOW)}


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def page_of(target: str) -> int:
    """The number of the list page that was asked for."""
    found = re.search(r"page_index=(\d+)", target)
    assert found is not None
    return int(found[1])


def balanced(run: Crawled) -> bool:
    """Whether every listed article ended somewhere."""
    counts = run.counts
    return counts["listed"] == sum(counts[end] for end in ("known", "inserted", "revised", "unchanged", "pending"))


def test_everything_is_stored_once(site: Server, tmp_path: Path) -> None:
    """A backfill stores every listed article as one post and one row, and asks for each article once."""
    run = crawl(tmp_path, site.address, **TEN_DAYS)
    assert run.status == 0, run.errors
    entries = {entry.code for entry in Site().entries}
    assert {code for (code,) in query(tmp_path, "SELECT article_id FROM articles")} == entries
    assert len(posts(tmp_path)) == len(entries)
    assert run.counts["inserted"] == run.counts["listed"] == len(entries)
    assert balanced(run)
    asked = [line.code for line in site.log if line.kind == "article"]
    assert len(asked) == len(set(asked))


def test_the_same_window_again_changes_nothing(site: Server, tmp_path: Path) -> None:
    """A second run over the same window asks for no article and rewrites neither post nor row."""
    crawl(tmp_path, site.address, **TEN_DAYS)
    before, rows = posts(tmp_path), query(tmp_path, "SELECT * FROM articles ORDER BY id")
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "_posts").iterdir()}
    site.reset()
    run = crawl(tmp_path, site.address, **TEN_DAYS)
    assert run.status == 0, run.errors
    assert site.counts["article"] == site.counts["page"] == 0
    assert posts(tmp_path) == before
    assert query(tmp_path, "SELECT * FROM articles ORDER BY id") == rows
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "_posts").iterdir()} == times


def test_where_articles_come_from(site: Server, tmp_path: Path) -> None:
    """An article that the API lacks comes from its page; a flash row without one and a blog row are their list text."""
    assert crawl(tmp_path, site.address, **TEN_DAYS).status == 0
    origin = dict(query(tmp_path, "SELECT article_id, body_from FROM articles"))
    for entry in Site().entries:
        if entry.cfh or (entry.api == "none" and not entry.page):
            expected = "list"
        elif entry.api == "full":
            expected = "api"
        else:
            expected = "page"
        assert origin[entry.code] == expected, entry.key
    assert set(origin.values()) == {"api", "page", "list"}


def test_the_lists_an_article_was_met_in(site: Server, tmp_path: Path) -> None:
    """An article that several lists hold is one article, and knows them all."""
    assert crawl(tmp_path, site.address, **TEN_DAYS).status == 0
    met: dict[str, set[str]] = {}
    for code, channel in query(
        tmp_path, "SELECT article_id, channel FROM article_channels c JOIN articles a ON a.id = c.article"
    ):
        met.setdefault(code, set()).add(channel)
    asked = {f"{'flash' if int(number) < 132 else 'column'}:{number}" for number in CHANNELS}
    for entry in Site().entries:
        assert met[entry.code] == set(entry.channels) & asked, entry.key


def test_times_are_the_lists_times(site: Server, tmp_path: Path) -> None:
    """The stored moment is the list's, in UTC; the day of the id plays no part."""
    assert crawl(tmp_path, site.address, **TEN_DAYS).status == 0
    stored = dict(query(tmp_path, "SELECT article_id, published_at FROM articles"))
    for entry in Site().entries:
        at = datetime.fromisoformat(stored[entry.code]).replace(tzinfo=ZoneInfo("UTC"))
        assert at == entry.at, entry.key


def test_the_readme_shows_a_real_post(site: Server, tmp_path: Path) -> None:
    """The post in the README is one that the demo writes, to the letter."""
    name = "2026-03-04-202603043661000207.md"
    assert crawl(tmp_path, site.address, **TEN_DAYS).status == 0
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert name in readme
    assert posts(tmp_path)[name].decode().rstrip() in readme


def test_everyday_run_continues(tmp_path: Path) -> None:
    """The first run takes a day; the next asks for list pages only; a late article is found; one request a channel."""
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)
    with serve(Site(now=now - timedelta(hours=1))) as site:
        first = crawl(tmp_path, site.address, channels="344,102")
        assert first.status == 0, first.errors
        assert first.counts["inserted"] > 0
        site.reset()
        second = crawl(tmp_path, site.address, channels="344,102")
        assert second.status == 0, second.errors
        assert second.counts["inserted"] == 0
        assert site.counts["article"] == site.counts["page"] == 0
        assert site.counts["list"] == site.counts["flash"] == 1
        assert balanced(second)


def test_limit(site: Server, tmp_path: Path) -> None:
    """A limit takes so many articles and no more, ends well, and the next run takes the rest."""
    run = crawl(tmp_path, site.address, limit=5, **TEN_DAYS)
    assert run.status == 0, run.errors
    assert run.counts["inserted"] == 5
    assert balanced(run)
    rest = crawl(tmp_path, site.address, **TEN_DAYS)
    assert rest.status == 0
    assert len(posts(tmp_path)) == len(Site().entries)


@pytest.mark.parametrize("outputs", ["markdown", "database"])
def test_one_output(site: Server, tmp_path: Path, outputs: str) -> None:
    """Either output alone holds everything, and a second run finds nothing new."""
    settings = {"NEWS_OUTPUTS": outputs}
    run = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
    assert run.status == 0, run.errors
    written = len(posts(tmp_path))
    assert written == (len(Site().entries) if outputs == "markdown" else 0)
    assert (tmp_path / "news.db").exists() == (outputs == "database")
    before = posts(tmp_path)
    site.reset()
    again = crawl(tmp_path, site.address, settings=settings, **TEN_DAYS)
    assert again.status == 0, again.errors
    assert site.counts["article"] == 0
    assert posts(tmp_path) == before


# --- bad input: one line, exit 2, nothing asked ---


@pytest.mark.parametrize(
    ("arguments", "settings", "word"),
    [
        ({"chanels": "344"}, {}, "chanels"),
        ({"channels": "国内精济"}, {}, "国内精济"),
        ({"channels": ""}, {}, "channel"),
        ({"since": "soon"}, {}, "soon"),
        ({"since": "2026-03-05", "until": "2026-03-01"}, {}, "before"),
        ({"until": "2026-03-01"}, {}, "since"),
        ({"since": "2099-01-01"}, {}, "since=2099"),
        ({"limit": "many"}, {}, "limit"),
        ({"limit": "0"}, {}, "limit"),
        ({"refetch": "yes"}, {}, "refetch"),
        ({}, {"NEWS_OUTPUTS": "paper"}, "paper"),
        ({}, {"NEWS_DATABASE_URL": "nosuch://x/y"}, "NEWS_DATABASE_URL"),
        ({}, {"NEWS_DATABASE_URL": "::::"}, "NEWS_DATABASE_URL"),
        ({}, {"NEWS_POST_TEMPLATE": "/nowhere/post.j2"}, "NEWS_POST_TEMPLATE"),
        ({}, {"NEWS_CHARTS": "maybe"}, "NEWS_CHARTS"),
        ({}, {"NEWS_POSTS_DIR": "/proc/nothing"}, "NEWS_POSTS_DIR"),
        ({}, {"NEWS_MIRROR": "not an address"}, "NEWS_MIRROR"),
        ({}, {"NEWS_FIRST_RUN_DAYS": "ever"}, "NEWS_FIRST_RUN_DAYS"),
        ({}, {"NEWS_EASTMONEY_CHANNELS": "nowhere"}, "NEWS_EASTMONEY_CHANNELS"),
    ],
)
def test_bad_input(
    site: Server, tmp_path: Path, arguments: dict[str, str], settings: dict[str, str], word: str
) -> None:
    """A mistake in an argument or setting is one line that names it, exit 2, before any request."""
    settings = {"LOG_LEVEL": "ERROR", **settings}
    mirror = settings.pop("NEWS_MIRROR", site.address)
    run = crawl(tmp_path, mirror, settings=settings, **arguments)
    assert run.status == 2, run.errors
    assert "Traceback" not in run.errors
    lines = [line for line in run.errors.splitlines() if line.strip()]
    assert len(lines) == 1, run.errors
    assert word in lines[0]
    assert not site.log


def test_latency_through_a_mirror(site: Server, tmp_path: Path) -> None:
    """AutoThrottle is told how long a mirror took, as the site's own host."""
    settings = {"AUTOTHROTTLE_ENABLED": "1", "AUTOTHROTTLE_DEBUG": "1", "AUTOTHROTTLE_START_DELAY": "0"}
    run = crawl(tmp_path, site.address, settings=settings, limit=2, **TEN_DAYS)
    assert run.status == 0, run.errors
    assert "slot: np-listapi.eastmoney.com" in run.errors


def test_unknown_spider(site: Server, tmp_path: Path) -> None:
    """A spider that does not exist is one line with those that do."""
    run = crawl(tmp_path, site.address, spider="westmoney", settings={"LOG_LEVEL": "ERROR"})
    assert run.status == 2
    assert "eastmoney" in run.errors
    assert "Traceback" not in run.errors


# --- what goes wrong on the way ---


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"what": "403", "where": "list"}, 4),
        ({"what": "captcha", "where": "list"}, 4),
        ({"what": "ban", "where": "list"}, 4),
        ({"what": "html", "where": "list"}, 6),
        ({"what": "no-array", "where": "list"}, 6),
        ({"what": "500", "where": "list"}, 3),
        ({"what": "reset", "where": "list"}, 3),
        ({"what": "null", "where": "list"}, 3),
    ],
)
def test_a_list_that_is_none(site: Server, tmp_path: Path, fault: dict[str, str], status: int) -> None:
    """An answer that is no list never reads as no news: refused, shape lost, or not whole; nothing is called covered."""
    site.faults.add(**fault)
    run = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert run.status == status, run.errors + run.said
    assert query(tmp_path, "SELECT * FROM coverage") == []
    site.faults.clear()
    again = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert again.status == 0, again.errors


@pytest.mark.parametrize("what", ["no-code", "no-time", "broken-time"])
def test_a_bad_row(site: Server, tmp_path: Path, what: str) -> None:
    """A row that cannot be read is pending with its reason, the rest of the page is stored, the run is not whole."""
    site.faults.add(what, where="list", channel="column:344")
    run = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert run.status == 3, run.errors
    ((stage, reason, attempts),) = query(tmp_path, "SELECT stage, reason, attempts FROM pending")
    assert (stage, attempts) == ("list", 1)
    assert reason
    assert balanced(run)
    assert run.counts["pending"] == 1
    assert run.counts["inserted"] == len([e for e in Site().entries if "column:344" in e.channels]) - 1


def test_an_article_that_cannot_be_had(site: Server, tmp_path: Path) -> None:
    """An article whose answer fails is pending, not a hole: it is stored by a later run, and coverage goes on."""
    code = next(e.code for e in Site().entries if "column:344" in e.channels and e.api == "full" and not e.cfh)
    site.faults.add("500", where="article", code=code)
    run = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert run.status == 3, run.errors
    ((pending, reason),) = query(tmp_path, "SELECT article_id, reason FROM pending")
    assert pending == code
    assert "500" in reason
    assert balanced(run)
    site.faults.clear()
    waiting = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10")
    assert waiting.status == 0, waiting.errors  # its next try has not come, and that is no news
    assert query(tmp_path, "SELECT count(*) FROM pending") == [(1,)]


def test_a_refusal_is_never_got_round(site: Server, tmp_path: Path) -> None:
    """Where the article API refuses, the page is not asked instead, and the host is left alone."""
    site.faults.add("403", where="article")
    run = crawl(tmp_path, site.address, **TEN_DAYS)
    assert run.status == 4, run.errors
    assert site.counts["page"] == 0
    assert site.counts["article"] <= 16  # those already under way
    assert balanced(run)


def test_rows_that_shift_between_pages(tmp_path: Path) -> None:
    """Rows pushed to the next page by newer ones are met twice and counted once."""
    with serve(Site()) as site:
        site.faults.add("shift", where="list", channel="column:344", value="3")
        run = crawl(tmp_path, site.address, channels="344", since="2026-03-01", until="2026-03-10 23:59:59")
        assert run.status == 0, run.errors
        assert balanced(run)
        codes = [code for (code,) in query(tmp_path, "SELECT article_id FROM articles")]
        assert len(codes) == len(set(codes))


def test_rows_that_slide_past_the_edge_of_a_page(tmp_path: Path) -> None:
    """A row withdrawn while a column is paged pulls another one to the page read before, and that one is met all the same."""
    source = BulkSite(articles=450, days=9, body_bytes=300, channels=("column:344",))
    with serve(source) as site:
        site.faults.add("withdraw", where="list", channel="column:344", value="2")
        run = crawl(tmp_path, site.address, channels="344", **window(*source.window))
        assert run.status == 0, run.errors
        assert balanced(run)
        assert query(tmp_path, "SELECT count(*) FROM articles") == [(450,)]
        pages = [number for number, line in enumerate(site.log) if line.kind == "list"]
        assert [page_of(site.log[number].target) for number in pages] == [1, 2, 1, 2, 3, 4]
        assert pages[2] - pages[1] <= 32  # at once: what is under way, not the articles of the page, come between
        assert pages[3] - pages[2] <= 150


def test_a_page_that_is_empty_when_it_is_read_again(tmp_path: Path) -> None:
    """A list that breaks off just then is a gap, and the next run has the row that slid past the edge."""
    with serve(BulkSite(articles=398, days=9, body_bytes=300, channels=("column:344",))) as site:
        site.faults.add("withdraw", where="list", value="1")
        site.faults.add("empty", where="list", page=1, after=1, times=1)
        far = {"NEWS_FIRST_RUN_DAYS": "36500"}  # the articles are of 2026, whenever this runs
        run = crawl(tmp_path, site.address, channels="344", settings=far)
        assert run.status == 3, run.errors
        assert query(tmp_path, "SELECT count(*) FROM articles") == [(397,)]
        site.faults.clear()
        run = crawl(tmp_path, site.address, channels="344", settings=far)
        assert run.status == 0, run.errors
        assert query(tmp_path, "SELECT count(*) FROM articles") == [(398,)]


def test_the_ledger(site: Server, tmp_path: Path) -> None:
    """Every run has a row with its arguments, counts, exit status and end."""
    crawl(tmp_path, site.address, **TEN_DAYS)
    ((spider, arguments, status, finished, listed, inserted),) = query(
        tmp_path, "SELECT spider, arguments, exit_status, finished_at, listed, inserted FROM runs"
    )
    assert spider == "eastmoney"
    assert json.loads(arguments)["channels"] == TEN_DAYS["channels"]
    assert status == 0
    assert finished
    assert listed == inserted == len(Site().entries)
