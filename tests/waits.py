"""Wait for something, and bound what a call costs, on a machine that is busy with other things too."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.times.forms import BEIJING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(true: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait for something to become true; fail when it does not."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def past_midnight(seconds: float = 120) -> None:
    """Wait for Beijing's midnight where it is that near: what counts today's lists must not begin before and end after it."""
    now = datetime.now(BEIJING)
    left = (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - now).total_seconds()
    if left < seconds:
        time.sleep(left + 1)


def costs_less(call: Callable[[], object], limit_s: float, *, tries: int = 5) -> bool:
    """Return whether a call takes less of this process's time than the limit: once is enough, as others only add to it."""

    def cost() -> float:
        began = time.process_time()
        call()
        return time.process_time() - began

    return any(cost() < limit_s for _ in range(tries))
