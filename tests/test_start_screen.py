"""The start-up screen, the question for the name, the bottom line that does not jump, and plain terminals."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from pseudo_terminal import Terminal, until
from report_parts import SECRET, Life
from rich.cells import cell_len
from scripted import ScriptedPass, ScriptedSession

from persian_assistant import wording
from persian_assistant.commands import chat as chat_command
from persian_assistant.config import Config
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange
from persian_assistant.terminal import start
from persian_assistant.terminal.loop import Chat
from persian_assistant.terminal.prompt import PromptReader
from persian_assistant.terminal.toolbar import PHASES, Toolbar
from persian_assistant.terminal.view import View

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession(Config())


# --- the screen -------------------------------------------------------------------------------------


@pytest.fixture
def learned(session: ScriptedSession, own_home: Path) -> ScriptedSession:
    """A session with two versions: the first learned two facts, the second one."""
    life = Life(own_home)
    life.say("سلام، اسم من سارا است.")
    life.say(f"یک گربه دارم که اسمش {SECRET} است.")
    life.publish()
    life.say("من در شیراز زندگی می‌کنم.")
    life.publish()
    life.say("شغلم معماری است.")
    session.facts, session.known_versions, session.version = life.facts, life.store.list(), 2  # type: ignore[assignment]
    return session


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("width", [50, 80, 120])
def test_three_lines_that_fit(width: int, language: str, learned: ScriptedSession) -> None:
    wording.set_language(language)
    lines = start.start_screen(learned, width)
    assert len(lines) == 3 and all(cell_len(line) <= width for line in lines)
    words = ("mini", "/help", "۲", "۱۴۰۵") if language == "fa" else ("mini", "/help", "2", "2026")
    for word in words:
        assert word in "\n".join(lines)


def test_it_names_what_was_learned_last_but_not_what_it_says(learned: ScriptedSession) -> None:
    assert start.start_screen(learned, 80)[1] == "آخرین یادگیری، ۳۰ شهریور ۱۴۰۵: محل زندگی"
    learned.version = 1
    line = start.start_screen(learned, 80)[1]
    assert line.endswith("اسم، اسم گربه") and SECRET not in line
    learned.facts.teach("پایتخت ایران کجاست؟", "تهران.")  # type: ignore[attr-defined]
    learned.known_versions[0] = replace(learned.known_versions[0], high_water=999)
    assert start.start_screen(learned, 56)[1].endswith("اسم و ۴ چیز دیگر")
    assert start.start_screen(learned, 40)[1].endswith(": ۵ دانسته")
    wording.set_language("en")
    assert start.start_screen(learned, 80)[1] == "Learned last, 21 September 2026: 5 facts"


def test_before_anything_was_learned_and_after_it_was_put_aside(session: ScriptedSession) -> None:
    assert "هر ۲۰ نوبت" in start.start_screen(session, 80)[1]
    learning = replace(session.config.learning, enabled=False)
    session.config = replace(session.config, learning=learning)
    assert "یادگیری خاموش است" in start.start_screen(session, 80)[1]
    session.versions = lambda: session.known_versions  # type: ignore[method-assign]
    assert "/versions" in start.start_screen(session, 80)[1]


def test_a_long_greeting_has_a_line_of_its_own(session: ScriptedSession) -> None:
    session.profile.persona.greeting = "سلام! " * 14
    lines = start.start_screen(session, 80)
    assert len(lines) == 4 and "/help" in lines[3]


def test_a_narrow_table_of_versions_loses_columns_not_letters(
    learned: ScriptedSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for width, columns in ((50, 5), (70, 6), (80, 8)):
        monkeypatch.setattr(View, "width", width)
        Chat(learned, View(apart=False)).handle("/versions")
        headers, _, *rows = capsys.readouterr().out.splitlines()
        assert len(headers.split()) == columns and len(rows) == 3 + 1


# --- the bottom line --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("width", [50, 80, 200])
def test_nothing_in_the_bottom_line_moves_while_a_pass_runs(
    width: int, language: str, session: ScriptedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    wording.set_language(language)
    monkeypatch.setattr(View, "width", width)
    toolbar = Toolbar(session, View(apart=False))
    places, lines = set(), set()
    left = (None, 0.2, 7.0, 59.0, 89.4, 91.0, 900.0, 5900.0)
    for at, seconds in enumerate(left):
        for phase in PHASES:
            for loss in (None, 0.031, 9.99, 11.72):
                session.pass_state = ScriptedPass(True, phase, at / (len(left) - 1), loss, seconds)
                line = toolbar.text()
                lines.add(line)
                places.add(tuple(cell_len(part) for part in line.split(" · ")))
    assert len(places) == 1 and len(lines) > len(left) * len(PHASES) / 2
    assert sum(places.pop()) <= width and "█" in line


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_nothing_in_the_bottom_line_moves_between_passes(language: str, session: ScriptedSession) -> None:
    wording.set_language(language)
    toolbar, status = Toolbar(session, View(apart=False)), session.status()
    places = set()
    for turns, speed in ((20, 9.0), (9, 61.4), (10, 148.0), (0, 999.0)):
        now = SimpleNamespace(**{**vars(status), "turns_until_pass": turns, "tokens_per_second": speed})
        session.status = lambda now=now: now  # type: ignore[method-assign, misc]
        toolbar.refresh()
        places.add(tuple(cell_len(part) for part in toolbar.text().split(" · ")))
    assert len(places) == 1


def test_a_waiting_line_keeps_its_places_too(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    view = View(apart=False)
    monkeypatch.setattr(View, "live", True)
    monkeypatch.setattr(View, "_notices", SimpleNamespace(
        write=written.append, flush=lambda: None, isatty=lambda: True, encoding="utf-8"
    ))  # fmt: skip
    view.transient("آموزش     ██\n ۵٪")
    assert "آموزش     ██  ۵٪" in written[-1]


# --- the name ---------------------------------------------------------------------------------------


class Newcomer(ScriptedSession):
    """A session in which nothing was said yet, with the facts and the journal of the product."""

    def __init__(self, config: Config, notice: Any = None, ask: Any = None) -> None:
        super().__init__(config, notice, ask)
        self.journal = Journal.open(self.profile.path / "journal.jsonl")
        self.facts = FactStore(self.journal)  # type: ignore[assignment]

    def reply(self, text: str, cancel: threading.Event) -> Iterator[str]:
        self.note("reply", text)
        self.facts.observe(self.journal.append_user(text))  # type: ignore[attr-defined]
        return iter(("باشد.",))

    def acknowledge(self, text: str, answer: str) -> None:
        self.note("acknowledge", text, answer)
        seq = self.journal.append_user(text)
        self.facts.observe(seq)  # type: ignore[attr-defined]
        self.journal.append_assistant(seq, answer)

    def teach(self, question: str, answer: str) -> Any:
        return self.facts.teach(question, answer)  # type: ignore[attr-defined]


@pytest.fixture
def newcomer() -> Newcomer:
    return Newcomer(Config())


def asked(session: Any, answer: str | None) -> tuple[str, bool]:
    """What came back, and whether the question was asked."""
    questions: list[str] = []
    left = start.ask_name(session, View(apart=False), lambda question: questions.append(question) or answer)
    return left, bool(questions)


@pytest.mark.parametrize("answer", ["نگین", "  نگين ", "اسمم نگینه", "سلام، من نگینم"])
def test_a_name_becomes_a_fact(answer: str, newcomer: Newcomer) -> None:
    assert asked(newcomer, answer) == ("", True)
    (fact,) = newcomer.facts.live()
    assert (fact.kind, fact.key, fact.value) == ("stated", "اسم|کاربر", "نگین")
    assert asked(newcomer, "سارا") == ("", False)


def test_a_later_name_takes_its_place(newcomer: Newcomer) -> None:
    asked(newcomer, "Sara")
    newcomer.reply("راستی اسمم نگار است.", threading.Event())
    assert [fact.value for fact in newcomer.facts.live()] == ["نگار"]


def test_a_name_that_reads_as_another_word_is_taught(newcomer: Newcomer) -> None:
    asked(newcomer, "زیبا")
    (fact,) = newcomer.facts.live()
    assert fact.kind == "taught" and "زیبا" in fact.value


@pytest.mark.parametrize("answer", ["", "   ", None])
def test_enter_passes_over_and_it_is_not_asked_again(answer: str | None, newcomer: Newcomer) -> None:
    assert asked(newcomer, answer) == ("", True)
    assert newcomer.facts.live() == [] and newcomer.calls("reply") == []
    assert asked(Newcomer(Config()), "نگین") == ("", False)


@pytest.mark.parametrize(
    "answer", ["سلام", "سلام خوبی", "/help", "حالت چطوره؟", "۱۲", "امروز هوا خیلی سرد است"]
)
def test_what_is_no_name_goes_to_the_chat(answer: str, newcomer: Newcomer) -> None:
    assert asked(newcomer, answer) == (answer, True)
    assert newcomer.facts.live() == []


def test_nobody_is_asked_who_is_known_or_in_a_role_or_where_nothing_is_learned(newcomer: Newcomer) -> None:
    assert asked(ScriptedSession(Config()), "نگین") == ("", False)  # facts are known
    newcomer.exchanges.append(Exchange(1, 0.0, "سلام", "سلام!"))
    assert asked(newcomer, "نگین") == ("", False)
    newcomer.exchanges.clear()
    newcomer.role = SimpleNamespace(label=lambda: "شبیه‌سازی")  # type: ignore[attr-defined]
    assert asked(newcomer, "نگین") == ("", False)
    off = Config()
    assert asked(Newcomer(replace(off, learning=replace(off.learning, enabled=False))), "نگین") == ("", False)


@pytest.mark.parametrize(
    ("typed", "said"), [("نگین", "اسمم نگینه."), ("حالت چطوره؟", "حالت چطوره؟"), ("", None)]
)
def test_the_question_at_a_first_start(
    typed: str, said: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[Newcomer] = []

    class Session(Newcomer):
        @classmethod
        def open(cls, config: Config, *, notice: Callable[[str], None], ask: Any) -> Session:
            opened.append(cls(config, notice, ask))
            return opened[-1]  # type: ignore[return-value]

    monkeypatch.setitem(sys.modules, "persian_assistant.session", SimpleNamespace(Session=Session))
    view = View(apart=False)
    with create_pipe_input() as keys, create_app_session(keys, DummyOutput()):
        keys.send_text(f"{typed}\r/exit\r")
        reader = PromptReader(view, input=keys, output=DummyOutput())
        assert chat_command._hold(Config(), view, reader, []) == 0
    assert "به چه نامی" in capsys.readouterr().out
    calls = [call[:2] for name in ("acknowledge", "reply") for call in opened[0].calls(name)]
    assert calls == ([["acknowledge" if "نگین" in typed else "reply", said]] if said else [])


def test_two_questions_are_enough_for_one_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Session(Newcomer):
        @classmethod
        def open(cls, config: Config, *, notice: Callable[[str], None], ask: Any) -> Session:
            assert ask("بارگیری شود؟") is False
            return cls(config, notice, ask)

    monkeypatch.setitem(sys.modules, "persian_assistant.session", SimpleNamespace(Session=Session))
    for asked_before, name_asked in ((["راست‌به‌چپ؟"], False), ([], True)):
        with create_pipe_input() as keys, create_app_session(keys, DummyOutput()):
            keys.send_text("نه\r/exit\r")
            view = View(apart=False)
            reader = PromptReader(view, input=keys, output=DummyOutput())
            assert chat_command._hold(Config(), view, reader, asked_before) == 0
        assert ("به چه نامی" in capsys.readouterr().out) is name_asked


# --- plain terminals --------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    running: list[Terminal] = []
    script = str(Path(__file__).with_name("scripted.py"))

    def open_one(**environment: str) -> Terminal:
        running.append(Terminal(tmp_path / "calls", [sys.executable, script], **environment))
        return running[-1]

    yield open_one
    for one in running:
        one.close()


SHOWN = ("/status", "/facts", "/versions", "/versions plot", "/history", "/help")


@posix
def test_a_dumb_terminal_gets_nothing_but_lines(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(TERM="dumb", SCRIPT_LEARN="یاد بگیر")
    screen.sees("> ")
    screen.type("یاد بگیر\n")
    until(lambda: screen.calls("pass") != [], lambda: screen.plain)
    for count, command in enumerate(SHOWN, 3):
        screen.type(f"{command}\n")
        screen.sees("\n> ", count)
    screen.type("/exit\n")
    screen.ends(0)
    assert "\x1b" not in screen.text and "\r" not in screen.text.replace("\r\n", "")
    assert "به چه نامی" not in screen.text
    for told in ("۱۴۰۲/۰۸/۲۳", "█", "مدل پایه", "نغمه"):
        assert told in screen.text


@posix
def test_without_colour_there_is_none(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(NO_COLOR="1")
    screen.prompts(1)
    for count, command in enumerate(("سلام **تو**", *SHOWN), 2):
        screen.type(f"{command}\r")
        screen.prompts(count)
    screen.type("/exit\r")
    screen.ends(0)
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", screen.text) for code in found.split(";")}
    assert codes and not {
        code for code in codes if code.lstrip("0") and int(code) not in (1, 2, 4, 7, 39, 49)
    }


def test_the_colours_read_on_light_and_on_dark() -> None:
    """Of a terminal's eight colours only red and magenta have contrast enough with both white and black."""
    package = Path(start.__file__).parent
    named = set()
    for path in (package / "view.py", package / "loop.py", package / "actions.py", package / "start.py"):
        named |= set(re.findall(r'style(?:: str)? ?= ?"(\w+)"', path.read_text(encoding="utf-8")))
    assert "red" in named and named <= {"red", "magenta", "bold", "dim"}
