"""The service on a tiny model: cycles, sleep and waking, chats in between, kills, what is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from learning_files import persona_file
from learning_parts import load
from tiny_models import SENTENCES

from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, LockedError
from persian_assistant.facts.store import FactStore
from persian_assistant.gate import Verdict
from persian_assistant.journal import Journal
from persian_assistant.learner import Learner
from persian_assistant.learning_pass import PassOutcome
from persian_assistant.model import LoadedModel
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.selftraining import cycle as cycles
from persian_assistant.selftraining import service as services
from persian_assistant.selftraining.filters import REASONS, Bands
from persian_assistant.selftraining.service import SelfTraining, is_running
from persian_assistant.selftraining.settings import SelfTrainConfig
from persian_assistant.selftraining.status import read_status
from persian_assistant.serving import Serving
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import SMALL_RATE
from persian_assistant.versions import VersionStore

SETTINGS = SelfTrainConfig(samples=12, epochs=1, interval=0, cycles=1, most_tokens=1000, temperature=0.3)
LEARNING = LearningConfig(learning_rate=1e-3, lora_r=4, batch_size=4, gate=False)
QUESTIONS = [
    f"یک جملهٔ {word} بگو."
    for word in ["کوتاه", "بلند", "شاد", "تلخ", "تازه", "کهنه", "ساده", "زیبا", "خنده\u200cدار", "عجیب"]
]


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load("schooled")


@pytest.fixture(autouse=True)
def wide_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of 60,000 parameters says nothing a person might: bands have tests of their own."""
    monkeypatch.setattr(Bands, "of", lambda answers, losses: Bands((0.0, 99.0), (1, 99), 0.0))


class Bench:
    """A profile in a folder, services on it, and what they told."""

    def __init__(self, folder: Path, loaded: LoadedModel) -> None:
        self.persona = Persona.load(str(persona_file(folder)))
        self.profile = Profile.open(folder / "home", "tiny", create={"base_model": "tiny"})
        self.loaded, self.loads = loaded, 0
        self.told: list[str] = []
        self.stop = threading.Event()
        self.on_wait: Callable[[float], object] = lambda seconds: None

    def load(self) -> Serving:
        self.loads += 1
        template = ChatTemplate.for_model(self.loaded.tokenizer)
        serving = Serving(self.loaded, template, self.persona, self.store())
        work = serving.learning_pass()
        work.material = replace(
            work.material, general_texts=SENTENCES[:8], heldout_texts=SENTENCES[8:]
        )  # in words the model knows
        return serving

    def service(self, learning: LearningConfig = LEARNING, **changes: Any) -> SelfTraining:
        return SelfTraining(
            self.profile,
            self.load,
            replace(SETTINGS, **changes),
            learning,
            self.stop,
            tell=lambda key, **values: self.told.append(key.removeprefix("selftrain.")),
            wait=lambda seconds: self.on_wait(seconds),
        )

    def store(self) -> VersionStore:
        return VersionStore(self.profile.path)

    def journal(self) -> Journal:
        return Journal.open(self.profile.journal_path)

    def say(self, *texts: str) -> None:
        with self.profile.lock():
            journal = self.journal()
            for text in texts:
                journal.append_assistant(journal.append_user(text), "باشد.")


@pytest.fixture
def bench(tmp_path: Path, loaded: LoadedModel) -> Bench:
    return Bench(tmp_path, loaded)


def counts_of(bench: Bench, number: int) -> dict[str, Any]:
    version = next(one for one in bench.store().list() if one.number == number)
    return dict(version.config["counts"])


def test_two_cycles_end_to_end(bench: Bench) -> None:
    bench.say(*QUESTIONS)
    seen: list[str] = []
    service = bench.service(cycles=2)
    service.show = lambda phase, share: seen.append(phase)
    assert service.run() == 2
    assert list(dict.fromkeys(seen)) == ["prepare", "generate", "train", "measure", "publish"]
    assert bench.told == ["begun", "generated", "cycle_ended"] * 2
    status = read_status(service.folder)
    assert status is not None and status == service.status
    assert (status.cycle, status.step, status.phase, status.sleeping) == (2, "", "stopped", "")
    found = service.samples.read()
    assert status.samples == len(found) > 3
    assert {one.cycle for one in found} == {1, 2}
    assert {(one.depth, one.version, one.high_water) for one in found} == {(1, None, 0)}
    assert any(one.seq is not None for one in found) and all(one.loss > 0 for one in found)
    assert status.totals["generated"] == status.totals["kept"] + sum(
        value for name, value in status.totals.items() if name in REASONS
    )
    assert status.totals["kept"] == len(found) and status.totals["published"] == 2
    # both start from the base, and the second is trained on the samples of both
    versions = bench.store().list()
    assert [(one.number, one.parent, one.high_water) for one in versions] == [(1, None, 0), (2, None, 0)]
    assert versions[0].config["learning_rate"] == versions[1].config["learning_rate"] == SMALL_RATE[1]
    first, second = counts_of(bench, 1), counts_of(bench, 2)
    assert (first["cycle"], second["cycle"], second["depth"]) == (1, 2, 1)
    assert first["generated"] >= 1 and second["generated_tokens"] <= 0.3 * second["tokens"]
    assert bench.loads == 1 and not is_running(bench.profile)
    assert bench.journal().passes() == []


def test_what_the_chat_has_to_learn_is_still_its_to_learn(bench: Bench) -> None:
    bench.say("یک قناری دارم که اسمش نغمه است.", *QUESTIONS)
    bench.service().run()
    journal = bench.journal()
    facts = FactStore(journal)
    facts.catch_up()
    learner = Learner(
        journal,
        bench.store(),
        LEARNING,
        lambda *_: None,
        lambda _: None,
        lambda _: None,
        Path(),
        facts,  # type: ignore[arg-type, return-value]
    )
    assert bench.store().newest() is not None
    assert len(learner.pending()) == 1 + len(QUESTIONS)
    assert [fact.value for fact in learner.lessons().new_facts] == ["نغمه"]


def test_the_cap_holds(bench: Bench) -> None:
    bench.say(*QUESTIONS)
    service = bench.service(cycles=2, cap=3)
    service.run()
    found = service.samples.read()
    assert len(found) == 3 == service.status.samples
    assert {one.cycle for one in found} == {2}
    assert service.status.totals["evicted"] == service.status.totals["kept"] - 3
    assert counts_of(bench, 2)["seed_examples"] > 0


# --- sleeping and waking


def refusing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No cycle's version is good enough; the cycles that tried."""
    tried: list[int] = []

    def train(self: Any, profile: Any, cycle: int, learning: Any) -> PassOutcome:
        tried.append(cycle)
        return PassOutcome(None, Verdict(False, "learning.gate_perplexity"), {}, {}, 1.0)

    monkeypatch.setattr(cycles.Worker, "train", train)
    monkeypatch.setattr(cycles.Worker, "generate", lambda *_: None)
    return tried


def test_three_rejections_and_it_sleeps_until_people_write(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = refusing(monkeypatch)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        assert len(waits) < 50
        status = read_status(bench.profile.path / "selftrain")
        assert status is not None
        if status.phase != "sleeping":
            bench.say(f"جملهٔ شمارهٔ {len(waits)}")  # so that it is not for want of news
            return
        assert (status.sleeping, status.next_wake) == ("selftrain.sleep_rejected", None)
        if len(tried) > 3:
            bench.stop.set()
        elif waits.count(services.POLL) == 3:
            bench.say("سلام دوباره")

    bench.on_wait = wait
    with pytest.raises(Cancelled):
        bench.service(cycles=None, interval=7.0).run()
    assert tried == [1, 2, 3, 4, 5, 6]  # three more tries once people wrote
    assert bench.told.count("sleep_rejected") == 2 and bench.told.count("woken") == 1
    assert waits[:2] == [7.0, 7.0]
    assert bench.loads == 2  # the model is let go in between


def test_three_cycles_without_news_and_it_sleeps(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch)
    monkeypatch.setattr(services, "MOST_REJECTIONS", 100)
    service = bench.service(cycles=10)
    assert service.run() == 4  # the first one met people's seed examples for the first time
    assert service.status.sleeping == "selftrain.sleep_no_news" and bench.told[-1] == "sleep_no_news"
    assert bench.service(cycles=10).run() == 0  # a new start does not wake it
    assert bench.service(cycles=2).run(wake=True) == 2
    bench.say("سلام")
    assert bench.service(cycles=2).run() == 2
    assert read_status(service.folder).without_news == 1  # type: ignore[union-attr]


def test_what_the_program_itself_writes_is_no_news(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch)
    service = bench.service(cycles=3)
    service.run()
    assert service.status.sleeping
    with bench.profile.lock():
        bench.journal().append_pass("started", high_water=0)
        bench.journal().append("clear")
    assert bench.service(cycles=1).run() == 0
    with bench.profile.lock():
        FactStore(bench.journal()).teach("پایتخت؟", "تهران")
    assert bench.service(cycles=1).run() == 1


# --- others on the profile


def test_a_chat_goes_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = refusing(monkeypatch)
    chat = bench.profile.lock()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        assert tried == [] and read_status(bench.profile.path / "selftrain").phase == "locked"  # type: ignore[union-attr]
        if len(waits) == 2:
            chat.release()

    bench.on_wait = wait
    assert bench.service().run() == 1
    assert waits == [services.POLL] * 2
    assert bench.told.count("locked") == 1 and tried == [1]


def test_the_profile_is_held_in_a_cycle_and_free_between(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch)
    service = bench.service(cycles=2, interval=60)
    inside: list[bool] = []

    def look(phase: str, share: float) -> None:
        if service.status.cycle:
            inside.append(is_free(bench))

    def wait(seconds: float) -> None:
        assert is_free(bench)
        with pytest.raises(LockedError):
            bench.service().run()  # a second service is told at once
        assert is_running(bench.profile)

    service.show = look
    service.tell = lambda key, **values: inside.append(is_free(bench)) if key == "selftrain.begun" else None
    bench.on_wait = wait
    service.run()
    assert inside and not any(inside)


def is_free(bench: Bench) -> bool:
    try:
        bench.profile.lock().release()
    except LockedError:
        return False
    return True


# --- cut off


def test_stopped_while_asking_the_samples_stay_and_the_rest_is_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.say(*QUESTIONS)
    monkeypatch.setattr(cycles, "BLOCK", 3)
    service = bench.service(samples=9)
    service.show = lambda phase, share: bench.stop.set() if phase == "generate" and share > 0.5 else None
    with pytest.raises(Cancelled):
        service.run()
    kept = service.samples.read()
    assert service.status.counts["generated"] == 6 and len(kept) == service.status.counts["kept"] > 0
    assert (service.status.cycle, service.status.step, service.status.phase) == (1, "generate", "stopped")
    assert bench.store().list() == []
    bench.stop.clear()
    again = bench.service(samples=9)
    assert again.run() == 1
    assert "resumed" in bench.told and again.status.counts["generated"] == 9
    assert again.samples.read()[: len(kept)] == kept
    assert (again.status.cycle, again.status.totals["cycles"], again.status.totals["generated"]) == (1, 1, 9)


@pytest.mark.parametrize("phase", ["train", "measure"])
def test_stopped_in_training_it_trains_again(bench: Bench, phase: str) -> None:
    bench.say(*QUESTIONS)
    service = bench.service()
    service.show = lambda at, share: bench.stop.set() if at == phase else None
    with pytest.raises(Cancelled):
        service.run()
    assert (service.status.step, service.status.totals["generated"]) == ("train", 12)
    assert bench.store().list() == [] and not list(bench.profile.path.rglob(".tmp-*"))
    bench.stop.clear()
    again = bench.service()
    again.run()
    assert again.status.totals["generated"] == service.status.totals["generated"]
    assert again.status.totals["published"] == 1 and len(bench.store().list()) == 1


def test_published_and_killed_it_does_not_train_twice(bench: Bench) -> None:
    bench.say(*QUESTIONS)
    service = bench.service()
    service.run()
    service._update(step="train")  # as a kill right after the publishing leaves it
    again = bench.service()
    again.run()
    assert len(bench.store().list()) == 1
    assert (again.status.cycle, again.status.step, again.status.last["version"]) == (1, "", 1)


# --- what is forgotten


def test_samples_go_with_what_is_forgotten(bench: Bench) -> None:
    bench.say(*QUESTIONS)
    service = bench.service(samples=30)
    service.run()
    from_journal = [one for one in service.samples.read() if one.seq is not None]
    gone = from_journal[0].seq
    with bench.profile.lock():
        journal = bench.journal()
        facts = FactStore(journal)
        facts.forget([], [one for one in journal.exchanges() if one.seq == gone])
    # a sample of a version that had seen the turn goes, too; one that came after its end stays
    seeded = replace(from_journal[0], seq=None)
    service.samples.append([replace(seeded, version=9, high_water=gone or 0)])
    service.samples.append([replace(seeded, version=10, high_water=journal.last_seq())])
    service.run()
    left = service.samples.read()
    assert gone not in {sample.seq for sample in left}
    assert {sample.version for sample in left} == {None, 10}
    assert service.status.totals["forgotten"] == 1 + sum(sample.seq == gone for sample in from_journal)


def test_the_schooled_model_is_not_changed(bench: Bench) -> None:
    from learning_parts import parameters_of

    before = parameters_of(bench.loaded.model)
    bench.say(*QUESTIONS, *SENTENCES[:2])
    bench.service().run()
    after = parameters_of(bench.loaded.model)
    assert (
        all(bool((after[name] == one).all()) for name, one in before.items())
        and before.keys() == after.keys()
    )
