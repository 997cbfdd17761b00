"""What is stored, read back: articles by time, raw answers, revisions, and articles that look alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, literal, select, tuple_, update

from pipelines.store import extras
from pipelines.store.articles import chunks, stored_securities
from pipelines.store.base import Alike, ArticleRow, Raw, SecurityRow
from pipelines.store.packing import unpack
from pipelines.store.save import signed
from pipelines.store.tables import (
    article_bands,
    article_channels,
    article_revisions,
    articles,
    raw_answers,
)
from pipelines.store.types import UTCDateTime, key

PAGE = 200
"""Articles fetched at a time: some 4 MB of text."""
ALIKE = 50
"""Most articles looked at for one: templated news (a day's margin trades, share by share) has hundreds of relatives."""
After = tuple[datetime, int]
"""Time and number of the last article of a page: where the next one begins."""
FIELDS = [
    "source",
    "article_id",
    "url",
    "title",
    "summary",
    "body_html",
    "body_text",
    "media",
    "author",
    "category",
    "published_at",
    "fingerprint",
    "body_from",
    "revision",
    "story_id",
    "official_on",
    "editor",
    "original_title",
    "machine_written",
]


def page(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    source: str,
    after: After | None,
    *,
    raw: bool = False,
) -> tuple[list[ArticleRow], After | None]:
    """Return one page of articles in the order of time, and where the next one begins (None: this was the last).

    `raw`: only articles whose raw answer is kept, and that with them.
    """
    columns = articles.c
    query = select(articles).order_by(columns.published_at, columns.id).limit(PAGE)
    if raw:
        same = and_(raw_answers.c.source == columns.source, raw_answers.c.article_id == columns.article_id)
        kept = [column.label(f"raw_{column.name}") for column in raw_answers.c]
        query = query.join(raw_answers, same).add_columns(*kept)
    if since is not None:
        query = query.where(columns.published_at >= since)
    if until is not None:
        query = query.where(columns.published_at < until)
    if source:
        query = query.where(columns.source == source)
    if after is not None:
        query = query.where(tuple_(columns.published_at, columns.id) > tuple_(literal(after[0], UTCDateTime), after[1]))
    found = connection.execute(query).all()
    numbers = [row.id for row in found]
    securities, channels = stored_securities(connection, numbers), _channels(connection, numbers)
    rows = [_article(row, securities[row.id], channels[row.id], raw=raw) for row in found]
    beside = extras.read(connection, numbers)
    for number, article in zip(numbers, rows, strict=True):
        article.tags, article.attachments = tuple(beside[number].tags), tuple(beside[number].attachments)
        article.research = beside[number].research
    return rows, (found[-1].published_at, found[-1].id) if len(found) == PAGE else None


def _article(row: Row[Any], securities: list[SecurityRow], channels: list[str], *, raw: bool) -> ArticleRow:
    article = ArticleRow(
        **{name: getattr(row, name) for name in FIELDS},
        seen_at=row.changed_at,
        securities=securities,
        channels=tuple(channels),
    )
    if raw:
        article.raw = Raw(
            url=row.raw_url,
            fetched_at=row.raw_fetched_at,
            status=row.raw_status,
            row=unpack(row.raw_row),
            body=unpack(row.raw_body),
        )
    return article


def _channels(connection: Connection, numbers: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    table = article_channels
    query = select(table).where(table.c.article.in_(numbers)).order_by(table.c.article, table.c.channel)
    for row in connection.execute(query):
        found[row.article].append(row.channel)
    return found


def revisions(connection: Connection, article_id: str) -> list[dict[str, Any]]:
    """Return all texts the articles of an id ever had, in the order they were seen, source by source."""
    columns, old = articles.c, article_revisions.c
    texts = ("revision", "fingerprint", "title", "body_html", "body_text")
    answer: list[dict[str, Any]] = []
    query = select(articles).where(columns.article_id == key(article_id)).order_by(columns.source)
    for row in connection.execute(query):
        about = {"source": row.source, "article_id": row.article_id, "url": row.url, "published_at": row.published_at}
        replaced = select(article_revisions).where(old.article == row.id).order_by(old.revision)
        answer += [
            about | {name: getattr(past, name) for name in texts} | {"seen_at": past.seen_at}
            for past in connection.execute(replaced)
        ]
        answer.append(about | {name: getattr(row, name) for name in texts} | {"seen_at": row.changed_at})
    return answer


def _alike() -> Select[Any]:
    """Build the query once: it is asked for every article, and building it costs as much as the database."""
    columns, table = articles.c, article_bands.c
    near = (
        select(table.article, func.count().label("shared"))
        .where(table.band.in_(bindparam("bands", expanding=True)))
        .where(table.published_at >= bindparam("since"), table.published_at < bindparam("until"))
        .group_by(table.article)
        .order_by(func.count().desc(), table.article)
        .limit(ALIKE)
        .subquery()
    )
    return (
        select(columns.source, columns.article_id, columns.media, columns.story_id, columns.body_text, columns.id)
        .join(near, near.c.article == columns.id)
        .order_by(near.c.shared.desc(), columns.id)
    )


ALIKE_QUERY = _alike()


def alike(connection: Connection, bands: Sequence[int], since: datetime, until: datetime) -> list[Alike]:
    """Return articles of a window that share bands, those that share most first, at most 50."""
    asked = {"bands": [signed(band) for band in bands], "since": since, "until": until}
    return [Alike(**row._mapping) for row in connection.execute(ALIKE_QUERY, asked)]


BANDED_QUERY = (
    select(article_bands.c.band)
    .where(article_bands.c.band.in_(bindparam("bands", expanding=True)))
    .where(article_bands.c.published_at >= bindparam("since"), article_bands.c.published_at < bindparam("until"))
    .distinct()
)


def banded(connection: Connection, bands: Sequence[int], since: datetime, until: datetime) -> frozenset[int]:
    """Return which of many bands articles of a window have: one query for a group of articles, most of which have none."""
    names = {signed(band): band for band in bands}
    found: set[int] = set()
    for part in chunks(names):
        asked = {"bands": part, "since": since, "until": until}
        found.update(names[band] for band in connection.scalars(BANDED_QUERY, asked))
    return frozenset(found)


def tell(connection: Connection, names: Sequence[tuple[str, str]], story_id: int) -> None:
    """Put articles into a story, and with them all others of the stories they were in."""
    left: set[int] = set()
    for source in sorted({source for source, _ in names}):
        ids = sorted({key(article_id) for where, article_id in names if where == source})
        for part in chunks(ids):
            mine = and_(articles.c.source == source, articles.c.article_id.in_(part))
            before = select(articles.c.story_id).where(mine, articles.c.story_id != story_id)
            left.update(connection.scalars(before))
            connection.execute(update(articles).where(mine).values(story_id=story_id))
    for stories in chunks(sorted(left)):
        connection.execute(update(articles).where(articles.c.story_id.in_(stories)).values(story_id=story_id))
