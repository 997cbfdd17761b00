"""The guards that stand between any value and a column."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite

from pipelines.store.packing import pack, unpack
from pipelines.store.types import UTCDateTime, dumps, key, plain, storable

TEXT = st.text(st.characters())  # surrogates included
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner) | st.tuples(inner),
    max_leaves=10,
)


@settings(deadline=None, database=None, max_examples=200)
@given(TEXT)
def test_any_text_becomes_storable(text: str) -> None:
    """No NUL and no lone surrogate is left, the length stays, and good text is untouched."""
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    assert len(stored) == len(text)
    assert storable(stored) == stored


@settings(deadline=None, database=None, max_examples=100)
@given(TEXT, st.integers(1, 3000))
def test_any_key_fits_an_index(text: str, times: int) -> None:
    """A key is at most 200 characters and a key of a key is itself."""
    made = key(text * times)
    assert len(made) <= 200
    assert key(made) == made


@settings(deadline=None, database=None, max_examples=200)
@given(VALUES)
def test_any_value_becomes_json(value: Any) -> None:
    """Whatever a run says of itself can be written as strict JSON."""
    text = dumps(plain(value))
    text.encode()
    json.loads(text, parse_constant=lambda name: math.nan / 0 if name else None)


@settings(deadline=None, database=None, max_examples=50)
@given(st.binary())
def test_packing_loses_nothing(data: bytes) -> None:
    """What is packed unpacks to the same bytes."""
    assert unpack(pack(data)) == data


def test_packing_in_many_threads() -> None:
    """Several threads may pack at once: each gets its own bytes."""
    every = [f"{number} ".encode() * (number % 300 + 1) for number in range(1000)]
    with ThreadPoolExecutor(8) as threads:
        assert [unpack(packed) for packed in threads.map(pack, every)] == every


@settings(deadline=None, database=None, max_examples=300)
@given(
    st.datetimes(datetime(1900, 1, 3), datetime(2900, 1, 1), timezones=st.timezones()),
    st.one_of(st.none(), st.integers(-1439, 1439)),
)
def test_any_moment_becomes_text(moment: datetime, minutes: int | None) -> None:
    """A moment of any zone is written to SQLite as SQLAlchemy's own type writes its UTC, and read as the same moment."""
    if minutes is not None:
        moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    kind, own = UTCDateTime().bind_processor(sqlite()), DateTime().dialect_impl(sqlite()).bind_processor(sqlite())
    back = UTCDateTime().result_processor(sqlite(), None)
    assert kind is not None
    assert own is not None
    assert back is not None
    assert kind(moment) == own(moment.astimezone(UTC).replace(tzinfo=None))
    assert back(kind(moment)) == moment.astimezone(UTC)


def test_moments_that_are_none() -> None:
    """Nothing stays nothing; a moment without a zone is refused."""
    kind = UTCDateTime().bind_processor(sqlite())
    assert kind is not None
    assert kind(None) is None
    with pytest.raises(ValueError, match="without a zone"):
        kind(datetime(2026, 3, 1))
