"""Announcements: captured rows and text, and whole crawls against a server that speaks security/ann and content/ann."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, posts, query
from dialect import speak
from em_notices import BEIJING, Notice, Notices, at
from waits import past_midnight

from newscrawler import eastmoney_filings as filings
from newscrawler.answers import read_json
from newscrawler.errors import LayoutError, NoArticle, Refused, SourceArgumentError

SPIDER: dict[str, Any] = {"spider": "eastmoney_notices"}
THREE_DAYS = {"since": "2026-03-02", "until": "2026-03-04"}


def three_days() -> Notices:
    """Three official days: 230, none and 41 announcements, of kinds and exchanges in turn, some of several text pages."""
    types = ("A,SHA", "A,SZA", "A,BJA")
    codes = {"A,SHA": "605901", "A,SZA": "300999", "A,BJA": "920998"}
    made = []
    for number in range(1, 272):
        day = 1 if number <= 230 else 3
        kind = types[number % 3]
        moment = at(day, 17 + number % 5, number % 60)
        pages = 3 if number % 50 == 0 else 1
        made.append(Notice(number, moment, codes[kind], kind, node=number % 8, pages=pages, attached=number % 7 != 0))
    return Notices(made)


def test_the_captured_rows(captures: Path) -> None:
    """Both days, the colon before the milliseconds, and the exchange that `ann_type` says are read."""
    shenzhen = filings.read_row(read_json((captures / "ann_row_20260414.json").read_bytes(), "x"), "notices:0")
    assert shenzhen.article_id == "AN202604141821186970"
    assert shenzhen.url == "https://data.eastmoney.com/notices/detail/000156/AN202604141821186970.html"
    assert shenzhen.published_raw == "2026-04-14 17:39:18:800"
    assert filings.official_day(shenzhen.raw["notice_date"]) == date(2026, 4, 15)
    assert tuple(shenzhen.securities) == (("0.000156", "华数传媒", "tag"),)
    assert filings.tags_of(shenzhen.raw) == ("股东/实际控制人股份减持",)
    beijing = filings.read_row(read_json((captures / "ann_row_bse_20220426.json").read_bytes(), "x"), "notices:0")
    assert tuple(beijing.securities) == (("0.873169", "七丰精工", "tag"),)
    assert beijing.published_raw == "2022-04-26 22:53:19:020"
    assert filings.official_day(beijing.raw["notice_date"]) == date(2022, 4, 26)
    assert filings.tags_of(beijing.raw) == ("独立董事述职报告",)


def test_the_captured_page(captures: Path) -> None:
    """A page without a total says none; a row without its official day still has its time."""
    name = "ann_list_20260727_fragment.json"
    listing = filings.read_list(read_json((captures / name).read_bytes(), name), "notices:0", name)
    assert (listing.bad, listing.total) == ([], None)
    first, second = listing.rows
    assert first.title.startswith("*ST步森:独立董事提名人")
    assert tuple(first.securities) == (("0.002569", "*ST步森", "tag"),)
    assert second.published_raw == "2026-07-27 07:54:39:463"
    assert filings.official_day(second.raw.get("notice_date")) is None
    assert filings.tags_of(second.raw) == ("其他",)


def test_the_captured_text(captures: Path) -> None:
    """The text becomes a paragraph, the file's address is kept and linked, the official day read."""
    name = "ann_content_20260807_fragment.json"
    payload = read_json((captures / name).read_bytes(), name)
    answer, files, official = filings.read_text([payload], "AN202608071827754983", name)
    assert answer.title == "阳光电源:关于首次回购公司股份的公告"
    assert files == ("https://pdf.dfcfw.com/pdf/H2_AN202608071827754983_1.pdf",)
    assert official == date(2026, 8, 7)
    text, link = answer.body.split("\n")
    assert text.startswith("<p>阳光电源股份有限公司于2026年8月6日首次回购公司股份471800股")
    assert link == f'<p><a href="{files[0]}">公告原文（PDF）</a></p>'
    with pytest.raises(LayoutError, match="the text of"):
        filings.read_text([payload], "AN1", name)


@pytest.mark.parametrize(
    ("text", "found"),
    [("1,5", ["1", "5"]), ("财务报告，持股变动,1", ["1", "7"]), ("0", ["0"]), ("全部", ["0"])],
)
def test_kinds(text: str, found: list[str]) -> None:
    """Kinds are named by number or name, each once."""
    assert filings.read_kinds(text) == found


@pytest.mark.parametrize("text", ["", "8", "财报", "1;2"])
def test_unknown_kinds(text: str) -> None:
    """Another word is refused, and all kinds are named."""
    with pytest.raises(SourceArgumentError, match="7 持股变动"):
        filings.read_kinds(text)


@pytest.mark.parametrize("text", ["", "00700.HK", "AAPL.US", "BK0493", "000001.SH", "600519"])
def test_symbols_without_announcements(text: str) -> None:
    """Only shares of Shanghai, Shenzhen and Beijing have announcements here."""
    with pytest.raises(SourceArgumentError, match="600519"):
        filings.read_symbols(text)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ([], LayoutError),
        ({"data": {"list": []}, "success": 0, "error": "bad"}, LayoutError),
        ({"data": None, "success": 0, "error": "系统繁忙"}, Refused),
        ({"data": None, "success": 1}, LayoutError),
        ({"data": {"list": None, "total_hits": 0}, "success": 1}, LayoutError),
    ],
)
def test_what_is_no_list(payload: Any, error: type[Exception]) -> None:
    """Errors, refusals and answers without the array are no empty day."""
    with pytest.raises(error):
        filings.read_list(payload, "notices:0", "x")


def test_bad_rows_are_kept() -> None:
    """Rows without id, title or time are kept beside the readable ones."""
    good = Notice(1, at(2)).row()
    no_time = {name: value for name, value in good.items() if name not in ("display_time", "eiTime", "notice_date")}
    rows = [good, {}, 7, good | {"title": ""}, no_time, good | {"art_code": "../x"}]
    listing = filings.read_list({"data": {"list": rows, "total_hits": 6}, "success": 1}, "notices:0", "x")
    assert (len(listing.rows), len(listing.bad), listing.total) == (1, 5, 6)


@pytest.mark.parametrize(
    "payload",
    [{"data": {}, "success": 1}, {"data": None, "success": "1"}, {"data": {"notice_content": " "}, "success": 1}],
)
def test_no_text(payload: Any) -> None:
    """An unknown announcement, and one with neither text nor file, are no article."""
    with pytest.raises(NoArticle):
        filings.read_text([payload], "AN1", "x")


def test_files() -> None:
    """Files lie with East Money, each once, the web form first; one with no other address has that of its code."""
    given = {
        "notice_content": "x",
        "attach_url": "https://pdf.dfcfw.com/pdf/H2_AN1_1.pdf?17",
        "attach_url_web": "https://pdf.dfcfw.com/pdf/H2_AN1_1.pdf",
        "attach_list": [{"attach_url": "https://pdf.dfcfw.com/pdf/H2_AN1_2.pdf"}, "javascript:x", 5],
    }
    _, files, _ = filings.read_text([{"data": given, "success": 1}], "AN1", "x")
    assert files == ("https://pdf.dfcfw.com/pdf/H2_AN1_1.pdf", "https://pdf.dfcfw.com/pdf/H2_AN1_2.pdf")
    outside = {"notice_content": "x", "attach_url": "https://example.com/x.pdf", "attach_list": {}}
    _, files, _ = filings.read_text([{"data": outside, "success": 1}], "AN1", "x")
    assert files == ("https://pdf.dfcfw.com/pdf/H2_AN1_1.pdf",)


def test_a_long_text_is_cut_at_a_paragraph() -> None:
    """What a post cannot take is left to the PDF, and the body says so."""
    payload = {"data": {"notice_content": "\n".join(["长" * 300] * 2000)}, "success": 1}
    answer, _, _ = filings.read_text([payload], "AN1", "x")
    assert len(answer.body.encode()) < 400_000
    assert answer.body.split("\n")[-2] == f"<p>{filings.CUT}</p>"


def test_a_whole_crawl(tmp_path: Path) -> None:
    """Every announcement of the official days is stored with text, both days, tags and file; again asks for nothing."""
    source = three_days()
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert run.status == 0, run.errors
        assert (run.counts["inserted"], source.lists) == (271, 5)
        asked = len(served.asked)
        again = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert (again.status, len(served.asked)) == (0, asked)
    rows = query(tmp_path, "SELECT article_id, published_at, official_on, media, category, source FROM articles")
    assert {row[0] for row in rows} == {one.code for one in source.notices}
    one = next(row for row in rows if row[0] == source.notices[0].code)
    assert one[1:] == ("2026-03-01 10:01:00.000000", "2026-03-02", "东方财富公告", "dongfangcaifugonggao", "eastmoney")
    assert dict(query(tmp_path, "SELECT symbol, count(*) FROM article_securities GROUP BY symbol")) == {
        "605901.SH": 90, "300999.SZ": 91, "920998.BJ": 90,
    }  # fmt: skip
    assert dict(query(tmp_path, "SELECT tag, count(*) FROM article_tags GROUP BY tag"))["样例栏目7"] == 34
    assert len(query(tmp_path, "SELECT url FROM article_attachments WHERE url LIKE '%_1.pdf%'")) == 271
    ((since, until),) = query(tmp_path, "SELECT since, until FROM coverage")
    assert (since[:13], until[:13]) == ("2026-03-01 16", "2026-03-04 16")
    fifty = source.notices[49]
    ((text, html),) = query(tmp_path, "SELECT body_text, body_html FROM articles WHERE article_id = ?", fifty.code)
    assert [f"第{page}页" in text for page in (1, 2, 3, 4)] == [True, True, True, False]
    assert "&lt;3&gt; &amp; 无" in html
    assert f"H2_{fifty.code}_1.pdf" in html
    post = posts(tmp_path)[f"2026-03-01-{fifty.code}.md"].decode()
    assert 'tags: ["东方财富公告新闻", "样例栏目2"]' in post


def test_kinds_and_symbols(tmp_path: Path) -> None:
    """Kinds and symbols are lists of their own; a share's days are asked for together."""
    source = three_days()
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS, kinds="1,重大事项", symbols="605901.SH")
        assert (run.status, source.lists) == (0, 2)
        asked = [query for path, query in served.asked if path.endswith("security/ann")]
    assert {one["f_node"] for one in asked} == {"1", "5"}
    assert {(one["begin_time"], one["end_time"], one["stock_list"]) for one in asked} == {
        ("2026-03-02", "2026-03-04", "605901")
    }
    wanted = {one.code for one in source.notices if one.node in (1, 5) and one.stock == "605901"}
    assert {key for (key,) in query(tmp_path, "SELECT article_id FROM articles")} == wanted
    assert {channel for (channel,) in query(tmp_path, "SELECT channel FROM coverage")} == {
        "notices:1:605901.SH", "notices:5:605901.SH",
    }  # fmt: skip


def test_a_shifting_day(tmp_path: Path) -> None:
    """Rows that appear or go while a day is read shift the others: the day is read again until it is counted."""
    source = three_days()
    oldest = min(source.notices[:230], key=lambda one: one.at)
    newest = max(source.notices[:230], key=lambda one: one.at)
    # requests 1 and 2 are 4 and 3 March; 3 March's pages follow
    source.arrives = {4: Notice(900, at(1, 22), node=1)}
    source.goes = {5: newest}
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert run.status == 0, run.errors
    stored = {key for (key,) in query(tmp_path, "SELECT article_id FROM articles")}
    assert {one.code for one in source.notices} <= stored
    assert oldest.code in stored
    assert source.lists > 5
    assert len(query(tmp_path, "SELECT * FROM coverage")) == 1


def test_a_day_that_is_not_whole(tmp_path: Path) -> None:
    """A day with fewer rows than the list says it has is a gap with its numbers: not covered, asked for again, no article twice."""
    source = three_days()
    source.lost = 2
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert run.status == 3
        assert "notices:0 of 2026-03-02: 230 of 232 rows were read" in run.outcome["reason"]
        assert query(tmp_path, "SELECT since FROM coverage") == [("2026-03-02 16:00:00.000000",)]
        texts = served.count("content/ann")
        source.lost = 0
        again = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert (again.status, again.counts["known"], served.count("content/ann")) == (0, 271, texts)
    assert len(query(tmp_path, "SELECT * FROM coverage")) == 1


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """What a limit left out is what the next run asks for, and no text twice."""
    with speak(three_days()) as served:
        first = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS, limit=60)
        assert (first.status, first.counts["inserted"]) == (0, 60)
        second = crawl(tmp_path, served.address, **SPIDER, **THREE_DAYS)
        assert (second.status, second.counts["inserted"] + 60) == (0, 271)
        texts = [(query["art_code"], query["page_index"]) for path, query in served.asked if "content" in path]
        assert len(texts) == len(set(texts))


def test_everyday_runs(tmp_path: Path) -> None:
    """An everyday run takes yesterday, today and the days ahead; the next one takes what is new, of tomorrow's day too."""
    now = datetime.now(BEIJING)
    source = Notices([Notice(number, now - timedelta(hours=3 * number)) for number in range(1, 9)])
    with speak(source) as served:
        run = crawl(tmp_path, served.address, **SPIDER)
        assert run.status == 0, run.errors
        texts = served.count("content/ann")
        source.notices.append(Notice(50, now))
        assert crawl(tmp_path, served.address, **SPIDER).counts["inserted"] == 1
        assert served.count("content/ann") == texts + 1
        quiet = crawl(tmp_path, served.address, **SPIDER)
        assert (quiet.status, quiet.counts["inserted"]) == (0, 0)
        assert served.count("content/ann") == texts + 1


def test_a_quiet_run_asks_for_one_page_a_day(tmp_path: Path) -> None:
    """A day of many pages that was counted is not paged through again, also when something new is in it."""
    past_midnight()
    now = datetime.now(BEIJING)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    source = Notices([Notice(number, today - timedelta(hours=7, seconds=number)) for number in range(1, 351)])
    with speak(source) as served:
        first = crawl(tmp_path, served.address, **SPIDER)
        assert (first.status, first.counts["inserted"], source.lists) == (0, 350, 4 + 5)
        source.lists = 0
        quiet = crawl(tmp_path, served.address, **SPIDER)
        assert (quiet.status, quiet.counts["inserted"], source.lists) == (0, 0, 6)
        source.notices.append(Notice(900, today - timedelta(hours=6)))
        source.lists = 0
        busy = crawl(tmp_path, served.address, **SPIDER)
        assert (busy.status, busy.counts["inserted"], source.lists) == (0, 1, 6)
        source.notices = source.notices[1:]
        source.lists = 0
        assert (crawl(tmp_path, served.address, **SPIDER).status, source.lists) == (0, 9)


def test_a_list_that_cannot_be_had(tmp_path: Path) -> None:
    """After three days in a row without an answer no further one is asked for, and the gap is named."""
    with speak(lambda _path, _query: None) as served:
        run = crawl(tmp_path, served.address, **SPIDER, since="2026-03-01", until="2026-03-20")
        assert run.status == 6
        assert len(served.asked) == 3
    assert query(tmp_path, "SELECT * FROM coverage") == []


def test_a_refusal(tmp_path: Path) -> None:
    """A verification page ends the run with 4, and nothing more is asked."""
    with speak(lambda _path, _query: "<html><body>请完成安全验证</body></html>") as served:
        run = crawl(tmp_path, served.address, **SPIDER, since="2026-03-01", until="2026-03-20")
        assert (run.status, len(served.asked)) == (4, 1)


def test_a_text_that_cannot_be_had_whole(tmp_path: Path) -> None:
    """An announcement of which a text page is missing is pending, not stored in part; a later run completes it."""
    source = three_days()
    gone = source.notices[49]

    def answer(path: str, asked: dict[str, str]) -> Any:
        if asked.get("art_code") == gone.code and asked.get("page_index") == "2":
            return {"data": {}, "success": 1}
        return source(path, asked)

    with speak(answer) as served:
        run = crawl(tmp_path, served.address, **SPIDER, since="2026-03-02", until="2026-03-02")
        assert run.status == 3
        ((key, reason),) = query(tmp_path, "SELECT article_id, reason FROM pending")
        assert key == gone.code
        assert "no announcement" in reason
        with sqlite3.connect(tmp_path / "news.db") as connection:
            connection.execute("UPDATE pending SET next_at = '2026-01-01 00:00:00.000000'")
        gone = source.notices[0]
        again = crawl(tmp_path, served.address, **SPIDER, since="2026-03-02", until="2026-03-02")
        assert (again.status, again.counts["inserted"]) == (0, 1)
    ((text, official),) = query(tmp_path, "SELECT body_text, official_on FROM articles WHERE article_id = ?", key)
    assert "第3页" in text
    assert official == "2026-03-02"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"kinds": "9"}, "'9'"),
        ({"symbols": "AAPL.US"}, "AAPL.US"),
        ({"channels": "1"}, "channels"),
        ({"until": "2026-03-01"}, "since"),
    ],
)
def test_bad_arguments(tmp_path: Path, arguments: dict[str, str], word: str) -> None:
    """An unknown kind or symbol ends the run before any request: one line, exit 2."""
    run = crawl(tmp_path, "http://127.0.0.1:9", **SPIDER, **arguments)
    assert run.status == 2
    (line,) = [line for line in run.errors.splitlines() if "INFO: Scrapy" not in line]
    assert word in line
