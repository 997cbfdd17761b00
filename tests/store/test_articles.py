"""Articles in, articles out: outcomes, revisions and what belongs to them, the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from made import MOMENT, SHARE, article, failure
from sqlalchemy import func, select

from pipelines.store.base import Saved, SecurityRow
from pipelines.store.sql import MEMORY, DatabaseStore
from pipelines.store.tables import article_revisions, article_securities, articles, metadata

OUTCOMES = [
    (["first"], [("inserted", 1)]),
    (["first", "first"], [("inserted", 1), ("unchanged", 1)]),
    (["first", "second"], [("inserted", 1), ("revised", 2)]),
    (["first", "second", "second"], [("inserted", 1), ("revised", 2), ("unchanged", 2)]),
    (["first", "second", "first"], [("inserted", 1), ("revised", 2), ("revised", 3)]),
]


def count(store: DatabaseStore, table: str) -> int:
    """Return how many rows a table has."""
    query = select(func.count()).select_from(metadata.tables[table])
    return int(store.database.read(lambda connection: connection.scalar(query)) or 0)


@pytest.mark.parametrize(("texts", "answers"), OUTCOMES)
def test_a_save_says_what_it_did(store: DatabaseStore, texts: list[str], answers: list[tuple[str, int]]) -> None:
    """Each save of one article answers inserted, unchanged or revised, with the revision that now stands."""
    assert [(saved.outcome, saved.revision) for text in texts for saved in store.save([article(1, text)])] == answers
    assert count(store, "articles") == 1
    assert count(store, "article_revisions") == answers[-1][1] - 1


@pytest.mark.parametrize(("texts", "answers"), OUTCOMES)
def test_a_key_may_come_twice_in_a_batch(
    store: DatabaseStore, texts: list[str], answers: list[tuple[str, int]]
) -> None:
    """The same key several times in one batch is answered as if it had come one after the other."""
    assert store.save([article(1, text) for text in texts]) == [Saved(*answer) for answer in answers]  # type: ignore[arg-type]


def test_a_batch_mixes_outcomes_in_its_own_order(store: DatabaseStore) -> None:
    """Answers stand where their rows stood, whatever order the database wrote them in."""
    store.save([article(number) for number in (5, 3, 9)])
    batch = [article(9), article(1), article(3, "second"), article(7), article(5)]
    assert [saved.outcome for saved in store.save(batch)] == [
        "unchanged",
        "inserted",
        "revised",
        "inserted",
        "unchanged",
    ]


def test_an_article_reads_back_whole(store: DatabaseStore) -> None:
    """What was saved comes back field by field, without the raw answer and the bands."""
    tagged = [
        SHARE,
        SecurityRow("BK0493", "90.BK0493", "synthetic board", "board", "text", 1),
        SecurityRow("X", None, "", "other", "text", 1),
    ]
    row = article(
        1, summary="lead", author="a", editor="e", original_title="o", machine_written=True, story_id=7,
        official_on=MOMENT.date(), securities=tagged, channels=("flash:102", "column:344"), bands=(1, 2**64 - 1, -(2**63)),
    )  # fmt: skip
    store.save([row])
    [read] = store.articles()
    assert read == replace(row, raw=None, bands=(), channels=("column:344", "flash:102"))


def test_a_revision_keeps_time_and_category(store: DatabaseStore) -> None:
    """The address of a post never changes: time and category of the first sight stand, all else is the new answer's."""
    store.save([article(1)])
    later = MOMENT + timedelta(days=3)
    store.save([article(1, "second", published_at=later, category="other", media="other daily", seen_at=later)])
    [read] = store.articles()
    assert (read.published_at, read.category) == (article(1).published_at, "synthetic")
    assert (read.media, read.body_text, read.revision) == ("other daily", "second", 2)
    known = store.known("eastmoney", [read.article_id])[read.article_id]
    assert (known.first_seen_at, known.changed_at, known.checked_at) == (article(1).seen_at, later, later)


def test_revisions_keep_every_text(store: DatabaseStore) -> None:
    """All texts an article ever had are listed in order, the standing one last, each with when it was seen."""
    for day, text in enumerate(("first", "second", "third")):
        store.save([article(1, text, seen_at=MOMENT + timedelta(days=day))])
    listed = store.revisions(article(1).article_id)
    assert [(old["revision"], old["body_text"]) for old in listed] == [(1, "first"), (2, "second"), (3, "third")]
    assert [old["seen_at"] for old in listed] == [MOMENT + timedelta(days=day) for day in range(3)]
    assert listed[0]["title"] == "synthetic 1 first"
    assert store.revisions("no such article") == []


def test_a_revision_replaces_securities(store: DatabaseStore) -> None:
    """Securities follow the standing text; none of the old text's stay."""
    store.save([article(1)])
    other = replace(SHARE, symbol="000001.SZ", secid="0.000001")
    store.save([article(1, "second", securities=[other])])
    assert next(store.articles()).securities == [other]


def test_an_unchanged_article_changes_no_row_but_when_it_was_checked(store: DatabaseStore) -> None:
    """Saving the same text again, however it was tagged, leaves all but checked_at and new channels."""
    store.save([article(1)])
    later = MOMENT + timedelta(days=9)
    store.save([article(1, seen_at=later, securities=[], media="other", channels=("flash:102",))])
    [read] = store.articles()
    assert read == replace(article(1), raw=None, channels=("column:344", "flash:102"))
    known = store.known("eastmoney", [read.article_id])[read.article_id]
    assert (known.changed_at, known.checked_at) == (article(1).seen_at, later)


def test_known_answers_for_many_ids_at_once(store: DatabaseStore) -> None:
    """Ids beyond one query's size are looked up too, unknown ones are missing, other sources are not mixed in."""
    store.save([article(number) for number in range(0, 1300, 2)])
    store.save([article(1, source="other")])
    found = store.known("eastmoney", [article(number).article_id for number in range(1300)])
    assert sorted(found) == [article(number).article_id for number in range(0, 1300, 2)]
    assert found[article(2).article_id].channels == {"column:344"}
    assert store.known("eastmoney", []) == {}


def test_recall_uses_up_what_known_learnt(store: DatabaseStore) -> None:
    """An answer of `known`, absence included, is remembered once and is gone after recall or save."""
    here, absent = article(1).article_id, article(2).article_id
    store.save([article(1)])
    assert store.remembered("eastmoney", here) == (False, None)
    found = store.known("eastmoney", [here, absent])
    assert store.recall("eastmoney", here) == found[here]
    assert store.remembered("eastmoney", here) == (False, None)
    assert store.remembered("eastmoney", absent) == (True, None)
    store.known("eastmoney", [absent])
    store.save([article(2)])
    answer = store.recall("eastmoney", absent)
    assert answer is not None
    assert answer.fingerprint == article(2).fingerprint


def test_memory_of_known_is_bounded(store: DatabaseStore) -> None:
    """However many ids are asked for, only the latest answers are kept."""
    for start in range(0, MEMORY + 1000, 500):
        store.known("eastmoney", [str(number) for number in range(start, start + 500)])
    assert len(store._answers) == MEMORY
    assert store.remembered("eastmoney", "0") == (False, None)
    assert store.remembered("eastmoney", str(MEMORY)) == (True, None)


def test_met_adds_a_channel_once(store: DatabaseStore) -> None:
    """Articles met in another list are noted there; unknown ids are passed over."""
    store.save([article(1), article(2)])
    ids = [article(number).article_id for number in (1, 2, 3)]
    for _ in range(2):
        store.met("eastmoney", "flash:102", ids)
    assert store.known("eastmoney", ids)[ids[0]].channels == {"column:344", "flash:102"}
    assert count(store, "article_channels") == 4


def test_articles_stream_by_time(store: DatabaseStore) -> None:
    """Articles come in the order of publication across pages, cut to the half-open window and the source."""
    order = [(number * 7) % 450 for number in range(450)]
    store.save([article(number, published_at=MOMENT + timedelta(minutes=number // 3)) for number in order])
    store.save([article(0, source="other")])
    listed = list(store.articles(source="eastmoney"))
    assert [row.published_at for row in listed] == sorted(row.published_at for row in listed)
    assert {row.article_id for row in listed} == {article(number).article_id for number in range(450)}
    assert len(listed) == 450
    window = store.articles(since=MOMENT + timedelta(minutes=10), until=MOMENT + timedelta(minutes=20))
    assert len(list(window)) == 30


def test_raw_answers_come_back_as_received(store: DatabaseStore) -> None:
    """Row and body of the newest answer are given back byte for byte, with the article they belong to."""
    store.save([article(1), article(2, raw=None), article(3)])
    store.save([article(1, "second")])
    kept = [(row.article_id, row.body_text, raw) for row, raw in store.raw_answers()]
    assert kept == [
        (article(1).article_id, "second", article(1, "second").raw),
        (article(3).article_id, "first", article(3).raw),
    ]


def test_amend_puts_right_without_a_revision(store: DatabaseStore) -> None:
    """A better reading of the same text replaces fields and securities; time, category and revision stay."""
    store.save([article(1), article(2), article(3)])
    other = replace(SHARE, symbol="000001.SZ")
    rows = [
        article(1, media="right daily", category="other", published_at=MOMENT),
        article(2, securities=[SHARE, other]),
        article(3),
        article(4),
        article(3, "second"),
    ]
    assert store.amend(rows) == [True, True, False, False, False]
    first, second, _ = store.articles()
    assert (first.media, first.category, first.revision) == ("right daily", "synthetic", 1)
    assert first.published_at == article(1).published_at
    assert second.securities == [SHARE, other]
    assert store.amend(rows[:2]) == [False, False]


def test_saving_ends_the_pending_row(store: DatabaseStore) -> None:
    """An article that is stored at last waits no more, in the same transaction."""
    store.pend([failure(1), failure(2)])
    store.save([article(1)])
    assert [row.article_id for row in store.waiting()] == [article(2).article_id]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\udfff", "\0" * 1000, "汉字𠮷\U0010ffff", "x" * 5_000_000])
def test_hostile_text_is_stored(store: DatabaseStore, text: str) -> None:
    """NUL and lone surrogates become U+FFFD in every column, all other text is kept as it is."""
    kept = text.translate(dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd"))
    row = article(1, title=text, body_html=text, summary=text, author=text, media=text, url=text)
    store.save([row])
    [read] = store.articles()
    assert {read.title, read.body_html, read.summary, read.author, read.media, read.url} == {kept}


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "", "编" * 3000, "x" * 200_000, "'; DROP TABLE articles; --"])
def test_hostile_keys_are_found_again(store: DatabaseStore, name: str) -> None:
    """An id no database would take as an index key is stored, and known under the name it was asked by."""
    row = article(1, article_id=name, source=f"s{name}", channels=(f"c{name}",), category=name)
    assert [saved.outcome for saved in store.save([row, row])] == ["inserted", "unchanged"]
    assert set(store.known(f"s{name}", [name, "other"])) == {name}
    assert [saved.outcome for saved in store.save([row])] == ["unchanged"]
    store.pend([failure(1, source=f"s{name}", article_id=name, reason=name, stage=name) for _ in range(2)])
    assert [waiting.attempts for waiting in store.waiting()] == [2]
    store.save([row])
    assert store.waiting() == []


def test_keys_of_absurd_length_stay_apart(store: DatabaseStore) -> None:
    """Two long ids with a common beginning are two articles."""
    long = "9" * 5000
    answers = store.save([article(1, article_id=long + "1"), article(1, article_id=long + "2")])
    assert [saved.outcome for saved in answers] == ["inserted", "inserted"]


def test_a_moment_without_a_zone_is_refused(store: DatabaseStore) -> None:
    """A naive time is a bug, no failure of the database, and nothing of its batch is kept."""
    with pytest.raises(ValueError, match="without a zone"):
        store.save([article(1), article(2, published_at=MOMENT.replace(tzinfo=None))])
    assert count(store, "articles") == 0


def test_times_are_stored_in_utc(store: DatabaseStore, database_url: str) -> None:
    """A Beijing time is the same moment in UTC in the table: ISO text in SQLite, timestamptz in PostgreSQL."""
    beijing = MOMENT.astimezone(ZoneInfo("Asia/Shanghai"))
    store.save([article(1, published_at=beijing)])
    text = "SELECT published_at FROM articles"
    raw = store.database.read(lambda connection: connection.exec_driver_sql(text).scalar())
    assert raw == ("2026-09-19 01:09:08.000000" if database_url.startswith("sqlite") else MOMENT)
    assert next(store.articles()).published_at.utcoffset() == timedelta(0)


def test_deleting_an_article_takes_its_belongings_along(store: DatabaseStore) -> None:
    """Foreign keys are enforced on both databases."""
    store.save([article(1, bands=(1, 2))])
    store.save([article(1, "second", bands=(1, 2))])
    store.database.write(lambda connection: connection.execute(articles.delete()))
    for table in (article_securities, article_revisions):
        assert count(store, table.name) == 0
