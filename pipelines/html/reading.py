"""Read a parsed body: what `Walk` reads, and lists, quotations and tables; which tag is read by what."""

from __future__ import annotations

from lxml.etree import _Element

from pipelines.html.blocks import CELL, DEEPEST, FLOW, ITEM, LIST, Piece, joined
from pipelines.html.safety import CONTENT_REMOVED, EMPHASIS, HEADINGS, words
from pipelines.html.tables import Table, frames
from pipelines.html.walking import Walk

_EDGES = words(
    "address article aside body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form header html legend main menu nav p section summary tbody tfoot"
)
"""Block tags that are read as edges of paragraphs only."""
_REMOVED = CONTENT_REMOVED | words("head audio video canvas button meter progress datalist rp frame")


class Reader(Walk):
    """One walk over one body, tables and lists included."""

    def __init__(self, *, media: bool, newlines: int, odd: bool) -> None:
        super().__init__(media=media, newlines=newlines, odd=odd)
        self._frames: frozenset[_Element] = frozenset()
        self._table: Table | None = None

    def read(self, root: _Element, *, tables: bool = True) -> list[Piece]:
        """Read a whole body; as `Walk.read`. Without several `tables` none is the frame of another."""
        self._frames = frames(root) if tables else frozenset()
        return super().read(root)

    def quotation(self, element: _Element) -> None:
        """Read a quotation, where blocks may stand."""
        if self.blocks.mode == FLOW:
            self._nest("blockquote", FLOW, element)
        else:
            self.edge(element)

    def items(self, element: _Element) -> None:
        """Read a list."""
        if self.blocks.mode == CELL:
            self.edge(element)
        else:
            self._nest(element.tag, LIST, element)

    def _nest(self, tag: str, mode: str, element: _Element) -> None:
        """Read blocks within a block."""
        blocks = self.blocks
        if blocks.nested == DEEPEST:
            self.edge(element)
            return
        blocks.edge()
        blocks.nested += 1
        made = blocks.inside(mode, lambda: self.children(element))
        blocks.nested -= 1
        if made:
            blocks.add(joined(tag, made))

    def item(self, element: _Element) -> None:
        """Read one item of a list; outside of lists it is a paragraph."""
        blocks = self.blocks
        if blocks.mode != LIST:
            self.edge(element)
            return
        piece = self.short(element)
        made = blocks.inside(ITEM, lambda: self.children(element)) if piece is None else [piece]
        if made and made[0][0]:
            blocks.flush()
            blocks.out.append(joined("li", made))

    def table(self, element: _Element) -> None:
        """Read a table; one that only holds other tables is a frame around blocks."""
        blocks = self.blocks
        blocks.edge()
        if element in self._frames or blocks.mode == CELL:
            self.children(element)
            blocks.edge()
            return
        before, self._table = self._table, Table()
        if blocks.want or blocks.odd or self.newlines or not self._table.whole(element):
            self.children(element)
        made = self._table.made()
        self._table = before
        if made is not None:
            blocks.add(made)

    def head(self, element: _Element) -> None:
        """Read the rows that head a table."""
        if self._table is not None:
            self._table.heading = True
        self.edge(element)
        if self._table is not None:
            self._table.heading = False

    def row(self, element: _Element) -> None:
        """Read a row of a table."""
        if self._table is not None and self.blocks.mode != CELL:
            self._table.begin()
        self.edge(element)

    def cell(self, element: _Element) -> None:
        """Read a cell: its lines, parted by line breaks."""
        if self._table is None or self.blocks.mode == CELL:
            self.edge(element)
            return
        piece = self.short(element)
        if piece is None:
            made = self.blocks.inside(CELL, lambda: self.children(element))
            piece = made[0] if made else ("", "")
        self._table.cell(element, piece)


Reader.handlers = {
    **dict.fromkeys(_EDGES, Reader.block),
    **dict.fromkeys(_REMOVED, Reader.remove),
    **dict.fromkeys(HEADINGS, Reader.heading),
    **dict.fromkeys(EMPHASIS, Reader.emphasis),
    **dict.fromkeys(("pre", "listing", "plaintext"), Reader.preformatted),
    **dict.fromkeys(("ul", "ol"), Reader.items),
    **dict.fromkeys(("td", "th"), Reader.cell),
    "a": Reader.link,
    "img": Reader.picture,
    "br": Reader.line_break,
    "hr": Reader.rule,
    "blockquote": Reader.quotation,
    "li": Reader.item,
    "table": Reader.table,
    "thead": Reader.head,
    "tr": Reader.row,
}
