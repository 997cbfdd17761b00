"""Bodies: from the source's HTML, or a flash's text, to safe HTML, plain text, and what the body tells about itself.

One parse by libxml2, one walk that writes flat blocks, one pass of the sanitiser over what was written. The order is what
makes it safe to feed: libxml2 is linear and stops at its own depth, so that the sanitiser (quadratic where formatting
stays open over paragraphs) only ever meets blocks that are short, closed and few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from itemadapter import ItemAdapter
from lxml import etree
from lxml.etree import _Element
from scrapy.crawler import Crawler
from scrapy.statscollectors import StatsCollector

from pipelines.codes.tags import Inline, Mention, inline, tags
from pipelines.config import Config
from pipelines.errors import InvalidBody
from pipelines.html.markup import ADVERTISEMENT, CHART, MEDIA, SPACER, TAIL, loosen
from pipelines.html.reading import Reader
from pipelines.html.safety import MAX_BODY_BYTES, MAX_DEPTH, MAX_ELEMENTS, check, check_size, guard, sanitise
from pipelines.publishers import clean_media
from pipelines.text import ODD, printable

__all__ = ["MAX_BODY_BYTES", "MAX_DEPTH", "Body", "CleanBody", "check", "clean", "parse_body", "text"]

Charts = Literal["drop", "keep"]
_COUNTERS = {kind: f"news/body/{kind}" for kind in (CHART, ADVERTISEMENT, SPACER, TAIL, MEDIA)}
_CONTROLS = bytes([*range(9), *range(14, 32), 127])
_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
_DOCUMENT_END = re.compile(rb"</(?:body|html)(?=[ \t\n\f\r/>])", re.IGNORECASE)
_BLOCK = re.compile(
    rb"<(?:p|br|div|h[1-6r]|table|ul|ol|li|blockquote|pre|center|section|article|dl|figure)(?=[\s/>])", re.IGNORECASE
)


@dataclass(slots=True)
class Body:
    """What a body says."""

    html: str = ""
    """Safe HTML, a block a line; empty where nothing can be seen."""
    text: str = ""
    """As a person would read it: a line a paragraph, heading, list item or table row (its cells parted by tabs)."""
    mentions: list[Mention] = field(default_factory=list)
    """Securities that the markup names."""
    media: str = ""
    """Publisher, where the body names one."""
    editor: str = ""
    original_title: str = ""
    machine_written: bool = False
    pictures: int = 0
    """How many the body shows, charts not counted."""
    tables: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """How many were left out of each: chart, advertisement, spacer, tail, media."""


def clean(html: str, *, charts: Charts = "drop", keep_media: bool = False) -> str:
    """Make safe HTML of a body: no advertisement, spacer or chart.

    Args:
        html: body as answered; plain text becomes paragraphs.
        charts: `keep` leaves the pictures of quote charts, and the links around them.
        keep_media: leave the line that names the publisher.

    Returns:
        HTML within `pipelines.html.safety`'s allow-list, a block a line; cleaning it again changes nothing.

    Raises:
        ValueError: too large or nested too deep, see `pipelines.html.safety.check`.
    """
    source = _parse(html)
    return "" if source is None else _read(source, charts, keep_media=keep_media).html


def text(html: str) -> str:
    """Read a body as a person would: a line a paragraph; see `Body.text`. ValueError as `clean`."""
    source = _parse(html)
    return "" if source is None else _read(source, "drop").text


def parse_body(html: str, charts: Charts = "drop", *, keep_media: bool = False) -> Body:
    """Read a body once, for all that it holds.

    Args:
        html: body as answered; plain text becomes paragraphs.
        charts: as in `clean`; `text` is the same either way.
        keep_media: as in `clean`; `text` is the same either way.

    Raises:
        ValueError: too large or nested too deep, see `pipelines.html.safety.check`.
    """
    source = _parse(html)
    if source is None:
        return Body()
    mentions = tags(source.root, source.marks, source.inline)
    body = _read(source, charts, keep_media=keep_media)
    body.mentions = mentions
    return body


class _Source(NamedTuple):
    """A parsed body."""

    root: _Element
    newlines: int
    """How many line breaks a line feed is: two where no block or line break stands in the whole body."""
    marks: int
    """How often `data-code` stands in it."""
    inline: list[Inline]
    """Its links, pictures and spans."""
    tables: bool
    """It holds several tables, so that one may hold another."""


def _parse(html: str) -> _Source | None:
    """Parse a body; None where there is none."""
    check_size(html)
    try:
        data = html.encode()
    except UnicodeEncodeError:
        data = printable(html).encode()
    kept = data.translate(None, _CONTROLS)
    starts = guard(html if len(kept) == len(data) else kept.decode())
    if not kept or kept.isspace():
        return None
    root = etree.fromstring(b"<body>" + kept, _PARSER)
    if root.getnext() is not None:  # libxml2 begins another document after `</html>`
        root = etree.fromstring(b"<body>" + _DOCUMENT_END.sub(b"</x-end", kept), _PARSER)
    if starts > MAX_DEPTH and (error := _PARSER.error_log.last_error) and error.type_name == "ERR_RESOURCE_LIMIT":
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    lower = kept.lower()
    marks = lower.count(b"data-code")
    if marks:
        marks -= lower.count(b"data-code2")
    newlines = 2 if b"\n" in kept and not _BLOCK.search(kept) else 0
    return _Source(root, newlines, marks, inline(root), lower.count(b"<table") > 1)


def _read(source: _Source, charts: Charts, *, keep_media: bool = False) -> Body:
    """Walk a tree, and pass what was written through the sanitiser until it finds nothing to change."""
    body = _walk(source, charts, keep_media=keep_media)
    for _ in range(3):
        safe = sanitise(body.html)
        if safe == body.html:
            return body
        # an address that only the sanitiser's parser refuses: read again what it left of the link
        again = _parse(safe)
        second = Body() if again is None else _walk(again, charts, keep_media=keep_media)
        for name in ("media", "editor", "original_title", "machine_written", "dropped"):
            setattr(second, name, getattr(body, name) or getattr(second, name))
        body = second
    body.html = sanitise(body.html)
    return body


def _walk(source: _Source, charts: Charts, *, keep_media: bool) -> Body:
    """Walk a tree once; a second time where signs that nobody sees turned up."""
    gone, charted = loosen(source.root, source.inline, charts=charts == "keep")
    for odd in (False, True):
        reader = Reader(media=keep_media, newlines=source.newlines, odd=odd)
        try:
            made = reader.read(source.root, tables=source.tables)
        except RecursionError:  # whoever calls has used up what 200 levels take (600 frames)
            raise ValueError(f"nested deeper than can be read here (at most {MAX_DEPTH})") from None
        html = "\n".join([piece[0] for piece in made])
        if odd or html.replace("\n", "").isprintable() or not ODD.search(html):
            break
    check_size(html)
    if len(html) > 3 * MAX_ELEMENTS and html.count("<") - html.count("</") > MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS} elements")
    if len(html) > MAX_ELEMENTS and html.count("&") > MAX_ELEMENTS:
        raise ValueError(f"more than {MAX_ELEMENTS} references")
    told = reader.told
    for kind, count in gone.items():
        told.drop(kind, count)
    return Body(
        html=html,
        text="\n".join([piece[1] for piece in made if piece[1]]),
        media=told.media,
        editor=told.editor,
        original_title=told.original_title,
        machine_written=told.machine_written,
        pictures=html.count("<img ") - charted,
        tables=html.count("<table>"),
        dropped=told.dropped,
    )


class CleanBody:
    """Make body HTML safe and its text readable, and take from it what it tells.

    The HTML follows NEWS_CHARTS, for posts are written from it; text and fingerprint never depend on that setting.

    **Reads**: source, article_id, body_raw, media.
    **Writes**: body_html, body_text, mentions, editor, original_title, machine_written; media where it was empty.
    **Drops**: InvalidBody, when neither text nor picture is left, or the body is too large or nested too deep.
    **Stats**: `news/body/<kind>`: what was left out (chart, advertisement, spacer, tail, media); `news/body/machine_written`.
    """

    def __init__(self, stats: StatsCollector, charts: str = "drop") -> None:
        self.count = stats.inc_value
        self.charts: Charts = "keep" if charts == "keep" else "drop"

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the stage for a crawler; SettingError where NEWS_CHARTS is wrong."""
        assert crawler.stats is not None  # noqa: S101 - a crawler that builds stages has its stats
        return cls(crawler.stats, Config.from_settings(crawler.settings).charts)

    def process_item(self, item: Any) -> Any:
        """Clean one item's body."""
        fields = ItemAdapter(item)
        raw = fields["body_raw"]
        try:
            body = parse_body(raw, self.charts)
        except ValueError as error:
            raise InvalidBody(f"{fields['source']}:{fields['article_id']}: body {error}") from error
        if not body.text and not body.pictures:
            where = f"{fields['source']}:{fields['article_id']}"
            raise InvalidBody(f"{where}: nothing to read in a body of {len(raw)} characters: {raw[:80]!r}")
        for kind, count in body.dropped.items():
            self.count(_COUNTERS[kind], count)
        if body.machine_written:
            self.count("news/body/machine_written")
        fields["body_html"] = body.html
        fields["body_text"] = body.text
        fields["mentions"] = body.mentions
        fields["media"] = clean_media(fields["media"]) or body.media  # a bare label ("来源：") names nobody
        fields["editor"] = body.editor
        fields["original_title"] = body.original_title
        fields["machine_written"] = body.machine_written
        return item
