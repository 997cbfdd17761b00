"""Paging newest first: what a page proves, and which time is covered once its rows have ended somewhere.

Nothing here asks or stores anything; a `Walk` is told what a page held and says whether to go on, and when rows end it
says which interval may be called covered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from newscrawler.edge import Edge, Rows, Slides
from pipelines.store.base import Span

SETTLE = timedelta(minutes=10)
"""Rows appear late with earlier times, so the last minutes before an answer are never called covered."""
SECOND = timedelta(seconds=1)
"""Times are shown to the second."""
APART = timedelta(seconds=30)
"""Pages answered further apart than this, while the articles between them were fetched, have to meet."""
MEETS = 10
"""So many known rows in covered time on one page, and no unknown one, show that the page meets what is covered."""


class Stop(Enum):
    """Why a walk needs no further page."""

    PASSED = "a whole page is older than what is wanted"
    MET = "met what is covered"
    END = "the list ends"
    COUNTED = "all rows of its days are read and counted"
    LIMIT = "the limit of articles is reached"
    FAILED = "a page could not be had"
    BROKEN = "the list broke off before its end"


@dataclass(slots=True, eq=False)
class Page:
    """One list page: rows that have not ended yet, and how far down its time may be claimed."""

    left: int = 0
    lower: datetime | None = None
    """Start of the time covered once this page and all before it have ended; None: not known (yet)."""
    whole: bool = True
    """False when rows were left out (limit) or lost: neither it nor anything below it is covered."""


@dataclass(slots=True, eq=False)
class Walk:
    """One channel, walked from its newest page down."""

    channel: str
    since: datetime
    """Start of the earliest time that is wanted and not covered."""
    until: datetime
    """End of what is wanted; what is newer is passed over where the window is explicit."""
    explicit: bool
    """Somebody asked for this time: rows outside are not taken, an unreached part is a gap."""
    covered_below: bool
    """The time just below `since` is covered."""
    margin: timedelta = SETTLE
    """What is never called covered before an answer."""
    pages: deque[Page] = field(default_factory=deque)
    upper: datetime | None = None
    """End of what may be claimed: `until`, or the first answer less the settling margin."""
    stop: Stop | None = None
    same: int = 0
    """How many pages in a row have added none to those of the page before: such a list has ended."""
    oldest: datetime | None = None
    """The oldest time on the last page that had rows."""
    listed: int = 0
    """Rows listed so far, repeats included."""
    widest: int = 0
    """Rows of the largest page."""
    total: int = 0
    """How many rows the list says it has; 0: it does not say."""
    told: bool = False
    """The page last read said so."""
    at: datetime | None = None
    """When it was answered."""
    latest: int = 0
    """How many rows it has."""
    edge: Edge = field(default_factory=Edge)
    """Between it and the next one."""
    size: int = 0
    """Rows asked for with each page, where the source lets one choose; the same for all, or their edges would not meet."""

    def takes(self, moment: datetime) -> bool:
        """Whether a row of that time is to be taken."""
        return not self.explicit or self.since <= moment < self.until

    def turn(
        self,
        rows: Rows,
        known: Collection[str],
        *,
        answered_at: datetime,
        last: bool,
        total: int | None = None,
        unread: Collection[str] = (),
    ) -> Page:
        """Read a page and decide whether the walk goes on.

        Args:
            rows: (article_id, published_at) of the page's readable rows, in the order of the page, whichever that is.
            known: ids among them that the store holds.
            answered_at: the answer's moment.
            last: the source says, or the answer shows, that no page follows.
            total: how many rows the list says it has.
            unread: ids of the rows that cannot be read; they prove nothing here, but a list that is counted has them too.

        Returns:
            The page; its caller adds to `left` what it takes, and calls `settle` when rows have ended. Where
            `edge.back` is set it is still the page before, which is to be asked for next.
        """
        if self.upper is None:
            self.upper = min(self.until, answered_at - self.margin)
        times = [moment for _, moment in rows]
        ids = {code for code, _ in rows}.union(unread)
        count = len(rows) + len(unread)
        ends = last and not ids
        was, told, at = self.total, self.told, self.at
        self.total, self.told, self.at = total or was, bool(total), answered_at
        again = self.edge.back
        if again:
            self.edge.read_again(rows, ids)
        elif self.edge.anew:
            self.edge.begins(times, self.oldest)
        elif (why := self._slides(times, was, told, at, ends=ends)) and self.edge.moved(rows, ids, why):
            self.listed -= self.latest
            return self.pages[-1]
        if self.edge.torn:
            self.pages[-1].whole = False  # neither it nor anything below it is covered
        if times and self.pages:
            # Exclusive: the row of that very second stands on this page and has not ended.
            self.pages[-1].lower = max(times) + SECOND
        if times or not self.pages:  # rows without a time are pending: they end, but bound nothing
            self.pages.append(Page())
        self.oldest = min(times) if times else self.oldest
        self.same = 0 if again or ids - self.edge.ids else self.same + 1
        self.edge.step(rows, ids, again=again)
        self.latest, self.widest = count, max(self.widest, count)
        self.listed += count
        if not again:
            self._decide(rows, times, known, last=last, grew=0 < was < self.total)
        elif ends:
            self.halt(Stop.BROKEN)  # it had rows before
        return self.pages[-1]

    def _decide(
        self,
        rows: Rows,
        times: Sequence[datetime],
        known: Collection[str],
        *,
        last: bool,
        grew: bool,
    ) -> None:
        """Stop where the page last read proves that nothing that is wanted lies below it."""
        due = self._due()
        if times and max(times) < self.since:
            self._finish(Stop.PASSED, self.since)
        elif times and self._meets(rows, known):
            self._finish(Stop.MET, self.since)
        elif last and (due or self.edge.anew):
            self.halt(Stop.BROKEN)  # an empty page with rows still due is no end: soft blocks look like this
        elif last or self.same > (1 if due or grew else 0):  # once, a page of new rows may have pushed it down
            self._finish(Stop.END, None if self.oldest is None else max(self.oldest, self.since))

    def _due(self) -> bool:
        """Whether the list cannot have ended yet; two pages of its rows may be some that it never shows."""
        return self.listed < self.total - 2 * self.widest

    def _slides(
        self, times: Sequence[datetime], was: int, told: bool, at: datetime | None, *, ends: bool
    ) -> Slides | None:
        """Say why rows may have slid up past the edge of the last page, because others were withdrawn; None: they have not.

        As many new rows as withdrawn ones leave no hole, for the former push down what the latter pull up. A number smaller
        by more than a page is no number of this list. What is newer than all that is wanted is no loss.

        Args:
            times: of the page just read.
            was: how many rows the list had before it.
            told: whether the page before it said so.
            at: when that was answered.
            ends: it has no rows.
        """
        if at is None or not (self.pages and self.edge.numbered) or self.edge.torn:
            return None
        if times and min(times) >= self.until:
            return None
        if self.listed < was and 0 < was - self.total <= self.widest:
            return Slides.SHORTER
        most = max(was, self.total)
        if ends and (self._due() or 0 < most <= self.listed):  # broken off, or read whole
            return None
        late = self.at is not None and self.at - at > APART
        return Slides.DOUBT if late or told != self.told or (ends and self.listed < most) else None

    def start_over(self) -> None:
        """Begin with the first page of another form of the list, paged by number."""
        self.edge = Edge(anew=bool(self.pages), torn=self.edge.torn)
        self.total = self.listed = self.latest = self.widest = 0

    def _meets(self, rows: Rows, known: Collection[str]) -> bool:
        if not self.covered_below:
            return False
        older = [code for code, moment in rows if moment < self.since]
        return len(older) >= max(1, min(MEETS, len(rows) // 2)) and all(code in known for code in older)

    def _finish(self, stop: Stop, lower: datetime | None) -> None:
        self.stop = stop
        if self.pages[-1].lower is None:
            self.pages[-1].lower = lower

    def halt(self, stop: Stop) -> None:
        """End the walk without proof: what no finished page covers stays uncovered."""
        self.stop = self.stop or stop

    @property
    def reached_back(self) -> datetime | None:
        """Where the list ended above `since`, or None; a list that moved has not shown where it ends."""
        if not self.edge.torn and self.stop is Stop.END and self.oldest is not None and self.oldest > self.since:
            return self.oldest
        return None

    @property
    def proven(self) -> bool:
        """The walk got as far as it was asked to."""
        if self.edge.torn:
            return False
        if self.stop is Stop.END:
            return self.oldest is not None and self.reached_back is None
        return self.stop in (Stop.PASSED, Stop.MET, Stop.COUNTED)

    @property
    def shortfall(self) -> str:
        """What a walk without proof has not done, in one line."""
        if self.edge.torn and self.stop not in (Stop.FAILED, Stop.BROKEN):
            return f"{self.channel} moved while it was read, and a row may be missing"
        return f"{self.channel} was not read back to {self.since:%Y-%m-%d %H:%M}"

    def settle(self) -> Span | None:
        """Return the interval that has become covered, or None. Pages count in their order only."""
        lower: datetime | None = None
        while self.pages and self.pages[0].whole and not self.pages[0].left and self.pages[0].lower is not None:
            lower = self.pages.popleft().lower
        if lower is None or self.upper is None:
            return None
        lower = max(lower, self.since)
        return (lower, self.upper) if lower < self.upper else None
