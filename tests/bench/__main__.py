"""Measure everything: `python -m tests.bench [CASE …] [--times 5] [--full]`; see docs/performance.md.

Each case prints its figures as they come; at the end stands the table, and in data/bench/ a JSON file with every single
measurement, and the plots. Exit status 0 also where a target is missed: figures depend on the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import crawls, growth, stages, writers
from tests.bench.costs import ROOT
from tests.bench.table import Result, keep, show

FILES = ROOT / "data" / "bench"


def budget() -> Iterator[Result]:
    """What each stage before the writers costs, beside nh3 and one parse of the same body."""
    with tempfile.TemporaryDirectory() as place:
        costs = stages.measure(stages.made_up(), 400, place)
    yardstick = sum(costs[name] for name in stages.YARDSTICKS)
    for name, cost in costs.items():
        if name not in stages.YARDSTICKS:
            yield Result(f"stage {name}", f"{cost:.0f} µs", f"nh3 and one parse {yardstick:.0f} µs", cost / yardstick)
    yield Result(
        "stages before the writers", f"{sum(costs.values()) - yardstick:.0f} µs", f"nh3 and one parse {yardstick:.0f} µs",
        sum(costs.values()) / yardstick - 1, at_most=stages.LIMIT,
    )  # fmt: skip


def cases(given: argparse.Namespace) -> dict[str, Callable[[], Iterator[Result]]]:
    """Return every case by its name."""
    full, times = given.full, given.times
    return {
        "stages": budget,
        "quiet": lambda: crawls.nothing_new(times),
        "whole": lambda: crawls.everything_new(given.articles, times),
        "finews": lambda: crawls.far_away(times),
        "sqlite": lambda: writers.database("SQLite", 3000, times),
        "postgresql": lambda: writers.database("PostgreSQL", 3000, times),
        "posts": lambda: writers.posts(20_000 if full else 2000, times),
        "growth": lambda: growth.growth(times, 1_000_000 if full else 100_000, FILES),
        "history": lambda: crawls.long_history(1_000_000 if full else 100_000, given.articles, times),
        "bulk": lambda: crawls.backfill(given.bulk or (100_000 if full else 5000)),
    }


def main() -> int:
    """Measure what was asked for, print it, keep it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("case", nargs="*", help="which; all of them where none is named")
    parser.add_argument("--times", type=int, default=5, help="pairs of runs of which the median is taken")
    parser.add_argument("--articles", type=int, default=1000, help="of a run that finds everything new")
    parser.add_argument("--bulk", type=int, default=0, help="articles of the long backfill")
    parser.add_argument(
        "--full", action="store_true", help="full sizes: 20,000 posts, 100,000 articles, 1,000,000 rows"
    )
    given = parser.parse_args()
    every = cases(given)
    if unknown := [name for name in given.case if name not in every]:
        parser.error(f"no case is called {unknown[0]!r}; there are {', '.join(every)}")
    results: list[Result] = []
    failed = []
    for name in given.case or every:
        start = time.monotonic()
        try:
            for result in every[name]():
                results.append(result)
                print(
                    f"{name}: {result.name}: {result.ours} | {result.floor} | {result.ratio:.3g}",
                    file=sys.stderr,
                    flush=True,
                )
        except (RuntimeError, AssertionError) as error:  # one case that cannot be measured leaves the others their turn
            failed.append(name)
            print(f"{name}: not measured: {error}", file=sys.stderr, flush=True)
        print(f"{name}: took {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    show(results)
    part = "-".join(given.case) if given.case else "results"
    path = Path(FILES / f"{part}.json")
    keep(results, path, {key: value for key, value in vars(given).items() if key != "case"})
    print(f"every measurement: {path.relative_to(ROOT)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
