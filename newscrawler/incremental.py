"""Only what is new: skip known articles, record coverage as the run goes, retry what is pending."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from newscrawler.listing import BadRow, Listing, Row
from newscrawler.met import Met
from newscrawler.tally import Tally
from newscrawler.walk import SETTLE, Page, Stop, Walk
from newscrawler.window import Window
from pipelines.dates import parse_published
from pipelines.spans import merge, subtract
from pipelines.store.base import Known, PendingRow, Reach, Span, Store

logger = logging.getLogger(__name__)
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
RECHECK_AT_LEAST = timedelta(minutes=15)
"""A young article is looked at again when its age has doubled since the last look, but never sooner than this."""
UNASKED = "archive:"
"""How the channel of a pending row begins that no list can be asked for again: a list that has the article may."""
RETRIED = 1000
"""Pending rows tried again in one run, at most."""


class Incremental:
    """The memory of one run: what was met, what is in flight, what may be called covered.

    An article in flight is waited for by every page that listed it; when the last row of a page has ended somewhere, the
    time the page spans is covered.
    """

    def __init__(
        self,
        store: Store,
        source: str,
        tally: Tally,
        *,
        first_run_days: float,
        refetch_hours: float,
        margin: timedelta = SETTLE,
    ) -> None:
        self.store = store
        self.source = source
        self.tally = tally
        self.margin = margin
        self.first_run = timedelta(days=first_run_days)
        self.refetch_age = timedelta(hours=refetch_hours)
        self.met = Met()
        self.flying: dict[str, list[tuple[Walk, Page]]] = {}
        self.extra: dict[str, list[str]] = {}
        """Further channels that listed an article in flight."""
        self.waiting: dict[str, PendingRow] = {}
        self.lists: dict[str, set[str]] = {}
        """Of every pending article the channels that list it; more than its row names are kept under `met:`."""
        self.limit: int | None = None
        self.refetch = False
        self.taken = 0

    # --- what to ask ---

    async def begin(self) -> None:
        """Load the pending rows of the source: few, and asked for on every page."""
        rows = await self.store.run(self.store.waiting)
        ours = [row for row in rows if row.source == self.source and not row.channel.startswith(UNASKED)]
        self.waiting = {row.article_id: row for row in ours}
        if self.waiting:
            kept = await self.store.run(self.store.facts, self._met_key(""))
            self.lists = {key: {row.channel, *kept.get(self._met_key(key), ())} for key, row in self.waiting.items()}

    async def due(self, now: datetime, owns: Callable[[str], bool]) -> list[PendingRow]:
        """Pending rows whose next try has come, of channels that this spider reads; each counts as listed."""
        rows = [row for row in await self.store.run(self.store.due, self.source, now, RETRIED) if owns(row.channel)]
        for row in rows:
            self._list(row.article_id)
            self.flying[row.article_id] = []
        return rows

    async def plan(self, channel: str, window: Window | None, now: datetime) -> Walk | None:
        """Make the walk over what of a channel is wanted and not covered; None: nothing is."""
        wanted, covered = await self.wanted(channel, window, now)
        if not wanted:
            return None
        since = wanted[0][0]
        below = any(start < since <= end for start, end in covered)
        below = below and not self.refetch
        explicit = window is not None
        return Walk(channel, since, wanted[-1][1], explicit=explicit, covered_below=below, margin=self.margin)

    async def wanted(self, channel: str, window: Window | None, now: datetime) -> tuple[list[Span], list[Span]]:
        """Work out what of a channel is wanted and not covered, and what is covered.

        Without a window that is everything asked for so far, the time since the last run included: the chain of everyday
        runs is kept as an open interval that begins with the first one.
        """
        covered: list[Span] = await self.store.run(self.store.covered, self.source, channel)
        reach: Reach | None = await self.store.run(self.store.reached, self.source, channel)
        key = f"asked:{self.source}:{channel}"
        asked = read_asked(await self.store.run(self.store.get, key))
        passed = list(covered)
        if window is None:
            if not any(until is None for _, until in asked):
                asked.append((now - self.first_run, None))
                await self._remember(key, asked)
            spans = merge((since, until or now) for since, until in asked)
            if reach is not None:  # the source lists no further back: known, and not asked again by itself
                passed.append((BEGINNING, reach.reached))
        else:
            spans = [(window.since, window.until)]
            await self._remember(key, [*asked, *spans])
        wanted = spans if self.refetch else [gap for span in spans for gap in subtract(span, passed)]
        return wanted, covered

    async def _remember(self, key: str, asked: Sequence[tuple[datetime, datetime | None]]) -> None:
        """Keep what was asked for, unless a limit made it a sample."""
        if self.limit is not None:
            return
        closed = merge([(since, until) for since, until in asked if until is not None])
        opened = [since for since, until in asked if until is None]
        value = [[s.isoformat(), u.isoformat()] for s, u in closed] + (
            [[min(opened).isoformat(), None]] if opened else []
        )
        await self.store.run(self.store.put, key, value)

    # --- a page ---

    async def page(self, walk: Walk, listing: Listing, answered_at: datetime) -> list[Row]:
        """Take a list page: returns the rows whose articles are to be fetched, and turns the walk."""
        rows: list[Row] = []
        for row in listing.rows:
            try:
                row.published_at = parse_published(row.published_raw, crawled_at=answered_at)
            except ValueError as error:
                listing.bad.append(BadRow(row.article_id, row.channel, f"time: {error}", row.raw))
                continue
            rows.append(row)
        known = await self.store.run(self.store.known, self.source, [row.article_id for row in rows])
        timed = [(row.article_id, row.published_at) for row in rows if row.published_at is not None]
        unread = [bad.article_id for bad in listing.bad]
        last, total = listing.last, listing.total
        walk.edge.numbered = walk.edge.numbered and not listing.cursor
        page = walk.turn(timed, known.keys(), answered_at=answered_at, last=last, total=total, unread=unread)
        fetch = [row for row in rows if await self._take(walk, page, row, known.get(row.article_id), answered_at)]
        await self._note_met(walk.channel, [row.article_id for row in rows], known)
        await self._keep_bad(listing.bad)
        await self.settle(walk)
        return fetch

    async def _take(self, walk: Walk, page: Page, row: Row, known: Known | None, now: datetime) -> bool:
        """Decide what becomes of a row; True: its article is to be fetched."""
        assert row.published_at is not None  # noqa: S101 - set by `page`
        key = row.article_id
        if not walk.takes(row.published_at):
            return False
        if (self.source, key) in self.met:
            if key in self.flying:
                page.left += 1
                self.flying[key].append((walk, page))
                self.extra.setdefault(key, []).append(walk.channel)
            return False
        if known is not None and not self.stale(known, now):
            self._list(key)
            self.tally.count("known")
            return False
        if key in self.waiting:  # its next try has not come: it ends where it is
            self._list(key)
            self.tally.count("pending")
            return False
        if self.limit is not None and self.taken >= self.limit:
            page.whole = False
            walk.halt(Stop.LIMIT)
            return False
        self.taken += 1
        self._list(key)
        page.left += 1
        self.flying[key] = [(walk, page)]
        return True

    def stale(self, known: Known, now: datetime) -> bool:
        """Whether a known article is to be looked at again: always with refetch=1, else young ones less and less often."""
        if self.refetch:
            return True
        age = now - known.published_at
        if age > self.refetch_age:
            return False
        return now - known.checked_at >= max(RECHECK_AT_LEAST, known.checked_at - known.published_at)

    def _list(self, article_id: str) -> None:
        self.met.add(self.source, article_id)
        self.tally.count("listed")

    async def _note_met(self, channel: str, ids: Sequence[str], known: dict[str, Known]) -> None:
        new = [key for key in ids if key in known and channel not in known[key].channels]
        if new:
            await self.store.run(self.store.met, self.source, channel, new)
        for key in ids:
            if key in self.lists and key not in known:
                await self._note_listed(key, (channel,))

    async def _note_listed(self, article_id: str, channels: Iterable[str]) -> None:
        """Keep further channels of a pending article: by the time it is stored, nobody may ask their lists again."""
        new = set(channels) - self.lists[article_id]
        if new:
            self.lists[article_id] |= new
            await self.store.run(self.store.put, self._met_key(article_id), sorted(self.lists[article_id]))

    def _met_key(self, article_id: str) -> str:
        return f"met:{self.source}:{article_id}"

    async def _keep_bad(self, rows: Sequence[BadRow]) -> None:
        """Keep rows that cannot be read; the page goes on without them."""
        for bad in rows:
            if (self.source, bad.article_id) in self.met:
                continue
            self._list(bad.article_id)
            if bad.article_id in self.waiting:
                self.tally.count("pending")
                continue
            payload = Row(bad.article_id, "", "", "", "", "", bad.channel, raw=bad.raw).payload()
            await self.pend(PendingRow(self.source, bad.article_id, "", bad.channel, "list", bad.reason, row=payload))

    # --- the end of an article ---

    async def ended(self, article_id: str, end: str) -> None:
        """An article ended as one of ENDS: count it, and call covered what is."""
        waiters = self.flying.pop(article_id, None)
        if waiters is None:
            return
        self.tally.count(end)
        if end != "pending":
            self.waiting.pop(article_id, None)
            for channel in self.extra.pop(article_id, ()):
                await self.store.run(self.store.met, self.source, channel, [article_id])
            if len(self.lists.pop(article_id, ())) > 1:
                await self.store.run(self.store.put, self._met_key(article_id), None)
        for walk, page in waiters:
            page.left -= 1
            if not page.left:
                await self.settle(walk)

    async def pend(self, row: PendingRow) -> None:
        """Record that a listed article could not be stored, with what is needed to try again."""
        logger.warning("pending %s:%s (%s): %s", row.source, row.article_id, row.stage, row.reason)
        await self.store.run(self.store.pend, [row])
        self.lists.setdefault(row.article_id, {row.channel})
        await self._note_listed(row.article_id, self.extra.pop(row.article_id, ()))
        self.tally.left_pending += 1
        self.tally.stats.inc_value(f"news/pending/{row.stage}")
        self.flying.setdefault(row.article_id, [])
        await self.ended(row.article_id, "pending")

    async def settle(self, walk: Walk) -> None:
        """Write what has become covered."""
        span = walk.settle()
        if span is not None:
            await self.store.run(self.store.cover, self.source, walk.channel, span)

    async def finish(self, walk: Walk, now: datetime) -> None:
        """A walk has stopped: name what it did not reach."""
        reached = walk.reached_back
        if reached is not None:
            note = Reach(walk.channel, reached, walk.since, now)
            await self.store.run(self.store.reach, self.source, note)
            if walk.explicit:
                self.tally.gaps.append(f"{walk.channel} reached back to {reached:%Y-%m-%d %H:%M}")
        elif not walk.proven and walk.stop is not Stop.LIMIT:
            self.tally.gaps.append(walk.shortfall)


def read_asked(value: object) -> list[tuple[datetime, datetime | None]]:
    """Read what a channel was asked for: closed windows, and one open interval (no end) since the first everyday run."""
    if not isinstance(value, list):
        return []
    return [(datetime.fromisoformat(s), datetime.fromisoformat(u) if u else None) for s, u in value]
