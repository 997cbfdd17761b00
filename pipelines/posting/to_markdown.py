"""Safe HTML of a body into Markdown in which only our own markup can be read.

html-to-markdown escapes little, so it is never shown a sign that could be read: before it runs, each such sign of text
becomes a letter of a private plane ("travels"), each address a word. Whatever Markdown stands in its answer is
therefore its own; then the letters become numeric entities and the words addresses. Its blocks are
kept apart by a mark, since it leaves no blank line between some of them, and without it kramdown takes them for one; and
tables are squared before, since it turns some of those with spans into lists, last cell first.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree, html

from pipelines.posting.escape import drop_controls
from pipelines.posting.markdown_tree import ARRIVAL, BASE, BLOCKS, LINE, SPACES, TAGS, simplify

if TYPE_CHECKING:
    from html_to_markdown import ConversionOptions

_PRIVATE = re.compile("[\U000f0000-\U000f3000]")
_APART = chr(BASE + 0x3000)
_WORD = re.compile(r"\]\(U(\d+)U\)")
_LINES = re.compile(f"[ {LINE}]*{LINE}[ {LINE}]*")
_LAST_LINE = re.compile(rf"{LINE}(?=[ ]?(?:\||$))", re.MULTILINE)
_FOREIGN = re.compile(rf"<(?!/?(?:br|{'|'.join(TAGS)})>)|[{{}}]|\(U\d+U\)")


Outline: TypeAlias = "list[int | Outline]"


def to_markdown(body_html: str) -> str:
    """Convert safe HTML into Markdown that kramdown and CommonMark read alike.

    Args:
        body_html: within `pipelines.html.safety`'s allow-list.

    Returns:
        Markdown without a blank line at either end; `""` for an empty body.

    Raises:
        ValueError: what came out is not certainly ours; the HTML form of the body is the way out.
    """
    try:
        root = html.fragment_fromstring(_PRIVATE.sub("\ufffd", drop_controls(body_html)), create_parent="div")
    except etree.ParserError:
        return ""
    words = simplify(root)
    leaves: list[html.HtmlElement] = []
    outline = _outline(root, leaves)
    markdown = _joined(outline, _convert(leaves))
    markdown = _WORD.sub(lambda m: f"]({words[int(m[1])]})", markdown).translate(ARRIVAL)
    if stray := _FOREIGN.search(markdown):
        raise ValueError(f"conversion to Markdown left {markdown[stray.start() : stray.start() + 20]!r}")
    return markdown


def _outline(element: html.HtmlElement, leaves: list[html.HtmlElement]) -> Outline:
    """List the blocks in an element: number of a leaf, or the outline of a quotation.

    Inline content between blocks is a paragraph of its own; blocks that say nothing are left out.
    """
    made: Outline = []
    run = html.Element("p")
    run.text = element.text
    for child in [*element, None]:
        if child is not None and child.tag not in BLOCKS:
            run.append(child)
            continue
        _add_leaf(run, made, leaves)
        if child is None:
            break
        run = html.Element("p")
        run.text, child.tail = child.tail, None
        if child.tag in ("blockquote", "div"):
            inner = _outline(child, leaves)
            made.extend(inner if child.tag == "div" else [inner] if inner else [])
        else:
            _add_leaf(child, made, leaves)
    return made


def _add_leaf(block: html.HtmlElement, made: Outline, leaves: list[html.HtmlElement]) -> None:
    if "".join(block.itertext()).strip(SPACES) or block.find(".//img") is not None:
        made.append(len(leaves))
        leaves.append(block)


def _convert(leaves: list[html.HtmlElement]) -> list[str]:
    """Convert blocks in one call, for each costs a third of a millisecond, yet each apart from the others."""
    if not leaves:
        return []
    from html_to_markdown import convert

    sources = (etree.tostring(leaf, encoding="unicode", method="html") for leaf in leaves)
    try:
        answer = str(convert(f"<p>{_APART}</p>".join(sources), _options()).content)
    except Exception as error:  # a Rust library: whatever it raises means the same here
        raise ValueError(f"conversion to Markdown failed: {error}") from error
    made = [_LAST_LINE.sub("", _LINES.sub(LINE, part)).strip() for part in answer.split(_APART)]
    if len(made) != len(leaves):
        raise ValueError(f"conversion to Markdown made {len(made)} of {len(leaves)} blocks")
    return [part.replace(LINE, "  \n") if leaf.tag == "p" else part for part, leaf in zip(made, leaves, strict=True)]


def _joined(outline: Outline, converted: list[str]) -> str:
    """Put converted blocks together as the outline says, quotations marked line by line."""
    parts = []
    for block in outline:
        if isinstance(block, int):
            parts.append(converted[block])
        else:
            parts.append("\n".join(f"> {line}".rstrip(" ") for line in _joined(block, converted).split("\n")))
    return "\n\n".join(parts)


@cache
def _options() -> ConversionOptions:
    from html_to_markdown import ConversionOptions

    return ConversionOptions(
        bullets="-", autolinks=False, compact_tables=True, extract_metadata=False, include_blockquote_citations=False
    )
