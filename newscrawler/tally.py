"""What a run has counted: every listed article ends somewhere, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from scrapy.statscollectors import StatsCollector

from newscrawler.gates import Verdict

ENDS = ("known", "inserted", "revised", "unchanged", "pending")
"""The ways a listed article can end: `listed` is their sum."""
COUNTS = ("listed", "known", "fetched", "inserted", "revised", "unchanged", "pending", "failed")
"""The counts of a run, in the order of the ledger."""


@dataclass
class Tally:
    """Counts of one run, and the facts its exit status is decided from."""

    stats: StatsCollector
    counts: Counter[str] = field(default_factory=Counter)
    bugs: list[str] = field(default_factory=list)
    """Unexpected exceptions, one line each (the first few)."""
    store_failed: str = ""
    layout: str = ""
    """The first answer that had lost its shape."""
    refused: str = ""
    """The first refusal."""
    gaps: list[str] = field(default_factory=list)
    """What was asked for and not reached, one line each."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the summary would wonder about."""
    left_pending: int = 0
    """Rows this run left pending, or retried in vain."""
    interrupted: str = ""
    gates: list[Verdict] = field(default_factory=list)
    """How the run stands at each health gate that can be judged."""

    def count(self, name: str, amount: int = 1) -> None:
        """Add to one of COUNTS."""
        self.counts[name] += amount
        self.stats.inc_value(f"news/run/{name}", amount)

    def bug(self, line: str) -> None:
        """Note an unexpected exception."""
        self.stats.inc_value("news/run/bugs")
        self.bugs.append(line)

    @property
    def unfinished(self) -> int:
        """Articles that were listed and have not ended: 0 at the end of a run that was not cut off."""
        return self.counts["listed"] - sum(self.counts[end] for end in ENDS)

    def balance(self) -> dict[str, int]:
        """Return the run's counts; what a cut-off left unfinished is not listed, the next run lists it again."""
        counts = {name: self.counts[name] for name in COUNTS}
        counts["listed"] -= self.unfinished
        return counts
