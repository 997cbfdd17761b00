"""Run `scrapy crawl` as its users do: a process of its own, real HTTP, real files."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FAST = {"DOWNLOAD_DELAY": "0", "CONCURRENT_REQUESTS": "16", "CONCURRENT_REQUESTS_PER_DOMAIN": "16", "RETRY_TIMES": "1"}
"""Loopback needs no politeness."""


@dataclass
class Crawled:
    """How a run ended, and what it left."""

    status: int
    said: str
    errors: str
    folder: Path
    outcome: dict[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """The run's counts."""
        return dict(self.outcome["counts"])


def command(name: str, *arguments: str, folder: Path, **settings: Any) -> list[str]:
    """The command line of a scrapy command with these settings."""
    own = {"NEWS_DATA_DIR": str(folder), **settings}
    options = [part for key, value in own.items() for part in ("-s", f"{key}={value}")]
    return [sys.executable, "-W", "ignore", "-m", "scrapy", name, *arguments, *options]


def environment(**more: str) -> dict[str, str]:
    """The environment without any NEWS_ setting of the machine's own."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith("NEWS_")}, **more}


def crawl(
    folder: Path,
    mirror: str,
    *,
    spider: str = "eastmoney",
    env: dict[str, str] | None = None,
    timeout_s: float = 120,
    settings: dict[str, Any] | None = None,
    **arguments: Any,
) -> Crawled:
    """Crawl to the end and return how it went; `arguments` become `-a NAME=VALUE`."""
    spider_arguments = [part for key, value in arguments.items() for part in ("-a", f"{key}={value}")]
    line = command(
        "crawl", spider, "--json", *spider_arguments, folder=folder, NEWS_MIRROR=mirror, **{**FAST, **(settings or {})}
    )
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=timeout_s, cwd=ROOT, env=environment(**(env or {})), check=False
    )
    crawled = Crawled(done.returncode, done.stdout, done.stderr, folder)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        crawled.outcome = json.loads(lines[-1])
    return crawled


def query(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the run's SQLite database."""
    with sqlite3.connect(f"file:{folder / 'news.db'}?mode=ro", uri=True) as connection:
        return connection.execute(sql, values).fetchall()


def posts(folder: Path) -> dict[str, bytes]:
    """Return every post by its name."""
    return {path.name: path.read_bytes() for path in sorted((folder / "_posts").glob("*.md"))}


def window(since: Any, until: Any) -> dict[str, str]:
    """Return two moments as spider arguments."""
    return {"since": f"{since:%Y-%m-%d %H:%M:%S}", "until": f"{until:%Y-%m-%d %H:%M:%S}"}
