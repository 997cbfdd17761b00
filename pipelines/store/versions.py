"""The schema of a configured database: looked at without changing anything, or brought up to date by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.config import Config
from pipelines.errors import SettingError
from pipelines.store.schema import HEAD, revisions
from pipelines.store.sql import DatabaseStore
from pipelines.store.url import database_url


@dataclass(frozen=True, slots=True)
class Version:
    """How a database stands to this code."""

    database: str
    """What and where; never user or password."""
    standing: str | None
    """Its schema's revision; None where it has no tables of ours, or is not there yet."""
    newest: str
    """The newest revision this code knows."""

    @property
    def newer(self) -> bool:
        """The database was written by a newer newscrawler."""
        return self.standing is not None and self.standing not in revisions()


def current(config: Config) -> Version:
    """Look at the schema; an SQLite file that is not there is not made.

    Raises:
        SettingError: no database among NEWS_OUTPUTS, or its URL cannot be used.
        StoreError: it cannot be reached.
    """
    store = _store(config)
    try:
        database = store.database
        if database.sqlite and not Path(str(database.url.database)).exists():
            return Version(database.name, None, HEAD)
        database.check()
        standing, newest = store.schema()
        return Version(database.name, standing, newest)
    finally:
        store.close()


def upgrade(config: Config) -> Version:
    """Bring the schema up to date; raises what opening a store raises."""
    store = _store(config)
    try:
        store.open()
        standing, newest = store.schema()
        return Version(store.database.name, standing, newest)
    finally:
        store.close()


def _store(config: Config) -> DatabaseStore:
    if "database" not in config.outputs:
        raise SettingError("NEWS_OUTPUTS names no database, so there is no schema; it needs markdown,database")
    return DatabaseStore(
        database_url(config.database_url, config.root), data_dir=config.data_dir, budget_s=config.budget_s
    )
