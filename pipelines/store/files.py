"""The store of a site without a database: articles are known by their posts, all else stands in `state.json`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import SettingError, StoreError
from pipelines.spans import merge
from pipelines.store.base import ArticleRow, Known, PendingRow, Reach, RunRow, Saved, Span
from pipelines.store.files_file import StateFile
from pipelines.store.files_known import entry_of, known_of, saved_as
from pipelines.store.files_payload import kept
from pipelines.store.files_posts import PostFiles
from pipelines.store.files_refuse import WithoutTexts
from pipelines.store.files_state import KEEP_RUNS, Entry, Key, State, plain
from pipelines.store.locks import take
from pipelines.store.thread import OneThread
from pipelines.store.tries import after_try

if TYPE_CHECKING:
    from filelock import FileLock

DEAD = "dead"
"""Reason of a run that never said how it ended; its finished_at and exit_status stay empty, since nobody knows them."""
MEMORY = 8192
"""Articles remembered in a run; another is read from its post again."""


class FileStore(WithoutTexts, OneThread):
    """A `Store` of posts and one text file.

    A crash costs what was not written to the file yet: lists are read again, and no article is, since those are known by
    their posts, which are durable before they are noted here.

    Args:
        data_dir: where `state.json` and the locks lie.
        posts_dir: where the posts lie.
    """

    def __init__(self, data_dir: Path, posts_dir: Path) -> None:
        super().__init__()
        self.data_dir = data_dir
        self.file = StateFile(data_dir)
        self.posts = PostFiles(posts_dir)
        self._first = False
        self._known: OrderedDict[Key, Known] = OrderedDict()
        self._locks: dict[str, FileLock] = {}

    # life
    def open(self) -> None:
        """Read the file and the names of the posts; SettingError where the file is none of ours, StoreError else."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(f"NEWS_DATA_DIR={self.data_dir} cannot be made: {error.strerror}") from error
        try:
            self.posts.look()
            self._first = not self.file.open()
        except OSError as error:
            raise StoreError(f"{error.filename} cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Write what is not written yet, let go of the locks; safe to call twice."""
        super().close()
        try:
            self.file.close()
        finally:
            for lock in self._locks.values():
                lock.release()
            self._locks.clear()

    def lock(self, spider: str) -> bool:
        """Take the lock of a spider for the life of this store; False: another run holds it."""
        if spider not in self._locks and (lock := take(self.data_dir, spider)) is not None:
            self._locks[spider] = lock
        return spider in self._locks

    # articles
    def known(self, source: str, ids: Sequence[str]) -> dict[str, Known]:
        """Look up many ids; unknown ones are missing from the answer."""
        found = {article_id: self.recall(source, article_id) for article_id in ids}
        return {article_id: known for article_id, known in found.items() if known is not None}

    def recall(self, source: str, article_id: str) -> Known | None:
        """Look up one id; its post is read once."""
        key = (source, article_id)
        if key not in self._known and (post := self.posts.get(key)) is not None:
            self._remember(key, known_of(post, self.file.state.articles.get(key)))
        return self._known.get(key)

    def remembered(self, source: str, article_id: str) -> tuple[bool, Known | None]:
        """Return (True, `recall`'s answer) where no post has to be read for it, else (False, None); on any thread."""
        key = (source, article_id)
        known = self._known.get(key)
        return (True, known) if known is not None or key not in self.posts else (False, None)

    def _remember(self, key: Key, known: Known) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > MEMORY:
            self._known.popitem(last=False)

    def save(self, rows: Sequence[ArticleRow]) -> list[Saved]:
        """Note articles whose posts have been written; ends their pending rows. No text is kept."""
        answers: list[Saved] = []
        entries: dict[Key, Entry] = {}
        before: dict[Key, Known | None] = {}
        for row in rows:
            key = (row.source, row.article_id)
            standing = self.recall(*key)
            before.setdefault(key, standing)
            saved, known = saved_as(row, standing)
            self._remember(key, known)
            entries[key] = entry_of(known, self.posts.written(row))
            answers.append(saved)

        def step(state: State) -> None:
            state.articles.update(entries)
            for key in entries:
                state.pending.pop(key, None)

        try:
            self.file.do(step, at_once=False)
        except StoreError:
            for key, standing in before.items():
                self._known.pop(key)
                if standing is not None:
                    self._remember(key, standing)
            raise
        return answers

    def met(self, source: str, channel: str, ids: Iterable[str]) -> None:
        """Note a channel for the length of this run: nothing is made of it without a database."""
        for article_id in ids:
            known = self.recall(source, article_id)
            if known is not None and channel not in known.channels:
                self._remember((source, article_id), replace(known, channels=known.channels | {channel}))

    def slug(self, name: str, slug: str) -> str:
        """Return the slug that belongs to `name`: `slug`, or with a number behind it when another name holds it."""
        if self._first:
            self._first = False
            self.file.do(self._learn_slugs())
        held = _held(self.file.state, name, slug)
        return held or self.file.do(lambda state: _held(state, name, slug) or _hold(state, name, slug))

    def _learn_slugs(self) -> Callable[[State], None]:
        """Learn from the posts which publisher holds which slug: a clone without its file keeps the addresses."""
        pairs = dict(self.posts.categories())

        def step(state: State) -> None:
            for slug, name in pairs.items():
                state.categories.setdefault(slug, name)

        return step

    # pending
    def pend(self, rows: Sequence[PendingRow]) -> None:
        """Record failures: a new row, or one more attempt with back-off."""
        now = datetime.now(UTC)
        failed = [kept(row) for row in rows]

        def step(state: State) -> None:
            for row in failed:
                key = (row.source, row.article_id)
                state.pending[key] = after_try(state.pending.get(key), row, now)

        if failed:
            self.file.do(step)

    def due(self, source: str, now: datetime, limit: int) -> list[PendingRow]:
        """Return rows of a source whose next try has come, oldest first."""
        return [
            row
            for row in self.waiting()
            if row.source == source and row.state == "waiting" and (row.next_at is None or row.next_at <= now)
        ][:limit]

    def waiting(self) -> list[PendingRow]:
        """Return every pending row, whatever its state."""
        return [replace(row) for row in sorted(self.file.state.pending.values(), key=_age)]

    def retry(self, article_id: str, now: datetime) -> int:
        """Make the pending rows of an id due, given up and gone ones too; returns how many there are."""

        def step(state: State) -> int:
            mine = [key for key in state.pending if key[1] == article_id]
            for key in mine:
                state.pending[key] = replace(state.pending[key], state="waiting", next_at=now)
            return len(mine)

        return self.file.do(step)

    # coverage
    def cover(self, source: str, channel: str, span: Span) -> None:
        """Add a covered interval; writes only where it says something new."""
        key = (source, channel)

        def step(state: State) -> None:
            state.coverage[key] = merge([*state.coverage.get(key, ()), span])

        standing = self.file.state.coverage.get(key, [])
        if merge([*standing, span]) != standing:
            self.file.do(step)

    def covered(self, source: str, channel: str) -> list[Span]:
        """Return merged intervals in order."""
        return list(self.file.state.coverage.get((source, channel), ()))

    def reach(self, source: str, reach: Reach) -> None:
        """Remember that the list went back no further."""
        self.file.do(lambda state: state.reached.update({(source, reach.channel): reach}))

    def reached(self, source: str, channel: str) -> Reach | None:
        """Return the last such note of a channel, or None."""
        return self.file.state.reached.get((source, channel))

    def channels(self) -> list[tuple[str, str]]:
        """Return every (source, channel) with coverage."""
        return sorted(self.file.state.coverage)

    # runs, small facts
    def start_run(self, spider: str, arguments: dict[str, Any], now: datetime) -> int:
        """Write the run's row, mark the spider's unfinished ones dead, forget what is old; returns the id."""
        asked, alone = plain(arguments), spider in self._locks

        def step(state: State) -> int:
            for run in state.runs.values():
                if alone and run.spider == spider and run.finished_at is None and not run.reason:
                    run.reason = DEAD
            number = max(state.runs, default=0) + 1
            state.runs[number] = RunRow(number, spider, asked, now)
            for old in sorted(state.runs)[:-KEEP_RUNS]:
                del state.runs[old]
            for key in [key for key, entry in state.articles.items() if entry.outdated(now)]:
                del state.articles[key]
            return number

        return self.file.do(step)

    def finish_run(self, run: RunRow) -> None:
        """Fill in how a run ended; of its stats our own, since each run is a line in git."""
        stats = {name: value for name, value in run.stats.items() if name.startswith("news/")}
        done = replace(run, arguments=plain(run.arguments), counts=plain(run.counts), stats=plain(stats))
        self.file.do(lambda state: state.runs.update({done.id: done}))

    def runs(self, limit: int, *, failed: bool = False) -> list[RunRow]:
        """Return the last runs, newest first; `failed`: those that ended otherwise than with 0, dead ones included."""
        rows = [replace(row) for _, row in sorted(self.file.state.runs.items(), reverse=True)]
        return [row for row in rows if not failed or row.exit_status or row.reason == DEAD][:limit]

    def put(self, key: str, value: Any) -> None:
        """Keep a small JSON value (breakers, notices) under a key, None forgets it; writes only where it is another."""
        made = plain(value)
        if made is None:
            if key in self.file.state.facts:
                self.file.do(lambda state: state.facts.pop(key, None))
        elif key not in self.file.state.facts or self.file.state.facts[key] != made:
            self.file.do(lambda state: state.facts.update({key: made}))

    def get(self, key: str) -> Any:
        """Return the value under a key, or None."""
        return plain(self.file.state.facts.get(key))

    def facts(self, beginning: str) -> dict[str, Any]:
        """Return every small value whose key begins so, in the order of keys."""
        return {key: plain(value) for key, value in sorted(self.file.state.facts.items()) if key.startswith(beginning)}


def _held(state: State, name: str, slug: str) -> str:
    """Return the slug that a publisher has: the wanted one, or any; "" for none."""
    if state.categories.get(slug) == name:
        return slug
    return next((held for held, holder in sorted(state.categories.items()) if holder == name), "")


def _hold(state: State, name: str, slug: str) -> str:
    """Give a publisher the first slug that is free: `slug`, `slug2`, `slug3`, ..."""
    free = next(s for n in count(1) if (s := f"{slug}{n}" if n > 1 else slug) not in state.categories)
    state.categories[free] = name
    return free


def _age(row: PendingRow) -> tuple[float, str, str]:
    return (row.first_at.timestamp() if row.first_at else 0.0, row.source, row.article_id)
