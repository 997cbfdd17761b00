"""Health gates: what a run is measured by, as a table, and pure functions over what was counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

NAMED_ONLY, PARTLY, LAYOUT = 0, 3, 6
"""Exit statuses of a failing gate (`newscrawler.outcome` has them all): named in the summary only, not whole, shape."""
FIELDS: Mapping[str, str] = {"title": "text", "date": "dates", "body": "body", "media": ""}
"""Fields that every article should have, and the stage that refuses one without it."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Usual:
    """What is so now, against what was usual at this hour of this weekday; the unit is the gate's."""

    now: float
    usual: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run is judged by."""

    stored: int = 0
    """Articles that passed every stage."""
    answered: int = 0
    """Those of them whose text is an answer of its own and not a list row's, which often names no publisher."""
    present: Mapping[str, int] = field(default_factory=dict)
    """Stored articles that have a field; `media` of `answered` only."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Articles that a stage refused, by its word."""
    from_page: int = 0
    """Stored articles whose text is the desktop page's."""
    read: int = 0
    """Article answers that could be read."""
    unreadable: int = 0
    """Articles whose answers no longer had the shape we know."""
    pending: int = 0
    """Articles that this run left pending."""
    quiet: bool = True
    """Nothing was new: nothing stored, nothing left pending."""
    volume: Usual | None = None
    """Articles of the last whole hour; None: not to be judged."""
    ages: Mapping[str, Usual] = field(default_factory=dict)
    """Age of the newest article of each channel, in hours; channels that are not to be judged are missing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement: `part` of `whole`, about a channel or about the whole run (empty)."""

    part: float
    whole: float
    about: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing a run is judged by."""

    name: str
    measure: Callable[[Snapshot], Iterable[Reading]]
    says: str
    """What is wrong where it fails; `{part}`, `{whole}`, `{share}` and `{about}` are filled in."""
    status: int
    """Exit status of a run that fails it; 0: it is only named."""
    at_least: float | None = None
    at_most: float | None = None
    """Threshold of part / whole, either."""
    least: float = 1
    """Not judged where `whole` is smaller: too little to say anything."""
    spare: int = 0
    """So many articles without it are an accident, however few there are."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run stands at a gate."""

    name: str
    """The gate's, and the channel it is about: `media`, `freshness column:344`."""
    passed: bool
    line: str
    """In one line: what was measured, and what would be right."""
    status: int
    """The exit status that a failure asks for."""
    value: float


def _field(name: str) -> Callable[[Snapshot], Iterable[Reading]]:
    def measure(seen: Snapshot) -> Iterable[Reading]:
        present = seen.present.get(name, 0)
        yield Reading(present, (seen.answered if name == "media" else seen.stored) + seen.refused.get(FIELDS[name], 0))

    return measure


def _shape(seen: Snapshot) -> Iterable[Reading]:
    yield Reading(seen.unreadable, seen.unreadable + seen.read)


def _pending(seen: Snapshot) -> Iterable[Reading]:
    yield Reading(seen.pending, seen.pending + seen.stored)


def _page(seen: Snapshot) -> Iterable[Reading]:
    yield Reading(seen.from_page, seen.answered)


def _volume(seen: Snapshot) -> Iterable[Reading]:
    if seen.volume is not None and not seen.quiet:
        yield Reading(seen.volume.now, seen.volume.usual)


def _freshness(seen: Snapshot) -> Iterable[Reading]:
    if not seen.quiet:
        yield from (Reading(age.now, age.usual, channel) for channel, age in seen.ages.items())


GATES = (
    Gate("title", _field("title"), "{part:.0f} of {whole:.0f} articles have a title", LAYOUT, at_least=0.99, spare=2),
    Gate("date", _field("date"), "{part:.0f} of {whole:.0f} articles have a time", LAYOUT, at_least=0.99, spare=2),
    Gate("body", _field("body"), "{part:.0f} of {whole:.0f} articles have a body", LAYOUT, at_least=0.99, spare=2),
    Gate("media", _field("media"), "{part:.0f} of {whole:.0f} articles name a publisher", LAYOUT, at_least=0.99, spare=2),
    Gate("shape", _shape, "{part:.0f} of {whole:.0f} articles lost the shape we know", LAYOUT, at_most=0.5, least=3),
    Gate("volume", _volume, "{part:.0f} articles in the last whole hour, {whole:.0f} are usual", PARTLY, at_least=0.2, least=10),
    Gate("freshness", _freshness, "{about}: no article for {part:.1f} h, {whole:.1f} h are usual", PARTLY, at_most=3),
    Gate("pending", _pending, "{part:.0f} of {whole:.0f} articles were left pending", PARTLY, at_most=0.05, least=20),
    # What is stored is whole, so this one decides nothing; but the next change of the page would cost the news.
    Gate("page", _page, "{part:.0f} of {whole:.0f} articles came from the page, not from the API", NAMED_ONLY, at_most=0.2, least=20),
)  # fmt: skip
"""Every gate, those first that decide first."""


def judge(seen: Snapshot, gates: Iterable[Gate] = GATES) -> list[Verdict]:
    """Return how a run stands at every gate that can be judged.

    Args:
        seen: what was counted.
        gates: the table.

    Returns:
        Verdicts in the order of the table; of what is too little to judge there is none.
    """
    return [_verdict(gate, reading) for gate in gates for reading in gate.measure(seen) if reading.whole >= gate.least]


def _verdict(gate: Gate, reading: Reading) -> Verdict:
    share = reading.part / reading.whole if reading.whole else 0.0
    if gate.at_least is not None:
        passed = share >= gate.at_least or reading.whole - reading.part <= gate.spare
        right = f"right is at least {gate.at_least:.0%}"
    else:
        most = gate.at_most if gate.at_most is not None else float("inf")
        passed = share <= most
        right = f"right is at most {most:.0%}" if most <= 1 else f"right is at most {most:g} times that"
    said = gate.says.format(part=reading.part, whole=reading.whole, share=share, about=reading.about)
    name = f"{gate.name} {reading.about}".strip()
    return Verdict(name, passed, f"{said}; {right}", gate.status, round(share, 4))


def failed(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that failed."""
    return [verdict for verdict in verdicts if not verdict.passed]
