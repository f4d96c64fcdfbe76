"""Whether what was read can be said as a sentence: a misread fact teaches a wrong answer, so it is dropped.

Judges the frame of a draft and its words; knows nothing of what was meant.
"""

from __future__ import annotations

from collections import Counter

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import CLASSIFIERS, SELF, Frame, Phrase, load, load_words
from persian_assistant.facts.compounds import FILLERS
from persian_assistant.facts.drafts import Draft
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.times import is_number
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import Word
from persian_assistant.facts.wordset import wordset

DIRECTIONS = wordset("بیرون پایین بالا جلو عقب تو داخل کنار راه همراه برگشت دور نزدیک")
_EMPTY = DIRECTIONS | wordset("""
    این آن او همه چیز چیزی کسی جایی کاری یکی بعدا بعداً دوباره زود دیر حواس یاد خاطر گرفته رفته کرده شده
    ساله ماهه واقعا کم زیاد خیلی بار خودم خودش اینجا آنجا اونجا همان همین دیگر بهتر بیشتر کمتر الان ول تنها
    اونور این‌ور اینور سریع آرام باز
    """)
_LOOSE = wordset("حواس یاد خاطر گرفته کرده رفته شده ساله عادتاً که اگر چون وقتی ول")
"""Words that no phrase of a fact holds: where one stands, the clause was cut wrong."""
_GOING = wordset("رفتن آمدن برگشتن رسیدن")
_WAYS = frozenset(("به", "از", "سر", "پیش", "برای"))
_ONCE = frozenset(("به", "در"))


def sound(draft: Draft) -> bool:
    """Whether the statement of `draft` would be a sentence that says something."""
    if draft.details.get("rule") == "attribute":
        owner, words = load_words(draft.details["owner"]), load_words(draft.details["words"])
        attribute = load_words(draft.details["attribute"])
        if len(attribute) > 1 and attribute[-1].stem == "اسم":
            return False  # «سبزه اسمش فلفله»
        return _clean((*attribute, *owner, *words)) and not _hollow(words)
    frame, focus = load(draft.details["frame"]), int(draft.details["focus"])
    told = frame.phrases[focus].words if focus >= 0 else frame.subject
    if frame.verb == "بودن" and frame.subject and told[-1].owner == 3:
        return False  # «شنبه عقدشه»: whose it is was cut off
    if told[0].stem == "و" or any(word.stem == "یکی" for word in frame.subject):
        return False  # «من و تو رفیقیم», «مامان یکی از دوستام»
    if frame.verb == "داشتن" and all(is_number(w.stem) or w.stem in CLASSIFIERS for w in told):
        return False  # «تو دو داری»
    if any(p.kind == "owned" and (p.words[-1].stem in SELF or p.words[-1].owner) for p in frame.phrases):
        return False  # «طوطی ما داریم»
    whole = [*frame.subject, *(word for phrase in frame.phrases for word in phrase.words)]
    return _clean(whole) and not _hollow(told) and _directed(frame) and not _crowded(frame)


def _clean(words: tuple[Word, ...] | list[Word]) -> bool:
    return not any(stem_of(word) in _LOOSE for word in words) and not any(map(_is_he, words[:-1]))


def _is_he(word: Word) -> bool:
    """«دانشجوی پزشکیه تو …»: a copula left inside what was read."""
    stem = word.stem
    if word.owner or stem in lexicon.POSSESSED | lexicon.NAMES | lexicon.PLACES | lexicon.WHOLE_H:
        return False
    return stem.endswith("ه") and (lexicon.is_trade(stem[:-1]) or (stem.endswith("یه") and len(stem) > 4))


def _hollow(words: tuple[Word, ...]) -> bool:
    return all(stem_of(word) in _EMPTY or word.stem in FILLERS for word in words)


def _directed(frame: Frame) -> bool:
    """One goal at most, and a going that says where to or where from."""
    goals = [phrase for phrase in frame.phrases if _goal(phrase)]
    if frame.verb in _GOING and not frame.part:
        if any(phrase.words[0].stem in DIRECTIONS for phrase in frame.phrases if phrase.role == "thing"):
            return False
        comes = bool(frame.subject) and any(p.role == "time" for p in frame.phrases)
        told = any(p.kind == "place" or p.prep in _WAYS for p in frame.phrases)
        return len(goals) <= 1 and (comes or told)
    counted = Counter(p.prep for p in frame.phrases if p.role == "pp" and p.prep in _ONCE)
    return all(count == 1 for count in counted.values())


def _goal(phrase: Phrase) -> bool:
    return phrase.role in ("pp", "thing") and phrase.kind == "place" and phrase.prep in ("", "به")


def _crowded(frame: Frame) -> bool:
    """Two bare nouns where a verb takes one, or a verb left over among the words."""
    bare = [p for p in frame.phrases if p.role in ("thing", "complement")]
    objects = [p for p in frame.phrases if p.role == "object"]
    if len(objects) > 1 or len(bare) > 2:
        return True
    return any(
        form.tense in ("present", "imperfect") and word.stem.startswith(("می", "نمی")) and word.owner == 0
        for phrase in frame.phrases
        for word in phrase.words
        if word.stem not in lexicon.POSSESSED
        for form in readings(word.stem)
    )
