"""Texts in one form: piece by piece the same as at once."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.alike.minhash import LONGEST, normalise

ODD = "一龥鿿\u3400，。、A\u00e9e\u0301\u0327ﬁß①㎡℃Ⅷ가각\u1100\u1161\u11a8か\u3099\uf900\U0002f800ﾊﾟ １_ \n\ud800"


def at_once(text: str) -> str:
    """The plain way: all of the text in one form, then what is kept of it."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text[:LONGEST])).casefold()


@given(st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=80))
@settings(deadline=None, database=None, max_examples=400)
def test_piece_by_piece(text: str) -> None:
    """Any text comes out as if it had been brought into one form at once."""
    assert normalise(text) == at_once(text)


@pytest.mark.parametrize("text", ["", "一二三", "Ａ一B，" * 20_000, "，" * 50, "e\u0301" * 30 + "一"])
def test_lengths(text: str) -> None:
    """So do empty, plain, overlong ones and long stretches between Chinese characters."""
    assert normalise(text) == at_once(text)
