"""What a store is asked: the seam between the crawl and SQL (or, for a git-only site, one JSON file).

All methods are plain and blocking; they run on the store's one thread (`await store.run(store.known, ...)`) so that no
query stalls a download. Times are aware datetimes everywhere; which zone does not matter, the stores keep UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypeVar

from pipelines.research import Research

T = TypeVar("T")
Outcome = Literal["inserted", "revised", "unchanged"]
Span = tuple[datetime, datetime]
"""Half-open interval `[since, until)`, both aware."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of an article, as far as a run needs it."""

    article_id: str
    fingerprint: str
    revision: int
    published_at: datetime
    first_seen_at: datetime
    changed_at: datetime
    checked_at: datetime
    """When its answer was last looked at (first sight, revision or refetch)."""
    channels: frozenset[str] = frozenset()
    category: str = ""
    """Stands like the time: the post's address is built from it. Empty: not known."""


@dataclass(slots=True)
class Raw:
    """A raw answer to keep: the list's row and the article's answer, uncompressed."""

    url: str
    fetched_at: datetime
    status: int
    row: bytes
    body: bytes


@dataclass(slots=True)
class SecurityRow:
    """One row of `article_securities`."""

    symbol: str
    secid: str | None
    name: str
    kind: str
    origin: str
    mentions: int


@dataclass(slots=True)
class ArticleRow:
    """An article as the store keeps it; columns as DESIGN's table `articles`, what belongs to it beside."""

    source: str
    article_id: str
    url: str
    title: str
    summary: str
    body_html: str
    body_text: str
    media: str
    author: str
    category: str
    published_at: datetime
    fingerprint: str
    body_from: str
    seen_at: datetime
    """The moment of the answer: becomes first_seen_at, changed_at or checked_at, whichever the outcome says."""
    revision: int = 1
    story_id: int | None = None
    official_on: date | None = None
    editor: str = ""
    original_title: str = ""
    machine_written: bool = False
    securities: list[SecurityRow] = field(default_factory=list)
    channels: tuple[str, ...] = ()
    raw: Raw | None = None
    bands: tuple[int, ...] = ()
    """MinHash band keys of the stories stage; empty where it did not run."""
    tags: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    research: Research | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The store's answer to one article."""

    outcome: Outcome
    revision: int


@dataclass(slots=True)
class PendingRow:
    """An article that was listed and is not stored."""

    source: str
    article_id: str
    url: str
    channel: str
    stage: str
    reason: str
    attempts: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None
    next_at: datetime | None = None
    """Not tried again before this moment."""
    state: str = "waiting"
    """`waiting`, `given up` (five tries) or `gone` (three 404s over at least a day)."""
    row: bytes = b""
    """The list's row (JSON): enough to ask for the article again without its list."""
    body: bytes = b""
    """The raw payload that a stage refused, where there was one."""


@dataclass(slots=True)
class RunRow:
    """One row of the run ledger."""

    id: int
    spider: str
    arguments: dict[str, Any]
    started_at: datetime
    finished_at: datetime | None = None
    exit_status: int | None = None
    reason: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    """listed known fetched inserted revised unchanged pending failed"""
    stats: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a source's list went when it was asked for more: a named gap below `reached`."""

    channel: str
    reached: datetime
    asked: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored article that may tell the same story."""

    source: str
    article_id: str
    media: str
    story_id: int | None
    body_text: str
    id: int = 0
    """The store's own number of the article; never 0 where a store has such numbers."""


class Store(Protocol):
    """A store. Every method may raise StoreError, and then nothing of that call was kept."""

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Run a method of this store on its thread and wait for the answer."""

    def open(self) -> None:
        """Connect, migrate under a lock; SettingError (bad URL), SchemaTooNew or StoreError."""

    def close(self) -> None:
        """Release everything; safe to call twice."""

    def lock(self, spider: str) -> bool:
        """Take the lock of a spider for the life of this store; False: another run holds it."""

    # articles
    def known(self, source: str, ids: Sequence[str]) -> dict[str, Known]:
        """Look up many ids in one query; unknown ones are missing from the answer."""

    def recall(self, source: str, article_id: str) -> Known | None:
        """Like `known` for one id; free when `known` was just asked for it (the answer is used up)."""

    def remembered(self, source: str, article_id: str) -> tuple[bool, Known | None]:
        """Return (True, `recall`'s answer, used up) if that costs no waiting, else (False, None); on any thread."""

    def save(self, rows: Sequence[ArticleRow]) -> list[Saved]:
        """Insert or update all in one transaction, with securities, channels, raw answer; ends their pending rows."""

    def met(self, source: str, channel: str, ids: Iterable[str]) -> None:
        """Note that known articles stand in a channel's list too."""

    def slug(self, name: str, slug: str) -> str:
        """Return the slug that belongs to `name`: `slug`, or with a suffix when another name already holds it."""

    # pending
    def pend(self, rows: Sequence[PendingRow]) -> None:
        """Record failures: a new row, or one more attempt with back-off; gone and given up as DESIGN says."""

    def due(self, source: str, now: datetime, limit: int) -> list[PendingRow]:
        """Rows of a source whose next try has come, oldest first."""

    def waiting(self) -> list[PendingRow]:
        """Every pending row, whatever its state."""

    def retry(self, article_id: str, now: datetime) -> int:
        """Make the pending rows of an id due, given up and gone ones too; returns how many there are."""

    # coverage
    def cover(self, source: str, channel: str, span: Span) -> None:
        """Add a covered interval; stored merged."""

    def covered(self, source: str, channel: str) -> list[Span]:
        """Merged intervals in order."""

    def reach(self, source: str, reach: Reach) -> None:
        """Remember that the list went back no further."""

    def reached(self, source: str, channel: str) -> Reach | None:
        """The last such note of a channel, or None."""

    def channels(self) -> list[tuple[str, str]]:
        """Every (source, channel) with coverage."""

    # runs, small facts
    def start_run(self, spider: str, arguments: dict[str, Any], now: datetime) -> int:
        """Write the run's row; runs of the spider that never finished are marked dead. Returns the id."""

    def finish_run(self, run: RunRow) -> None:
        """Fill in finished_at, exit_status, reason, counts, stats."""

    def runs(self, limit: int, *, failed: bool = False) -> list[RunRow]:
        """Last runs, newest first; `failed`: only those whose exit_status is not 0."""

    def put(self, key: str, value: Any) -> None:
        """Keep a small JSON value (breakers, notices) under a key; None forgets it."""

    def get(self, key: str) -> Any:
        """Return the value under a key, or None."""

    def facts(self, beginning: str) -> dict[str, Any]:
        """Return every small value whose key begins so, in the order of keys."""

    # history
    def articles(self, *, since: datetime | None, until: datetime | None, source: str = "") -> Iterator[ArticleRow]:
        """Stored articles by time, oldest first, with what belongs to them; streams."""

    def raw_answers(
        self, *, since: datetime | None, until: datetime | None, source: str = ""
    ) -> Iterator[tuple[ArticleRow, Raw]]:
        """Articles as `articles` gives them, each with its raw answer; those without one are left out."""

    def amend(self, rows: Sequence[ArticleRow]) -> list[bool]:
        """Correct stored articles after a new look at their raw answers: all that a stage made, but no revision.

        For rows whose fingerprint is the stored one (another fingerprint is a revision: `save`); True where a field or
        a security changed. Times, category, story and channels stay.
        """

    def days(self, source: str) -> list[tuple[str, date, int]]:
        """Count articles by channel and Beijing day of publication, in this order."""

    def revisions(self, article_id: str) -> list[dict[str, Any]]:
        """Every revision of the articles of that id, oldest first, the standing one last."""

    # health; a store that keeps no such history answers None
    def hours(
        self, spans: Sequence[Span], source: str = "", channels: Sequence[str] = ()
    ) -> dict[datetime, int] | None:
        """Count articles published in any of the spans by hour; hours without any are missing."""

    def newest(self, source: str, channel: str, moments: Sequence[datetime]) -> list[datetime | None] | None:
        """Time of the newest article of a channel before each moment; None in it: none within four days."""

    def next_ends(self, spider: str, moments: Sequence[datetime]) -> list[int | None] | None:
        """How the first run ended that started within a day after each moment; None in it: nobody knows."""

    def leading(self, what: Literal["media", "symbol"], span: Span, limit: int) -> list[tuple[str, int]] | None:
        """Publishers or securities of most articles of a time, with how many."""

    def extent(self) -> Span | None:
        """Times of the oldest and the newest article; None also where there is no article."""

    # stories
    def alike(self, bands: Sequence[int], since: datetime, until: datetime) -> list[Alike]:
        """Articles published in `[since, until)` that share at least one band."""

    def banded(self, bands: Sequence[int], since: datetime, until: datetime) -> frozenset[int]:
        """Those of many bands that articles published in `[since, until)` have; for the rest `alike` finds nothing."""

    def tell(self, articles: Sequence[tuple[str, str]], story_id: int) -> None:
        """Put stored articles, given as (source, article_id), into a story, with all others of the stories they were in."""
