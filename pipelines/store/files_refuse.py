"""What a store without a database cannot answer, since it keeps no texts: refused in one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal, NoReturn

from pipelines.errors import SettingError
from pipelines.store.base import Alike, ArticleRow, Raw, Span


class WithoutTexts:
    """The methods of a `Store` that need the texts of articles."""

    def articles(self, *, since: datetime | None, until: datetime | None, source: str = "") -> Iterator[ArticleRow]:
        """Refuse: no text is kept here."""
        _refuse()

    def raw_answers(
        self, *, since: datetime | None, until: datetime | None, source: str = ""
    ) -> Iterator[tuple[ArticleRow, Raw]]:
        """Refuse: no answer is kept here."""
        _refuse()

    def amend(self, rows: Sequence[ArticleRow]) -> list[bool]:
        """Refuse: no text is kept here."""
        _refuse()

    def days(self, source: str) -> list[tuple[str, date, int]]:
        """Refuse: the channels of articles are not kept here."""
        _refuse()

    def revisions(self, article_id: str) -> list[dict[str, Any]]:
        """Refuse: no text is kept here (git has the posts as they were)."""
        _refuse()

    def banded(self, bands: Sequence[int], since: datetime, until: datetime) -> frozenset[int]:
        """Posts keep no bands: none is held."""
        return frozenset()

    def alike(self, bands: Sequence[int], since: datetime, until: datetime) -> list[Alike]:
        """Return none: stories need the texts of other articles."""
        return []

    def tell(self, articles: Sequence[tuple[str, str]], story_id: int) -> None:
        """Pass over: posts bear no story."""

    def hours(self, spans: Sequence[Span], source: str = "", channels: Sequence[str] = ()) -> None:
        """Return None: no history of volume is kept here."""

    def newest(self, source: str, channel: str, moments: Sequence[datetime]) -> None:
        """Return None: the channels of articles are not kept here."""

    def next_ends(self, spider: str, moments: Sequence[datetime]) -> None:
        """Return None: the ledger keeps the last runs only."""

    def leading(self, what: Literal["media", "symbol"], span: Span, limit: int) -> None:
        """Return None: articles are not counted here."""

    def extent(self) -> None:
        """Return None: articles are not counted here."""


def _refuse() -> NoReturn:
    raise SettingError(
        "with NEWS_OUTPUTS=markdown no texts are kept beside the posts: this needs NEWS_OUTPUTS=markdown,database"
    )
