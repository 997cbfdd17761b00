"""Posts read back: which article each one is of, from its own keys or, in finews' form, its name and link."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.posting.frontmatter import read_keys, read_scalar, read_stamp, take_apart
from pipelines.posting.posts import ID, SOURCE

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-(?:NW)?([A-Za-z0-9_.-]+)\.md")
_EASTMONEY_ID = re.compile(r"(?:A[NP])?\d{10,}")  # AN: an announcement, AP: a research report
_HEAD_BYTES = 8192
_TAIL_BYTES = 2048
_LINK_LINE = re.compile(r"^<(https?://\S+)>\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PostMeta:
    """What a post tells of its article; a post of the `finews` form tells neither fingerprint nor revision."""

    path: Path
    source: str
    article_id: str
    title: str
    link: str
    media: str
    category: str
    published_at: datetime | None
    fingerprint: str = ""
    revision: int = 1


def scan_posts(posts_dir: Path) -> Iterator[PostMeta]:
    """Read every post of a folder that tells which article it is; others, kept by hand, are passed over."""
    with suppress(FileNotFoundError), os.scandir(posts_dir) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and (post := read_post(Path(entry.path))):
                yield post


def read_post(path: Path) -> PostMeta | None:
    """Read which article a post is, from its head and, for posts without our keys, its name and link.

    Returns:
        None for a file that is no post of ours: kept by hand, cut short or unreadable.
    """
    name = _NAME.fullmatch(path.name)
    if not name:
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a named pipe must not hold up the start
        try:
            keys = _read_head(handle)
            named = keys and (_named_inside(keys) or _named_outside(name[2], _read_tail(handle)))
        finally:
            os.close(handle)
    except OSError:
        return None
    if not keys or not named:
        return None
    source, article_id, link = named
    revision = keys.get("revision", "")
    tags = read_scalar(keys.get("tags", ""))
    return PostMeta(
        path=path,
        source=source,
        article_id=article_id,
        title=read_scalar(keys.get("title", "")),
        link=link,
        media=read_scalar(keys["media"]) if "media" in keys else tags.removesuffix("新闻"),
        category=read_scalar(keys.get("categories", "")),
        published_at=read_stamp(keys.get("date", "")),
        fingerprint=read_scalar(keys.get("fingerprint", "")),
        revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 1,
    )


def _read_head(handle: int) -> dict[str, str] | None:
    """Read the keys between the two fences; None where they are not both there."""
    data = os.read(handle, _HEAD_BYTES)
    keys = _keys(data)
    if keys is None and len(data) == _HEAD_BYTES:
        keys = _keys(data + os.pread(handle, os.fstat(handle).st_size, _HEAD_BYTES))
    return keys


def _keys(data: bytes) -> dict[str, str] | None:
    parts = take_apart(data)
    return None if parts is None else read_keys(parts[0].decode("utf-8", "replace"))


def article_of(stem: str, keys: dict[str, str], tail: str) -> tuple[str, str, str] | None:
    """Return source, id and link of a post.

    Args:
        stem: the file's name without date, `NW` and extension.
        keys: its front matter.
        tail: its last lines.

    Returns:
        What our own keys say, else what name and link line say; None for a post kept by hand.
    """
    return _named_inside(keys) or _named_outside(stem, tail)


def _named_inside(keys: dict[str, str]) -> tuple[str, str, str] | None:
    """Return source, id and link as our own keys give them."""
    source, article_id = read_scalar(keys.get("source", "")), read_scalar(keys.get("article_id", ""))
    if SOURCE.fullmatch(source) and ID.fullmatch(article_id):
        return source, article_id, read_scalar(keys.get("link", ""))
    return None


def _read_tail(handle: int) -> str:
    size = os.fstat(handle).st_size
    return os.pread(handle, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")


def _named_outside(stem: str, tail: str) -> tuple[str, str, str] | None:
    """Return source, id and link of a post of finews' form, from its name and its link line.

    A name such as `2022-03-01-my-notes.md` may be somebody's own: unless the name ends in an East Money code, the link
    must bear the same id.
    """
    links = _LINK_LINE.findall(tail)
    link = links[-1] if links else ""
    if _EASTMONEY_ID.fullmatch(stem):
        return "eastmoney", stem, link
    source, _, article_id = stem.partition("-")
    if SOURCE.fullmatch(source) and ID.fullmatch(article_id) and article_id in link:
        return source, article_id, link
    return None
