"""The report: its figures, its page, and the page in a real browser."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from browser import Seen, look, screenshot
from crawling import ROOT, command, environment, query
from stored_weeks import NOW, WEEK, keep_weeks

from newscrawler.report import Report, gather, usual
from newscrawler.report_page import page
from newscrawler.report_plots import failures, freshness, per_hour, run_times
from pipelines.config import Config
from pipelines.store import open_store
from pipelines.store.base import RunRow, SecurityRow, Store

HOUR = timedelta(hours=1)
HOSTILE = "<b>坏</b></script><script>console.error(1)</script>%{x}"
"""A name that is markup, ends a script, and looks like a template."""


def opened(folder: Path, outputs: str = "markdown,database") -> Store:
    """A real store."""
    return open_store(Config.from_settings({"NEWS_DATA_DIR": str(folder), "NEWS_OUTPUTS": outputs}))


def filled(folder: Path, now: datetime) -> None:
    """Fill a database: six weeks of articles, some of hostile publishers, good and bad runs, pending rows."""
    from made import article, failure  # its folder is added to the path by stored_weeks

    store = opened(folder)
    end = now.replace(minute=0, second=0, microsecond=0)
    keep_weeks(store, end, articles=[30, 20, 40, 10, 50, 60], statuses=[0, 3, 0, 6, None, 0])
    share = SecurityRow("600519.SH", "1.600519", HOSTILE, "share", "tag", 2)
    rows = [
        article(
            5000 + number,
            published_at=now - timedelta(minutes=37 * number),
            media=(HOSTILE, "样例日报", "一个名字非常非常非常长的样例出版社")[number % 3],
            securities=[share],
            channels=("column:344", "flash:102")[: 1 + number % 2],
            raw=None,
        )
        for number in range(200)
    ]
    store.save(rows)
    store.cover("eastmoney", "column:344", (now - 6 * WEEK, now))
    store.cover("eastmoney", "flash:102", (now - 6 * WEEK, now))
    started = now - HOUR
    run = store.start_run("eastmoney", {}, started)
    store.finish_run(RunRow(run, "eastmoney", {}, started, started + HOUR, 1, f"KeyError: {HOSTILE}"))
    store.pend([failure(9000, HOSTILE), failure(9001), failure(9002, stage="dates")])
    store.close()


def gathered(folder: Path, now: datetime, days: int | None = None) -> Report:
    """The figures of what is stored."""
    store = opened(folder)
    try:
        return gather(store, now, days)
    finally:
        store.close()


# --- figures ---


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        ([], None),
        ([10, 10, 10], None),
        ([10, 20, 30, 40], 25),
        ([10, 20, 30, 1000, 40], 30),
        ([1] * 8 + [1000] * 8, 1),
        ([10, 20, 0, 0], 5),
    ],
)
def test_usual(past: list[int], expected: float | None) -> None:
    """The usual volume is the median of the same hour in at most eight weeks; less than four weeks are no history."""
    hour = NOW.replace(minute=0)
    counts = {hour - (back + 1) * WEEK: count for back, count in enumerate(past) if count}
    found = usual(counts, hour - len(past) * WEEK, (hour, hour + HOUR))
    assert found.get(hour) == expected


def test_figures(tmp_path: Path) -> None:
    """Hours, publishers, securities, runs and pending rows are those of the database."""
    filled(tmp_path, NOW)
    report = gathered(tmp_path, NOW)
    stored = dict(query(tmp_path, "SELECT strftime('%Y-%m-%dT%H', published_at), count(*) FROM articles GROUP BY 1"))
    assert {f"{hour:%Y-%m-%dT%H}": count for hour, count in report.hours.items()} == stored
    assert report.publishers[0] == ("synthetic daily", 210)
    assert dict(report.publishers)[HOSTILE] == 67
    assert report.securities == [(f"600519.SH {max('synthetic share', HOSTILE)}", 410)]
    assert [run.exit_status for run in report.runs] == [0, None, 6, 0, 3, 0, 1]
    assert [run.exit_status for run in report.failures] == [None, 6, 3, 1]
    assert report.waiting == [("article", "waiting", 2), ("dates", "waiting", 1)]
    age = timedelta(minutes=37)  # one that is published at this very moment is none before it
    assert [(fresh.channel, fresh.age) for fresh in report.fresh] == [("column:344", age), ("flash:102", age)]


def test_days_limit_articles_and_runs(tmp_path: Path) -> None:
    """With a number of days only those up to the newest article count, and the usual still has its history."""
    filled(tmp_path, NOW)
    report = gathered(tmp_path, NOW, 2)
    assert report.span is not None
    assert report.span[1] - report.span[0] == timedelta(days=2)
    assert min(report.hours) >= report.span[0]
    assert len(report.usual) == 48
    assert len(report.runs) == 1
    everything = gathered(tmp_path, NOW)
    assert sum(everything.hours.values()) == 410 > sum(report.hours.values())


def test_one_point_an_hour(tmp_path: Path) -> None:
    """The plot of articles has a bar for each hour with articles, of its number, at its Beijing time; runs have one point each."""
    filled(tmp_path, NOW)
    report = gathered(tmp_path, NOW)
    bars = per_hour(report).data[0]
    at = [f"{hour + 8 * HOUR:%Y-%m-%dT%H:30:00}" for hour in report.hours]
    assert list(bars.x) == at
    assert list(bars.y) == list(report.hours.values())
    assert sum(len(trace.x) for trace in run_times(report).data) == sum(1 for run in report.runs if run.finished_at)
    assert sum(sum(trace.y) for trace in failures(report).data) == len(report.failures)
    assert len(freshness(report).data[0].x) == 2


def test_names_are_text(tmp_path: Path) -> None:
    """Whatever a publisher, a security or a reason is called, it is no markup on the page."""
    filled(tmp_path, NOW)
    html = page(gathered(tmp_path, NOW))
    assert "<b>坏" not in html
    assert "<script>console" not in html
    assert "&lt;b&gt;坏" in html


@pytest.mark.parametrize("outputs", ["markdown,database", "markdown"])
def test_an_empty_store_has_a_page(tmp_path: Path, outputs: str) -> None:
    """Where nothing is stored the page says so; without a database it says that articles are not counted."""
    store = opened(tmp_path, outputs)
    html = page(gather(store, NOW, None))
    store.close()
    assert "No run yet" in html
    assert ("Articles are counted in a database only" in html) == (outputs == "markdown")


# --- the command ---


def report(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `scrapy report`."""
    line = command("report", *options, folder=folder, **settings)
    return subprocess.run(line, capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment(), check=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--html is missing"),
        (("--html", ""), "names no file"),
        (("--html", "/nowhere/at/all.html"), "names no file"),
        (("--html", "{folder}"), "names no file"),
        (("--html", "{folder}/r.html", "--days", "0"), "--days 0 is no number of days"),
        (("--html", "{folder}/r.html", "--days", "x"), "--days x is no number of days"),
        (("--html", "{folder}/r.html", "more"), "'more' is unknown"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """A mistake ends with 2 and one line that says what would be right, and nothing is written."""
    done = report(tmp_path, *(option.format(folder=tmp_path) for option in options))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.html"))


def test_a_site_without_database_gets_its_runs(tmp_path: Path) -> None:
    """A site of posts alone has a report too: of its runs."""
    store = opened(tmp_path, "markdown")
    run = store.start_run("eastmoney", {}, NOW)
    store.finish_run(RunRow(run, "eastmoney", {}, NOW, NOW + HOUR, 4, "synthetic refusal"))
    store.close()
    done = report(tmp_path, "--html", str(tmp_path / "r.html"), NEWS_OUTPUTS="markdown")
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "synthetic refusal" in html
    assert "Articles are counted in a database only" in html


# --- in a browser ---


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report as the command writes it."""
    folder = tmp_path_factory.mktemp("report")
    filled(folder, datetime.now(UTC).replace(microsecond=0))
    done = report(folder, "--html", str(folder / "report.html"))
    assert done.returncode == 0, done.stderr
    return folder / "report.html"


@pytest.fixture(scope="module")
def seen(written: Path) -> Seen:
    """The report as a browser as narrow as a phone shows it."""
    return look(written, written.parent)


@pytest.mark.xdist_group("browser")
def test_the_console_is_silent(seen: Seen, tmp_path: Path) -> None:
    """The page says nothing on the browser's console; a page with an error, looked at the same way, does."""
    assert seen.console == []
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<html><body><script>nothing()</script></body></html>", encoding="utf-8")
    assert any("ReferenceError" in line for line in look(wrong, tmp_path).console)


@pytest.mark.xdist_group("browser")
def test_the_browser_draws_every_hour(seen: Seen, written: Path) -> None:
    """The plot of articles has as many points, and as many drawn bars, as the database has hours; no plot is missing."""
    ((hours,),) = query(written.parent, "SELECT count(DISTINCT strftime('%Y-%m-%dT%H', published_at)) FROM articles")
    drawn: dict[str, Any] = seen.plots["hours"]
    assert drawn["traces"][0] == {"name": "articles", "points": hours}
    assert drawn["bars"] == hours
    assert set(seen.plots) == {"hours", "publishers", "securities", "freshness", "runs", "failures"}


@pytest.mark.xdist_group("browser")
def test_a_phone_shows_it(seen: Seen) -> None:
    """On a screen of 390 pixels the page is not wider than the screen, nor is any plot."""
    assert seen.view == 390
    assert seen.width <= 390
    assert all(200 < plot["width"] <= 390 for plot in seen.plots.values())


@pytest.mark.xdist_group("browser")
def test_a_picture_of_it(written: Path) -> None:
    """A picture of the page can be taken, and it is no empty one."""
    picture = screenshot(written, written.parent)
    assert re.match(rb"\x89PNG", picture.read_bytes())
    assert picture.stat().st_size > 30_000
