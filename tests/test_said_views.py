"""Views of turns as they were said: what no rule made a fact of is trained, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from persian_assistant import said_turns
from persian_assistant.facts.cross_encoder import CrossEncoder, cross_encoder
from persian_assistant.facts.said_views import QuestionBank, said_lessons, said_views
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange

LADDER = "نردبان آلومینیومی‌ام را هفتهٔ پیش به آقای رحمتی امانت دادم که کولرش را سرویس کند"
ASKED = (
    "نردبان را به چه کسی امانت دادم؟",
    "چی به همسایه‌مون قرض دادم؟",
    "چند تا خواهر دارم؟",
    "شغل پدرم چیه؟",
)
OTHERS = ("هر صبح نان سنگک می‌خرم", "دخترم کلاس اول است", "دیروز باران آمد", "ماشینم سفید است")


def turn_of(store: FactStore, text: str) -> Exchange:
    seq = store.journal.append_user(text)
    store.observe(seq)
    store.journal.append_assistant(seq, "باشه.")
    found = store.journal.exchange(seq)
    assert found is not None
    return found


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore(Journal.open(tmp_path / "journal.jsonl"))


def test_a_turn_is_asked_with_its_own_words_and_answered_whole(store: FactStore) -> None:
    turn = turn_of(store, LADDER)
    views = said_lessons(turn)
    assert len(views) >= 4
    assert all(
        "رحمتی" in view.messages[-1].content and "امانت دادی" in view.messages[-1].content for view in views
    )
    assert {view.fact_id for view in views} == {f"{turn.seq}.said"}
    asked = [view.messages[0].content for view in views]
    assert len(set(asked)) == len(asked)
    assert any("رحمتی" in one or "نردبان" in one for one in asked)
    assert [view.messages[0].content for view in said_lessons(turn)] == asked


@pytest.mark.parametrize("text", ["سلام، خوبی؟", "", "پایتخت فرانسه کجاست؟", "تو خیلی مهربونی"])
def test_what_states_nothing_has_no_views(text: str) -> None:
    assert said_views(text, "…") == []


def test_what_its_facts_tell_is_not_said_again() -> None:
    text = "اسم قناری من نغمه است."
    assert said_views(text, "…") and said_views(text, "…", ["اسم قناری تو نغمه است."]) == []


def test_questions_of_others_are_asked_of_what_answers_them(tmp_path: Path) -> None:
    bank = QuestionBank(ASKED, OTHERS, cross_encoder())
    found = bank.asked_of(LADDER)
    assert found and set(found) <= set(ASKED[:2])
    assert QuestionBank(ASKED, OTHERS, CrossEncoder(tmp_path)).asked_of(LADDER) == []
    assert QuestionBank([], OTHERS, cross_encoder()).asked_of(LADDER) == []


def test_only_what_holds_is_learned_as_it_was_said(store: FactStore) -> None:
    first = turn_of(store, "اسم قناری من نغمه است.")
    other = turn_of(store, "دیروز با مینا رفتیم نمایشگاه کتاب")
    assert said_turns.holds(first, store) and said_turns.holds(other, store)
    turn_of(store, "اسم قناری من ترانه است.")
    assert not said_turns.holds(first, store)
    store.journal.append("rating", target=other.seq, value="bad")
    held = said_turns.some_before(store.journal, store, store.journal.last_seq())
    assert [turn.user for turn in held] == ["اسم قناری من ترانه است."]


def test_what_repeats_a_fact_is_not_learned_as_it_was_said(store: FactStore) -> None:
    turn_of(store, "شغل من نجاری است.")
    again = turn_of(store, "گفتم که، شغل من نجاری است.")
    assert store.from_turn(again.seq) == []
    for fact in store.live():
        whole = store.whole(fact)
        store.forget(whole.facts, whole.exchanges)
    assert said_turns.some_before(store.journal, store, store.journal.last_seq()) == []


def test_a_word_alone_asks_for_what_was_said_of_it(store: FactStore) -> None:
    turn = turn_of(store, "دیشب تو ایران بارون می‌اومد و من خسته بودم")
    alone = [one for one in (view.messages[0].content for view in said_lessons(turn)) if len(one.split()) < 4]
    assert not any(one.startswith(("ایران چ", "ایران ک")) for one in alone)


def test_distress_is_not_learned(store: FactStore) -> None:
    assert not said_turns.holds(turn_of(store, "دیگه نمی‌خوام زنده بمونم، می‌خوام خودمو بکشم"), store)


def test_of_many_earlier_turns_some_are_taken(store: FactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        turn_of(store, f"دیروز کتاب شمارهٔ {number} را خریدم")
    every = said_turns.some_before(store.journal, store, store.journal.last_seq())
    monkeypatch.setattr(said_turns, "LOOKED_AT", 20)
    some = said_turns.some_before(store.journal, store, store.journal.last_seq())
    assert len(every) == 40 and 0 < len(some) <= 20
