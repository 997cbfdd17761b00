"""A stage that breaks, as one with a bug would."""

from __future__ import annotations

from typing import Any

from pipelines.errors import StoreError


class BrokenStage:
    """Raises something unexpected for every article whose id ends in 1."""

    def process_item(self, item: Any) -> Any:
        """Break, or pass the article on."""
        if item.article_id.endswith("1"):
            raise RuntimeError("synthetic bug")
        return item


class LostStore:
    """Says of the articles whose ids end in 9 that the store is lost."""

    def process_item(self, item: Any) -> Any:
        """Fail, or pass the article on."""
        if item.article_id.endswith("9"):
            raise StoreError("synthetic: the store is lost")
        return item
