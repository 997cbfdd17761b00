"""Articles found by their bands, and put into stories."""

from __future__ import annotations

from datetime import timedelta

from made import MOMENT, article

from pipelines.store.history import ALIKE
from pipelines.store.sql import DatabaseStore


def test_alike_shares_a_band_within_the_window(store: DatabaseStore) -> None:
    """Articles that share a band are found, most shared bands first, unsigned band keys included."""
    top = 2**64 - 1
    store.save(
        [
            article(1, bands=(1, 2, 3)),
            article(2, bands=(3, 4, top)),
            article(3, bands=(5,)),
            article(4, bands=(top, 3), published_at=MOMENT - timedelta(days=9)),
        ]
    )
    found = store.alike([3, 4, top], MOMENT, MOMENT + timedelta(days=3))
    assert [other.article_id for other in found] == [article(2).article_id, article(1).article_id]
    assert (found[0].body_text, found[0].media, found[0].story_id) == ("first", "synthetic daily", None)
    assert len({other.id for other in found} - {0}) == 2
    assert store.alike([6], MOMENT, MOMENT + timedelta(days=3)) == []
    assert store.alike([], MOMENT, MOMENT + timedelta(days=3)) == []


def test_alike_is_half_open(store: DatabaseStore) -> None:
    """The window holds its first moment and not its last."""
    store.save([article(1, bands=(1,), published_at=MOMENT)])
    second = timedelta(seconds=1)
    assert len(store.alike([1], MOMENT, MOMENT + second)) == 1
    assert store.alike([1], MOMENT - second, MOMENT) == []


def test_alike_is_bounded(store: DatabaseStore) -> None:
    """Templated news with hundreds of relatives costs no more than fifty of them."""
    store.save([article(number, bands=(1, number + 10)) for number in range(200)])
    found = store.alike([1, 199 + 10], MOMENT, MOMENT + timedelta(days=3))
    assert len(found) == ALIKE
    assert found[0].article_id == article(199).article_id


def test_a_story_is_told(store: DatabaseStore) -> None:
    """Stored articles are put into a story; a revision without one keeps it, unknown keys are passed over."""
    store.save([article(1, bands=(1,)), article(2), article(3, story_id=9)])
    names = [("eastmoney", article(number).article_id) for number in (1, 2, 77)]
    store.tell(names, 2**40)
    store.save([article(1, "second", bands=(2,))])
    assert [row.story_id for row in store.articles()] == [2**40, 2**40, 9]
    assert store.alike([1], MOMENT, MOMENT + timedelta(days=3)) == []
    assert [other.story_id for other in store.alike([2], MOMENT, MOMENT + timedelta(days=3))] == [2**40]


def test_a_story_is_told_over_whole(store: DatabaseStore) -> None:
    """Where a told article was in another story, all articles of that story move with it; other stories stay."""
    store.save([article(number, story_id=story) for number, story in enumerate([5, 5, 6, 7, None, 3])])
    store.tell([("eastmoney", article(number).article_id) for number in (0, 2)], 3)
    assert [row.story_id for row in store.articles()] == [3, 3, 3, 7, None, 3]
