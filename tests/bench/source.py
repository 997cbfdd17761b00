"""A source of generated articles in a process of its own, as near to now as asked for, as far away as asked for.

    python -m tests.bench.source --articles 1000 --until-minutes-ago 20 --latency-ms 50

Prints its address; ends at SIGTERM. It answers what `newscrawler.sample` answers; articles made once are kept, so that
the source costs little beside what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.model import BEIJING
from newscrawler.sample.server import HOST, App, listen
from newscrawler.sample.wire import Answer, Connection, Request
from tests.bench.costs import ROOT, environment, python
from tests.serve import Remote

KEPT = 5000


class Far:
    """The source's answers, after a while; answers to the same question are kept."""

    def __init__(self, app: App, latency_s: float) -> None:
        self.app = app
        self.latency_s = latency_s
        self.kept: dict[str, Answer] = {}

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        key = request.target.split("?", 1)[0]
        if "/api/article/" in key and key in self.kept:
            self.app.counts["article"] += 1
            return self.kept[key]
        answer = self.app(request)
        answer.delay_s += self.latency_s
        if "/api/article/" in key and len(self.kept) < KEPT:
            self.kept[key] = answer
        return answer


async def run(source: BulkSite, latency_s: float) -> None:
    """Listen until told to end."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    connections: set[Connection] = set()
    server = await listen(Far(App(source), latency_s), 0, connections)
    sys.stdout.write(f"http://{HOST}:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()
    server.close()
    await asyncio.gather(*(connection.abort() for connection in list(connections)))


@contextmanager
def source(
    articles: int,
    *,
    channels: str = "column:344",
    body_bytes: int = 5000,
    days: float = 30,
    until_minutes_ago: float = 20,
    latency_ms: float = 0,
) -> Iterator[Remote]:
    """Serve so many articles for as long as the block runs."""
    options = {"articles": articles, "channels": channels, "body-bytes": body_bytes, "days": days}
    options |= {"until-minutes-ago": until_minutes_ago, "latency-ms": latency_ms}
    words = [f"--{name}={value}" for name, value in options.items()]
    command = python("-m", "tests.bench.source", *words)
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment())
    assert server.stdout is not None
    try:
        yield Remote(server.stdout.readline().strip(), server.pid)
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, required=True)
    parser.add_argument("--channels", default="column:344")
    parser.add_argument("--body-bytes", type=int, default=5000)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--until-minutes-ago", type=float, default=20)
    parser.add_argument("--latency-ms", type=float, default=0)
    chosen = parser.parse_args()
    until = datetime.now(BEIJING).replace(microsecond=0) - timedelta(minutes=chosen.until_minutes_ago)
    site = BulkSite(
        articles=chosen.articles,
        days=chosen.days,
        body_bytes=chosen.body_bytes,
        channels=chosen.channels.split(","),
        until=until,
    )
    asyncio.run(run(site, chosen.latency_ms / 1000))


if __name__ == "__main__":
    main()
