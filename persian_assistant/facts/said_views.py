"""Training views of a turn as it was said: for all in it that no rule made a fact of.

Asked with its own words, and with questions that others asked of such things (data/recall)
where the cross-encoder finds that it answers them; the answer is the turn said to the user. Knows nothing of
tokens.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from heapq import nlargest
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.facts.cross_encoder import CrossEncoder, cross_encoder
from persian_assistant.facts.echo import worth_telling
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.passages import lacks, names, pairs, passage, read_question, words_met
from persian_assistant.facts.question import understand
from persian_assistant.facts.ranking import ranker
from persian_assistant.facts.stems import FILLER, content, stem
from persian_assistant.facts.telling import retold, stumbled, told
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import tokens
from persian_assistant.records import Exchange, Fact, Message, View

LONGEST = 160
"""Characters of a turn that is said back whole."""
COVERED = 0.75
"""Share of a turn's words that its facts tell: from there on they are enough."""
BY_WORDS, BY_OTHERS = 6, 8
"""Views of each sort at most."""
MET, LIKELY, SURE = 0.45, 0.2, 0.5
"""How far each word of a question must be met by a turn, how likely the turn must answer it by the ranking,
and by which log odds of the cross-encoder."""
NEAREST, READ, OTHERS = 150, 40, 8
"""Questions looked at for a turn, how many of the likeliest the cross-encoder reads, and turns of others."""
_NUMBER = re.compile(r"\d")
_ABOUT = ("درباره‌ی {} چی گفتم؟", "از {} چی یادته؟", "راجع به {} چی گفته بودم؟", "از {} چه گفته بودم؟")
"""For one word alone: «ایران چه بود؟» asks of the world."""
_FRAMES = (
    *_ABOUT,
    *("{} چی بود؟", "{} چیه؟", "{} کجاست؟", "{} کیه؟", "{} چندتاست؟", "{} چه بود؟", "موضوع {} چیست؟"),
)


class QuestionBank:
    """Questions that people asked, and sentences of others that a turn must stand out from."""

    def __init__(self, questions: Sequence[str], others: Sequence[str], encoder: CrossEncoder) -> None:
        self.questions, self._encoder = questions, encoder
        self._others = others

    @cached_property
    def _directions(self) -> Any:
        """Float32 [questions, size of a word vector]."""
        import numpy as np

        return np.stack([word_vectors().direction(content(one, quick=True)) for one in self.questions])

    def asked_of(self, text: str) -> list[str]:
        """Up to BY_OTHERS questions that `text` answers, likeliest first."""
        import numpy as np

        if not self.questions or not self._encoder.known:
            return []
        nearest = np.argsort(-(self._directions @ passage(text).direction))[:NEAREST]
        chances = {one: self._chance(one, text) for one in (self.questions[int(at)] for at in nearest)}
        near = nlargest(READ, (one for one in chances if chances[one] >= LIKELY), key=chances.__getitem__)
        scores = self._encoder.each([text], near)
        found = sorted(zip(scores, near, strict=True), reverse=True)
        return [one for score, one in found[:BY_OTHERS] if score >= SURE]

    def _chance(self, question: str, text: str) -> float:
        """How likely (0..1) `text` answers, beside the others; 0 where a word of `question` is not met."""
        asked, told = understand(question), passage(text)
        if lacks(asked, told):
            return 0.0
        read = read_question(question, asked, False)
        if min(words_met(read, told), default=0.0) < MET:
            return 0.0
        beside = [told, *map(passage, self._others)]
        rows = pairs(read, beside, [0.0] * len(beside), word_vectors().weight, {})
        return ranker().probabilities(rows)[0]


@lru_cache
def question_bank() -> QuestionBank:
    """The questions of data/recall that name nobody and no number."""
    paths = sorted((data_dir() / "recall").glob("*.jsonl"))
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    asked = dict.fromkeys(question for row in rows for question, _ in row["asks"])
    general = (one for one in asked if not _NUMBER.search(one))
    questions = [one for one in general if names().isdisjoint(content(one, quick=True))]
    others = random.Random(0).sample([row["told"] for row in rows], min(len(rows), OTHERS))
    return QuestionBank(questions, others, cross_encoder())


def said_lessons(turn: Exchange, facts: Sequence[Fact] = ()) -> list[View]:
    """Views of a turn, for what `facts`, read from it, do not tell; [] where rules fail."""
    try:
        found = said_views(turn.user, retold(turn.user, LONGEST), [told(fact) for fact in facts])
    except Exception as error:
        stumbled("views of a turn", error)
        return []
    return [replace(view, fact_id=f"{turn.seq}.said") for view in found]


def is_said(turn: Exchange, facts: Sequence[Fact] = ()) -> bool:
    """Whether a turn has views of its own, as `said_lessons`; at once."""
    try:
        return _has_views(turn.user, [told(fact) for fact in facts])
    except Exception as error:
        stumbled("views of a turn", error)
        return False


def said_views(text: str, answer: str, told: Sequence[str] = ()) -> list[View]:
    """Up to BY_WORDS + BY_OTHERS views of the turn `text`, answered with `answer`, no question twice.

    None where it states nothing, or where the facts read from it, `told`, tell nearly all of it.
    """
    if not _has_views(text, told):
        return []
    return [View((Message("user", one), Message("assistant", answer)), "said") for one in _asked(text)]


def _has_views(text: str, told: Sequence[str]) -> bool:
    return bool(worth_telling(text)) and len(text) <= LONGEST and _covered(text, told) < COVERED


@lru_cache(maxsize=1024)
def _asked(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*question_bank().asked_of(text), *_by_words(text)]))


def _covered(text: str, told: Sequence[str]) -> float:
    own = set(content(text, quick=True))
    return len(own & set(content(" ".join(told), quick=True))) / len(own) if own and told else 0.0


def _by_words(text: str) -> list[str]:
    """Questions of one to three of its words, rare ones most often."""
    chance = random.Random(text)
    every = dict.fromkeys(one for one in tokens(text) if one[:1].isalnum())
    words = [one for one in every if len(one) > 1 and one not in FILLER and not _turned(one)]
    weights = [word_vectors().weight(stem(one)) for one in words]
    found: dict[str, None] = {}
    for _ in range(4 * BY_WORDS if words else 0):
        picked = set(chance.choices(words, weights, k=chance.choice((1, 2, 2, 3))))
        frame = chance.choice(_FRAMES if len(picked) > 1 else _ABOUT)
        found[frame.format(" ".join(one for one in words if one in picked))] = None
        if len(found) >= BY_WORDS:
            break
    return list(found)


def _turned(word: str) -> bool:
    """Whether it is a verb of the user's or the assistant's, which would have to be turned."""
    return any(form.person in (1, 2, 4, 5) for form in readings(word)[:1])
