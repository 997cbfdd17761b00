"""Research reports: fields, and whole crawls against a server that speaks report/list and the report's page.

No whole answer of this list was captured; the shape is the one that public code reads.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crawling import crawl, posts, query
from dialect import speak
from em_reports import Report, Reports

from newscrawler import eastmoney_research as research
from newscrawler.errors import LayoutError, NoArticle, Refused, SourceArgumentError
from pipelines.research import Research

SPIDER: dict[str, Any] = {"spider": "eastmoney_reports"}
DAYS = {"since": "2026-03-02", "until": "2026-03-04"}


def three_days() -> Reports:
    """Reports of all kinds on two of three days; one in twenty has no text."""
    made = []
    for number in range(1, 181):
        day = date(2026, 3, 2) if number <= 150 else date(2026, 3, 4)
        made.append(Report(number, day, kind="012"[number % 20 % 3], text=number % 20 != 0))
    return Reports(made)


def test_the_fields_of_a_row() -> None:
    """Rating, organisation, authors and forecasts are read; an empty forecast is none."""
    report = Report(7, date(2026, 3, 2))
    assert research.research_of(report.row(), "reports:0") == Research(
        kind="stock",
        organisation="样例3证券",
        organisation_code="80003",
        rating="买入",
        rating_change="3",
        industry="白酒",
        authors=("张样", "李例"),
        pages=12,
        eps_this_year=1.25,
        eps_next_year=-0.3,
        pe_this_year=20.5,
    )
    row = research.read_row(report.row(), "reports:0")
    assert row.url == f"https://data.eastmoney.com/report/zw_stock.jshtml?infocode={report.code}"
    assert tuple(row.securities) == (("1.605901", "样例酒业", "tag"),)
    assert (row.media, row.author, row.published_raw) == ("样例3证券", "张样、李例", "2026-03-02 00:00:00.000")


@pytest.mark.parametrize(
    ("author", "researcher", "names"),
    [
        (["110.张样", "李例"], "", ("张样", "李例")),
        ("110.张样,111.李例", "", ("张样", "李例")),
        ([], "张样,李例", ("张样", "李例")),
        (None, "张样、 李例", ("张样", "李例")),
        ([{}, None, 5], None, ("5",)),
        (None, None, ()),
        (["110.张样", "111.张样"], "", ("张样",)),
    ],
)
def test_authors(author: Any, researcher: Any, names: tuple[str, ...]) -> None:
    """Authors come with or without a number, as a list or a text, each once."""
    assert research.research_of({"author": author, "researcher": researcher}, "reports:0").authors == names


@pytest.mark.parametrize("value", ["", None, "nan", "inf", "-", [], {}, "1e999", "--"])
def test_a_forecast_that_is_no_number(value: Any) -> None:
    """What is no finite number is no forecast."""
    assert research.research_of({"predictThisYearEps": value}, "reports:2").eps_this_year is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0,1,2", ["reports:0", "reports:1", "reports:2"]),
        ("宏观，个股,stock", ["reports:2", "reports:0"]),
        ("industry", ["reports:1"]),
    ],
)
def test_kinds(text: str, found: list[str]) -> None:
    """Kinds have a number and two names."""
    assert research.read_kinds(text) == found


@pytest.mark.parametrize("text", ["", "3", "策略"])
def test_unknown_kinds(text: str) -> None:
    """Another word is refused, and the kinds are named."""
    with pytest.raises(SourceArgumentError, match="0 stock 个股, 1 industry 行业, 2 macro 宏观"):
        research.read_kinds(text)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ([], LayoutError),
        ({}, LayoutError),
        ({"data": None, "hits": 0}, LayoutError),
        ({"message": "系统繁忙"}, Refused),
    ],
)
def test_what_is_no_list(payload: Any, error: type[Exception]) -> None:
    """Errors, refusals and answers without the array are no day without reports."""
    with pytest.raises(error):
        research.read_list(payload, "reports:0", "x")


def test_bad_rows_are_kept() -> None:
    """Rows without id, title or day are kept beside the readable ones."""
    good = Report(1, date(2026, 3, 2)).row()
    rows = [good, {}, "x", good | {"title": None}, good | {"publishDate": ""}, good | {"infoCode": "AP1"}]
    listing = research.read_list({"hits": 6, "data": rows}, "reports:0", "x")
    assert (len(listing.rows), len(listing.bad), listing.total) == (1, 5, 6)


def test_pages() -> None:
    """A page's text is the paragraphs of its place; an empty place is no text, a missing one another shape."""
    text = research.read_page(Report(3, date(2026, 3, 2)).page(), "x").body
    assert text == "<p>虚构的第3份研报。</p>\n<p>评级 &lt;买入&gt;，目标价3元。</p>"
    with pytest.raises(NoArticle):
        research.read_page(Report(3, date(2026, 3, 2), text=False).page(), "x")
    with pytest.raises(LayoutError, match="without div"):
        research.read_page("<html><body><p>x</p></body></html>", "x")
    with pytest.raises(Refused):
        research.read_page("<html><body>安全验证</body></html>", "x")


def test_a_whole_crawl(tmp_path: Path) -> None:
    """Reports of all kinds are stored with their fields; those without text as listed; the same days again ask for nothing."""
    source = three_days()
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **DAYS)
        assert run.status == 0, run.errors
        assert run.counts["inserted"] == 180
        asked = len(served.asked)
        again = crawl(tmp_path, served.address, **SPIDER, **DAYS)
        assert (again.status, len(served.asked)) == (0, asked)
    rows = query(tmp_path, "SELECT article_id, published_at, official_on, body_from FROM articles")
    assert {(key, origin) for key, _, _, origin in rows} == {
        (one.code, "page" if one.text else "list") for one in source.reports
    }
    assert {(at[:16], day) for _, at, day, _ in rows} == {
        ("2026-03-01 16:00", "2026-03-02"),
        ("2026-03-03 16:00", "2026-03-04"),
    }
    fields = query(
        tmp_path,
        "SELECT kind, organisation, rating, industry, authors, pages, eps_this_year, eps_next_year, pe_next_year "
        "FROM research_reports JOIN articles ON articles.id = article WHERE article_id = ?",
        next(one for one in source.reports if one.kind == "0").code,
    )
    assert [(*row[:4], json.loads(row[4]), *row[5:]) for row in fields] == [
        ("stock", "样例3证券", "买入", "白酒", ["张样", "李例"], 12, 1.25, -0.3, None)
    ]
    assert len(query(tmp_path, "SELECT article FROM research_reports")) == 180
    assert set(query(tmp_path, "SELECT symbol, origin FROM article_securities")) == {("605901.SH", "tag")}
    bodies = query(tmp_path, "SELECT body_text, body_html FROM articles")
    assert all(text.endswith("研报原文（PDF）") and "/H3_AP" in html for text, html in bodies)
    assert not any("页脚" in text for text, _ in bodies)
    assert set(query(tmp_path, "SELECT channel FROM coverage")) == {("reports:0",), ("reports:1",), ("reports:2",)}
    post = next(data for data in posts(tmp_path).values() if b'"\xe4\xb9\xb0\xe5\x85\xa5"' in data).decode()
    assert '证券新闻", "白酒", "买入"]' in post
    assert any("9 report(s) have no text" in note for note in run.outcome.get("notes", [run.said]))


def test_one_kind(tmp_path: Path) -> None:
    """Only the kinds asked for are listed."""
    source = three_days()
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **DAYS, kinds="宏观")
    assert run.status == 0, run.errors
    assert set(query(tmp_path, "SELECT kind FROM research_reports")) == {("macro",)}
    assert run.counts["inserted"] == sum(one.kind == "2" for one in source.reports)


def test_a_day_that_is_not_whole(tmp_path: Path) -> None:
    """Fewer rows than `hits` is a gap, not covered; when the list is whole again only what is missing is asked for."""
    source = three_days()
    source.lost = 1
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **DAYS, kinds="0")
        assert run.status == 3
        assert "reports:0 of 2026-03-02" in run.outcome["reason"]
        pages = served.count("zw_")
        source.lost = 0
        again = crawl(tmp_path, served.address, **SPIDER, **DAYS, kinds="0")
        assert (again.status, served.count("zw_")) == (0, pages)


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """What a limit left out is what the next run asks for, no page twice."""
    with speak(three_days()) as served:
        first = crawl(tmp_path, served.address, **SPIDER, **DAYS, limit=25)
        assert (first.status, first.counts["inserted"]) == (0, 25)
        second = crawl(tmp_path, served.address, **SPIDER, **DAYS)
        assert (second.status, second.counts["inserted"]) == (0, 155)
        asked = [query["infocode"] for path, query in served.asked if "zw_" in path]
        assert len(asked) == len(set(asked))


def test_reports_that_are_listed_late(tmp_path: Path) -> None:
    """An everyday run finds a report of two days ago that was not listed before."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    source = Reports([Report(number, today - timedelta(days=number % 2)) for number in range(1, 9)])
    with speak(source) as served:
        assert crawl(tmp_path, served.address, **SPIDER).counts["inserted"] == 8
        source.reports.append(Report(50, today - timedelta(days=2)))
        run = crawl(tmp_path, served.address, **SPIDER)
        assert (run.status, run.counts["inserted"]) == (0, 1)


def test_a_page_of_another_shape(tmp_path: Path) -> None:
    """Pages without the place of the text are pending, and the run says that the shape changed."""
    source = three_days()

    def answer(path: str, asked: dict[str, str]) -> Any:
        said = source(path, asked)
        return said.replace("ctx-content", "other") if isinstance(said, str) else said

    with speak(answer) as served:
        run = crawl(tmp_path, served.address, **SPIDER, since="2026-03-04", until="2026-03-04", kinds="0")
    assert run.status == 6
    assert query(tmp_path, "SELECT * FROM articles") == []
    assert len(query(tmp_path, "SELECT * FROM pending")) == run.counts["pending"] > 5


@pytest.mark.parametrize(("arguments", "word"), [({"kinds": "3"}, "'3'"), ({"symbols": "600519.SH"}, "symbols")])
def test_bad_arguments(tmp_path: Path, arguments: dict[str, str], word: str) -> None:
    """An unknown kind or argument ends the run before any request: one line, exit 2."""
    run = crawl(tmp_path, "http://127.0.0.1:9", **SPIDER, **arguments)
    assert run.status == 2
    (line,) = [line for line in run.errors.splitlines() if "INFO: Scrapy" not in line]
    assert word in line
