"""East Money's announcements, read: security/ann (lists), content/ann (texts). Pure functions.

Source: rows of 2022-04, 2026-04 and 2026-07, a text of 2026-08; maintained public code of 2026 for the list.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import urlencode, urlsplit

from newscrawler.answers import Answer, count_of, refuse, text_of
from newscrawler.errors import LayoutError, NoArticle, SourceArgumentError
from newscrawler.listing import Listing, Row
from pipelines.codes.symbols import kind, secids, symbol_of
from pipelines.securities import from_announcement
from pipelines.text import clean_line

LIST = "https://np-anotice-stock.eastmoney.com/api/security/ann?"
TEXT = "https://np-cnotice-stock.eastmoney.com/api/content/ann?"
PAGE = "https://data.eastmoney.com/notices/detail/{}/{}.html"
PDF = "https://pdf.dfcfw.com/pdf/H2_{}_1.pdf"
MEDIA = "东方财富公告"
"""One publisher for all of them: announcements follow forms, and no two of one publisher are called one story."""
ROWS = 100
EVERY = "0"
"""The kind that is all kinds."""
MOST_PAGES = 400
"""Text pages of one announcement; an annual report has some dozens."""
MOST_ANSWERED = 4 * 1024 * 1024
"""Bytes of all its answers."""
MOST_BYTES, MOST_LINES = 360_000, 9_000
"""Of a text that a post can take (`pipelines.html.safety`); the rest of a longer one is in its PDF."""
CUT = "（正文较长，以下从略，全文见公告原文。）"
_ID = re.compile(r"AN[0-9]{10,30}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T].*)?")


@cache
def kinds() -> dict[str, str]:
    """Return the kinds of vocab/notice_kinds.csv, name by id."""
    text = resources.files("pipelines").joinpath("vocab/notice_kinds.csv").read_text(encoding="utf-8")
    return {row["id"]: row["name"] for row in csv.DictReader(text.splitlines())}


def words(text: str) -> list[str]:
    """Return the words of a list argument."""
    return [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]


def read_kinds(text: str) -> list[str]:
    """Turn ids and names of kinds into ids, each once; 0 is all kinds.

    Raises:
        SourceArgumentError: an unknown word, or none at all.
    """
    ids = {name: number for number, name in kinds().items()} | {number: number for number in kinds()}
    ids |= {EVERY: EVERY, "全部": EVERY}
    asked = words(text)
    unknown = [word for word in asked if word not in ids]
    if unknown or not asked:
        named = f"kind {unknown[0]!r} is unknown" if unknown else "kinds= names no kind"
        there = ", ".join(f"{number} {name}" for number, name in kinds().items())
        raise SourceArgumentError(f"{named}; there are {EVERY} 全部, {there}")
    return list(dict.fromkeys(ids[word] for word in asked))


def read_symbols(text: str) -> list[str]:
    """Turn symbols of Shanghai, Shenzhen and Beijing into the form that channels carry.

    Raises:
        SourceArgumentError: another symbol, or none at all.
    """
    found: list[str] = []
    for word in words(text):
        secid = next(iter(secids(word)), "")
        if not secid.startswith(("0.", "1.")) or kind(secid) != "share":
            raise SourceArgumentError(
                f"symbol {word!r} is no share of Shanghai, Shenzhen or Beijing; right would be symbols=600519.SH"
            )
        found.append(symbol_of(secid))
    if not found:
        raise SourceArgumentError("symbols= names no share; right would be symbols=600519.SH")
    return list(dict.fromkeys(found))


def read_channel(channel: str) -> tuple[str, str]:
    """Take a channel apart: `notices:1` or `notices:1:600519.SH` are kind 1, of all shares or of one."""
    _, number, *rest = channel.split(":")
    return number, rest[0] if rest else ""


def list_url(channel: str, days: tuple[date, date], page: int) -> str:
    """Return the address of a page of the announcements of some official days."""
    number, symbol = read_channel(channel)
    query: dict[str, Any] = {
        "sr": -1,
        "page_size": ROWS,
        "page_index": page,
        "ann_type": "A",
        "client_source": "web",
        "f_node": number,
        "s_node": 0,
        "begin_time": days[0],
        "end_time": days[1],
    }
    if symbol:
        query["stock_list"] = symbol.partition(".")[0]
    return LIST + urlencode(query)


def text_url(art_code: str, page: int) -> str:
    """Return the address of a page of an announcement's text."""
    return TEXT + urlencode({"art_code": art_code, "client_source": "web", "page_index": page})


def _data(payload: Any, where: str) -> Mapping[str, Any] | None:
    """Return `data` of an answer that says success; None where it is empty."""
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    if text_of(payload.get("success")) != "1":
        message = text_of(payload.get("error") or payload.get("message"))
        refuse(message, where)
        raise LayoutError(f"{where}: error answer: success {payload.get('success')!r}, {message[:120]!r}")
    data = payload.get("data")
    if data and not isinstance(data, Mapping):
        raise LayoutError(f"{where}: data is no object")
    return data or None


def read_list(payload: Any, channel: str, where: str) -> Listing:
    """Read a page of the list; the rows that it says there are (`total_hits`) prove whether all were read.

    Raises:
        LayoutError: an error answer, or no array.
        Refused: a refusal.
    """
    data = _data(payload, where)
    rows = data.get("list") if data else None
    if not isinstance(rows, list):
        raise LayoutError(f"{where}: no array data.list")
    listing = Listing.of(rows, channel, read_row, key="art_code")
    listing.total = count_of(data.get("total_hits")) if data else None
    return listing


def read_row(raw: Any, channel: str) -> Row:
    """Read one row; its time is when the announcement appeared, else when it was stored, else its official day.

    Raises:
        ValueError: no object, no id, no title, or no time.
    """
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = text_of(raw.get("art_code")).strip()
    if not _ID.fullmatch(key):
        raise ValueError(f"no announcement's id but {key[:60]!r}")
    title = text_of(raw.get("title") or raw.get("title_ch"))
    if not clean_line(title):
        raise ValueError(f"row {key} has no title")
    published = text_of(raw.get("display_time") or raw.get("eiTime") or raw.get("notice_date"))
    if not published:
        raise ValueError(f"row {key} has no time")
    securities = tuple(from_announcement(raw))
    codes = [secid.partition(".")[2] for secid, _, _ in securities]
    return Row(
        article_id=key,
        url=PAGE.format(codes[0], key) if codes else PDF.format(key),
        title=title,
        summary="",
        media=MEDIA,
        published_raw=published,
        channel=channel,
        securities=securities,
        raw=dict(raw),
    )


def tags_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the columns that an announcement is filed under; the list may lack them."""
    columns = raw.get("columns")
    entries = columns if isinstance(columns, list) else []
    names = (clean_line(text_of(one.get("column_name"))) for one in entries if isinstance(one, Mapping))
    return tuple(dict.fromkeys(name for name in names if name))


def official_day(*texts: Any) -> date | None:
    """Return the first of some official dates (`2026-04-15 00:00:00`) that is one."""
    for text in texts:
        match = _DAY.fullmatch(text_of(text).strip())
        try:
            if match:
                return date.fromisoformat(match[1])
        except ValueError:
            continue
    return None


def text_pages(payload: Any) -> int:
    """Return how many pages a text has, as its first page says (`page_size`); 1 where it does not."""
    data = payload.get("data") if isinstance(payload, Mapping) else None
    pages = text_of(data.get("page_size")) if isinstance(data, Mapping) else ""
    return max(int(pages), 1) if pages.isascii() and pages.isdigit() and len(pages) < 10 else 1


def read_text(payloads: Sequence[Any], art_code: str, where: str) -> tuple[Answer, tuple[str, ...], date | None]:
    """Read an announcement's text, all pages of it.

    Args:
        payloads: the answers, one a page.
        art_code: the announcement that was asked for.
        where: address, for the error.

    Returns:
        The answer (body: a paragraph a line, then a link to each file), the addresses of its files, its official day.

    Raises:
        NoArticle: nothing is known under the code, or neither text nor file.
        LayoutError: not the shape we know, or another announcement.
        Refused: a refusal.
    """
    lines: list[str] = []
    files: dict[str, str] = {}
    first: Mapping[str, Any] = {}
    for payload in payloads:
        data = _data(payload, where)
        if data is None:
            raise NoArticle("no announcement under this code")
        if text_of(data.get("art_code")) not in ("", art_code):
            raise LayoutError(f"{where}: the text of {text_of(data.get('art_code'))[:60]!r}")
        first = first or data
        lines += [line.strip() for line in text_of(data.get("notice_content")).splitlines()]
        for url in _files(data):
            files.setdefault(urlsplit(url).path, url)
    lines = [line for line in lines if line]
    if not lines and not files:
        raise NoArticle("announcement with neither text nor file")
    addresses = tuple(files.values()) or (PDF.format(art_code),)
    answer = Answer(
        title=text_of(first.get("notice_title")),
        media=MEDIA,
        author="",
        summary="",
        body="\n".join([*_paragraphs(lines), *links(addresses, "公告原文")]),
        published="",
    )
    return answer, addresses, official_day(first.get("notice_date"))


def _files(data: Mapping[str, Any]) -> Iterable[str]:
    """Return the addresses of an announcement's files that lie with East Money, the web form first."""
    entries = data.get("attach_list")
    for entry in (data, *(entries if isinstance(entries, list) else ())):
        fields = entry if isinstance(entry, Mapping) else {"attach_url": entry}
        for name in ("attach_url_web", "attach_url"):
            url = text_of(fields.get(name)).strip()
            if re.fullmatch(r"https?://[a-z0-9-]+\.(?:dfcfw|eastmoney)\.com/[\w./?=&%-]{1,300}", url, re.ASCII):
                yield url


def _paragraphs(lines: Sequence[str]) -> Iterable[str]:
    left = MOST_BYTES
    for number, line in enumerate(lines):
        paragraph = f"<p>{escape(line, quote=False)}</p>"
        left -= len(paragraph.encode("utf-8", "replace"))
        if left < 0 or number == MOST_LINES:
            yield f"<p>{CUT}</p>"
            return
        yield paragraph


def links(files: Sequence[str], name: str) -> list[str]:
    """Return a paragraph with a link for each file of an article."""
    numbers = ("",) if len(files) == 1 else tuple(f" {number}" for number in range(1, len(files) + 1))
    return [
        f'<p><a href="{escape(url)}">{name}（PDF）{number}</a></p>' for url, number in zip(files, numbers, strict=True)
    ]
