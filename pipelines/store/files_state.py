"""The state of a site without a database: one JSON text that git can diff, read and written whole.

One entry a line, keys sorted, times in UTC: an article more changes the lines of that article and of nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pipelines.errors import SettingError
from pipelines.store.base import PendingRow, Reach, RunRow, Span
from pipelines.store.files_payload import pack, unpack

T = TypeVar("T")
Key = tuple[str, str]
"""(source, article_id) or (source, channel); `source:rest` in the file (no source's name holds a colon)."""
VERSION = 1
KEEP_RUNS = 100
"""Runs that the ledger keeps: a third of a day of runs every five minutes; every one of them is a line in git."""


KEEP = timedelta(days=31)
KEEP_TIMES = timedelta(days=7)
"""How long after its last look an article's note stands in the file, which is one more version in git with every run: a
month where the fingerprint is nowhere else, a week where the post bears it. The article stays known by its post; without
the note an old one counts as revised when it is asked for again, and a young one is looked at once more."""


@dataclass(slots=True)
class Entry:
    """What a post does not say of its article."""

    first_seen_at: datetime
    changed_at: datetime
    checked_at: datetime
    fingerprint: str = ""
    """Empty where the post itself bears it."""
    revision: int = 1

    def outdated(self, now: datetime) -> bool:
        """Whether the note may be dropped."""
        return now - self.checked_at > (KEEP if self.fingerprint else KEEP_TIMES)


@dataclass(slots=True)
class State:
    """Everything in `state.json`."""

    articles: dict[Key, Entry] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    """Slug to publisher."""
    pending: dict[Key, PendingRow] = field(default_factory=dict)
    coverage: dict[Key, list[Span]] = field(default_factory=dict)
    reached: dict[Key, Reach] = field(default_factory=dict)
    runs: dict[int, RunRow] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def load(path: Path) -> State | None:
    """Read a state file.

    Returns:
        The state, or None where there is no file.

    Raises:
        SettingError: it is no state file (a conflict of git's, half a text, another program's), or one of a newer
            newscrawler. The message says where to look.
        OSError: it is there and cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    advice = "mend it, or move it away: the posts still say which articles are known"
    try:
        document = json.loads(data.decode())
        version = document["version"]
        newer = isinstance(version, int) and version > VERSION
        state = State() if newer else _read(document)
    except json.JSONDecodeError as error:
        raise SettingError(f"{path} is no JSON: line {error.lineno}, {error.msg}; {advice}") from error
    except KeyError as error:
        raise SettingError(f"{path} is no state file: {error} is missing; {advice}") from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SettingError(f"{path} is no state file: {error}; {advice}") from error
    if newer:
        raise SettingError(f"{path} was written by a newer newscrawler (version {version}, here {VERSION}): update")
    return state


def dump(state: State) -> bytes:
    """Write a state as text: the same state gives the same bytes."""
    sections: dict[str, dict[str, Any]] = {
        "articles": {_key(key): _entry(entry) for key, entry in state.articles.items()},
        "categories": dict(state.categories),
        "coverage": {_key(key): [[_text(s), _text(u)] for s, u in spans] for key, spans in state.coverage.items()},
        "facts": state.facts,
        "pending": {_key(key): _pending(row) for key, row in state.pending.items()},
        "reached": {_key(key): _reach(reach) for key, reach in state.reached.items()},
        "runs": {f"{number:08d}": _run(run) for number, run in state.runs.items()},
    }
    lines = ["{"]
    for name, entries in sections.items():
        lines.append(f'  "{name}": {{')
        lines += [f"    {_json(key)}: {_json(entries[key])}," for key in sorted(entries)]
        lines[-1] = lines[-1].removesuffix(",")
        lines.append("  },")
    text = "\n".join([*lines, f'  "version": {VERSION}', "}", ""])
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its own JSON escape


def plain(value: Any) -> Any:
    """Return a value as JSON gives it back; what JSON lacks becomes text."""
    return json.loads(json.dumps(value, default=str, skipkeys=True))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _key(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _maybe(moment: datetime | None) -> str | None:
    return _text(moment) if moment is not None else None


def _entry(entry: Entry) -> dict[str, Any]:
    """Say only what differs from the usual: most articles are seen once and never change."""
    made: dict[str, Any] = {"seen": _text(entry.first_seen_at)}
    if entry.changed_at != entry.first_seen_at:
        made["changed"] = _text(entry.changed_at)
    if entry.checked_at != entry.changed_at:
        made["checked"] = _text(entry.checked_at)
    if entry.fingerprint:
        made["fingerprint"] = entry.fingerprint
    if entry.revision != 1:
        made["revision"] = entry.revision
    return made


def _reach(reach: Reach) -> dict[str, str]:
    return {"reached": _text(reach.reached), "asked": _text(reach.asked), "at": _text(reach.at)}


def _pending(row: PendingRow) -> dict[str, Any]:
    return {
        "url": row.url,
        "channel": row.channel,
        "stage": row.stage,
        "reason": row.reason,
        "attempts": row.attempts,
        "first_at": _maybe(row.first_at),
        "last_at": _maybe(row.last_at),
        "next_at": _maybe(row.next_at),
        "state": row.state,
        "row": pack(row.row),
        "body": pack(row.body),
    }


def _run(run: RunRow) -> dict[str, Any]:
    return {
        "spider": run.spider,
        "arguments": run.arguments,
        "started_at": _text(run.started_at),
        "finished_at": _maybe(run.finished_at),
        "exit_status": run.exit_status,
        "reason": run.reason,
        "counts": run.counts,
        "stats": run.stats,
    }


def _read(document: dict[str, Any]) -> State:
    if document["version"] != VERSION:
        raise ValueError(f"version {document['version']!r} is unknown")

    def section(name: str, read: Callable[[str, Any], T]) -> list[T]:
        made = []
        for key, value in document[name].items():
            try:
                made.append(read(key, value))
            except KeyError as error:
                raise ValueError(f"{name} {key!r}: {error} is missing") from error
            except (TypeError, ValueError, AttributeError) as error:
                raise ValueError(f"{name} {key!r}: {error}") from error
        return made

    return State(
        articles=dict(section("articles", lambda key, value: (_split(key), _read_entry(value)))),
        categories=dict(section("categories", lambda key, value: (key, _string(value)))),
        pending=dict(section("pending", lambda key, value: (_split(key), _read_pending(_split(key), value)))),
        coverage=dict(
            section("coverage", lambda key, value: (_split(key), [(_moment(s), _moment(u)) for s, u in value]))
        ),
        reached=dict(section("reached", lambda key, value: (_split(key), _read_reach(_split(key)[1], value)))),
        runs=dict(section("runs", lambda key, value: (int(key), _read_run(int(key), value)))),
        facts=dict(section("facts", lambda key, value: (key, value))),
    )


def _split(key: str) -> Key:
    source, colon, rest = key.partition(":")
    if not (source and colon):
        raise ValueError("a key is source:id")
    return source, rest


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_string(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return moment


def _maybe_moment(value: Any) -> datetime | None:
    return None if value is None else _moment(value)


def _read_entry(value: dict[str, Any]) -> Entry:
    seen = _moment(value["seen"])
    changed = _moment(value["changed"]) if "changed" in value else seen
    checked = _moment(value["checked"]) if "checked" in value else changed
    return Entry(seen, changed, checked, _string(value.get("fingerprint", "")), int(value.get("revision", 1)))


def _read_reach(channel: str, value: dict[str, Any]) -> Reach:
    return Reach(channel, _moment(value["reached"]), _moment(value["asked"]), _moment(value["at"]))


def _read_pending(key: Key, value: dict[str, Any]) -> PendingRow:
    return PendingRow(
        source=key[0],
        article_id=key[1],
        url=_string(value["url"]),
        channel=_string(value["channel"]),
        stage=_string(value["stage"]),
        reason=_string(value["reason"]),
        attempts=int(value["attempts"]),
        first_at=_maybe_moment(value["first_at"]),
        last_at=_maybe_moment(value["last_at"]),
        next_at=_maybe_moment(value["next_at"]),
        state=_string(value["state"]),
        row=unpack(_string(value["row"])),
        body=unpack(_string(value["body"])),
    )


def _read_run(number: int, value: dict[str, Any]) -> RunRow:
    return RunRow(
        id=number,
        spider=_string(value["spider"]),
        arguments=dict(value["arguments"]),
        started_at=_moment(value["started_at"]),
        finished_at=_maybe_moment(value["finished_at"]),
        exit_status=None if value["exit_status"] is None else int(value["exit_status"]),
        reason=_string(value["reason"]),
        counts={str(name): int(count) for name, count in value["counts"].items()},
        stats=dict(value["stats"]),
    )
