"""The schema: made by itself, equal to the tables, refused when newer, and free when nothing is to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from made import store_at
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import SchemaTooNew, StoreError
from pipelines.store.schema import HEAD, MIGRATIONS
from pipelines.store.sql import DatabaseStore
from pipelines.store.tables import metadata

ROOT = str(Path(__file__).parents[2])


@contextmanager
def connected(store: DatabaseStore) -> Iterator[Connection]:
    """Give a connection for a look at the schema."""
    with store.database.engine.connect() as connection:
        yield connection


def test_migrations_make_the_tables(store: DatabaseStore) -> None:
    """What the migrations leave is what the tables say: no column, index or key differs."""
    with connected(store) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        inspector = inspect(connection)
        for table in metadata.tables.values():
            keys = inspector.get_foreign_keys(table.name)
            assert [key["options"].get("ondelete") for key in keys] == ["CASCADE"] * len(table.foreign_keys)
            assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]


def test_the_head_is_the_newest_revision() -> None:
    """The constant that a quiet run compares with is the last file of the migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_migration_can_be_undone(store: DatabaseStore) -> None:
    """Going back drops every table again."""
    from alembic import command

    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    store.database.write(down)
    with connected(store) as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}


def test_a_quiet_opening_does_without_alembic(database_url: str, tmp_path: Path) -> None:
    """With the schema in place nothing of Alembic is imported, whatever is asked of the store."""
    store_at(database_url, tmp_path).close()
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[3:]; from made import store_at\n"
        "store = store_at(sys.argv[1], Path(sys.argv[2])); store.known('eastmoney', ['1']); store.close()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'mako', 'dateparser')])"
    )
    command = [sys.executable, "-c", code, database_url, str(tmp_path), str(Path(__file__).parent), ROOT]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_newer_schema_is_refused_and_left_alone(database_url: str, tmp_path: Path) -> None:
    """A database that a later version wrote is not touched."""
    store = store_at(database_url, tmp_path)
    newer = "UPDATE alembic_version SET version_num = '9999'"
    store.database.write(lambda connection: connection.exec_driver_sql(newer))
    store.close()
    with pytest.raises(SchemaTooNew, match="'9999', newer than this newscrawler"):
        store_at(database_url, tmp_path)


def test_a_failed_migration_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    """A step that fails takes the steps before it back, on both databases, and can be tried again."""
    empty = store_at(database_url, tmp_path)
    with empty.database.engine.execution_options(write=True).begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("CREATE TABLE runs (in_the_way INTEGER)")
    with pytest.raises(StoreError, match="already exists"):
        empty.open()
    with connected(empty) as connection:
        assert "articles" not in inspect(connection).get_table_names()
    with empty.database.engine.execution_options(write=True).begin() as connection:
        connection.exec_driver_sql("DROP TABLE runs")
    empty.open()
    assert empty.schema() == (HEAD, HEAD)
    empty.close()


def test_sqlite_writes_ahead_and_safely(tmp_path: Path) -> None:
    """Every connection has WAL, full synchronisation and foreign keys."""
    store = store_at("sqlite:///news.db", tmp_path)

    def pragma(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert store.database.read(pragma) == ["wal", 2, 1, 30000]
    assert store.database.write(pragma) == ["wal", 2, 1, 30000]
    store.close()


def test_a_database_without_wal_gets_it_back(tmp_path: Path) -> None:
    """A file that came from a tool that turned WAL off is put right at opening."""
    store = store_at("sqlite:///news.db", tmp_path)
    raw = store.database.engine.raw_connection()
    raw.cursor().execute("PRAGMA journal_mode=DELETE")
    raw.close()
    store.close()
    again = store_at("sqlite:///news.db", tmp_path)
    mode = "PRAGMA journal_mode"
    assert again.database.read(lambda connection: connection.exec_driver_sql(mode).scalar()) == "wal"
    again.close()


def test_errors_of_sqlalchemy_never_escape(store: DatabaseStore) -> None:
    """Whatever goes wrong in a query, callers meet a StoreError."""
    with pytest.raises(StoreError) as caught:
        store.database.read(lambda connection: connection.exec_driver_sql("SELECT nonsense FROM nowhere"))
    assert isinstance(caught.value.__cause__, SQLAlchemyError)
    assert "\n" not in str(caught.value)
