"""The exit status of a run, decided from what the store and the run say; never from how Scrapy says it finished."""

from __future__ import annotations

from dataclasses import dataclass

from newscrawler.gates import failed
from newscrawler.tally import Tally

WHOLE, BUG, USAGE, PARTLY, REFUSED, STORE, LAYOUT, LATER = 0, 1, 2, 3, 4, 5, 6, 75
MEANINGS = {
    WHOLE: "done and whole",
    BUG: "a bug: an unexpected exception",
    USAGE: "bad arguments or settings",
    PARTLY: "done, not whole",
    REFUSED: "refused by the site",
    STORE: "the store failed or could not be reached",
    LAYOUT: "the source changed its shape",
    LATER: "another run holds the lock, or the run was interrupted",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit status and, in one line, why."""

    status: int
    reason: str


def decide(tally: Tally, finish_reason: str) -> Outcome:
    """Decide how a run ended.

    Args:
        tally: its counts and notes.
        finish_reason: Scrapy's word; anything but `finished` (and our own) means that the run was cut off.

    Returns:
        The first that applies of: bug, store, layout, refused, interrupted, not whole, whole. Failing health gates count as
        what their table says.
    """
    stopped = "" if finish_reason == "finished" else f"interrupted: {finish_reason or 'never finished'}"
    reasons = (
        (BUG, tally.bugs[0] if tally.bugs else ""),
        (STORE, tally.store_failed),
        (LAYOUT, tally.layout or "; ".join(_failing(tally, LAYOUT))),
        (REFUSED, tally.refused),
        (LATER, stopped),
        (PARTLY, "; ".join([*tally.gaps, *_failing(tally, PARTLY)])),
        (PARTLY, f"{tally.left_pending} article(s) left pending" if tally.left_pending else ""),
        (BUG, f"{tally.unfinished} listed article(s) ended nowhere" if tally.unfinished else ""),
        (WHOLE, MEANINGS[WHOLE]),
    )
    return next(Outcome(status, reason) for status, reason in reasons if reason)


def _failing(tally: Tally, status: int) -> list[str]:
    """Say which health gates ask for this status."""
    return [verdict.line for verdict in failed(tally.gates) if verdict.status == status]
