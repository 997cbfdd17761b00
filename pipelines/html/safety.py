"""What HTML may leave the body stage, and what may not even enter it.

The allow-list is the contract of every body: no tag, attribute or scheme outside it reaches a post or the database. The
limits are checked before anything is parsed, since a sanitiser given 50,000 nested `<div>` needs nine seconds for them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nh3 import Cleaner

MAX_BODY_BYTES = 400_000
"""Longest body (UTF-8) that is looked at; real ones are 2 to 60 KB."""
MAX_DEPTH = 200
"""Deepest nesting that is looked at; libxml2 itself gives up at 256."""
MAX_ELEMENTS = 10_000
"""Most elements of a body, and most references: a table of 1,000 rows has fewer; more would hold up the crawl."""
MAX_ATTRIBUTES = 100
"""Most attributes of one element: libxml2's cost grows with their square."""


def words(text: str) -> frozenset[str]:
    """Make a set of the words of a line."""
    return frozenset(text.split())


EMPHASIS = words("b strong i em u s del ins sub sup mark code")
"""Inline tags that are kept as they are, without attributes."""
HEADINGS = words("h1 h2 h3 h4 h5 h6")
TAGS = EMPHASIS | HEADINGS | words("p a img br hr blockquote ul ol li table thead tbody tr th td")
CONTENT_REMOVED = words(
    "script style noscript template iframe object embed svg math textarea title xmp noembed noframes select"
)
"""Tags that go together with what is in them: a browser would run it, or read it by other rules."""
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
SCHEMES = frozenset({"http", "https"})


@cache
def _cleaner() -> Cleaner:
    """Build the sanitiser when the first body comes: a run that finds nothing new needs none."""
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(CONTENT_REMOVED),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        url_relative="deny",
        strip_comments=True,
        link_rel=None,
    )


_VOID = words("area base br col embed hr img input link meta param source track wbr frame")
_ENDED = words("p li dt dd tr td th option optgroup thead tbody tfoot colgroup rt rp")
"""Tags that end by themselves, and so do not count as nesting: hundreds of unclosed `<p>` or `<td>` are ordinary."""
_LOOSE = EMPHASIS | words("a span font big small strike tt")
"""Tags that are often left open in a paragraph or cell."""
_LIGHT = ("<p>", "<p ", "<br", "<img", "<td>", "<td ", "<th>", "<th ", "<tr>", "<tr ", "<li>", "<li ")
_RAW = words("script style xmp iframe noembed noframes textarea title")
"""Tags whose content is text up to their own end tag."""
_RAW_START = re.compile(rf"<(?:{'|'.join(sorted(_RAW))})", re.IGNORECASE)
_ATTRIBUTE = (
    r"[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"[^\"]*+\"?|'[^']*+'?|[^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)?+)?+"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_TOKEN = re.compile(
    r"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?+)"
    rf"|<(?P<end>/?)(?P<tag>[a-zA-Z][^ \t\n\f\r/>]*+)(?P<attributes>(?:[ \t\n\f\r/]++|{_ATTRIBUTE})*+)>?"
    r"|<[!?/][^>]*+"
)
_LONG = 20_000
"""Bodies up to so many characters cannot hold enough attributes to matter."""


def sanitise(html: str) -> str:
    """Let only the allow-list through: the last hand on every body."""
    return _cleaner().clean(html)


def escape(text: str) -> str:
    """Escape text for HTML, the way the sanitiser writes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Escape an attribute's value for double quotes, the way the sanitiser writes it."""
    return escape(text).replace('"', "&quot;")


def check(html: str) -> None:
    """Refuse a body that could hold up the crawl, before anything else looks at it.

    Ordinary bodies cost a few counts; only long ones and those with hundreds of tags are looked at tag by tag.

    Raises:
        ValueError: nested deeper than MAX_DEPTH, and all that `guard` refuses.
    """
    if guard(html) - sum(map(html.count, _LIGHT)) > MAX_DEPTH:
        _look_at_tags(html)


def guard(html: str) -> int:
    """Refuse what is costly to parse; depth is left to the parser, which stops by itself, and to whoever walks its tree.

    Returns:
        How many tags start at most.

    Raises:
        ValueError: longer than MAX_BODY_BYTES, more than MAX_ELEMENTS elements or references, more than MAX_ATTRIBUTES
            attributes in one element, a script in a script.
    """
    check_size(html)
    signs = html.count("<")
    starts = signs if signs <= MAX_DEPTH else signs - html.count("</")
    if starts > MAX_ELEMENTS or signs > 3 * MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS} elements, or tags that are none")
    if len(html) > _LONG:
        if html.count("&") > MAX_ELEMENTS:
            raise ValueError(f"more than {MAX_ELEMENTS} references")
        if _RAW_START.search(html):
            _look_at_tags(html)
        else:
            for token in _TOKEN.finditer(html):
                if token.end() - token.start() > 2 * MAX_ATTRIBUTES:
                    _check_attributes(token)
    return starts


def check_size(html: str) -> None:
    """Refuse HTML longer than MAX_BODY_BYTES; ValueError."""
    size = len(html)
    if size * 4 > MAX_BODY_BYTES:  # no sign takes more than four bytes
        size = len(html.encode("utf-8", "replace"))
        if size > MAX_BODY_BYTES:
            raise ValueError(f"{size} bytes, more than {MAX_BODY_BYTES}")


def _look_at_tags(html: str) -> None:
    """Count depth and attributes as a browser's tokenizer would meet them; ValueError as in `check`."""
    path = _Path()
    position = 0
    while token := _TOKEN.search(html, position):
        position = token.end()
        end, tag, _ = token.groups()
        if tag is None:
            continue
        tag = tag.lower()
        if end:
            path.end(tag)
            continue
        _check_attributes(token)
        if tag in _RAW:
            position = _end_of_raw(html, tag, position)
        elif tag not in _VOID:
            path.start(tag)
            if path.depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _check_attributes(token: re.Match[str]) -> None:
    """Refuse a tag with more than MAX_ATTRIBUTES attributes; ValueError."""
    attributes = token["attributes"] or ""
    if len(attributes) > 2 * MAX_ATTRIBUTES and sum(1 for _ in _ATTRIBUTES.finditer(attributes)) > MAX_ATTRIBUTES:
        raise ValueError(f"<{token['tag'][:20]}> with more than {MAX_ATTRIBUTES} attributes")


class _Path:
    """The elements that are open, as a lenient reader sees them; whoever walks the parsed tree counts exactly."""

    def __init__(self) -> None:
        self.depth = 0
        """How many are open, without those that end by themselves."""
        self._open: list[str] = []
        self._count: dict[str, int] = {}

    def start(self, tag: str) -> None:
        """Open an element; one that ends by itself ends the one like it before, and what was left open in that."""
        if tag in _ENDED:
            if self._count.get(tag):
                for each in reversed(self._open):
                    if each == tag:
                        self.end(tag)
                        break
                    if each not in _ENDED and each not in _LOOSE:
                        break
        else:
            self.depth += 1
        self._open.append(tag)
        self._count[tag] = self._count.get(tag, 0) + 1

    def end(self, tag: str) -> None:
        """Leave the innermost open element of this tag, and all that was left open in it."""
        if not self._count.get(tag):
            return
        last = ""
        while last != tag:
            last = self._open.pop()
            self._count[last] -= 1
            self.depth -= last not in _ENDED


def _end_of_raw(html: str, tag: str, start: int) -> int:
    """Find the end tag of an element whose content is text.

    Raises:
        ValueError: a script holds `<!--` and another script: where it ends depends on who reads it.
    """
    end = re.compile(rf"</{tag}(?=[ \t\n\f\r/>])", re.IGNORECASE).search(html, start)
    stop = end.start() if end else len(html)
    if tag == "script" and html.find("<!--", start, stop) >= 0 and "<script" in html[start:stop].lower():
        raise ValueError("a script within a script's comment")
    return stop
