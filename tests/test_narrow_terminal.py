"""What a narrow terminal shows: lines broken between words, a bottom line that fits."""

from __future__ import annotations

import pytest
from scripted import ScriptedSession

from persian_assistant.config import Config
from persian_assistant.terminal.toolbar import Toolbar
from persian_assistant.terminal.view import View, wrapped


def test_lines_break_between_words_and_keep_what_is_long_in_one_piece() -> None:
    long = "/a/long/path" * 3
    text = f"سرگشتگی نسبت به مدل پایه است\n  ● ۱ ██\n{long}"
    lines = ["سرگشتگی نسبت", "به مدل پایه", "است", "  ● ۱ ██", long]
    assert wrapped(text, 12).split("\n") == lines
    assert wrapped(text, 200) == text


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
