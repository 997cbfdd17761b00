"""What the health of runs is judged by, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from made import article, store_at
from sqlalchemy import event

from pipelines.store.base import RunRow, SecurityRow
from pipelines.store.sql import DatabaseStore

HOUR = timedelta(hours=1)
NOON = datetime(2026, 9, 19, 4, 0, tzinfo=UTC)


def test_hours(store: DatabaseStore) -> None:
    """Articles count once for the hour they were published in, within the spans, of the source and the channels asked for."""
    store.save(
        [
            article(1, published_at=NOON - timedelta(seconds=1)),
            article(2, published_at=NOON, channels=("column:344", "flash:102")),
            article(3, published_at=NOON + timedelta(minutes=59, seconds=59), channels=("flash:102",)),
            article(4, published_at=NOON + 3 * HOUR),
            article(5, published_at=NOON, source="other"),
        ]
    )
    everything = [(NOON - HOUR, NOON + 4 * HOUR)]
    assert store.hours(everything) == {NOON - HOUR: 1, NOON: 3, NOON + 3 * HOUR: 1}
    assert store.hours(everything, "eastmoney") == {NOON - HOUR: 1, NOON: 2, NOON + 3 * HOUR: 1}
    assert store.hours(everything, "eastmoney", ["column:344", "flash:102"])[NOON] == 2
    assert store.hours(everything, "eastmoney", ["column:344"])[NOON] == 1
    assert store.hours([(NOON, NOON + HOUR)], "eastmoney") == {NOON: 2}
    assert store.hours([(NOON - HOUR, NOON), (NOON + 3 * HOUR, NOON + 4 * HOUR)]) == {
        NOON - HOUR: 1,
        NOON + 3 * HOUR: 1,
    }
    assert store.hours([]) == {}


def test_newest_of_a_channel(store: DatabaseStore) -> None:
    """The newest article of a channel before a moment is found, and none is where it is older than four days."""
    store.save(
        [
            article(1, published_at=NOON, channels=("column:344",)),
            article(2, published_at=NOON + HOUR, channels=("flash:102",)),
            article(3, published_at=NOON + HOUR, channels=("column:344",), source="other"),
        ]
    )
    moments = [NOON + 2 * HOUR, NOON, NOON + timedelta(days=4), NOON + timedelta(days=4, seconds=1)]
    assert store.newest("eastmoney", "column:344", moments) == [NOON, None, NOON, None]
    assert store.newest("eastmoney", "flash:102", moments[:1]) == [NOON + HOUR]
    assert store.newest("eastmoney", "nothing", moments) == [None] * 4


def test_how_the_next_run_ended(store: DatabaseStore) -> None:
    """The first run of the spider after a moment counts, within a day; one that never ended says nothing."""
    for started, spider, status in (
        (NOON, "eastmoney", 3),
        (NOON + HOUR, "other", 1),
        (NOON + 2 * HOUR, "eastmoney", 0),
        (NOON + 3 * HOUR, "eastmoney", None),
    ):
        number = store.start_run(spider, {}, started)
        if status is not None:
            store.finish_run(RunRow(number, spider, {}, started, started + HOUR, status))
    day = timedelta(days=1)
    moments = [NOON - day, NOON - day + HOUR, NOON, NOON + timedelta(seconds=1), NOON + 3 * HOUR, NOON + 4 * HOUR]
    assert store.next_ends("eastmoney", moments) == [None, 3, 3, 0, None, None]


def test_who_wrote_most(store: DatabaseStore) -> None:
    """Publishers and securities come with how many articles they have in the time, most first, unnamed ones left out."""
    shares = [SecurityRow(f"60000{number}.SH", None, "", "share", "text", 1) for number in range(3)]
    store.save(
        [
            article(1, published_at=NOON, media="甲", securities=shares[:1]),
            article(2, published_at=NOON, media="乙", securities=shares[:2]),
            article(3, published_at=NOON + HOUR, media="乙", securities=[]),
            article(4, published_at=NOON + HOUR, media="", securities=shares),
            article(5, published_at=NOON + 2 * HOUR, media="甲"),
        ]
    )
    span = (NOON, NOON + 2 * HOUR)
    assert store.leading("media", span, 10) == [("乙", 2), ("甲", 1)]
    assert store.leading("symbol", span, 2) == [("600000.SH", 3), ("600001.SH", 2)]
    assert store.extent() == (NOON, NOON + 2 * HOUR)


def test_an_empty_store_has_no_extent(store: DatabaseStore) -> None:
    """Where nothing is stored nothing is counted."""
    assert store.extent() is None
    assert store.leading("media", (NOON, NOON + HOUR), 10) == []


def test_the_lookups_stay_on_an_index(tmp_path: Path) -> None:
    """SQLite finds hours and the newest article of a channel by time: a run must not read every article ever stored."""
    store = store_at(f"sqlite:///{tmp_path / 'news.db'}", tmp_path)
    store.save([article(number, published_at=NOON + timedelta(seconds=number)) for number in range(50)])
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(
        store.database.engine,
        "before_cursor_execute",
        lambda _on, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    store.newest("eastmoney", "column:344", [NOON + HOUR])
    store.hours([(NOON, NOON + HOUR), (NOON - 24 * HOUR, NOON - 23 * HOUR)], "eastmoney", ["column:344"])
    queries = [question for question in asked if "FROM articles" in question[0]]
    assert len(queries) == 2
    with store.database.engine.connect() as connection:
        for statement, values in queries:
            plan = " | ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
            assert re.search(r"articles USING (COVERING )?INDEX ix_articles_published_at_id \(published_at", plan), plan
            assert "SCAN articles" not in plan
    store.close()
