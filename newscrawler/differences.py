"""What differs between two texts, line by line, and inside a line sign by sign where a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

CONTEXT = 2
LONG = 2000
"""Signs of a line beyond which it is not compared sign by sign: that takes time by the square."""
ALIKE = 0.5
"""Lines less alike than this are other lines, not changed ones."""
STYLES = {"-": "red", "+": "green", "@": "cyan"}


def compare(
    old: Sequence[str], new: Sequence[str], old_name: str, new_name: str, *, marks: bool = False
) -> Iterator[Text]:
    """Return a unified diff as lines with colours; on a plain console they are the usual text.

    Args:
        old: lines without their ends.
        new: the same.
        old_name: what the old text is called in the head.
        new_name: the same of the new one.
        marks: mark the signs that differ inside a line, for a terminal that can show it.
    """
    removed: list[str] = []
    added: list[str] = []
    for line in unified_diff(old, new, old_name, new_name, n=CONTEXT, lineterm=""):
        if line.startswith("-") and not line.startswith("--- ") and not added:
            removed.append(line)
        elif line.startswith("+") and not line.startswith("+++ "):
            added.append(line)
        else:
            yield from _changed(removed, added, marks)
            removed, added = [], []
            if line.startswith("-") and not line.startswith("--- "):
                removed.append(line)
            else:
                yield _styled(line)
    yield from _changed(removed, added, marks)


def _changed(removed: list[str], added: list[str], marks: bool) -> Iterator[Text]:
    """Mark inside changed lines, taken pair by pair, the signs that differ."""
    marked_old, marked_new = [_styled(line) for line in removed], [_styled(line) for line in added]
    for old, new in zip(marked_old, marked_new, strict=False) if marks else ():
        if max(len(old), len(new)) > LONG:
            continue
        matcher = SequenceMatcher(None, old.plain[1:], new.plain[1:], autojunk=False)
        if matcher.ratio() < ALIKE:
            continue
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
            if tag != "equal":
                old.stylize("reverse", old_start + 1, old_end + 1)
                new.stylize("reverse", new_start + 1, new_end + 1)
    yield from marked_old
    yield from marked_new


def _styled(line: str) -> Text:
    from rich.text import Text

    head = line.startswith(("--- ", "+++ "))
    return Text(line, style="bold" if head else STYLES.get(line[:1], ""))
