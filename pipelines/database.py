"""Hand articles to the store in groups: the commit that makes an article known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.batch import Batcher, in_hand
from pipelines.errors import StoreError
from pipelines.row import row_of
from pipelines.store import store_of
from pipelines.store.base import ArticleRow, Saved, Store


class StoreArticle:
    """Store an article and wait until that is committed.

    **Reads** every field of the article.
    **Writes** outcome and revision, as the store says them.
    **Drops** nothing. A StoreError goes on to Scrapy, and after it no other article is tried: the run must end.
    **Stats** news/articles/inserted, /revised, /unchanged; news/database/batches.
    """

    def __init__(
        self, store: Store, stats: StatsCollector, on_the_way: Callable[[], int | None] = lambda: None
    ) -> None:
        self.store = store
        self.stats = stats
        self.batcher: Batcher[ArticleRow, Saved] = Batcher(self._save, on_the_way=on_the_way)
        self._failure: StoreError | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the run's store."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(store_of(crawler), crawler.stats, in_hand(crawler))

    async def process_item(self, item: Any) -> Any:
        """Queue the article's row and wait for the commit."""
        fields = ItemAdapter(item)
        saved = await self.batcher.put(row_of(fields))
        fields["outcome"], fields["revision"] = saved.outcome, saved.revision
        self.stats.inc_value(f"news/articles/{saved.outcome}")
        return item

    async def close_spider(self) -> None:
        """Store what still waits; the store itself is closed by the run, which has more to say."""
        await self.batcher.close()

    async def _save(self, rows: Sequence[ArticleRow]) -> list[Saved]:
        if self._failure is not None:
            raise StoreError(f"not tried after: {self._failure}") from self._failure
        try:
            saved = await self.store.run(self.store.save, rows)
        except StoreError as error:
            self._failure = error
            raise
        self.stats.inc_value("news/database/batches")
        return saved
