"""What may be asked, and how an outcome is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scrapy.http import Response
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from newscrawler.mirror import mirror_address
from newscrawler.outcome import decide
from newscrawler.politeness import allowed, retry_after
from newscrawler.tally import Tally
from pipelines.errors import SettingError

DOMAINS = ["eastmoney.com", "dfcfw.com"]


@pytest.fixture
def stats() -> StatsCollector:
    """A real collector."""
    return StatsCollector(get_crawler())


@pytest.mark.parametrize(
    "url",
    [
        "https://np-listapi.eastmoney.com/comm",
        "http://eastmoney.com/",
        "https://finance.eastmoney.com:443/a/1.html",
        "http://finance.eastmoney.com:80/",
        "https://FINANCE.EastMoney.com./",
        "https://pdf.dfcfw.com/pdf/x.pdf",
    ],
)
def test_allowed(url: str) -> None:
    """The source's own hosts may be asked, on their default ports."""
    assert allowed(url, DOMAINS)


@pytest.mark.parametrize(
    "url",
    [
        "https://eastmoney.com.evil.example/",
        "https://evileastmoney.com/",
        "https://eastmoney.com@evil.example/",
        "https://user:pass@eastmoney.com/",
        "https://eastmoney.com:8443/",
        "http://eastmoney.com:443/",
        "ftp://eastmoney.com/",
        "file:///etc/hosts",
        "data:text/plain,x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://eastmoney.com:99999/",
        "https:///x",
        "",
    ],
)
def test_not_allowed(url: str) -> None:
    """Anything else is not: other hosts, ports, schemes, and addresses with user-info."""
    assert not allowed(url, DOMAINS)


def test_retry_after() -> None:
    """Retry-After is read as seconds or as a date; nonsense is nothing."""
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert retry_after(Response("http://x", headers={"Retry-After": "120"})) == 120
    wait = retry_after(Response("http://x", headers={"Retry-After": soon}))
    assert wait is not None
    assert 3300 < wait <= 3600
    assert retry_after(Response("http://x", headers={"Retry-After": "soon"})) is None
    assert retry_after(Response("http://x")) is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "https://mirror.example/cache/", ""])
def test_mirror_addresses(address: str) -> None:
    """A mirror is an http address, with or without a path; nothing is no mirror."""
    assert mirror_address(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "ftp://x", "http://", "http://u:p@x", "http://x?y", "http://x:port"]
)
def test_refused_mirrors(address: str) -> None:
    """Anything else is refused."""
    with pytest.raises(SettingError, match="NEWS_MIRROR"):
        mirror_address(address)


def _gap(tally: Tally) -> None:
    tally.gaps.append("column:344 reached back to 2026-03-01 00:00")


def _pending(tally: Tally) -> None:
    tally.left_pending = 1
    tally.count("listed")
    tally.count("pending")


def _refused(tally: Tally) -> None:
    tally.refused = "403"


def _layout(tally: Tally) -> None:
    tally.layout = "no array"


def _store(tally: Tally) -> None:
    tally.store_failed = "gone"


def _bug(tally: Tally) -> None:
    tally.bug("KeyError")


STEPS: list[tuple[Callable[[Tally], None], int]] = [
    (_pending, 3),
    (_gap, 3),
    (_refused, 4),
    (_layout, 6),
    (_store, 5),
    (_bug, 1),
]


def test_the_order_of_outcomes(stats: StatsCollector) -> None:
    """When several apply it is 1, then 5, 6, 4, 75, 3, 0."""
    tally = Tally(stats)
    assert decide(tally, "finished").status == 0
    seen = []
    for step, status in STEPS:
        step(tally)
        seen.append((decide(tally, "finished").status, status))
        cut_off = decide(tally, "shutdown").status
        assert cut_off == (75 if status == 3 else status)
    assert all(got == expected for got, expected in seen)


@pytest.mark.parametrize("reason", ["shutdown", "memusage_exceeded", "closespider_timeout", "cancelled", ""])
def test_a_run_that_was_cut_off(stats: StatsCollector, reason: str) -> None:
    """Anything but an orderly end is an interruption, however little was left."""
    assert decide(Tally(stats), reason).status == 75


def test_what_ended_nowhere_is_a_bug(stats: StatsCollector) -> None:
    """A listed article that ended nowhere is never called whole."""
    tally = Tally(stats)
    tally.count("listed")
    assert decide(tally, "finished").status == 1
    assert tally.balance()["listed"] == 0
