"""Frames back to Persian: said by either speaker, written or spoken, as a statement or as a question.

`side` is who speaks: "user" keeps «من», "assistant" turns it to «تو».
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts import endings, lexicon
from persian_assistant.facts.clause_frames import Frame, Phrase
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.times import number_length
from persian_assistant.facts.verbs import VERBS, conjugate
from persian_assistant.facts.words import TO_SPOKEN, Word, said
from persian_assistant.facts.wordset import wordset

TURN = {1: 2, 4: 5}
EXPERIENCED = {"خوش": "خوش", "بد": "بد", "یاد": "یاد"}
_CLITICS = {1: "م", 2: "ت", 3: "ش", 4: "مان", 5: "تان", 6: "شان"}
_SPOKEN_PREPOSITIONS = {"در": "تو", "روی": "رو"}
_TIME_WORDS = {
    "hour": ("چه ساعتی", "ساعت چند"),
    "date": ("چه روزی", "کی"),
    "day": ("چه روزی", "چه روزی"),
    "month": ("چه ماهی", "چه ماهی"),
    "season": ("چه فصلی", "چه فصلی"),
    "year": ("چه سالی", "چه سالی"),
    "when": ("چه وقت", "کی"),
    "part": ("چه وقتی", "کی"),
    "duration": ("چه مدت", "چند وقت"),
    "frequency": ("هر چند وقت یک بار", "چند وقت یه بار"),
    "age": ("چند سال", "چند سال"),
}
_GOING = wordset("رفتن آمدن برگشتن رسیدن بردن")
_JOURNEYS = wordset("سفر مسافرت مهاجرت پرواز")
_DIRECTIONS = wordset("بیرون پایین بالا جلو عقب داخل دنبال")
INSTRUMENTS = wordset("گیتار پیانو سه‌تار تار ویولن سنتور نی دف تنبک عود کمانچه")


def turned(person: int, side: str) -> int:
    return TURN.get(person, person) if side == "assistant" else person


def owned(found: Sequence[Word], side: str, spoken: bool = False, whole: bool = False) -> str:
    """A phrase from one side; `whole` says «خواهر تو» and not «خواهرت»."""
    turn = TURN if side == "assistant" else None
    last = found[-1]
    if whole and last.owner == 1:
        bare_text = said([*found[:-1], replace(last, owner=0)], turn, spoken)
        return f"{endings.ezafe(bare_text)} {'تو' if turn else 'من'}"
    return said(found, turn, spoken)


def subject_text(frame: Frame, side: str, spoken: bool = False, always: bool = False) -> str:
    """Who does it; empty for «من» and «تو» unless `always`."""
    if frame.subject:
        return owned(frame.subject, side, spoken, whole=not spoken)
    if not always:
        return ""
    return {1: "من", 2: "تو", 4: "ما", 5: "شما"}.get(turned(frame.person, side), "")


def _verb_word(frame: Frame, person: int, spoken: bool) -> str:
    if frame.tense == "pluperfect":
        base = (
            (VERBS[frame.verb].prefix + VERBS[frame.verb].past + "ه") if frame.verb in VERBS else frame.verb
        )
        return f"{'ن' if frame.negative else ''}{base} {conjugate('بودن', 'past', person, False, spoken)}"
    return conjugate(frame.verb, frame.tense, person, frame.negative, spoken)


def predicate(frame: Frame, side: str, spoken: bool = False) -> tuple[str, str]:
    """(what stands before the last phrases: «قرار است»; the verb with its noun)."""
    person = turned(frame.person, side)
    helper = ""
    if frame.mood == "plan":
        helper = "قراره" if spoken else "قرار است"
    elif frame.mood == "must":
        helper = "باید"
    elif frame.mood == "want":
        helper = conjugate("خواستن", "present", person, False, spoken)
    if frame.part in EXPERIENCED and frame.verb == "آمدن":
        verb = conjugate(frame.verb, frame.tense, 3, frame.negative, spoken)
        return helper, f"{frame.part}{_CLITICS[person]} {verb}"
    verb = _verb_word(frame, person, spoken)
    return helper, f"{frame.part} {verb}".strip()


def phrase_text(phrase: Phrase, frame: Frame, side: str, spoken: bool = False) -> str:
    """One phrase with its preposition or its را."""
    counted = phrase.words if spoken else tuple(word for word in phrase.words if word.stem != "تا")
    text = owned(counted or phrase.words, side, spoken)
    if phrase.role == "object":
        return f"{text} {'رو' if spoken else 'را'}"
    prep = phrase.prep
    if (
        phrase.role == "thing"
        and phrase.kind == "place"
        and not spoken
        and phrase.words[0].stem not in _DIRECTIONS
        and (frame.part in _JOURNEYS or (not frame.part and frame.verb in _GOING))
    ):
        prep = "به"
    if phrase.role == "thing" and phrase.kind == "place" and not spoken and frame.part == "به دنیا":
        prep = "در"
    if spoken:
        prep = _SPOKEN_PREPOSITIONS.get(prep, prep)
    if phrase.words == (Word("من"),) and prep in ("به", "از", "با", "برای", "پیش"):
        text = {"user": "من", "assistant": "تو"}[side]
    return f"{prep} {text}".strip()


def asking(phrase: Phrase, frame: Frame, spoken: bool = False) -> str:
    """What asks for `phrase`: «کجا», «با چه کسی», «چه ساعتی»."""
    at = int(spoken)
    prep, kind = phrase.prep, phrase.kind
    if phrase.role == "time":
        word = _TIME_WORDS.get(kind, _TIME_WORDS["when"])[at]
        return f"{prep} {word}" if prep in ("از", "تا", "برای") else word
    if phrase.role == "complement" and kind == "rank":
        return f"{said(phrase.words[:-1], None, spoken)} چندم".strip()
    if phrase.role == "complement" and kind != "count":
        return {"trade": "چه‌کاره", "colour": "چه رنگی"}.get(kind, ("چه", "چی")[at])
    if kind == "count":
        return _how_many(phrase, prep, spoken)
    if kind == "owned":
        return _which_owned(phrase, spoken)
    if kind == "person":
        who = ("چه کسی", "کی")[at]
        return f"{who} {('را', 'رو')[at]}" if phrase.role == "object" else f"{prep} {who}".strip()
    if kind == "deed":
        return ("چه کار", "چی‌کار")[at]
    if kind == "place":
        return (
            "از کجا"
            if prep == "از"
            else f"{prep} کجا"
            if prep.startswith(("اهل", "ساکن", "بچه", "مقیم"))
            else "کجا"
        )
    if kind.startswith("within "):
        return f"{('در کجای', 'کجای')[at]} {kind.removeprefix('within ')}"
    if kind == "city":
        return ("در کدام شهر", "تو کدوم شهر")[at]
    if kind == "year":
        return f"{prep} چه سالی"
    if kind in ("date", "month", "day"):
        return f"{prep} {_TIME_WORDS[kind][0]}"
    what = ("چه چیزی", "چی")[at]
    if phrase.role == "object":
        return f"{what} {('را', 'رو')[at]}"
    if prep:
        return f"{prep} {what}"
    return "چه چیزی" if not spoken else "چی"


def _how_many(phrase: Phrase, prep: str, spoken: bool) -> str:
    length = number_length([word.stem for word in phrase.words], 0) or 1
    rest = [word for word in phrase.words[length:] if word.stem != "تا"]
    if any(word.stem in ("تومان", "ریال", "دلار", "یورو", "سانت", "کیلو", "متر", "درصد") for word in rest):
        return f"{prep} {('چه مقدار', 'چقدر')[int(spoken)]}".strip()
    if length == 1 and phrase.words[0].stem == "یک":
        return f"{prep} {('چه چیزی', 'چی')[int(spoken)]}".strip()
    return f"{prep} {'چند تا' if spoken else 'چند'} {said(rest, None, spoken)}".strip().removesuffix(" تا")


def _which_owned(phrase: Phrase, spoken: bool) -> str:
    head = next((stem_of(word) for word in phrase.words if word.stem != "یک"), "")
    group = (
        "چه حیوانی"
        if head in lexicon.ANIMALS
        else "چه وسیله‌ای"
        if head in lexicon.VEHICLES
        else "چه سازی"
        if head in INSTRUMENTS
        else "چه کسی"
        if head in lexicon.KIN
        else ""
    )
    return group or ("چی" if spoken else "چه چیزی")


def is_post(phrase: Phrase, frame: Frame) -> bool:
    """Whether speech sets the phrase behind the verb («رفتم مشهد»)."""
    return (
        phrase.kind == "place"
        and frame.verb in ("رفتن", "آمدن", "برگشتن", "رسیدن")
        and phrase.prep in ("", "به")
    )


def _ordered(frame: Frame) -> list[int]:
    """Times first, bare words last; the user's own order otherwise."""
    rank = {"time": 0, "object": 1, "pp": 2, "complement": 4}
    places = range(len(frame.phrases))
    return sorted(places, key=lambda at: (rank.get(frame.phrases[at].role, 3), at))


def statement(frame: Frame, side: str = "assistant", spoken: bool = False) -> str:
    """The frame as a whole sentence without its full stop."""
    helper, verb = predicate(frame, side, spoken)
    before, after = [], []
    for at in _ordered(frame):
        phrase = frame.phrases[at]
        text = phrase_text(phrase, frame, side, spoken)
        if spoken and is_post(phrase, frame):
            after.append(text)
        else:
            before.append(text)
    subject = subject_text(frame, side, spoken, always=not spoken)
    if (
        spoken
        and frame.verb == "بودن"
        and frame.person == 3
        and not frame.negative
        and frame.tense == "present"
        and before
    ):
        before[-1], verb = endings.copula(before[-1], True), ""
    times = [
        text for text, at in zip(before, _ordered(frame), strict=False) if frame.phrases[at].role == "time"
    ]
    rest = before[len(times) :]
    return " ".join(part for part in [subject, *times, helper, *rest, verb, *after] if part)


def question(
    frame: Frame,
    focus: int,
    spoken: bool = False,
    *,
    subject: bool = True,
    wh_first: bool = False,
    drop: bool = False,
) -> str:
    """The user's question for the phrase at `focus`, without its mark.

    `subject`: «من» is said; `wh_first`: the question word opens; `drop`: phrases of time are left out.
    """
    helper, verb = predicate(frame, "user", spoken)
    asked = frame.phrases[focus]
    word = asking(asked, frame, spoken)
    who = subject_text(frame, "user", spoken, always=subject)
    if frame.verb == "بودن" and not helper:
        verb, word = _copular_question(frame, asked, word, verb, spoken)
    parts: list[str] = []
    after: list[str] = []
    for at in _ordered(frame):
        if at == focus:
            if not wh_first:
                parts.append(word)
        elif not (drop and frame.phrases[at].role == "time"):
            text = phrase_text(frame.phrases[at], frame, "user", spoken)
            (after if spoken and is_post(frame.phrases[at], frame) else parts).append(text)
    opening = [word] if wh_first else []
    return " ".join(part for part in [*opening, who, helper, *parts, verb, *after] if part)


def _copular_question(frame: Frame, asked: Phrase, word: str, verb: str, spoken: bool) -> tuple[str, str]:
    """(verb, question word) of a copular question, run together where Persian does."""
    if frame.tense != "present":
        return verb, word
    third = frame.person == 3
    if word in ("چه", "چی"):
        return ("", "چیه" if spoken else "چیست") if third else (verb, word)
    if word == "کجا":
        return ("", "کجاست") if third else (verb, word)
    if third and spoken:
        return "", word + ("ست" if word.endswith("ا") else "‌ست" if word.endswith("ه") else "ه")
    return verb, word


__all__ = [
    "TO_SPOKEN",
    "asking",
    "owned",
    "phrase_text",
    "predicate",
    "question",
    "statement",
    "subject_text",
    "turned",
]
