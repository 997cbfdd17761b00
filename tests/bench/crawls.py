"""Whole runs against their floors: everything new, nothing new, far away, long, and with a long history."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.store.sql import DatabaseStore
from tests.bench import store as filled
from tests.bench.costs import ROOT, Cost, environment, paired, process, python
from tests.bench.finews import round_of
from tests.bench.source import source
from tests.bench.table import Result
from tests.crawling import FAST
from tests.serve import Remote
from tests.store.made import store_at

EIGHT = tuple(f"column:{number}" for number in (344, 345, 349, 350, 351, 353, 355, 406))
UNWANTED = (
    "alembic", "dateparser", "pypinyin", "rensa", "html_to_markdown", "plotly", "jinja2", "nh3", "psycopg", "rich", "requests",
)  # fmt: skip
"""What a run that finds nothing new must not load."""


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on a real disk for as long as the block runs: what is committed there costs what it costs."""
    base = ROOT / "data" / "bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as made:
        yield Path(made)


def numbers(channels: str) -> str:
    """Return channels as the bare spider takes them."""
    return channels.replace("column:", "")


def words(data: Path, server: Remote, channels: str, *more: str) -> list[str]:
    """The words after `scrapy` of a run."""
    settings = {"NEWS_DATA_DIR": data, "NEWS_MIRROR": server.address, **FAST}
    options = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    return ["crawl", "eastmoney", "--json", "-a", f"channels={channels}", *more, *options]


def whole(data: Path, server: Remote, channels: str, *more: str) -> Cost:
    """Measure a run; RuntimeError unless it ended as whole (or told that the list ends)."""
    return process(
        python("-m", "scrapy", *words(data, server, numbers(channels), *more)), folder=data.parent, ends=(0, 3)
    )


def bare(place: Path, server: Remote, channels: str, *more: str) -> Cost:
    """Measure the bare spider, outside of the project, so with Scrapy's own settings."""
    given = ["-a", f"address={server.address}", "-a", f"channels={numbers(channels)}"]
    command = python("-m", "scrapy", "runspider", ROOT / "tests" / "bench" / "bare.py", *given, *more)
    with tempfile.TemporaryDirectory() as outside:  # below this folder Scrapy would find the project's settings
        cost = process(command, folder=place, inside=Path(outside))
    if not cost.said.startswith("took ") or cost.said.split()[1] == "0":
        raise RuntimeError(f"the bare spider took nothing: {cost.said!r}")
    return cost


def counts(cost: Cost) -> dict[str, int]:
    """Return the counts that a run printed."""
    return dict(json.loads(cost.said.splitlines()[-1])["counts"])


def everything_new(articles: int, times: int) -> Iterator[Result]:
    """Both outputs on SQLite against the bare spider, 16 requests at once, no delay, 5 KB bodies."""
    with source(articles) as server, folder() as place:
        bare(place, server, "column:344")  # the source has made its articles, the modules are compiled

        def ours(turn: int) -> Cost:
            cost = whole(empty(place / f"data-{turn}"), server, "column:344", "-a", "since=31天前")
            assert counts(cost)["inserted"] == articles, counts(cost)
            return cost

        pair = paired(ours, lambda _: bare(place, server, "column:344"), times)
        tuned = paired(
            ours_again(place, server), lambda _: bare(place, server, "column:344", *TUNED), max(1, times // 2)
        )
    for name, label in (("cpu_s", "CPU"), ("wall_s", "wall")):
        one, other = (value / articles * 1000 for value in pair.median(name))
        yield Result(
            f"whole pipeline, {label} an article", f"{one:.2f} ms", f"bare spider {other:.2f} ms", pair.ratio(name), at_most=1.6,
            runs=pair.record(),
        )  # fmt: skip
    yield Result("the same, CPU, bare with our CONCURRENT_ITEMS", "", "", tuned.ratio("cpu_s"), runs=tuned.record())


TUNED = ("-s", "CONCURRENT_ITEMS=16")


def ours_again(place: Path, server: Remote) -> Any:
    """Return the way that crawls into a new folder every time."""
    return lambda turn: whole(empty(place / f"again-{turn}"), server, "column:344", "-a", "since=31天前")


def empty(data: Path) -> Path:
    """Make a folder with an empty store: its tables are made once in its life, and no article pays for that."""
    data.mkdir()
    store_at(f"sqlite:///{data}/news.db", data).close()
    return data


def nothing_new(times: int) -> Iterator[Result]:
    """Eight channels without news against a bare spider: the same eight requests, one Core look-up a page."""
    channels = ",".join(EIGHT)
    with source(800, channels=channels, days=3) as server, folder() as place:
        data = place / "data"
        whole(data, server, channels)
        database = data / "news.db"
        floor = ("-a", "rows=50", "-a", f"look_up={database}")
        whole(data, server, channels)
        bare(place, server, channels, *floor)
        server.reset()
        pair = paired(
            lambda _: whole(data, server, channels), lambda _: bare(place, server, channels, *floor), max(times, 7)
        )
        asked = server.counts()
        unwanted = loaded(data, server, channels)
    one, other = pair.median("cpu_s")
    yield Result(
        "quiet run, CPU",
        f"{one:.2f} s",
        f"bare spider {other:.2f} s",
        pair.ratio("cpu_s"),
        at_most=1.25,
        runs=pair.record(),
    )
    yield Result("quiet run, articles asked for", str(asked.get("article", 0)), "", asked.get("article", 0), at_most=0)
    yield Result("quiet run, unwanted modules", ", ".join(unwanted) or "none", "", len(unwanted), at_most=0)


LOADED = (
    "import atexit, sys; from scrapy.cmdline import execute; "
    "atexit.register(lambda: print('loaded', *sys.modules, file=sys.stderr)); execute()"
)


def loaded(data: Path, server: Remote, channels: str) -> list[str]:
    """Return which of the unwanted modules a run loads."""
    command = python("-c", LOADED, *words(data, server, numbers(channels)))
    process(command, folder=data.parent, ends=(0, 3))
    errors = (data.parent / "errors").read_text().splitlines()
    modules = {name.partition(".")[0] for line in errors if line.startswith("loaded ") for name in line.split()}
    assert "scrapy" in modules
    return [name for name in UNWANTED if name in modules]


def far_away(times: int) -> Iterator[Result]:
    """Five feeds of a hundred articles, 50 ms away, against five threads of requests."""
    channels = ",".join(EIGHT[:5])
    ratios: list[tuple[float, float]] = []
    with source(500, channels=channels, latency_ms=50, days=0.9) as server, folder() as place:
        for turn in range(times):
            server.reset()
            start = time.monotonic()
            fetched = round_of(server.address, [name.split(":")[1] for name in EIGHT[:5]], place / f"finews-{turn}")
            old = fetched / (time.monotonic() - start)
            asked = sum(server.counts().values())
            server.reset()
            data = place / f"data-{turn}"
            cost = whole(data, server, channels)
            first = min(request["at_s"] for request in server.requests())
            new = counts(cost)["inserted"] / (time.monotonic() - first)
            server.reset()
            whole(data, server, channels)
            ratios.append((new / old, sum(server.counts().values()) / asked))
            assert counts(cost)["inserted"] == 500
    new_rounds, quiet = (sorted(values)[len(values) // 2] for values in zip(*ratios, strict=True))
    yield Result("first round, articles a second", f"{new:.0f}/s", f"finews' way {old:.0f}/s", new_rounds, at_least=2)
    yield Result("quiet second round, requests", "", "finews' way", quiet, at_most=1 / 50)


def backfill(articles: int) -> Iterator[Result]:
    """One long run, looked at once a second: memory and rate of its last tenth against its second."""
    with source(articles, days=articles / 1000) as server, folder() as place:
        data = place / "data"
        command = python("-m", "scrapy", *words(data, server, "344", "-a", f"since={articles // 1000 + 1}天前"))
        with (place / "log").open("wb") as log:
            run = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)
            seen = list(watched(run, data / "news.db"))
    tenth = articles / 10
    second = [(at, done, mb) for at, done, mb in seen if tenth <= done < 2 * tenth]
    last = [(at, done, mb) for at, done, mb in seen if 9 * tenth <= done]
    memory = (sum(mb for *_, mb in part) / len(part) for part in (last, second))
    rates = [(part[-1][1] - part[0][1]) / (part[-1][0] - part[0][0]) for part in (last, second)]
    one, other = memory
    label = f"backfill of {articles:,}"
    yield Result(
        f"{label}, memory of the last tenth", f"{one:.0f} MB", f"second tenth {other:.0f} MB", one / other, at_most=1.1
    )
    yield Result(
        f"{label}, rate of the last tenth", f"{rates[0]:.0f}/s", f"second tenth {rates[1]:.0f}/s", rates[0] / rates[1],
        at_least=0.9, runs={"seconds_articles_mb": [[round(v, 1) for v in one] for one in seen]},
    )  # fmt: skip


def watched(run: subprocess.Popen[bytes], database: Path) -> Iterator[tuple[float, int, float]]:
    """Yield, twice a second, the time, the articles stored and the memory of a run until it ends or has no more to store."""
    import sqlite3

    while run.poll() is None:
        time.sleep(0.5)
        try:
            with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reading:
                done = int(reading.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0])
            held = Path(f"/proc/{run.pid}/status").read_text().partition("VmRSS:")[2].split()
        except (sqlite3.Error, OSError):
            continue
        if held:
            yield time.monotonic(), done, int(held[0]) / 1024


def long_history(rows: int, articles: int, times: int) -> Iterator[Result]:
    """A run into a store that holds so many rows against one into an empty store; from the first request on."""
    with source(articles) as server, folder() as place:
        bare(place, server, "column:344")
        data = place / "full"
        data.mkdir()
        store: DatabaseStore = store_at(f"sqlite:///{data}/news.db", data)
        filled.fill(store, rows)
        store.close()

        def full(turn: int) -> Cost:
            copied = place / f"full-{turn}"
            copied.mkdir()
            (data / "news.db").rename(copied / "news.db")  # goes from turn to turn: what a turn adds is a thousandth
            cost = emptied(whole(copied, server, "column:344", "-a", "since=31天前"), copied)
            (copied / "news.db").rename(data / "news.db")
            return cost

        pair = paired(
            lambda turn: whole(empty(place / f"none-{turn}"), server, "column:344", "-a", "since=31天前"), full, times
        )
    yield Result(
        f"rate with {rows:,} rows stored, CPU", f"{articles / pair.median('cpu_s')[1]:.0f}/s",
        f"with none {articles / pair.median('cpu_s')[0]:.0f}/s", pair.ratio("cpu_s"), at_least=0.9, runs=pair.record(),
    )  # fmt: skip
    yield Result(
        f"rate with {rows:,} rows stored, wall", f"{articles / pair.median('wall_s')[1]:.0f}/s",
        f"with none {articles / pair.median('wall_s')[0]:.0f}/s", pair.ratio("wall_s"), at_least=0.9,
    )  # fmt: skip


def emptied(cost: Cost, data: Path) -> Cost:
    """Take the run's articles out again, so that every turn finds the same store."""
    import sqlite3

    with sqlite3.connect(data / "news.db") as writing:
        writing.execute("PRAGMA foreign_keys=ON")
        writing.execute("DELETE FROM raw_answers")
        for table in ("article_channels", "article_securities", "article_bands"):
            writing.execute(
                f"DELETE FROM {table} WHERE article IN (SELECT id FROM articles WHERE url LIKE '%eastmoney.com%')"  # noqa: S608
            )
        writing.execute("DELETE FROM articles WHERE url LIKE '%eastmoney.com%'")
        for table in ("coverage", "small_facts", "reaches"):
            writing.execute(f"DELETE FROM {table}")  # noqa: S608
    writing.close()
    return cost
