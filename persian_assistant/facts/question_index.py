"""Facts by the questions they answer: BM25 finds candidates, their profiles decide.

Knows nothing of files, nor of which facts hold: what is added is taken to hold until it is dropped.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from persian_assistant.facts.blocks import BlockIndex
from persian_assistant.facts.lexicon import COMMON_NAMES, NAMES
from persian_assistant.facts.question import Asked, Profile, alike, owners, profile, understand
from persian_assistant.facts.question_fit import Fit
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.telling import USER
from persian_assistant.records import Fact

NEAR = 0.8
"""Of several facts those are told whose fit is at least this part of the best one's."""


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(stem(name) for name in NAMES)


@lru_cache(maxsize=1)
def _only_names() -> frozenset[str]:
    """Names that are no plain words."""
    return frozenset(stem(name) for name in NAMES - COMMON_NAMES)


class FactIndex:
    """Facts that can be asked for. Not for several threads at once."""

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}
        self._profiles: dict[str, Profile] = {}
        self._index: BlockIndex[str] = BlockIndex()
        self._people: dict[str, dict[str, frozenset[str]]] = {}
        """Stems of the names of those whom facts are about; what they are to the user, by the fact's id."""
        self._fit = Fit(self._index, self._people)

    def add(self, fact: Fact) -> None:
        """Take in a fact; again under the same id does nothing."""
        if fact.id in self._facts:
            return
        self._facts[fact.id] = fact
        made = self._profiles[fact.id] = profile(fact)
        self._index.add(fact.id, sorted(made.words | made.said))
        self._meet(fact)

    def drop(self, fact_id: str) -> None:
        """Find a fact no more."""
        if self._facts.pop(fact_id, None) is None:
            return
        del self._profiles[fact_id]
        self._index.drop(fact_id)
        for name, told_by in list(self._people.items()):
            if told_by.pop(fact_id, None) and not told_by:
                del self._people[name]

    def understood(self, question: str) -> Asked:
        """`question` with the names of those who were told about among those whom it is about."""
        asked = understand(question)
        people = {one for one in asked.words if one in self._people or one in _only_names()}
        words = tuple(one for one in asked.words if one not in people)
        return replace(asked, owners=asked.owners | people, words=words)

    def answering(self, asked: Asked) -> list[tuple[float, bool, Fact]]:
        """The facts that answer the question: how well (0..1), whether by their own words; best first."""
        wanted = [*asked.all, *asked.kinds, *(other for one in asked.words for other in alike(one))]
        ranked: list[tuple[float, float, bool, Fact]] = []
        for fact_id, score in self._index.best(list(dict.fromkeys(wanted))):
            fact, known = self._facts[fact_id], self._profiles[fact_id]
            taught = fact.kind != "stated"
            fits = self._fit.lesson(asked, known) if taught else self._fit.stated(asked, known)
            if fits:
                ranked.append((fits, score, taught or self._fit.holds(asked, known), fact))
        ranked.sort(key=lambda one: one[:2], reverse=True)
        return [(fits, own, fact) for fits, _, own, fact in ranked if fits >= NEAR * ranked[0][0]]

    def _meet(self, fact: Fact) -> None:
        """Note the names of those whom a fact is about."""
        if fact.kind != "stated" or fact.subject in ("", USER):
            return
        subject = content(fact.subject)
        kin = frozenset(one for one in subject if one in owners())
        whole = kin.issuperset(one for one in subject if one not in _names())  # not «مدرسه‌ی دختر»
        named = fact.value if whole and stem("اسم") in content(fact.attribute) else ""
        for one in [*(one for one in subject if one in _names()), *content(named)]:
            if kin and one not in owners():
                self._people.setdefault(one, {})[fact.id] = kin
