"""What of a turn is worth saying back: statements of the user's, without greetings and questions.

Works on the text of one turn; knows nothing of facts.
"""

from __future__ import annotations

import re

from persian_assistant.facts.clauses import ASKING
from persian_assistant.facts.copulas import enclitic
from persian_assistant.facts.morphology import second_person
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import tokens
from persian_assistant.facts.wordset import wordset

_SENTENCE = re.compile(r"[^.!؟?؛\n…]+[.!؟?؛\n…]*")
_GREETING = re.compile(
    r"^(?:\s*(?:سلام+|درود|خوبی|چطوری|خوب هستی|چه خبر|مرسی|ممنونم?|متشکرم|دستت درد نکنه|صبح بخیر|شب بخیر"
    r"|عصر بخیر|خداحافظ|فعلا|باشه|اوکی|آره|نه|خب|راستی)(?![\w\u200c])[\s،!.]*)+"
)
_ME = wordset("تو شما خودت")


def worth_telling(text: str) -> str:
    """The statements of `text` in the user's words; empty where it has none."""
    kept = [told for part in _SENTENCE.findall(text) if (told := _told(part))]
    return "، ".join(kept)


def said_back(text: str) -> str:
    """«تو …»: the statements of `text` in the second person; empty where it has none."""
    told = worth_telling(text)
    return second_person(told) if told else ""


def _told(part: str) -> str:
    """One sentence as it is told; empty for a question, a greeting, a word on the assistant."""
    bare = _GREETING.sub("", part).strip(" \t.!؟?؛\n…،")
    asks = part.rstrip().endswith(("؟", "?"))
    while bare and (asks or ASKING & set(tokens(bare))):
        bare, comma, _ = bare.rpartition("،")  # «رفتم سفر، نظرت چیه؟»
        asks = not comma
        bare = bare.strip()
    return bare if _states(tokens(bare)) else ""


def _states(found: list[str]) -> bool:
    """Whether a clause of the user's, or of a third, is among the words."""
    words = [token for token in found if token[:1].isalnum()]
    if len(words) < 2:
        return False
    forms = [form for word in words for form in readings(word)[:1]]
    ends = enclitic(words)
    if any(form.person in (1, 4) for form in forms) or (ends and ends[1] in (1, 4)):
        return True
    if any(form.person in (2, 5) for form in forms):
        return False
    if words[0] in _ME and not forms:
        return False  # «تو خیلی مهربونی»
    return bool(forms or ends)
