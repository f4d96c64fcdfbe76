"""Clauses that tell two things at once, parted: a trade and where it is done, a workplace and its city.

Works on words and frames; knows nothing of who is spoken of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.cities import CITIES
from persian_assistant.facts.clause_frames import Frame, Phrase, chunk
from persian_assistant.facts.compounds import PREPOSITIONS
from persian_assistant.facts.drafts import Draft, clause_draft, key_of
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.words import Word
from persian_assistant.facts.wordset import wordset

_IN = "در"
_ROOMS = wordset("دفتر مطب اتاق خانه منزل")
"""«در دفتر وکیل»: the trade says whose place it is."""


def _opens_place(word: Word) -> bool:
    return PREPOSITIONS.get(word.stem) == _IN and not word.owner


def trade_and_place(value: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """(trade, place with its preposition) of «در تبریز معلم» or «معلم در تبریز»; None for others."""
    if len(value) < 3:
        return None
    if _opens_place(value[0]):
        at = next((i for i, w in enumerate(value) if i > 1 and lexicon.is_trade(stem_of(w))), 0)
        if not at or _whose(value, at):
            return None
        return tuple(value[at:]), tuple(value[:at])
    at = next((i for i, w in enumerate(value[:-1]) if i and _opens_place(w)), 0)
    if not lexicon.is_trade(stem_of(value[0])) or not at:
        return None
    return tuple(value[:at]), tuple(value[at:])


def _whose(value: Sequence[Word], at: int) -> bool:
    """Whether the trade at `at` belongs to the place before it: «در دفتر وکیل», «در کوچه‌ی معلم»."""
    before = value[at - 1]
    return (at == 2 and stem_of(before) in _ROOMS) or before.stem.endswith("\u200cی")


def is_city(phrase: Phrase) -> bool:
    """Whether the phrase says in which city: «در تبریز», «در شهر تبریز»."""
    if phrase.prep != _IN or phrase.words[-1].owner:
        return False
    names = [word.stem for word in phrase.words if word.stem != "شهر"]
    return len(names) == 1 and (names[0] in CITIES or len(phrase.words) == 2)


def of_city(phrase: Phrase) -> Phrase:
    """The phrase, asked for with «کدام شهر»."""
    return replace(phrase, kind="city")


def places(found: Sequence[Word]) -> list[Phrase]:
    """The phrases of place in a row: «در یک مدرسه در یزد»."""
    return [p for p in chunk(found) if p.role == "pp" and p.prep == _IN]


def working(
    subject: tuple[Word, ...], found: Sequence[Word], sentence: str, since: tuple[Phrase, ...] = ()
) -> list[Draft]:
    """Where a trade is done: the workplace, the city, or both."""
    told = places(found)
    whose, person = key_of(subject), 3 if subject else 1
    drafts: list[Draft] = []
    for phrase in told:
        if is_city(phrase) and subject and len(told) == 1:
            frame = Frame("بودن", "present", 3, False, "", "", subject, (of_city(phrase),))
            drafts.append(clause_draft(frame, 0, "شهر", f"زندگی کردن|{whose}", True, sentence))
            continue
        place, word = (of_city(phrase), "شهر کار کردن") if is_city(phrase) else (phrase, "کار کردن")
        frame = Frame("کردن", "present", person, False, "کار", "", subject, (*since, place))
        drafts.append(clause_draft(frame, len(since), word, f"{word}|{whose}", True, sentence))
    return drafts


def _within(frame: Frame, inner: Phrase, outer: Phrase) -> Frame:
    """«در یک خانه در ونک» as one place."""
    whole = replace(inner, words=(*inner.words, Word(_IN), *outer.words))
    kept = (whole if p is inner else p for p in frame.phrases if p is not outer)
    return replace(frame, phrases=tuple(kept))


def by_city(frame: Frame, sentence: str) -> tuple[Frame, list[Draft]]:
    """A frame that says a place and its city as one that says the place, and what is told of the city."""
    told = [p for p in frame.phrases if p.role == "pp" and p.prep == _IN and p.kind == "place"]
    cities = [p for p in told if is_city(p)]
    if len(told) == 2 and not cities:
        return _within(frame, *told), []
    if len(told) != 2 or len(cities) != 1:
        return frame, []
    whose = key_of(frame.subject)
    rest = tuple(p for p in frame.phrases if p is not cities[0])
    times = tuple(p for p in frame.phrases if p.role == "time" and p.prep == "از")
    told_city = replace(frame, phrases=(*times, of_city(cities[0])))
    if frame.name == "زندگی کردن":
        told_city = replace(told_city, phrases=(*times, cities[0]))
        draft = clause_draft(told_city, len(times), frame.name, f"{frame.name}|{whose}", True, sentence)
        city = cities[0].core.removeprefix("شهر ")
        home = (replace(p, kind=f"within {city}") if p in told else p for p in rest if p not in times)
        return replace(frame, phrases=tuple(home)), [draft]
    draft = clause_draft(
        told_city, len(times), f"شهر {frame.name}", f"شهر {frame.name}|{whose}", True, sentence
    )
    return replace(frame, phrases=rest), [draft]
