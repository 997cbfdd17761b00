"""The words and forms by which text names a security, from exchange_words.csv and security_guards.csv.

exchange_words.csv   before: SH600519, SH:600519 · after: 600519.SH · named: NYSE:NIO, 上交所：600519 · bracket: (AAPL.O)
security_guards.csv  number: endings of words after which digits in brackets are no code · company: exceptions ·
                     fund: endings of names of indices and of funds without a quotation · ticker: capitals that are none
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pipelines.codes.symbols import rows

START, END = r"(?<![0-9A-Za-z._@])", r"(?![0-9A-Za-z_@]|\.[0-9A-Za-z])"
TICKER = r"[A-Z][A-Z0-9]{0,4}(?:[._/-][A-Z]{1,2})?"


class Words(NamedTuple):
    """The vocabularies, made ready for the scan."""

    exchange: dict[tuple[str, str], str]
    """(place, word) and what exchange it means."""
    code_end: re.Pattern[str]
    """A code before the dot."""
    suffix: re.Pattern[str]
    """The exchange after the dot."""
    joined: re.Pattern[str]
    """SH600519, HK.00700."""
    word_end: re.Pattern[str]
    """The exchange before a colon."""
    last: frozenset[str]
    """What may stand right before that colon."""
    code_start: re.Pattern[str]
    """A code after it."""
    ticker_start: re.Pattern[str]
    agency: re.Pattern[str]
    number: re.Pattern[str]
    company: re.Pattern[str]
    fund: re.Pattern[str]
    ticker: frozenset[str]


@cache
def words() -> Words:
    """Read the vocabularies, once."""
    exchange = {(row["place"], row["word"]): row["exchange"] for row in rows("exchange_words.csv")}
    guards: dict[str, list[str]] = {}
    for row in rows("security_guards.csv"):
        guards.setdefault(row["rule"], []).append(row["word"])

    def either(*places: str, chinese: bool = False) -> str:
        found = {word for where, word in exchange if where in places and word.isascii() is not chinese}
        return "|".join(re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word)))

    def ending(rule: str, more: str = "") -> re.Pattern[str]:
        return re.compile(f"(?:{'|'.join(map(re.escape, guards[rule]))}){more}\\Z")

    return Words(
        exchange=exchange,
        code_end=re.compile(rf"{START}(?:([0-9]{{1,6}})|{TICKER})\Z"),
        suffix=re.compile(rf"(?:(?i:{either('after')})){END}"),
        joined=re.compile(rf"{START}((?i:{either('before')}))\.?([0-9]{{5,6}}){END}"),
        word_end=re.compile(
            rf"(?:{START}(?P<latin>(?:{either('named')})|(?i:{either('before')}))\s?"
            rf"|(?P<chinese>{either('named', chinese=True)})(?:股票|股份)?(?:代码|代号)?)\Z"
        ),
        last=frozenset((" ", "码", "号", "票", "份"))
        | {form for where, word in exchange if where in ("before", "named") for form in (word[-1], word[-1].lower())},
        code_start=re.compile(rf"\s?((?P<digits>[0-9]{{1,6}})|{TICKER}){END}"),
        ticker_start=re.compile(rf"{TICKER}{END}"),
        agency=re.compile(rf"(?P<code>[0-9]{{1,6}}|{TICKER})[. ](?P<word>{either('bracket')})"),
        number=ending("number"),
        company=ending("company"),
        fund=ending("fund", "[A-H]?"),
        ticker=frozenset(guards["ticker"]),
    )
