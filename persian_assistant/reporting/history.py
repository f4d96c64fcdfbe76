"""A profile's past, read from its journal and versions: what was learned, refused, forgotten, gone back to.

Only reads, and takes no lock: a chat may be open on the same profile. Of what was said nothing is kept but
numbers; facts are handed on for whoever may show them. Knows nothing of pages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from persian_assistant import disk, journal_file
from persian_assistant.facts.ledger import Ledger
from persian_assistant.journal_state import Entry, State
from persian_assistant.profile import Profile
from persian_assistant.records import Fact
from persian_assistant.versions import Version, VersionStore

SCORES = ("new_recall", "earlier_recall", "perplexity_ratio", "train_loss", "seconds", "scale")


@dataclass(frozen=True)
class Learned:
    """One version that was published, also one whose folder is gone."""

    number: int
    time: float
    """When it was published, in unix seconds."""
    kept: bool
    """Whether its folder is still there: old ones and those that knew something forgotten are removed."""
    scores: dict[str, float] = field(hash=False)
    """Those of `SCORES` that were measured."""
    new_facts: int | None
    """Facts learned in that pass, None where that is not known."""
    facts: int
    """Facts that held then, as far as they are not forgotten since."""


@dataclass(frozen=True)
class Event:
    """Something that happened to what the profile knows.

    `kind`: created, published, rejected, failed, cancelled, running, forgotten, undone, taught, fixed,
    rolled_back. `number` is a version's, of a rolled_back one None for the base model.
    """

    time: float
    kind: str
    number: int | None = None
    reason: str = ""
    facts: int = 0
    exchanges: int = 0


@dataclass(frozen=True)
class Past:
    """All a report tells of one profile. Times in unix seconds, oldest first."""

    profile: Profile
    serving: int | None
    """The version that answers; None for the base model."""
    versions: tuple[Learned, ...]
    events: tuple[Event, ...]
    exchanges: int
    pending: int
    """Whole exchanges that no version has seen."""
    facts: tuple[tuple[Fact, float], ...]
    """The facts that hold now, each with when it was told."""
    damaged_lines: int
    """Lines of the journal that could not be read."""


def read_past(profile: Profile) -> Past:
    """Read everything of a profile. Raises DiskError."""
    entries, state, damaged = _read_journal(profile.journal_path)
    ledger = Ledger()
    for note in state.notes(0):
        ledger.take(note)
    store = VersionStore(profile.path)
    kept = {version.number: version for version in store.list()}
    serving, newest = store.current(), store.newest()
    seen = newest.high_water if newest else 0
    versions = _versions(kept, state, ledger)
    events = [Event(profile.created, "created")] if profile.created else []
    events += [*_passes(state, kept, versions), *_notes(state, ledger), *_steps_back(entries)]
    return Past(
        profile=profile,
        serving=serving.number if serving else None,
        versions=tuple(versions),
        events=tuple(
            sorted(_with_last_step(events, serving, newest, profile.path), key=lambda one: one.time)
        ),
        exchanges=state.count(),
        pending=sum(exchange.complete for exchange in state.exchanges(seen)),
        facts=tuple((fact, ledger.time(fact.id)) for fact in ledger.live()),
        damaged_lines=damaged,
    )


def _read_journal(path: Path) -> tuple[list[Entry], State, int]:
    """Its sound entries in order, what they amount to, and how many lines are not sound."""
    entries: list[Entry] = []
    state = State()

    def take(entry: Entry) -> bool:
        if entry["seq"] <= state.last_seq:
            return False
        state.take(entry)
        entries.append(entry)
        return True

    with disk.disk_errors(path):
        try:
            with path.open("rb") as file:
                _, rest, bad = journal_file.read_lines(file, take)
        except FileNotFoundError:
            return [], state, 0
    # A last line without its end is one that a chat is writing at this moment.
    return entries, state, len(bad) + bool(rest.endswith(b"\n"))


def _versions(kept: Mapping[int, Version], state: State, ledger: Ledger) -> list[Learned]:
    """Those on the disk, and those that the journal says were published."""
    found = {
        number: Learned(
            number,
            version.created,
            True,
            _sound(version.scores),
            _count(version.config.get("counts")),
            len(ledger.live_at(version.high_water)),
        )
        for number, version in kept.items()
    }
    for record in state.passes:
        if record.outcome == "published" and record.version is not None and record.version not in found:
            facts = len(ledger.live_at(record.high_water))
            scores = _sound(record.scores)
            found[record.version] = Learned(record.version, record.time, False, scores, None, facts)
    return [found[number] for number in sorted(found)]


def _sound(scores: Mapping[str, Any]) -> dict[str, float]:
    known = ((name, scores.get(name)) for name in SCORES)
    return {
        name: float(value)
        for name, value in known
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def _count(counts: object) -> int | None:
    facts = counts.get("facts") if isinstance(counts, Mapping) else None
    return facts if isinstance(facts, int) else None


def _passes(state: State, kept: Mapping[int, Version], versions: list[Learned]) -> list[Event]:
    """How each pass ended; and versions that came without one (`train`, `selftrain`)."""
    facts = {version.number: version.new_facts or 0 for version in versions}
    events = []
    told = set()
    for record in state.passes:
        if record.outcome == "published":
            told.add(record.version)
        if record.outcome != "started":
            number = record.version
            count = facts.get(number, 0) if number is not None else 0
            events.append(Event(record.time, record.outcome, number, record.reason or "", facts=count))
    if state.passes and state.passes[-1].outcome == "started":
        events.append(Event(state.passes[-1].time, "running"))
    for number, version in kept.items():
        if number not in told:
            events.append(Event(version.created, "published", number, facts=facts[number]))
    return events


def _notes(state: State, ledger: Ledger) -> list[Event]:
    """What was forgotten, taken back, taught and corrected."""
    events = []
    for note in state.notes(0):
        if note["kind"] == "forget":
            exchanges, facts = len(note["exchanges"]), len(note["facts"])
            events.append(Event(note["time"], "forgotten", facts=facts, exchanges=exchanges))
        elif note["kind"] == "undo":
            events.append(Event(note["time"], "undone"))
        elif note["kind"] in ("teach", "fix"):
            kind = "taught" if note["kind"] == "teach" else "fixed"
            events.append(Event(note["time"], kind))
    return events


def _steps_back(entries: list[Entry]) -> list[Event]:
    """Each /rollback; in a journal from before it had an entry, where answers came from an earlier version.

    After a "forget" a version may have had to go; that is told as forgetting. An answer of the program's own
    is no version's; before it had a mark it was called bad and read at once.
    """
    events = []
    before: int | None = None
    kinds = [entry["kind"] for entry in entries]
    for at, entry in enumerate(entries):
        if entry["kind"] == "forget":
            before = None
        if entry["kind"] == "rollback":
            events.append(Event(entry["time"], "rolled_back", entry["version"]))
            before = None
        own = entry.get("own") or kinds[at + 1 : at + 3] == ["rating", "observed"]
        if entry["kind"] != "assistant" or own:
            continue
        number = entry.get("version")
        number = number if isinstance(number, int) else None
        if before is not None and (number or 0) < before:
            events.append(Event(entry["time"], "rolled_back", number))
        before = number
    return events


def _with_last_step(
    events: list[Event], serving: Version | None, newest: Version | None, folder: Path
) -> list[Event]:
    """And a last one that only the pointer tells, and when it was moved: without an entry or an answer."""
    number = serving.number if serving else None
    steps = [event for event in events if event.kind in ("rolled_back", "published")]
    last = max(steps, key=lambda event: event.time).number if steps else None
    if newest is not None and number != newest.number and (number or 0) < (last or 0):
        with suppress(OSError):
            return [*events, Event((folder / "CURRENT").stat().st_mtime, "rolled_back", number)]
    return events
