"""What one learns and keeps up, however it is told: a language one reads, studies or takes a class in.

One pursuit has one key, so that giving it up ends it. Knows nothing of when it was told.
"""

from __future__ import annotations

from persian_assistant.facts.clause_frames import Frame
from persian_assistant.facts.drafts import key_of
from persian_assistant.facts.realise import INSTRUMENTS
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.wordset import wordset

LANGUAGES = wordset("""
    آلمانی ایتالیایی انگلیسی فرانسه فرانسوی اسپانیایی عربی ترکی روسی چینی ژاپنی کره‌ای پرتغالی هلندی سوئدی
    نروژی دانمارکی فنلاندی یونانی لهستانی ارمنی هندی عبری لاتین کردی
    """)
_AROUND = wordset("کلاس زبان دوره کورس آموزشگاه یک")
_LEARNING = frozenset(("خواندن", "یاد گرفتن", "رفتن", "کار کردن", "تمرین کردن", "درس خواندن", "دیدن"))
_GIVING_UP = frozenset(
    ("ول کردن", "رها کردن", "کنار گذاشتن", "ترک کردن", "بی‌خیال شدن", "بیخیال شدن", "تعطیل کردن")
)


def studied(frame: Frame) -> str:
    """The language that is learned; empty for any other doing."""
    if frame.name not in _LEARNING:
        return ""
    for phrase in frame.phrases:
        stems = [stem_of(word) for word in phrase.words]
        if stems[-1] in LANGUAGES and _AROUND.issuperset(stems[:-1]):
            return stems[-1]
    return ""


def given_up(frame: Frame) -> str:
    """The key of what is given up: a language, an instrument, the job; empty where it is none of these."""
    if frame.name not in _GIVING_UP or frame.negative or frame.mood:
        return ""
    whose = key_of(frame.subject)
    for phrase in frame.phrases:
        stems = [stem_of(word) for word in phrase.words]
        if stems[-1] in LANGUAGES and _AROUND.issuperset(stems[:-1]):
            return f"یاد گرفتن|{whose}|{stems[-1]}"
        if stems[-1] in INSTRUMENTS:
            return f"زدن|{whose}|{stems[-1]}"
        if stems == ["کار"] and phrase.words[0].owner:
            return f"کار کردن|{whose}"
    return ""
