"""Articles of list rows: from one place after the other, or from the row itself; what cannot be had is pending."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawler.answers import Answer
from newscrawler.breaker import Breakers
from newscrawler.errors import CutShort, ForbiddenRequest, LayoutError, NoArticle, Refused
from newscrawler.incremental import Incremental
from newscrawler.items import Article
from newscrawler.listing import Row

logger = logging.getLogger(__name__)
MISSING = (404, 410)
LAST_TRY = 4
"""Tries after which a flash row whose article still cannot be had is stored with its own text: a fifth would give it up."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article may be had. The next place is asked only when this one has no article, never after a refusal."""

    name: str
    """Becomes the item's `body_from`."""
    url: Callable[[Row], str]
    read: Callable[[Response, Row], Article]
    """Raises NoArticle (missing or empty) or LayoutError (no longer the shape we know)."""


class ArticleSpider(Spider):
    """What every source does with a row: fetch its article, ask elsewhere, or keep it pending.

    A subclass gives `source` and `places`; `incremental` and `breakers` are set before it starts.
    """

    source: ClassVar[str]
    places: Sequence[Place] = ()
    headers: ClassVar[dict[str, str]] = {}
    incremental: Incremental
    breakers: Breakers

    def list_text(self, row: Row) -> Article:
        """Make an article of a row that is the news itself."""
        answer = Answer(row.title, row.media, row.author, "", row.summary or row.title, row.published_raw)
        return self.article(row, answer, "list")

    def article(self, row: Row, answer: Answer, place: str) -> Article:
        """Join list row and answer: title and publisher are the answer's first, the time is the list's."""
        return Article(
            source=self.source,
            article_id=row.article_id,
            url=self.canonical_url(row, answer),
            channels=(row.channel, *row.also),
            crawled_at=datetime.now(UTC),
            title_raw=answer.title or row.title,
            summary_raw="" if place == "list" else answer.summary or row.summary,  # there the summary is the body
            body_raw=answer.body,
            media_raw=answer.media or row.media,
            author_raw=answer.author or row.author,
            published_raw=row.published_raw or answer.published,
            securities_raw=(*answer.securities, *row.securities),
            body_from=place,
            row=row.payload(),
        )

    def canonical_url(self, row: Row, answer: Answer) -> str:
        """Return the article's address: the row's, unless a source's answers know better."""
        return row.url

    def fetch(self, row: Row, place: int = 0, reason: str = "") -> Any:
        """Return the request for a row's article, or the row's own text where no place is left to ask."""
        if row.kind == "blog" or place >= len(self.places):
            return self.list_text(row)
        return Request(
            self.places[place].url(row),
            callback=self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"row": row, "place": place, "reason": reason},
            headers=self.headers,
            dont_filter=True,
        )

    async def parse_article(self, response: Response, row: Row, place: int, reason: str) -> AsyncIterator[Any]:
        """Read an article's answer; ask the next place where it holds none."""
        self.incremental.tally.count("fetched")
        try:
            whole(response)
            item = self.places[place].read(response, row)
        except NoArticle as error:
            if place + 1 == len(self.places) and row.kind != "flash":
                self.stat("article/unreadable")
            yield await self._elsewhere(row, place, f"{reason}{self.places[place].name}: {error}")
            return
        except Refused as error:
            await self.breakers.refuse(response.url, "a ban or verification page")
            await self._refused(row, error)
            return
        except (CutShort, LayoutError) as error:
            if isinstance(error, LayoutError):
                self.stat("article/unreadable")
            await self.incremental.pend(row.pending(self.source, "article", f"{reason}{error}", response.body))
            return
        self.stat(f"article/{self.places[place].name}")
        item.answer, item.answer_url, item.answer_status = response.body, response.url, response.status
        yield item

    async def article_failed(self, failure: Failure) -> AsyncIterator[Any]:
        """An article's answer could not be had: missing ones are looked for elsewhere, the rest is pending."""
        error: BaseException = failure.value  # type: ignore[assignment]  # only empty before a failure is caught
        known: dict[str, Any] = failure.request.cb_kwargs  # type: ignore[attr-defined]  # set by Scrapy
        row, place, reason = known["row"], known["place"], known["reason"]
        if isinstance(error, HttpError) and error.response.status in MISSING:
            yield await self._elsewhere(row, place, f"HTTP {error.response.status}; {reason}")
            return
        self.incremental.tally.count("failed")
        if row.kind == "flash" and row.attempts >= LAST_TRY:
            yield self.list_text(row)
        elif is_refusal(error):
            await self._refused(row, error)
        else:
            await self.incremental.pend(row.pending(self.source, "article", f"{reason}{reason_of(error)}"))

    async def _elsewhere(self, row: Row, place: int, reason: str) -> Any:
        """Ask the next place; where none is left, a flash row is the news itself, any other is pending."""
        if place + 1 < len(self.places) or row.kind == "flash":
            return self.fetch(row, place + 1, f"{reason}; ")
        await self.incremental.pend(row.pending(self.source, "article", reason))
        return None

    async def _refused(self, row: Row, error: BaseException) -> None:
        self.note_refusal(str(error))
        await self.incremental.pend(row.pending(self.source, "article", f"refused: {error}"))

    # --- notes for the outcome ---

    def note_layout(self, line: str) -> None:
        """Note an answer that lost its shape (exit 6)."""
        logger.error("the source changed its shape: %s", line)
        self.stat("list/layout")
        self.incremental.tally.layout = self.incremental.tally.layout or line

    def note_refusal(self, line: str) -> None:
        """Note a refusal (exit 4)."""
        self.stat("list/refused")
        self.incremental.tally.refused = self.incremental.tally.refused or line

    def stat(self, name: str, amount: int = 1) -> None:
        """Count under news/."""
        self.crawler.stats.inc_value(f"news/{name}", amount)


def whole(response: Response) -> None:
    """Refuse an answer that was cut short: its end is missing, so nothing in it can be trusted."""
    if "partial" in response.flags:
        raise CutShort(f"{response.url}: the answer was cut short")


def is_refusal(error: BaseException) -> bool:
    """Whether a request ended because the site does not want it, robots.txt included."""
    return isinstance(error, (Refused, ForbiddenRequest)) or "robots.txt" in str(error)


def reason_of(error: BaseException) -> str:
    """Say in a few words why a download failed."""
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    return f"{type(error).__name__}: {error}".strip(": ")
