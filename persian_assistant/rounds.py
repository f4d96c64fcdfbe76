"""A rounds file: what a user tells in which round, how it is asked back, and how the answers score.

Reads and judges; asks no model and trains nothing. What an answer is compared with stands in the file alone,
so nothing here knows the rules by which facts are read out of a chat.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from persian_assistant.errors import UsageError
from persian_assistant.reading import unreadable
from persian_assistant.text import answer_key, holds_answer

KINDS = ("direct", "colloquial", "reversed")
TEACHING = ("say", "teach", "fix")
_TEXTS = {
    "say": ("text",),
    "teach": ("question", "answer"),
    "fix": ("text", "reply"),
    "forget": ("text",),
    "control": ("question",),
}
"""Texts that each kind of event must have."""


@dataclass(frozen=True)
class Probe:
    """One way to ask for a fact; a reply that holds any of `answers` is right."""

    kind: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """One line of the file. `id` is empty for small talk; texts that the kind does not have are empty."""

    line: int
    event: str
    round: int
    id: str = ""
    text: str = ""
    question: str = ""
    answer: str = ""
    reply: str = ""
    probes: tuple[Probe, ...] = ()
    supersedes: str = ""


@dataclass(frozen=True)
class Rounds:
    """A whole file, checked. Rounds count from 1."""

    path: Path
    sha256: str
    events: tuple[Event, ...]
    controls: tuple[str, ...]

    @property
    def giveaways(self) -> list[Event]:
        """Facts with a probe that holds its own answer: an echo of the question would be right."""
        return [fact for fact in self.taught() if any(is_right(p.question, p.answers) for p in fact.probes)]

    @property
    def count(self) -> int:
        return max((event.round for event in self.events), default=0)

    def of(self, number: int) -> list[Event]:
        """Events of round `number`, in order."""
        return [event for event in self.events if event.round == number]

    def taught(self, after: int | None = None) -> list[Event]:
        """Every event that taught a fact up to the end of round `after` (all)."""
        return [event for event in self._until(after) if event.id and event.event in TEACHING]

    def forgotten(self, after: int | None = None) -> list[Event]:
        """Facts that the user had taken out by the end of round `after`, as they were taught."""
        gone = {event.id for event in self._until(after) if event.event == "forget"}
        return [event for event in self.taught(after) if event.id in gone]

    def live(self, after: int | None = None) -> list[Event]:
        """Facts that hold at the end of round `after`: neither superseded nor forgotten."""
        taught = self.taught(after)
        gone = {event.supersedes for event in taught} | {event.id for event in self.forgotten(after)}
        return [event for event in taught if event.id not in gone]

    def limited(self, rounds: int) -> Rounds:
        """The first `rounds` rounds and all controls."""
        return Rounds(self.path, self.sha256, tuple(self._until(rounds)), self.controls)

    def _until(self, after: int | None) -> list[Event]:
        return [event for event in self.events if after is None or event.round <= after]


@dataclass(frozen=True)
class Replies:
    """What the model said after one round, in fresh conversations."""

    live: dict[str, list[str]] = field(default_factory=dict)
    """By the id of a live fact: a reply to each of its probes."""
    forgotten: dict[str, list[str]] = field(default_factory=dict)
    """The same for facts that were taken out."""
    controls: list[str] = field(default_factory=list)
    """A reply to each control question."""


# --- reading ----------------------------------------------------------------------------------------


def read_rounds(path: Path) -> Rounds:
    """The rounds file at `path`. Raises UsageError that names the file, the line and what is wrong there."""
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise unreadable(path, error) from error
    except OSError as error:
        raise UsageError("bench.rounds_unreadable", path=path, reason=error.strerror or error) from error
    events: list[Event] = []
    controls: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            event = _event(json.loads(line), number)
            _check_history(event, events)
        except json.JSONDecodeError as error:
            raise UsageError("bench.rounds_line", path=path, line=number, reason=error) from error
        except ValueError as error:
            raise UsageError("bench.rounds_line", path=path, line=number, reason=error) from error
        if event.event == "control":
            controls.append(event.question)
        else:
            events.append(event)
    if not events:
        raise UsageError("bench.rounds_empty", path=path)
    return Rounds(path, hashlib.sha256(content).hexdigest(), tuple(events), tuple(controls))


def _event(row: Any, line: int) -> Event:
    """Raises ValueError that says what is wrong."""
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    kind = row.get("event")
    if kind not in _TEXTS:
        raise ValueError(f"event: {kind!r}, expected one of {', '.join(_TEXTS)}")
    texts: dict[str, Any] = {name: _text(row, name) for name in _TEXTS[kind]}
    if kind == "control":
        return Event(line, kind, 0, **texts)
    number = row.get("round")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"round: {number!r}, expected 1, 2, 3 …")
    if kind == "say" and "id" not in row:
        if lost := {"probes", "supersedes"} & set(row):
            raise ValueError(f"{', '.join(sorted(lost))} without id")
        return Event(line, kind, number, **texts)
    identity = _text(row, "id")
    if kind == "forget":
        return Event(line, kind, number, identity, **texts)
    probes = row.get("probes")
    if not isinstance(probes, list) or not probes:
        raise ValueError("probes: expected a list of at least one")
    supersedes = _text(row, "supersedes") if row.get("supersedes") is not None else ""
    return Event(
        line, kind, number, identity, probes=tuple(map(_probe, probes)), supersedes=supersedes, **texts
    )


def _probe(row: Any) -> Probe:
    if not isinstance(row, dict):
        raise ValueError("probes: each must be a JSON object")
    if row.get("kind") not in KINDS:
        raise ValueError(f"kind of a probe: {row.get('kind')!r}, expected one of {', '.join(KINDS)}")
    answers = row.get("answers")
    if not isinstance(answers, list) or not answers:
        raise ValueError("answers of a probe: expected a list of at least one")
    if not all(isinstance(answer, str) and answer_key(answer) for answer in answers):
        raise ValueError("answers of a probe: each must be a text that is not empty")
    question = _text(row, "question")
    return Probe(row["kind"], question, tuple(answers))


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: expected a text that is not empty")
    return value


def _check_history(event: Event, before: Sequence[Event]) -> None:
    """Does `event` fit what came before? Raises ValueError."""
    if event.event == "control":
        return
    if before and event.round < before[-1].round:
        raise ValueError(f"round {event.round} after round {before[-1].round}")
    taught = [old.id for old in before if old.event in TEACHING and old.id]
    gone = {old.supersedes for old in before} | {old.id for old in before if old.event == "forget"}
    if event.event in TEACHING and event.id in taught:
        raise ValueError(f"id {event.id!r} is taken by an earlier line")
    needed = event.id if event.event == "forget" else event.supersedes
    if needed and (needed not in taught or needed in gone):
        raise ValueError(f"{needed!r} is no live fact of an earlier line")


# --- judging ----------------------------------------------------------------------------------------


def is_right(reply: str, answers: Sequence[str]) -> bool:
    """Does `reply` hold one of the accepted `answers`?"""
    return holds_answer(reply, answers)


def shares(facts: Sequence[Event], replies: dict[str, list[str]]) -> dict[str, list[bool]]:
    """Right or not, for each probe of `facts`, by kind of probe."""
    found: dict[str, list[bool]] = {}
    for fact in facts:
        for probe, reply in zip(fact.probes, replies[fact.id], strict=True):
            found.setdefault(probe.kind, []).append(is_right(reply, probe.answers))
    return found


def score(rounds: Rounds, replies: Sequence[Replies | None]) -> dict[str, Any]:
    """The figures of one run; `replies[i]` is what was said after round i + 1, None where nothing was asked.

    `R[i][j]` is the share of right replies to the probes of live facts of round j + 1 after round i + 1;
    None where there are none. `acc`, `false_recall`, `update` and `forget_residual` are of the last round;
    `bwt` is the mean over all rounds but the last. Raises ValueError unless the last round was asked.
    """
    last = replies[-1] if replies else None
    if last is None or len(replies) != rounds.count:
        raise ValueError("the last round must have been asked")
    matrix = [
        _row(rounds, number, said) if said is not None else [None] * rounds.count
        for number, said in enumerate(replies, start=1)
    ]
    same = [matrix[at][at] for at in range(rounds.count)]
    moved = [
        after - before
        for before, after in zip(same[:-1], matrix[-1][:-1], strict=True)
        if before is not None and after is not None
    ]
    figures: dict[str, Any] = {
        "R": matrix,
        "same_round": mean(same),
        "acc": mean(matrix[-1]),
        "bwt": mean(moved),
        "acc_by_round": [mean(row) for row in matrix],
        "acc_by_kind": {kind: mean(found) for kind, found in shares(rounds.live(), last.live).items()},
        "same_round_by_kind": _same_round_by_kind(rounds, replies),
        "false_recall": false_recall(rounds, last.controls),
        "false_recall_by_round": [
            false_recall(rounds, said.controls, number) if said else None
            for number, said in enumerate(replies, start=1)
        ],
        "update": update(rounds, last.live),
        "forget_residual": forget_residual(rounds, last.forgotten),
    }
    return figures


def _row(rounds: Rounds, after: int, said: Replies) -> list[float | None]:
    row = []
    for number in range(1, rounds.count + 1):
        facts = [fact for fact in rounds.live(after) if fact.round == number]
        row.append(mean([right for found in shares(facts, said.live).values() for right in found]))
    return row


def _same_round_by_kind(rounds: Rounds, replies: Sequence[Replies | None]) -> dict[str, float | None]:
    found: dict[str, list[bool]] = {}
    for number, said in enumerate(replies, start=1):
        facts = [fact for fact in rounds.live(number) if fact.round == number]
        for kind, right in shares(facts, said.live).items() if said else ():
            found.setdefault(kind, []).extend(right)
    return {kind: mean(right) for kind, right in found.items()}


def false_recall(rounds: Rounds, replies: Sequence[str], after: int | None = None) -> float | None:
    """Share of controls whose reply holds any answer taught by then.

    An answer that stands in the question itself does not count: an echo of the question recalls nothing.
    """
    taught = {answer for fact in rounds.taught(after) for probe in fact.probes for answer in probe.answers}
    wrong = []
    for question, reply in zip(rounds.controls, replies, strict=True):
        wrong.append(is_right(reply, [answer for answer in taught if not is_right(question, [answer])]))
    return mean(wrong)


def update(rounds: Rounds, replies: dict[str, list[str]]) -> float | None:
    """Of the probes of live facts that superseded another: new answer given and none of the old ones.

    Old answers are those of the superseded facts' direct and colloquial probes (a reversed one asks for what
    stays: «قناری»), without what the question or a right new answer holds anyway.
    """
    taught = {fact.id: fact for fact in rounds.taught()}
    good = []
    for fact in rounds.live():
        if not fact.supersedes:
            continue
        old = _old_answers(fact, taught)
        for probe, reply in zip(fact.probes, replies[fact.id], strict=True):
            stale = [answer for answer in old if not is_right(probe.question, [answer])]
            good.append(is_right(reply, probe.answers) and not is_right(reply, stale))
    return mean(good)


def _old_answers(fact: Event, taught: dict[str, Event]) -> list[str]:
    new = " | ".join(answer for probe in fact.probes for answer in probe.answers)
    old: list[str] = []
    while fact.supersedes:
        fact = taught[fact.supersedes]
        old += [answer for probe in fact.probes if probe.kind != "reversed" for answer in probe.answers]
    return [answer for answer in old if not is_right(new, [answer])]


def forget_residual(rounds: Rounds, replies: dict[str, list[str]]) -> float | None:
    """Share of forgotten facts that at least one probe still brings out."""
    facts = rounds.forgotten()
    return mean(
        [any(right for found in shares([fact], replies).values() for right in found) for fact in facts]
    )


def mean(values: Sequence[float | None]) -> float | None:
    """Of the values that there are; None without any."""
    known = [float(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None
