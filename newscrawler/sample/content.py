"""The made-up articles, read from `articles/*.yaml`.

Synthetic: no company, figure or event in them is real. Security codes are of the right form and, where they name a share, not
those of a real company, but for the tagger's well-known false ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from importlib.resources import files
from typing import Any

import yaml

from newscrawler.sample import markup
from newscrawler.sample.model import BEIJING, Entry

WINDOW = (datetime(2026, 3, 1, tzinfo=BEIJING), datetime(2026, 3, 11, tzinfo=BEIJING))
"""The ten days of the sample: every entry's shown time lies in it (half-open)."""
CHANNELS = ("102", "344", "345", "349", "350", "351", "353", "355")
"""Channels that together list every entry."""
LAST_EPOCH = 1
"""Epoch 0 is how the source looks at first; in epoch 1 late rows have appeared and one article has been revised."""


@cache
def _records() -> tuple[Mapping[str, Any], ...]:
    folder = files("newscrawler.sample") / "articles"
    records: list[Mapping[str, Any]] = []
    for file in sorted(folder.iterdir(), key=lambda found: found.name):
        if file.name.endswith(".yaml"):
            records.extend(yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader))
    return tuple(records)


@cache
def entries(epoch: int = 0) -> tuple[Entry, ...]:
    """Return the entries that the source shows in an epoch, newest first."""
    shown = (record for record in _records() if record.get("appears", 0) <= epoch)
    made = (_entry({**record, **record.get("later", {})} if epoch else record) for record in shown)
    return tuple(sorted(made, key=lambda entry: entry.cursor, reverse=True))


@cache
def older() -> Entry:
    """Return the entry just before the ten days, in every list: by it a crawl of the ten days sees that it has them all."""
    at = WINDOW[0] - timedelta(hours=5)
    channels = {channel for entry in entries(LAST_EPOCH) for channel in entry.channels}
    return Entry(
        key="older",
        code=f"{at:%Y%m%d}3660000001",
        at=at,
        title="样例快讯：十天之前的一条",
        article_title="样例快讯：十天之前的一条",
        summary="【样例快讯：十天之前的一条】本条只为说明列表还能再往前翻，内容虚构。",
        media="财联社",
        channels=tuple(sorted(channels)),
        body=f"<p>{markup.INDENT}本条只为说明列表还能再往前翻，内容虚构。</p>",
    )


def _channel(word: str) -> str:
    return {"c": "column:", "f": "flash:"}[word[0]] + word[1:]


def _entry(record: Mapping[str, Any]) -> Entry:
    text = record.get("body")
    # Flash news: the article repeats the list's text.
    body = markup.render(text) if text else markup.Body(f"<p>{markup.INDENT}{record['summary']}</p>")
    cfh = record.get("cfh", False)
    return Entry(
        key=record["key"],
        code=record["code"],
        at=record["at"].replace(tzinfo=BEIJING),
        title=record["title"],
        article_title=unescape(record.get("article_title", record["title"])),
        summary=record["summary"],
        media=record["media"],
        channels=tuple(_channel(word) for word in record["lists"].split()),
        body="" if cfh else body.html,
        api="none" if cfh else record.get("api", "full"),
        page=record.get("page", not cfh),
        cfh=cfh,
        host=record.get("host", "finance"),
        image=record.get("image", ""),
        stocks=tuple(record.get("stocks", "").split()),
        tagged=tuple(body.secids),
        important=record.get("important", False),
        author=record.get("author", ""),
        editor=record.get("editor", ""),
        original_title=record.get("original_title", ""),
    )
