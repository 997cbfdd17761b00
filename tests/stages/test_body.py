"""Bodies: the source's markup row by row, structure, safety, limits, any text."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from bodies import SOUP, Judge, chart, facts, tagged
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scrapy.utils.test import get_crawler
from waits import costs_less

from newscrawler.items import Article
from pipelines.body import Charts, CleanBody, check, clean, parse_body, text
from pipelines.errors import InvalidBody, SettingError
from pipelines.html import reading, walking
from pipelines.html.safety import MAX_ATTRIBUTES, MAX_BODY_BYTES, MAX_DEPTH, MAX_ELEMENTS

SPACER = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
AD = '<p style="text-align:center;"><a href="https://acttg.eastmoney.com/pub/x"><img src="https://np-newspic.dfcfw.com/a.jpg" class="em_handle_adv_close" /></a></p>'
PICTURE = "https://np-newspic.dfcfw.com/download/D1_w690h389.jpg"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<p>　　正文</p>", "<p>正文</p>"),
        ('<h3 class="emh3">　　小标题</h3><p>正文</p>', "<h3>小标题</h3>\n<p>正文</p>"),
        ("<p><strong>独立成段</strong></p>", "<p><strong>独立成段</strong></p>"),
        (SPACER + "<p>正文</p>" + SPACER, "<p>正文</p>"),
        (SPACER + "<!-- EM_StockImg_Start -->" + chart("1.600000") + "<!-- EM_StockImg_End --><p>正文</p>", "<p>正文</p>"),
        (chart("106.NIO", "webquoteklinepic") + "<p>正文</p>", "<p>正文</p>"),
        # the markers nest, are unbalanced, stand inside a paragraph
        (
            "<p>收盘文字。<!-- EM_StockImg_Start --></p>" + chart("100.FTSE") + "<!-- EM_StockImg_Start -->" + chart("100.FCHI")
            + "<!-- EM_StockImg_End --><!-- EM_StockImg_End --><p>后文</p><!-- EM_StockImg_End -->",
            "<p>收盘文字。</p>\n<p>后文</p>",
        ),
        (
            ('<p>　　前文<!-- EM_StockImg_Start --><a class="EmImageRemark" href="http://quote.eastmoney.com/unify/r/1.600000">'
            '<img src="https://webquotepic.eastmoney.com/GetPic.aspx?nid=1.600000" /></a><!-- EM_StockImg_End -->后文</p>'),
            "<p>前文后文</p>",
        ),
        ('<p>前<img src="//webquotepic.eastmoney.com/GetPic.aspx?nid=1.600036" data-code="K 600036|1|1" />后</p>', "<p>前后</p>"),
        (f"<p>{tagged('1.600160', '巨化股份')}领涨</p>", "<p>巨化股份领涨</p>"),
        ('<p><span id="Info.116.00700"><a class="keytip" data-code="116,00700">腾讯控股</a></span></p>', "<p>腾讯控股</p>"),
        (
            ('<p><span id="bk_90.BK0493"><a href="http://quote.eastmoney.com/unify/r/90.BK0493" class="keytip">新能源</a></span>'
            '<span id="bkquote_90.BK0493"></span>车</p>'),
            "<p>新能源车</p>",
        ),
        ('<p>又<span web="1" class="em_stock_key_common" data-code="1,600160" href="http://x.cn">巨化股份</span></p>', "<p>又巨化股份</p>"),
        ('<p><a class="em_stock_key_common" href="http://quote.eastmoney.com/r/0.002353">杰瑞股份</a></p>', "<p>杰瑞股份</p>"),
        ('<p><span id="Info.3321"><a href="http://data.eastmoney.com/bbsj/" class="infokey">业绩</a></span></p>', "<p>业绩</p>"),
        ('<p>引进<span id="stock_NASDAQ_INTC7">英特尔</span><span id="quote_INTC7"></span></p>', "<p>引进英特尔</p>"),
        (f'<center><img src="{PICTURE}" width="580" /></center>', f'<p><img src="{PICTURE}" width="580"></p>'),
        (
            '<center><img src="https://dfscdn.dfcfw.com/a.jpg" width="555" orginial_src="https://dfscdn.dfcfw.com/a_o.jpg"/></center>',
            '<p><img src="https://dfscdn.dfcfw.com/a_o.jpg" width="555"></p>',
        ),
        ('<img src="//img.eastmoney.com/a.jpg" />', '<p><img src="https://img.eastmoney.com/a.jpg"></p>'),
        (AD + "<p>正文</p>", "<p>正文</p>"),
        ('<p>　　<a class="toplink" href="https://ai.eastmoney.com/x">全新妙想投研助理，立即体验</a></p><p>正文</p>', "<p>正文</p>"),
        ('<div class="ad_context3"><script>ads()</script><p>广告</p></div><p>正文</p>', "<p>正文</p>"),
        ('<p>前</p><div class="ad_context1">广告</div><p>后</p>', "<p>前</p>\n<p>后</p>"),
        ('<p>正文<span class="em_xuangu">选股</span></p>', "<p>正文</p>"),
        ('<div class="em_xuangu"><p>选股</p></div><p>正文</p>', "<p>正文</p>"),
        ("<p>　　在东方财富看资讯行情，选东方财富证券一站式开户交易&gt;&gt;</p><p>正文</p>", "<p>正文</p>"),
        ("<p>正文</p><p>打开微信，</p><p>点击底部的“发现”</p>", "<p>正文</p>"),
        ("<p>正文</p><p>打开微信，点击底部的“发现”，使用“扫一扫”即可将网页分享至朋友圈。</p>", "<p>正文</p>"),
        ("<p>正文</p><p>打开微信，扫码阅读全文</p>", "<p>正文</p>"),
        ("<p>打开微信，搜索小程序即可办理。</p><p>正文</p>", "<p>打开微信，搜索小程序即可办理。</p>\n<p>正文</p>"),
        ('<p>正文</p><p style="color:#999">免责声明：本文基于AI生产，仅供参考。</p>', "<p>正文</p>"),
        ("<p>免责声明写进了合同。</p>", "<p>免责声明写进了合同。</p>"),
        ("<p>正文</p><p>郑重声明：东方财富网发布此信息的目的在于传播更多信息，与本站立场无关。</p>", "<p>正文</p>"),
        ("<p>郑重声明：近日有人冒用我司名义。</p>", "<p>郑重声明：近日有人冒用我司名义。</p>"),
        ("<p>正文</p><p>（责任编辑：张三）</p>", "<p>正文</p>"),
        ("<p>正文。（责任编辑：张三）</p>", "<p>正文。</p>"),
        ("<p>正文。<br>（责任编辑：DF398）</p>", "<p>正文。</p>"),
        ('<p>正文。（责任编辑：<a href="https://example.com/">张<b>三</b></a>）</p>', "<p>正文。</p>"),
        ("<p>责任编辑制度改革引发讨论。</p>", "<p>责任编辑制度改革引发讨论。</p>"),
        (f'<p>正文</p><p class="em_media">（文章来源：上海{tagged("90.BK0473", "证券")}报）</p>', "<p>正文</p>"),
        ("<p>正文</p><p>　　（文章来源：证券时报网）</p>", "<p>正文</p>"),
        ("<p>正文</p><p>图片来源：公司官网</p>", "<p>正文</p>\n<p>图片来源：公司官网</p>"),
        ("<p>（原标题：旧的标题）</p><p>正文</p>", "<p>正文</p>"),
        ("<p>正文</p><p>本文由AI大模型自动生成，仅供参考。</p>", "<p>正文</p>"),
        ("<p>本文由三部分组成，第一部分讲AI。</p>", "<p>本文由三部分组成，第一部分讲AI。</p>"),
        ("<p>《&lt;议定书&gt;修正案》涨幅&lt;5%</p>", "<p>《&lt;议定书&gt;修正案》涨幅&lt;5%</p>"),
        ("<p>&amp;lt;</p>", "<p>&amp;lt;</p>"),
        ("<p>正文</p><!-- 正文中部 内嵌广告 -->", "<p>正文</p>"),
    ],
)  # fmt: skip
def test_markup_of_the_source(raw: str, shown: str) -> None:
    """Each kind of markup is dropped, unwrapped or kept as the table of the source says."""
    assert clean(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown", "lines"),
    [
        ("<div>一<p>二</p>三</div>", "<p>一</p>\n<p>二</p>\n<p>三</p>", "一\n二\n三"),
        ("<p>一<p>二<p>三", "<p>一</p>\n<p>二</p>\n<p>三</p>", "一\n二\n三"),
        ("<p>一<br>二</p>", "<p>一<br>二</p>", "一\n二"),
        ("<p>　　一<br/>　　<br/>　　二<br/></p>", "<p>一</p>\n<p>二</p>", "一\n二"),
        ("<p></p><p> </p><p>&nbsp;</p><p><br></p>", "", ""),
        ("<p>2022&nbsp;年　3 \n 月</p>", "<p>2022 年 3 月</p>", "2022 年 3 月"),
        ("<p><b>粗</b><strong></strong><i> 斜 </i>正</p>", "<p><b>粗</b> <i>斜</i> 正</p>", "粗 斜 正"),
        ("<p><b>一</b><b>二</b></p>", "<p><b>一二</b></p>", "一二"),
        ("<p><b>一<b>二</b></b></p>", "<p><b>一二</b></p>", "一二"),
        ("<strong><p>一</p><p>二</p></strong>", "<p><strong>一</strong></p>\n<p><strong>二</strong></p>", "一\n二"),
        ("<p>H<sub>2</sub>O 与 m<sup>2</sup></p>", "<p>H<sub>2</sub>O 与 m<sup>2</sup></p>", "H2O 与 m2"),
        ('<p><font color="red"><span style="x">红</span></font></p>', "<p>红</p>", "红"),
        ("<h2>题<div>段</div></h2>", "<h2>题</h2>\n<h2>段</h2>", "题\n段"),
        ("<h2>题<p>段</p></h2>", "<h2>题</h2>\n<p>段</p>", "题\n段"),
        ("<ul><li>一</li><li>二<li>三</ul>", "<ul>\n<li>一</li>\n<li>二</li>\n<li>三</li>\n</ul>", "一\n二\n三"),
        ("<ol><li><p>一</p><p>又</p></li></ol>", "<ol>\n<li>一<br>又</li>\n</ol>", "一\n又"),
        (
            "<ul><li>一<ul><li>甲</li></ul>尾</li></ul>",
            "<ul>\n<li>一\n<ul>\n<li>甲</li>\n</ul>\n尾</li>\n</ul>",
            "一\n甲\n尾",
        ),
        ("<ul>散<li>一</li></ul>", "<ul>\n<li>散</li>\n<li>一</li>\n</ul>", "散\n一"),
        ("<li>无表之项</li>", "<p>无表之项</p>", "无表之项"),
        ("<ul><li></li></ul>", "", ""),
        ("<dl><dt>名</dt><dd>释</dd></dl>", "<p>名</p>\n<p>释</p>", "名\n释"),
        ("<blockquote>引<p>文</p></blockquote>", "<blockquote>\n<p>引</p>\n<p>文</p>\n</blockquote>", "引\n文"),
        ("<p>一</p><hr><p>二</p>", "<p>一</p>\n<hr>\n<p>二</p>", "一\n二"),
        ("<pre>一\n  二\n\n三</pre>", "<p>一<br>二</p>\n<p>三</p>", "一\n二\n三"),
        ("前<style>p{}</style><script>x<p></script>后", "<p>前后</p>", "前后"),
        ("<p>前</p></body></html><p>后</p>", "<p>前</p>\n<p>后</p>", "前\n后"),
        ("<div>前</html>中</BODY >后</div>", "<p>前中后</p>", "前中后"),
        ("<html><head><title>题</title></head><body>文</body></html>", "<p>文</p>", "文"),
        ("<x-unknown>文</x-unknown><o:p>字</o:p>", "<p>文字</p>", "文字"),
    ],
)
def test_structure(raw: str, shown: str, lines: str) -> None:
    """Blocks become flat, closed and non-empty, a block a line; the text has a line for each."""
    assert clean(raw) == shown
    assert text(raw) == lines


TABLE = "<table>\n<tbody>\n{}\n</tbody>\n</table>"


@pytest.mark.parametrize(
    ("raw", "shown", "lines"),
    [
        (
            (
                '<table class="cms_autoformat_table"><tr><th>概念</th><th>涨跌幅</th></tr><tr><td></td><td> </td></tr>'
                "<tr><td>养鸡</td><td>4.57</td></tr></table>"
            ),
            TABLE.format("<tr><th>概念</th><th>涨跌幅</th></tr>\n<tr><td>养鸡</td><td>4.57</td></tr>"),
            "概念\t涨跌幅\n养鸡\t4.57",
        ),
        (
            "<p>　　资金流入榜　　<table><tr><td><span><a>002385</a></span></td><td>大北农</td></tr></table></p>",
            "<p>资金流入榜</p>\n" + TABLE.format("<tr><td>002385</td><td>大北农</td></tr>"),
            "资金流入榜\n002385\t大北农",
        ),
        (
            "<table><thead><tr><th>头</th></tr></thead><tbody><tr><td>身</td></tr></tbody></table>",
            "<table>\n<thead>\n<tr><th>头</th></tr>\n</thead>\n<tbody>\n<tr><td>身</td></tr>\n</tbody>\n</table>",
            "头\n身",
        ),
        (
            '<table><tr><td colspan="2">宽</td></tr><tr><td rowspan=2>高</td><td>一</td></tr><tr><td></td></tr></table>',
            TABLE.format(
                '<tr><td colspan="2">宽</td></tr>\n<tr><td rowspan="2">高</td><td>一</td></tr>\n<tr><td></td></tr>'
            ),
            "宽\n高\t一",
        ),
        (
            '<table><tr><td><p>一</p><p><b>二</b></p></td><td><img src="//a.cn/b.png"></td></tr></table>',
            TABLE.format('<tr><td>一<br><b>二</b></td><td><img src="https://a.cn/b.png"></td></tr>'),
            "一 二",
        ),
        (
            "<table><tr><td>甲<td>乙<tr><td>丙",
            TABLE.format("<tr><td>甲</td><td>乙</td></tr>\n<tr><td>丙</td></tr>"),
            "甲\t乙\n丙",
        ),
        (
            "<table><caption>表题</caption><tr><td>甲</td></tr></table>",
            "<p>表题</p>\n" + TABLE.format("<tr><td>甲</td></tr>"),
            "表题\n甲",
        ),
        ("<table><tr><td> </td></tr></table>", "", ""),
        (
            "<table><tr><td>版式<table><tr><td>数据</td></tr></table>之后</td></tr></table>",
            "<p>版式</p>\n" + TABLE.format("<tr><td>数据</td></tr>") + "\n<p>之后</p>",
            "版式\n数据\n之后",
        ),
        ("<table><tr><td></td><td>2024</td></tr></table>", TABLE.format("<tr><td></td><td>2024</td></tr>"), "2024"),
    ],
)
def test_tables(raw: str, shown: str, lines: str) -> None:
    """Tables stay, also out of paragraphs; empty rows go; frames around tables are unwrapped; cells are parted by tabs."""
    assert clean(raw) == shown
    assert text(raw) == lines


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (
            '<a href="https://example.com/a?b=1&c=2#d">文</a>',
            '<p><a href="https://example.com/a?b=1&amp;c=2#d">文</a></p>',
        ),
        ('<a href=" //example.com/x y ">文</a>', '<p><a href="https://example.com/x%20y">文</a></p>'),
        ('<a href="HTTP://EXAMPLE.com">文</a>', '<p><a href="HTTP://EXAMPLE.com">文</a></p>'),
        ('<a href="https://例子.cn/路径">文</a>', '<p><a href="https://例子.cn/路径">文</a></p>'),
        ('<a href="/a/1.html">文</a>', "<p>文</p>"),
        ('<a href="a.html">文</a>', "<p>文</p>"),
        ("<a>文</a><a name=x>字</a>", "<p>文字</p>"),
        ('<a href="javascript:alert(1)">文</a>', "<p>文</p>"),
        ('<a href="java\nscript:alert(1)">文</a>', "<p>文</p>"),
        ('<a href="data:text/html,x">文</a>', "<p>文</p>"),
        ('<a href="ftp://example.com/">文</a>', "<p>文</p>"),
        ('<a href="https://user:word@example.com/">文</a>', "<p>文</p>"),
        ('<a href="https://example.com:99999/">文</a>', "<p>文</p>"),
        ('<a href="http://1.2.3.4.5/">文<b>字</b></a><b>尾</b>', "<p>文<b>字尾</b></p>"),
        ('<a href="https://example.com\\@evil.com/">文</a>', "<p>文</p>"),
        ('<a href="https://example.com/"><p>一</p></a>', '<p><a href="https://example.com/">一</a></p>'),
        (
            '<a href="https://a.cn/">一<span><a href="https://b.cn/">二</a></span>三</a>',
            '<p><a href="https://a.cn/">一</a><a href="https://b.cn/">二</a><a href="https://a.cn/">三</a></p>',
        ),
        (
            '<a href="https://a.cn/" onclick="x()" target="_blank" class="k" id="i" style="y">文</a>',
            '<p><a href="https://a.cn/">文</a></p>',
        ),
        (
            '<img src="https://a.cn/b.jpg" width="100%" height="20px" alt=" 图&quot;\n " onerror="x()" style="border:1px">',
            '<p><img src="https://a.cn/b.jpg" alt="图&quot;" width="100%" height="20"></p>',
        ),
        ('<img src="https://a.cn/b.jpg" width="0" height="x">', '<p><img src="https://a.cn/b.jpg"></p>'),
        ('<img src="data:image/png;base64,AAAA"><img src="x.jpg"><img>', ""),
        (
            '<img src="data:image/gif;base64,R0" data-original="//a.cn/late.jpg">',
            '<p><img src="https://a.cn/late.jpg"></p>',
        ),
        (
            '<a href="https://a.cn/"><img src="//a.cn/b.jpg"></a>',
            '<p><a href="https://a.cn/"><img src="https://a.cn/b.jpg"></a></p>',
        ),
    ],
)
def test_links_and_pictures(raw: str, shown: str) -> None:
    """Links and pictures keep a complete http or https address, words and size, and nothing else."""
    assert clean(raw) == shown
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        ("一句话的快讯。", ["一句话的快讯。"]),
        ("第一段\n第二段\r\n\r\n　　第三段\n", ["第一段", "第二段", "第三段"]),
        ("含<b>粗\n体</b>的\n快讯", ["含粗", "体的", "快讯"]),
        ("a < b 且 c > d\n涨幅&lt;5%", ["a < b 且 c > d", "涨幅<5%"]),
        ("<p>有段落\n的换行是空格</p>\n<p>第二段</p>", ["有段落 的换行是空格", "第二段"]),
    ],
)
def test_plain_text(raw: str, lines: list[str]) -> None:
    """A list's plain text becomes paragraphs, a line each; where blocks stand, a line feed is a blank."""
    assert text(raw).split("\n") == lines
    assert text(clean(raw)).split("\n") == lines


def test_what_a_body_tells() -> None:
    """Publisher, editor, original title and machine authorship come out of the lines that are dropped."""
    body = parse_body(
        "<p>（原标题：合成的旧标题）</p><p>正文。（责任编辑：张三）</p>"
        f'<p class="em_media">（文章来源：上海{tagged("90.BK0473", "证券")}报）</p><p>免责声明：本文基于AI生产，仅供参考。</p>'
        + AD
        + SPACER
    )
    assert (body.media, body.editor, body.original_title) == ("上海证券报", "张三", "合成的旧标题")
    assert body.machine_written
    assert body.text == "正文。"
    assert body.dropped == {"tail": 3, "media": 1, "advertisement": 1, "spacer": 1}


def test_says_nothing_where_nothing_is_told() -> None:
    """A body without such lines tells nothing, and a disclaimer without a machine is no machine's."""
    body = parse_body("<p>正文</p><p>免责声明：投资有风险。</p>")
    assert (body.media, body.editor, body.original_title, body.machine_written) == ("", "", "", False)


@pytest.mark.parametrize(
    ("raw", "media"),
    [
        ('<p class="em_media">（文章来源：财联社）</p>', "财联社"),
        ('<p class="em_media">文章来源： 新华社 </p>', "新华社"),
        ('<div class="x em_media">中国经济网</div>', "中国经济网"),
        ('<p class="em_media">（文章来源：经济参考报(北京)）</p>', "经济参考报(北京)"),
        ("<p>正文（文章来源：财联社）</p>", "财联社"),
        ("<p>（文章来源：财联社）<br>（责任编辑：张三）</p>", "财联社"),
        ("<p>（文章来源：甲报）</p><p>（文章来源：乙报）</p>", "甲报"),
        ("<p>文章来源：&#8203;</p>", ""),
        ("<p>（文章来源：财&#8203;联 \n 社）</p>", "财联 社"),
        ("<p>文章来源：" + "长" * 80 + "</p>", ""),
    ],
)
def test_publisher(raw: str, media: str) -> None:
    """The publisher is found by class or by the line's words; the first one stands."""
    assert parse_body(raw).media == media


def test_mentions_are_found_before_tags_go() -> None:
    """Securities that the markup names are listed though their tags are unwrapped or their charts dropped."""
    body = parse_body(chart("116.01024") + f"<p>{tagged('1.600519', '贵州茅台')}</p>")
    assert [mention.secid for mention in body.mentions] == ["116.01024", "1.600519"]
    assert body.html == "<p>贵州茅台</p>"


def test_charts_are_kept_on_demand() -> None:
    """`keep` leaves a chart's picture and link; text, publisher and all else are the same."""
    raw = chart("116.01024") + "<p>正文</p>" + AD + '<p class="em_media">（文章来源：财联社）</p>'
    judge = Judge(clean(raw, charts="keep"))
    assert judge.faults == []
    assert judge.links == ["http://quote.eastmoney.com/unify/r/116.01024"]
    assert [picture["src"] for picture in judge.pictures] == [
        "https://webquotepic.eastmoney.com/GetPic.aspx?nid=116.01024&imageType=r"
    ]
    assert (judge.pictures[0]["alt"], judge.pictures[0]["width"], judge.pictures[0]["height"]) == (
        "R图 01024_0",
        "578",
        "276",
    )
    kept, dropped = parse_body(raw, "keep"), parse_body(raw)
    assert (kept.text, kept.media) == (dropped.text, dropped.media) == ("正文", "财联社")


def test_publishers_line_is_kept_on_demand() -> None:
    """`keep_media` leaves the line that names the publisher, last; the text stays without it."""
    raw = f'<p>正文</p><p class="em_media">（文章来源：上海{tagged("90.BK0473", "证券")}报）</p>'
    body = parse_body(raw, keep_media=True)
    assert body.html == "<p>正文</p>\n<p>（文章来源：上海证券报）</p>"
    assert body.text == "正文"
    assert clean(body.html, keep_media=True) == body.html
    assert clean(body.html) == "<p>正文</p>"


HOSTILE = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    '<a href="java&#x0A;script:alert(1)">x</a><a href="&#14;javascript:alert(1)">x</a>',
    '<a href="https://a.cn/" style="background:url(javascript:alert(1))">x</a>',
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--<!--><img src=x onerror=alert(1)>",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<base href=https://evil.cn/><link rel=stylesheet href=https://evil.cn/><meta http-equiv=refresh content=0>",
    '<p title="<!--"><img src=x onerror=alert(1)>--></p>',
    "<select><style></select><img src=x onerror=alert(1)></style></select>",
    "<table><tr><td><form><input onfocus=alert(1) autofocus></table>",
    '<img alt="`><script>alert(1)</script>" src="https://a.cn/x">',
    "<b><a href=https://a.cn/ onmouseover=alert(1)>x</b></a>",
    "<video src=x onerror=alert(1)><source onerror=alert(1)></video><audio src=x>",
    "<details open ontoggle=alert(1)>x</details><marquee onstart=alert(1)>x</marquee>",
    "{{ site.title }}{% include x %}<p>{: onclick=alert(1)}</p>",
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile_markup_is_harmless(raw: str) -> None:
    """Nothing of an attack is left but text: the standard library's parser finds only what the allow-list names."""
    for body in (raw, f"<p>前{raw}后</p>", f"<table><tr><td>{raw}</td></tr></table>"):
        assert Judge(clean(body)).faults == []
        assert Judge(clean(body, charts="keep", keep_media=True)).faults == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("长" * (MAX_BODY_BYTES // 3 + 1), "bytes"),
        ("<div>" * (MAX_DEPTH + 1), "deeper"),
        ("<div>" * 50_000, "elements"),
        ("<noscript>" + "<div>" * 300 + "</noscript>", "deeper"),
        ("<select>" + "<option><p>" * 300 + "</select>后文", "deeper"),
        ("<b>" * 9_000, "deeper"),
        ("<div><span></div>" + "<ul><li>" * 150, "deeper"),
        ("<p>一</p>" * (MAX_ELEMENTS + 1), "elements"),
        ("<p><a " + " ".join(f"a{n}" for n in range(MAX_ATTRIBUTES + 1)) + ">x</a>" + "。" * 20_000, "attributes"),
        ("<" * 400_000, "elements"),
        ("&amp;" * (MAX_ELEMENTS + 1), "references"),
        ("一行\n" * (MAX_ELEMENTS + 2), "lines"),
        ("<script><!--<script></script>" + "。" * 20_000, "script"),
    ],
)
def test_refuses_what_would_hold_up_the_crawl(raw: str, reason: str) -> None:
    """A body too large, too deep or too full is refused with the reason."""
    with pytest.raises(ValueError, match=reason):
        clean(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "<div>" * MAX_DEPTH + "文",
        "<p>没有结束标签的段落" * 5_000,
        "<table>" + "<tr><td>甲<td>乙" * 3_000,
        "<ul>" + "<li>项" * 5_000,
        "文字<br>" * 5_000,
        "长" * (MAX_BODY_BYTES // 3 - 3),
        "<p><span>不配对</p>" * 3_000,
    ],
)
def test_takes_what_is_long_but_ordinary(raw: str) -> None:
    """Thousands of unclosed paragraphs, cells or items are no nesting, and the largest body is taken."""
    check(raw)
    facts(clean(raw))


def test_a_deep_caller_gets_the_documented_error() -> None:
    """Called with hardly any stack left, the reader refuses a deep body instead of breaking."""

    def call(frames: int) -> str:
        return call(frames - 1) if frames else clean("<div>" * MAX_DEPTH + "文")

    with pytest.raises(ValueError, match="deeper"):
        call(sys.getrecursionlimit() - 300)


N = 399_000
COSTLY = {
    "nested": "<div>" * 50_000,
    "brackets": "<" * N,
    "open tags": "<a" * (N // 2),
    "attributes": "<a " + " ".join(f"a{n}=1" for n in range(40_000)) + ">x",
    "hidden attributes": "".join(f'</a b="><c {" ".join(f"a{n}" for n in range(99))}>">' for _ in range(900)),
    "many attributes": ("<a " + " ".join(f"a{n}=1" for n in range(99)) + ">x</a>") * 570,
    "attributes in a script": '<script><!--<script></script><a b="</script><c '
    + " ".join(f"a{n}" for n in range(40_000)),
    "unclosed attribute": '<a href="' * (N // 9),
    "one unclosed attribute": '<a href="' + "x" * N,
    "entities": "&amp;" * 79_000,
    "ampersands": "&" * N,
    "references": "&#1;" * 99_000,
    "paragraphs": "<p>" * (N // 3),
    "end tags": "</p>" * (N // 4),
    "formatting": "<b><p>" * (N // 6),
    "open formatting": "".join(f"<p><font size={n}>" for n in range(19_000)),
    "emphasis over paragraphs": "<strong><em><u><s><sub><sup>" + "<div>x</div>" * 19_000,
    "cells": "<table><tr>" + "<td>x" * (N // 5),
    "tables": "<table><tr><td>1</td></tr></table>" * 6_000,
    "nested tables": "<table><tr><td>" * 49 + "<table></table>" * 9_000,
    "pictures": "<img src=//a.b/c.jpg>" * 9_900,
    "links": "<a href=http://a.b/c>xx</a>" * 9_900,
    "editors": "（责任编辑：a）" * 15_000,
    "closing brackets": "（文章来源：" + "（" * 120_000,
    "blanks": " " * N,
    "full-width blanks": "\u3000" * (N // 3),
    "line feeds": "a\n" * (N // 2),
    "preformatted": "<pre>" + "a\n" * (N // 2 - 9),
    "class": '<p class="' + "em_media " * 40_000 + '">y',
    "style": '<p style="display' + " " * (N - 60) + ':">y',
    "host": '<a href="http://' + "a-" * 190_000 + '">x</a>',
    "dotted host": '<a href="http://' + "a." * 190_000 + '">x</a>',
    "comments": "<!--" * (N // 4),
    "dashes": "<!-" + "-" * N,
    "instructions": "<?" * (N // 2),
    "zero width": "\u200b" * 130_000,
    "emoji": "\U0001f600" * 99_000,
    "select": "<select>" * (N // 8),
    "text": "中文，" * (N // 9),
}


@pytest.fixture(scope="module")
def tenth_of_a_second() -> Callable[[], float]:
    """A tenth of a second, or more where this machine is so busy that an ordinary body takes long too."""
    ordinary = "<p>普通的段落，有<b>粗体</b>和文字。</p>" * 3_000

    def limit() -> float:
        start = time.process_time()
        clean(ordinary)
        return max(0.1, 4 * (time.process_time() - start))

    return limit


@pytest.mark.parametrize("name", COSTLY)
def test_nothing_blocks_the_crawl(name: str, tenth_of_a_second: Callable[[], float]) -> None:
    """The worst 400 KB cost a tenth of a second of this process's time at most, whether they are taken or refused."""
    raw = COSTLY[name]
    assert len(raw.encode()) <= MAX_BODY_BYTES

    def work() -> None:
        with suppress(ValueError):
            clean(raw)

    assert costs_less(work, 0.1, tries=4) or costs_less(work, tenth_of_a_second())


ANY = SOUP | st.text(st.characters(), max_size=100)


@settings(max_examples=250, deadline=None, database=None)
@example(raw='<a href="http://xn--a.b/"><p>（责任编辑：张三）</p></a>', charts="drop", keep_media=False)
@given(ANY, st.sampled_from(["drop", "keep"]), st.booleans())
def test_any_text_gives_safe_html(raw: str, charts: Charts, keep_media: bool) -> None:
    """Any text gives HTML within the allow-list, balanced, which cleaning again does not change; or ValueError."""
    try:
        html = clean(raw, charts=charts, keep_media=keep_media)
    except ValueError:
        return
    assert Judge(html).faults == []
    assert clean(html, charts=charts, keep_media=keep_media) == html
    assert "\n\n" not in html
    assert not set("\u3000\xa0\u200b\x00\x01\ud800") & set(html)


@settings(max_examples=200, deadline=None, database=None)
@given(ANY)
def test_text_is_read_alike_whatever_is_kept(raw: str) -> None:
    """The text is the same with and without charts and the publisher's line, and when read from the cleaned body."""
    try:
        body = parse_body(raw)
    except ValueError:
        return
    kept = parse_body(raw, "keep", keep_media=True)
    assert kept.text == body.text == text(raw) == text(body.html)
    assert kept.media == body.media
    lines = body.text.split("\n") if body.text else []
    assert all(line and line == line.strip() for line in lines)


@settings(max_examples=200, deadline=None, database=None)
@given(SOUP)
def test_the_short_way_changes_nothing(raw: str) -> None:
    """Simple lines and rows that take the short way come out as they would the long way."""
    try:
        short = clean(raw)
    except ValueError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walking, "plain_line", lambda _element: None)
        patch.setattr(reading.Table, "whole", lambda _table, _element: False)
        assert clean(raw) == short


def item(body: str, **fields: Any) -> Article:
    """Make an item; synthetic."""
    made = Article("eastmoney", "202601010000000001", "https://example.com/1", (), datetime(2026, 1, 1, tzinfo=UTC))
    made.body_raw = body
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_stage_writes_and_counts() -> None:
    """The stage fills in the body's fields, takes the publisher where there was none, and counts what it left out."""
    crawler = get_crawler()
    made = item(
        SPACER
        + chart("1.600000")
        + "<p>正文（责任编辑：李四）</p>"
        + AD
        + '<p class="em_media">（文章来源：财联社）</p>'
    )
    assert CleanBody.from_crawler(crawler).process_item(made) is made
    assert (made.body_html, made.body_text, made.media, made.editor) == ("<p>正文</p>", "正文", "财联社", "李四")
    assert [mention.secid for mention in made.mentions] == ["1.600000"]
    assert not made.machine_written
    assert crawler.stats is not None
    counts = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith("news/")}
    kinds = ("spacer", "chart", "tail", "advertisement", "media")
    assert counts == {f"news/body/{kind}": 1 for kind in kinds}


def test_stage_leaves_a_known_publisher() -> None:
    """The answer's publisher is not replaced by the body's; a machine's article is marked and counted."""
    crawler = get_crawler()
    made = item("<p>正文</p><p>（文章来源：乙报）</p><p>免责声明：本文基于AI生产。</p>", media="甲报")
    CleanBody.from_crawler(crawler).process_item(made)
    assert made.media == "甲报"
    assert made.machine_written
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/body/machine_written") == 1


def test_stage_follows_the_chart_setting() -> None:
    """NEWS_CHARTS=keep leaves charts in the HTML only; a wrong value is refused before any request."""
    raw = chart("1.600000") + "<p>正文</p>"
    kept = item(raw)
    CleanBody.from_crawler(get_crawler(settings_dict={"NEWS_CHARTS": "keep"})).process_item(kept)
    assert "GetPic" in kept.body_html
    assert kept.body_text == "正文"
    with pytest.raises(SettingError, match="NEWS_CHARTS"):
        CleanBody.from_crawler(get_crawler(settings_dict={"NEWS_CHARTS": "some"}))


@pytest.mark.parametrize(
    "raw", ["", " \n", "<p></p>", SPACER + AD, chart("1.600000"), "<p>（文章来源：财联社）</p>", "<script>x</script>"]
)
@pytest.mark.parametrize("charts", ["drop", "keep"])
def test_stage_refuses_a_body_with_nothing_to_read(raw: str, charts: str) -> None:
    """Neither text nor picture: the article is refused with its key, whether charts are kept or not."""
    with pytest.raises(InvalidBody, match="eastmoney:202601010000000001: nothing to read"):
        CleanBody.from_crawler(get_crawler(settings_dict={"NEWS_CHARTS": charts})).process_item(item(raw))


def test_stage_takes_a_body_of_pictures() -> None:
    """A picture alone is a body."""
    made = CleanBody.from_crawler(get_crawler()).process_item(item(f'<img src="{PICTURE}">'))
    assert (made.body_html, made.body_text) == (f'<p><img src="{PICTURE}"></p>', "")


@pytest.mark.parametrize("raw", ["<div>" * 300, "长" * MAX_BODY_BYTES])
def test_stage_refuses_what_is_too_large(raw: str) -> None:
    """A body over the limits is refused as InvalidBody, with the key and the limit."""
    with pytest.raises(InvalidBody, match=r"eastmoney:202601010000000001: body .*(deeper|more) than"):
        CleanBody.from_crawler(get_crawler()).process_item(item(raw))
