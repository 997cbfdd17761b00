"""East Money's body markup, written from a short form.

One line is one block. `# text` is a heading, `| a | b |` a table row, `@word …` one of the blocks of `BLOCKS`, anything
else a paragraph. Inside text `[[1.605901 样例酒业]]` is a tagged security (the first one of an article becomes a `keytip`, later
ones `em_stock_key_common`; `[[~…]]` is always a later one), `[[i:3321 业绩]]` a glossary link, `[[old:NASDAQ_SMPL7 名]]` the form of
2019, `**text**` bold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

QUOTE = "http://quote.eastmoney.com/unify/r/"
INDENT = "　　"
SPACER = '<p style="display:none;height:1px;overflow:hidden;"><br /></p>'
START, END = "<!-- EM_StockImg_Start -->", "<!-- EM_StockImg_End -->"
FRAME = 'style="border:#d1d1d1 1px solid;padding:3px;margin:5px 0;"'
PICTURES = "https://np-newspic.dfcfw.com/download/"
_TAG = re.compile(r"\[\[(~?)(old:|i:)?(\S+?) ([^\]]+)\]\]|\*\*(.+?)\*\*")
_US = ("105", "106", "107")


@dataclass(slots=True)
class Body:
    """What one body's rendering found out."""

    html: str = ""
    secids: list[str] = field(default_factory=list)
    """Tagged securities and boards, each once, in order."""


def render(text: str) -> Body:
    """Turn the short form of a body into the markup that the article API sends."""
    body = Body()
    parts: list[str] = []
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    while lines:
        line = lines.pop(0)
        word, _, rest = line.partition(" ")
        if line.startswith("|"):
            rows = [line]
            while lines and lines[0].startswith("|"):
                rows.append(lines.pop(0))
            parts.append(table(rows, body))
        elif word == "@table-in-p":
            rows = []
            while lines and lines[0].startswith("|"):
                rows.append(lines.pop(0))
            parts.append(f"<p>{INDENT}{inline(rest, body)}{INDENT}{table(rows, body, '')}</p>")
        elif word == "#":
            parts.append(f'<h3 class="emh3">{INDENT}{inline(rest, body)}</h3>')
        elif word in BLOCKS:
            parts.append(BLOCKS[word](rest, body))
        else:
            parts.append(f"<p>{INDENT}{inline(line, body)}</p>")
    body.html = "".join(parts)
    return body


def inline(text: str, body: Body) -> str:
    """Escape a text and expand its tags; `body` remembers which securities it has met."""
    parts: list[str] = []
    end = 0
    for match in _TAG.finditer(text):
        parts.append(escape(text[end : match.start()], quote=False))
        end = match.end()
        later, form, target, name, bold = match.groups()
        if bold is not None:
            parts.append(f"<strong>{inline(bold, body)}</strong>")
        elif form == "i:":
            parts.append(
                f'<span id="Info.{target}"><a href="http://data.eastmoney.com/bbsj/" class="infokey">{name}</a></span>'
            )
        elif form == "old:":
            code = target.partition("_")[2]
            parts.append(
                f'<span id="stock_{target}"><a href="http://quote.eastmoney.com/us/{code[:-1]}.html">{name}</a></span>'
            )
            parts.append(f'<span id="quote_{code}"></span>')
        else:
            parts.append(_security(target, name, body, later=bool(later)))
    parts.append(escape(text[end:], quote=False))
    return "".join(parts)


def _security(secid: str, name: str, body: Body, *, later: bool) -> str:
    comma = secid.replace(".", ",", 1)
    seen = secid in body.secids
    if not seen:
        body.secids.append(secid)
    if later or seen:
        return f'<span web="1" href="{QUOTE}{secid}" class="em_stock_key_common" data-code="{comma}">{name}</span>'
    link = f'<a href="{QUOTE}{secid}" class="keytip" data-code="{comma}">{name}</a>'
    market = secid.partition(".")[0]
    if market == "116":
        return f'<span id="Info.{secid}">{link}</span>'
    prefix, quote = ("bk_", "bkquote_") if market == "90" else ("stock_", "quote_")
    return f'<span id="{prefix}{secid}">{link}</span><span id="{quote}{secid}"></span>'


def table(rows: list[str], body: Body, css: str = ' class="cms_autoformat_table"') -> str:
    """Turn `| a | b |` lines into a table; the first line is its head, and a row of blanks stays an empty row."""
    parts = []
    for number, row in enumerate(rows):
        cell = "td" if number else "th"
        cells = (f"<{cell}>{inline(value.strip(), body)}</{cell}>" for value in row.strip().strip("|").split("|"))
        parts.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table border="0"{css}><tbody>{"".join(parts)}</tbody></table>'


def _chart_picture(secid: str, *, linked: bool = True) -> str:
    market, _, code = secid.partition(".")
    kind = "7" if market in _US else "_UI" if market == "100" else "1" if market == "1" else "2"
    image = (
        f'<img src="https://webquotepic.eastmoney.com/GetPic.aspx?nid={secid}&imageType=r&token=0000000000000000" border="0" '
        f'alt="R图 {code}_0" data-code="R {code}|{market}|{kind}" data-code2="R {code}|{market}|0|" '
        'style="border:#d1d1d1 1px solid;" width="578" height="276" />'
    )
    if linked:
        image = (
            f'<a href="{QUOTE}{secid}" data-code="{code}|{market}|{kind}" data-code2="{code}|{market}|0|" '
            f'class="EmImageRemark" target="_blank">{image}</a>'
        )
    return f'<p style="text-align:center;">{image}</p>'


def _charts(rest: str, body: Body) -> str:  # noqa: ARG001 - every block has this form
    return "".join(f"{SPACER}{START}{_chart_picture(secid)}{END}" for secid in rest.split())


def _bare_chart(rest: str, body: Body) -> str:  # noqa: ARG001
    return f"{SPACER}{START}{_chart_picture(rest, linked=False)}{END}"


def _nested_charts(rest: str, body: Body) -> str:  # noqa: ARG001
    """A pair inside a pair, and one end too many: as the site's editor leaves them."""
    inner = "".join(f"{START}{SPACER}{START}{_chart_picture(secid)}{END}{END}" for secid in rest.split())
    return f"{START}{inner}{END}{END}"


def _text_then_chart(rest: str, body: Body) -> str:
    """The chart's start inside a paragraph's end, its end after it."""
    secid, _, text = rest.partition(" ")
    return f"<p>{INDENT}{inline(text, body)}{START}</p>{_chart_picture(secid)}{END}"


def _picture(rest: str, body: Body) -> str:
    name, _, caption = rest.partition(" ")
    below = f'<p style="text-align:center;">{inline(caption, body)}</p>' if caption else ""
    return f'<center><img src="{PICTURES}{name}" alt="Image" width="580" {FRAME} /></center>{below}'


def _large_picture(rest: str, body: Body) -> str:  # noqa: ARG001
    stem, _, ending = rest.rpartition(".")
    original = f'orginial_src="{PICTURES}{stem}_o.{ending}"'
    return f'<center><img src="{PICTURES}{rest}" width="555" {original} {FRAME} /></center>'


def _schemeless_picture(rest: str, body: Body) -> str:  # noqa: ARG001
    return f'<img src="//img.eastmoney.com/{rest}" />'


def _link(rest: str, body: Body) -> str:
    code, _, text = rest.partition(" ")
    address = f"http://finance.eastmoney.com/a/{code}.html"
    return f'<p>{INDENT}<a href="{address}"><strong>{inline(text, body)}</strong></a></p>'


def _media(rest: str, body: Body) -> str:
    # A tag in a publisher's name must not count as a security of the article.
    names = Body(secids=list(body.secids))
    return f'<p class="em_media">（文章来源：{inline(rest, names)}）</p>'


ADVERTISEMENTS = {
    "app": (
        '<p style="text-align:center;"><a href="https://acttg.eastmoney.com/pub/sample_random_0001">'
        f'<img src="{PICTURES}D20000000000000000001_w690h389.jpg" class="em_handle_adv_close" /></a></p>'
    ),
    "top": f'<p>{INDENT}<a class="toplink" target="_blank" href="https://ai.eastmoney.com/sample">全新妙想投研助理，立即体验</a></p>',
    "context": '<div class="ad_context3"><script>ads()</script><p>广告</p></div>',
    "choose": '<div class="em_xuangu"><a href="https://xuangu.eastmoney.com/">一键选股</a></div>',
    "account": f"<p>{INDENT}在东方财富看资讯行情，选东方财富证券一站式开户交易&gt;&gt;</p>",
    "wechat": "<p>打开微信，</p><p>点击底部的“发现”，</p><p>使用“扫一扫”即可将网页分享至朋友圈。</p>",
}

BLOCKS: dict[str, Callable[[str, Body], str]] = {
    "@chart": _charts,
    "@bare-chart": _bare_chart,
    "@nested-chart": _nested_charts,
    "@text-chart": _text_then_chart,
    "@picture": _picture,
    "@picture-large": _large_picture,
    "@picture-schemeless": _schemeless_picture,
    "@link": _link,
    "@media": _media,
    "@spacer": lambda _rest, _body: SPACER,
    "@ad": lambda rest, _body: ADVERTISEMENTS[rest],
    "@ai": lambda _rest, _body: '<p style="color:#999">免责声明：本文基于AI生产，仅供参考。</p>',
    "@raw": lambda rest, _body: rest,
}
