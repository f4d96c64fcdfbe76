"""What a question and something told have to do with each other, in numbers: what ranking.py decides by.

Words, concepts, kinds of answer, whose it is, nearness in meaning and in spelling. Knows nothing of where
anything told is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any

from persian_assistant.facts import lexicon
from persian_assistant.facts.blocks import BACKGROUND
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.question import Asked, alike
from persian_assistant.facts.question_life import asks_of_life, asks_of_the_world, speaks_of_me
from persian_assistant.facts.question_near import (
    Told,
    Wanted,
    fits,
    is_question,
    nearness,
    of_turn,
    same_owner,
    wanted,
    word_met,
)
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.times import DAYS, is_number
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

_WORD = re.compile(rf"[\w{ZWNJ}]+")
_ATTRIBUTES = (
    *("=name", "=age", "=job", "=work", "=live", "=origin", "=birth", "=like", "=hate", "=relation"),
    *("=illness", "=brand", "=colour", "=price", "=surname"),
)
_KINDS = ("?where", "?when", "?number", "?who", "?why")
_TOLD_KINDS = _KINDS[:3]
_ALIKE = 0.9
"""What another word for the same counts, where the same word counts 1."""
NOTHING_ASKED = -0.1
"""The share that is met where nothing of the sort is asked for."""
SHARES = 12
"""The first of a pair's numbers are shares that grow with how well the passage answers."""
_OF_THEM = SHARES + 6
"""The place among a pair's numbers of whether it is about those who are named."""
FLAGS = len(_ATTRIBUTES) + len(_TOLD_KINDS)
"""The first of a passage's marks say which attributes and kinds of value it holds."""
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Passage:
    """Something told, read once: a turn of the user's or what is left of it."""

    text: str
    told: Told
    stems: tuple[str, ...]
    pieces: frozenset[str]
    direction: Any
    """Float32 [size of a word vector]: where its words point, of length one; zeros without a known word."""
    marks: tuple[float, ...]
    """What its numbers do not depend on the question for."""


@dataclass(frozen=True, eq=False)
class Question:
    """A question, read once for all passages."""

    want: Wanted
    meant: tuple[str, ...]
    """Stems of what is asked for; whose it is only where nothing else is said."""
    words: tuple[tuple[str, frozenset[str], float], ...]
    """Its other words: stem, concepts, how much it tells."""
    concepts: frozenset[str]
    pieces: frozenset[str]
    direction: Any
    marks: tuple[float, ...]

    @property
    def asked(self) -> Asked:
        return self.want.asked


@lru_cache(maxsize=4096)
def passage(text: str) -> Passage:
    """`text` as the user said it, read."""
    stems = tuple(content(text, quick=True))
    told = of_turn(text)
    persons = _persons(text)
    named = len(set(stems) & names())
    numbers = sum(is_number(word) or word.isdigit() for word in set(_plain(text)))
    marks = (
        *(float(one in told.words) for one in (*_ATTRIBUTES, *_TOLD_KINDS)),
        *_first_or_third(persons),
        float(len(set(stems))),
        float(named),
        float(numbers),
    )
    return Passage(text, told, stems, _pieces(text), _direction(stems), marks)


def read_question(text: str, asked: Asked, names_somebody: bool) -> Question:
    """A question understood as `asked`; `names_somebody`: by a name that was told."""
    want = wanted(text, asked)
    concepts = _NONE.union(*(some for _, some in want.words))
    words = tuple((one, some, word_vectors().weight(one)) for one, some in want.words)
    named = meant(text, asked)
    marks = (
        *(float(one in asked.attributes) for one in _ATTRIBUTES),
        *(float(one in asked.kinds) for one in _KINDS),
        *(float(len(some)) for some in (asked.attributes, asked.words, asked.owners, concepts)),
        float(asked.about_me),
        float(is_question(text, asked)),
        float(asks_of_life(text, asked, names_somebody)),
        float(asks_of_the_world(text, names_somebody)),
        float(speaks_of_me(text, names_somebody)),
        float(names_somebody),
        float(len(text.split())),
        *_first_or_third(_persons(text)),
    )
    return Question(want, tuple(named), words, concepts, _pieces(text), _direction(named), marks)


def meant(question: str, asked: Asked) -> list[str]:
    """The stems of what is asked for; whose it is only where nothing else is said."""
    words = [one for one in content(question, quick=True) if one not in _asking()]
    return [one for one in words if one not in asked.owners] or words


def lacks(asked: Asked, one: Passage) -> bool:
    """Whether it names another day, no number where an age is asked for, no name where only a name is."""
    words = one.told.words
    if "=age" in asked.attributes and "?number" not in words:
        return True
    days = {word for word in asked.words if word in _days()}
    if days and days.isdisjoint(words) and not words.isdisjoint(_days()):
        return True
    only_name = "=name" in asked.attributes and not asked.words
    return only_name and "=name" not in words and names().isdisjoint(one.stems)


def pairs(
    question: Question,
    passages: Sequence[Passage],
    answering: Sequence[float],
    weight: Callable[[str], float],
    people: Mapping[str, Set[str]],
) -> list[list[float]]:
    """A row of numbers for each passage, shares (`SHARES`) first.

    `answering`: how well (0..1) a fact read from each answers by the rules; `weight`: how rare a stem is in
    what was told; `people`: what those of a name are to the user.
    """
    spread = Counter(one for each in passages for one in each.pieces)
    texts = len(passages) + BACKGROUND
    rare = {one: log(1 + texts / (spread[one] + 0.5)) for one in question.pieces}
    total = sum(rare.values()) or 1.0
    rows = []
    for one, by_rule in zip(passages, answering, strict=True):
        spelling = sum(rare[piece] for piece in question.pieces & one.pieces) / total
        near = nearness(question.want, one.told, weight, people)
        rows.append(
            [*_shares(question, one, near, by_rule, spelling, weight), *_whose(question, one, people)]
        )
        rows[-1] += [*one.marks, *question.marks]
    return rows


def _shares(
    question: Question,
    one: Passage,
    near: float,
    by_rule: float,
    spelling: float,
    weight: Callable[[str], float],
) -> list[float]:
    vectors, told = word_vectors(), one.told
    met = words_met(question, one)
    weights = [much for _, _, much in question.words]
    rarities = [weight(word) for word, _, _ in question.words]
    missing = [much * (1 - share) for much, share in zip(weights, met, strict=True)]
    same = [float(word in told.words) for word, _, _ in question.words]
    asked, concepts = question.asked, question.concepts
    shares = [
        near,
        by_rule,
        vectors.covered(question.meant, one.stems),
        spelling,
        float(question.direction @ one.direction),
        _mean(same, weights),
        _mean(met, weights),
        _mean(met, rarities),
        min(met, default=NOTHING_ASKED),
        max(met, default=NOTHING_ASKED),
        _part(concepts, told.concepts),
        float(len(question.want.concepts & told.concepts)),
    ]
    return [
        *shares,
        max(missing, default=0.0),
        sum(missing),
        _part(asked.attributes, told.words),
        _part(asked.kinds, told.words),
        _part(asked.owners, told.words),
    ]


def words_met(question: Question, one: Passage) -> list[float]:
    """How far (0..1) each word of the question is met, in any way."""
    return [_met(word, concepts, one) for word, concepts, _ in question.words]


def of_another(row: Sequence[float]) -> bool:
    """Whether the passage of such a row speaks of others than those whom the question names."""
    return not row[_OF_THEM]


def _whose(question: Question, one: Passage, people: Mapping[str, Set[str]]) -> list[float]:
    want, asked = question.want, question.asked
    return [
        float(same_owner(want, asked, one.told, people)),
        float(same_owner(want, asked, one.told, people, strict=False)),
        float(fits(asked, one.told)),
        float(len(one.told.owners - asked.owners)),
        float(len((set(one.stems) & names()) - asked.owners)),
    ]


def _met(word: str, concepts: Set[str], one: Passage) -> float:
    vectors = word_vectors()
    others = max((vectors.nearest(other, one.stems) for other in alike(word)), default=0.0)
    return max(
        word_met(word, concepts, one.told, exact=False), vectors.nearest(word, one.stems), _ALIKE * others
    )


def _mean(shares: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum(one * much for one, much in zip(shares, weights, strict=True)) / total if total else 0.0


def _part(asked: Set[str], held: Set[str]) -> float:
    return len(asked & held) / len(asked) if asked else NOTHING_ASKED


def _direction(stems: Sequence[str]) -> Any:
    return word_vectors().direction(stems)


def _persons(text: str) -> frozenset[int]:
    """The persons of the verbs in `text`: 1 … 6."""
    return frozenset(form.person for word in _WORD.findall(text) for form in readings(word)[:1])


def _first_or_third(persons: Set[int]) -> tuple[float, float]:
    return float(not persons.isdisjoint((1, 4))), float(not persons.isdisjoint((3, 6)))


def _plain(text: str) -> list[str]:
    return _WORD.findall(text.replace(ZWNJ, " "))


def _pieces(text: str) -> frozenset[str]:
    """Three letters each, word by word, so that endings and joined words are met too."""
    words = (f"^{word}$" for word in _WORD.findall(text.replace(ZWNJ, "")))
    return frozenset(word[at : at + 3] for word in words for at in range(len(word) - 2))


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Stems of given names."""
    return frozenset(stem(name) for name in lexicon.NAMES)


@lru_cache(maxsize=1)
def _days() -> frozenset[str]:
    return frozenset(map(stem, DAYS))


@lru_cache(maxsize=1)
def _asking() -> frozenset[str]:
    return frozenset(map(stem, wordset("یادته یادت میاد کدوم کدام چیست چه چی گفته بودم می‌دونی بگو")))
