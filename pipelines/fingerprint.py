"""The fingerprint that tells a revised article from an unchanged one."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler

from pipelines.text import printable


def fingerprint(title: str, body_text: str) -> str:
    """Digest what an article says.

    Args:
        title: the clean title.
        body_text: the body as a person reads it; markup, pictures and charts do not count.

    Returns:
        SHA-256 in hex of the UTF-8 of title, newline, text.
    """
    text = f"{title}\n{body_text}"
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = printable(text).encode()
    return sha256(data).hexdigest()


class Fingerprint:
    """Give every article its fingerprint.

    **Reads**: title, body_text.
    **Writes**: fingerprint.
    **Drops**: nothing.
    **Stats**: none.
    """

    @classmethod
    def from_crawler(cls, _crawler: Crawler) -> Self:
        """Build the stage for a crawler."""
        return cls()

    def process_item(self, item: Any) -> Any:
        """Digest one item."""
        fields = ItemAdapter(item)
        fields["fingerprint"] = fingerprint(fields["title"], fields["body_text"])
        return item
