"""国际金融报's answers, read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from newscrawler.answers import text_of
from newscrawler.errors import LayoutError, NoArticle
from newscrawler.listing import Listing, Row
from pipelines.dates import parse_published
from pipelines.text import clean_line

API = "https://api.ifnews.com/api/"
PAGE = "https://www.ifnews.com/news.html?aid={}"
MEDIA = "国际金融报"
SEEN_AT = "_seen_at"
"""Added to a row: the moment of the list's answer, from which its relative time counts whenever the row is read again."""


def list_url(column: str) -> str:
    """Return the address of a column's list."""
    return f"{API}getArticles?{urlencode({'cid': column})}"


def article_url(key: str) -> str:
    """Return the address of an article's text."""
    return f"{API}getArticle?{urlencode({'aid': key})}"


def read_list(payload: Any, channel: str, where: str, *, seen_at: datetime) -> Listing:
    """Read a column's list, which is one page; LayoutError where it is none."""
    rows = payload.get("list") if isinstance(payload, Mapping) else None
    if not isinstance(rows, list):
        raise LayoutError(f"{where}: no array list")
    kept = [{**raw, SEEN_AT: seen_at.isoformat()} if isinstance(raw, Mapping) else raw for raw in rows]
    listing = Listing.of(kept, channel, read_row, key="fileID")
    listing.last = True
    return listing


def read_row(raw: Any, channel: str) -> Row:
    """Read one row; its time, often relative, is placed by the answer's moment. ValueError says what is wrong."""
    if not isinstance(raw, Mapping):
        raise ValueError(f"row is no object but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
    key = text_of(raw.get("fileID"))
    if not (key.isascii() and key.isalnum() and len(key) <= 40):
        raise ValueError(f"no article id but {key[:60]!r}")
    title = text_of(raw.get("title"))
    if not clean_line(title):
        raise ValueError(f"row {key} has no title")
    seen_at = datetime.fromisoformat(text_of(raw.get(SEEN_AT)))
    published = parse_published(text_of(raw.get("publishTime")), crawled_at=seen_at)
    return Row(
        article_id=key,
        url=PAGE.format(key),
        title=title,
        summary="",
        media=MEDIA,
        author=text_of(raw.get("createUser")),
        published_raw=published.isoformat(),
        channel=channel,
        raw=dict(raw),
    )


def read_content(payload: Any, where: str) -> str:
    """Return an article's HTML; NoArticle where there is none, LayoutError where the answer is no object."""
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    content = text_of(payload.get("content"))
    if not content.strip():
        raise NoArticle("no content")
    return content
