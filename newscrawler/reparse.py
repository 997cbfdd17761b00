"""Kept raw answers read anew with today's code: the way of an article from its answer on, without asking the site."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import HtmlResponse
from scrapy.pipelines import ItemPipelineManager
from scrapy.settings import Settings
from scrapy.utils.defer import ensure_awaitable
from scrapy.utils.misc import load_object

from newscrawler.base import NewsSpider
from newscrawler.command import Times
from newscrawler.errors import LayoutError, Refused
from newscrawler.items import Article
from newscrawler.rewriting import PostWriter, Rewritten
from newscrawler.sources import hold, news_spiders
from pipelines.config import Config
from pipelines.errors import StoreError
from pipelines.row import row_of
from pipelines.store import close_store, store_of
from pipelines.store.base import ArticleRow, Raw, Store

logger = logging.getLogger(__name__)
BATCH = 100
"""Articles in memory at a time, and in one transaction."""
LISTED = 1000
"""Failures named; beyond that they are counted."""


class Unreadable(Exception):
    """A kept answer that today's code cannot read."""


@dataclass(slots=True)
class Reparsed:
    """What became of the articles whose answers were read anew."""

    revised: int = 0
    """Title or text is another: a new revision."""
    corrected: int = 0
    """Something else is: put right without a revision."""
    unchanged: int = 0
    failures: int = 0
    failed: list[str] = field(default_factory=list)
    """The first failures, one line each; their articles stand as they were."""
    bugs: int = 0
    """Failures that were unexpected exceptions."""

    @property
    def total(self) -> int:
        """How many answers were read."""
        return self.revised + self.corrected + self.unchanged + self.failures

    def fail(self, article: ArticleRow, reason: str, *, bug: bool = False) -> None:
        """Note an article that failed."""
        self.failures += 1
        self.bugs += bug
        if len(self.failed) < LISTED:
            self.failed.append(f"{article.source}:{article.article_id}: {reason}")


def reparse(
    settings: Settings, times: Times, source: str = "", seen: Callable[[int], None] = lambda _done: None
) -> Reparsed:
    """Read the kept answers of a time anew and store what comes out otherwise.

    Args:
        settings: the project's.
        times: of publication, `[since, until)`; None for no bound.
        source: only this one's; empty for all.
        seen: told now and then how many are done.

    Raises:
        SettingError, SourceArgumentError: something asked for or set is wrong.
        RunLocked: a run of one of the spiders is under way.
        StoreError: the store failed; what was done until then is kept.
    """
    classes = news_spiders(settings, source)
    crawler = Crawler(classes[0], settings)  # only for what stages and spiders take from one; it never crawls
    crawler.stats = load_object(crawler.settings["STATS_CLASS"])(crawler)
    try:
        store = store_of(crawler)
        hold(store, classes)
        again = _Again(crawler, store, _Readers(crawler, classes))
        answers = store.raw_answers(since=times[0], until=times[1], source=source)
        return asyncio.run(again.all(answers, seen))
    finally:
        close_store(crawler)


class _Readers:
    """The spiders, each made when an answer of its own turns up: the settings of the others do not matter."""

    def __init__(self, crawler: Crawler, classes: Sequence[type[NewsSpider]]) -> None:
        self.crawler = crawler
        self.classes = classes
        self.made: dict[type[NewsSpider], NewsSpider] = {}

    def of(self, source: str, channel: str) -> NewsSpider:
        """Return the spider that a list belongs to; Unreadable where there is none."""
        for found in self.classes:
            if found.source == source or found.any_source:
                spider = self.made.get(found) or self.made.setdefault(found, found.from_crawler(self.crawler))
                if spider.owns(channel):
                    return spider
        raise Unreadable(f"no spider of {source} has the channel {channel!r}")


def revive(readers: _Readers, article: ArticleRow, raw: Raw) -> Article:
    """Make the item that a spider would yield today for a kept answer.

    Raises:
        Unreadable: no spider has such lists or places, or the answer is not (any longer) what it reads.
    """
    try:
        payload = json.loads(raw.row)
        channel, listed = str(payload["channel"]), payload["row"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"the list's row is not kept ({type(error).__name__})") from error
    spider = readers.of(article.source, channel)
    try:
        row = spider.read_row(listed, channel)
        row.article_id = article.article_id
        if article.body_from == "list":
            item = spider.list_text(row)
        else:
            place = next((one for one in spider.places if one.name == article.body_from), None)
            if place is None:
                raise Unreadable(f"{spider.name} has no place {article.body_from!r}")
            item = place.read(HtmlResponse(raw.url, status=raw.status or 200, body=raw.body), row)
    except (ValueError, LayoutError, Refused) as error:
        raise Unreadable(str(error)) from error
    item.crawled_at = raw.fetched_at
    item.answer, item.answer_url, item.answer_status = raw.body, raw.url, raw.status
    return item


class _Again:
    """The stages, with what differs when an answer is not new."""

    def __init__(self, crawler: Crawler, store: Store, readers: _Readers) -> None:
        config = Config.from_settings(crawler.settings)
        self.store = store
        self.readers = readers
        self.stages = ItemPipelineManager.from_crawler(crawler)
        self.writer = PostWriter(config) if "markdown" in config.outputs else None
        self.told = Reparsed()

    async def all(self, answers: Iterator[tuple[ArticleRow, Raw]], seen: Callable[[int], None]) -> Reparsed:
        """Take every answer, a batch at a time."""
        await self.stages.open_spider_async()
        try:
            while batch := await self.store.run(_next, answers):
                await self._batch(batch)
                seen(self.told.total)
        finally:
            await self.stages.close_spider_async()
        return self.told

    async def _batch(self, batch: Sequence[tuple[ArticleRow, Raw]]) -> None:
        for source in {article.source for article, _ in batch}:  # so that the stages need no query each
            ids = [article.article_id for article, _ in batch if article.source == source]
            await self.store.run(self.store.known, source, ids)
        # all at once: the last stage gathers what is revised into one transaction
        items = await asyncio.gather(*(self._one(article, raw) for article, raw in batch))
        await self._correct([(article, item) for (article, _), item in zip(batch, items, strict=True) if item])

    async def _one(self, article: ArticleRow, raw: Raw) -> Article | None:
        """Take one answer; returns the item where its text is what is stored."""
        try:
            item: Any = revive(self.readers, article, raw)
            for process in self.stages.methods["process_item"]:
                assert process is not None  # noqa: S101 - only spider middlewares may have gaps there
                item = await ensure_awaitable(process(item))
                if item.outcome == "unchanged":
                    return item  # type: ignore[no-any-return]
                if item.outcome and item.fetched_at is None:
                    # relative times counted from the answer; from here on the moment is that of the change
                    item.fetched_at, item.crawled_at = item.crawled_at, datetime.now(UTC)
        except StoreError:
            raise
        except (Unreadable, DropItem) as error:
            self.told.fail(article, str(error))
        except Exception as error:
            logger.exception("%s:%s", article.source, article.article_id)
            self.told.fail(article, f"{type(error).__name__}: {error}", bug=True)
        else:
            self.told.revised += 1
        return None

    async def _correct(self, pairs: Sequence[tuple[ArticleRow, Article]]) -> None:
        """Put right what is stored beside an unchanged text. The post first: what is stored is done."""
        rows: list[ArticleRow] = []
        failed = 0
        for article, item in pairs:
            row = row_of(ItemAdapter(item))
            row.url, row.channels, row.story_id = article.url, article.channels, article.story_id
            if differs(article, row):
                rows.append(row)
        if self.writer is not None and rows:
            posts = Rewritten()
            rows = await asyncio.to_thread(self.writer.write, rows, posts)
            for row, reason in posts.failed:
                self.told.fail(row, reason)
            failed = len(posts.failed)
        changed = sum(await self.store.run(self.store.amend, rows)) if rows else 0
        self.told.corrected += changed
        self.told.unchanged += len(pairs) - failed - changed


def differs(stored: ArticleRow, row: ArticleRow) -> bool:
    """Whether anything that may be corrected without a revision is another than it is stored."""
    names = (
        "summary",
        "body_html",
        "media",
        "author",
        "editor",
        "original_title",
        "machine_written",
        "official_on",
        "securities",
        "tags",
        "attachments",
        "research",
    )
    return any(getattr(stored, name) != getattr(row, name) for name in names)


def _next(answers: Iterator[tuple[ArticleRow, Raw]]) -> list[tuple[ArticleRow, Raw]]:
    return list(islice(answers, BATCH))
