"""The ids that a run has met: all that grows with it."""

from __future__ import annotations

from collections import defaultdict


class Met:
    """Keys of articles, kept small: ids that are numbers, as most are, are kept as numbers, which is half."""

    def __init__(self) -> None:
        self._ids: defaultdict[str, set[int | str]] = defaultdict(set)

    def __contains__(self, key: tuple[str, str]) -> bool:
        source, article_id = key
        return _short(article_id) in self._ids[source]

    def add(self, source: str, article_id: str) -> bool:
        """Note a key; False where it was noted before."""
        ids, short = self._ids[source], _short(article_id)
        if short in ids:
            return False
        ids.add(short)
        return True


def _short(article_id: str) -> int | str:
    """Return an id as a number where it is one, written in one way only."""
    number = article_id.isascii() and article_id.isdigit() and len(article_id) < 20 and article_id[0] != "0"
    return int(article_id) if number else article_id
