"""Which articles tell the same story, and how a story is named.

Two articles tell one story when different publishers (both named) brought them, they appeared within three days of each
other, and the exact Jaccard of their trigrams is at least 0.8. So the same text with one figure changed is the same story;
it stays an article of its own.

- Short texts. Flash notices follow forms ("央行今日进行100亿元逆回购操作"): with fewer than 60 trigrams the figures have to be
  the same too, and the articles half a day apart at most. Texts of fewer than 16 are never linked.
- A story's id is a positive number of 63 bits made of the article that founds it: the second of its publication, then 30
  bits of a hash of its key. No counter is needed, two processes never disagree, and the older of two stories is the smaller
  number. Every article founds a story at first sight unless it joins one, so that one in flight can be joined without
  being touched.
- An article alike to articles of two stories bridges them: the older story stands, all articles of the other are told over.
- Two runs at once do not see each other's articles before these are stored: each may found a story for the same text, and
  the next reprint bridges them.
- Neighbours link, so a story that is reprinted for a week is one story, though its ends are more than three days apart.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b

from pipelines.alike.minhash import LONGEST, figures, grams, jaccard, may_reach
from pipelines.store.base import Store

Key = tuple[str, str]
"""(source, article_id)."""
FLOOR = 0.8
LEAST = 16
SHORT = 60
APART = timedelta(days=3)
APART_SHORT = timedelta(hours=12)
MEMORY = 500
"""Articles of this run that are remembered: far more than can be on their way to the store at once."""


@dataclass(frozen=True)
class Text:
    """What is compared of an article."""

    key: Key
    media: str
    published_at: datetime
    body_text: str
    short: bool
    """It has fewer than `SHORT` trigrams."""
    bands: tuple[int, ...] = ()

    @cached_property
    def grams(self) -> frozenset[bytes]:
        """Its trigrams, of which few articles are asked: most have no relative."""
        return grams(self.body_text)

    @property
    def apart(self) -> timedelta:
        """How far apart another article of its story may have appeared."""
        return APART_SHORT if self.short else APART


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article belongs."""

    story_id: int
    linked: bool
    merged: int = 0
    """Stories that were told over to this one because the article bridges them."""


def found_story(key: Key, published_at: datetime) -> int:
    """Name the story that an article founds.

    Args:
        key: (source, article_id).
        published_at: aware.

    Returns:
        A positive number below 2**63; of two, the smaller one was founded by the older article.
    """
    second = min(max(int(published_at.timestamp()), 0), 2**33 - 1)
    mark = int.from_bytes(blake2b("\n".join(key).encode("utf-8", "replace"), digest_size=4).digest()) >> 2
    return (second << 30 | mark) or 1


def same_story(one: Text, media: str, body_text: str) -> bool:
    """Whether an article tells what another, of a given publisher and text, tells; times are the caller's to compare."""
    if not one.media or not media or one.media == media:
        return False
    other = grams(body_text)
    if not may_reach(FLOOR, one.grams, other) or jaccard(one.grams, other) < FLOOR:
        return False
    return min(len(one.grams), len(other)) >= SHORT or figures(one.body_text) == figures(body_text)


@dataclass(slots=True)
class _Held:
    """An article of this run; its grams are made again when needed, since they weigh thirty times the text."""

    key: Key
    media: str
    published_at: datetime
    body_text: str
    bands: tuple[int, ...]
    story_id: int


def _span(text: Text) -> tuple[datetime, datetime]:
    """Return the time in which an article of the same story may have appeared, its end exclusive."""
    return text.published_at - text.apart, text.published_at + text.apart + timedelta(seconds=1)


class Linker:
    """Finds stories among the stored articles and those of this run that may not be stored yet.

    Its methods block; they belong on the store's thread, where one call follows the other.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._by_band: defaultdict[int, list[Key]] = defaultdict(list)
        self._moved: dict[int, int] = {}
        self._late: list[tuple[list[Key], int]] = []

    def link(self, texts: Sequence[Text]) -> list[Place]:
        """Find the story of each article, in order: a later one of the group meets the earlier ones."""
        spans = [_span(text) for text in texts]
        bands = sorted({band for text in texts for band in text.bands})
        held = self.store.banded(bands, min(since for since, _ in spans), max(until for _, until in spans))
        return [self._link(text, held) for text in texts]

    def tell_late(self) -> None:
        """Tell over once more, now that every article of the run is stored."""
        for keys, story_id in self._late:
            self.store.tell(keys, self._now(story_id))
        self._late.clear()

    def _link(self, text: Text, held: frozenset[int]) -> Place:
        matches, own = self._matches(text, held)
        stories = set(matches.values()) - {0}
        story = min(stories, default=own or found_story(text.key, text.published_at))
        if others := [key for key, told in matches.items() if told != story]:
            self._tell_over(others, stories - {story}, story)
        self._hold(text, story)
        return Place(story, linked=bool(matches), merged=max(len(stories) - 1, 0))

    def _matches(self, text: Text, held: frozenset[int]) -> tuple[dict[Key, int], int]:
        """Return the articles that tell the same story, each with the story it is in, and the article's own; 0: none."""
        own = 0
        matches: dict[Key, int] = {}
        # only where a band is held at all, which is rare: a query costs as much as a whole stage
        stored = self.store.alike(text.bands, *_span(text)) if held.intersection(text.bands) else []
        for found in stored:
            key, told = (found.source, found.article_id), self._now(found.story_id or 0)
            if key == text.key:
                own = told  # a revision: the text before it
            elif key not in self._held and same_story(text, found.media, found.body_text):
                matches[key] = told
        for near in self._near(text):
            if same_story(text, near.media, near.body_text):
                matches[near.key] = near.story_id
        return matches, own

    def _near(self, text: Text) -> list[_Held]:
        keys = {key for band in text.bands for key in self._by_band.get(band, ())} - {text.key}
        held = [self._held[key] for key in sorted(keys)]
        return [one for one in held if abs(one.published_at - text.published_at) <= text.apart]

    def _hold(self, text: Text, story_id: int) -> None:
        """Remember an article; the oldest one remembered, long stored, is forgotten."""
        self._forget(text.key)
        short = text.body_text[:LONGEST]
        self._held[text.key] = _Held(text.key, text.media, text.published_at, short, text.bands, story_id)
        for band in text.bands:
            self._by_band[band].append(text.key)
        if len(self._held) > MEMORY:
            self._forget(next(iter(self._held)))

    def _forget(self, key: Key) -> None:
        held = self._held.pop(key, None)
        for band in held.bands if held else ():
            self._by_band[band].remove(key)
            if not self._by_band[band]:
                del self._by_band[band]

    def _tell_over(self, keys: list[Key], stories: set[int], story_id: int) -> None:
        """Move articles, and whole stories, into another; those not stored yet follow at the run's end."""
        for held in self._held.values():
            if held.story_id in stories:
                held.story_id = story_id
                keys.append(held.key)
        self._moved.update(dict.fromkeys(stories, story_id))
        self.store.tell(keys, story_id)
        self._late.append((keys, story_id))

    def _now(self, story_id: int) -> int:
        """Return the story that a story was told over to in this run, itself where it was not."""
        while story_id in self._moved:
            story_id = self._moved[story_id]
        return story_id
