"""How Persian words take their endings: possessives, the copula, the indefinite ی.

Knows spelling, not meaning: whether a final ه or و is a vowel is told by short lists and the letter before.
"""

from __future__ import annotations

from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

_CONSONANT_H = wordset("""
    ده مه نه به فقیه توجه شبیه توجیه کریه نبیه وجه تنبیه تشبیه سفیه ته شه زه مشابه متوجه مرفه موجه
    فربه کوه گروه اندوه ستوه شکوه وجوه انبوه نستوه
    """)
_CONSONANT_V = wordset("گاو ناو عضو سرو دیو نحو عفو لغو محو جزو غلو کشو‌رو پلاو")
_VOWEL, _SILENT_H, _YEH, _CONSONANT = "vowel", "silent_h", "yeh", "consonant"
_POSSESSIVE = {"my": "م", "your": "ت", "his": "ش", "our": "مان", "your_all": "تان", "their": "شان"}
_SPOKEN_POSSESSIVE = {**_POSSESSIVE, "our": "مون", "your_all": "تون", "their": "شون"}
_DIGITS = "۰۱۲۳۴۵۶۷۸۹0123456789"


def ending_of(word: str) -> str:
    """How `word` ends in sound: "vowel", "silent_h", "yeh" or "consonant"."""
    last = word[-1:]
    before = word[-2:-1]
    if last == "ا" or (last == "و" and word not in _CONSONANT_V and before != "ا"):
        return _VOWEL
    if last == "ه" and word not in _CONSONANT_H and before != "ا":
        return _SILENT_H
    if last == "ی" and before not in ("ا", "و"):
        return _YEH
    return _CONSONANT


def _last_word(text: str) -> tuple[str, str]:
    head, space, word = text.rpartition(" ")
    return head + space, word


def possessive(text: str, owner: str, colloquial: bool = False) -> str:
    """`text` with the ending of its `owner` ("my", "your", "his", "our", "your_all", "their")."""
    head, word = _last_word(text)
    clitic = (_SPOKEN_POSSESSIVE if colloquial else _POSSESSIVE)[owner]
    kind = ending_of(word.rpartition(ZWNJ)[2] or word)
    long = len(clitic) > 1
    if kind == _SILENT_H:
        return f"{head}{word}{ZWNJ}{clitic if colloquial or long else 'ا' + clitic}"
    if kind == _YEH:
        if colloquial:
            return f"{head}{word}{clitic}"
        return f"{head}{word}{ZWNJ}{clitic if long else 'ا' + clitic}"
    if kind == _VOWEL and not colloquial:
        return f"{head}{word}ی{clitic}"
    return f"{head}{word}{clitic}"


def copula(text: str, colloquial: bool = False) -> str:
    """`text` with "is": «نغمه است», spoken «نغمه‌ست», «آوازه», «قناریه», «داناست»."""
    head, word = _last_word(text)
    if not colloquial or not word or word[-1] in _DIGITS or not "\u0600" <= word[-1] <= "\u06ff":
        return f"{text} است"
    kind = ending_of(word.rpartition(ZWNJ)[2] or word)
    if kind == _SILENT_H:
        return f"{head}{word}{ZWNJ}ست"
    return f"{head}{word}{'ست' if kind == _VOWEL else 'ه'}"


def indefinite(text: str) -> str:
    """`text` with the indefinite ی: «کتابی», «خانه‌ای», «پایی», «قناری‌ای»."""
    head, word = _last_word(text)
    kind = ending_of(word.rpartition(ZWNJ)[2] or word)
    if kind == _VOWEL:
        return f"{head}{word}یی"
    return f"{head}{word}{ZWNJ + 'ای' if kind in (_SILENT_H, _YEH) else 'ی'}"


def ezafe(text: str) -> str:
    """`text` as the head of an ezafe chain: «خانه‌ی», «پای», else unchanged."""
    head, word = _last_word(text)
    kind = ending_of(word.rpartition(ZWNJ)[2] or word)
    if kind == _SILENT_H:
        return f"{head}{word}{ZWNJ}ی"
    return f"{head}{word}ی" if kind == _VOWEL else text
