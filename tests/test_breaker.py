"""Circuit breakers, with a clock that is moved and a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy.statscollectors import StatsCollector
from scrapy.utils.test import get_crawler

from newscrawler.breaker import Breakers
from newscrawler.errors import Refused
from pipelines.config import Config
from pipelines.store import open_store
from pipelines.store.base import Store

HOST = "https://np-listapi.eastmoney.com"
OTHER = "https://newsinfo.eastmoney.com"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(params=["database", "markdown"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A real store of either kind."""
    opened = open_store(Config.from_settings({"NEWS_DATA_DIR": str(tmp_path), "NEWS_OUTPUTS": request.param}))
    yield opened
    opened.close()


async def breakers(store: Store, at: datetime = NOW) -> Breakers:
    """The breakers of a new run."""
    made = Breakers(store, StatsCollector(get_crawler()), now=lambda: at)
    await made.load()
    return made


async def passes(run: Breakers, url: str) -> bool:
    """Whether a request may be sent."""
    try:
        await run.gate(url)
    except Refused:
        return False
    return True


def test_a_refusal_closes_its_host_only(store: Store) -> None:
    """After a refusal nothing is asked of that host in this run, and others are asked as before."""

    async def run() -> None:
        it = await breakers(store)
        await it.refuse(f"{HOST}/1", "HTTP 403")
        assert not await passes(it, f"{HOST}/2")
        await it.answered(f"{HOST}/0")  # one that was under way
        assert not await passes(it, f"{HOST}/2")
        assert await passes(it, f"{OTHER}/2")

    asyncio.run(run())


def test_the_next_run_probes_first(store: Store) -> None:
    """The next run sends one request; the others wait for it and follow when it is answered."""

    async def run() -> None:
        await (await breakers(store)).refuse(f"{HOST}/1", "HTTP 403")
        it = await breakers(store, NOW + timedelta(minutes=5))
        assert await passes(it, f"{HOST}/probe")
        waiting = [asyncio.ensure_future(passes(it, f"{HOST}/{number}")) for number in range(3)]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in waiting)
        await it.answered(f"{HOST}/probe")
        assert await asyncio.gather(*waiting) == [True, True, True]
        assert (await breakers(store)).open == {}

    asyncio.run(run())


def test_a_refused_probe_keeps_it_open(store: Store) -> None:
    """A probe that is refused, or goes unanswered, leaves the host alone for that run too."""

    async def run() -> None:
        await (await breakers(store)).refuse(f"{HOST}/1", "captcha")
        for ending in ("refuse", "unanswered"):
            it = await breakers(store, NOW + timedelta(minutes=5))
            assert await passes(it, f"{HOST}/probe")
            waiting = asyncio.ensure_future(passes(it, f"{HOST}/2"))
            await asyncio.sleep(0.01)
            if ending == "refuse":
                await it.refuse(f"{HOST}/probe", "HTTP 403")
            else:
                await it.unanswered(f"{HOST}/probe", TimeoutError())
            assert await waiting is False
            assert list((await breakers(store)).open) == ["np-listapi.eastmoney.com"]

    asyncio.run(run())


def test_retry_after_is_remembered(store: Store) -> None:
    """A host that asked for an hour is not even probed before it is over."""

    async def run() -> None:
        await (await breakers(store)).refuse(f"{HOST}/1", "HTTP 429", wait_s=3600)
        assert not await passes(await breakers(store, NOW + timedelta(minutes=59)), f"{HOST}/2")
        assert await passes(await breakers(store, NOW + timedelta(minutes=61)), f"{HOST}/2")

    asyncio.run(run())


def test_silence_counts_by_different_addresses(store: Store) -> None:
    """Five different addresses in a row without an answer are a refusal; one address five times, or an answer between, is not."""

    async def run() -> None:
        it = await breakers(store)
        for _ in range(9):
            await it.unanswered(f"{HOST}/same", TimeoutError())
        assert await passes(it, f"{HOST}/x")
        for number in range(3):
            await it.unanswered(f"{HOST}/{number}", TimeoutError())
        await it.answered(f"{HOST}/ok")
        for number in range(4):
            await it.unanswered(f"{HOST}/{number}", TimeoutError())
        assert await passes(it, f"{HOST}/x")
        await it.unanswered(f"{HOST}/4", TimeoutError())
        assert not await passes(it, f"{HOST}/x")
        assert "TimeoutError" in it.open["np-listapi.eastmoney.com"].reason

    asyncio.run(run())
