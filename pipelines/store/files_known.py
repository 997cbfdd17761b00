"""What is known of an article, from its post and the file's note, and what a new look at it makes of that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from pipelines.posting.frontmatter import BEIJING
from pipelines.posting.reading import PostMeta
from pipelines.store.base import ArticleRow, Known, Saved
from pipelines.store.files_state import Entry

LONG_AGO = datetime(1990, 1, 1, tzinfo=BEIJING)
"""Stands for the time of a post that tells not even its day: older than any news that is looked at again."""


def known_of(post: PostMeta, entry: Entry | None) -> Known:
    """Put together what the post says, which stands first since it is what readers see, and what the file notes."""
    published = post.published_at or _day(post)
    seen = entry.first_seen_at if entry else published
    return Known(
        article_id=post.article_id,
        fingerprint=post.fingerprint or (entry.fingerprint if entry else ""),
        revision=max(post.revision, entry.revision if entry else 1),
        published_at=published,
        first_seen_at=seen,
        changed_at=entry.changed_at if entry else seen,
        checked_at=entry.checked_at if entry else seen,
        category=post.category,
    )


def _day(post: PostMeta) -> datetime:
    """Return the day in a post's name, for the posts of finews that tell no time: a revision must not move them."""
    with suppress(ValueError):
        return datetime.fromisoformat(post.path.name[:10]).replace(tzinfo=BEIJING)
    return LONG_AGO


def saved_as(row: ArticleRow, known: Known | None) -> tuple[Saved, Known]:
    """Compare an article with what is known of it: the outcome, and what is known from now on."""
    channels = frozenset(row.channels)
    if known is None:
        seen = row.seen_at
        times = (row.published_at, seen, seen, seen)
        return Saved("inserted", 1), Known(row.article_id, row.fingerprint, 1, *times, channels, row.category)
    checked = replace(known, checked_at=max(known.checked_at, row.seen_at), channels=known.channels | channels)
    if known.fingerprint == row.fingerprint:
        return Saved("unchanged", known.revision), checked
    revision = known.revision + 1
    revised = replace(checked, fingerprint=row.fingerprint, revision=revision, changed_at=row.seen_at)
    return Saved("revised", revision), revised


def entry_of(known: Known, post: PostMeta | None) -> Entry:
    """Return what the file has to note beside the post: times, and the fingerprint where the post bears none."""
    borne = post is not None and post.fingerprint == known.fingerprint
    return Entry(
        known.first_seen_at,
        known.changed_at,
        known.checked_at,
        "" if borne else known.fingerprint,
        1 if borne else known.revision,
    )
