"""The tables `coverage` and `reaches`: which time of which channel is stored, and how far back a source went."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, text

from pipelines.spans import Span, merge
from pipelines.store.articles import upsert
from pipelines.store.base import Reach
from pipelines.store.tables import coverage, reaches


def covers(spans: list[Span], span: Span) -> bool:
    """Say whether one of the merged spans holds a whole other one."""
    return any(since <= span[0] and span[1] <= until for since, until in spans)


def cover(connection: Connection, source: str, channel: str, span: Span) -> None:
    """Add an interval to a channel's; what it overlaps or touches becomes one row with it."""
    since, until = span
    if connection.dialect.name == "postgresql":
        # two writers that each merge with what they see would leave overlapping rows behind
        connection.execute(text("LOCK TABLE coverage IN SHARE ROW EXCLUSIVE MODE"))
    near = (
        coverage.c.source == source,
        coverage.c.channel == channel,
        coverage.c.since <= until,
        coverage.c.until >= since,
    )
    standing = [(row.since, row.until) for row in connection.execute(select(coverage).where(*near))]
    if since >= until or covers(standing, span):
        return
    connection.execute(delete(coverage).where(*near))
    connection.execute(
        insert(coverage),
        [
            {"source": source, "channel": channel, "since": start, "until": end}
            for start, end in merge([*standing, span])
        ],
    )


def covered(connection: Connection, source: str, channel: str) -> list[Span]:
    """Return a channel's intervals in order."""
    query = select(coverage).where(coverage.c.source == source, coverage.c.channel == channel)
    return merge((row.since, row.until) for row in connection.execute(query))


def channels(connection: Connection) -> list[tuple[str, str]]:
    """Return every source and channel with coverage."""
    query = select(coverage.c.source, coverage.c.channel).distinct().order_by(coverage.c.source, coverage.c.channel)
    return [(row.source, row.channel) for row in connection.execute(query)]


def reach(connection: Connection, source: str, note: Reach) -> None:
    """Remember how far back a channel went; the newest note stands."""
    new = {"reached": note.reached, "asked": note.asked, "at": note.at}
    statement = upsert(connection, reaches).values(source=source, channel=note.channel, **new)
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "channel"], set_=new))


def reached(connection: Connection, source: str, channel: str) -> Reach | None:
    """Return a channel's note."""
    query = select(reaches).where(reaches.c.source == source, reaches.c.channel == channel)
    row = connection.execute(query).first()
    return None if row is None else Reach(channel=channel, reached=row.reached, asked=row.asked, at=row.at)
