"""What is covered, what was asked for and is not, and how far back the sources went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newscrawler.channels import channel_name
from newscrawler.incremental import read_asked
from newscrawler.walk import SETTLE
from pipelines.spans import merge, subtract
from pipelines.store.base import Reach, Span, Store

ASKED = "asked:"
"""How the keys of the small facts begin that say what was asked for; `<source>:<channel>` follows."""
Asked = Sequence[tuple[datetime, datetime | None]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that was asked for and is not covered."""

    since: datetime
    until: datetime
    listed: bool
    """The source still lists it, as far as is known: the next run goes back for it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """The coverage of one channel."""

    source: str
    channel: str
    covered: list[Span]
    gaps: list[Gap]
    reach: Reach | None

    @property
    def name(self) -> str:
        """The channel's name, where the vocabulary has one."""
        return channel_name(self.channel)

    def facts(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "source": self.source,
            "channel": self.channel,
            "name": self.name,
            "covered": [[since, until] for since, until in self.covered],
            "gaps": [{"since": gap.since, "until": gap.until, "listed": gap.listed} for gap in self.gaps],
            "reached": None
            if self.reach is None
            else {"back_to": self.reach.reached, "asked": self.reach.asked, "at": self.reach.at},
        }


def gaps(asked: Asked, covered: Sequence[Span], reach: Reach | None, now: datetime) -> list[Gap]:
    """Return what was asked for and is not covered.

    Args:
        asked: closed windows, and the open interval of the everyday runs. How far back that one goes at its beginning
            is a wish: where the source lists no further, nothing is missing.
        covered: merged intervals.
        reach: how far back the source went, where it did not go as far as it was asked to.
        now: aware; the last minutes before it have not settled, so nobody can have covered them.
    """
    settled = now - SETTLE
    back_to = reach.reached if reach is not None else None
    wanted: list[Span] = []
    for since, until in asked:
        if until is not None:
            wanted.append((since, min(until, settled)))
        else:
            wanted.append((since if back_to is None else max(since, back_to), settled))
    found: list[Gap] = []
    for span in merge(wanted):
        for since, until in subtract(span, covered):
            if back_to is None or since >= back_to:
                found.append(Gap(since, until, listed=True))
                continue
            found.append(Gap(since, min(until, back_to), listed=False))
            if until > back_to:
                found.append(Gap(back_to, until, listed=True))
    return found


def survey(store: Store, now: datetime) -> list[Channel]:
    """Return the coverage of every channel that anything was asked of, in order."""
    asked = {key.removeprefix(ASKED): value for key, value in store.facts(ASKED).items()}
    names = {tuple(name.split(":", 1)) for name in asked if ":" in name} | set(store.channels())
    found = []
    for source, channel in sorted(names, key=_order):
        covered, reach = store.covered(source, channel), store.reached(source, channel)
        wanted = read_asked(asked.get(f"{source}:{channel}"))
        found.append(Channel(source, channel, covered, gaps(wanted, covered, reach, now), reach))
    return found


def _order(name: tuple[str, ...]) -> tuple[str, str, int, str]:
    """Sort channels by kind, then number."""
    source, channel = name
    kind, _, number = channel.partition(":")
    return source, kind, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0, number
