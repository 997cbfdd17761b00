"""Serve the sample source in a process of its own: prints its address on the first line, ends at SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.content import LAST_EPOCH
from newscrawler.sample.model import Source
from newscrawler.sample.server import HOST, App, listen
from newscrawler.sample.site import Site
from newscrawler.sample.wire import Connection


async def run(source: Source, port: int) -> None:
    """Listen until the process is told to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    connections: set[Connection] = set()
    server = await listen(App(source), port, connections)
    sys.stdout.write(f"http://{HOST}:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()
    server.close()
    await asyncio.gather(*(connection.abort() for connection in list(connections)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m newscrawler.sample", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--epoch",
        type=int,
        default=0,
        choices=range(LAST_EPOCH + 1),
        help="1: late rows appeared, one article was revised",
    )
    parser.add_argument("--reach", type=int, help="how many rows back a list goes")
    parser.add_argument(
        "--articles", type=int, default=0, help="so many generated articles instead of the sixty written ones"
    )
    parser.add_argument("--days", type=float, default=30, help="over so many days, ending with the sample's last")
    parser.add_argument("--body-bytes", type=int, default=5000, help="about so many bytes of text in each")
    parser.add_argument("--channels", default="column:344,flash:102", help="comma list")
    chosen = parser.parse_args(arguments)
    source: Source = Site(epoch=chosen.epoch, reach=chosen.reach)
    if chosen.articles:
        try:
            source = BulkSite(
                articles=chosen.articles,
                days=chosen.days,
                body_bytes=chosen.body_bytes,
                channels=chosen.channels.split(","),
                reach=chosen.reach,
            )
        except ValueError as error:
            parser.error(str(error))
    asyncio.run(run(source, chosen.port))


if __name__ == "__main__":
    main()
