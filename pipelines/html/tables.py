"""Gather the cells of a table, and write the rows that say anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element

from pipelines.html.blocks import Piece

# as libxml2 writes a table of nothing but rows, cells and text, blanks collapsed: signs in text are escaped
_PLAIN = re.compile(r"(?:<tbody>)?(?:<tr>(?:<t[dh]>[^<]*+</t[dh]>|<t[dh]/>)*+</tr>|<tr/>)*+(?:</tbody>)?</table>")
_BLANK_ROW = re.compile(r"<tr>(?:<t[dh]></t[dh]>)*+</tr>|<tr/>")
_SPAN = re.compile(r"\s*([1-9][0-9]{0,2})\s*")


@dataclass(slots=True)
class Row:
    """One row of a table in the making."""

    heading: bool
    html: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    filled: bool = False
    """At least one of its cells holds something."""


class Table:
    """Rows and cells of one table."""

    def __init__(self) -> None:
        self.heading = False
        """Rows that begin now head the table."""
        self._rows: list[Row] = []
        self._tall = False
        self._whole: Piece | None = None

    def begin(self) -> None:
        """Begin a row."""
        self._rows.append(Row(self.heading))

    def cell(self, element: _Element, piece: Piece) -> None:
        """Put a cell into the row, with what it spans."""
        if not self._rows:
            self.begin()
        row = self._rows[-1]
        tag = element.tag
        spans = ""
        for name in ("colspan", "rowspan"):
            raw = element.get(name)
            if raw and (found := _SPAN.fullmatch(raw)) and found[1] != "1":
                spans += f' {name}="{found[1]}"'
                self._tall |= name == "rowspan"
        html, text = piece
        row.html.append(f"<{tag}{spans}>{html}</{tag}>")
        row.text.append(text)
        if html:
            row.filled = True

    def whole(self, element: _Element) -> bool:
        """Read a table whose cells hold nothing but text; False: it is not so simple, nothing was read.

        One piece of XML is rewritten, for that costs a quarter of asking for every cell.
        """
        written = etree.tostring(element, encoding="unicode", with_tail=False)
        start = written.find("<", 1)
        inner = " ".join(written[start:].split())
        if " " in inner:
            inner = inner.replace("> ", ">").replace(" <", "<")
        if not written[:start].rstrip().endswith(">") or "&#" in inner or not _PLAIN.fullmatch(inner):
            return False
        rows = inner.removeprefix("<tbody>").removesuffix("</table>").removesuffix("</tbody>")
        blank = "/>" in rows or "></t" in rows
        if blank:
            rows = rows.replace("<td/>", "<td></td>").replace("<th/>", "<th></th>")
            rows = _BLANK_ROW.sub("", rows)
        rows = rows.replace("</tr><tr>", "</tr>\n<tr>")
        said = rows.replace("th>", "td>").replace("</td><td>", "\t").replace("<tr><td>", "").replace("</td></tr>", "")
        if blank:
            said = "\n".join([line.strip() for line in said.split("\n")])
        if "&" in said:
            said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        self._whole = (f"<table>\n<tbody>\n{rows}\n</tbody>\n</table>" if rows else "", said)
        return True

    def made(self) -> Piece | None:
        """Write the table, or None where no cell holds anything.

        A row without content is left out, unless cells of other rows reach into it. In the text a row is one line, its
        cells parted by tabs (as a browser copies them).
        """
        if self._whole is not None:
            return self._whole if self._whole[0] else None
        if not any(row.filled for row in self._rows):
            return None
        heads: list[str] = []
        body: list[str] = []
        lines = []
        for row in self._rows:
            if row.filled or self._tall:
                (heads if row.heading else body).append(f"<tr>{''.join(row.html)}</tr>")
                lines.append("\t".join(row.text).replace("\n", " ").strip())
        groups = [
            f"<{group}>\n" + "\n".join(rows) + f"\n</{group}>"
            for group, rows in (("thead", heads), ("tbody", body))
            if rows
        ]
        return "<table>\n" + "\n".join(groups) + "\n</table>", "\n".join(filter(None, lines))


def frames(root: _Element) -> frozenset[_Element]:
    """Find the tables that hold other tables: frames of the page's layout, not data."""
    tables = list(root.iter("table"))
    if len(tables) < 2:
        return frozenset()
    outer = (next(table.iterancestors("table"), None) for table in tables)
    return frozenset(table for table in outer if table is not None)
