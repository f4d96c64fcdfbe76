"""What is recalled for a question: the right facts at once, nothing for small talk, whatever lies behind."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from persian_assistant.facts import blocks
from persian_assistant.facts import memory as memory_module
from persian_assistant.facts.memory import Memory
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.knowledge import AT_OPENING, Knowledge

TOLD = [
    "اسم قناری‌ام نغمه است.",
    "اسم خواهرم مینا است.",
    "من در شیراز زندگی می‌کنم.",
    "شماره‌ی پلاک ماشینم ۴۸۱۷ است.",
]


class Told:
    def __init__(self, path: Path) -> None:
        self.journal = Journal.open(path)
        self.store = FactStore(self.journal)
        self.memory = Memory(self.store)

    def say(self, text: str) -> int:
        seq = self.journal.append_user(text)
        self.store.observe(seq)
        return seq


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "p" / "journal.jsonl")


def test_a_fact_is_recalled_in_any_wording_at_once(told: Told) -> None:
    assert told.memory.recall("اسم قناری من چیست؟") == []
    for text in TOLD:
        told.say(text)
    for question, value in [
        *(("اسم قناری من چیست؟", "نغمه"), ("قناریم اسمش چی بود؟", "نغمه"), ("نغمه کیست؟", "نغمه")),
        *(("خواهرم اسمش چیه؟", "مینا"), ("اسم خواهر من را بگو", "مینا"), ("مینا کیه؟", "مینا")),
        *(("شمارهٔ پلاک ماشین من چند است؟", "۴۸۱۷"), ("پلاک ماشینم چنده؟", "۴۸۱۷"), ("4817 چیست؟", "۴۸۱۷")),
    ]:
        found = told.memory.recall(question)
        assert found and value in found[0], question
        assert all(value in one for one in found), (question, found)


def test_nothing_bears_on_small_talk_and_on_what_was_never_told(told: Told) -> None:
    for text in TOLD:
        told.say(text)
    small_talk = ("سلام خوبی؟", "چه خبر؟", "ممنون، خداحافظ", "", "؟")
    for question in (*small_talk, "اسم اسب من چیست؟", "اسم برادرم چیه؟"):
        assert told.memory.recall(question) == [], question


def test_a_lesson_about_small_talk_is_recalled_in_small_talk(told: Told) -> None:
    seq = told.journal.append_user("سلام، حالت چطور است؟")
    told.store.fix(seq, "سلام همشهری! من که همیشه سرحالم.")
    told.store.teach("مرکز استان گیلان کجاست؟", "مرکز استان گیلان شهر رشت است.")
    assert "همشهری" in told.memory.recall("سلام، خوبی؟")[0]
    assert "رشت" in told.memory.recall("کدام شهر مرکز استان گیلان است؟")[0]
    assert told.memory.recall("مرکز استان فارس کجاست؟", k=0) == []


def test_a_lesson_of_filler_words_alone_is_found_by_them(told: Told) -> None:
    told.store.teach("تو کی هستی؟", "من پرستوام")
    assert "پرستو" in told.memory.recall("تو کي هستی ؟")[0]
    assert told.memory.recall("اون کی بود؟") == []
    told.store.forget(list(told.store.live()), [])
    assert told.memory.recall("تو کی هستی؟") == []


def test_a_name_that_was_told_makes_a_question_one_about_ones_life(told: Told) -> None:
    assert not told.memory.never_told("مسعود چند فرزند دارد؟")
    told.say("عصر با مسعود و سارینا رفتیم والیبال تماشا کردیم")
    told.memory.recall("سلام")
    assert told.memory.never_told("مسعود چند فرزند دارد؟") and not told.memory.never_told(
        "سهراب چند فرزند دارد؟"
    )


def test_what_changed_is_recalled_as_it_is_now(told: Told) -> None:
    told.say(TOLD[0])
    assert "نغمه" in told.memory.recall("اسم قناری من چیست؟")[0]
    told.say("اسم قناری‌ام آواز است.")
    (now,) = told.memory.recall("اسم قناری من چیست؟")
    assert "آواز" in now and told.memory.recall("نغمه کیست؟") == []
    birds = """آواز سپید طلا نقره ستاره باران پرنیان گلنار لاله نرگس سوسن یاسمن پونه ترنج ریحان"""
    for name in re.findall(r"\w+", birds):
        told.say(f"اسم قناری‌ام {name} است.")
    (now,) = told.memory.recall("اسم قناری من چیست؟")
    assert "ریحان" in now, "what was replaced does not crowd out what holds"
    told.store.forget(*told.store.matching("قناری"))
    assert told.memory.recall("اسم قناری من چیست؟") == []
    told.say("اسم قناری‌ام طلا است.")
    assert "طلا" in told.memory.recall("اسم قناری من چیست؟")[0]


def test_a_turn_no_rule_read_is_recalled_as_it_was_said(told: Told) -> None:
    told.store = FactStore(told.journal, lambda text, previous: [])
    told.memory = Memory(told.store)
    seq = told.say("دیشب با رضا به کوه دماوند رفتیم")
    told.say("با رضا کجای دماوند رفتیم؟")
    told.say("هوا خوب است")
    (said,) = told.memory.recall("دیشب با رضا کجای دماوند رفتیم؟")
    assert "رضا" in said and "دماوند" in said
    assert told.memory.recall("دیشب با رضا کجای دماوند رفتیم؟", before=seq) == []
    assert told.memory.recall("دماوند") == [], "one word is not enough"


def test_blocks_find_what_one_index_would(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 7)
    monkeypatch.setattr(memory_module, "BLOCK", 7)
    monkeypatch.setattr(memory_module, "AT_ONCE", 10)
    for number in range(60):
        told.journal.append_user(f"دیروز کتاب شمارهٔ {number} را از کتابخانهٔ محله گرفتم")
    told.store = FactStore(told.journal, lambda text, previous: [])
    told.memory = Memory(told.store)
    assert told.memory.recall("کتاب ۵۵ را دیروز از کجا گرفتم؟") == [], "not indexed yet"
    for number in range(30):
        told.store.teach(f"رمز صندوق شمارهٔ {number + 100} چیست؟", f"رمزش {number + 500} است")
    assert all(f"رمزش {n + 500}" in told.memory.recall(f"رمز صندوق {n + 100} چه بود؟")[0] for n in range(30))
    fresh = Memory(told.store)
    fresh.warm(lambda: True)
    assert fresh.recall("کتاب ۵۵ را دیروز از کجا گرفتم؟") == [], "told to stop before the first block"
    told.memory.warm()
    assert "55" in told.memory.recall("کتاب ۵۵ را دیروز از کجا گرفتم؟")[0]
    assert told.memory.recall("رمز صندوق ۱۰۳ چه بود؟") == Memory(told.store).recall("رمز صندوق ۱۰۳ چه بود؟")


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        (
            "پارسال پیش دکتر زرگانی دوتا از دندونامو کشیدم، هر دوتاش عقل بود",
            "پارسال پیش کی دندونامو کشیدم؟",
            "عقل",
        ),
        ("دایی فریبرزم ساز می‌سازه، بیشتر سه‌تار", "دایی من چی می‌سازه؟", "سه‌تار"),
    ],
)
def test_a_clause_is_told_with_the_rest_of_its_sentence(
    told: Told, text: str, question: str, value: str
) -> None:
    told.say(text)
    assert value in told.memory.recall(question)[0]


def test_closing_waits_for_what_reads_earlier_turns(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.jsonl")
    for number in range(4 * AT_OPENING):
        journal.append_user(f"اسم همکار شمارهٔ {number} من مینا است.")
    knowledge = Knowledge(journal)
    knowledge.start_warming()
    knowledge.start_warming()  # one after the other
    knowledge.close()
    assert not any(thread.name == "memory" for thread in threading.enumerate())
    assert knowledge.facts.count() < 4 * AT_OPENING, "it was told to end before all was read"


def test_what_was_never_told_is_said_to_be_so_more_often_for_a_small_model(tmp_path: Path) -> None:
    knowledge = Knowledge(Journal.open(tmp_path / "journal.jsonl"))
    assert knowledge.recall("اسم مادربزرگم چیه؟") == knowledge.recall("اسم مادربزرگم چیه؟", small=False) != []
    assert knowledge.recall("رمز وای‌فای خونه چیه؟") and not knowledge.recall(
        "رمز وای‌فای خونه چیه؟", small=False
    )
    assert knowledge.recall("برای تولد مامانم چی بخرم؟") == []
