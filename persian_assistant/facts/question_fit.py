"""How well a fact answers a question: about the same people, of the attribute asked for, with its words.

Where a question asks for an attribute that a fact does not have, nothing else makes up for it. Knows nothing
of where facts are kept.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence, Set
from typing import Protocol

from persian_assistant.facts.question import Asked, Profile, alike, pairs, wider
from persian_assistant.facts.verbs import VERBS

FACT_BAR, NAMED_BAR, WHO_BAR, LESSON_BAR = 0.5, 0.4, 0.5, 0.25
"""Share of the weight of a question's words that must be held: by a fact, by one of the attribute that is
asked for, by one that says who does something, by a lesson that has a rare one of them."""
SURE = 0.8
"""A lesson that holds this share is meant, whatever attribute is asked for."""
LESS = 0.8
"""What a word counts that stands only in the sentence around a fact, or is another one for the same."""
ELSE = 0.6
"""What a fact counts that has all the words but, as far as can be seen, no place, where one is asked for."""
PLACE = 0.9
"""What the place of somebody's work counts where their trade is asked for."""
WHICH = 2.0
"""What a word counts that says which kind of thing is asked for: «کدام مدرسه»."""
_GATES = frozenset(("?where", "?when", "?number"))
_TASTES = frozenset(("=like", "=hate", "=name"))
_NONE: frozenset[str] = frozenset()


class Weights(Protocol):
    """What the index of the facts tells of a word."""

    def weight(self, word: str) -> float: ...

    def texts_with(self, word: str) -> int: ...


def gates(asked: Asked) -> frozenset[str]:
    """What must stand in an answer; not where «کی» may be who or when."""
    return asked.kinds & _GATES if "?who" not in asked.kinds else _NONE


class Fit:
    """Judges facts by their profiles; `people` says what those of a name are to the user."""

    def __init__(self, index: Weights, people: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self._index = index
        self._people = people

    def stated(self, asked: Asked, known: Profile) -> float:
        """How well a stated fact answers, 0 where it does not."""
        if asked.about_me or not self._of_owner(asked, known):
            return 0.0
        held = self._held(asked, known)
        named = asked.attributes - {"=relation"}
        if not named <= held or any(one.startswith("~") for one in named):
            return 0.0
        missing = gates(asked) - held
        if missing - {"?where"} or (missing and not held.issuperset(asked.words)):
            return 0.0
        if not asked.words and not named and not asked.owners:
            return 0.0
        little = asked.category if named - _TASTES else _NONE
        words = [one for one in asked.words if one not in little]
        share = self._share(words, known.words, held) if words else 1.0
        if share < (NAMED_BAR if named else FACT_BAR):
            return 0.0
        place = "=job" in named and "?where" in known.words and "?where" not in asked.kinds
        return self._closeness(asked, known, named) * (ELSE if missing else PLACE if place else 1.0)

    def _held(self, asked: Asked, known: Profile) -> frozenset[str]:
        """What a fact can be asked for here: by the sentence around it only where the question binds it."""
        bound = asked.words or (asked.owners and not known.owners)
        return known.words | known.said if bound else known.words

    def _closeness(self, asked: Asked, known: Profile, named: Set[str]) -> float:
        """The share of everything asked for that the fact holds itself; what stands around it counts less."""
        total = found = 0.0
        for parts, weight, own in (
            (named, 4.0, known.words),
            (asked.owners, 3.0, known.subject),
            (asked.kinds, 0.5, known.words),
        ):
            total += weight * len(parts)
            found += weight * sum(self._part(one, own, known) for one in parts)
        for word in asked.words:
            weight = self._index.weight(word) * (WHICH if word in asked.category else 1.0)
            total += weight
            if word in known.stated:
                found += weight
            elif word in known.words or any(other in known.words for other in alike(word)):
                found += (LESS if word in asked.category else 0.95) * weight
            elif word in known.said:
                found += LESS * weight
        return found / total if total else 0.0

    def _part(self, one: str, own: Container[str], known: Profile) -> float:
        """How much of a token a fact holds that has the tokens `own` for it."""
        if one in own or self._kin(one) & known.owners:
            return 1.0
        return LESS if one in known.said else 0.9

    def holds(self, asked: Asked, known: Profile) -> bool:
        """Whether what is asked for stands in the fact itself, not only in the sentence around it."""
        wanted = (asked.attributes - {"=relation"}) | gates(asked)
        own = wanted <= known.words
        if "?who" in asked.kinds and known.owners and not asked.owners:
            own = "=name" not in known.said
        held = self._share(asked.words, known.words, _NONE) if asked.words else 1.0
        return own and held >= (NAMED_BAR if wanted else FACT_BAR)

    def lesson(self, asked: Asked, known: Profile) -> float:
        """Of what was taught or fixed: most of the question's words, and none in the place of another."""
        words = (*asked.words, *asked.owners)
        if {one for one in asked.attributes if one.startswith("~")} & set(known.asked):
            return 1.0
        if not words or not asked.owners <= known.words or self._swapped(words, known):
            return 0.0
        share = self._share(words, known.words, known.words)
        back = self._share([one for one in known.asked if one[0] not in "=~"], words, words)
        enough = share >= FACT_BAR or (share >= LESSON_BAR and (back >= FACT_BAR or self._rare(words, known)))
        if share < SURE and any(one[0] == "=" and one not in known.asked for one in asked.attributes):
            return 0.0
        return max(share, (share + back) / 2) if enough else 0.0

    def _rare(self, words: Sequence[str], known: Profile) -> bool:
        """Whether the question has a word of the lesson's that hardly anything else is asked with."""
        return any(word in known.asked and self._index.texts_with(word) <= 1 for word in words)

    def _swapped(self, words: Sequence[str], known: Profile) -> bool:
        """Whether the question has another word than the lesson beside the same one: «پایتخت …»."""
        return any(
            one == same and other not in known.words and theirs not in words
            for one, other in pairs(words)
            for same, theirs in pairs(known.asked)
            if theirs[0] not in "=~" and not {other, theirs} & VERBS.keys()
        )

    def _of_owner(self, asked: Asked, known: Profile) -> bool:
        """Whether the fact is about those whom the question names, or holds them as what is asked for."""
        held = self._held(asked, known)
        for one in asked.owners:
            if one not in held and not self._kin(one) & (known.owners or held):
                return False
        if not known.owners or any(
            one in known.subject or self._kin(one) & known.owners for one in asked.owners
        ):
            return True
        return bool(asked.owners & self._people.keys() & known.stated) or self._reversed(asked, known)

    def _kin(self, one: str) -> frozenset[str]:
        """What somebody so named is to the user; narrower words for kin."""
        return wider().get(one, _NONE).union(*self._people.get(one, {}).values())

    def _reversed(self, asked: Asked, known: Profile) -> bool:
        """Whether it is asked who does or is something that the fact states."""
        words = asked.words
        return (
            "?who" in asked.kinds
            and bool(words)
            and self._share(words, known.stated, known.stated) >= WHO_BAR
        )

    def _share(self, words: Sequence[str], held: Container[str], also: Container[str]) -> float:
        """The share of the weight of `words` that is held; `also`, or by another word, counts less."""
        total = found = 0.0
        for word in words:
            weight = self._index.weight(word)
            total += weight
            if word in held:
                found += weight
            elif word in also or any(other in also for other in alike(word)):
                found += LESS * weight
        return found / total if total else 0.0
