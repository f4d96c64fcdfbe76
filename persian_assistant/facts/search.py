"""Which facts and exchanges a few words of the user mean, so that they can be forgotten.

Strict first: all words found. Only where no fact has them all, the nearest ones above a bar. Knows nothing
of files.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from persian_assistant.facts.stems import content, same
from persian_assistant.facts.telling import told
from persian_assistant.records import Exchange, Fact

ENOUGH = 0.6
"""Share of the weight of the words asked for that a fact must hold where none holds all."""
NEAR = 0.85
"""A fact that holds this share of the best one's is meant, too."""
WHOLE = 0.8
"""Where so much of a sentence was said again, everything read from it is meant."""


class Matches(NamedTuple):
    """What was found, oldest first; false where nothing was."""

    facts: list[Fact]
    exchanges: list[Exchange]

    def __bool__(self) -> bool:
        return bool(self.facts or self.exchanges)


def matching(words: str, facts: Sequence[Fact], exchanges: Sequence[Exchange]) -> Matches:
    """The facts that `words` mean, and the exchanges that hold all of the words."""
    asked = content(words) or content(words, talk=True)
    if not asked:
        plain = same(words)
        return Matches(
            [fact for fact in facts if plain and plain == same(fact.attribute)],
            [one for one in exchanges if plain and plain == same(one.user)],
        )
    wanted = set(asked)
    stems = {fact.id: own_words(fact) for fact in facts}
    chosen = [fact for fact in facts if wanted <= stems[fact.id]]
    if not chosen:
        chosen = _nearest(asked, facts, stems)
    ids = {fact.id for fact in chosen}
    repeated = [fact for fact in facts if fact.id not in ids and _said_again(wanted, fact)]
    return Matches(
        sorted([*chosen, *repeated], key=lambda fact: fact.seq),
        [one for one in exchanges if _holds_all(asked, one)],
    )


def own_words(fact: Fact) -> set[str]:
    """The stems of what a fact says itself, whatever else its sentence held."""
    parts = (fact.subject, fact.attribute, fact.value, told(fact))
    return {stem for part in parts for stem in content(part, talk=fact.kind != "stated")}


def _said_again(wanted: set[str], fact: Fact) -> bool:
    """Whether a sentence that was said again, or named with all that is asked for, told this fact, too."""
    if fact.kind != "stated":
        return False
    sentence, value = set(content(fact.sentence)), set(content(fact.value))
    if len(sentence) > 1 and len(sentence & wanted) >= WHOLE * len(sentence):
        return True
    return bool(value) and value <= wanted <= sentence


def _nearest(asked: list[str], facts: Sequence[Fact], stems: dict[str, set[str]]) -> list[Fact]:
    """Facts that hold most of what was asked for, a rare word counting for more."""
    spread = Counter(stem for one in stems.values() for stem in one)
    weight = {stem: math.log(1 + (len(facts) + 1) / (spread[stem] + 0.5)) for stem in asked}
    total = sum(weight.values())
    shares = {
        fact.id: sum(weight[stem] for stem in asked if stem in stems[fact.id]) / total for fact in facts
    }
    bar = max(ENOUGH, NEAR * max(shares.values(), default=0.0))
    return [fact for fact in facts if shares[fact.id] >= bar]


def _holds_all(asked: list[str], exchange: Exchange) -> bool:
    text = f"{exchange.user}\n{exchange.assistant or ''}"
    return set(asked) <= set(content(text, talk=True, quick=True))
