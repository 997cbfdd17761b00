"""NEWS_MIRROR: ask a mirror instead of the site (tests, demo, caching proxies)."""

from __future__ import annotations

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from w3lib.url import safe_url_string

from newscrawler.errors import Refused
from pipelines.errors import SettingError


def mirror_address(setting: str) -> str:
    """Check NEWS_MIRROR and return it without a slash at its end; empty for none.

    Raises:
        SettingError: anything but http(s)://HOST[:PORT][/PATH].
    """
    address = setting.strip().rstrip("/")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        valid = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and "@" not in parts.netloc
        )
        valid = valid and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        shown = "…" if "@" in setting else repr(setting)  # a password is nobody's business
        raise SettingError(f"NEWS_MIRROR={shown} is no address; right would be http://127.0.0.1:8000")
    return address


class MirrorHandler(HTTP11DownloadHandler):
    """Scrapy's own handler, with the address turned at the last moment.

    It stands below every middleware, so pace, robots.txt, redirects and spiders see the site's addresses only.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.mirror = safe_url_string(mirror_address(crawler.settings.get("NEWS_MIRROR") or ""))

    async def download_request(self, request: Request) -> Response:
        """Ask `<mirror>/HOST/PATH?QUERY` and answer as if HOST had; nothing is sent to a host that has just refused."""
        breakers = getattr(self._crawler.spider, "breakers", None)
        if breakers is not None and breakers.closed(request.url):
            raise Refused(f"{request.url.split('?', 1)[0]}: its host has refused")
        if not self.mirror:
            return await super().download_request(request)
        scheme, _, rest = request.url.partition("://")
        turned = Request(
            f"{self.mirror}/{rest}",
            method=request.method,
            body=request.body,
            meta={**request.meta, "verbatim_url": True},  # both parts of it are safe already
        )
        turned.headers = request.headers
        response = await super().download_request(turned)
        request.meta["download_latency"] = turned.meta["download_latency"]
        location = response.headers.get("Location")
        prefix = f"{self.mirror}/".encode()
        if location is not None and location.startswith(prefix):  # a mirror that names itself in a redirect
            response.headers["Location"] = f"{scheme}://".encode() + location[len(prefix) :]
        return response.replace(url=request.url)
