"""East Money's lists of one security's news, read: getListInfo. Pure functions.

Source: one row of 2022-02 (wap), two rows of 2026-07 (web); maintained public code of 2026 asks the wap form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from newscrawler import eastmoney
from newscrawler.answers import count_of, refuse, text_of
from newscrawler.errors import LayoutError, SourceArgumentError
from newscrawler.listing import Listing, Row
from pipelines.codes.symbols import secids
from pipelines.text import clean_line

LIST = "https://np-listapi.eastmoney.com/comm/wap/getListInfo?"
EXAMPLE = "right would be symbols=600519.SH,00700.HK,AAPL.US,BK0493 or a secid such as 105.AAPL"


def list_url(secid: str, page: int, size: int) -> str:
    """Return the address of a page of a security's news, blog posts (财富号) included."""
    query = {"client": "wap", "type": 1, "mTypeAndCode": secid, "pageSize": size, "pageIndex": page, "cfh": 1}
    return LIST + urlencode(query)


def read_symbols(text: str) -> list[list[str]]:
    """Turn the argument `symbols` into secids, those that one symbol may have together.

    Raises:
        SourceArgumentError: an unknown symbol, or none at all.
    """
    found: list[list[str]] = []
    for word in (part.strip() for part in text.replace("，", ",").split(",")):
        if not word:
            continue
        candidates = secids(word.removeprefix("stock:"))
        if not candidates:
            raise SourceArgumentError(f"symbol {word!r} is unknown; {EXAMPLE}")
        if candidates not in found:
            found.append(candidates)
    if not found:
        raise SourceArgumentError(f"symbols= names no security; {EXAMPLE}")
    return found


def read_list(payload: Any, channel: str, where: str) -> Listing:
    """Read an answer of getListInfo; no data, or data without a list, is a security without (further) news.

    Raises:
        LayoutError: an error answer, or a list that is none.
        Refused: a refusal.
    """
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    code = text_of(payload.get("code"))
    if code != "1":
        message = text_of(payload.get("message"))
        refuse(message, where)
        raise LayoutError(f"{where}: error answer: code {code!r}, message {message[:120]!r}")
    data = payload.get("data")
    if not isinstance(data, (Mapping, type(None))):
        raise LayoutError(f"{where}: data is no object")
    rows = (data or {}).get("list")
    if not isinstance(rows, (list, type(None))):
        raise LayoutError(f"{where}: data.list is no array")
    listing = Listing.of(rows or [], channel, read_row, key="Art_Code")
    listing.total = count_of((data or {}).get("totle_hits"))  # spelled so
    return listing


def read_row(raw: Any, channel: str) -> Row:
    """Read one row; its channel names the security that it is listed under.

    Raises:
        ValueError: no object, no id, no title, or no time.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = eastmoney.article_id(raw.get("Art_Code"))
    title = text_of(raw.get("Art_Title"))
    if not clean_line(title):
        raise ValueError(f"row {key} has no title")
    published = text_of(raw.get("Art_ShowTime"))
    if not published:
        raise ValueError(f"row {key} has no time")
    kind = "blog" if _is_blog(raw, key) else "article"
    return Row(
        article_id=key,
        url=eastmoney.page_url(raw.get("Art_Url"), key, kind),
        title=title,
        summary="",
        media=text_of(raw.get("Art_MediaName")),
        author=text_of(raw.get("Author")),
        published_raw=published,
        channel=channel,
        kind=kind,
        securities=_securities(channel),
        raw=dict(raw),
    )


def _is_blog(raw: Mapping[str, Any], key: str) -> bool:
    """Whether a row is a 财富号 post: as it says, else by its address, else by its id, which is longer than an article's."""
    said = text_of(raw.get("Np_dst") or raw.get("np_dst")).upper()
    if said:
        return said == "CFH"
    try:
        host = urlsplit(text_of(raw.get("Art_Url"))).hostname or ""
    except ValueError:
        host = ""
    return host == "caifuhao.eastmoney.com" or bool(re.fullmatch(r"[0-9]{20,23}", key))


def _securities(channel: str) -> Sequence[tuple[str, str, str]]:
    kind, _, secid = channel.partition(":")
    return ((secid, "", "list"),) if kind == "stock" and secid else ()
