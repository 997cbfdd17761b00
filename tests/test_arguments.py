"""The spider arguments: what a run is asked for, and what is refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from newscrawler.channels import read_channels
from newscrawler.errors import SourceArgumentError
from newscrawler.window import read_window

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 15, 30, tzinfo=BEIJING)


def at(*parts: int) -> datetime:
    """A moment in Beijing."""
    return datetime(*parts, tzinfo=BEIJING)  # type: ignore[misc]  # an int too many would be a test's mistake


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-03-01", None, (at(2026, 3, 1), NOW)),
        ("2026-03-01", "2026-03-05", (at(2026, 3, 1), at(2026, 3, 6))),
        ("2026-03-01", "2026-03-01", (at(2026, 3, 1), at(2026, 3, 2))),
        ("2026-03-01 12:00", "2026-03-01 13:30", (at(2026, 3, 1, 12), at(2026, 3, 1, 13, 30))),
        ("2026-03-01", "2026-03-10", (at(2026, 3, 1), NOW)),
        ("2026-03-01", "2026-03-10 15:00", (at(2026, 3, 1), at(2026, 3, 10, 15))),
        ("昨天", "昨天", (at(2026, 3, 9), at(2026, 3, 10))),
        ("yesterday", None, (at(2026, 3, 9), NOW)),
        ("3天前", None, (at(2026, 3, 7), NOW)),
        ("3小时前", None, (at(2026, 3, 10, 12, 30), NOW)),
        ("2026年3月1日", "2026年3月2日", (at(2026, 3, 1), at(2026, 3, 3))),
    ],
)
def test_windows(since: str, until: str | None, expected: tuple[datetime, datetime]) -> None:
    """Bare dates are whole Beijing days, moments are exact, relative forms count from now."""
    window = read_window(since, until, now=NOW)
    assert window is not None
    assert (window.since, window.until) == expected
    assert window.explicit


def test_no_window() -> None:
    """Without arguments there is no window: the run continues."""
    assert read_window(None, None, now=NOW) is None


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-05", "2026-03-01"),
        ("2026-03-05 10:00", "2026-03-05 10:00"),
        (None, "2026-03-01"),
        ("2026-03-12", None),
        ("soon", None),
        ("2026-02-30", None),
        ("2026-03", None),
        ("2026-03-01", "whenever"),
        ("0001-01-01", None),
    ],
)
def test_refused_windows(since: str | None, until: str | None) -> None:
    """A reversed, unreadable or future window is refused in one line that names the argument."""
    with pytest.raises(SourceArgumentError) as refused:
        read_window(since, until, now=NOW)
    assert "\n" not in str(refused.value)
    assert "since" in str(refused.value) or "until" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("102,344", ["flash:102", "column:344"]),
        ("国内经济", ["column:350"]),
        ("CCJDD", ["column:344"]),
        ("100, 131，132", ["flash:100", "flash:131", "column:132"]),
        ("344,ccjdd,财经导读,344", ["column:344"]),
        ("99999", ["column:99999"]),
        ("央行:美联储,数据:美国", ["flash:119", "flash:126"]),
        ("晚间要闻,财经晚报", ["column:1205"]),
        ("column:120,flash:102", ["column:120", "flash:102"]),
    ],
)
def test_channels(text: str, expected: list[str]) -> None:
    """Ids, slugs and names are channels, each once, in the order asked; any number is an id."""
    assert read_channels(text) == expected


@pytest.mark.parametrize("text", ["", " , ", "美国", "国内精济", "-1", "３４４", "column:x", "344;345"])
def test_unknown_channels(text: str) -> None:
    """An unknown word, an ambiguous name or nothing at all is refused."""
    with pytest.raises(SourceArgumentError):
        read_channels(text)
