"""The made-up article of the tests of posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pipelines.store.base import ArticleRow, SecurityRow

WHEN = datetime(2022, 3, 1, 4, 19, 3, tzinfo=UTC)


def article(**changed: object) -> ArticleRow:
    """Return a synthetic article with some of its columns changed."""
    row = ArticleRow(
        source="eastmoney",
        article_id="202203010000000001",
        url="https://finance.example.com/a/202203010000000001.html",
        title="合成标题",
        summary="合成导语",
        body_html="<p>合成正文</p>",
        body_text="合成正文",
        media="合成报",
        author="",
        category="hechengbao",
        published_at=WHEN,
        fingerprint="ab" * 32,
        body_from="api",
        seen_at=WHEN,
        revision=3,
        securities=[SecurityRow("600519.SH", "1.600519", "合成", "share", "tag", 1)],
    )
    return replace(row, **changed)  # type: ignore[arg-type]
