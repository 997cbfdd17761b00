"""The same window twice: nothing is asked for again, nothing is written again."""

from __future__ import annotations

from places import Place
from scenes import ALL, Whole
from serve import Remote


def test_the_same_window_twice(place: Place, source: Remote, undisturbed: Whole) -> None:
    """A second run asks for no article, and leaves every post's bytes and time and every row as they were."""
    first = place.crawl(source.address, ALL)
    assert first.status == 0, first.errors
    undisturbed.check(place)
    before = place.bytes_and_rows()
    source.reset()
    second = place.crawl(source.address, ALL)
    assert second.status == 0, second.errors
    assert source.counts().get("article", 0) == source.counts().get("page", 0) == 0
    assert place.bytes_and_rows() == before


def test_lists_read_again(place: Place, source: Remote) -> None:
    """Where the lists are read again, coverage being lost, every row of them is known: no article is asked for, nothing is written."""
    first = place.crawl(source.address, ALL)
    assert first.status == 0, first.errors
    before = place.bytes_and_rows()
    place.forget_coverage()
    source.reset()
    second = place.crawl(source.address, ALL)
    assert second.status == 0, second.errors
    assert source.counts()["list"] > 0
    assert source.counts().get("article", 0) == 0
    assert second.counts["known"] == second.counts["listed"] == len(place.posts())
    assert place.bytes_and_rows() == before


def test_everything_fetched_again(place: Place, source: Remote) -> None:
    """With refetch=1 every article is asked for, found unchanged, and nothing but the time of the look is written."""
    first = place.crawl(source.address, ALL)
    assert first.status == 0, first.errors
    before = place.bytes_and_rows()
    facts = place.facts()
    source.reset()
    second = place.crawl(source.address, {**ALL, "refetch": 1})
    assert second.status == 0, second.errors
    assert second.counts["unchanged"] == second.counts["listed"] == source.counts()["article"] == len(place.posts())
    after = place.bytes_and_rows()
    assert {name for name in after if after[name] != before[name]} == {"articles"}
    assert place.facts() == facts
