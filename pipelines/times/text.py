"""One spelling for date texts, and the times of day in them.

`plain` brings widths, traditional signs and Chinese numerals to one form, so that every pattern of `times.forms` has to
know one spelling only. `clock_after` and `clock_before` read the time of day beside a date.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MAX_CHARS = 200
"""No page shows a date in more; a longer text is not looked at."""

# Traditional to simplified, and signs that only look like an ASCII one. Invisible signs go.
SPELLINGS = str.maketrans(
    "時點鐘號週禮後剛個兩發佈來間淩裡裏內於無‐‑‒–—―−∶〜・",
    "时点钟号周礼后刚个两发布来间凌里里内于无-------:~·",
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\u00ad\0",
)
DIGITS = str.maketrans("〇零○一二两三四五六七八九", "0001223456789")
SCALES = {"十": 10, "百": 100, "千": 1000}
# Only numerals that a unit follows: 周一, 第一财经 and 三联生活周刊 are no numbers.
NUMERALS = re.compile(
    r"(?<![周期拜第])[〇零○一二两三四五六七八九十百千廿卅]{1,10}"
    r"(?=\s?(?:年|月|[日号](?!报)|时|点|分(?!析)|秒|天|个|小时|刻|周前|周之|周以|星期前|礼拜前))"
)


def plain(raw: str) -> str:
    """Bring a date text to one spelling.

    Args:
        raw: any text of at most MAX_CHARS signs.

    Returns:
        Half-width, simplified, Arabic numerals before units, single spaces.
    """
    if raw.isascii():
        return " ".join(raw.replace("\0", "").split())
    text = unicodedata.normalize("NFKC", raw.translate(SPELLINGS))
    return NUMERALS.sub(_number, " ".join(text.split()))


def _number(match: re.Match[str]) -> str:
    """Write Chinese numerals in digits: sign by sign (二〇二二) or by value (二十三)."""
    signs = match[0]
    digits = signs.translate(DIGITS)
    if digits.isdecimal():
        return digits
    total, count = 0, 0
    for sign in digits.replace("廿", "2十").replace("卅", "3十"):
        if sign in SCALES:
            # 十二 is twelve: no count before the first scale is one.
            total += (count or (0 if total else 1)) * SCALES[sign]
            count = 0
        else:
            count = int(sign)
    return str(total + count)


class Clock(NamedTuple):
    """A time of day as shown."""

    day: int
    """1 where the moment lies on the next day (24:00, 晚上12点), else 0."""
    hour: int
    minute: int
    second: int
    zone: str
    """Zone as written, empty for none."""


MORNING = ("凌晨", "清晨", "早晨", "早上", "早间", "上午", "早", "晨")
NOON = ("中午", "正午", "午间")
AFTERNOON = ("下午", "午后", "傍晚")
NIGHT = ("晚上", "晚间", "夜晚", "夜里", "夜间", "深夜", "半夜", "午夜", "子夜", "晚", "夜")
PERIODS = "|".join(MORNING + NOON + AFTERNOON + NIGHT)
HALVES = r"[AaPp]\.?[Mm](?![A-Za-z])\.?"
# CST on a Chinese page is China's standard time (Java prints it), never the American one.
ZONE = (
    r"(?:\s?(?P<zone>(?:UTC|GMT)\s?[+-]\d{1,2}(?::?\d{2})?|[+-]\d{2}:?\d{2}(?!\d)|[Zz]|UTC|GMT|UT|CST|HKT|BJT|EST|EDT"
    r"|CDT|MST|MDT|PST|PDT|JST)(?![A-Za-z\d])|(?P<near>[+-]\d{2})(?![\d:]))?"
)
TIME = (
    rf"(?:(?P<period>{PERIODS}|{HALVES})\s?)?(?<![\d+])(?P<hour>\d{{1,2}})\s?"
    r"(?::\s?(?P<minute>\d{1,2})(?:\s?:\s?(?P<second>\d{1,2})(?:[.,:]\d{1,9})?)?"
    r"|[时点](?:\s?(?P<minute_zh>\d{1,2})\s?分(?:\s?(?P<second_zh>\d{1,2})\s?秒)?|(?P<half>半)|\s?(?P<quarter>[13])\s?刻"
    r"|(?P<minute_bare>\d{1,2})(?=[\s),;\]]|$))?)"
    rf"(?!\d)(?:\s?(?P<half_day>{HALVES}|(?:{PERIODS})(?=$|[\s),;\]])))?" + ZONE
)
AFTER = re.compile(r"\D{0,24}?" + TIME, re.ASCII)
BEFORE = re.compile(TIME + r"\s?[,，]?\s?$", re.ASCII)
# 12, 12:, 12.19, 12h19 and -12-19-03: a time that must not silently become midnight.
BROKEN = re.compile(r"[\s_-]?T?\s?\d{1,2}\s?(?:[:h]|$|[.-]\d)", re.ASCII)


def clock_after(text: str, start: int) -> Clock | None:
    """Read the time of day that follows a date.

    Args:
        text: from `plain`.
        start: where the date ended; up to 24 signs without a digit may stand between.

    Returns:
        The time, or None where none is shown.

    Raises:
        ValueError: something that begins like a time and is none.
    """
    match = AFTER.match(text, start)
    if match:
        return _clock(match)
    if BROKEN.match(text, start):
        raise ValueError(f"{text[start : start + 12]!r} is no time of day")
    return None


def clock_before(text: str, end: int) -> Clock | None:
    """Read the time of day that stands directly before a date; otherwise like `clock_after`."""
    match = BEFORE.search(text, max(0, end - 40), end)
    return _clock(match) if match else None


def _clock(match: re.Match[str]) -> Clock:
    """Make a time of day of a match of TIME; ValueError for 25:00 and the like."""
    period, shown, minutes, seconds, minutes_zh, seconds_zh, half, quarter, minutes_bare, half_day, zone, near = (
        match.groups()
    )
    minute = 30 if half else 15 * int(quarter) if quarter else int(minutes or minutes_zh or minutes_bare or 0)
    second = int(seconds or seconds_zh or 0)
    period = period or half_day
    # A clock's 上午 12:19 follows midnight (so do AM and PM), a person's 上午12点 is noon.
    day, hour = _hour(period, int(shown), clock=bool(minutes)) if period else (0, int(shown))
    if hour == 24 and not minute and not second:
        day, hour = 1, 0
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{match[0].strip()[-40:]!r} is no time of day")
    return Clock(day, hour, minute, second, zone or near or "")


def _hour(period: str, hour: int, *, clock: bool) -> tuple[int, int]:
    """Read an hour with its part of the day: (days to add, hour of 24); ValueError where the two contradict."""
    if period.isascii():
        period = "上午" if period[0] in "Aa" else "下午"
    if hour == 12 and period == "上午" and not clock:
        return 0, 12
    if period in MORNING:
        allowed, moved = hour <= 12, hour % 12
    elif period in NOON:
        allowed, moved = 10 <= hour <= 14 or 1 <= hour <= 2, hour + 12 if hour <= 2 else hour
    elif period in AFTERNOON:
        allowed, moved = hour <= 23, hour + 12 if hour < 12 else hour
    elif hour in (12, 24):
        return 1, 0
    else:
        # 晚上1点 is the next day to one reader and this day to the other.
        allowed, moved = 5 <= hour <= 23, hour + 12 if hour < 12 else hour
    if not allowed:
        raise ValueError(f"{period}{hour} names no hour")
    return 0, moved
