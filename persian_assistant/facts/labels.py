"""What a fact is about, as a list of facts names it: «محل زندگی», «اسم قناری», «سه‌تار زدن».

Knows nothing of screens; what was taught is named by its question.
"""

from __future__ import annotations

from persian_assistant.facts import endings, lexicon
from persian_assistant.facts.clause_frames import load
from persian_assistant.facts.drafts import label as said_words
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.verbs import negated_infinitive
from persian_assistant.records import Fact

USER = "کاربر"
_NAMED = {
    "زندگی کردن": "محل زندگی",
    "شهر زندگی کردن": "شهر محل زندگی",
    "کار کردن": "محل کار",
    "شهر کار کردن": "شهر محل کار",
    "درس خواندن": "تحصیل",
    "تحصیل کردن": "تحصیل",
    "شهر درس خواندن": "شهر محل تحصیل",
    "به دنیا آمدن": "تولد",
    "متولد شدن": "تولد",
    "متولد": "تولد",
    "دوست داشتن": "علاقه",
    "خوش آمدن": "علاقه",
    "علاقه داشتن": "علاقه",
    "عاشق": "علاقه",
    "شیفته": "علاقه",
    "دیوانه": "علاقه",
    "بد آمدن": "بیزاری",
    "متنفر بودن": "بیزاری",
    "بیزار بودن": "بیزاری",
    "نفرت داشتن": "بیزاری",
    "تنفر داشتن": "بیزاری",
    "متنفر": "بیزاری",
    "بیزار": "بیزاری",
    "حساسیت داشتن": "حساسیت",
    "آلرژی داشتن": "حساسیت",
    "حساس بودن": "حساسیت",
    "آلرژیک بودن": "حساسیت",
    "ترسیدن": "ترس",
    "وحشت داشتن": "ترس",
    "بیدار شدن": "وقت بیدار شدن",
    "پا شدن": "وقت بیدار شدن",
    "خوابیدن": "وقت خواب",
    "اهل": "اصالت",
    "مال": "اصالت",
    "ساکن": "محل زندگی",
    "مقیم": "محل زندگی",
    "سکونت داشتن": "محل زندگی",
    "اقامت داشتن": "محل زندگی",
    "طرفدار": "تیم محبوب",
    "هوادار": "تیم محبوب",
    "ازدواج کردن": "ازدواج",
    "یاد گرفتن": "یادگیری",
    "شهر": "شهر",
}
_GROUPS = ((lexicon.ANIMALS, "حیوان خانگی"), (lexicon.VEHICLES, "وسیله‌ی نقلیه"), (lexicon.KIN, "خویشان"))
_DATED = frozenset(("date", "year", "month", "day"))


def label(fact: Fact) -> str:
    """The name of what `fact` tells, with whose it is; the question of one that was taught or fixed."""
    if fact.kind != "stated":
        return fact.attribute
    whose = "" if fact.subject == USER else fact.subject
    name = _NAMED.get(fact.attribute, fact.attribute)
    if fact.attribute in ("به دنیا آمدن", "متولد شدن", "متولد"):
        name = "زمان تولد" if _dated(fact) else "محل تولد"
    if fact.attribute == "چیستی" and whose:
        return whose
    if fact.attribute == "چیستی":
        return "ویژگی"
    if "frame" in fact.details:
        name = _of_frame(fact, name)
    return f"{endings.ezafe(name)} {whose}" if whose else name


def _of_frame(fact: Fact, name: str) -> str:
    """«خریدن پراید», «تعداد بچه», «حیوان خانگی»: what a clause tells, beside its value."""
    frame, focus = load(fact.details["frame"]), int(fact.details["focus"])
    if frame.negative:  # «محل کار: بانک» would tell the opposite of «تو بانک کار نمی‌کنم»
        return negated_infinitive(frame.name)
    if focus < 0:
        return name
    asked = frame.phrases[focus]
    if frame.name == "داشتن" and asked.kind == "count":
        return f"تعداد {name}"
    if frame.name == "داشتن" and asked.kind == "owned":
        stem = stem_of(asked.words[-1] if asked.words[0].stem == "یک" else asked.words[0])
        return next((word for group, word in _GROUPS if stem in group), "دارایی")
    others = [p for at, p in enumerate(frame.phrases) if at != focus and p.role == "object"]
    return f"{endings.ezafe(name)} {said_words(others[0].words)}" if others and name == frame.name else name


def _dated(fact: Fact) -> bool:
    if "frame" not in fact.details:
        return True
    frame, focus = load(fact.details["frame"]), int(fact.details["focus"])
    return focus >= 0 and (frame.phrases[focus].kind in _DATED or frame.phrases[focus].role == "time")
