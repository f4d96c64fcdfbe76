"""Copulas that a noun carries («معلمم», «نغمه‌ست», «تبریزه») and those left out («اسمش ماهی»).

Works on a run of tokens; knows nothing of clauses.
"""

from __future__ import annotations

from persian_assistant.facts import lexicon
from persian_assistant.facts.compounds import COMPOUNDS, PREPOSITIONS
from persian_assistant.facts.times import is_number
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import is_ordinal, split_owner
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

_STREETS = wordset("خیابون خیابان کوچه کوچه‌ی میدون میدان شهرک بلوار")
_LINKING = wordset("""
    اهل متولد بچه عاشق طرفدار عضو مالک صاحب ساکن شیفته فارغ‌التحصیل مقیم هوادار متنفر بیزار کارمند
    دانشجوی معلم دبیر مدیر مهندس استاد دانشجو کارشناس محصل سال مدرس راننده دکترای شاگرد کارآموز سرباز
    دیوانه دیوونه بزرگ‌شده مشتاق مجذوب عاشقِ اهلِ دلباخته دوستدار
    """)
_WITH = wordset("سر پیش با از به برای")
_NOT_TO_BE_SPLIT = wordset("راست ماست درست پوست دوست خواست نیست هست است بیست داست شصت سیاست ریاست فهرست")


def enclitic(run: list[str]) -> tuple[str, int] | None:
    """(the word without it, person) of the copula that the last word of `run` carries; None for none."""
    last, before = run[-1], run[:-1]
    if not last[:1].isalnum():
        return None
    base, joint, ending = last.rpartition(ZWNJ)
    coloured = last[:-1] in lexicon.COLOURS and any(token.startswith("رنگ") for token in before)
    if last.endswith("ه") and (coloured or (before and before[-1] in _STREETS and last in lexicon.NAMES)):
        return last[:-1], 3
    if last == "هفته" and {"عدد", "شماره"} & set(before):
        return "هفت", 3
    for tail in ("ییم", f"{ZWNJ}ایم", "یم"):
        stem = last.removesuffix(tail)
        heads = {token.removesuffix(f"{ZWNJ}ی") for token in before}
        settled = stem in lexicon.PLACES and bool(_LINKING & heads)
        if (
            stem != last
            and (settled or stem in lexicon.KIN or lexicon.is_trade(stem) or stem in lexicon.TRAITS)
            and before
        ):
            return stem, 4
    if joint and ending in ("ست", "س", "ه", "ئه", "عه"):
        return base, 3
    if last.endswith("ئه") and len(last) > 3:
        return last[:-2], 3
    if (
        last.endswith("ست")
        and last[-3:-2] in ("ا", "و", "ی")
        and len(last) > 3
        and last not in _NOT_TO_BE_SPLIT
    ):
        return last[:-2], 3
    if last.endswith(("ه‌", "ه")) and len(last) > 2 and not _ends_in_h(last):
        return last[:-1].rstrip(ZWNJ), 3
    stem = base if joint and ending in ("ام", "م") else last[:-1] if last.endswith("م") else ""
    if stem and _is_me(stem, last, before):
        return stem, 1
    return None


def _ends_in_h(last: str) -> bool:
    tail = last.rpartition(ZWNJ)[2]
    if last in lexicon.NAMES or last in lexicon.PLACES or last in lexicon.WHOLE_H or tail in lexicon.WHOLE_H:
        return True
    return (
        last in lexicon.SPOKEN or last in lexicon.POSSESSED or last in lexicon.TRADES or bool(readings(last))
    )


def _is_me(stem: str, last: str, before: list[str]) -> bool:
    if last in lexicon.WHOLE_M or last in lexicon.NAMES:
        return False
    if stem in COMPOUNDS["بودن"] or (is_ordinal(stem) and len(stem) > 2):
        return True
    if stem in lexicon.KIN and _WITH & set(before):
        return False  # «دیروز سر کلاس استادم، …»
    lone = [token for token in before if token not in ("من", "خودم", "هم", "راستی", "،", "آخه")]
    if lexicon.is_trade(stem) or stem in lexicon.TRAITS or stem in lexicon.NAMES or stem in lexicon.MOODS:
        return not any(split_owner(token)[1] == 1 for token in lone)
    heads = {token.removesuffix(f"{ZWNJ}ی") for token in before}
    return bool(heads & (_LINKING | lexicon.TRADES)) and not any(split_owner(token)[1] == 1 for token in lone)


def left_out(run: list[str]) -> list[str]:
    """The words behind the last comma where they leave a copula out; [] for anything else.

    «معدلم ۱۹.۴», «استادم دکتر راد», «اسمش ماهی».
    """
    ends = [at for at, token in enumerate(run) if token in "،,"]
    last = run[ends[-1] + 1 :] if ends else run
    if is_named(last):
        return last
    if not 1 < len(last) < 4 or any(readings(token) for token in last[1:]):
        return []
    stem, owner, _ = split_owner(last[0])
    titled = last[1] in _TITLES and len(last) == 3
    counted = is_number(last[1]) and stem in lexicon.ATTRIBUTES
    named = len(last) == 2 and last[1] in lexicon.NAMES and stem in lexicon.KIN | {"اسم"}
    return last if owner == 1 and ((titled and stem in lexicon.KIN) or counted or named) else []


def is_named(words: list[str]) -> bool:
    """Whether these are «اسمش» and a name, without a copula."""
    if not 1 < len(words) < 4 or any(readings(token) or enclitic([token]) for token in words[1:]):
        return False
    stem, owner, _ = split_owner(words[0])
    none = words[1] in PREPOSITIONS or not _NO_NAMES.isdisjoint(words)  # «روی جلدش», «مثل سگم»
    return stem in ("اسم", "نام") and owner in (3, 6) and not none


_NO_NAMES = wordset(
    "چی چه چیه کی کیه چیست کدام کدوم مثل مثه عین شبیه هیچی هیچ فعلا فعلاً هنوز نداره همون همین خودش"
)
_TITLES = wordset("دکتر مهندس استاد آقای خانم خانوم")
