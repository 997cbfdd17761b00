"""Processes and calls measured: wall time, CPU seconds; pairs of them in turn, medians of their ratios."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process or a call took."""

    wall_s: float
    cpu_s: float
    said: str = ""

    def figures(self) -> dict[str, float]:
        """Return the numbers."""
        return {name: round(value, 4) for name, value in asdict(self).items() if name != "said"}


def process(command: Sequence[str], *, folder: Path, inside: Path = ROOT, ends: Collection[int] = (0,)) -> Cost:
    """Run a command to its end and measure it; RuntimeError where its exit status is none of `ends`.

    Args:
        command: the command line.
        folder: where its output goes.
        inside: where it runs.
        ends: exit statuses that are right.
    """
    out, errors = folder / "out", folder / "errors"
    with out.open("wb") as said, errors.open("wb") as shouted:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=said, stderr=shouted, cwd=inside, env=environment())
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in ends:
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}\n{errors.read_text()[-3000:]}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, out.read_text())


def environment() -> dict[str, str]:
    """The environment without settings of the machine's own, and with compiled modules."""
    dropped = ("NEWS_", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


def python(*words: Any) -> list[str]:
    """The command line of this Python."""
    return [sys.executable, "-W", "ignore", *map(str, words)]


def call(work: Callable[[], Any]) -> Cost:
    """Measure a call in this process."""
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - start, time.process_time() - cpu)


@dataclass
class Pair:
    """Two ways measured in turn, so that what else the machine does meets both."""

    one: list[Cost] = field(default_factory=list)
    other: list[Cost] = field(default_factory=list)

    def ratio(self, name: str) -> float:
        """Return the median, over the pairs, of the first way's figure through the second's."""
        return statistics.median(
            getattr(a, name) / max(getattr(b, name), 1e-9) for a, b in zip(self.one, self.other, strict=True)
        )

    def median(self, name: str) -> tuple[float, float]:
        """Return the median figure of each way."""
        return (
            statistics.median(getattr(cost, name) for cost in self.one),
            statistics.median(getattr(cost, name) for cost in self.other),
        )

    def record(self) -> dict[str, Any]:
        """Return every measurement, for the file of results."""
        return {"one": [cost.figures() for cost in self.one], "other": [cost.figures() for cost in self.other]}


def paired(one: Callable[[int], Cost], other: Callable[[int], Cost], times: int) -> Pair:
    """Measure two ways in turn, the order changed every time."""
    pair = Pair()
    for turn in range(times):
        for way in (0, 1) if turn % 2 else (1, 0):
            (pair.one if way == 0 else pair.other).append((one, other)[way](turn))
    return pair


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Fit cost = constant × size ** exponent by least squares on logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(max(cost, 1e-9)) for cost in costs]
    return statistics.linear_regression(xs, ys).slope
