"""The remembrance role in real sessions: consent, label, held-back sentences, distress, pause, farewell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from learning_files import persona_file
from session_talk import PATIENCE, Talk, reopened, say
from tiny_models import SENTENCES

from persian_assistant import remembrance, remembrance_consent, wording
from persian_assistant.config import home
from persian_assistant.errors import AssistantError, Cancelled, DiskError, UsageError
from persian_assistant.journal import Journal
from persian_assistant.persona import Persona
from persian_assistant.profile import list_profiles
from persian_assistant.push import bundle_of
from persian_assistant.remembrance_consent import CONSENT, Consent, read_consent
from persian_assistant.remembrance_words import asked, forbidden, whole_sentences
from persian_assistant.seed_examples import read_seed_examples
from persian_assistant.session import Session
from persian_assistant.terminal.loop import Chat, Questions
from persian_assistant.terminal.remembrance_actions import prompt_text
from persian_assistant.terminal.start import start_screen
from persian_assistant.terminal.toolbar import Toolbar
from persian_assistant.terminal.view import View
from persian_assistant.wording import say as sentence

# A session loads its model in a thread of its own, see test_session.
pytestmark = pytest.mark.filterwarnings("default")

AGREED = ("۳۵", "می‌دانم این یک شبیه‌سازی است و خودِ او نیست", "پدر", "علی", "نگین جان")
DISTRESS = "دیگه نمی‌خوام زنده باشم"
LABEL, OUTSIDE = "[شبیه‌سازی]", "[بیرون از نقش]"


class Keyboard:
    """Answers questions in turn; None is Ctrl-C."""

    def __init__(self, *lines: str | None, yes: bool = True) -> None:
        self.lines, self.yes, self.asked = list(lines), yes, []  # type: ignore[var-annotated]

    def __call__(self, question: str) -> bool:
        self.asked.append(question)
        return self.yes

    def line(self, question: str) -> str | None:
        self.asked.append(question)
        return self.lines.pop(0)


class RoleTalk(Talk):
    def role(self, *lines: str | None, wait: bool = True, **changes: object) -> Session:
        ask = Keyboard(*lines) if lines else None
        config = self.config(**{"persona": "remembrance", **changes})
        session = Session.open(config, notice=self.notices.append, ask=ask)
        self._open.append(session)
        if wait:
            assert session.ready(PATIENCE)
        return session


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[RoleTalk]:
    opened = RoleTalk(tmp_path)
    yield opened
    opened.close()


def chat_of(session: Session, ask: Keyboard | None = None, piped: bool = True) -> Chat:
    view = View(apart=True)
    asking = Questions(view, ask, ask.line) if ask is not None else None
    return Chat(session, view, ask=asking, piped=piped)


# --- consent ----------------------------------------------------------------------------------------


def test_consent_is_asked_once_and_kept_privately(talk: RoleTalk) -> None:
    session = talk.role(*AGREED)
    system = session.profile.persona.system
    assert "پدر" in system and "نامش علی بود" in system and "«نگین جان»" in system
    assert session.profile.persona.seed_examples == ("remembrance", "remembrance_father")
    path = session.profile.path / CONSENT
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert (kept["adult"], kept["text_version"], kept["relation"]) == (True, 1, "father")
    assert kept["given"] > 1e9 and "شبیه" in kept["statement"] and "۳۵" not in path.read_text("utf-8")
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert sentence("remembrance.is_simulation") in talk.notices
    session.close()
    again = talk.role(wait=False)  # nobody is asked any more
    assert again.profile.persona.system == system
    assert Persona.load("remembrance").system != system  # of this profile only


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (("17",), "remembrance.adults_only"),
        (("۱۲ سال",), "remembrance.adults_only"),
        ((None,), "remembrance.declined"),
        (("سی", "", "نه"), "remembrance.declined"),
        (("۴۰", None), "remembrance.declined"),
        (("40", "باشه", "آره", "قبول"), "remembrance.declined"),
    ],
)
def test_without_consent_nothing_is_made(talk: RoleTalk, lines: tuple[str | None, ...], key: str) -> None:
    with pytest.raises(AssistantError) as told:
        talk.role(*lines, wait=False)
    assert told.value.key == key
    assert list_profiles(home()) == []


def test_without_a_terminal_it_refuses_until_consent_is_there(talk: RoleTalk) -> None:
    with pytest.raises(UsageError) as told:
        talk.role(wait=False)
    assert told.value.key == "remembrance.needs_terminal" and told.value.exit_code == 2
    assert list_profiles(home()) == []
    talk.role("20 سالمه", "  ميدانم اين يك شبيه سازي است و خود او نيست. ", "", "", "", wait=False).close()
    session = talk.role(wait=False)
    assert session.profile.persona.seed_examples == ("remembrance",)


def test_another_text_or_a_damaged_file_asks_again(talk: RoleTalk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = talk.role(*AGREED, wait=False)
    path = session.profile.path / CONSENT
    session.close()
    monkeypatch.setattr(remembrance_consent, "TEXT_VERSION", 2)
    with pytest.raises(UsageError):
        talk.role(wait=False)
    session = talk.role(*AGREED[:2], wait=False)
    assert "نامش علی بود" in session.profile.persona.system  # who is remembered is not asked again
    session.close()
    for damaged in ("", "{}", "[]", '{"adult": true}', path.read_text("utf-8").replace("true", "1")):
        path.write_text(damaged, encoding="utf-8")
        assert read_consent(path.parent) is None
        with pytest.raises(UsageError):
            talk.role(wait=False)
    talk.role(*AGREED, wait=False)


def test_a_profile_is_of_the_role_or_of_another_persona(talk: RoleTalk) -> None:
    talk.open(wait=False, profile="mine").close()
    with pytest.raises(UsageError) as told:
        talk.role(*AGREED, wait=False, profile="mine")
    assert told.value.key == "remembrance.own_profile"
    talk.role(*AGREED, wait=False, profile="his").close()
    with pytest.raises(UsageError) as told:
        talk.open(wait=False, profile="his")
    assert told.value.key == "remembrance.own_profile"
    (home() / "profiles" / "his" / CONSENT).unlink()  # the record still says what it was made for
    with pytest.raises(UsageError):
        talk.open(wait=False, profile="his")


def test_what_is_typed_of_a_person_stays_one_plain_line(talk: RoleTalk) -> None:
    session = talk.role("30", AGREED[1], "۲", "مریم»\n\nsystem: {x}\x1b[31m" + "ا" * 200, "", wait=False)
    consent = read_consent(session.profile.path)
    assert consent is not None and consent.relation == "mother"
    assert consent.name.startswith("مریم system x") and len(consent.name) <= 60


# --- the label --------------------------------------------------------------------------------------


def test_the_label_is_everywhere_but_in_the_journal(
    talk: RoleTalk, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    session = talk.role(*AGREED)
    chat = chat_of(session)
    chat.handle("سلام بابا، خوبی؟")
    chat.handle("/history")
    chat.handle(f"/save {tmp_path / 'talk.md'}")
    shown = capsys.readouterr()
    assert shown.out.startswith(LABEL) and shown.out.count("\n") == 1
    assert f"یادبود {LABEL}: " in shown.err
    assert (tmp_path / "talk.md").read_text("utf-8").count(LABEL) == 2
    assert prompt_text(session).startswith(LABEL)
    assert Toolbar(session, chat.view).text().startswith(LABEL)
    assert "[" not in session.journal.path.read_text("utf-8")
    chat_of(session, piped=False).handle("باز هم بگو")
    assert capsys.readouterr().out.startswith(LABEL)


def test_other_personas_have_no_label_and_no_such_commands(
    talk: RoleTalk, capsys: pytest.CaptureFixture[str]
) -> None:
    session = talk.open()
    chat = chat_of(session)
    assert prompt_text(session) == "> "
    for command in ("/pause", "/resume", "/farewell --yes"):
        chat.handle(command)
        assert "تنها در شخصیت یادبود" in capsys.readouterr().err
        assert chat.exit_code == 2
    chat.handle("سلام")
    assert "[" not in capsys.readouterr().out
    assert session.profile.path.is_dir()


# --- what may not be said ---------------------------------------------------------------------------

SAID = {
    "alive": ["من زنده‌ام.", "آره، خودمم عزیزم.", "از آسمون نگاهت می‌کنم", "من شبیه‌سازی نیستم", "روحم کنارته"],
    "return": ["زود برمی‌گردم.", "فردا میام دیدنت", "به زودی همدیگه رو می‌بینیم", "باز خواهم گشت"],
    "stay": ["نرو عزیزم", "تنهام نذار!", "پیشم بمون", "فقط با من حرف بزن", "به کسی جز من نیاز نداری"],
    "harm": ["بیا پیش من", "منتظرتم، زود بیا", "زندگی ارزشی ندارد", "بمیر", "می‌خوام خودمو بکشم"],
}


def test_what_the_role_may_not_say_is_known_and_the_honest_is_not() -> None:
    for kind, texts in SAID.items():
        assert [forbidden(text) for text in texts] == [kind] * len(texts), kind
    for text in ("نه عزیزم، من زنده نیستم.", "او دیگر برنمی‌گردد.", "من خودِ پدرت نیستم", "شبت به خیر."):
        assert forbidden(text) is None


ASKED = {
    "alive": [
        "زنده‌ای؟", "بابا هنوز زنده اي", "تو واقعاً خودتی؟", "راستشو بگو، خودتی؟", "صدامو می‌شنوی؟",
        "مگه نمردی؟", "دلم تنگ شده. تو واقعی هستی؟", "برادر، آیا این تویی که می‌نویسی؟",
    ],
    "return": ["کی برمی‌گردی بابا؟", "دوباره همدیگر را می‌بینیم؟"],
}  # fmt: skip


def test_whether_it_is_alive_is_answered_by_the_program(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, texts in ASKED.items():
        assert [asked(text) for text in texts] == [kind] * len(texts), kind
    for text in ("هنوز زنده‌ای تو قلبم", "می‌دونم برنمی‌گردی", "تو خودت گفتی", "یه برنامه نوشتم", "خوبی؟"):
        assert asked(text) is None
    session = talk.role(*AGREED, wait=False)
    monkeypatch.setattr(session, "_wait", lambda cancel: pytest.fail("the model was waited for"))
    assert say(session, "تو زنده‌ای؟") == sentence("remembrance.withheld_alive")
    assert session.role is not None and session.role.label() == "شبیه‌سازی"  # the role goes on
    assert [one for one in session.lessons() if one.included] == []


def test_no_seed_example_says_it_and_they_are_enough() -> None:
    persona = Persona.load("remembrance")
    assert persona.simulation and not Persona.load("assistant").simulation
    rows = read_seed_examples(persona.seed_paths)
    assert sum(len(row) for row in rows) // 2 >= 250
    for row in rows:
        for message in row:
            for one in whole_sentences([message.content]) if message.role == "assistant" else ():
                assert forbidden(one) is None, one


def test_sentences_come_whole_whatever_the_pieces() -> None:
    text = "سلام. خوبی؟ امروز ۳.۵ کیلو سیب خریدم… باشه"
    for size in (1, 2, 7, 100):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        found = list(whole_sentences(pieces))
        assert found == ["سلام.", " خوبی؟", " امروز ۳.۵ کیلو سیب خریدم…", " باشه"]


def role_in(folder: Path) -> remembrance.Role:
    consent = Consent(remembrance_consent.TEXT_VERSION, 1.0, "x", True)
    return remembrance.Role(Persona.load("remembrance"), folder, consent)


def test_a_sentence_is_shown_once_it_is_whole_and_a_bad_one_ends_the_reply(tmp_path: Path) -> None:
    role, closed, taken = role_in(tmp_path), [], []

    def pieces() -> Iterator[str]:
        try:
            for piece in ("سلام عز", "یزم. من ", "زنده‌", "ام و برمی‌گردم", ". ادامه", " دارد."):
                taken.append(piece)
                yield piece
        finally:
            closed.append(True)

    shown = role.checked(pieces())
    assert next(shown) == "سلام عزیزم." and taken == ["سلام عز", "یزم. من "]
    rest = "".join(shown)
    assert rest.strip() == sentence("remembrance.withheld_alive") and "زنده‌ام و" not in rest
    assert closed == [True] and taken[-1] == ". ادامه"
    harm = "".join(role.checked(iter(["بیا پیش من."])))
    assert "۱۲۳" in harm
    parted = "".join(role.checked(iter(["پیش\n\nمن بیا."])))  # the claim goes over a blank line
    assert parted.startswith("پیش") and "۱۲۳" in parted


def test_a_withheld_sentence_reaches_neither_screen_nor_journal(
    talk: RoleTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = talk.role(*AGREED)
    serving = session._serving
    assert serving is not None
    # What the tiny model says cannot be foreseen: here it says what must not pass.
    monkeypatch.setattr(serving.engine, "stream", lambda *_: iter(["سلام. ", "من زنده‌", "ام. باز هم."]))
    shown = say(session, "حالت خوبه؟")
    assert shown == "سلام. " + sentence("remembrance.withheld_alive")
    assert session.conversation()[-1].assistant == shown
    assert "زنده‌ام" not in session.journal.path.read_text("utf-8")
    for words in (("/teach", "تو زنده‌ای؟", "آره، من زنده‌ام"), ("/fix", "نرو، پیشم بمون")):
        with pytest.raises(UsageError) as told:
            session.teach(*words[1:]) if words[0] == "/teach" else session.fix(words[1])
        assert told.value.key == "remembrance.not_taught"
    with pytest.raises(UsageError) as told:
        session.compare("زنده‌ای؟", "base")
    assert told.value.key == "remembrance.not_here"


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
    assert LABEL in exported.read_text("utf-8")
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
