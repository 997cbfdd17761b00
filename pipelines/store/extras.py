"""What some sources say of an article beside its text: tags, attachments, the fields of a research report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from sqlalchemy import Connection, delete, select

from pipelines.research import Research
from pipelines.store.articles import insert_many
from pipelines.store.base import ArticleRow
from pipelines.store.tables import article_attachments, article_tags, research_reports
from pipelines.store.types import plain

TABLES = (article_tags, article_attachments, research_reports)


@dataclass(slots=True)
class Extras:
    """All of one article."""

    tags: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    research: Research | None = None


def write(connection: Connection, rows: Mapping[int, ArticleRow]) -> None:
    """Write what belongs to articles that have nothing of it yet; of most articles that is nothing."""
    tags = [
        {"article": number, "tag": tag, "place": place}
        for number, row in rows.items()
        for place, tag in enumerate(dict.fromkeys(row.tags))
    ]
    files = [
        {"article": number, "place": place, "url": url}
        for number, row in rows.items()
        for place, url in enumerate(row.attachments)
    ]
    reports = [{"article": number, **_stored(row.research)} for number, row in rows.items() if row.research]
    for table, values in zip(TABLES, (tags, files, reports), strict=True):
        if values:
            insert_many(connection, table, tuple(values[0]), [tuple(row.values()) for row in values])


def _stored(research: Research) -> dict[str, Any]:
    return {**asdict(research), "authors": plain(research.authors)}


def drop(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove all of it, of articles given by number."""
    for table in TABLES:
        connection.execute(delete(table).where(table.c.article.in_(numbers)))


def read(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Extras]:
    """Return it by the articles' numbers; the answer has an empty one for every other number."""
    found: defaultdict[int, Extras] = defaultdict(Extras)
    for table, name, column in ((article_tags, "tags", "tag"), (article_attachments, "attachments", "url")):
        query = select(table).where(table.c.article.in_(numbers)).order_by(table.c.article, table.c.place)
        for row in connection.execute(query):
            getattr(found[row.article], name).append(getattr(row, column))
    table = research_reports
    for row in connection.execute(select(table).where(table.c.article.in_(numbers))):
        values = {each.name: getattr(row, each.name) for each in fields(Research)}
        found[row.article].research = Research(**{**values, "authors": tuple(values["authors"])})
    return found


def amend(connection: Connection, number: int, row: ArticleRow, standing: Extras) -> bool:
    """Put another state in the place of the standing one; True where they differ."""
    wanted = Extras(list(dict.fromkeys(row.tags)), list(row.attachments), row.research)
    if wanted == standing:
        return False
    drop(connection, [number])
    write(connection, {number: row})
    return True
