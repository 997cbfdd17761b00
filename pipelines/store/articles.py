"""Articles looked up, and the small tools that all queries share. Functions of a connection; no transactions here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.engine import Dialect

from pipelines.store.base import ArticleRow, Known, SecurityRow
from pipelines.store.tables import article_channels, article_securities, articles
from pipelines.store.types import key

T = TypeVar("T")
Key = tuple[str, str]
"""(source, article_id), both as `types.key` gives them."""
CHUNK = 500
"""Keys in one query: far below the number of parameters either database takes."""


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut into lists of at most `size`."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def insert_new(connection: Connection, table: Table) -> Any:
    """Return an INSERT that passes over rows whose key is taken."""
    return upsert(connection, table).on_conflict_do_nothing()


def insert_many(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    replace: bool = False,
) -> None:
    """Insert rows, passing over those whose key is taken.

    Args:
        connection: in a transaction.
        table: where they go.
        names: of the columns.
        rows: their values, in that order.
        replace: put them in the place of those that have their key.
    """
    if rows:
        insert_columns(connection, table, dict(zip(names, zip(*rows, strict=True), strict=True)), replace=replace)


def insert_columns(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], *, replace: bool = False
) -> None:
    """Insert rows as `insert_many` does, given column by column; there is one at least.

    An article has some thirty small rows. SQLAlchemy writes the statement, and its types make the values storable; but
    that a column at a time, not a row at a time, which is a third of what storing articles costs.
    """
    insertion = _insertion(connection.dialect, table, tuple(columns), replace=replace)
    connection.exec_driver_sql(insertion.text, list(insertion.parameters(columns.values())))


def insert_returning(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    wanted: Sequence[str],
) -> Iterable[Any]:
    """Insert up to `CHUNK` rows, one at least, passing over those whose key is taken; all in one statement.

    Returns:
        Of each row that was inserted the columns that are wanted, as the database gives them.
    """
    insertion = _insertion(connection.dialect, table, tuple(names), wanted=tuple(wanted))
    parameters = insertion.parameters(zip(*rows, strict=True))
    return connection.exec_driver_sql(insertion.of_rows(len(rows)), tuple(chain.from_iterable(parameters)))


class _Insertion(NamedTuple):
    """An INSERT as the driver takes it."""

    text: str
    order: list[int]
    """Which value is which parameter."""
    types: list[tuple[int, Callable[[Any], Any]]]
    """Which values have to be made storable first, and how."""

    def of_rows(self, count: int) -> str:
        """Return the same for so many rows in one statement."""
        before, values, after = re.split(r"(?<= VALUES )|(?= ON CONFLICT )", self.text)
        return f"{before}{', '.join([values] * count)}{after}"

    def parameters(self, columns: Iterable[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
        """Return the parameters of each row, given the columns."""
        made = list(columns)
        for place, storable in self.types:
            made[place] = tuple(map(storable, made[place]))
        return zip(*[made[place] for place in self.order], strict=True)


@lru_cache(maxsize=64)
def _insertion(
    dialect: Dialect, table: Table, names: tuple[str, ...], *, replace: bool = False, wanted: tuple[str, ...] = ()
) -> _Insertion:
    """Compile an INSERT of some columns."""
    insert = on_dialect(dialect.name, table)
    if replace:
        keys = [column.name for column in table.primary_key]
        new = {name: insert.excluded[name] for name in names if name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=new)
    else:
        insert = insert.on_conflict_do_nothing()
    if wanted:
        insert = insert.returning(*[table.c[name] for name in wanted])
    # psycopg takes parameters by their place, too, which needs no dictionary for every row
    by_place = dialect if dialect.positional else type(dialect)(paramstyle="format")  # type: ignore[call-arg]
    written = insert.compile(dialect=by_place, column_keys=names)
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    types: list[tuple[int, Callable[[Any], Any]]] = [
        (place, process) for place, process in enumerate(processors) if process is not None
    ]
    return _Insertion(str(written), [names.index(name) for name in written.positiontup or ()], types)


def upsert(connection: Connection, table: Table) -> Any:
    """Return the database's own INSERT, which has `on_conflict_do_update`."""
    return on_dialect(connection.dialect.name, table)


def on_dialect(name: str, table: Table) -> Any:
    """Return the INSERT of a kind of database."""
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:  # whose package loads every driver's dialect: nothing for a quiet run on SQLite
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)


def key_of(row: ArticleRow) -> Key:
    """Return the stored key of an article."""
    return key(row.source), key(row.article_id)


CHANNELS = (
    select(func.aggregate_strings(article_channels.c.channel, "\n"))
    .where(article_channels.c.article == articles.c.id)
    .scalar_subquery()
)
KNOWN = select(
    articles.c.article_id,
    articles.c.fingerprint,
    articles.c.revision,
    articles.c.published_at,
    articles.c.first_seen_at,
    articles.c.changed_at,
    articles.c.checked_at,
    CHANNELS.label("channels"),
    articles.c.category,
).where(articles.c.source == bindparam("source"), articles.c.article_id.in_(bindparam("ids", expanding=True)))


def known(connection: Connection, source: str, ids: Sequence[str]) -> dict[str, Known]:
    """Look up ids of a source: one query for up to 500."""
    asked = {key(article_id): article_id for article_id in ids}
    found: dict[str, Known] = {}
    for part in chunks(asked):
        # by place and all at once: with 200 ids a list page, names and single fetches are half the cost
        rows = connection.execute(KNOWN, {"source": source, "ids": part}).all()
        for stored, fingerprint, revision, published, first_seen, changed, checked, channels, category in rows:
            noted = frozenset(channels.split("\n")) if channels else frozenset()
            found[asked[stored]] = Known(
                asked[stored], fingerprint, revision, published, first_seen, changed, checked, noted, category
            )
    return found


def met(connection: Connection, source: str, channel: str, ids: Sequence[str]) -> list[int]:
    """Return the numbers of those articles that are not yet noted in a channel."""
    columns = articles.c
    noted = (
        select(article_channels.c.article)
        .where(article_channels.c.article == columns.id, article_channels.c.channel == channel)
        .exists()
    )
    missing: list[int] = []
    for part in chunks(dict.fromkeys(map(key, ids))):
        query = select(columns.id).where(columns.source == source, columns.article_id.in_(part), ~noted)
        missing += connection.scalars(query)
    return missing


def stored_securities(connection: Connection, numbers: list[int]) -> dict[int, list[SecurityRow]]:
    """Return the securities of articles, given by number, in the order the stage gave them."""
    found: dict[int, list[SecurityRow]] = defaultdict(list)
    table = article_securities
    query = select(table).where(table.c.article.in_(numbers)).order_by(table.c.article, table.c.place)
    for row in connection.execute(query):
        found[row.article].append(SecurityRow(row.symbol, row.secid, row.name, row.kind, row.origin, row.mentions))
    return found
