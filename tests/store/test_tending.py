"""What only commands ask of a database: articles by day, facts by beginning, another try."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from made import article, failure

from pipelines.store.sql import DatabaseStore


def test_days_are_beijings(store: DatabaseStore) -> None:
    """Articles count for the Beijing day they were published on, once in each of their channels."""
    midnight = datetime(2026, 9, 18, 16, 0, tzinfo=UTC)
    store.save(
        [
            article(1, published_at=midnight - timedelta(seconds=1), channels=("column:344", "flash:102")),
            article(2, published_at=midnight, channels=("column:344",)),
            article(3, published_at=midnight + timedelta(hours=23, minutes=59), channels=("column:344",)),
            article(4, published_at=midnight, source="other", channels=("column:344",)),
        ]
    )
    assert store.days("eastmoney") == [
        ("column:344", date(2026, 9, 18), 1),
        ("column:344", date(2026, 9, 19), 2),
        ("flash:102", date(2026, 9, 18), 1),
    ]
    assert store.days("nobody") == []


def test_facts_by_their_beginning(store: DatabaseStore) -> None:
    """Facts are found by how their keys begin, signs with a meaning in SQL taken as they are."""
    for key in ("asked:a:column:1", "asked:a:column:2", "asked%", "other"):
        store.put(key, [key])
    assert store.facts("asked:") == {key: [key] for key in ("asked:a:column:1", "asked:a:column:2")}
    assert store.facts("asked%") == {"asked%": ["asked%"]}
    assert store.facts("nothing") == {}


def test_another_try(store: DatabaseStore) -> None:
    """A row that waits or was given up is due at once when asked for, and its tries still count."""
    for _ in range(5):
        store.pend([failure(1)])
    store.pend([failure(2)])
    now = datetime.now(UTC)
    (given_up, waiting) = sorted(store.waiting(), key=lambda row: row.article_id)
    assert (given_up.state, waiting.state) == ("given up", "waiting")
    assert store.due("eastmoney", now, 10) == []
    assert store.retry(given_up.article_id, now) == store.retry(waiting.article_id, now) == 1
    assert {row.article_id for row in store.due("eastmoney", now, 10)} == {given_up.article_id, waiting.article_id}
    store.pend([failure(1)])
    assert {row.article_id: row.state for row in store.waiting()}[given_up.article_id] == "given up"
    assert store.retry("nothing", now) == 0
