"""The life of an article that could not be stored: when it is tried again, and when no more. One rule for every store."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.store.base import PendingRow

WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long to wait after the first, second, third and fourth try; the fifth is the last."""
TRIES = len(WAITS) + 1
GONE_WAIT = timedelta(hours=12)
"""How long to wait after an answer that says "not here": the third such try then falls a day after the first."""
GONE_TRIES = 3
GONE_AFTER = timedelta(days=1)
GONE_REASON = re.compile(r"HTTP (?:404|410)\b")
STAGE_CHARS = 40
REASON_CHARS = 500


def after_try(old: PendingRow | None, new: PendingRow, now: datetime) -> PendingRow:
    """Return the row as it stands after one more try failed.

    Args:
        old: the row of the tries before, None at the first failure.
        new: what failed now; its attempts and times do not matter. `state="gone"` says that the source itself calls the
            article withdrawn.
        now: the moment of the failure, aware.

    Returns:
        `waiting` with its next moment; `gone` where the last answer was 404, 410 or withdrawn, and at least three tries
        went over at least a day; `given up` after five tries. A row that is gone or given up is not revived by another
        failure, and has no next moment. What the new failure lacks (address, channel, payloads) is kept from the old one.
    """
    attempts = (old.attempts if old else 0) + 1
    first_at = (old.first_at if old else None) or now
    missing = new.state == "gone" or GONE_REASON.match(new.reason) is not None
    if old is not None and old.state != "waiting":
        state = old.state
    elif missing and attempts >= GONE_TRIES and now - first_at >= GONE_AFTER:
        state = "gone"
    elif attempts >= TRIES:
        state = "given up"
    else:
        state = "waiting"
    wait = GONE_WAIT if missing else WAITS[min(attempts, len(WAITS)) - 1]
    return replace(
        new,
        url=new.url or (old.url if old else ""),
        channel=new.channel or (old.channel if old else ""),
        stage=new.stage[:STAGE_CHARS],
        reason=new.reason[:REASON_CHARS],
        attempts=attempts,
        first_at=first_at,
        last_at=now,
        next_at=now + wait if state == "waiting" else None,
        state=state,
        row=new.row or (old.row if old else b""),
        body=new.body or (old.body if old else b""),
    )
