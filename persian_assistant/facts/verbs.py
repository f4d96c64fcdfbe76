"""Finite verbs of Persian, both ways: what a form is, and the form for a person and a tense.

Knows simple and prefixed verbs, written and spoken. Compounds («کار کردن») are the clause reader's matter.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from persian_assistant.facts.verb_stems import STEMS
from persian_assistant.text import ZWNJ

TENSES = ("present", "subjunctive", "past", "imperfect", "perfect", "imperfect_perfect")
_ENDINGS = ("م", "ی", "", "یم", "ید", "ند")
_PRESENT_ENDINGS = ("م", "ی", "د", "یم", "ید", "ند")
_SPOKEN_ENDINGS = ("م", "ی", "ه", "یم", "ین", "ن")
_SPOKEN_PAST_ENDINGS = ("م", "ی", "", "یم", "ین", "ن")
_PERFECT_ENDINGS = (f"{ZWNJ}ام", f"{ZWNJ}ای", "", f"{ZWNJ}ایم", f"{ZWNJ}اید", f"{ZWNJ}اند")
_TO_BE = ("هستم", "هستی", "است", "هستیم", "هستید", "هستند")
_TO_BE_SPOKEN = ("هستم", "هستی", "هست", "هستیم", "هستین", "هستن")
_NOT_TO_BE = ("نیستم", "نیستی", "نیست", "نیستیم", "نیستید", "نیستند")


class Form(NamedTuple):
    """One reading of a finite form. `person` 1–6: I, thou, he, we, you, they."""

    verb: str
    tense: str
    person: int
    negative: bool = False
    spoken: bool = False


class Stems(NamedTuple):
    prefix: str
    past: str
    present: str
    spoken_present: str
    spoken_past: str


def _stems() -> dict[str, Stems]:
    table = {}
    for line in STEMS.split("\n"):
        parts = line.split()
        if len(parts) < 2:
            continue
        prefix, _, past = parts[0].rpartition("+")
        extra = [part if part != "-" else "" for part in parts[2:]] + ["", ""]
        table[prefix + past + "ن"] = Stems(prefix, past, parts[1], extra[0] or parts[1], extra[1] or past)
    table["بودن"] = Stems("", "بود", "باش", "باش", "بود")
    table["داشتن"] = Stems("", "داشت", "دار", "دار", "داشت")
    return table


VERBS = _stems()


def _negated(form: str, negative: bool) -> str:
    if not negative:
        return form
    if form.startswith("آ"):
        return "نی" + "ا" + form[1:]
    if form.startswith("ا") and not form.startswith("ای"):
        return "نی" + (form if len(form) < 3 else form[1:])
    return "ن" + form


def negated_infinitive(infinitive: str) -> str:
    """«قهوه خوردن» → «قهوه نخوردن», «بد آمدن» → «بد نیامدن»."""
    part, _, verb = infinitive.rpartition(" ")
    return f"{part} {_negated(verb, True)}".strip()


def _subjunctive(stem: str, ending: str, negative: bool, bare: bool) -> str:
    form = stem + ending
    if negative or bare:
        return _negated(form, negative)
    if form.startswith("آ"):
        return "بیا" + form[1:]
    if form.startswith("ا") and not form.startswith("ای"):
        return "بی" + (form if len(form) < 3 else form[1:])
    return form if stem.startswith("باش") else "ب" + form


def _joined_present(stem: str, ending: str) -> str:
    if ending == "ه" and stem.endswith("ا"):
        ending = "د"
    return stem + ending


def conjugate(verb: str, tense: str, person: int, negative: bool = False, spoken: bool = False) -> str:
    """The form of `verb` (an infinitive of the table) asked for; KeyError for a verb not in the table."""
    stems = VERBS[verb]
    at = person - 1
    if verb == "بودن" and tense == "present":
        return (_NOT_TO_BE if negative else _TO_BE_SPOKEN if spoken else _TO_BE)[at]
    past = stems.spoken_past if spoken else stems.past
    present = stems.spoken_present if spoken else stems.present
    endings = _SPOKEN_ENDINGS if spoken else _PRESENT_ENDINGS
    if tense == "present":
        form = _joined_present(present, endings[at])
        if verb == "داشتن":
            return ("ن" if negative else "") + form
        joint = "" if present == "ا" else ZWNJ  # «میام»
        return f"{stems.prefix}{'ن' if negative else ''}می{joint}{form}"
    if tense == "subjunctive":
        if verb == "داشتن":
            return f"{'ن' if negative else ''}داشته " + conjugate("بودن", tense, person, False, spoken)
        form = _joined_present(present, endings[at])
        return stems.prefix + _subjunctive(form, "", negative, bool(stems.prefix) or verb == "بودن")
    past_endings = _SPOKEN_PAST_ENDINGS if spoken else _ENDINGS
    if tense == "past" or (verb == "داشتن" and tense == "imperfect"):
        return stems.prefix + _negated(past + past_endings[at], negative)
    if tense == "imperfect":
        return f"{stems.prefix}{'ن' if negative else ''}می{ZWNJ}{past}{past_endings[at]}"
    ending = _PERFECT_ENDINGS[at] or ("" if spoken else " است")
    if tense == "imperfect_perfect":
        return f"{stems.prefix}{'ن' if negative else ''}می{ZWNJ}{past}ه{ending}"
    return stems.prefix + _negated(f"{past}ه{ending}", negative)


@lru_cache(maxsize=1)
def _forms() -> dict[str, tuple[Form, ...]]:
    table: dict[str, list[Form]] = {}

    def add(text: str, form: Form) -> None:
        readings = table.setdefault(text.replace(ZWNJ, "").replace(" است", ""), [])
        if all(reading[:4] != form[:4] for reading in readings):
            readings.append(form)

    for spoken in (False, True):
        for verb in VERBS:
            for tense in TENSES:
                for person in range(1, 7):
                    for negative in (False, True):
                        add(
                            conjugate(verb, tense, person, negative, spoken),
                            Form(verb, tense, person, negative, spoken),
                        )
    for verb, stems in VERBS.items():
        # speech drops the ب of «برم» only with verbs of thought; «کنم», «شم» after a noun keep their own form
        for person, ending in enumerate(_SPOKEN_ENDINGS, 1):
            if verb in ("کردن", "شدن"):
                add(stems.present + _PRESENT_ENDINGS[person - 1], Form(verb, "subjunctive", person))
                add(stems.spoken_present + ending, Form(verb, "subjunctive", person, False, True))
        for person, ending in ((5, "ین"), (6, "ن")):  # «گذاشتن», a written stem with a spoken ending
            for negative in (False, True):
                add(
                    stems.prefix + _negated(stems.past + ending, negative),
                    Form(verb, "past", person, negative, True),
                )
        for person, ending in ((1, "م"), (2, "ی"), (4, "یم"), (5, "ین"), (6, "ن")):  # «رفته‌م»
            add(f"{stems.prefix}{stems.spoken_past}ه{ending}", Form(verb, "perfect", person, False, True))
    for person, ending in enumerate(_SPOKEN_ENDINGS, 1):  # «میارم» beside «می‌یارم»
        for prefix in ("", "در", "بر"):
            for no in ("", "ن"):
                add(f"{prefix}{no}میار{ending}", Form(f"{prefix}آوردن", "present", person, bool(no), True))
    for person, text in enumerate(("هستم", "هستی", "هست", "هستیم", "هستین", "هستن"), 1):
        add(text, Form("بودن", "present", person, False, True))
    for person, text in ((5, "نیستین"), (6, "نیستن"), (3, "نیس"), (3, "هس")):
        add(text, Form("بودن", "present", person, text.startswith("ن"), True))
    for text, form in _IRREGULAR.items():
        table[text] = [form]
    return {text: tuple(readings) for text, readings in table.items()}


_IRREGULAR = {
    "دارن": Form("داشتن", "present", 6, False, True),
    "وایمیستم": Form("ایستادن", "present", 1, False, True),
    "میشه": Form("شدن", "present", 3, False, True),
    "میره": Form("رفتن", "present", 3, False, True),
    "میگه": Form("گفتن", "present", 3, False, True),
    "میده": Form("دادن", "present", 3, False, True),
}


def readings(word: str) -> tuple[Form, ...]:
    """What finite forms `word` can be; () where none."""
    return _forms().get(word.replace(ZWNJ, ""), ())
