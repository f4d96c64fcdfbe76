"""Which of the texts that cover a question's meaning are likely to answer it, where nothing surely does.

Likely is what meets its words and concepts, and stands clear of what was told at another time. The weights
are those of a logistic regression over questions about told and untold things. Knows nothing of where facts
are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.question import Asked
from persian_assistant.facts.question_near import Told, Wanted, fits, same_owner
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.wordset import wordset

LIKELY = 0.28
"""How likely must be what is told."""
CONCEPTS, CLEAR, EACH_WORD = 0.3, 0.5, 0.06
"""What it counts to meet all of the concepts asked for, to cover all of a question that nothing else covers,
and what each word of the question."""
MOST_WORDS = 3
"""Words of a question that count: a long one is not answered for its length."""
SPOKEN_OF = 0.35
"""How near at least one of the question's words must be to one that was told."""
COVERING = 12
"""Texts looked at of each sort."""
_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def _asking() -> frozenset[str]:
    return frozenset(map(stem, wordset("یادته یادت میاد کدوم کدام چیست چه چی گفته بودم می‌دونی بگو")))


@dataclass(frozen=True)
class Text:
    """Something told: a fact or a turn."""

    share: float
    """0..1, of the meaning that is asked for."""
    told: Told
    seq: int
    """The turn it stands in."""
    whole: bool
    """Whether it is a turn, that may speak of several people."""


def meant(question: str, asked: Asked) -> list[str]:
    """The stems of what is asked for; whose it is only where nothing else is said."""
    words = [one for one in content(question, quick=True) if one not in _asking()]
    return [one for one in words if one not in asked.owners] or words


def likely(
    want: Wanted,
    texts: Sequence[Text],
    nearness: Callable[[Wanted, Told], float],
    people: Mapping[str, Set[str]],
) -> list[tuple[float, int]]:
    """How likely those of `texts` answer that are likely to, with their places; best first."""
    fitting = [(at, one) for at, one in enumerate(texts) if _may_answer(want, one, people)]
    words = min(len(want.asked.words), MOST_WORDS)
    found = []
    for at, one in fitting:
        others = max((other.share for _, other in fitting if other.seq != one.seq), default=0.0)
        score = nearness(want, one.told) + CLEAR * (one.share - others) + EACH_WORD * words
        if (score := score + CONCEPTS * _concepts(want, one.told)) >= LIKELY:
            found.append((score, at))
    return sorted(found, key=lambda one: -one[0])


def _concepts(want: Wanted, told: Told) -> float:
    """-0.5..0.5: the share of the concepts of the question's words that is met; 0 where they name none."""
    named = _NONE.union(*(concepts for _, concepts in want.words))
    return len(named & told.concepts) / len(named) - 0.5 if named else 0.0


def _may_answer(want: Wanted, text: Text, people: Mapping[str, Set[str]]) -> bool:
    """Whether it is about those who are named, speaks of one of the words, and holds what is asked for."""
    strict = not text.whole
    if not same_owner(want, want.asked, text.told, people, strict=strict) or not fits(want.asked, text.told):
        return False
    near = [_spoken_of(one, concepts, text.told) for one, concepts in want.words]
    return not near or max(near) >= SPOKEN_OF


def _spoken_of(one: str, concepts: Set[str], told: Told) -> float:
    return 1.0 if concepts & told.concepts else word_vectors().nearest(one, told.words)
