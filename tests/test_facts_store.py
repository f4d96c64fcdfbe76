"""The facts of a profile: told, replaced, taught, edited, forgotten; the same after every restart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from persian_assistant.errors import DiskError
from persian_assistant.facts.extraction import Draft
from persian_assistant.facts.stems import content, same, stem
from persian_assistant.facts.store import MARK_EVERY, FactStore
from persian_assistant.journal import Journal

BIRD = "اسم قناری‌ام نغمه است."


def read(text: str, previous: Sequence[str] = ()) -> list[Draft]:
    """A small reader: «اسم X (من) Y است», «Z دوست دارم», «اسمش Y است» of the last «یک X دارم»."""
    found = []
    if match := re.search(r"اسم (\S+?)(?:\u200cام| من) (\S+) است", text):
        found.append(Draft(match[1], "اسم", match[2], text, f"اسم|{match[1]}", True, {"value": match[2]}))
    elif match := re.search(r"اسمش (\S+) است", text):
        owners = [owner[1] for turn in previous if (owner := re.search(r"یک (\S+) دارم", turn))]
        found += [Draft(o, "اسم", match[1], text, f"اسم|{o}") for o in owners[-1:]]
    for match in re.finditer(r"(\S+) دوست دارم", text):
        found.append(Draft("کاربر", "علاقه", match[1], text, "علاقه|کاربر", False))
    if "شیراز" in text and "زندگی می‌کنم" in text:
        found.append(Draft("کاربر", "محل زندگی", "شیراز", text, "محل زندگی|کاربر"))
    return found


class Told:
    """A journal with its facts, told turn by turn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = Journal.open(path)
        self.store = FactStore(self.journal, read)

    def say(self, text: str, answer: str = "باشد.") -> int:
        seq = self.journal.append_user(text)
        self.store.observe(seq)
        self.journal.append_assistant(seq, answer)
        return seq

    def values(self) -> list[str]:
        return [fact.value for fact in self.store.live()]

    def check(self) -> None:
        """What is known derives from the file alone."""
        again = FactStore(Journal.open(self.path), read)
        assert self.store.count() == len(self.store.live())
        for name in ("live", "all", "count", "last_forgotten"):
            assert getattr(again, name)() == getattr(self.store, name)()
        for seq in range(self.journal.last_seq() + 1):
            names = ("live_at", "since", "superseded_since", "forgotten_since", "undone_since")
            assert self.store.since(seq) == [fact for fact in self.store.live() if fact.seq > seq]
            for name in names:
                assert getattr(again, name)(seq) == getattr(self.store, name)(seq), (name, seq)

    def forget(self, words: str) -> tuple[list[str], list[str]]:
        facts, exchanges = found = self.store.matching(words)
        self.store.forget(*found)
        return [fact.value for fact in facts], [turn.user for turn in exchanges]

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path / "p" / "journal.jsonl")


def test_a_later_word_replaces_an_earlier_one(told: Told) -> None:
    first = told.say(BIRD)
    told.say("سلام، خوبی؟")
    assert told.store.live_at(first)[0].id == f"{first}.1"
    told.say("اسم قناری من نغمه است.")  # known already
    assert len(told.store.all()) == 1
    high = told.journal.last_seq()
    second = told.say("اسم قناری‌ام آواز است.")
    (fact,) = told.store.live()
    assert (fact.value, fact.supersedes, fact.seq) == ("آواز", f"{first}.1", second)
    assert [one.value for one in told.store.all()] == ["نغمه", "آواز"]
    assert [one.value for one in told.store.live_at(high)] == ["نغمه"]
    assert told.store.since(high) == [fact]
    assert [one.value for one in told.store.superseded_since(high)] == ["نغمه"]
    assert told.store.superseded_since(second) == told.store.superseded_since(first - 1) == []
    assert told.store.before(fact) == told.store.all()[0]
    told.say("اسم قناری‌ام نغمه است.")  # and back again
    assert told.values() == ["نغمه"]
    told.check()


def test_many_values_hold_at_once_where_they_can(told: Told) -> None:
    told.say("چای دوست دارم")
    told.say("قهوه دوست دارم")
    told.say("چای دوست دارم")
    assert told.values() == ["چای", "قهوه"]
    edited = told.store.edit(told.store.live()[0].id, "دمنوش")
    assert sorted(told.values()) == ["دمنوش", "قهوه"] and edited.single is False
    told.check()


def test_the_reader_sees_the_turns_before_and_no_others(told: Told) -> None:
    told.say("یک اسب دارم.")
    told.journal.append("clear")
    told.say("اسمش رخش است.")
    assert told.values() == []
    told.say("یک سگ دارم.")
    told.say("هوا خوب است.")
    seq = told.journal.append_user("اسمش گرگی است.")
    assert told.store.observe(seq, since=seq - 1) == []
    (fact,) = told.store.observe(seq)
    assert (fact.subject, fact.value) == ("سگ", "گرگی")
    assert told.store.observe(seq) == told.store.observe(999) == []
    told.check()


def test_undone_turns_take_their_facts_with_them(told: Told) -> None:
    told.say(BIRD)
    seq = told.say("اسم قناری‌ام آواز است.")
    fix = told.store.fix(seq, "چه اسم خوبی!")
    assert told.store.from_turn(seq) == [told.store.live()[0], fix] or len(told.store.from_turn(seq)) == 2
    told.journal.append("undo", target=seq)
    assert told.values() == ["نغمه"]
    assert told.store.undone_since(fix.seq) == [seq, fix.seq]
    assert told.store.undone_since(seq) == [seq]
    assert told.store.undone_since(told.journal.last_seq()) == []
    assert told.store.forgotten_since(fix.seq) == [] and told.store.last_forgotten() == 0
    told.check()


def test_lessons_replace_each_other_and_what_they_contradict(told: Told) -> None:
    told.store.teach("اسم قناری من چیست؟", "اسم قناری من نغمه است.")
    assert told.store.teach("اسمِ قناری من چیست", "اسم قناری من نغمه است.").value == told.values()[0]
    assert len(told.store.all()) == 1
    told.say("اسم قناری‌ام آواز است.")  # a later word on the same thing
    assert told.values() == ["آواز"]
    assert [one.value for one in told.store.superseded_since(1)] == ["اسم قناری من نغمه است."]
    fact = told.store.teach("اسم قناری من چیست؟", "اسم قناری من سپید است.")
    assert told.values() == ["اسم قناری من سپید است.", "سپید"]
    assert (fact.kind, fact.attribute, fact.subject) == ("taught", "اسم قناری من چیست؟", "")
    assert told.store.teach("دو به‌علاوهٔ دو؟", "چهار").single
    told.check()


def test_a_correction_is_kept_beside_what_it_replaced(told: Told) -> None:
    seq = told.say("سلام، حالت چطور است؟", "بد")
    fact = told.store.fix(seq, "سلام همشهری!")
    assert (fact.kind, fact.attribute, fact.value) == ("fixed", "سلام، حالت چطور است؟", "سلام همشهری!")
    note = told.journal.notes()[-2]
    assert (note["target"], note["reply"], note["rejected"]) == (seq, "سلام همشهری!", "بد")
    exchange = told.journal.exchange(seq)
    assert exchange is not None and exchange.assistant == "سلام همشهری!"
    later = told.store.fix(seq, "درود!")
    assert told.store.live() == [later] and later.supersedes == fact.id
    with pytest.raises(KeyError):
        told.store.fix(99, "نه")
    told.check()


def test_an_edited_fact_is_new_and_keeps_its_place(told: Told) -> None:
    first = told.say(BIRD)
    high = told.journal.last_seq()
    fact = told.store.edit(f"{first}.1", "سپید")
    assert (fact.id, fact.value, fact.supersedes) == (f"{first}.2", "سپید", f"{first}.1")
    assert fact.seq > high and told.store.since(high) == told.store.live() == [fact]
    assert "سپید" in fact.sentence and fact.details == {"value": "سپید"}
    assert told.store.edit(fact.id, "سپید ") == fact
    for unknown in (f"{first}.1", "7.7", ""):
        with pytest.raises(KeyError):
            told.store.edit(unknown, "x")
    told.check()


# --- crashes


def test_what_a_crash_left_unread_is_read_at_the_next_start(told: Told) -> None:
    told.say("سلام")
    told.journal.append_user(BIRD)
    told.journal.append("teach", question="الف چیست؟", answer="ب")
    again = FactStore(Journal.open(told.path), read)
    assert again.live() == []
    assert again.catch_up() == 0
    assert [fact.value for fact in again.live()] == ["نغمه", "ب"]
    size = told.path.stat().st_size
    assert FactStore(Journal.open(told.path), read).catch_up() == 0
    assert told.path.stat().st_size == size, "a second time there is nothing to write"


def test_killed_between_two_facts_of_one_turn(told: Told) -> None:
    seq = told.say("چای دوست دارم و قهوه دوست دارم")
    whole = told.store.live()
    lines = told.path.read_bytes().splitlines(keepends=True)
    told.path.write_bytes(b"".join(lines[:2]))
    again = FactStore(Journal.open(told.path), read)
    assert [fact.value for fact in again.live()] == ["چای"]
    again.catch_up()
    assert [(fact.id, fact.value) for fact in again.live()] == [(fact.id, fact.value) for fact in whole]
    assert again.live()[0].seq == seq


def test_a_long_history_is_read_in_parts_and_only_once(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "j" / "journal.jsonl")
    seqs = [journal.append_user(BIRD if number == 30 else f"هوای روز {number}") for number in range(40)]
    asked: list[str] = []

    def counting(text: str, previous: Sequence[str] = ()) -> list[Draft]:
        asked.append(text)
        return read(text, previous)

    store = FactStore(journal, counting)
    assert store.catch_up(25) == 15 and store.live() == []
    assert store.catch_up(25) == 0 and len(store.live()) == 1
    assert len(asked) <= 42
    journal = Journal.open(journal.path)
    store, asked[:] = FactStore(journal, counting), []
    assert store.catch_up() == 0 and len(asked) <= 1
    for number in range(MARK_EVERY + 1):
        store.observe(journal.append_user(f"باز هم {number}"))
    asked.clear()
    FactStore(Journal.open(journal.path), counting).catch_up()
    assert len(asked) <= 3, "turns that state nothing are not read at every start"
    assert seqs[0] == 1


def test_a_turn_the_reader_stumbles_on_is_passed_over(told: Told) -> None:
    def stumbles(text: str, previous: Sequence[str] = ()) -> list[Draft]:
        if "چای" in text:
            raise IndexError("no word left")
        return read(text, previous)

    told.journal.append_user("چای")
    told.journal.append_user(BIRD)
    store = FactStore(told.journal, stumbles)
    assert store.catch_up() == 0 and [fact.value for fact in store.live()] == ["نغمه"]


# --- forgetting


def test_forgetting_finds_a_fact_by_any_of_its_words(told: Told) -> None:
    told.store.teach("مرکز استان گیلان کجاست؟", "مرکز استان گیلان شهر رشت است.")
    told.say(BIRD)
    told.say("اسم گربه‌ام برفی است.")
    found = told.store.matching
    for words in ("نغمه", "قناری", "قناریم", "اسم قناری‌ام را فراموش کن", BIRD, "قناری‌های من"):
        assert [fact.value for fact in found(words).facts] == ["نغمه"], words
    for words in ("رشت", "مرکز استان گیلان شهر رشت است.", "استان گیلان"):
        assert [fact.kind for fact in found(words).facts] == ["taught"], words
    assert {fact.value for fact in found("اسم").facts} == {"نغمه", "برفی"}
    for words in ("اسب", "اسم اسب من", "", "؟", "سلام خوبی"):
        assert not found(words), words


def test_forgetting_takes_the_whole_line_and_every_word(told: Told) -> None:
    one = told.say(BIRD)
    two = told.say("اسم قناری‌ام آواز است.", "آواز، چه زیبا!")
    asked = told.say("اسم قناری من چیست؟", "اسم قناری تو آواز است.")
    told.say("هوا خوب است.")
    told.store.edit(told.store.live()[0].id, "سپید")
    facts, turns = told.forget("قناری")
    assert facts == ["نغمه", "آواز", "سپید"] and len(turns) == 3
    assert told.store.all() == [] and [turn.user for turn in told.journal.exchanges()] == ["هوا خوب است."]
    for word in ("نغمه", "آواز", "سپید", "قناری"):
        assert word not in told.text
    last = told.journal.last_seq()
    assert told.store.forgotten_since(last - 1) == [one, two, asked]
    assert told.store.undone_since(last - 1) == [] and told.store.last_forgotten() == last
    assert told.store.catch_up() == 0 and told.store.all() == []
    told.check()


def test_forgetting_the_newest_takes_what_it_replaced(told: Told) -> None:
    told.say(BIRD)
    told.say("اسم قناری‌ام آواز است.")
    told.forget("آواز")
    assert told.store.all() == [] and "نغمه" not in told.text
    told.say("اسم قناری‌ام طلا است.")
    assert told.values() == ["طلا"]
    told.check()


def test_of_two_facts_in_one_sentence_one_can_stay(told: Told) -> None:
    told.say("اسم خواهر من مینا است و در شیراز زندگی می‌کنم")
    told.say("چای دوست دارم")
    facts, turns = told.forget("شیراز")
    assert facts == ["شیراز"] and len(turns) == 1
    assert told.values() == ["مینا", "چای"] and "شیراز" not in told.text
    assert told.store.live()[0].sentence == ""
    told.store.edit(told.store.live()[0].id, "مریم")
    assert told.values() == ["چای", "مریم"]
    told.check()


def test_a_forgotten_correction_takes_its_turn(told: Told) -> None:
    seq = told.say("سلام، حالت چطور است؟", "بد")
    told.store.fix(seq, "سلام همشهری!")
    assert told.forget("همشهری") == (["سلام همشهری!"], ["سلام، حالت چطور است؟"])
    assert told.store.all() == [] and "همشهری" not in told.text and "حالت" not in told.text
    told.store.forget([], [])
    told.check()


def test_a_forgetting_that_was_cut_off_is_finished_at_the_next_start(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.say("اسم خواهر من مینا است و در شیراز زندگی می‌کنم", "شیراز زیباست")
    found = told.store.matching("شیراز")

    def fails(*_: object) -> None:
        raise DiskError("disk.full", path=told.path)

    with monkeypatch.context() as patch, pytest.raises(DiskError):
        patch.setattr(told.journal, "redact", fails)
        told.store.forget(*found)
    assert told.values() == ["مینا"], "what was said to be forgotten is, whatever the file still holds"
    assert "شیراز" in told.text
    again = FactStore(Journal.open(told.path), read)
    assert "شیراز" not in told.text and [fact.value for fact in again.live()] == ["مینا"]


def test_a_journal_read_again_is_followed(told: Told) -> None:
    told.say(BIRD)
    backup = told.path.read_bytes()
    told.say("چای دوست دارم")
    generation = told.store.generation
    told.path.write_bytes(backup)
    told.say("قهوه دوست دارم")
    assert told.values() == ["نغمه", "قهوه"] and told.store.generation > generation
    told.check()


# --- words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("قناری‌ام", "قناریم"), ("قناری", "قناری‌هایم"), ("خواهرم", "خواهر"), ("کتاب‌های", "کتاب")),
        *(("شماره‌اش", "شماره"), ("دوستم", "دوست"), ("اسمش", "اسم"), ("شماره‌ی", "شماره")),
    ],
)
def test_stems_bring_forms_of_a_word_together(one: str, other: str) -> None:
    assert stem(one) == stem(other) == stem(stem(one))


def test_content_is_what_is_spoken_of() -> None:
    assert content("سلام، حالت چطور است؟") == []
    assert content("سلام، خوبی؟", talk=True) == content("درود، حالت چطور است؟", talk=True) != []
    assert content("این را که به من گفتی چی بود؟") == []
    assert content("شمارهٔ پلاک ۱۲ است") == [stem("شماره"), stem("پلاک"), "12"]
    assert same("اسمِ  قناری‌ام؟") == same("اسم قناریام") and same("۱۲") == same("12")
