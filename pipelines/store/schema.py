"""The schema's version: looked at by plain SQL, brought up to date by Alembic (imported only then), under a lock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pipelines.errors import SchemaTooNew, StoreError
from pipelines.store.engine import Database

HEAD = "0002"
"""The newest revision in migrations/versions; a test compares them."""
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_NUMBER = 0x6E657773  # "news": any number that no other program would take


def standing(connection: Connection) -> str | None:
    """Return the revision a database stands at, None where it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if version is None else str(version)


def journal(connection: Connection) -> str:
    """Return the journal mode of an SQLite database."""
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def upgrade(database: Database, revision: str = HEAD) -> None:
    """Bring a database to a revision; at the newest one already, this is one query.

    Raises:
        SchemaTooNew: the database knows a revision this code does not.
        StoreError: it cannot be reached, read or changed.
    """
    if database.read(standing) == revision and (not database.sqlite or database.read(journal) == "wal"):
        return
    with _lock(database):
        version = database.read(standing)  # another process may have done it while we waited
        if version == revision:
            return
        if version is not None and version not in revisions():
            raise SchemaTooNew(
                f"{database.name} has the schema {version!r}, newer than this newscrawler ({HEAD}): update newscrawler"
            )
        if version is not None and version > revision:
            return
        database.migrate(_migrate, revision)


def revisions() -> set[str]:
    """Return the revisions this code has."""
    return {path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _migrate(connection: Connection, revision: str) -> None:
    """Run Alembic on an open transaction: all steps are kept, or none."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))  # a big table may take its time
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def _lock(database: Database) -> Iterator[None]:
    """Let one process at a time migrate a database."""
    if database.sqlite:
        from filelock import FileLock, Timeout

        path = f"{database.url.database}.migrate.lock"
        try:
            with FileLock(path, timeout=database.budget_s, thread_local=False, fallback_to_soft=False):
                database.write_ahead()
                yield
        except Timeout as error:
            raise StoreError(f"{database.name}: another process holds {path}") from error
        except OSError as error:
            raise database.error(error) from error
        return
    end = time.monotonic() + database.budget_s
    while (session := database.session_lock(LOCK_NUMBER)) is None:
        if time.monotonic() > end:
            raise StoreError(f"{database.name}: another process has been migrating it for {database.budget_s:.0f} s")
        time.sleep(0.05)
    try:
        yield
    finally:
        database.end_session(session)
