"""The session: talking, learning, going back, switching; with a tiny model and real files."""

from __future__ import annotations

import gc
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from learning_files import FACTS, fill, persona_file
from learning_parts import exchanges, learning_pass, load, no_report, schooled_folder
from tiny_models import SENTENCES

from persian_assistant.config import Config, GenerationConfig, LearningConfig, ModelConfig
from persian_assistant.errors import AssistantError, LearningError, LockedError, ModelError, UsageError
from persian_assistant.journal import Journal
from persian_assistant.profile import Profile
from persian_assistant.session import Session
from persian_assistant.text import normalise, sanitise

# Threads load and learn behind these tests, and `warnings.catch_warnings` holds for all threads at once:
# as errors, a library's warnings would strike at random. test_trainer and test_chat are strict about them.
pytestmark = pytest.mark.filterwarnings("default")
PATIENCE = 120
QUICK = LearningConfig(every=50, learning_rate=1e-3, lora_r=4, num_train_epochs=1)


class Talk:
    """Opens sessions, remembers what they told, closes what a test leaves open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.persona = persona_file(folder)
        self.notices: list[str] = []
        self._open: list[Session] = []

    def config(self, **changes: Any) -> Config:
        base = Config(
            model=ModelConfig(name=str(schooled_folder()), quantization="none", device="cpu"),
            generation=GenerationConfig(max_new_tokens=12, random_seed=1),
            learning=QUICK,
            persona=str(self.persona),
        )
        return replace(base, **changes)

    def open(self, wait: bool = True, **changes: Any) -> Session:
        session = Session.open(self.config(**changes), notice=self.notices.append, ask=None)
        self._open.append(session)
        if wait:
            assert session.ready(PATIENCE)
        return session

    def close(self) -> None:
        for session in self._open:
            session.close()


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk(tmp_path)
    yield opened
    opened.close()


def say(session: Session, text: str, cancel: threading.Event | None = None) -> str:
    return "".join(session.reply(text, cancel or threading.Event()))


def learn(session: Session) -> None:
    session.learn()
    assert session.wait_for_pass(PATIENCE)


@contextmanager
def reopened(path: Path) -> Iterator[Journal]:
    yield Journal.open(path / "journal.jsonl")


def answered_by(session: Session) -> list[int | None]:
    """The versions that answered, as the journal on the disk has them."""
    lines = session.journal.path.read_text(encoding="utf-8").splitlines()
    return [entry["version"] for entry in map(json.loads, lines) if entry["kind"] == "assistant"]


def test_talk_learn_swap_and_go_back(talk: Talk) -> None:
    session = talk.open()
    first = say(session, FACTS[0])
    assert first and session.status().version is None
    with reopened(session.profile.path) as journal:
        (exchange,) = journal.exchanges()
    assert (exchange.user, exchange.assistant, exchange.interrupted) == (FACTS[0], first, False)
    learn(session)
    assert session.status().version == 1
    assert any("نسخهٔ ۱ یاد گرفته شد" in text for text in talk.notices)
    say(session, FACTS[1])
    assert answered_by(session) == [None, 1]
    learn(session)
    assert [version.number for version in session.versions()] == [1, 2]
    assert session.rollback(None) is None
    say(session, "سلام")
    went_back = session.rollback(1)
    assert went_back is not None and went_back.number == 1
    say(session, "سلام")
    session.rollback(2)
    say(session, "سلام")
    assert answered_by(session) == [None, 1, None, 1, 2]
    status = session.status()
    assert (status.version, status.exchanges, status.pending) == (2, 5, 3)
    assert status.trainable_parameters > 0 and status.weights_mb > 0 and status.tokens_per_second > 0
    with pytest.raises(UsageError):
        session.rollback(9)
    assert session.status().version == 2
    session.close()
    again = talk.open()
    assert again.status().version == 2
    assert again.conversation() == [] and len(again.history()) == 5


def test_the_base_answers_as_before_after_going_back(talk: Talk) -> None:
    session = talk.open(generation=GenerationConfig(max_new_tokens=12, do_sample=False))
    alone = say(session, SENTENCES[0])
    session.clear()
    session.set("learning_rate", "0.02")
    fill(session.journal, 4)
    learn(session)
    assert session.status().version == 1, talk.notices
    session.clear()
    learned = say(session, SENTENCES[0])
    session.rollback(None)
    session.clear()
    assert say(session, SENTENCES[0]) == alone
    session.rollback(1)
    session.clear()
    assert say(session, SENTENCES[0]) == learned


def test_words_are_on_disk_before_the_first_token(talk: Talk) -> None:
    session = talk.open()
    pieces = session.reply("  كتاب\u202e\x1b[31m من  ", threading.Event())
    with reopened(session.profile.path) as journal:
        assert [(item.user, item.assistant) for item in journal.exchanges()] == [("کتاب من", None)]
    assert "".join(pieces) == session.conversation()[-1].assistant
    for empty in ("", "  ", "\x1b[31m", "\u200c"):
        with pytest.raises(UsageError):
            session.reply(empty, threading.Event())
    assert len(session.conversation()) == 1


def test_cut_answers_are_kept_and_marked(talk: Talk) -> None:
    session = talk.open(
        generation=GenerationConfig(max_new_tokens=200, repetition_penalty=5.0, random_seed=1)
    )
    cancel = threading.Event()
    shown = []
    for piece in session.reply("داستان بگو", cancel):
        shown.append(piece)
        cancel.set()
    closed = session.reply("باز هم بگو", threading.Event())
    shown_then = next(closed)
    closed.close()  # type: ignore[attr-defined]
    never = session.reply("هیچ", cancel)
    assert list(never) == []
    with reopened(session.profile.path) as journal:
        one, two, three = journal.exchanges()
    assert (one.assistant, one.interrupted) == ("".join(shown).strip(), True)
    assert (two.assistant, two.interrupted) == (shown_then.strip(), True)
    assert three.assistant is None
    assert session.status().pending == 0
    with pytest.raises(LearningError) as told:
        session.learn()
    assert told.value.key == "learning.nothing_new"


def test_regenerate_undo_clear_history(talk: Talk) -> None:
    session = talk.open()
    with pytest.raises(UsageError):
        session.regenerate(threading.Event())
    assert session.undo() is None
    session.set("random_seed", "-")
    first = say(session, FACTS[0])
    # as the journal keeps them: a random answer may end in a loose half space
    others = {normalise(sanitise("".join(session.regenerate(threading.Event())))).strip() for _ in range(4)}
    assert len({first, *others}) > 1
    (turn,) = session.conversation()
    assert turn.user == FACTS[0] and turn.assistant in others
    say(session, FACTS[1])
    gone = session.undo()
    assert gone is not None and gone.user == FACTS[1]
    assert [item.user for item in session.history()] == [FACTS[0]]
    assert session.status().pending == 1
    session.clear()
    assert session.conversation() == [] and session.undo() is None
    assert len(session.history()) == 1 and session.history(0) == []
    with pytest.raises(UsageError):
        session.regenerate(threading.Event())


def test_the_persona_comes_first_and_the_oldest_turns_go(talk: Talk) -> None:
    session = talk.open(generation=GenerationConfig(max_new_tokens=40))
    for at in range(30):
        seq = session.journal.append_user(f"پرسش شمارهٔ {at}")
        session.journal.append_assistant(seq, SENTENCES[at % 12])
    unanswered = session.journal.append_user("بی‌پاسخ")
    seq = session.journal.append_user("پرسش آخر")
    engine = session._serving.engine  # type: ignore[union-attr]
    messages = session._messages(seq)
    assert messages[0].role == "system" and messages[-1].content == "پرسش آخر"
    assert not any(message.content == "بی‌پاسخ" for message in messages), unanswered
    ids = engine.template.prompt_ids(messages, 40, engine.context_length)
    text = engine.tokenizer.decode(ids)
    assert len(ids) + 40 <= engine.context_length == 256
    assert text.startswith("<|system|>تو دستیاری.")
    assert text.endswith("<|user|>پرسش آخر<|end|><|assistant|>")
    assert "شمارهٔ 29" in text and "شمارهٔ 0" not in text
    assert list(session.reply("باز هم", threading.Event())) != []


def test_a_pass_begins_by_itself_and_answers_go_on(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, every=3, num_train_epochs=40))
    for fact in FACTS[:3]:
        assert not session.pass_state.running
        say(session, fact)
    assert session.status().pass_running
    session.set("every", "50")
    steps: set[float] = set()
    while session.pass_state.running and len(steps) < 4:
        for _ in session.reply("سلام", threading.Event()):
            if (state := session.pass_state).phase == "train":
                steps.add(state.progress)
                assert state.loss and state.seconds_left is not None
    assert len(steps) == 4, "tokens were to come between the steps of training"
    with pytest.raises(LearningError) as told:
        session.rollback(None)
    assert told.value.key == "learning.running"
    assert session.cancel_pass()
    assert session.wait_for_pass(PATIENCE)
    assert not session.cancel_pass()
    assert any("متوقف شد" in text for text in talk.notices)
    assert session.versions() == []
    say(session, "سلام")  # the chat goes on, and no pass begins again at once
    assert not session.pass_state.running


def test_leaving_in_the_middle_runs_the_pass_again(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, every=2, num_train_epochs=100))
    say(session, FACTS[0])
    say(session, FACTS[1])
    assert session.status().pass_running
    session.close()
    assert not session.wait_for_pass(0) or not session.pass_state.running
    session = talk.open(wait=False)
    assert session.ready(PATIENCE)
    assert session.wait_for_pass(PATIENCE)
    assert any("نیمه‌کاره" in text for text in talk.notices)
    assert session.status().version == 1


def test_no_learn_learns_nothing(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, every=1, enabled=False))
    say(session, FACTS[0])
    assert session.status().pending == 1 and not session.status().learning_enabled
    with pytest.raises(LearningError) as told:
        session.learn()
    assert told.value.key == "learning.disabled"
    assert session.journal.passes() == []


def test_save_writes_a_private_file_and_overwrites_nothing(talk: Talk, tmp_path: Path) -> None:
    session = talk.open()
    with pytest.raises(UsageError):
        session.save()
    answer = say(session, FACTS[0])
    path = session.save()
    assert path.parent == session.profile.path / "conversations"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert FACTS[0] in text and answer in text and session.profile.persona.title in text
    own = tmp_path / "mine.md"
    assert session.save(own) == own
    own.write_text("my own words")
    with pytest.raises(UsageError, match=r"mine\.md"):
        session.save(own)
    assert own.read_text() == "my own words"
    with pytest.raises(AssistantError, match="nowhere"):
        session.save(tmp_path / "nowhere" / "x.md")


def test_settings(talk: Talk) -> None:
    session = talk.open(wait=False)
    assert session.set("temperature", "۰٫۵") == "0.5"
    assert session.set("every", "۳") == "3"
    assert session.set("do_sample", "off") == "false"
    assert session.set("random_seed", "-") == "-"
    assert session.config.generation.temperature == 0.5
    assert session.status().every == session.status().turns_until_pass == 3
    assert session.settings()["num_train_epochs"] == 1
    for name, value in (("warmth", "1"), ("temperature", "x"), ("every", "0"), ("enabled", "1")):
        with pytest.raises(UsageError):
            session.set(name, value)


def test_one_profile_one_session(talk: Talk) -> None:
    session = talk.open(wait=False)
    with pytest.raises(LockedError):
        talk.open()
    session.close()
    talk.open()


def test_before_the_model_serves(talk: Talk) -> None:
    session = talk.open(wait=False)
    assert session.loading.text and not session.loading.done
    for refused in (session.learn, session.rollback):
        with pytest.raises(LearningError) as told:
            refused()
        assert told.value.key == "learning.not_loaded"
    assert say(session, FACTS[0])  # waits by itself
    assert session.loading.done and session.loading.text == ""


def test_closed_while_loading_begins_no_pass(talk: Talk) -> None:
    session = talk.open()
    fill(session.journal, 3)
    session.journal.append_pass("started", high_water=session.journal.last_seq())
    session.close()
    other = talk.open(wait=False)
    other.close()
    assert not any(thread.name in ("model-loader", "learning-pass") for thread in threading.enumerate())
    assert [record.outcome for record in other.journal.passes()] == ["started"]


def test_switching_the_persona_and_back(talk: Talk, tmp_path: Path) -> None:
    session = talk.open()
    events: list[str] = []
    session.on_event = events.append
    say(session, FACTS[0])
    first = session.profile
    session.switch(persona=str(persona_file(tmp_path, "other", system="تو شاعری.")))
    assert session.profile.name != first.name and session.profile.persona.system == "تو شاعری."
    assert session.conversation() == [] and session.ready()
    say(session, FACTS[1])
    learn(session)
    assert any("یاد گرفته شد" in text for text in events)
    Profile.open(first.path.parent.parent, first.name).lock().release()  # free again
    with pytest.raises(LockedError):
        Profile.open(first.path.parent.parent, session.profile.name).lock()
    session.switch(persona=str(talk.persona))
    assert session.profile.name == first.name
    assert [item.user for item in session.history()] == [FACTS[0]]
    before = session.profile
    session.switch(persona=str(talk.persona))  # where it is already
    assert session.profile == before and say(session, "سلام")


def test_a_switch_that_fails_stays_where_it_was(talk: Talk, tmp_path: Path) -> None:
    session = talk.open()
    say(session, FACTS[0])
    broken = tmp_path / "broken"
    shutil.copytree(schooled_folder(), broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    before = session.profile
    for wrong, error in (
        ({"persona": "nobody"}, UsageError),
        ({"model": str(tmp_path / "nowhere")}, AssistantError),
        ({"model": str(broken)}, ModelError),
    ):
        with pytest.raises(error):
            session.switch(**wrong)  # type: ignore[arg-type]
        assert session.profile == before
        assert say(session, "سلام")
    with pytest.raises(LockedError):
        talk.open()
    for name in (path.name for path in before.path.parent.iterdir() if path != before.path):
        Profile.open(before.path.parent.parent, name).lock().release()


def test_a_model_that_cannot_be_loaded_is_told(talk: Talk, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(schooled_folder(), broken)
    (broken / "tokenizer.json").write_text("{}")
    session = talk.open(wait=False, model=ModelConfig(name=str(broken), quantization="none"))
    with pytest.raises(ModelError, match="tokenizer"):
        session.ready(PATIENCE)
    with pytest.raises(ModelError):
        say(session, FACTS[0])
    assert [item.user for item in session.history()] == [FACTS[0]]  # and yet nothing said is lost


def test_a_version_that_does_not_load_is_left_out(talk: Talk) -> None:
    session = talk.open()
    say(session, FACTS[0])
    learn(session)
    path = session.versions()[0].path / "adapter_model.safetensors"
    session.close()
    path.write_bytes(path.read_bytes()[:-50])
    talk.notices.clear()
    session = talk.open()
    assert session.status().version is None
    assert len(talk.notices) == 1
    assert say(session, FACTS[1])
    learn(session)
    assert session.status().version == 2


def test_a_version_of_another_base_is_not_gone_to(talk: Talk) -> None:
    session = talk.open()
    say(session, FACTS[0])
    learn(session)
    other = learning_pass(load("gpt2", "plain"), session.profile.path)
    published = other.run(exchanges(), session.journal.last_seq(), QUICK, no_report, threading.Event())
    assert published.version is not None
    session.rollback(1)
    with pytest.raises(ModelError):
        session.rollback(published.version.number)
    assert session.status().version == 1
    serving = session.store.current()
    assert serving is not None and serving.number == 1
    assert say(session, FACTS[1])


def test_a_new_model_under_the_old_name_begins_a_new_profile(talk: Talk, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(schooled_folder(), folder)
    model = ModelConfig(name=str(folder), quantization="none")
    session = talk.open(model=model)
    say(session, FACTS[0])
    before = session.profile
    session.close()
    generation = folder / "model.safetensors"
    data = bytearray(generation.read_bytes())
    data[-3] ^= 1
    generation.write_bytes(bytes(data))
    session = talk.open(model=model)
    assert session.profile.name != before.name
    assert any(before.name in text for text in talk.notices)
    assert session.history() == []
    session.close()
    assert talk.open(model=model).profile == session.profile
    with pytest.raises(UsageError, match=before.name):
        talk.open(model=model, profile=before.name)


def test_the_file_changed_from_outside_is_told_once(talk: Talk) -> None:
    session = talk.open()
    say(session, FACTS[0])
    line = session.journal.path.read_text(encoding="utf-8").splitlines()[0]
    session.journal.path.write_text(line + "\n", encoding="utf-8")
    say(session, FACTS[1])
    say(session, FACTS[2])
    assert sum("journal.jsonl" in text for text in talk.notices) == 1


@pytest.mark.slow
def test_fifty_passes_do_not_grow_memory(talk: Talk) -> None:
    session = talk.open(learning=replace(QUICK, seed_share=0.0, general_share=0.0, keep_versions=3))

    def held() -> tuple[int, int, float]:
        gc.collect()
        tensors = [one for one in gc.get_objects() if issubclass(type(one), torch.Tensor)]
        return len(tensors), threading.active_count(), psutil.Process().memory_info().rss / 2**20

    figures = []
    for turn in range(50):
        say(session, FACTS[turn % len(FACTS)])
        session.clear()
        learn(session)
        figures.append(held())
    assert session.status().version == 50
    assert [version.number for version in session.versions()] == [48, 49, 50]
    print("tensors, threads, MB:", figures[9], figures[29], figures[49])
    assert figures[49][:2] == figures[9][:2]
    assert figures[49][2] < figures[9][2] + 30
