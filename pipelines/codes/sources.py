"""Securities that a source names beside the text: fields of answers and rows of lists.

Every reader takes what came, in whatever shape, and answers with (secid, name, origin); what cannot be read is left out.
Origin `tag`: the source says that the article is about it; `list`: it stands in a list beside the article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.codes.symbols import bare, is_secid, kind
from pipelines.codes.tags import clean_name

Sourced = tuple[str, str, str]
"""(secid, name or "", origin)."""

_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
_LETTERED = re.compile(r"(sh|sz|bj|hk)\.?([0-9]{4,6})", re.IGNORECASE)
_LETTERS = {"sh": "1", "sz": "0", "bj": "0", "hk": "116"}
_REPORT_MARKETS = {"SHANGHAI": "1", "SHENZHEN": "0", "BEIJING": "0"}
_ANN_MARKETS = {"SH": "1", "KC": "1", "SZ": "0", "CY": "0", "BJ": "0"}
"""First letters of the second half of `ann_type`: `A,SHA`, `A,KCB`, `A,SZA`, `A,CYB`, `A,BJA`."""


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""


def _unique(found: Iterable[Sourced]) -> list[Sourced]:
    return list(dict.fromkeys(found))


def _json(text: Any) -> Any:
    """Read JSON; None for what is none, or nested beyond reading."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def from_tip_info(text: Any) -> list[Sourced]:
    """Read `Art_Tip_Info` of the article API: the securities that the site itself tagged.

    Args:
        text: JSON text, `[{"Type":1005,"Code":"105.NVDA,105.TSLA"}]`; placeholders such as `[Null]` are empty.
    """
    value = _json(text)
    groups = [group.get("Code") for group in value if isinstance(group, Mapping)] if isinstance(value, list) else []
    codes = (code.strip() for group in groups if isinstance(group, str) for code in group.split(","))
    return _unique((code, "", "tag") for code in codes if is_secid(code))


def from_stock_list(value: Any) -> list[Sourced]:
    """Read `stockList` of a flash row: a list of secids, boards among them."""
    codes = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    texts = (code.strip() for code in codes if isinstance(code, str))
    return _unique((code, "", "list") for code in texts if is_secid(code))


def from_fund_info(text: Any) -> list[Sourced]:
    """Read `Art_Fund_Info` of the article API, exchange-traded funds only.

    Args:
        text: `159891;513500`; most codes there are open-end funds, whose numbers shares have too (000001 is a bank's).
    """
    found = (bare(code) for code in _CODE.findall(text)) if isinstance(text, str) else ()
    return _unique((alone[0], "", "list") for alone in found if alone and kind(alone[0]) == "fund")


def from_announcement(row: Any) -> list[Sourced]:
    """Read `codes` of an announcement's row, A shares first.

    The market is what the row says (`market_code`, else `ann_type`); a row with neither is read by prefix, since an
    announcement is never an index's.
    """
    codes = row.get("codes") if isinstance(row, Mapping) else None
    entries = [entry for entry in codes if isinstance(entry, Mapping)] if isinstance(codes, list) else []
    entries.sort(key=lambda entry: not _text(entry.get("ann_type")).startswith("A"))
    found = ((_announced(entry), clean_name(_text(entry.get("short_name")))) for entry in entries)
    return _unique((secid, name, "tag") for secid, name in found if secid)


def _announced(entry: Mapping[str, Any]) -> str | None:
    """Return the secid of one entry of an announcement."""
    code = _text(entry.get("stock_code"))
    kinds = _text(entry.get("ann_type")).split(",")
    markets = [_text(entry.get("market_code")), *(_ANN_MARKETS.get(each.strip()[:2], "") for each in kinds[1:])]
    for market in markets:
        if market and is_secid(f"{market}.{code}") and kind(f"{market}.{code}") not in ("other", "index"):
            return f"{market}.{code}"
    alone = bare(code)
    if alone:
        return alone[0]
    return next((f"{market}.{code}" for market in markets if market and is_secid(f"{market}.{code}")), None)


def from_report(row: Any) -> list[Sourced]:
    """Read the security of a research report's row (`stockCode`, `stockName`, `market`); industry reports have none."""
    if not isinstance(row, Mapping):
        return []
    code = _text(row.get("stockCode"))
    market = _REPORT_MARKETS.get(_text(row.get("market")).upper(), "")
    alone = bare(code)
    secid = f"{market}.{code}" if market else alone[0] if alone else ""
    return [(secid, clean_name(_text(row.get("stockName"))), "tag")] if is_secid(secid) else []


def from_exchange_codes(value: Any, *, code: str, name: str) -> list[Sourced]:
    """Read a list of objects whose codes bear the exchange's letters, `sh600519` or `hk00700`, as CLS and Sina write them.

    Args:
        value: `[{"StockID": "sh600519", "name": "..."}]`.
        code: field of the code.
        name: field of the name.

    Returns:
        Shanghai's, Shenzhen's, Beijing's and Hong Kong's; which market of the United States a code belongs to is not said
        there, so those are left to the text.
    """
    entries = [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    found: list[Sourced] = []
    for entry in entries:
        match = _LETTERED.fullmatch(_text(entry.get(code)))
        if match:
            market = _LETTERS[match[1].lower()]
            secid = f"{market}.{match[2].zfill(5) if market == '116' else match[2]}"
            if is_secid(secid):
                found.append((secid, clean_name(_text(entry.get(name))), "tag"))
    return _unique(found)
