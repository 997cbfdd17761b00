"""What commands ask of a store without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import SettingError
from pipelines.store.base import PendingRow
from pipelines.store.files import FileStore


def opened(folder: Path) -> FileStore:
    """Open the store of a folder."""
    store = FileStore(folder, folder / "_posts")
    store.open()
    return store


def test_facts_and_another_try_outlive_the_store(tmp_path: Path) -> None:
    """Facts are found by how their keys begin, and a pending row that was made due is so in the next process too."""
    store = opened(tmp_path)
    store.put("asked:eastmoney:column:344", [["2026-03-01T00:00:00+00:00", None]])
    store.put("other", 1)
    store.pend([PendingRow("eastmoney", "1", "", "column:344", "article", "HTTP 500")])
    now = datetime.now(UTC)
    assert store.due("eastmoney", now, 10) == []
    assert (store.retry("1", now), store.retry("2", now)) == (1, 0)
    store.close()
    again = opened(tmp_path)
    assert list(again.facts("asked:")) == ["asked:eastmoney:column:344"]
    assert [row.article_id for row in again.due("eastmoney", now, 10)] == ["1"]
    again.close()


def test_articles_by_day_need_the_database(tmp_path: Path) -> None:
    """The channels of articles are not kept without a database, and the refusal says what to set."""
    store = opened(tmp_path)
    with pytest.raises(SettingError, match="NEWS_OUTPUTS=markdown,database"):
        store.days("eastmoney")
    store.close()
