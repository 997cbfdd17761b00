"""Front matter that Ruby's and Python's YAML read back to the identical strings, and its reading."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.posting.escape import scrub

BEIJING = ZoneInfo("Asia/Shanghai")

_VERBATIM = re.compile("[ !#-\\[\\]-~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")
"""What PyYAML writes between double quotes as it is."""
_PLAIN = re.compile(r"[^\W_][\w·-]*")
"""Words that no YAML reads as anything but a string, unless they are a number or one of `_WORDS`."""
_NOT_NUMBER = re.compile("[g-np-wyzG-NP-WYZ]|[^\x00-\x7f]")
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
_FENCE = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_KEY_LINE = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*):(?![^ \t\r\n])[ \t]*(.*)$", re.MULTILINE)


def quoted(text: str) -> str:
    """Write a string as a double-quoted YAML scalar on one line.

    Plain, single-quoted and JSON forms each lose some titles (`:sym`, `1,000`, U+0085); this one none.
    """
    if _VERBATIM.fullmatch(text):
        return f'"{text}"'
    import yaml

    written = yaml.dump(scrub(text), Dumper=yaml.CSafeDumper, default_style='"', width=2**31 - 1, allow_unicode=True)
    return str(written).rstrip("\n")


def plain(text: str) -> str:
    """Write a string as a plain YAML scalar where that is read back the same everywhere, else double-quoted."""
    if (
        _PLAIN.fullmatch(text)
        and text.lower() not in _WORDS
        and (not text[0].isdigit() or _NOT_NUMBER.search(text))
        and text == scrub(text)
    ):
        return text
    return quoted(text)


def listed(texts: Iterable[str]) -> str:
    """Write strings as a YAML list on one line."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def stamp(when: datetime) -> str:
    """Write an aware moment as Jekyll reads it, Beijing time with its offset.

    Without the offset Jekyll takes it for its own zone and hides a fresh post for eight hours.
    """
    here = when.astimezone(BEIJING).isoformat(" ", "seconds")  # +08:00; strftime takes twice the time
    return f"{here[:19]} {here[19:22]}{here[23:]}"


def read_stamp(text: str) -> datetime | None:
    """Read what `stamp` wrote; a moment without offset is Beijing time; None for anything else."""
    if len(text) > 40:
        return None
    try:
        when = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.strip()))
        return (when if when.tzinfo else when.replace(tzinfo=BEIJING)).astimezone(BEIJING)
    except (ValueError, OverflowError):
        return None


def read_scalar(text: str) -> str:
    """Read one YAML scalar written on one line; `""` for what is no such scalar."""
    text = text.strip()
    if text[:1] not in ('"', "'"):
        return text
    if len(text) > 1 and text[0] == text[-1] == '"' and "\\" not in text and '"' not in text[1:-1]:
        return text[1:-1]
    import yaml

    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return ""
    return value if isinstance(value, str) else ""


def take_apart(data: bytes) -> tuple[bytes, bytes] | None:
    """Part the front matter of a post from what follows it; None where it is not there, or not closed."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    first = _FENCE.match(data)
    second = _FENCE.search(data, first.end()) if first else None
    if not first or not second:
        return None
    return data[first.end() : second.start()], data[second.end() :]


def read_keys(head: str) -> dict[str, str]:
    """Read the top-level keys of front matter with the raw text of their values; nested lines are skipped.

    A whole YAML parse of every post would cost a site of 50,000 posts half a minute at each start.
    """
    keys: dict[str, str] = {}
    for key, value in _KEY_LINE.findall(head):
        keys.setdefault(key, value.rstrip(" \t\r"))
    return keys
