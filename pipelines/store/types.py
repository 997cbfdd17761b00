"""Column types that make both databases take and give the same values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
KEY_CHARS = 200
"""Longest key kept as it is; PostgreSQL cannot index a text of more than some 2,700 bytes."""


def storable(text: str) -> str:
    """Replace what PostgreSQL refuses, NUL and lone surrogates, by U+FFFD; other text is returned as it is."""
    try:
        text.encode()  # a third of what looking for surrogates costs
    except UnicodeEncodeError:
        return UNSTORABLE.sub("\ufffd", text)
    return text.replace("\0", "\ufffd")


def key(text: str) -> str:
    """Return `text` as a storable key: one of absurd length keeps its head and gets a digest of the whole."""
    text = storable(text)
    if len(text) <= KEY_CHARS:
        return text
    return f"{text[: KEY_CHARS - 65]}~{hashlib.sha256(text.encode()).hexdigest()}"


def plain(value: Any) -> Any:
    """Return `value` with every text in it storable, keys of mappings included; what JSON lacks becomes text."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else storable(str(value))


def dumps(value: Any) -> str:
    """Write JSON that people can read in the table; NaN and infinities, which PostgreSQL refuses, become texts."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(value), parse_constant=str), ensure_ascii=False)


class CleanText(TypeDecorator[str]):
    """Text without NUL and lone surrogates: whatever slipped past the stages is replaced here."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return what makes a text storable: given as it is, it costs no further call for every value."""
        return lambda value: None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """A short text that rows are found by; see `key`."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return what makes a text a storable key."""
        return lambda value: None if value is None else key(value)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in, UTC stored, an aware moment out, on SQLite (which forgets offsets) as on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment to UTC; ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what makes a moment storable.

        For SQLite that is the text that SQLAlchemy's own type writes, in one step; a moment that comes again, as with each
        band, is written once.
        """
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        @lru_cache(256)
        def written(value: datetime, _fold: int) -> str:  # two moments of a clock set back are equal but for this
            naive = self.process_bind_param(value, dialect)
            assert naive is not None  # noqa: S101 - only for None it is
            return naive.isoformat(" ", "microseconds")

        return lambda value: None if value is None else written(value, value.fold)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Return what gives a stored moment its zone back: one step from SQLite's text, four of which every row has."""
        if dialect.name == "sqlite":
            return lambda value: None if value is None else datetime.fromisoformat(f"{value}+00:00")
        return lambda value: None if value is None else value.astimezone(UTC)
