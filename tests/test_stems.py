"""Words as they are searched for: what is one word, what is another, and what is two."""

from __future__ import annotations

import pytest

from persian_assistant.facts.stems import content, stem


@pytest.mark.parametrize(
    "words",
    [
        "قناری قناریم قناری‌ام قناری‌هایم", "گوشی گوشیم گوشی‌ام موبایل موبایلش", "درست درستش",
        "کارت کارتم کارت‌ها",
        "شهریه شهریه‌ی شهریه‌م", "گربه گربه‌مون پیشی پیشیم", "خانم خانوم خانومه", "همسرم خانمم شوهرم",
        "آقا آقای اقای", "شغل شغلم کارم حرفه", "نشونی آدرس نشونیمون", "خاله خالم خاله‌ام", "سرمایه سرمایه‌ی",
        "دایی داییم دایی‌ام", "دعوا دعوامون", "سه‌شنبه سه‌شنبه‌ها",
    ],
)  # fmt: skip
def test_one_word_in_all_its_forms(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@pytest.mark.parametrize(
    "pair",
    [
        "خانم خون", "درست درس", "شهریه شهر", "کارت کار", "کاراته کار", "کارتون کار", "گوش گوشی", "خالی خاله",
        "پیشم گربه", "نشونم آدرس", "ماما مامان", "بار آوردن", "قدیم قد", "سرما سرم", "سرمایه سرما",
        "وانت وان",
        "مهریه مهر", "صورتی صورت", "دعوت دعوا", "قهرمان قهر", "پرونده پراندن", "مالیات مال", "سه‌شنبه سه",
        "اقامت آقا", "سبزی سبز",
    ],
)  # fmt: skip
def test_two_words_however_alike(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("joined", "apart"),
    [
        ("چشم‌پزشکم", "چشم پزشکم"), ("بیست‌ودو سال", "بیست و دو سال"), ("سه‌شنبه‌ها", "سه شنبه ها"),
        ("آب‌مروارید", "آب مروارید"), ("دست‌پختش", "دست پختش"), ("پشت‌بوم", "پشت بوم"),
        ("ماه‌عسلمون", "ماه عسلمون"),
    ],
)  # fmt: skip
def test_a_compound_is_its_words(joined: str, apart: str) -> None:
    assert content(joined, quick=True) == content(apart, quick=True) and len(content(joined)) >= 1


def test_an_ending_behind_a_half_space_is_no_word() -> None:
    assert content("کتاب‌هایم را گم کرده‌ام", quick=True) == ["کتاب", "گم"]
    assert content("دایی‌ام و خونه‌مون", quick=True) == ["دایی", "خونه"]
    assert content("بیا پیشم، بابت دیروز", quick=True) == content("بیا، دیروز", quick=True)
