"""Walk a parsed body once: paragraphs, headings and what stands in a line; what is not the article is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from lxml.etree import _Element

from pipelines.html.blocks import FLOW, LINE, Blocks, Mark, Picture, Piece
from pipelines.html.lines import plain_line
from pipelines.html.links import anchor, picture
from pipelines.html.markup import (
    ADVERTISEMENT,
    MEDIA,
    SIGNS,
    SPACER,
    Told,
    judge,
    publisher,
    signature,
    text_of,
    trim,
    verdict,
)
from pipelines.html.safety import (
    EMPHASIS,
    MAX_DEPTH,
    MAX_ELEMENTS,
    escape,
    words,
)

_LOOSENED = words("a img br")
"""What `loosen` has looked at, or holds nothing."""
_KINDS = frozenset({ADVERTISEMENT, MEDIA, SPACER})
_MARKS = {tag: Mark(tag) for tag in EMPHASIS}


Handler = Callable[[Any, _Element], None]
"""A method of a walk that reads an element."""


class Walk:
    """One walk over one body.

    `pipelines.html.reading.Reader` adds lists, quotations and tables, and says which tag is read by what.

    Attributes:
        blocks: what was read, as blocks.
        told: what the body tells about itself, and what was dropped.
    """

    handlers: ClassVar[Mapping[str, Handler]] = {}
    """What reads each tag; the tags that are missing only wrap what is in them."""

    def __init__(self, *, media: bool, newlines: int, odd: bool) -> None:
        self.media = media
        self.newlines = newlines
        """How many line breaks a line feed is: 0 in HTML, 1 in `<pre>`, 2 in plain text."""
        self.told = Told()
        self.blocks = Blocks(SIGNS, self._keep, odd=odd)
        self._depth = 0
        self._broken = 0

    def read(self, root: _Element) -> list[Piece]:
        """Read a whole body.

        Returns:
            Its blocks.

        Raises:
            ValueError: nested deeper than MAX_DEPTH, or more than MAX_ELEMENTS lines.
        """
        self.children(root)
        self.blocks.flush()
        made = self.blocks.out
        last = len(made)
        while last:
            last -= 1
            text = made[last][1]
            if text:
                kind = judge(text, self.told, last=True)
                if kind is None:
                    break
                self.told.drop(kind)
                del made[last]
        if self.media and (signed := signature(self.told.media)):
            made.append((f"<p>{signed}</p>", ""))
        return made

    def children(self, element: _Element) -> None:
        """Read what is in an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH + 1:  # the root is none of the body's
            raise ValueError(f"nested deeper than {MAX_DEPTH}")
        blocks, handlers = self.blocks, self.handlers
        text = element.text
        if text:
            self._text(text) if self.newlines else blocks.runs.append(text)
        for child in element:
            tag = child.tag
            name, style = child.get("class"), child.get("style")
            if (name or style) and tag not in _LOOSENED and (kind := verdict(name, style)) in _KINDS:
                self._leave(child, kind)
            else:
                handlers.get(tag, Walk.children)(self, child)
            tail = child.tail
            if tail:
                self._text(tail) if self.newlines else blocks.runs.append(tail)
        self._depth -= 1

    def _leave(self, element: _Element, kind: str) -> None:
        """Leave out what is not the article; blocks around it stay apart."""
        if element.tag not in EMPHASIS:
            self.blocks.edge()
        if kind == MEDIA:
            self.told.media = self.told.media or publisher(text_of(element))
        self.told.drop(kind)

    def _text(self, text: str) -> None:
        """Say text in which line feeds count."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._broken += 1
                if self._broken > MAX_ELEMENTS:
                    raise ValueError(f"more than {MAX_ELEMENTS} lines")
                self.blocks.runs.extend([LINE] * self.newlines)
            self.blocks.runs.append(line)

    def _keep(self, html: str, text: str) -> Piece | None:
        """Drop a paragraph that is not the article's, or its ending."""
        kind = judge(text, self.told)
        if kind is None:
            html, text = trim(html, text, self.told)
            if not text and "<img " not in html:
                return None
            kind = judge(text, self.told)
            if kind is None:
                return html, text
        self.told.drop(kind)
        return None

    def block(self, element: _Element) -> None:
        """Read a block as paragraphs of its own; most are one simple line."""
        blocks = self.blocks
        if blocks.mode != FLOW or blocks.want or blocks.odd or self.newlines:
            self.edge(element)
            return
        if blocks.runs:
            blocks.flush()
        count = len(element)
        if not count or (count == 1 and element[0].tag == "br" and not element[0].tail):
            text = element.text
            if text and (text := " ".join(text.split())):
                blocks.say(escape(text), text)
            return
        piece = plain_line(element)
        if piece is None:
            self.edge(element)
        elif piece[0]:
            blocks.say(*piece)

    def short(self, element: _Element) -> Piece | None:
        """Write a cell or item that is one simple line, or None where it has to be read piece by piece."""
        blocks = self.blocks
        return None if blocks.want or blocks.odd or self.newlines else plain_line(element)

    def edge(self, element: _Element) -> None:
        """Read a block as paragraphs of its own."""
        blocks = self.blocks
        if blocks.runs:
            blocks.edge()
        self.children(element)
        if blocks.runs:
            blocks.edge()

    def heading(self, element: _Element) -> None:
        """Read a heading."""
        blocks = self.blocks
        blocks.edge()
        before, blocks.tag = blocks.tag, element.tag
        self.block(element)
        blocks.edge()
        blocks.tag = before

    def preformatted(self, element: _Element) -> None:
        """Read text whose line feeds count."""
        before, self.newlines = self.newlines, self.newlines or 1
        self.edge(element)
        self.newlines = before

    def emphasis(self, element: _Element) -> None:
        """Read an emphasised piece; emphasis in the same emphasis says nothing more."""
        mark = _MARKS[element.tag]
        if mark in self.blocks.want:
            self.children(element)
        else:
            self._marked((*self.blocks.want, mark), element)

    def link(self, element: _Element) -> None:
        """Read a link; one that leads nowhere is text, and no link stands within a link."""
        mark = anchor(element)
        if mark is None:
            self.children(element)
        else:
            around = self.blocks.want and tuple(other for other in self.blocks.want if other.close != mark.close)
            self._marked((*around, mark), element)

    def _marked(self, want: tuple[Mark, ...], element: _Element) -> None:
        """Read an element under these open tags."""
        blocks = self.blocks
        before, blocks.want = blocks.want, want
        blocks.runs.append(want)
        self.children(element)
        blocks.want = before
        if blocks.runs[-1] is want:  # nothing was said
            blocks.runs.pop()
            if blocks.runs or not before:
                return
        blocks.runs.append(before)

    def picture(self, element: _Element) -> None:
        """Read a picture."""
        html = picture(element)
        if html is not None:
            self.blocks.runs.append(Picture(html))

    def line_break(self, _element: _Element) -> None:
        """Read a line break."""
        self.blocks.runs.append(LINE)

    def rule(self, element: _Element) -> None:
        """Read a line across the page."""
        blocks = self.blocks
        if blocks.mode == FLOW:
            blocks.add(("<hr>", ""))
        else:
            blocks.edge()
        self.children(element)

    def remove(self, _element: _Element) -> None:
        """Leave out an element with all that is in it."""
