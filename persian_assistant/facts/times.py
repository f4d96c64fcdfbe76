"""Phrases of time: where one starts, how long it is, and what asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from persian_assistant.facts.words import is_ordinal
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

DAYS = wordset("""
    شنبه یکشنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه پنج‌شنبه جمعه یک‌شنبه دو‌شنبه سشنبه
    """)
MONTHS = wordset("""
    فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند ژانویه فوریه مارس آوریل مه ژوئن
    ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر رمضان محرم صفر شعبان رجب
    """)
SEASONS = wordset("""
    بهار تابستان پاییز زمستان تابستون زمستون عید نوروز یلدا بچگی کودکی نوجوانی جوانی محرم رمضان تعطیلات
    """)
PARTS = wordset("""
    صبح ظهر عصر شب بعدازظهر غروب نصف‌شب نیمه‌شب سحر صبح‌ها شب‌ها عصرها ظهرها روزها بعدازظهرها شبا صبحا
    عصرا
    """)
POINTS = wordset("""
    امروز دیروز پریروز فردا پس‌فردا پسفردا امشب دیشب پریشب پارسال امسال پیرارسال همیشه معمولا معمولاً
    گاهی اغلب قدیم هرروز هر‌روز هرشب هفتگی سالانه ماهانه روزانه اخیرا اخیراً قبلا قبلاً بیشتر_وقت‌ها
    آخر_هفته فرداشب
    """)
UNITS = wordset("دقیقه ساعت روز شب هفته ماه سال دهه دفعه بار")
_RELATIVE = wordset("پیش قبل گذشته بعد آینده دیگر دیگه")
_NUMBERS = wordset("""
    یک دو سه چهار پنج شش شیش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست
    سی چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد چهارصد پانصد ششصد هفتصد هشتصد نهصد هزار میلیون
    میلیارد نیم چند پونزده شونزده یه هیجده
    """)


_UNIT = "یک|یه|دو|سه|چهار|پنج|شش|شیش|هفت|هشت|نه"
_TEEN = "یازده|دوازده|سیزده|چهارده|[پش](?:ا|و)نزده|شانزده|هفده|هجده|هیجده|نوزده|ده"
_TEN = "بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود"
_HUNDRED = "صد|دویست|سیصد|چهارصد|پانصد|پونصد|ششصد|شیشصد|هفتصد|هشتصد|نهصد"
_JOINED = re.compile(
    rf"(?:(?:{_HUNDRED})[{ZWNJ}]?و[{ZWNJ}]?)?(?:(?:{_TEN})[{ZWNJ}]?و[{ZWNJ}]?(?:{_UNIT})|{_TEEN}|{_TEN}|{_UNIT})"
    rf"(?:[{ZWNJ}]?و[{ZWNJ}]?نیم)?"
)
"""A number written as one word: «سی‌ودو», «نودودو», «صدوده»."""


def bare(word: str) -> str:
    """`word` without its ezafe ی."""
    return word.removesuffix(f"{ZWNJ}ی").removesuffix("ٔ")


def is_number(word: str) -> bool:
    return (word[:1].isdigit() and word.translate(str.maketrans("", "", ":/.٫")).isdigit()) or (
        word in _NUMBERS or bool(_JOINED.fullmatch(word))
    )


def number_length(words: Sequence[str], at: int) -> int:
    """How many words from `at` make one number («بیست و سه»: 3); 0 for none."""
    end = at
    while end < len(words) and is_number(words[end]):
        end += 1
        if end + 1 < len(words) and words[end] == "و" and is_number(words[end + 1]):
            end += 1
    return end - at


def _at(words: Sequence[str], at: int) -> str:
    return bare(words[at]) if 0 <= at < len(words) else ""


def _hour(words: Sequence[str], at: int) -> int:
    length = number_length(words, at + 1)
    if not length:
        return 0
    end = at + 1 + length
    if _at(words, end) == "و" and _at(words, end + 1) in ("نیم", "ربع"):
        end += 2
    if _at(words, end) == "دقیقه":
        end += 1
    if _at(words, end) in PARTS:
        end += 1
    return end - at


def _date(words: Sequence[str], at: int) -> int:
    """«پنجم آبان», «۵ آبان ۱۳۷۰», «بیست و سوم مهر»."""
    end = at
    if number := number_length(words, at):
        end += number
        if _at(words, end) == "و":
            end += 1
    if end < len(words) and is_ordinal(words[end]):
        end += 1
    if end > at and (_at(words, end), _at(words, end + 1)) == ("هر", "ماه"):
        return end + 2 - at
    if end == at or _at(words, end) not in MONTHS:
        return 0
    end += 1
    if _at(words, end) in ("ماه", "سال"):
        end += 1
    end += number_length(words, end)
    return end - at


def _every(words: Sequence[str], at: int) -> int:
    end = at + 1
    end += number_length(words, end)
    if _at(words, end) not in UNITS | DAYS | PARTS | SEASONS:
        return 0
    end += 1
    while _at(words, end) in PARTS | DAYS:
        end += 1
    return end - at


def _around_unit(words: Sequence[str], at: int) -> tuple[int, str]:
    """«سه سال پیش», «هفته‌ی پیش», «سال ۱۳۷۰», «هفته‌ای دو بار», «ده سال»."""
    if (words[at].removesuffix(f"{ZWNJ}ای") in UNITS - {"ساعت"} and words[at].endswith(f"{ZWNJ}ای")) or words[
        at
    ] in ("روزی", "ماهی", "سالی", "شبی"):
        length = number_length(words, at + 1)
        if length and _at(words, at + 1 + length) in UNITS | {"بار", "دفعه", "مرتبه"}:
            return length + 2, "frequency"
        return int(bool(length)), "frequency" if length else ""
    length = number_length(words, at)
    unit = _at(words, at + length)
    if unit in ("سال", "سالهای") and not length and (year := number_length(words, at + 1)):
        return year + 1, "year"
    if unit not in UNITS | DAYS | SEASONS | {"آخر"}:
        return 0, ""
    end = at + length + 1
    if _at(words, end) in _RELATIVE:
        return end + 1 - at, "day" if unit in DAYS else "when"
    if unit == "ساعت" and spoken_noun(words, at + length + 1):
        return 0, ""
    if length and unit in UNITS:
        if _at(words, end) == "در" and _at(words, end + 1) in UNITS:
            return end + 2 - at, "frequency"
        return end - at, "frequency" if unit in ("بار", "دفعه") else "duration"
    return 0, ""


def spoken_noun(words: Sequence[str], at: int) -> bool:
    """Whether a word that goes with «ساعت», the thing, stands at `at` («ساعت مچی»)."""
    return at < len(words) and words[at] in ("مچی", "دیواری", "هوشمند", "طلا", "جیبی", "رومیزی", "شماطه‌دار")


_LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")


def time_at(words: Sequence[str], at: int) -> tuple[int, str]:
    """(length in words, kind) of the phrase of time at `at`; (0, "") for none.

    Kinds: "hour", "date", "day", "month", "season", "year", "when", "duration", "frequency".
    """
    if at >= len(words):
        return 0, ""
    word = _at(words, at)
    singular = word.removesuffix(f"{ZWNJ}ها").removesuffix("ها")
    if word == "ساعت" and (length := _hour(words, at)):
        return length, "hour"
    if length := _date(words, at):
        return length, "date"
    if word == "هر" and (length := _every(words, at)):
        return length, "frequency"
    length, kind = _around_unit(words, at)
    if length:
        return length, kind
    if word == "شیفت" and _at(words, at + 1) in PARTS:
        return 2, "part"
    if word in ("آخر", "اول", "وسط", "اواخر", "اوایل") and (
        _at(words, at + 1) in UNITS | MONTHS | SEASONS or _at(words, at + 1).startswith("هفته")
    ):
        return 2 + (_at(words, at + 2) in _RELATIVE), "when"
    if singular in DAYS or (word == "روز" and _at(words, at + 1) in DAYS):
        end = at + 1 + (word == "روز")
        while _at(words, end) in PARTS | {"این"} or (end > at + 1 and _at(words, end) == "زود"):
            end += 1
        if _at(words, end) == "و" and time_at(words, end + 1)[1] == "day":
            end += 1 + time_at(words, end + 1)[0]
        return end - at, "day"
    if word in ("این", "همین") and _at(words, at + 1) in DAYS | UNITS | {"موقع", "وقت"}:
        return 2, "day"
    if word.endswith("ماه") and word.removesuffix("ماه").rstrip(ZWNJ) in MONTHS:
        return 1, "month"
    if word in MONTHS:
        end = at + 1 + (_at(words, at + 1) == "ماه")
        dated = bool(re.fullmatch("(?:سال)?1[34][0-9]{2}", _at(words, end).translate(_LATIN)))
        return end + dated - at, "month"
    if singular in SEASONS:
        dated = _at(words, at + 1) in ("پارسال", "امسال", "پیرارسال", "گذشته", "آینده")
        return (2, "when") if dated else (1, "season")
    if word in PARTS or word in POINTS:
        end = at + 1 + (word in PARTS and _at(words, at + 1) == "زود")
        while _at(words, end) in PARTS and word in POINTS:
            end += 1
        return end - at, "part" if word in PARTS else "when"
    return 0, ""
