"""What East Money puts into bodies beside the article: which elements and lines are not the news, and what they tell.

Decisions about elements need the source's own classes, addresses and ids, which do not survive cleaning; decisions about
lines need only their text, so that a second look at a cleaned body finds nothing more.

**Source**: bodies of 2019 to 2026; every rule's row stands in tests/stages/test_body.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree
from lxml.etree import _Element

from pipelines.codes.tags import Inline
from pipelines.html.blocks import cut
from pipelines.html.safety import escape
from pipelines.text import MAX_NAME, MAX_TITLE, ODD

CHART, ADVERTISEMENT, SPACER, TAIL, MEDIA = "chart", "advertisement", "spacer", "tail", "media"
TAGGED, LINKED = "tagged", "linked"

_CLASSES = {
    "em_media": MEDIA,
    "em_xuangu": ADVERTISEMENT,
    "toplink": ADVERTISEMENT,
    "em_handle_adv_close": ADVERTISEMENT,
    "keytip": TAGGED,
    "infokey": TAGGED,
    "em_stock_key_common": TAGGED,
    "EmImageRemark": LINKED,
}
_CHARTS = frozenset({CHART, LINKED})
_RANK = (ADVERTISEMENT, MEDIA, TAGGED, LINKED)
_HIDDEN = re.compile(r"display\s*:\s*none")
_ADVERTISER = re.compile(r"\s*(?:https?:)?//acttg\.eastmoney\.com(?:[:/?#]|$)", re.IGNORECASE)
# webquotepic, webquoteklinepic (2021-2026); pifm is the host of the charts before
_CHART = re.compile(r"\s*(?:https?:)?//(?:webquote\w*pic|pifm\d*)\.eastmoney\.com/", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _by_class(name: str) -> str | None:
    """Say what an element of this class attribute is."""
    kinds = {ADVERTISEMENT if word.startswith("ad_context") else _CLASSES.get(word) for word in name.split()}
    return next((kind for kind in _RANK if kind in kinds), None)


def verdict(name: str | None, style: str | None) -> str | None:
    """Say what an element is, if it is not a part of the article.

    Args:
        name: its class.
        style: its style.

    Returns:
        ADVERTISEMENT, SPACER, MEDIA; TAGGED: the tag is the source's, the text the article's; LINKED: the link around a
        chart; or None.
    """
    if name and (kind := _by_class(name[:200])):
        return kind
    return SPACER if style and "none" in style and _HIDDEN.search(style) else None


def _advertises(link: _Element) -> bool:
    """Tell whether a link leads to the source's advertisements."""
    href = link.get("href") or ""
    return "acttg" in href and _ADVERTISER.match(href) is not None


def _is_chart(picture: _Element) -> bool:
    """Tell whether a picture's address is that of a security's chart."""
    return _CHART.match(picture.get("src") or "") is not None


def loosen(root: _Element, inline: list[Inline], *, charts: bool) -> tuple[dict[str, int], int]:
    """Take away inline tags that are not the article, and those that only wrap its text; the walk is for the rest.

    Args:
        root: of the parsed body.
        inline: what `pipelines.codes.tags.inline` lists of it.
        charts: leave charts and the links around them.

    Returns:
        How many went of each kind, and how many charts stayed.
    """
    stayed = 0
    gone = {CHART: 0, ADVERTISEMENT: 0, SPACER: 0, MEDIA: 0}
    dropped: list[tuple[str, _Element]] = []
    for element, name, code in inline:
        tag, style = element.tag, element.get("style")
        kind = verdict(name, style) if name or style else None
        if tag == "a" and kind != TAGGED and _advertises(element):
            kind = ADVERTISEMENT
        elif tag == "img" and kind is None and (code is not None or _is_chart(element)):
            kind = CHART
        if kind is None:
            continue
        if kind == TAGGED or (kind in _CHARTS and not charts):
            if tag != "span":
                element.tag = "span"
            gone[CHART] += kind == CHART
        elif kind in _CHARTS:
            stayed += kind == CHART
        else:
            dropped.append((kind, element))
    for kind, element in dropped:
        if element.getparent() is not None:  # else it went with what was around it
            tail = element.tail
            element.clear()
            element.tail = tail
            element.tag = "span"
            gone[kind] += 1
    etree.strip_tags(root, "span", "font")
    return gone, stayed


@dataclass(slots=True)
class Told:
    """What a body tells about itself in lines that are not the article."""

    media: str = ""
    editor: str = ""
    original_title: str = ""
    machine_written: bool = False
    dropped: dict[str, int] = field(default_factory=dict)
    """How many of each kind were dropped: chart, advertisement, spacer, tail, media."""

    def drop(self, kind: str, count: int = 1) -> None:
        """Count something dropped."""
        if count:
            self.dropped[kind] = self.dropped.get(kind, 0) + count


_OPEN, _CLOSE = r"[（(\[【]\s*", r"\s*[）)\]】]"
_LINE = re.compile(
    rf"(?:{_OPEN})?(?:(?P<editor>责任编辑|责编)|(?P<media>文章来源)|(?P<original>原标题|原文标题)|(?P<disclaimer>免责声明)|"
    r"(?P<notice>郑重声明)|(?P<advertisement>在东方财富看资讯行情)|(?P<machine>本文|以上内容|本内容)(?:由|基于)|"
    r"(?P<share>打开微信|点击底部的|使用[“\"]扫一扫|即可将网页分享))"
)
_VALUE = re.compile(rf"(?:{_OPEN})?\w+[^\S\n]*[:：][^\S\n]*(?P<value>.*?)(?:{_CLOSE})?")
_DECLARATION = re.compile(rf"(?:{_OPEN})?\w+(?:{_CLOSE})?\s*[:：]")
_ENDING = re.compile(
    r"[（(]\s*(?:[^（()）]{1,30}[\s，,；;])?(?:(?P<editor>责任编辑|责编)|(?P<media>文章来源))\s*[:：]\s*"
    r"(?P<value>[^（()）：:]{1,40}?)\s*[）)]$"
)
_SHARE = re.compile(
    r"(?:打开微信[，,。]?|点击底部的[“\"]发现[”\"][，,。]?|使用[“\"]扫一扫[”\"][，,。]?|"
    r"即可将网页分享至(?:微信)?(?:好友)?朋友圈[。.]?|\s)+"
)
_MACHINE = re.compile(
    rf"(?:{_OPEN})?\w*?(?:由|基于)[^。！？]{{0,16}}?(?:AI|人工智能|机器人|大模型|算法)[^。！？]{{0,12}}?"
    rf"(?:生产|生成|撰写|写作|写稿)(?:[，,；;][^。！？]{{0,24}})?。?(?:{_CLOSE})?",
    re.IGNORECASE,
)
_AI = re.compile(r"AI|人工智能|机器人|大模型|算法|自动生成", re.IGNORECASE)
_SITE = re.compile(r"东方财富|本站|本网|投资建议")
_SHORT = 60
"""Longest advertisement, sharing, machine or editor's line; a longer paragraph that begins so is news."""


SIGNS = frozenset("（([【责文原免郑在本以打点使即）)")
"""A line that neither begins nor ends with one of them is the article's, whatever it says."""
_LAST = frozenset("）)")
_NAMERS = ("责编", "责任编辑", "文章来源")
_MOST_ENDINGS = 20
"""A paragraph that names more of them is none of ours."""


def text_of(element: _Element) -> str:
    """Join all text in an element."""
    return "".join(map(str, element.itertext())) if len(element) else element.text or ""


def _plain(text: str) -> str:
    """Drop what nobody sees from a name, and collapse its blanks."""
    return " ".join(ODD.sub("", text).split())


def publisher(text: str) -> str:
    """Take the publisher's name out of `（文章来源：上海证券报）`; a text without that form is the name."""
    text = _plain(text)
    match = _VALUE.fullmatch(text) if "来源" in text else None
    return (match["value"] if match else text.strip(" （）()")).strip()[:MAX_NAME]


def signature(name: str) -> str:
    """Write the line that names the publisher, as HTML; nothing for no name or one that is none."""
    return f"（文章来源：{escape(name)}）" if 0 < len(name) <= _SHORT - len("（文章来源：）") else ""


def judge(line: str, told: Told, *, last: bool = False) -> str | None:
    """Judge a whole line of the body by its text, and note what it tells.

    Args:
        line: text of one paragraph, blanks collapsed.
        told: gets what the line tells.
        last: nothing of the article follows; then `打开微信，…` counts in any wording.

    Returns:
        The kind under which the line is dropped, or None: it is part of the article.
    """
    found = _LINE.match(line)
    if found is None:
        return None
    kind = found.lastgroup
    if kind in {"disclaimer", "notice"}:
        return _declaration(line, kind, told)
    if kind == "original":
        value = _VALUE.fullmatch(line)
        if value is None:
            return None
        told.original_title = told.original_title or _plain(value["value"])[:MAX_TITLE]
        return TAIL
    if len(line) > _SHORT:
        return None
    if kind == "advertisement":
        return ADVERTISEMENT
    if kind == "share":
        return TAIL if last or _SHARE.fullmatch(line) else None
    if kind == "machine":
        machine = _MACHINE.fullmatch(line) is not None
        told.machine_written |= machine
        return TAIL if machine else None
    return _named(line, kind, told)


def _declaration(line: str, kind: str, told: Told) -> str | None:
    """Judge `免责声明：…`, and `郑重声明：…` where the site speaks."""
    if not _DECLARATION.match(line) or (kind == "notice" and not _SITE.search(line)):
        return None
    told.machine_written |= _AI.search(line) is not None
    return TAIL


def _named(line: str, kind: str | None, told: Told) -> str | None:
    """Judge `责任编辑：…` and `文章来源：…`."""
    value = _VALUE.fullmatch(line)
    if value is None:
        return None
    if kind == "media":
        told.media = told.media or _plain(value["value"])
        return MEDIA
    told.editor = told.editor or _plain(value["value"])
    return TAIL


def trim(html: str, text: str, told: Told) -> tuple[str, str]:
    """Cut `（责任编辑：…）` and `（文章来源：…）` from the end of a paragraph, and note what they tell.

    Args:
        html: the paragraph, sanitiser's spelling.
        text: its text.
        told: gets what they tell, and how many were dropped.

    Returns:
        Both without these endings.
    """
    if text[-1:] not in _LAST or not 0 < sum(map(text.count, _NAMERS)) <= _MOST_ENDINGS:
        return html, text
    stop = len(text)
    while stop and text[stop - 1] in _LAST and (found := _ENDING.search(text, max(0, stop - 90), stop)):
        stop = found.start()
        while stop and text[stop - 1].isspace():
            stop -= 1
        name = _plain(found["value"])
        if found["editor"]:
            told.editor = told.editor or name
        else:
            told.media = told.media or name
        told.drop(TAIL)
    end = text[stop:]
    if not end:
        return html, text
    written = escape(end)
    rest = html.removesuffix(written) if html.endswith(written) else cut(html, sum(map(len, end.split())))
    return rest.rstrip(), text[:stop]
