"""What is shown as covered and as missing, in the table and on the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from newscrawler.coverage import Channel, Gap, gaps
from newscrawler.coverage_page import calendars, days, draw, page
from newscrawler.walk import SETTLE
from pipelines.store.base import Reach

NOW = datetime(2026, 3, 20, 8, tzinfo=UTC)
HOSTILE = "column:</script><script>alert(1)</script>&<b>"


def at(day: int, hour: int = 0) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def back_to(day: int) -> Reach:
    """A note that a list went back to that day only."""
    return Reach("column:344", at(day), at(1), NOW)


@pytest.mark.parametrize(
    ("asked", "covered", "reach", "expected"),
    [
        ([], [], None, []),
        ([(at(1), at(5))], [(at(1), at(5))], None, []),
        ([(at(1), at(5))], [(at(2), at(3))], None, [(at(1), at(2), True), (at(3), at(5), True)]),
        # two windows that overlap are asked for once
        ([(at(1), at(5)), (at(4), at(6))], [(at(1), at(4))], None, [(at(4), at(6), True)]),
        # the everyday runs' interval ends now, less what has not settled
        ([(at(19), None)], [(at(19), NOW - SETTLE)], None, []),
        ([(at(19), None)], [(at(19), at(20))], None, [(at(20), NOW - SETTLE, True)]),
        # a window that ended just now has not settled either
        ([(at(19), NOW)], [(at(19), NOW - SETTLE)], None, []),
        # how far a first run goes back is a wish
        ([(at(10), None)], [(at(12), NOW - SETTLE)], back_to(12), []),
        # a window that somebody asked for is none: what the source no longer lists is named
        ([(at(1), at(5))], [(at(3), at(5))], back_to(3), [(at(1), at(3), False)]),
        ([(at(1), at(5))], [(at(4), at(5))], back_to(3), [(at(1), at(3), False), (at(3), at(4), True)]),
    ],
)
def test_gaps(asked: Any, covered: Any, reach: Reach | None, expected: list[tuple[datetime, datetime, bool]]) -> None:
    """A gap is what was asked for, has settled and is not covered; what the source lists no more is told apart."""
    assert gaps(asked, covered, reach, NOW) == [Gap(*gap) for gap in expected]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (at(1, 16), at(2, 16), [(2, "whole day")]),
        (at(1, 15), at(2, 17), [(1, "23:00-24:00"), (2, "whole day"), (3, "00:00-01:00")]),
        (at(2), at(2, 1), [(2, "08:00-09:00")]),
        (at(2), at(2), []),
    ],
)
def test_days_of_an_interval(since: datetime, until: datetime, expected: list[tuple[int, str]]) -> None:
    """An interval is cut at Beijing's midnights, and each day says which part of it is meant."""
    assert list(days((since, until))) == [(date(2026, 3, day), text) for day, text in expected]


def channels() -> tuple[list[Channel], dict[str, list[tuple[str, date, int]]]]:
    """Two channels, one with a name that attacks; and articles over a turn of the year."""
    named = Channel(
        "eastmoney",
        "column:344",
        [(datetime(2025, 12, 30, 16, tzinfo=UTC), at(1)), (at(5), at(8))],
        [Gap(at(1), at(5), listed=True), Gap(datetime(2019, 1, 1, tzinfo=UTC), datetime(2019, 2, 1, tzinfo=UTC), listed=False)],
        Reach("column:344", datetime(2019, 2, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC), NOW),
    )  # fmt: skip
    hostile = Channel("eastmoney", HOSTILE, [], [Gap(at(2), at(3), listed=True)], None)
    counts = [("column:344", date(2025, 12, 31) + timedelta(days=2 * number), 3 + number) for number in range(20)]
    counts += [(HOSTILE, date(2026, 1, 3), 1), ("flash:102", date(2026, 1, 4), 9)]
    return [named, hostile], {"eastmoney": counts}


def test_calendars() -> None:
    """Articles, covered days and gaps stand in their year; a year of which nothing is stored has no calendar."""
    asked, counts = channels()
    years = calendars(asked, counts)
    assert set(years) == {2025, 2026}
    shown = {(calendar.channel.channel, day): count for year in years.values() for calendar in year for day, count in calendar.counts.items()}  # fmt: skip
    assert shown == {(channel, day): count for channel, day, count in counts["eastmoney"]}
    first = years[2026][0]
    assert date(2026, 2, 15) in first.covered
    assert sorted(first.gaps) == [date(2026, 3, day) for day in range(1, 6)]
    assert first.gaps[date(2026, 3, 1)] == ["08:00-24:00"]
    assert first.gaps[date(2026, 3, 3)] == ["whole day"]


def test_one_cell_a_day_with_articles() -> None:
    """A year's plot has as many cells as its channels have days with articles, each on its day, and a mark on each day with a gap."""
    asked, counts = channels()
    for number, year in calendars(asked, counts).items():
        figure = draw(year, number)
        cells = {}
        for trace in figure.data:
            if trace.name == "articles":
                for amounts, dates in zip(trace.z, trace.customdata, strict=True):
                    for amount, day in zip(amounts, dates, strict=True):
                        if amount is not None:
                            cells[len(cells), day] = amount
        expected = [(str(day), amount) for _, day, amount in counts["eastmoney"] if day.year == number]
        assert sorted((day, amount) for (_, day), amount in cells.items()) == sorted(expected)
        marks = [mark for trace in figure.data if trace.name == "gaps" for mark in trace.text]
        assert len(marks) == sum(len(calendar.gaps) for calendar in year)


class Loads(HTMLParser):
    """Collects what a page would load, and its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        given = dict(attrs)
        self.loads += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href", "action", "data")]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(given["content"])

    def handle_data(self, data: str) -> None:
        """Note a text outside of scripts and styles."""
        if self.tags[-1:] not in (["script"], ["style"]):
            self.texts.append(data)


def test_the_page_loads_nothing() -> None:
    """The page has its library inside, refers to nothing, and forbids the browser every request."""
    asked, counts = channels()
    html = page(asked, counts, NOW)
    found = Loads()
    found.feed(html)
    assert found.loads == ["link href=data:,"]  # an empty icon, so that no browser asks for one
    assert found.policy.startswith("default-src 'none';")
    assert "http" not in found.policy
    assert "plotly.js v" in html
    assert 'name="viewport"' in html


def test_names_on_the_page_are_text() -> None:
    """A channel whose name is markup, or ends a script, is shown as it is written and runs nowhere."""
    asked, counts = channels()
    quiet = Loads()
    quiet.feed(page([], {"eastmoney": counts["eastmoney"][:20]}, NOW))
    found = Loads()
    html = page(asked, counts, NOW)
    found.feed(html)
    assert found.tags.count("script") == quiet.tags.count("script") > 0
    assert "b" not in found.tags
    assert HOSTILE not in html
    assert f"eastmoney {HOSTILE}" in "".join(found.texts)


def test_an_empty_store_has_a_page() -> None:
    """Where nothing was asked for the page says so."""
    html = page([], {}, NOW)
    assert "Nothing was asked for yet" in html
    assert "<p>None.</p>" in html
