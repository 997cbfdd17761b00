"""The two writers against the plainest way of writing the same with the same durability."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from newscrawler.rewriting import PostWriter, rewrite
from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.content import WINDOW
from pipelines.body import parse_body
from pipelines.config import Config
from pipelines.posting.forms import Form, load_template
from pipelines.posting.posts import post_path
from pipelines.store.base import ArticleRow, Raw, SecurityRow
from pipelines.store.url import database_url
from tests import postgres
from tests.bench.costs import Cost, call, paired
from tests.bench.crawls import folder
from tests.bench.table import Result
from tests.store.made import article, store_at

BATCH = 100
TABLES = ("articles", "article_channels", "article_securities", "article_bands", "raw_answers")


def rows(count: int, first: int = 0) -> list[ArticleRow]:
    """Return made-up rows with bodies of 5 KB, as the stages leave them."""
    site = BulkSite(articles=first + count, days=(first + count) / 1000 + 1, until=WINDOW[1])
    made = []
    for number in range(first, first + count):
        entry = site.make(number)
        body = parse_body(entry.body)
        made.append(
            article(
                number, f"{number}", body_html=body.html, body_text=body.text, title=entry.title, summary=entry.summary,
                media=entry.media, story_id=number + 1, bands=tuple(range(number * 16, number * 16 + 16)),
                securities=[SecurityRow(entry.tagged[0], entry.tagged[0], "synthetic", "share", "tag", 1)],
                raw=Raw(entry.url, WINDOW[1], 200, b'{"row": 1}' * 30, entry.body.encode()), fingerprint=f"{number:064x}",
            )
        )  # fmt: skip
    return made


def database(kind: str, count: int, times: int) -> Iterator[Result]:
    """Rows a second of the store against `executemany` of the same rows, in the same batches, each committed."""
    with folder() as place:
        if kind == "SQLite":
            yield from _database(kind, place, count, times, lambda turn: f"sqlite:///{place}/{turn}.db")
        else:
            with Durable(place / "server") as server:
                yield from _database(kind, place, count, times, lambda _: server.database())


class Durable(postgres.Server):
    """A server that syncs what it commits, as the tests' own need not."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        super().__init__(place)

    def start(self) -> None:
        """Start it."""
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=on -c synchronous_commit=on"
        self._call("pg_ctl", "-w", "-t", "30", "-D", self.data, "-l", self.data / "log", "-o", options, "start")


def _database(kind: str, place: Path, count: int, times: int, url: Any) -> Iterator[Result]:
    made = rows(count)

    def ours(turn: Any) -> Cost:
        store = store_at(url(f"ours-{turn}"), place)
        try:
            return call(lambda: [store.save(made[first : first + BATCH]) for first in range(0, count, BATCH)])
        finally:
            store.close()

    model = store_at(url("model"), place)
    for first in range(0, count, BATCH):
        model.save(made[first : first + BATCH])
    stored = _read(model)
    model.close()
    write = _sqlite if kind == "SQLite" else _postgres

    def plain(turn: Any) -> Cost:
        address = url(f"plain-{turn}")
        store_at(address, place).close()
        return write(address, stored, count)

    pair = paired(ours, plain, times)
    one, other = (count / wall for wall in pair.median("wall_s"))
    yield Result(
        f"database writer, {kind}, articles a second", f"{one:.0f}/s", f"executemany {other:.0f}/s",
        1 / pair.ratio("wall_s"), at_least=0.5, runs=pair.record(),
    )  # fmt: skip


def _read(store: Any) -> dict[str, tuple[list[str], list[list[tuple[Any, ...]]]]]:
    """Return the rows of each table as the driver gives them, parted as they were committed."""
    parts: dict[str, tuple[list[str], list[list[tuple[Any, ...]]]]] = {}
    connection = store.database.engine.raw_connection()
    cursor = connection.cursor()
    for table in TABLES:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        names = [column[0] for column in cursor.description]
        key = names.index("id" if table == "articles" else "article" if "article" in names else "article_id")
        every = [tuple(row) for row in cursor.fetchall()]
        keys = sorted({row[key] for row in every})
        batch = {value: place // BATCH for place, value in enumerate(keys)}
        grouped: list[list[tuple[Any, ...]]] = [[] for _ in range(-(-len(keys) // BATCH))]
        for row in every:
            grouped[batch[row[key]]].append(row)
        parts[table] = (names, grouped)
    connection.close()
    return parts


def _sqlite(url: str, stored: dict[str, Any], count: int) -> Cost:
    plain = sqlite3.connect(url.removeprefix("sqlite:///"))
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        plain.execute(f"PRAGMA {pragma}")
    try:
        return call(lambda: _batches(plain, stored, count, "?"))
    finally:
        plain.close()


def _postgres(url: str, stored: dict[str, Any], count: int) -> Cost:
    with psycopg.connect(
        database_url(url, Path()).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as plain:
        return call(lambda: _batches(plain, stored, count, "%s"))


def _batches(plain: Any, stored: dict[str, Any], count: int, mark: str) -> None:
    cursor = plain.cursor()
    for batch in range(-(-count // BATCH)):
        for table, (names, parts) in stored.items():
            if batch < len(parts):
                marks = ", ".join([mark] * len(names))
                cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", parts[batch])  # noqa: S608
        plain.commit()


def posts(count: int, times: int) -> Iterator[Result]:
    """Posts written against plain atomic writes of the same bytes; then the same posts, which stand already."""
    made = rows(count)
    form = Form(load_template("post"), "html", "")
    with folder() as place:
        texts = [(post_path(place, row).name, form.render(row)) for row in made]

        def ours(turn: int) -> Cost:
            return call(lambda: _posts(made, place / f"ours-{turn}"))

        def plain(turn: int) -> Cost:
            (place / f"plain-{turn}").mkdir()
            return call(lambda: [_atomic(place / f"plain-{turn}" / name, data) for name, data in texts])

        pair = paired(ours, plain, times)
        again = paired(lambda turn: pair.one[turn], ours, times)
    one, other = pair.median("wall_s")
    yield Result(
        f"{count:,} posts written, wall", f"{one:.1f} s", f"atomic writes {other:.1f} s", pair.ratio("wall_s"), at_most=1.5,
        runs=pair.record(),
    )  # fmt: skip
    yield Result(
        f"{count:,} posts unchanged, wall", f"{again.median('wall_s')[1]:.1f} s", f"writing them {one:.1f} s",
        again.ratio("wall_s"), at_least=5, runs=again.record(),
    )  # fmt: skip


def _posts(made: Sequence[ArticleRow], place: Path) -> None:
    """Write posts as `scrapy posts` does, from rows in memory."""
    writer = PostWriter(Config.from_settings({"NEWS_POSTS_DIR": str(place)}))
    told = rewrite(writer, iter(made), lambda _done: None)
    assert told.total == len(made)
    assert not told.failed


def _atomic(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
