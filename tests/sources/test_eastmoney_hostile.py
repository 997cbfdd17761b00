"""Whatever East Money's other endpoints answer, their readers end in a reading or in the error that they document."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newscrawler import eastmoney_filings as filings
from newscrawler import eastmoney_flash as flash
from newscrawler import eastmoney_lists as lists
from newscrawler import eastmoney_research as research
from newscrawler.errors import LayoutError, Refused
from newscrawler.listing import Listing, Row

FIELDS = [
    *("Art_Code", "Art_Title", "Art_ShowTime", "Art_Url", "Np_dst", "Author", "Art_MediaName"),
    *("art_code", "codes", "columns", "display_time", "eiTime", "notice_date", "title", "stock_code", "ann_type"),
    *("infoCode", "publishDate", "orgSName", "author", "researcher", "predictThisYearEps", "attachPages", "stockCode"),
    *("id", "newsid", "digest", "showtime", "url_w", "notice_content", "attach_list", "attach_url", "page_size"),
    *("code", "rc", "success", "data", "list", "LivesList", "hits", "total_hits", "totle_hits", "message", "market"),
]
WORDS = [
    "AN202603021000000001",
    "AP202603021000000001",
    "202603021000000001",
    "2026-03-02 17:00:00",
    "1",
    "0",
    "\ud800\0",
    "",
]
SMALL = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 10**20), st.floats(), st.sampled_from(WORDS), st.text(max_size=12)
)
JSON = st.recursive(
    SMALL,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8)),
    max_leaves=25,
)
ROW = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12)
QUIET = settings(max_examples=60, deadline=None, database=None)


def security(rows: Any, total: Any) -> Listing:
    """The rows as an answer of getListInfo."""
    return lists.read_list({"code": 1, "data": {"list": rows, "totle_hits": total}}, "stock:1.600519", "x")


def notices(rows: Any, total: Any) -> Listing:
    """The rows as an answer of security/ann."""
    return filings.read_list({"success": 1, "data": {"list": rows, "total_hits": total}}, "notices:0", "x")


def reports(rows: Any, total: Any) -> Listing:
    """The rows as an answer of report/list."""
    return research.read_list({"hits": total, "data": rows}, "reports:0", "x")


def older(rows: Any, _total: Any) -> Listing:
    """The rows as an answer of kuaixun/v1."""
    return flash.read_old({"rc": 1, "LivesList": rows}, "flash:102", "x")


@pytest.mark.parametrize("read", [security, notices, reports, older])
@QUIET
@given(rows=st.lists(st.one_of(ROW, JSON), max_size=4), total=SMALL)
def test_any_rows(read: Callable[[Any, Any], Listing], rows: list[Any], total: Any) -> None:
    """Every row is read or kept as one that cannot be; all have an id, and can be written down."""
    listing = read(rows, total)
    assert len(listing.rows) + len(listing.bad) == len(rows)
    assert all(row.article_id for row in (*listing.rows, *listing.bad))
    assert all(row.payload() and row.title and row.published_raw for row in listing.rows)


@pytest.mark.parametrize("read", [lists.read_list, filings.read_list, research.read_list, flash.read_old])
@QUIET
@given(payload=JSON)
def test_any_answer(read: Callable[[Any, str, str], Listing], payload: Any) -> None:
    """Any JSON is a list, another shape, or a refusal."""
    with contextlib.suppress(LayoutError, Refused):
        assert isinstance(read(payload, "reports:0", "x"), Listing)


@pytest.mark.parametrize("read", [lists.read_row, filings.read_row, research.read_row])
@QUIET
@given(
    raw=st.one_of(ROW, JSON), channel=st.sampled_from(["stock:1.600519", "notices:1:600519.SH", "reports:2", "x", ""])
)
def test_any_row(read: Callable[[Any, str], Row], raw: Any, channel: str) -> None:
    """Any row is read or refused with the reason."""
    with contextlib.suppress(ValueError):
        assert isinstance(read(raw, channel), Row)


@QUIET
@given(data=ROW, more=JSON)
def test_any_text(data: dict[str, Any], more: Any) -> None:
    """Any answer about a text has a body that links a file, or is no text; no address outside East Money's hosts."""
    payloads = [{"success": 1, "data": data}, *([more] if more else [])]
    try:
        answer, files, _ = filings.read_text(payloads, "AN202603021000000001", "x")
    except (LayoutError, Refused):
        return
    assert files
    assert answer.body
    assert all(url.split("/")[2].endswith((".dfcfw.com", ".eastmoney.com")) for url in files)
    assert filings.text_pages(payloads[0]) >= 1
    filings.tags_of(data)


@QUIET
@given(raw=ROW)
def test_any_fields_of_a_report(raw: dict[str, Any]) -> None:
    """Any row has fields: texts, whole pages, finite numbers."""
    found = research.research_of(raw, "reports:1")
    assert found.kind == "industry"
    assert found.eps_this_year is None or abs(found.eps_this_year) < float("inf")
    assert all(isinstance(name, str) and name for name in found.authors)


@QUIET
@given(html=st.text(alphabet=st.characters(codec="utf-8"), max_size=300), inside=st.booleans())
def test_any_page(html: str, inside: bool) -> None:
    """Any page is read, has no text, is of another shape, or refuses."""
    page = f'<html><body><div class="ctx-content"><p>{html}</p></div></body></html>' if inside else html
    with contextlib.suppress(LayoutError, Refused):
        research.read_page(page, "x")
