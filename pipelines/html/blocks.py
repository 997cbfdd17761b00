"""Write a parsed body as plain, flat blocks: paragraphs, headings, lists, tables, quotations, with their text.

The output is canonical: what is parsed from it and written again is the same, whichever parser (libxml2, a browser's) reads
it. Paragraphs hold no blocks; tags are always closed where they belong; nothing is empty; no blank line stands anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Final

from pipelines.html.safety import escape
from pipelines.text import ODD

SPACE, LINE, PARAGRAPH = 1, 2, 3
"""What stands between two pieces of a line; the larger one wins."""
_GAPS = ("", " ", "<br>", "")
_SAID = ("", " ", "\n", "")


_TAG = re.compile(r"(<[^>]*>)")
_EMPTY = re.compile(r"<(\w+)(?: [^>]*)?></\1>")
_TRAILING = re.compile(r"(?:<br>|\s)+((?:</\w+>)*)$")


class Mark:
    """An open inline tag; two of them are the same tag only if they are the same object."""

    __slots__ = ("close", "open")

    def __init__(self, tag: str, attributes: str = "") -> None:
        self.open = f"<{tag}{attributes}>"
        self.close = f"</{tag}>"


class Picture:
    """A picture in a line."""

    __slots__ = ("html",)

    def __init__(self, html: str) -> None:
        self.html = html


Run = str | tuple[Mark, ...] | int | Picture
"""A piece of a line: text, the tags open from here on, LINE for a line break, or a picture."""
Piece = tuple[str, str]
"""HTML and text of a block, or of a line."""


def compose(runs: list[Run], *, split: bool, odd: bool) -> list[Piece]:
    """Make lines of runs.

    Args:
        runs: as collected; blanks not collapsed, nothing escaped.
        split: two line breaks begin a new paragraph; else they are one.
        odd: signs that nobody sees may be among them, and are dropped.

    Returns:
        HTML and text of each paragraph that holds anything.
    """
    line = _Line()
    for run in runs:
        if isinstance(run, str):
            line.say(ODD.sub("", run) if odd else run)
        elif isinstance(run, tuple):
            line.want = run
        elif isinstance(run, Picture):
            line.put(run.html, "")
        else:
            line.gap = PARAGRAPH if split and line.gap >= LINE else LINE
    line.end()
    return line.done


class _Line:
    """Paragraphs in the making: tags are opened and closed only where something shows, so that none is empty."""

    __slots__ = ("done", "gap", "html", "shown", "text", "want")

    def __init__(self) -> None:
        self.done: list[Piece] = []
        self.html: list[str] = []
        self.text: list[str] = []
        self.shown: tuple[Mark, ...] = ()
        self.want: tuple[Mark, ...] = ()
        self.gap = 0

    def say(self, run: str) -> None:
        """Put text, its blanks collapsed."""
        words = " ".join(run.split())
        if run and not self.gap and (not words or run[0].isspace()):
            self.gap = SPACE
        if words:
            self.put(escape(words), words)
            if run[-1].isspace():
                self.gap = SPACE

    def put(self, html: str, text: str) -> None:
        """Put something that shows, after what separates it from the thing before."""
        if self.gap == PARAGRAPH:
            self.end()
        gap = self.gap if self.html else 0
        shared = 0
        for old, new in zip(self.shown, self.want, strict=False):
            if old is not new:
                break
            shared += 1
        self.html += [mark.close for mark in reversed(self.shown[shared:])]
        self.html.append(_GAPS[gap])
        self.html += [mark.open for mark in self.want[shared:]]
        self.html.append(html)
        self.text += (_SAID[gap], text)
        self.shown, self.gap = self.want, 0

    def end(self) -> None:
        """Close the paragraph, if there is one."""
        if self.html:
            self.html += [mark.close for mark in reversed(self.shown)]
            lines = (" ".join(line.split()) for line in "".join(self.text).split("\n"))
            self.done.append(("".join(self.html), "\n".join(filter(None, lines))))
        self.html, self.text, self.shown, self.gap = [], [], (), 0


def cut(html: str, count: int) -> str:
    """Cut the end of a paragraph.

    Args:
        html: canonical, as `compose` makes it.
        count: how many signs of text to cut, blanks not counted.

    Returns:
        The canonical rest; tags and pictures within the end go with it.
    """
    parts = _TAG.split(html)
    kept: list[str] = []
    while parts and count:
        part = parts.pop()
        if part.startswith("<"):
            if part.startswith(("<img", "<br")):
                continue
            kept.append(part)
            continue
        said = unescape(part)
        while said and count:
            count -= not said[-1].isspace()
            said = said[:-1]
        kept.append(escape(said))
    html = "".join([*parts, *reversed(kept)])
    before = ""
    while before != html:
        before = html
        html = _TRAILING.sub(r"\1", _EMPTY.sub("", html))
    return html


def joined(tag: str, pieces: list[Piece]) -> Piece:
    """Wrap blocks in an element, each on lines of its own."""
    inner = "\n".join(html for html, _ in pieces)
    if tag != "li":
        inner = f"\n{inner}\n"
    return f"<{tag}>{inner}</{tag}>", "\n".join(text for _, text in pieces if text)


FLOW, ITEM, LIST, CELL = "flow", "item", "list", "cell"
_SPLIT = frozenset({FLOW, LIST})
"""Where lines stand as blocks of their own; elsewhere a block's edge is a line break."""
DEEPEST: Final = 8
"""Lists and quotations nested deeper than this are written as plain lines."""


class Blocks:
    """Collect runs into blocks; whoever walks the tree says where blocks begin and end."""

    def __init__(self, signs: frozenset[str], keep: Callable[[str, str], Piece | None], *, odd: bool) -> None:
        self.signs = signs
        """Where a paragraph's text begins or ends with one of them, `keep` is asked."""
        self.keep = keep
        """Given a paragraph's HTML and text, returns what stays of it, or None."""
        self.odd = odd
        """Drop signs that nobody sees."""
        self.runs: list[Run] = []
        self.want: tuple[Mark, ...] = ()
        self.out: list[Piece] = []
        self.mode = FLOW
        self.tag = "p"
        """Tag of the paragraph: `p`, or that of a heading."""
        self.nested = 0

    def say(self, html: str, text: str) -> None:
        """Write a paragraph, or what is kept of it."""
        if text[:1] in self.signs or text[-1:] in self.signs:
            kept = self.keep(html, text)
            if kept is None:
                return
            html, text = kept
        self.out.append((f"<{self.tag}>{html}</{self.tag}>", text))

    def edge(self) -> None:
        """Begin or end a block: a new paragraph, or a new line where there are no paragraphs."""
        if self.mode in _SPLIT:
            if self.runs:
                self.flush()
        elif self.runs:
            self.runs.append(LINE)

    def flush(self) -> None:
        """Write the runs collected so far."""
        runs, self.runs = self.runs, [self.want] if self.want else []
        for html, text in compose(runs, split=self.mode in _SPLIT, odd=self.odd):
            if self.mode == FLOW:
                self.say(html, text)
            else:
                self.out.append((f"<li>{html}</li>" if self.mode == LIST else html, text))

    def add(self, block: Piece) -> None:
        """Put a finished block after what was said so far."""
        self.flush()
        self.out.append((f"<li>{block[0]}</li>", block[1]) if self.mode == LIST else block)

    def inside(self, mode: str, fill: Callable[[], None]) -> list[Piece]:
        """Collect what `fill` says in another mode, apart from what was said before.

        Returns:
            The blocks or lines of it; what was said before still waits in `runs`.
        """
        before = self.runs, self.out, self.mode, self.tag
        self.runs, self.out, self.mode, self.tag = [self.want] if self.want else [], [], mode, "p"
        fill()
        self.flush()
        made = self.out
        self.runs, self.out, self.mode, self.tag = before
        return made
