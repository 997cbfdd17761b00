"""NEWS_DATABASE_URL: what is taken, and what is said about what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made import store_at
from sqlalchemy import Connection

from pipelines.errors import SettingError, StoreError
from pipelines.store.sql import DatabaseStore
from pipelines.store.url import database_url, shown

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    ("text", "driver", "database"),
    [
        ("sqlite:///news.db", "sqlite", "{root}/news.db"),
        ("sqlite:///a/b/news.db", "sqlite", "{root}/a/b/news.db"),
        ("sqlite:///{root}/c/news.db", "sqlite", "{root}/c/news.db"),
        (" sqlite+pysqlite:///新闻.db\n", "sqlite", "{root}/新闻.db"),
        ("postgresql://u:hunter2@h/news", "postgresql+psycopg", "news"),
        ("postgres://u@h:5433/news", "postgresql+psycopg", "news"),
        ("postgresql+psycopg:///news?host=/run/postgresql", "postgresql+psycopg", "news"),
    ],
)
def test_good_urls(tmp_path: Path, text: str, driver: str, database: str) -> None:
    """SQLite paths count from the root and their folder is made; PostgreSQL is spoken to by psycopg."""
    url = database_url(text.format(root=tmp_path), tmp_path)
    assert (url.drivername, url.database) == (driver, database.format(root=tmp_path))
    assert PASSWORD not in shown(url)
    if driver == "sqlite":
        assert Path(url.database or "").parent.is_dir()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "news.db",
        "hunter2",
        "sqlite",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:news.db?uri=true",
        "sqlite://news.db",
        "sqlite://u:hunter2@h/news.db",
        "sqlite:///a\0b.db",
        "sqlite:///folder",
        "sqlite:///file/news.db",
        "mysql://u:hunter2@h/news",
        "postgresql+psycopg2://u:hunter2@h/news",
        "postgresql://u:hunter2@h:port/news",
        "postgresql://u:hunter2@h:99999/news",
        "postgresql://u:hunter2@h",
        "postgresql://u:hunter2@[::1/news",
        "hunter2://hunter2:hunter2",
        "sqlite:///news.db?no_such_option=hunter2",
        "postgresql://u:hunter2@127.0.0.1:1/news?no_such_option=hunter2",
        "postgresql://u:hunter2@127.0.0.1:1/news?sslmode=hunter2",
    ],
)
def test_bad_urls_get_one_line(tmp_path: Path, text: str) -> None:
    """A URL that cannot be used is refused in one line that names the setting and no password."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingError) as caught:
        store_at(text, tmp_path, budget_s=1)
    said = str(caught.value)
    assert said.startswith("NEWS_DATABASE_URL")
    assert "\n" not in said
    assert len(said) < 400
    if f":{PASSWORD}@" in text:
        assert PASSWORD not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A read-only folder is the setting's fault, found before anything is asked."""
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(SettingError, match="cannot be written"):
        database_url("sqlite:///shut/news.db", tmp_path)


def test_another_file_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is refused and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes\n" * 100)
    with pytest.raises(SettingError, match="not a database"):
        store_at("sqlite:///notes.txt", tmp_path)
    assert path.read_text().startswith("not a database, but")


def test_an_unknown_database_or_user(postgresql_url: str, tmp_path: Path) -> None:
    """What the server says of a wrong name is the setting's fault, at once and without the password."""
    for wrong in (postgresql_url + "x", postgresql_url.replace("postgres:", "nobody:")):
        with pytest.raises(SettingError) as caught:
            store_at(wrong, tmp_path)
        assert "does not exist" in str(caught.value)
        assert PASSWORD not in str(caught.value)


def test_options_of_the_url_win(postgresql_url: str, tmp_path: Path) -> None:
    """What the URL says of timeouts stands; what it does not say is the store's."""
    store = store_at(f"{postgresql_url}?connect_timeout=3&options=-c%20statement_timeout%3D1234", tmp_path)

    def setting(connection: Connection) -> list[str]:
        names = ("statement_timeout", "timezone")
        return [str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in names]

    assert store.database.read(setting) == ["1234ms", "UTC"]
    store.close()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """A port where nobody listens is a failure of the store, said in one line within the budget."""
    with pytest.raises(StoreError) as caught:
        store_at(f"postgresql://u:{PASSWORD}@127.0.0.1:1/news", tmp_path, budget_s=1)
    assert not isinstance(caught.value, SettingError)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value.__cause__)


def test_a_broken_store_says_which(tmp_path: Path) -> None:
    """A table that was dropped by hand gives a StoreError that names the database."""
    store: DatabaseStore = store_at("sqlite:///news.db", tmp_path)
    store.database.write(lambda connection: connection.exec_driver_sql("DROP TABLE coverage"))
    with pytest.raises(StoreError, match=r"SQLite database .*news\.db: no such table: coverage"):
        store.channels()
    store.close()
