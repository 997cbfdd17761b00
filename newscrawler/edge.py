"""Whether two pages of a list meet: rows slide from one to the other when others come or go between the two answers.

New rows push some to the next page, where they are met again. When others are withdrawn, some slide up past the edge of the
page that was read, where nobody meets them; then that page is read again, and the next one soon after.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

Rows = Sequence[tuple[str, datetime]]
"""Id and time of each readable row of a page, in the order of the page."""


class Slides(Enum):
    """Why rows may have slid past an edge; the value is how often a page is read again for that at most."""

    SHORTER = 5
    """The list has fewer rows than before.

    Where one of two machines that answer by chance lacks a row, one page in four has to be read again, and one in 4,000 is
    given up.
    """
    DOUBT = 1
    """Time has passed, or the list does not say how many rows it has, or ends before it."""


@dataclass(slots=True)
class Edge:
    """The lower edge of the page last read."""

    numbered: bool = True
    """The pages are asked for by number; a cursor stays where it is, and no row slides past it."""
    back: bool = False
    """A row may be missing: the page is to be read again before the walk goes on."""
    torn: bool = False
    """A row may be missing, and no reading of the pages around it has shown the contrary."""
    anew: bool = False
    """The next page is the first one of another form of the list."""
    repeats: dict[Slides, int] = field(default_factory=dict)
    """How often the page was read again, and why."""
    rows: Rows = ()
    """Of the page last read."""
    ids: set[str] = field(default_factory=set)
    """Of the page last read, rows that cannot be read included."""
    above: set[str] = field(default_factory=set)
    """Of a page that is to be read again, its ids as they were; without those that are on the page after it, too."""
    oldest: datetime | None = None
    """The oldest time of these."""
    after: set[str] = field(default_factory=set)
    """Ids of the page after it."""

    @property
    def repeated(self) -> bool:
        """Whether the page is being read again, or the one after it is."""
        return bool(self.repeats)

    def meets(self, rows: Rows, ids: Collection[str]) -> bool:
        """Whether a page shows that no row is missing between it and the one before.

        Its first row is of the one before, and so is its newest, and the last row of that is on it: a row that an editor
        pinned to the top of every page does not make pages meet.
        """
        if not rows or not self.rows:
            return bool(ids) and self.ids.issuperset(ids)
        newest = max([moment for _, moment in rows])
        return (
            rows[0][0] in self.ids
            and self.rows[-1][0] in ids
            and any(code in self.ids for code, moment in rows if moment == newest)
        )

    def moved(self, rows: Rows, ids: set[str], why: Slides) -> bool:
        """Judge the next page where rows may have slid up past the edge.

        Args:
            rows: of the next page.
            ids: of the next page.
            why: why they may have.

        Returns:
            Whether this page is to be read again. Where it is not, and yet a shorter list does not meet, the edge is torn.
        """
        if self.meets(rows, ids):
            return False
        repeated = self.repeats.get(why, 0)
        if repeated >= why.value:
            self.torn |= why is Slides.SHORTER
            return False
        self.repeats[why] = repeated + 1
        self.back, self.above, self.after = True, self.ids - ids, ids
        self.oldest = min([moment for code, moment in self.rows if code in self.above], default=None)
        return True

    def read_again(self, rows: Rows, ids: set[str]) -> None:
        """Judge the page when it is read again; torn where nothing shows that it still reaches up to where it was."""
        self.back = False
        if not ids or not self.above.isdisjoint(ids):
            return
        # Only rows from above it: a page of new ones has pushed it down, and nothing is missing.
        fresh = [moment for code, moment in rows if code not in self.after]
        self.torn = not fresh or self.oldest is None or min(fresh) < self.oldest

    def begins(self, times: Sequence[datetime], oldest: datetime | None) -> None:
        """Judge the first page of another form of the list: torn where it begins below what was read in the first form."""
        self.anew = not times
        self.torn |= bool(times) and oldest is not None and max(times) < oldest

    def step(self, rows: Rows, ids: set[str], *, again: bool) -> None:
        """Make this page the one last read."""
        self.rows, self.ids = rows, ids
        if not again:
            self.repeats.clear()
