"""Publishers: from what stands where a publisher should stand to a clean name and the slug of its category.

Facts live in `vocab/`, one a row:

- `categories.csv`: publishers checked by hand and their slugs. `seen` says where: the files of captures that name it,
  `seed`, `finews` (a category of finews), `known` (a publisher of Chinese financial news, in no capture yet).
- `category_aliases.csv`: slugs of old finews sites and today's. `seen`: `finews` or the file that shows it; `xpinyin`
  for what finews' library makes of that name.
- `readings.csv`: words that pypinyin reads otherwise than people do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from itemadapter import ItemAdapter

from pipelines.publishers import clean_media, key, known, rows
from pipelines.store import store_of

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

__all__ = ["FALLBACK_NAME", "FALLBACK_SLUG", "NormalizeCategory", "aliases", "clean_media", "slug"]

FALLBACK_NAME = "未知媒体"
"""Name of the category of articles whose publisher is not named; their `media` stays empty."""
FALLBACK_SLUG = "weizhimeiti"
ODD_PREFIX = "meiti"
MAX_SLUG = 60
MAX_NAME = 200
HAN = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
T = TypeVar("T")


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    """Old slugs of the vocabulary by today's."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows("category_aliases.csv"):
        found[row["slug"]] = (*found.get(row["slug"], ()), row["alias"])
    return found


@cache
def _readings() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """Words with a reading of their own: a pattern, longest word first, and a syllable for each sign."""
    words = {row["word"]: row["reading"].split() for row in rows("readings.csv")}
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), words


def slug(name: str) -> str:
    """Return the slug of a publisher's category, as finews' sites have it in their addresses.

    Args:
        name: the publisher's name, e.g. `东方财富Choice数据`; from `clean_media`. At most 200 signs are looked at.

    Returns:
        1 to 60 of [a-z0-9]: the vocabulary's slug, else the name's pinyin as a person reads it (ü is v) with its Latin
        letters and digits. A name without a letter or digit gives `weizhimeiti` (未知媒体); one in a script without
        pinyin (kana, Hangul, Cyrillic) `meiti` and eight hex digits of its hash; a longer slug is cut and ends in the
        hash too. So equal names have equal slugs, in every run and on every machine.

    Source: addresses of finews' sites; the readings of pypinyin 0.55, mended by `vocab/readings.csv`.
    """
    return _slug(name[:MAX_NAME])


@lru_cache(maxsize=4096)
def _slug(name: str) -> str:
    """Work `slug` out."""
    shared = key(name)
    publisher = known().get(shared)
    if publisher:
        return publisher[1]
    if not any(sign.isalnum() for sign in shared):
        return FALLBACK_SLUG
    spelled = _spell(unicodedata.normalize("NFKC", name))
    mark = sha256(shared.encode("utf-8", "replace")).hexdigest()[:8]
    if not spelled:
        return ODD_PREFIX + mark
    return spelled if len(spelled) <= MAX_SLUG else spelled[: MAX_SLUG - len(mark)] + mark


def _no_syllables(unread: str) -> list[str]:
    """Stand in for the syllables of signs that pypinyin cannot read."""
    return [""] * len(unread)


def _spell(name: str) -> str:
    """Spell a name in [a-z0-9]: Han by pypinyin, Latin letters without accents, digits; the rest is left out."""
    if HAN.search(name):
        # A second of import time that a run over known publishers does not pay.
        from pypinyin import lazy_pinyin

        words, readings = _readings()

        def read(run: re.Match[str]) -> str:
            # One syllable a sign, also for signs without one (a list is allowed here; pypinyin's types forget it).
            syllables = lazy_pinyin(run[0], errors=_no_syllables)  # type: ignore[arg-type]
            # pypinyin needs the whole run to know its words; ours replace what it says of their signs.
            for word in words.finditer(run[0]):
                syllables[word.start() : word.end()] = readings[word[0]]
            return "".join(syllables)

        name = HAN.sub(read, name)
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())


def aliases(slug: str) -> tuple[str, ...]:
    """Return the slugs under which old finews sites have a category, so that their addresses still lead somewhere.

    Args:
        slug: today's slug, e.g. `renminyinhang`.

    Returns:
        Old slugs, e.g. `("renminyinxing",)`; empty where the slug never was another.

    Source: finews' posts (`emnews` is its word for 东财滚动新闻); finews' library xpinyin reads sign by sign: 行 always
        xing, 重 always zhong, 厦 always sha, 会 always hui.
    """
    return _aliases().get(slug, ())


class Slugs(Protocol):
    """What this stage asks of a store."""

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Run a method of the store on its thread."""

    def slug(self, name: str, slug: str) -> str:
        """Return the slug that belongs to `name`: `slug`, or with a suffix when another name already holds it."""


class NormalizeCategory:
    """Give an article its publisher's clean name and category.

    **Reads** media, media_raw (where media is empty), source, article_id. **Writes** media (clean; empty where no publisher
    is named), category (slug; the store keeps two names in one slug apart).
    **Drops** nothing: an article without publisher goes to the category 未知媒体 (`weizhimeiti`).
    **Stats** news/categories/fallback (articles without publisher), news/categories/collision (names that met another
    name in their slug, once a run).
    """

    def __init__(self, stats: StatsCollector, store: Slugs) -> None:
        self.stats = stats
        self.store = store
        self._taken: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the crawler's stats and the store it shares among its stages."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(crawler.stats, store_of(crawler))

    async def process_item(self, item: Any) -> Any:
        """Set media and category."""
        fields = ItemAdapter(item)
        media = clean_media(str(fields.get("media") or fields.get("media_raw") or ""))
        if not media:
            self.stats.inc_value("news/categories/fallback")
        fields["media"] = media
        fields["category"] = await self._category(media or FALLBACK_NAME)
        return item

    async def _category(self, name: str) -> str:
        """Return the slug that the store keeps for a name, asked once a run."""
        if name not in self._taken:
            wanted = slug(name)
            given = await self.store.run(self.store.slug, name, wanted)
            # Another article of the same publisher may have asked meanwhile.
            if name not in self._taken and given != wanted:
                self.stats.inc_value("news/categories/collision")
            self._taken[name] = given
        return self._taken[name]
