"""What a research report says beside its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Research:
    """The fields of a research report, as columns of the table `research_reports`."""

    kind: str
    """`stock`, `industry` or `macro`."""
    organisation: str = ""
    """Who wrote it, by the short name; `media` of the article, too."""
    organisation_code: str = ""
    rating: str = ""
    """As the source words it, e.g. 买入; empty where it gives none."""
    rating_change: str = ""
    """The source's own number for it; its meaning is not documented."""
    industry: str = ""
    authors: tuple[str, ...] = ()
    pages: int | None = None
    """Pages of the PDF."""
    eps_this_year: float | None = None
    """Forecast earnings per share in yuan; `this` is the source's current year."""
    eps_next_year: float | None = None
    eps_after_next: float | None = None
    pe_this_year: float | None = None
    """Forecast price-earnings ratio."""
    pe_next_year: float | None = None
    pe_after_next: float | None = None
