"""Stage dedupe: what storing will do is known before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.statscollectors import MemoryStatsCollector

from newscrawler.items import Article
from pipelines.dedupe import Dedupe, expected
from pipelines.errors import Repeated
from pipelines.store import store_of
from pipelines.store.base import ArticleRow, Known

BEIJING = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 9, 19, 9, 9, 8, tzinfo=BEIJING)
ITEM = Article(
    source="eastmoney",
    article_id="202609190000000001",
    url="https://example.com/a/1.html",
    channels=("column:344",),
    crawled_at=MOMENT,
    published_at=MOMENT,
    fingerprint="first",
    category="synthetic",
)
ROW = ArticleRow(
    source=ITEM.source, article_id=ITEM.article_id, url=ITEM.url, title="synthetic", summary="", body_html="", body_text="",
    media="", author="", category="before", published_at=MOMENT - timedelta(hours=3), fingerprint="first", body_from="api",
    seen_at=MOMENT,
)  # fmt: skip


def known(fingerprint: str, revision: int) -> Known:
    """Return what a store would hold."""
    return Known("1", fingerprint, revision, MOMENT, MOMENT, MOMENT, MOMENT)


@pytest.fixture
def crawler(tmp_path: Path) -> Iterator[Crawler]:
    """A real crawler with a store in a file."""
    settings = {"NEWS_ROOT": str(tmp_path), "NEWS_OUTPUTS": "database", "NEWS_DATABASE_URL": "sqlite:///news.db"}
    made = Crawler(Spider, settings)
    made.stats = MemoryStatsCollector(made)  # as the engine would set it, which needs a reactor
    yield made
    store_of(made).close()


def pass_through(stage: Dedupe, item: Article) -> Article:
    """Push an item through the stage."""
    return asyncio.run(stage.process_item(item))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("held", "fingerprint", "answer"),
    [
        (None, "a", ("inserted", 1)),
        (known("a", 1), "a", ("unchanged", 1)),
        (known("a", 1), "b", ("revised", 2)),
        (known("a", 7), "a", ("unchanged", 7)),
        (known("a", 7), "b", ("revised", 8)),
    ],
)
def test_what_storing_will_do(held: Known | None, fingerprint: str, answer: tuple[str, int]) -> None:
    """Unknown keys are inserted, known ones are revised where the fingerprint differs."""
    assert expected(held, fingerprint) == answer


@pytest.mark.parametrize(
    "ids",
    [
        ["1", "01", "001"],
        ["1", "1.0", "1 ", "+1", "１", "٣", "一", "²"],
        ["", "0", "-0"],
        ["AN202604141821193847", "202604141821193847"],
    ],
)
def test_ids_are_told_apart(crawler: Crawler, ids: list[str]) -> None:
    """Only the very same text is the same id, source by source."""
    stage = Dedupe.from_crawler(crawler)
    items = [replace(ITEM, source=source, article_id=name) for source in ("a", "b") for name in ids]
    for item in items:
        assert pass_through(stage, replace(item)).outcome == "inserted"
    for item in items:
        with pytest.raises(Repeated):
            pass_through(stage, replace(item))


def test_an_article_of_long_ago_is_asked_of_the_store(crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came so many articles ago is stored by now, and compared with that; the memory of a run does not grow."""
    monkeypatch.setattr("pipelines.dedupe.MEMORY", 3)
    stage = Dedupe.from_crawler(crawler)
    assert pass_through(stage, replace(ITEM)).outcome == "inserted"
    store_of(crawler).save([ROW])
    for name in ("2", "3"):
        pass_through(stage, replace(ITEM, article_id=name))
    with pytest.raises(Repeated):
        pass_through(stage, replace(ITEM))
    pass_through(stage, replace(ITEM, article_id="4"))
    assert pass_through(stage, replace(ITEM)).outcome == "unchanged"
    with pytest.raises(Repeated):
        pass_through(stage, replace(ITEM, article_id="4"))


def test_a_new_article_is_expected_to_be_inserted(crawler: Crawler) -> None:
    """Nothing of the item is touched but outcome and revision, and the decision is counted."""
    stage = Dedupe.from_crawler(crawler)
    assert pass_through(stage, replace(ITEM)) == replace(ITEM, outcome="inserted", revision=1)
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/dedupe/inserted") == 1


@pytest.mark.parametrize(("fingerprint", "outcome", "revision"), [("first", "unchanged", 1), ("second", "revised", 2)])
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_known_article_keeps_its_first_time(
    crawler: Crawler, fingerprint: str, outcome: str, revision: int, asked_before: bool
) -> None:
    """Time and category of the first sight stand, in Beijing's zone, whether the lookup was made before or not."""
    store = store_of(crawler)
    store.save([ROW])
    if asked_before:
        store.known(ITEM.source, [ITEM.article_id])
    item = pass_through(Dedupe.from_crawler(crawler), replace(ITEM, fingerprint=fingerprint))
    assert (item.outcome, item.revision, item.category) == (outcome, revision, "before")
    assert item.published_at == MOMENT - timedelta(hours=3)
    assert item.published_at is not None
    assert item.published_at.tzinfo is BEIJING


def test_an_answer_of_known_costs_no_second_query(crawler: Crawler) -> None:
    """What the list page's lookup learnt, absence included, is used without asking the database again."""
    store = store_of(crawler)
    store.known(ITEM.source, [ITEM.article_id])
    store.save([ROW])  # forgets what was learnt of this key
    store.known(ITEM.source, ["2"])
    store.close()
    stage = Dedupe.from_crawler(crawler)
    assert pass_through(stage, replace(ITEM, article_id="2")).outcome == "inserted"
    assert store._executor is None  # type: ignore[attr-defined] # no thread was needed


def test_the_same_key_twice_in_a_run_is_dropped(crawler: Crawler) -> None:
    """The first article of a key stands; a key of another source is another article."""
    stage = Dedupe.from_crawler(crawler)
    pass_through(stage, replace(ITEM))
    with pytest.raises(Repeated, match="eastmoney:202609190000000001"):
        pass_through(stage, replace(ITEM, fingerprint="second", published_at=datetime.now(UTC)))
    pass_through(stage, replace(ITEM, source="other"))
    assert crawler.stats is not None
    assert crawler.stats.get_value("news/dedupe/repeated") == 1
