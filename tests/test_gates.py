"""Health gates: the table, what is usual, and what a failing one does to a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import ROOT, crawl, query, window
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler
from serve import Fault, Server, Site, serve
from stored_weeks import NOW, keep_weeks

from newscrawler.gates import GATES, Snapshot, Usual, failed, judge
from newscrawler.history import ages, volume
from newscrawler.outcome import decide
from newscrawler.sample.content import CHANNELS, WINDOW
from newscrawler.sample.model import Entry
from newscrawler.snapshot import snapshot as snapshot_of
from newscrawler.tally import Tally
from pipelines.config import Config
from pipelines.store import open_store
from pipelines.store.base import Store

TEN_DAYS: dict[str, Any] = {"channels": ",".join(CHANNELS), **window(*WINDOW)}
GOOD = Snapshot(
    stored=200,
    answered=190,
    present={"title": 200, "date": 200, "body": 200, "media": 190},
    read=190,
    quiet=False,
    volume=Usual(100, 100),
    ages={"column:344": Usual(0.1, 1), "flash:102": Usual(0.1, 1)},
)


def snapshot(**changes: Any) -> Snapshot:
    """A good run's snapshot, with changes."""
    return replace(GOOD, **changes)


def fields(**changes: int) -> dict[str, int]:
    """How many articles have each field, with changes."""
    return {**GOOD.present, **changes}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (GOOD, []),
        (Snapshot(), []),
        (snapshot(present=fields(title=198)), []),
        (snapshot(present=fields(title=197)), ["title"]),
        (snapshot(present=fields(date=0)), ["date"]),
        (snapshot(present=fields(body=100)), ["body"]),
        (snapshot(present=fields(media=188)), []),
        (snapshot(present=fields(media=187)), ["media"]),
        (snapshot(refused={"dates": 2, "text": 2}), []),
        (snapshot(refused={"dates": 3}), ["date"]),
        (snapshot(refused={"text": 200, "body": 200}), ["title", "body"]),
        # two articles are an accident, three without are a shape
        (Snapshot(stored=2, answered=2, present={"title": 2, "date": 2, "body": 2}), []),
        (Snapshot(stored=3, answered=3, present={"title": 3, "date": 3, "body": 3}), ["media"]),
        # a flash row that is the news itself names no publisher
        (Snapshot(stored=3, answered=0, present={"title": 3, "date": 3, "body": 3}), []),
        (snapshot(read=0, unreadable=2), []),
        (snapshot(read=0, unreadable=3), ["shape"]),
        (snapshot(read=50, unreadable=50), []),
        (snapshot(read=50, unreadable=51), ["shape"]),
        (snapshot(volume=Usual(20, 100)), []),
        (snapshot(volume=Usual(19, 100)), ["volume"]),
        (snapshot(volume=Usual(0, 9)), []),
        (snapshot(volume=Usual(0, 10)), ["volume"]),
        (snapshot(volume=None), []),
        (snapshot(volume=Usual(0, 100), quiet=True), []),
        (snapshot(ages={"flash:102": Usual(6, 2)}), []),
        (snapshot(ages={"column:344": Usual(1, 2), "flash:102": Usual(6.1, 2)}), ["freshness flash:102"]),
        (snapshot(ages={"flash:102": Usual(60, 2)}, quiet=True), []),
        (snapshot(pending=10), []),
        (snapshot(pending=11), ["pending"]),
        (snapshot(stored=1, pending=18), []),
        (snapshot(stored=0, pending=20), ["pending"]),
        (snapshot(from_page=38), []),
        (snapshot(from_page=39), ["page"]),
        (snapshot(answered=19, from_page=19, present=fields(media=19)), []),
    ],
)
def test_what_fails(seen: Snapshot, expected: list[str]) -> None:
    """A gate fails where its share is beyond the threshold and there is enough to judge, and says so in a line."""
    wrong = failed(judge(seen))
    assert [verdict.name for verdict in wrong] == expected
    assert all(verdict.line and "\n" not in verdict.line for verdict in wrong)


def test_what_is_not_judged_has_no_verdict() -> None:
    """A quiet run has passed no gate of history, so it does not say that all is well again."""
    assert {verdict.name for verdict in judge(GOOD)} >= {"volume", "freshness flash:102", "media", "pending"}
    assert judge(Snapshot()) == []
    quiet = {verdict.name for verdict in judge(snapshot(quiet=True))}
    assert not any(name.startswith(("volume", "freshness")) for name in quiet)


def test_the_line_names_figures_and_threshold() -> None:
    """The line says what was measured and what would be right."""
    (verdict,) = failed(judge(snapshot(present=fields(media=100))))
    assert verdict.line == "100 of 190 articles name a publisher; right is at least 99%"
    (verdict,) = failed(judge(snapshot(ages={"flash:102": Usual(7, 2)})))
    assert verdict.line == "flash:102: no article for 7.0 h, 2.0 h are usual; right is at most 3 times that"


def test_each_gate_has_one_threshold() -> None:
    """Every gate of the table has a name of its own, a threshold in one direction, and a status that means something."""
    assert len({gate.name for gate in GATES}) == len(GATES)
    for gate in GATES:
        assert (gate.at_least is None) != (gate.at_most is None), gate.name
        assert gate.status in (0, 3, 6)


def test_the_table_is_documented() -> None:
    """The architecture's table of gates names every gate."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.split("## Health gates", 1)[1].split("\n## ", 1)[0]
    named = [
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert named == [gate.name for gate in GATES]


@pytest.mark.parametrize(
    ("seen", "before", "status"),
    [
        (snapshot(present=fields(media=0)), {}, 6),
        (snapshot(unreadable=500), {}, 6),
        (snapshot(volume=Usual(0, 100)), {}, 3),
        (snapshot(ages={"flash:102": Usual(60, 2)}), {}, 3),
        (snapshot(pending=50), {}, 3),
        (snapshot(from_page=190), {}, 0),
        (snapshot(volume=Usual(0, 100), present=fields(media=0)), {}, 6),
        (snapshot(present=fields(media=0)), {"store_failed": "down"}, 5),
        (snapshot(present=fields(media=0)), {"bugs": ["KeyError"]}, 1),
        (snapshot(present=fields(media=0)), {"refused": "403"}, 6),
        (snapshot(volume=Usual(0, 100)), {"refused": "403"}, 4),
    ],
)
def test_gates_decide_in_order(seen: Snapshot, before: dict[str, Any], status: int) -> None:
    """A failing gate decides the exit status, in the order of all statuses."""
    tally = Tally(StatsCollector(get_crawler()), gates=judge(seen), **before)
    assert decide(tally, "finished").status == status


def test_an_interrupted_run_with_too_little_is_interrupted() -> None:
    """An interruption comes before a gate that asks for 3, and after one that asks for 6."""
    tally = Tally(StatsCollector(get_crawler()), gates=judge(snapshot(volume=Usual(0, 100))))
    assert decide(tally, "shutdown").status == 75
    tally.gates = judge(snapshot(present=fields(media=0)))
    assert decide(tally, "shutdown").status == 6


@pytest.mark.parametrize(("places", "expected"), [(["api", "page"], 30), (["page"], 0)])
def test_the_page_is_a_fallback_only_behind_another_place(places: list[str], expected: int) -> None:
    """A source whose articles are always pages is not told that they come from there."""
    stats = StatsCollector(get_crawler())
    stats.set_value("news/fields/from_page", 30)
    assert snapshot_of(Tally(stats), places).from_page == expected


# --- what is usual ---


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in an SQLite file."""
    opened = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path)}))
    yield opened
    opened.close()


def test_usual_volume_is_that_of_good_weeks(store: Store) -> None:
    """The last whole hour is compared with the median of the same hour in the weeks whose next run ended with 0."""
    end = NOW.replace(minute=0)
    keep_weeks(store, end, articles=[40, 50, 60, 1000, 70], statuses=[0, 0, 0, 3, 0])
    assert volume(store, "eastmoney", "eastmoney", ["column:344"], NOW) == Usual(0, 55)
    assert volume(store, "eastmoney", "eastmoney", ["flash:102"], NOW) == Usual(0, 0)
    assert volume(store, "eastmoney", "other", ["column:344"], NOW) is None
    at_five_past = end + timedelta(minutes=5)  # the last hour has not settled: the one before is judged
    assert volume(store, "eastmoney", "eastmoney", ["column:344"], at_five_past) == Usual(0, 0)


def test_a_short_history_is_none(store: Store) -> None:
    """Three good weeks are no history."""
    keep_weeks(store, NOW.replace(minute=0), articles=[50] * 6, statuses=[0, 0, 0, 3, 1, None])
    assert volume(store, "eastmoney", "eastmoney", ["column:344"], NOW) is None
    assert ages(store, "eastmoney", "eastmoney", ["column:344"], NOW) == {}


def test_usual_age_is_the_longest_of_good_weeks(store: Store) -> None:
    """A channel's age is compared with the longest it had at this hour in good weeks, but never with less than an hour."""
    keep_weeks(store, NOW - timedelta(hours=3), articles=[2] * 6, statuses=[0] * 6, runs_at=NOW)
    found = ages(store, "eastmoney", "eastmoney", ["column:344", "flash:102"], NOW)
    assert list(found) == ["column:344"]  # of the other there is no history
    assert found["column:344"].usual == pytest.approx(3, abs=0.1)
    assert found["column:344"].now == 96  # nothing within four days
    fast = ages(store, "eastmoney", "eastmoney", ["column:344"], NOW - timedelta(hours=2, minutes=55))
    assert fast["column:344"].usual == 1


def test_a_store_without_database_has_no_history(tmp_path: Path) -> None:
    """A site of posts alone is judged by what its runs count, not by history."""
    store = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path), "NEWS_OUTPUTS": "markdown"}))
    try:
        assert volume(store, "eastmoney", "eastmoney", ["column:344"], NOW) is None
        assert ages(store, "eastmoney", "eastmoney", ["column:344"], NOW) == {}
    finally:
        store.close()


# --- runs ---


class Anonymous(Site):
    """The sample source after a change: no answer names a publisher any more."""

    def _moved(self, entry: Entry) -> Entry:
        return replace(super()._moved(entry), media="", body="<p>样例正文，没有来源。</p>")


def test_a_lost_field_ends_with_6(tmp_path: Path) -> None:
    """A source that stops to name publishers is stored all the same, and the run says that its shape changed."""
    with serve(Anonymous()) as site:
        run = crawl(tmp_path, site.address, **TEN_DAYS)
    assert run.status == 6, run.errors
    assert run.counts["inserted"] == run.counts["listed"] > 0
    assert "name a publisher" in run.outcome["reason"]
    (status, reason, stats) = query(tmp_path, "SELECT exit_status, reason, stats FROM runs")[0]
    assert (status, reason) == (6, run.outcome["reason"])
    assert '"news/gates/failed": 1' in stats


@pytest.fixture
def site() -> Iterator[Server]:
    """The sample source, freshly served."""
    with serve(Site()) as server:
        yield server


def test_articles_that_all_lost_their_shape_end_with_6(site: Server, tmp_path: Path) -> None:
    """HTML in place of every article's answer is a change of shape, and every article is pending."""
    site.faults.active[:] = [Fault("html", where="article")]
    run = crawl(tmp_path, site.address, **{**TEN_DAYS, "channels": "344"})
    assert run.status == 6, run.errors
    assert run.counts["pending"] > 3
    assert "lost the shape" in run.outcome["reason"]


def test_one_article_that_lost_its_shape_ends_with_3(site: Server, tmp_path: Path) -> None:
    """One odd answer among many is a pending article and no change of shape."""
    site.faults.active[:] = [Fault("html", where="article", times=1)]
    run = crawl(tmp_path, site.address, **{**TEN_DAYS, "channels": "344"})
    assert run.status == 3, run.errors
    assert run.counts["pending"] == 1


def test_a_flood_from_the_page_is_named_only(site: Server, tmp_path: Path) -> None:
    """Where the API lacks what the page has the news is whole: exit 0, and the summary names the gate."""
    site.faults.active[:] = [Fault("missing", where="article")]
    run = crawl(tmp_path, site.address, **{**TEN_DAYS, "channels": "344,345,349,350,351,353,355"})
    failing = [gate for gate in run.outcome["gates"] if not gate["passed"]]
    assert [(gate["name"], gate["status"]) for gate in failing] == [("page", 0)]
    assert run.status == 0, run.errors


def test_too_little_news_ends_with_3(tmp_path: Path) -> None:
    """An everyday run with far less than the hour's usual volume is not whole; a window, a limit and a quiet run are not judged."""
    now = datetime.now(UTC)
    store = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path)}))
    hour = (now - timedelta(minutes=10)).replace(minute=0, second=0, microsecond=0)
    keep_weeks(store, hour, articles=[2000] * 5, statuses=[0] * 5)
    # ten minutes past the hour it is the next hour that is judged, and that may strike before the run ends
    keep_weeks(store, hour + timedelta(hours=1), articles=[2000] * 5, statuses=[0] * 5, first=10_000)
    store.close()
    with serve(Site(now=now.astimezone(ZoneInfo("Asia/Shanghai")).replace(microsecond=0) - timedelta(hours=2))) as site:
        sampled = crawl(tmp_path, site.address, channels="344", limit=1)
        assert sampled.status == 0, sampled.errors
        since = (now - timedelta(hours=20)).astimezone(ZoneInfo("Asia/Shanghai"))
        asked = crawl(tmp_path, site.address, channels="344", since=f"{since:%Y-%m-%d %H:%M:%S}", limit=2)
        assert asked.status == 0, asked.errors
        run = crawl(tmp_path, site.address, channels="344")
        assert run.counts["inserted"] > 0
        assert run.status == 3, run.errors
        assert "2000 are usual" in run.outcome["reason"]
        quiet = crawl(tmp_path, site.address, channels="344")
        assert quiet.counts["inserted"] == 0
        assert quiet.status == 0, quiet.errors
