"""The channels that -a channels= and the default setting may name."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from newscrawler.errors import SourceArgumentError

FLASH_IDS = range(100, 132)
"""Ids of flash-news channels; every other number is a column (dossier of the source, fastColumn menu)."""


@cache
def _vocabulary() -> dict[str, str]:
    """Words of vocab/channels.csv, lower case, and the channel each stands for."""
    words: dict[str, str] = {}
    text = resources.files("pipelines").joinpath("vocab/channels.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        channel = f"{row['kind']}:{row['id']}"
        for word in (row["slug"], *row["name"].split("/")):  # a channel may have two names
            if word:
                words[word.lower()] = channel
    return words


@cache
def _names() -> dict[str, str]:
    text = resources.files("pipelines").joinpath("vocab/channels.csv").read_text(encoding="utf-8")
    return {f"{row['kind']}:{row['id']}": row["name"] for row in csv.DictReader(text.splitlines())}


def channel_name(channel: str) -> str:
    """Return the name of a channel such as `column:344`; empty where the vocabulary has none."""
    return _names().get(channel, "")


def read_channels(text: str) -> list[str]:
    """Turn ids, slugs and names into channels such as `column:344` and `flash:102`, each once, in order.

    Raises:
        SourceArgumentError: an unknown word, or none at all.
    """
    found: list[str] = []
    for word in (part.strip() for part in text.replace("，", ",").split(",")):
        if not word:
            continue
        kind, _, number = word.partition(":")
        if word.isascii() and word.isdigit():
            channel = f"{'flash' if int(word) in FLASH_IDS else 'column'}:{int(word)}"
        elif kind in ("column", "flash") and number.isascii() and number.isdigit():
            channel = f"{kind}:{int(number)}"
        else:
            channel = _vocabulary().get(word.lower(), "")
        if not channel:
            raise SourceArgumentError(
                f"channel {word!r} is unknown; right would be an id (344, 102), a slug (ccjdd) or a name (国内经济) "
                "of pipelines/vocab/channels.csv"
            )
        if channel not in found:
            found.append(channel)
    if not found:
        raise SourceArgumentError("channels= names no channel; right would be channels=102,344")
    return found


def pick(text: str, choices: Mapping[str, str]) -> list[str]:
    """Turn the words of a source with few lists into channels, each once; a channel is a word too.

    Raises:
        SourceArgumentError: an unknown word, or none at all.
    """
    words = {**choices, **{channel: channel for channel in choices.values()}}
    asked = [word.strip() for word in text.replace("，", ",").split(",") if word.strip()]
    unknown = [word for word in asked if word not in words]
    if unknown or not asked:
        named = f"channel {unknown[0]!r} is unknown" if unknown else "channels= names no channel"
        raise SourceArgumentError(f"{named}; there are {', '.join(choices)}")
    return list(dict.fromkeys(words[word] for word in asked))
