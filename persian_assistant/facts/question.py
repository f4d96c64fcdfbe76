"""What a question asks: whose (people, animals), which attributes, what kind of answer, and its other words.

The same reading is made of the questions a fact answers, so that the two can be compared. Knows nothing of
where facts are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from persian_assistant.facts import lexicon, question_cues, telling
from persian_assistant.facts.paraphrases import of_fact
from persian_assistant.facts.question_values import kinds_named
from persian_assistant.facts.stems import content, stem
from persian_assistant.facts.times import DAYS, MONTHS, PARTS, SEASONS, is_number
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import is_ordinal
from persian_assistant.records import Fact
from persian_assistant.text import ZWNJ

_TITLES = """
خانم آقا خانوم عزیز خانواده بچه فرزند
پزشک دکتر پرستار راننده استاد مربی وکیل آرایشگر مشتری شاگرد عروس ماهی
"""
_WIDER = {
    "فرزند": "پسر دختر بچه",
    "بچه": "پسر دختر فرزند",
    "همسر": "زن",
    "زن": "همسر شوهر",
    "رئیس": "مدیر",
    "مدیر": "رئیس",
    "دوست": "رفیق",
    "رفیق": "دوست",
}
_IMPLIED = {"ازدواج کردن": ("همسر", "=name"), "متأهل": ("همسر",), "نامزد کردن": ("نامزد", "=name")}
"""What a fact of a relation answers besides: whom one married is the name of one's wife or husband."""
_TITLED = re.compile(r"\b(?:آقای|خانم|خانوم|دکتر|مهندس|حاج|استاد) \w+")
_TIMES = frozenset(stem(word) for word in DAYS | MONTHS | PARTS | SEASONS)
_ALIKE = """
نواختن زدن ساز | نوشیدن خوردن | دیدن تماشا | گرفتن خریدن | شکم معده | اینترنت وایفای وای | عدد شماره
مطالعه خواندن | تحصیل درس
 متأهل ازدواج عروسی |
مدرک لیسانس دیپلم فوق‌لیسانس دکترا تحصیل درس | مال مارک
 قرض بدهکار | سالگرد سالروز | کودک بچگی
نوروز عید تعطیلات | تدریس درس | حیوان جانور جاندار
"""
_TOLD_AS = {stem("خوردن"): "غذا", stem("سفر"): "رفتن", stem("ورزش"): "باشگاه دویدن شنا کوه پیاده‌روی"}
"""What is asked with the one word is told with others."""
_HEADS = (
    "گیری",
    "نوردی",
    "نورد",
    "گیر",
    "فروشی",
    "فروش",
    "سازی",
    "نویسی",
    "شناسی",
    "خوار",
    "پزشکی",
    "پزشک",
    "دوزی",
    "شویی",
)
_UNITS = (("کیلو", "weight"), ("تومان", "price"), ("تومن", "price"))
_YEARS_OLD = re.compile(rf"(.+?){ZWNJ}?سال(?:ه|گی|م|ش)(?:$|{ZWNJ}|م|ش|ا|س|ی)")
"""«پنجاه‌وشش‌ساله‌ام», «پنج‌ساله»."""
_AGAIN = ("یادته ", "می‌دانی ", "به تو گفته بودم ", "درباره‌ی ", "یادت هست ")
"""Openings of questions that ask what another one asks."""
_WHICH = ("چه", "کدام", "کدوم")
_OWN = re.compile(r"\b(?:من|منو|منم|مرا|ما|خودم|خودمون|برام|بهم|ازم|باهام|برامون|بهمون)\b")


@dataclass(frozen=True)
class Asked:
    """One question, understood."""

    owners: frozenset[str]
    """Stems of those it names that are not the user: kin, animals."""
    attributes: frozenset[str]
    """«=age», «=job»; «~…» for small talk."""
    kinds: frozenset[str]
    """What may answer it: «?where», «?when», …"""
    words: tuple[str, ...]
    """Stems of everything else, in order."""
    category: frozenset[str]
    """Of them: what follows «چه» or «کدام», the kind of thing that is asked for."""
    about_me: bool
    """Whether it asks the assistant about itself."""

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.words, *self.owners, *self.attributes)


@dataclass(frozen=True)
class Profile:
    """What a fact can be asked for."""

    owners: frozenset[str]
    """Stems of whom it is about; none where it is the user."""
    words: frozenset[str]
    """Of its statement and the questions it answers: stems, attributes, kinds."""
    said: frozenset[str]
    """Stems and attributes of the sentence in which it was told."""
    stated: frozenset[str]
    """Stems of its own statement."""
    subject: frozenset[str] = frozenset()
    """Stems of its subject, and of the name that it tells."""
    asked: tuple[str, ...] = ()
    """Stems of a taught question, with its small talk; nothing for what was stated."""


@lru_cache(maxsize=1)
def owners() -> frozenset[str]:
    """Stems of those whom a question may be about instead of the user."""
    named = (word for word in lexicon.KIN | lexicon.ANIMALS if content(word, quick=True) == [stem(word)])
    return frozenset(map(stem, named)) - {stem(word) for word in _TITLES.split()}


@lru_cache(maxsize=1)
def _made() -> frozenset[str]:
    """Stems of what has a maker."""
    return frozenset(
        stem(word) for word in lexicon.VEHICLES | {"گوشی", "لپ‌تاپ", "تلویزیون", "یخچال", "دوربین"}
    )


@lru_cache(maxsize=1)
def _animals() -> frozenset[str]:
    return frozenset(stem(word) for word in lexicon.ANIMALS)


@lru_cache(maxsize=4096)
def understand(question: str, quick: bool = False) -> Asked:
    """What `question` asks, from the user's side («شوهرم چند سالشه؟»); `quick` for many at once."""
    spaced = question_cues.spaced(question)
    attributes, rest = question_cues.attributes(spaced)
    kinds, rest = question_cues.answers(rest)
    kinds |= {one for one in attributes if one[0] == "?"}
    attributes = frozenset(one for one in attributes if one[0] != "?")
    stems = content(" ".join(rest.words), talk=True, quick=quick)
    found = frozenset(one for one in stems if one in owners())
    talk = frozenset(one for one in stems if one.startswith("~"))
    words = tuple(one for one in stems if one not in found and one not in talk)
    if "=like" in attributes or "=hate" in attributes:
        attributes -= {"=instrument"}
    category = frozenset(stem(word) for before, word in pairs(spaced.words) if before in _WHICH)
    return Asked(found, attributes | talk, kinds, words, category, _of_assistant(spaced.words))


def _of_assistant(words: Iterable[str]) -> bool:
    """Whether its verbs say «تو» and none of its words «من»."""
    persons = {form.person for word in words for form in readings(word)[:1]}
    joined = " ".join(words)
    return 2 in persons and not persons & {1, 4} and not _OWN.search(joined) and not _mine(words)


def _mine(words: Iterable[str]) -> bool:
    return any(
        len(word) > 3 and word.endswith(("م", "مون", "مان")) and word not in lexicon.WHOLE_M for word in words
    )


def profile(fact: Fact, quick: bool = False) -> Profile:
    """What `fact` can be asked for; its questions are the trained ones and those of a fitting frame.

    `quick` looks for no frame.
    """
    told = telling.told(fact)
    talk = fact.kind != "stated"
    if talk:
        asked = [understand(fact.attribute)]  # its views are the question in fixed phrases
    else:
        views = [view.messages[0].content for view in telling.trained(fact) if view.kind != "statement"]
        by_hand = () if quick else _by_hand(fact, told)
        questions = [one for one in (*views, *by_hand) if not one.startswith(_AGAIN)]
        asked = [understand(question, True) for question in dict.fromkeys(questions)]
    parts = [told, fact.attribute, "" if fact.subject == telling.USER else fact.subject, fact.value]
    stated = {one for part in parts for one in content(part, talk=talk)}
    words = stated | {one for each in asked for one in (*each.all, *each.kinds)}
    words |= {one.removesuffix(end) for one in stated for end in _HEADS if len(one) > len(end) + 1}
    if talk:
        mine = understand(fact.attribute)
        lesson = (*mine.words, *mine.owners, *mine.attributes)
        return Profile(frozenset(), frozenset(words), frozenset(), frozenset(stated), asked=lesson)
    for implied in _IMPLIED.get(fact.key.split("|")[0], ()):
        words.add(implied if implied[0] == "=" else stem(implied))
    named = frozenset(content(fact.subject)) & owners()
    places = kinds_named(fact.value) | kinds_of(told)
    if words & {"=job", "=work"} and "?where" in places | words:
        words |= {"=job", "=work"}
    words |= places - {"=name", "=job"}  # a name or a trade in a value is not yet whose
    if fact.key.startswith("چیستی|") and _made() & set(content(fact.subject)):
        words.add("=brand")
    if stem("تیم") in words:
        words.add("=like")
    if named & _animals():
        words.add(stem("حیوان"))
    subject = content(f"{fact.subject} {fact.value if fact.attribute == 'اسم' else ''}")
    return Profile(named, frozenset(words), told_of(fact.sentence), frozenset(stated), frozenset(subject))


@lru_cache(maxsize=4096)
def told_of(sentence: str) -> frozenset[str]:
    """Stems, attributes and kinds that a sentence of the user's shows."""
    spaced = question_cues.spaced(sentence)
    attributes, _ = question_cues.attributes(spaced)
    found = frozenset(content(sentence, quick=True)) | attributes | kinds_of(sentence)
    return found | ({"=name"} if _TITLED.search(spaced.plain) else frozenset())


def kinds_of(text: str) -> frozenset[str]:
    """What kinds of answers a statement holds: a place, a time, a number, a trade …"""
    words = question_cues.spaced(text).words
    found = {"?number"} if any(is_number(word) or is_ordinal(word) for word in words) else set()
    if set(content(text, quick=True)) & _TIMES:
        found.add("?when")
    ages = [match[1] for word in words if (match := _YEARS_OLD.match(word))]
    ages += [
        before
        for before, word, after in zip(words, words[1:], (*words[2:], ""), strict=False)
        if word.startswith("ساله") and after != "که"
    ]
    if any(is_number(one) for one in ages):
        found |= {"?number", "=age"}
    found |= {f"={name}" for word, name in _UNITS if any(each.startswith(word) for each in words)}
    return kinds_named(text) | found


def _by_hand(fact: Fact, told: str) -> tuple[str, ...]:
    if fact.kind != "stated":
        return ()
    try:
        found = of_fact(fact, told)
    except Exception as error:
        telling.stumbled("finding a frame", error)
        return ()
    return found.asked if found else ()


def pairs(stems: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Each stem with the next one."""
    return frozenset(pairwise(stems))


@lru_cache(maxsize=4096)
def alike(one: str) -> frozenset[str]:
    """Stems that may stand for `one` in what was told: another word for it, or what it is made of."""
    found = {other for group in _groups() if one in group for other in group}
    found |= {
        one.removesuffix(ending) for ending in _HEADS if one.endswith(ending) and len(one) > len(ending) + 1
    }
    found |= {stem(word) for word in _TOLD_AS.get(one, "").split()}
    return frozenset(found - {one}) | wider().get(one, frozenset())


@lru_cache(maxsize=1)
def _groups() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(stem(word) for word in group.split()) for group in re.split(r"[|\n]", _ALIKE))


@lru_cache(maxsize=1)
def wider() -> dict[str, frozenset[str]]:
    """Stems of narrower words for whom a question names: «فرزند» may be «پسر»."""
    return {stem(one): frozenset(stem(word) for word in others.split()) for one, others in _WIDER.items()}
