"""The forms of dates on Chinese news pages, each a pattern and a rule.

A form gets the text from `times.text.plain` and the moment it counts from, and answers with a `Reading`, with None (not
this form) or with ValueError (this form, and wrong: another form must not get to guess at it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipelines.times.text import Clock, clock_after, clock_before

BEIJING = ZoneInfo("Asia/Shanghai")
SKEW = timedelta(minutes=10)
"""How far a page's clock may run ahead of ours before 周一 09:30 means last week's Monday."""
DAY = timedelta(days=1)
WEST, EAST = timedelta(hours=-12), timedelta(hours=14)


class Reading(NamedTuple):
    """A moment and how it was shown."""

    at: datetime
    """Aware, Asia/Shanghai, to the second."""
    whole_day: bool
    """The text named a day and no time of day."""
    form: str
    """`exact` (the text alone), `relative` (counted from the answer) or `fallback` (dateparser)."""


Form = Callable[[str, datetime], Reading | None]

# Zones of RFC 2822; CST is China's, see `times.text`. Hours from UTC.
ZONES = {
    "CST": 8,
    "BJT": 8,
    "HKT": 8,
    "JST": 9,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

YMD = re.compile(
    r"(?<![\d.])(?P<year>\d{4}|\d{2}(?=\s?年))\s?(?:年|[-/.\s])\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})(?!\d)\s?[日号]?",
    re.ASCII,
)
COMPACT = re.compile(
    r"(?<![\w.-])((?:19|20)\d\d)(\d\d)(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,:]?\d{3,6})?)?)?(?![\d.])", re.ASCII
)
DAY_MONTH_YEAR = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?![\d./-])", re.ASCII)
MONTH_WORD = rf"(?P<month>{'|'.join(MONTHS)})[a-z]{{0,6}}\.?"
ENGLISH = (
    re.compile(
        rf"(?<![\d\w])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{MONTH_WORD},?[ -](?P<year>\d{{4}})(?!\d)",
        re.IGNORECASE | re.ASCII,
    ),
    re.compile(
        rf"(?<![\d\w]){MONTH_WORD} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})(?!\d)",
        re.IGNORECASE | re.ASCII,
    ),
    # Java and C: Tue Mar 01 12:19:03 CST 2022
    re.compile(
        rf"(?<![\d\w]){MONTH_WORD} (?P<day>\d{{1,2}}) (?P<time>\d{{1,2}}:\d\d:\d\d(?: [A-Z]{{2,4}}(?:[+-]\d\d:\d\d)?)?) "
        r"(?P<year>\d{4})(?!\d)",
        re.IGNORECASE | re.ASCII,
    ),
)
STAMP = re.compile(r"(\d{9,10}|\d{12,13}|\d{15,16})(?:\.\d{1,9})?", re.ASCII)


@lru_cache(maxsize=128)
def zone_of(name: str) -> tzinfo:
    """Read a zone as written after a time; empty is Beijing.

    Args:
        name: `Z`, `+0800`, `UTC+8`, `GMT`, `CST` and the like.

    Returns:
        The zone.

    Raises:
        ValueError: no zone of the earth.
    """
    if not name:
        return BEIJING
    word, sign, digits = re.fullmatch(r"([A-Za-z]*)\s?([+-]?)([\d:]*)", name, re.ASCII).groups()  # type: ignore[union-attr]
    if not sign:
        return timezone(timedelta(hours=ZONES.get(word.upper(), 0)))
    digits = digits.replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    return timezone(_on_earth(offset))


def _on_earth(offset: timedelta) -> timedelta:
    """Return the offset if clocks somewhere show it, else ValueError."""
    if not WEST <= offset <= EAST:
        raise ValueError(f"no clock is {offset} from UTC")
    return offset


def _year(year: int) -> int:
    """Refuse years that no arithmetic should be done with; the exact bounds are the caller's."""
    if year < 1990:
        raise ValueError(f"the year {year} is before 1990")
    if year > 9000:
        raise ValueError(f"the year {year} is no year of news")
    return year


def aware(when: datetime) -> datetime:
    """Place a datetime, with or without zone, in Beijing, fractions cut; ValueError for impossible years and zones."""
    if when.tzinfo is None:
        return when.replace(year=_year(when.year), microsecond=0, tzinfo=BEIJING)
    offset = when.utcoffset()
    if offset is not None:
        _on_earth(offset)
    # A zone can move the last evening of 1989 into 1990, not more.
    _year(when.year + 1)
    return when.astimezone(BEIJING).replace(microsecond=0)


def place(day: date, clock: Clock | None, form: str) -> Reading:
    """Put a day and the time shown beside it together; no time is midnight of a whole day."""
    if clock is None:
        return Reading(datetime(day.year, day.month, day.day, tzinfo=BEIJING), True, form)
    when = datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=BEIJING)
    if clock.day:
        when += DAY
    return Reading(aware(when.replace(tzinfo=zone_of(clock.zone))) if clock.zone else when, False, form)


def calendar_day(year: int, month: int, day: int) -> date:
    """Return the day, or ValueError naming what was shown."""
    try:
        return date(_year(year), month, day)
    except ValueError as error:
        if year < 1990 or year > 9000:
            raise
        raise ValueError(f"{year}-{month}-{day} is no day") from error


def iso(text: str, now: datetime) -> Reading | None:  # noqa: ARG001 - every form has the same shape
    """Read `2022-03-01`, `2022-03-01 12:19:03`, with T, fractions, offset or Z: the cheapest way, and nearly all news."""
    # fromisoformat takes more than these, and other texts in every Python: 12.19 is an hour to it.
    if text[4:5] != "-" or text[7:8] != "-":
        return None
    if len(text) != 10 and (
        text[10:11] not in (" ", "T") or text[13:14] != ":" or text[16:17] not in ("", ":", "Z", "+", "-")
    ):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Reading(aware(when), len(text) == 10, "exact")


def stamp(text: str, now: datetime) -> Reading | None:  # noqa: ARG001
    """Read unix seconds, milliseconds or microseconds: digits and nothing else."""
    match = STAMP.fullmatch(text)
    if not match:
        return None
    digits = match[1]
    if len(digits) == 12 and COMPACT.fullmatch(digits):
        return None
    seconds = int(digits) // {0: 1, 1: 1000, 2: 1_000_000}[(len(digits) - 9) // 3]
    return Reading(datetime.fromtimestamp(seconds, BEIJING), False, "exact")


def year_month_day(text: str, now: datetime) -> Reading | None:
    """Read `2022年3月1日`, `2022/3/1`, `2022.3.1`, `2022 03/01`, `22年3月1日`, with the time after or before it."""
    match = YMD.search(text)
    if not match:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if 2000 + year <= now.year + 1 else 1900
    day = calendar_day(year, int(match["month"]), int(match["day"]))
    return place(day, clock_after(text, match.end()) or clock_before(text, match.start()), "exact")


def compact(text: str, now: datetime) -> Reading | None:  # noqa: ARG001
    """Read `20261122`, `202611221030`, `20261122103005`, `20261122T103005`."""
    match = COMPACT.search(text)
    if not match:
        return None
    day = calendar_day(int(match[1]), int(match[2]), int(match[3]))
    if match[4] is None:
        return place(day, clock_after(text, match.end()), "exact")
    return place(day, clock_after(f"{match[4]}:{match[5]}:{match[6] or '00'}{text[match.end() :]}", 0), "exact")


def english(text: str, now: datetime) -> Reading | None:  # noqa: ARG001
    """Read RFC 2822, `March 1, 2022 12:19 PM`, `1-Mar-2022`, and what Java and C print."""
    for pattern in ENGLISH:
        match = pattern.search(text)
        if match:
            month = MONTHS.index(match["month"].lower()) + 1
            day = calendar_day(int(match["year"]), month, int(match["day"]))
            shown = match.groupdict().get("time")
            if shown:
                return place(day, clock_after(shown, 0), "exact")
            return place(day, clock_after(text, match.end()) or clock_before(text, match.start()), "exact")
    return None


def day_month_year(text: str, now: datetime) -> Reading | None:  # noqa: ARG001
    """Read `25/12/2022` and `12/25/2022`; ValueError for `03/01/2022`, which is March or January."""
    match = DAY_MONTH_YEAR.search(text)
    if not match:
        return None
    first, second = int(match[1]), int(match[3])
    if first <= 12 and second <= 12 and first != second:
        raise ValueError(f"{match[0]} is two days: which number is the month?")
    month, day = (second, first) if first > 12 else (first, second)
    return place(calendar_day(int(match[4]), month, day), clock_after(text, match.end()), "exact")


EXACT: tuple[Form, ...] = (stamp, year_month_day, compact, english, day_month_year)
