"""-a since / -a until: the time a run is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newscrawler.errors import SourceArgumentError


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open `[since, until)`, both aware; `explicit`: somebody asked for it, so an unreached part is a gap."""

    since: datetime
    until: datetime
    explicit: bool

    def __contains__(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


def read_window(since: str | None, until: str | None, *, now: datetime) -> Window | None:
    """Read the two arguments.

    Args:
        since: a date (that Beijing day's start), a date-time, or a relative form (`3天前`, `yesterday`).
        until: the same; a bare date, or a relative form that names a day, includes that whole day; a date-time is
            exclusive. Needs `since`. Missing: now.
        now: aware; the moment that relative forms count from.

    Returns:
        The window, or None where neither was given.

    Raises:
        SourceArgumentError: unreadable, reversed, in the future, or `until` without `since`.
    """
    from pipelines.dates import parse_moment

    if not since and not until:
        return None
    if not since:
        raise SourceArgumentError(
            f"until={until} needs since=..., for instance -a since=2022-03-01 -a until=2022-03-05"
        )

    def moment(name: str, raw: str) -> tuple[datetime, bool]:
        try:
            return parse_moment(raw, now=now)
        except ValueError as error:
            raise SourceArgumentError(
                f"{name}={raw} is no date ({error}); right would be 2022-03-01, '2022-03-01 12:00', 3天前 or yesterday"
            ) from error

    start, _ = moment("since", since)
    end = now
    if until:
        end, whole_day = moment("until", until)
        if whole_day:
            end += timedelta(days=1)
    if start >= now:
        raise SourceArgumentError(f"since={since} lies in the future; it is {now:%Y-%m-%d %H:%M} in Beijing now")
    if start >= end:
        raise SourceArgumentError(f"since={since} is not before until={until}")
    return Window(start, min(end, now), explicit=True)
