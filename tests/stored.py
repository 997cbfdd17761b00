"""Ask the commands that read and tend a store, each in a process of its own that costs no start-up.

`ask` has a process that has imported everything and forks for each command: its copy runs Scrapy's command line with real
arguments, real standard streams and a real exit status.
"""

from __future__ import annotations

import atexit
import json
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawling import ROOT, command, crawl, environment, window
from serve import Site, serve

from newscrawler.sample.content import CHANNELS, WINDOW

TEN_DAYS: dict[str, Any] = {"channels": ",".join(CHANNELS), **window(*WINDOW)}
FORKER = """
import json, os, sys
import scrapy.cmdline, scrapy.utils.log, rich.console, rich.table, rich.text
import newscrawler.reparse, newscrawler.coverage_page, pipelines.store.sql, pipelines.store.versions
for module in scrapy.utils.misc.walk_modules_iter("newscrawler"):
    pass
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        for number, file in enumerate((os.devnull, asked["out"], asked["errors"])):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), number)
        scrapy.cmdline.execute(["scrapy", *asked["words"]])
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
_forkers: list[subprocess.Popen[str]] = []


@dataclass
class Said:
    """What a command answered."""

    status: int
    out: str
    errors: str

    @property
    def lines(self) -> list[str]:
        """The lines of its output."""
        return self.out.splitlines()


def _forker() -> subprocess.Popen[str]:
    if not _forkers:
        line = [sys.executable, "-W", "ignore", "-c", FORKER]
        forker = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
        )
        _forkers.append(forker)
        atexit.register(_end, forker)
    return _forkers[0]


def _end(forker: subprocess.Popen[str]) -> None:
    for stream in (forker.stdin, forker.stdout):
        if stream is not None:
            stream.close()
    forker.wait(10)


def ask(folder: Path, name: str, *arguments: str, **settings: Any) -> Said:
    """Run a command to its end."""
    words = command(name, *arguments, folder=folder, **settings)
    forker = _forker()
    assert forker.stdin is not None
    assert forker.stdout is not None
    with tempfile.TemporaryDirectory() as streams:
        files = {"out": str(Path(streams) / "out"), "errors": str(Path(streams) / "errors")}
        forker.stdin.write(json.dumps({"words": words[words.index("scrapy") + 1 :], **files}) + "\n")
        forker.stdin.flush()
        status = int(forker.stdout.readline())
        out, errors = (Path(file).read_text(encoding="utf-8") for file in files.values())
    return Said(status, out, errors)


def change(folder: Path, sql: str, *values: Any) -> None:
    """Change the database behind everybody's back."""
    connection = sqlite3.connect(folder / "news.db")
    with connection:
        connection.execute(sql, values)
    connection.close()


def store_all(folder: Path, **settings: Any) -> Path:
    """Crawl all of the sample source into a folder, one article twice: the second time it is revised."""
    site = Site()
    with serve(site) as server:
        assert crawl(folder, server.address, settings=settings, **TEN_DAYS).status == 0
        site.epoch = 1
        again = {**TEN_DAYS, "channels": "349"}
        assert crawl(folder, server.address, settings=settings, refetch=1, **again).counts["revised"] == 1
    return folder
