"""The project's spiders as the commands on the store need them: which there are, and their locks."""

from __future__ import annotations

from collections.abc import Iterable

from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from newscrawler.base import NewsSpider
from newscrawler.errors import RunLocked, SourceArgumentError
from pipelines.store.base import Store


def news_spiders(settings: BaseSettings, source: str = "") -> list[type[NewsSpider]]:
    """Return the spiders of a source, or of all, by name.

    Raises:
        SourceArgumentError: no spider has that source.
    """
    loader = get_spider_loader(settings)
    classes = [loader.load(name) for name in sorted(loader.list())]
    spiders = [found for found in classes if issubclass(found, NewsSpider)]
    if source and source not in {found.source for found in spiders}:
        known = ", ".join(sorted({found.source for found in spiders}))
        raise SourceArgumentError(f"source {source!r} is unknown; there are {known}")
    return [found for found in spiders if not source or found.source == source or found.any_source]


def hold(store: Store, spiders: Iterable[type[NewsSpider]]) -> None:
    """Take the locks of spiders until the store is closed: nobody writes posts or rows meanwhile.

    Raises:
        RunLocked: a run of one of them is under way.
    """
    for spider in spiders:
        if not store.lock(spider.name):
            raise RunLocked(f"a run of {spider.name} is under way; try again when it has ended")
