"""Which mode a terminal gets: its own answer, the table, the one question, what was kept."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from learning_files import persona_file
from learning_parts import schooled_folder
from pseudo_terminal import Terminal, until
from scripted import ScriptedSession
from test_terminal import CTRL_D, ENTER, posix

from persian_assistant.config import Config
from persian_assistant.errors import UsageError
from persian_assistant.terminal import rtl, rtl_actions, rtl_detect
from persian_assistant.terminal.loop import Chat
from persian_assistant.terminal.rtl_actions import KEPT, choose
from persian_assistant.terminal.view import View

ROOT = Path(__file__).resolve().parent.parent
SHAPES = range(0xFB50, 0xFEFD)
"""Code points of drawn shapes: they belong on a screen and nowhere else."""
MARKS = ("TMUX", "STY", "TERM_PROGRAM", "VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION", "XTERM_VERSION")
MARKS += ("KITTY_WINDOW_ID", "ALACRITTY_WINDOW_ID", "MLTERM", "TERMINAL_EMULATOR", "NO_COLOR")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MARKS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({"VTE_VERSION": "7600", "TERM": "xterm-256color"}, "logical"), ({"VTE_VERSION": "5202"}, "visual"),
        ({"KONSOLE_VERSION": "221203", "TERM": "xterm-256color"}, "logical"), ({"TERM": "mlterm"}, "logical"),
        ({"TERM_PROGRAM": "Apple_Terminal", "TERM": "xterm-256color"}, "logical"),
        ({"TERM_PROGRAM": "vscode", "VTE_VERSION": "7600"}, "visual"), ({"WT_SESSION": "x"}, "visual"),
        ({"TERM": "xterm-kitty"}, "words"), ({"TERM": "alacritty", "KITTY_WINDOW_ID": "1"}, "visual"),
        ({"TERM": "xterm-ghostty"}, "visual"), ({"TERM": "foot-extra"}, "visual"),
        ({"TERM": "rxvt-unicode"}, "visual"), ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, "visual"),
        ({"TERM": "xterm-256color"}, None), ({"TERM_PROGRAM": "iTerm.app"}, None), ({"TERM": "linux"}, None),
        ({"TERM": "screen", "STY": "1"}, None), ({}, None),
    ],
)  # fmt: skip
def test_known_terminals(environ: dict[str, str], mode: str | None) -> None:
    assert rtl_detect.known_mode(environ) == mode


@pytest.mark.parametrize(("around", "mode"), [("vte", "logical"), ("xterm", "visual"), ("", None)])
def test_inside_tmux_the_terminal_around_it_counts(around: str, mode: str | None) -> None:
    environ = {"TMUX": "/tmp/x,1,0", "TERM": "tmux-256color", "VTE_VERSION": "7600"}
    assert rtl_detect.known_mode(environ, lambda: around) == mode


@pytest.mark.parametrize(
    ("told", "name"),
    [("VTE(7600)", "vte"), ("VTE(5202)", "old-vte"), ("XTerm(379)", "xterm"), ("", "")],
)  # fmt: skip
@posix
def test_what_tmux_says(told: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\necho '{told}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(rtl_detect, "WAIT", 30)
    assert rtl_detect.around_tmux() == name


# --- the terminal's own answer, on a pseudo-terminal


@pytest.fixture
def pseudo() -> Iterator[tuple[int, IO[bytes]]]:
    """A pseudo-terminal: the end of who looks and types, and the program's."""
    pty = pytest.importorskip("pty")
    main, side = pty.openpty()
    with os.fdopen(side, "r+b", buffering=0) as file:
        yield main, file
    os.close(main)


@pytest.mark.parametrize(
    ("answer", "mode", "typed"),
    [
        (b"\x1b[8;1$y\x1b[3;1R", "logical", ""), (b"\x1b[8;3$y\x1b[3;1R", "logical", ""),
        (b"\x1b[8;2$y\x1b[3;1R", "visual", ""), (b"\x1b[8;0$y\x1b[3;1R", None, ""),
        (b"\x1b[12;40R", None, ""), ("سل\x1b[8;1$yا\x1b[3;1R".encode(), "logical", "سلا"),
        ("سلام\r".encode(), None, "سلام\r"), (b"", None, ""),
    ],
)  # fmt: skip
def test_the_terminals_answer(
    answer: bytes,
    mode: str | None,
    typed: str,
    pseudo: tuple[int, IO[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import termios

    main, file = pseudo
    monkeypatch.setattr(sys, "stdin", file)
    monkeypatch.setattr(sys, "stdout", file)

    def answers() -> None:
        asked = b""
        while not asked.endswith(rtl_detect.QUERY.encode()):
            asked += os.read(main, 100)
        os.write(main, answer)

    before = termios.tcgetattr(sys.stdin.fileno())
    terminal = threading.Thread(target=answers)
    terminal.start()
    assert rtl_detect.answered_mode(wait=30 if b"R" in answer else 0.5) == (mode, typed)
    terminal.join()
    assert termios.tcgetattr(sys.stdin.fileno()) == before


def test_apple_and_pipes_are_not_asked(
    pseudo: tuple[int, IO[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", pseudo[1])
    monkeypatch.setattr(sys, "stdout", pseudo[1])
    monkeypatch.setenv("TERM_PROGRAM", "Apple_Terminal")
    assert rtl_detect.answered_mode() == (None, "")
    monkeypatch.delenv("TERM_PROGRAM")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nothing)
        assert rtl_detect.answered_mode() == (None, "")


# --- choosing


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> View:
    monkeypatch.setattr(View, "live", True)
    monkeypatch.setattr(rtl_detect, "answered_mode", lambda: (None, ""))
    monkeypatch.setenv("TERM", "strange")
    return View(apart=False)


ANSWERS = [
    ("۲", "visual"),
    ("1", "logical"),
    ("x", "logical"),
    ("3", "words"),
    ("", "logical"),
    (None, "logical"),
]


@pytest.mark.parametrize(("typed", "mode"), ANSWERS)
def test_one_question_once(typed: str | None, mode: str, view: View, own_home: Path,
                           capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    asked: list[str] = []

    def line(question: str) -> str | None:
        asked.append(question)
        return typed

    assert choose("auto", view, line) == ""
    text = capsys.readouterr().out
    assert view.rtl == mode and "1)  سلام" in text and "3)  " in text and "ﻡﻼﺳ" in text
    assert json.loads((own_home / KEPT).read_text(encoding="utf-8")) == {"strange": mode}
    assert (own_home / KEPT).stat().st_mode & 0o777 == 0o600
    again = View(apart=False)
    choose("auto", again, line)
    assert again.rtl == mode and len(asked) == 1


def never(question: str) -> str:
    raise AssertionError("nobody may be asked")


def test_what_goes_before_the_question(view: View, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose("words", view, never)
    assert view.rtl == "words"
    monkeypatch.setattr(rtl_detect, "answered_mode", lambda: ("visual", "س"))
    assert choose("auto", view, never) == "س" and view.rtl == "visual"
    monkeypatch.setattr(rtl_detect, "answered_mode", lambda: (None, "س"))
    assert choose("auto", view, never) == "س" and view.rtl == "logical"  # typing already
    assert not (own_home / KEPT).exists()
    plain = View(apart=False)
    monkeypatch.setenv("NO_COLOR", "1")
    choose("auto", plain, never)
    assert plain.rtl == "logical"


@pytest.mark.parametrize("text", ["", "[]", '{"strange": 5}', "{"])
def test_a_damaged_file_of_choices_is_no_choice(text: str, own_home: Path, view: View) -> None:
    own_home.mkdir()
    (own_home / KEPT).write_text(text)
    choose("auto", view, lambda question: "2")
    assert view.rtl == "visual"


@pytest.fixture
def chat(view: View) -> Chat:
    return Chat(ScriptedSession(Config()), view)


def test_the_command_shows_sets_and_looks_again(
    chat: Chat, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/rtl visual")
    assert chat.view.rtl == "visual" and "strange" in (own_home / KEPT).read_text()
    capsys.readouterr()
    chat.handle("/rtl")
    assert "2)  " in capsys.readouterr().out
    chat.handle("/rtl auto")
    assert chat.view.rtl == "logical" and json.loads((own_home / KEPT).read_text()) == {}
    chat.handle("/rtl backwards")
    assert "/rtl [auto|logical|visual|words]" in capsys.readouterr().out


def test_copy_gives_logical_text(chat: Chat, own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chat.handle("/copy")
    assert "/history" in capsys.readouterr().out
    chat.view.rtl = "visual"
    chat.handle("ﺳﻼﻡ")
    chat.handle("دوم")
    capsys.readouterr()
    chat.handle("/copy ۲")
    sent = capsys.readouterr().out.partition("\x1b]52;c;")[2].partition("\x07")[0]
    assert base64.b64decode(sent).decode() == "گفتید: سلام"
    path = own_home / rtl_actions.COPIED
    assert path.read_text(encoding="utf-8") == "گفتید: سلام\n" and path.stat().st_mode & 0o777 == 0o600
    chat.handle("ب" * rtl_actions.MOST_COPIED)
    capsys.readouterr()
    chat.handle("/copy")
    assert "\x1b]52" not in capsys.readouterr().out and path.stat().st_size > rtl_actions.MOST_COPIED
    with pytest.raises(UsageError):
        rtl_actions.copy(chat, "9")


# --- a whole chat


@posix
def test_shapes_stay_on_the_screen(own_home: Path, tmp_path: Path) -> None:
    """A real session, its screen in visual mode: nothing that was written to any file is a drawn shape."""
    command = [
        *(
            sys.executable,
            str(ROOT / "run_chat.py"),
            "--model",
            str(schooled_folder()),
            "--quantization",
            "none",
        ),
        *("--persona", str(persona_file(tmp_path)), "--profile", "p", "--no-learn", "--max-new-tokens", "8"),
    ]
    terminal = Terminal(tmp_path / "none", command, PERSIAN_ASSISTANT_RTL="visual", OMP_NUM_THREADS="1")
    try:
        terminal.sees("\n>")
        terminal.type("سلام، می‌خواهم لابد پژمان" + ENTER)
        terminal.prompts(2)
        terminal.type("/teach اسم گچ؟ => ﺳﻼﻡ" + ENTER)
        terminal.prompts(3)
        saved = tmp_path / "saved.md"
        terminal.type(f"/save {saved}" + ENTER)
        until(saved.exists)
        terminal.prompts(4)
        terminal.type("/copy" + ENTER)
        until((own_home / rtl_actions.COPIED).exists)
        terminal.prompts(5)
        terminal.type(CTRL_D)
        terminal.ends(0)
    finally:
        terminal.close()
    assert any(ord(char) in SHAPES for char in terminal.plain)
    files = [path for path in own_home.rglob("*") if path.is_file()] + [saved]
    kept = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in files}
    assert {"journal.jsonl", "history", "copied.txt", "saved.md"} <= set(kept)
    assert "می‌خواهم لابد پژمان" in kept["journal.jsonl"] and "می‌خواهم" in kept["history"]
    for name, text in kept.items():
        assert not any(ord(char) in SHAPES for char in text), name
    sent = terminal.text.partition("\x1b]52;c;")[2].partition("\x07")[0]
    assert not any(ord(char) in SHAPES for char in base64.b64decode(sent).decode())


@posix
def test_a_first_start_asks_and_goes_on(tmp_path: Path, own_home: Path) -> None:
    """On a terminal nobody knows, with one that answers the query nobody is asked."""
    command = [sys.executable, str(Path(__file__).with_name("scripted.py"))]
    terminal = Terminal(tmp_path / "calls", command, PERSIAN_ASSISTANT_RTL="", TERM="xterm-strange")
    try:
        terminal.sees("Which line reads right?")
        terminal.sees("\n>")
        terminal.type("۲" + ENTER)
        terminal.sees("ﯽﺳﺭﺎﻓ ﺭﺎﯿﺘﺳﺩ")
        terminal.prompts(3)
        terminal.type("سلام" + ENTER)
        terminal.sees("ﻡﻼﺳ :ﺪﯿﺘﻔﮔ")
        terminal.type(CTRL_D)
        terminal.ends(0)
    finally:
        terminal.close()
    assert json.loads((own_home / KEPT).read_text()) == {"xterm-strange": "visual"}
    assert terminal.calls("reply") == [["reply", "سلام"]]


def test_a_terminal_that_orders_is_told_to_find_directions(
    view: View, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only one that knows how; tables stay from left to right there; at the end it is as it was."""
    on, off = rtl.FIND_DIRECTION, rtl.FIND_NO_DIRECTION
    monkeypatch.setenv("VTE_VERSION", "7600")
    monkeypatch.setenv("TERM", "xterm-256color")
    with rtl_actions.chosen("auto", view, never):
        assert view.rtl == "logical" and capsys.readouterr().out == on
        view.table(["نام"], [["نگین"]])
        text = capsys.readouterr().out
        assert text.startswith(off) and text.endswith(on)
        chat = Chat(ScriptedSession(Config()), view)
        chat.handle("/rtl visual")
        assert capsys.readouterr().out.startswith(off)
        chat.handle("/rtl auto")
    assert capsys.readouterr().out.endswith(off)
    monkeypatch.delenv("VTE_VERSION")
    with rtl_actions.chosen("logical", view, never):
        pass
    assert capsys.readouterr().out == ""
