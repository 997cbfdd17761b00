"""Notices: one message when a problem is new, one when it is over. What was said is remembered in the store."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newscrawler.gates import failed
from newscrawler.outcome import BUG, MEANINGS, STORE, Outcome
from newscrawler.printing import moment, shown
from newscrawler.tally import Tally
from newscrawler.webhook import Webhook
from pipelines.errors import StoreError
from pipelines.store.base import RunRow, Store

logger = logging.getLogger(__name__)
KEY = "notices:"
"""How the keys of the small facts begin that say which problems were told; the spider's name follows."""
FILE = "notices.json"
"""In NEWS_DATA_DIR: what was told while the store could not keep it."""
STORE_DOWN, LEFT_PENDING, GATE = "store", "left pending", "gate "
"""Names of problems that are told apart here; gates' begin with the last."""
LINE_CHARS = 300
LINES = 10

Problems = dict[str, str]
"""Name of each problem, and in one line what it is."""
Told = dict[str, dict[str, str]]
"""Problems that were told: name to `line` and `since`."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run found wrong, and what it can vouch for."""

    problems: Problems = field(default_factory=dict)
    complete: bool = False
    """The run came to its end: what it did not meet is over."""
    passed: frozenset[str] = frozenset()
    """Health gates that it passed; a gate that was not judged says nothing."""
    waiting: bool = False
    """Articles still wait for their next try."""

    def over(self, name: str) -> bool:
        """Whether a problem that was told is over for certain."""
        if name in self.problems or not self.complete:
            return False
        if name.startswith(GATE):
            return name in self.passed
        return name != LEFT_PENDING or not self.waiting


def findings(tally: Tally, finish_reason: str, *, waiting: bool) -> Findings:
    """Return what is wrong after a run.

    Args:
        tally: the run's, its gates judged.
        finish_reason: Scrapy's word. A run that was asked to stop says nothing of what it did not come to.
        waiting: articles still wait for their next try.
    """
    stopped = finish_reason not in ("finished", "shutdown", "store_failed")
    named = {
        "bug": tally.bugs[0] if tally.bugs else "",
        STORE_DOWN: tally.store_failed,
        "layout": tally.layout,
        "refused": tally.refused,
        "stopped": f"the run was stopped: {finish_reason or 'it never finished'}" if stopped else "",
        "not reached": "; ".join(tally.gaps),
        LEFT_PENDING: f"{tally.left_pending} article(s) could not be stored" if tally.left_pending else "",
        **{GATE + verdict.name: verdict.line for verdict in failed(tally.gates)},
    }
    problems = {name: line for name, line in named.items() if line}
    passed = frozenset(GATE + verdict.name for verdict in tally.gates if verdict.passed)
    return Findings(problems, finish_reason == "finished", passed, waiting)


class Notices:
    """Tells a webhook what is new and what is over. A webhook that fails is logged, and tried again after the next run."""

    def __init__(self, webhook: Webhook, data_dir: Path) -> None:
        self.webhook = webhook
        self.file = data_dir / FILE

    async def after_run(self, store: Store, run: RunRow, outcome: Outcome, found: Findings) -> None:
        """Tell how a run changed things; raises nothing and changes nothing of the run."""
        key, aside = KEY + run.spider, self._read()
        try:
            kept: Told | None = None
            if STORE_DOWN not in found.problems:
                kept = _told(await store.run(store.get, key))
            told = {**(kept or {}), **aside.get(run.spider, {})}
            after = await asyncio.to_thread(self._tell, run, outcome, found, told)
            if after is None:
                return
            if kept is None:
                self._write({**aside, run.spider: after})
                return
            if after != kept:
                await store.run(store.put, key, after)
            if run.spider in aside:
                self._write({name: value for name, value in aside.items() if name != run.spider})
        except StoreError as error:
            logger.warning("what was told of problems could not be kept: %s", error)
        except Exception:
            logger.exception("notices failed")

    def before_run(self, spider: str, outcome: Outcome) -> None:
        """Tell of a run that could not even start; of a user's mistake and of a lock nobody needs to be told."""
        name = {BUG: "bug", STORE: STORE_DOWN}.get(outcome.status)
        if name is None:
            return
        aside = self._read()
        run = RunRow(0, spider, {}, datetime.now(UTC))
        after = self._tell(run, outcome, Findings({name: outcome.reason}), aside.get(spider, {}))
        if after is not None:
            self._write({**aside, spider: after})

    def _tell(self, run: RunRow, outcome: Outcome, found: Findings, told: Told) -> Told | None:
        """Send what changed; returns what is told from now on, or None where the message did not arrive."""
        since = (run.finished_at or run.started_at).isoformat(timespec="seconds")
        new = {name: {"line": _line(line), "since": since} for name, line in found.problems.items() if name not in told}
        over = {name: problem for name, problem in told.items() if found.over(name)}
        after = {name: problem for name, problem in {**told, **new}.items() if name not in over}
        if not new and not over:
            return after
        facts = {
            "project": "newscrawler",
            "spider": run.spider,
            "run": run.id or None,
            "exit_status": outcome.status,
            "meaning": MEANINGS[outcome.status],
            "reason": _line(outcome.reason),
            "at": since,
            "new": [{"problem": name, **problem} for name, problem in new.items()],
            "over": [{"problem": name, **problem} for name, problem in over.items()],
            "standing": [{"problem": name, **after[name]} for name in after if name not in new],
        }
        error = self.webhook.send(text(run, outcome, new, over), facts)
        if error:
            logger.warning("the notice could not be sent to %s: %s", self.webhook.shown, error)
            return None
        logger.info("sent a notice to %s: %d new, %d over", self.webhook.shown, len(new), len(over))
        return after

    def _read(self) -> dict[str, Told]:
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {name: _told(value) for name, value in kept.items()} if isinstance(kept, dict) else {}

    def _write(self, aside: dict[str, Told]) -> None:
        """Keep what the store could not; on a full disk the next run says it again."""
        temporary = self.file.with_name(f".{FILE}.tmp")
        try:
            if not any(aside.values()):
                self.file.unlink(missing_ok=True)
                return
            temporary.write_text(json.dumps(aside, indent=1), encoding="utf-8")
            temporary.replace(self.file)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self.file, error.strerror)


def text(run: RunRow, outcome: Outcome, new: Told, over: Told) -> str:
    """Return the message for people; it begins with the project's name, which bots may be told to ask for."""
    number = f", run {run.id}" if run.id else ""
    lines = [f"newscrawler {run.spider}: exit {outcome.status}, {MEANINGS[outcome.status]}{number}"]
    for head, problems in (("NEW", new), ("OVER", over)):
        lines += [f"{head} {name}: {problem['line']}" for name, problem in list(problems.items())[:LINES]]
        if len(problems) > LINES:
            lines.append(f"{head}: {len(problems) - LINES} more")
    lines.append(f"{moment(run.finished_at or run.started_at)} Beijing time")
    return "\n".join(lines)


def _line(text: str) -> str:
    """Return a text as one line that cannot write to a terminal or be of any length."""
    return shown(" ".join(text.split()))[:LINE_CHARS]


def _told(value: Any) -> Told:
    """Read what was told; anything else than what `after_run` keeps counts as nothing."""
    if not isinstance(value, dict):
        return {}
    problems = {str(name): problem for name, problem in value.items() if isinstance(problem, dict)}
    return {
        name: {part: str(problem.get(part, "")) for part in ("line", "since")} for name, problem in problems.items()
    }
