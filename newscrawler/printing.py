"""Tables and texts on standard output: with colours and fitted on a terminal, plain and whole lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding

BEIJING = ZoneInfo("Asia/Shanghai")
PLAIN_WIDTH = 100_000
"""Where nobody fits lines to a screen none is ever cut."""


def shown(text: object) -> str:
    """Return a text fit for one line of a terminal: what is no printable sign, escape sequences first, is replaced."""
    return "".join(sign if sign.isprintable() else " " if sign in "\n\r\t\u3000" else "\ufffd" for sign in str(text))


def moment(when: datetime | None) -> str:
    """Return a moment in Beijing time, to the minute; nothing for None."""
    return "" if when is None else f"{when.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def console() -> Console:
    """Return a console on standard output; rich is imported only by a command that prints."""
    from rich.console import Console

    class Quiet(Console):
        """Leaves a reader that went away to the command; rich would end the process with 1."""

        def on_broken_pipe(self) -> None:
            """Go on with the error that is being handled."""
            raise  # noqa: PLE0704 - rich calls this while it handles a BrokenPipeError

    terminal = sys.stdout.isatty()
    return Quiet(width=None if terminal else PLAIN_WIDTH, highlight=False, emoji=False, markup=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table whose last column may be long.

    On a terminal that is too narrow for whole lines the last column's texts stand below their rows; nothing is ever cut.

    Args:
        columns: heads; one that ends in `>` is flush right.
        rows: their cells, any values.
    """
    out = console()
    texts = [[shown(cell) for cell in row] for row in rows]
    whole = _lines(columns, texts)
    if not out.is_terminal or max(map(cell_width, whole)) <= out.width:
        shortened = whole
        below = [""] * len(whole)
    else:
        shortened = _lines(columns[:-1], [row[:-1] for row in texts])
        below = ["", *(row[-1] for row in texts)]
    for number, (line, text) in enumerate(zip(shortened, below, strict=True)):
        out.print(line, style="bold" if number == 0 else "", soft_wrap=True)
        if text:
            out.print(_indented(text))


def _lines(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the head and the rows of a table as lines, each column as wide as its widest cell."""
    heads = [column.rstrip(">") for column in columns]
    right = [column.endswith(">") for column in columns]
    widths = [max(map(cell_width, cells)) for cells in zip(heads, *rows, strict=True)]
    lines = []
    for row in (heads, *rows):
        cells = []
        for cell, width, flush in zip(row, widths, right, strict=True):
            blanks = " " * (width - cell_width(cell))
            cells.append(f"{blanks}{cell}" if flush else f"{cell}{blanks}")
        lines.append("  ".join(cells).rstrip())
    return lines


def cell_width(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese sign takes two."""
    from rich.cells import cell_len

    return cell_len(text)


def _indented(text: str) -> Padding:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style="dim", overflow="fold"), (0, 0, 0, 4))


def print_json(value: Any) -> None:
    """Print a value as one line of JSON; moments as ISO text in UTC offset form."""
    print(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many are done, for as long as the block runs; call the given function with the number."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda done: status.update(f"{done} {what}")
