"""The short way for a line that holds text, links, emphasis and pictures in the usual order: most do.

What comes out is what `pipelines.html.blocks.compose` would make of the same line, at a third of its cost; whatever is not
that simple is left to it.
"""

from __future__ import annotations

from lxml.etree import _Element

from pipelines.html.blocks import Piece
from pipelines.html.links import anchor, picture
from pipelines.html.markup import verdict
from pipelines.html.safety import EMPHASIS, escape

_TAGS = {tag: (f"<{tag}>", f"</{tag}>") for tag in EMPHASIS}


def plain_line(element: _Element) -> Piece | None:
    """Write the line that a block holds.

    Args:
        element: a block, its inline tags loosened.

    Returns:
        HTML and text, both empty where nothing shows; None where the block holds other blocks, a line break in its
        midst, or blanks and tags in an order that has to be thought about.
    """
    count = len(element)
    if not count or (count == 1 and element[0].tag == "br" and not element[0].tail):
        text = element.text
        text = " ".join(text.split()) if text else ""
        return escape(text), text
    html: list[str] = []
    said: list[str] = []
    if not _gather(element, html, said, ()):
        return None
    line = " ".join("".join(html).split())
    while line.endswith("<br>"):
        line = line[:-4].rstrip()
    if "<br>" in line or " <" in line or "> " in line:
        return None
    return line, " ".join("".join(said).split())


def _gather(element: _Element, html: list[str], said: list[str], opened: tuple[str, ...]) -> bool:
    """Gather what an element holds; False where that is not simple."""
    text = element.text
    if text:
        html.append(escape(text))
        said.append(text)
    for child in element:
        tag = child.tag
        if tag == "br":
            html.append("<br>")
        elif tag == "img":
            written = picture(child)
            if written is not None:
                html.append(written)
        elif not _marked(child, tag, html, said, opened):
            return False
        tail = child.tail
        if tail:
            html.append(escape(tail))
            said.append(tail)
    return True


def _marked(element: _Element, tag: str, html: list[str], said: list[str], opened: tuple[str, ...]) -> bool:
    """Gather a link or an emphasised piece; False where it is neither, empty, nested in its like, or follows it."""
    if tag in opened:
        return False
    if tag == "a":
        mark = anchor(element)
        if mark is None:
            return False
        start, end = mark.open, mark.close
    elif tag in _TAGS and (not element.keys() or verdict(element.get("class"), element.get("style")) is None):
        start, end = _TAGS[tag]
        if html and html[-1] == end:
            return False
    else:
        return False
    html.append(start)
    before = len(html)
    if not _gather(element, html, said, (*opened, tag)) or len(html) == before:
        return False
    html.append(end)
    return True
