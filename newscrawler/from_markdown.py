"""Bodies of posts in Markdown, back into HTML: the reverse of `pipelines.posting.to_markdown`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_CHARS = 400_000
"""As much as a body may have; more is not looked at."""


def to_html(markdown: str) -> str:
    """Read Markdown as CommonMark does, with tables; a text too long for an article comes back as it is.

    Returns:
        HTML that is not safe: whatever HTML stood in the text stands there still.
    """
    return markdown if len(markdown) > MAX_CHARS else str(_reader().render(markdown))


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
