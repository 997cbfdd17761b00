"""East Money: articles by column and 7x24 flash news."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from scrapy import Request
from scrapy.http import Response

from newscrawler import eastmoney, eastmoney_flash
from newscrawler.answers import read_json
from newscrawler.base import NewsSpider, flag
from newscrawler.eastmoney_articles import EastmoneyArticles, page_size, stamp
from newscrawler.eastmoney_probes import PROBES
from newscrawler.errors import CutShort, LayoutError, ListGone, Refused
from newscrawler.fetching import is_refusal, whole
from newscrawler.listing import Listing, Row
from newscrawler.walk import Walk
from pipelines.times.forms import BEIJING

LIST = "https://np-listapi.eastmoney.com/comm/web/getNewsByColumns?"
OLD_HOST = "newsapi.eastmoney.com"
FLASH = "https://np-weblist.eastmoney.com/comm/web/getFastNewsList?"


class EastmoneySpider(EastmoneyArticles):
    """Crawl East Money's columns and flash news.

    **Source**: getNewsByColumns, getFastNewsList, kuaixun/v2 article API, desktop page (seen working up to 2026-09).
    **Caveats**: the lists take no dates, so a backfill pages down; how far back they reach is not documented. With `jump=1`
    flash news begins at the end of the window, by a cursor that is no row's; where the first page does not begin there, it
    is paged to as ever. Where the list of flash news is gone (404), the older one is read; never where it refuses.
    """

    name = "eastmoney"
    channels_setting = "NEWS_EASTMONEY_CHANNELS"
    kinds: ClassVar[frozenset[str]] = frozenset({"column", "flash"})
    probes = PROBES
    accepted: ClassVar[frozenset[str]] = NewsSpider.accepted | {"jump"}

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name, **arguments)
        self.jump = flag("jump", self.arguments.get("jump"))
        self.jumps: dict[str, bool] = {}
        """Channels that were asked for with a made-up cursor: False once its first page was looked at."""
        self.old: set[str] = set()
        """Flash channels that are read by the older list."""

    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request for a page of a column (by number) or of flash news (by cursor)."""
        kind, number = walk.channel.split(":")
        if walk.channel in self.old:
            return Request(eastmoney_flash.old_url(number, page))
        if kind == "flash":
            if page == 1 and self._jumps(walk):
                self.jumps[walk.channel] = True
                cursor = eastmoney_flash.jump_cursor(walk.until)
            query: dict[str, Any] = {
                "client": "web",
                "biz": "web_724",
                "fastColumn": number,
                "sortEnd": cursor,
                "pageSize": page_size(walk),
                "req_trace": stamp(),
            }
            return Request(FLASH + urlencode(query))
        query = {
            "client": "web",
            "biz": "web_news_col",
            "column": number,
            "order": 1,
            "needInteractData": 0,
            "page_index": page,
            "page_size": page_size(walk),
            "req_trace": stamp(),
            "fields": "code,showTime,title,mediaName,summary,image,url,uniqueUrl,Np_dst",
            "types": "1,20",
        }
        return Request(LIST + urlencode(query, safe=","))

    def read_list(self, response: Response, channel: str) -> Listing:
        """Read either list."""
        payload = read_json(response.body, response.url)
        if not channel.startswith("flash:"):
            return eastmoney.read_columns(payload, channel, response.url)
        if urlsplit(response.url).hostname == OLD_HOST:
            return eastmoney_flash.read_old(payload, channel, response.url)
        eastmoney_flash.check_gone(payload, response.url)
        return eastmoney.read_flash(payload, channel, response.url)

    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row of either list."""
        return eastmoney.read_row(raw, channel)

    # --- flash news by other ways ---

    def _jumps(self, walk: Walk) -> bool:
        """Whether to begin at the end of what is wanted: where that lies back, and only once."""
        return self.jump and walk.channel not in self.jumps and datetime.now(UTC) - walk.until > timedelta(hours=1)

    async def parse_list(self, response: Response, walk: Walk, page: int) -> AsyncIterator[Any]:
        """Take a list page; the first one after a made-up cursor only where it begins there."""
        if self.jumps.get(walk.channel):
            with suppress(CutShort, LayoutError, Refused):  # read again below, and answered for there
                whole(response)
                rows = self.read_list(response, walk.channel).rows
                fails = eastmoney_flash.jump_fails(rows, walk.until, answered_at=datetime.now(UTC))
                if fails:
                    yield self._without_jump(walk, fails)
                    return
                self.jumps[walk.channel] = False
                until = walk.until.astimezone(BEIJING)
                self.incremental.tally.notes.append(f"{walk.channel}: began at {until:%Y-%m-%d %H:%M} (jump=1)")
        async for found in super().parse_list(response, walk, page):
            yield found

    def _without_jump(self, walk: Walk, why: str) -> Request:
        self.jumps[walk.channel] = False
        self.incremental.tally.notes.append(f"{walk.channel}: jump=1 did not work ({why}), so paged from the newest on")
        return self.ask(walk, 1, "")

    async def list_lost(self, walk: Walk, error: BaseException, refused_by: str = "") -> Iterable[Request]:
        """Note a lost page; one that was asked for with a made-up cursor is asked for without it, unless it was refused."""
        if self.jumps.get(walk.channel) and not isinstance(error, ListGone) and not is_refusal(error):
            return [self._without_jump(walk, str(error))]
        return await super().list_lost(walk, error, refused_by)

    def instead(self, walk: Walk, error: ListGone) -> Request | None:
        """Ask the older list of flash news where the newer is gone."""
        if not walk.channel.startswith("flash:") or walk.channel in self.old:
            return None
        self.old.add(walk.channel)
        self.jumps[walk.channel] = False
        walk.start_over()
        gone = str(error).split("?", 1)[0]
        self.incremental.tally.notes.append(
            f"{walk.channel}: read by the older list (kuaixun/v1), since {gone} is gone"
        )
        return self.ask(walk, 1, "")
