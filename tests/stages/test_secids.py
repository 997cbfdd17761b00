"""Symbols turned back into secids: the reverse of what every article's securities go through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.codes.symbols import secids, symbol_of


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("600519.SH", ["1.600519"]),
        ("000001.SZ", ["0.000001"]),
        ("000001.SH", ["1.000001"]),
        ("399006.SZ", ["0.399006"]),
        ("920799.BJ", ["0.920799"]),
        ("873169.BJ", ["0.873169"]),
        ("400002.NEEQ", ["0.400002"]),
        ("00700.HK", ["116.00700"]),
        ("700.hk", ["116.00700"]),
        ("116.HK", ["116.00116"]),
        ("AAPL.US", ["105.AAPL", "106.AAPL", "107.AAPL"]),
        ("brk.b.us", ["105.BRK_B", "106.BRK_B", "107.BRK_B"]),
        ("BK0493", ["90.BK0493"]),
        ("1.600519", ["1.600519"]),
        ("105.aapl", ["105.AAPL"]),
        ("107.SH", ["107.SH"]),
        ("128.00700", ["116.00700"]),
        ("100.HSI", ["100.HSI"]),
        ("777.X7", ["777.X7"]),
        (" 600519.SH ", ["1.600519"]),
    ],
)
def test_names(name: str, found: list[str]) -> None:
    """A symbol has one secid, one of the United States three; a secid is its own."""
    assert secids(name) == found


@pytest.mark.parametrize(
    "name", ["", "600519", "600519.SZ", "999999.SH", "1.999999", "12.SH", "1234.US", "茅台", "BK49", "\0", "\ud800.SH"]
)
def test_no_names(name: str) -> None:
    """What is no symbol, or no code that its exchange gives out, has none."""
    assert secids(name) == []


@settings(max_examples=400, deadline=None, database=None)
@given(
    st.sampled_from(["0", "1", "116", "105", "106", "90"]),
    st.one_of(
        st.from_regex(r"[0-9]{6}", fullmatch=True),
        st.from_regex(r"[0-9]{5}", fullmatch=True),
        st.from_regex(r"[A-Z]{1,5}", fullmatch=True),
        st.from_regex(r"BK[0-9]{4}", fullmatch=True),
    ),
)
def test_the_reverse_of_symbols(market: str, code: str) -> None:
    """Whatever symbol a secid is kept under leads back to it, where it leads anywhere."""
    secid = f"{market}.{code}"
    found = secids(symbol_of(secid))
    assert not found or secid in found
    assert all(symbol_of(each) == symbol_of(secid) for each in found)


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(max_size=30))
def test_any_text(name: str) -> None:
    """Any text has an answer."""
    secids(name)
