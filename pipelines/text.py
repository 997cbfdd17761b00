"""Titles, leads and publishers: from an answer's text, which may hold markup, to one plain line."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.errors import InvalidText

MAX_TITLE = 500
MAX_SUMMARY = 5_000
MAX_NAME = 200
"""Characters of a publisher's or author's name."""
CUT_TITLE = 80
"""A first sentence longer than this is cut to make a title; the longest titles seen have 60 characters."""

ODD_SIGNS = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; what is left of them counts as blank
    "\u00ad\u200b\u200e\u200f\u2060-\u2069\ufeff"  # zero width
    "\u202a-\u202e"  # turn the direction of what follows
    "\ufdd0-\ufdef\ufffe\uffff"  # no characters
)
"""Signs that nobody sees, as a part of a regular expression's class; they are dropped everywhere."""
ODD = re.compile(f"[{ODD_SIGNS}]")

_CONTROLS = {**dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)]), 0x85: "\n"}
_ELEMENTS = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body "
    "br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div "
    "dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
    "hr html i iframe img input ins kbd label legend li link main map mark marquee math meta nav nobr noembed "
    "noframes noscript object ol optgroup option output p param picture plaintext pre progress q rp rt ruby s "
    "samp script section select small source span strike strong style sub summary sup svg table tbody td "
    "template textarea tfoot th thead time title tr track tt u ul var video wbr xmp "
)
_KNOWN = frozenset(_ELEMENTS.split())
_BREAKING = frozenset(
    {"br", "p", "div", "li", "tr", "td", "th", "hr", "table", "ul", "ol", "section", "center", "h1", "h2", "h3", "h4"}
)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>[^<]*+(?:<(?!/\1\b)[^<]*+)*+(?:</\1\b[^<>]*>)?", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*+)(?:[\s/][^<>]*+)?>|<!--[^<>]*-->")
_HUGE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
_MORE = re.compile(r"[\[【(（]?点击(?:此处)?(?:查看|阅读)(?:全文|原文|详情|更多)[\]】)）]?\s*(?:>>|»|＞＞)?\s*$")
_HEAD = re.compile(r"【([^【】]*(?:【[^【】]*】[^【】]*)*)】\s*")
_SENTENCE = re.compile(r"(.*?(?:[。！？!?](?=[^。！？!?”’」』）)]|$)|[。！？!?]+[”’」』）)]?))", re.DOTALL)
_EMPTY = frozenset({"[]", "[Null]", "null", "None", "0"})
"""What East Money's article answers write where there is nothing (seen 2026-09)."""


def printable(raw: str) -> str:
    """Make any text fit for a store and a file.

    Args:
        raw: any text, as it came out of JSON; may hold NUL, other controls, halves of surrogate pairs.

    Returns:
        The text without controls but tab and line feed (other ends of lines become one); surrogate halves that belong
        together are joined, lone ones become U+FFFD.
    """
    if raw.isprintable():
        return raw
    try:
        raw.encode()
    except UnicodeEncodeError:
        raw = raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return raw.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def clean_line(raw: str) -> str:
    """Make one plain line of a title, lead or name.

    Args:
        raw: text as answered; may hold tags, character references, line breaks, full-width blanks.

    Returns:
        Text without markup: HTML's tags are removed (`<5%` or `<某公司>` are none), references read once (`&lt;` is a
        real bracket, and `&amp;lt;` shows `&lt;`), what nobody sees dropped, every run of blanks one blank.
    """
    text = raw
    if "<" in text:
        text = _TAG.sub(_without_tag, _SCRIPT.sub("", text))
    if "&" in text:
        text = unescape(_HUGE.sub("\ufffd", text))
    if not text.isprintable():
        text = ODD.sub("", printable(text))
    return " ".join(text.split())


def _without_tag(tag: re.Match[str]) -> str:
    """Say what stands for a tag: a blank for one that breaks the line, the text itself for what is no tag of HTML."""
    name = (tag[1] or "").lower()
    if name in _BREAKING:
        return " "
    return "" if not name or name in _KNOWN else tag[0]


def value(raw: str, limit: int) -> str:
    """Clean one field of an answer, read its placeholders (`[]`, `[Null]`, `0`) as empty, and cut it to `limit` characters."""
    if not raw:
        return raw
    text = clean_line(raw[: 8 * limit])
    if text in _EMPTY:
        return ""
    return text if len(text) <= limit else text[:limit].rstrip()


def headline(summary: str) -> tuple[str, str]:
    """Find the title in a flash's text.

    Args:
        summary: the list's text; usually `【title】text`; may hold markup.

    Returns:
        Title and what follows it. The title is the `【…】` head, unless that is a mere label of up to four characters
        (`【快讯】`), else the first sentence. A sentence longer than CUT_TITLE is cut with `…`, and then the whole text
        follows. Both are empty where there is no text.
    """
    text = _without_more(summary)
    head = _HEAD.match(text)
    if head and len(head[1].strip()) > 4:
        return head[1].strip(), text[head.end() :]
    start = head.end() if head else 0
    sentence = _SENTENCE.match(text, start)
    title = text[: sentence.end()] if sentence else text
    if len(title) > CUT_TITLE:
        cut = max(title.rfind(sign, start, CUT_TITLE) for sign in "，；、：, ")
        return title[: cut if cut >= CUT_TITLE // 2 else CUT_TITLE].rstrip("，；、：, ") + "…", text
    return title.rstrip("。").strip(), text[len(title) :].lstrip()


def lead(summary: str, title: str) -> str:
    """Clean a lead, without the title in its front and the site's `[点击查看全文]` at its end.

    Args:
        summary: as answered; may hold markup.
        title: the clean title.

    Returns:
        One plain line. Only a `【…】` head that is the title, or nearly, is removed: `【数据】`, or the head of another
        story, is news. Empty where nothing but the title is left.
    """
    text = _without_more(summary)
    if text[:1] == "【":
        if text.startswith(f"{title}】", 1):  # as nearly always
            text = text[len(title) + 2 :].lstrip()
        elif (head := _HEAD.match(text)) and _alike(head[1], title):
            text = text[head.end() :]
    return "" if len(text) <= 2 * len(title) and _same(text, title) else text


def _without_more(summary: str) -> str:
    """Clean a lead and cut the site's `[点击查看全文]` from its end."""
    text = value(summary, MAX_SUMMARY)
    return _MORE.sub("", text).rstrip() if "点击" in text else text


def _bare(text: str) -> str:
    """Leave letters, figures and Chinese characters alone, without blanks and signs."""
    return "".join(filter(str.isalnum, text))


def _same(one: str, other: str) -> bool:
    """Tell whether two texts differ in blanks and signs alone; most differ in their first letters."""
    for first, second in zip(one[:4], other[:4], strict=False):
        if first != second:
            if first.isalnum() and second.isalnum():
                return False
            break
    return _bare(one) == _bare(other)


def _alike(one: str, other: str) -> bool:
    """Tell whether two titles are the same one, give or take an edit: six of ten pairs of characters are shared."""
    if one == other:
        return True
    one, other = _bare(one), _bare(other)
    if one == other:
        return bool(one)
    pairs, others = ({text[i : i + 2] for i in range(len(text) - 1)} for text in (one, other))
    return 2 * len(pairs & others) >= 0.6 * (len(pairs) + len(others)) > 0


class CleanText:
    """Make title, lead, publisher and author plain lines.

    **Reads**: source, article_id, title_raw, summary_raw, media_raw, author_raw.
    **Writes**: title (up to 500 characters), summary (5,000), media, author (200 each).
    **Drops**: InvalidText, when neither title nor lead gives a title.
    **Stats**: `news/text/headline`: titles taken from the lead.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self.stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage for a crawler."""
        assert crawler.stats is not None  # noqa: S101 - set before any component is built
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        """Clean one item's lines."""
        fields = ItemAdapter(item)
        title = value(fields["title_raw"], MAX_TITLE)
        if not title and (title := headline(fields["summary_raw"])[0]):
            self.stats.inc_value("news/text/headline")
        if not title:
            where = f"{fields['source']}:{fields['article_id']}"
            raise InvalidText(f"{where}: no title in {fields['title_raw'][:80]!r}, no lead to take one from")
        fields["title"] = title
        fields["summary"] = lead(fields["summary_raw"], title)
        fields["media"] = value(fields["media_raw"], MAX_NAME)
        fields["author"] = value(fields["author_raw"], MAX_NAME)
        return item
