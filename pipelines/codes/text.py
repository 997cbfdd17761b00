"""Securities that plain text names, where the writing leaves no doubt.

    600519.SH  00700.HK  600519.SS  AAPL.US  SH600519  HK.00700        a code and its exchange
    NYSE:NIO  NASDAQ: PDD  SZ:000001  港交所：00700                       an exchange and its code
    $AAPL$  $TSLA                                                       New York only
    贵州茅台(600519)  贵州茅台（600519，02318.HK）  腾讯控股(00700)          a name, brackets, a code
    证券代码：600519                                                      a code said to be one
    (AAPL.O)  (700 HK)                                                  agencies' forms, only in brackets

Digits alone are never a security: years, amounts, dates, telephone and order numbers look the same. Words that decide
stand in exchange_vocabulary.csv and security_guards.csv.

A text without any code must cost next to nothing, so the scan looks for single signs first (`.` before a letter, `:`, `$`,
a bracket), which is one pass of memchr each, and reads only what stands around them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from string import ascii_letters
from typing import NamedTuple

from pipelines.codes.symbols import bare, kind, kind_of, place, symbol_of
from pipelines.codes.tags import Mention
from pipelines.codes.words import words

_WIDE_DIGITS = "０１２３４５６７８９"
_NARROW = {
    wide: wide - 0xFEE0
    for wide in (0xFF04, 0xFF0E, *range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}

_LETTERS = frozenset(ascii_letters)
_CODE_SIGNS = frozenset(".0123456789")
_BRACKET = re.compile(r"[（(\[［]\s?(?:代码[：:]\s?)?([0-9A-Z][0-9A-Za-z.:：,，、;；/|\s股吧_-]{1,40})[）)\]］]")
_CODE_LIKE = re.compile(r"[0-9]{3}|[. ][A-Z]")
_NAME = re.compile(r"([\u4e00-\u9fffA-Za-z0-9*·&-]+)[”\"’」》]?[ \u3000\u00a0]?\Z")
_SEPARATOR = re.compile(r"[,，、;；/|]")
_DOLLAR = re.compile(r"\$([A-Z]{1,5}(?:\.[A-Z])?)(?:(\$)|(?![A-Za-z0-9$]))")
_GLUE = re.compile(r"[A-Za-z0-9$]\$")
"""US$500, A$AP, $$: such a sign opens nothing."""
_TOLD = re.compile(r"代[码号號](?:为|是)?[：:\s]{0,3}([0-9]{5,6})(?![0-9A-Za-z])")
_CODE_WORD = frozenset("码号號")
_TOLD_KINDS = {"债券": ("bond",), "转债": ("bond",), "基金": ("fund",), "股票": (), "证券": (), "A股": ()}
_TOLD_HONG_KONG = ("股份", "H股", "港股")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OPEN_FUND = re.compile("基金|净值|申购|赎回|联接")
_MONEY = re.compile("[十百千万亿]*(?:人民币|美元|港元|元)")
_HONG_KONG = re.compile("0[0-9]{4}")
_CLASS = re.compile("[./-]")
_LOOK_BACK = 24
"""So many characters before a code are read: the longest word of an exchange, a name."""


MOST_SCANNED = 30_000
"""Characters of a text that are looked at: far more than any article met."""


class Named(NamedTuple):
    """A security that a text names."""

    at: int
    """Offset of its code in the text."""
    symbol: str


def in_text(text: str, known: Collection[str] = ()) -> list[Mention]:
    """List the places of a plain text that name a security beyond doubt.

    Args:
        text: plain text, of which the first 30,000 characters count; full-width digits and letters are read as well.
        known: symbols that the source gave for the same article. A code without its exchange is read as theirs, and
            a spelling of another agency (`BRK.A`) becomes theirs (`BRK_A.US`).

    Returns:
        Mentions with origin `text` and without secid, in the order of the text.
    """
    return [Mention(None, named.symbol, "", "text") for named in scan(text, known)]


def scan(text: str, known: Collection[str] = ()) -> list[Named]:
    """Find what `in_text` finds, with the offset of every code."""
    text = text[:MOST_SCANNED]
    if any(map(text.__contains__, _WIDE_DIGITS)):
        text = text.translate(_NARROW)
    same = {_key(symbol): symbol for symbol in known}
    found: dict[int, str] = {}
    for read in (_dotted, _joined, _after_colon, _told):
        found.update(read(text))
    found.update(_dollars(text, same))
    for at, symbol in _brackets(text, same, found):
        found.setdefault(at, symbol)
    return [Named(at, same.get(_key(symbol), symbol)) for at, symbol in sorted(found.items())]


@lru_cache(maxsize=8192)
def _key(symbol: str) -> str:
    """Return what the spellings of one symbol share: classes of New York's shares, Beijing and NEEQ."""
    code, _, exchange = symbol.rpartition(".")
    if exchange == "US":
        return _CLASS.sub("_", code) + ".US"
    return f"{code}.BJ" if exchange == "NEEQ" else symbol


def _each(text: str, sign: str) -> Sequence[int]:
    """Return the offsets of a sign; most signs are in few texts."""
    at = text.find(sign)
    if at < 0:
        return ()
    found = []
    while at >= 0:
        found.append(at)
        at = text.find(sign, at + 1)
    return found


@lru_cache(maxsize=4096)
def _sound(code: str, exchange: str) -> str | None:
    """Return the symbol of a code on an exchange; None where it names nothing we know the kind of."""
    symbol = place(code, exchange) if code.strip("0") else None
    return symbol if symbol and kind_of(symbol) != "other" else None


def _dotted(text: str) -> Iterator[Named]:
    """600519.SH, 700.HK, AAPL.US, US.AAPL."""
    vocabulary = words()
    for dot in _each(text, "."):
        if text[dot + 1 : dot + 2] not in _LETTERS:
            continue
        suffix = vocabulary.suffix.match(text, dot + 1)
        code = vocabulary.code_end.search(text[max(0, dot - _LOOK_BACK) : dot]) if suffix else None
        # a domain such as abc.us or 123.hk is no code: short codes and letters want capitals
        if suffix and code and (suffix[0].isupper() or (code[1] and len(code[1]) > 4)):
            if symbol := _sound(code[0], vocabulary.exchange["after", suffix[0].upper()]):
                yield Named(dot - len(code[0]), symbol)
        elif text.endswith("US", 0, dot) and not text[dot - 3 : dot - 2].isalnum():
            ticker = vocabulary.ticker_start.match(text, dot + 1)
            if ticker and (symbol := _sound(ticker[0], "US")):
                yield Named(dot + 1, symbol)


def _joined(text: str) -> Iterator[Named]:
    """SH600519, hk00700, SZ.000001."""
    for letter in "HZJKhzjk":  # the second one of SH, SZ, BJ, HK
        for at in _each(text, letter):
            if text[at + 1 : at + 2] not in _CODE_SIGNS:
                continue
            match = words().joined.match(text, max(0, at - 1))
            if match and (symbol := _sound(match[2], words().exchange["before", match[1].upper()])):
                yield Named(match.start(2), symbol)


def _after_colon(text: str) -> Iterator[Named]:
    """NYSE:NIO, SZ: 000001, 港交所：00700."""
    vocabulary = words()
    for sign in ":：":
        for colon in _each(text, sign):
            if text[colon - 1 : colon] not in vocabulary.last:  # most colons follow other words
                continue
            word = vocabulary.word_end.search(text[max(0, colon - _LOOK_BACK) : colon])
            code = vocabulary.code_start.match(text, colon + 1) if word else None
            if not word or not code:
                continue
            named = word["latin"] or word["chinese"]
            exchange = vocabulary.exchange.get(("named", named)) or vocabulary.exchange["before", named.upper()]
            # 港交所：5家公司 is no code
            whole = word["latin"] or not code["digits"] or len(code[1]) == 6 or _HONG_KONG.fullmatch(code[1])
            if whole and (symbol := _sound(code[1], exchange)):
                yield Named(code.start(1), symbol)


def _told(text: str) -> Iterator[Named]:
    """Codes that the text calls so: 证券代码：600519, 股份代号：00700."""
    for sign in _each(text, "代"):
        match = _TOLD.match(text, sign) if text[sign + 1 : sign + 2] in _CODE_WORD else None
        if not match:
            continue
        before, code = text[max(0, sign - 2) : sign], match[1]
        if len(code) == 5:
            symbol = _sound(code, "HK") if before in _TOLD_HONG_KONG and _HONG_KONG.fullmatch(code) else None
        else:
            alone = bare(code) if before in _TOLD_KINDS else None
            fits = alone and kind(alone[0]) in (_TOLD_KINDS[before] or (kind(alone[0]),))
            symbol = symbol_of(alone[0]) if alone and fits else None
        if symbol:
            yield Named(match.start(1), symbol)


def _dollars(text: str, same: dict[str, str]) -> Iterator[Named]:
    """$AAPL$ and $TSLA; one letter alone only where the source named that share too."""
    closed = -1
    for sign in _each(text, "$"):
        if sign == closed or (sign - 1 != closed and _GLUE.match(text, sign - 1 if sign else 0)):
            continue
        match = _DOLLAR.match(text, sign)
        if not match:
            continue
        closed = match.end() - 1 if match[2] else closed  # a closing $ opens nothing
        symbol = None if match[1] in words().ticker else _sound(match[1], "US")
        if symbol and (len(match[1]) > 1 or symbol in same):
            yield Named(sign + 1, symbol)


def _brackets(text: str, same: dict[str, str], found: Mapping[int, str]) -> Iterator[Named]:
    """Codes in brackets after a name; `found` are the codes that stand with their exchange."""
    for sign in "（(［[":
        for bracket in _each(text, sign):
            match = _BRACKET.match(text, bracket)
            if match and _CODE_LIKE.search(match[1]):
                yield from _bracket(text, match, same, found)


def _bracket(text: str, match: re.Match[str], same: dict[str, str], found: Mapping[int, str]) -> Iterator[Named]:
    """One pair of brackets; a part that is no code makes it a list of something else."""
    start = max(0, match.start() - _LOOK_BACK)
    around = text[start : match.end() + 8]
    name: re.Match[str] | None = None
    at, whole = match.start(1), []
    for part in _SEPARATOR.split(match[1]):
        code = part.strip()
        begin = at + part.find(code)
        at += len(part) + 1
        if code == "股吧" or not found.keys().isdisjoint(range(begin, at)):  # one publisher's link: (600519,股吧)
            continue
        name = name or _NAME.search(text[start : match.start()])
        if not name or _MONEY.match(text, match.end()):
            return
        symbol = _bracketed(code, name[1], around, same)
        if symbol is None:
            return
        whole.append(Named(begin, symbol))
    yield from whole


def _bracketed(code: str, name: str, around: str, same: dict[str, str]) -> str | None:
    """Return the symbol of one part of a bracket; None where it is no code."""
    vocabulary = words()
    if agency := vocabulary.agency.fullmatch(code):
        symbol = _sound(agency["code"], vocabulary.exchange["bracket", agency["word"]])
        alone = agency["word"] in "ON" and len(agency["code"]) == 1  # U.N is no share unless the source named it
        return symbol if symbol in same or not alone else None
    if not _CHINESE.search(name) or (vocabulary.number.search(name) and not vocabulary.company.search(name)):
        return None
    if _HONG_KONG.fullmatch(code):
        return _sound(code, "HK")
    if f"1.{code}" in same and vocabulary.fund.search(name):  # an index that the source named
        return f"1.{code}"
    only = bare(code)
    return symbol_of(only[0]) if only and _fits(only, name, around) else None


def _fits(alone: tuple[str, str], name: str, around: str) -> bool:
    """Tell whether a name may be that of the one security its code can mean."""
    secid, condition = alone
    if condition == "bond":
        return "债" in name
    if condition == "B":
        return name.endswith(("B", "B股"))
    if condition == "context" and _OPEN_FUND.search(around):  # funds without a quotation have such codes too
        return False
    return kind(secid) != "share" or not words().fund.search(name)
