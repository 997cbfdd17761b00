"""An extension for these tests only: runs that take no lock, so that several may write at once."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler

from newscrawler.settings import EXTENSIONS
from pipelines.store.sql import DatabaseStore


class Unlocked:
    """Let every run believe that it has the lock."""

    @classmethod
    def from_crawler(cls, _crawler: Crawler) -> Self:
        """Switch the lock off before the ledger asks for it."""
        DatabaseStore.lock = lambda _self, _spider: True  # type: ignore[method-assign]
        return cls()


EXTENSIONS_UNLOCKED = {"unlocked.Unlocked": 1, **EXTENSIONS}
