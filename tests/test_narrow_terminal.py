"""What a narrow terminal shows: lines broken between words, a bottom line that fits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pseudo_terminal import Terminal
from rich.cells import cell_len
from scripted import ScriptedSession

from persian_assistant.config import Config
from persian_assistant.terminal.actions import COMMANDS
from persian_assistant.terminal.rtl_flow import wrapped
from persian_assistant.terminal.rtl_table import table_rows
from persian_assistant.terminal.toolbar import Toolbar
from persian_assistant.terminal.view import View


def test_lines_break_between_words_and_keep_what_is_long_in_one_piece() -> None:
    long = "/a/long/path" * 3
    text = f"سرگشتگی نسبت به مدل پایه است\n  ● ۱ ██\n{long}"
    lines = ["سرگشتگی نسبت", "به مدل پایه", "است", "  ● ۱ ██", long]
    assert wrapped(text, 12).split("\n") == lines
    assert wrapped(text, 200) == text


def test_a_row_that_begins_the_other_way_is_told_its_direction_or_comes_by_itself() -> None:
    """On a terminal that finds directions a newline begins a paragraph, which the first letter turns."""
    text = "این سطر پارسی hello world است"
    right, found = "\x1b[?2501l\x1b[2 k", "\x1b[0 k\x1b[?2501h"
    assert wrapped(text, 14, directed=True) == f"این سطر پارسی\n{right}hello{found} world\nاست"
    assert wrapped(text, 14) == "این سطر پارسی hello world\nاست", "filled up with blanks"
    english = wrapped("the word سلام is Persian", 9, directed=True)
    assert english == "the word\n\x1b[?2501l\x1b[1 kسلام\x1b[0 k\x1b[?2501h is\nPersian"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
def test_an_error_of_the_command_line_breaks_between_words(tmp_path: Path) -> None:
    name = "nobody-of-this-name"
    command = [sys.executable, "-m", "persian_assistant", "chat", "--persona", name]
    screen = Terminal(tmp_path / "calls", command)
    try:
        screen.sees("TOML")
        screen.ends(2)
        first, second = (line.strip() for line in screen.plain.strip().splitlines())
    finally:
        screen.close()
    assert name in first and cell_len(first) <= 100 < cell_len(f"{first} {second.split()[0]}")


@pytest.mark.parametrize("width", [50, 80])
def test_the_help_breaks_no_word(width: int) -> None:
    """Two columns that are too wide share the room; before, the first one was left with eight cells."""
    usages = {word for command in COMMANDS for word in command.usage.split()}
    rows = [[(command.usage, ()), (command.description, ())] for command in COMMANDS]
    shown = table_rows([("دستور", ()), ("کار", ())], rows, width, "logical")
    assert usages <= {word.strip("\u200e") for row in shown for word in row.split()}


def test_the_bottom_line_leaves_its_beginning_out_where_it_does_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = ScriptedSession(Config())
    session.ready(60)
    bar = Toolbar(session, View(apart=False))
    wide = bar.text()
    assert wide.startswith("دستیار فارسی")
    monkeypatch.setattr(View, "width", 40)
    bar.refresh()
    assert len(bar.text()) <= 40 and bar.text() in wide and "نوبت" in bar.text()
