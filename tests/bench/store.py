"""Cost of the lookup that every list page makes, with a million articles in the store.

    python tests/bench/store.py [--articles 1000000] [--url postgresql+psycopg://...] [--folder DIR]

Prints the milliseconds of a lookup of 200 ids (all known, all unknown, half and half), of a save of 100 new articles,
and the memory that looking up a day of list pages adds. Articles are small: bodies lie on other pages of the file and a
lookup does not read them.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "store")]

from made import article, store_at  # noqa: E402 - found by the line above
from sqlalchemy import Connection, insert  # noqa: E402

from pipelines.store.sql import DatabaseStore  # noqa: E402
from pipelines.store.tables import article_channels, articles  # noqa: E402

START = datetime(2021, 1, 1, tzinfo=UTC)
BODY = "synthetic text of an article, long enough to be one. " * 20


def name(number: int) -> str:
    """Return an id that grows with time, as East Money's do."""
    return f"{START + timedelta(minutes=number):%Y%m%d}{2_000_000_000 + number * 37:010}"


def rows(first: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield rows of the table `articles`."""
    for number in range(first, first + count):
        moment = START + timedelta(minutes=number)
        yield {
            "id": number + 1, "source": "eastmoney", "article_id": name(number), "fingerprint": f"{number:064x}",
            "revision": 1, "published_at": moment, "first_seen_at": moment, "changed_at": moment, "checked_at": moment,
            "category": "synthetic", "media": "synthetic daily", "author": "", "editor": "", "body_from": "api",
            "machine_written": False, "url": f"https://example.com/a/{name(number)}.html", "title": f"synthetic {number}",
            "original_title": "", "summary": "", "body_html": BODY, "body_text": BODY,
        }  # fmt: skip


def fill(store: DatabaseStore, count: int) -> None:
    """Put articles in, by the fastest way there is."""

    def put(connection: Connection, first: int, size: int) -> None:
        connection.execute(insert(articles), list(rows(first, size)))
        channels = [{"article": number + 1, "channel": "column:344"} for number in range(first, first + size)]
        connection.execute(insert(article_channels), channels)

    for first in range(0, count, 20_000):
        store.database.write(put, first, min(20_000, count - first))


def timed(call: Callable[[], object], times: int) -> str:
    """Return median and 95th percentile of a call, in milliseconds."""
    costs = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        costs.append((time.perf_counter() - start) * 1000)
    costs.sort()
    return f"median {statistics.median(costs):6.2f} ms, 95 of 100 under {costs[int(len(costs) * 0.95)]:6.2f} ms"


def memory_mb() -> float:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(store: DatabaseStore, count: int) -> None:
    """Print what the everyday questions cost."""
    chance = random.Random(1)

    def ids(known: int) -> list[str]:
        first = chance.randrange(max(1, count - 200))
        return [name(first + place) if place < known else f"{first}9{place}" for place in range(200)]

    def scattered() -> list[str]:
        return [name(chance.randrange(count)) for _ in range(200)]

    for label, pick in (
        ("a list page, all known", lambda: ids(200)),
        ("a list page, half known", lambda: ids(100)),
        ("a list page, none known", lambda: ids(0)),
        ("200 ids scattered over years", scattered),
    ):
        pages = iter([pick() for _ in range(200)])
        print(f"{label:30} {timed(lambda pages=pages: store.known('eastmoney', next(pages)), 200)}")  # type: ignore[misc]
    numbers = iter(range(10**9))
    print(
        f"{'save of 100 new articles':30} {timed(lambda: store.save([article(next(numbers)) for _ in range(100)]), 20)}"
    )


def main() -> None:
    """Fill a store and measure it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=int, default=1_000_000)
    options.add_argument("--url", default="")
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        url = given.url or f"sqlite:///{folder}/news.db"
        store = store_at(url, Path(folder))
        start = time.perf_counter()
        fill(store, given.articles)
        store.close()
        print(f"{given.articles} articles put in within {time.perf_counter() - start:.0f} s")
        store = store_at(url, Path(folder))
        start = time.perf_counter()
        store.known("eastmoney", [name(number) for number in range(200)])
        print(f"{'first lookup of a process':30} {(time.perf_counter() - start) * 1000:6.2f} ms")
        measure(store, given.articles)
        print(f"memory of this process at most {memory_mb():.0f} MB")
        store.close()


if __name__ == "__main__":
    main()
