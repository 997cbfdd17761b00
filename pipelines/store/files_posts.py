"""What the posts of a site say of the articles they hold: the known ids of a site without a database.

A folder of 100,000 posts is listed once (names only, a tenth of a second); a post is read when its article is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.posting.posts import post_name
from pipelines.posting.reading import PostMeta, read_post, scan_posts
from pipelines.store.base import ArticleRow
from pipelines.store.files_state import Key

_NAME = re.compile(r"\d{4}-\d\d-\d\d-(?:NW(?=\d))?(.+)\.md")


class PostFiles:
    """The posts of a folder by the key of their articles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, str] = {}
        """File names, by what stands in them behind the date."""

    def look(self) -> None:
        """Read the names of all posts; OSError where the folder is there and cannot be read."""
        self.names.clear()
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                if found := _NAME.fullmatch(entry.name):
                    self.names[found[1]] = entry.name

    def __contains__(self, key: Key) -> bool:
        return _rest(key) in self.names

    def get(self, key: Key) -> PostMeta | None:
        """Read the post of an article; None where there is none, or the file of that name is somebody's own."""
        name = self.names.get(_rest(key))
        post = read_post(self.folder / name) if name else None
        return post if post is not None and (post.source, post.article_id) == key else None

    def written(self, row: ArticleRow) -> PostMeta | None:
        """Read the post that was just written for an article; None where there is none."""
        key = row.source, row.article_id
        with suppress(ValueError):
            self.names.setdefault(_rest(key), post_name(row))
        return self.get(key)

    def categories(self) -> Iterator[tuple[str, str]]:
        """Read every post: (slug, publisher) of those that name both."""
        for post in scan_posts(self.folder):
            if post.category and post.media:
                yield post.category, post.media


def _rest(key: Key) -> str:
    source, article_id = key
    return article_id if source == "eastmoney" else f"{source}-{article_id}"
