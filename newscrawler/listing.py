"""What a list page says: rows, and how the list goes on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pipelines.store.base import PendingRow

_ID = re.compile(r"[0-9A-Za-z_-]{6,40}")


@dataclass(slots=True)
class Row:
    """One row of a list, read but not yet fetched."""

    article_id: str
    url: str
    title: str
    summary: str
    media: str
    published_raw: str
    channel: str
    kind: str = "article"
    """`article`: its text must be fetched; `flash`: fetched, else the row is the news; `blog`: the row is the news."""
    author: str = ""
    securities: Sequence[tuple[str, str, str]] = ()
    published_at: datetime | None = None
    """Set once `published_raw` was read."""
    also: tuple[str, ...] = ()
    """Further channels that listed it when it could not be stored."""
    attempts: int = 0
    """Tries that earlier runs made in vain."""
    raw: Any = field(default_factory=dict)
    """The row as answered."""

    def payload(self) -> bytes:
        """Return the row as kept with raw answers and pending rows: enough to read it again."""
        return json.dumps({"channel": self.channel, "row": self.raw}, ensure_ascii=False, sort_keys=True).encode(
            "utf-8", "surrogatepass"
        )

    def pending(self, source: str, stage: str, reason: str, body: bytes = b"") -> PendingRow:
        """Return the pending row that this one becomes when its article cannot be stored."""
        return PendingRow(source, self.article_id, self.url, self.channel, stage, reason, row=self.payload(), body=body)


@dataclass(slots=True)
class BadRow:
    """A row that cannot be read: kept in `pending` under the id it has, or one made from its text."""

    article_id: str
    channel: str
    reason: str
    raw: Any

    @classmethod
    def of(cls, raw: Any, channel: str, reason: str, *, key: str) -> Self:
        """Keep a row under its id in the field `key`, or under one made of its text, the same in every run."""
        named = str(raw.get(key) or "") if isinstance(raw, Mapping) else ""
        if not _ID.fullmatch(named):
            text = json.dumps(raw, ensure_ascii=False, sort_keys=True, default=str)
            named = "row-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
        return cls(named.removeprefix("NW"), channel, reason, raw)


@dataclass(slots=True)
class Listing:
    """A page of a list."""

    rows: list[Row]
    bad: list[BadRow]
    cursor: str = ""
    """What asks for the next page, where the source has cursors."""
    total: int | None = None
    """How many rows the whole list has, where the source says so."""
    last: bool = False
    """The source says that no page follows."""

    @classmethod
    def of(cls, rows: Sequence[Any], channel: str, read: Callable[[Any, str], Row], *, key: str) -> Self:
        """Read every row of a page; those that cannot be read are kept beside the others, under their field `key`.

        Args:
            rows: as answered; none means that the list has ended.
            channel: the list they stand in.
            read: reads one row; its ValueError says what is wrong with it.
            key: the field of a row's id.
        """
        listing = cls([], [], last=not rows)
        for raw in rows:
            try:
                listing.rows.append(read(raw, channel))
            except ValueError as error:
                listing.bad.append(BadRow.of(raw, channel, str(error), key=key))
        return listing
