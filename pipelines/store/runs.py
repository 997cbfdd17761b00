"""The run ledger, the slugs of publishers, and small facts."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from pipelines.store.articles import insert_new, upsert
from pipelines.store.base import RunRow
from pipelines.store.tables import COUNTS, categories, runs, small_facts
from pipelines.store.types import key, plain

DEAD = "dead"
"""Reason of a run that never said how it ended; its finished_at and exit_status stay empty, since nobody knows them."""


def start_run(connection: Connection, spider: str, arguments: dict[str, Any], now: datetime, *, alone: bool) -> int:
    """Write a run's row and return its id.

    `alone`: the caller holds the spider's lock, so every unfinished run of it is dead.
    """
    columns = runs.c
    if connection.get_execution_options().get("again"):
        query = select(columns.id).where(columns.spider == spider, columns.started_at == now)
        if (known := connection.scalar(query)) is not None:
            return int(known)  # the try before was committed, and only its answer was lost
    if alone:
        unfinished = and_(columns.spider == spider, columns.finished_at.is_(None), columns.reason == "")
        connection.execute(update(runs).where(unfinished).values(reason=DEAD))
    values = {"spider": spider, "arguments": plain(arguments), "started_at": now, "reason": "", "stats": {}}
    return int(
        connection.execute(insert(runs).values(**values, **dict.fromkeys(COUNTS, 0)).returning(columns.id)).scalar_one()
    )


def finish_run(connection: Connection, run: RunRow) -> None:
    """Fill in how a run ended."""
    values = {"finished_at": run.finished_at, "exit_status": run.exit_status, "reason": run.reason[:500]}
    counts = {name: run.counts.get(name, 0) for name in COUNTS}
    connection.execute(update(runs).where(runs.c.id == run.id).values(**values, **counts, stats=plain(run.stats)))


def last_runs(connection: Connection, limit: int, *, failed: bool) -> list[RunRow]:
    """Return the last runs, newest first; `failed`: those that ended otherwise than with 0, dead ones included."""
    query = select(runs).order_by(runs.c.id.desc()).limit(limit)
    if failed:
        query = query.where(or_(runs.c.exit_status != 0, runs.c.reason == DEAD))
    return [
        RunRow(
            id=row.id,
            spider=row.spider,
            arguments=row.arguments,
            started_at=row.started_at,
            finished_at=row.finished_at,
            exit_status=row.exit_status,
            reason=row.reason,
            counts={name: getattr(row, name) for name in COUNTS},
            stats=row.stats,
        )
        for row in connection.execute(query)
    ]


def held_slug(connection: Connection, name: str) -> str | None:
    """Return the slug that a publisher holds already, or None."""
    return connection.scalar(select(categories.c.slug).where(categories.c.name == key(name)))


def slug(connection: Connection, name: str, wanted: str) -> str:
    """Return the slug that belongs to a publisher; the first to come keeps the plain one, others get 2, 3, ..."""
    name, wanted = key(name), key(wanted)
    for suffix in count(1):
        if (held := held_slug(connection, name)) is not None:
            return held
        tried = wanted if suffix == 1 else f"{wanted}{suffix}"
        connection.execute(insert_new(connection, categories).values(slug=tried, name=name))
    raise AssertionError  # count() has no end


def put(connection: Connection, name: str, value: Any) -> None:
    """Keep a JSON value under a name; None forgets it."""
    if value is None:
        connection.execute(delete(small_facts).where(small_facts.c.key == name))
        return
    value = plain(value)
    statement = upsert(connection, small_facts).values(key=name, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def get(connection: Connection, name: str) -> Any:
    """Return the value under a name, or None."""
    return connection.scalar(select(small_facts.c.value).where(small_facts.c.key == name))
