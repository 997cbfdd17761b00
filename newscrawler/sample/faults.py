"""Misbehaviour on demand: which request is answered how badly, and how often.

A fault is `Fault(what, where=…, …)`; `what` is a word of `tamper.TAMPERS` (a wrong but well-formed answer) or `spoil.SPOILS` (a
broken exchange). Several faults may hit one request: tampering comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from newscrawler.sample.answers import Payload
from newscrawler.sample.routes import Question
from newscrawler.sample.spoil import SPOILS
from newscrawler.sample.tamper import TAMPERS
from newscrawler.sample.wire import Answer

LISTS = ("list", "flash")
SHIFT = "shift"
"""The newest `value` rows of a column appear one by one, one for each list request: rows slide to the next page."""
WITHDRAW = "withdraw"
"""The newest `value` rows of a column are taken away one by one, one before each list request but the first: rows slide
to the page before, past whoever has read that."""


@dataclass(slots=True)
class Fault:
    """One misbehaviour, the requests that it hits, and how often."""

    what: str
    where: str = ""
    """`list`, `flash`, `article`, `page`, `robots`, or empty for all of these."""
    host: str = ""
    """Only this host."""
    code: str = ""
    """Only this article; for a list the row that is tampered with (else the first)."""
    channel: str = ""
    """Only lists of this channel: `column:344`, `flash:102`."""
    page: int = 0
    """Only this page of a list."""
    after: int = 0
    """So many matching requests pass first."""
    times: int | None = None
    """So often at most; None for ever."""
    value: str = ""
    """What the misbehaviour needs: seconds, an address, a size; each has a usual value."""
    matched: int = 0
    """Requests matched so far."""
    done: int = 0
    """Requests hit so far."""

    def __post_init__(self) -> None:
        known = [SHIFT, WITHDRAW, *TAMPERS, *SPOILS]
        if self.what not in known:
            raise ValueError(f"no fault is called {self.what!r}; there are {', '.join(sorted(known))}")

    def hits(self, question: Question) -> bool:
        """Whether this request is hit; counts it."""
        listing = question.kind in LISTS
        if (
            question.kind == "other"
            or self.where not in {"", question.kind}
            or self.host not in {"", question.host}
            or (self.channel and self.channel not in question.channels)
            or (self.page and not (listing and question.page == self.page))
            or (self.code and not listing and question.code != self.code)
        ):
            return False
        self.matched += 1
        if self.matched <= self.after or (self.times is not None and self.done >= self.times):
            return False
        self.done += 1
        return True


class Faults:
    """The faults in force."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.active = list(faults)

    def add(self, what: str, **details: Any) -> Fault:
        """Set one more fault and return it, so that its counts can be read."""
        fault = Fault(what, **details)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Behave well again."""
        self.active.clear()

    def replace(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Set the faults from JSON objects; ValueError where one is no fault."""
        known = {field.name for field in fields(Fault)}
        made = []
        for record in records:
            unknown = set(record) - known
            if unknown or "what" not in record:
                raise ValueError(f"no fault: {dict(record)}; its keys are {', '.join(sorted(known))}")
            made.append(Fault(**{**record, "value": str(record.get("value", ""))}))
        self.active = made

    def records(self) -> list[dict[str, Any]]:
        """Return the faults with their counts as JSON objects."""
        return [asdict(fault) for fault in self.active]

    def take(self, question: Question) -> list[Fault]:
        """Return the faults that hit a request, and count them."""
        return [fault for fault in self.active if fault.hits(question)]


def hidden(faults: Iterable[Fault]) -> int:
    """Return how many of the newest rows have not appeared yet, or are gone again."""
    faults = list(faults)
    waiting = sum(max(int(fault.value or 3) - fault.done + 1, 0) for fault in faults if fault.what == SHIFT)
    return waiting + sum(min(int(fault.value or 3), fault.done - 1) for fault in faults if fault.what == WITHDRAW)


def tamper(faults: Iterable[Fault], question: Question, payload: Payload) -> Payload:
    """Make a JSON answer wrong in the ways that were asked for."""
    for fault in faults:
        if fault.what in TAMPERS:
            payload = TAMPERS[fault.what](payload, question.code or fault.code, fault.value)
    return payload


def spoil(faults: Iterable[Fault], question: Question, answer: Answer) -> Answer:
    """Break an exchange in the ways that were asked for."""
    for fault in faults:
        if fault.what in SPOILS:
            SPOILS[fault.what](answer, question, fault.value)
    return answer
