"""The remembrance role in real sessions: distress, pause, farewell, and what it is left out of."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from learning_files import persona_file
from remembrance_parts import AGREED, DISTRESS, LABEL, OUTSIDE, Keyboard, RoleTalk, chat_of
from session_talk import reopened, say
from tiny_models import SENTENCES

from persian_assistant import remembrance, wording
from persian_assistant.calendar_fa import day
from persian_assistant.config import home
from persian_assistant.errors import Cancelled, DiskError, UsageError
from persian_assistant.journal import Journal
from persian_assistant.persona import Persona
from persian_assistant.profile import list_profiles
from persian_assistant.push import bundle_of
from persian_assistant.remembrance_consent import Consent
from persian_assistant.terminal.remembrance_actions import prompt_text
from persian_assistant.terminal.start import start_screen
from persian_assistant.wording import say as sentence

# A session loads its model in a thread of its own, see test_session.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[RoleTalk]:
    opened = RoleTalk(tmp_path)
    yield opened
    opened.close()


# --- distress ---------------------------------------------------------------------------------------


def test_distress_ends_the_role_and_shows_help(talk: RoleTalk, capsys: pytest.CaptureFixture[str]) -> None:
    session = talk.role(*AGREED)
    chat = chat_of(session)
    chat.handle("سلام بابا، خوبی؟")
    chat.handle(DISTRESS)
    chat.handle("ممنون")
    first, caring, still = capsys.readouterr().out.splitlines()
    assert first.startswith(LABEL) and caring.startswith(OUTSIDE) and still.startswith(OUTSIDE)
    for shown in (caring, still):
        assert "۱۲۳" in shown and "۱۴۸۰" in shown and "findahelpline.com" in shown
    assert caring != still
    assert prompt_text(session).startswith(OUTSIDE)
    again = "".join(session.regenerate(threading.Event()))
    assert again.startswith(sentence("remembrance.caring_still_2", lines="@").partition("@")[0][:40])
    chat.handle("/resume")
    assert "در این گفت‌وگو" in capsys.readouterr().err
    with reopened(session.profile.path) as journal:
        turns = journal.exchanges()
    assert [turn.rating for turn in turns] == [None, "bad", "bad"]  # none of it trains
    assert [one.text for one in session.lessons() if one.included] == ["سلام بابا، خوبی؟"]
    session.close()
    later = talk.role()
    assert later.role is not None and later.role.label() == "بیرون از نقش"
    assert "سلام عزیزم" not in "".join(start_screen(later, 80))  # nobody greets in the role
    messages = later._messages(later.journal.append_user("چه خبر؟"))
    assert messages[0].content == Persona.load("assistant").system
    say(later, "هوا چطور است؟")  # the plain assistant answers
    later.resume_role()
    assert later.role.label() == "شبیه‌سازی"
    heard = [message.content for message in later._messages(later.journal.append_user("بابا سلام"))]
    assert start_screen(later, 80)[-2].startswith(f"{LABEL} سلام")
    assert "نامش علی بود" in heard[0] and not any(DISTRESS in text for text in heard)
    later.close()
    assert list(talk.role()._knowledge.facts.live()) == []


def test_help_needs_neither_model_nor_a_disk_that_takes_the_pause(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk.role(*AGREED, wait=False)
    monkeypatch.setattr(session, "_wait", lambda cancel: pytest.fail("the model was waited for"))

    def full(*_: object) -> None:
        raise DiskError("disk.full", path="x")

    monkeypatch.setattr(Consent, "write", full)
    assert "۱۲۳" in say(session, DISTRESS)
    assert session.role is not None and session.role.label() == "بیرون از نقش"


def test_elsewhere_one_line_of_help_is_shown_once_and_the_talk_goes_on(talk: RoleTalk) -> None:
    session = talk.open()
    events: list[str] = []
    session.on_event = events.append
    say(session, "از خنده مردم")
    say(session, "دارم میام پیشت")
    assert events == []
    answer = say(session, DISTRESS)
    assert session.conversation()[-1].assistant == answer
    say(session, DISTRESS)
    assert len(events) == 1 and "۱۲۳" in events[0]
    session.clear()
    say(session, DISTRESS)
    assert len(events) == 2
    session.clear()
    facts: list[str] = []
    session.on_fact = facts.append
    say(session, "می‌خوام خودمو بکشم")
    assert facts == [] and len(events) == 3  # and nothing of it is learned
    assert [turn.user for turn in session.conversation() if turn.rating != "bad"] == []
    "".join(session.regenerate(threading.Event()))
    assert session.conversation()[-1].rating == "bad"
    session.close()
    later = talk.open()
    later._knowledge.warm()
    assert list(later.facts.all()) == []


def test_another_persona_in_between_does_not_take_the_role_up_again(talk: RoleTalk) -> None:
    session = talk.role(*AGREED)
    say(session, DISTRESS)
    session.switch(persona="assistant")
    session.switch(persona="remembrance")
    with pytest.raises(UsageError) as told:
        session.resume_role()
    assert told.value.key == "remembrance.not_yet"
    assert "۱۲۳" in say(session, "سلام")


def test_the_user_s_own_help_lines_go_first() -> None:
    own = home() / "help_lines.toml"
    own.parent.mkdir(parents=True)
    own.write_text(
        'checked = "۱ مهر"\nelsewhere = "دوستم سارا"\n[[lines]]\nname = "خط\\u001b[31m من"\nnumber = "۹۹۹"\n',
        encoding="utf-8",
    )
    assert remembrance.help_lines() == "خط من ۹۹۹. دوستم سارا. (شماره‌ها: ۱ مهر)"
    for damaged in ("not toml", "lines = 3", "lines = []", "[[lines]]\n"):
        own.write_text(damaged, encoding="utf-8")
        assert "۱۲۳" in remembrance.help_lines()
    own.unlink()
    wording.set_language("en")
    assert "Ambulance (Iran) ۱۱۵" in remembrance.help_lines()
    assert "not checked yet" in remembrance.help_lines()


# --- pause, farewell, and what it is left out of ----------------------------------------------------


def test_pause_and_resume(talk: RoleTalk, capsys: pytest.CaptureFixture[str]) -> None:
    session = talk.role(*AGREED)
    chat = chat_of(session)
    for line in ("/resume", "سلام بابا", "/pause", "/pause", SENTENCES[0], "/resume", "خوبی؟"):
        chat.handle(line)
    shown = capsys.readouterr()
    labels = [line.partition("]")[0] + "]" for line in shown.out.splitlines()]
    assert labels == [LABEL, OUTSIDE, LABEL]
    assert shown.err.count("خطا") == 2  # nothing to resume, paused already
    assert session.role is not None
    pause = session.role.consent.pauses[0]
    assert pause.by == "user" and pause.end is not None
    heard = [message.content for message in session._messages(session.journal.last_seq() + 1)]
    assert "سلام بابا" in heard and SENTENCES[0] not in heard
    chat.handle("/pause now")
    assert chat.exit_code == 2


def test_farewell_writes_everything_then_deletes_everything(
    talk: RoleTalk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = talk.role(*AGREED)
    say(session, "سلام بابا")
    session.clear()
    folder, target = session.profile.path, tmp_path / "با او.md"
    (folder / "history").write_text("+سلام", encoding="utf-8")
    unsure = chat_of(session, Keyboard(yes=False), piped=False)
    unsure.handle(f"/farewell {folder / 'inside.md'}")
    unsure.handle(f"/farewell {target}")
    assert folder.is_dir() and not unsure.leaving and "سلام بابا" in target.read_text("utf-8")
    assert not (folder / "inside.md").exists()
    sure = chat_of(session, Keyboard(), piped=False)
    sure.handle(f"/farewell {target}")  # is not written over
    assert folder.is_dir() and not sure.leaving
    sure.handle("/farewell")
    assert sure.leaving and not folder.exists() and list_profiles(home()) == []
    sure.end()
    told = capsys.readouterr().err
    assert sentence("remembrance.farewell") in told
    (exported,) = (home() / "farewells").iterdir()
    page = exported.read_text("utf-8")
    assert page.startswith(f"# {session.speaker()}\n") and LABEL in page
    assert f"*{day(time.time())}*" in page and "۱۴" in page
    if os.name == "posix":
        assert exported.stat().st_mode & 0o777 == 0o600
    others = [path for path in home().rglob("*") if path.is_file() and path != exported]
    assert not any("سلام بابا" in path.read_text("utf-8", "replace") for path in others)
    assert talk.role(*AGREED, wait=False).history() == []  # a new beginning asks for consent


def test_through_a_pipe_farewell_wants_yes(talk: RoleTalk, capsys: pytest.CaptureFixture[str]) -> None:
    session = talk.role(*AGREED, wait=False)
    chat = chat_of(session)
    chat.handle("/farewell")
    assert "--yes" in capsys.readouterr().err and session.profile.path.is_dir()
    chat.handle("/farewell --yes")
    assert chat.leaving and not session.profile.path.exists()


def test_killed_in_the_middle_of_the_farewell_the_rest_goes_at_the_next_start(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk.role(*AGREED, wait=False)
    session.journal.append_user("راز من")
    with monkeypatch.context() as killed:
        killed.setattr(remembrance.shutil, "rmtree", lambda *a, **k: os._exit)
        session.erase()
    (left,) = home().glob(".tmp-farewell-*")
    assert "راز من" in (left / "journal.jsonl").read_text("utf-8") and list_profiles(home()) == []
    talk.open(wait=False)
    assert not left.exists()


def test_a_folder_that_cannot_go_stays_whole(talk: RoleTalk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = talk.role(*AGREED, wait=False)
    session.journal.append_user("راز من")

    def refused(*_: object) -> None:
        raise PermissionError(13, "denied")

    with monkeypatch.context() as guarded, pytest.raises(DiskError):
        guarded.setattr(Path, "rename", refused)
        session.erase()
    assert [turn.user for turn in Journal.open(session.journal.path).exchanges()] == ["راز من"]
    session.erase()
    assert not session.profile.path.exists()


def test_it_is_never_pushed_under_any_name(talk: RoleTalk, tmp_path: Path) -> None:
    path = persona_file(tmp_path, "ours")
    path.write_text(path.read_text("utf-8") + "simulation = true\n", encoding="utf-8")
    for changes in ({}, {"persona": str(path)}):
        session = talk.role("30", AGREED[1], "", "", "", wait=False, **changes)
        with pytest.raises(UsageError) as told:
            bundle_of(session.profile.name, lambda line: None)
        assert told.value.key == "hub.push_remembrance"
        with pytest.raises(UsageError):
            session.push("me/it", public=False, yes=True)
        session.close()
    slip = tmp_path / "slip.toml"
    slip.write_text(path.read_text("utf-8").replace("true", '"yes"'), encoding="utf-8")
    with pytest.raises(UsageError):  # a guard is not off because of a slip
        Persona.load(str(slip))


def test_the_program_itself_refuses_in_a_pipe(talk: RoleTalk) -> None:
    model = replace(talk.config().model)
    command = [sys.executable, "run_chat.py", "--persona", "remembrance", "--model", str(model.name)]
    done = subprocess.run(
        command, input="سلام\n", capture_output=True, text=True, timeout=120, check=False,
        cwd=Path(__file__).parent.parent, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert "رضایت" in done.stderr
    with suppress(Cancelled):
        assert list_profiles(home()) == []
