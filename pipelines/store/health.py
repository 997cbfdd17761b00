"""What the health of runs is judged by: articles by hour, the newest of a channel, how runs ended, who wrote most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, desc, exists, func, literal, or_, select

from pipelines.store.base import Span
from pipelines.store.tables import article_channels, article_securities, articles, runs

HORIZON = timedelta(days=4)
"""How far back the newest article of a channel is looked for: past a weekend."""
NEXT_RUN = timedelta(days=1)
"""A run that starts later than this after a moment says nothing of it."""


def hours(
    connection: Connection, spans: Sequence[Span], source: str = "", channels: Sequence[str] = ()
) -> dict[datetime, int]:
    """Count articles by the hour of publication; hours without any are missing. Beijing's whole hours are UTC's."""
    if not spans:
        return {}
    columns = articles.c
    if connection.dialect.name == "sqlite":
        hour: Any = func.strftime("%Y-%m-%dT%H", columns.published_at)
    else:
        hour = func.to_char(func.timezone("UTC", columns.published_at), 'YYYY-MM-DD"T"HH24')
    query = select(hour.label("hour"), func.count().label("amount")).group_by(hour).order_by(hour)
    query = query.where(or_(*((columns.published_at >= s) & (columns.published_at < u) for s, u in spans)))
    if source:
        query = query.where(_of(source))
    if channels:
        met = article_channels.c
        query = query.where(exists().where(met.article == columns.id, met.channel.in_(channels)))
    return {datetime.fromisoformat(f"{row.hour}:00+00:00"): int(row.amount) for row in connection.execute(query)}


def _of(source: str) -> ColumnElement[bool]:
    """Ask for a source in a form that no index serves: SQLite would read all of a source rather than some hours."""
    return articles.c.source.concat("") == source


def newest(connection: Connection, source: str, channel: str, moments: Sequence[datetime]) -> list[datetime | None]:
    """Return the time of the newest article of a channel before each moment; None: none within four days."""
    columns, met = articles.c, article_channels.c
    found: list[datetime | None] = []
    for moment in moments:
        query = (  # from the moment down by time: an article of a channel that is alive is met at once
            select(columns.published_at)
            .where(columns.published_at < moment, columns.published_at >= moment - HORIZON, _of(source))
            .where(exists().where(met.article == columns.id, met.channel == channel))
            .order_by(columns.published_at.desc(), columns.id.desc())
            .limit(1)
        )
        found.append(connection.scalar(query))
    return found


def next_ends(connection: Connection, spider: str, moments: Sequence[datetime]) -> list[int | None]:
    """Return how the first run ended that started within a day after each moment; None: none did, or it never ended."""
    columns = runs.c
    found: list[int | None] = []
    for moment in moments:
        query = (
            select(columns.exit_status)
            .where(columns.spider == spider, columns.started_at >= moment, columns.started_at < moment + NEXT_RUN)
            .order_by(columns.started_at, columns.id)
            .limit(1)
        )
        found.append(connection.scalar(query))
    return found


def leading(connection: Connection, what: str, span: Span, limit: int) -> list[tuple[str, int]]:
    """Return the publishers (`media`) or securities (`symbol`, and a name) of most articles of a time, with how many."""
    columns, amount, found = articles.c, func.count().label("amount"), article_securities.c
    if what == "media":
        name, more = columns.media, literal("").label("more")
        query = select(name.label("name"), more, amount)
    else:
        name, more = found.symbol, func.max(found.name).label("more")
        query = select(name.label("name"), more, amount).join(article_securities, found.article == columns.id)
    query = query.where(columns.published_at >= span[0], columns.published_at < span[1], name != "")
    query = query.group_by(name).order_by(desc("amount"), name).limit(limit)
    return [(f"{row.name} {row.more}".strip(), int(row.amount)) for row in connection.execute(query)]


def extent(connection: Connection) -> Span | None:
    """Return the times of the oldest and the newest article, or None where there is none."""
    first, last = (
        connection.scalar(select(articles.c.published_at).order_by(*order).limit(1))
        for order in ((articles.c.published_at, articles.c.id), (articles.c.published_at.desc(), articles.c.id.desc()))
    )
    return None if first is None or last is None else (first.astimezone(UTC), last.astimezone(UTC))
