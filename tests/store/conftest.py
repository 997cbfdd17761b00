"""Both databases for every test of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made import store_at
from postgres import Server

from pipelines.store.sql import DatabaseStore


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server for this session (with xdist: for this worker)."""
    with Server(tmp_path_factory.mktemp("postgresql")) as started:
        yield started


@pytest.fixture
def postgresql_url(server: Server) -> str:
    """The URL of an empty PostgreSQL database."""
    return server.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'news.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[DatabaseStore]:
    """An open store, of each kind in turn."""
    opened = store_at(database_url, tmp_path)
    yield opened
    opened.close()
