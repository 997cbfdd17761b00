"""Titles, leads and names: one plain line, whatever the answer held."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.utils.test import get_crawler
from waits import costs_less

from newscrawler.items import Article
from pipelines.errors import InvalidText
from pipelines.text import CUT_TITLE, MAX_NAME, MAX_SUMMARY, MAX_TITLE, CleanText, clean_line, headline, lead, printable

ANY_TEXT = st.text(st.characters(), max_size=200)
"""Lone surrogates and controls included."""
WORDS = (
    "<b> </b> <script> </script &lt; &amp;lt; &#0; &#x110000; 【 】 。 ！ ” \x00 \ud800 \u200b \u202e 标题 a 5% < > & "
    "点击查看全文 [点击查看全文] >> ，"
)
PIECES = st.lists(st.sampled_from([*WORDS.split(" "), " ", "\u3000", "\xa0", "\n"]), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("平常标题", "平常标题"),
        ("", ""),
        (" \u3000\xa0\n", ""),
        ("\u3000\u3000全角\u3000空格  和\r\n换行", "全角 空格 和 换行"),
        ("<em>贵州</em>茅台", "贵州茅台"),
        ("第一行<br/>第二行", "第一行 第二行"),
        ("<p>一</p><p>二</p>", "一 二"),
        ('<font color="#f00">红</font>字', "红字"),
        ("跌幅<5%，涨幅>3%", "跌幅<5%，涨幅>3%"),
        ("《<蒙特利尔议定书>基加利修正案》", "《<蒙特利尔议定书>基加利修正案》"),
        ("《&lt;蒙特利尔议定书&gt;基加利修正案》", "《<蒙特利尔议定书>基加利修正案》"),
        ("a < b 且 c > d", "a < b 且 c > d"),
        ("<A股>收评", "<A股>收评"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("AT&T与R&D", "AT&T与R&D"),
        ("&ldquo;引号&rdquo;&nbsp;&mdash;", "“引号” —"),
        ("<script>alert(1)</script>标题", "标题"),
        ("<SCRIPT>alert(1)", ""),
        ("<script>if (a < b) x()</script>标题", "标题"),
        ("<style>p{color:red}</style>标题", "标题"),
        ("标题<!-- 注释 -->尾", "标题尾"),
        ("<img src=x onerror=alert(1)>标题", "标题"),
        ("标题<img src=x onerror=alert(1)", "标题<img src=x onerror=alert(1)"),
        ("零\x00宽\u200b字\ufeff符\u202e反", "零宽字符反"),
        ("半个\ud83d代理", "半个\ufffd代理"),
        ("一对\ud83d\ude00代理", "一对\U0001f600代理"),
        ("家庭\U0001f468\u200d\U0001f469", "家庭\U0001f468\u200d\U0001f469"),
        ("&#0;&#xd800;&#99999999999999999999;尾", "\ufffd\ufffd\ufffd尾"),
        ("&#" + "1" * 5000 + ";尾", "\ufffd尾"),
        ("软\xad连\x85字", "软连 字"),
    ],
)
def test_clean_line(raw: str, shown: str) -> None:
    """Markup goes, references are read once, blanks are one blank, what nobody sees is dropped."""
    assert clean_line(raw) == shown


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00\x01\x0b\x1f\x7f\x80\x9fb", "ab"),
        ("a\x85b", "a\nb"),
        ("\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("全角\u3000", "全角\u3000"),
    ],
)
def test_printable(raw: str, kept: str) -> None:
    """A text becomes one that every store and file takes, with its tabs and line feeds."""
    assert printable(raw) == kept


@pytest.mark.parametrize(
    ("summary", "title", "rest"),
    [
        ("【央行开展逆回购操作】央行今日开展100亿元操作。", "央行开展逆回购操作", "央行今日开展100亿元操作。"),
        ("<b>【央行开展逆回购操作】</b> 正文", "央行开展逆回购操作", "正文"),
        ("【甲公司：【乙公司】股权转让】正文", "甲公司：【乙公司】股权转让", "正文"),
        ("【没有右括号的标题", "【没有右括号的标题", ""),
        ("【快讯】A股三大指数高开。沪指涨0.5%。", "【快讯】A股三大指数高开", "沪指涨0.5%。"),
        ("【】正文一句。正文二句。", "【】正文一句", "正文二句。"),
        ("美元指数跌至103.5。欧元上涨。", "美元指数跌至103.5", "欧元上涨。"),
        ("要变天了？业内这样说。", "要变天了？", "业内这样说。"),
        ("他说：“要涨！”市场没有反应。", "他说：“要涨！”", "市场没有反应。"),
        ("真的吗？！是真的。", "真的吗？！", "是真的。"),
        ("只有一句没有句号", "只有一句没有句号", ""),
        ("只有一句。", "只有一句", ""),
        ("一句。[点击查看全文]", "一句", ""),
        ("", "", ""),
        ("\u3000\n", "", ""),
        ("[]", "", ""),
    ],
)
def test_headline(summary: str, title: str, rest: str) -> None:
    """A row without title is named by its 【】 head, else by its first sentence; a label of four signs is no title."""
    assert headline(summary) == (title, rest)


def test_headline_cuts_a_long_sentence() -> None:
    """A sentence too long for a title is cut at a comma with an ellipsis, and the whole text follows."""
    text = "第一分句有十几个字左右大概，" * 12 + "终于结束。还有一句。"
    title, rest = headline(text)
    assert title.endswith("大概…")
    assert CUT_TITLE // 2 <= len(title) <= CUT_TITLE + 1
    assert rest == text
    title, _ = headline("没有标点" * 60)
    assert title == ("没有标点" * 60)[:CUT_TITLE] + "…"


@pytest.mark.parametrize(
    ("summary", "title", "shown"),
    [
        ("【甲公司发布年报】甲公司今日发布年报。", "甲公司发布年报", "甲公司今日发布年报。"),
        ("【甲公司发布年报 净利增长】甲公司。", "甲公司发布年报：净利增长", "甲公司。"),
        ("【甲公司发布2021年年报 净利润大增两成】正文", "甲公司发布年报 净利润大增两成", "正文"),
        ("【数据】5月社会融资规模公布。", "5月社会融资规模公布", "【数据】5月社会融资规模公布。"),
        ("【丙公司被立案调查】丙公司公告。", "甲公司发布年报", "【丙公司被立案调查】丙公司公告。"),
        ("前文【数据】中间的括号", "标题", "前文【数据】中间的括号"),
        ("【甲公司发布年报】", "甲公司发布年报", ""),
        ("甲公司发布年报。", "甲公司发布年报", ""),
        ("甲公司发布年报，净利增长。", "甲公司发布年报", "甲公司发布年报，净利增长。"),
        ('正文。<a href="https://example.com">[点击查看全文]</a>', "标题", "正文。"),
        ("正文。点击查看全文>>", "标题", "正文。"),
        ("正文说，点击查看全文即可下载报告。", "标题", "正文说，点击查看全文即可下载报告。"),
        ("<p>第一段</p><p>第二段</p>", "标题", "第一段 第二段"),
        ("正文（财联社）", "标题", "正文（财联社）"),
        ("[Null]", "标题", ""),
        ("0", "标题", ""),
        ("", "标题", ""),
    ],
)
def test_lead(summary: str, title: str, shown: str) -> None:
    """Only a head that is the title, or nearly, leaves the lead; other brackets are news."""
    assert lead(summary, title) == shown


@settings(max_examples=150, deadline=None, database=None)
@given(ANY_TEXT | PIECES)
def test_any_text_gives_one_line(raw: str) -> None:
    """Whatever comes in, what goes out is one line that can be stored."""
    title, rest = headline(raw)
    for line in (clean_line(raw), lead(raw, "标题"), title, rest):
        assert line == line.strip()
        assert not any(sign in line for sign in "\n\r\t\x00\u3000\xa0\u200b\u202e")
        line.encode()
    printable(raw).encode()


@pytest.mark.parametrize(
    "piece", ["<", "<b", "<b>", "&", "&lt;", "【", "】", "。", "<script>", "<script><", "[点击查看全文] ", " ", "&#1"]
)
def test_hostile_text_is_quick(piece: str) -> None:
    """A megabyte of anything costs a title or lead less than a tenth of a second."""
    raw = piece * (1_000_000 // len(piece))
    assert costs_less(lambda: (headline(raw), lead(raw, "标题")), 0.1, tries=10)


def item(**fields: Any) -> Article:
    """Make an item; synthetic."""
    made = Article("eastmoney", "202601010000000001", "https://example.com/1", (), datetime(2026, 1, 1, tzinfo=UTC))
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_stage_cleans_the_four_lines() -> None:
    """Title, lead, publisher and author come out clean, placeholders as empty."""
    crawler = get_crawler()
    made = item(
        title_raw="<em>合成</em>标题",
        summary_raw="【合成标题】导语。",
        media_raw="\u3000上海证券报 ",
        author_raw="[Null]",
    )
    assert CleanText.from_crawler(crawler).process_item(made) is made
    assert (made.title, made.summary, made.media, made.author) == ("合成标题", "导语。", "上海证券报", "")
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/text/headline") is None


def test_stage_takes_the_headline_of_a_flash() -> None:
    """A row without title gets the head of its lead, and this is counted."""
    crawler = get_crawler()
    made = CleanText.from_crawler(crawler).process_item(item(summary_raw="【合成的快讯标题】内容。"))
    assert (made.title, made.summary) == ("合成的快讯标题", "内容。")
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/text/headline") == 1


@pytest.mark.parametrize(
    "fields", [{}, {"title_raw": " ", "summary_raw": "<br>"}, {"title_raw": "[]"}, {"title_raw": "\x00\u200b"}]
)
def test_stage_refuses_an_article_without_title(fields: dict[str, str]) -> None:
    """Without title and lead the article is refused, with its key in the message."""
    with pytest.raises(InvalidText, match="eastmoney:202601010000000001: no title"):
        CleanText.from_crawler(get_crawler()).process_item(item(**fields))


def test_stage_caps_lengths() -> None:
    """Fields are cut to their documented lengths."""
    made = item(title_raw="长" * 9999, summary_raw="导" * 99999, media_raw="媒" * 9999, author_raw="者" * 9999)
    CleanText.from_crawler(get_crawler()).process_item(made)
    lengths = [len(line) for line in (made.title, made.summary, made.media, made.author)]
    assert lengths == [MAX_TITLE, MAX_SUMMARY, MAX_NAME, MAX_NAME]


OTHER_HEADS = {"202205312397987746", "202205312397772245", "202205312397550893"}
"""Rows whose lead begins with another head than their title: 数据, 收盘播报, and another title for the same notice."""
ONLY_THE_TITLE = {"202609183878783127", "202609183878749821", "202205312397097275"}
"""Rows whose lead says the title again and nothing else."""


@pytest.mark.parametrize(
    ("file", "lead_field", "rows_expected", "heads_expected"),
    [("column_344_20260919.json", "summary", 20, 7), ("pushlist_745_20220531.json", "digest", 40, 39)],
)
def test_captured_leads(captures: Path, file: str, lead_field: str, rows_expected: int, heads_expected: int) -> None:
    """Of every captured lead exactly the head that its title repeats, edited or not, is removed; all else stays."""
    rows = json.loads((captures / file).read_text(encoding="utf-8"))["data"]["list"]
    assert len(rows) == rows_expected
    heads = 0
    for row in rows:
        raw = row[lead_field]
        head, bracket, rest = raw.partition("】")
        has_head = bool(bracket) and head.startswith("【")
        heads += has_head
        expected = rest if has_head and row["code"] not in OTHER_HEADS else raw
        if row["code"] in ONLY_THE_TITLE:
            expected = ""
        assert lead(raw, clean_line(row["title"])) == " ".join(expected.split()), row["code"]
    assert heads == heads_expected
