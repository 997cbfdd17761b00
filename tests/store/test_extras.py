"""Tags, attachments and the fields of research reports: stored with their article, replaced by a revision, read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made import article, store_at
from sqlalchemy import Connection, inspect, select

from pipelines.research import Research
from pipelines.store.schema import upgrade
from pipelines.store.sql import DatabaseStore
from pipelines.store.tables import article_attachments, article_tags, research_reports

RESEARCH = Research(
    kind="stock",
    organisation="样例证券",
    rating="买入",
    authors=("张样", "李例"),
    pages=12,
    eps_this_year=1.25,
    pe_next_year=-3.5,
)
FILES = ("https://pdf.dfcfw.com/pdf/H2_AN1_1.pdf", "https://pdf.dfcfw.com/pdf/H2_AN1_2.pdf")


def beside(store: DatabaseStore) -> tuple[list[Any], list[Any], list[Any]]:
    """Everything in the three tables."""

    def ask(connection: Connection) -> tuple[list[Any], list[Any], list[Any]]:
        tags = connection.execute(select(article_tags.c.tag).order_by(article_tags.c.article, article_tags.c.place))
        files = connection.execute(select(article_attachments.c.url).order_by(article_attachments.c.place))
        rating = connection.execute(select(research_reports.c.rating, research_reports.c.eps_this_year))
        return [tag for (tag,) in tags], [url for (url,) in files], [tuple(row) for row in rating]

    return store.database.read(ask)


def test_what_is_stored_is_read_back(store: DatabaseStore) -> None:
    """An article gives back its tags in their order, each once, its files and its report; another has none of it."""
    rows = [article(1, tags=("减持", "其他", "减持"), attachments=FILES, research=RESEARCH), article(2)]
    store.save(rows)
    first, second = store.articles()
    assert (first.tags, first.attachments, first.research) == (("减持", "其他"), FILES, RESEARCH)
    assert (second.tags, second.attachments, second.research) == ((), (), None)


def test_a_revision_replaces_it(store: DatabaseStore) -> None:
    """A revised article has what its new answer says, and nothing of the old one."""
    store.save([article(1, tags=("减持",), attachments=FILES, research=RESEARCH)])
    store.save([article(1, "second", tags=("更正",), research=replace(RESEARCH, rating="增持"))])
    assert beside(store) == (["更正"], [], [("增持", 1.25)])
    store.save([article(1, "third")])
    assert beside(store) == ([], [], [])


def test_an_unchanged_article_keeps_it(store: DatabaseStore) -> None:
    """The same article again writes nothing."""
    store.save([article(1, tags=("减持",))])
    store.save([article(1, tags=("别的",))])
    assert beside(store)[0] == ["减持"]


def test_an_answer_read_anew_corrects_it(store: DatabaseStore) -> None:
    """A correction of the same text replaces what differs and says so; the same again changes nothing."""
    store.save([article(1, tags=("减持",), research=RESEARCH)])
    better = article(1, tags=("减持", "其他"), attachments=FILES[:1], research=replace(RESEARCH, eps_this_year=2.5))
    assert store.amend([better]) == [True]
    assert beside(store) == (["减持", "其他"], [FILES[0]], [("买入", 2.5)])
    assert store.amend([better]) == [False]


def test_hostile_texts(store: DatabaseStore) -> None:
    """NUL, lone surrogates and texts of absurd length are stored as what a database takes."""
    odd = "\0\ud800" + "长" * 3000
    store.save([article(1, tags=(odd,), attachments=(odd,), research=replace(RESEARCH, rating=odd, authors=(odd,)))])
    (row,) = store.articles()
    assert row.research is not None
    assert row.research.authors == ("\ufffd\ufffd" + "长" * 3000,)
    assert len(row.tags[0]) == 200


@pytest.mark.parametrize("number", [1, 2])
def test_a_database_of_the_first_version(database_url: str, tmp_path: Path, number: int) -> None:
    """A database with articles from before the tables existed gains them, and keeps its articles."""
    from alembic import command
    from alembic.config import Config

    from pipelines.store.schema import MIGRATIONS

    store = store_at(database_url, tmp_path)
    store.save([article(each) for each in range(number)])

    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")

    store.database.write(down)
    assert not store.database.read(lambda connection: inspect(connection).has_table("article_tags"))
    upgrade(store.database)
    store.save([article(9, tags=("新",))])
    assert [row.tags for row in store.articles()] == [()] * number + [("新",)]
    store.close()
