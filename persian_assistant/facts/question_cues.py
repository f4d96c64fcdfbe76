"""Wordings by which a question shows what it asks for: an attribute («چند سالشه»), a kind of answer («کجا»).

Patterns over text as `spaced` leaves it. An attribute's words are taken out of the question: «چند سالشه»
shares «سال» with much that is no age. Knows nothing of facts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from persian_assistant.text import ZWNJ, normalise, to_latin_digits

_NO_WORD = re.compile(rf"[^\w\s{ZWNJ}]+|_")
_MARKS = re.compile("[\u064b-\u0652\u0654\u0670]")
_END = r"(?:م|ت|ش|مون|تون|شون|مان|تان|شان|یم|یت|یش|ی|ها|های|هام|هایم)?"
_IS = r"(?:ه| ?است| ?هست| ?بود|س|ست)?"

_RULES = (
    # what a question does not ask for, or asks in passing
    ("", r"یادت(?:ه| هست| میاد| می ?آید| مونده| نره| نرفته)?|(?:می ?دانی|می ?دونی)|به (?:یاد|خاطر) دار\w+"),
    ("",
        r"(?:از )?همه (?:بیشتر|بیش)|(?:بیش|بیشتر)(?: از همه| از هر چیز\w*)?|"
        r"خانواده(?:م|مون|(?:ی)? ما|(?:ی)? من)\b|خانوادگی(?:م|مون)?"),
    ("",
        r"چه (?:بلایی|اتفاقی)(?: (?:سرم|برام|سر من|برای من))?(?: (?:اومد\w*|"
        r"آمد\w*|افتاد\w*))?|\b(?:آینده|بعدی)\b|ماجرا\w*"),
    ("", r"بگو ببین\w*|می ?خوام ببینم|بهت گفت\w+|گفته بودم|(?:می ?تونی|می ?توانی) بگی|راستی"),
    ("~بدرود", r"تا بعد|(?:باید|دیگه) بر(?:م|وم)(?= تا بعد| دیگه|$)|کاری ندار\w+"),
    ("~وقت", r"(?:صبح|ظهر|عصر|شب|روز|وقت)" + _END + r" ?(?:به ?خیر|بخیر|خوش)"),
    # attributes
    ("relation",
        r"چه (?:نسبتی|ربطی|ارتباطی)(?: (?:با|به) (?:من|ما))?(?: دار\w+)?|"
        r"نسبت\w* (?:با|به) (?:من|ما)"),
    ("?number", r"چند ?سال" + _IS + r" که|چند (?:ماه|روز|هفته|وقت)" + _IS + r" که|چه مدت|چقدر طول می ?کش\w+"),
    ("age", r"چند ?ساله?(?:ش|شه|م|مه|ت|ته|شون|شونه|مون|ست| ?است| ?هست\w*| ?دار\w+)?(?= من|$)"),
    ("age",
        r"\bسن(?:م|ت|ش|شون| و سال\w*)?\b|\bسال(?:شه|مه|شونه)\b|چند ?سال(?:شه|"
        r"مه|شونه)|چند ?ساله (?:است|هست\w*)"),
    ("surname", r"نام خانوادگ\w+|فامیل(?:ی|یم|یت|یش|یمون|م|ش)"),
    ("name", r"من کی ?(?:ام|م|هستم|بودم)\b"),
    ("name",
        r"\bاسم(?:م|ت|ش|ی|شون|مون|تون|های|ها|اشون)?\b|(?<!پایان )\bنام(?:م|"
        r"ت|ش|ی|شون)?\b|چی صدا\w* \w+ ?\w*|\bصدا (?:می ?)?(?:کن|زن)\w+"),
    ("job",
        r"\bشغل" + _END + r"(?:ی)?\b|(?:چه|چی) ?کاره?" + r"(?:م|ه|ست|"
        r"س|ن|ام| ?است| ?هست\w*)?\b(?! می| کر| کن| دار)"),
    ("job",
        r"\bحرفه" + _END + r"|\bپیشه" + _END + r"|خرج\w* .{0,12}(?:از )?چه ?کار\w*|"
        r"از چه راهی (?:پول|خرج)\w*"),
    ("work",
        r"(?<!چه )(?<!چی )\bکار (?:می ?کن\w+|می ?کر\w+)|محل ?کار" + _END + r"|"
        r"سر ?کار(?: می ?ر\w+)?|مشغول" + r"(?:م|ه|ست|ی|ن)(?: به)?(?: کار\w*)?"),
    ("live",
        r"زندگی(?:ش)? (?:می ?)?(?:کن|کر)\w+|\bساکن\w*|\bمقیم\w*|محل (?:سکونت|"
        r"زندگی)\w*|سکونت\w*|می ?شین(?:م|ه|یم|ن)\b|می ?نشین\w+"),
    ("live",
        r"(?:خونه|خانه)(?:م|مون|مان|ش|شون|ی ما|ی من| ما| من)? (?:(?:تو|"
        r"توی|در) )?(?:کجا\w*|(?:کدام|کدوم|چه) (?:شهر|محله)\w*)"),
    ("origin",
        r"\bاهل\b(?! کتاب| ورزش)|بچه ?ی? (?:کجا\w*|(?:کدام|کدوم|چه) شهر\w*)|"
        r"اصالت\w*|اصلیت\w*|\bریشه\w*|\bکجایی\w*|زادگاه\w*"),
    ("birth", r"تولد" + _END + r"|متولد\w*|به ?دنیا ?(?:آمد\w*|اومد\w*)?|زادروز\w*"),
    ("allergy", r"حساسیت\w*|آلرژی\w*|حساس(?:م|ه|ی|ن)\b"),
    ("fear", r"\bترس(?:م|ت|ش|ی|ید\w*)?\b|می ?ترس\w+|وحشت\w*|هراس\w*|فوبیا\w*"),
    ("hate",
        r"متنفر\w*|بیزار\w*|نفرت\w*|تنفر\w*|\bبد(?:م|ت|ش|مون)? (?:می ?)(?:آی|"
        r"ای|ا|اد)\w*|آزار\w*|اذیت\w*|خوش\w* نمی ?\w+|دوست ندار\w*"),
    ("like",
        r"محبوب\w*|مورد ?علاقه\w*|علاقه\w*|(?:بیشتر )?دوست (?:دار|داشت)\w*|"
        r"خوش(?:م|ت|ش|مون|شون)? (?:می ?)\w+|عاشق\w*|می ?پسند\w+"),
    ("like", r"طرفدار\w*|هوادار\w*|دلخواه\w*|ترجیح\w*"),
    ("colour", r"\bرنگ(?:م|ش|ی|یه|ه|شون|یم)?\b"),
    ("brand", r"\bمارک\w*|\bبرند\w*|ساخت (?:چه|کدام|کدوم)(?: (?:شرکتی?|کارخانه\w*|کشوری?))?|مال چه شرکتی\w*"),
    ("live", r"\bآدرس" + _END + r"|\bنشانی" + _END),
    ("wake", r"بیدار\w*(?: می ?ش\w+)?|\bپا ?(?:می ?ش\w+|شدن)"),
    ("weight", r"\bوزن\w*|چند ?کیلو\w*"),
    ("price", r"\bقیمت\w*|چند(?:ه)? (?:تومن|تومان|خرید\w*|خورد|گرفتم)|چقدر (?:خرید\w*|پول دادم)"),
    ("password", r"\bرمز\w*|پسورد\w*|گذرواژه\w*"),
    ("instrument", r"\bساز(?:م|ت|ش|ی|مون)?\b(?: می ?زن\w+| بلد\w+| می ?نواز\w+)?|می ?نواز\w+|نوازند\w+"),
    ("illness", r"بیماری\w*|مریضی\w*|مبتلا\w*"),
    ("?number", r"چند(?:تا| تا| نفر| عدد)"),
)  # fmt: skip
_KINDS = (
    (
        "where",
        r"\bکجا\w*|(?:کدام|کدوم|چه) (?:شهر|کشور|جا|محله|خیابون|خیابان|مکان)\w*|مقصد\w*|آدرس\w*|نشانی\w*",
    ),
    (
        "when",
        r"(?:چه|کدام|کدوم) (?:روز|وقت|تاریخ|ساعت|سال|ماه|زمان|فصل|موقع)\w*|\bکی\b|\bکیه\b|ساعت چند\w*|چندم\b",
    ),
    ("who", r"\bکی\b|\bکیه\b|\bکیست\b|\bکی بود\b|(?:چه|کدام|کدوم) (?:کس|شخص)\w*"),
    ("number", r"\bچند\w*|\bچن\b|شماره\w*"),
    ("why", r"\bچرا\b|واسه ?چی|برای چه\b|به چه (?:دلیل|علت)\w*|\bعلت\w*|\bدلیل\w*"),
)
_TWO_OF_KIN = (
    (re.compile(rf"\b(?:بچه|پسر|دختر|فرزند)(?:[ {ZWNJ}]?ی)? (?:خواهر|آبجی)(م|مون|ش|)\b"), "خواهرزاده"),
    (re.compile(rf"\b(?:بچه|پسر|دختر|فرزند)(?:[ {ZWNJ}]?ی)? (?:برادر|داداش)(م|مون|ش|)\b"), "برادرزاده"),
)
_JOINED = re.compile(r"\bپایان نام(?:ه|م|ت|ش)(?=م|ت|ش|\b)")
_ATTRIBUTES = tuple(
    (f"={name}" if name and name[0] not in "~?" else name, re.compile(rule)) for name, rule in _RULES
)
_ANSWERS = tuple((f"?{name}", re.compile(rule)) for name, rule in _KINDS)


class Spaced(NamedTuple):
    """A text for the patterns, and the words as they were written."""

    plain: str
    words: tuple[str, ...]


def spaced(text: str) -> Spaced:
    """`text` for the patterns: words without marks and half spaces, digits Latin, one blank between two."""
    clean = _MARKS.sub("", to_latin_digits(normalise(text)).lower())
    words = [word.strip(ZWNJ) for word in _NO_WORD.sub(" ", clean).split()]
    clean = _JOINED.sub(f"پایان{ZWNJ}نامه", " ".join(word for word in words if word))
    for pattern, kin in _TWO_OF_KIN:
        clean = pattern.sub(kin + r"\1", clean)
    return Spaced(clean.replace(ZWNJ, ""), tuple(clean.split()))


def attributes(text: Spaced) -> tuple[frozenset[str], Spaced]:
    """The attributes that `text` asks for («=age»), and the rest of its words."""
    found = set()
    for name, pattern in _ATTRIBUTES:
        if any(match.group().strip() for match in pattern.finditer(text.plain)):
            found.add(name)
            text = _without(text, pattern)
    return frozenset(found - {""}), text


def answers(text: Spaced) -> tuple[frozenset[str], Spaced]:
    """The kinds of answer («?where») that `text` may want, and the rest of its words."""
    found = {name for name, pattern in _ANSWERS if pattern.search(text.plain)}
    for name, pattern in _ANSWERS:
        if name in found:
            text = _without(text, pattern)
    return frozenset(found), text


def _without(text: Spaced, pattern: re.Pattern[str]) -> Spaced:
    """`text` without each word that a match of `pattern` touches."""
    gone: set[int] = set()
    for match in pattern.finditer(text.plain):
        first = text.plain.count(" ", 0, match.start() + len(match.group()) - len(match.group().lstrip()))
        gone.update(range(first, first + len(match.group().split())))
    words = [word for at, word in enumerate(text.words) if at not in gone]
    return Spaced(" ".join(words).replace(ZWNJ, ""), tuple(words))
