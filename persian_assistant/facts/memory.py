"""What of everything told bears on a question: the facts that answer it, else past turns that speak of it.

A fact told a moment ago is found at once: indexes are kept in blocks, and only the last, open one is made
anew. Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from heapq import nlargest
from math import exp
from operator import itemgetter

from persian_assistant.facts.blocks import BLOCK, BlockIndex
from persian_assistant.facts.candidates import Answering, Candidate, Later, Line, Query, Ranked
from persian_assistant.facts.changes import CHANGED, PLAINLY, change_net, change_numbers, ending
from persian_assistant.facts.cross_encoder import cross_encoder
from persian_assistant.facts.own_life import about_own_life
from persian_assistant.facts.passages import (
    Question,
    lacks,
    names,
    of_another,
    pairs,
    passage,
    read_question,
)
from persian_assistant.facts.question import Asked
from persian_assistant.facts.question_concepts import of_words
from persian_assistant.facts.question_index import FactIndex
from persian_assistant.facts.question_life import asks_of_the_world
from persian_assistant.facts.question_meaning import MeaningIndex
from persian_assistant.facts.question_near import is_question, search_words
from persian_assistant.facts.ranking import ranker
from persian_assistant.facts.stems import content
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.telling import retold, told
from persian_assistant.records import Fact

AT_ONCE = 200
"""Past turns indexed within one question at most; `warm` indexes the rest."""
FACTS_AT_ONCE = 128
"""Facts of which all that they can be asked for is made out at once; where more are new, `warm` does it."""
SURE = 0.9
"""A fact that fits less is told with the sentence around it."""
SOME = 32
"""Facts that `warm` works on between two questions."""
AROUND = 0.9
"""What a fact counts that answers only with the sentence around it."""
LONGEST_TURN = 200
LIKELY, YIELDS = 0.35, 0.4
"""How likely a turn must answer; what part of the likeliest one's chance a sure fact's turn must have."""
RELATED, LOOKED_AT = 0.25, 40
"""How near a later turn must point to an earlier one (cosine) and how many such are looked at, to see whether
it tells how it is otherwise now."""
ANOTHERS = 0.5
"""What a turn's chance counts that speaks of others than those whom the question names."""
NEAR_LINES, CLOSE = 2, 0.7
"""Lines of turns; how likely the second must be, as a part of the first."""
READ, WORTH_READING, WEIGHT, LEAST = 10, 0.01, 0.3, 1e-5
"""How many turns the cross-encoder reads, where the likeliest has some chance; what its score weighs beside
the logarithm of a chance; the least chance."""
EVERY, CANDIDATES = 64, 24
"""Up to so many turns all are looked at; of more so many by their words and as many by their meaning."""
_OF_THE_PAST = re.compile(r"\b(?:قبلا|قبلاً|سابق|سابقا|پیش از این|پیش‌تر|اول|اولش|قدیم|قبلی|قبلیم)\b")
_ASKING = ("چه", "چی", "کی", "کجا", "آیا", "چرا", "کدام", "چند", "چطور", "چگونه", "بگو", "لطفا", "می‌شود")


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
        self._named: set[str] = set()
        """Stems of the given names that turns hold."""

    def recall(self, question: str, k: int = 4, before: int | None = None) -> list[str]:
        """At most `k` sentences to the user («اسم قناری تو …») that bear on `question`, best first.

        Where no fact surely answers, what the user said, in turns before seq `before`, that likely does.
        Nothing for small talk, unless an answer to it was taught.
        """
        with self._lock:
            self._catch_up()
            found = self._found(self._query(question, before))
            return list(dict.fromkeys(line.text for line in found))[: max(0, k)]

    def _query(self, question: str, before: int | None = None) -> Query:
        asked = self._facts.understood(question)
        read = read_question(question, asked, self._facts.names(asked))
        return Query(question, asked, read, self._answering(question, asked), before)

    def _found(self, query: Query) -> list[Line]:
        if query.facts and query.facts[0][2].kind != "stated":
            return self._lines(query.facts)
        ranked = self._ranked(query)
        again = _reread(query.text, ranked)
        kept = self._surely(query.facts, again)
        found = kept or self._likely(again)
        if _OF_THE_PAST.search(query.text):
            return self._before(found) or found  # alone: a small model may choose the other line
        if found:
            up_to_date = bool(kept) and query.facts[0][2].details.get("rule") != "clause"
            ended = found[0].seq
            later, plainly = self._changed(ended, ranked, query, PLAINLY if up_to_date else CHANGED)
            found = [*later, *(line for line in found if not plainly or line.seq != ended)]
        return found

    def _answering(self, question: str, asked: Asked) -> list[Answering]:
        """The facts that answer by the rules, best first; what was taught to these very words alone."""
        lesson = self._facts.lesson(question)
        return [(1.0, True, lesson)] if lesson else self._facts.answering(asked)

    def _lines(self, facts: Sequence[Answering]) -> list[Line]:
        return [Line(*self._told(fact, own and fits >= SURE)) for fits, own, fact in facts]

    def _surely(self, facts: Sequence[Answering], ranked: Sequence[Ranked]) -> list[Line]:
        """What the facts say that answer by the rules, unless another turn is far likelier to."""
        if not facts or not facts[0][1] or facts[0][0] < SURE:
            return []
        seqs = {fact.seq for _, _, fact in facts}
        theirs = max((one.chance for one in ranked if one.seq in seqs), default=0.0)
        if ranked and ranked[0].chance >= LIKELY and theirs < YIELDS * ranked[0].chance:
            return []
        return self._lines(facts)

    @staticmethod
    def _likely(ranked: Sequence[Ranked]) -> list[Line]:
        """The turn that is likeliest to answer, and the next where it is nearly as likely."""
        bar = max(LIKELY, CLOSE * ranked[0].chance) if ranked else 1.0
        return [Line(one.seq, one.in_words()) for one in ranked[:NEAR_LINES] if one.chance >= bar]

    def was_taught(self, question: str) -> bool:
        """Whether an answer to `question` was taught."""
        with self._lock:
            self._follow()
            facts = self._answering(question, self._facts.understood(question))
            return bool(facts) and facts[0][2].kind != "stated"

    def never_told(self, question: str, *, surely: bool = False) -> bool:
        """Whether a question for which nothing is recalled is about the user's life and people.

        `surely`: rather too seldom, for who knows something of the world.
        """
        with self._lock:
            asked = self._facts.understood(question)
            named = self._facts.names(asked) or not self._named.isdisjoint((*asked.owners, *asked.words))
            return about_own_life(question, asked, named=named, surely=surely)

    def weighed(self, question: str) -> tuple[list[int], list[list[float]]]:
        """The turns that may answer, and the numbers of each that ranking.py decides by."""
        with self._lock:
            self._catch_up()
            told, rows = self._weighed(self._query(question))
            return [one.seq for one in told], rows

    def warm(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Index all facts in full and all past turns, some at a time; a question is answered in between.

        Ends early when `stop()` is true.
        """
        while not stop():
            with self._lock:
                self._follow()
                if not self._facts.settle(SOME) and not self._index_turns(BLOCK):
                    return

    def _catch_up(self) -> None:
        """Take in what came since the last look, as far as an answer may wait for it."""
        self._follow()
        self._index_turns(AT_ONCE)
        if self._facts.unsettled <= FACTS_AT_ONCE:
            self._facts.settle(FACTS_AT_ONCE)

    def _follow(self) -> None:
        """Index the facts that came to hold since the last look; all anew where the journal was reread."""
        if self._generation != self.store.generation:
            self._generation = self.store.generation
            self._seen = self._turns_upto = 0
            self._facts, self._turns, self._meanings = FactIndex(), BlockIndex(), MeaningIndex()
            self._named = set()
        changed = self.store.touched(self._seen)
        self._seen += len(changed)
        for fact_id in changed:
            fact = self.store.get(fact_id)
            if fact is None or not self.store.is_recalled(fact_id):
                self._facts.drop(fact_id)
            else:
                self._facts.add(fact)

    def _changed(
        self, seq: int, ranked: Sequence[Ranked], query: Query, least: float
    ) -> tuple[list[Line], bool]:
        """(the turn after `seq` which says, with odds of `least`, that what was told is otherwise now, if one
        does; whether it does so plainly)."""
        later = self._later(seq, ranked, query)
        numbers = [one.numbers for one in later]
        odds = change_net().each([one.text for one in later], numbers)
        at = ending(numbers, odds, least)
        if at is None:
            return [], False
        return [Line(later[at].seq, later[at].in_words())], ending(numbers, odds, PLAINLY) == at

    def _later(self, seq: int, ranked: Sequence[Ranked], query: Query) -> list[Later]:
        """The turns after `seq` that have to do with it, oldest first."""
        earlier = self.store.journal.exchange(seq)
        if earlier is None or all(one.seq <= seq for one in ranked):
            return []
        here = passage(earlier.user)
        chance = max((one.chance for one in ranked if one.seq == seq), default=0.0)
        named = {one for one, _, _ in query.read.words if one.isdigit() or one in names()}
        others = [one for one in self._ranked(query, without=seq) if one.seq > seq]
        near = [
            (float(here.direction @ one.passage.direction), one)
            for one in others
            if states_something(one.passage.text) and not (set(here.stems) & named - set(one.passage.stems))
        ]
        near = nlargest(LOOKED_AT, (one for one in near if one[0] >= RELATED), key=itemgetter(0))
        found = (
            Later(
                one.seq,
                one.in_words,
                one.passage.text,
                change_numbers(query.read, here, one.passage, chance, one.chance),
            )
            for _, one in near
        )
        return sorted(found, key=itemgetter(0))

    def later(self, question: str, seq: int) -> list[Later]:
        """The turns after the one numbered `seq` that may take its place where `question` is asked."""
        with self._lock:
            self._catch_up()
            query = self._query(question)
            return self._later(seq, self._ranked(query), query)

    def sharing_words(self, text: str, most: int) -> list[int]:
        """The turns that have most in common with `text`, most of it first."""
        with self._lock:
            self._catch_up()
            found = self._turns.best([*content(text, quick=True), *of_words(text)], most)
            return [seq for seq, _ in nlargest(most, found, key=itemgetter(1))]

    def _before(self, found: Sequence[Line]) -> list[Line]:
        """What held before the first of what was `found`."""
        facts = [fact for line in found[:1] for fact in self.store.from_turn(line.seq)]
        older = (self.store.before(fact) for fact in facts if told(fact) == found[0].text)
        return [Line(one.seq, retold(one.sentence, LONGEST_TURN)) for one in older if one]

    def _told(self, fact: Fact, own: bool) -> tuple[int, str]:
        """(the turn, the sentence) of a fact."""
        return fact.seq, self._line(fact, own)

    def _line(self, fact: Fact, own: bool) -> str:
        """A fact as the user is told of it; a clause, and what does not answer by itself, with its sentence.

        Not a sentence of which something does not hold any more, or that may name what held before.
        """
        beside = self.store.from_turn(fact.seq)
        sound = all(self.store.is_recalled(one.id) and not one.supersedes for one in beside)
        whole = sound and (not own or fact.details.get("rule") == "clause")
        return retold(fact.sentence, LONGEST_TURN) if whole else told(fact)

    # --- past turns

    def _ranked(self, query: Query, without: int = 0) -> list[Ranked]:
        """What was said, but for the turn `without`, likeliest first; [] where nothing told is asked for."""
        asked = query.asked
        if not is_question(query.text, asked) or asks_of_the_world(query.text, self._facts.names(asked)):
            return []
        if asked.about_me or any(one.startswith("~") for one in asked.attributes):
            return []
        told, rows = self._weighed(query, without)
        chances = ranker().probabilities(rows)
        found = [
            Ranked(chance * (ANOTHERS if of_another(row) else 1.0), one.seq, one.in_words, one.passage)
            for chance, row, one in zip(chances, rows, told, strict=True)
        ]
        return sorted(found, key=itemgetter(0), reverse=True)

    def _weighed(self, query: Query, without: int = 0) -> tuple[list[Candidate], list[list[float]]]:
        """What may answer, and the numbers of each."""
        by_rule: dict[int, float] = {}
        for fits, own, fact in query.facts:
            by_rule[fact.seq] = max(by_rule.get(fact.seq, 0.0), fits if own else AROUND * fits)
        seqs = (seq for seq in self._candidates(query.read, by_rule) if seq != without)
        every = (one for seq in seqs for one in self._said(seq, query.before))
        told = [one for one in every if not lacks(query.asked, one.passage)]
        fit = [by_rule.get(one.seq, 0.0) for one in told]
        people = self._facts.people(query.read.want)
        return told, pairs(query.read, [one.passage for one in told], fit, self._facts.weight, people)

    def _candidates(self, read: Question, by_rule: Collection[int]) -> list[int]:
        """The turns to look at: all where there are few, else those that share words or meaning."""
        if len(self._turns) <= EVERY:
            return sorted(self._turns.keys())
        by_words = nlargest(
            CANDIDATES, self._turns.best(search_words(read.want), CANDIDATES), key=itemgetter(1)
        )
        by_meaning = self._meanings.best(read.meant, CANDIDATES)
        return sorted({*by_rule, *(seq for seq, _ in by_words), *(seq for seq, _ in by_meaning)})

    def _said(self, seq: int, before: int | None) -> Iterator[Candidate]:
        """What the turn says; where it holds only in part, each thing that holds."""
        exchange = self.store.journal.exchange(seq)
        if exchange is None or (before is not None and seq >= before):
            return
        facts = [fact for fact in self.store.from_turn(seq) if fact.kind == "stated"]
        live = [fact for fact in facts if self.store.is_recalled(fact.id)]
        if len(live) == len(facts) and not any(fact.supersedes for fact in facts):
            yield Candidate(seq, passage(exchange.user), partial(retold, exchange.user, LONGEST_TURN))
            return
        for fact in live:
            yield Candidate(seq, passage(told(fact)), partial(told, fact))

    def _index_turns(self, most: int) -> int:
        """Index up to `most` turns not indexed yet; how many were looked at."""
        new = self.store.journal.exchanges(self._turns_upto)[:most]
        for exchange in new:
            self._turns_upto = exchange.seq
            words = content(exchange.user, quick=True)
            stated = states_something(exchange.user) and len(words) > 1
            if stated or self.store.from_turn(exchange.seq):
                self._turns.add(exchange.seq, [*words, *of_words(exchange.user)])
                self._meanings.add(exchange.seq, words)
                self._named.update(names().intersection(words))
        return len(new)


def _reread(question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The likeliest READ of `ranked`, their chances weighed again by a model that reads both, best first."""
    if not ranked or ranked[0].chance < WORTH_READING or not cross_encoder().known:
        return list(ranked)
    few = ranked[:READ]
    scores = cross_encoder().scores(question, [one.passage.text for one in few])
    odds = [max(one.chance, LEAST) * exp(WEIGHT * score) for one, score in zip(few, scores, strict=True)]
    total = sum(odds) + max(LEAST, 1 - sum(one.chance for one in ranked))  # that nothing answers
    read = [one._replace(chance=odd / total) for one, odd in zip(few, odds, strict=True)]
    return sorted(read, key=itemgetter(0), reverse=True)


def states_something(text: str) -> bool:
    """Whether `text` opens like neither a question nor a command."""
    words = text.split()
    return not ("؟" in text or "?" in text or text.startswith("/") or not words or words[0] in _ASKING)
