"""When to learn: real journals and version stores, a pass that is handed in as a function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from learning_files import fill

from persian_assistant import wording
from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, DiskError, LearningError
from persian_assistant.gate import Figures, Scores, Verdict, judge
from persian_assistant.journal import Journal
from persian_assistant.learner import MOST_TRIES, Learner
from persian_assistant.records import Lessons
from persian_assistant.versions import Version, VersionStore

PATIENCE = 60


class Bench:
    """A profile folder with a learner whose pass publishes, says no, fails, or waits for a word."""

    def __init__(self, folder: Path, every: int = 3, enabled: bool = True) -> None:
        self.folder = folder
        self.passes: list[tuple[list[str], int]] = []
        self.events: list[str] = []
        self.swapped: list[int] = []
        self.go, self.began = threading.Event(), threading.Event()
        self.go.set()
        self.act: Callable[[int], Any] = self.publish
        self.settings = LearningConfig(every=every, enabled=enabled)
        self.open()

    def open(self) -> None:
        """As at a start of the program."""
        self.journal = Journal.open(self.folder / "journal.jsonl")
        self.store = VersionStore(self.folder)
        self.learner = Learner(
            self.journal,
            self.store,
            self.settings,
            self.run,
            lambda version: self.swapped.append(version.number),
            self.events.append,
            self.folder / "log.txt",
        )

    def run(
        self, lessons: Lessons, high_water: int, settings: LearningConfig, report: Any, cancel: Any
    ) -> Any:
        self.passes.append(([item.user for item in lessons.exchanges], high_water))
        self.began.set()
        report("train", 0.5, 2.0, 3.0)
        while not self.go.wait(0.01):
            if cancel.is_set():
                break
        if cancel.is_set():
            raise Cancelled("learning.cancelled")
        return self.act(high_water)

    def publish(self, high_water: int) -> Any:
        from persian_assistant.learning_pass import PassOutcome  # the shape of a result, nothing runs

        version = self.version(high_water)
        scores = {"train_loss": 2.5, "perplexity_ratio": 1.004}
        return PassOutcome(version, Verdict(True), scores, {"exchanges": 3, "seed_examples": 2}, 7.4)

    def version(self, high_water: int) -> Version:
        staged = self.store.stage(lambda folder: (folder / "a.safetensors").write_bytes(b"weights"))
        return self.store.publish(
            staged, high_water=high_water, data_hash="", base={}, config={}, scores={}, parent=None
        )

    def reject(self, high_water: int) -> Any:
        from persian_assistant.learning_pass import PassOutcome

        return PassOutcome(
            None, judge(Scores(2, Figures(60), Figures(50), Figures(50)), 1.03), {"perplexity": 60.0}, {}, 3.0
        )

    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.journal.passes()]

    def settle(self) -> None:
        assert self.learner.wait(PATIENCE)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_pass_begins_at_exactly_n(bench: Bench) -> None:
    for at in range(2):
        fill(bench.journal, 1)
        assert not bench.learner.consider()
        assert bench.learner.turns_until_pass() == 2 - at
    fill(bench.journal, 1)
    assert bench.learner.turns_until_pass() == 0
    assert bench.learner.consider()
    bench.settle()
    assert [len(pending) for pending, _ in bench.passes] == [3]
    assert bench.passes[0][1] == bench.journal.exchanges()[-1].seq + 1  # its answer
    assert bench.swapped == [1]
    assert bench.outcomes() == ["started", "published"]
    assert bench.learner.pending() == []
    assert bench.learner.turns_until_pass() == 3
    fill(bench.journal, 2)
    assert not bench.learner.consider()
    fill(bench.journal, 1)
    assert bench.learner.consider()
    bench.settle()
    assert [len(pending) for pending, _ in bench.passes] == [3, 3]


def test_what_is_not_a_whole_exchange_does_not_count(bench: Bench) -> None:
    fill(bench.journal, 2)
    cut = bench.journal.append_user("بریده")
    bench.journal.append_assistant(cut, "نا", interrupted=True)
    bench.journal.append_user("بی‌پاسخ")
    gone = fill(bench.journal, 1)[0]
    bench.journal.append("undo", target=gone)
    assert bench.learner.turns_until_pass() == 1
    assert not bench.learner.consider()
    bench.journal.append_assistant(cut, "پاسخ کامل")  # answered again by /regen
    assert bench.learner.consider()
    bench.settle()
    assert len(bench.passes[0][0]) == 3


@pytest.mark.parametrize("how", ["reject", "fail", "crash"])
def test_a_pass_that_failed_is_tried_again_only_after_n_more(bench: Bench, how: str) -> None:
    def fail(high_water: int) -> Any:
        raise LearningError("learning.no_memory") if how == "fail" else RuntimeError("a defect")

    bench.act = bench.reject if how == "reject" else fail
    fill(bench.journal, 3)
    assert bench.learner.consider()
    bench.settle()
    for reopened in (False, True):  # also in a new process
        if reopened:
            bench.open()
        assert not bench.learner.consider()
        assert bench.learner.turns_until_pass() == (2 if reopened else 3)
        fill(bench.journal, 1)
    assert not bench.learner.consider()
    bench.act = bench.publish
    fill(bench.journal, 1)
    assert bench.learner.consider()
    bench.settle()
    assert [len(pending) for pending, _ in bench.passes] == [3, 6]  # nothing said is left out
    assert bench.outcomes()[:2] == ["started", "rejected" if how == "reject" else "failed"]


def test_a_pass_cut_off_runs_again_at_the_next_start(bench: Bench) -> None:
    fill(bench.journal, 3)
    bench.go.clear()
    assert bench.learner.consider()
    assert bench.began.wait(PATIENCE)
    bench.learner.close()
    assert bench.outcomes() == ["started"]
    assert not any("متوقف" in event for event in bench.events)
    bench.go.set()
    bench.open()
    fill(bench.journal, 1)
    assert bench.learner.consider()
    bench.settle()
    assert "نیمه‌کاره" in bench.events[1]
    assert len(bench.passes[1][0]) == 4
    assert bench.outcomes() == ["started", "started", "published"]


def test_killed_after_publishing_is_not_cut_off(bench: Bench) -> None:
    numbers = fill(bench.journal, 3)
    bench.journal.append_pass("started", high_water=numbers[-1])
    bench.version(numbers[-1])  # the pointer moved; the journal was never told
    bench.open()
    assert not bench.learner.consider()
    fill(bench.journal, 1)
    assert not bench.learner.consider()
    assert bench.learner.turns_until_pass() == 2


def test_a_pass_that_takes_the_process_down_each_time_is_let_go(bench: Bench) -> None:
    numbers = fill(bench.journal, 3)
    for tries in range(MOST_TRIES):
        bench.open()
        assert bench.learner._resume == (tries > 0)
        bench.journal.append_pass("started", high_water=numbers[-1])
    bench.open()
    assert not bench.learner.consider()
    fill(bench.journal, 3)
    assert bench.learner.consider()  # with N more it is worth another try
    bench.settle()
    assert bench.swapped == [1]


def test_cancel_ends_the_pass_and_not_more(bench: Bench) -> None:
    assert not bench.learner.cancel()
    fill(bench.journal, 3)
    bench.go.clear()
    bench.learner.start()
    assert bench.began.wait(PATIENCE)
    assert bench.learner.state.running and bench.learner.state.phase == "train"
    assert not bench.learner.wait(0.01)
    with pytest.raises(LearningError) as told:
        bench.learner.start()
    assert told.value.key == "learning.running"
    assert not bench.learner.consider()
    assert bench.learner.cancel()
    bench.settle()
    assert bench.outcomes() == ["started", "cancelled"]
    assert not bench.learner.state.running
    assert bench.store.current() is None
    assert not bench.learner.consider()
    bench.go.set()
    bench.learner.start()  # by hand at once
    bench.settle()
    assert bench.swapped == [1]


def test_start_by_hand_says_why_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a")
    with pytest.raises(LearningError) as told:
        bench.learner.start()
    assert told.value.key == "learning.nothing_new"
    off = Bench(tmp_path / "b", enabled=False)
    fill(off.journal, 9)
    assert not off.learner.consider()
    with pytest.raises(LearningError) as told:
        off.learner.start()
    assert told.value.key == "learning.disabled"
    assert off.outcomes() == []


def test_nothing_begins_after_close(bench: Bench) -> None:
    fill(bench.journal, 3)
    bench.learner.close()
    assert not bench.learner.consider()
    with pytest.raises(LearningError):
        bench.learner.start()
    assert bench.passes == [] and bench.outcomes() == []


def test_two_threads_begin_one_pass(bench: Bench) -> None:
    fill(bench.journal, 3)
    bench.go.clear()
    gate = threading.Barrier(8)
    began: list[bool] = []

    def consider() -> None:
        gate.wait()
        began.append(bench.learner.consider())

    threads = [threading.Thread(target=consider) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.go.set()
    bench.settle()
    assert sorted(began) == [False] * 7 + [True]
    assert len(bench.passes) == 1


def test_a_full_disk_is_told_and_does_not_come_back_at_every_turn(bench: Bench) -> None:
    fill(bench.journal, 3)

    def full(high_water: int) -> Any:
        raise DiskError("disk.full", path="/versions")

    bench.act = full
    assert bench.learner.consider()
    bench.settle()
    assert "/versions" in bench.events[-1]
    fill(bench.journal, 1)
    assert not bench.learner.consider()


def test_a_journal_that_cannot_be_written_starts_no_pass(bench: Bench) -> None:
    fill(bench.journal, 3)
    bench.journal.path.unlink()
    bench.journal.path.mkdir()  # nothing can be appended to a folder
    assert not bench.learner.consider()
    assert "journal.jsonl" in bench.events[-1]
    assert bench.passes == []
    with pytest.raises(DiskError):
        bench.learner.start()


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_end_is_one_sentence(tmp_path: Path, language: str) -> None:
    wording.set_language(language)
    english = language == "en"
    bench = Bench(tmp_path)

    def told(act: Callable[[int], Any]) -> str:
        bench.act = act
        fill(bench.journal, 3)
        bench.learner.start()
        bench.settle()
        assert all("{" not in event and "\n" not in event for event in bench.events)
        return bench.events[-1]

    rejected = told(bench.reject)
    assert ("1.200" if english else "۱٫۲۰۰") in rejected and ("1.030" if english else "۱٫۰۳۰") in rejected
    assert ("the base model goes on" if english else "مدل پایه همچنان") in rejected
    published = told(bench.publish)
    for figure in ("1", "3", "2", "2.50", "1.004", "7"):
        shown = figure if english else figure.translate(str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫"))
        assert shown in published
    assert ("version 1 goes on" if english else "نسخهٔ ۱ همچنان") in told(bench.reject)

    def crash(high_water: int) -> Any:
        raise RuntimeError("a defect")

    crashed = told(crash)
    assert "RuntimeError" in crashed and str(tmp_path / "log.txt") in crashed
    assert ("3 new" if english else "۳ نوبت تازه") in bench.events[0]


def test_a_defect_leaves_its_trace_in_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def crash(high_water: int) -> Any:
        raise RuntimeError("a defect")

    bench.act = crash
    fill(bench.journal, 3)
    bench.learner.start()
    bench.settle()
    assert "a defect" in caplog.text and "Traceback" in caplog.text
    assert "سارا" not in caplog.text  # never what was said


def test_settings_changed_in_the_chat_count_at_once(bench: Bench) -> None:
    fill(bench.journal, 2)
    assert not bench.learner.consider()
    bench.learner.settings = replace(bench.learner.settings, every=2)
    assert bench.learner.consider()
    bench.settle()
