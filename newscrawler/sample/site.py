"""The sample source of the demo: the sixty articles of `content`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newscrawler.sample import content
from newscrawler.sample.model import Entry


class Site:
    """The made-up articles as a source, on their own ten days or moved to end at another moment."""

    def __init__(self, *, now: datetime | None = None, epoch: int = 0, reach: int | None = None) -> None:
        """Take the articles.

        Args:
            now: aware; the end of the ten days. The usual one is `content.WINDOW[1]`.
            epoch: 0, or 1 for the source after late rows appeared and an article was revised.
            reach: how many rows back a list goes; None for all.
        """
        self.shift = (now - content.WINDOW[1]) if now else timedelta()
        self.window = (content.WINDOW[0] + self.shift, content.WINDOW[1] + self.shift)
        self.reach = reach
        self.epoch = epoch

    @property
    def epoch(self) -> int:
        """Return the epoch in force; setting it changes what the next request sees."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self.entries = tuple(self._moved(entry) for entry in content.entries(epoch))
        self._listed = (*self.entries, self._moved(content.older()))
        self._by_code = {entry.code: entry for entry in self._listed}

    def _moved(self, entry: Entry) -> Entry:
        if not self.shift:
            return entry
        day = datetime.strptime(entry.code[:8], "%Y%m%d").replace(tzinfo=entry.at.tzinfo) + self.shift
        return replace(entry, at=entry.at + self.shift, code=f"{day:%Y%m%d}{entry.code[8:]}")

    def find(self, key: str) -> Entry:
        """Return the entry with this key; KeyError where there is none in this epoch."""
        for entry in self.entries:
            if entry.key == key:
                return entry
        raise KeyError(key)

    def total(self, channel: str) -> int:
        """Return how many entries a channel lists."""
        return len(self._reached([channel]))

    def listed(self, channel: str, start: int, count: int) -> Sequence[Entry]:
        """Return `count` entries of a channel from position `start`, newest first."""
        return self._reached([channel])[start : start + count]

    def flashes(self, columns: Sequence[str], before: str, count: int) -> Sequence[Entry]:
        """Return `count` flash entries of any of the columns whose cursor is below `before`, newest first."""
        found = self._reached([f"flash:{column}" for column in columns])
        return [entry for entry in found if not before or entry.cursor < before][:count]

    def entry(self, code: str) -> Entry | None:
        """Return the entry with this code."""
        return self._by_code.get(code)

    def _reached(self, channels: Sequence[str]) -> Sequence[Entry]:
        asked = set(channels)
        return [entry for entry in self._listed if asked.intersection(entry.channels)][: self.reach]
