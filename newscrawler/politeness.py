"""What may be asked, what counts as a refusal, and how long to wait: every request and answer passes here."""

from __future__ import annotations

import asyncio
import random
import time
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.statscollectors import StatsCollector

from newscrawler.breaker import Breakers
from newscrawler.errors import ForbiddenRequest, Refused

REFUSING = (401, 403, 407, 451)
LONGEST_WAIT = 60.0
"""Seconds; a Retry-After beyond this is obeyed by leaving the host alone for the run."""


class HostGate:
    """Let through only what the spider's source may ask: scheme, host, port, no user-info.

    It sees every request, those of redirects and robots.txt included; Scrapy's OffsiteMiddleware does not.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.stats: StatsCollector = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise ForbiddenRequest for an address outside the source's hosts."""
        domains = getattr(self.crawler.spider, "allowed_domains", None) or ()
        if not allowed(request.url, domains):
            self.stats.inc_value("news/requests/forbidden")
            raise ForbiddenRequest(f"{shown(request.url)} is outside {', '.join(domains)}")


def allowed(url: str, domains: Any) -> bool:
    """Whether an address is http(s), on its default port, without user-info, on one of the domains or below it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").rstrip(".").lower()
    return (
        parts.scheme in ("http", "https")
        and "@" not in parts.netloc
        and port in (None, 80 if parts.scheme == "http" else 443)
        and any(host == domain or host.endswith("." + domain) for domain in domains)
    )


def shown(url: str) -> str:
    """The address without user-info, query or excess, for a message."""
    return url.split("?", 1)[0].rsplit("@", 1)[-1][:200]


class RefusalGuard:
    """Ask the breaker of a host before every request, and tell it how the host answered.

    A refusal is never got round: its request ends with Refused, and the host's other requests with it.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    @property
    def breakers(self) -> Breakers:
        """The run's breakers."""
        breakers: Breakers = self.crawler.spider.breakers  # type: ignore[union-attr]  # set by the run ledger
        return breakers

    async def process_request(self, request: Request) -> None:
        """Raise Refused for a host that is to be left alone."""
        await self.breakers.gate(request.url)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Raise Refused for an answer that refuses."""
        status, where = response.status, shown(request.url)
        if request.meta.get(
            "dont_obey_robotstxt"
        ):  # robots.txt: asked for permission, its status is no refusal of news
            await self.breakers.answered(request.url)
            return response
        if status in REFUSING:
            await self.breakers.refuse(request.url, f"HTTP {status}")
            raise Refused(f"{where}: HTTP {status}")
        wait = retry_after(response) if status in (429, 503) else None
        if status == 429 and request.meta.get("retry_times", 0) >= self.crawler.settings.getint("RETRY_TIMES"):
            await self.breakers.refuse(request.url, "HTTP 429 again and again", wait_s=wait or 0.0)
            raise Refused(f"{where}: HTTP 429 again and again")
        if wait is not None and wait > LONGEST_WAIT:
            await self.breakers.refuse(request.url, f"HTTP {status}, come back in {wait:.0f} s", wait_s=wait)
            raise Refused(f"{where}: HTTP {status}, come back in {wait:.0f} s")
        if status < 500 and status != 429:
            await self.breakers.answered(request.url)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Count a request that went without an answer."""
        if not isinstance(exception, IgnoreRequest):
            await self.breakers.unanswered(request.url, exception)


def retry_after(response: Response) -> float | None:
    """Read Retry-After, seconds or an HTTP date; None where it is missing or unreadable."""
    raw = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if raw.isascii() and raw.isdigit():
        return float(raw)
    try:
        return max(0.0, parsedate_to_datetime(raw).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


class PatientRetry(RetryMiddleware):
    """Scrapy's retries with growing, jittered pauses, and with Retry-After obeyed."""

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self.pause = settings.getfloat("DOWNLOAD_DELAY")

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Retry what Scrapy would retry, after a pause."""
        again = super().process_response(request, response)
        if isinstance(again, Request):
            await self._wait(again, retry_after(response))
        return again

    async def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        """Retry what Scrapy would retry, after a pause."""
        again = super().process_exception(request, exception)
        if isinstance(again, Request):
            await self._wait(again, None)
        return again

    async def _wait(self, again: Request, asked: float | None) -> None:
        grown = self.pause * 2 ** again.meta.get("retry_times", 1)
        pause = grown * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
        await asyncio.sleep(min(LONGEST_WAIT, max(asked or 0.0, pause)))
