"""Every row of the vocabularies of publishers: unique, well formed, and what people read."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from pypinyin import pinyin
from pypinyin.constants import Style

from pipelines.categories import FALLBACK_SLUG, aliases, clean_media, slug
from pipelines.publishers import key

VOCAB = Path(__file__).parents[1] / "pipelines" / "vocab"
SEEN = re.compile(
    r"(?:known|finews|seed|[a-z]\w+\.(?:json|jsonp|md|html|txt))(?: (?:finews|seed|[a-z]\w+\.(?:json|jsonp|md|html|txt)))*"
)


def rows(name: str) -> list[dict[str, str]]:
    """Read a vocabulary."""
    with (VOCAB / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CATEGORIES = rows("categories.csv")
ALIASES = rows("category_aliases.csv")
READINGS = rows("readings.csv")


def spellings(name: str) -> set[str]:
    """Every slug that some reading of the signs of a name allows."""
    found = {""}
    for sign in name:
        readings = {"".join(filter(str.isascii, read)) for read in pinyin(sign, style=Style.NORMAL, heteronym=True)[0]}
        readings = (
            readings if "\u3400" <= sign <= "\u9fff" else {sign.lower() if sign.isascii() and sign.isalnum() else ""}
        )
        found = {start + read for start in found for read in readings}
    return found


@pytest.mark.parametrize("row", CATEGORIES, ids=lambda row: row["slug"])
def test_publisher(row: dict[str, str]) -> None:
    """A publisher's row has a clean name, a slug that its signs can be read as, and where it was seen."""
    assert clean_media(row["name"]) == row["name"]
    assert slug(row["name"]) == row["slug"]
    assert re.fullmatch(r"[a-z0-9]{1,60}", row["slug"])
    assert SEEN.fullmatch(row["seen"]), row["seen"]
    # 陕西 is written with two a: else it could not be told from 山西.
    assert row["slug"].replace("shaanxi", "shanxi") in spellings(row["name"])


def test_publishers_are_unique() -> None:
    """Two rows share neither name nor slug, and none has the slug of articles without publisher."""
    assert len({key(row["name"]) for row in CATEGORIES}) == len(CATEGORIES)
    slugs = [row["slug"] for row in CATEGORIES]
    assert len(set(slugs)) == len(slugs)
    assert FALLBACK_SLUG not in slugs


@pytest.mark.parametrize("row", ALIASES, ids=lambda row: row["alias"])
def test_alias(row: dict[str, str]) -> None:
    """An alias leads to the slug of a publisher of the vocabulary and is no publisher's slug itself."""
    slugs = {known["slug"] for known in CATEGORIES}
    assert row["slug"] in slugs
    assert row["alias"] not in slugs
    assert re.fullmatch(r"[a-z0-9]{1,60}", row["alias"])
    assert row["alias"] in aliases(row["slug"])
    assert re.fullmatch(r"finews|xpinyin|finews_\d+\.md", row["seen"])


def test_aliases_are_unique() -> None:
    """An old address leads to one place."""
    assert len({row["alias"] for row in ALIASES}) == len(ALIASES)


@pytest.mark.parametrize("row", READINGS, ids=lambda row: row["reading"])
def test_reading(row: dict[str, str]) -> None:
    """A word's reading is one its signs can have, and it is read so inside its example."""
    syllables = row["reading"].split()
    assert len(syllables) == len(row["word"])
    assert "".join(syllables) in spellings(row["word"])
    assert row["word"] in row["example"]
    assert slug(row["word"]) == "".join(syllables)
    assert "".join(syllables) in slug(row["example"])


def test_readings_are_unique() -> None:
    """A word has one reading."""
    assert len({row["word"] for row in READINGS}) == len(READINGS)


def test_kinds_of_announcements() -> None:
    """Kinds of announcements have a number, the next in order, and a name; neither twice."""
    kinds = rows("notice_kinds.csv")
    assert [row["id"] for row in kinds] == [str(number) for number in range(1, len(kinds) + 1)]
    assert len({row["name"] for row in kinds}) == len(kinds)
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,8}", row["name"]) and row["source"] for row in kinds)
