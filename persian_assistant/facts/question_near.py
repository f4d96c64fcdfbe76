"""How near something told comes to a question that no fact answers in its own words.

«از چه راهی پول درمیارم؟» shares no word with «توی یه کتاب‌فروشی کار می‌کنم», but a concept. Whose it is
and what kind of answer is asked for must fit all the same. Knows nothing of where facts are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

from persian_assistant.facts import question_concepts
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.question import (
    Asked,
    Profile,
    alike,
    kinds_of,
    owners,
    told_of,
    understand,
    wider,
)
from persian_assistant.facts.question_cues import spaced
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.times import DAYS, MONTHS, PARTS, SEASONS, is_number
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

BAR = 0.45
"""Share of what is asked for that must be met."""
MET = 0.5
"""A word of the question counts as met from here on; one besides the people must be."""
CONCEPT, SENSE = 0.8, 0.6
"""What a word counts that is met by a concept; by the nearest word, times how near that is."""
ONLY_OWNER = 0.6
"""How near comes what is about the one who is named where nothing else is asked for but a kind of answer."""
ATTRIBUTE, OWNER, PHRASE = 3.0, 1.5, 2.0
"""What an attribute weighs, whoever is named, and a phrase of nothing but filler («چه اتفاقی»)."""
_SOFT = frozenset(
    ("=like", "=hate", "=work", "=job", "=live", "=origin", "=illness", "=instrument", "=wake", "=fear")
)
_WORK = frozenset(("=job", "=work"))
_TASTES = frozenset(("=like", "=hate"))
_LIGHT = frozenset(
    map(stem, wordset("قراره چیکار چکار خبر خبره دادن افتادن آوردن شدن زدن رفتن آمدن گرفتن خواستن"))
)
"""What says too little by itself to be missed."""
_EMPTY = 0.3
"""What such a word weighs beside others."""
_ASKING = wordset("چی چیه چه چیست کدام کدوم چطور چطوری چگونه چرا آیا یادته بگو")
_FRIEND = stem("دوست")
_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _days() -> frozenset[str]:
    return frozenset(stem(word) for word in DAYS | MONTHS | SEASONS | PARTS)


@dataclass(frozen=True)
class Told:
    """Something told, to be held against questions."""

    owners: frozenset[str]
    words: frozenset[str]
    """Stems, attributes, kinds."""
    concepts: frozenset[str]


@dataclass(frozen=True)
class Wanted:
    """A question with the concepts of its words."""

    asked: Asked
    words: tuple[tuple[str, frozenset[str]], ...]
    """Stems with their concepts."""
    concepts: frozenset[str]
    """Of phrases that leave no word of their own."""


def is_question(text: str, asked: Asked) -> bool:
    """Whether `text` asks for something, by its mark or its words."""
    if asked.about_me or (not asked.words and any(one.startswith("~") for one in asked.attributes)):
        return False
    return "؟" in text or "?" in text or bool(asked.kinds) or not _ASKING.isdisjoint(spaced(text).words)


def asks(text: str) -> bool:
    """Whether `text` asks for something."""
    return is_question(text, understand(text))


def wanted(question: str, asked: Asked) -> Wanted:
    """`question`, understood as `asked`."""
    of_word = question_concepts.asked(question)
    of_stem: dict[str, frozenset[str]] = {}
    for word, concepts in of_word.items():
        for one in content(word, quick=True) or [stem(word)]:
            of_stem[one] = of_stem.get(one, _NONE) | concepts
    for one in asked.words:  # «شاغله» for «شاغل است»
        for word, concepts in of_word.items() if one not in of_stem else ():
            if word.startswith(one):
                of_stem[one] = of_stem.get(one, _NONE) | concepts
    words = tuple((one, of_stem.get(one, _NONE)) for one in asked.words)
    taken = {*asked.words, *asked.owners}
    left = [concepts for one, concepts in of_stem.items() if one not in taken]
    pets = {"+pet"} if any("+pet" in some for some in of_stem.values()) else _NONE
    return Wanted(asked, words, _NONE.union(*left, pets))


def search_words(want: Wanted) -> list[str]:
    """What to search for: the words, others for the same, their concepts."""
    asked = want.asked
    found = [*asked.all, *(other for one in (*asked.words, *asked.owners) for other in alike(one))]
    found += [concept for _, concepts in want.words for concept in concepts] + list(want.concepts)
    return list(dict.fromkeys(found))


def of_fact(fact: Fact, known: Profile) -> Told:
    """A fact with the sentence around it."""
    marks = {one for one in known.words if one[0] in "=?"}
    words = known.stated | known.said | marks | kinds_of(fact.value)
    if "=like" in words and _FRIEND not in known.owners:
        words -= {_FRIEND}
    return Told(known.owners, words, question_concepts.stated(fact.sentence))


@lru_cache(maxsize=4096)
def of_turn(text: str) -> Told:
    """What the user said as it was said."""
    words = told_of(text)
    if "=like" in words:
        words -= {_FRIEND}  # «دوست دارم» speaks of no friend
    return Told(frozenset(words & owners()), words, question_concepts.stated(text))


def nearness(
    want: Wanted, told: Told, weight: Callable[[str], float], people: Mapping[str, Set[str]]
) -> float:
    """0..1: the share of what is asked for that is met; 0 where it is another's, or another kind of thing.

    `people` says what those of a name are to the user.
    """
    asked = want.asked
    if asked.about_me or not same_owner(want, asked, told, people) or not fits(asked, told):
        return 0.0
    total = met = OWNER * len(asked.owners)
    exact = not asked.attributes.isdisjoint(_TASTES)  # no team where a singer is asked for
    units = [
        (weight(one) * (_EMPTY if one in _LIGHT else 1.0), word_met(one, concepts, told, exact))
        for one, concepts in want.words
    ]
    said = any(one not in _LIGHT for one, _ in want.words)
    taste = (asked.attributes & _TASTES) if said else _NONE
    named = {one for one in asked.attributes - {"=relation"} - taste if one[0] == "="}
    units += [(ATTRIBUTE, _attribute(one, want, told)) for one in named]
    if want.concepts - {"+pet"} and not named:
        units.append((PHRASE, CONCEPT if want.concepts & told.concepts else 0.0))
    any_met = any(
        share >= MET for (one, _), (_, share) in zip(want.words, units, strict=False) if one not in _LIGHT
    )
    any_met |= any(share >= MET for _, share in units[len(want.words) :])
    total += sum(much for much, _ in units)
    met += sum(much * share for much, share in units)
    if asked.owners and not said and not asked.attributes and not want.concepts:
        return ONLY_OWNER  # «داداشم الان چیکار می‌کنه؟»
    if asked.owners & told.owners and not named and not asked.kinds and len(want.words) < 2:
        return max(BAR, met / total)  # «طوطیم چه هنری داره؟»
    return met / total if total and any_met else 0.0


def word_met(one: str, concepts: Set[str], told: Told, exact: bool) -> float:
    """How far (0..1) a word of the question is met; `exact`: not by a word that is only near."""
    if one in told.words:
        return 1.0
    if any(other in told.words for other in alike(one)):
        return 0.95
    if concepts & told.concepts:
        return CONCEPT
    return 0.0 if exact else SENSE * word_vectors().nearest(one, told.words)


def _attribute(one: str, want: Wanted, told: Told) -> float:
    if one in told.words or (one in _WORK and _WORK & told.words):
        return 1.0
    if want.concepts & told.concepts or (one in _WORK and "+shop" in told.concepts):
        return CONCEPT
    here = one == "=live" and want.asked.owners & told.owners and "?where" in told.words
    return CONCEPT if here else 0.0


def fits(asked: Asked, told: Told) -> bool:
    """Whether it has the attributes that nothing stands for, and the kind of answer that is asked for."""
    hard = {one for one in asked.attributes - _SOFT - {"=relation"} if one[0] == "="}
    tastes = asked.attributes & _TASTES
    if not hard <= told.words or not all(
        {one, f"+{one[1:]}"} & (told.words | told.concepts) for one in tastes
    ):
        return False
    if any((one.isdigit() or is_number(one)) and one not in told.words for one in asked.words):
        return False
    days = set(asked.words) & _days()
    if days - told.words and (told.words & _days() or not days & told.words):
        return False
    if "?who" in asked.kinds:
        return True
    if "?when" in asked.kinds:
        return bool(told.words & {"?when", "?number"})
    return "?number" not in asked.kinds or "?number" in told.words


def same_owner(
    want: Wanted, asked: Asked, told: Told, people: Mapping[str, Set[str]], *, strict: bool = True
) -> bool:
    """Whether it is about those whom the question names, or says who they are that it asks for.

    Unless `strict`, a question that names nobody may be answered by what speaks of others, too.
    """
    for one in asked.owners:
        if one not in told.words and not _kin(one, people) & (told.owners | told.words):
            return False
    if not strict or asked.owners or not told.owners or "?who" in asked.kinds:
        return True
    return "+pet" in want.concepts and "+pet" in told.concepts


def _kin(one: str, people: Mapping[str, Set[str]]) -> frozenset[str]:
    return wider().get(one, _NONE) | frozenset(people.get(one, ()))
