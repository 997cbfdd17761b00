"""What a security is called, and what kind it is: from East Money's `<market>.<code>` and the vocabularies.

markets.csv          what each market number is; 0 and 1 are told apart by prefix
prefixes.csv         what the codes of a market are, the longest prefix wins; `bare` says which of them may stand in
                     text without their market
neeq.csv             codes on market 0 that look like Beijing's and are the NEEQ's
beijing_renamed.csv  Beijing's old codes and today's 920xxx, as far as they are proven
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

KINDS = ("share", "fund", "bond", "index", "board", "fx", "future", "option", "other")

_SECID = re.compile(r"([0-9]{1,3})\.([A-Za-z0-9](?:[A-Za-z0-9._-]{0,18}[A-Za-z0-9])?)")
_SYMBOL = re.compile(r"([A-Z0-9][A-Z0-9._-]{0,19})\.(SH|SZ|BJ|NEEQ|HK|US)")
_MARKETS_OF = {"SH": "1", "SZ": "0", "BJ": "0", "NEEQ": "0", "HK": "116", "US": "105"}
"""A market whose rules hold for an exchange (New York's are those of NASDAQ)."""
_INDICES = (("SZ", "399"), ("BJ", "899"))
"""On market 0 the prefix says whose index it is."""
_FORMS = {
    "": re.compile(r"[0-9]{6}"),  # Shanghai, Shenzhen, Beijing, NEEQ
    "HK": re.compile(r"[0-9]{5}"),
    "US": re.compile(r"[A-Z][A-Z0-9]*(?:[._-][A-Z0-9]+)*"),
}


class Market(NamedTuple):
    """A row of markets.csv."""

    kind: str
    exchange: str
    same_as: str


class Rule(NamedTuple):
    """A row of prefixes.csv."""

    kind: str
    exchange: str
    bare: str


def rows(name: str) -> list[dict[str, str]]:
    """Read a vocabulary of `pipelines/vocab`."""
    text = resources.files("pipelines").joinpath("vocab", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _markets() -> dict[str, Market]:
    return {row["market"]: Market(row["kind"], row["exchange"], row["same_as"]) for row in rows("markets.csv")}


@cache
def _prefixes() -> dict[tuple[str, str], Rule]:
    return {
        (row["market"], row["prefix"]): Rule(row["kind"], row["exchange"], row["bare"]) for row in rows("prefixes.csv")
    }


@cache
def _neeq() -> frozenset[str]:
    return frozenset(row["code"] for row in rows("neeq.csv"))


@cache
def _renamed() -> dict[str, str]:
    return {f"{row['old']}.BJ": f"{row['new']}.BJ" for row in rows("beijing_renamed.csv")}


def _rule(market: str, code: str) -> Rule | None:
    """Find the longest prefix of a code that its market's rules know."""
    table = _prefixes()
    for length in range(4, 1, -1):
        found = table.get((market, code[:length]))
        if found:
            return found
    return None


@lru_cache(maxsize=8192)
def _read(secid: str) -> tuple[str, str | None]:
    """Return kind and symbol of a secid; the symbol is None where it is no share, fund or bond of our exchanges."""
    parts = _SECID.fullmatch(secid)
    market = _markets().get(parts[1]) if parts else None
    if parts is None or market is None:
        return "other", None
    code, number = parts[2], market.same_as or parts[1]
    if market.kind != "prefix" and not market.exchange:
        return market.kind, None
    if market.exchange == "US":
        code = code.upper()
    if not _FORMS[market.exchange].fullmatch(code):
        return "other", None
    rule = _rule(number, code)
    if rule is None:
        return (market.kind, f"{code}.{market.exchange}") if market.exchange else ("other", None)
    exchange = "NEEQ" if rule.exchange == "BJ" and code in _neeq() else rule.exchange
    return rule.kind, f"{code}.{exchange}" if exchange else None


def to_symbol(secid: str) -> str | None:
    """Turn East Money's secid into the symbol that posts and tables carry.

    Args:
        secid: `<market>.<code>`, e.g. `1.600519`, `116.00700`, `105.AAPL`; any other text is answered with None.

    Returns:
        `600519.SH`, `000001.SZ`, `920799.BJ`, `400002.NEEQ`, `00700.HK`, `AAPL.US`; None for what is not a share, fund
        or bond of these exchanges (an index, a board, another market, an unknown prefix).

    **Source**: the market numbers and prefixes that captures and maintained public code show; each row of markets.csv
    and prefixes.csv says which. Exchange and kind come from market and prefix together: `1.000001` is the index of
    Shanghai, `0.000001` a bank of Shenzhen. Beijing's codes of before October 2025 keep the symbol they had.
    """
    return _read(secid)[1]


def kind(secid: str) -> str:
    """Say what a secid names: share, fund, bond, index, board, fx, future, option or other.

    Args:
        secid: as for `to_symbol`; an unknown market, an unknown prefix and any other text are `other`.

    **Source**: as `to_symbol`. Hong Kong's warrants and New York's funds have codes like shares and are called shares.
    """
    return _read(secid)[0]


def is_secid(text: str) -> bool:
    """Tell whether a text has the form `<market>.<code>`, whatever the market."""
    return _SECID.fullmatch(text) is not None


def symbol_of(secid: str) -> str:
    """Return the symbol a security is kept under: `to_symbol`'s, a board's BK code, for all else the secid itself."""
    if secid.startswith("90.BK"):
        return secid[3:]
    return _read(secid)[1] or secid


@lru_cache(maxsize=8192)
def kind_of(symbol: str) -> str:
    """Say what a symbol of `symbol_of` names; `other` for any other text."""
    parts = _SYMBOL.fullmatch(symbol)
    if parts:
        found, own = _read(f"{_MARKETS_OF[parts[2]]}.{parts[1]}")
        if own and (own == symbol or parts[2] in ("BJ", "NEEQ")):
            return found
    return kind(f"90.{symbol}" if symbol.startswith("BK") else symbol)


def place(code: str, exchange: str) -> str | None:
    """Return the symbol of a code on a named exchange.

    Args:
        code: as written, e.g. `600519`, `700`, `aapl`.
        exchange: SH, SZ, BJ, NEEQ, HK, US, or CN for any of Shanghai, Shenzhen and Beijing.

    Returns:
        As `symbol_of`; None where the exchange has no such code. A code said to be the NEEQ's is taken as that.
    """
    code = code.upper()
    if exchange == "CN":
        return next(filter(None, (place(code, each) for each in ("SH", "SZ", "BJ"))), None)
    if exchange == "HK":
        code = code.zfill(5)
    if exchange == "US":
        code = re.sub(r"[./-]", "_", code)  # classes of shares: East Money writes BRK_A
    secid = f"{_MARKETS_OF[exchange]}.{code}"
    found, symbol = _read(secid)
    if symbol is None:
        return secid if found == "index" and (exchange == "SH" or (exchange, code[:3]) in _INDICES) else None
    own = symbol.rpartition(".")[2]
    if own == exchange:
        return symbol
    if {own, exchange} == {"BJ", "NEEQ"} and not code.startswith(("920", "400", "420")):
        return f"{code}.{exchange}"
    return None


def secids(name: str) -> list[str]:
    """Turn a symbol back into the secids it may have: the reverse of `symbol_of`.

    Args:
        name: a symbol (`600519.SH`, `00700.HK`, `BK0493`, letters in either case), or a secid, which stands for itself.

    Returns:
        One secid; of a symbol of the United States three, NASDAQ's first, since a symbol does not say which of the three
        markets it is; none for what is no symbol, or no code that its exchange gives out. A secid of an unknown market
        passes through; one of a known market must be a code of it.
    """
    name = name.strip()
    if re.fullmatch(r"BK[0-9]{4}", name.upper()):
        return [f"90.{name.upper()}"]
    symbol = _SYMBOL.fullmatch(name.upper())
    own = place(symbol[1], symbol[2]) if symbol else None
    if symbol and own and not own.endswith(f".{symbol[2]}"):  # an index, which is kept under its secid
        return [own]
    if symbol and own:
        code = own.rpartition(".")[0]
        each_us = [number for number, market in _markets().items() if market.exchange == "US"]
        return [f"{number}.{code}" for number in (each_us if symbol[2] == "US" else [_MARKETS_OF[symbol[2]]])]
    parts = _SECID.fullmatch(name)
    if parts is None:
        return []
    market = _markets().get(parts[1], Market("", "", ""))
    if symbol and market.exchange != "US":  # 107.SH is a fund in New York, 12.SH is nothing
        return []
    code = parts[2].upper() if market.exchange == "US" else parts[2]
    secid = f"{market.same_as or parts[1]}.{code}"
    checked = market.kind == "prefix" or market.exchange
    return [] if checked and kind(secid) == "other" else [secid]


@lru_cache(maxsize=4096)
def bare(code: str) -> tuple[str, str] | None:
    """Find the one security of Shanghai, Shenzhen or Beijing that a code without its market can mean.

    Returns:
        Its secid and the condition that prefixes.csv sets for it (`any`, `context`, `bond`, `B`); None where the
        prefix is unknown, not fit to stand alone, or two markets have it.
    """
    if not _FORMS[""].fullmatch(code):
        return None
    found = [(f"{market}.{code}", rule.bare) for market in ("1", "0") if (rule := _rule(market, code)) and rule.bare]
    return found[0] if len(found) == 1 else None


def renamed(symbol: str) -> str | None:
    """Return today's symbol of a Beijing share that was published under its old code; None where none is proven.

    Args:
        symbol: as stored, e.g. `873169.BJ`; an article keeps it, whatever this answers.
    """
    return _renamed().get(symbol)
