"""Links and pictures of a body: addresses completed, what may stay of their attributes."""

from __future__ import annotations

import re

from lxml.etree import _Element

from pipelines.html.blocks import Mark
from pipelines.html.safety import escape_attribute
from pipelines.text import ODD_SIGNS

_ADDRESS = re.compile(r"https?://[\w-]+(?:\.[\w-]+)*+(?::[0-9]{1,5})?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
# what needs no second look; nearly all addresses are such
_PLAIN = re.compile(r"https?://[a-z0-9-]++(?:\.[a-z0-9-]++)*+(?:[/?#][!#-;=?-_a-~]*+)?")
_UNSAFE = re.compile(rf"[\s\"<>`{ODD_SIGNS}]")
_SIZE = re.compile(r"\s*([1-9][0-9]{0,4}%?)(?:px)?\s*", re.IGNORECASE)
_SOURCES = ("orginial_src", "data-original", "data-src", "src")
"""First the larger picture (East Money spells it so), then where pages that load late put it."""


def address(raw: str) -> str | None:
    """Complete an address of a link or picture.

    Args:
        raw: as in the attribute; `//host/path` gets `https:`.

    Returns:
        An http or https address without blanks or quotes, or None where it is none (relative ones included: nothing
        says what they are relative to).
    """
    if _PLAIN.fullmatch(raw):
        return raw
    url = raw.strip()
    if url.startswith("//"):
        url = "https:" + url
    if not _ADDRESS.fullmatch(url):
        return None
    if _UNSAFE.search(url):
        url = _UNSAFE.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url)
    return url


def anchor(element: _Element) -> Mark | None:
    """Make the opening tag of a link, or None where it leads nowhere."""
    href = element.get("href")
    url = address(href) if href else None
    return None if url is None else Mark("a", f' href="{escape_attribute(url)}"')


def picture(element: _Element) -> str | None:
    """Make the tag of a picture with its words and size, or None where it has no address."""
    for name in _SOURCES:
        raw = element.get(name)
        if raw and (url := address(raw)):
            break
    else:
        return None
    parts = [f'<img src="{escape_attribute(url)}"']
    alt = element.get("alt")
    if alt and (alt := " ".join(alt.split())):
        parts.append(f'alt="{escape_attribute(alt)}"')
    for name in ("width", "height"):
        raw = element.get(name)
        if raw and (size := _SIZE.fullmatch(raw)):
            parts.append(f'{name}="{size[1]}"')
    return " ".join(parts) + ">"
