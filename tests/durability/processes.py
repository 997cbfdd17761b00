"""Runs that can be killed: processes of their own, started by the launcher or in the usual way."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from crawling import FAST, Crawled, command, environment

LAUNCHER = Path(__file__).parent / "launcher.py"
SLOWEST_S = 120.0
"""Longest a run may take on a busy machine."""


@dataclass
class Running:
    """A run under way."""

    launcher: Launcher
    pid: int
    said: Path
    errors: Path
    folder: Path
    status: int | None = None
    """Exit status once it has ended; negative: the signal that ended it."""

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        if self.status is None:
            self.status = self.launcher.ask({"poll": self.pid})
        return self.status

    def signal(self, number: int) -> bool:
        """Send a signal; False where the run had ended."""
        if self.poll() is not None:
            return False
        os.kill(self.pid, number)  # it is waited for by `poll` alone, so the number is still this run's
        return True

    def kill(self) -> bool:
        """Kill it and wait until it is gone; False where it had ended by itself."""
        alive = self.signal(signal.SIGKILL)
        self.wait()
        return alive and self.status == -signal.SIGKILL

    def wait(self, timeout_s: float = SLOWEST_S) -> Crawled:
        """Wait for the end and return how it went."""
        end = time.monotonic() + timeout_s
        while self.poll() is None:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"still running after {timeout_s} s: {self.errors.read_text()[-3000:]}")
            time.sleep(0.01)
        assert self.status is not None
        crawled = Crawled(self.status, self.said.read_text(), self.errors.read_text(), self.folder)
        for line in crawled.said.splitlines():
            if line.startswith("{"):
                crawled.outcome = json.loads(line)
        return crawled


class Launcher:
    """Starts runs as forks of one process that has imported everything."""

    def __init__(self, folder: Path, *before: str) -> None:
        """Remember where output goes, and the program (with arguments) that starts the process, where there is one."""
        self.folder = folder
        self.before = before
        self.numbers = itertools.count()

    def __enter__(self) -> Self:
        """Start the process that forks."""
        self.process = subprocess.Popen(
            [*self.before, sys.executable, "-W", "ignore", str(LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert self._answer() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def start(
        self,
        folder: Path,
        mirror: str,
        settings: dict[str, Any],
        arguments: dict[str, Any],
        *,
        largest_bytes: int | None = None,
    ) -> Running:
        """Start `scrapy crawl eastmoney`; `arguments` become `-a NAME=VALUE`.

        `largest_bytes`: no file of the run may grow beyond.
        """
        options = [part for key, value in arguments.items() for part in ("-a", f"{key}={value}")]
        own = {"NEWS_MIRROR": mirror, **FAST, **settings}
        line = command("crawl", "eastmoney", "--json", *options, folder=folder, **own)
        number = next(self.numbers)
        said, errors = self.folder / f"{number}.said", self.folder / f"{number}.errors"
        said.touch()
        errors.touch()
        after = line.index("scrapy") + 1
        asked = {"arguments": line[after:], "env": environment(), "said": str(said), "errors": str(errors)}
        if largest_bytes:
            asked["largest_bytes"] = largest_bytes
        return Running(self, self.ask(asked), said, errors, folder)

    def ask(self, asked: dict[str, Any]) -> Any:
        """Send one line and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())
