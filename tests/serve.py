"""The sample source for tests: in this process (a thread), or in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from newscrawler.sample import BulkSite, Fault, Faults, Server, Site, serve

__all__ = [
    "COLUMN",
    "FLASH",
    "BulkSite",
    "Fault",
    "Faults",
    "Remote",
    "Server",
    "Site",
    "article",
    "columns",
    "flashes",
    "get",
    "serve",
    "serve_process",
]
COLUMN = {
    "client": "web",
    "biz": "web_news_col",
    "column": "344",
    "order": "1",
    "needInteractData": "0",
    "req_trace": "1",
}
FLASH = {"client": "web", "biz": "web_724", "fastColumn": "102", "sortEnd": "", "req_trace": "1"}
"""The parameters that the two lists want."""
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Remote:
    """A sample server in another process."""

    address: str
    pid: int

    def counts(self) -> dict[str, int]:
        """Return how many requests of each kind there were."""
        return dict(self._ask("counts"))

    def requests(self) -> list[dict[str, Any]]:
        """Return the latest requests, oldest first."""
        return list(self._ask("requests"))

    def faults(self, *faults: dict[str, Any]) -> None:
        """Set the faults: `{"what": "403", "where": "list", "times": 1}`; none behaves well."""
        self._ask("faults", list(faults))

    def epoch(self, epoch: int) -> None:
        """Move the source to an epoch."""
        self._ask("epoch", epoch)

    def reset(self) -> None:
        """Forget counts and requests."""
        self._ask("reset", {})

    def _ask(self, word: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.address}/_sample/{word}", data, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def serve_process(*arguments: str) -> Iterator[Remote]:
    """Run `python -m newscrawler.sample` with these arguments for as long as the block runs."""
    command = [sys.executable, "-m", "newscrawler.sample", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), f"the sample server did not start: {address!r}"
        yield Remote(address, process.pid)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def get(server: Server, path: str, **query: Any) -> str:
    """Fetch `/HOST/PATH` as text."""
    address = f"{server.address}{path}{'?' + urlencode(query) if query else ''}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def columns(server: Server, **query: Any) -> dict[str, Any]:
    """Ask `getNewsByColumns`."""
    text = get(server, "/np-listapi.eastmoney.com/comm/web/getNewsByColumns", **(COLUMN | query))
    return dict(json.loads(text))


def flashes(server: Server, **query: Any) -> dict[str, Any]:
    """Ask `getFastNewsList`."""
    return dict(json.loads(get(server, "/np-weblist.eastmoney.com/comm/web/getFastNewsList", **(FLASH | query))))


def article(server: Server, code: str) -> dict[str, Any]:
    """Ask the article API."""
    return dict(json.loads(get(server, f"/newsinfo.eastmoney.com/kuaixun/v2/api/article/{code}", guid=1)))
