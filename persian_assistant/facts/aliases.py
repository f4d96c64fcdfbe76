"""Other names of whom a question is about: «داداشم کیوان» is «برادرم», «داداشم» and «کیوان».

Works on questions from the user's side and on subjects; knows nothing of what is asked.
"""

from __future__ import annotations

import re
from dataclasses import replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import Frame
from persian_assistant.facts.subjects import stem_of
from persian_assistant.text import ZWNJ

_WRITTEN = lexicon.WRITTEN_KIN
_SPOKEN = {written: spoken for spoken, written in _WRITTEN.items()}
_ENDING = rf"(م|مون|مان|ت| من| ما|ی من|{ZWNJ}ام|)"
_VOWEL = ("ا",)


def _pattern(words: dict[str, str]) -> re.Pattern[str]:
    found = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w{ZWNJ}])({found}){_ENDING}(?![\w{ZWNJ}])")


_TO_WRITTEN, _TO_SPOKEN = _pattern(_WRITTEN), _pattern(_SPOKEN)


def written_kin(question: str) -> str:
    """«مامانم» → «مادرم», «بابام» → «پدرم», «بابای من» → «پدر من»."""

    def turned(match: re.Match[str]) -> str:
        return _WRITTEN[match.group(1)] + (" من" if match.group(2) == "ی من" else match.group(2))

    return _TO_WRITTEN.sub(turned, question)


def spoken_kin(question: str) -> str:
    """«مادرم» → «مامانم»: as it is said at home."""

    def turned(match: re.Match[str]) -> str:
        word, ending = _SPOKEN[match.group(1)], match.group(2)
        return word + ("ی من" if ending == " من" and word.endswith(_VOWEL) else ending)

    return _TO_SPOKEN.sub(turned, question)


def subjects(frame: Frame) -> list[Frame]:
    """`frame` with the shorter names of its subject: the relation, the name; [] where it has one."""
    found = frame.subject
    at = next((i for i, w in enumerate(found) if i and w.stem in lexicon.NAMES and not w.owner), 0)
    if not at or stem_of(found[0]) not in lexicon.KIN or not found[0].owner:
        return []
    return [replace(frame, subject=found[:at]), replace(frame, subject=found[at:])]


def registers(asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (question, kind) pairs with the word for the relative that goes with each register."""
    out = []
    spoken = 0
    for question, kind in asked:
        if kind == "direct":
            question = written_kin(question)
        elif kind == "colloquial":
            spoken += 1
            question = spoken_kin(question) if spoken % 2 == 0 else question
        out.append((question, kind))
    return out
