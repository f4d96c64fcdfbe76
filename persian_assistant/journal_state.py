"""What the journal's entries amount to: exchanges, passes, and the notes about facts.

One sound entry after the other is taken in; nothing here touches a file. Kinds not named here change
nothing but the number. What the notes mean is `facts.store`'s business.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from persian_assistant.records import Exchange

Entry = dict[str, Any]
PASS_OUTCOMES = ("started", "published", "rejected", "failed", "cancelled")
RATINGS = ("good", "bad", "none")
NOTES = ("teach", "fix", "fact", "forget", "undo", "ended", "observed")
"""Kinds that facts derive from; `Journal.notes` gives them."""


@dataclass(frozen=True)
class PassRecord:
    """One entry about a learning pass.

    `high_water` is the seq of the last exchange the pass looked at. `version` is set when one was
    published, `reason` when none was.
    """

    seq: int
    time: float
    outcome: str
    high_water: int
    version: int | None = None
    reason: str | None = None
    scores: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass
class _Turn:
    time: float
    user: str
    assistant: str | None = None
    interrupted: bool = False
    rating: Literal["good", "bad"] | None = None
    stepped_in: Literal["answered", "distress"] | None = None

    def exchange(self, seq: int) -> Exchange:
        said = (self.user, self.assistant, self.interrupted)
        return Exchange(seq, self.time, *said, self.rating, self.stepped_in)


class State:
    """Grows with what was said; each question below costs what it gives back, not what lies behind."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.last_clear = 0
        self.passes: list[PassRecord] = []
        self.unredacted: list[int] = []
        """Numbers of "forget" entries whose words still stand in the file."""
        self._turns: dict[int, _Turn] = {}
        self._seqs: list[int] = []  # of all user entries, also of those that are gone
        self._notes: list[Entry] = []
        self._note_seqs: list[int] = []

    # --- asking

    def exchange(self, seq: int) -> Exchange | None:
        turn = self._turns.get(seq)
        return turn.exchange(seq) if turn is not None else None

    def count(self) -> int:
        """How many exchanges there are."""
        return len(self._turns)

    def exchanges(self, after: int) -> list[Exchange]:
        """Those whose user entry comes after seq `after`, oldest first."""
        later = self._seqs[bisect_right(self._seqs, after) :]
        return [self._turns[seq].exchange(seq) for seq in later if seq in self._turns]

    def backwards(self, before: int) -> Iterator[Exchange]:
        """Those whose user entry comes before seq `before`, newest first."""
        for place in range(bisect_right(self._seqs, before - 1) - 1, -1, -1):
            if (turn := self._turns.get(self._seqs[place])) is not None:
                yield turn.exchange(self._seqs[place])

    def notes(self, after: int) -> list[Entry]:
        """The entries of `NOTES` with a number after `after`, oldest first."""
        return self._notes[bisect_right(self._note_seqs, after) :]

    # --- taking in

    def take(self, entry: Entry) -> None:
        """Follow one sound entry."""
        seq, kind = entry["seq"], entry["kind"]
        self.last_seq = seq
        if kind in NOTES:
            self._notes.append(entry)
            self._note_seqs.append(seq)
        if kind == "user":
            if not entry.get("redacted"):
                self._turns[seq] = _Turn(entry["time"], entry["content"])
                self._seqs.append(seq)
        elif kind == "assistant":
            self._answered(entry["reply_to"], entry["content"], entry.get("interrupted", False))
            if entry.get("own") and (turn := self._turns.get(entry["reply_to"])) is not None:
                turn.stepped_in = "answered"
        elif kind == "fix":
            self._answered(entry["target"], entry["reply"], False)
        elif kind == "rating":
            if (turn := self._turns.get(entry["target"])) is not None:
                turn.rating = entry["value"] if entry["value"] != "none" else None
                turn.stepped_in = "distress" if entry.get("by") == "distress" else turn.stepped_in
        elif kind == "undo":
            self._turns.pop(entry["target"], None)
        elif kind == "forget":
            for gone in entry["exchanges"]:
                self._turns.pop(gone, None)
            if not entry.get("redacted"):
                self.unredacted.append(seq)
        elif kind == "clear":
            self.last_clear = seq
        elif kind == "pass":
            self.passes.append(_pass_record(entry))

    def _answered(self, seq: int, content: str, interrupted: bool) -> None:
        """The answer to a turn, in place of the one before and of what was thought of that."""
        if (turn := self._turns.get(seq)) is not None:
            turn.assistant, turn.interrupted = content, interrupted
            turn.rating = turn.stepped_in = None


def _pass_record(entry: Entry) -> PassRecord:
    return PassRecord(
        entry["seq"],
        entry["time"],
        entry["outcome"],
        entry["high_water"],
        entry.get("version"),
        entry.get("reason"),
        entry.get("scores") or {},
    )


# --- what a sound entry has -------------------------------------------------------------------------


def well_formed(entry: Entry) -> bool:
    """Whether the fields are those of the kind. Raises KeyError where one is missing."""
    kind = entry["kind"]
    if not (isinstance(kind, str) and _is_int(entry["seq"]) and entry["seq"] >= 1):
        return False
    if not isinstance(entry["time"], (int, float)):
        return False
    if kind == "assistant":
        signs = (entry.get("interrupted", False), entry.get("own", False))
        sound = all(isinstance(sign, bool) for sign in signs)
        return _texts(entry, "content") and _is_int(entry["reply_to"]) and sound
    if kind == "pass":
        return (
            entry["outcome"] in PASS_OUTCOMES
            and _is_int(entry["high_water"])
            and (entry.get("version") is None or _is_int(entry["version"]))
            and isinstance(entry.get("scores") or {}, dict)
        )
    if kind == "rating":
        return _is_int(entry["target"]) and entry["value"] in RATINGS
    if kind == "rollback":
        return entry["version"] is None or _is_int(entry["version"])
    if kind == "fact":
        return _well_formed_fact(entry)
    if kind == "ended":
        return _is_int(entry["source"]) and _list_of(entry["facts"], str)
    if kind == "forget":
        return _list_of(entry["exchanges"], int) and _list_of(entry["facts"], str)
    texts, numbers = _FIELDS.get(kind, ((), ()))
    return _texts(entry, *texts) and all(_is_int(entry[name]) for name in numbers)


_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "user": (("content",), ()),
    "teach": (("question", "answer"), ()),
    "fix": (("reply", "rejected"), ("target",)),
    "undo": ((), ("target",)),
    "observed": ((), ("upto",)),
}
_FACT_TEXTS = ("fact_id", "fact_kind", "subject", "attribute", "value", "sentence", "key")


def _well_formed_fact(entry: Entry) -> bool:
    details, supersedes = entry["details"], entry["supersedes"]
    return (
        _texts(entry, *_FACT_TEXTS)
        and entry["fact_kind"] in ("stated", "taught", "fixed")
        and _is_int(entry["source"])
        and isinstance(entry["single"], bool)
        and isinstance(details, dict)
        and all(isinstance(value, str) for value in details.values())
        and (supersedes is None or isinstance(supersedes, str))
        and _list_of(entry.get("retires", []), str)
        and isinstance(entry.get("edited", False), bool)
    )


def _texts(entry: Entry, *names: str) -> bool:
    return all(isinstance(entry[name], str) for name in names)


def _list_of(value: object, kind: type) -> bool:
    return isinstance(value, list) and all(
        _is_int(item) if kind is int else isinstance(item, kind) for item in value
    )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
