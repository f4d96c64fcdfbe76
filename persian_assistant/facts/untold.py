"""Questions about things never told, to be answered «نگفته‌ای»: made by grammar, and asked by hand.

Most are near what is known: another attribute of the same owner, the same attribute of another, the same
frame with another slot; only these teach to tell the one from the other. The rest come from frames that speak
of something else. None is asked that a fact answers.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from persian_assistant.config import data_dir
from persian_assistant.facts.frames import Frame, fill, read_frames
from persian_assistant.facts.paraphrases import of_fact
from persian_assistant.facts.views import NOT_TOLD, negatives, statement
from persian_assistant.records import Fact, Message, View

MOST_TRIES = 8
"""Questions drawn for one that no fact answers."""
NEAR_SHARE = 0.75
"""Share of the questions asked by hand that are near what is known, where there is anything near."""
PERHAPS = 0.15
"""A question that something told answers with this chance may have been answered."""
NEWEST = 400
"""How many of the newest facts a question is held against and drawn from."""


def untold_views(facts: Sequence[Fact], count: int, chance: random.Random) -> list[View]:
    """`count` questions that no one of `facts` answers, some of them perhaps alike."""
    from persian_assistant.facts.question_index import FactIndex  # it needs facts in words, as this does not
    from persian_assistant.facts.question_near import wanted

    known = FactIndex()
    for fact in facts[-NEWEST:]:
        known.add(fact)
    known.settle(NEWEST)

    def answered(question: str) -> bool:
        asked = known.understood(question)
        if known.answering(asked):
            return True
        return bool(known.near(wanted(question, asked))) or known.likelihood(question, asked) >= PERHAPS

    asked: list[View] = []
    for number in range(count // 2):
        near = number < NEAR_SHARE * (count // 2)
        for _ in range(MOST_TRIES):
            question = (_near(facts, chance) if near else "") or _any(chance)
            if not answered(question):
                answer = chance.choice(NOT_TOLD)
                asked.append(View((Message("user", question), Message("assistant", answer)), "negative"))
                break
    made = negatives(facts, count, chance)
    by_grammar = [view for view in made if not answered(view.messages[0].content)]
    return [*by_grammar[: count - len(asked)], *asked]


def _any(chance: random.Random) -> str:
    frame = chance.choice(_frames())
    return _ask(frame, {}, chance)


def _near(facts: Sequence[Fact], chance: random.Random) -> str:
    """A question near one of the newest facts: about its owner, or of its attribute; "" for a lesson."""
    fact = chance.choice(facts[-NEWEST:]) if facts else None
    if fact is None or fact.kind != "stated":
        return ""
    found = of_fact(fact, statement(fact))
    own = next((frame for frame in _frames() if found and frame.id == found.frame), None)
    owner = fact.key.split("|")[1] if "|" in fact.key else ""
    of_owner = _by_filler().get(owner, ())
    ways = [_of_frame(own)] if own else []
    if of_owner:
        ways.append([(frame, {slot: owner}) for frame, slot in of_owner if frame is not own])
    elif owner == "کاربر":
        same = [frame for frame in _frames() if own and frame.topic == own.topic and frame is not own]
        ways.append([(frame, {}) for frame in same or _own_frames()])
    choices = chance.choice([way for way in ways if way] or [[]])
    return _ask(*chance.choice(choices), chance) if choices else ""


def _of_frame(frame: Frame) -> list[tuple[Frame, dict[str, str]]]:
    """The frame with other fillers; where it has no slot but the value, those that ask it of others."""
    slots = [name for name in frame.slots if name != "value"]
    if slots:
        return [(frame, {slots[0]: filler}) for filler in frame.slots[slots[0]]]
    attribute = frame.id.partition(".")[2].removeprefix("own_").removeprefix("fav_")
    return [(other, {}) for other in _frames() if other is not frame and other.id.endswith(f"_{attribute}")]


def _ask(frame: Frame, fixed: dict[str, str], chance: random.Random) -> str:
    values = {name: chance.choice(choices) for name, choices in frame.slots.items()}
    return fill(chance.choice(frame.ask), {**values, **fixed})


@lru_cache(maxsize=1)
def _frames() -> tuple[Frame, ...]:
    return tuple(read_frames(data_dir() / "frames"))


@lru_cache(maxsize=1)
def _own_frames() -> tuple[Frame, ...]:
    """Frames about the user alone."""
    return tuple(frame for frame in _frames() if set(frame.slots) == {"value"})


@lru_cache(maxsize=1)
def _by_filler() -> dict[str, tuple[tuple[Frame, str], ...]]:
    """What fills a slot («برادر», «گربه») → the frames, and the slot of each, that ask about it."""
    found: dict[str, list[tuple[Frame, str]]] = {}
    for frame in _frames():
        for name, choices in frame.slots.items():
            for choice in choices if name != "value" else ():
                found.setdefault(choice, []).append((frame, name))
    return {choice: tuple(frames) for choice, frames in found.items()}
