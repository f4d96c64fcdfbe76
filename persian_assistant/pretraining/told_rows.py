"""Conversations made by rule from frames: a user tells things and asks them back.

For training a base model in being told and asked; what is made here is never counted as written. Every row
asks several things, some of them near to what is known and never told. Knows nothing of tokens.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from persian_assistant.facts.frames import Frame, fill
from persian_assistant.facts.phrases import LESSON, NOT_TOLD
from persian_assistant.facts.stems import content
from persian_assistant.facts.telling import said
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
    ("told_and_asked", 0.14),
    ("told_only", 0.04),
    ("told_anew", 0.06),
    ("remembered", 0.38),
    ("echoed", 0.24),
    ("not_told", 0.14),
)
"""What is made, and in what shares."""
MOST_FACTS = 4
"""Facts in a conversation or in the memory at most."""
REMEMBERED = (0.6, 0.2, 0.12, 0.08)
"""Shares of rows with one fact in the memory, with two and so on."""
FIRST_ANSWERS, NONE_ANSWERS = 0.95, 0.04
"""How often the first line answers, and none: what bears on a question is found by the memory, which puts
the likeliest first and mostly nothing where nothing was told; a small model cannot do that, too."""
QUESTIONS = 4
"""Questions in a row at most."""
ASKED_OF_KNOWN = 0.6
"""Share of the questions that are about what is known; the others are near it, and never told."""
REVERSED = 0.15
"""Share of the questions that ask from the value back."""
ANSWERED_BY_FACT, ANSWERED_BY_LINE = 0.5, 0.9
"""Share of the answers that repeat the sentence of the fact, in a conversation and out of the memory; a small
model reads best so."""
OWN_VALUES, INVENTED_VALUES = 0.55, 0.25
"""Shares of values from a frame's own lists and of made-up names; the others are any frame's. With a few
values alone a model learns these by heart and not to look for what was said."""
ALIKE = 0.5
"""Frames whose questions share so much of their words may mean the same."""
SAID_LINES, LESSON_LINES = 0.15, 0.15
"""Shares of the memory's lines that are the user's own words, and a taught answer with its question."""
ECHO_WORDS = range(4, 19)
"""Words of a sentence of plain text that stands in the memory."""
ECHO_QUESTIONS = (
    "{} چی شد؟",
    "{} رو یادته؟",
    "درباره‌ی {} چه گفتم؟",
    "{} کجاست؟",
    "{} چطور بود؟",
    "چرا {}؟",
    "کی {}؟",
    "چه کسی {}؟",
    "{} چند تاست؟",
    "از {} چه می‌دانی؟",
    "{}؟",
    "{} یعنی چی؟",
    "{} چه وقت است؟",
)
_ONSETS = ["ب", "پ", "ت", "ج", "چ", "خ", "د", "ر", "ز", "س", "ش", "ف", "ک", "گ", "ل", "م", "ن", "و", "ه", "ی"]
_VOWELS = ("ا", "و", "ی", "ا", "")
_ENDINGS = ("ان", "ین", "ه", "ک", "ار", "ا", "ون", "ش", "ام", "ید", "ود", "اب")


def invented_name(chance: random.Random) -> str:
    """A word of two or three syllables that looks like a Persian name and most likely is none."""
    syllables = (chance.choice(_ONSETS) + chance.choice(_VOWELS) for _ in range(chance.randint(1, 2)))
    return "".join(syllables) + chance.choice(_ONSETS) + chance.choice(_ENDINGS)


@dataclass(frozen=True)
class Told:
    """A frame with its slots filled."""

    frame: Frame
    values: dict[str, str]
    chance: random.Random

    def text(self, choices: Sequence[str]) -> str:
        return fill(self.chance.choice(choices), self.values)

    def acknowledged(self) -> str:
        return self.chance.choice(ACKNOWLEDGED).format(fact=self.text(self.frame.fact))

    def fixed(self) -> dict[str, str]:
        """What it is about: all but the value."""
        return {name: value for name, value in self.values.items() if name != "value"}


@dataclass(frozen=True)
class Known:
    """Something told, as it stands before the questions."""

    told: Told
    line: str
    """How the memory puts it."""
    replies: tuple[str, ...] = ()
    """What answers a question for it half of the time; the frame's answers do else."""
    lesson: bool = False
    """Taught: only the reply answers."""


def make_rows(
    frames: Sequence[Frame], count: int, chance: random.Random, persona: str, texts: Sequence[str] = ()
) -> list[Row]:
    """`count` conversations drawn at random. `persona` opens those that are given a memory.

    Sentences of `texts`, plain text, stand in some memories: any line there is to be found and said.
    """
    names, shares = zip(*SHAPES, strict=True)
    shapes = chance.choices(names, weights=shares, k=count)
    maker = RowMaker(frames, chance, persona, sentences_of(texts))
    return [SHAPE[name](maker) for name in shapes]


def sentences_of(texts: Sequence[str]) -> list[str]:
    """The statements of `texts` that are neither short nor long."""
    found = [part.strip() for text in texts for part in re.split(r"(?<=[.!؟…])\s+|\n", text)]
    return [one for one in found if len(one.split()) in ECHO_WORDS and one.endswith(".")]


@dataclass(frozen=True)
class RowMaker:
    """Draws what is told, asks for it and for what is near it, and answers."""

    frames: Sequence[Frame]
    chance: random.Random
    persona: str
    sentences: Sequence[str] = ()

    @cached_property
    def pool(self) -> list[str]:
        """All values of all frames, short ones."""
        values = {value for frame in self.frames for value in frame.slots["value"]}
        return sorted(value for value in values if len(value.split()) <= 4)

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """Stems of each frame's questions, without those of its slots."""
        return {
            frame.id: frozenset(
                word for ask in frame.ask for word in content(fill(ask, dict.fromkeys(frame.slots, "")))
            )
            for frame in self.frames
        }

    @cached_property
    def by_topic(self) -> dict[str, list[Frame]]:
        found: dict[str, list[Frame]] = {}
        for frame in self.frames:
            found.setdefault(frame.topic, []).append(frame)
        return found

    # --- things told

    def draw(self, frame: Frame) -> Told:
        values = {name: self.chance.choice(choices) for name, choices in frame.slots.items()}
        draw = self.chance.random()
        if draw >= OWN_VALUES:
            word = " " not in values["value"] and not any(char.isdigit() for char in values["value"])
            invent = word and draw < OWN_VALUES + INVENTED_VALUES
            values["value"] = invented_name(self.chance) if invent else self.chance.choice(self.pool)
        return Told(frame, values, self.chance)

    def told(self, count: int) -> list[Told]:
        """Things that cannot be taken for one another; some stand near each other."""
        drawn = [self.draw(self.chance.choice(self.frames))]
        tries = 0
        while len(drawn) < count and (tries := tries + 1) < 50:
            beside = self.chance.choice(drawn)
            one = self.near(beside) if self.chance.random() < 0.5 else self.any()
            if not any(self.alike(one, other) for other in drawn):
                drawn.append(one)
        return drawn

    def any(self) -> Told:
        return self.draw(self.chance.choice(self.frames))

    def near(self, one: Told) -> Told:
        """The same of somebody or something else, or something else of the same topic or owner."""
        others = one.fixed()
        if others and self.chance.random() < 0.5:
            return self.draw(one.frame)
        frame = self.chance.choice(self.by_topic[one.frame.topic])
        drawn = self.draw(frame)
        kept = {name: others[name] for name in drawn.fixed() if others.get(name) in frame.slots[name]}
        return Told(frame, {**drawn.values, **kept}, self.chance)

    def alike(self, one: Told, other: Told) -> bool:
        """Whether a question about one could be meant for the other."""
        if one.frame.id == other.frame.id:
            return one.fixed() == other.fixed()
        mine, others = self.words[one.frame.id], self.words[other.frame.id]
        return len(mine & others) >= ALIKE * min(len(mine), len(others))

    def untold(self, known: Sequence[Told]) -> Told:
        """Something near what is known that no known thing answers."""
        for _ in range(50):
            beside = known and self.chance.random() < 0.7
            one = self.near(self.chance.choice(known)) if beside else self.any()
            same_value = any(one.values["value"] == other.values["value"] for other in known)
            if not same_value and not any(self.alike(one, other) for other in known):
                return one
        return self.draw(min(self.frames, key=lambda frame: sum(frame.id == one.frame.id for one in known)))

    # --- turns

    def telling(self, told: Sequence[Told]) -> Row:
        row: Row = []
        for one in told:
            if self.chance.random() < 0.2:
                row += _turns(*self.chance.choice(SMALLTALK))
            row += _turns(one.text(one.frame.say), one.acknowledged())
        return row

    def known(self, one: Told) -> Known:
        """A line of the memory for it."""
        draw = self.chance.random()
        if draw < SAID_LINES and (line := said(one.text(one.frame.say))):
            return Known(one, line, (line,))
        if draw > 1 - LESSON_LINES:
            reply = one.text((*one.frame.answer, *one.frame.fact))
            return Known(one, LESSON.format(question=one.text(one.frame.ask), answer=reply), (reply,), True)
        fact = one.text(one.frame.fact)
        return Known(one, fact, (fact,))

    def asked(self, known: Known, repeated: float = ANSWERED_BY_FACT) -> Row:
        """A question for something known, and its answer: the fact's sentence in a share of `repeated`."""
        one = known.told
        if one.frame.reversed and not known.lesson and self.chance.random() < REVERSED:
            question, answer = (fill(text, one.values) for text in self.chance.choice(one.frame.reversed))
            return _turns(question, answer)
        repeats = known.lesson or self.chance.random() < repeated
        replies = known.replies if repeats and known.replies else one.frame.answer
        return _turns(one.text(one.frame.ask), one.text(replies))

    def asked_in_vain(self, one: Told) -> Row:
        """A question for something never told."""
        if one.frame.reversed and self.chance.random() < REVERSED:
            question = fill(self.chance.choice(one.frame.reversed)[0], one.values)
        else:
            question = one.text(one.frame.ask)
        return _turns(question, self.chance.choice(NOT_TOLD))

    def asking(self, known: Sequence[Known]) -> Row:
        """Questions about what is known, and near it."""
        row: Row = []
        for _ in range(self.chance.randint(1, QUESTIONS)):
            if self.chance.random() < ASKED_OF_KNOWN:
                row += self.asked(self.chance.choice(known))
            else:
                row += self.asked_in_vain(self.untold([one.told for one in known]))
        return row


def _told_and_asked(make: RowMaker) -> Row:
    told = make.told(make.chance.randint(1, MOST_FACTS))
    facts = [(one, one.text(one.frame.fact)) for one in told]
    return make.telling(told) + make.asking([Known(one, fact, (fact,)) for one, fact in facts])


def _told_only(make: RowMaker) -> Row:
    return make.telling(make.told(make.chance.randint(1, 2)))


def _told_anew(make: RowMaker) -> Row:
    """A thing told twice with another value: the later one holds."""
    first, *others = make.told(make.chance.randint(1, 2))
    value = make.draw(first.frame).values["value"]
    second = Told(first.frame, {**first.values, "value": value}, make.chance)
    row = make.telling([first, *others, second])
    return row + make.asked(Known(second, "", (second.text(second.frame.fact),)))


def _remembered(make: RowMaker) -> Row:
    (count,) = make.chance.choices(range(1, len(REMEMBERED) + 1), weights=REMEMBERED)
    known = [make.known(one) for one in make.told(count)]
    row = [Message("system", with_memory(make.persona, [one.line for one in known]))]
    for asked in (known[0], *make.chance.sample(known, make.chance.randint(0, 1))):
        if make.chance.random() < NONE_ANSWERS:
            row += make.asked_in_vain(make.untold([one.told for one in known]))
        else:
            first = make.chance.random() < FIRST_ANSWERS
            row += make.asked(asked if first else make.chance.choice(known), ANSWERED_BY_LINE)
    return row


def _echoed(make: RowMaker) -> Row:
    """A line of whatever kind, asked for with a few of its words."""
    if not make.sentences:
        return _remembered(make)
    sentence = make.chance.choice(make.sentences)
    line = f"گفتی {sentence}" if make.chance.random() < 0.4 else sentence
    words = [word.strip("،؛:.«»()!") for word in sentence.split()]
    words = [word for word in words if len(word) > 2]
    kept = make.chance.sample(range(len(words)), min(len(words), make.chance.randint(1, 3)))
    about = " ".join(words[at] for at in sorted(kept))
    others = [make.known(one).line for one in make.told(make.chance.choice((1, 1, 2)))]
    lines = [line, *(others if make.chance.random() < 0.4 else ())]
    question = make.chance.choice(ECHO_QUESTIONS).format(about)
    return [Message("system", with_memory(make.persona, lines)), *_turns(question, line)]


def _not_told(make: RowMaker) -> Row:
    """Questions at the beginning of a conversation, with nothing known."""
    row: Row = []
    asked: list[Told] = []
    for _ in range(make.chance.randint(1, QUESTIONS)):
        if make.chance.random() < 0.2:
            row += _turns(*make.chance.choice(SMALLTALK))
        asked.append(make.untold(asked[-1:]))
        row += make.asked_in_vain(asked[-1])
    return row


def _turns(said: str, answer: str) -> Row:
    return [Message("user", said), Message("assistant", answer)]


SHAPE: dict[str, Callable[[RowMaker], Row]] = {
    "told_and_asked": _told_and_asked,
    "told_only": _told_only,
    "told_anew": _told_anew,
    "remembered": _remembered,
    "echoed": _echoed,
    "not_told": _not_told,
}
