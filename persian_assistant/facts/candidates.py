"""What the memory holds in its hands between a question and an answer. Knows nothing of how it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from persian_assistant.facts.passages import Passage, Question
from persian_assistant.facts.question import Asked
from persian_assistant.records import Fact

Answering = tuple[float, bool, Fact]
"""How well (0..1) a fact answers by the rules, whether by its own words, and the fact."""


class Line(NamedTuple):
    """What is told to the user, and the turn it comes from."""

    seq: int
    text: str


class Candidate(NamedTuple):
    """Something told that may answer."""

    seq: int
    passage: Passage
    in_words: Callable[[], str]
    """How the user is told of it."""


class Query(NamedTuple):
    """A question, understood and read once."""

    text: str
    asked: Asked
    read: Question
    facts: Sequence[Answering]
    """Those that answer by the rules."""
    before: int | None
    """Only turns before this number are told."""


class Ranked(NamedTuple):
    """How likely (0..1) a turn answers, and how the user is told of it."""

    chance: float
    seq: int
    in_words: Callable[[], str]
    passage: Passage


class Later(NamedTuple):
    """A turn told after one that answers, with the numbers by which it may be known to take its place."""

    seq: int
    in_words: Callable[[], str]
    text: str
    numbers: list[float]
