"""Many small tasks gathered into few large ones, in the order they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from scrapy.crawler import Crawler

T = TypeVar("T")
R = TypeVar("R")


def in_hand(crawler: Crawler) -> Callable[[], int | None]:
    """Return what counts the articles a crawler has in hand: in its stages, or still being asked for.

    A page of flash news is one answer, of which so many articles are in the stages at once as CONCURRENT_ITEMS says; and at
    the end of a run nobody follows the last ones. Then there is nobody to wait for.
    """

    def count() -> int | None:
        try:
            engine = crawler.engine
        except RuntimeError:  # no crawl: answers read anew
            return None
        if engine is None or engine.scraper.slot is None:
            return None
        return engine.scraper.slot.itemproc_size + len(engine.downloader.active)

    return count


class Batcher(Generic[T, R]):
    """Hands items over in groups; whoever put an item waits for its answer.

    A group goes when it is full, when its first item has waited long enough, or when nobody else is on the way; and never
    while another is under way: what comes meanwhile is the next group. After a quiet time the first item goes at once and
    alone, so that a slow crawl is never made slower.

    Args:
        flush: takes a group, gives one answer for each item, in order. What it raises, every waiter of the group gets.
        size: most items in a group.
        wait_s: longest time an item waits for others.
        on_the_way: how many items there may be at most, those that wait here included; None: that is not known.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        size: int = 100,
        wait_s: float = 0.25,
        on_the_way: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._flush = flush
        self._size = size
        self._wait_s = wait_s
        self._on_the_way = on_the_way
        self._queue: list[tuple[T, asyncio.Future[R]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._full = asyncio.Event()
        self._last = float("-inf")
        self._closing = False

    async def put(self, item: T) -> R:
        """Queue an item and wait for its answer.

        Raises:
            RuntimeError: the batcher was closed.
        """
        if self._closing:
            raise RuntimeError("this batcher is closed")
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, answer))
        most = self._on_the_way()
        if len(self._queue) >= (self._size if most is None else min(self._size, most)):
            self._full.set()
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def close(self) -> None:
        """Hand over what still waits, at once, and refuse what comes later."""
        self._closing = True
        self._full.set()
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        """Flush group after group until nothing waits."""
        clock = asyncio.get_running_loop().time
        try:
            while self._queue:
                if clock() - self._last < self._wait_s:
                    await self._gather()
                group, self._queue = self._queue[: self._size], self._queue[self._size :]
                if len(self._queue) < self._size and not self._closing:
                    self._full.clear()
                await self._hand_over(group)
                self._last = clock()
        finally:
            self._worker = None

    async def _gather(self) -> None:
        """Wait until the group is full, or its time is up."""
        try:
            await asyncio.wait_for(self._full.wait(), self._wait_s)
        except TimeoutError:
            return

    async def _hand_over(self, group: list[tuple[T, asyncio.Future[R]]]) -> None:
        """Flush a group and give each waiter its answer, or all of them the failure."""
        try:
            pairs = list(zip(group, await self._flush([item for item, _ in group]), strict=True))
        except BaseException as error:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, waiter), value in pairs:
            if not waiter.done():
                waiter.set_result(value)
