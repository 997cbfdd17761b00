"""One page of each endpoint of a source, and whether its shape still is the one we know."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from time import monotonic

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from newscrawler.asking import Asker
from newscrawler.base import NewsSpider
from newscrawler.daily import DayListSpider
from newscrawler.errors import CutShort, LayoutError, Refused
from newscrawler.fetching import MISSING, is_refusal, reason_of, whole
from newscrawler.listing import Listing, Row
from newscrawler.outcome import BUG, LAYOUT, PARTLY, REFUSED, WHOLE
from newscrawler.politeness import REFUSING
from newscrawler.printing import moment
from newscrawler.shapes import Field, Probe, article_differs, differs, text
from newscrawler.walk import Walk
from pipelines.dates import parse_published

TRIES = 5
"""Articles asked for before a place counts as changed: one may have been withdrawn since it was listed."""


class Verdict(StrEnum):
    """How an endpoint stands."""

    OK = "ok"
    CHANGED = "changed"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    BROKEN = "bug"
    UNASKED = "not asked"


STATUS = {
    Verdict.BROKEN: BUG,
    Verdict.CHANGED: LAYOUT,
    Verdict.BLOCKED: REFUSED,
    Verdict.UNREACHABLE: PARTLY,
}
"""Exit status that a verdict asks for, the one that decides first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one endpoint."""

    spider: str
    endpoint: str
    verdict: Verdict
    detail: str
    url: str = ""
    status: int | None = None
    rows: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Reply:
    """An answer, or why there is none."""

    url: str
    response: Response | None = None
    verdict: Verdict = Verdict.OK
    detail: str = ""
    began: float = field(default_factory=monotonic)

    def finding(self, spider: str, endpoint: str, rows: int = 0) -> Finding:
        """Return the finding that this reply is."""
        status = self.response.status if self.response is not None else None
        seconds = round(monotonic() - self.began, 2)
        return Finding(spider, endpoint, self.verdict, self.detail, self.url, status, rows, seconds)


def probes_of(spider: NewsSpider) -> Sequence[Probe]:
    """Return a spider's probes: those it declares, else its first channel of each kind and each of its places."""
    if spider.probes:
        return spider.probes
    kinds: dict[str, str] = {}
    for channel in spider.channels:
        kinds.setdefault(channel.partition(":")[0], channel)
    body = (Field("body", text, "body_raw"),)
    lists = [Probe(f"list {kind}", channel=channel) for kind, channel in kinds.items()]
    return [*lists, *(Probe(f"article {place.name}", place=place.name, fields=body) for place in spider.places)]


def exit_status(findings: Sequence[Finding]) -> int:
    """Return the exit status: that of the worst verdict. What could not be asked has its reason in another row."""
    verdicts = {finding.verdict for finding in findings}
    return next((status for verdict, status in STATUS.items() if verdict in verdicts), WHOLE)


async def probe(asker: Asker, spider: NewsSpider, findings: list[Finding]) -> None:
    """Ask a source's endpoints and add a finding for each."""
    asker.serve(spider)
    rows: list[Row] = []
    for endpoint in probes_of(spider):
        if endpoint.channel:
            findings.append(await _probe_list(asker, spider, endpoint, rows))
        else:
            findings.append(await _probe_article(asker, spider, endpoint, rows))


def newest(spider: NewsSpider, channel: str) -> Walk:
    """Return a walk that asks for a channel's newest page, as an everyday run does; a list that takes days, for a week's."""
    now = datetime.now(UTC)
    back = timedelta(days=7) if isinstance(spider, DayListSpider) else timedelta(hours=1)
    return Walk(channel, now - back, now, explicit=False, covered_below=True)


async def ask(asker: Asker, request: Request) -> Reply:
    """Ask one address; sorts what came back, or did not, by what it means."""
    reply = Reply(request.url)
    try:
        reply.response = await asker.get(request)
    except IgnoreRequest as error:
        reply.verdict, reply.detail = Verdict.BLOCKED, str(error) or type(error).__name__
        if not is_refusal(error):
            reply.verdict = Verdict.UNREACHABLE
    except Exception as error:  # noqa: BLE001 - the many ways in which a download fails
        reply.verdict, reply.detail = Verdict.UNREACHABLE, reason_of(error)
    if reply.response is not None and reply.response.status != 200:
        reply.verdict, reply.detail = _meaning(reply.response.status), f"HTTP {reply.response.status}"
    return reply


def _meaning(status: int) -> Verdict:
    if status in REFUSING or status == 429:
        return Verdict.BLOCKED
    return Verdict.UNREACHABLE if status >= 500 or status == 408 else Verdict.CHANGED


async def read_listing(asker: Asker, spider: NewsSpider, reply: Reply, channel: str) -> Listing | None:
    """Read a list page; None where it is none, and the reply says why."""
    if reply.response is None or reply.verdict is not Verdict.OK:
        return None
    try:
        whole(reply.response)
        return spider.read_list(reply.response, channel)
    except Exception as error:  # noqa: BLE001 - a reader that breaks is named in the report
        await _unreadable(asker, reply, error)
        return None


async def _unreadable(asker: Asker, reply: Reply, error: Exception) -> None:
    reply.verdict, reply.detail = Verdict.BROKEN, f"the reader broke: {type(error).__name__}: {error}"
    if isinstance(error, Refused):
        reply.verdict, reply.detail = Verdict.BLOCKED, str(error)
        if reply.response is not None:
            await asker.refused(reply.response)
    elif isinstance(error, CutShort):
        reply.verdict, reply.detail = Verdict.UNREACHABLE, str(error)
    elif isinstance(error, LayoutError):
        reply.verdict, reply.detail = Verdict.CHANGED, str(error)
    reply.detail = reply.detail.removeprefix(f"{reply.url}: ")


async def _probe_list(asker: Asker, spider: NewsSpider, endpoint: Probe, rows: list[Row]) -> Finding:
    reply = await ask(asker, spider.ask(newest(spider, endpoint.channel), 1, ""))
    listing = await read_listing(asker, spider, reply, endpoint.channel)
    if listing is None:
        return reply.finding(spider.name, endpoint.name)
    rows.extend(listing.rows)
    raws = [row.raw for row in listing.rows] + [bad.raw for bad in listing.bad]
    said = differs(raws, endpoint.fields) if raws else ["no row, though such a list always has some"]
    if not said and len(listing.bad) > len(raws) / 10:
        said = [f"{len(listing.bad)} of {len(raws)} rows cannot be read: {listing.bad[0].reason}"]
    reply.verdict = Verdict.CHANGED if said else Verdict.OK
    reply.detail = "; ".join(said) or f"{len(raws)} rows, newest {_newest(listing.rows)}"
    return reply.finding(spider.name, endpoint.name, len(raws))


def _newest(rows: Sequence[Row]) -> str:
    """The newest time of rows, as Beijing shows it."""
    now, times = datetime.now(UTC), []
    for row in rows:
        with suppress(ValueError):
            times.append(parse_published(row.published_raw, crawled_at=now))
    return moment(max(times)) if times else "unknown"


async def _probe_article(asker: Asker, spider: NewsSpider, endpoint: Probe, rows: list[Row]) -> Finding:
    number, place = next((n, place) for n, place in enumerate(spider.places) if place.name == endpoint.place)
    candidates = articles(rows)
    if not candidates:
        return Finding(spider.name, endpoint.name, Verdict.UNASKED, "no list gave an article's id")
    reply = Reply("")
    for row in candidates[:TRIES]:
        request = spider.fetch(row, number)
        reply = await ask(asker, request)
        missing = reply.response is not None and reply.response.status in MISSING
        if reply.response is not None and reply.verdict is Verdict.OK:
            try:
                whole(reply.response)
                item = place.read(reply.response, _bare(row))
            except Exception as error:  # noqa: BLE001 - a reader that breaks is named in the report
                missing = isinstance(error, LayoutError)
                await _unreadable(asker, reply, error)
            else:
                said = article_differs(item, endpoint.fields)
                missing = bool(said)  # an odd article is no change; as many as are tried are one
                reply.verdict = Verdict.CHANGED if said else Verdict.OK
                reply.detail = "; ".join(said) or f"article {row.article_id}"
        if not missing:
            break
    return reply.finding(spider.name, endpoint.name, int(reply.verdict is Verdict.OK))


def articles(rows: Sequence[Row]) -> list[Row]:
    """Return the rows whose article has an answer of its own, those first that always have one."""
    return sorted((row for row in rows if row.kind != "blog"), key=lambda row: row.kind != "article")


def _bare(row: Row) -> Row:
    """A row that fills nothing in, so that the answer's own fields are seen."""
    return Row(row.article_id, row.url, "", "", "", "", row.channel, kind=row.kind)
