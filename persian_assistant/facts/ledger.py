"""Which facts there are and which of them hold, from the journal's notes alone, one note after the other.

Knows nothing of files or of how a fact is read from a text.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from typing import Any

from persian_assistant.records import Fact

Entry = dict[str, Any]


def entry_fields(fact: Fact, source: int, retires: list[str], edited: bool = False) -> dict[str, Any]:
    """The fields of a "fact" entry of the journal; `Ledger.take` reads them back."""
    fields: dict[str, Any] = {
        "fact_id": fact.id,
        "source": source,
        "fact_kind": fact.kind,
        "subject": fact.subject,
        "attribute": fact.attribute,
        "value": fact.value,
        "sentence": fact.sentence,
        "key": fact.key,
        "single": fact.single,
        "details": dict(fact.details),
        "supersedes": fact.supersedes,
    }
    if retires:
        fields["retires"] = retires
    return fields | ({"edited": True} if edited else {})


@dataclass
class _Record:
    fact: Fact
    time: float
    source: int
    """Number of the entry whose words it came from: a turn, a "teach", a "fix"."""
    retires: tuple[str, ...]


class Ledger:
    """Grows with the facts told, never with the exchanges; taking a note costs what its own key costs."""

    def __init__(self) -> None:
        self.upto = 0
        """The last turn that was read for facts, as far as the notes tell."""
        self.touched: list[str] = []
        """Ids in the order in which their standing changed; whoever indexes facts reads on from here."""
        self.teaches: dict[int, Entry] = {}
        self.fixes: dict[int, Entry] = {}
        self._records: dict[str, _Record] = {}
        self._chains: dict[str, list[str]] = {}
        self._by_source: dict[int, list[str]] = {}
        self._numbers: dict[int, int] = {}
        """Source → the last number given to a fact of it, also to one that is gone."""
        self._live: dict[str, None] = {}
        self._gone: dict[str, int] = {}
        """Id → number of the entry that took the fact away."""
        self._order: list[tuple[int, int, str]] = []
        """Of every fact that was written: its place, and its id."""
        self._sources_gone: dict[int, int] = {}
        self._undone: set[int] = set()
        self._undone_at: list[tuple[int, int]] = []
        """(number of the entry, source) of what was undone, in the order of the entries."""
        self._forgotten_at: list[tuple[int, int]] = []
        self._retired: dict[str, list[str]] = {}
        self._ended: dict[str, list[int]] = {}
        """Id → the turns that say that it is otherwise now, though no rule reads how."""
        self._fixes_of: dict[int, list[int]] = {}

    # --- asking

    def get(self, fact_id: str) -> Fact | None:
        """A fact that was not taken away, whether it holds or was superseded."""
        record = self._records.get(fact_id)
        return record.fact if record is not None and fact_id not in self._gone else None

    def source(self, fact_id: str) -> int:
        return self._records[fact_id].source

    def time(self, fact_id: str) -> float:
        return self._records[fact_id].time

    def is_live(self, fact_id: str) -> bool:
        return fact_id in self._live

    def is_ended(self, fact_id: str) -> bool:
        """Whether a turn took its place without a fact of its own that does."""
        return fact_id not in self._gone and self._ended_in(fact_id, 0)

    def ended_by(self, source: int) -> list[str]:
        """The facts that the turn `source` ended."""
        return [one for one, sources in self._ended.items() if source in sources]

    def live(self) -> list[Fact]:
        return sorted((self._records[one].fact for one in self._live), key=_place)

    def count(self) -> int:
        """How many facts hold."""
        return len(self._live)

    def since(self, seq: int) -> list[Fact]:
        """The facts that hold and were told after `seq`; costs what was told after it."""
        later = self._order[bisect_right(self._order, (seq + 1,)) :]
        return [self._records[one].fact for _, _, one in later if one in self._live]

    def all(self) -> list[Fact]:
        return sorted((r.fact for one, r in self._records.items() if one not in self._gone), key=_place)

    def of_source(self, source: int) -> list[Fact]:
        """Facts that came from the entry `source` and were not taken away."""
        return [self._records[one].fact for one in self._by_source.get(source, ()) if one not in self._gone]

    def next_id(self, source: int) -> str:
        return f"{source}.{self._numbers.get(source, 0) + 1}"

    def chain(self, key: str) -> list[Fact]:
        """Facts about one thing that were not taken away, oldest first."""
        return [self._records[one].fact for one in self._chains.get(key, ()) if one not in self._gone]

    def retired_by(self, fact_id: str) -> list[str]:
        return [one for one in self._records[fact_id].retires if one in self._records]

    def replaced_by(self, fact: Fact) -> Fact | None:
        """What stands in the place of a fact that does not hold any more."""
        for other in self._retired.get(fact.id, ()):
            if other not in self._gone:
                return self._records[other].fact
        later = [one for one in self.chain(fact.key) if _place(one) > _place(fact)]
        return later[-1] if later and later[-1].single else None

    def live_at(self, high_water: int) -> list[Fact]:
        """The facts that held when the entry numbered `high_water` was the last one."""

        def there(fact_id: str) -> bool:
            fact = self._records[fact_id].fact
            return fact.seq <= high_water and self._gone.get(fact_id, high_water + 1) > high_water

        found: list[Fact] = []
        for ids in self._chains.values():
            known = [self._records[one].fact for one in ids if there(one)]
            known = known[-1:] if known and known[-1].single else known
            found += [
                one
                for one in known
                if not any(map(there, self._retired.get(one.id, ())))
                and not self._ended_in(one.id, 0, high_water)
            ]
        return sorted(found, key=_place)

    def superseded_since(self, seq: int) -> list[Fact]:
        """Facts told up to `seq` in whose place another one came after it."""
        pairs = ((fact, self.replaced_by(fact)) for fact in self.all() if fact.seq <= seq)
        return [
            fact
            for fact, other in pairs
            if (other is not None and other.seq > seq) or self._ended_in(fact.id, seq)
        ]

    def forgotten_since(self, seq: int) -> list[int]:
        """Numbers up to `seq` of the turns and lessons that were forgotten after it; not of undone ones."""
        return _taken_back(self._forgotten_at, seq)

    def undone_since(self, seq: int) -> list[int]:
        """Numbers up to `seq` of the turns and lessons that were undone after it."""
        return _taken_back(self._undone_at, seq)

    def last_forgotten(self) -> int:
        """Number of the last entry that made something forgotten, 0 where nothing was."""
        return self._forgotten_at[-1][0] if self._forgotten_at else 0

    def gone(self, source: int) -> bool:
        return source in self._sources_gone

    def lessons_of(self, turn: int) -> list[int]:
        """Numbers of the "fix" entries about a turn."""
        return self._fixes_of.get(turn, [])

    # --- taking in

    def take(self, note: Entry) -> None:
        """Follow one note of the journal."""
        seq, kind = note["seq"], note["kind"]
        if kind == "observed":
            self.upto = max(self.upto, note["upto"])
        elif kind == "undo":
            self._undo(note["target"], seq)
        elif kind == "ended":
            for one in note["facts"]:
                if one in self._records:  # its words may have been forgotten since
                    self._ended.setdefault(one, []).append(note["source"])
                    self._settle(one)
        elif kind == "forget":
            self._forgotten_at += [(seq, one) for one in _sources(note["exchanges"], note["facts"])]
            self._take_away(note["exchanges"], note["facts"], seq)
        elif kind == "fact":
            if not note.get("edited") and note["fact_kind"] == "stated":
                self.upto = max(self.upto, note["source"])
            number = int(note["fact_id"].partition(".")[2] or 0)
            self._numbers[note["source"]] = max(number, self._numbers.get(note["source"], 0))
            if not note.get("redacted"):
                self._add(note)
        elif not note.get("redacted"):
            if kind == "teach":
                self.teaches[seq] = note
            elif kind == "fix":
                self.fixes[seq] = note
                self._fixes_of.setdefault(note["target"], []).append(seq)

    def _add(self, note: Entry) -> None:
        edited, source = note.get("edited", False), note["source"]
        fact = Fact(
            id=note["fact_id"],
            seq=note["seq"] if edited else source,
            kind=note["fact_kind"],
            subject=note["subject"],
            attribute=note["attribute"],
            value=note["value"],
            sentence=note["sentence"],
            key=note["key"],
            single=note["single"],
            details=dict(note["details"]),
            supersedes=note["supersedes"],
        )
        if fact.id in self._records:  # the same words read twice
            return
        record = _Record(fact, note["time"], source, tuple(note.get("retires", ())))
        self._records[fact.id] = record
        insort(self._order, (*_place(fact), fact.id))
        self._by_source.setdefault(source, []).append(fact.id)
        chain = self._chains.setdefault(fact.key, [])
        chain.append(fact.id)
        chain.sort(key=lambda one: _place(self._records[one].fact))
        for other in record.retires:
            self._retired.setdefault(other, []).append(fact.id)
        if source in self._undone:
            self._gone[fact.id] = self._sources_gone[source]
        self._settle(fact.id)

    def _undo(self, turn: int, seq: int) -> None:
        sources = [turn, *self._fixes_of.get(turn, ())]
        self._undone_at += [(seq, one) for one in sources if one not in self._undone]
        self._undone.update(sources)
        self._take_away(sources, [one for source in sources for one in self._by_source.get(source, ())], seq)

    def _take_away(self, turns: list[int], facts: list[str], seq: int) -> None:
        for source in _sources(turns, facts):
            self._sources_gone.setdefault(source, seq)
        for one in facts:
            self._gone.setdefault(one, seq)
        ended = [one for source in _sources(turns, facts) for one in self.ended_by(source)]
        for one in (*facts, *ended):
            if one in self._records:
                self._settle(one)

    def _ended_in(self, fact_id: str, after: int, upto: int | None = None) -> bool:
        """Whether a turn with a number above `after`, at most `upto`, that was not taken back ended it."""
        sources = (one for one in self._ended.get(fact_id, ()) if one not in self._sources_gone)
        return any(one > after and (upto is None or one <= upto) for one in sources)

    def _settle(self, fact_id: str) -> None:
        """Find anew which facts of the same key hold, and which of those this one retired."""
        record = self._records[fact_id]
        keys = {record.fact.key, *(self._records[one].fact.key for one in self.retired_by(fact_id))}
        for key in keys:
            there = self.chain(key)
            holding = there[-1:] if there and there[-1].single else there
            live = {
                fact.id
                for fact in holding
                if not any(other not in self._gone for other in self._retired.get(fact.id, ()))
                and not self._ended_in(fact.id, 0)
            }
            for one in self._chains[key]:
                if (one in live) != (one in self._live):
                    self.touched.append(one)
                if one in live:
                    self._live[one] = None
                else:
                    self._live.pop(one, None)


def _place(fact: Fact) -> tuple[int, int]:
    return fact.seq, int(fact.id.partition(".")[2] or 0)


def _sources(turns: list[int], facts: list[str]) -> list[int]:
    """The entries that these turns are and these facts came from, each once."""
    return list(dict.fromkeys((*turns, *(int(one.partition(".")[0]) for one in facts))))


def _taken_back(gone: list[tuple[int, int]], seq: int) -> list[int]:
    """Of pairs (entry, source) in the order of entries: the sources up to `seq` with an entry after it."""
    later = gone[bisect_right(gone, (seq + 1,)) :]
    return sorted({source for _, source in later if source <= seq})
