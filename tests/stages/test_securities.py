"""Securities: symbols and kinds, every markup and every way of writing, the captures, and hostile input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import expected_securities as expected
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itemadapter import ItemAdapter
from lxml import etree
from scrapy.utils.test import get_crawler
from waits import costs_less

from newscrawler.items import Article
from pipelines.body import parse_body
from pipelines.codes.symbols import KINDS, kind_of, symbol_of
from pipelines.securities import (
    Mention,
    NormalizeSecurities,
    Security,
    combine,
    find,
    from_announcement,
    from_fund_info,
    from_report,
    from_stock_list,
    from_tip_info,
    in_text,
    kind,
    tags,
    to_symbol,
)

PROPERTY = settings(deadline=None, database=None, max_examples=150)


def rows(found: list[Security]) -> list[tuple[Any, ...]]:
    """Return securities as plain tuples."""
    return [(s.symbol, s.secid, s.name, s.kind, s.origin, s.mentions) for s in found]


def symbols(text: str, known: tuple[str, ...] = ()) -> list[str]:
    """Return the symbols that a text names."""
    return [mention.symbol for mention in in_text(text, known)]


def body(name: str, captures: Path) -> str:
    """Return the body of a capture: the content of an answer, of a post, or the page."""
    text = (captures / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        return str(json.loads(text)["data"]["Art_Content"])
    return text.split("---\n", 2)[2] if name.endswith(".md") else text


# --- what a code is -----------------------------------------------------------------------------------------------

CODES = [
    ("1.600519", "600519.SH", "share"),
    ("1.601318", "601318.SH", "share"),
    ("1.603259", "603259.SH", "share"),
    ("1.605499", "605499.SH", "share"),
    ("1.688981", "688981.SH", "share"),
    ("1.689009", "689009.SH", "share"),
    ("1.900901", "900901.SH", "share"),
    ("0.000001", "000001.SZ", "share"),
    ("0.001979", "001979.SZ", "share"),
    ("0.002594", "002594.SZ", "share"),
    ("0.003816", "003816.SZ", "share"),
    ("0.200012", "200012.SZ", "share"),
    ("0.300750", "300750.SZ", "share"),
    ("0.301236", "301236.SZ", "share"),
    ("0.302132", "302132.SZ", "share"),
    ("0.920799", "920799.BJ", "share"),
    ("0.430047", "430047.BJ", "share"),
    ("0.830799", "830799.BJ", "share"),
    ("0.873169", "873169.BJ", "share"),
    ("0.889999", "889999.BJ", "share"),
    ("0.400002", "400002.NEEQ", "share"),
    ("0.420008", "420008.NEEQ", "share"),
    ("1.510300", "510300.SH", "fund"),
    ("1.513500", "513500.SH", "fund"),
    ("1.518880", "518880.SH", "fund"),
    ("1.560010", "560010.SH", "fund"),
    ("1.588000", "588000.SH", "fund"),
    ("1.501018", "501018.SH", "fund"),
    ("1.508000", "508000.SH", "fund"),
    ("0.159915", "159915.SZ", "fund"),
    ("0.161725", "161725.SZ", "fund"),
    ("0.180101", "180101.SZ", "fund"),
    ("1.110059", "110059.SH", "bond"),
    ("1.113050", "113050.SH", "bond"),
    ("1.118000", "118000.SH", "bond"),
    ("0.123107", "123107.SZ", "bond"),
    ("0.127045", "127045.SZ", "bond"),
    ("116.00700", "00700.HK", "share"),
    ("116.01024", "01024.HK", "share"),
    ("128.00700", "00700.HK", "share"),
    ("116.02800", "02800.HK", "fund"),
    ("128.03033", "03033.HK", "fund"),
    ("116.03690", "03690.HK", "share"),
    ("105.AAPL", "AAPL.US", "share"),
    ("106.NIO", "NIO.US", "share"),
    ("107.SPY", "SPY.US", "share"),
    ("106.BRK_A", "BRK_A.US", "share"),
    ("106.BRK.A", "BRK.A.US", "share"),
    ("1.000001", None, "index"),
    ("1.000300", None, "index"),
    ("0.399001", None, "index"),
    ("0.399006", None, "index"),
    ("0.899050", None, "index"),
    ("100.DJIA", None, "index"),
    ("100.HSI", None, "index"),
    ("2.930050", None, "index"),
    ("124.HSTECH", None, "index"),
    ("90.BK0493", None, "board"),
    ("133.USDCNH", None, "fx"),
    ("119.EURUSD", None, "fx"),
    ("120.USDCNYC", None, "fx"),
    ("8.IF2609", None, "future"),
    ("113.cu2609", None, "future"),
    ("101.GC00Y", None, "future"),
    ("142.sc2609", None, "future"),
    ("10.10004567", None, "option"),
    ("221.IO2609-C-4000", None, "option"),
    ("155.VOD", None, "share"),
    ("153.TCEHY", None, "share"),
    ("118.AU9999", None, "other"),
    ("999.ABC", None, "other"),
    ("1.204001", None, "other"),  # a repurchase
    ("0.600519", None, "other"),  # Shanghai's prefix on Shenzhen's market
    ("1.300750", None, "other"),
    ("1.60051", None, "other"),
    ("1.6005199", None, "other"),
    ("116.700", None, "other"),
    ("105.123", None, "other"),
    ("600519", None, "other"),
    ("600519.SH", None, "other"),
    ("1.", None, "other"),
    (".600519", None, "other"),
    ("", None, "other"),
    ("1.600519\n", None, "other"),
    ("１.６００５１９", None, "other"),
]


@pytest.mark.parametrize(("secid", "symbol", "what"), CODES)
def test_symbol_and_kind(secid: str, symbol: str | None, what: str) -> None:
    """Market and prefix together decide symbol and kind; an index, a board and an unknown market have no symbol."""
    assert to_symbol(secid) == symbol
    assert kind(secid) == what


def test_an_index_is_never_a_share() -> None:
    """Shanghai's index and a bank of Shenzhen share a number and nothing else."""
    assert (to_symbol("1.000001"), kind("1.000001")) == (None, "index")
    assert (to_symbol("0.000001"), kind("0.000001")) == ("000001.SZ", "share")


@given(st.text() | st.from_regex(r"[0-9]{1,3}\.[A-Za-z0-9._]{1,10}", fullmatch=True))
@PROPERTY
def test_any_text_has_a_kind(text: str) -> None:
    """Any text into to_symbol and kind gives a value, and only shares, funds and bonds have a symbol."""
    symbol, what = to_symbol(text), kind(text)
    assert what in KINDS
    if symbol is not None:
        assert what in ("share", "fund", "bond")
        assert symbol.rpartition(".")[2] in ("SH", "SZ", "BJ", "NEEQ", "HK", "US")
        assert kind_of(symbol) == what
    assert symbol_of(text) == (symbol or text) or what == "board"


# --- markup -------------------------------------------------------------------------------------------------------

CHART = (
    '<a class="EmImageRemark" href="http://quote.eastmoney.com/unify/r/106.NIO" data-code="NIO|106|7" '
    'data-code2="NIO|106|3|"><img src="https://webquotepic.eastmoney.com/GetPic.aspx?nid=106.NIO&imageType=r" '
    'data-code="R NIO|106|7"></a>'
)
NIO = ("NIO.US", "106.NIO")
MARKUP = [
    # data-code in its orders
    ('<a class="keytip" data-code="1,600160">甲</a>', [("600160.SH", "1.600160", "甲", "share", "tag", 1)]),
    ('<a data-code="NIO|106|7">甲</a>', [(*NIO, "甲", "share", "tag", 1)]),
    ('<img data-code="K 600036|1|1">', [("600036.SH", "1.600036", "", "share", "chart", 1)]),
    ('<img data-code="R DJIA|100|_UI">', [("100.DJIA", "100.DJIA", "", "index", "chart", 1)]),
    ('<a data-code="600160,1">甲</a>', [("600160.SH", "1.600160", "甲", "share", "tag", 1)]),
    ('<a data-code="1|600036|1">甲</a>', [("600036.SH", "1.600036", "甲", "share", "tag", 1)]),
    ('<a data-code="1.600036">甲</a>', [("600036.SH", "1.600036", "甲", "share", "tag", 1)]),
    ('<a data-code=" 116 , 00700 ">甲</a>', [("00700.HK", "116.00700", "甲", "share", "tag", 1)]),
    ('<em data-code="90,BK0493">甲</em>', [("BK0493", "90.BK0493", "甲", "board", "tag", 1)]),
    ('<a data-code2="NIO|106|3|">甲</a>', [(*NIO, "甲", "share", "tag", 1)]),
    ('<a data-code="" data-code2="NIO|106|3|">甲</a>', [(*NIO, "甲", "share", "tag", 1)]),
    # a code without its market
    ('<a data-code="688376">甲</a>', [("688376.SH", "1.688376", "甲", "share", "tag", 1)]),
    ('<a data-code="000001">甲</a>', []),
    ('<a data-code="002353" href="//quote.eastmoney.com/r/0.002353">甲</a>',
     [("002353.SZ", "0.002353", "甲", "share", "tag", 1)]),
    # quote pages
    ('<a href="http://quote.eastmoney.com/unify/r/1.600519">甲</a>', [("600519.SH", "1.600519", "甲", "share", "tag", 1)]),
    ('<a href="https://quote.eastmoney.com/r/0.002353">甲</a>', [("002353.SZ", "0.002353", "甲", "share", "tag", 1)]),
    ('<a href= " //quote.eastmoney.com/sh600519.html">甲</a>', [("600519.SH", "1.600519", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/SZ300059.html?from=x#y">甲</a>',
     [("300059.SZ", "0.300059", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/concept/sz300059.html">甲</a>',
     [("300059.SZ", "0.300059", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/bj/920799.html">甲</a>', [("920799.BJ", "0.920799", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/bj920799.html">甲</a>', [("920799.BJ", "0.920799", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/hk/00700.html">甲</a>', [("00700.HK", "116.00700", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/us/NIO.html">甲</a>', [("NIO.US", None, "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/bk/90.BK0493.html">甲</a>', [("BK0493", "90.BK0493", "甲", "board", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/zs000001.html">甲</a>', [("1.000001", "1.000001", "甲", "index", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/zs399006.html">甲</a>', [("0.399006", "0.399006", "甲", "index", "tag", 1)]),
    ('<a href="https://wap.eastmoney.com/quote/stock/1.600519.html">甲</a>',
     [("600519.SH", "1.600519", "甲", "share", "tag", 1)]),
    ('<a href="http://quote.eastmoney.com/center/">行情</a>', []),
    ('<a href="http://quote.eastmoney.com.evil.example/unify/r/1.600519">甲</a>', []),
    ('<a href="http://evil.example/quote.eastmoney.com/unify/r/1.600519">甲</a>', []),
    ('<a href="http://finance.eastmoney.com/a/202609183878581096.html">甲</a>', []),
    ('<a href="http://data.eastmoney.com/bbsj/">业绩</a>', []),
    # charts
    (CHART, [(*NIO, "", "share", "chart", 1)]),
    ('<img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid=1.600036&imageType=k">',
     [("600036.SH", "1.600036", "", "share", "chart", 1)]),
    ('<img src="//webquotepic.eastmoney.com/GetPic.aspx?imageType=r&amp;nid=90.BK0493">',
     [("BK0493", "90.BK0493", "", "board", "chart", 1)]),
    ('<img src="https://np-newspic.dfcfw.com/download/D1_w690h389.jpg">', []),
    ('<img src="https://evil.example/GetPic.aspx?nid=1.600036">', []),
    # spans, today's and 2019's
    ('<span id="stock_1.600160"><a class="keytip" data-code="1,600160">甲</a></span><span id="quote_1.600160"></span>',
     [("600160.SH", "1.600160", "甲", "share", "tag", 1)]),
    ('<span id="bk_90.BK0493"><a data-code="90,BK0493">甲</a></span><span id="bkquote_90.BK0493"></span>',
     [("BK0493", "90.BK0493", "甲", "board", "tag", 1)]),
    ('<span id="Info.116.00700">甲</span>', [("00700.HK", "116.00700", "甲", "share", "tag", 1)]),
    ('<span id="Info.3321"><a class="infokey" href="http://data.eastmoney.com/bbsj/">业绩</a></span>', []),
    ('<span id="stock_NASDAQ_INTC7">甲</span><span id="quote_INTC7"></span>',
     [("INTC.US", "105.INTC", "甲", "share", "tag", 1)]),
    ('<span id="stock_NYSE_BABA7">甲</span>', [("BABA.US", "106.BABA", "甲", "share", "tag", 1)]),
    ('<span id="stock_6005191">甲</span>', [("600519.SH", "1.600519", "甲", "share", "tag", 1)]),
    ('<span id="stock_0000012">甲</span>', [("000001.SZ", "0.000001", "甲", "share", "tag", 1)]),
    ('<span web="1" class="em_stock_key_common" data-code="1,600160" href="//quote.eastmoney.com/r/1.600160">甲</span>', [("600160.SH", "1.600160", "甲", "share", "tag", 1)]),
    ('<a class="em_stock_key_common" href="http://quote.eastmoney.com/r/0.002353">甲</a>',
     [("002353.SZ", "0.002353", "甲", "share", "tag", 1)]),
    # one place, two securities: both count
    ('<span data-code="1,601881">银河<span data-code="90,BK0473">证券</span></span>',
     [("601881.SH", "1.601881", "银河证券", "share", "tag", 1), ("BK0473", "90.BK0473", "证券", "board", "tag", 1)]),
    # chart and tag: one security, two places, the stronger origin
    (CHART + '<p>开头<a data-code="106,NIO">蔚来</a>。</p>', [(*NIO, "蔚来", "share", "tag", 2)]),
    # the page of New York's share has no market; another place gives it
    ('<a href="http://quote.eastmoney.com/us/NIO.html">甲</a><a data-code="106,NIO">乙</a>',
     [(*NIO, "甲", "share", "tag", 2)]),
    # 116 and 128 are the same share
    ('<a data-code="116,00700">甲</a><a data-code="128,00700">甲</a>',
     [("00700.HK", "116.00700", "甲", "share", "tag", 2)]),
    # what passes through
    ('<a data-code="155,VOD">甲</a>', [("155.VOD", "155.VOD", "甲", "share", "tag", 1)]),
    ('<a data-code="999,ABC">甲</a>', [("999.ABC", "999.ABC", "甲", "other", "tag", 1)]),
    ('<a data-code="133,USDCNH">甲</a>', [("133.USDCNH", "133.USDCNH", "甲", "fx", "tag", 1)]),
    # what names nothing
    ('<a data-code="x">甲</a><a data-code=",">乙</a><a data-code="|||">丙</a><a data-code="1,">丁</a>', []),
    ('<script data-code="1,600160">x</script>', [("600160.SH", "1.600160", "x", "share", "tag", 1)]),
    # a body that begins and ends anywhere
    ('说</a>，<a data-code="1,600519">甲</a></p><p>再说', [("600519.SH", "1.600519", "甲", "share", "tag", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("html", "found"), MARKUP)
def test_markup(html: str, found: list[tuple[Any, ...]]) -> None:
    """Every form of the markup gives its security, one mention for one place."""
    assert rows(find(html)) == found


SKIPPED = [
    '<p class="em_media">（文章来源：上海<span id="bk_90.BK0473"><a data-code="90,BK0473">证券</a></span>报）</p>',
    '<p class="x em_media y"><a data-code="1,600519">甲</a> 600519.SH</p>',
    '<p>来源：中国<a data-code="90,BK0473">证券</a>报</p>',
    '<p>　　（文章来源：<a data-code="90,BK0473">证券</a>时报）</p>',
    '<div class="ad_context3"><p><a data-code="1,600519">甲</a>贵州茅台（600519）</p></div>',
    '<p class="em_xuangu"><a data-code="1,600519">甲</a></p>',
    '<a class="toplink" href="http://quote.eastmoney.com/unify/r/1.600519">甲</a>',
    '<a href="https://acttg.eastmoney.com/pub/x"><span data-code="1,600519">600519.SH</span></a>',
    '<script>"600519.SH"</script><style>/*600519.SH*/</style><!-- 600519.SH -->',
]


@pytest.mark.parametrize("html", SKIPPED)
def test_skipped(html: str) -> None:
    """Neither the publisher's line nor an advertisement names a security, and what follows them still does."""
    after = '<p><a data-code="0,000333">美的集团</a>（000333.SZ）</p>'
    assert rows(find(html + after)) == [("000333.SZ", "0.000333", "美的集团", "share", "tag", 2)]


def test_tags_look_below_their_root_only() -> None:
    """The body of a page is looked at alone, and an enclosing advertisement still counts."""
    page = etree.fromstring(
        '<html><body><a data-code="1,600519">x</a><div id="ContentBody"><a data-code="0,000333">y</a></div></body></html>',
        etree.HTMLParser(),
    )
    assert [mention.symbol for mention in tags(page.xpath("//div")[0])] == ["000333.SZ"]


def test_page_is_read_in_its_body_only() -> None:
    """Of a whole page, only the article's body counts, not the boxes around it."""
    page = (
        '<html><body><p><a data-code="1,600519">x</a></p><div id="ContentBody"><a data-code="0,000333">y</a></div>'
        '<div class="hot"><a data-code="1,600036">z</a>600030.SH</div></body></html>'
    )
    assert rows(find(page)) == [("000333.SZ", "0.000333", "y", "share", "tag", 1)]


# --- text ---------------------------------------------------------------------------------------------------------

NAMED = [
    ("（600519.SH）", ["600519.SH"]),
    ("(00700.HK)", ["00700.HK"]),
    ("(0700.HK)", ["00700.HK"]),
    ("5.HK", ["00005.HK"]),
    ("贵州茅台(600519)", ["600519.SH"]),
    ("600519.SS", ["600519.SH"]),
    ("600519.sh", ["600519.SH"]),
    ("000001.XSHE", ["000001.SZ"]),
    ("000001.SZ", ["000001.SZ"]),
    ("920799.BJ", ["920799.BJ"]),
    ("430047.BJ", ["430047.BJ"]),
    ("400002.NQ", ["400002.NEEQ"]),
    ("430719.NQ", ["430719.NEEQ"]),
    ("SH600519", ["600519.SH"]),
    ("sz000001", ["000001.SZ"]),
    ("hk00700", ["00700.HK"]),
    ("HK.00700", ["00700.HK"]),
    ("US.AAPL", ["AAPL.US"]),
    ("（SZ:000001）", ["000001.SZ"]),
    ("（sh：600519）", ["600519.SH"]),
    ("HKEX: 700", ["00700.HK"]),
    ("港交所：00700", ["00700.HK"]),
    ("港交所代码：00700", ["00700.HK"]),
    ("上交所：600519", ["600519.SH"]),
    ("$AAPL$", ["AAPL.US"]),
    ("$TSLA", ["TSLA.US"]),
    ("看好$TSLA。", ["TSLA.US"]),
    ("$AAPL$$MSFT$", ["AAPL.US", "MSFT.US"]),
    ("$BRK.A$", ["BRK_A.US"]),
    ("$贵州茅台(SH600519)$", ["600519.SH"]),
    ("$00700.HK$", ["00700.HK"]),
    ("NYSE:NIO", ["NIO.US"]),
    ("NASDAQ: PDD", ["PDD.US"]),
    ("（纳斯达克：PDD）", ["PDD.US"]),
    ("纽交所股票代码：BABA", ["BABA.US"]),
    ("NYSE American: IMO", ["IMO.US"]),
    ("AAPL.US", ["AAPL.US"]),
    ("苹果(AAPL.O)", ["AAPL.US"]),
    ("阿里巴巴（BABA.N）", ["BABA.US"]),
    ("腾讯(700 HK)", ["00700.HK"]),
    ("茅台(600519 CH)", ["600519.SH"]),
    ("腾讯控股（00700）", ["00700.HK"]),
    ("平安银行（000001）", ["000001.SZ"]),
    ("*ST东海A(000613)", ["000613.SZ"]),
    ("TCL科技(000100)", ["000100.SZ"]),
    ("C沈鼓(601091)", ["601091.SH"]),
    ("百济神州-U(688235)", ["688235.SH"]),
    ("七丰精工(873169)", ["873169.BJ"]),
    ("沪深300ETF(510300)", ["510300.SH"]),
    ("招商双债LOF(161716)", ["161716.SZ"]),
    ("南银转债(113050)", ["113050.SH"]),
    ("万科B(200002)", ["200002.SZ"]),
    ("“贵州茅台”（600519）", ["600519.SH"]),
    ("贵州茅台 (600519)", ["600519.SH"]),
    ("贵州茅台[600519]", ["600519.SH"]),
    ("中国平安(601318,股吧)", ["601318.SH"]),
    ("中国平安（601318，02318.HK）", ["601318.SH", "02318.HK"]),
    ("中国平安（601318.SH/02318.HK）", ["601318.SH", "02318.HK"]),
    ("贵州茅台（代码：600519）", ["600519.SH"]),
    ("证券代码：600519 证券简称：贵州茅台", ["600519.SH"]),
    ("股票代码为600519", ["600519.SH"]),
    ("转债代码：113050", ["113050.SH"]),
    ("基金代码：159915", ["159915.SZ"]),
    ("股份代号：00700", ["00700.HK"]),
    ("（６００５１９．ＳＨ）", ["600519.SH"]),
    ("贵州茅台（６００５１９）", ["600519.SH"]),
    ("上证指数(000001.SH)", ["1.000001"]),
    ("创业板指（399006.SZ）", ["0.399006"]),
    ("北证50(899050.BJ)", ["0.899050"]),
    ("永辉超市(601933)", ["601933.SH"]),
    ("大秦铁路(601006)", ["601006.SH"]),
    ("贵州茅台（600519）、五粮液（000858）涨", ["600519.SH", "000858.SZ"]),
]


@pytest.mark.parametrize(("text", "found"), NAMED)
def test_text(text: str, found: list[str]) -> None:
    """A code beyond doubt is found, whichever agency's spelling it has, alone and inside a sentence."""
    assert symbols(text) == found
    assert symbols(f"今日，{text}，创新高") == found
    assert all(kind_of(symbol) in ("share", "fund", "bond", "index") for symbol in found)


NOT_NAMED = [
    "2022年", "（2026）", "（2026—2028年）", "2026-03-01", "20260918", "（18日）", "12:19:03", "600519", "(600519)",
    "共有600519人", "600519元", "营业收入600519.18万元", "营业收入（600519）", "净利润(300750)", "贵州茅台（600519元）",
    "贵州茅台（600519）万元", "贵州茅台(600519,2022)", "电话(600519)", "热线：600519", "021-60051900", "13860051900",
    "订单号（600519）", "订单编号：600519", "订单 600519", "序号(600519)", "文号（300750）", "验证码600519", "邮编(300041)",
    "天津市和平区（300041）", "南京西路(200041)", "上证指数(000001)", "创业板指（300001）", "华夏成长混合(000001)",
    "华夏成长（000001）基金经理", "甲乙成长混合A（001234）", "沪深300(000300)", "中证500（000905）", "沪指（000001）", "易方达中小盘混合(110011)", "东方龙基金(400001)", "基金代码：000001", "甲乙(123456)",
    "甲乙(113050)", "甲乙(200002)", "600519.SZ", "300750.SH", "00000.HK", "123456.HK", "12600519.SH", "600519.SH2",
    "a600519.SH", "1.600519.SH", "SH6005190", "ID600519", "SZ202203", "XSH600519", "www.600519.com", "mail@600519.SH",
    "abc.us", "123.hk", "U.S.", "3.5.HK", "US$500", "HK$B", "US$AAPL", "$500", "$USD", "$BTC$", "$A", "$A$", "A$AP",
    "$tsla", "$TOOLONG", "联合国(U.N)", "纳斯达克：The", "NYSE: the", "纳斯达克：上涨", "港交所：5家公司", "港股：2000亿",
    "CPPIB", "(HFC)", "(MBS)", "GDP: 5", "比分 3:2", "来源：证券时报", "HFO-1234yf", "C919", "5G", "H5N1", "K1234567",
    "", " ", "（", "（）", "$", "$$", ".", "SH", "代码：", "：", "(600519",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_NAMED)
def test_text_without_securities(text: str) -> None:
    """Years, amounts, dates, telephone and order numbers, postcodes, funds without a quotation and mere digits are none."""
    assert symbols(text) == []
    assert symbols(f"今日，{text}，创新高") == []


KNOWN = [
    ("$F$", ("F.US",), ["F.US"]),
    ("$BRK.A$", ("BRK.A.US",), ["BRK.A.US"]),
    ("NYSE: BRK.B", ("BRK_B.US",), ["BRK_B.US"]),
    ("上证指数(000001)", ("1.000001",), ["1.000001"]),
    ("平安银行(000001)", ("1.000001",), ["000001.SZ"]),
    ("430719.NQ", ("430719.BJ",), ["430719.BJ"]),
    ("430001.BJ", ("430001.NEEQ",), ["430001.NEEQ"]),
]


@pytest.mark.parametrize(("text", "known", "found"), KNOWN)
def test_text_joins_what_the_source_named(text: str, known: tuple[str, ...], found: list[str]) -> None:
    """A code of the text becomes the security that the source named, where both can be the same."""
    assert symbols(text, known) == found


# --- together -----------------------------------------------------------------------------------------------------


def test_text_joins_a_tag() -> None:
    """$AAPL$ in the text and a tagged 105.AAPL are one security: the tag's secid, name and origin, mentions summed."""
    html = '<p><span id="stock_105.AAPL"><a data-code="105,AAPL">苹果</a></span>涨，$AAPL$ 与 $TSLA$ 同涨</p>'
    assert rows(find(html)) == [
        ("AAPL.US", "105.AAPL", "苹果", "share", "tag", 2),
        ("TSLA.US", None, "", "share", "text", 1),
    ]


def test_order_is_that_of_the_first_mention() -> None:
    """Securities of markup and text stand in the order of the text."""
    html = '<p>宁德时代（300750）与<a data-code="1,600519">贵州茅台</a>、五粮液（000858）</p>'
    assert [security.symbol for security in find(html)] == ["300750.SZ", "600519.SH", "000858.SZ"]


def test_code_inside_a_tag_is_one_place() -> None:
    """A code that stands on a tag's own words is counted once."""
    html = '<p>看<a data-code="1,600519">贵州茅台(600519.SH)</a>，又<a data-code="1,600519">贵州茅台</a></p>'
    assert rows(find(html)) == [("600519.SH", "1.600519", "贵州茅台(600519.SH)", "share", "tag", 2)]


def test_text_of_one_place_over_several_elements() -> None:
    """Inline elements do not break a code, blocks do."""
    assert [s.symbol for s in find("<p>贵州<b>茅台</b>（<i>600519</i>.SH）</p>")] == ["600519.SH"]
    assert find("<p>贵州茅台</p><p>(600519)</p>") == []
    assert find("<table><tr><td>贵州茅台</td><td>(600519)</td></tr></table>") == []


def test_sourced_ranks_above_text() -> None:
    """What the source names beside the body ranks tag, chart, list, text; it adds no mention but is never without one."""
    mentions = [Mention("1.600036", "600036.SH", "", "chart")]
    sourced = [
        ("1.600036", "招商银行", "list"),
        ("1.600519", "贵州茅台", "list"),
        ("0.000858", "", "tag"),
        ("90.BK0493", "", "list"),
        ("0.159915", "", "list"),
    ]
    assert rows(combine(mentions, sourced, "贵州茅台（600519）与 $NIO$，600519.SH")) == [
        ("600036.SH", "1.600036", "招商银行", "share", "chart", 1),
        ("600519.SH", "1.600519", "贵州茅台", "share", "list", 2),
        ("NIO.US", None, "", "share", "text", 1),
        ("000858.SZ", "0.000858", "", "share", "tag", 1),
        ("BK0493", "90.BK0493", "", "board", "list", 1),
        ("159915.SZ", "0.159915", "", "fund", "list", 1),
    ]


def test_sourced_raises_the_origin_of_text() -> None:
    """A code that only the text mentions gets the origin and secid of the source that names it."""
    assert rows(combine([], [("0.000858", "五粮液", "tag"), ("0.000858", "", "list")], "五粮液（000858）涨")) == [
        ("000858.SZ", "0.000858", "五粮液", "share", "tag", 1)
    ]


def test_malformed_sourced_is_left_out() -> None:
    """What a source gives that is no (secid, name, origin) is ignored; lists are as good as tuples."""
    sourced = [None, "1.600519", (), ("1.600519",), (1, 2, 3), ("x", "", "tag"), ["1.600519", "甲\x00\ud800", "odd"]]
    assert rows(combine([], sourced, "")) == [("600519.SH", "1.600519", "甲", "share", "list", 1)]


# --- fields of the source -----------------------------------------------------------------------------------------


def test_tip_info() -> None:
    """Every secid of the site's own tags is read, once; placeholders and broken JSON are empty."""
    text = '[{"Type":999,"Code":"0.300024"},{"Type":1005,"Code":"105.NVDA, 105.TSLA,105.NVDA"},{"Type":1001,"Code":"90.BK0800,"}]'
    assert from_tip_info(text) == [(code, "", "tag") for code in ("0.300024", "105.NVDA", "105.TSLA", "90.BK0800")]


def test_fund_info() -> None:
    """Only funds that trade on an exchange are read: an open-end 000001 is no bank of Shenzhen."""
    assert from_fund_info("159891;513500") == [("0.159891", "", "list"), ("1.513500", "", "list")]
    assert from_fund_info('["161725","000001","110011","600519","519674"]') == [("0.161725", "", "list")]


def test_stock_list() -> None:
    """A flash's list is read, boards and New York's shares as well."""
    assert from_stock_list(["1.600276", "90.BK0451", "105.SPCX", "1.600276", "", None, 7, "x"]) == [
        ("1.600276", "", "list"),
        ("90.BK0451", "", "list"),
        ("105.SPCX", "", "list"),
    ]
    assert from_stock_list("1.600276,0.000001") == [("1.600276", "", "list"), ("0.000001", "", "list")]


@pytest.mark.parametrize(
    ("entry", "secid"),
    [
        ({"stock_code": "600519", "market_code": "1", "ann_type": "A,SHA"}, "1.600519"),
        ({"stock_code": "600519", "market_code": 1}, "1.600519"),
        ({"stock_code": "000156", "market_code": "0", "ann_type": "A,SZA"}, "0.000156"),
        ({"stock_code": "873169", "market_code": "0", "ann_type": "A,BJA"}, "0.873169"),
        ({"stock_code": "873169", "ann_type": "A,BJA"}, "0.873169"),
        ({"stock_code": "688981", "ann_type": "A,KCB"}, "1.688981"),
        ({"stock_code": "300750", "ann_type": "A,CYB"}, "0.300750"),
        ({"stock_code": "000001", "ann_type": "A,SZA"}, "0.000001"),
        ({"stock_code": "000001"}, "0.000001"),
        ({"stock_code": "000001", "market_code": "1", "ann_type": "A,SZA"}, "0.000001"),
        ({"stock_code": "00700", "market_code": "116"}, "116.00700"),
    ],
)
def test_announcement(entry: dict[str, Any], secid: str) -> None:
    """The market of an announcement is what the row says, else what the prefix does, and never an index's."""
    assert from_announcement({"codes": [{**entry, "short_name": " 甲 "}]}) == [(secid, "甲", "tag")]


def test_announcement_of_several() -> None:
    """Of several codes the A share comes first, and all are kept."""
    codes = [
        {"stock_code": "200002", "short_name": "甲B", "market_code": "0", "ann_type": "B,SZB"},
        {"stock_code": "000002", "short_name": "甲A", "market_code": "0", "ann_type": "A,SZA"},
        {"short_name": "none"},
        None,
    ]
    assert from_announcement({"codes": codes}) == [("0.000002", "甲A", "tag"), ("0.200002", "甲B", "tag")]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"stockCode": "600519", "stockName": "甲", "market": "SHANGHAI"}, [("1.600519", "甲", "tag")]),
        ({"stockCode": "000001", "stockName": "甲", "market": "SHENZHEN"}, [("0.000001", "甲", "tag")]),
        ({"stockCode": "873169", "stockName": "甲", "market": "BEIJING"}, [("0.873169", "甲", "tag")]),
        ({"stockCode": "300750", "stockName": None}, [("0.300750", "", "tag")]),
        ({"stockCode": "", "stockName": "", "market": "", "industryName": "甲"}, []),
        ({"stockCode": None, "market": None}, []),
    ],
)
def test_report(row: dict[str, Any], found: list[tuple[str, str, str]]) -> None:
    """A report names one share; a report about an industry names none."""
    assert from_report(row) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["codes", "Code", "stock_code", "ann_type", "market_code", "stockCode", "market", "short_name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
@PROPERTY
def test_readers_take_anything(value: Any) -> None:
    """Whatever a field holds, its reader answers with a list of (secid, name, origin)."""
    readers = (from_tip_info, from_stock_list, from_fund_info, from_announcement, from_report)
    for read in readers:
        for given_value in (value, json.dumps(value)):
            found = read(given_value)
            assert isinstance(found, list)
            assert all(kind(secid) in KINDS and origin in ("tag", "list") for secid, _, origin in found)


@pytest.mark.parametrize(
    "text", ["", "[]", "[Null]", "0", "{", "[" * 100_000, "null", '"x"', "\ud800", '[{"Code":{}}]']
)
def test_placeholders(text: str) -> None:
    """Placeholders, broken and endlessly nested JSON are empty."""
    assert from_tip_info(text) == []
    assert from_fund_info(text) == []
    assert from_stock_list(text) == []


# --- the captures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", expected.BODIES)
def test_captured_body(name: str, captures: Path) -> None:
    """Every security of a captured body outside the publisher's line once, shares apart from boards, as read by hand."""
    assert rows(find(body(name, captures))) == expected.BODIES[name]


@pytest.mark.parametrize("name", expected.BODIES)
def test_captured_body_through_the_body_stage(name: str, captures: Path) -> None:
    """The tags and the clean text that the body's one parse gives hold the same securities as the raw body."""
    read = parse_body(body(name, captures))
    assert rows(combine(read.mentions, (), read.text)) == expected.BODIES[name]


def test_every_captured_body_is_expected(captures: Path) -> None:
    """No capture with a body is without an expectation."""
    names = {path.name for path in captures.iterdir() if path.suffix in (".html", ".md")} - {"README.md"}
    assert names | {"article_api_202609183878840472.json"} == set(expected.BODIES)


def test_seed(captures: Path) -> None:
    """The seed's body gives 快手 as 01024.HK, from its chart."""
    (seed,) = (captures.parents[1] / "seed").iterdir()
    text = seed.read_text(encoding="utf-8")
    assert rows(find(text)) == expected.SEED
    assert rows(find(text.split("---\n", 2)[2])) == expected.SEED


def test_captured_fields(captures: Path) -> None:
    """The captured answer's own fields give its tags and exchange-traded funds, which join those of its body."""
    data = json.loads((captures / "article_api_202609183878840472.json").read_text(encoding="utf-8"))["data"]
    tip, funds = from_tip_info(data["Art_Tip_Info"]), from_fund_info(data["Art_Fund_Info"])
    assert tip == [(secid, "", "tag") for secid in expected.TIP_INFO]
    assert funds == [(secid, "", "list") for secid in expected.FUND_INFO]
    both = find(data["Art_Content"])
    root = etree.fromstring(data["Art_Content"], etree.HTMLParser())
    assert rows(combine(tags(root), [*tip, *funds], "")) == [
        *rows(both),
        ("159891.SZ", "0.159891", "", "fund", "list", 1),
        ("513500.SH", "1.513500", "", "fund", "list", 1),
    ]


@pytest.mark.parametrize("name", expected.STOCK_LISTS)
def test_captured_stock_lists(name: str, captures: Path) -> None:
    """Captured flash rows give their lists."""
    text = (captures / name).read_text(encoding="utf-8")
    answer = json.loads(text[text.index("{") : text.rindex("}") + 1])
    lists = [from_stock_list(row["stockList"]) for row in answer["data"]["fastNewsList"]]
    assert lists == [[(secid, "", "list") for secid in row] for row in expected.STOCK_LISTS[name]]


@pytest.mark.parametrize("name", expected.ANNOUNCEMENTS)
def test_captured_announcements(name: str, captures: Path) -> None:
    """Captured announcements give their company, Beijing's under the code it was published with."""
    answer = json.loads((captures / name).read_text(encoding="utf-8"))
    listed = answer["data"]["list"] if "data" in answer else [answer]
    for row, expected_row in zip(listed, expected.ANNOUNCEMENTS[name], strict=True):
        found = from_announcement(row)
        assert [(secid, title, to_symbol(secid)) for secid, title, _ in found] == expected_row
        assert {origin for *_, origin in found} == {"tag"}


@pytest.mark.parametrize("name", expected.LIST_TEXTS)
def test_captured_texts(name: str, captures: Path) -> None:
    """In the captured lists' titles and leads, only codes in brackets after a company's name are found."""
    data = json.loads((captures / name).read_text(encoding="utf-8"))["data"]
    listed = data["list"] if isinstance(data, dict) and "list" in data else next(iter(data.values()))
    for field, found in expected.LIST_TEXTS[name].items():
        assert [symbol for row in listed for symbol in symbols(row[field])] == found


# --- the stage ----------------------------------------------------------------------------------------------------


def article(moment: Any, **fields: Any) -> Article:
    """Return an article with what the stages before have written (synthetic)."""
    return Article("eastmoney", "1", "https://finance.eastmoney.com/a/1.html", ("column:344",), moment, **fields)


def test_stage() -> None:
    """The stage joins the body's mentions, the source's codes, title and text, and counts by origin."""
    crawler = get_crawler()
    stage = NormalizeSecurities.from_crawler(crawler)
    item = article(
        None,
        title="贵州茅台（600519）创新高",
        body_text="招商银行涨，$NIO$ 跌",
        mentions=[Mention("1.600036", "600036.SH", "招商银行", "tag"), Mention("100.DJIA", "100.DJIA", "", "chart")],
        securities_raw=(("1.600519", "贵州茅台", "list"), ("90.BK0493", "", "tag")),
    )
    assert stage.process_item(item) is item
    assert rows(ItemAdapter(item)["securities"]) == [
        ("600519.SH", "1.600519", "贵州茅台", "share", "list", 1),
        ("600036.SH", "1.600036", "招商银行", "share", "tag", 1),
        ("100.DJIA", "100.DJIA", "", "index", "chart", 1),
        ("NIO.US", None, "", "share", "text", 1),
        ("BK0493", "90.BK0493", "", "board", "tag", 1),
    ]
    stats = crawler.stats.get_stats()
    assert {key: value for key, value in stats.items() if key.startswith("news/")} == {
        "news/securities/tag": 2,
        "news/securities/list": 1,
        "news/securities/chart": 1,
        "news/securities/text": 1,
    }


def test_stage_without_securities() -> None:
    """An article that names none gets an empty list."""
    item = article(None, title="某公司公告", body_text="2026年营收600519元")
    NormalizeSecurities.from_crawler(get_crawler()).process_item(item)
    assert item.securities == []


# --- hostile input ------------------------------------------------------------------------------------------------

pieces = st.sampled_from(
    [
        "<p>", "</p>", "<a data-code='", "1,600519", "NIO|106|7", "'>", "</a>", "<span id=", "stock_1.600519", "<img src=",
        "https://webquotepic.eastmoney.com/GetPic.aspx?nid=1.600036", "<!--", "-->", "<table>", "（600519", ".SH", "）", "$",
        "AAPL", "NYSE:", "\x00", "\ud800", "&#0;", "&#xd800;", "<p class=em_media>", "证券代码：", "贵州茅台", "<script>", "href='",
        "http://quote.eastmoney.com/unify/r/", "'", '"', ">", "<?x", "<![CDATA[", "]]>", "６００", "，", " ",
    ]
)  # fmt: skip


@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=60))
@PROPERTY
def test_any_html(html: str) -> None:
    """Any text into find gives securities that are sound: each symbol once, known kinds and origins, at least one mention."""
    found = find(html)
    assert len({security.symbol for security in found}) == len(found)
    for security in found:
        assert security.kind in KINDS
        assert security.origin in ("tag", "chart", "text")
        assert security.mentions >= 1
        assert security.secid is None or symbol_of(security.secid) == security.symbol
        security.name.encode("utf-8")
        assert not any(ord(sign) < 32 for sign in security.name)


@given(
    st.lists(pieces, max_size=25).map("".join), st.lists(st.sampled_from(["1.000001", "AAPL.US", "x", ""]), max_size=3)
)
@PROPERTY
def test_any_text(text: str, known: list[str]) -> None:
    """Any text into in_text gives mentions without secid whose kind is known."""
    for mention in in_text(text, known):
        assert (mention.secid, mention.origin) == (None, "text")
        assert kind_of(mention.symbol) in ("share", "fund", "bond", "index")


HOSTILE = {
    "nested": "<div>" * 50_000 + '<a data-code="1,600519">x</a>',
    "unclosed": "<a data-code='1,600519'>" * 15_000,
    "mentions": "".join(f"<a data-code='1,{600000 + n}'>甲{n}</a>" for n in range(9_000)),
    "texts": "贵州茅台（600519.SH）" * 12_000,
    "brackets": "（(［[" * 60_000,
    "dollars": "$" * 390_000,
    "colons": "SH:" * 130_000,
    "dots": "600519.S" * 40_000,
    "digits": "6005190" * 55_000,
    "prefixes": "SH600519" * 40_000,
    "attribute": f"<a data-code='{'1,' * 150_000}'>x</a>",
    "classes": f"<a class='{'x ' * 150_000}' data-code='1,600519'>x</a>",
    "address": f"<a href='http://quote.eastmoney.com/{'a/' * 150_000}'>x</a>",
    "picture": f"<img src='https://x.eastmoney.com/?{'nid=&' * 60_000}'>",
    "too large": "<p>600519.SH</p>" * 40_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_is_quick(name: str) -> None:
    """Nothing within 400 KB explodes, however it is made; the time allowed is for a machine that others use too."""
    assert costs_less(lambda: find(HOSTILE[name]), 1)
    found = find(HOSTILE[name])
    assert len({security.symbol for security in found}) == len(found)


def test_too_large_is_not_looked_at() -> None:
    """A body of more than 400 KB gives nothing; the stage of the bodies refuses it."""
    assert find("600519.SH " * 39_000) != []
    assert find("600519.SH " * 41_000) == []


def test_most_mentions() -> None:
    """Of a body with more tagged places than any article has, the first 3,000 count, and no others."""
    (only,) = find('<a data-code="1,600519">x</a>' * 3_100)
    assert only.mentions == 3_000
