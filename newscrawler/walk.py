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

from pipelines.store.base import Span

SETTLE = timedelta(minutes=10)
"""Rows appear late with earlier times, so the last minutes before an answer are never called covered."""
SECOND = timedelta(seconds=1)
"""Times are shown to the second."""
APART = timedelta(seconds=30)
"""Pages read further apart than this, while the articles between them were fetched, have to share a row."""
REPEATS = 2
"""So often is the same page asked for again at most: machines that answer in turn may each have a total of their own."""
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
    codes: set[str] = field(default_factory=set)
    """Ids of the page before."""
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
    numbered: bool = True
    """Its pages are asked for by number, so that rows may slide from one to the other; a cursor stays where it is."""
    at: datetime | None = None
    """When the last page was answered."""
    back: bool = False
    """A row may be missing: the page before the last one is to be read again before the walk goes on."""
    repeats: int = 0
    """How often that was so of the page last read."""
    latest: int = 0
    """Rows of the page last read."""

    def takes(self, moment: datetime) -> bool:
        """Whether a row of that time is to be taken."""
        return not self.explicit or self.since <= moment < self.until

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
        """Read a page and decide whether the walk goes on.

        Args:
            rows: (article_id, published_at) of the page's readable rows, in any order.
            known: ids among them that the store holds.
            answered_at: the answer's moment.
            last: the source says, or the answer shows, that no page follows.
            total: how many rows the list says it has.
            unread: ids of the rows that cannot be read; they prove nothing here, but a list that is counted has them too.

        Returns:
            The page; its caller adds to `left` what it takes, and calls `settle` when rows have ended. Where `back` is set
            it is still the page before, which is to be asked for next.
        """
        if self.upper is None:
            self.upper = min(self.until, answered_at - self.margin)
        codes = {code for code, _ in rows}
        if self._slid(codes, total, answered_at):
            self.codes = codes
            return self.pages[-1]
        times = [moment for _, moment in rows]
        if self.pages and times:
            # Exclusive: the row of that very second stands on this page and has not ended.
            self.pages[-1].lower = max(times) + SECOND
        page = Page()
        self.pages.append(page)
        self.same = 0 if codes - self.codes else self.same + 1
        self.codes = codes
        self.latest = len(rows)
        self.widest = max(self.widest, len(rows))
        due = self.listed + len(rows) < self.total - 2 * self.widest
        if times:
            self.oldest = min(times)
        if times and max(times) < self.since:
            self._finish(page, Stop.PASSED, self.since)
        elif times and self._meets(rows, known):
            self._finish(page, Stop.MET, self.since)
        elif last and due:
            self.halt(Stop.BROKEN)  # an empty page with rows still due is no end: soft blocks look like this
        elif last or self.same > (1 if due else 0):  # once, as many new rows as a page has may have pushed it down
            reached = None if self.oldest is None else max(self.oldest, self.since)
            self._finish(page, Stop.END, reached)
        self.listed += len(rows)
        return page

    def _slid(self, codes: Collection[str], total: int | None, answered_at: datetime) -> bool:
        """Whether rows may have slid up past the edge between the last page and this one, because others were withdrawn.

        That may be where the list has fewer rows than before (as many new ones as withdrawn ones leave no hole: the former
        push down what the latter pull up), or says no true number, and time has passed. A row that both pages hold shows
        that nothing is missing. Else this page proves nothing: the one before is read again, and it soon after.
        """
        was, self.total = self.total, total or self.total
        before, self.at = self.at, answered_at
        if self.back:  # the page before, read again: its upper edge is where it was, or higher
            self.back = False
            return False
        late = before is not None and answered_at - before > APART
        slid = self.numbered and bool(self.pages) and (self.total < was or late) and self.codes.isdisjoint(codes)
        if not slid or self.repeats >= REPEATS:
            self.repeats = 0
            return False
        self.listed -= self.latest
        self.repeats += 1
        self.back = True
        return True

    def _meets(self, rows: Sequence[tuple[str, datetime]], known: Collection[str]) -> bool:
        if not self.covered_below:
            return False
        older = [code for code, moment in rows if moment < self.since]
        return len(older) >= max(1, min(MEETS, len(rows) // 2)) and all(code in known for code in older)

    def _finish(self, page: Page, stop: Stop, lower: datetime | None) -> None:
        self.stop = stop
        for open_page in (page, *([self.pages[-2]] if len(self.pages) > 1 else [])):  # an empty page bounds none before
            if open_page.lower is None:
                open_page.lower = lower

    def halt(self, stop: Stop) -> None:
        """End the walk without proof: what no finished page covers stays uncovered."""
        self.stop = self.stop or stop

    @property
    def reached_back(self) -> datetime | None:
        """Where the list ended above `since`, or None."""
        if self.stop is Stop.END and self.oldest is not None and self.oldest > self.since:
            return self.oldest
        return None

    @property
    def proven(self) -> bool:
        """The walk got as far as it was asked to."""
        if self.stop is Stop.END:
            return self.oldest is not None and self.reached_back is None
        return self.stop in (Stop.PASSED, Stop.MET, Stop.COUNTED)

    @property
    def shortfall(self) -> str:
        """What a walk without proof has not done, in one line."""
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
