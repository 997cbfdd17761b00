"""A run that is told to end does so soon, however long an answer takes: what hangs is left, and asked for next time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
GRACE_S = 12.0
"""What answers under way may take after the run was told to end. Four polite requests need eight seconds."""
LOOK_S = 0.25
"""Scrapy sends no signal when it is told to end, so this is how often we look."""


async def leave_what_hangs(crawler: Crawler, ending: Callable[[], bool], end: Callable[[], Awaitable[None]]) -> None:
    """Wait for a run to be told to end, and end it where Scrapy has not done so in time.

    Scrapy alone would wait for every answer under way, their time-outs and robots.txt included: a minute and a half with
    a host that hangs. Only answers that have not come are lost by this, and those nobody has called done.

    Args:
        crawler: the run's; its `crawling` is false once a signal told it to end.
        ending: whether the run ends for a reason of its own.
        end: writes down how the run ended.
    """
    while crawler.crawling and not ending():  # noqa: ASYNC110 - nobody would set an event
        await asyncio.sleep(LOOK_S)
    await asyncio.sleep(GRACE_S)
    logger.warning("some answers have not come %.0f s after the run was told to end: they are left", GRACE_S)
    await end()
    from twisted.internet import reactor

    installed: Any = reactor  # its type knows the module only
    installed.stop()
