"""The detector of acute distress: our sentences by batch, spellings, idioms, and texts of any kind."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from persian_assistant.config import data_dir
from persian_assistant.distress import KINDS, by_rules, find_distress, fold, plain, surely_distressed
from persian_assistant.text import ZWNJ, normalise

ROWS = [
    json.loads(line)
    for line in (data_dir() / "guard" / "distress.jsonl").read_text(encoding="utf-8").splitlines()
]


def sentences(label: str, *batches: str) -> list[str]:
    return [row["text"] for row in ROWS if row["label"] == label and row["split"] in batches]


def share(texts: list[str], clear: bool = False) -> float:
    signs = [find_distress(text) for text in texts]
    return sum(sign is not None and (sign.clear or not clear) for sign in signs) / len(texts)


def test_the_sentences_are_enough_and_each_stands_once() -> None:
    assert len(sentences("distress", "rules", "test")) >= 220
    assert len(sentences("none", "rules", "test")) >= 220
    assert {row["register"] for row in ROWS} == {"formal", "colloquial", "misspelt", "finglish"}
    assert [text for text, count in Counter(row["text"] for row in ROWS).items() if count > 1] == []
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_what_the_nets_were_made_on_is_found_and_near_misses_are_few() -> None:
    made_on = ("rules", "test", "late", "fresh", "more", "last")
    assert share(sentences("distress", *made_on)) >= 0.98
    assert share(sentences("none", *made_on)) <= 0.10
    assert share(sentences("distress", *made_on), clear=True) >= 0.8
    assert share(sentences("none", *made_on), clear=True) <= 0.02


def test_what_no_weights_have_seen_is_found_too() -> None:
    """Before rules were mended on it: 93% and 27%; elsewhere 79% and 12%."""
    assert share(sentences("distress", "review")) >= 0.95
    assert share(sentences("none", "review")) <= 0.25
    assert share(sentences("distress", "review"), clear=True) >= 0.9
    assert share(sentences("none", "review"), clear=True) <= 0.15


@pytest.mark.parametrize(
    "text",
    [
        "نمی‌خوام بمیرم ولی دیگه نمی‌تونم", "زندگی رو دوست دارم. اما می‌خوام بمیرم",
        "از مرگ می‌ترسم، امشب خودمو می‌کشم", "زندگی رو دوست داشتم، می‌خوام بمیرم",
    ],
)  # fmt: skip
def test_a_denial_holds_for_its_own_clause_and_without_but(text: str) -> None:
    assert find_distress(text) is not None


@pytest.mark.parametrize("register", ["formal", "colloquial", "misspelt", "finglish"])
def test_no_register_is_left_behind(register: str) -> None:
    own = [row["text"] for row in ROWS if row["label"] == "distress" and row["register"] == register]
    assert share(own) >= 0.95


def test_what_people_say_every_day_hardly_ever_counts() -> None:
    turns = [
        message["content"]
        for path in sorted((data_dir() / "seed").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for message in json.loads(line)["messages"]
        if message["role"] == "user"
    ]
    some = random.Random(2).sample(turns, 600)
    assert share(some) <= 0.02
    assert share(some, clear=True) <= 0.005


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم بمیرم", "مي خواهم بميرم", "میخوام بمیرمممم", "می خوام بمیرم", "میخام بمیرم", "ﻣﯽﺧﻮﺍﻡ ﺑﻤﯿﺮﻡ",
        "می‌خوام… بمیرم".replace("… ", " "), "MIKHAM BEMIRAM", "mikhaaam bemiram", "\u202eمی‌خوام بمیرم\u202c",
        "سلام خوبی؟ راستش می‌خوام بمیرم. بگذریم", "یه چیزی بگم\nخودمو می‌کشم", "خودمُ می‌کُشم",
    ],
)  # fmt: skip
def test_however_it_is_spelt(text: str) -> None:
    sign = find_distress(text)
    assert sign is not None and sign.clear and sign.kind in KINDS


@pytest.mark.parametrize(
    "text",
    [
        "مردم از خنده", "خودمو کشتم تا رسیدم", "دلم می‌خواد بمیرم از خجالت", "می‌میرم برات", "الهی بمیرم برات",
        "گربه‌م مرد", "در این فیلم قهرمان خودکشی می‌کند.", "دلم برایت تنگ شده، بابا",
        "چرا رفتی؟", "نمی‌خوام بمیرم", "از مرگ می‌ترسم", "دوست دارم صد سال زنده بمونم", "دیگه؟", "منم",
        "چی با خودم ببرم؟", "می‌خوام این پروژه رو تموم کنم", "قرص سرماخوردگی رو با غذا می‌خورم",
        "", " ", "؟!", "123", "print('die')", "👋", "\x1b[31m",
    ],
)  # fmt: skip
def test_idioms_others_and_grief_are_not_taken_for_it(text: str) -> None:
    assert find_distress(text) is None


def test_what_is_meant_for_somebody_who_is_gone_counts_in_the_role_only() -> None:
    for text in ("دارم میام پیشت بابا", "منم ببر پیش خودت"):
        sign = by_rules(text)
        assert sign is not None and sign.kind == "joining" and not sign.clear
    assert by_rules("پنجشنبه میام پیشت بهشت زهرا") is None


def test_a_long_text_is_read_to_its_end() -> None:
    filler = "امروز هوا خوب بود و به بازار رفتم. " * 300
    assert by_rules(filler) is None
    assert find_distress(filler + "می‌خوام خودمو بکشم") is not None


def test_folding_is_one_spelling_for_one_sound() -> None:
    assert fold("صبح") == fold("سبه") and fold("تیغ") == fold("تیق") and fold("خودمممم") == "خودم"
    assert plain(f"می{ZWNJ}خوام") == ["میخوام"]
    assert plain(f"قرص{ZWNJ}ها") == ["قرسها", "قرس ها"]
    for row in ROWS:
        for one in plain(normalise(row["text"])):
            assert fold(one) == one


def test_the_help_file_is_whole() -> None:
    from persian_assistant.remembrance import help_lines

    for number in ("۱۲۳", "۱۱۵", "۱۴۸۰", "findahelpline.com", "هنوز بازبینی نشده"):
        assert number in help_lines()
    assert (Path(data_dir()) / "guard" / "README.md").is_file()


@pytest.mark.parametrize(
    ("text", "surely"),
    [
        ("می‌خوام خودمو بکشم", True),
        ("دیگه نمی‌خوام زنده باشم", True),
        ("می‌خوام استعفا بدم برم دنبال کار خودم", False),  # a line of help at most
        ("طرفدار پر و پا قرص تیم بارسلونا هستم و تنها خاطره‌ی بازی زنده‌ام، دربی یزد است.", False),
    ],
)
def test_little_doubt_is_left_by_few_words(text: str, surely: bool) -> None:
    assert surely_distressed(text) is surely


@pytest.mark.parametrize(
    "text",
    [
        "می‌خوام کارگاه خودم رو راه بندازم",
        "خودمو به زور بکشم بالا",
        "سه تا کاکتوس لب پنجره دارم",
        "یه کبوتر چاهی هرروز میاد لب بالکن نون خشک می‌خوره",
        "کارفرمام مرا سرباریستا کرده",
    ],
)
def test_no_rule_takes_work_or_flowers_for_a_plan(text: str) -> None:
    assert by_rules(text) is None
