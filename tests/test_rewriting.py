"""Many posts written anew: batch beside batch, each post once, and an end that says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newscrawler.rewriting import BATCH, PostWriter, rewrite
from pipelines.config import Config
from pipelines.errors import StoreError
from pipelines.store.base import ArticleRow
from tests.store.made import article

COUNT = 2 * BATCH + 7


@pytest.fixture
def writer(tmp_path: Path) -> PostWriter:
    """A writer of posts into a folder of the test."""
    return PostWriter(Config.from_settings({"NEWS_POSTS_DIR": str(tmp_path / "_posts")}))


@pytest.mark.parametrize("count", [0, 1, BATCH, COUNT])
def test_all_batches(writer: PostWriter, count: int) -> None:
    """Every post is written, the second time none; an article without a file name is counted where it stands."""
    rows = [article(number) for number in range(count)]
    seen: list[int] = []
    told = rewrite(writer, iter(rows), seen.append)
    assert (told.written, told.unchanged, told.failed) == (count, 0, [])
    assert seen == sorted(seen)
    assert seen[-1:] == ([count] if count else [])
    assert len(list(writer.folder.glob("*.md"))) == count
    rows[BATCH // 2 :: BATCH] = [article(0, article_id="../x") for _ in rows[BATCH // 2 :: BATCH]]
    again = rewrite(writer, iter(rows), seen.append)
    assert (again.written, again.total) == (0, count)
    assert len(again.failed) == len(rows[BATCH // 2 :: BATCH])


def test_a_folder_that_is_lost(writer: PostWriter) -> None:
    """A batch that cannot be written ends the work with the folder's name; what was written before stays."""
    rows = [article(number) for number in range(COUNT)]

    def losing() -> Iterator[ArticleRow]:
        for number, row in enumerate(rows):
            if number == 2 * BATCH:
                writer.folder.rename(writer.folder.with_name("away"))
            yield row

    with pytest.raises(StoreError, match="_posts: No such file"):
        rewrite(writer, losing(), lambda _done: None)
    assert len(list(writer.folder.with_name("away").glob("*.md"))) in range(BATCH, 2 * BATCH + 1)


def test_a_store_that_is_lost(writer: PostWriter) -> None:
    """A store that fails while a batch is being written ends the work with its own error, the batch whole."""

    def losing() -> Iterator[ArticleRow]:
        yield from [article(number) for number in range(BATCH)]
        raise StoreError("synthetic: the store is lost")

    with pytest.raises(StoreError, match="synthetic"):
        rewrite(writer, losing(), lambda _done: None)
    assert len(list(writer.folder.glob("*.md"))) == BATCH
    assert not list(writer.folder.glob(".tmp-*"))
