"""The table `pending`: what was listed and is not stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from pipelines.store.articles import Key, chunks, upsert
from pipelines.store.base import PendingRow
from pipelines.store.packing import pack, unpack
from pipelines.store.tables import pending
from pipelines.store.tries import after_try
from pipelines.store.types import key

FIELDS = ("url", "channel", "stage", "reason", "attempts", "first_at", "last_at", "next_at", "state")


def pend(connection: Connection, rows: Sequence[PendingRow], now: datetime) -> None:
    """Count one more failed try of each row."""
    again = bool(connection.get_execution_options().get("again"))
    for part in chunks(rows):
        standing = _standing(connection, part)
        changed: dict[Key, PendingRow] = {}
        for row in part:
            name = key(row.source), key(row.article_id)
            old = changed.get(name) or standing.get(name)
            if again and name not in changed and old is not None and old.last_at == now:
                continue  # the try before was committed, and only its answer was lost
            changed[name] = after_try(old, row, now)
        if changed:
            statement = upsert(connection, pending)
            new = {field: statement.excluded[field] for field in (*FIELDS, "row", "body")}
            statement = statement.on_conflict_do_update(index_elements=["source", "article_id"], set_=new)
            connection.execute(statement, [_values(row) for _, row in sorted(changed.items())])


def due(connection: Connection, source: str, now: datetime, limit: int) -> list[PendingRow]:
    """Return waiting rows whose moment has come, oldest failure first."""
    columns = pending.c
    query = (
        select(pending)
        .where(columns.source == source, columns.state == "waiting", columns.next_at <= now)
        .order_by(columns.first_at, columns.article_id)
        .limit(limit)
    )
    return [_row(row) for row in connection.execute(query)]


def waiting(connection: Connection) -> list[PendingRow]:
    """Return every row, oldest failure first."""
    query = select(pending).order_by(pending.c.first_at, pending.c.source, pending.c.article_id)
    return [_row(row) for row in connection.execute(query)]


def _standing(connection: Connection, rows: Sequence[PendingRow]) -> dict[Key, PendingRow]:
    found: dict[Key, PendingRow] = {}
    for source in sorted({row.source for row in rows}):
        ids = [row.article_id for row in rows if row.source == source]
        query = select(pending).where(pending.c.source == source, pending.c.article_id.in_(ids))
        query = query.order_by(pending.c.article_id).with_for_update()
        found |= {(row.source, row.article_id): row for row in map(_row, connection.execute(query))}
    return found


def _values(row: PendingRow) -> dict[str, Any]:
    return {field: getattr(row, field) for field in ("source", "article_id", *FIELDS)} | {
        "row": pack(row.row),
        "body": pack(row.body),
    }


def _row(row: Row[Any]) -> PendingRow:
    return PendingRow(
        **{field: getattr(row, field) for field in ("source", "article_id", *FIELDS)},
        row=unpack(row.row),
        body=unpack(row.body),
    )
