"""Questions that share hardly a word with what was told: found by what words mean, or not at all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from memory_parts import assert_first_line_holds, store_of

from persian_assistant.facts import changes, passages, question_meaning, question_near
from persian_assistant.facts.meaning import WordVectors, word_vectors
from persian_assistant.facts.memory import Memory
from persian_assistant.facts.question_index import FactIndex
from persian_assistant.facts.question_meaning import MeaningIndex
from persian_assistant.facts.stems import stem
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.untold import untold_views
from persian_assistant.journal import Journal

TOLD = (
    "با کاوه رفتیم لب دریا، شب کنار ساحل ماهی کباب کردیم",
    "خاله‌ام تا پارسال خلبان بود ولی دیگه پرواز نمی‌کنه",
    "کولر اتاق خوابمون از دیشب باد گرم می‌زنه",
    "رمان تازه‌م رو دادم ناشر، گفته پاییز چاپش می‌کنه",
    "برادرم تو مسابقه‌ی شطرنج نفر دوم شد",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FactStore:
    return store_of(tmp_path_factory.mktemp("p"), TOLD)


def test_the_vectors_know_what_stands_in_the_same_company() -> None:
    vectors = word_vectors()
    near, far = (vectors.nearness(stem("پزشک"), stem(other)) for other in ("بیمارستان", "قطار"))
    assert vectors.known and near > 0.25 > far
    assert vectors.nearest("پزشک", {stem("بیمارستان"), stem("قطار")}) == pytest.approx(near)


def test_all_texts_are_ranked_as_one_by_one_and_dropped_ones_are_gone() -> None:
    texts = {one: [stem(word) for word in text.split()] for one, text in enumerate(TOLD)}
    texts[len(TOLD)] = ["ناشناخته‌ای", stem("کتاب")]
    index: MeaningIndex[int] = MeaningIndex()
    for key, words in texts.items():
        index.add(key, words)
    asked = [stem("کتاب"), stem("نویسنده"), "ناشناخته‌ای"]
    for _ in range(2):
        alone = {key: word_vectors().covered(asked, words) for key, words in texts.items()}
        found = index.best(asked, 10)
        assert dict(found) == pytest.approx({key: share for key, share in alone.items() if share})
        assert found[0][1] == pytest.approx(max(alone.values()))
        gone = found[0][0]
        texts.pop(gone)
        index.drop(gone)
    assert MeaningIndex[int]().best(asked, 3) == []


@pytest.mark.parametrize(
    ("question", "value"),
    [
        *(("کتابم کی منتشر میشه؟", "پاییز"), ("برادرم تو چه بازی فکری‌ای مقام آورد؟", "شطرنج")),
        *(("با کی رفتم شمال؟", "کاوه"), ("شام کنار آب چی خوردیم؟", "کباب"), ("چرا تو خونه گرممونه؟", "کولر")),
    ],
)
def test_words_that_mean_something_like_it_find_what_was_told(
    store: FactStore, question: str, value: str
) -> None:
    assert_first_line_holds(store, question, value)


@pytest.mark.parametrize(
    "question",
    [
        *("خواهرم تو مسابقات چندم شد؟", "مهرداد خلبانه؟", "عمه‌م چه شغلی داشت؟", "خاله‌م چند سالشه؟"),
        *("سلام خوبی؟", "مرسی عزیزم", "چه خبر؟", "هوا چه خوبه"),
    ],
)
def test_another_owner_or_kind_and_small_talk_find_nothing(store: FactStore, question: str) -> None:
    assert Memory(store).recall(question) == []


def test_without_their_file_memory_works_by_words(
    store: FactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = WordVectors(tmp_path / "none.safetensors")
    assert not none.known and none.nearest("ناشر", {"کتاب"}) == 0.0 and none.covered(["ناشر"], {"ناشر"}) == 1
    passages.passage.cache_clear()
    with monkeypatch.context() as patched:
        for module in (question_near, passages, question_meaning, changes):
            patched.setattr(module, "word_vectors", lambda: none)
        found = Memory(store).recall("رمانم رو دادم به کی؟")
    passages.passage.cache_clear()
    assert "ناشر" in found[0]


def test_a_turn_with_a_fact_that_holds_no_more_is_not_told(tmp_path: Path) -> None:
    store = FactStore(Journal.open(tmp_path / "p" / "journal.jsonl"))
    store.observe(store.journal.append_user(TOLD[2]))
    memory = Memory(store)
    assert any("کولر" in one for one in memory.recall("چرا تو خونه گرممونه؟"))
    store.forget(list(store.live()), [])
    assert memory.recall("چرا تو خونه گرممونه؟") == []


def test_no_untold_thing_is_asked_that_comes_near_a_fact(store: FactStore) -> None:
    known = FactIndex()
    for fact in store.live():
        known.add(fact)
    known.settle(100)
    asked = [view.messages[0].content for view in untold_views(list(store.live()), 40, random.Random(2))]
    assert len(asked) >= 20
    for question in asked:
        assert not known.near(question_near.wanted(question, known.understood(question))), question


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("قهوه ضرر داره؟", False),
        ("بهترین زمان سفر به شیراز کیه؟", False),
        ("چرا قهوه نمی‌خورم؟", True),
        ("سفر شیراز با کی بود؟", True),
    ],
)
def test_a_question_about_the_world_brings_up_nothing_told(
    tmp_path: Path, question: str, found: bool
) -> None:
    told = [
        "قهوه نمی‌تونم بخورم قلبم می‌زنه، سر شیفت فقط چای دارچین",
        "پارسال با بچه‌های دانشگاه رفتیم سفر شیراز، خیلی چسبید",
    ]
    assert bool(Memory(store_of(tmp_path, told)).recall(question)) is found
