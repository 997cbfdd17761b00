"""How cost grows with channels, rows of a list page, history and the size of bodies; a plot of each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newscrawler.eastmoney import read_columns
from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.routes import columns, dumps, read
from newscrawler.walk import Walk
from pipelines.dates import parse_published
from tests.bench import stages
from tests.bench import store as filled
from tests.bench.costs import call, exponent
from tests.bench.crawls import EIGHT, folder, whole
from tests.bench.source import source
from tests.bench.table import Result
from tests.store.made import store_at

Curve = tuple[str, str, str, Sequence[float], Sequence[float]]
"""Title, what grows, what it costs, sizes, costs."""


def best(work: Callable[[], Any], times: int = 15) -> float:
    """Return the median CPU cost of a call in milliseconds."""
    work()
    return statistics.median(call(work).cpu_s for _ in range(times)) * 1000


def with_channels(times: int) -> Curve:
    """A quiet run of one to sixteen channels: what each costs beside the start."""
    names = [*EIGHT, *(f"column:{number}" for number in (346, 347, 348, 352, 354, 356, 357, 358))]
    sizes, costs = (1, 2, 4, 8, 16), []
    with source(1600, channels=",".join(names), days=3) as server, folder() as place:
        for size in sizes:
            channels, data = ",".join(names[:size]), place / f"data-{size}"
            for _ in range(2):
                whole(data, server, channels, "-a", "limit=1000000")
            runs = [whole(data, server, channels).cpu_s for _ in range(max(3, times))]
            costs.append(statistics.median(runs) * 1000)
    return "Quiet run", "channels", "ms of CPU", sizes, costs


def with_rows() -> Curve:
    """A list page of known rows, read, looked up and turned."""
    sizes, costs = (25, 50, 100, 200, 400), []
    site = BulkSite(articles=1000, days=30, channels=("column:344",))
    now = datetime.now(UTC)
    with folder() as place:
        store = store_at(f"sqlite:///{place}/news.db", place)
        for size in sizes:
            pages = [
                dumps(
                    columns(
                        site,
                        read(
                            f"/np-listapi.eastmoney.com/comm/web/getNewsByColumns?client=web&biz=b&req_trace=1&column=344&page_size=200&page_index={page}"
                        ),
                    )
                )
                for page in (1, 2)
            ]
            raw = [row for page in pages for row in json.loads(page)["data"]["list"]][:size]
            text = json.dumps({"code": "1", "data": {"list": raw, "totle_hits": 1000}})

            def page(text: str = text) -> None:
                listing = read_columns(json.loads(text), "column:344", "")
                timed = [(row.article_id, parse_published(row.published_raw, crawled_at=now)) for row in listing.rows]
                known = store.known("eastmoney", [name for name, _ in timed])
                walk = Walk("column:344", now - timedelta(days=1), now, explicit=False, covered_below=True)
                walk.turn(timed, known, answered_at=now, last=False)

            costs.append(best(page))
        store.close()
    return "List page", "rows", "ms of CPU", sizes, costs


def with_history(most: int) -> Curve:
    """A look-up of 200 ids in stores of more and more articles."""
    sizes, costs = [size for size in (1000, 10_000, 100_000, 1_000_000) if size <= most], []
    for size in sizes:
        with folder() as place:
            store = store_at(f"sqlite:///{place}/news.db", place)
            filled.fill(store, size)
            ids = [filled.name(number) for number in range(size // 2, size // 2 + 200)]
            costs.append(best(lambda store=store, ids=ids: store.known("eastmoney", ids)))  # type: ignore[misc]
            store.close()
    return "Look-up of 200 ids", "articles stored", "ms of CPU", sizes, costs


def with_body() -> Curve:
    """All stages before the writers, for one article."""
    sizes, costs = (2_500, 5_000, 10_000, 20_000, 40_000, 80_000), []
    with folder() as place:
        for size in sizes:
            body = BulkSite(articles=1, days=1, body_bytes=size).make(0).body
            measured = stages.measure(body, 25, str(place))
            costs.append(sum(cost for name, cost in measured.items() if name not in stages.YARDSTICKS) / 1000)
    return "Stages of one article", "bytes of body", "ms", sizes, costs


def growth(times: int, history: int, files: Path) -> Iterator[Result]:
    """Measure every curve, fit its exponent, and draw it."""
    for curve in (with_channels(times), with_rows(), with_history(history), with_body()):
        title, grows, cost, sizes, costs = curve
        power = exponent(sizes, costs)
        draw(curve, power, files / f"growth-{grows.replace(' ', '-')}.html")
        points = ", ".join(f"{size:g}: {value:.3g}" for size, value in zip(sizes, costs, strict=True))
        yield Result(f"{title}, exponent with {grows}", points, cost, power, runs={"sizes": sizes, "costs": costs})


def draw(curve: Curve, power: float, path: Path) -> None:
    """Draw a curve on logarithmic axes, with its fit."""
    import plotly.graph_objects as go

    title, grows, cost, sizes, costs = curve
    middle = statistics.geometric_mean(costs) / statistics.geometric_mean(sizes) ** power
    fit = [middle * size**power for size in sizes]
    figure = go.Figure([go.Scatter(x=sizes, y=costs, mode="markers", name="measured")])
    figure.add_scatter(x=sizes, y=fit, mode="lines", name=f"exponent {power:.2f}")
    figure.update_layout(title=title, xaxis={"type": "log", "title": grows}, yaxis={"type": "log", "title": cost})
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs=True)
