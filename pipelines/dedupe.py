"""Find out what an article is to the store before anything is written: new, revised, unchanged, or met in this run."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.errors import Repeated
from pipelines.store import store_of
from pipelines.store.base import Known, Outcome, Store

MEMORY = 5000
"""Articles of this run that are remembered: far more than can be on their way to the store at once."""


def expected(known: Known | None, fingerprint: str) -> tuple[Outcome, int]:
    """Say what storing an article will do.

    Args:
        known: what the store holds under its key, None for nothing.
        fingerprint: the article's, as it is now.

    Returns:
        The outcome and the revision the article then has, 1 at first sight.
    """
    if known is None:
        return "inserted", 1
    if known.fingerprint == fingerprint:
        return "unchanged", known.revision
    return "revised", known.revision + 1


class Dedupe:
    """Say what storing an article will do, and give a known one the time and category it was first stored with.

    **Reads** source, article_id, fingerprint, published_at.
    **Writes** outcome, revision; published_at and category of known articles, so that a revision never moves a post.
    **Drops** Repeated: the key came before in this run. What came `MEMORY` articles ago is asked of the store, which has it
    by then, so that a long run needs no more memory than a short one.
    **Stats** news/dedupe/repeated, /inserted, /revised, /unchanged.
    """

    def __init__(self, store: Store, stats: StatsCollector) -> None:
        self.store = store
        self.stats = stats
        self._recent: OrderedDict[tuple[str, str], None] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the run's store."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(store_of(crawler), crawler.stats)

    async def process_item(self, item: Any) -> Any:
        """Compare the article with what the store holds."""
        fields = ItemAdapter(item)
        source, article_id = fields["source"], fields["article_id"]
        if (source, article_id) in self._recent:
            self.stats.inc_value("news/dedupe/repeated")
            raise Repeated(f"{source}:{article_id}: met a second time in this run")
        self._recent[source, article_id] = None
        if len(self._recent) > MEMORY:
            self._recent.popitem(last=False)
        held, known = self.store.remembered(source, article_id)
        if not held:
            known = await self.store.run(self.store.recall, source, article_id)
        fields["outcome"], fields["revision"] = expected(known, fields["fingerprint"])
        if known is not None:
            fields["published_at"] = known.published_at.astimezone(fields["published_at"].tzinfo)
            fields["category"] = known.category or fields["category"]
        self.stats.inc_value(f"news/dedupe/{fields['outcome']}")
        return item
