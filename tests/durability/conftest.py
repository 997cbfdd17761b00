"""Sources, places and servers for the tests of durability: each on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from places import Place
from postgres import Server
from processes import Launcher
from scenes import ALL, ARTICLES, SCENE, Whole
from serve import Remote


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Starts runs quickly."""
    with Launcher(tmp_path_factory.mktemp("runs")) as started:
        yield started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server for this session (with xdist: for this worker)."""
    with Server(tmp_path_factory.mktemp("postgresql")) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Make an empty place, its database of each kind in turn."""
    made: list[Place] = []

    def make(name: str = "site", *, url: str = "", **other: Any) -> Place:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        if not url and request.param == "sqlite":
            url = f"sqlite:///{folder / 'news.db'}"
        elif not url:
            url = request.getfixturevalue("server").database()
        made.append(Place(other.pop("launcher", launcher), folder, url, **other))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(new_place: Callable[..., Place]) -> Place:
    """An empty place, its database of each kind in turn."""
    return new_place()


@pytest.fixture
def source() -> Iterator[Remote]:
    """Two hundred articles, served by a process of its own."""
    with SCENE.serve() as remote:
        yield remote


@pytest.fixture(scope="session")
def undisturbed(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Posts and rows of one run over the two hundred articles that nothing befell."""
    folder = tmp_path_factory.mktemp("undisturbed")
    place = Place(launcher, folder, f"sqlite:///{folder / 'news.db'}")
    with SCENE.serve() as remote:
        run = place.crawl(remote.address, ALL)
    assert run.status == 0, run.errors
    found = Whole(place.posts(), place.facts())
    place.close()
    assert len(found.posts) == len(found.facts["articles"]) == ARTICLES
    return found
