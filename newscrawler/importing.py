"""ImportSpider: articles that lie on this machine already, and are taken through the same stages as crawled ones."""

from __future__ import annotations

import asyncio
import hashlib
from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawler.archive import Post
from newscrawler.archive_files import Found, batches, find, read_batch, stand_in
from newscrawler.base import NewsSpider
from newscrawler.errors import SourceArgumentError
from newscrawler.items import Article
from newscrawler.listing import Listing, Row
from newscrawler.sources import news_spiders
from newscrawler.walk import Walk
from pipelines.dates import parse_published
from pipelines.posting.escape import one_line
from pipelines.store.base import PendingRow
from pipelines.store.tries import REASON_CHARS

IN_FLIGHT = 200
"""Articles on their way through the stages: two of the store's batches, one being gathered while the other is written."""


class ImportSpider(NewsSpider):
    """Base of a spider that reads files and asks nobody.

    An article that is known is left alone, however it became known. A file that cannot be read, or says too little, is
    pending; every run reads it again, and tries it again where it has changed or its next try has come. No crawl runs
    meanwhile: an article that it stored just now would be overwritten by what a file says of it.

    A subclass gives `row_of` and `item_of`, and sets `folder` and `channels` in `choose`.
    """

    any_source: ClassVar[bool] = True
    judged: ClassVar[bool] = False  # what files hold says nothing about the source of today
    allowed_domains: ClassVar[list[str]] = []
    folder: Path
    sources: frozenset[str]

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.room = asyncio.Semaphore(IN_FLIGHT)
        self.files = (0, 0)
        """How many are read, and how many there are."""
        self.closer: asyncio.Task[None] | None = None
        self.waiting: dict[tuple[str, str], tuple[str, str, bool]] = {}
        """Of what a run like this left pending: reason, hash of the file, whether its next try has come."""

    def prepare(self, crawler: Crawler) -> None:
        """Keep crawls away, and listen to how articles end."""
        spiders = news_spiders(crawler.settings)
        self.sources = frozenset(found.source for found in spiders)
        self.apart = tuple(found.name for found in spiders if found.name != self.name)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(self.ended, signal)

    def ended(self) -> None:
        """Make room for the next article."""
        self.room.release()

    async def _let_close(self) -> None:
        """Tell Scrapy that the last article has ended, where it is closing: of items of start() it does not notice (2.19)."""
        assert self.crawler.engine is not None  # noqa: S101 - it is what runs this
        while (slot := self.crawler.engine.scraper.slot) is not None:
            if slot.closing is not None and slot.is_idle() and not slot.closing.called:
                slot.closing.callback(self)
            await asyncio.sleep(0.1)

    def closed(self, reason: str) -> None:
        """End with the run; Scrapy calls it."""
        if self.closer is not None:
            self.closer.cancel()

    @abstractmethod
    def row_of(self, found: Found) -> Row:
        """Return the row that stands for a file: with all that is needed to read what is kept of it again."""

    @abstractmethod
    def item_of(self, row: Row, post: Post) -> Article:
        """Make an article of a file."""

    async def start(self) -> AsyncIterator[Any]:
        """Read the files a batch at a time, no faster than the stages take them."""
        self.closer = asyncio.create_task(self._let_close())
        memory = self.incremental
        memory.limit = self.limit
        await memory.begin()
        await self._remember()
        names = await asyncio.to_thread(find, self.folder)
        closed = [Found(self.source, stand_in(name), name, reason=f"folder: {why}") for name, why in names.closed]
        async for item in self._take(closed):
            yield item
        self.files = (0, len(names.posts))
        for batch in batches(names.posts):
            if memory.tally.store_failed or self._full():
                break
            found = await asyncio.to_thread(read_batch, self.folder, batch, self.source, self.sources)
            async for item in self._take(found):
                yield item
            self.files = (self.files[0] + sum(map(len, batch)), len(names.posts))
        told = "{} of {} files read".format(*self.files)
        told += f", {names.others} passed over whose names are not those of posts"
        memory.tally.notes.append(f"{self.folder}: {told}")
        assert self.crawler.engine is not None  # noqa: S101 - it is what runs this
        slot = self.crawler.engine.scraper.slot
        while slot is not None and not slot.is_idle():  # noqa: ASYNC110 - else Scrapy looks again after five seconds only
            await asyncio.sleep(0.01)

    async def _remember(self) -> None:
        now = datetime.now(UTC)
        for row in await self.incremental.store.run(self.incremental.store.waiting):
            if self.owns(row.channel):
                due = row.state == "waiting" and row.next_at is not None and row.next_at <= now
                self.waiting[row.source, row.article_id] = (row.reason, _hash(row.body), due)

    def _full(self) -> bool:
        return self.limit is not None and self.incremental.taken >= self.limit

    async def _take(self, batch: Sequence[Found]) -> AsyncIterator[Article]:
        """Yield what is new of a batch; what is known is left alone, what cannot be read is pending."""
        memory, store = self.incremental, self.incremental.store
        known: set[tuple[str, str]] = set()
        for source in {found.source for found in batch}:
            ids = [found.article_id for found in batch if found.source == source]
            known |= {(source, key) for key in await store.run(store.known, source, ids)}
        for found in batch:
            if not self._wanted(found) or not memory.met.add(found.source, found.article_id):
                continue
            if self._full():
                return
            while found.article_id in memory.flying:  # noqa: ASYNC110 - the same id of another source: next to never
                await asyncio.sleep(0.01)
            if (found.source, found.article_id) in known:
                self._count("known")
            elif self._left_alone(found):
                self._count("pending")
            elif found.post is None or found.reason:
                memory.tally.count("listed")
                await memory.pend(self._pending(found))
            else:
                await self.room.acquire()
                memory.tally.count("listed")
                memory.taken += 1
                memory.flying[found.article_id] = []
                item = self.item_of(self.row_of(found), found.post)
                item.answer, item.answer_url = found.data, found.name
                yield item

    def _count(self, end: str) -> None:
        for name in ("listed", end):
            self.incremental.tally.count(name)

    def _wanted(self, found: Found) -> bool:
        """Whether an article is of the time asked for; one whose time is not known may be."""
        if self.window is None or found.post is None:
            return True
        try:
            return parse_published(found.post.published, crawled_at=datetime.now(UTC)) in self.window
        except ValueError:
            return True

    def _left_alone(self, found: Found) -> bool:
        """Whether an article waits already, and nothing says that another try would end otherwise."""
        reason, digest, due = self.waiting.get((found.source, found.article_id), ("", "", False))
        return reason == _reason(found) if found.reason else digest == _hash(found.data) and not due

    def _pending(self, found: Found) -> PendingRow:
        return self.row_of(found).pending(found.source, "archive", _reason(found), found.data)

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Refuse: no list is asked for."""
        raise SourceArgumentError(f"{self.name} reads files and asks for no list")

    def read_list(self, response: Response, channel: str) -> Listing:
        """Refuse: no list is read."""
        raise SourceArgumentError(f"{self.name} reads files and no list")


def _reason(found: Found) -> str:
    return one_line(f"{found.name}: {found.reason}")[:REASON_CHARS]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
