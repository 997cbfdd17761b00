"""What a run prints at its end: one screen for people, one JSON object for scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from newscrawler.gates import failed
from newscrawler.outcome import MEANINGS
from newscrawler.runs import RunLedger
from newscrawler.tally import COUNTS

LINES = 8
"""Notes shown of each kind; the rest is counted."""


def facts(ledger: RunLedger) -> dict[str, Any]:
    """Return the outcome as plain values."""
    outcome, run, tally = ledger.outcome, ledger.run, ledger.tally
    seconds = (run.finished_at - run.started_at).total_seconds() if run and run.finished_at else 0.0
    return {
        "spider": run.spider if run else "",
        "run": run.id if run else None,
        "arguments": run.arguments if run else {},
        "exit_status": outcome.status if outcome else None,
        "meaning": MEANINGS[outcome.status] if outcome else "",
        "reason": outcome.reason if outcome else "",
        "seconds": round(seconds, 1),
        "counts": tally.balance(),
        "requests": {
            "list": tally.stats.get_value("news/list/pages", 0),
            "all": tally.stats.get_value("downloader/request_count", 0),
        },
        "posts_written": tally.stats.get_value("news/posts/written", 0),
        "notes": tally.notes,
        "gaps": tally.gaps,
        "gates": [asdict(verdict) for verdict in tally.gates],
        "bugs": tally.bugs,
    }


def as_json(ledger: RunLedger) -> str:
    """Return the outcome as one JSON object on one line."""
    return json.dumps(facts(ledger), ensure_ascii=False)


def as_text(ledger: RunLedger) -> str:
    """Return the outcome as a short table."""
    said = facts(ledger)
    counts = said["counts"]
    width = max(len(name) for name in COUNTS)
    lines = [
        "",
        f"{said['spider']}: exit {said['exit_status']}, {said['meaning']}, {said['seconds']} s",
        *(f"  {name:<{width}} {counts[name]:>7}" for name in COUNTS),
        f"  {'requests':<{width}} {said['requests']['all']:>7}  ({said['requests']['list']} list pages)",
        f"  {'posts':<{width}} {said['posts_written']:>7}  written",
    ]
    if said["exit_status"]:
        lines.append(f"  why: {said['reason']}")
    lines += [f"  gate {verdict.name}: {verdict.line}" for verdict in failed(ledger.tally.gates)]
    for kind in ("notes", "gaps", "bugs"):
        notes = said[kind]
        lines += [f"  {kind[:-1]}: {note}" for note in notes[:LINES]]
        if len(notes) > LINES:
            lines.append(f"  {kind}: {len(notes) - LINES} more")
    return "\n".join(lines)
