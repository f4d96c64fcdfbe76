"""Questions about things never told, to be answered «نگفته‌ای»: made by grammar, and asked by hand.

Half come from the facts themselves (another attribute, another owner), half from frames (data/frames) that
speak of something else: without them a model soon gives what it was told to every question.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from persian_assistant.config import data_dir
from persian_assistant.facts.frames import Frame, fill, read_frames
from persian_assistant.facts.stems import content
from persian_assistant.facts.views import NOT_TOLD, negatives, statement
from persian_assistant.records import Fact, Message, View

MOST_TRIES = 8
"""Questions drawn for one that no fact answers."""
_frames: list[Frame] = []


def untold_views(facts: Sequence[Fact], count: int, chance: random.Random) -> list[View]:
    """`count` questions that no one of `facts` answers, some of them perhaps alike."""
    by_hand = [view for _ in range(count // 2) if (view := _asked_by_hand(facts, chance)) is not None]
    return [*negatives(facts, count - len(by_hand), chance), *by_hand]


def _asked_by_hand(facts: Sequence[Fact], chance: random.Random) -> View | None:
    known = [{*content(statement(fact)), *content(fact.attribute)} for fact in facts]
    if not _frames:
        _frames.extend(read_frames(data_dir() / "frames"))
    for _ in range(MOST_TRIES):
        frame = chance.choice(_frames)
        values = {name: chance.choice(choices) for name, choices in frame.slots.items()}
        question = fill(chance.choice(frame.ask), values)
        without = {**values, "value": ""}
        stated = [set(content(fill(text, without))) for text in frame.fact]
        if not any(_answers(words, set(content(question)), stated) for words in known):
            answer = chance.choice(NOT_TOLD)
            return View((Message("user", question), Message("assistant", answer)), "negative")
    return None


def _answers(known: set[str], asked: set[str], stated: list[set[str]]) -> bool:
    """Whether a fact of the stems `known` may answer a question, or be what its frame states."""
    near = any(words and len(words & known) >= min(2, len(words)) for words in stated)
    return near or len(asked & known) >= min(2, len(asked))
