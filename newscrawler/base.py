"""NewsSpider: channels, paging newest first, stop at proof; a source adds only its own facts."""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawler.channels import read_channels
from newscrawler.errors import CutShort, LayoutError, ListGone, Refused, SourceArgumentError
from newscrawler.fetching import MISSING, ArticleSpider, is_refusal, reason_of, whole
from newscrawler.listing import Listing, Row
from newscrawler.shapes import Probe
from newscrawler.walk import SETTLE, Stop, Walk
from newscrawler.window import read_window

logger = logging.getLogger(__name__)
AT_ONCE = 1
"""Priority of pages that are read again: their edges are to meet, so no article comes between them."""
LATER = -10
"""Priority of the next list page: after the articles of this one, so that the queue stays short."""


class NewsSpider(ArticleSpider):
    """Base of every source that lists articles newest first.

    Arguments: `since`, `until`, `channels`, `limit`, `refetch`, unless a subclass says otherwise in `accepted`.
    A subclass gives `source`, `allowed_domains`, `places`, `channels_setting` and the three list methods.
    """

    channels_setting: ClassVar[str]
    """Setting with the default channels."""
    accepted: ClassVar[frozenset[str]] = frozenset({"since", "until", "channels", "limit", "refetch"})
    """Spider arguments; any other is refused."""

    settling: ClassVar[timedelta] = SETTLE
    """How long rows of this source may still appear with earlier times."""
    hourly: ClassVar[bool] = True
    """Its articles come all day, and an hour may be compared with the same hour of other weeks."""
    kinds: ClassVar[frozenset[str]]
    """Kinds of channel that this spider lists, e.g. `column`."""
    any_source: ClassVar[bool] = False
    """Its articles may be of other sources as well."""
    judged: ClassVar[bool] = True
    """Its runs are held against the health gates."""
    apart: Sequence[str] = ()
    """Spiders that may not run at the same time."""
    probes: ClassVar[Sequence[Probe]] = ()
    """What `scrapy probe` asks; none: the newest page of a list of each kind, and an article from each place."""
    probe_arguments: ClassVar[Mapping[str, str]] = {}
    """Arguments that the spider cannot do without, for `scrapy probe`."""

    def __init__(self, name: str | None = None, **arguments: str) -> None:
        super().__init__(name)
        arguments.pop("_job", None)  # scrapyd names its own job so, in every run
        unknown = set(arguments) - self.accepted
        if unknown:
            allowed = ", ".join(sorted(self.accepted))
            raise SourceArgumentError(f"argument {min(unknown)!r} is unknown; {self.name} takes {allowed}")
        self.arguments = arguments
        self.window = read_window(arguments.get("since"), arguments.get("until"), now=datetime.now(UTC))
        self.limit = _limit(arguments.get("limit"))
        self.refetch = flag("refetch", arguments.get("refetch"))
        self.reached: dict[str, datetime] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider; every argument is checked here, before any request."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.channels = spider.choose(crawler)
        return spider

    def choose(self, crawler: Crawler) -> list[str]:
        """Return the channels of this run: those of the argument, else of the setting; SourceArgumentError says what is wrong.

        A spider whose lists are named otherwise overrides this.
        """
        wanted = self.arguments.get("channels")
        try:
            return self.read_channels(crawler.settings.get(self.channels_setting) if wanted is None else wanted)
        except SourceArgumentError as error:
            if wanted is not None:
                raise
            raise SourceArgumentError(f"{self.channels_setting}: {error}") from error

    channels: list[str]

    def read_channels(self, text: str) -> list[str]:
        """Turn the argument or setting into channels; a source with other lists overrides this."""
        return read_channels(text)

    def owns(self, channel: str) -> bool:
        """Whether a channel is one of this spider's lists; several spiders may share a source."""
        return channel.partition(":")[0] in self.kinds

    # --- a source's own facts ---

    @abstractmethod
    def list_request(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the request (address only) for a list page, counted from 1."""

    @abstractmethod
    def read_list(self, response: Response, channel: str) -> Listing:
        """Read a list page; LayoutError where it is none, Refused where it is a refusal."""

    @abstractmethod
    def read_row(self, raw: Any, channel: str) -> Row:
        """Read one row; ValueError says what is wrong with it."""

    # --- the run ---

    async def start(self) -> AsyncIterator[Any]:
        """Ask for what is pending and due, then for the newest page of every channel."""
        now = datetime.now(UTC)
        memory = self.incremental
        memory.limit, memory.refetch = self.limit, self.refetch
        await self.breakers.load()
        await memory.begin()
        for pending in await memory.due(now, self.owns):
            payload = json.loads(pending.row)
            try:
                row = self.read_row(payload["row"], payload["channel"])
            except ValueError as error:
                pending.reason = str(error)
                await memory.pend(pending)
                continue
            row.article_id, row.attempts = pending.article_id, pending.attempts
            row.also = tuple(sorted(memory.lists.get(row.article_id, set()) - {row.channel}))
            yield self.fetch(row)
        covered: list[str] = []
        for channel in self.channels:
            walk = await self.plan(channel, now)
            if walk is None:
                covered.append(channel)
            else:
                yield self.ask(walk, 1, "")
        if covered:
            memory.tally.notes.append(f"covered already, so not asked: {', '.join(covered)}")

    async def plan(self, channel: str, now: datetime) -> Walk | None:
        """Return the (first) walk of a channel; None: all that is wanted of it is covered."""
        return await self.incremental.plan(channel, self.window, now)

    def ask(self, walk: Walk, page: int, cursor: str) -> Request:
        """Return the complete request for a list page."""
        request = self.list_request(walk, page, cursor)
        return request.replace(
            callback=self.parse_list,
            errback=self.list_failed,
            cb_kwargs={"walk": walk, "page": page},
            headers=request.headers or self.headers,
            priority=AT_ONCE if walk.edge.repeated else 0 if page == 1 else LATER,
            dont_filter=True,
        )

    async def parse_list(self, response: Response, walk: Walk, page: int) -> AsyncIterator[Any]:
        """Take a list page: fetch what is unknown, go on where nothing proves that the walk may stop."""
        answered_at = datetime.now(UTC)
        try:
            whole(response)
            listing = self.read_list(response, walk.channel)
        except (CutShort, LayoutError, Refused) as error:
            for request in await self.list_lost(walk, error, response.url):
                yield request
            return
        self.stat("list/pages")
        self.stat("list/rows", len(listing.rows) + len(listing.bad))
        if listing.bad and not listing.rows:
            self.note_layout(f"{response.url}: no row of {len(listing.bad)} can be read: {listing.bad[0].reason}")
        new = await self.incremental.page(walk, listing, answered_at)
        back = walk.stop is None and walk.edge.back  # asked first, and answered perhaps before all rows below are taken
        if back:
            logger.info("%s: a row may have slid from page %d to %d, which is read again", walk.channel, page, page - 1)
            yield self.ask(walk, page - 1, "")
        for row in new:
            yield self.list_text(row) if row.kind == "blog" else self.fetch(row)
        if walk.oldest is not None:
            self.reached[walk.channel] = walk.oldest
        if back:
            return
        if walk.stop is None:
            yield self.ask(walk, page + 1, listing.cursor)
        else:
            logger.info("%s: stopped after page %d: %s", walk.channel, page, walk.stop.value)
            await self.incremental.finish(walk, answered_at)
            for request in self.following(walk):
                yield request

    async def list_failed(self, failure: Failure) -> AsyncIterator[Any]:
        """A list page could not be had: what it would have covered stays uncovered."""
        error: BaseException = failure.value  # type: ignore[assignment]  # only empty before a failure is caught
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy for every errback
        self.incremental.tally.count("failed")
        if isinstance(error, HttpError) and error.response.status in MISSING:
            error = ListGone(f"{request.url}: HTTP {error.response.status}: the list is gone")
        for other in await self.list_lost(request.cb_kwargs["walk"], error):
            yield other

    async def list_lost(self, walk: Walk, error: BaseException, refused_by: str = "") -> Iterable[Request]:
        """Note a list page that could not be had or read; returns what to ask next.

        Args:
            walk: it ends here, unless the list can be had in another form.
            error: why.
            refused_by: the address of an answer that turned out to be a refusal; its host is left alone.
        """
        if isinstance(error, ListGone) and (other := self.instead(walk, error)) is not None:
            return [other]
        if isinstance(error, Refused) and refused_by:
            await self.breakers.refuse(refused_by, "a ban or verification page")
        if isinstance(error, LayoutError):
            self.note_layout(str(error))
        elif is_refusal(error):
            self.note_refusal(str(error))
        else:
            logger.warning("%s: list page failed: %s", walk.channel, reason_of(error))
        walk.halt(Stop.FAILED)
        await self.incremental.finish(walk, datetime.now(UTC))
        return self.following(walk)

    def instead(self, walk: Walk, error: ListGone) -> Request | None:
        """Return the request for another form of a list that is gone; None where there is none."""
        return None

    def following(self, walk: Walk) -> Iterable[Request]:
        """Return what is to be asked once a walk has ended: nothing, where a channel is one walk."""
        return ()


def _limit(raw: str | None) -> int | None:
    if raw is None:
        return None
    if not (raw.isascii() and raw.isdigit() and int(raw) > 0):
        raise SourceArgumentError(f"limit={raw} is no number of articles; right would be limit=50")
    return int(raw)


def flag(name: str, raw: str | None) -> bool:
    """Read an argument that is 0 or 1; missing is 0."""
    if raw not in (None, "0", "1"):
        raise SourceArgumentError(f"{name}={raw} is neither 0 nor 1")
    return raw == "1"
