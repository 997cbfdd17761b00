"""Half-open intervals of time: what is covered, and what is missing of what was wanted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]
"""Half-open interval `[since, until)`, both aware."""


def merge(spans: Iterable[Span]) -> list[Span]:
    """Join intervals that overlap or touch.

    Args:
        spans: in any order; an interval that ends where it begins, or before, is empty and ignored.

    Returns:
        Disjoint intervals in order, no two of them adjacent.
    """
    merged: list[Span] = []
    for since, until in sorted(span for span in spans if span[0] < span[1]):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def subtract(wanted: Span, covered: Iterable[Span]) -> list[Span]:
    """Return the parts of an interval that others do not cover.

    Args:
        wanted: the interval asked for; an empty one has no parts.
        covered: intervals in any order, overlapping or not.

    Returns:
        The gaps inside `wanted`, in order.
    """
    start, end = wanted
    gaps: list[Span] = []
    for since, until in merge(covered):
        if since >= end:
            break
        if since > start:
            gaps.append((start, since))
        start = max(start, until)
    if start < end:
        gaps.append((start, end))
    return gaps
