"""The news of securities: captured rows, symbols, and whole crawls against a server that speaks getListInfo."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crawling import crawl, posts, query, window
from dialect import Dialect, speak
from em_security import BEIJING, News, Securities, days_of

from newscrawler import eastmoney_lists as lists
from newscrawler.answers import read_json
from newscrawler.errors import LayoutError, Refused, SourceArgumentError

END = datetime(2026, 3, 10, tzinfo=BEIJING)
TEN_DAYS: dict[str, Any] = {"symbols": "605901.SH", **window(END - timedelta(days=10), END)}
HOURLY = timedelta(hours=1)


def one_share(count: int = 470) -> Securities:
    """News of one share, an hour apart."""
    return Securities({"1.605901": days_of(END - timedelta(minutes=30), count, every=HOURLY)})


def test_the_captured_web_page(captures: Path) -> None:
    """A news row and a 财富号 row, each with what the list says and nothing else."""
    name = "listinfo_web_20260702.json"
    listing = lists.read_list(read_json((captures / name).read_bytes(), name), "stock:1.600519", name)
    assert (listing.bad, listing.total, listing.last) == ([], 5000, False)
    news, blog = listing.rows
    assert (news.article_id, news.kind, news.published_raw) == ("202607023791611310", "article", "2026-07-02 10:46:27")
    assert news.title == "茅台酒扫码核验新功能上线试点"
    assert news.url == "https://finance.eastmoney.com/a/202607023791611310.html"
    assert news.securities == (("1.600519", "", "list"),)
    assert (blog.article_id, blog.kind, blog.author) == ("20260702101113747001360", "blog", "和讯投资")
    assert blog.url == "https://caifuhao.eastmoney.com/news/20260702101113747001360"


def test_the_captured_wap_row(captures: Path) -> None:
    """The wap list names the publisher and says nothing of the row's kind: an article, by its address and id."""
    raw = read_json((captures / "listinfo_wap_item_20220209.json").read_bytes(), "row")
    row = lists.read_row(raw, "stock:0.002572")
    assert (row.article_id, row.kind, row.media) == ("202202092271136373", "article", "每日经济新闻")
    assert row.published_raw == "2022-02-09 14:12:30"
    assert row.raw["Art_SortStart"] == "1644387150036373"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("600519.SH,00700.HK", [["1.600519"], ["116.00700"]]),
        (" 000001.sz ， 000001.SH", [["0.000001"], ["1.000001"]]),
        ("AAPL.US", [["105.AAPL", "106.AAPL", "107.AAPL"]]),
        ("105.AAPL,bk0493,stock:0.920799", [["105.AAPL"], ["90.BK0493"], ["0.920799"]]),
        ("600519.SH,1.600519", [["1.600519"]]),
        ("400002.NEEQ,128.00700", [["0.400002"], ["116.00700"]]),
    ],
)
def test_symbols(text: str, found: list[list[str]]) -> None:
    """Symbols become secids; one of the United States may be of three markets."""
    assert lists.read_symbols(text) == found


@pytest.mark.parametrize("text", ["", ",", "600519", "600519.SZ", "茅台", "999999.SH", "1.999999", "BK49", "12.SH"])
def test_unknown_symbols(text: str) -> None:
    """What is no symbol, or no code of its exchange, is refused with an example."""
    with pytest.raises(SourceArgumentError, match=r"600519\.SH"):
        lists.read_symbols(text)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ([], LayoutError),
        ({"code": 0, "message": "Required"}, LayoutError),
        ({"code": 0, "message": "系统繁忙"}, Refused),
        ({"code": 1, "data": []}, LayoutError),
        ({"code": 1, "data": {"list": {}}}, LayoutError),
    ],
)
def test_what_is_no_list(payload: Any, error: type[Exception]) -> None:
    """Errors, refusals and other shapes are no empty list."""
    with pytest.raises(error):
        lists.read_list(payload, "stock:1.600519", "x")


@pytest.mark.parametrize("payload", [{"code": 1, "data": None}, {"code": "1", "data": {"totle_hits": 0}}])
def test_no_news(payload: Any) -> None:
    """No data, and data without a list, are a security without news."""
    listing = lists.read_list(payload, "stock:1.600519", "x")
    assert (listing.rows, listing.bad, listing.last) == ([], [], True)


def test_bad_rows_are_kept() -> None:
    """A row without id, title or time is no reason to lose the others; each has an id of its own."""
    good = News(1, END).row()
    rows = [good, {}, None, good | {"Art_Title": " "}, good | {"Art_ShowTime": None}, good | {"Art_Code": "<x>"}]
    listing = lists.read_list({"code": 1, "data": {"list": rows}}, "stock:1.600519", "x")
    assert [row.article_id for row in listing.rows] == [News(1, END).code]
    assert len(listing.bad) == 5


def test_a_whole_crawl(tmp_path: Path) -> None:
    """A window is paged back to its start: articles from the API, blog posts as listed, nothing older, all under the channel."""
    source = one_share()
    with speak(source) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", **TEN_DAYS)
        assert run.status == 0, run.errors
        assert served.count("getListInfo") == 3
        asked = len(served.asked)
        again = crawl(tmp_path, served.address, spider="eastmoney_stock", **TEN_DAYS)
        assert (again.status, len(served.asked)) == (0, asked)
    wanted = [one for one in source.news["1.605901"] if one.at >= END - timedelta(days=10)]
    rows = query(tmp_path, "SELECT source, article_id, body_from, url FROM articles")
    assert {(key, origin) for _, key, origin, _ in rows} == {
        (one.code, "list" if one.blog else "api") for one in wanted
    }
    assert {source for source, *_ in rows} == {"eastmoney"}
    assert all(("caifuhao" in url) == (origin == "list") for _, _, origin, url in rows)
    assert set(query(tmp_path, "SELECT channel FROM article_channels")) == {("stock:1.605901",)}
    assert set(query(tmp_path, "SELECT symbol, origin FROM article_securities")) == {("605901.SH", "list")}
    assert set(query(tmp_path, "SELECT author FROM articles WHERE body_from = 'list'")) == {("样例博主",)}
    assert len(posts(tmp_path)) == len(wanted)
    ((since, until),) = query(tmp_path, "SELECT since, until FROM coverage")
    assert (since[:19], until[:19]) == ("2026-02-27 16:00:00", "2026-03-09 16:00:00")


def test_a_shifting_list(tmp_path: Path) -> None:
    """Rows that come in while the list is paged push others down; each is stored once and none is missed."""
    source = one_share()
    source.arrives = {2: News(9001, END - timedelta(seconds=5)), 3: News(9002, END - timedelta(seconds=3))}
    with speak(source) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", **TEN_DAYS)
        assert run.status == 0, run.errors
    stored = {key for (key,) in query(tmp_path, "SELECT article_id FROM articles")}
    assert stored == {one.code for one in days_of(END - timedelta(minutes=30), 240, every=HOURLY)}


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """What a limit left out is what the next run asks for."""
    source = one_share()
    with speak(source) as served:
        first = crawl(tmp_path, served.address, spider="eastmoney_stock", limit=30, **TEN_DAYS)
        assert (first.status, first.counts["inserted"]) == (0, 30)
        second = crawl(tmp_path, served.address, spider="eastmoney_stock", **TEN_DAYS)
        assert (second.status, second.counts["known"]) == (0, 30)
        articles = [path for path, _ in served.asked if "article" in path]
        assert len(articles) == len(set(articles))
    assert len(query(tmp_path, "SELECT id FROM articles")) == 240


def test_a_list_that_ends_early(tmp_path: Path) -> None:
    """A list that goes back less far than asked is exit 3 with the day it reached, and not asked for again by itself."""
    with speak(one_share(100)) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", **TEN_DAYS)
    assert run.status == 3
    assert "reached back to" in run.outcome["reason"]


def test_an_article_that_the_api_lacks(tmp_path: Path) -> None:
    """An article that neither API nor page has is pending, not stored with its title only."""
    source = one_share(12)
    source.missing = [source.news["1.605901"][0].code]
    with speak(source) as served:
        days = window(END - timedelta(hours=6), END)
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", symbols="605901.SH", **days)
    assert run.status == 3
    assert query(tmp_path, "SELECT article_id FROM pending") == [(source.missing[0],)]


def test_a_symbol_of_the_united_states(tmp_path: Path) -> None:
    """The market that has news of it is found once and remembered."""
    source = Securities({"106.SMPL": days_of(END - timedelta(minutes=30), 60, every=HOURLY)})
    days = window(END - timedelta(days=1), END)
    with speak(source) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", symbols="SMPL.US", **days)
        assert run.status == 0, run.errors
        assert [query["mTypeAndCode"] for path, query in served.asked if "ListInfo" in path][:3] == [
            "105.SMPL",
            "106.SMPL",
            "106.SMPL",
        ]
        served.asked.clear()
        again = crawl(tmp_path, served.address, spider="eastmoney_stock", symbols="SMPL.US", **days)
        assert (again.status, served.asked) == (0, [])
    assert set(query(tmp_path, "SELECT channel FROM article_channels")) == {("stock:106.SMPL",)}
    assert query(tmp_path, "SELECT channel FROM coverage") == [("stock:106.SMPL",)]


def test_a_symbol_that_no_market_lists(tmp_path: Path) -> None:
    """A symbol of the United States that no market lists is named: the run is not whole."""
    with speak(Securities({})) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", symbols="SMPL.US", since="1天前")
        assert (run.status, served.count("getListInfo")) == (3, 3)
    assert "SMPL.US" in run.outcome["reason"]
    assert query(tmp_path, "SELECT * FROM coverage") == []


def test_a_board_and_a_share_share_an_article(tmp_path: Path) -> None:
    """An article under two securities is fetched once and stands in both channels."""
    same = days_of(END - timedelta(minutes=30), 30, every=HOURLY)
    days = window(END - timedelta(days=1), END)
    with speak(Securities({"1.605901": same, "90.BK9901": list(same)})) as served:
        run = crawl(tmp_path, served.address, spider="eastmoney_stock", symbols="605901.SH,BK9901", **days)
        assert run.status == 0, run.errors
        articles = [path for path, _ in served.asked if "article" in path]
        assert len(articles) == len(set(articles))
    met = query(tmp_path, "SELECT channel, count(*) FROM article_channels GROUP BY channel ORDER BY channel")
    assert met == [("stock:1.605901", 24), ("stock:90.BK9901", 24)]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({}, "symbols="),
        ({"symbols": "茅台"}, "'茅台'"),
        ({"symbols": "600519.SZ"}, "600519.SZ"),
        ({"symbols": "600519.SH", "channels": "344"}, "channels"),
    ],
)
def test_bad_arguments(tmp_path: Path, arguments: dict[str, str], word: str) -> None:
    """A missing or unknown symbol ends the run before any request: one line, exit 2."""
    run = crawl(tmp_path, Dialect("http://127.0.0.1:9").address, spider="eastmoney_stock", **arguments)
    assert run.status == 2
    (line,) = [line for line in run.errors.splitlines() if "INFO: Scrapy" not in line]
    assert word in line
