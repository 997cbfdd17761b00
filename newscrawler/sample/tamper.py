"""Well-formed JSON answers that are wrong: each function takes an answer and gives it back, changed."""

from __future__ import annotations

from collections.abc import Callable

from newscrawler.sample.answers import Payload, no_article

Tamper = Callable[[Payload, str, str], Payload]
"""(answer, code of the row meant or empty, the fault's value) -> answer."""
_TIMES = ("showTime", "showtime")


def _rows(payload: Payload) -> list[Payload]:
    data = payload.get("data") or {}
    rows: list[Payload] = data.get("list") or data.get("fastNewsList") or []
    return rows


def _row(payload: Payload, code: str) -> Payload:
    """Return the row meant: the one with this code, else the first; a row of nobody where there is none."""
    rows = _rows(payload)
    if code:
        rows = [row for row in rows if row.get("code") == code]
    return rows[0] if rows else {}


def no_array(payload: Payload, _code: str, _value: str) -> Payload:
    """Leave the list's array out."""
    data = payload.get("data") or {}
    data.pop("list", None)
    data.pop("fastNewsList", None)
    return payload


def null(payload: Payload, _code: str, _value: str) -> Payload:
    """Say `data: null`."""
    return payload | {"data": None}


def empty(payload: Payload, _code: str, _value: str) -> Payload:
    """Say that there are no rows."""
    _rows(payload).clear()
    return payload


def error(_payload: Payload, _code: str, value: str) -> Payload:
    """Answer with the lists' error form."""
    return {"code": 0, "message": value or "系统繁忙"}


def number_code(payload: Payload, _code: str, _value: str) -> Payload:
    """Send the envelope's `code` as a number: that is no fault of the source, both are seen."""
    return payload | {"code": int(payload.get("code") or 0)}


def capital_dst(payload: Payload, _code: str, _value: str) -> Payload:
    """Spell `np_dst` as `Np_dst`: both are seen."""
    for row in _rows(payload):
        if "np_dst" in row:
            row["Np_dst"] = row.pop("np_dst")
    return payload


def duplicate(payload: Payload, code: str, _value: str) -> Payload:
    """List a row twice, the second time with another summary."""
    row = _row(payload, code)
    if row:
        _rows(payload).append(row | {"summary": "重复的一行。"})
    return payload


def disorder(payload: Payload, _code: str, _value: str) -> Payload:
    """Put the rows out of order: the oldest first, then every second one."""
    rows = _rows(payload)
    rows[:] = [*rows[-1:], *rows[:-1:2], *rows[1:-1:2]]
    return payload


def future(payload: Payload, code: str, value: str) -> Payload:
    """Date a row far ahead."""
    row = _row(payload, code)
    for name in _TIMES:
        if name in row:
            row[name] = value or "2099-01-01 08:00:00"
    return payload


def broken_time(payload: Payload, code: str, value: str) -> Payload:
    """Date a row with nonsense."""
    return future(payload, code, value or "2026-13-45 99:99:99")


def no_time(payload: Payload, code: str, _value: str) -> Payload:
    """Leave a row's time out."""
    row = _row(payload, code)
    for name in _TIMES:
        row.pop(name, None)
    return payload


def no_code(payload: Payload, code: str, _value: str) -> Payload:
    """Leave a row's code out."""
    _row(payload, code).pop("code", None)
    return payload


def no_row(payload: Payload, _code: str, value: str) -> Payload:
    """Put something that is no row among the rows."""
    _rows(payload).insert(0, value or None)  # type: ignore[arg-type] # the point of it
    return payload


def missing(_payload: Payload, _code: str, _value: str) -> Payload:
    """Say that the article API lacks the article."""
    return no_article()


def empty_body(payload: Payload, _code: str, _value: str) -> Payload:
    """Send the article without its text."""
    if payload.get("data"):
        payload["data"]["Art_Content"] = ""
    return payload


def empty_title(payload: Payload, _code: str, _value: str) -> Payload:
    """Send the article without title, time and address, as was seen in 2022."""
    if payload.get("data"):
        payload["data"].update(Art_Title="", Art_ShowTime="", Art_UniqueUrl="", Art_Url="")
    return payload


def huge_body(payload: Payload, _code: str, value: str) -> Payload:
    """Send an article's text so many times over that it is huge (`value` bytes, 1 MB)."""
    if payload.get("data"):
        text = payload["data"]["Art_Content"] or "<p>　　样例。</p>"
        payload["data"]["Art_Content"] = text * (int(value or 1_000_000) // len(text.encode()) + 1)
    return payload


def hostile(payload: Payload, _code: str, value: str) -> Payload:
    """Put NUL, a lone surrogate, deep nesting and a script into the article's text."""
    if payload.get("data"):
        nested = "<div>" * int(value or 2000)
        payload["data"]["Art_Content"] += f"<p>\x00\ud800{{{{ x }}}}</p><script>alert(1)</script>{nested}"
    return payload


TAMPERS: dict[str, Tamper] = {
    "no-array": no_array,
    "null": null,
    "empty": empty,
    "error": error,
    "number-code": number_code,
    "capital-dst": capital_dst,
    "duplicate": duplicate,
    "disorder": disorder,
    "future": future,
    "broken-time": broken_time,
    "no-time": no_time,
    "no-code": no_code,
    "no-row": no_row,
    "missing": missing,
    "empty-body": empty_body,
    "empty-title": empty_title,
    "huge-body": huge_body,
    "hostile": hostile,
}
