"""A place that runs write to: a folder of posts and a database of either kind, and what can be asked of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawling import Crawled, posts
from processes import Launcher, Running
from sqlalchemy import Row, create_engine, delete, event, select, update
from sqlalchemy.engine import Engine

from pipelines.store.packing import unpack
from pipelines.store.tables import (
    article_channels,
    article_revisions,
    article_securities,
    articles,
    categories,
    coverage,
    pending,
    raw_answers,
    runs,
    small_facts,
)

TOLD_BY_THE_CLOCK = ("id", "first_seen_at", "changed_at", "checked_at", "story_id")
"""Columns of an article that two runs over the same news may fill in otherwise."""


@dataclass
class Place:
    """One site: data folder, posts, database."""

    launcher: Launcher
    folder: Path
    url: str
    settings: dict[str, Any] = field(default_factory=dict)
    _engine: Engine | None = None

    @property
    def sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.url.startswith("sqlite")

    def start(
        self, mirror: str, arguments: dict[str, Any], *, largest_bytes: int | None = None, **settings: Any
    ) -> Running:
        """Start a run and return at once."""
        own = {"NEWS_DATABASE_URL": self.url, **self.settings, **settings}
        return self.launcher.start(self.folder, mirror, own, arguments, largest_bytes=largest_bytes)

    def crawl(self, mirror: str, arguments: dict[str, Any], **options: Any) -> Crawled:
        """Crawl to the end; `options` as those of `start`."""
        return self.start(mirror, arguments, **options).wait()

    def forget_coverage(self) -> None:
        """Delete what is called covered, so that lists are read again."""
        self._change(delete(coverage))

    def let_time_pass(self) -> None:
        """Make every pending article due, as hours of waiting would."""
        if self.has_tables():
            self._change(update(pending).values(next_at=datetime.now(UTC)))

    def _change(self, statement: Any) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(statement)
        engine.dispose()

    # --- what is there ---

    @property
    def engine(self) -> Engine:
        """A connection of the test's own, apart from the store's."""
        if self._engine is None:
            self._engine = create_engine(self.url, pool_pre_ping=not self.sqlite, connect_args=self._patience())
            if self.sqlite:
                event.listen(self._engine, "connect", _reads_only)
        return self._engine

    def _patience(self) -> dict[str, Any]:
        return {"timeout": 30} if self.sqlite else {"connect_timeout": 10}

    def close(self) -> None:
        """Give the connections back."""
        if self._engine is not None:
            self._engine.dispose()

    def rows(self, statement: Any) -> list[Row[Any]]:
        """Ask the database."""
        with self.engine.connect() as connection:
            return list(connection.execute(statement).all())

    def has_tables(self) -> bool:
        """Whether a run has made the tables."""
        if self.sqlite and not (self.folder / "news.db").exists():
            return False
        with self.engine.connect() as connection:
            return bool(connection.dialect.has_table(connection, "articles"))

    def stored(self) -> set[str]:
        """Ids of every article; empty before the first run has made the tables."""
        return {row.article_id for row in self.rows(select(articles.c.article_id))} if self.has_tables() else set()

    def runs(self) -> list[tuple[int | None, str, bool]]:
        """Exit status, reason and whether it finished, of every run, oldest first."""
        found = self.rows(select(runs).order_by(runs.c.id))
        return [(row.exit_status, row.reason, row.finished_at is not None) for row in found]

    def intact(self) -> bool:
        """What SQLite itself says of its file; PostgreSQL answers for its own."""
        if not self.sqlite:
            return True
        with self.engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            return said == ["ok"] and not connection.exec_driver_sql("PRAGMA foreign_key_check").all()

    def posts(self) -> dict[str, bytes]:
        """Every post by its name."""
        return posts(self.folder)

    def litter(self) -> list[str]:
        """Whatever lies in the folder of posts and is no post."""
        found = (path.name for path in (self.folder / "_posts").glob("*"))
        return sorted(name for name in found if not name.endswith(".md") or name.startswith("."))

    def facts(self) -> dict[str, Any]:
        """All that is stored, in a form that is equal after two ways to the same end."""
        ids = {row.id: row.article_id for row in self.rows(select(articles.c.id, articles.c.article_id))}
        stories: defaultdict[int, set[str]] = defaultdict(set)
        kept: dict[str, Any] = {}
        for row in self.rows(select(articles)):
            stories[row.story_id].add(row.article_id)
            kept[row.article_id] = {k: v for k, v in row._mapping.items() if k not in TOLD_BY_THE_CLOCK}
        return {
            "articles": kept,
            "stories": sorted(sorted(story) for story in stories.values() if len(story) > 1),
            "channels": sorted((ids[row.article], row.channel) for row in self.rows(select(article_channels))),
            "securities": sorted((ids[row.article], *row[1:]) for row in self.rows(select(article_securities))),
            "raw": sorted(
                # the row is that of whichever list was read first
                (row.article_id, row.status, unpack(row.body), row.article_id.encode() in unpack(row.row))
                for row in self.rows(select(raw_answers))
            ),
            "revisions": len(self.rows(select(article_revisions))),
            "categories": sorted(tuple(row) for row in self.rows(select(categories))),
            "pending": sorted(tuple(row)[:3] for row in self.rows(select(pending))),
            "lists of pending": self.rows(select(small_facts.c.key).where(small_facts.c.key.like("met:%"))),
            "coverage": sorted(tuple(row) for row in self.rows(select(coverage))),
        }

    def bytes_and_rows(self) -> dict[str, Any]:
        """Every byte of the posts, every value of the rows and when files were written; the run's own rows apart."""
        tables = (articles, article_channels, article_securities, article_revisions, raw_answers, categories, coverage)
        return {
            "posts": self.posts(),
            "written": {path.name: path.stat().st_mtime_ns for path in (self.folder / "_posts").iterdir()},
            **{table.name: sorted(map(repr, self.rows(select(table)))) for table in (*tables, pending)},
        }


def _reads_only(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")
