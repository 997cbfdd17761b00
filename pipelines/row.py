"""From an item's fields to the row that the writers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.store.base import ArticleRow, Raw, SecurityRow


def row_of(fields: Mapping[str, Any]) -> ArticleRow:
    """Gather what the stages made of an article into the row that posts and database are written from.

    Args:
        fields: an `ItemAdapter`, or any mapping with the fields of `Article`.

    Returns:
        The row; its `raw` holds the answers as received, uncompressed.
    """
    return ArticleRow(
        source=fields["source"],
        article_id=fields["article_id"],
        url=fields["url"],
        title=fields["title"],
        summary=fields["summary"],
        body_html=fields["body_html"],
        body_text=fields["body_text"],
        media=fields["media"],
        author=fields["author"],
        category=fields["category"],
        published_at=fields["published_at"],
        fingerprint=fields["fingerprint"],
        body_from=fields["body_from"],
        seen_at=fields["crawled_at"],
        revision=fields["revision"],
        story_id=fields["story_id"],
        official_on=fields["official_on"],
        editor=fields["editor"],
        original_title=fields["original_title"],
        machine_written=fields["machine_written"],
        securities=[SecurityRow(s.symbol, s.secid, s.name, s.kind, s.origin, s.mentions) for s in fields["securities"]],
        channels=tuple(fields["channels"]),
        raw=Raw(
            url=fields["answer_url"] or fields["url"],
            fetched_at=fields.get("fetched_at") or fields["crawled_at"],
            status=fields["answer_status"],
            row=fields["row"],
            body=fields["answer"],
        ),
        bands=tuple(fields["bands"]),
        tags=tuple(fields.get("tags") or ()),
        attachments=tuple(fields.get("attachments") or ()),
        research=fields.get("research"),
    )
