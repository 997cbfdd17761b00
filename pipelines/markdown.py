"""Stage `markdown`: write an article's post."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.statscollectors import StatsCollector

from pipelines.batch import Batcher
from pipelines.config import Config
from pipelines.errors import InvalidPost
from pipelines.posting.forms import BUILT_IN, Form, check_site_url, render
from pipelines.posting.posts import (
    check_folder,
    not_written,
    post_name,
    post_path,
    remove_stale,
    write_post,
    write_posts,
)
from pipelines.posting.reading import PostMeta, read_post, scan_posts
from pipelines.row import row_of
from pipelines.store.base import ArticleRow

__all__ = [
    "Form",
    "PostMeta",
    "WritePost",
    "check_folder",
    "post_name",
    "post_path",
    "read_post",
    "remove_stale",
    "render",
    "scan_posts",
    "write_post",
    "write_posts",
]


class WritePost:
    """Write each article to its own file, whole or not at all.

    An unchanged article costs one look at the folder; a post that was deleted by hand is written again.

    **Reads** everything the post shows: source, article_id, url, title, summary, body_html, body_text, media, category,
    published_at, securities, fingerprint, revision; outcome.
    **Writes** nothing into the item; one file into NEWS_POSTS_DIR.
    **Drops** InvalidPost: an id that cannot be a file name, or an article the template fails on. A folder that cannot be
    written is no fault of the article: StoreError.
    **Stats** `news/posts/written`, `news/posts/same`.
    """

    def __init__(self, stats: StatsCollector, config: Config) -> None:
        self.stats = stats
        self.config = config
        self._form: Form | None = None
        # no waiting for company: what comes while posts are written goes together, with one sync of the folder
        self._batcher: Batcher[tuple[Path, ArticleRow], bool | ValueError] = Batcher(self._write, wait_s=0)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Check folder and template before the first request; NotConfigured without `markdown` in NEWS_OUTPUTS."""
        config = Config.from_settings(crawler.settings)
        if "markdown" not in config.outputs:
            raise NotConfigured("NEWS_OUTPUTS names no markdown")
        if crawler.stats is None:
            raise NotConfigured("no stats collector")
        stage = cls(crawler.stats, config)
        check_site_url(config.site_url)
        check_folder(config.posts_dir)
        if config.template not in BUILT_IN:
            _ = stage.form  # a template of the user's is tried at once; ours need not cost a quiet run their import
        return stage

    @property
    def form(self) -> Form:
        """The form of posts, loaded when it is first needed."""
        if self._form is None:
            self._form = Form.from_config(self.config)
        return self._form

    def open_spider(self) -> None:
        """Remove what killed runs left unfinished."""
        remove_stale(self.config.posts_dir)

    async def process_item(self, item: Any) -> Any:
        """Write the item's post, unless the file has the same bytes already."""
        fields = ItemAdapter(item)
        row = row_of(fields)
        try:
            path = post_path(self.config.posts_dir, row)
            if fields["outcome"] == "unchanged" and path.exists():
                self.stats.inc_value("news/posts/same")
                return item
        except ValueError as error:
            raise self._refused(row, error) from error
        except OSError as error:
            raise not_written(self.config.posts_dir, error) from error
        written = await self._batcher.put((path, row))
        if isinstance(written, ValueError):
            raise self._refused(row, written) from written
        self.stats.inc_value(f"news/posts/{'written' if written else 'same'}")
        return item

    async def close_spider(self) -> None:
        """Write what still waits."""
        await self._batcher.close()

    async def _write(self, group: Sequence[tuple[Path, ArticleRow]]) -> list[bool | ValueError]:
        try:
            return await asyncio.to_thread(self._render_and_write, group)
        except OSError as error:
            raise not_written(self.config.posts_dir, error) from error

    def _render_and_write(self, group: Sequence[tuple[Path, ArticleRow]]) -> list[bool | ValueError]:
        answers: list[bool | ValueError] = []
        posts: list[tuple[Path, bytes]] = []
        for path, row in group:
            try:
                posts.append((path, self.form.render(row)))
                answers.append(True)
            except ValueError as error:
                answers.append(error)
        written = iter(write_posts(posts))
        return [answer if isinstance(answer, ValueError) else next(written) for answer in answers]

    def _refused(self, row: ArticleRow, error: ValueError) -> InvalidPost:
        return InvalidPost(f"{row.source}:{row.article_id}: {error}")
