"""The typed line in visual order: the buffer stays logical, the cursor is on the right letter."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from screens import Screen
from scripted import ScriptedSession

from persian_assistant.config import Config
from persian_assistant.terminal.loop import Chat, Questions, converse
from persian_assistant.terminal.prompt import PromptReader
from persian_assistant.terminal.rtl_input import arrange, break_rows
from persian_assistant.terminal.view import View
from persian_assistant.text import normalise

LEFT, RIGHT, HOME, END = "\x1b[D", "\x1b[C", "\x01", "\x05"
ENTER, CTRL_D, ALT_ENTER, BACK = "\r", "\x04", "\x1b\r", "\x7f"
PASTED = "\x1b[200~{}\x1b[201~"


def shown_rows(text: str, width: int, mode: str = "visual") -> list[str]:
    shown = "".join(char for char, _ in arrange(text, width, mode).shown)
    return [shown[at : at + width] for at in range(0, len(shown), width)]


def test_rows_fill_the_window_so_that_it_wraps_between_them() -> None:
    text = "این متن در سه سطر شکسته می‌شود تا دیده شود"
    rows = shown_rows(text, 20)
    assert [len(row) for row in rows] == [20, 20, 19]  # the last place is the line editor's own
    assert " ".join(normalise(row[::-1]).strip() for row in rows) == normalise(text).replace("\u200c", "")


@pytest.mark.parametrize("width", [6, 13, 40])
@pytest.mark.parametrize(
    "text", ["سلام دنیا", "می‌خواهم لا hello (۱۲)", "abc سلام", "ا", "سلام   ", "👍 بله", "x" * 20 + "ی"]
)  # fmt: skip
def test_every_place_of_the_buffer_is_where_its_letter_is(text: str, width: int) -> None:
    arranged = arrange(text, width, "visual")
    assert len(arranged.places) == len(text) + 1
    for place, char in enumerate(text):
        shown, source = arranged.shown[arranged.places[place]]
        if char not in " \t\u200c\u064e" and not (char == "ا" and text[place - 1] == "ل"):
            assert source == place
            assert normalise(shown)[0] == char or shown in ")("
    free = arranged.places[len(text)]
    assert free == len(arranged.shown) or arranged.shown[free] == (" ", len(text))


def test_the_cursor_waits_at_the_left_of_persian_and_at_the_right_of_english() -> None:
    arranged = arrange("سلام", 20, "visual")
    assert arranged.places[4] == arranged.places[3] - 1 or arranged.places[4] == arranged.places[2] - 1
    assert arrange("abc", 20, "visual").places[3] == 3


# --- the whole line editor on an emulated screen


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


def typed(keys: PipeInput, text: str, mode: str = "visual", width: int = 40) -> tuple[list[str], Screen]:
    """What reached the session after `text` and Ctrl-D, and the screen that the line editor left."""
    screen, session = Screen(width), ScriptedSession(Config())
    output = Vt100_Output(_Written(screen), lambda: Size(24, width), term="xterm", enable_cpr=False)  # type: ignore[arg-type]
    view = View(apart=False)
    view.rtl = mode
    reader = PromptReader(view, input=keys, output=output)
    keys.send_text(text + CTRL_D)
    converse(Chat(session, view, ask=Questions(view, reader.ask, reader.line)), reader)
    return [call[1] for call in session.calls("reply")], screen


class _Written(io.StringIO):
    """The stream that prompt_toolkit writes to."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        self._screen.write(text)
        return len(text)

    def fileno(self) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("سلام دنیا" + ENTER, ["سلام دنیا"]),
        ("سلم" + RIGHT + "ا" + ENTER, ["سلام"]),  # to the right is back, in a line that runs left
        ("سلام" + RIGHT * 3 + LEFT + BACK + ENTER, ["سام"]),
        ("abc" + LEFT + "x" + ENTER, ["abxc"]),
        ("دنیا" + HOME + "سلام " + END + "!" + ENTER, ["سلام دنیا!"]),
        ("یک" + ALT_ENTER + "two" + ALT_ENTER + "سه" + ENTER, ["یک\ntwo\nسه"]),
        (PASTED.format("یک می‌شود\nدو") + ENTER, ["یک می‌شود\nدو"]),
        ("سلام\x1b[8;0$y دنیا" + ENTER, ["سلام دنیا"]),  # a late answer of the terminal
    ],
)
def test_keys_change_the_logical_buffer(text: str, messages: list[str], keys: PipeInput) -> None:
    assert typed(keys, text)[0] == messages


@pytest.mark.parametrize(
    ("mode", "row"),
    [("visual", "ﻡﻼﺳ hello ﻪﻠﺑ"), ("words", "سلام hello بله"), ("logical", "بله hello سلام")],
)
def test_the_line_as_it_is_seen(mode: str, row: str, keys: PipeInput) -> None:
    _, screen = typed(keys, "بله hello سلام" + ENTER, mode)
    (shown,) = [line for line in screen.rows() if "hello" in line]
    assert shown.removeprefix(">").strip() == row
    if mode != "logical":
        assert len(shown) == 39  # at the right edge, beside the line editor's own place


def test_a_long_line_is_seen_from_its_beginning_down(keys: PipeInput) -> None:
    text = "این پیام آن‌قدر بلند است که در یک سطر چهل‌خانه‌ای جا نمی‌شود و به سطر دوم می‌رود"
    messages, screen = typed(keys, text + ENTER)
    assert messages == [text]
    rows = [normalise(row.removeprefix(">")[::-1]).strip() for row in screen.rows()]
    first = next(at for at, row in enumerate(rows) if row.startswith("این"))
    assert " ".join(row for row in rows[first : first + 3] if row).startswith(text.replace("\u200c", ""))


# --- broken between words

LONG = "این پیام آن‌قدر بلند است که در سطر جا نمی‌شود و hello world در میانش، می‌رود به سطرهای پسین " * 3
ENGLISH = "a message that is longer than one row of the terminal and goes on to the next one, "


def words_on(screen: Screen, mode: str) -> list[str]:
    """The words that the line editor left on the screen, sorted; a broken one would be in its parts."""
    words = " ".join(normalise(row.removeprefix(">")) for row in screen.rows()).split()
    turned = mode == "visual"
    return sorted(word[::-1] if turned and not word.isascii() else word for word in words)


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("mode", ["logical", "visual"])
@pytest.mark.parametrize("text", [LONG.strip(), (ENGLISH * 3).strip()])
def test_no_word_is_broken_while_it_is_typed(mode: str, text: str, width: int, keys: PipeInput) -> None:
    messages, screen = typed(keys, text + ALT_ENTER + PASTED.format(text) + ENTER, mode, width)
    assert messages == [f"{text}\n{text}"]
    assert words_on(screen, mode) == sorted(text.replace("\u200c", "").split() * 2)
    assert max(map(len, screen.rows())) <= width


def test_a_broken_line_is_edited_where_the_cursor_is(keys: PipeInput) -> None:
    text = LONG.strip()
    edited = text[:30] + "ا" + text[30:]
    messages, screen = typed(keys, text + HOME + RIGHT * 30 + "ا" + ENTER, "logical")
    assert messages == [edited]
    assert words_on(screen, "logical") == sorted(edited.replace("\u200c", "").split())


@pytest.mark.parametrize(
    "text", ["", "a", "ab cd", "abcd efg h", "    ", "abcdef  ", "abcdefgh  ij", "سه‌شنبه 👍👍👍👍 ب"]
)
def test_every_place_of_a_broken_line_is_where_its_letter_is(text: str) -> None:
    arranged = break_rows(text, 6)
    drawn = "".join(char for char, _ in arranged.shown)
    assert len(arranged.places) == len(text) + 1
    assert arranged.places[-1] == len(drawn)
    assert all(drawn[arranged.places[at]] == char for at, char in enumerate(text) if char != " ")


def test_a_broken_row_is_full_and_the_next_begins_with_a_word() -> None:
    drawn = "".join(char for char, _ in break_rows("یک دو سه چهار پنج", 6).shown)
    assert [drawn[at : at + 6] for at in range(0, len(drawn), 6)] == ["یک دو ", "سه    ", "چهار  ", "پنج"]


def test_a_key_after_a_long_paste_lays_out_that_line_once(keys: PipeInput) -> None:
    text = (LONG * 20)[:5000]
    break_rows.cache_clear()
    messages, _ = typed(keys, PASTED.format(text) + "x" * 5 + LEFT * 20 + ENTER, "logical")
    assert messages == [(text + "x" * 5).strip()]
    assert break_rows.cache_info().misses <= 6
