"""Announcements and reports beyond a crawl: sites without a database, finews' form, answers read anew."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import FAST, ROOT, command, crawl, environment, posts, query
from dialect import speak
from em_notices import Notice, Notices, at
from em_reports import Report, Reports
from em_security import BEIJING, Securities, days_of

DAY = {"since": "2026-03-02", "until": "2026-03-02"}


def sources() -> dict[str, Any]:
    """A day of announcements (one of three text pages), of reports (one without text), and of a share's news."""
    noon = datetime(2026, 3, 2, 12, tzinfo=BEIJING)
    return {
        "eastmoney_notices": Notices(
            [Notice(number, at(1, 18, number), pages=1 + 2 * (number == 3)) for number in range(1, 9)]
        ),
        "eastmoney_reports": Reports([Report(number, date(2026, 3, 2), text=number > 1) for number in range(1, 9)]),
        "eastmoney_stock": Securities({"1.605901": days_of(noon, 60, every=timedelta(hours=1))}),
    }


def arguments(spider: str) -> dict[str, str]:
    """What a spider is asked for."""
    return {**DAY, "symbols": "605901.SH"} if spider == "eastmoney_stock" else DAY


@pytest.mark.parametrize("spider", ["eastmoney_notices", "eastmoney_reports", "eastmoney_stock"])
@pytest.mark.parametrize("form", ["post", "finews"])
def test_a_site_without_a_database(tmp_path: Path, spider: str, form: str) -> None:
    """With posts alone everything is known from them: the same day again asks for no article, in either form of posts."""
    settings = {"NEWS_OUTPUTS": "markdown", "NEWS_POST_TEMPLATE": form}
    with speak(sources()[spider]) as served:
        run = crawl(tmp_path, served.address, spider=spider, settings=settings, **arguments(spider))
        assert run.status == 0, run.errors
        before = posts(tmp_path)
        assert len(before) == run.counts["inserted"] > 5
        (tmp_path / "state.json").unlink()
        lists = {"security/ann", "report/list", "getListInfo"}
        served.asked.clear()
        again = crawl(tmp_path, served.address, spider=spider, settings=settings, **arguments(spider))
        assert (again.status, again.counts["known"]) == (0, len(before))
        assert all(any(path.endswith(name) for name in lists) for path, _ in served.asked)
    assert posts(tmp_path) == before


def stored(folder: Path) -> int:
    """How many articles are committed; none while there is no table."""
    try:
        ((count,),) = query(folder, "SELECT count(*) FROM articles")
    except sqlite3.OperationalError:
        return 0
    return int(count)


def test_a_run_that_is_killed(tmp_path: Path) -> None:
    """A backfill killed in the middle goes on where it was: no day that was covered is listed again, nothing is missing."""
    every = [Notice(number, at(1 + number % 6, 18, number % 60)) for number in range(1, 901)]
    window = {"since": "2026-03-02", "until": "2026-03-07"}
    with speak(Notices(every)) as served:
        settings = {**FAST, "NEWS_MIRROR": served.address}
        asked = [part for name, value in window.items() for part in ("-a", f"{name}={value}")]
        line = command("crawl", "eastmoney_notices", *asked, folder=tmp_path, **settings)
        process = subprocess.Popen(line, cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL)
        try:
            # two days of 150, and the third begun
            while process.poll() is None and (stored(tmp_path) < 350 or not query(tmp_path, "SELECT 1 FROM coverage")):
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait(20)
        assert process.returncode < 0, "the run had ended before it was killed"
        covered = query(tmp_path, "SELECT since FROM coverage")
        assert covered
        served.asked.clear()
        run = crawl(tmp_path, served.address, spider="eastmoney_notices", **window)
        assert run.status == 0, run.errors
        assert served.count("content/ann") < 700
        days = {query["begin_time"] for path, query in served.asked if path.endswith("security/ann")}
    assert "2026-03-07" not in days
    assert {key for (key,) in query(tmp_path, "SELECT article_id FROM articles")} == {one.code for one in every}
    assert len(query(tmp_path, "SELECT since FROM coverage")) == 1


def reparsed(folder: Path) -> str:
    """Read every kept answer anew; returns what the command says."""
    line = command("reparse", folder=folder)
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def beside(folder: Path) -> list[Any]:
    """Everything that is stored beside the texts."""
    return [
        query(folder, "SELECT article, tag, place FROM article_tags ORDER BY 1, 3"),
        query(folder, "SELECT article, place, url FROM article_attachments ORDER BY 1, 2"),
        query(folder, "SELECT * FROM research_reports ORDER BY article"),
    ]


def test_answers_read_anew(tmp_path: Path) -> None:
    """Kept answers of all three give the same again; what was lost beside the texts comes back."""
    for spider, source in sources().items():
        with speak(source) as served:
            assert crawl(tmp_path, served.address, spider=spider, **arguments(spider)).status == 0
    count = len(query(tmp_path, "SELECT id FROM articles"))
    before = posts(tmp_path)
    assert f"{count} unchanged" in reparsed(tmp_path)
    kept = beside(tmp_path)
    with sqlite3.connect(tmp_path / "news.db") as connection:
        connection.execute("DELETE FROM article_tags")
        connection.execute("DELETE FROM article_attachments WHERE url LIKE '%H2_%'")
        connection.execute("UPDATE research_reports SET rating = 'x', eps_this_year = NULL")
    assert "16 corrected" in reparsed(tmp_path)
    assert beside(tmp_path) == kept
    assert posts(tmp_path) == before
