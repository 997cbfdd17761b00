"""How alike two Chinese texts are: character trigrams, their MinHash bands, and exact Jaccard.

Tools that compare words cut Chinese into clauses, so that one changed figure makes a long clause another one. Of
trigrams one changed figure touches three to five: 0.93 of a 5 KB text's neighbours stay equal, unrelated texts share
hardly any.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Collection, Sequence
from hashlib import blake2b

GRAM = 3
"""Characters of a gram; with four, a changed figure weighs a third more, and unrelated texts are apart with three already."""
LONGEST = 20_000
"""Characters of a text that are looked at: ten times a long article; a book would stall the crawl."""
BANDS = 16
ROWS = 5
"""Of pairs of Jaccard 0.8 one in 580 shares no band, of 0.9 one in a million; of 0.3 (the same form, filled in otherwise)
one in 26 shares one and has to be compared, of 0.1 one in 6,000."""
SEED = 20220301
"""Stored bands are compared with new ones: another seed, gram or number of rows needs all bands computed anew."""

_OTHER = re.compile(r"[\W_]+")
_BETWEEN = re.compile("([^\u4e00-\u9fff]+)")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_REMEMBERED = 4096
_UNIT = 4
"""Bytes of a character in UTF-32."""
_AT_ONCE = 64
_CUTTER = struct.Struct(f"{GRAM * _UNIT}s" * _AT_ONCE)
_ROWS = struct.Struct(f"<B{ROWS}I")
_KEY = struct.Struct("<q")


def normalise(text: str) -> str:
    """Keep letters, digits and Chinese characters, in one form each: publishers differ in the rest.

    Common Chinese characters are in their one form already and join with nothing beside them, so only what stands between
    them is looked at; most of that are the same few signs.
    """
    parts = _BETWEEN.split(text[:LONGEST])
    parts[1::2] = map(_FORMS.__getitem__, parts[1::2])
    return "".join(parts)


class _Forms(dict[str, str]):
    """What is kept of a text, short ones remembered: most are the same few signs.

    When it is full all is forgotten: the usual signs are back with the next text, those that came once are gone.
    """

    def __missing__(self, text: str) -> str:
        form = _OTHER.sub("", unicodedata.normalize("NFKC", text)).casefold()
        if len(text) <= 16:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = form
        return form


_FORMS = _Forms()


def cut(text: str) -> list[bytes]:
    """Return the trigrams of a text, normalised, as often as each comes, in no order; fewer characters have none.

    Each is three characters in UTF-32, little-endian: cut so, 64 by one call, they cost a quarter of cutting strings.
    """
    plain = normalise(text)
    packed = plain.encode("utf-32-le")
    found: list[bytes] = []
    for start in range(GRAM):  # three times, each time one further on
        count = max(len(plain) - start, 0) // GRAM
        part = packed[start * _UNIT : (start + count * GRAM) * _UNIT]
        lacking = -count % _AT_ONCE
        for some in _CUTTER.iter_unpack(part + bytes(lacking * GRAM * _UNIT)):
            found += some
        if lacking:
            del found[-lacking:]
    return found


def grams(text: str) -> frozenset[bytes]:
    """Return the different trigrams of a text."""
    return frozenset(cut(text))


def different(of: Sequence[bytes], most: int) -> int:
    """Count how many of the grams differ, no further than `most`; the first few tell it of nearly all texts."""
    return most if len(set(of[: 4 * most])) >= most else min(most, len(set(of)))


def figures(text: str) -> list[str]:
    """Return the figures of a text in order, without separators of thousands: what a short notice is about."""
    return [found.replace(",", "") for found in _FIGURE.findall(unicodedata.normalize("NFKC", text[:LONGEST]))]


def jaccard(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    """Return the share of the grams of both that they have in common, 0 to 1; nothing is alike to nothing."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def may_reach(floor: float, one: frozenset[bytes], other: frozenset[bytes]) -> bool:
    """Whether the sizes of two sets leave it possible that their Jaccard reaches `floor`."""
    small, large = sorted((len(one), len(other)))
    return small >= floor * large


def bands(of: Collection[bytes]) -> tuple[int, ...]:
    """Compute the band keys of a text's grams; texts that share one may be alike.

    Args:
        of: the text's grams, in any order; one that comes again counts once.

    Returns:
        `BANDS` signed 64-bit numbers, the same on every machine and at any time; none for no grams.
    """
    if not of:
        return ()
    from rensa import RMinHash

    sketch = RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    sketch.update(of if isinstance(of, list) else list(of))
    values = sketch.digest()
    return tuple(_band(number, values[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS))


def _band(number: int, values: list[int]) -> int:
    packed = _ROWS.pack(number, *values)
    key: int = _KEY.unpack(blake2b(packed, digest_size=8).digest())[0]
    return key
