"""The store in an SQL database: DatabaseStore."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.engine import URL

from pipelines.store import articles, coverage, health, history, pending, runs, save, tending
from pipelines.store.base import Alike, ArticleRow, Known, PendingRow, Raw, Reach, RunRow, Saved, Span
from pipelines.store.engine import ATTEMPT_S, BUDGET_S, Database
from pipelines.store.schema import HEAD, standing, upgrade
from pipelines.store.spider_locks import SpiderLocks
from pipelines.store.thread import OneThread

MEMORY = 8192
"""Answers of `known` that wait for `recall`: some forty list pages, at most 8 MB."""


class DatabaseStore(OneThread):
    """A `Store` in SQLite or PostgreSQL.

    Args:
        url: from `pipelines.store.url.database_url`.
        data_dir: where the locks lie.
        budget_s: seconds a transaction is retried for before StoreError.
        attempt_s: seconds one try may take on PostgreSQL.
    """

    def __init__(self, url: URL, *, data_dir: Path, budget_s: float = BUDGET_S, attempt_s: float = ATTEMPT_S) -> None:
        super().__init__()
        self.database = Database(url, budget_s=budget_s, attempt_s=attempt_s)
        self._locks = SpiderLocks(self.database, data_dir)
        self._answers: OrderedDict[tuple[str, str], Known | None] = OrderedDict()
        self._guard = threading.Lock()
        self._slugs: dict[str, str] = {}

    # life
    def open(self) -> None:
        """Connect and bring the schema up to date; SettingError, SchemaTooNew or StoreError."""
        self.database.check()
        upgrade(self.database)

    def close(self) -> None:
        """Finish what runs, release the locks and connections; safe to call twice."""
        super().close()
        self._locks.release()
        self.database.close()

    def lock(self, spider: str) -> bool:
        """Take the lock of a spider for the life of this store; False: another run holds it."""
        return self._locks.take(spider)

    def schema(self) -> tuple[str | None, str]:
        """Return the revision the database stands at, and the newest one this code knows."""
        return self.database.read(standing), HEAD

    # articles
    def known(self, source: str, ids: Sequence[str]) -> dict[str, Known]:
        """Look up many ids in one query; unknown ones are missing from the answer."""
        found = self.database.read(articles.known, source, ids)
        with self._guard:
            for article_id in ids:
                self._answers[source, article_id] = found.get(article_id)
                self._answers.move_to_end((source, article_id))
            while len(self._answers) > MEMORY:
                self._answers.popitem(last=False)
        return found

    def remembered(self, source: str, article_id: str) -> tuple[bool, Known | None]:
        """Return (True, `recall`'s answer, used up) if `known` was asked for it, else (False, None)."""
        with self._guard:
            if (source, article_id) in self._answers:
                return True, self._answers.pop((source, article_id))
        return False, None

    def recall(self, source: str, article_id: str) -> Known | None:
        """Look up one id, from memory where `known` was asked for it before."""
        held, answer = self.remembered(source, article_id)
        return answer if held else self.database.read(articles.known, source, [article_id]).get(article_id)

    def save(self, rows: Sequence[ArticleRow]) -> list[Saved]:
        """Insert or revise all in one transaction, with what belongs to them; ends their pending rows."""
        if not rows:
            return []
        saved = self.database.write(save.save, rows)
        with self._guard:
            for row in rows:
                self._answers.pop((row.source, row.article_id), None)
        return saved

    def amend(self, rows: Sequence[ArticleRow]) -> list[bool]:
        """Correct stored articles after a new look at their raw answers; True where something changed."""
        return self.database.write(save.amend, rows)

    def met(self, source: str, channel: str, ids: Iterable[str]) -> None:
        """Note that known articles stand in a channel's list too; writes only where that is new."""
        if numbers := self.database.read(articles.met, source, channel, list(ids)):
            self.database.write(save.note_channels, dict.fromkeys(numbers, (channel,)))

    def slug(self, name: str, slug: str) -> str:
        """Return the slug that belongs to `name`: `slug`, or with a number behind it when another name holds it."""
        if name not in self._slugs:
            self._slugs[name] = self.database.read(runs.held_slug, name) or self.database.write(runs.slug, name, slug)
        return self._slugs[name]

    # pending
    def pend(self, rows: Sequence[PendingRow]) -> None:
        """Record failures: a new row, or one more attempt with back-off."""
        if rows:
            self.database.write(pending.pend, rows, datetime.now(UTC))

    def due(self, source: str, now: datetime, limit: int) -> list[PendingRow]:
        """Return rows of a source whose next try has come, oldest first."""
        return self.database.read(pending.due, source, now, limit)

    def waiting(self) -> list[PendingRow]:
        """Return every pending row, whatever its state."""
        return self.database.read(pending.waiting)

    def retry(self, article_id: str, now: datetime) -> int:
        """Make the pending rows of an id due, given up and gone ones too; returns how many there are."""
        return self.database.write(tending.retry, article_id, now)

    # coverage
    def cover(self, source: str, channel: str, span: Span) -> None:
        """Add a covered interval; writes only where it says something new."""
        if span[0] < span[1] and not coverage.covers(self.covered(source, channel), span):
            self.database.write(coverage.cover, source, channel, span)

    def covered(self, source: str, channel: str) -> list[Span]:
        """Return merged intervals in order."""
        return self.database.read(coverage.covered, source, channel)

    def reach(self, source: str, reach: Reach) -> None:
        """Remember that the list went back no further."""
        self.database.write(coverage.reach, source, reach)

    def reached(self, source: str, channel: str) -> Reach | None:
        """Return the last such note of a channel, or None."""
        return self.database.read(coverage.reached, source, channel)

    def channels(self) -> list[tuple[str, str]]:
        """Return every (source, channel) with coverage."""
        return self.database.read(coverage.channels)

    # runs, small facts
    def start_run(self, spider: str, arguments: dict[str, Any], now: datetime) -> int:
        """Write the run's row; with the spider's lock held, its runs that never finished are marked dead."""
        alone = self._locks.holds(spider)
        return self.database.write(runs.start_run, spider, arguments, now, alone=alone)

    def finish_run(self, run: RunRow) -> None:
        """Fill in finished_at, exit_status, reason, counts, stats."""
        self.database.write(runs.finish_run, run)

    def runs(self, limit: int, *, failed: bool = False) -> list[RunRow]:
        """Return the last runs, newest first; `failed`: those that did not end with 0, dead ones included."""
        return self.database.read(runs.last_runs, limit, failed=failed)

    def put(self, key: str, value: Any) -> None:
        """Keep a small JSON value under a key; None forgets it."""
        self.database.write(runs.put, key, value)

    def get(self, key: str) -> Any:
        """Return the value under a key, or None."""
        return self.database.read(runs.get, key)

    def facts(self, beginning: str) -> dict[str, Any]:
        """Return every small value whose key begins so, in the order of keys."""
        return self.database.read(tending.facts, beginning)

    # history
    def articles(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str = ""
    ) -> Iterator[ArticleRow]:
        """Stored articles by time, oldest first, page by page."""
        yield from self._pages(since, until, source, raw=False)

    def raw_answers(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str = ""
    ) -> Iterator[tuple[ArticleRow, Raw]]:
        """Stored articles with their raw answers, by time of publication."""
        for article in self._pages(since, until, source, raw=True):
            if article.raw is not None:
                yield article, article.raw

    def _pages(self, since: datetime | None, until: datetime | None, source: str, *, raw: bool) -> Iterator[ArticleRow]:
        # a short transaction a page: an open one would keep SQLite's log from being cleared
        after: history.After | None = None
        while True:
            rows, after = self.database.read(history.page, since, until, source, after, raw=raw)
            yield from rows
            if after is None:
                return

    def days(self, source: str) -> list[tuple[str, date, int]]:
        """Count articles by channel and Beijing day of publication, in this order."""
        return self.database.read(tending.days, source)

    def revisions(self, article_id: str) -> list[dict[str, Any]]:
        """Return every revision of the articles of that id, oldest first, the standing one last."""
        return self.database.read(history.revisions, article_id)

    # health
    def hours(self, spans: Sequence[Span], source: str = "", channels: Sequence[str] = ()) -> dict[datetime, int]:
        """Count articles published in any of the spans by hour; hours without any are missing."""
        return self.database.read(health.hours, spans, source, channels)

    def newest(self, source: str, channel: str, moments: Sequence[datetime]) -> list[datetime | None]:
        """Return the time of the newest article of a channel before each moment; None: none within four days."""
        return self.database.read(health.newest, source, channel, moments)

    def next_ends(self, spider: str, moments: Sequence[datetime]) -> list[int | None]:
        """Return how the first run ended that started within a day after each moment; None: nobody knows."""
        return self.database.read(health.next_ends, spider, moments)

    def leading(self, what: Literal["media", "symbol"], span: Span, limit: int) -> list[tuple[str, int]]:
        """Return the publishers or securities of most articles of a time, with how many."""
        return self.database.read(health.leading, what, span, limit)

    def extent(self) -> Span | None:
        """Return the times of the oldest and the newest article, or None where there is none."""
        return self.database.read(health.extent)

    # stories
    def alike(self, bands: Sequence[int], since: datetime, until: datetime) -> list[Alike]:
        """Return articles published in `[since, until)` that share a band, most bands first, at most 50."""
        return self.database.read(history.alike, bands, since, until) if bands else []

    def banded(self, bands: Sequence[int], since: datetime, until: datetime) -> frozenset[int]:
        """Return which of many bands articles published in `[since, until)` have."""
        return self.database.read(history.banded, bands, since, until) if bands else frozenset()

    def tell(self, articles: Sequence[tuple[str, str]], story_id: int) -> None:
        """Put stored articles into a story."""
        if articles:
            self.database.write(history.tell, articles, story_id)
