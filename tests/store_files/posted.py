"""Made-up articles with real posts, and file stores that know them (synthetic)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.config import Config
from pipelines.posting.forms import Form
from pipelines.posting.posts import post_path, write_posts
from pipelines.store.base import ArticleRow, PendingRow
from pipelines.store.files import FileStore

MOMENT = datetime(2026, 9, 19, 1, 9, 8, tzinfo=UTC)
SEEN = MOMENT + timedelta(days=1)


def article(number: int, text: str = "first", **changes: Any) -> ArticleRow:
    """Return a made-up article; its fingerprint follows from `text`."""
    article_id = f"20260919{number:010}"
    values: dict[str, Any] = {
        "source": "eastmoney",
        "article_id": article_id,
        "url": f"https://finance.eastmoney.com/a/{article_id}.html",
        "title": f"synthetic {number} {text}",
        "summary": "",
        "body_html": f"<p>{text}</p>",
        "body_text": text,
        "media": "某某日报",
        "author": "",
        "category": "moumouribao",
        "published_at": MOMENT + timedelta(minutes=number),
        "fingerprint": text.encode().hex().ljust(64, "0"),
        "body_from": "api",
        "seen_at": SEEN,
        "channels": ("column:344",),
    }
    return ArticleRow(**(values | changes))


def failure(number: int, reason: str = "HTTP 500", **changes: Any) -> PendingRow:
    """Return a made-up failure of the article of that number."""
    like = article(number)
    values: dict[str, Any] = {"source": like.source, "article_id": like.article_id, "url": like.url}
    values |= {"stage": "article", "reason": reason, "channel": "column:344", "row": '{"标题": 1}'.encode()}
    return PendingRow(**(values | changes))


@cache
def form(template: str) -> Form:
    """Return a form of posts."""
    return Form.from_config(Config.from_settings({"NEWS_POST_TEMPLATE": template}))


def post(folder: Path, row: ArticleRow, template: str = "post") -> Path:
    """Write an article's post."""
    posts = folder / "_posts"
    posts.mkdir(parents=True, exist_ok=True)
    path = post_path(posts, row)
    write_posts([(path, form(template).render(row))])
    return path


def store_in(folder: Path) -> FileStore:
    """Return an open store."""
    store = FileStore(folder / "data", folder / "_posts")
    store.open()
    return store
