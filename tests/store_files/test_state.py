"""The text of the state: any state is read back as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.spans import merge
from pipelines.store.base import PendingRow, Reach, RunRow
from pipelines.store.files_payload import pack, unpack
from pipelines.store.files_state import Entry, State, dump, load

texts = st.text(st.characters(exclude_categories=()), max_size=20)
clean = st.text(max_size=20)
sources = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
keys = st.tuples(sources, clean)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8))])
moments = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=zones)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | clean,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(clean, inner, max_size=3),
    max_leaves=5,
)


def table(key: st.SearchStrategy, value: st.SearchStrategy) -> st.SearchStrategy:
    """Return small mappings."""
    return st.dictionaries(key, value, max_size=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the file, written anew for each example."""
    return tmp_path_factory.mktemp("state")


@st.composite
def states(draw: st.DrawFn) -> State:
    """Return any state that a store can come to."""
    pending = draw(table(keys, st.tuples(texts, texts, st.binary(max_size=60), moments, st.none() | moments)))
    spans = table(keys, st.lists(st.tuples(moments, moments), min_size=1, max_size=3).map(merge))
    return State(
        articles=draw(table(keys, st.builds(Entry, moments, moments, moments, st.just("") | clean, st.integers(1)))),
        categories=draw(table(clean, clean)),
        pending={
            key: PendingRow(*key, url, reason, "stage", reason, 3, at, at, later, "waiting", body, body[::-1])
            for key, (url, reason, body, at, later) in pending.items()
        },
        coverage=draw(spans),
        reached={key: Reach(key[1], *times) for key, times in draw(table(keys, st.tuples(*[moments] * 3))).items()},
        runs={
            number: RunRow(number, spider, facts, at, None, None, reason, {"listed": number}, facts)
            for number, (spider, facts, at, reason) in draw(
                table(st.integers(1, 10**9), st.tuples(sources, table(clean, values), moments, texts))
            ).items()
        },
        facts=draw(table(clean, values)),
    )


@settings(deadline=None, database=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(state=states())
def test_any_state_is_read_back(folder: Path, state: State) -> None:
    """Written and read again, a state is the same, and so is its text, whatever the news put into it."""
    data = dump(state)
    assert json.loads(data.decode())["version"] == 1
    path = folder / "state.json"
    path.write_bytes(data)
    again = load(path)
    assert dump(again) == data
    assert (again.articles, again.coverage, again.reached) == (state.articles, state.coverage, state.reached)
    assert (again.runs.keys(), again.pending.keys(), again.facts) == (
        state.runs.keys(),
        state.pending.keys(),
        state.facts,
    )
    assert [row.row for row in again.pending.values()] == [state.pending[key].row for key in again.pending]


@settings(deadline=None, database=None, max_examples=200)
@given(st.binary(max_size=6000) | st.text(max_size=6000).map(str.encode))
def test_any_payload(data: bytes) -> None:
    """A payload comes back byte for byte."""
    assert unpack(pack(data)) == data


@pytest.mark.parametrize("text", ["x", "z:!", "z:AAAA", "t", "y:1"])
def test_broken_payloads(text: str) -> None:
    """A payload that was not written here is a ValueError."""
    with pytest.raises(ValueError, match="payload"):
        unpack(text)
