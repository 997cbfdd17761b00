"""A figure with its target, and all of them as a table and a file."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """One figure: ours, what it is held against, and their ratio."""

    name: str
    ours: str
    floor: str
    ratio: float
    at_most: float | None = None
    at_least: float | None = None
    runs: dict[str, Any] = field(default_factory=dict)
    """Every measurement behind it."""

    @property
    def target(self) -> str:
        """Return the target in words; empty where there is none."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.at_most is not None:
            return self.ratio <= self.at_most
        return None if self.at_least is None else self.ratio >= self.at_least


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("Figure", "Ours", "Held against", "Ratio", "Target", "")
    for result in results:
        word = {True: "[green]reached", False: "[red]missed", None: ""}[result.reached]
        table.add_row(result.name, result.ours, result.floor, f"{result.ratio:.3g}", result.target, word)
    Console(width=160 if not os.isatty(1) else None).print(table)


def keep(results: Sequence[Result], path: Path, options: dict[str, Any]) -> None:
    """Write the results and what they were measured on."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    record = {
        "at": time.strftime("%Y-%m-%d %H:%M:%S"),
        "machine": {"processor": processor, "cores": os.cpu_count(), "system": platform.platform()},
        "python": platform.python_version(),
        "load": os.getloadavg(),
        "options": options,
        "results": [asdict(result) | {"target": result.target, "reached": result.reached} for result in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
