"""What is usual at an hour of a weekday: read from the articles and the good runs of the last weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from newscrawler.gates import HOUR, Snapshot, Usual
from newscrawler.walk import SETTLE
from pipelines.store.base import Store

WEEK = timedelta(weeks=1)
WEEKS = 8
"""Weeks looked back."""
ENOUGH = 4
"""Good ones among them that make a history."""
HORIZON = timedelta(days=4)
"""An age that the store does not tell is at least this: it looks no further back."""
YOUNG_H = 1.0
"""No channel is stale before an hour counts as its usual age, however fast it is."""


def whole_hour(moment: datetime) -> datetime:
    """Return the beginning of an hour. Beijing's hours begin with those of UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)


def weeks_before(moment: datetime) -> list[datetime]:
    """Return the same hour of the same weekday in each of the weeks before, the last one first."""
    return [moment - number * WEEK for number in range(1, WEEKS + 1)]


def with_history(
    seen: Snapshot, store: Store, source: str, spider: str, channels: Sequence[str], now: datetime
) -> Snapshot:
    """Add to a snapshot what is usual, as far as history is long enough. Runs on the store's thread.

    Args:
        seen: what the run counted.
        store: opened.
        source: the spider's source.
        spider: its name: good are the weeks whose next run of this spider ended with 0.
        channels: those of the run.
        now: aware; the end of the run.
    """
    return replace(
        seen,
        volume=volume(store, source, spider, channels, now),
        ages=ages(store, source, spider, channels, now),
    )


def volume(store: Store, source: str, spider: str, channels: Sequence[str], now: datetime) -> Usual | None:
    """Compare the articles of the last whole hour that has settled with those of the same hour in good weeks."""
    end = whole_hour(now - SETTLE)
    ends = [end, *weeks_before(end)]
    counts = store.hours([(until - HOUR, until) for until in ends], source, channels)
    if counts is None:
        return None
    good = _good(store, spider, ends[1:])
    past = [counts.get(until - HOUR, 0) for until in ends[1:] if until in good]
    return Usual(counts.get(end - HOUR, 0), median(past)) if len(past) >= ENOUGH else None


def ages(store: Store, source: str, spider: str, channels: Sequence[str], now: datetime) -> Mapping[str, Usual]:
    """Compare the age of each channel's newest article with the longest it had at this hour in good weeks."""
    moments = [now, *weeks_before(now)]
    good = _good(store, spider, moments[1:])
    found: dict[str, Usual] = {}
    if len(good) < ENOUGH:
        return found
    for channel in channels:
        newest = store.newest(source, channel, moments)
        if newest is None:
            break
        past = [_hours(moment - at) for moment, at in zip(moments, newest, strict=True) if at and moment in good]
        if len(past) >= ENOUGH:
            found[channel] = Usual(_hours(now - newest[0] if newest[0] else HORIZON), max(YOUNG_H, *past))
    return found


def _good(store: Store, spider: str, moments: Sequence[datetime]) -> set[datetime]:
    """Return the moments after which the next run ended with 0."""
    ends = store.next_ends(spider, moments) or ()
    return {moment for moment, status in zip(moments, ends, strict=False) if status == 0}


def _hours(age: timedelta) -> float:
    return age / HOUR
