"""What a run counts for its health gates, and how that becomes a snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from newscrawler.gates import FIELDS, Snapshot
from newscrawler.items import Article
from newscrawler.tally import Tally


def count_fields(tally: Tally, item: Article) -> None:
    """Count which fields a stored article has (stats `news/fields/…`)."""
    inc = tally.stats.inc_value
    inc("news/fields/articles")
    if item.body_from != "list":
        inc("news/fields/answered")
        inc("news/fields/media", int(bool(item.media)))
    if item.body_from == "page":
        inc("news/fields/from_page")
    inc("news/fields/title", int(bool(item.title)))
    inc("news/fields/date", int(item.published_at is not None))
    # a body of pictures only is one
    inc("news/fields/body", int(bool(item.body_text or item.body_html)))


def snapshot(tally: Tally, places: Sequence[str]) -> Snapshot:
    """Return what a run has counted; history is added where it is to be judged.

    Args:
        tally: the run's counts.
        places: names of the places that articles are fetched from, the usual one first.
    """

    def stat(name: str) -> int:
        return int(tally.stats.get_value(f"news/{name}", 0))

    return Snapshot(
        stored=stat("fields/articles"),
        answered=stat("fields/answered"),
        present={name: stat(f"fields/{name}") for name in FIELDS},
        refused={stage: stat(f"pending/{stage}") for stage in FIELDS.values() if stage},
        from_page=0 if places[:1] == ["page"] else stat("fields/from_page"),  # there the page is no way out
        read=sum(stat(f"article/{place}") for place in places),
        unreadable=stat("article/unreadable"),
        pending=tally.left_pending,
        quiet=not (tally.counts["inserted"] or tally.counts["revised"] or tally.left_pending),
    )
