"""Link near-identical articles of different publishers: reprints are news too, and one story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.alike.linking import LEAST, SHORT, Linker, Place, Text
from pipelines.alike.minhash import bands, cut, different
from pipelines.batch import Batcher, in_hand
from pipelines.config import outputs
from pipelines.store import store_of
from pipelines.store.base import Store


class LinkStory:
    """Give an article the story that a near-identical one of another publisher tells, else one of its own.

    Runs where articles go to the database; posts bear no story. The rules, and how a story is named, stand in
    `pipelines.alike.linking`. Articles are linked one after the other, in groups: two that are in flight at once find each
    other in the run's own memory.

    **Reads** source, article_id, media, body_text, published_at, outcome.
    **Writes** story_id, bands; nothing for an unchanged article or one of a few words.
    **Drops** nothing.
    **Stats** news/stories/linked, /alone, /short, /merged.
    """

    def __init__(
        self,
        store: Store,
        stats: StatsCollector,
        *,
        enabled: bool = True,
        on_the_way: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.store = store
        self.stats = stats
        self.enabled = enabled
        self.linker = Linker(store)
        self.batcher: Batcher[Text, Place] = Batcher(self._link, wait_s=0.05, on_the_way=on_the_way)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the run's store, and whether it keeps texts."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        kept = "database" in outputs(crawler.settings.get("NEWS_OUTPUTS", "markdown,database"))
        return cls(store_of(crawler), crawler.stats, enabled=kept, on_the_way=in_hand(crawler))

    async def process_item(self, item: Any) -> Any:
        """Find the article's story."""
        fields = ItemAdapter(item)
        if not self.enabled or fields["outcome"] == "unchanged":
            return item
        of = cut(fields["body_text"])
        number = different(of, SHORT)
        if number < LEAST:
            self.stats.inc_value("news/stories/short")
            return item
        text = Text(
            key=(fields["source"], fields["article_id"]),
            media=fields["media"],
            published_at=fields["published_at"],
            body_text=fields["body_text"],
            short=number < SHORT,
            bands=bands(of),
        )
        place = await self.batcher.put(text)
        fields["story_id"], fields["bands"] = place.story_id, text.bands
        self.stats.inc_value("news/stories/linked" if place.linked else "news/stories/alone")
        self.stats.inc_value("news/stories/merged", place.merged)
        return item

    async def close_spider(self) -> None:
        """Tell over what was not stored yet when its story became another; everything is by now."""
        await self.batcher.close()
        await self.store.run(self.linker.tell_late)

    async def _link(self, texts: Sequence[Text]) -> list[Place]:
        return await self.store.run(partial(self.linker.link, texts))
