"""Endings, persons and registers of Persian words."""

from __future__ import annotations

import pytest

from persian_assistant.facts import morphology, verbs
from persian_assistant.facts.times import time_at
from persian_assistant.facts.words import split_owner, tokens


@pytest.mark.parametrize(
    ("word", "formal", "spoken"),
    [
        ("قناری", "قناری‌ام", "قناریم"),
        ("خانه", "خانه‌ام", "خانه‌م"),
        ("پا", "پایم", "پام"),
        ("عمو", "عمویم", "عموم"),
        ("کتاب", "کتابم", "کتابم"),
        ("ماه", "ماهم", "ماهم"),
        ("گاو", "گاوم", "گاوم"),
        ("خواهر بزرگ", "خواهر بزرگم", "خواهر بزرگم"),
        ("عروسی", "عروسی‌ام", "عروسیم"),
        ("کلاه", "کلاهم", "کلاهم"),
    ],
)
def test_my(word: str, formal: str, spoken: str) -> None:
    assert morphology.attach(word, "my") == formal
    assert morphology.attach(word, "my", colloquial=True) == spoken


@pytest.mark.parametrize(
    ("word", "spoken"),
    [
        ("نغمه", "نغمه‌ست"),
        ("آواز", "آوازه"),
        ("علی", "علیه"),
        ("دانا", "داناست"),
        ("دانشجو", "دانشجوست"),
        ("سیاه", "سیاهه"),
    ],
)
def test_the_copula(word: str, spoken: str) -> None:
    assert morphology.attach(word, "is") == f"{word} است"
    assert morphology.attach(word, "is", colloquial=True) == spoken


@pytest.mark.parametrize(
    ("word", "indefinite"), [("کتاب", "کتابی"), ("خانه", "خانه‌ای"), ("قناری", "قناری‌ای"), ("دانا", "دانایی")]
)
def test_the_indefinite(word: str, indefinite: str) -> None:
    assert morphology.attach(word, "indef") == indefinite


@pytest.mark.parametrize(
    ("mine", "yours"),
    [
        ("من دیروز با خواهرم به بازار رفتم", "تو دیروز با خواهرت به بازار رفتی"),
        ("فردا می‌روم پیش دایی‌ام", "فردا می‌روی پیش دایی‌ات"),
        ("کتابم را گم کرده‌ام", "کتابت را گم کرده‌ای"),
        ("خودمم شصت تومن به حسن بدهکارم", "خودتم شصت تومن به حسن بدهکاری"),
        ("مادرمم بردیم، موهامم بتراشم", "مادرتم بردید، موهاتم بتراشی"),
        ("هنوزم تموم نشده، اسمشم نمی‌دونم", "هنوزم تموم نشده، اسمشم نمی‌دونی"),
        ("شماره‌ی عینکم یک‌ونیمه", "شماره‌ی عینکت یک‌ونیمه"),
        ("پنجاه تومنم از مامانم گرفتم", "پنجاه تومنم از مامانت گرفتی"),
        ("عقدشونم نیمه‌ی شعبونه", "عقدشونم نیمه‌ی شعبونه"),
        ("خسته‌ام از کار", "خسته‌ای از کار"),
        ("عاشقشم ولی از زعفرونی بدم میاد", "عاشقشی ولی از زعفرونی بدت میاد"),
        ("باید پولو به رامین بدم", "باید پولو به رامین بدی"),
        ("مادرم، فخری‌خانم، در پارک مردم نشسته", "مادرت، فخری‌خانم، در پارک مردم نشسته"),
        ("قصه‌ی رستم را می‌گفتم", "قصه‌ی رستم را می‌گفتی"),
        ("دبیر فیزیکم، آقای تاج‌میری، سخت‌گیر است", "دبیر فیزیکت، آقای تاج‌میری، سخت‌گیر است"),
        ("منم ازش طلبکارم هنوز", "تو هم ازش طلبکاری هنوز"),
        ("چشمم ضعیفه، کفشم پاره شد، خانمم معلمه", "چشمت ضعیفه، کفشت پاره شد، خانمت معلمه"),
        ("پرستارم", "پرستاری"),
        ("خودم نامه‌ام را نوشتم و برام جواب آمد", "خودت نامه‌ات را نوشتی و برات جواب آمد"),
        ("فیلم را دوست دارم", "فیلم را دوست داری"),
        ("مریم را نمی‌شناسم", "مریم را نمی‌شناسی"),
        ("حاج‌کریم قصاب محله است", "حاج‌کریم قصاب محله است"),
        ("موهامو کوتاه کردم، بعدشم شرابی کردم", "موهاتو کوتاه کردی، بعدشم شرابی کردی"),
        ("دیشبم نخوابیدم", "دیشبم نخوابیدی"),
        ("ما پنج نفریم", "شما پنج نفرید"),
    ],
)
def test_second_person(mine: str, yours: str) -> None:
    assert morphology.second_person(mine) == yours


@pytest.mark.parametrize(
    "text", ["من می‌روم و خواهرم را می‌بینم", "کتابم را به خودم هدیه دادم", "برادرم را دیدم"]
)
def test_first_person_is_the_inverse(text: str) -> None:
    assert morphology.first_person(morphology.second_person(text)) == text


def test_words_that_only_look_like_mine_stay() -> None:
    assert (
        morphology.second_person("معلم و مترجم، فیلم و قلم، مریم و بهرام")
        == "معلم و مترجم، فیلم و قلم، مریم و بهرام"
    )


@pytest.mark.parametrize(
    ("formal", "spoken"),
    [
        ("فردا به خانه می‌روم", "فردا به خونه می‌رم"),
        ("کتاب را می‌خوانم", "کتاب رو می‌خونم"),
        ("او را می‌شناسد", "او رو می‌شناسه"),
    ],
)
def test_registers(formal: str, spoken: str) -> None:
    assert morphology.colloquial(formal) == spoken
    assert morphology.formal(spoken) == formal


@pytest.mark.parametrize(
    ("form", "verb", "tense", "person", "negative"),
    [
        ("برنمی‌گردم", "برگشتن", "present", 1, True),
        ("میخوام", "خواستن", "present", 1, False),
        ("اومدن", "آمدن", "past", 6, False),
        ("نیفتاد", "افتادن", "past", 3, True),
        ("گذاشته‌ایم", "گذاشتن", "perfect", 4, False),
        ("بیاد", "آمدن", "subjunctive", 3, False),
        ("می‌دونستن", "دانستن", "imperfect", 6, False),
    ],
)
def test_finite_forms(form: str, verb: str, tense: str, person: int, negative: bool) -> None:
    assert any(found[:4] == (verb, tense, person, negative) for found in verbs.readings(form))


def test_every_verb_can_be_read_back() -> None:
    for verb in verbs.VERBS:
        for tense in ("present", "past"):
            form = verbs.conjugate(verb, tense, 1)
            assert any(found.verb == verb and found.tense == tense for found in verbs.readings(form)), form


@pytest.mark.parametrize(
    ("token", "stem", "owner"),
    [
        ("گوشیمو", "گوشیمو", 0),
        ("گوشیم", "گوشی", 1),
        ("دوچرخم", "دوچرخه", 1),
        ("خونمون", "خانه", 4),
        ("سیستم", "سیستم", 0),
        ("پنجم", "پنجم", 0),
    ],
)
def test_owners(token: str, stem: str, owner: int) -> None:
    assert split_owner(token)[:2] == (stem, owner)


def test_half_spaces_and_objects_are_mended() -> None:
    assert tokens("گوشیمو گم کردم، خونه ام دوره، می رم") == [
        "گوشیم",
        "را",
        "گم",
        "کردم",
        "،",
        "خونه‌ام",
        "دوره",
        "،",
        "می‌رم",
    ]
    assert "روی" in tokens("کتابم را گذاشتم رو میز") and "را" in tokens("علی رو دیدم")


@pytest.mark.parametrize(
    ("text", "length", "kind"),
    [
        ("ساعت هفت و ربع عصر رفتم", 5, "hour"),
        ("بیست و هشتم مرداد ۱۳۷۲", 5, "date"),
        ("سه‌شنبه‌ها", 1, "day"),
        ("چهار ماه پیش", 3, "when"),
        ("ماهی دو بار", 3, "frequency"),
        ("هر پنجشنبه شب", 3, "frequency"),
        ("کتاب", 0, ""),
    ],
)
def test_times(text: str, length: int, kind: str) -> None:
    assert time_at(text.split(), 0) == (length, kind)


@pytest.mark.parametrize("word", ["کارتون", "پایتون", "زیتون", "قهرمان"])
def test_words_that_only_look_owned_stay_whole(word: str) -> None:
    assert morphology.formal(f"{word} را دوست دارم").startswith(word)
    assert morphology.second_person(word) == word
