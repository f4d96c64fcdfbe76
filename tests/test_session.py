"""The session: talking, learning, going back; with a tiny model and real files."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from learning_files import FACTS, fill
from session_talk import PATIENCE, QUICK, Talk, answered_by, learn, reopened, say
from tiny_models import SENTENCES

from persian_assistant import learning_pass
from persian_assistant.calendar_fa import day
from persian_assistant.config import GenerationConfig
from persian_assistant.errors import AssistantError, LearningError, LockedError, UsageError
from persian_assistant.session import Session
from persian_assistant.text import normalise, sanitise

# Threads load and learn behind these tests, and `warnings.catch_warnings` holds for all threads at once:
# as errors, a library's warnings would strike at random. test_trainer and test_chat are strict about them.
pytestmark = pytest.mark.filterwarnings("default")
SMALL_TALK = "امروز هوا خوب است."


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk(tmp_path)
    yield opened
    opened.close()


def rolled_back(session: Session) -> list[int | None]:
    """Where each /rollback went, as the journal on the disk has it."""
    lines = session.journal.path.read_text(encoding="utf-8").splitlines()
    return [entry["version"] for entry in map(json.loads, lines) if entry["kind"] == "rollback"]


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
    assert rolled_back(session) == [None, 1, 2]
    status = session.status()
    assert (status.version, status.exchanges, status.pending) == (2, 5, 3)
    assert status.trainable_parameters > 0 and status.weights_mb > 0 and status.tokens_per_second > 0
    with pytest.raises(UsageError) as refused:
        session.rollback(9)
    assert "نسخهٔ ۹ نیست" in str(refused.value) and "۱، ۲" in str(refused.value)
    assert rolled_back(session) == [None, 1, 2]
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
    first = say(session, SMALL_TALK)
    # as the journal keeps them: a random answer may end in a loose half space
    others = {normalise(sanitise("".join(session.regenerate(threading.Event())))).strip() for _ in range(4)}
    assert len({first, *others}) > 1
    (turn,) = session.conversation()
    assert turn.user == SMALL_TALK and turn.assistant in others
    say(session, FACTS[0])
    gone = session.undo()
    assert gone is not None and gone.user == FACTS[0]
    assert [item.user for item in session.history()] == [SMALL_TALK]
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


def test_a_pass_begins_by_itself_and_answers_go_on(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    train = learning_pass.train_adapter

    def unhurried(*given: Any, report: Any, **settings: Any) -> Any:
        """A pass as long as those of a real model: a tiny one's may be over between two tokens."""
        return train(*given, report=lambda now: (report(now), time.sleep(0.1)), **settings)

    monkeypatch.setattr(learning_pass, "train_adapter", unhurried)
    session = talk.open(learning=replace(QUICK, every=3, num_train_epochs=4, batch_size=1))
    for fact in FACTS[:3]:
        assert not session.pass_state.running
        say(session, fact)
    assert session.status().pass_running
    session.set("every", "100000")  # no other one begins, however often is answered
    while session.pass_state.running and session.pass_state.phase != "train":
        time.sleep(0.05)
    steps: set[float] = set()
    while session.pass_state.running and len(steps) < 2:
        for _ in session.reply("سلام", threading.Event()):
            if (state := session.pass_state).phase == "train":
                steps.add(state.progress)
                assert state.loss and state.seconds_left is not None
    assert len(steps) >= 2, "tokens were to come between the steps of training"
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
    assert session.status().pending == 0 and not session.status().learning_enabled
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
    assert text.splitlines()[2] == f"*{day(session.conversation()[0].time)}*"
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
