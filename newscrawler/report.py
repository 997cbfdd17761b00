"""What a report shows: articles by hour against what is usual, who wrote most, runs, failures, freshness. No drawing here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from newscrawler.channels import channel_name
from newscrawler.gates import HOUR
from newscrawler.history import ENOUGH, HORIZON, WEEKS, weeks_before, whole_hour
from newscrawler.ledger import State, last_runs, state_of
from pipelines.store.base import PendingRow, RunRow, Span, Store

RUNS = 3000
"""Runs looked at: ten days of one every five minutes."""
LEADING = 30
"""Publishers and securities shown."""
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Fresh:
    """How old a channel's newest article is."""

    source: str
    channel: str
    age: timedelta | None
    """None: older than four days, beyond which nobody looks."""
    usual: timedelta | None
    """The longest at this hour of this weekday in the weeks before; None: too short a history."""

    @property
    def name(self) -> str:
        """The channel's name, where the vocabulary has one."""
        return channel_name(self.channel)


@dataclass(slots=True)
class Report:
    """Everything on the page."""

    now: datetime
    span: Span | None = None
    """The time of the articles shown, whole hours; None: no article, or a store that counts none."""
    counts_articles: bool = True
    """False where the store keeps no articles, but posts only."""
    hours: Mapping[datetime, int] = field(default_factory=dict)
    """Articles of each hour that has any."""
    usual: Mapping[datetime, float] = field(default_factory=dict)
    """What is usual at each hour of the span, as far as history is long enough."""
    publishers: Sequence[tuple[str, int]] = ()
    securities: Sequence[tuple[str, int]] = ()
    runs: Sequence[RunRow] = ()
    """Oldest first."""
    dead: frozenset[int] = frozenset()
    """Ids of the runs that never said how they ended."""
    pending: Sequence[PendingRow] = ()
    fresh: Sequence[Fresh] = ()

    @property
    def failures(self) -> list[RunRow]:
        """Runs that did not end with 0, oldest first; those under way are none."""
        return [run for run in self.runs if run.exit_status or run.id in self.dead]

    @property
    def waiting(self) -> list[tuple[str, str, int]]:
        """How many articles are pending, by stage and state, most first."""
        counted = Counter((row.stage, row.state) for row in self.pending)
        return [(stage, state, number) for (stage, state), number in counted.most_common()]


def gather(store: Store, now: datetime, days: int | None) -> Report:
    """Read a report's figures.

    Args:
        store: opened for this only: the locks of runs are tried.
        now: aware.
        days: articles of so many days up to the newest one, and runs of so many days up to now; None: all.
    """
    report = Report(now)
    rows, alive = last_runs(store, RUNS)
    first = now - timedelta(days=days) if days else None
    report.runs = [row for row in reversed(rows) if first is None or row.started_at >= first]
    report.dead = frozenset(row.id for row in report.runs if state_of(row, alive) is State.DEAD)
    report.pending = store.waiting()
    report.fresh = [Fresh(source, channel, *_age(store, source, channel, now)) for source, channel in store.channels()]
    _articles(report, store, days)
    return report


def _articles(report: Report, store: Store, days: int | None) -> None:
    """Add what is counted from articles."""
    extent = store.extent()
    if extent is None:
        report.counts_articles = store.hours([]) is not None
        return
    until = whole_hour(extent[1]) + HOUR
    since = max(whole_hour(extent[0]), until - timedelta(days=days)) if days else whole_hour(extent[0])
    counts = store.hours([(since - WEEKS * WEEK, until)]) or {}
    report.span = (since, until)
    report.hours = {hour: count for hour, count in counts.items() if hour >= since}
    report.usual = usual(counts, max(whole_hour(extent[0]), since - WEEKS * WEEK), (since, until))
    report.publishers = store.leading("media", report.span, LEADING) or ()
    report.securities = store.leading("symbol", report.span, LEADING) or ()


def usual(counts: Mapping[datetime, int], first: datetime, span: Span) -> dict[datetime, float]:
    """Return for each hour the median of the same hour and weekday in the weeks before, eight at most.

    Args:
        counts: articles by hour; hours without any are missing.
        first: the first hour of history; weeks before it do not count.
        span: the hours asked for.

    Returns:
        Hours with at least four weeks of history.
    """
    found: dict[datetime, float] = {}
    hour = max(span[0], first + ENOUGH * WEEK)
    while hour < span[1]:
        past = [counts.get(week, 0) for week in weeks_before(hour) if week >= first]
        found[hour] = float(median(past))
        hour += HOUR
    return found


def _age(store: Store, source: str, channel: str, now: datetime) -> tuple[timedelta | None, timedelta | None]:
    """Return the age of a channel's newest article, and the longest it had at this hour in the weeks before."""
    moments = [now, *weeks_before(now)]
    newest = store.newest(source, channel, moments) or []
    ages = [moment - at if at is not None else None for moment, at in zip(moments, newest, strict=False)]
    past = [age for age in ages[1:] if age is not None]
    return (ages[0] if ages else None), (max(past) if len(past) >= ENOUGH else None)


def hours_of(age: timedelta | None) -> float:
    """Return an age in hours; one that nobody knows is at least four days."""
    return round((HORIZON if age is None else age) / HOUR, 2)
