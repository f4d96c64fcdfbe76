"""Facts by the questions they answer: BM25 finds candidates, their profiles decide.

Knows nothing of files, nor of which facts hold: what is added is taken to hold until it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from persian_assistant.facts.blocks import BlockIndex, rarity
from persian_assistant.facts.lexicon import COMMON_NAMES, NAMES, POSSESSED
from persian_assistant.facts.passages import names, pairs, passage, read_question
from persian_assistant.facts.question import Asked, Profile, alike, owners, profile, understand
from persian_assistant.facts.question_concepts import asked_with, stated
from persian_assistant.facts.question_fit import Fit
from persian_assistant.facts.question_near import BAR, Told, Wanted, nearness, of_fact, search_words
from persian_assistant.facts.ranking import ranker
from persian_assistant.facts.stems import content, same, stem
from persian_assistant.facts.telling import USER, told
from persian_assistant.records import Fact

NEAR = 0.8
"""Of several facts those are told whose fit is at least this part of the best one's."""

ANSWERING, NEAREST, ROUGH = 24, 40, 10
"""Candidates of each block: to answer a question, to come near it, and of those without a profile."""


@lru_cache(maxsize=1)
def _only_names() -> frozenset[str]:
    """Names that are no plain words, nor left like one without their ending: «درسا»."""
    plain = {stem(word) for word in POSSESSED}
    return frozenset(stem(name) for name in NAMES - COMMON_NAMES) - plain


class FactIndex:
    """Facts that can be asked for. Not for several threads at once.

    A fact is indexed by the words of its sentence when it is added, and by all that it can be asked for when
    there is time (`settle`). Until then a sketch of it is made where those words make it a candidate.
    """

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}
        self._profiles: dict[str, Profile] = {}
        self._index: BlockIndex[str] = BlockIndex()
        """Facts with a profile."""
        self._rough: BlockIndex[str] = BlockIndex()
        """Facts without one, by the words of their sentences."""
        self._sketches: dict[str, Profile] = {}
        self._lessons: dict[str, str] = {}
        """What was taught, by its question as it was written."""
        self._people: dict[str, dict[str, frozenset[str]]] = {}
        """Stems of the names of those whom facts are about; what they are to the user, by the fact's id."""
        self._fit = Fit(self, self._people)

    def add(self, fact: Fact) -> None:
        """Take in a fact; again under the same id does nothing."""
        if fact.id in self._facts:
            return
        self._facts[fact.id] = fact
        stated = fact.kind == "stated"
        if not stated:
            self._lessons[same(fact.attribute)] = fact.id
        parts = (fact.sentence if stated else "", fact.attribute, fact.subject, fact.value)
        words = content(" ".join(parts), talk=not stated, quick=True)
        self._rough.add(fact.id, words or [fact.id])
        self._meet(fact)

    def drop(self, fact_id: str) -> None:
        """Find a fact no more."""
        fact = self._facts.pop(fact_id, None)
        if fact is None:
            return
        if self._lessons.get(same(fact.attribute)) == fact_id:
            del self._lessons[same(fact.attribute)]
        self._profiles.pop(fact_id, None)
        self._sketches.pop(fact_id, None)
        self._index.drop(fact_id)
        self._rough.drop(fact_id)
        for name, told_by in list(self._people.items()):
            if told_by.pop(fact_id, None) and not told_by:
                del self._people[name]

    @property
    def unsettled(self) -> int:
        """How many facts have no profile yet."""
        return len(self._rough)

    def settle(self, most: int) -> int:
        """Make the profiles of up to `most` facts, newest first; how many were made."""
        waiting = [fact_id for fact_id in reversed(self._facts) if fact_id in self._rough][:most]
        for fact_id in reversed(waiting):
            fact = self._facts[fact_id]
            made = self._profiles[fact_id] = profile(fact)
            self._sketches.pop(fact_id, None)
            concepts = stated(fact.sentence) if fact.kind == "stated" else frozenset()
            self._index.add(fact_id, sorted(made.words | made.said | concepts))
            self._rough.drop(fact_id)
        if not len(self._rough):
            self._rough = BlockIndex()
        return len(waiting)

    def weight(self, word: str) -> float:
        """How much a word says: the rarer, the more."""
        return rarity(word, self.texts_with(word), len(self._facts))

    def texts_with(self, word: str) -> int:
        """How many facts hold `word`."""
        return self._index.texts_with(word) + self._rough.texts_with(word)

    def understood(self, question: str) -> Asked:
        """`question` with the names of those who were told about among those whom it is about."""
        asked = understand(question)
        people = {one for one in asked.words if one in self._people or one in _only_names()}
        words = tuple(one for one in asked.words if one not in people)
        return replace(asked, owners=asked.owners | people, words=words)

    def lesson(self, question: str) -> Fact | None:
        """What was taught to this very question, be it of nothing but filler («تو کی هستی؟»)."""
        return self._facts.get(self._lessons.get(same(question), ""))

    def answering(self, asked: Asked) -> list[tuple[float, bool, Fact]]:
        """The facts that answer the question: how well (0..1), whether by their own words; best first."""
        wanted = [*asked.all, *asked.kinds, *(other for one in asked.words for other in alike(one))]
        ranked: list[tuple[float, float, bool, Fact]] = []
        for fact, known, score in self._candidates(wanted, ANSWERING):
            taught = fact.kind != "stated"
            fits = self._fit.lesson(asked, known) if taught else self._fit.stated(asked, known)
            if fits:
                ranked.append((fits, score, taught or self._fit.holds(asked, known), fact))
        ranked.sort(key=lambda one: one[:2], reverse=True)
        return [(fits, own, fact) for fits, _, own, fact in ranked if fits >= NEAR * ranked[0][0]]

    def near(self, want: Wanted) -> list[tuple[float, Fact]]:
        """Facts that come near a question that none answers in its own words; best first.

        Of facts of one sentence the one that speaks of what is asked for itself.
        """
        meant = want.concepts.union(*(concepts for _, concepts in want.words))
        found = []
        for fact, known, score in self._candidates(search_words(want), NEAREST):
            if fact.kind != "stated":
                continue
            share = self.nearness(want, of_fact(fact, known))
            if share >= BAR:
                kinds = len(want.asked.kinds & known.words)
                found.append((share, kinds, len(meant & stated(told(fact))), score, fact))
        found.sort(key=lambda one: one[:4], reverse=True)
        return [(share, fact) for share, *_, fact in found]

    def _candidates(self, words: Sequence[str], most: int) -> Iterator[tuple[Fact, Profile, float]]:
        """Facts that hold some of `words`, `most` of each block; what is known of them, and their score."""
        wanted = list(dict.fromkeys(words))
        for fact_id, score in self._index.best(wanted, most):
            yield self._facts[fact_id], self._profiles[fact_id], score
        rough = [each for one in wanted for each in (one, *asked_with(one))]
        for fact_id, score in self._rough.best(list(dict.fromkeys(rough)), ROUGH):
            yield self._facts[fact_id], self._known(fact_id), score

    def _known(self, fact_id: str) -> Profile:
        """The profile of a fact, or a sketch of it."""
        if fact_id in self._profiles:
            return self._profiles[fact_id]
        if fact_id not in self._sketches:
            self._sketches[fact_id] = profile(self._facts[fact_id], quick=True)
        return self._sketches[fact_id]

    def likelihood(self, question: str, asked: Asked) -> float:
        """How likely (0..1) a sentence of those that share words with `question` answers it."""
        read = read_question(question, asked, self.names(asked))
        found = self._candidates(search_words(read.want), ANSWERING)
        sentences = {fact.sentence for fact, _, _ in found if fact.kind == "stated"}
        passages = [passage(one) for one in sorted(sentences)]
        rows = pairs(read, passages, [0.0] * len(passages), self.weight, self.people(read.want))
        return max(ranker().probabilities(rows), default=0.0)

    def nearness(self, want: Wanted, told: Told) -> float:
        """How near something told, a fact or not, comes to a question."""
        return nearness(want, told, self.weight, self.people(want))

    def names(self, asked: Asked) -> bool:
        """Whether the question names somebody by the name that was told."""
        return bool((asked.owners & self._people.keys()) - owners())

    def people(self, want: Wanted) -> dict[str, frozenset[str]]:
        """What those are to the user whom a question names by their names."""
        named = want.asked.owners & self._people.keys()
        return {one: frozenset().union(*self._people[one].values()) for one in named}

    def _meet(self, fact: Fact) -> None:
        """Note the names of those whom a fact is about."""
        if fact.kind != "stated" or fact.subject in ("", USER):
            return
        subject = content(fact.subject, quick=True)
        kin = frozenset(one for one in subject if one in owners())
        whole = kin.issuperset(one for one in subject if one not in names())  # not «مدرسه‌ی دختر»
        named = fact.value if whole and stem("اسم") in content(fact.attribute, quick=True) else ""
        for one in [*(one for one in subject if one in names()), *content(named, quick=True)]:
            if kin and one not in owners():
                self._people.setdefault(one, {})[fact.id] = kin
