"""Circuit breakers: a host that refuses is left alone, in this run and, until one request shows otherwise, in the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy.statscollectors import StatsCollector

from newscrawler.errors import Refused
from pipelines.store.base import Store

logger = logging.getLogger(__name__)
KEY = "breakers"
SILENT = 5
"""So many different addresses in a row without any answer show a host that refuses us without saying so."""


@dataclass(slots=True)
class Breaker:
    """One host's breaker, open. A host without one is closed: asked as usual."""

    reason: str
    opened_at: datetime
    until: datetime | None = None
    """Not asked before this moment (Retry-After); None: one request may try."""
    here: bool = False
    """Opened in this run: nothing is asked of the host any more."""
    probe: asyncio.Future[None] | None = None
    """Set while the one request that tries is under way; the others wait for it."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Breakers:
    """The breakers of a run, remembered in the store."""

    def __init__(self, store: Store, stats: StatsCollector, *, now: Callable[[], datetime] = _utc_now) -> None:
        self.store = store
        self.stats = stats
        self.now = now
        self.open: dict[str, Breaker] = {}
        self.silent: dict[str, list[str]] = {}
        """Addresses of each host that went without an answer since its last one."""

    async def load(self) -> None:
        """Read what earlier runs left open."""
        kept = await self.store.run(self.store.get, KEY)
        for host, said in (kept or {}).items():
            until = said.get("until")
            opened = datetime.fromisoformat(said["opened_at"])
            self.open[host] = Breaker(said["reason"], opened, datetime.fromisoformat(until) if until else None)

    def closed(self, url: str) -> bool:
        """Whether a host has refused since a request to it passed the gate: requests wait behind it for their turn."""
        breaker = self.open.get(_host(url)) if self.open else None
        return breaker is not None and breaker.here

    async def gate(self, url: str) -> None:
        """Let a request pass, or raise Refused; the first one to a host that refused in an earlier run is its probe."""
        host = _host(url)
        breaker = self.open.get(host)
        if breaker is None:
            return
        if not breaker.here and not (breaker.until and self.now() < breaker.until):
            if breaker.probe is None:
                breaker.probe = asyncio.get_running_loop().create_future()
                self.stats.inc_value("news/requests/probes")
                return
            await asyncio.shield(breaker.probe)
            if host not in self.open:
                return
        self.stats.inc_value("news/requests/withheld")
        raise Refused(f"{host} is left alone: {breaker.reason}")

    async def answered(self, url: str) -> None:
        """A host has answered without refusing: what an earlier run left open closes."""
        host = _host(url)
        self.silent.pop(host, None)
        breaker = self.open.get(host)
        if breaker is not None and not breaker.here:
            del self.open[host]
            logger.info("%s answers again (it had refused: %s)", host, breaker.reason)
            _release(breaker)
            await self._remember()

    async def refuse(self, url: str, reason: str, *, wait_s: float = 0.0) -> None:
        """Open a host's breaker for this run, and for the next ones until a probe is answered or `wait_s` is over."""
        host = _host(url)
        before = self.open.get(host)
        if before is not None and before.here:
            return
        now = self.now()
        self.open[host] = Breaker(reason, now, now + timedelta(seconds=wait_s) if wait_s else None, here=True)
        if before is not None:
            _release(before)
        self.stats.inc_value("news/requests/refused")
        logger.warning("%s refuses us (%s): it is left alone for the rest of the run", host, reason)
        await self._remember()

    async def unanswered(self, url: str, error: BaseException) -> None:
        """A request went without an answer; five different addresses in a row count as a refusal."""
        host = _host(url)
        addresses = self.silent.setdefault(host, [])
        if url not in addresses:
            addresses.append(url)
        breaker = self.open.get(host)
        if breaker is not None and not breaker.here:  # the probe itself
            await self.refuse(url, f"{breaker.reason}; the probe went unanswered")
        elif len(addresses) >= SILENT:
            await self.refuse(url, f"{SILENT} addresses in a row without an answer ({type(error).__name__})")

    async def _remember(self) -> None:
        kept: dict[str, Any] = {
            host: {
                "reason": breaker.reason,
                "opened_at": breaker.opened_at.isoformat(),
                "until": breaker.until.isoformat() if breaker.until else None,
            }
            for host, breaker in sorted(self.open.items())
        }
        await self.store.run(self.store.put, KEY, kept)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _release(breaker: Breaker) -> None:
    if breaker.probe is not None and not breaker.probe.done():
        breaker.probe.set_result(None)
