"""Posts written anew from the database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pipelines.config import Config
from pipelines.markdown import Form, check_folder, post_path, remove_stale, write_posts
from pipelines.posting.posts import holds, not_written
from pipelines.store.base import ArticleRow

BATCH = 100
"""Posts written between two syncs of the folder."""

Rendered = tuple[ArticleRow, Path, bytes]
"""An article, the path of its post and what the file is to hold."""


@dataclass(slots=True)
class Rewritten:
    """What became of the posts."""

    written: int = 0
    unchanged: int = 0
    failed: list[tuple[ArticleRow, str]] = field(default_factory=list)
    """Articles that cannot be put into the form, and why."""

    def count(self, written: Sequence[bool]) -> None:
        """Count posts of which some had to be written."""
        self.written += sum(written)
        self.unchanged += len(written) - sum(written)

    @property
    def total(self) -> int:
        """How many articles were looked at."""
        return self.written + self.unchanged + len(self.failed)


class PostWriter:
    """Writes the posts of stored articles; a file that has the right bytes already is not touched.

    Raises:
        SettingError: template, site address or folder cannot be used.
    """

    def __init__(self, config: Config) -> None:
        self.folder = config.posts_dir
        self.form = Form.from_config(config)
        check_folder(self.folder)
        remove_stale(self.folder)

    def render(self, rows: Iterable[ArticleRow], told: Rewritten) -> list[Rendered]:
        """Put articles into their form; what cannot be is noted as failed."""
        rendered: list[Rendered] = []
        for row in rows:
            try:
                rendered.append((row, post_path(self.folder, row), self.form.render(row)))
            except ValueError as error:
                told.failed.append((row, str(error)))
        return rendered

    def stands(self, rendered: Rendered) -> bool:
        """Say whether a post is there already as it was rendered. StoreError: its file cannot be read."""
        _, path, data = rendered
        try:
            return holds(path, data)
        except OSError as error:
            raise not_written(self.folder, error) from error

    def put(self, rendered: Sequence[Rendered]) -> list[bool]:
        """Write posts; returns of each whether its file had to be touched. StoreError: the folder cannot be written."""
        try:
            return write_posts([(path, data) for _, path, data in rendered])
        except OSError as error:
            raise not_written(self.folder, error) from error

    def write(self, rows: Iterable[ArticleRow], told: Rewritten) -> list[ArticleRow]:
        """Write a few posts and count what became of them.

        Returns:
            The rows whose posts now say what they say.

        Raises:
            StoreError: the folder cannot be written.
        """
        rendered = self.render(rows, told)
        told.count(self.put(rendered))
        return [row for row, *_ in rendered]


def rewrite(writer: PostWriter, articles: Iterator[ArticleRow], seen: Callable[[int], None]) -> Rewritten:
    """Write the posts of articles; `seen` is told how many are done.

    One batch is written while the next one is read and rendered: the disk and the processor need not wait for each other.
    Posts that stand already are found out before, so that they cost no turns between the two.
    """
    told = Rewritten()
    with _swift_turns(), ThreadPoolExecutor(1, thread_name_prefix="posts") as beside:
        before: Future[list[bool]] | None = None
        while batch := list(islice(articles, BATCH)):
            rendered = writer.render(batch, told)
            changed = [post for post in rendered if not writer.stands(post)]
            told.unchanged += len(rendered) - len(changed)
            if before is not None:
                told.count(before.result())
            before = beside.submit(writer.put, changed) if changed else None
            seen(told.total)
        if before is not None:
            told.count(before.result())
            seen(told.total)
    return told


@contextmanager
def _swift_turns() -> Iterator[None]:
    """Let a thread that comes back from the disk, six times a post, wait half a millisecond for its turn, not five."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
