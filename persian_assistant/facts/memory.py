"""What of everything told bears on a question: the facts that answer it, else past turns that speak of it.

A fact told a moment ago is found at once: indexes are kept in blocks, and only the last, open one is made
anew. Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from persian_assistant.facts.blocks import BLOCK, BlockIndex
from persian_assistant.facts.changes import tells_a_change
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.question import Asked, told_of, wider
from persian_assistant.facts.question_concepts import of_words
from persian_assistant.facts.question_fit import gates
from persian_assistant.facts.question_index import FactIndex
from persian_assistant.facts.question_life import asks_of_life, asks_of_the_world
from persian_assistant.facts.question_likely import COVERING, Text, likely, meant
from persian_assistant.facts.question_meaning import MeaningIndex
from persian_assistant.facts.question_near import Wanted, is_question, of_turn, search_words, wanted
from persian_assistant.facts.stems import content
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.telling import said, told
from persian_assistant.records import Fact
from persian_assistant.text import one_line

AT_ONCE = 200
"""Past turns indexed within one question at most; `warm` indexes the rest."""
FACTS_AT_ONCE = 128
"""Facts of which all that they can be asked for is made out at once; where more are new, `warm` does it."""
SURE = 0.9
"""A fact that fits less is told with the sentence around it."""
WHOLE = 1.2
"""A clause read from a sentence longer than it by this factor is told with it: it may lack the rest."""
SOME = 32
"""Facts that `warm` works on between two questions."""
TURN_BAR = 0.6
"""Share of the weight of a question's words that a past turn must hold."""
NEAR_TURN_BAR = 0.5
"""Share of what a question asks for that a past turn must meet in other words."""
LONGEST_TURN = 200
NEAR_LINES, CLOSE = 2, 0.95
"""Lines for a question that nothing answers in its own words; how near the second must be to the first."""
TOPIC = 5.5
"""How rare a word is that can tie a change to what was told before (WordVectors.weight)."""
_OF_THE_PAST = re.compile(r"\b(?:قبلا|قبلاً|سابق|سابقا|پیش از این|پیش‌تر|اول|اولش|قدیم)\b")
_ASKING = ("چه", "چی", "کی", "کجا", "آیا", "چرا", "کدام", "چند", "چطور", "چگونه", "بگو", "لطفا", "می‌شود")


class Line(NamedTuple):
    """What is told to the user, and the turn it comes from (0: of no single turn)."""

    seq: int
    text: str


class Memory:
    """Recalls what was told. Threads may share one."""

    def __init__(self, store: FactStore) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._generation = -1
        self._seen = 0
        self._turns_upto = 0
        self._facts = FactIndex()
        self._turns: BlockIndex[int] = BlockIndex()
        self._meanings: MeaningIndex[int] = MeaningIndex()
        self._changes: list[tuple[int, frozenset[str]]] = []
        """Turns that say that something is otherwise now, oldest first, and what they are about."""

    def recall(self, question: str, k: int = 4, before: int | None = None) -> list[str]:
        """At most `k` sentences to the user («اسم قناری تو …») that bear on `question`, best first.

        Where no fact answers, what the user said, in turns before seq `before`, that no rule could read; else
        what comes nearest in sense, at last what is likely meant by words that mean something like it.
        Nothing for small talk, unless an answer to it was taught.
        """
        with self._lock:
            self._follow()
            self._index_turns(AT_ONCE)
            if self._facts.unsettled <= FACTS_AT_ONCE:
                self._facts.settle(FACTS_AT_ONCE)
            asked = self._facts.understood(question)
            found = self._by_rules(question, asked, before)
            if found and not _OF_THE_PAST.search(question):
                found = [*self._changed(found[0], asked, before), *found]
            return list(dict.fromkeys(line.text for line in found))[: max(0, k)]

    def _by_rules(self, question: str, asked: Asked, before: int | None) -> list[Line]:
        facts = self._facts.answering(asked)
        found = [Line(*self._told(fact, own and fits >= SURE)) for fits, own, fact in facts]
        found = found or self._turns_for(asked, before)
        if not found and is_question(question, asked):
            if asks_of_the_world(question, self._facts.names(asked)):
                return []
            want = wanted(question, asked)
            found = self._near(want, before) or self._likely(want, meant(question, asked), before)
        return found

    def never_told(self, question: str) -> bool:
        """Whether a question for which nothing is recalled is plainly about the user's life and people."""
        with self._lock:
            asked = self._facts.understood(question)
            return asks_of_life(question, asked, self._facts.names(asked))

    def warm(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Index all facts in full and all past turns, some at a time; a question is answered in between.

        Ends early when `stop()` is true.
        """
        while not stop():
            with self._lock:
                self._follow()
                if not self._facts.settle(SOME) and not self._index_turns(BLOCK):
                    return

    def _follow(self) -> None:
        """Index the facts that came to hold since the last look; all anew where the journal was reread."""
        if self._generation != self.store.generation:
            self._generation = self.store.generation
            self._seen = self._turns_upto = 0
            self._facts, self._turns, self._meanings = FactIndex(), BlockIndex(), MeaningIndex()
            self._changes = []
        changed = self.store.touched(self._seen)
        self._seen += len(changed)
        for fact_id in changed:
            fact = self.store.get(fact_id)
            if fact is None or not self.store.is_live(fact_id):
                self._facts.drop(fact_id)
            else:
                self._facts.add(fact)

    def _changed(self, line: Line, asked: Asked, before: int | None) -> list[Line]:
        """The turn after that of `line` which says that it is otherwise now, if one does.

        Of facts by attribute the store knows which holds.
        """
        earlier = self.store.journal.exchange(line.seq) if line.seq else None
        if earlier is None:
            return []
        topics, found = _topics(earlier.user), []
        for seq, its_topics in self._changes[bisect_right(self._changes, line.seq, key=itemgetter(0)) :]:
            shared = sum(word_vectors().weight(one) for one in topics & its_topics)
            exchange = self.store.journal.exchange(seq) if shared else None
            if exchange is None or (before is not None and seq >= before):
                continue
            sound = all(self.store.is_live(fact.id) for fact in self.store.from_turn(seq))
            if sound and gates(asked) - {"?where"} <= told_of(exchange.user):
                found.append((shared, seq, one_line(said(one_line(exchange.user)[:LONGEST_TURN]))))
        return [Line(seq, text) for _, seq, text in sorted(found)[-1:]]

    def _told(self, fact: Fact, own: bool) -> tuple[int, str]:
        """(the turn, none for what the store keeps up to date itself, and the sentence) of a fact."""
        return (fact.seq if fact.details.get("rule") == "clause" else 0), self._line(fact, own)

    def _line(self, fact: Fact, own: bool) -> str:
        """A fact as the user is told of it; its sentence where what is asked for stands around it.

        Not a sentence of which something does not hold any more, or that may name what held before.
        """
        beside = self.store.from_turn(fact.seq)
        partly = fact.details.get("rule") == "clause" and len(fact.sentence) > WHOLE * len(told(fact))
        sound = all(self.store.is_live(one.id) and not one.supersedes for one in beside)
        whole = sound and (partly or not own)
        quoted = one_line(said(one_line(fact.sentence)[:LONGEST_TURN])) if whole else ""
        return quoted or told(fact)

    # --- past turns

    def _turns_for(self, asked: Asked, before: int | None) -> list[Line]:
        """What the user said that holds most of the question; best first.

        Not a turn of which something does not hold any more.
        """
        attributes = asked.attributes - {"=relation"}
        words = [*asked.words, *asked.owners]
        if asked.about_me or (len(words) + len(attributes) < 2 and "?who" not in asked.kinds):
            return []
        found = []
        for seq, score in self._turns.best(
            [*words, *(other for one in words for other in wider().get(one, frozenset()))]
        ):
            exchange = self.store.journal.exchange(seq)
            if exchange is None or (before is not None and seq >= before):
                continue
            held = self._turns.words(seq)
            held |= {one for one in words if wider().get(one, frozenset()) & held}
            share = self._turns.share(held, words)
            if share < TURN_BAR or not asked.owners <= held:
                continue
            wanted = attributes | gates(asked)
            if share == 1.0 and len(words) > 1:
                wanted -= {"?where"}  # a place that no list knows
            if not wanted <= told_of(exchange.user):
                continue
            if all(self.store.is_live(fact.id) for fact in self.store.from_turn(seq)):
                found.append((share, score, seq, exchange.user))
        found.sort(key=lambda one: one[:2], reverse=True)
        turns = ((seq, said(one_line(text)[:LONGEST_TURN])) for _, _, seq, text in found)
        return [Line(seq, one_line(turn)) for seq, turn in turns if turn]

    def _near(self, want: Wanted, before: int | None) -> list[Line]:
        """What comes nearest to a question that nothing told answers in its own words; [] below a bar."""
        near = self._facts.near(want)[:NEAR_LINES]
        found = [(share, Line(*self._told(fact, False))) for share, fact in near]
        for seq, _ in self._turns.best(search_words(want)):
            exchange = self.store.journal.exchange(seq)
            if exchange is None or (before is not None and seq >= before) or self.store.from_turn(seq):
                continue
            share = self._facts.nearness(want, of_turn(exchange.user))
            if share >= NEAR_TURN_BAR and (line := one_line(said(one_line(exchange.user)[:LONGEST_TURN]))):
                found.append((share, Line(seq, line)))
        found.sort(key=lambda one: one[0], reverse=True)
        return [line for share, line in found[:NEAR_LINES] if share >= CLOSE * found[0][0]]

    def _likely(self, want: Wanted, words: list[str], before: int | None) -> list[Line]:
        """What covers the meaning of a question's `words` and is likely to answer it; [] where nothing is.

        Turns are looked at from which facts were read, too: a fact is not all that a turn says.
        """
        if not word_vectors().known or any(one[0] == "~" for one in want.asked.attributes):
            return []
        texts = [(text, Line(*self._told(fact, False))) for text, fact in self._facts.covering(words)]
        for seq, share in self._meanings.best(words, COVERING):
            exchange = self.store.journal.exchange(seq)
            if exchange is None or (before is not None and seq >= before):
                continue
            line = one_line(said(one_line(exchange.user)[:LONGEST_TURN]))
            if line and all(self.store.is_live(fact.id) for fact in self.store.from_turn(seq)):
                texts.append((Text(share, of_turn(exchange.user), seq, True), Line(seq, line)))
        found = likely(want, [text for text, _ in texts], self._facts.nearness, self._facts.people(want))
        return [texts[at][1] for score, at in found[:NEAR_LINES] if score >= CLOSE * found[0][0]]

    def _index_turns(self, most: int) -> int:
        """Index up to `most` turns not indexed yet; how many were looked at."""
        new = self.store.journal.exchanges(self._turns_upto)[:most]
        for exchange in new:
            self._turns_upto = exchange.seq
            if _states_something(exchange.user) and len(words := content(exchange.user, quick=True)) > 1:
                self._turns.add(exchange.seq, [*words, *of_words(exchange.user)])
                self._meanings.add(exchange.seq, words)
                if tells_a_change(exchange.user):
                    self._changes.append((exchange.seq, _topics(exchange.user)))
        return len(new)


def _topics(text: str) -> frozenset[str]:
    """The rare words that say what a turn is about."""
    stems = set(content(text, quick=True))
    stems |= {one[:-1] for one in stems if one.endswith("و") and len(one) > 4}  # «پیلاتسو»: را
    return frozenset(one for one in stems if not one.isdigit() and word_vectors().weight(one) >= TOPIC)


def _states_something(text: str) -> bool:
    words = text.split()
    return not ("؟" in text or "?" in text or text.startswith("/") or not words or words[0] in _ASKING)
