"""When to learn what was told: undone, forgotten, replaced; and at what cost a turn asks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from test_learner import PATIENCE, Bench

from persian_assistant.facts.extraction import Draft
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.learner import Learner
from persian_assistant.records import Lessons
from persian_assistant.versions import Version, VersionStore


def read(text: str, previous: Sequence[str] = ()) -> list[Draft]:
    """A small reader: «اسم X من Y است»."""
    match = re.match(r"اسم (\S+) من (\S+) است", text)
    return [Draft(match[1], "اسم", match[2], text, f"اسم|{match[1]}", True, {})] if match else []


class Told(Bench):
    """A learner that knows facts; what it was given to learn is kept."""

    def open(self) -> None:
        self.journal = Journal.open(self.folder / "journal.jsonl")
        self.store = VersionStore(self.folder)
        self.facts = FactStore(self.journal, read)
        self.given: list[Lessons] = []
        self.serves: list[int | None] = []
        self.learner = Learner(
            self.journal, self.store, self.settings, self.run, self.serve, self.events.append,
            self.folder / "log.txt", self.facts,
        )  # fmt: skip

    def run(self, lessons: Lessons, high_water: int, settings: Any, report: Any, cancel: Any) -> Any:
        self.given.append(lessons)
        return super().run(lessons, high_water, settings, report, cancel)

    def serve(self, version: Version | None) -> None:
        self.serves.append(version.number if version else None)

    def say(self, text: str) -> int:
        seq = self.journal.append_user(text)
        self.facts.observe(seq)
        self.journal.append_assistant(seq, "باشد.")
        return seq

    def name(self, *numbers: int) -> list[int]:
        return [self.say(f"اسم پرندهٔ{number} من نام{number} است") for number in numbers]

    def learn(self) -> Lessons:
        self.learner.start()
        self.settle()
        return self.given[-1]

    def forget(self, words: str) -> None:
        found = self.facts.matching(words)
        assert found.facts
        self.facts.forget(*found)

    def numbers(self) -> list[int]:
        return [version.number for version in self.store.list()]

    def expected(self) -> int:
        """Turns until the next pass, counted from everything there is."""
        newest = self.store.newest()
        seen = max(newest.high_water if newest else 0, self.learner._seen)
        fresh = {turn.seq for turn in self.journal.exchanges() if turn.complete and turn.seq > seen}
        fresh |= {fact.seq for fact in self.facts.live() if fact.seq > seen}
        return max(0, self.settings.every - len(fresh))


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path, every=4)


def values(lessons: Lessons) -> list[str]:
    return [fact.value for fact in (*lessons.earlier_facts, *lessons.new_facts)]


def test_an_undone_turn_is_not_learned_again_and_no_version_goes(told: Told) -> None:
    _, second = told.name(1, 2)
    told.learn()
    told.journal.append("undo", target=second)
    assert not told.learner.consider()  # nobody asked to forget it
    assert told.numbers() == [1] and told.store.current() is not None
    told.say("هوا خوب است.")
    assert not told.learner.consider()
    told.name(3)
    lessons = told.learn()
    assert lessons.rebuild and values(lessons) == ["نام1", "نام3"]
    assert told.numbers() == [1, 2]
    assert not any("فراموش" in event for event in told.events)
    assert not told.learner.lessons().rebuild  # it is out now
    told.store.rollback(1)
    assert told.learner.lessons().rebuild  # and here it is still in
    told.store.rollback(None)
    assert not told.learner.lessons().rebuild


def test_what_was_undone_before_it_was_learned_changes_nothing(told: Told) -> None:
    told.name(1)
    told.learn()
    (second,) = told.name(2)
    told.journal.append("undo", target=second)
    assert not told.learner.lessons().rebuild
    assert told.learner.turns_until_pass() == told.expected() == 4


def test_what_is_forgotten_takes_the_versions_with_it(told: Told) -> None:
    told.name(1)
    told.learn()
    told.name(2)
    told.learn()
    told.forget("نام1")
    told.learner.forgotten()
    told.settle()
    assert not told.given[-1].earlier_facts and values(told.given[-1]) == ["نام2"]
    assert told.numbers() == [3] and told.serves == [1, 2, None, 3]
    assert not told.learner.consider()  # once is enough
    started, removed, again = told.events[-4], told.events[-3], told.events[-2]
    assert "نسخهٔ ۲ یاد گرفته شد" in started and "مدل پایه پاسخ می‌دهد" in removed and "از نو" in again


def test_what_is_forgotten_is_not_answered_from_then_on_whatever_becomes_of_the_pass(told: Told) -> None:
    told.name(1)
    told.learn()
    told.name(2, 3)
    told.learn()
    told.act = told.reject
    told.forget("نام2")
    told.go.clear()
    told.learner.forgotten()
    assert told.learner.running  # over the other one of the two
    assert told.serves == [1, 2, 1] and told.numbers() == [1]  # before the pass has done anything
    told.go.set()
    told.settle()
    assert told.numbers() == [1] and told.store.current() is not None
    assert not any("مدل پایه پاسخ" in event for event in told.events)
    assert [lessons.fallen_back for lessons in told.given] == [False, False, True]
    told.name(4)
    told.learn()
    assert told.given[-1].fallen_back  # as long as no pass went well
    assert "نسخهٔ ۱ همچنان پاسخ" in told.events[-1] and "پاک" not in told.events[-1]


def test_a_refused_pass_after_forgetting_says_one_thing(told: Told) -> None:
    told.name(1, 2)
    told.learn()
    told.act = told.reject
    told.forget("نام1")
    told.learner.forgotten()
    told.settle()
    assert told.numbers() == [] and told.store.current() is None
    assert "مدل پایه همچنان پاسخ می‌دهد" in told.events[-1] and "پاک" not in told.events[-1]
    assert values(told.learner.lessons()) == ["نام2"]  # it is new again
    told.open()
    assert not told.learner.consider() and told.numbers() == []


def test_forgetting_needs_no_learning(told: Told) -> None:
    told.name(1, 2)
    told.learn()
    told.settings = told.learner.settings = replace(told.settings, enabled=False)
    told.forget("نام1")
    told.learner.forgotten()
    assert told.numbers() == [] and told.serves == [1, None] and not told.learner.running


def test_a_forget_cut_off_is_carried_out_at_the_next_start(told: Told) -> None:
    told.name(1, 2)
    told.learn()
    told.forget("نام1")  # and then the power went
    told.open()
    assert told.numbers() == [] and told.store.current() is None
    assert told.learner.consider()
    told.settle()
    assert told.numbers() == [2] and values(told.given[-1]) == ["نام2"]


def test_a_corrected_turn_trains_its_correction_alone(told: Told) -> None:
    asked = told.say("مرکز گیلان کجاست؟")
    other = told.say("هوا خوب است.")
    told.facts.fix(asked, "رشت")
    lessons = told.learner.lessons()
    assert [fact.kind for fact in lessons.new_facts] == ["fixed"]
    assert [turn.seq for turn in lessons.exchanges] == [other] and lessons.count == 2
    told.learner.settings = replace(told.settings, facts=False)
    assert [turn.seq for turn in told.learner.lessons().exchanges] == [asked, other]


def test_what_is_forgotten_while_it_is_being_learned_is_forgotten_after(told: Told) -> None:
    told.name(1)
    told.learn()
    told.name(2, 3)
    told.go.clear()
    told.began.clear()
    told.learner.start()
    assert told.began.wait(PATIENCE)
    told.forget("نام3")
    told.learner.forgotten()
    told.go.set()
    told.settle()
    assert told.numbers() == [1, 2] and values(told.given[-1]) == ["نام1", "نام2"]
    assert told.serves == [1, 2] and told.outcomes()[-4:] == ["started", "cancelled", "started", "published"]
    assert not any("متوقف" in event for event in told.events)


def test_the_count_is_right_after_everything_that_changes_it(told: Told) -> None:
    def same() -> int:
        assert told.learner.turns_until_pass() == told.expected()
        return told.expected()

    first, _ = told.name(1, 2)
    assert same() == 2
    told.facts.teach("مرکز گیلان؟", "رشت")
    assert same() == 1
    told.facts.edit(f"{first}.1", "دیگر")
    assert same() == 0
    told.journal.append("undo", target=first)
    assert same() == 2
    told.learn()
    assert same() == 4
    told.name(3)
    assert same() == 3
    told.store.rollback(None)  # what was learned once is not new again
    assert same() == 3
    told.forget("نام3")
    assert same() == 4
    told.act = told.reject
    told.name(4)
    told.learn()
    assert same() == 4
    told.name(5)
    assert same() == 3
    told.open()
    assert same() == 3


def steps(work: Callable[[], object]) -> int:
    """Lines and calls of Python that `work` takes."""
    count = 0

    def trace(frame: FrameType, event: str, given: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_a_turn_costs_the_same_however_much_is_known(told: Told) -> None:
    costs = []
    told.settings = told.learner.settings = told.settings.__class__(every=1000)
    for many in (10, 150):
        told.name(*range(many, many * 2))
        told.learn()
        told.name(1000 + many)
        told.forget(f"نام{many}")  # one in each
        told.learn()
        told.learner.consider()
        told.settle()
        for _ in range(many // 10):  # versions
            told.say("هوا بد است.")
            told.learn()
        assert many // 10 < len(told.numbers()) <= many // 10 + 2
        told.say(f"هوا {many} خوب است.")
        assert not told.learner.consider()
        costs.append(
            [steps(told.learner.consider), steps(told.learner.turns_until_pass), steps(told.facts.count)]
        )
    assert costs[0] == costs[1]
    assert told.facts.count() > 150
