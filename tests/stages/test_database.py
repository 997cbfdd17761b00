"""Stage database: an item returns when its row is committed; groups form by themselves; failures reach everyone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.statscollectors import MemoryStatsCollector

from newscrawler.items import Article
from pipelines.batch import Batcher
from pipelines.database import StoreArticle
from pipelines.errors import SettingError, StoreError
from pipelines.store import store_of
from pipelines.store.base import PendingRow

MOMENT = datetime(2026, 9, 19, 9, 9, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
ITEM = Article(
    source="eastmoney",
    article_id="1",
    url="https://example.com/a/1.html",
    channels=("column:344",),
    crawled_at=MOMENT,
    title="synthetic",
    published_at=MOMENT,
    fingerprint="first",
    category="synthetic",
    body_text="body",
    row=b'{"row": 1}',
    answer=b"<html>",
    answer_status=200,
)


def crawler_in(folder: Path, **settings: str) -> Crawler:
    """Return a real crawler whose store lies in a folder."""
    made = Crawler(Spider, {"NEWS_ROOT": str(folder), "NEWS_DATABASE_URL": "sqlite:///news.db"} | settings)
    made.stats = MemoryStatsCollector(made)  # as the engine would set it, which needs a reactor
    return made


@pytest.fixture
def crawler(tmp_path: Path) -> Iterator[Crawler]:
    """A crawler with a store in a file."""
    made = crawler_in(tmp_path)
    yield made
    store_of(made).close()


class Recorder:
    """A flush that remembers its groups and takes its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.groups: list[list[int]] = []
        self.seconds = seconds
        self.running = 0

    async def __call__(self, items: Sequence[int]) -> list[int]:
        """Answer each item with its double."""
        assert self.running == 0, "two groups at once"
        self.running += 1
        self.groups.append(list(items))
        await asyncio.sleep(self.seconds)
        self.running -= 1
        return [item * 2 for item in items]


def test_every_item_gets_its_own_answer() -> None:
    """Whatever groups form, an item's answer is its own, order is kept, and no group is too large or runs beside another."""

    async def work() -> tuple[list[int], Recorder]:
        flush = Recorder(0.002)
        batcher = Batcher(flush, size=7, wait_s=0.02)
        answers = await asyncio.gather(*(batcher.put(number) for number in range(100)))
        await batcher.close()
        return answers, flush

    answers, flush = asyncio.run(work())
    assert answers == [number * 2 for number in range(100)]
    assert [item for group in flush.groups for item in group] == list(range(100))
    assert max(map(len, flush.groups)) == 7


def test_the_first_item_after_a_quiet_time_goes_at_once() -> None:
    """A lone article does not wait for company that may never come."""

    async def work() -> float:
        batcher = Batcher(Recorder(), wait_s=60)
        start = time.monotonic()
        await batcher.put(1)
        return time.monotonic() - start

    assert asyncio.run(work()) < 30


def test_a_stream_is_gathered_by_time() -> None:
    """Items that come one by one go in groups, none of them waiting much longer than the limit."""

    async def work() -> tuple[Recorder, float, float]:
        flush = Recorder()
        batcher = Batcher(flush, wait_s=0.1)

        async def timed(number: int) -> float:
            start = time.monotonic()
            await batcher.put(number)
            return time.monotonic() - start

        waiting, began = [], time.monotonic()
        for number in range(40):
            waiting.append(asyncio.ensure_future(timed(number)))
            await asyncio.sleep(0.01)
        longest = max(await asyncio.gather(*waiting))
        return flush, longest, time.monotonic() - began

    flush, longest, took = asyncio.run(work())
    assert len(flush.groups) <= 2 + took / 0.1  # a tenth of a second lies between two groups, on a slow machine too
    assert longest < 3


def test_nobody_is_waited_for_where_all_have_come() -> None:
    """A group goes when as many wait as there are on the way; before, it waits for the others."""
    on_the_way = 0

    async def work() -> tuple[float, list[list[int]]]:
        nonlocal on_the_way
        flush = Recorder()
        batcher = Batcher(flush, wait_s=30, on_the_way=lambda: on_the_way)
        await batcher.put(0)
        start, on_the_way = time.monotonic(), 3
        first = [asyncio.ensure_future(batcher.put(number)) for number in (1, 2)]
        await asyncio.sleep(0.05)
        assert not any(each.done() for each in first)
        await asyncio.gather(*first, batcher.put(3))
        return time.monotonic() - start, flush.groups

    took, groups = asyncio.run(work())
    assert groups == [[0], [1, 2, 3]]
    assert took < 5


def test_a_full_group_does_not_wait() -> None:
    """Items enough for a group go at once, long before the time is up."""

    async def work() -> float:
        batcher = Batcher(Recorder(), size=5, wait_s=30)
        await batcher.put(0)
        start = time.monotonic()
        await asyncio.gather(*(batcher.put(number) for number in range(15)))
        return time.monotonic() - start

    assert asyncio.run(work()) < 5


def test_a_failing_group_fails_for_all_its_waiters() -> None:
    """Every item of the group gets the error, items of other groups are not concerned."""

    async def flush(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise StoreError("away")
        return list(items)

    async def work() -> list[Any]:
        batcher = Batcher(flush, size=2, wait_s=0.01)
        answers = await asyncio.gather(*(batcher.put(number) for number in range(6)), return_exceptions=True)
        await batcher.close()
        return answers

    answers = asyncio.run(work())
    assert [type(answer).__name__ for answer in answers] == ["int", "int", "StoreError", "StoreError", "int", "int"]


def test_a_flush_that_loses_answers_is_an_error() -> None:
    """Fewer answers than items is a bug that every waiter hears of, not a wait without end."""

    async def flush(items: Sequence[int]) -> list[int]:
        return list(items)[1:]

    async def work() -> None:
        await Batcher(flush).put(1)

    with pytest.raises(ValueError, match="shorter"):
        asyncio.run(work())


def test_closing_hands_over_the_rest_at_once() -> None:
    """What waits for company at the end is flushed, and later items are refused."""

    async def work() -> tuple[list[int], float]:
        batcher = Batcher(Recorder(), wait_s=30)
        await batcher.put(0)
        waiting = [asyncio.ensure_future(batcher.put(number)) for number in range(3)]
        await asyncio.sleep(0.05)
        start = time.monotonic()
        await batcher.close()
        with pytest.raises(RuntimeError):
            await batcher.put(9)
        return await asyncio.gather(*waiting), time.monotonic() - start

    answers, seconds = asyncio.run(work())
    assert answers == [0, 2, 4]
    assert seconds < 5


def test_a_cancelled_waiter_does_not_disturb_the_others() -> None:
    """An item whose waiter gave up is flushed with the rest, who get their answers."""

    async def work() -> list[Any]:
        batcher = Batcher(Recorder(0.01), wait_s=0.05)
        waiting = [asyncio.ensure_future(batcher.put(number)) for number in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, second, third = asyncio.run(work())
    assert (first, third) == (0, 4)
    assert isinstance(second, asyncio.CancelledError)


def store_all(crawler: Crawler, items: list[Article]) -> list[Any]:
    """Push items through the stage at once, as a crawl does, and close it."""

    async def work() -> list[Any]:
        stage = StoreArticle.from_crawler(crawler)
        done = asyncio.gather(*(stage.process_item(item) for item in items), return_exceptions=True)
        answers = await done
        await stage.close_spider()
        return answers

    return asyncio.run(work())


def test_an_item_returns_when_its_row_is_committed(crawler: Crawler, tmp_path: Path) -> None:
    """Another connection sees the article, its raw answer and no pending row; outcome and revision are the store's."""
    store_of(crawler).pend([PendingRow("eastmoney", "1", "", "", "article", "HTTP 500")])
    [item] = store_all(crawler, [replace(ITEM)])
    assert (item.outcome, item.revision) == ("inserted", 1)
    other = crawler_in(tmp_path)
    [(row, raw)] = store_of(other).raw_answers(since=None, until=None)
    assert (row.article_id, row.body_text, row.channels) == ("1", "body", ("column:344",))
    assert (raw.row, raw.body, raw.status) == (ITEM.row, ITEM.answer, 200)
    assert store_of(other).waiting() == []
    store_of(other).close()


def test_many_items_share_transactions_and_are_counted(crawler: Crawler) -> None:
    """Two hundred and fifty articles take a handful of transactions; each outcome is counted."""
    items = [replace(ITEM, article_id=str(number)) for number in range(250)]
    assert {item.outcome for item in store_all(crawler, items)} == {"inserted"}
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/articles/inserted") == 250
    assert crawler.stats.get_value("news/database/batches") <= 5
    changed = [replace(item, fingerprint="second" if item.article_id == "7" else item.fingerprint) for item in items]
    outcomes = [item.outcome for item in store_all(crawler, changed)]
    assert (outcomes.count("unchanged"), outcomes[7]) == (249, "revised")
    assert crawler.stats.get_value("news/articles/unchanged") == 249
    assert crawler.stats.get_value("news/articles/revised") == 1


def test_a_store_that_fails_is_never_swallowed(crawler: Crawler) -> None:
    """Every item of the group gets the StoreError, and later ones fail at once without another try."""
    store = store_of(crawler)
    store.database.write(lambda connection: connection.exec_driver_sql("DROP TABLE articles"))  # type: ignore[attr-defined]
    answers = store_all(crawler, [replace(ITEM, article_id=str(number)) for number in range(150)])
    assert {type(answer) for answer in answers} == {StoreError}
    assert len({str(answer) for answer in answers}) == 2
    assert any("not tried after" in str(answer) for answer in answers)
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/database/batches") is None


def test_one_store_per_crawler(crawler: Crawler, tmp_path: Path) -> None:
    """Everybody who asks for a crawler's store gets the same open one; another crawler has its own."""
    assert store_of(crawler) is store_of(crawler)
    other = crawler_in(tmp_path)
    assert store_of(other) is not store_of(crawler)
    store_of(other).close()


def test_a_bad_setting_is_found_when_the_stage_is_built(tmp_path: Path) -> None:
    """A database URL that cannot be used stops the run before any request."""
    with pytest.raises(SettingError, match="NEWS_DATABASE_URL"):
        StoreArticle.from_crawler(crawler_in(tmp_path, NEWS_DATABASE_URL="nonsense"))
