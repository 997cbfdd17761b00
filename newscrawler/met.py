"""The ids that a run has met: all that grows with it, by eight bytes an article."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import defaultdict
from typing import Any

RECENT = 4096
"""Ids kept in a set, for quick noting; so many together are put into a block."""

_NUMBERED = re.compile(r"([A-Z]{0,2})([1-9][0-9]{0,18})")
"""Ids that are a number, written in one way only, behind two letters at most, as nearly all are; they fit in 64 bits."""


class Numbers:
    """A set of numbers from 0 to 2**64 - 1 that only grows: sorted blocks of eight bytes a number, and the latest beside them.

    Sources give ids as time goes by, so the blocks of a run lie side by side and all but one or two are passed over by
    their ends.
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._blocks: list[tuple[int, int, array[int]]] = []

    def __contains__(self, number: int) -> bool:
        return number in self._recent or any(
            low <= number <= high and block[bisect_left(block, number)] == number for low, high, block in self._blocks
        )

    def add(self, number: int) -> None:
        """Note a number that is not in it yet."""
        self._recent.add(number)
        if len(self._recent) == RECENT:
            block = array("Q", sorted(self._recent))
            self._blocks.append((block[0], block[-1], block))
            self._recent = set()


class Met:
    """Keys of articles, kept small."""

    def __init__(self) -> None:
        self._numbers: defaultdict[tuple[str, str], Numbers] = defaultdict(Numbers)
        self._others: set[tuple[str, str]] = set()

    def __contains__(self, key: tuple[str, str]) -> bool:
        kept, name = self._kept(*key)
        return name in kept

    def add(self, source: str, article_id: str) -> bool:
        """Note a key; False where it was noted before."""
        kept, name = self._kept(source, article_id)
        if name in kept:
            return False
        kept.add(name)
        return True

    def _kept(self, source: str, article_id: str) -> tuple[Any, Any]:
        """Return the set that a key belongs in, and as what."""
        if numbered := _NUMBERED.fullmatch(article_id):
            return self._numbers[source, numbered[1]], int(numbered[2])
        return self._others, (source, article_id)
