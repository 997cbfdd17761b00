"""A body's tree, reduced to what Markdown has a form for, with its text and addresses disguised for the converter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from lxml import html

from pipelines.posting.escape import fold, mark, one_line, safe_url

BASE = 0xF0000
"""Where the private plane begins: the sign `*` travels as U+F002A."""

_BLANKS = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u3000\ufeff"
"""Blanks that the library would fold or strip; they travel, too."""
EMPHASIS = ("strong", "em")
PARSED = ("sub", "sup", "del", "ins")
"""Tags in which kramdown reads Markdown, besides those of emphasis."""
UNPARSED = ("u", "mark", "code")
"""Tags in which it does not."""
TAGS = (*EMPHASIS, *PARSED, *UNPARSED)
_OWN = ("* * *", "<br>", *(f"<{end}{tag}>" for tag in TAGS for end in ("", "/")))
RULE, LINE = chr(BASE + 0x2000), chr(BASE + 0x2001)
SPACES = f" \t\r\n{LINE}"
_DEPARTURE = {ord(blank): BASE + 0x1000 + n for n, blank in enumerate(_BLANKS)}
ARRIVAL = {BASE + n: f"&#{n};" for n in range(0x80)}
"""What each letter of the private plane turns into at the end."""
ARRIVAL |= {letter: chr(blank) for blank, letter in _DEPARTURE.items()}
ARRIVAL |= {BASE + 0x2000 + n: own for n, own in enumerate(_OWN)}

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset({*HEADINGS, "p", "div", "blockquote", "ul", "ol", "li", "table", "tr", "td"})
_KEPT = BLOCKS | {"a", "img", "br", "hr", *TAGS}
_RENAMED = {"b": "strong", "i": "em", "s": "del", "th": "td"}
_WIDEST = 60
"""A cell that spans more columns or rows than this is a trick."""


def simplify(root: html.HtmlElement) -> list[str]:
    """Reduce a body's tree in place.

    Args:
        root: of safe HTML.

    Returns:
        The addresses: number 7 stands in the tree as `U7U`.
    """
    words: list[str] = []
    _rename(root)
    _flatten(root)
    for element in reversed(list(root.iterdescendants("a", "img", *TAGS))):
        _settle_inline(element, words)
    for line in root.iter("li", "td", "th", "p", *HEADINGS):
        line.text = (line.text or "").lstrip(SPACES)
        if len(line):
            line[-1].tail = (line[-1].tail or "").rstrip(SPACES)
        else:
            line.text = line.text.rstrip(SPACES)
    for item in reversed(list(root.iter("li"))):
        _drop_empty_item(item)
    for element in list(root.iterdescendants(*EMPHASIS)):
        _settle_emphasis(element)
    for element in root.iter():
        element.text = element.text and mark(fold(element.text), BASE).translate(_DEPARTURE)
        element.tail = element.tail and mark(fold(element.tail), BASE).translate(_DEPARTURE)
    return words


def _rename(root: html.HtmlElement) -> None:
    """Leave only elements that Markdown has a form for; the text of all others stays."""
    for element in reversed(list(root.iterdescendants())):
        element.tag = _RENAMED.get(element.tag, element.tag)
        if element.tag not in _KEPT or (element.tag not in BLOCKS and _holds_block(element)):
            element.drop_tag()
        elif element.tag in HEADINGS and element.find(".//img") is not None:
            element.tag = "p"  # the library leaves only a picture's text in headings
        elif element.tag == "hr":
            element.tag, element.text = "p", RULE


def _holds_block(element: html.HtmlElement) -> bool:
    return any(inner.tag in BLOCKS for inner in element.iterdescendants())


def _itemise(block: html.HtmlElement) -> None:
    """Put whatever stands in a list beside its items into items."""
    run: html.HtmlElement | None = None
    if (block.text or "").strip():
        run = html.Element("li")
        run.text = block.text
        block.insert(0, run)
    block.text = None
    for child in [child for child in block if child is not run]:
        if child.tag == "li":
            run = None
        elif run is None:
            run = html.Element("li")
            child.addprevious(run)
            run.append(child)  # with its tail
            continue
        else:
            run.append(child)
            continue
        if (child.tail or "").strip():
            run = html.Element("li")
            run.text, child.tail = child.tail, None
            child.addnext(run)


def _flatten(root: html.HtmlElement) -> None:
    """Bring whatever Markdown gives one line into one: paragraphs, headings, list items, cells."""
    for item in root.iter("li"):
        if item.getparent().tag not in ("ul", "ol"):
            item.tag = "p"
    for block in list(root.iter("ul", "ol")):
        _itemise(block)
    _one_line_each(root.iter("br"))
    _one_line_each(block for block in root.iter(*BLOCKS - {"ul", "ol", "li"}) if _within(block, "li"))
    _one_line_each(block for block in root.iter(*BLOCKS) if _within(block, "td", "p", *HEADINGS))
    for item in list(root.iter("li")):
        _split_after_list(item)
    for table in list(root.iter("table")):
        _square(table)


def _within(element: html.HtmlElement, *tags: str) -> bool:
    return any(True for _ in element.iterancestors(*tags))


def _one_line_each(blocks: Iterable[html.HtmlElement]) -> None:
    for block in reversed(list(blocks)):
        edge = " " if block.tag == "td" else LINE
        if block.text == RULE:
            block.text = None
        block.text = f"{edge}{block.text or ''}"
        block.tail = f"{edge}{block.tail or ''}"
        block.drop_tag()


def _split_after_list(item: html.HtmlElement) -> None:
    """Make an item of its own from what follows a list inside an item: Markdown has no other place for it."""
    last: html.HtmlElement | None = None
    for child in list(item):
        nested = child.tag in ("ul", "ol")
        if last is not None and nested and child.tag == last.tag:
            last.extend(child)
            last.tail = child.tail
            child.getparent().remove(child)
            child = last  # noqa: PLW2901 - the two are one list now
        elif last is not None and not nested:
            item = _next_item(item)
            item.append(child)
        elif child.getparent() is not item:
            item.append(child)
        last = child if nested else None
        if last is not None and (last.tail or "").strip(SPACES):
            item = _next_item(item)
            item.text, last.tail, last = last.tail, None, None


def _next_item(item: html.HtmlElement) -> html.HtmlElement:
    following = html.Element("li")
    item.addnext(following)
    return following


def _drop_empty_item(item: html.HtmlElement) -> None:
    """Drop an item that says nothing itself; the items of lists inside it take its place."""
    if item.text or (len(item) and item[0].tag not in ("ul", "ol")) or item.getparent().tag not in ("ul", "ol"):
        return
    for inner in list(item.iter("li"))[1:]:
        if inner.getparent().getparent() is item:
            item.addprevious(inner)
    item.getparent().remove(item)


def _square(table: html.HtmlElement) -> None:
    """Give a table a head and equal rows: cells reached by a span are empty ones of their own."""
    rows: list[dict[int, html.HtmlElement]] = [{} for _ in table.iter("tr")]
    for number, row in enumerate(list(table.iter("tr"))):
        column = 0
        for cell in row.iterchildren("td"):
            while column in rows[number]:
                column += 1
            wide, tall = _span(cell, "colspan"), _span(cell, "rowspan")
            for below in rows[number : number + tall]:
                below.update({at: html.Element("td") for at in range(column, column + wide)})
            rows[number][column] = cell
            column += wide
    width = max((max(row, default=-1) + 1 for row in rows), default=0)
    if len(rows) == 1:  # kramdown takes a head without rows for no table
        rows.insert(0, {})
    stray = " ".join(
        filter(None, (text.strip() for text in table.xpath("text() | *[not(self::tr)]//text() | tr/text()")))
    )
    if stray:  # a caption's, for one
        paragraph = html.Element("p")
        paragraph.text = stray
        table.addprevious(paragraph)
    for child in list(table):
        table.remove(child)
    table.text = None
    for number, row in enumerate(rows):
        line = html.Element("tr")
        line.extend(row.get(column, html.Element("td")) for column in range(width))
        for cell in line:
            cell.tag, cell.tail = "td" if number else "th", None
            cell.attrib.clear()
        table.append(line)


def _span(cell: html.HtmlElement, name: str) -> int:
    span = cell.get(name, "")
    return min(int(span), _WIDEST) if span.isascii() and span.isdigit() and 0 < len(span) < 4 and int(span) else 1


def _settle_inline(element: html.HtmlElement, words: list[str]) -> None:
    """Keep a link, picture or emphasis where Markdown can say it; move its address into `words`."""
    if element.tag in ("a", "img"):
        url = safe_url(element.get("href" if element.tag == "a" else "src", ""))
        alt = mark(one_line(element.get("alt", "")).strip(), BASE).translate(_DEPARTURE)
        element.attrib.clear()
        if url and (element.tag == "img" or _holds_something(element)):
            words.append(url)
            element.set("href" if element.tag == "a" else "src", f"U{len(words) - 1}U")
            if element.tag == "img":
                element.set("alt", alt)
        else:
            element.drop_tag()
    elif not _holds_something(element) or (element.tag in UNPARSED and len(element)):
        element.drop_tag()
    elif element.tag not in EMPHASIS or _within(element, *EMPHASIS):
        _say_by_tags(element)


def _holds_something(element: html.HtmlElement) -> bool:
    return bool("".join(element.itertext()).strip(SPACES)) or element.find(".//img") is not None


def _settle_emphasis(element: html.HtmlElement) -> None:
    """Say emphasis by tags where asterisks would be shown as asterisks.

    CommonMark takes `**甲：**乙` for no emphasis, since the closing asterisks stand between a sign and a letter; and
    `**甲***乙*` is anybody's guess. Kramdown takes the tags for the same emphasis.
    """
    inside = "".join(element.itertext())
    before, after = _char_before(element), _char_after(element)
    opens = not _is_sign(inside.strip()[:1]) or _is_edge(before) or inside[:1].isspace()
    closes = not _is_sign(inside.strip()[-1:]) or _is_edge(after) or inside[-1:].isspace()
    if not (opens and closes) or "*" in (before, after) or LINE in (inside[:1], inside[-1:]):
        _say_by_tags(element)


def _say_by_tags(element: html.HtmlElement) -> None:
    own = BASE + 0x2000 + _OWN.index(f"<{element.tag}>")
    element.text = f"{chr(own)}{element.text or ''}"
    if len(element):
        element[-1].tail = f"{element[-1].tail or ''}{chr(own + 1)}"
    else:
        element.text += chr(own + 1)
    element.drop_tag()


def _char_before(element: html.HtmlElement) -> str:
    previous = element.getprevious()
    text = (element.getparent().text if previous is None else previous.tail) or ""
    if text or previous is None:
        return str(text[-1:])
    return "*"


def _char_after(element: html.HtmlElement) -> str:
    following = element.getnext()
    if element.tail or following is None:
        return (element.tail or "")[:1]
    return "*"


def _is_sign(char: str) -> bool:
    return char == "" or unicodedata.category(char)[0] in "PSC"


def _is_edge(char: str) -> bool:
    return char.isspace() or _is_sign(char)
