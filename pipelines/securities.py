"""The securities of an article: what its markup, its source and its text name, each once.

codes/symbols.py     what a code is: symbol and kind, from the vocabularies
codes/tags.py        places that the markup names
codes/text.py        places that plain text names
codes/sources.py     fields of the source
this file            all of them together, and the stage
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Self, cast

from itemadapter import ItemAdapter
from lxml import etree
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.codes.sources import (
    from_announcement,
    from_exchange_codes,
    from_fund_info,
    from_report,
    from_stock_list,
    from_tip_info,
)
from pipelines.codes.symbols import is_secid, kind, kind_of, renamed, secids, symbol_of, to_symbol
from pipelines.codes.tags import Mention, clean_name, skips, tags
from pipelines.codes.text import Named, in_text, scan

__all__ = [
    "Mention",
    "NormalizeSecurities",
    "Security",
    "combine",
    "find",
    "from_announcement",
    "from_exchange_codes",
    "from_fund_info",
    "from_report",
    "from_stock_list",
    "from_tip_info",
    "in_text",
    "kind",
    "renamed",
    "symbol_of",
    "tags",
    "to_symbol",
]

ORIGINS = ("tag", "chart", "list", "text")
"""Where a security's name comes from, the strongest first."""
_RANK = {origin: rank for rank, origin in enumerate(ORIGINS)}
_COUNTERS = {origin: f"news/securities/{origin}" for origin in ORIGINS}
MOST_BYTES = 400_000
"""Larger bodies are not looked at: the body stage refuses them."""
MOST_PLACED = 1_000
"""So many mentions are looked for in the text, to know their order; of no real article there are more."""

_BLOCKS = frozenset(
    ("address", "article", "blockquote", "br", "caption", "center", "dd", "div", "dl", "dt", "figcaption", "figure",
     "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
     "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul")
)  # fmt: skip
_SILENT = frozenset(("script", "style", "noscript", "template", "title", "head", "iframe", "textarea", "select"))


_article: Callable[[etree._Element], list[etree._Element]] = cast("Any", etree.XPath('//*[@id="ContentBody"]'))


@dataclass(slots=True)
class Security:
    """One security of an article; the columns of `article_securities`."""

    symbol: str
    """`600519.SH`; of a board its BK code, of all else (index, future, unknown market) the secid."""
    secid: str | None
    """East Money's `<market>.<code>`; None where only text, or a page without market, named it."""
    name: str
    """As the markup has it, else the source; may be empty."""
    kind: str
    """share, fund, bond, index, board, fx, future, option or other."""
    origin: str
    """The strongest of tag, chart, list, text."""
    mentions: int
    """Places of the text that name it; 1 where only the source does."""


def combine(mentions: Sequence[Mention], sourced: Iterable[Any] = (), text: str = "") -> list[Security]:
    """Bring together what markup, source and text name: every symbol once.

    Args:
        mentions: of `tags`, in the order of the body.
        sourced: what the source names beside the body, (secid or symbol of the United States, name, origin `tag` or
            `list`); what is malformed is left out. It adds no mention.
        text: title and body as plain text, with the words that `mentions` were found on.

    Returns:
        Securities in the order of their first mention; those that only the source names come last. A code that the
        text writes on the very words of a tag is the same place, and counted once.
    """
    given = list(_given(sourced))
    named = scan(text, {mention.symbol for mention in (*mentions, *given)}) if text else []
    placed = _merge(mentions, named, text) if named else mentions
    found: dict[str, Security] = {}
    for mention in placed:
        _join(found, mention).mentions += 1
    for mention in given:
        security = _join(found, mention)
        security.mentions = max(1, security.mentions)
    return list(found.values())


def _given(sourced: Iterable[Any]) -> Iterator[Mention]:
    """Return the well-formed of what a source names."""
    for each in sourced:
        if isinstance(each, (list, tuple)) and len(each) == 3 and all(isinstance(part, str) for part in each):
            mention = _sourced(*each)
            if mention is not None:
                yield mention


@lru_cache(maxsize=4096)
def _sourced(secid: str, name: str, origin: str) -> Mention | None:
    """Read what a source names; a symbol that may be of several markets has no secid."""
    origin = origin if origin in ORIGINS else "list"
    if is_secid(secid):
        return Mention(secid, symbol_of(secid), clean_name(name), origin)
    return Mention(None, secid.upper(), clean_name(name), origin) if len(secids(secid)) > 1 else None


def _merge(mentions: Sequence[Mention], named: Sequence[Named], text: str) -> list[Mention]:
    """Put what markup and text name in the order of the text; what both name at one place stands once.

    A chart, and words that are not in the text, stand where the words before them ended.
    """
    spots: list[tuple[int, Mention]] = []
    marked: dict[str, set[int]] = {}
    wanted = {symbol for _, symbol in named}
    end = 0
    for number, mention in enumerate(mentions):
        start = text.find(mention.name, end) if mention.name and number < MOST_PLACED else -1
        spots.append((max(start, end), mention))
        if start >= 0:
            end = start + len(mention.name)
            if mention.symbol in wanted:
                marked.setdefault(mention.symbol, set()).update(range(start, end))
    spots += [(at, Mention(None, symbol, "", "text")) for at, symbol in named if at not in marked.get(symbol, ())]
    spots.sort(key=itemgetter(0))  # stable: markup before text where both begin at once
    return [mention for _, mention in spots]


def _join(found: dict[str, Security], mention: Mention) -> Security:
    """Add what a mention knows to the security of its symbol."""
    security = found.get(mention.symbol)
    if security is None:
        known_kind = kind(mention.secid) if mention.secid else kind_of(mention.symbol)
        security = Security(mention.symbol, mention.secid, mention.name, known_kind, mention.origin, 0)
        found[mention.symbol] = security
        return security
    if not security.secid:
        security.secid = mention.secid
    if not security.name:
        security.name = mention.name
    if mention.origin != security.origin:
        security.origin = min(security.origin, mention.origin, key=_RANK.__getitem__)
    return security


def find(html: str) -> list[Security]:
    """Find the securities of a body.

    Args:
        html: the body as it came: a fragment, plain text, or a page, of which only `#ContentBody` counts.

    Returns:
        As `combine`, from markup and text. Nothing inside the publisher's line and advertisements counts. Empty for more
        than 400 KB; of markup nested deeper than libxml2 follows (256) only the part before is seen.
    """
    root = _parse(html)
    if root is None:
        return []
    return combine(tags(root), (), _plain(root))


def _parse(html: str) -> etree._Element | None:
    """Parse any text that is not too large; None for nothing."""
    if len(html) > MOST_BYTES:
        return None
    body = html.replace("\0", "").encode("utf-8", "replace")
    if not body.strip() or len(body) > MOST_BYTES:
        return None
    try:
        root = etree.fromstring(body, etree.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True))
    except etree.LxmlError:  # nothing in it that could become an element
        return None
    # of a whole page, the article alone: the boxes around it name other securities
    inner = _article(root) if root is not None and b"ContentBody" in body else []
    return inner[0] if inner else root


def _plain(root: etree._Element) -> str:
    """Return the text outside what `tags` skips; a block begins a new line."""
    parts: list[str] = []
    quiet = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        silent = isinstance(element.tag, str) and (element.tag in _SILENT or skips(element, element.get("class")))
        if event == "start":
            quiet += silent
            parts.append("\n" if element.tag in _BLOCKS else "")
            parts.append("" if quiet else element.text or "")
            continue
        if event == "end":
            quiet -= silent
            parts.append("\n" if element.tag in _BLOCKS else "")
        parts.append("" if quiet else element.tail or "")
    return "".join(parts)


class NormalizeSecurities:
    """Bring an article's securities together, each once, with kind, origin and count.

    **Reads** securities_raw, mentions (of the body stage), title, body_text. **Writes** securities.
    **Drops** nothing: a code that cannot be read is left out.
    **Stats** news/securities/tag, chart, list, text: securities by their strongest origin.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self.count = stats.inc_value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage with the crawler's stats."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        """Write `securities`."""
        fields = ItemAdapter(item)
        text = f"{fields['title']}\n{fields['body_text']}"
        fields["securities"] = found = combine(fields["mentions"], fields["securities_raw"], text)
        for security in found:
            self.count(_COUNTERS[security.origin])
        return item
