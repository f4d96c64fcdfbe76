"""What the user told, as a session uses it: read from turns, taught, rated, forgotten, recalled into prompts.

Errors in reading a turn never reach the conversation: they are logged. Knows nothing of models or screens.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from persian_assistant.config import LearningConfig
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.facts.ended import ended
from persian_assistant.facts.memory import Memory
from persian_assistant.facts.phrases import NOT_TOLD
from persian_assistant.facts.said_views import is_said
from persian_assistant.facts.search import Matches
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.telling import stumbled, told, trained
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange, Fact, Lessons
from persian_assistant.text import normalise, sanitise, to_latin_digits
from persian_assistant.wording import say

logger = logging.getLogger(__name__)
Rating = Literal["good", "bad", "none"]
AT_OPENING = 100
"""Turns left unread that opening reads at once; `warm` reads the rest."""
PATIENCE = 10.0
"""Seconds that closing waits for a thread that indexes: it looks up after every few turns."""
Reason = Literal[
    "fact", "earlier", "said", "as_said", "good",
    "unrated", "bad", "unfinished", "read", "corrected", "nothing_said", "facts_off", "superseded",
    "distress", "answered",
]  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """A row of /learned: what it is, whether the next pass trains on it, and why (not)."""

    text: str
    included: bool
    reason: Reason
    views: int = 0
    """In how many wordings."""


class Knowledge:
    """Facts and memory of one open journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.facts = FactStore(journal)
        self.memory = Memory(self.facts)
        self._closing = threading.Event()
        self._warming: threading.Thread | None = None
        self._starting = threading.Lock()
        self._left = self.facts.catch_up(AT_OPENING)

    def start_warming(self) -> None:
        """`warm` in a thread of its own; after one that still runs."""
        with self._starting:
            before = self._warming
            after = threading.Thread(target=self._warm_after, args=(before,), name="memory", daemon=True)
            after.start()
            self._warming = after

    def _warm_after(self, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        self.warm()

    def warm(self) -> None:
        """Read what opening left unread, and index the past turns: 20 s for 100,000 turns."""
        try:
            while self._left and not self._closing.is_set():
                self._left = self.facts.catch_up(AT_OPENING)
            self.memory.warm(self._closing.is_set)
        except AssistantError as error:
            logger.warning("reading earlier turns: %s", error.key)
        except Exception as error:
            stumbled("reading earlier turns", error)

    def close(self) -> None:
        """Let `warm` end, and wait until nothing is written any more."""
        self._closing.set()
        if self._warming is not None:
            self._warming.join(PATIENCE)

    # --- telling

    def observe(self, seq: int, since: int) -> list[Fact]:
        """The facts that the turn `seq` states, written; [] where reading or writing them fails."""
        try:
            found = self.facts.observe(seq, since)
            self.facts.end(seq, ended(self.memory, seq))
            return found
        except AssistantError as error:  # what was said is on the disk, and an answer is waited for
            logger.warning("writing facts: %s", error.key)
            return []
        except Exception as error:
            stumbled(f"reading the turn {seq}", error)
            return []

    def noticed(self, facts: Sequence[Fact]) -> list[str]:
        """A sentence for each fact: it will be remembered, and in whose place."""
        sentences = []
        for fact in facts:
            before = self.facts.before(fact)
            if before is None:
                sentences.append(say("chat.remembered", fact=told(fact)))
            else:
                sentences.append(say("chat.remembered_instead", fact=told(fact), before=before.value))
        return sentences

    def teach(self, question: str, answer: str) -> Fact:
        """Raises UsageError for an empty half, DiskError."""
        question, answer = tidy(question), tidy(answer)
        if not question or not answer:
            raise UsageError("chat.empty_lesson")
        return self.facts.teach(question, answer)

    def fix(self, turn: Exchange | None, reply: str) -> Fact:
        """Raises UsageError where there is no turn or no reply, DiskError."""
        if not (reply := tidy(reply)):
            raise UsageError("chat.empty_lesson")
        if turn is None:
            raise UsageError("chat.nothing_to_fix")
        return self.facts.fix(turn.seq, reply)

    def rate(self, turn: Exchange | None, value: Rating) -> Exchange:
        """Raises UsageError where there is no answer, DiskError."""
        if turn is None or not turn.assistant:
            raise UsageError("chat.nothing_to_rate")
        self.journal.append("rating", target=turn.seq, value=value)
        return turn

    def edit(self, fact_id: str, value: str) -> Fact:
        """Raises UsageError for an unknown fact or no value, DiskError."""
        if not (value := tidy(value)):
            raise UsageError("chat.empty_lesson")
        return self.facts.edit(self.find(fact_id).id, value)

    def find(self, fact_id: str) -> Fact:
        """The live fact with this id, in any digits; «12» is «12.1» where there is no other. UsageError."""
        wanted = to_latin_digits(fact_id).replace("٫", ".").strip()
        live = self.facts.live()
        found = [fact for fact in live if fact.id == wanted]
        found = found or [fact for fact in live if fact.id.partition(".")[0] == wanted]
        if len(found) != 1:
            raise UsageError("chat.no_such_fact", id=fact_id)
        return found[0]

    def forget(self, matches: Matches) -> None:
        """Gone for good; raises DiskError."""
        self.facts.forget(matches.facts, matches.exchanges)
        self.start_warming()  # the index of past turns is made anew, without what was forgotten

    # --- recalling and showing

    def recall(self, question: str, before: int | None = None, *, small: bool = True) -> list[str]:
        """Sentences to the user that bear on `question`; [] where the search fails.

        For a question that is about the user's life and that nothing answers: that it was never told. What a
        small model says by itself is worth little; for another that must be plain.
        """
        try:
            found = self.memory.recall(question, before=before)
            if not found and self.memory.never_told(question, surely=not small):
                return [NOT_TOLD[0]]
            return found
        except Exception as error:
            stumbled("recalling", error)
            return []

    def was_taught(self, question: str) -> bool:
        """Whether an answer to `question` was taught; False where the search fails."""
        try:
            return self.memory.was_taught(question)
        except Exception as error:
            stumbled("looking for a lesson", error)
            return False

    def lessons(self, new: Lessons, after: int, settings: LearningConfig) -> list[Lesson]:
        """What the next pass trains on, and why each other row is left out; what is new first.

        `after` is the number up to which the newest version learned.
        """
        on = settings.facts
        rows = [_fact_row(fact, on, "fact" if on else "facts_off") for fact in new.new_facts]
        new_from = {fact.seq for fact in new.new_facts} if on else set()
        holding = {turn.seq for turn in new.said}
        facts_of: dict[int, list[Fact]] = defaultdict(list)
        for fact in new.new_facts:
            facts_of[fact.seq].append(fact)
        for exchange in self.journal.exchanges(after):
            if on and exchange.rating != "bad" and self.facts.is_corrected(exchange.seq):
                rows.append(Lesson(exchange.user, False, "corrected"))
                continue
            said = on and exchange.seq in holding and is_said(exchange, facts_of[exchange.seq])
            rows += _rows_of(exchange, exchange.seq in new_from, said, settings)
        replayed = on and (settings.replay or new.rebuild)
        rows += [_fact_row(one, replayed, "earlier" if on else "facts_off") for one in new.earlier_facts]
        live = {fact.id for fact in self.facts.live()}
        rows += [_fact_row(one, False, "superseded") for one in self.facts.all() if one.id not in live]
        return rows


def _fact_row(fact: Fact, included: bool, reason: Reason) -> Lesson:
    return Lesson(told(fact), included, reason, len(trained(fact)) if included else 0)


def _rows_of(exchange: Exchange, read: bool, said: bool, settings: LearningConfig) -> list[Lesson]:
    """What comes of one new exchange: the user's words, trained as `said` or not, and the answer."""
    if not exchange.complete:
        return [Lesson(exchange.user, False, "unfinished")]
    if exchange.rating == "bad":
        why: Reason = exchange.stepped_in or "bad"
        return [Lesson(exchange.user, False, why), Lesson(exchange.assistant or "", False, why)]
    if said:
        words = Lesson(exchange.user, True, "as_said")
    elif read:
        words = Lesson(exchange.user, False, "read")
    else:
        weighs = settings.user_weight > 0
        words = Lesson(exchange.user, weighs, "said" if weighs else "nothing_said")
    if exchange.rating == "good" and settings.good_weight:
        return [words, Lesson(exchange.assistant or "", True, "good")]
    why = "answered" if exchange.stepped_in == "answered" else "unrated"
    return [words, Lesson(exchange.assistant or "", settings.reply_weight > 0, why)]


def tidy(text: str) -> str:
    """Typed text as the journal keeps it."""
    return normalise(sanitise(text)).strip()
