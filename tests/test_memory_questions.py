"""Questions near what is known: the right line for the right question, and none for what was never told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from memory_parts import assert_first_line_holds, store_of

from persian_assistant.facts.memory import Memory
from persian_assistant.facts.question import understand
from persian_assistant.facts.question_index import FactIndex
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.untold import untold_views

TOLD = (
    "شوهرم اسمش بهروزه، آدم آرومیه.",
    "ما یه گربه‌ی تپل داریم به اسم پشمک.",
    "عمویم نجار است و در کاشمر یک کارگاه کوچک دارد.",
    "پدربزرگم نود و یک سالشه.",
    "هشت سال پیش موتورم رو از بازار خریدم",
    "رنگ محبوب من فیروزه‌ای است.",
    "من سه ساله سنتور می‌زنم",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FactStore:
    store = store_of(tmp_path_factory.mktemp("p"), TOLD)
    store.teach("پایتخت مغولستان کجاست؟", "پایتخت مغولستان شهر اولان‌باتور است.")
    store.teach("چای دارچین را چند دقیقه دم کنم؟", "چای دارچین باید دوازده دقیقه دم بکشد.")
    return store


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("نام همسر من چیست؟", "بهروز"),
        ("گربه‌مون اسمش چی بود؟", "پشمک"),
        ("عموم چیکاره‌ست؟", "نجار"),
        ("کارگاه عموم کجاست؟", "کاشمر"),
        ("بابابزرگم چند سالشه؟", "نود و یک"),
        ("از چه رنگی خوشم میاد؟", "فیروزه‌ای"),
        ("چه سازی می‌نوازم؟", "سنتور"),
        ("کدام شهر پایتخت مغولستان است؟", "اولان‌باتور"),
    ],
)
def test_the_first_line_answers(store: FactStore, question: str, value: str) -> None:
    assert_first_line_holds(store, question, value)


@pytest.mark.parametrize(
    "question",
    [
        *("شوهرم چند سالشه؟", "بهروز کجا کار می‌کند؟", "گربه‌مون چند سالشه؟", "اسم گربه‌ی همسایه چیه؟"),
        *("دایی‌ام چه شغلی دارد؟", "اسم پدربزرگم چیست؟", "مادربزرگم چند سالشه؟"),
        *("پلاک موتورم چنده؟", "رنگ محبوب بهروز چیه؟", "بهروز چه سازی می‌زنه؟", "فیلم محبوبم چیه؟"),
        *("پایتخت قزاقستان کدام شهر است؟", "چای سبز را چند دقیقه دم کنم؟", "چیکار می‌کنی؟", "شب بخیر"),
    ],
)
def test_what_is_near_but_was_never_told_recalls_nothing(store: FactStore, question: str) -> None:
    assert Memory(store).recall(question) == []


def test_a_question_is_taken_apart() -> None:
    asked = understand("شوهرم به چه غذایی حساسیت داره؟")
    assert asked.owners == {"همسر"} and asked.attributes == {"=allergy"} and asked.words == ("غذا",)
    assert understand("پلاک خونه‌مون چنده؟").kinds == {"?number"}
    assert "=name" not in understand("کی سروصدا می‌کنه؟").attributes
    assert understand("چیکار می‌کنی؟").about_me and not understand("منو چی صدا می‌کنی؟").about_me


def test_untold_questions_are_near_what_is_known_and_no_fact_answers_them(store: FactStore) -> None:
    facts = store.live()
    asked = [view.messages[0].content for view in untold_views(facts, 120, random.Random(5))]
    known = FactIndex()
    for fact in facts:
        known.add(fact)
    known.settle(len(facts))
    assert len(asked) == 120
    assert not [question for question in asked if known.answering(known.understood(question))]
    words = {one for fact in facts for one in known._profiles[fact.id].words}
    near = [q for q in asked if {*understand(q).all} & words]
    assert len(near) >= len(asked) / 2


def test_a_fact_dropped_takes_its_names_along(store: FactStore, tmp_path: Path) -> None:
    known = FactIndex()
    for fact in store.live():
        known.add(fact)
    assert "بهروز" in known.understood("بهروز کیه؟").owners
    for fact in store.live():
        known.drop(fact.id)
    assert known.answering(known.understood("بهروز کیه؟")) == [] and not known._people
