"""Forms that count from the moment of the answer: 3分钟前, 昨天 22:15, 周一 09:30, 03月01日 12:19."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from pipelines.times.forms import DAY, SKEW, Form, Reading, place
from pipelines.times.text import PERIODS, Clock, clock_after

SECONDS = {"秒": 1, "分": 60, "刻": 900, "时": 3600, "天": 86400, "周": 7 * 86400}
# By the first sign that tells the unit; months and years are calendar arithmetic.
UNITS = {
    "秒钟": "秒", "秒": "秒", "分钟": "分", "分": "分", "刻钟": "刻", "刻": "刻", "小时": "时", "钟头": "时",
    "天": "天", "日": "天", "周": "周", "星期": "周", "礼拜": "周", "个月": "月", "年": "年",
    "second": "秒", "sec": "秒", "minute": "分", "min": "分", "hour": "时", "hr": "时", "day": "天", "week": "周",
    "month": "月", "year": "年", "h": "时", "d": "天", "w": "周", "m": "分", "s": "秒",
}  # fmt: skip
UNIT_ZH = "|".join(unit for unit in UNITS if not unit.isascii())
UNIT_EN = "|".join(unit for unit in UNITS if unit.isascii())
PART = rf"(?P<count>\d{{1,6}}(?:\.\d{{1,3}})?|半)\s?(?:个(?!月)\s?)?(?P<half>半\s?)?(?P<unit>{UNIT_ZH})"
PARTS = re.compile(PART, re.ASCII)
ONE_PART = re.sub(r"\?P<\w+>", "?:", PART)
AGO = re.compile(rf"(?<![\d.年月日])(?P<parts>(?:{ONE_PART}\s?){{1,4}})(?:之|以)?前(?![瞻景往沿列])", re.ASCII)
AGO_EN = re.compile(rf"(?<![\w.])(?P<count>\d{{1,6}}|an?|one)\s?(?P<unit>{UNIT_EN})s?\sago\b", re.IGNORECASE | re.ASCII)
NOW = re.compile(
    r"刚刚|刚才|方才|[几数]秒(?:钟)?(?:之|以)?前|^刚$|\bjust now\b|\b(?:few seconds|moments?) ago\b|^now$",
    re.IGNORECASE | re.ASCII,
)
NAMED_DAYS = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨": -1, "今天": 0, "今日": 0, "今": 0,
    "明天": 1, "明日": 1, "day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1,
}  # fmt: skip
# 今日头条 and 周一见 are no days: what follows must be able to follow one.
DAY_ENDS = rf"(?=$|[\s\d,:;()\[\]|·-]|(?:{PERIODS})|发布|更新)"
NAMED_DAY = re.compile(
    rf"(?P<word>(?:大前天|前天|前日|昨天|昨日|今天|今日|明天|明日){DAY_ENDS}|[昨今](?=[早晚晨夜])"
    r"|\b(?:day before yesterday|yesterday|today|tomorrow)\b)",
    re.IGNORECASE | re.ASCII,
)
WEEKDAY = re.compile(
    rf"(?P<week>上|本|这)?个?(?:周|星期|礼拜)(?:(?P<day>[一二三四五六日天]){DAY_ENDS}|(?P<number>[1-7])(?!\d))",
    re.ASCII,
)
WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
MONTH_DAY = re.compile(r"(?<![\d/.:-])(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})(?!\d)\s?[日号]?", re.ASCII)
MONTH_DAY_SIGN = re.compile(r"(?<![\w/.:-])(?P<month>\d{1,2})(?P<sign>[-/.])(?P<day>\d{1,2})(?![\d/.:-])", re.ASCII)
NAMED_YEAR = re.compile(r"(今年|去年|前年)\s?(?=\d{1,2}\s?月)", re.ASCII)


def just_now(text: str, now: datetime) -> Reading | None:
    """Read 刚刚, 刚才, 几秒前: the moment of the answer."""
    return Reading(now, False, "relative") if NOW.search(text) else None


def months_before(day: date, months: int) -> date:
    """Go back by calendar months, to the month's last day where it is shorter; ValueError before 1990."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1990:
        raise ValueError(f"{months} months before {day} is before 1990")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def ago(text: str, now: datetime) -> Reading | None:
    """Read N秒前, N分钟前, 半小时前, 1个半小时前, 1小时30分钟前, N天前, N个月前, `3 days ago`."""
    match = AGO.search(text)
    found = [(p["count"], bool(p["half"]), p["unit"]) for p in PARTS.finditer(match["parts"])] if match else []
    if match is None:
        match = AGO_EN.search(text)
        if match is None:
            return None
        found = [(match["count"], False, match["unit"].lower())]
    seconds, months, coarse = 0.0, 0.0, True
    for shown, half, word in found:
        count = (0.5 if shown == "半" else float(shown) if shown[0].isdigit() else 1.0) + (0.5 if half else 0)
        unit = UNITS[word]
        if unit in "月年":
            months += count * (12 if unit == "年" else 1)
        else:
            seconds += count * SECONDS[unit]
        coarse = coarse and unit in "天周月年"
    whole = int(months)
    # Half a month is fifteen days.
    seconds += (months - whole) * 30 * 86400
    if seconds > 40_000 * 86400:
        raise ValueError(f"{match[0][:40]!r} is before 1990")
    when = datetime.combine(months_before(now.date(), whole), now.timetz()) - timedelta(seconds=int(seconds))
    clock = clock_after(text, match.end()) if coarse else None
    return (
        place(when.date(), clock, "relative") if clock else Reading(when, coarse and seconds % 86400 == 0, "relative")
    )


def named_day(text: str, now: datetime) -> Reading | None:
    """Read 今天, 昨天 22:15, 昨晚11点, 前日, 大前天, `yesterday`."""
    match = NAMED_DAY.search(text)
    if not match:
        return None
    day = now.date() + timedelta(days=NAMED_DAYS[match["word"].lower()])
    return place(day, clock_after(text, match.end()), "relative")


def latest(days: list[date], clock: Clock | None, bound: datetime) -> Reading | None:
    """Return the first of `days`, newest first, that is not after `bound`."""
    for day in days:
        reading = place(day, clock, "relative")
        if reading.at <= bound:
            return reading
    return None


def weekday(text: str, now: datetime) -> Reading | None:
    """Read 周一 09:30, 星期天: the latest such weekday not after the answer; 上周三: that of last week."""
    match = WEEKDAY.search(text)
    if not match:
        return None
    wanted = WEEKDAYS[match["day"]] if match["day"] else int(match["number"]) - 1
    monday = now.date() - timedelta(days=now.weekday())
    clock = clock_after(text, match.end())
    if clock is None and any(sign.isdigit() for sign in text[match.end() :]):
        # 周二 3日: a part of a date that would not be looked at.
        return None
    if match["week"]:
        return place(monday + timedelta(days=wanted - (7 if match["week"] == "上" else 0)), clock, "relative")
    this = monday + timedelta(days=wanted)
    return latest([this - timedelta(weeks=back) for back in range(3)], clock, now + SKEW)


def month_day(text: str, now: datetime) -> Reading | None:
    """Read 03月01日 12:19, 3-1 12:19, 去年12月31日: without a year the latest such day, a day of tolerance ahead."""
    text = NAMED_YEAR.sub(lambda match: f"{now.year - '今去前'.index(match[1][0])}年", text)
    match = MONTH_DAY.search(text)
    if match is None:
        match = MONTH_DAY_SIGN.search(text)
        if match is None:
            return None
        clock = clock_after(text, match.end())
        # 3-1 alone is a day only where nothing else is said, and 3.1 not even then.
        if clock is None and (match[0] != text or match["sign"] == "."):
            return None
    else:
        clock = clock_after(text, match.end())
    before = text[: match.start()].rstrip()
    shown = re.search(r"(\d*)年$", before, re.ASCII)
    if not shown and re.search(r"(?:19|20)\d\d\s?年", before, re.ASCII):
        raise ValueError(f"{text[:60]!r} names a year apart from its day")
    month, day = int(match["month"]), int(match["day"])
    years = [int(shown[1] or 0)] if shown else list(range(now.year + 1, now.year - 9, -1))
    if shown and not 1990 <= years[0] <= 9000:
        raise ValueError(f"{shown[0]} is no year of news")
    days = [date(year, month, day) for year in years if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]]
    if not days:
        raise ValueError(f"{match[0].strip()!r} is no day")
    if shown:
        return place(days[0], clock, "relative")
    return latest(days, clock, now + DAY)


RELATIVE: tuple[Form, ...] = (month_day, ago, just_now, named_day, weekday)
