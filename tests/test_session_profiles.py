"""Other profiles, other models, damaged versions: the session goes where it can and stays where it must."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from learning_files import FACTS, persona_file
from learning_parts import learning_pass, lessons, load, no_report, schooled_folder
from session_talk import PATIENCE, QUICK, Talk, learn, say

from persian_assistant.config import ModelConfig
from persian_assistant.errors import AssistantError, LockedError, ModelError, UsageError
from persian_assistant.profile import Profile

# Threads load and learn behind these tests, and `warnings.catch_warnings` holds for all threads at once:
# as errors, a library's warnings would strike at random. test_trainer and test_chat are strict about them.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk(tmp_path)
    yield opened
    opened.close()


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
    published = other.run(lessons(), session.journal.last_seq(), QUICK, no_report, threading.Event())
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
