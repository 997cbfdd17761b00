"""财联社's answers, read, and the signature its list asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from newscrawler.answers import refuse, text_of
from newscrawler.errors import LayoutError
from newscrawler.listing import Listing, Row
from pipelines.securities import from_exchange_codes
from pipelines.text import clean_line, headline

LIST = "https://www.cls.cn/v1/roll/get_roll_list?"
PAGE = "https://www.cls.cn/detail/{}"
ROWS = 50
"""Rows a page; with more the answer is empty and says nothing of it."""


def signed(query: Mapping[str, str]) -> str:
    """Return a query with its signature: MD5 of the SHA-1 (hex) of the sorted query.

    Source: public clients of the list; a wrong one answers errno 10012.
    """
    text = urlencode(sorted(query.items()))
    sha1 = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return f"{text}&sign={hashlib.md5(sha1.encode(), usedforsecurity=False).hexdigest()}"


def list_url(before: str) -> str:
    """Return the address of the rows published before a second (strictly)."""
    query = {
        "app": "CailianpressWeb",
        "category": "",
        "last_time": before,
        "os": "web",
        "refresh_type": "1",
        "rn": str(ROWS),
        "sv": "8.7.9",
    }
    return LIST + signed(query)


def read_list(payload: Any, channel: str, where: str) -> Listing:
    """Read a page of the telegraph.

    The next page begins a second later than the last row, since `last_time` is exclusive and rows share seconds: rows
    met twice are known by their id.

    Raises:
        LayoutError: an error answer, or no array.
    """
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    if str(payload.get("errno", "")) != "0":
        message = text_of(payload.get("msg"))
        refuse(message, where)
        raise LayoutError(f"{where}: error answer: errno {payload.get('errno')!r}, {message[:120]!r}")
    data = payload.get("data")
    rows = data.get("roll_data") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise LayoutError(f"{where}: no array data.roll_data")
    news = [raw for raw in rows if not (isinstance(raw, Mapping) and raw.get("is_ad"))]
    listing = Listing.of(news, channel, read_row, key="id")
    listing.last = not rows
    seconds = [int(at) for raw in rows if isinstance(raw, Mapping) and (at := text_of(raw.get("ctime"))).isdigit()]
    listing.cursor = str(min(seconds) + 1) if seconds else ""
    return listing


def read_row(raw: Any, channel: str) -> Row:
    """Read one row; ValueError says what is wrong with it."""
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = text_of(raw.get("id"))
    if not (key.isascii() and key.isdigit()):
        raise ValueError(f"no article id but {key[:60]!r}")
    text = text_of(raw.get("content")) or text_of(raw.get("brief"))
    title = text_of(raw.get("title"))
    if not clean_line(title):
        title, _ = headline(text)
    if not title:
        raise ValueError(f"row {key} has neither title nor text")
    published = text_of(raw.get("ctime"))
    if not published.isdigit():
        raise ValueError(f"row {key} has no time")
    return Row(
        article_id=key,
        url=PAGE.format(key),
        title=title,
        summary=text,
        media="财联社",
        author=text_of(raw.get("author")),
        published_raw=published,
        channel=channel,
        kind="blog",
        securities=tuple(from_exchange_codes(raw.get("stock_list"), code="StockID", name="name")),
        raw=dict(raw),
    )


def body(raw: Mapping[str, Any]) -> str:
    """Return the row's text and pictures as HTML."""
    text = text_of(raw.get("content")) or text_of(raw.get("brief")) or text_of(raw.get("title"))
    images = raw.get("images")
    pictures = [url for url in images if isinstance(url, str)] if isinstance(images, list) else []
    if not pictures:
        return text
    paragraphs = [text] if "<p" in text else [f"<p>{line}</p>" for line in text.splitlines() if line.strip()]
    return "".join([*paragraphs, *(f'<p><img src="{escape(url)}"></p>' for url in pictures)])
