"""Securities that the markup of a body names: East Money's keyword links, charts and quote pages.

One mention is one place in the text, however many elements mark it:

    <span id="stock_1.600160"><a class="keytip" data-code="1,600160">...</a></span><span id="quote_1.600160"></span>
    <span web="1" class="em_stock_key_common" data-code="1,600160" href="http://quote.eastmoney.com/unify/r/1.600160">
    <a class="EmImageRemark" data-code="NIO|106|7" data-code2="NIO|106|3|"><img src="...?nid=106.NIO&imageType=k"></a>
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, cast

from lxml import etree

from pipelines.codes.symbols import bare, is_secid, kind, symbol_of, to_symbol


class Mention(NamedTuple):
    """One place of a text that names a security."""

    secid: str | None
    """East Money's `<market>.<code>`; None where the markup gives no market."""
    symbol: str
    """As `pipelines.codes.symbols.symbol_of`."""
    name: str
    """The words that are marked; empty for a chart."""
    origin: str
    """`tag` or `chart`."""


_SPACES = re.compile(r"\s+")
_DOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_OWN_ID = re.compile(r"(?!(?:bk)?quote_)[A-Za-z]+_([0-9]{1,3}\.[A-Za-z0-9._-]+)")
_INFO_ID = re.compile(r"Info\.([0-9]{1,3}\.[A-Za-z0-9._-]+)")
_OLD_ID = re.compile(r"stock_([A-Z]+)_([A-Z0-9._]+)[0-9]")
_OLD_DIGIT_ID = re.compile(r"stock_([0-9]{6})([12])")
_OLD_MARKETS = {"NASDAQ": "105", "NYSE": "106", "AMEX": "107", "HK": "116"}

_PAGE = re.compile(
    r"(?:https?:)?//(?:[a-z0-9-]+\.)*(?:quote\.eastmoney\.com|wap\.eastmoney\.com/quote)/(.+)",
    re.IGNORECASE | re.DOTALL,
)
_PAGE_SECID = re.compile(
    r"(?:unify/)?(?:c?r|bk|stock)/([0-9]{1,3}\.[A-Za-z0-9._-]+?)(?:\.s?html?)?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL
)
_PAGE_CODE = re.compile(
    r"(?:[a-z]+/)?(sh|sz|bj|zs|hk|us)/?([A-Za-z0-9][A-Za-z0-9._-]*?)(?:\.s?html?)?(?:[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NID = re.compile(
    r"(?:https?:)?//(?:[a-z0-9-]+\.)*(?:eastmoney|dfcfw)\.com/[^?]*\?(?:[^#]*&)?nid=([0-9]{1,3}\.[A-Za-z0-9._-]+)",
    re.IGNORECASE,
)
_PAGE_MARKETS = {"sh": "1", "sz": "0", "bj": "0", "hk": "116"}

MOST_MENTIONS = 3_000
"""So many places of a body are told; of no article there are more."""

_SKIPPED = frozenset(("em_media", "em_xuangu", "toplink", "em_handle_adv_close"))
_ADVERTISER = "acttg.eastmoney.com"
_LINKING = ("a", "span", "img", "font")
"""Elements that name securities by address or id too; `data-code` may stand on any."""
_SOURCE_LINES = ("（文章来源", "(文章来源", "文章来源：", "（来源：", "(来源：", "来源：")
_NONE: frozenset[str] = frozenset()
_text: Callable[[etree._Element], str] = cast("Any", etree.XPath("string()", smart_strings=False))


def _secid(market: str, code: str) -> str | None:
    """Join market and code where they have the form of a secid; Hong Kong's and New York's spellings as they are."""
    secid = f"{int(market)}.{code.strip()}" if market.isascii() and market.isdigit() and len(market) <= 3 else ""
    return secid if is_secid(secid) else None


def _looks_like_market(text: str) -> bool:
    return len(text) <= 3 and text.isascii() and text.isdigit()


@lru_cache(maxsize=4096)
def from_code(text: str) -> str | None:
    """Read `data-code` or `data-code2`, whichever order it has.

    Args:
        text: `1,600160` (market first), `NIO|106|7` (code first), `K 600036|1|1` (of a picture), or a secid; also with
            the order swapped, where that leaves no doubt.

    Returns:
        The secid; None for a code alone, and for anything else.
    """
    text = text[2:].strip() if text[1:2] == " " else text.strip()  # K or R before the code: which chart it is
    code_first = "|" in text
    parts = [part.strip() for part in text.split("|" if code_first else ",")]
    if len(parts) == 1:
        return text if is_secid(text) else None
    code, market = (parts[0], parts[1]) if code_first else (parts[1], parts[0])
    if not _looks_like_market(market):
        code, market = market, code
    return _secid(market, code)


@lru_cache(maxsize=4096)
def from_page(href: str) -> tuple[str | None, str] | None:
    """Read the address of a quote page.

    Returns:
        Secid and symbol; the secid is None for `/us/NIO.html`, which does not say which of New York's markets it is.
        None for every other address.
    """
    page = _PAGE.match(href.strip())
    if not page:
        return None
    if named := _PAGE_SECID.fullmatch(page[1]):
        secid = _secid(*named[1].split(".", 1))
        return (secid, symbol_of(secid)) if secid else None
    named = _PAGE_CODE.fullmatch(page[1])
    if not named:
        return None
    where, code = named[1].lower(), named[2].upper()
    if where == "us":
        symbol = to_symbol(f"105.{code}")
        return (None, symbol) if symbol else None
    if where == "zs":  # an index: Shanghai's begin with 000
        secid = f"{'1' if code.startswith('000') else '0'}.{code}"
        return (secid, secid) if kind(secid) == "index" else None
    secid = f"{_PAGE_MARKETS[where]}.{code}"
    return (secid, symbol_of(secid)) if kind(secid) != "other" else None


@lru_cache(maxsize=4096)
def from_id(text: str) -> str | None:
    """Read the id of a span, today's (`stock_1.600160`, `Info.116.00700`, `bk_90.BK0493`) or 2019's.

    Returns:
        The secid; None for the empty spans that follow (`quote_1.600160`), for a glossary's `Info.3321`, and all else.

    **Source**: captures of 2019 to 2026; `stock_NASDAQ_INTC7` ends with a digit for the type, `stock_6005191` with 1 for
    Shanghai and 2 for Shenzhen.
    """
    if named := _OWN_ID.fullmatch(text) or _INFO_ID.fullmatch(text):
        return _secid(*named[1].split(".", 1))
    if (named := _OLD_ID.fullmatch(text)) and named[1] in _OLD_MARKETS:
        return _secid(_OLD_MARKETS[named[1]], named[2])
    if named := _OLD_DIGIT_ID.fullmatch(text):
        return _secid("1" if named[2] == "1" else "0", named[1])
    return None


def from_picture(src: str) -> str | None:
    """Read the secid in the address of a chart (`...GetPic.aspx?nid=106.NIO&imageType=k`)."""
    named = _NID.match(src.strip()) if "nid=" in src else None
    return _secid(*named[1].split(".", 1)) if named else None


@lru_cache(maxsize=4096)
def _coded(code: str) -> tuple[str, str] | None:
    """Return secid and symbol of `data-code`."""
    secid = from_code(code)
    return (secid, symbol_of(secid)) if secid else None


def _codes(element: etree._Element, code: str | None) -> tuple[str | None, str] | None:
    """Return secid and symbol that an element's other attributes name, the surest first; at last a code alone."""
    if (second := element.get("data-code2")) and (coded := _coded(second)):
        return coded
    if (href := element.get("href")) and (page := from_page(href)):
        return page
    secid = from_picture(src) if (src := element.get("src")) else None
    if secid is None and (own_id := element.get("id")):
        secid = from_id(own_id)
    if secid is None and code and (alone := bare(code.strip())) and alone[1] != "context":
        secid = alone[0]
    return (secid, symbol_of(secid)) if secid else None


@lru_cache(maxsize=1024)
def _advertises(classes: str) -> bool:
    return any(word in _SKIPPED or word.startswith("ad_context") for word in classes.split())


def skips(element: etree._Element, classes: str | None) -> bool:
    """Tell whether an element of a class is the publisher's line or an advertisement, where nothing names a security."""
    if classes and _advertises(classes):
        return True
    tag = element.tag
    if tag == "p":
        text = element.text
        return text is not None and "来源" in text and text.lstrip().startswith(_SOURCE_LINES)
    return tag == "a" and _ADVERTISER in (element.get("href") or "")


def _inside(element: etree._Element, seen: _Seen) -> frozenset[str] | None:
    """Return the symbols of the mentions that an element stands in; None where it stands in something skipped."""
    if element in seen:
        return seen[element]
    path, above = [element], element.getparent()
    while above is not None and above not in seen:
        path.append(above)
        above = above.getparent()
    around = _NONE if above is None else seen[above]
    while path:
        each = path.pop()
        if around is not None and skips(each, each.get("class")):
            around = None
        seen[each] = around
    return around


_Seen = dict[etree._Element, frozenset[str] | None]
Inline = tuple[etree._Element, str | None, str | None]
"""An element of `inline`, its class and its `data-code`."""


def inline(root: etree._Element) -> list[Inline]:
    """List the inline elements that may be the source's own, in order: what reads them next finds them read."""
    return [(each, each.get("class"), each.get("data-code")) for each in root.iter(*_LINKING)]


def tags(root: etree._Element, marks: int | None = None, linking: list[Inline] | None = None) -> list[Mention]:
    """List the places of a parsed body whose markup names a security, in the order of the text.

    What stands in the publisher's line (`em_media`) and in advertisements is no security. A chart's link and its
    picture are one place, and so are a span and the link in it.

    Args:
        root: the body as it came, before anything was cleaned away.
        marks: how often `data-code` stands in its source, so that nobody looks for it on every cell of a table.
        linking: what `inline` lists of it, where that is known already.
    """
    found: list[Mention] = []
    seen: _Seen = {}
    for element, classes, code in _candidates(root, marks, inline(root) if linking is None else linking):
        named = (_coded(code) if code else None) or _codes(element, code)
        if named is None:
            continue
        symbol = named[1]
        above = element.getparent()
        around = _NONE if above is None else _inside(above, seen)
        if around is None or symbol in around:
            continue
        if skips(element, classes):
            seen[element] = None
            continue
        seen[element] = around | {symbol}
        found.append(_mention(element, classes, code or "", *named))
        if len(found) == MOST_MENTIONS:
            break
    return found


def _candidates(root: etree._Element, marks: int | None, linking: list[Inline]) -> list[Inline]:
    """Return the elements that may name a security."""
    if marks is not None and marks == sum([each[2] is not None for each in linking]):
        return linking
    every = ((element, element.get("class"), element.get("data-code")) for element in root.iter(etree.Element))
    return [each for each in every if each[2] is not None or each[0].tag in _LINKING]


def _mention(element: etree._Element, classes: str | None, code: str, secid: str | None, symbol: str) -> Mention:
    if classes == "EmImageRemark" or code[1:2] == " " or element.tag == "img":
        return Mention(secid, symbol, "", "chart")
    return Mention(secid, symbol, _name(element), "tag")


def _name(element: etree._Element) -> str:
    """Return the words in an element."""
    count = len(element)
    inner = element[0] if count == 1 and not element.text and not element[0].tail else element
    return clean_name(_text(element) if count and len(inner) else inner.text or "")


def clean_name(text: str) -> str:
    """Make one short line of the words that name a security."""
    if not text or (len(text) <= 60 and text.isalnum()):
        return text
    return _SPACES.sub(" ", _DOWN.sub(" ", text)).strip()[:60].rstrip()
