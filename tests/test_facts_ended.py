"""What a later turn ends: read as what is so now, told without a rule, taken back, forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from persian_assistant.facts.extraction import read
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.knowledge import Knowledge


class Told:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.knowledge = Knowledge(Journal.open(path))
        self.store = self.knowledge.facts

    def say(self, *texts: str) -> int:
        for text in texts:
            seq = self.knowledge.journal.append_user(text)
            self.knowledge.observe(seq, 0)
        return seq

    def values(self) -> list[str]:
        return [fact.value for fact in self.store.live()]

    def ended(self) -> list[str]:
        journal = self.knowledge.journal
        return [one for note in journal.notes() if note["kind"] == "ended" for one in note["facts"]]

    def check(self) -> None:
        """The same after a restart."""
        again = FactStore(Journal.open(self.path))
        assert again.live() == self.store.live()
        for seq in range(self.knowledge.journal.last_seq() + 1):
            for name in ("live_at", "since", "superseded_since", "forgotten_since", "undone_since"):
                assert getattr(again, name)(seq) == getattr(self.store, name)(seq), (name, seq)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "p" / "journal.jsonl")


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("ماشینمو عوض کردم، الان دنا دارم", "چیستی|ماشین", "دنا"),
        ("موتورم رو عوض کردم و یه وسپا گرفتم", "چیستی|موتور", "وسپا"),
        ("رنگ اتاقمو عوض کردیم، شد سبز", "رنگ|اتاق", "سبز"),
        ("مدیرمون عوض شد، حالا خانم کریمیه", "اسم|مدیر", "خانم کریمی"),
        ("اسم طوطیمو عوض کردیم گذاشتیم فندق", "اسم|طوطی", "فندق"),
        ("آدرسم تغییر کرد، الان خیابون بهار است", "آدرس|کاربر", "خیابان بهار"),
        ("کارمو عوض کردم، الان تو شرکت برق کار می‌کنم", "کار کردن|کاربر", "شرکت برق"),
    ],
)
def test_what_changed_is_read_as_it_is_now(text: str, key: str, value: str) -> None:
    assert [(draft.key, draft.value) for draft in read(text)] == [(key, value)]


@pytest.mark.parametrize(
    "text",
    ["لباسمو عوض کردم رفتم بیرون", "نظرم عوض شد، نمی‌خرمش", "رمز کارتمو عوض کردم", "پوشکشو عوض کردم، خوابید"],
)
def test_a_change_to_nothing_known_states_nothing(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        ("ماشینم پرایده", "ماشینمو عوض کردم، الان دنا دارم", ["دنا"]),
        ("نوبت دندون‌پزشکیم سه‌شنبه‌ست", "نوبت دندون‌پزشکیم افتاد پنج‌شنبه", ["پنج‌شنبه"]),
        ("نوبت دندون‌پزشکیم چهارشنبه‌ست", "نوبتم افتاد شنبه", ["شنبه"]),  # the only one there is
        ("سه‌شنبه قرار دندون‌پزشکی دارم", "قرار دندون‌پزشکیم افتاد پنج‌شنبه", ["پنج‌شنبه"]),
        ("عروسی خواهرم مرداده", "عروسی خواهرم افتاد شهریور", ["شهریور"]),
        ("پروازم ساعت ۵ است", "پروازم افتاد ساعت ۷", ["ساعت ۷"]),
        ("عروسی خواهرم مرداده", "عروسی داداشم افتاد شهریور", ["مرداد", "شهریور"]),
    ],
)
def test_it_takes_the_place_of_what_was(told: Told, before: str, after: str, values: list[str]) -> None:
    told.say(before, after)
    assert told.values() == values
    told.check()


def test_a_turn_ends_what_no_rule_reads_it_to_end(told: Told) -> None:
    first = told.say("ماشینم پرایده")
    high = told.knowledge.journal.last_seq()
    later = told.say("اسم قناریم نغمه‌ست", "پراید رو فروختم، دنا خریدم")
    assert told.ended() == [f"{first}.1"]
    assert "ماشین" not in {fact.subject for fact in told.store.live()}
    assert [fact.value for fact in told.store.live_at(high)] == ["پراید"]
    assert [fact.value for fact in told.store.superseded_since(high)] == ["پراید"]  # weights may know it
    assert told.store.superseded_since(later) == []
    found = told.knowledge.memory.recall("چه ماشینی دارم؟")
    assert "دنا" in found[0] and not any("پرایده" in line for line in found)
    told.check()


def test_undone_it_ends_nothing_and_told_again_it_holds(told: Told) -> None:
    told.say("ماشینم پرایده")
    later = told.say("پراید رو فروختم، دنا خریدم")
    told.knowledge.journal.append("undo", target=later)
    assert told.values() == ["پراید"]
    told.check()
    told.say("پراید رو فروختم، دنا خریدم", "ماشینم پرایده")
    assert told.values()[-1] == "پراید"
    told.check()


def test_forgetting_the_end_forgets_what_it_ended(told: Told) -> None:
    told.say("ماشینم پرایده", "اسم قناریم نغمه‌ست")
    told.say("پراید رو فروختم، دنا خریدم")
    told.knowledge.forget(told.store.matching("دنا"))
    assert {fact.subject for fact in told.store.live()} == {
        "قناری",
        "کاربر",
    }  # that it was sold stays
    text = told.path.read_text(encoding="utf-8")
    assert "پرایده" not in text and "دنا" not in text
    told.check()


@pytest.mark.parametrize(
    ("told_before", "said"),
    [
        ("گربه‌ام سفیده", "رنگ موهامو عوض کردم، الان مشکیه"),
        ("سه ساله سنتور می‌زنم", "سه ماهی میشه که گیاهخوار شدم، دیگه لب به گوشت نمی‌زنم"),
        ("دخترم ۱۲ مهر به دنیا اومده", "دخترم رفت کلاس سوم"),
        ("ماشینم پرایده", "ماشینم پنچر شد"),
    ],
)
def test_what_goes_on_is_not_ended(told: Told, told_before: str, said: str) -> None:
    told.say(told_before)
    before = told.values()
    told.say(said)
    assert before and told.values()[: len(before)] == before
    assert told.ended() == []
