"""Payloads of pending rows inside a text that git can diff."""

from __future__ import annotations

import base64
from dataclasses import replace

from pipelines.store.base import PendingRow

TEXT_BYTES = 4096
"""A payload of up to so many bytes of UTF-8 stands as text; a longer one is compressed."""
BODY_BYTES = 32 * 1024
"""A refused payload that is larger, compressed, is not kept: the file is versioned with the site."""


def kept(row: PendingRow) -> PendingRow:
    """Leave out a payload that is too large for a file in git."""
    packed = pack(row.body)
    return replace(row, body=b"") if packed.startswith("z:") and len(packed) * 3 // 4 > BODY_BYTES else row


def pack(data: bytes) -> str:
    """Write a payload as text: short UTF-8 as it is, all else compressed."""
    if len(data) <= TEXT_BYTES:
        try:
            return f"t:{data.decode()}" if data else ""
        except UnicodeDecodeError:
            pass
    from pipelines.store import packing

    return f"z:{base64.b64encode(packing.pack(data)).decode()}"


def unpack(text: str) -> bytes:
    """Read what `pack` wrote; ValueError for anything else."""
    if text.startswith("z:"):
        from pipelines.store import packing

        try:
            return packing.unpack(base64.b64decode(text[2:], validate=True))
        except Exception as error:  # whatever the library calls a broken frame
            raise ValueError(f"payload {text[:40]!r} is broken") from error
    if text and not text.startswith("t:"):
        raise ValueError(f"payload {text[:40]!r} is of no known kind")
    return text[2:].encode("utf-8", "surrogatepass")
