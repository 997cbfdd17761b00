"""One thread a store, so that no query stalls the crawl and no two run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class OneThread:
    """Runs blocking calls for asyncio, one after the other."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, call: Callable[..., T], *args: Any) -> T:
        """Run a call on the store's thread and wait for the answer."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *args)

    def close(self) -> None:
        """Wait for the calls under way, and end the thread."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None
