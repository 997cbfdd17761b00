"""Lists with a true date range: whole days are asked for, and every row is counted against what the list says it has.

Such a list takes days, so nothing is paged through to reach a day, and a day is covered only when all its pages were read
and as many rows were met as the list has. Times here are days of the list: of announcements the official day, which may
be the day after an announcement appeared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from scrapy import Request
from scrapy.http import Response

from newscrawler.base import LATER, NewsSpider
from newscrawler.walk import Page, Stop, Walk
from pipelines.store.base import Span
from pipelines.times.forms import BEIJING

DAY = timedelta(days=1)
ROUNDS = 3
"""How often a range is read before it counts as unproven: rows that come or go meanwhile shift all others."""
RECENT = timedelta(days=10)
"""Ranges that ended no longer ago are listed again and again; their totals are remembered."""
FAILURES = 3
"""So many ranges in a row that cannot be had, and no further one of the channel is asked for."""


@dataclass(slots=True, eq=False)
class DayWalk(Walk):
    """A range of days, read page after page until its rows are counted.

    Proof is a round over all pages during which the total stood still, with as many ids as the total says; or with as many
    rows, and the same ids as the round before (a source may list an id twice). Where the range was counted before, it is
    proof, too, that the total has grown by just the rows that are new: then the other pages need not be asked for.
    """

    counted: int | None = None
    """The total when this range was proven before."""
    new: int = 0
    """Rows met that the store does not hold."""
    pages_read: bool = True
    """All pages were read; False where the growth of the list was proof enough."""

    rounds: int = 1
    earlier: int = 0
    """Pages asked for in the rounds before this one."""
    met: set[str] = field(default_factory=set)
    """Ids of this round."""
    before: set[str] = field(default_factory=set)
    """Ids of the round before."""
    count: int = 0
    """Rows of this round."""
    totals: set[int | None] = field(default_factory=set)
    """What the pages of this round say that there is."""

    @property
    def first(self) -> date:
        """The first day asked for."""
        return self.since.astimezone(BEIJING).date()

    @property
    def last(self) -> date:
        """The last day asked for."""
        return (self.until - timedelta(seconds=1)).astimezone(BEIJING).date()

    def takes(self, moment: datetime) -> bool:
        """Take every row: the list was asked for these days and no others."""
        return True

    def turn(
        self,
        rows: Sequence[tuple[str, datetime]],
        known: Collection[str],
        *,
        answered_at: datetime,
        last: bool,
        total: int | None = None,
        unread: Collection[str] = (),
    ) -> Page:
        """Read a page and decide whether the walk goes on; see `Walk.turn`."""
        if not self.totals:
            self.upper = min(self.until, answered_at - self.margin)
        ids = {code for code, _ in rows} | set(unread)
        fresh = ids - self.met
        self.met |= ids
        self.count += len(rows) + len(unread)
        self.totals.add(total)
        self.new += len(fresh - set(known))
        self.listed += 1
        self.oldest = self.since
        page = Page()
        self.pages.append(page)
        if self.rounds == 1 and len(self.totals) == 1 and self._grown(ids & set(known), total):
            self.pages_read = False
            self._prove()
        elif not fresh or (total is not None and self.count >= total):
            self._close()
        return page

    def _grown(self, met: Collection[str], total: int | None) -> bool:
        """Whether the rows that are new are all by which the list has grown, seen from a page that meets known ones."""
        return bool(met) and self.counted is not None and total == self.counted + self.new

    def _prove(self) -> None:
        self.stop = Stop.COUNTED
        for page in self.pages:
            page.lower = self.since

    def _close(self) -> None:
        """End a round: with proof, without, or with another one."""
        whole = len(self.totals) == 1 and None not in self.totals
        (total, *_) = self.totals
        if whole and (len(self.met) == total or (self.count == total and self.met == self.before)):
            self._prove()
        elif self.rounds >= ROUNDS or not self.met or None in self.totals:
            self.halt(Stop.BROKEN)
        else:
            self.rounds += 1
            self.earlier = self.listed
            self.met, self.before, self.count, self.totals = set(), self.met, 0, set()

    @property
    def shortfall(self) -> str:
        """Say which days are not whole, and how many rows were met."""
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        if self.stop is Stop.FAILED:
            return f"{self.channel} of {days} could not be read"
        if None in self.totals:
            return f"{self.channel} of {days}: the list does not say how many rows it has; {len(self.met)} were read"
        said = " or ".join(str(total) for total in sorted(filter(None, self.totals))) or "0"
        return f"{self.channel} of {days}: {len(self.met)} of {said} rows were read"


class DayListSpider(NewsSpider):
    """Base of the sources whose lists take days.

    Arguments `since` and `until` name days of the list: a window takes every day that it touches. Without a window a run
    asks for the days that are not covered, and beside them for `recheck` days before today and `ahead` days after it. Days
    are asked for newest first, one after the other.

    A subclass gives the list methods; `list_request` asks for `walk.first` to `walk.last`.
    """

    recheck: ClassVar[int] = 1
    """Days before today that are listed again although they are covered: rows may be filed late."""
    hourly = False  # a list that is counted against its own total needs no other weeks, and a holiday has no rows
    ahead: ClassVar[int] = 0
    """Days after today that may have rows already."""

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.ranges: dict[str, deque[Span]] = {}
        self.failures: dict[str, int] = {}
        self.counted: dict[str, dict[str, tuple[int, bool]]] = {}
        """Totals of recent ranges when they were proven, by channel and `first/last`; whether that was after their end."""

    def days_at_once(self, channel: str) -> int:
        """How many days of a channel are asked for together: one, unless its list is short."""
        return 1

    async def plan(self, channel: str, now: datetime) -> Walk | None:
        """Return the walk over the newest days that are wanted; the others follow when it has ended."""
        wanted, _ = await self.incremental.wanted(channel, self.window, now)
        days = {day for span in wanted for day in days_of(span)}
        if self.window is None:
            today = now.astimezone(BEIJING).date()
            days.update(today + each * DAY for each in range(-self.recheck, self.ahead + 1))
        self.ranges[channel] = deque(ranges(days, self.days_at_once(channel)))
        memory = self.incremental
        if self.window is None and not memory.refetch and not memory.refetch_age:  # else all rows are to be looked at
            self.counted[channel] = await memory.store.run(memory.store.get, self._key(channel)) or {}
        return self._next(channel)

    def _key(self, channel: str) -> str:
        return f"counted:{self.source}:{channel}"

    def _next(self, channel: str) -> DayWalk | None:
        left = self.ranges[channel]
        if not left:
            return None
        since, until = left.popleft()
        explicit, margin = self.window is not None, self.incremental.margin
        walk = DayWalk(channel, since, until, explicit=explicit, covered_below=False, margin=margin)
        total, ended = self.counted.get(channel, {}).get(f"{walk.first}/{walk.last}", (None, False))
        if ended or until > datetime.now(UTC):
            walk.counted = total
        return walk

    async def parse_list(self, response: Response, walk: Walk, page: int) -> AsyncIterator[Any]:
        """Take a list page; the total of a recent range that it proves is remembered."""
        async for found in super().parse_list(response, walk, page):
            yield found
        if isinstance(walk, DayWalk) and walk.stop is Stop.COUNTED and walk.until > datetime.now(UTC) - RECENT:
            await self._remember(walk)

    async def _remember(self, walk: DayWalk) -> None:
        """Keep a range's total, and whether all its pages were read after its end."""
        memory, now = self.incremental, datetime.now(UTC)
        key, name = self._key(walk.channel), f"{walk.first}/{walk.last}"
        kept: dict[str, list[Any]] = await memory.store.run(memory.store.get, key) or {}
        ended = walk.until <= now and (walk.pages_read or kept.get(name, [0, False])[1])
        value = [max(total for total in walk.totals if total is not None), ended]
        if kept.get(name) != value:
            day = (now - RECENT).astimezone(BEIJING).date().isoformat()
            kept = {old: seen for old, seen in kept.items() if old.partition("/")[2] >= day}
            await memory.store.run(memory.store.put, key, {**kept, name: value})

    def following(self, walk: Walk) -> Iterable[Request]:
        """Ask for the next days, unless the limit is reached or the list cannot be had."""
        channel, memory = walk.channel, self.incremental
        if memory.limit is not None and memory.taken >= memory.limit:
            return
        self.failures[channel] = self.failures.get(channel, 0) + 1 if walk.stop is Stop.FAILED else 0
        left = self.ranges[channel]
        if left and self.failures[channel] >= FAILURES:
            memory.tally.gaps.append(
                f"{channel} back to {left[-1][0].astimezone(BEIJING):%Y-%m-%d} was not asked for: "
                f"{FAILURES} lists in a row could not be had"
            )
            left.clear()
        after = self._next(channel)
        if after is not None:
            yield self.ask(after, 1, "").replace(priority=LATER)


def midnight(day: date) -> datetime:
    """Return the beginning of a Beijing day."""
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)


def days_of(span: Span) -> Iterator[date]:
    """Return the Beijing days that an interval touches."""
    day, end = span[0].astimezone(BEIJING).date(), span[1]
    while midnight(day) < end:
        yield day
        day += DAY


def ranges(days: Collection[date], most: int) -> Iterator[Span]:
    """Bring days that follow each other together, at most so many; the newest first."""
    group: list[date] = []
    for day in sorted(days, reverse=True):
        if group and (group[-1] - day != DAY or len(group) == most):
            yield midnight(group[-1]), midnight(group[0] + DAY)
            group = []
        group.append(day)
    if group:
        yield midnight(group[-1]), midnight(group[0] + DAY)


def asked_days(walk: Walk) -> tuple[date, date]:
    """Return the days to ask for; of a walk without days of its own (a probe's) a week, since a single day may be empty."""
    if isinstance(walk, DayWalk):
        return walk.first, walk.last
    first, last = walk.since.astimezone(BEIJING).date(), (walk.until - timedelta(seconds=1)).astimezone(BEIJING).date()
    return (first if walk.explicit else last - 7 * DAY), last


def asked_page(walk: Walk, page: int) -> int:
    """Return the page's number in its round."""
    return page - walk.earlier if isinstance(walk, DayWalk) else page
