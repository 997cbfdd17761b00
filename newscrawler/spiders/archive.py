"""An archive: the posts of an existing site, finews' or our own, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler import archive
from newscrawler.answers import Answer
from newscrawler.archive_files import Found, archive_folder
from newscrawler.errors import LayoutError, SourceArgumentError
from newscrawler.fetching import Place
from newscrawler.importing import ImportSpider
from newscrawler.items import Article
from newscrawler.listing import Row
from pipelines.config import Config


class ArchiveSpider(ImportSpider):
    """Read the posts below a folder; its channel is `archive:<name of the folder>`.

    **Source**: posts of finews (2021-12 to 2022-05 seen), and of this project.
    **Caveats**: a post tells less than an answer: of finews' posts neither author nor list, of ours no board or index.
    """

    name = "archive"
    source = "eastmoney"
    kinds: ClassVar[frozenset[str]] = frozenset({"archive"})
    accepted: ClassVar[frozenset[str]] = frozenset({"path", "since", "until", "limit"})

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.places = (Place("archive", lambda row: row.raw["name"], self.read_file),)

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the one channel."""
        path = self.arguments.get("path")
        if not path:
            if not crawler.crawling:  # kept posts are read anew: no folder is looked into
                return []
            raise SourceArgumentError(f"{self.name} needs path=...; right would be -a path=../finews")
        self.folder = archive_folder(path, Config.from_settings(crawler.settings))
        self.prepare(crawler)
        return [f"archive:{self.folder.name}"]

    def row_of(self, found: Found) -> Row:
        """Return the row that stands for a file: its name and what its front matter says."""
        if found.post is None:
            raw = {"name": found.name, "source": found.source}
            return Row(found.article_id, "", "", "", "", "", self.channels[0], raw=raw)
        return self.read_row({"name": found.name, **found.post.facts()}, self.channels[0])

    def item_of(self, row: Row, post: archive.Post) -> Article:
        """Make an article of a post."""
        securities = archive.securities(post.stocks)
        item = self.article(row, Answer("", "", "", post.lead, post.body, "", securities=securities), "archive")
        item.source, item.tags = post.source, post.tags
        return item

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read what is kept of a post's front matter; ValueError for anything else."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise ValueError(f"no post but {str(raw)[:60]!r}")  # noqa: TRY004 - one error for every bad row
        post = archive.EMPTY.with_facts(raw)
        return Row(
            article_id=post.article_id,
            url=post.url,
            title=post.title,
            summary="",
            media=post.media,
            published_raw=post.published,
            channel=channel,
            raw=dict(raw),
        )

    def read_file(self, response: Response, row: Row) -> Article:
        """Read a file that was kept."""
        name = row.raw["name"]
        try:
            post = archive.read(Path(name).name, response.body)
        except archive.Unreadable as error:
            raise LayoutError(f"{name}: {error}") from error
        if post is None:
            raise LayoutError(f"{name}: no post")
        return self.item_of(row, post.with_facts(row.raw))
