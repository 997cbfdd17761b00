"""East Money's flash news by other ways than page after page: the made-up cursor, and the older list. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from newscrawler.answers import refuse, text_of
from newscrawler.eastmoney import read_rows
from newscrawler.errors import LayoutError, ListGone
from newscrawler.listing import Listing, Row
from pipelines.dates import parse_published

OLD = "https://newsapi.eastmoney.com/kuaixun/v1/getlist_{}_ajaxResult_{}_{}_.html"
OLD_ROWS = 100
QUIET = timedelta(hours=12)
"""Flash news never pauses so long: a first page further below its cursor shows that the cursor was read otherwise."""


def jump_cursor(until: datetime) -> str:
    """Make the cursor that asks for what was shown up to a moment.

    **Source**: five captures of 2022 to 2026: a row's cursor is the ten digits of its second, 0, and the last five digits of
    its id. That the site takes a cursor which is no row's is not known, so the first page has to show it: `jump_fails`.
    """
    return f"{int(until.timestamp()):010}099999"


def jump_fails(rows: Sequence[Row], until: datetime, *, answered_at: datetime) -> str:
    """Say why a first page does not begin at a made-up cursor; empty where it does."""
    try:
        times = [parse_published(row.published_raw, crawled_at=answered_at) for row in rows]
    except ValueError as error:
        return f"a row's time cannot be read ({error})"
    if not times:
        return "no row"
    newest = max(times)
    if newest > until:
        return f"a row of {newest:%Y-%m-%d %H:%M:%S}, which is later"
    if until - newest > QUIET:
        return f"the newest row is of {newest:%Y-%m-%d %H:%M:%S}"
    return ""


def old_url(number: str, page: int) -> str:
    """Return the address of a page of the older list."""
    return OLD.format(number, OLD_ROWS, page)


def check_gone(payload: Any, where: str) -> None:
    """Raise ListGone where an answer says, with HTTP 200, that there is no such endpoint."""
    if not isinstance(payload, Mapping) or "data" in payload:
        return
    said = [text_of(payload.get(name)) for name in ("status", "code", "message", "error")]
    if "404" in said[:2] or any(text.strip().lower() in ("not found", "404 not found") for text in said[2:]):
        raise ListGone(f"{where}: no such endpoint: {text_of(payload.get('message') or payload.get('error'))[:120]!r}")


def read_old(payload: Any, channel: str, where: str) -> Listing:
    """Read an answer of kuaixun/v1. Past its last page it repeats that page, which ends a walk.

    Raises:
        LayoutError: an error answer, or no array.
        Refused: a refusal.
    """
    if not isinstance(payload, Mapping):
        raise LayoutError(f"{where}: JSON is no object")
    rows, code = payload.get("LivesList"), text_of(payload.get("rc"))
    if code != "1" or not isinstance(rows, list):
        message = text_of(payload.get("me") or payload.get("message"))
        refuse(message, where)
        raise LayoutError(f"{where}: error answer: rc {code!r}, message {message[:120]!r}, or no array LivesList")
    return read_rows(rows, channel, "", key="id")
