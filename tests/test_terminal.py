"""The face on a terminal: prompt_toolkit on handed-in keys, and the chat command on a pseudo-terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from pseudo_terminal import Terminal, until
from scripted import ENDLESS, GREETING, SLOW, ScriptedPass, ScriptedSession

from persian_assistant import wording
from persian_assistant.config import Config
from persian_assistant.terminal.loop import Chat, Questions, converse
from persian_assistant.terminal.prompt import HISTORY, PrivateHistory, PromptReader, SlashCompleter
from persian_assistant.terminal.toolbar import Toolbar, duration, model_label
from persian_assistant.terminal.view import View, figure

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
CTRL_C, CTRL_D, ENTER, ALT_ENTER, CTRL_J = "\x03", "\x04", "\r", "\x1b\r", "\n"
PASTED = "\x1b[200~{}\x1b[201~"


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession(Config())


@pytest.fixture
def view() -> View:
    return View(apart=False)


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [
        *(
            (1234567, "۱٬۲۳۴٬۵۶۷", "1,234,567"),
            (2.5, "۲٫۵", "2.5"),
            (2.0, "۲", "2"),
            ("gpt2", "gpt2", "gpt2"),
        ),
        *((1234.5, "۱٬۲۳۴", "1,234"), (120.0, "۱۲۰", "120"), (0, "۰", "0"), (1.0341, "۱٫۰۳۴", "1.034")),
    ],
)
def test_figures(value: object, persian: str, english: str) -> None:
    assert figure(value) == persian
    wording.set_language("en")
    assert figure(value) == english


def test_short_words_of_the_bottom_line() -> None:
    assert duration(12.4) == "۱۲ ثانیه"
    assert duration(200) == "۳ دقیقه"
    assert [model_label(name) for name in ("mini", "a/b", "/x/y/", "C:\\m\\n")] == ["mini", "b", "y", "n"]


def test_bottom_line_follows_the_session(session: ScriptedSession, view: View) -> None:
    session.loading.text, session.loading.done = "بارگذاری مدل", False
    toolbar = Toolbar(session, view)
    assert toolbar.text() == "دستیار فارسی · بارگذاری مدل"
    session.loading.text, session.loading.done = "", True
    assert toolbar.changed()
    assert toolbar.text() == "دستیار فارسی · mini · مدل پایه · ۱۷ نوبت تا یادگیری بعدی ·  ۶۱ توکن در ثانیه"
    assert not toolbar.changed()
    session.pass_state = ScriptedPass(True, "train", 0.45, 2.31, 12.0)
    assert toolbar.changed()
    line = toolbar.text()
    assert "████░░░░░░  ۴۵٪ · ۱۲ ثانیه مانده" in line and "آموزش" in line
    session.pass_state, session.version = ScriptedPass(), 7
    assert "نسخهٔ ۷" in toolbar.text()


def test_answers_are_clean_and_trimmed(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [" \n", "\x1b", "[31mسلام", " \n", "\nخوبی", "\u202e\x1b]52;c;", "eA==\x07", "؟\n", " \n"]
    view.answer(iter(pieces), lambda: "", lambda: False)
    view.answer(iter(()), lambda: "", lambda: False)
    view.answer(iter(("نیمه",)), lambda: "", lambda: True)
    assert capsys.readouterr().out == "سلام \n\nخوبی؟\n(بدون پاسخ)\nنیمه (ناتمام)\n"


def test_an_event_waits_for_the_end_of_the_answer(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    def pieces() -> Iterator[str]:
        yield "یک"
        worker = threading.Thread(target=view.event, args=("رخداد",))
        worker.start()
        worker.join()
        yield "دو"

    view.answer(pieces(), lambda: "", lambda: False)
    view.event("رخداد\nدیگر")
    assert capsys.readouterr().out == "یکدو\nرخداد\nرخداد دیگر\n"


def test_markup_and_escapes_in_shown_text_are_text(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    view.notice("[bold]\x1b[2Jسلام[/bold] :smile:")
    view.table(["یک"], [["[red]\x9b2J"]])
    assert "[bold]سلام[/bold] :smile:" in (text := capsys.readouterr().out)
    assert "[red]" in text
    assert "\x1b" not in text


def test_history_is_private_and_normalised(tmp_path: Path) -> None:
    path = tmp_path / HISTORY
    history = PrivateHistory(path)
    history.append_string("كتاب\x1b[2J\udcff")
    history.append_string("یک\nدو")
    history.append_string("\u200f")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(PrivateHistory(path).load_history_strings()) == ["یک\nدو", "کتاب\ufffd"]
    assert list(PrivateHistory(tmp_path / "no" / HISTORY).load_history_strings()) == []


def completions(chat: Chat, text: str) -> list[str]:
    return [found.text for found in SlashCompleter(chat).get_completions(Document(text), CompleteEvent())]


def test_completion_only_after_a_leading_slash(session: ScriptedSession, view: View) -> None:
    chat = Chat(session, view)
    assert completions(chat, "/ve") == ["/versions"]
    assert completions(chat, "/versions ") == completions(chat, "/versions pl") == ["plot"]
    assert len(completions(chat, "/")) == 28
    assert completions(chat, "/set temp") == ["temperature"]
    assert completions(chat, "/model g") == ["gpt2-fa", "gemma-2-2b-it"]
    assert completions(chat, "/rollback ") == ["base"]
    assert completions(chat, "/learn --w") == ["--wait"]
    for text in ("", "سلام /ve", " /ve", "//ve", "/x\n/ve", "/nothing x", "/set temperature 1"):
        assert completions(chat, text) == []


def test_a_question_from_another_thread_is_answered_at_the_prompt(
    session: ScriptedSession, view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = Questions(view, lambda question: pytest.fail("asked on the wrong thread"))
    chat = Chat(session, view, ask=questions)
    for line, expected in (("بله", True), ("خیر", False), ("YES", True)):
        answers: list[bool] = []
        asking = threading.Thread(target=lambda found=answers: found.append(questions("دانلود شود؟")))
        asking.start()
        until(lambda: questions._pending is not None)
        chat.handle("سلام")
        chat.handle(line)
        asking.join(timeout=60)
        assert answers == [expected]
    assert session.calls("reply") == []
    assert capsys.readouterr().out.count("دانلود شود؟") == 6
    questions.refuse(for_good=True)
    closed = threading.Thread(target=lambda: answers.append(questions("باز هم؟")))
    closed.start()
    closed.join(timeout=60)
    assert answers[-1] is False


# --- prompt_toolkit with handed-in keys


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


def typed(keys: PipeInput, session: ScriptedSession, view: View, text: str) -> list[str]:
    """What reached the session after `text` was typed and Ctrl-D pressed."""
    keys.send_text(text + CTRL_D)
    reader = PromptReader(view, input=keys, output=DummyOutput())
    chat = Chat(session, view, ask=Questions(view, reader.ask))
    assert converse(chat, reader) == 0
    assert session.calls("close") == [["close"]]
    return [call[1] for call in session.calls("reply")]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("سلام" + ENTER, ["سلام"]),
        ("یک" + ALT_ENTER + "دو" + CTRL_J + "سه" + ENTER, ["یک\nدو\nسه"]),
        (PASTED.format("یک\r\nدو\nسه") + ENTER, ["یک\nدو\nسه"]),
        ("دور ریخته" + CTRL_C + "مانده" + ENTER, ["مانده"]),
        (ENTER + "   " + ENTER + "آري" + ENTER, ["آری"]),
        (CTRL_C + "بمان" + ENTER + CTRL_C + "باز" + ENTER, ["بمان", "باز"]),
        (CTRL_C + CTRL_C + "نمی‌رسد" + ENTER, []),
        ("/exit" + ENTER + "نمی‌رسد" + ENTER, []),
        ("/nope" + ENTER + "//nope" + ENTER, ["/nope"]),
        ("/ver\t" + ENTER + "پس" + ENTER, ["پس"]),
    ],
)
def test_keys(text: str, messages: list[str], keys: PipeInput, session: ScriptedSession, view: View) -> None:
    assert typed(keys, session, view, text) == messages


def test_keys_ask_before_a_push(keys: PipeInput, session: ScriptedSession, view: View) -> None:
    typed(keys, session, view, "/push a/b" + ENTER + "بله" + ENTER + "/push a/c" + ENTER + CTRL_C)
    assert session.calls("push") == [["push", "a/b", False, True], ["push", "a/c", False, False]]


def test_ctrl_c_ends_a_pass_that_was_asked_for_and_not_the_chat(
    keys: PipeInput, session: ScriptedSession, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT_PASS", "endless")
    typed(keys, session, view, "/learn" + ENTER + CTRL_C + "سلام" + ENTER)
    assert [call[0] for call in session._calls] == ["learn", "pass", "reply", "answered", "close"]


def test_leaving_puts_a_running_pass_aside(
    keys: PipeInput, session: ScriptedSession, view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    session.pass_state = ScriptedPass(True)
    typed(keys, session, view, "")
    assert wording.say("chat.left_pass") in capsys.readouterr().out
    assert session.calls("pass") == []  # a pass that is cancelled would not run again; closing puts it aside


def test_exit_wait_waits_for_the_pass(keys: PipeInput, session: ScriptedSession, view: View) -> None:
    typed(keys, session, view, "/learn" + ENTER + "/exit --wait" + ENTER)
    assert session.calls("pass") == [["pass", "published"]]


# --- the chat command on a pseudo-terminal


@pytest.fixture
def chat_command() -> list[str]:
    """The program under test; parametrise it to run these on another one."""
    return [sys.executable, str(Path(__file__).with_name("scripted.py"))]


@pytest.fixture
def terminal(tmp_path: Path, chat_command: list[str]) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*flags: str, **environment: str) -> Terminal:
        opened.append(Terminal(tmp_path / "calls.jsonl", [*chat_command, *flags], **environment))
        opened[-1].sees("\n>")
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@posix
def test_a_conversation_on_a_terminal(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    before = screen.plain.partition("\n>")[0]
    assert "دستیار فارسی · مدل mini · مدل پایه" in before
    assert GREETING in before
    assert len(before.strip().splitlines()) == 3
    screen.sees("نوبت تا یادگیری بعدی")
    screen.type("سلام، خوبی؟" + ENTER)
    screen.sees("گفتید: سلام، خوبی؟")
    screen.type(PASTED.format("یک\nدو") + ENTER)
    screen.sees("گفتید: یک\r\nدو")
    screen.type("/status" + ENTER)
    screen.sees("nf4")
    screen.type(CTRL_D)
    screen.ends(0)
    assert [call[1] for call in screen.calls("reply")] == ["سلام، خوبی؟", "یک\nدو"]
    assert "]52;" not in screen.text


@posix
def test_ctrl_c_ends_an_answer_and_keeps_what_was_shown(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    screen.type(ENDLESS + ENTER)
    screen.sees("واژهٔ3 ")
    screen.type(CTRL_C)
    screen.sees("(ناتمام)")
    screen.type("بعدی" + ENTER)
    screen.sees("گفتید: بعدی")
    first, second = screen.calls("answered")
    assert first[1].startswith("واژهٔ0 واژهٔ1")
    assert [first[2], second[2]] == ["interrupted", "whole"]
    screen.prompts(3)
    screen.type(CTRL_C)
    screen.sees("برای خروج")
    screen.prompts(4)
    screen.type(CTRL_C)
    screen.ends(0)


@posix
def test_keys_typed_during_an_answer_wait_for_the_prompt(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    screen.type(SLOW + ENTER)
    screen.sees("نم3 ")
    screen.type("بعدی" + ENTER)
    screen.sees("گفتید: بعدی")
    answer = screen.plain[screen.plain.index("نم3 ") : screen.plain.index("نم39")]
    assert "بعدی" not in answer  # not echoed into the answer
    screen.type(CTRL_D)
    screen.ends(0)


@posix
def test_history_over_restarts(terminal: Callable[..., Terminal]) -> None:
    first = terminal()
    first.type("نخستین" + ENTER)
    first.sees("گفتید: نخستین")
    first.type(CTRL_D)
    first.ends(0)
    second = terminal()
    second.sees("نوبت تا یادگیری بعدی")
    # The file is read behind the prompt: the key may come before it.
    until(lambda: bool(second.type("\x1b[A")) or "نخستین" in second.plain)
    second.type(ENTER)
    second.sees("گفتید: نخستین")
    second.type("/exit" + ENTER)
    second.ends(0)


@posix
def test_the_bottom_line_shows_a_pass_and_its_end_comes_above_the_typed_text(
    terminal: Callable[..., Terminal],
) -> None:
    screen = terminal()
    screen.type("/learn" + ENTER)
    screen.sees("۴۵٪")
    screen.type("نیمه")
    screen.sees("نسخهٔ ۱ منتشر شد.")
    screen.sees("· نسخهٔ ۱ ·")
    screen.type("کاره" + ENTER)
    screen.sees("گفتید: نیمهکاره")
    screen.type(CTRL_D)
    screen.ends(0)


@posix
def test_ctrl_c_in_learn_wait_ends_the_pass_not_the_chat(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(SCRIPT_PASS="endless")
    screen.type("/learn --wait" + ENTER)
    screen.sees("زیان")
    screen.type(CTRL_C)
    until(lambda: screen.calls("pass") == [["pass", "cancelled"]])
    screen.prompts(2)
    screen.type("هنوز" + ENTER)
    screen.sees("گفتید: هنوز")
    screen.type("/exit" + ENTER)
    screen.ends(0)


@posix
def test_a_defect_does_not_dump_over_the_chat(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    screen.type("نقص" + ENTER + "سلام" + ENTER)
    screen.sees("RuntimeError")
    screen.sees("گفتید: سلام")
    assert "Traceback" not in screen.plain
    screen.type(CTRL_D)
    screen.ends(0)


@posix
@pytest.mark.parametrize("busy", [False, True])
def test_a_kill_leaves_the_terminal_as_it_was(busy: bool, terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    if busy:
        screen.type(ENDLESS + ENTER)
        screen.sees("واژهٔ3 ")
    screen.process.send_signal(signal.SIGTERM)
    screen.ends(128 + signal.SIGTERM)
    assert screen.calls("close") == [["close"]]
    assert "Traceback" not in screen.plain


@posix
def test_a_plain_terminal_is_talked_to_line_by_line(terminal: Callable[..., Terminal]) -> None:
    screen = terminal(TERM="dumb")
    screen.type("سلام\n")
    screen.sees("گفتید: سلام")
    screen.type(f"{ENDLESS}\n")
    screen.sees("واژهٔ3 ")
    screen.type(CTRL_C)
    screen.sees("(ناتمام)\r\n> ")
    screen.type("/push a/b\nبله\n")
    until(lambda: screen.calls("push") == [["push", "a/b", False, True]])
    screen.sees("> ", times=4)
    screen.type(CTRL_C)
    screen.sees("> ", times=5)
    screen.type(CTRL_C)
    screen.ends(0)
    assert "\x1b" not in screen.text


def test_nothing_heavy_is_imported_for_the_prompt() -> None:
    code = (
        "import sys, persian_assistant.commands.chat, persian_assistant.terminal.prompt, "
        "persian_assistant.terminal.piped; "
        "heavy = {'torch', 'transformers', 'peft', 'huggingface_hub', 'datasets', 'numpy', "
        "'persian_assistant.session'}; print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
