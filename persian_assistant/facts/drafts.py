"""Facts not yet numbered: their keys, their values, and which words mean the same key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import Frame, Phrase, dump, dump_words
from persian_assistant.facts.subjects import Context, Told, stem_of
from persian_assistant.facts.times import is_number, time_at
from persian_assistant.facts.words import Word
from persian_assistant.facts.wordset import wordset

USER = "کاربر"


SUBJECT = -1
"""The focus of a frame whose subject is the value."""


@dataclass(frozen=True)
class Draft:
    """A fact not yet numbered: see `persian_assistant.records.Fact` for the fields."""

    subject: str
    attribute: str
    value: str
    sentence: str
    key: str
    single: bool = True
    details: dict[str, str] = field(default_factory=dict, hash=False)


SAME = {
    "خوش آمدن": "دوست داشتن",
    "بد آمدن": "دوست داشتن",
    "علاقه داشتن": "دوست داشتن",
    "عاشق": "دوست داشتن",
    "دیوانه": "دوست داشتن",
    "متنفر": "دوست داشتن",
    "بیزار": "دوست داشتن",
    "متنفر بودن": "دوست داشتن",
    "بیزار بودن": "دوست داشتن",
    "نفرت داشتن": "دوست داشتن",
    "تنفر داشتن": "دوست داشتن",
    "آلرژی داشتن": "حساسیت داشتن",
    "حساس بودن": "حساسیت داشتن",
    "آلرژیک بودن": "حساسیت داشتن",
    "ساکن": "زندگی کردن",
    "مقیم": "زندگی کردن",
    "سکونت داشتن": "زندگی کردن",
    "اقامت داشتن": "زندگی کردن",
    "مال": "اهل",
    "محل زندگی": "زندگی کردن",
    "محل کار": "کار کردن",
    "تاریخ تولد": "تولد",
    "روز تولد": "تولد",
    "تحصیل کردن": "درس خواندن",
}
"""Ways to tell one thing: their facts share a key, so that the later one counts."""


LIKES = frozenset(
    (
        "متنفر بودن",
        "بیزار بودن",
        "حساس بودن",
        "آلرژیک بودن",
        "دوست داشتن",
        "خوش آمدن",
        "بد آمدن",
        "علاقه داشتن",
        "حساسیت داشتن",
        "آلرژی داشتن",
        "ترسیدن",
        "نفرت داشتن",
        "تنفر داشتن",
    )
)


def label(found: Sequence[Word]) -> str:
    """Words as the plain name of a thing: no endings of the user's."""
    return " ".join(word.stem if word.owner in (1, 4) else word.said() for word in found)


def key_of(found: Sequence[Word]) -> str:
    """Whose it is, as keys say it: one word for each relative, without the name told with it."""
    kept = [word for word in found if word.stem not in ("یک", "و", "جدید", "فعلی", "تازه")]
    if len(kept) > 1 and stem_of(kept[0]) in lexicon.KIN and kept[0].owner:
        kept = kept[:1] + [word for word in kept[1:] if word.stem not in lexicon.NAMES]
    return " ".join(lexicon.WRITTEN_KIN.get(stem_of(word), stem_of(word)) for word in kept) or USER


def attribute_draft(told: Told, sentence: str, context: Context) -> Draft:
    """The fact «attribute of owner is value»."""
    attribute = label(told.attribute)
    if attribute == "اسم":  # a name keeps its م: «حسام»
        told = replace(told, value=tuple(Word(w.stem + "م") if w.owner == 1 else w for w in told.value))
    core = Phrase("thing", told.value).core
    details = {
        "rule": "attribute",
        "attribute": dump_words(told.attribute),
        "owner": dump_words(told.owner),
        "words": dump_words(told.value),
        "kind": _value_kind(told),
    }
    return Draft(
        label(told.owner) or USER,
        attribute,
        core,
        sentence,
        f"{_one_name(attribute)}|{key_of(told.owner)}",
        True,
        details,
    )


def _one_name(attribute: str) -> str:
    for other in ("محبوب", "دلخواه", "موردعلاقه"):
        if attribute.endswith(" " + other):
            attribute = attribute.removesuffix(other) + "مورد علاقه"
    return SAME.get(attribute.replace("\u200cی ", " "), attribute.replace("\u200cی ", " "))


def _value_kind(told: Told) -> str:
    spoken = [word.said() for word in told.value]
    if told.attribute and told.attribute[-1].stem == "سن":
        return "age"
    if kind := time_at(spoken, 0)[1]:
        return kind
    return "count" if is_number(spoken[0]) else "thing"


def clause_draft(frame: Frame, focus: int, attribute: str, key: str, single: bool, sentence: str) -> Draft:
    subject = label(frame.subject) or USER
    details = {"rule": "clause", "frame": dump(frame), "focus": str(focus)}
    value = frame.phrases[focus].core if focus != SUBJECT else Phrase("thing", frame.subject).core
    return Draft(subject, attribute, value, sentence, key, single, details)


def focus_of(frame: Frame) -> int:
    """Which phrase is the value: complements and goals before companions, times and objects."""

    def weight(phrase: Phrase) -> int:
        if phrase.words[0].stem in ("بیرون", "پایین", "بالا", "جلو", "عقب"):
            return 9
        if phrase.words[0].stem in ("این", "آن", "همین", "یکی", "همه"):
            return 8
        if phrase.role == "object" and frame.name in LIKES:
            return 0
        if phrase.role in ("complement",):
            return 0
        if phrase.kind == "place" and phrase.key == "خانه" and phrase.words[-1].owner and frame.subject:
            return 6  # «مادربزرگم پنج‌شنبه‌ها میاد خونه‌مون»: when
        if phrase.role == "thing":
            return 1 if phrase.kind != "place" else 2
        if phrase.role == "pp":
            return 3 if phrase.kind == "place" and phrase.prep != "از" else 4
        if phrase.role == "time":
            return 6 if phrase.kind in ("part", "frequency") else 5
        return 7 if frame.phrases and len(frame.phrases) > 1 else 0

    return min(range(len(frame.phrases)), key=lambda at: (weight(frame.phrases[at]), at))


EVENTS = wordset("""
    جلسه وقت امتحان قرار کلاس مهمان مهمانی بلیت بلیط عروسی پرواز نوبت مسابقه مصاحبه کنسرت تمرین
    دندان‌پزشکی دکتر عمل سفر آزمون قطار ارائه تولد
    """)
