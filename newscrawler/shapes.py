"""The shape of a source's answers as data: which endpoints there are, which fields their rows have, and how a field looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.dates import parse_published

SHARE = 0.9
"""A field that so many rows have still stands; the odd row without it is the site's everyday."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row, or of an article."""

    name: str
    """As the source writes it; `a|b` where two spellings were seen."""
    looks: Callable[[Any], bool]
    """Whether a value looks as we know it."""
    attribute: str = ""
    """Of an article: the attribute of the item that holds it, e.g. `media_raw`. The name is then only shown."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One endpoint of a source, asked for one page.

    A list is asked for the newest page of `channel`, an article at `place` under an id that a list of this source gave.
    """

    name: str
    channel: str = ""
    place: str = ""
    fields: Sequence[Field] = ()


def text(value: Any) -> bool:
    """Whether a value is text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def any_text(value: Any) -> bool:
    """Whether a value is text, empty or not."""
    return isinstance(value, str)


def code(value: Any) -> bool:
    """Whether a value is an id: letters and digits."""
    return isinstance(value, (str, int)) and re.fullmatch(r"[0-9A-Za-z_]{1,40}", str(value)) is not None


def seconds(value: Any) -> bool:
    """Whether a value is a moment as epoch seconds, a number or its digits."""
    return isinstance(value, (str, int)) and re.fullmatch(r"1\d{9}", str(value)) is not None


def array(value: Any) -> bool:
    """Whether a value is an array."""
    return isinstance(value, list)


def moment(value: Any) -> bool:
    """Whether a value is a time that the stages read, no more than a day ahead of now."""
    try:
        parse_published(str(value), crawled_at=datetime.now(UTC))
    except ValueError:
        return False
    return True


def differs(rows: Sequence[Any], fields: Sequence[Field]) -> list[str]:
    """Say what is no longer as we know it.

    Args:
        rows: of a list, as answered; at least one.
        fields: what they should have.

    Returns:
        A line for each field that too few rows have in the shape we know; empty where all is as it was.
    """
    objects = [row for row in rows if isinstance(row, Mapping)]
    if len(objects) < SHARE * len(rows):
        return [f"{len(rows) - len(objects)} of {len(rows)} rows are no objects"]
    return [line for field in fields if (line := _differs(objects, field))]


def _differs(rows: Sequence[Mapping[str, Any]], field: Field) -> str:
    missing, odd = 0, []
    for row in rows:
        found = [row[name] for name in field.name.split("|") if name in row]
        if not found:
            missing += 1
        elif not any(field.looks(value) for value in found):
            odd.append(found[0])
    if missing + len(odd) <= (1 - SHARE) * len(rows) + 1e-9:
        return ""
    if missing >= len(odd):
        return f"{field.name} is missing in {missing} of {len(rows)}"
    return f"{field.name} looks otherwise in {len(odd)} of {len(rows)}: {_brief(odd[0])}"


def article_differs(item: Any, fields: Sequence[Field]) -> list[str]:
    """Say which fields of an article are no longer as we know them.

    Args:
        item: the article as read from its own answer, nothing filled in from a list.
        fields: with `attribute`.
    """
    lines = []
    for field in fields:
        value = getattr(item, field.attribute)
        if not field.looks(value):
            lines.append(f"{field.name} {'is missing' if not value else f'looks otherwise: {_brief(value)}'}")
    return lines


def _brief(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
