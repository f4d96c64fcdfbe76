"""Whether a question is plainly about the user's own life: then what is not remembered was never told.

Better to miss one than to say «نگفته‌ای» to somebody who asks for advice. Knows nothing of what was told.
"""

from __future__ import annotations

import re

from persian_assistant.facts import lexicon
from persian_assistant.facts.question import Asked
from persian_assistant.facts.question_cues import spaced
from persian_assistant.facts.question_near import is_question
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import split_owner

LONGEST = 9
"""Words; longer ones tell something, too."""
_WORD = re.compile(r"[\w\u200c]+")
_OTHERWISE = re.compile(
    r"\b(?:چرا|چطور\w*|چگونه|"
    r"چ(?:ه|طو)? ?جوری|چیکار|چی ?کار|چه ?کار|چه کنم|چی کنم|باید|بهتره?|پیشنهاد|کمک|میشه|"
    r"لطفا|بگو|بده|نظرت|نظر|فکر|توصیه|یعنی|اگه|اگر|مگه|مگر|تو|شما|خودت|حالت|دوست داری|مناسب\w*"
    r"|دانلود|کد|خطا|ارور)\b"
)
"""Advice, reasons, opinions, requests, and the assistant itself."""
_WORLD = re.compile(
    r"\b(?:بهترین|بدترین|خوبه|خوب است|خوب|مناسب|مفید|ضرر|مضر|فایده|خواص|خاصیت"
    r"|فرق|تفاوت|معنی|معنای|یعنی|تعریف|فاصله|چطور\w*|چگونه|چه ?جوری|پیشنهاد"
    r"|قیمت|پایتخت|ارتفاع|جمعیت|مخترع|نویسنده|شاعر|عمر|چند ماه|چند روز)\b"
)
"""What is asked of the world and for advice."""
_WHAT = re.compile(r"\b(?:چه|چی|چیه|چیست|چقدر|چقدره|کدوم|کدومه|کدام)\b")
_OF_ALL = re.compile(r"\b(?:مناسب|معنی|گفتم|داریم|مردم|بهترین|نفس|عضو)\b")
"""What is asked of one's life without naming a kind of answer: «قد من چقدر است؟»."""
_MINE = re.compile(r"\b(?:من|منو|مرا|ما|خودم|خودمون|مون)\b")


def asks_of_life(question: str, asked: Asked, named: bool = False) -> bool:
    """Of «سن برادرم چقدر است؟» and «کجا به دنیا آمدم؟», not of «کجا بروم؟» or «پایتخت کجاست؟».

    `named`: somebody of whom the user told is asked about by name.
    """
    words = _WORD.findall(question)
    if "؟" not in question.replace("?", "؟") or len(words) > LONGEST:
        return False
    if not is_question(question, asked):
        return False
    persons = {form.person for word in words for form in readings(word)[:1]}
    plain = not (asked.attributes or asked.kinds)
    if plain and (not _WHAT.search(question) or _OF_ALL.search(question) or persons & {2, 5}):
        return False
    if _OTHERWISE.search(" ".join(spaced(question).words)):
        return False
    if any(
        form.person in (1, 4) and form.tense == "subjunctive" for word in words for form in readings(word)
    ):
        return False
    return speaks_of_me(question, named)


def asks_of_the_world(question: str, named: bool = False) -> bool:
    """Of «قهوه ضرر داره؟» and «بهترین زمان سفر کیه؟»: nothing that the user told is meant."""
    return bool(_WORLD.search(question)) and not speaks_of_me(question, named)


def speaks_of_me(question: str, named: bool) -> bool:
    """Whether the user, or somebody of whom the user told, is spoken of."""
    if named or _MINE.search(question):
        return True
    for word in _WORD.findall(question):
        forms = readings(word)
        _, owner, sure = split_owner(word)
        if any(form.person in (1, 4) for form in forms):
            return True
        if sure and owner in (1, 4) and not forms and word not in lexicon.NAMES:
            return True
    return False
