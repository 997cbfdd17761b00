"""East Money's answers as captured, read by the parsers; expected values were written by hand from the captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newscrawler import eastmoney
from newscrawler.answers import read_json
from newscrawler.errors import CutShort, LayoutError, NoArticle, Refused
from newscrawler.listing import Listing


def columns(path: Path) -> Listing:
    """Read a captured column list."""
    return eastmoney.read_columns(read_json(path.read_bytes(), path.name), "column:344", path.name)


def flash(path: Path) -> Listing:
    """Read a captured flash list."""
    return eastmoney.read_flash(read_json(path.read_bytes(), path.name), "flash:102", path.name)


def page(path: Path) -> eastmoney.Answer:
    """Read a captured desktop page."""
    return eastmoney.read_page(path.read_text(encoding="utf-8"), path.name)


# --- lists ---


def test_column_list(captures: Path) -> None:
    """The captured column gives its twenty rows, in order, with every field."""
    listing = columns(captures / "column_344_20260919.json")
    assert len(listing.rows) == 20
    assert listing.bad == []
    assert listing.total == 5000
    assert not listing.last
    first, last = listing.rows[0], listing.rows[-1]
    assert first.article_id == "202609183878840472"
    assert first.published_raw == "2026-09-19 01:09:08"
    assert first.title == "美股三大指数小幅走低 欧股三大指数均跌超1% 比特币回升至8万美元"
    assert first.media == "东方财富Choice数据"
    assert first.url == "https://finance.eastmoney.com/a/202609183878840472.html"
    assert first.kind == "article"
    assert first.channel == "column:344"
    assert (last.article_id, last.media, last.published_raw) == (
        "202609183878743329",
        "证券时报",
        "2026-09-18 18:55:00",
    )
    assert {row.media for row in listing.rows} == {
        "东方财富Choice数据",
        "财联社",
        "央视新闻客户端",
        "商务部网站",
        "东方财富研究中心",
        "券商中国",
        "文化和旅游部",
        "上海证券报",
        "界面新闻",
        "数据宝",
        "上交所发布",
        "第一财经",
        "新华社",
        "证券时报",
    }


def test_missing_req_trace(captures: Path) -> None:
    """The error that comes without req_trace is a lost shape, never an empty list."""
    with pytest.raises(LayoutError, match="req_trace"):
        columns(captures / "column_missing_req_trace_202609.json")


def test_flash_jsonp(captures: Path) -> None:
    """JSONP, the cursor, a tagged share, and a row without a title that takes the head of its summary."""
    listing = flash(captures / "fast_news_20260318_fragment.jsonp")
    assert listing.cursor == "1773814478044522"
    first, second = listing.rows
    assert first.article_id == "202603183675846145"
    assert first.published_raw == "2026-03-18 14:16:56"
    assert [secid for secid, _, _ in first.securities] == ["0.002230"]
    assert first.kind == "flash"
    assert second.article_id == "202603183675844522"
    assert second.title == "只有摘要"
    assert second.securities == ()
    assert second.url == "https://finance.eastmoney.com/a/202603183675844522.html"


def test_flash_same_code_twice(captures: Path) -> None:
    """One code with two summaries is read as two rows of one article."""
    listing = flash(captures / "fast_news_20260616_fragment.json")
    assert [row.article_id for row in listing.rows] == ["202606163772915624"] * 2
    assert [secid for secid, _, _ in listing.rows[0].securities] == ["1.601068"]
    assert listing.rows[0].published_raw == "2026-06-16 14:09:57"


def test_flash_past_the_end(captures: Path) -> None:
    """`data: null` with success is the end of the list."""
    listing = flash(captures / "fast_news_empty.json")
    assert listing.rows == []
    assert listing.last


# --- articles ---


def test_article_api(captures: Path) -> None:
    """The captured article gives title, publisher, time, lead, body and the securities that the site tagged."""
    path = captures / "article_api_202609183878840472.json"
    answer = eastmoney.read_answer(read_json(path.read_bytes(), path.name), path.name)
    assert answer.title == "美股三大指数小幅走低 欧股三大指数均跌超1% 比特币回升至8万美元"
    assert answer.media == "东方财富Choice数据"
    assert answer.author == ""
    assert answer.published == "2026/09/19 01:09:08"
    assert answer.url == "http://finance.eastmoney.com/a/202609183878840472.html"
    assert answer.body.startswith("<p style=")
    tagged = {secid for secid, _, origin in answer.securities if origin == "tag"}
    assert tagged == {"0.300024", "105.NVDA", "105.TSLA", "105.AMZN", "90.BK0800", "90.BK1211"}
    assert {secid for secid, _, origin in answer.securities if origin == "list"} == {"0.159891", "1.513500"}


@pytest.mark.parametrize(
    ("name", "title", "media", "published", "words"),
    [
        (
            "reduced_article_page_20260819.html",
            "腾讯控股：回购67.3万股股份",
            "界面新闻",
            "2026年08月19日 17:46",
            "第二段",
        ),
        ("reduced_article_page_202606_ads.html", "", "", "", "鼎通科技"),
        ("reduced_article_page_table.html", "", "", "", "机构调研次数"),
        ("reduced_article_page_202609_tables.html", "t", "", "", "大北农"),
        (
            "reduced_article_page_20260827_ai.html",
            "某公司龙虎榜数据(08-27)",
            "文章来源：东方财富Choice数据",
            "",
            "第二条正文内容",
        ),
        ("article_body_202601_desktop.html", "", "", "", "春季行情可能缓步启动"),
    ],
)
def test_desktop_pages(captures: Path, name: str, title: str, media: str, published: str, words: str) -> None:
    """Every captured page gives what it shows, in whichever template."""
    answer = page(captures / name)
    assert answer.title == title
    assert answer.media.startswith(media) if media else not answer.media
    assert answer.published == published
    assert words in answer.body


# --- what is no answer ---


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            b"<html><title>\xe9\xa1\xb5\xe9\x9d\xa2\xe6\x9c\xaa\xe6\x89\xbe\xe5\x88\xb0 - \xe4\xb8\x9c\xe6\x96\xb9\xe8\xb4\xa2\xe5\xaf\x8c\xe7\xbd\x91</title></html>",
            Refused,
        ),
        ("<html><body>请完成安全验证</body></html>".encode(), Refused),
        (b"<html><body>hello</body></html>", LayoutError),
        (b"", LayoutError),
        (b"callback(", LayoutError),
        ('{"code":1,"data":{"list":[]}}'.encode("utf-16"), LayoutError),
        (b'{"rc":0,"me":"\xe7\xb3\xbb\xe7\xbb\x9f\xe7\xb9\x81\xe5\xbf\x99"}', Refused),
        (b'{"code":"1","message":"success","data":{}}', LayoutError),
        (b'{"code":"1","message":"success"}', LayoutError),
        (b'{"code":"1","data":{"list":{"a":1}}}', LayoutError),
        (b"[1,2]", LayoutError),
        (b"null", LayoutError),
        (b"[" * 100_000, CutShort),
        (b'{"code":"1","data":{"list":[{"code":"2026', CutShort),
    ],
)
def test_no_list(body: bytes, error: type[Exception]) -> None:
    """An answer that is no list is refused or has lost its shape; it never reads as no news."""
    with pytest.raises(error):
        eastmoney.read_columns(read_json(body, "x"), "column:344", "x")


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":1,"data":{"list":[]}}',
        b'{"code":"1","data":null}',
        b'cb({"code":"1","data":{"list":null}});',
        b'var x={"code":"1","data":{"list":[]}}',
    ],
)
def test_the_end_in_all_spellings(body: bytes) -> None:
    """The end of a list is read in each of its spellings."""
    listing = eastmoney.read_columns(read_json(body, "x"), "column:344", "x")
    assert listing.rows == []
    assert listing.last


@pytest.mark.parametrize(
    "payload",
    [
        {"data": None, "success": 0, "message": "not found"},
        {"data": {}, "success": 1},
        {"data": {"Art_Title": "t", "Art_Content": ""}, "success": 1},
        {"data": {"Art_Title": "t", "Art_Content": "[Null]"}, "success": 1},
        {"errorcode": 0, "success": 1},
    ],
)
def test_no_article(payload: Any) -> None:
    """A missing or empty article is recognised, so that the page is asked."""
    with pytest.raises(NoArticle):
        eastmoney.read_answer(payload, "x")


# --- rows ---

ROW = {"code": "202603010000000001", "showTime": "2026-03-01 10:00:00", "title": "标题", "summary": "摘要"}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"code": None}, "id"),
        ({"code": "../../etc"}, "id"),
        ({"code": True}, "id"),
        ({"showTime": ""}, "time"),
        ({"title": "", "summary": ""}, "title"),
    ],
)
def test_bad_rows(change: dict[str, Any], word: str) -> None:
    """A row that cannot be read is named, kept under a stable id, and the rest of the page is read."""
    bad = {**ROW, **change}
    payload = {"code": 1, "data": {"list": [bad, ROW, "text", None]}}
    listing = eastmoney.read_columns(payload, "column:344", "x")
    assert [row.article_id for row in listing.rows] == [ROW["code"]]
    assert len(listing.bad) == 3
    assert word in listing.bad[0].reason
    again = eastmoney.read_columns(payload, "column:344", "x")
    assert [row.article_id for row in again.bad] == [row.article_id for row in listing.bad]


def test_identity() -> None:
    """NW is stripped, a number is an id too, and both spellings of the destination are read."""
    assert eastmoney.read_row({**ROW, "code": "NW202603010000000001"}, "column:1").article_id == ROW["code"]
    assert eastmoney.read_row({**ROW, "code": 202603010000000001}, "column:1").article_id == ROW["code"]
    for spelling in ("np_dst", "Np_dst"):
        row = eastmoney.read_row({**ROW, spelling: "CFH"}, "column:1")
        assert row.kind == "blog"
        assert row.url == "https://caifuhao.eastmoney.com/news/202603010000000001"


@pytest.mark.parametrize(
    "url",
    ["", None, "http://evil.example/a/202603010000000001.html", "javascript:alert(1)", "http://[", "//x.eastmoney.com"],
)
def test_addresses_from_outside_are_not_believed(url: Any) -> None:
    """An address that is not one of the source's own is made from the id."""
    row = eastmoney.read_row({**ROW, "uniqueUrl": url}, "column:1")
    assert row.url == "https://finance.eastmoney.com/a/202603010000000001.html"


@settings(deadline=None, database=None, max_examples=150)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["code", "data", "list", "title", "showTime", "success", "Art_Content"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_json(payload: Any) -> None:
    """Whatever JSON comes, the parsers give a value or their own error."""
    for read in (eastmoney.read_columns, eastmoney.read_flash):
        try:
            read(payload, "column:1", "x")
        except (LayoutError, Refused):
            continue
    try:
        eastmoney.read_answer(payload, "x")
    except (LayoutError, Refused):
        return
    json.dumps(payload)
