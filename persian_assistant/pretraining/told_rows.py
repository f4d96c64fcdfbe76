"""Conversations made by rule from frames: a user tells things and asks them back.

For training a base model in being told and asked; what is made here is never counted as written. Knows
nothing of tokens.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from persian_assistant.facts.frames import Frame, fill
from persian_assistant.facts.views import NOT_TOLD
from persian_assistant.persona import with_memory
from persian_assistant.records import Message

Row = list[Message]
ACKNOWLEDGED = (
    "باشه، یادم می‌ماند. {fact}",
    "به خاطر سپردم: {fact}",
    "ممنون که گفتی! {fact}",
    "چه خوب که گفتی. {fact}",
    "{fact} یادم می‌ماند.",
    "فهمیدم. {fact}",
    "یادداشت کردم: {fact}",
    "باشه، یادم می‌مونه.",
    "ممنون که گفتی، یادم می‌ماند.",
    "چه جالب! به خاطر می‌سپارم.",
)
SMALLTALK = (
    ("سلام!", "سلام! خوش آمدی. چه خبر؟"),
    ("خوبی؟", "خوبم، ممنون که پرسیدی. تو چطوری؟"),
    ("هوا امروز خیلی خوبه.", "چه عالی! هوای خوب حال آدم را بهتر می‌کند."),
    ("امروز خیلی خسته‌م.", "خسته نباشی! کمی استراحت کن."),
    ("مرسی ازت.", "خواهش می‌کنم، کاری نکردم."),
    ("یه سوال دارم.", "بپرس، گوش می‌کنم."),
    ("حوصله‌م سر رفته.", "می‌خواهی کمی با هم گپ بزنیم؟"),
    ("ممنون که گوش می‌دی.", "خوشحالم که با من حرف می‌زنی."),
)
SHAPES: tuple[tuple[str, float], ...] = (
    ("told_and_asked", 0.26),
    ("told_only", 0.08),
    ("told_anew", 0.06),
    ("remembered", 0.3),
    ("reversed", 0.1),
    ("not_told", 0.08),
    ("not_remembered", 0.12),
)
"""What is made, and in what shares."""
MOST_FACTS = 4
"""Facts in a conversation or in the memory at most."""


@dataclass(frozen=True)
class Told:
    """A frame with its slots filled."""

    frame: Frame
    values: dict[str, str]
    chance: random.Random

    @classmethod
    def draw(cls, frame: Frame, chance: random.Random) -> Told:
        return cls(frame, {name: chance.choice(values) for name, values in frame.slots.items()}, chance)

    def text(self, choices: Sequence[str]) -> str:
        return fill(self.chance.choice(choices), self.values)

    def acknowledged(self) -> str:
        return self.chance.choice(ACKNOWLEDGED).format(fact=self.text(self.frame.fact))

    def like(self, other: Told) -> bool:
        """Whether a question about one could be meant for the other."""
        if self.frame.id != other.frame.id:
            return self.frame.topic == other.frame.topic
        fixed = [name for name in self.values if name != "value"]
        return all(self.values[name] == other.values[name] for name in fixed)


def make_rows(frames: Sequence[Frame], count: int, chance: random.Random, persona: str) -> list[Row]:
    """`count` conversations drawn at random. `persona` opens those that are given a memory."""
    names, shares = zip(*SHAPES, strict=True)
    shapes = chance.choices(names, weights=shares, k=count)
    maker = _Maker(frames, chance, persona)
    return [SHAPE[name](maker) for name in shapes]


@dataclass(frozen=True)
class _Maker:
    frames: Sequence[Frame]
    chance: random.Random
    persona: str

    def told(self, count: int) -> list[Told]:
        """Things that cannot be taken for one another."""
        drawn: list[Told] = []
        while len(drawn) < count:
            one = Told.draw(self.chance.choice(self.frames), self.chance)
            if len(self.frames) < 8 or not any(one.like(other) for other in drawn):
                drawn.append(one)
        return drawn

    def some(self) -> int:
        return self.chance.randint(1, MOST_FACTS)

    def telling(self, told: Sequence[Told]) -> Row:
        row: Row = []
        for one in told:
            if self.chance.random() < 0.2:
                row += _turns(*self.chance.choice(SMALLTALK))
            row += _turns(one.text(one.frame.say), one.acknowledged())
        return row

    def asked(self, one: Told) -> Row:
        return _turns(one.text(one.frame.ask), one.text(one.frame.answer))

    def not_told(self, one: Told) -> Row:
        return _turns(one.text(one.frame.ask), self.chance.choice(NOT_TOLD))

    def remembering(self, told: Sequence[Told]) -> Row:
        facts = [one.text(one.frame.fact) for one in told]
        self.chance.shuffle(facts)
        return [Message("system", with_memory(self.persona, facts))]


def _told_and_asked(make: _Maker) -> Row:
    told = make.told(make.some())
    asked = make.chance.sample(told, make.chance.randint(1, min(2, len(told))))
    return make.telling(told) + [turn for one in asked for turn in make.asked(one)]


def _told_only(make: _Maker) -> Row:
    return make.telling(make.told(make.chance.randint(1, 2)))


def _told_anew(make: _Maker) -> Row:
    """A thing told twice with another value: the later one holds."""
    first, *others = make.told(make.chance.randint(1, 2))
    values = first.frame.slots["value"]
    second = Told(first.frame, {**first.values, "value": make.chance.choice(values)}, make.chance)
    return make.telling([first, *others, second]) + make.asked(second)


def _remembered(make: _Maker) -> Row:
    told = make.told(make.some())
    return make.remembering(told) + make.asked(make.chance.choice(told))


def _reversed(make: _Maker) -> Row:
    told = make.told(make.some())
    pairs = [(one, pair) for one in told for pair in one.frame.reversed]
    if not pairs:
        return _remembered(make)
    one, (question, answer) = make.chance.choice(pairs)
    before = make.remembering(told) if make.chance.random() < 0.6 else make.telling(told)
    return before + _turns(fill(question, one.values), fill(answer, one.values))


def _not_told(make: _Maker) -> Row:
    told = make.told(make.some())
    return make.telling(told[1:]) + make.not_told(told[0])


def _not_remembered(make: _Maker) -> Row:
    told = make.told(make.some() + 1)
    return make.remembering(told[1:]) + make.not_told(told[0])


def _turns(said: str, answer: str) -> Row:
    return [Message("user", said), Message("assistant", answer)]


SHAPE: dict[str, Callable[[_Maker], Row]] = {
    "told_and_asked": _told_and_asked,
    "told_only": _told_only,
    "told_anew": _told_anew,
    "remembered": _remembered,
    "reversed": _reversed,
    "not_told": _not_told,
    "not_remembered": _not_remembered,
}
