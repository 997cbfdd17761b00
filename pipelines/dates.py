"""Publication times: from what a page or an answer shows to a moment on the time line.

Exact forms come first, forms that count from the answer next; dateparser is the last resort and is imported only then.
No form fills one part of a date from another source: what names no day is refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from itemadapter import ItemAdapter

from pipelines.errors import InvalidDate
from pipelines.times.forms import BEIJING, DAY, EXACT, Form, Reading, aware, iso
from pipelines.times.relative import RELATIVE
from pipelines.times.text import MAX_CHARS, plain

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

_COUNTERS = {form: f"news/dates/{form}" for form in ("exact", "relative", "fallback")}
EARLIEST = datetime(1990, 1, 1, tzinfo=BEIJING)
FALLBACK_CHARS = 60
FORMS: tuple[Form, ...] = (iso, *EXACT, *RELATIVE)
# What stands behind a label of publication wins over what stands before it (更新时间：… 发布时间：…).
LABEL = re.compile(r"(?:发布|发表|刊发|出版)(?:时间|日期|于)?\s?:?\s?")
# 22-03-01 is three days to dateparser's languages.
TWO_DIGITS = re.compile(r"(?<!\d)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)", re.ASCII)
AGO_WORD = re.compile(r"前|\bago\b", re.IGNORECASE)
TIMED = re.compile(
    r"\d\s?[:时点]|\d\s?[hms]\b|\b(?:hours?|minutes?|mins?|seconds?|secs?|[ap]m|now)\b|小时|分|秒", re.IGNORECASE
)
INCOMPLETE = (
    (re.compile(r"\d{4}\s?(?:年|[-/.])\s?\d{1,2}\s?月?|\d{1,2}\s?月(?:份)?", re.ASCII), "names a month and no day"),
    (re.compile(r"\d{2,4}\s?年?", re.ASCII), "names a year and no day"),
    (re.compile(r"\d{1,2}\s?[日号](?:\s?\d{1,2}[:时点].*)?", re.ASCII), "names no month"),
    (re.compile(r"\D{0,6}\d{1,2}\s?[:时点][\d:时点分秒半整刻.\s]*(?:[AaPp][Mm])?", re.ASCII), "names no day"),
)


def _read(raw: str, now: datetime, *, typed: bool = False) -> Reading:
    """Read any known form; ValueError with the reason otherwise. The bounds are the caller's.

    What a user typed may also be a word such as `last week`; on a page it names no day.
    """
    if len(raw) > 10 * MAX_CHARS or len(text := raw.strip()) > MAX_CHARS:
        raise ValueError(f"{raw[:40]!r}… is {len(raw)} signs long: no date")
    reading = iso(text, now)
    if reading:
        return reading
    text = plain(text)
    if not text:
        raise ValueError("nothing is shown")
    label = LABEL.search(text)
    # A label at the end (3分钟前发布) labels what stands before it.
    if label and any(sign.isdigit() for sign in text[label.end() :]):
        text = text[label.end() :]
    for form in FORMS:
        reading = form(text, now)
        if reading:
            return reading
    for pattern, reason in INCOMPLETE:
        if pattern.fullmatch(text):
            raise ValueError(f"{text!r} {reason}")
    if TWO_DIGITS.search(text) or not (typed or any(sign.isdigit() for sign in text)):
        raise ValueError(f"{text[:60]!r} is no known form of a date")
    return _dateparser(text, now, relative=typed or bool(AGO_WORD.search(text)))


def _dateparser(text: str, now: datetime, *, relative: bool) -> Reading:
    """Ask dateparser, so guarded that it does not guess; ValueError when it knows nothing either.

    Args:
        text: from `plain`.
        now: aware, Asia/Shanghai; the moment relative texts count from.
        relative: whether it may count from `now`: `5分钟` alone is a duration.

    Returns:
        A reading of form `fallback`.

    Raises:
        ValueError: no known form.

    Source: measured with dateparser 1.5. Without REQUIRE_PARTS it completes a month with today's day and reads
    `05月06日 09:30` as a day in 2005; its parsers of numbers without separators guess as freely.
    """
    unknown = f"{text[:60]!r} is no known form of a date"
    if len(text) > FALLBACK_CHARS or not any(sign.isalnum() for sign in text):
        raise ValueError(unknown)
    import dateparser

    try:
        found = dateparser.parse(
            text,
            languages=["zh", "en"],
            settings={
                "TIMEZONE": "Asia/Shanghai",
                "TO_TIMEZONE": "Asia/Shanghai",
                "RETURN_AS_TIMEZONE_AWARE": True,
                "RELATIVE_BASE": now.replace(tzinfo=None),
                "REQUIRE_PARTS": ["year", "month", "day"],
                "PREFER_DATES_FROM": "past",
                "PARSERS": ["relative-time", "absolute-time"] if relative else ["absolute-time"],
            },
        )
    except Exception as error:
        raise ValueError(unknown) from error
    if found is None:
        raise ValueError(unknown)
    when = aware(found)
    return Reading(when, not TIMED.search(text), "fallback")


def _beijing(now: datetime) -> datetime:
    """Return the moment that is counted from, in Beijing, fractions cut; ValueError if it is naive or out of all time."""
    if now.tzinfo is None:
        raise ValueError("the moment of the answer has no zone")
    if not 1990 <= now.year < 9000:
        raise ValueError(f"the moment of the answer lies in the year {now.year}")
    return (now if now.tzinfo is BEIJING else now.astimezone(BEIJING)).replace(microsecond=0)


def _within(at: datetime, now: datetime) -> None:
    """Refuse what lies before 1990 or more than a day ahead."""
    if at < EARLIEST:
        raise ValueError(f"{at:%Y-%m-%d} is before 1990")
    if at > now + DAY:
        raise ValueError(f"{at:%Y-%m-%d %H:%M:%S} is more than a day after {now:%Y-%m-%d %H:%M:%S}")


def read_published(raw: str, *, crawled_at: datetime) -> Reading:
    """Like `parse_published`, with the form that was read (`exact`, `relative`, `fallback`) beside the moment."""
    now = _beijing(crawled_at)
    reading = _read(raw, now)
    _within(reading.at, now)
    return reading


def parse_published(raw: str, *, crawled_at: datetime) -> datetime:
    """Place a date text of a Chinese news page on the time line.

    Args:
        raw: text as shown, e.g. `2024年05月06日 09:30`, `10分钟前`, `发布时间：昨天 22:15`; Beijing time unless it names a
            zone (`CST` is China's).
        crawled_at: aware; the moment of the answer, from which relative texts count.

    Returns:
        Aware datetime in Asia/Shanghai, to the second. A day without a time is its midnight; 晚上12点 and 24:00 are the
        next day's. Without a year: the latest such day that is at most a day after the answer. A weekday: the latest
        one not after the answer. N天前 is N times 24 hours before it.

    Raises:
        ValueError: nothing shown, no known form, a part missing, no such day or time, two possible readings, before
            1990, or more than a day after `crawled_at`; the message says which.

    Source: the forms that East Money's answers and pages, finews' posts and other Chinese news pages show.
    """
    return read_published(raw, crawled_at=crawled_at).at


def parse_moment(raw: str, *, now: datetime) -> tuple[datetime, bool]:
    """Read a moment that a user typed (`since`, `until`).

    Args:
        raw: any form that `parse_published` knows, e.g. `2022-03-01`, `昨天`, `yesterday`, `3天前`, `3小时前`.
        now: aware; the moment relative texts count from.

    Returns:
        The moment in Asia/Shanghai and whether the text named a whole day; then the moment is that day's start.

    Raises:
        ValueError: as `parse_published`: from 1990 to a day after `now`.
    """
    base = _beijing(now)
    at, whole_day, _ = _read(raw, base, typed=True)
    if whole_day:
        at = at.replace(hour=0, minute=0, second=0)
    _within(at, base)
    return at, whole_day


class NormalizeDate:
    """Give an article its publication time.

    **Reads** published_raw, crawled_at, source, article_id. **Writes** published_at (aware, Asia/Shanghai).
    **Drops** InvalidDate: what is shown is no time that can be trusted; the moment of the crawl never stands in.
    **Stats** news/dates/exact, news/dates/relative, news/dates/fallback, news/dates/refused.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self.count = stats.inc_value

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the crawler's stats."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(crawler.stats)

    def process_item(self, item: Any) -> Any:
        """Set published_at, or refuse the article."""
        fields = ItemAdapter(item)
        raw = fields.get("published_raw")
        try:
            reading = read_published("" if raw is None else str(raw), crawled_at=fields["crawled_at"])
        except ValueError as error:
            self.count("news/dates/refused")
            raise InvalidDate(f"{fields['source']}:{fields['article_id']}: published_raw: {error}") from error
        self.count(_COUNTERS[reading.form])
        fields["published_at"] = reading.at
        return item
