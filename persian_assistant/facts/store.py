"""The facts of a profile: read out of turns, taught, corrected, edited, forgotten; all from the journal.

What is known is folded from the journal's notes and followed one by one, so that a turn costs the same
however long the history is. Knows nothing of models, prompts or screens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal

from persian_assistant.distress import speaks_of_distress
from persian_assistant.facts import extraction, morphology
from persian_assistant.facts.ledger import Ledger, entry_fields
from persian_assistant.facts.replacements import moves
from persian_assistant.facts.search import Matches, matching
from persian_assistant.facts.stems import same
from persian_assistant.facts.telling import stumbled, with_value
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange, Fact

Draft = extraction.Draft
Read = Callable[..., Sequence[Draft]]
BEFORE = 8
"""Earlier turns of the conversation that the reader is shown."""
MARK_EVERY = 50
"""Turns without a fact after which the journal is told that they were read."""
ABOUT = "about"
"""In a taught fact's details: the key of what its answer states, so that a later word on it replaces it."""


class FactStore:
    """What the user told. Threads may share one; one process writes a journal.

    `read(text, previous=…)` makes drafts of facts from a turn.
    """

    def __init__(self, journal: Journal, read: Read = extraction.read) -> None:
        self.journal = journal
        self._read = read
        self._lock = threading.RLock()
        self._ledger = Ledger()
        self._generation = -1
        self._noted = 0
        self._unmarked = 0
        with self._lock:
            self._follow()
            for number in journal.unredacted():  # the process ended between the word and the deed
                self._redact(number)

    # --- what is known

    def live(self) -> list[Fact]:
        """The facts that hold now, in the order they were told."""
        return self._follow().live()

    def all(self) -> list[Fact]:
        """Also the superseded ones, in the order they were told; not what was forgotten or undone."""
        return self._follow().all()

    def get(self, fact_id: str) -> Fact | None:
        """A fact that holds or was superseded; None for anything else."""
        return self._follow().get(fact_id)

    def is_live(self, fact_id: str) -> bool:
        return self._follow().is_live(fact_id)

    def is_recalled(self, fact_id: str) -> bool:
        """Whether it holds, or was ended by a turn that the memory weighs against it."""
        ledger = self._follow()
        return ledger.is_live(fact_id) or ledger.is_ended(fact_id)

    def live_at(self, high_water: int) -> list[Fact]:
        """The facts that held when the journal's entry `high_water` was the last one."""
        return self._follow().live_at(high_water)

    def since(self, high_water: int) -> list[Fact]:
        """The facts that hold now and were told after the journal's entry `high_water`."""
        return self._follow().since(high_water)

    def count(self) -> int:
        """How many facts hold now."""
        return self._follow().count()

    def superseded_since(self, seq: int) -> list[Fact]:
        """Facts told up to `seq` in whose place another came after it: weights may still know them."""
        return self._follow().superseded_since(seq)

    def forgotten_since(self, seq: int) -> list[int]:
        """Numbers up to `seq` of the turns and lessons forgotten after it: no weights may know them."""
        return self._follow().forgotten_since(seq)

    def undone_since(self, seq: int) -> list[int]:
        """Numbers up to `seq` of the turns and lessons undone after it: they are not learned again."""
        return self._follow().undone_since(seq)

    def last_forgotten(self) -> int:
        """Number of the journal's last "forget" entry, 0 where nothing was forgotten."""
        return self._follow().last_forgotten()

    def from_turn(self, seq: int) -> list[Fact]:
        """Facts read from the turn `seq` or from corrections of its answer, whether they still hold."""
        ledger = self._follow()
        return [fact for source in (seq, *ledger.lessons_of(seq)) for fact in ledger.of_source(source)]

    def is_corrected(self, seq: int) -> bool:
        """Whether a correction of the answer to the turn `seq` holds."""
        ledger = self._follow()
        return any(ledger.is_live(one.id) for fix in ledger.lessons_of(seq) for one in ledger.of_source(fix))

    def before(self, fact: Fact) -> Fact | None:
        """The fact that `fact` took the place of."""
        return self.get(fact.supersedes) if fact.supersedes else None

    def told_at(self, fact_id: str) -> float:
        """When a fact was written, in unix seconds. Raises KeyError."""
        return self._follow().time(fact_id)

    def whole(self, fact: Fact) -> Matches:
        """A fact with the turn that stated it, for `forget`."""
        turn = self.journal.exchange(self._turn_of(self._follow().source(fact.id)))
        return Matches([fact], [turn] if turn is not None else [])

    def touched(self, start: int) -> list[str]:
        """Ids in the order in which their standing changed, from place `start` on: for an index to follow."""
        return self._follow().touched[start:]

    @property
    def generation(self) -> int:
        """Another number when what was known before is to be thrown away."""
        self._follow()
        return self._generation

    # --- telling

    def observe(self, seq: int, since: int = 0) -> list[Fact]:
        """Read the turn `seq` (on the disk already) and write what it states; the facts that are new.

        Of one that speaks of acute distress nothing is read. The reader sees the turns before it that come
        after `since` and after the last "clear". Twice does no harm. Raises DiskError, and what the reader
        raises.
        """
        with self._lock:
            exchange = self.journal.exchange(seq)
            if exchange is None or speaks_of_distress(exchange.user):  # never «تو می‌خواهی خودت را بکشی»
                return []
            after = max(since, self.journal.last_clear())
            earlier = self.journal.last_exchanges(BEFORE, before=seq)
            drafts = self._read(exchange.user, previous=[one.user for one in earlier if one.seq > after])
            new = [fact for draft in drafts if (fact := self._write(draft, seq)) is not None]
            self._mark(seq, bool(new))
            return new

    def end(self, seq: int, fact_ids: Sequence[str]) -> None:
        """Write that after the turn `seq` these facts hold no more. Raises DiskError."""
        with self._lock:
            holding = [one for one in fact_ids if self.is_live(one)]
            if holding:
                self.journal.append("ended", source=seq, facts=holding)

    def catch_up(self, most: int | None = None) -> int:
        """Read what an earlier process, or an earlier version, left unread; how many turns are left still.

        `most` bounds the turns read. A turn the reader fails on is logged and passed over. Raises DiskError.
        """
        with self._lock:
            for number, note in [*self._follow().teaches.items(), *self._follow().fixes.items()]:
                if not self._ledger.of_source(number) and not self._ledger.gone(number):
                    self._lesson(number, *self._pair(note))
            # The turn read last is read again: the process may have ended between two of its facts.
            left = self.journal.exchanges(max(0, self._follow().upto - 1))
            for exchange in left[:most]:
                try:
                    self.observe(exchange.seq)
                except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                    stumbled(f"reading the turn {exchange.seq}", error)
            read = left[: len(left) if most is None else most]
            if len(read) > 1 and read[-1].seq > self._follow().upto:
                self.journal.append("observed", upto=read[-1].seq)
                self._unmarked = 0
            return len(left) - len(read)

    def teach(self, question: str, answer: str) -> Fact:
        """Write the lesson «question → answer»; the fact that holds for it. Raises DiskError."""
        with self._lock:
            number = self.journal.append("teach", question=question, answer=answer)
            return self._lesson(number, question, answer, "taught")

    def fix(self, seq: int, reply: str) -> Fact:
        """Write that `reply` is the right answer to the turn `seq`; the fact of it.

        The answer that stood there is kept beside it, for preference data only. Raises KeyError where there
        is no such turn, DiskError.
        """
        with self._lock:
            exchange = self.journal.exchange(seq)
            if exchange is None:
                raise KeyError(seq)
            rejected = exchange.assistant or ""
            number = self.journal.append("fix", target=seq, reply=reply, rejected=rejected)
            return self._lesson(number, exchange.user, reply, "fixed")

    def edit(self, fact_id: str, value: str) -> Fact:
        """Put `value` in the place of a live fact's; the fact with it. Raises KeyError, DiskError."""
        with self._lock:
            old = self.get(fact_id)
            if old is None or not self.is_live(fact_id):
                raise KeyError(fact_id)
            if same(value) == same(old.value):
                return old
            source = self._ledger.source(fact_id)
            draft = with_value(old, value, self._read)
            new = replace(
                old,
                id=self._ledger.next_id(source),
                value=draft.value,
                sentence=draft.sentence,
                details=dict(draft.details),
                supersedes=old.id,
            )
            retires = [] if old.single else [old.id]
            self.journal.append_fact(**entry_fields(new, source, retires, edited=True))
            written = self.get(new.id)
            assert written is not None
            return written

    # --- forgetting

    def matching(self, words: str) -> Matches:
        """The facts and exchanges that `words` mean, for `forget`."""
        ledger = self._follow()
        found = matching(words, ledger.all(), self.journal.exchanges())
        turns = {exchange.seq: exchange for exchange in found.exchanges}
        for fact in found.facts:
            if (exchange := self.journal.exchange(self._turn_of(ledger.source(fact.id)))) is not None:
                turns[exchange.seq] = exchange
        facts = {fact.id: fact for fact in found.facts}
        for seq in turns:  # a correction goes with the turn it corrects
            facts |= {one.id: one for fix in ledger.lessons_of(seq) for one in ledger.of_source(fix)}
        return Matches(list(facts.values()), [turns[seq] for seq in sorted(turns)])

    def forget(self, facts: Collection[Fact], exchanges: Collection[Exchange]) -> None:
        """These are gone: from what is known, from training, and their words from the journal's file.

        With a fact go those that it superseded, and the turn that stated it: of another fact from that turn
        only the wording goes. Raises DiskError: what is then written as forgotten stays so.
        """
        with self._lock:
            ledger = self._follow()
            ids: dict[str, None] = {}
            for fact in facts:
                older = [one.id for one in ledger.chain(fact.key) if fact.single and one.seq < fact.seq]
                for one in (fact.id, *older, *ledger.retired_by(fact.id)):
                    if ledger.get(one) is not None:
                        ids[one] = None
            turns = {exchange.seq for exchange in exchanges}
            turns |= {self._turn_of(ledger.source(one)) for one in ids}
            turns = {seq for seq in turns if self.journal.exchange(seq) is not None}
            waiting = sorted(turns)
            while waiting:  # what a turn ended goes with it, as what a fact superseded
                for one in ledger.ended_by(waiting.pop()):
                    ids[one] = None
                    if (turn := self._turn_of(ledger.source(one))) not in turns:
                        turns.add(turn)
                        waiting.append(turn)
            for seq in turns:  # a correction is nothing without the turn it corrects
                ids |= {f.id: None for fix in ledger.lessons_of(seq) for f in ledger.of_source(fix)}
            if turns or ids:
                self._redact(self.journal.append("forget", exchanges=sorted(turns), facts=list(ids)))

    def _redact(self, number: int) -> None:
        """Take the words of the "forget" entry `number` out of the file."""
        note = next(note for note in self.journal.notes(number - 1) if note["seq"] == number)
        entries = [entry for entry in self.journal.notes() if entry["kind"] == "fact"]
        gone = set(note["facts"])
        sources = {*note["exchanges"], *(e["source"] for e in entries if e["fact_id"] in gone)}
        corrections = [entry for entry in self.journal.notes() if entry["kind"] == "fix"]
        sources |= {entry["seq"] for entry in corrections if entry["target"] in sources}
        kept = {e["fact_id"] for e in entries if e["source"] in sources and e["fact_id"] not in gone}
        self.journal.redact(number, sources, gone, kept)
        self._follow()

    # --- inside

    def _follow(self) -> Ledger:
        """The ledger with every note of the journal taken; from the first one if the journal was reread."""
        with self._lock:
            if self._generation != self.journal.generation:
                self._ledger, self._noted, self._generation = Ledger(), 0, self.journal.generation
            for note in self.journal.notes(self._noted):
                self._ledger.take(note)
                self._noted = note["seq"]
            return self._ledger

    def _mark(self, seq: int, found: bool) -> None:
        self._unmarked = 0 if found else self._unmarked + 1
        if self._unmarked >= MARK_EVERY:
            self.journal.append("observed", upto=seq)
            self._unmarked = 0

    def _write(
        self, draft: Draft, source: int, kind: Literal["stated", "taught", "fixed"] = "stated"
    ) -> Fact | None:
        """Write one fact, unless it says what is known; None then."""
        ledger = self._follow()
        earlier = [fact for fact in ledger.chain(draft.key) if fact.seq <= source]
        compared = earlier[-1:] if draft.single else earlier
        if any(same(fact.value) == same(draft.value) and ledger.is_live(fact.id) for fact in compared):
            return None
        if any(fact.seq == source and same(fact.value) == same(draft.value) for fact in earlier):
            return None  # read before, superseded since
        replaced = earlier[-1].id if earlier and draft.single and ledger.is_live(earlier[-1].id) else None
        fact = Fact(
            id=ledger.next_id(source),
            seq=source,
            kind=kind,
            subject=draft.subject,
            attribute=draft.attribute,
            value=draft.value,
            sentence=draft.sentence,
            key=draft.key,
            single=draft.single,
            details=dict(draft.details),
            supersedes=replaced,
        )
        retires = self._outdated(draft) if kind == "stated" else []
        self.journal.append_fact(**entry_fields(fact, source, retires))
        return self.get(fact.id)

    def _outdated(self, draft: Draft) -> list[str]:
        """Taught answers that say something else of what `draft` states, and dates that it moves."""
        if not draft.single:
            return []
        value = same(draft.value)
        live = self.live()
        taught = [one for one in live if one.kind != "stated" and one.details.get(ABOUT) == draft.key]
        dated = [one for one in live if one.kind == "stated" and moves(draft, one, in_part=True)]
        dated = [one for one in dated if same(one.value) != value]
        moved = [one for one in dated if moves(draft, one)] or (dated if len(dated) == 1 else [])
        return [*(one.id for one in taught if value not in same(one.value)), *(one.id for one in moved)]

    def _lesson(self, number: int, question: str, answer: str, kind: Literal["taught", "fixed"]) -> Fact:
        """The fact of a lesson, and of what its answer states of something known already."""
        stated = [draft for draft in self._stated_in(answer) if draft.single]
        chains = ((draft, self._follow().chain(draft.key)) for draft in stated)
        known = [draft for draft, chain in chains if any(one.kind == "stated" for one in chain)]
        details = {ABOUT: stated[0].key} if stated else {}
        key = f"? {same(question)}"
        self._write(Draft("", question, answer, answer, key, True, details), number, kind)
        for draft in known:
            self._write(draft, number)
        return self._follow().chain(key)[-1]

    def _stated_in(self, answer: str) -> Sequence[Draft]:
        """What an answer given to the user states of them: «اسم قناری تو …» is read as «اسم قناری من …»."""
        try:
            return self._read(morphology.first_person(answer), previous=[])
        except Exception as error:  # an answer may be anything; the lesson holds without it
            stumbled("reading an answer", error)
            return []

    def _pair(self, note: dict[str, object]) -> tuple[str, str, Literal["taught", "fixed"]]:
        if note["kind"] == "teach":
            return str(note["question"]), str(note["answer"]), "taught"
        exchange = self.journal.exchange(int(str(note["target"])))
        return exchange.user if exchange else "", str(note["reply"]), "fixed"

    def _turn_of(self, source: int) -> int:
        """The turn that an entry numbered `source` belongs to: itself, or what it corrects."""
        fix = self._ledger.fixes.get(source)
        return int(fix["target"]) if fix is not None else source
