"""What only the commands ask that tend a store: articles by day, small facts by their beginning, pending rows made due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from pipelines.store.tables import article_channels, articles, pending, small_facts
from pipelines.store.types import key


def days(connection: Connection, source: str) -> list[tuple[str, date, int]]:
    """Count a source's articles by channel and Beijing day of publication, in this order."""
    columns, channel = articles.c, article_channels.c.channel
    # eight hours ahead on both databases: the zone's own name would move a few days of 1990 and 1991 on one of them
    if connection.dialect.name == "sqlite":
        day: Any = func.date(columns.published_at, "+8 hours")
    else:
        day = func.date(func.timezone("Etc/GMT-8", columns.published_at))
    query = (
        select(channel, day.label("day"), func.count().label("amount"))
        .join(articles, columns.id == article_channels.c.article)
        .where(columns.source == source)
        .group_by(channel, day)
        .order_by(channel, day)
    )
    return [(row.channel, _day(row.day), int(row.amount)) for row in connection.execute(query)]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def facts(connection: Connection, beginning: str) -> dict[str, Any]:
    """Return every small fact whose key begins so."""
    name = small_facts.c.key
    query = select(small_facts).where(name.startswith(beginning, autoescape=True)).order_by(name)
    return {row.key: row.value for row in connection.execute(query)}


def retry(connection: Connection, article_id: str, now: datetime) -> int:
    """Make the pending rows of an id due, whatever their state; returns how many there are."""
    columns = pending.c
    mine = columns.article_id == key(article_id)
    return connection.execute(update(pending).where(mine).values(state="waiting", next_at=now)).rowcount
