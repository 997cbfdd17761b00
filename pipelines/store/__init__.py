"""Where a run's articles and its memory of itself are kept: one store per crawler.

`store_of(crawler)` for stages and extensions, `open_store(config)` for commands. Both give an opened store; whoever
asked first closes nothing: the run's extension, or the command, closes it at the very end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pipelines.config import Config
from pipelines.store.base import Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_stores: WeakKeyDictionary[Crawler, Store] = WeakKeyDictionary()


def make_store(config: Config) -> Store:
    """Make the store a configuration asks for, not yet opened; SettingError for a database URL that cannot be used."""
    if "database" in config.outputs:
        from pipelines.store.sql import DatabaseStore
        from pipelines.store.url import database_url

        url = database_url(config.database_url, config.root)
        return DatabaseStore(url, data_dir=config.data_dir, budget_s=config.budget_s)
    from pipelines.store.files import FileStore

    return FileStore(data_dir=config.data_dir, posts_dir=config.posts_dir)


def open_store(config: Config) -> Store:
    """Make and open the store a configuration asks for.

    Raises:
        SettingError: the database URL or a folder cannot be used.
        SchemaTooNew: the database was written by a newer newscrawler.
        StoreError: the database cannot be reached.
    """
    store = make_store(config)
    try:
        store.open()
    except BaseException:
        store.close()
        raise
    return store


def store_of(crawler: Crawler) -> Store:
    """Return the crawler's store, opened; made at the first call. Raises what `open_store` raises."""
    store = _stores.get(crawler)
    if store is None:
        store = _stores[crawler] = open_store(Config.from_settings(crawler.settings))
    return store


def close_store(crawler: Crawler) -> None:
    """Close the crawler's store where one was opened."""
    store = _stores.pop(crawler, None)
    if store is not None:
        store.close()
