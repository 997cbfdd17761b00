"""Made-up articles, and stores to put them in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.store.base import ArticleRow, PendingRow, Raw, SecurityRow
from pipelines.store.sql import DatabaseStore
from pipelines.store.url import database_url as read_url

MOMENT = datetime(2026, 9, 19, 1, 9, 8, tzinfo=UTC)
SHARE = SecurityRow("600519.SH", "1.600519", "synthetic share", "share", "tag", 2)


def store_at(url: str, folder: Path, **options: Any) -> DatabaseStore:
    """Return an open store."""
    store = DatabaseStore(read_url(url, folder), data_dir=folder, **options)
    try:
        store.open()
    except BaseException:
        store.close()
        raise
    return store


def article(number: int, text: str = "first", **changes: Any) -> ArticleRow:
    """Return a made-up article; its fingerprint follows from `text`."""
    article_id = f"20260919{number:010}"
    values: dict[str, Any] = {
        "source": "eastmoney",
        "article_id": article_id,
        "url": f"https://example.com/a/{article_id}.html",
        "title": f"synthetic {number} {text}",
        "summary": "",
        "body_html": f"<p>{text}</p>",
        "body_text": text,
        "media": "synthetic daily",
        "author": "",
        "category": "synthetic",
        "published_at": MOMENT + timedelta(minutes=number),
        "fingerprint": f"{text:0<64}",
        "body_from": "api",
        "seen_at": MOMENT + timedelta(days=1),
        "securities": [SHARE],
        "channels": ("column:344",),
        "raw": Raw(f"https://example.com/api/{article_id}", MOMENT, 200, b'{"row": 1}', text.encode() * 50),
    }
    return ArticleRow(**(values | changes))


def failure(number: int, reason: str = "HTTP 500", **changes: Any) -> PendingRow:
    """Return a made-up failure of the article of that number."""
    like = article(number)
    values: dict[str, Any] = {"source": like.source, "article_id": like.article_id, "url": like.url}
    values |= {"stage": "article", "reason": reason, "channel": "column:344", "row": b'{"code": 1}'}
    return PendingRow(**(values | changes))
