"""How often hot functions call anything: a change that makes them slower calls more, and is told here.

Calls are counted, not timed, so the counts are the same on every machine. A bound is what was counted with CPython 3.11 and
up to a tenth on top, as versions of Python and of the libraries differ. A count far below its bound is a gain: lower the
bound then, so that it is kept.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from scrapy.utils.test import get_crawler
from sqlalchemy import event

from newscrawler.eastmoney import read_columns
from newscrawler.incremental import Incremental
from newscrawler.listing import Listing
from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.routes import columns, read
from newscrawler.stats import Stats
from newscrawler.tally import Tally
from newscrawler.walk import Walk
from pipelines.alike.linking import Linker, Text
from pipelines.alike.minhash import bands, cut, normalise
from pipelines.body import parse_body
from pipelines.categories import slug
from pipelines.dates import parse_published
from pipelines.fingerprint import fingerprint
from pipelines.html.safety import sanitise
from pipelines.posting.forms import Form, load_template
from pipelines.securities import find
from pipelines.store.sql import DatabaseStore
from pipelines.text import clean_line
from tests.bench.stages import made_up
from tests.bench.writers import rows
from tests.store.made import article, store_at

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 3, 10, tzinfo=UTC)


BODY = made_up()
ROW = rows(1)[0]
FORM = Form(load_template("post"), "html", "")
TIMED = [(f"2026030912{number:08}", NOW - timedelta(minutes=number)) for number in range(200)]
KNOWN = frozenset(name for name, _ in TIMED)
STATS = Stats(get_crawler())
TARGET = "/np-listapi.eastmoney.com/comm/web/getNewsByColumns?client=web&biz=b&req_trace=1&column=344&page_size=200"
PAGE = columns(BulkSite(articles=400, days=30, channels=("column:344",)), read(TARGET))


def calls(work: Callable[[], Any]) -> int:
    """Count the calls of functions, written in Python or in C, that a piece of work makes when it was done before.

    No cyclic garbage is collected meanwhile: what it ends is other tests', and hypothesis has functions called by each look.
    """
    work()  # what is built once and kept does not count
    work()  # what became full in the first and was emptied has it now
    number = 0

    def note(_frame: FrameType, what: str, _about: Any) -> None:
        nonlocal number
        number += what in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return number - 1  # the one that ends the counting


def turn() -> None:
    """Read a page of 200 known rows that meets what is covered."""
    walk = Walk("column:344", NOW - timedelta(minutes=90), NOW, explicit=False, covered_below=True)
    walk.turn(TIMED, KNOWN, answered_at=NOW, last=False)


HOT: dict[str, tuple[Callable[[], Any], int]] = {
    "an exact time": (lambda: parse_published("2026-03-09 12:19:03", crawled_at=NOW), 21),
    "an exact time of another form": (lambda: parse_published("2026年03月09日 12:19", crawled_at=NOW), 40),
    "a title": (lambda: clean_line("合成标题：两家公司同日披露虚构数据"), 6),
    "a body of 5 KB": (lambda: parse_body(BODY), 490),
    "the allow-list": (lambda: sanitise(BODY), 4),
    "the securities of a body": (lambda: find(BODY), 1240),
    "the slug of a known publisher": (lambda: slug("证券时报"), 3),
    "a fingerprint": (lambda: fingerprint(ROW.title, ROW.body_text), 6),
    "the bands of a story": (lambda: bands(cut(ROW.body_text)), 110),
    "a post": (lambda: FORM.render(ROW), 290),
    "a list page of 200 rows": (lambda: read_columns(PAGE, "column:344", ""), 17000),
    "a page of 200 known rows": (turn, 138),
    "a stat": (lambda: STATS.inc_value("news/synthetic"), 3),
}


@pytest.mark.parametrize("name", HOT)
def test_calls(name: str) -> None:
    """A hot function makes no more calls than were recorded, and not so few that the record guards nothing."""
    work, bound = HOT[name]
    counted = calls(work)
    assert counted <= bound, f"{name}: {counted} calls, {bound} recorded: it became slower"
    assert counted >= bound * 0.6 - 10, f"{name}: {counted} calls, {bound} recorded: record the gain"


def test_the_count_tells_a_slow_change() -> None:
    """Work done twice is counted twice: the guard can fail."""
    once = calls(lambda: parse_body(BODY))
    assert calls(lambda: (parse_body(BODY), parse_body(BODY))) >= 2 * once - 5


def test_odd_signs_do_not_make_the_next_texts_slow() -> None:
    """Thousands of texts whose signs never come again leave what is remembered of the usual ones of use."""
    usual = "字".join(f"（{number}）" for number in range(50, 90))
    for number in range(6000):
        normalise(f"合{number}字")
    assert calls(lambda: normalise(usual)) < 20


def test_the_count_leaves_garbage_alone() -> None:
    """What other tests left behind for the collector is not counted."""

    def told(_phase: str, _about: dict[str, int]) -> None:
        """Be called by each look for garbage, as hypothesis is."""

    once = calls(lambda: list(map(str, range(50))))
    gc.callbacks.append(told)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        assert calls(lambda: list(map(str, range(50)))) == once
        assert calls(lambda: [[] for _ in range(50)]) < 5
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(told)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DatabaseStore]:
    """An empty store."""
    opened = store_at(f"sqlite:///{tmp_path}/news.db", tmp_path)
    yield opened
    opened.close()


def statements(store: DatabaseStore, work: Callable[[], Any]) -> list[str]:
    """Return the statements that a piece of work sends, without those that begin and end its transactions."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(store.database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(store.database.engine, "before_cursor_execute", note)
    return [statement for statement in sent if not statement.startswith("BEGIN")]


def test_one_look_up_a_list_page(store: DatabaseStore) -> None:
    """A list page of known rows costs one query, however many rows it has."""
    store.save([article(number) for number in range(200)])
    ids = [article(number).article_id for number in range(200)]
    assert len(statements(store, lambda: store.known("eastmoney", ids))) == 1


def test_a_quiet_page_asks_once(store: DatabaseStore) -> None:
    """A page on which nothing is new asks for all its rows in one query, and writes nothing but what became covered."""
    listing = read_columns(PAGE, "column:344", "")
    new = [article(0, article_id=row.article_id, channels=("column:344",)) for row in listing.rows]
    store.save(new)
    memory = Incremental(store, "eastmoney", Tally(Counts()), first_run_days=1, refetch_hours=0)  # type: ignore[arg-type]
    walk = Walk("column:344", datetime(2026, 1, 1, tzinfo=UTC), NOW, explicit=False, covered_below=True)

    async def page() -> None:
        assert await memory.page(walk, Listing(listing.rows, []), NOW) == []

    sent = statements(store, lambda: asyncio.run(page()))
    assert [statement for statement in sent if "FROM articles" in statement][1:] == []
    assert [statement for statement in sent if not statement.startswith("SELECT")] == []


class Counts:
    """Counts nothing."""

    def inc_value(self, name: str, amount: int = 1) -> None:
        """Pass over."""


@pytest.mark.parametrize("count", [10, 100])
def test_statements_of_a_group_of_articles(store: DatabaseStore, count: int) -> None:
    """A group of new articles costs the same few statements, however many there are."""
    made = rows(count)
    assert len(statements(store, lambda: store.save(made))) == 7


@pytest.mark.parametrize("count", [1, 100])
def test_stories_of_a_group_ask_once(store: DatabaseStore, count: int) -> None:
    """Articles unlike any other are found to be so by one query for a whole group."""
    texts = []
    for number in range(count):
        of = frozenset(f"{number}-{place}" for place in range(100))
        texts.append(Text(("eastmoney", str(number)), "synthetic daily", NOW, "", False, bands(of)))
    bound = -(-16 * count // 500)  # as many keys as one query takes
    assert len(statements(store, lambda: Linker(store).link(texts))) == bound


@pytest.mark.parametrize("words", [["-m", "tests.bench"], ["tests/bench/stages.py"], ["tests/bench/store.py"]])
def test_the_benchmarks_start(words: list[str]) -> None:
    """Each command of the benchmarks finds all it imports, also outside of the tests, and tells what it takes."""
    line = [sys.executable, *words, "--help"]
    said = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.startswith("usage:")
    assert not said.stderr
