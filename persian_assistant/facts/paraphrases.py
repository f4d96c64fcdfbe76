"""Hand-written ways to ask for what was told, found among the frames that ship (data/frames).

A frame fits a fact when one of its own statements says nearly the same, its slots find their fillers there,
and the value is of the frame's kind. Where none fits well nothing is found: a wrong question teaches a
wrong answer. Knows nothing of grammar.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from persian_assistant.config import data_dir
from persian_assistant.facts.clause_frames import load
from persian_assistant.facts.compounds import PREPOSITIONS
from persian_assistant.facts.frame_relations import TASTES, fittings
from persian_assistant.facts.frames import Frame, fill, read_frames
from persian_assistant.facts.stems import content, same
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

LEAST_SCORE = 0.8
"""How alike the statements must be: the harmonic mean of the shares of weight each has of the other's."""
LEAST_SHARED = 1.5
"""Weight of what they share besides the people: «مامان تو … است» alone says nothing of what is told."""
TIE = 0.02
"""Added where the frame knows the value: of two frames that say the same it is the likelier."""
_PEOPLE = """
مادر مامان پدر بابا برادر داداش خواهر آبجی همسر شوهر زن خانم نامزد پسر دختر بچه فرزند عمو عمه دایی خاله
مادربزرگ پدربزرگ مامان‌بزرگ بابابزرگ عزیز آقاجون دوست رفیق همکار رئیس همسایه معلم استاد پسرعمو دخترعمو
پسرخاله دخترخاله پسردایی دختردایی پسرعمه دخترعمه نوه داماد عروس هم‌خانه هم‌اتاقی برادرزاده خواهرزاده
مادرزن مادرشوهر پدرزن پدرشوهر زن‌داداش گربه سگ قناری طوطی
"""
_SLOT = re.compile(r"\{[^}]*\}")
_WORD = re.compile(r"[^\W\d_]+(?:\u200c[^\W\d_]+)*")
_PLANNED = wordset("قرار باید می‌خواهی می‌خواهد خواهی خواهد")
_TASTE = wordset("دوست علاقه خوش بد متنفر بیزار نفرت تنفر")
_BY_RELATION = frozenset(
    (
        "life.hated_food",
        "people.home_city",
        "people.person_city",
        "people.own_birth_city",
        "life.job",
        "people.own_job",
        "life.fav_cafe",
        "life.commute",
        "life.own_shop",
    )
)
"""Frames that fit only where the relation says so: their statements are those of many others."""
_KINDS = (
    ("date", re.compile(r"\b(?:فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند)\b")),
    ("day", re.compile(r"شنبه\b|\bجمعه")),
    ("hour", re.compile(r"\bساعت\b|\b(?:صبح|ظهر|عصر|غروب|شب)\b")),
    ("year", re.compile(r"\b1[34][0-9][0-9]\b")),
    (
        "number",
        re.compile(
            r"[0-9]|\b(?:یک|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده|یازده|دوازده|بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود|صد|هزار|نیم)\b"
        ),
    ),
)


@dataclass(frozen=True)
class Paraphrase:
    """One frame filled with what the user told: any of `asked` goes with any of `answers`."""

    frame: str
    asked: tuple[str, ...]
    answers: tuple[str, ...]
    statements: tuple[str, ...]
    reversed: tuple[tuple[str, str], ...]
    value: str = ""


@dataclass(frozen=True)
class _Known:
    frame: Frame
    statements: tuple[frozenset[str], ...]
    """Stems of each of its statements, without slots."""
    kind: str
    """What most of its values are."""
    values: frozenset[str]
    preps: frozenset[str]
    """Prepositions that stand before its value; "" for none."""
    slots: tuple[tuple[str, tuple[tuple[str, frozenset[str]], ...]], ...]
    """What each slot but the value can hold, with its stems."""
    verbs: frozenset[tuple[str, str]]
    """(infinitive, "now" | "past" | "plan") of its statements."""


@lru_cache(maxsize=1)
def _people() -> frozenset[str]:
    """Stems of whom a statement can be about: a frame about one says nothing of another."""
    return frozenset(stem for word in _PEOPLE.split() for stem in content(word))


def of_fact(fact: Fact, statement: str) -> Paraphrase | None:
    """The frame that asks for `fact`, whose statement is `statement`; None where none fits well."""
    bank = {known.frame.id: known for known in _bank()}
    for fitting in fittings(fact):
        known = bank.get(fitting.frame)
        if known is None or (fitting.frame in TASTES and same(fitting.value) not in known.values):
            continue
        values = {"value": fitting.value, **fitting.slots}
        if set(known.frame.slots) <= set(values):
            return _filled(known.frame, values)
    if fact.details.get("rule") == "attribute":
        found = paraphrase(statement, fact.value)
        return found if found and _names(found, f"{fact.attribute} {fact.subject}") else None
    clause, focus = load(fact.details["frame"]), int(fact.details["focus"])
    if focus < 0 or clause.negative:
        return None
    asked = clause.phrases[focus]
    tastes = clause.part in _TASTE or asked.prep == "عاشق" or clause.name in _LISTED
    prep = asked.prep or ("به" if asked.kind == "place" and asked.role == "thing" else "")
    found = paraphrase(statement, fact.value, prep, listed=tastes)
    owner = " ".join(word for word in fact.subject.split() if not set(content(word)) & _people())
    return found if found and (not clause.subject or _names(found, owner)) else None


_LISTED = frozenset(("کار کردن", "رفتن", "خواندن", "جمع کردن", "کاشتن"))
"""Doings whose frame means some things only: one reads a field, a book, a prayer."""


def _names(found: Paraphrase, told: str) -> bool:
    """Whether the frame speaks of the attribute and the owner that the fact has: «صاحب‌ملک» is no «مغازه»."""
    own = {word for text in (*found.statements, *found.answers) for word in content(text)}
    return set(content(told.replace("کاربر", ""))) <= own


def paraphrase(
    statement: str, value: str, prep: str | None = None, *, listed: bool = False
) -> Paraphrase | None:
    """The frame that says what `statement` says of `value`; None where none fits well.

    `prep`: the preposition that stands before the value, where it is known. `listed`: only frames that list
    the value: what is liked or hated may be anything, a food or a chore.
    """
    of_value = set(content(value))
    words = frozenset(word for word in content(statement) if word not in of_value)
    kind, verb = _kind(value), _verb(statement)
    best: tuple[float, Frame, dict[str, str]] | None = None
    for known in _bank():
        if known.kind != kind or verb not in known.verbs or known.frame.id in _BY_RELATION:
            continue
        if (prep is not None and prep not in known.preps) or (listed and same(value) not in known.values):
            continue
        if (fillers := _fillers(known, words, value)) is None:
            continue
        filled = {stem for name, filler in fillers.items() if name != "value" for stem in content(filler)}
        score = max((_likeness(words - filled, told - filled) for told in known.statements), default=0.0)
        score += TIE * (same(value) in known.values)
        if score >= LEAST_SCORE and (best is None or score > best[0]):
            best = (score, known.frame, fillers)
    return _filled(best[1], best[2]) if best else None


def _verb(text: str) -> tuple[str, str]:
    """The last finite verb of `text` and when it is; «بودن» where a copula hangs on a word."""
    words = _WORD.findall(text)
    forms = [form for word in words for form in readings(word)[:1]]
    if _PLANNED & set(words):
        when = "plan"
    else:
        when = "past" if forms and forms[-1].tense in ("past", "perfect", "pluperfect") else "now"
    return (forms[-1].verb if forms and readings(words[-1]) else "بودن"), when


def _likeness(words: frozenset[str], told: frozenset[str]) -> float:
    if not words or not told or words & _people() != told & _people():
        return 0.0
    weights = _weights()

    def weight(some: frozenset[str]) -> float:
        return sum(weights.get(word, 3.0) for word in some)

    if weight((words & told) - _people()) < LEAST_SHARED:
        return 0.0
    return 2 * weight(words & told) / (weight(words) + weight(told))


def _fillers(known: _Known, words: frozenset[str], value: str) -> dict[str, str] | None:
    """What stands in the frame's slots; None where a slot finds nothing."""
    fillers = {"value": value}
    for name, choices in known.slots:
        fitting = [choice for choice, stems in choices if stems and words.issuperset(stems)]
        if not fitting:
            return None
        fillers[name] = max(fitting, key=len)
    return fillers


def _filled(frame: Frame, values: dict[str, str]) -> Paraphrase:
    def all_of(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(fill(text, values) for text in texts)

    return Paraphrase(
        frame.id,
        all_of(frame.ask),
        all_of(frame.answer),
        all_of(frame.fact),
        tuple((fill(asked, values), fill(answer, values)) for asked, answer in frame.reversed),
        values["value"],
    )


@lru_cache(maxsize=1)
def _bank() -> tuple[_Known, ...]:
    return tuple(_known(frame) for frame in read_frames(data_dir() / "frames"))


def _known(frame: Frame) -> _Known:
    values = frame.slots["value"]
    told = {frozenset(content(_SLOT.sub(" ", text))) for text in (*frame.fact, *frame.answer)}
    kind = Counter(map(_kind, values)).most_common(1)[0][0]
    known = frozenset(map(same, values))
    texts = [text for text in (*frame.fact, *frame.answer) if not text.startswith(("گفتی", "{value}."))]
    preps = {_before(text) for text in texts if "{value" in text}
    verbs = {_verb(fill(text, {name: choices[0] for name, choices in frame.slots.items()})) for text in texts}
    stems = tuple(each for each in told if each)
    slots = tuple(
        (name, tuple((choice, frozenset(content(choice))) for choice in choices))
        for name, choices in frame.slots.items()
        if name != "value"
    )
    return _Known(frame, stems, kind, known, frozenset(preps), slots, frozenset(verbs))


def _before(text: str) -> str:
    """The preposition before the value."""
    words = text.partition("{value")[0].replace("«", " ").split()
    return PREPOSITIONS.get(words[-1], "") if words and words[-1] != "تو" else ""


def _kind(value: str) -> str:
    """date | day | hour | year | number | words"""
    text = same(value)
    return next((name for name, pattern in _KINDS if pattern.search(text)), "words")


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    """log(frames / frames that state it with the stem) for each stem."""
    counts: Counter[str] = Counter()
    for known in _bank():
        counts.update({stem for told in known.statements for stem in told})
    return {stem: math.log(1 + len(_bank()) / count) for stem, count in counts.items()}
