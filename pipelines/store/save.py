"""Articles written: inserted, revised or left, with what belongs to them, in the caller's one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, select, tuple_, update

from pipelines.store import extras
from pipelines.store.articles import (
    Key,
    chunks,
    insert_columns,
    insert_many,
    insert_new,
    insert_returning,
    key_of,
    stored_securities,
)
from pipelines.store.base import ArticleRow, Saved
from pipelines.store.packing import pack
from pipelines.store.tables import (
    article_bands,
    article_channels,
    article_revisions,
    article_securities,
    articles,
    pending,
    raw_answers,
)

MADE = ("title", "summary", "body_html", "body_text", "media", "author", "editor", "original_title", "machine_written")
"""What the stages make of an answer."""
REPLACED = (*MADE, "url", "official_on", "body_from", "fingerprint")
"""What a revision replaces. Time and category stay: the post's file name and address are built from them."""
AMENDED = tuple(name for name in REPLACED if name not in ("fingerprint", "title", "body_text", "url"))
"""What may be put right without a revision."""


def save(connection: Connection, rows: Sequence[ArticleRow]) -> list[Saved]:
    """Insert, revise or leave each article; the caller's transaction makes it one step.

    The same key may come several times in a batch: each time the row meets what the time before left.
    """
    answers: list[Saved] = [Saved("unchanged", 0)] * len(rows)
    waves: list[dict[Key, int]] = []
    seen: Counter[Key] = Counter()
    for place, row in enumerate(rows):
        name = key_of(row)
        if seen[name] == len(waves):
            waves.append({})
        waves[seen[name]][name] = place
        seen[name] += 1
    for wave in waves:
        # in the order of keys, so that two writers never wait for each other crosswise
        for part in chunks(sorted(wave.items())):
            batch = {name: rows[place] for name, place in part}
            for name, saved in _save(connection, batch).items():
                answers[wave[name]] = saved
    return answers


def _save(connection: Connection, batch: dict[Key, ArticleRow]) -> dict[Key, Saved]:
    """Save a batch in which no key stands twice."""
    standing = _standing(connection, batch)
    inserted = _insert(connection, {name: row for name, row in batch.items() if name not in standing})
    late = [name for name in batch if name not in standing and name not in inserted]
    standing |= _standing(connection, late)  # another writer was faster
    ids = {name: row.id for name, row in standing.items()} | inserted
    revised = {name: row for name, row in standing.items() if row.fingerprint != batch[name].fingerprint}
    _revise(connection, batch, revised)
    _check(connection, [(row.id, batch[name].seen_at) for name, row in standing.items() if name not in revised])
    fresh = {ids[name]: row for name, row in batch.items() if name in inserted or name in revised}
    times = {
        ids[name]: standing[name].published_at if name in standing else row.published_at for name, row in batch.items()
    }
    _belongings(connection, fresh, times, replace=[row.id for row in revised.values()])
    note_channels(connection, {ids[name]: row.channels for name, row in batch.items()})
    _raw(connection, {name: batch[name] for name in batch if name in inserted or name in revised})
    for source, names in _by_source(batch).items():
        connection.execute(delete(pending).where(pending.c.source == source, pending.c.article_id.in_(names)))
    return {name: _answer(connection, name, row, standing, revised) for name, row in batch.items()}


def _answer(
    connection: Connection, name: Key, row: ArticleRow, standing: dict[Key, Row[Any]], revised: dict[Key, Row[Any]]
) -> Saved:
    """Say what became of an article."""
    if name not in standing:
        return Saved("inserted", 1)
    old = standing[name]
    if name in revised:
        return Saved("revised", old.revision + 1)
    if connection.get_execution_options().get("again") and old.changed_at == row.seen_at:
        # the first try was committed, and only its answer was lost
        return Saved("inserted" if old.revision == 1 else "revised", old.revision)
    return Saved("unchanged", old.revision)


def _standing(connection: Connection, names: Iterable[Key]) -> dict[Key, Row[Any]]:
    """Fetch (and on PostgreSQL lock) what is stored under keys."""
    columns = articles.c
    found: dict[Key, Row[Any]] = {}
    for source, ids in _by_source(names).items():
        query: Select[Any] = (
            select(
                columns.id,
                columns.article_id,
                columns.fingerprint,
                columns.revision,
                columns.changed_at,
                columns.published_at,
            )
            .where(columns.source == source, columns.article_id.in_(ids))
            .order_by(columns.article_id)
            .with_for_update()
        )
        found |= {(source, row.article_id): row for row in connection.execute(query)}
    return found


def _by_source(names: Iterable[Key]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for source, article_id in names:
        grouped.setdefault(source, []).append(article_id)
    return grouped


_FIELDS = (
    *(*MADE, "source", "article_id", "url", "category"),
    *("published_at", "fingerprint", "body_from", "official_on", "story_id"),
)
_COLUMNS = (*_FIELDS, "first_seen_at", "changed_at", "checked_at", "revision")
_fields_of = attrgetter(*_FIELDS)


def _insert(connection: Connection, batch: dict[Key, ArticleRow]) -> dict[Key, int]:
    """Insert articles; the answer lacks those that another writer inserted meanwhile."""
    if not batch:
        return {}
    values = [(*_fields_of(row), row.seen_at, row.seen_at, row.seen_at, 1) for row in batch.values()]
    inserted = insert_returning(connection, articles, _COLUMNS, values, ("id", "source", "article_id"))
    return {(source, article_id): number for number, source, article_id in inserted}


def _revise(connection: Connection, batch: dict[Key, ArticleRow], revised: dict[Key, Row[Any]]) -> None:
    """Keep the old texts, put the new ones in their place."""
    if not revised:
        return
    columns = articles.c
    old = ("fingerprint", "title", "body_html", "body_text")
    kept = select(columns.id, columns.revision, columns.changed_at, *(columns[name] for name in old)).where(
        columns.id.in_([row.id for row in revised.values()])
    )
    connection.execute(
        insert_new(connection, article_revisions).from_select(["article", "revision", "seen_at", *old], kept)
    )
    statement = (
        update(articles)
        .where(columns.id == bindparam("the_id"))
        .values(
            {name: bindparam(f"new_{name}") for name in REPLACED}
            | {
                "revision": columns.revision + 1,
                "changed_at": bindparam("seen_at"),
                "checked_at": bindparam("seen_at"),
                "story_id": func.coalesce(bindparam("new_story_id", type_=columns.story_id.type), columns.story_id),
            }
        )
    )
    values = [
        {f"new_{column}": getattr(batch[name], column) for column in (*REPLACED, "story_id")}
        | {"the_id": row.id, "seen_at": batch[name].seen_at}
        for name, row in revised.items()
    ]
    connection.execute(statement, values)


def _check(connection: Connection, seen: list[tuple[int, datetime]]) -> None:
    """Note that articles were looked at and stand as they were."""
    if seen:
        statement = (
            update(articles)
            .where(articles.c.id == bindparam("the_id"), articles.c.checked_at < bindparam("seen_at"))
            .values(checked_at=bindparam("seen_at"))
        )
        connection.execute(statement, [{"the_id": article, "seen_at": moment} for article, moment in seen])


def _belongings(
    connection: Connection, rows: dict[int, ArticleRow], times: dict[int, datetime], *, replace: list[int]
) -> None:
    """Write securities, bands and extras of articles that are new or revised."""
    if replace:
        connection.execute(delete(article_securities).where(article_securities.c.article.in_(replace)))
        connection.execute(delete(article_bands).where(article_bands.c.article.in_(replace)))
        extras.drop(connection, replace)
    write_securities(connection, rows)
    extras.write(connection, rows)
    # the table holds signed numbers, a hash may be an unsigned one
    bands = [signed(band) for row in rows.values() for band in row.bands]
    owners = [article for article, row in rows.items() for _ in row.bands]
    if bands:
        columns: dict[str, list[Any]] = {
            "band": bands,
            "published_at": [times[article] for article in owners],
            "article": owners,
        }
        insert_columns(connection, article_bands, columns)


def write_securities(connection: Connection, rows: dict[int, ArticleRow]) -> None:
    """Write the securities of articles that have none yet."""
    names = ("symbol", "secid", "name", "kind", "origin", "mentions")
    securities = [
        (article, place, *[getattr(security, name) for name in names])
        for article, row in rows.items()
        for place, security in enumerate(row.securities)
    ]
    insert_many(connection, article_securities, ("article", "place", *names), securities)


def signed(band: int) -> int:
    """Fold a band key into 64 signed bits."""
    return band if band < 2**63 else band - 2**64


def note_channels(connection: Connection, channels: dict[int, tuple[str, ...]]) -> None:
    """Note articles in the lists they were met in."""
    values = [(article, name) for article, names in channels.items() for name in names]
    insert_many(connection, article_channels, ("article", "channel"), values)


def _raw(connection: Connection, batch: dict[Key, ArticleRow]) -> None:
    """Keep the answers as received, the newest of each article."""
    values = [
        (*name, row.raw.url, row.raw.fetched_at, row.raw.status, pack(row.raw.row), pack(row.raw.body))
        for name, row in batch.items()
        if row.raw is not None
    ]
    names = ("source", "article_id", "url", "fetched_at", "status", "row", "body")
    insert_many(connection, raw_answers, names, values, replace=True)


def amend(connection: Connection, rows: Sequence[ArticleRow]) -> list[bool]:
    """Put right what the stages made of articles whose text did not change; no revision, no new time."""
    names = sorted({key_of(row) for row in rows})
    columns = [articles.c[name] for name in ("id", "source", "article_id", "fingerprint", *AMENDED)]
    query = select(*columns).where(tuple_(articles.c.source, articles.c.article_id).in_(names)).with_for_update()
    standing = {(row.source, row.article_id): row for row in connection.execute(query)}
    numbers = [row.id for row in standing.values()]
    securities, beside = stored_securities(connection, numbers), extras.read(connection, numbers)
    answers = []
    for row in rows:
        old = standing.get(key_of(row))
        if old is None or old.fingerprint != row.fingerprint:
            answers.append(False)
            continue
        new = {name: getattr(row, name) for name in AMENDED}
        fields = new != {name: getattr(old, name) for name in AMENDED}
        if fields:
            connection.execute(update(articles).where(articles.c.id == old.id).values(new))
        tagged = securities.get(old.id, []) != row.securities
        if tagged:
            connection.execute(delete(article_securities).where(article_securities.c.article == old.id))
            write_securities(connection, {old.id: row})
        more = extras.amend(connection, old.id, row, beside[old.id])
        answers.append(fields or tagged or more)
    return answers
