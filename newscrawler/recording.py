"""Answers of a source saved byte for byte as a fixture folder: what a test replays, and what a changed site looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.http import Response

from newscrawler.asking import Asker
from newscrawler.base import NewsSpider
from newscrawler.listing import Row
from newscrawler.printing import BEIJING
from newscrawler.probing import Finding, articles, ask, newest, read_listing
from newscrawler.walk import Walk
from pipelines.errors import SettingError

MANIFEST, SOURCE = "manifest.json", "SOURCE.md"


@dataclass(frozen=True, slots=True)
class Saved:
    """One answer of the folder: a line of the manifest."""

    file: str
    url: str
    """As asked."""
    status: int
    content_type: str
    fetched_at: str
    """UTC, ISO."""
    channel: str = ""
    page: int = 0
    """Of a list: its channel, and which page from 1."""
    article_id: str = ""
    place: str = ""
    """Of an article: its id, and the spider's name for where it was asked."""
    answered_by: str = ""
    """The address after redirects, where it is another."""


@dataclass(slots=True)
class Recording:
    """A folder that is being filled."""

    folder: Path
    pages: int
    articles: int
    saved: list[Saved] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    """What could not be had, and lists that could not be read."""

    def prepare(self) -> None:
        """Make the folder; SettingError where it cannot be made or holds something already."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            names = {path.name for path in self.folder.iterdir()}
            # what `scrapy newsource` leaves for this to be filled: a page and a manifest without an answer
            begun = names == {MANIFEST, SOURCE} and (self.folder / MANIFEST).read_bytes().strip() == b"[]"
        except OSError as error:
            raise SettingError(f"--to {self.folder} cannot be used: {error.strerror}") from error
        if names and not begun:
            raise SettingError(f"--to {self.folder} is not empty; name a new folder, nothing recorded is overwritten")

    async def record(self, asker: Asker, spider: NewsSpider) -> None:
        """Ask for list pages, then for articles of them at every place."""
        asker.serve(spider)
        listed = [await self._lists(asker, spider, channel) for channel in spider.channels]
        # from each channel in turn, so that few articles show many kinds
        rows = [row for row in chain.from_iterable(zip_longest(*map(articles, listed))) if row is not None]
        unique = list({row.article_id: row for row in rows}.values())
        for row in unique[: self.articles]:
            for number, place in enumerate(spider.places):
                where = {"article_id": row.article_id, "place": place.name}
                await self._save(
                    asker, spider, spider.fetch(row, number), f"article-{row.article_id}-{place.name}", where
                )

    async def _lists(self, asker: Asker, spider: NewsSpider, channel: str) -> list[Row]:
        """Save pages of a list; returns their rows."""
        rows: list[Row] = []
        cursor = ""
        for page in range(1, self.pages + 1):
            request = spider.ask(_walk(spider, channel), page, cursor)
            name = f"list-{channel}-{page}"
            reply = await self._save(asker, spider, request, name, {"channel": channel, "page": page})
            listing = await read_listing(asker, spider, reply, channel)
            if listing is None:
                if reply.response is not None and not _named(self.findings, reply.url):
                    self.findings.append(reply.finding(spider.name, name))
                break
            rows.extend(listing.rows)
            cursor = listing.cursor
            if listing.last:
                break
        return rows

    async def _save(
        self, asker: Asker, spider: NewsSpider, request: Request, name: str, where: Mapping[str, Any]
    ) -> Any:
        reply = await ask(asker, request)
        if reply.response is not None:
            self._write(reply.response, request.url, name, where)
        if reply.detail:
            self.findings.append(reply.finding(spider.name, name))
        return reply

    def _write(self, response: Response, url: str, name: str, where: Mapping[str, Any]) -> None:
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        file = f"{re.sub(r'[^0-9A-Za-z._-]+', '-', name)}.{_suffix(kind, response.body)}"
        try:
            (self.folder / file).write_bytes(response.body)
        except OSError as error:
            raise SettingError(f"--to {self.folder} cannot be written to: {error.strerror}") from error
        other = response.url if response.url != url else ""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.saved.append(Saved(file, url, response.status, kind, now, answered_by=other, **where))

    def finish(self, spider: str, arguments: Mapping[str, str], mirror: str) -> None:
        """Write manifest.json and SOURCE.md; where nothing was answered, leave no folder behind."""
        if not self.saved:
            with suppress(OSError):  # not ours alone where it was begun before
                self.folder.rmdir()
            return
        lines = [{name: value for name, value in asdict(saved).items() if value} for saved in self.saved]
        manifest = json.dumps(lines, ensure_ascii=False, indent=2)
        try:
            (self.folder / MANIFEST).write_text(f"{manifest}\n", encoding="utf-8")
            (self.folder / SOURCE).write_text(self._source(spider, arguments, mirror), encoding="utf-8")
        except OSError as error:
            raise SettingError(f"--to {self.folder} cannot be written to: {error.strerror}") from error

    def _source(self, spider: str, arguments: Mapping[str, str], mirror: str) -> str:
        first, last = (datetime.fromisoformat(self.saved[place].fetched_at).astimezone(BEIJING) for place in (0, -1))
        asked = " ".join(["scrapy record", spider, *(f"-a {name}={value}" for name, value in arguments.items())])
        lines = [
            f"# Answers of {spider}",
            "",
            f"Recorded by `{asked}` from {first:%Y-%m-%d %H:%M:%S} to {last:%H:%M:%S} Beijing time.",
            "Bodies are byte for byte what was answered, after unpacking. The texts are their publishers'.",
        ]
        if mirror:
            lines.append(f"Asked through {mirror}, not of the site itself.")
        lines += ["", "| File | HTTP | Asked for |", "| --- | --- | --- |"]
        lines += [f"| {saved.file} | {saved.status} | <{saved.url}> |" for saved in self.saved]
        if self.findings:
            lines += ["", "Not as it should be:", ""]
            lines += [f"- {found.endpoint}: {found.verdict}, {found.detail}" for found in self.findings]
        return "\n".join(lines) + "\n"


def _walk(spider: NewsSpider, channel: str) -> Walk:
    """The walk whose pages are recorded: the window that was asked for, else what an everyday run asks."""
    if spider.window is None:
        return newest(spider, channel)
    return Walk(channel, spider.window.since, spider.window.until, explicit=True, covered_below=False)


def _named(findings: list[Finding], url: str) -> bool:
    return any(found.url == url for found in findings)


def _suffix(content_type: str, body: bytes) -> str:
    """The ending of a file's name: what the body is, whatever its label says."""
    beginning = body.lstrip()[:1]
    if beginning in (b"{", b"["):
        return "json"
    if beginning == b"<":
        return "html"
    return "txt" if "text" in content_type or "javascript" in content_type or "json" in content_type else "bin"
