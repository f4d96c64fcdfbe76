"""A turn that says how it is now is told in place of the one it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_parts import store_of

from persian_assistant.facts.memory import Memory

OTHERS = ("دیشب با مینا رفتیم پارک", "عموم تو اهواز مغازه داره", "هر صبح نون سنگک می‌خرم")


@pytest.mark.parametrize(
    ("earlier", "later", "question", "first"),
    [
        ("جمعه‌ها پیلاتس می‌رم", "پیلاتسو ول کردم، از این هفته می‌رم زومبا", "چه ورزشی می‌کنم؟", "زومبا"),
        ("ماشینم پژو ۲۰۶ است", "۲۰۶ رو فروختم، یه تارا خریدم", "ماشینم چیه؟", "تارا"),
        ("کلاس زبانم دوشنبه‌هاست", "کلاس زبانم افتاد پنجشنبه‌ها", "کلاس زبانم چه روزیه؟", "پنجشنبه"),
        ("ماشینم یه پژو ۲۰۷ خاکستریه", "ماشینمو عوض کردم، الان دنا دارم", "ماشینم چیه؟", "دنا"),
        ("گوشیم سامسونگه", "گوشیمو عوض کردم، آیفون گرفتم", "گوشی من چیست؟", "آیفون"),
        ("رئیسم آقای مرادیه", "مرادی رفت، حالا رئیسمون خانم شکیباست", "رئیسم کیه؟", "شکیبا"),
        # though rules read what it was
        ("مدل ماشینم پرایده", "ماشینمو عوض کردم، الان دنا دارم", "ماشینم چیه؟", "دنا"),
        ("شغلم معلمیه", "معلمی رو ول کردم، الان عکاسم", "شغلم چیه؟", "عکاس"),
        (
            "نوبت دندان‌پزشکی‌ام دوشنبه است",
            "نوبتم عقب افتاد، شد چهارشنبه",
            "نوبت دندان‌پزشکی‌ام کیه؟",
            "چهارشنبه",
        ),
        ("حقوقم بیست میلیونه", "حقوقم زیاد شد، شده سی میلیون", "حقوقم چنده؟", "سی"),
        # what holds beside it ends nothing
        ("تولدم بیست و سوم آذره", "دخترم ملیکا امسال رفت کلاس سوم", "تولدم کِیه؟", "آذر"),
        ("اسم گربه‌ام ماهیه", "اسم سگم رکسه", "اسم گربه‌م چیه؟", "ماهی"),
        ("اسم سگم رکسه", "اسم گربه‌ام ماهیه", "اسم سگم چیه؟", "رکس"),
        ("غذای مورد علاقه‌ام املته", "ماشینمو عوض کردم، الان دنا دارم", "غذای مورد علاقه‌م چیه؟", "املت"),
        ("دکتر قلبم رضاییه", "دکتر چشمم عوض شد، حالا پیش نوری می‌رم", "دکتر قلبم کیه؟", "رضایی"),
        ("خواهرم پرستاره", "برادرم هم تازه پرستار شده", "خواهرم چیکاره‌ست؟", "خواهرت"),
        ("کلاس نقاشیم شنبه‌هاست", "شنبه‌ها بعدش می‌رم خونه‌ی مامانم", "کلاس نقاشیم چه روزیه؟", "نقاشی"),
    ],
)
def test_what_a_later_word_ends_is_not_told_any_more(
    tmp_path: Path, earlier: str, later: str, question: str, first: str
) -> None:
    told = [OTHERS[0], earlier, *OTHERS[1:], later]
    assert first in Memory(store_of(tmp_path, told)).recall(question)[0]


TOLD = [
    "پسرم کامران که از خواهرش سه سال کوچک‌تر است، فعلاً در اراک زندگی می‌کند و آن‌جا جوشکار است.",
    "خواهرزاده‌ام در اراک درس می‌خواند.",
    "کامران هفتهٔ پیش بار و بنه‌اش را جمع کرد و به اصفهان رفت و دیگر در اراک نیست.",
    "رعنا دیگر در شیراز نیست.",
]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("کامران الان کجا زندگی می‌کنه؟", "به اصفهان رفت"),
        ("کامران قبلاً کجا زندگی می‌کرد؟", "فعلاً در اراک"),
    ],
)
def test_the_newer_turn_comes_first(tmp_path: Path, question: str, first: str) -> None:
    assert first in Memory(store_of(tmp_path, TOLD)).recall(question)[0]


def test_a_turn_that_comes_before_changes_nothing(tmp_path: Path) -> None:
    told = [TOLD[2], TOLD[0]]
    assert "فعلاً در اراک" in Memory(store_of(tmp_path, told)).recall("کامران الان کجا زندگی می‌کنه؟")[0]


def test_a_place_that_no_list_knows_is_one_all_the_same(tmp_path: Path) -> None:
    told = [
        "داداشم سینا رفته آلمان، تو مونیخ مهندسی برق می‌خونه",
        "سینا دیگه مونیخ نیست، رفته پاساو دکترا بخونه",
    ]
    assert "پاساو" in Memory(store_of(tmp_path, told)).recall("سینا الان کدوم شهره؟")[0]


def test_what_was_ended_is_not_told_beside_it(tmp_path: Path) -> None:
    told = ["ماشینم پرایده", *OTHERS, "ماشینمو عوض کردم، الان دنا دارم"]
    memory = Memory(store_of(tmp_path, told))
    assert not any("پراید" in line for line in memory.recall("ماشینم چیه؟"))
    for question in ("ماشینم قبلاً چی بود؟", "ماشین قبلیم چی بود؟"):
        (line,) = memory.recall(question)
        assert "پراید" in line
