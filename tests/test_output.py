"""What the commands write, on a terminal that orders right-to-left text, on one that does not, in a pipe."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from pseudo_terminal import Terminal
from rich.console import Console
from screens import Screen
from test_rtl_detect import MARKS
from test_terminal import CTRL_D, posix

from persian_assistant import wording
from persian_assistant.commands import compare_baselines_report as baselines
from persian_assistant.commands.bars import UNKNOWN, Elapsed, Remaining, stderr_console
from persian_assistant.commands.pretrain import _Stages
from persian_assistant.disk import make_private_dir, to_json, write_private
from persian_assistant.figures import clock
from persian_assistant.persona import Persona
from persian_assistant.terminal.actions import COMMANDS
from persian_assistant.terminal.output import Ordered, Output, mode_on
from persian_assistant.terminal.rtl_detect import KEPT
from persian_assistant.terminal.rtl_flow import wrapped
from persian_assistant.text import normalise
from persian_assistant.wording import say

SHAPE = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
WORD = re.compile("[\u0621-\u064a\u067e-\u06cc\u200c\ufb50-\ufdff\ufe70-\ufefc]+")
MARK = "\u0654"
"""Hamza over a letter: it stands in its letter's cell."""
XTERM = {"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "PERSIAN_ASSISTANT_RTL": ""}
VTE = {"TERM": "xterm-256color", "VTE_VERSION": "7600", "PERSIAN_ASSISTANT_RTL": ""}
HELP = ["train", "--help"]
BAD = ["train", "--persona", "nobody-of-this-name"]


class Tty(io.StringIO):
    """A terminal's stream, of 80 columns."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*MARKS, "PERSIAN_ASSISTANT_RTL", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def xterm(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Iterator[Tty]]:
    for name, value in XTERM.items():
        monkeypatch.setenv(name, value)
    return lambda columns: ordered(monkeypatch, columns)


def ordered(monkeypatch: pytest.MonkeyPatch, columns: int) -> Any:
    """stdout and stderr of a terminal of so many columns as the commands have them, and its stream."""
    tty = Tty()
    monkeypatch.setattr(sys, "stdout", tty)
    monkeypatch.setattr(sys, "stderr", tty)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(Ordered, "_width", lambda self: columns)
    output = Output()
    output.choose("auto")
    return tty, output


def drawn(text: str, columns: int) -> list[str]:
    screen = Screen(columns, 80)
    screen.write(text)
    return [row.replace(MARK, "") for row in screen.rows()]


def read(rows: list[str]) -> list[str]:
    """The Persian words of a screen, as somebody reads them: from the right, row by row."""
    return [normalise(word[::-1]) for row in rows for word in reversed(WORD.findall(row))]


def words_of(text: str) -> list[str]:
    return [word.replace("\u200c", "") for word in WORD.findall(text.replace(MARK, ""))]


# --- a help and an error of a real process, on a pseudo-terminal of 100 columns


def on_terminal(folder: Path, words: list[str], code: int, **environment: str) -> str:
    screen = Terminal(folder / "calls", [sys.executable, "-m", "persian_assistant", *words], **environment)
    try:
        screen.ends(code)
    finally:
        screen.close()
    return screen.text.replace("\r\n", "\n")


def piped(words: list[str], monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[str, str]:
    for name, value in {"COLUMNS": "100", **environment}.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "persian_assistant", *words]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    return done.stdout.decode(), done.stderr.decode()


@posix
def test_a_help_reads_right_where_the_terminal_does_not_order(tmp_path: Path) -> None:
    rows = drawn(on_terminal(tmp_path, HELP, 0, **XTERM), 100)
    usage = next(at for at, row in enumerate(rows) if row.startswith("persian-assistant train [-h]"))
    assert read(rows[usage - 1 : usage]) == words_of(say("cli.usage"))  # a row of its own, at the right edge
    start = next(at for at, row in enumerate(rows) if row.startswith("  --optim NAME   "))
    end = next(at for at, row in enumerate(rows) if row.startswith("  --max-length N   "))
    assert read(rows[start:end]) == words_of(say("train.flag_optim")) and end > start + 1
    assert all(row[:15].isspace() for row in rows[start + 1 : end])
    assert {len(row) for row in rows if SHAPE.search(row)} == {100}
    assert not re.search("[\u0621-\u064a]", "".join(rows))  # no letter that is not joined


@posix
def test_an_error_reads_right_where_the_terminal_does_not_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = drawn(on_terminal(tmp_path, BAD, 2, **XTERM), 100)
    out, sentence = piped(BAD, monkeypatch)
    assert out == "" and not SHAPE.search(sentence) and len(rows) == 2
    assert read(rows) == words_of(sentence)
    assert {len(row) for row in rows} == {100} and "nobody-of-this-name" in rows[0]


@posix
def test_nothing_is_touched_where_the_terminal_orders_or_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, _ = piped(HELP, monkeypatch)
    assert on_terminal(tmp_path, HELP, 0, **VTE) == out
    _, sentence = piped(BAD, monkeypatch)
    assert on_terminal(tmp_path, BAD, 2, **VTE) == wrapped(sentence.strip(), 100) + "\n"
    assert piped(HELP, monkeypatch, **XTERM)[0] == out and not SHAPE.search(out)


@posix
def test_the_chat_is_ordered_once(tmp_path: Path) -> None:
    """It orders what it shows itself; what is said after it goes the commands' way again."""
    command = [sys.executable, "-m", "persian_assistant", "chat", "--no-learn", "--model", "mini"]
    screen = Terminal(tmp_path / "calls", command, **XTERM)
    try:
        screen.sees("\n>")
        screen.type(CTRL_D)
        screen.ends(0)
    finally:
        screen.close()
    rows = drawn(screen.text.replace("\r\n", "\n"), 100)
    words = read(rows)
    greeting = words_of(Persona.load("assistant").greeting)
    assert any(words[at : at + len(greeting)] == greeting for at in range(len(words)))


@posix
def test_a_table_of_a_piped_chat_keeps_its_columns(tmp_path: Path) -> None:
    """Its sentences go to the terminal all the same, the answers to whoever reads them."""
    chat = f"{sys.executable} -m persian_assistant chat --no-learn --model mini"
    command = ["/bin/sh", "-c", f"echo /help | {chat} > {tmp_path / 'answers'}"]
    screen = Terminal(tmp_path / "calls", command, **XTERM)
    try:
        screen.ends(0)
    finally:
        screen.close()
    rows = drawn(screen.text.replace("\r\n", "\n"), 100)
    assert read([rows[rows.index("─" * 100) - 1]])[0] == say("chat.column_command")
    assert all(any(row.endswith(f" {command.usage}") for row in rows) for command in COMMANDS)


# --- which mode


def test_the_mode_is_found_as_the_chat_finds_it_without_a_question(own_home: Path) -> None:
    tty = Tty()
    assert mode_on(tty, "auto", XTERM) == "visual"
    assert mode_on(tty, "auto", VTE) == "logical"
    assert mode_on(tty, "auto", {"TERM": "strange"}) == "logical"
    assert mode_on(tty, "words", VTE) == "words"
    assert mode_on(tty, "auto", {**XTERM, "NO_COLOR": "1"}) == "logical"
    assert mode_on(tty, "visual", {**XTERM, "TERM": "dumb"}) == "logical"
    assert mode_on(io.StringIO(), "visual", XTERM) == "logical"
    make_private_dir(own_home)
    write_private(own_home / KEPT, to_json({"strange": "visual", "xterm": "logical"}))
    assert mode_on(tty, "auto", {"TERM": "strange"}) == "visual"
    assert mode_on(tty, "auto", XTERM) == "logical"


@posix
def test_the_flag_holds_for_every_command(tmp_path: Path) -> None:
    for words in (["--rtl", "visual", *HELP], ["seed", "build", "--rtl=visual", "--help"]):
        assert SHAPE.search(on_terminal(tmp_path, words, 0, **VTE))


# --- rows


def stream() -> tuple[Ordered, Tty]:
    tty = Tty()
    return Ordered(tty, "visual"), tty


def test_what_has_no_persian_in_it_goes_out_byte_for_byte() -> None:
    text = "\x1b[1mname\x1b[0m  1/7\n" + "x" * 200 + "\n\r 45%|██▌  | 3/7\x1b[K\x1b[2A"
    shown, tty = stream()
    for at in range(0, len(text), 3):
        shown.write(text[at : at + 3])
    shown.flush()
    assert tty.getvalue() == text


def test_colours_stay_on_their_letters() -> None:
    shown, tty = stream()
    print("این \x1b[1mواژهٔ\x1b[0m پررنگ است", file=shown)
    screen = Screen(80)
    screen.write(tty.getvalue())
    (bold,) = screen.styled(lambda char: char.bold)
    assert read([bold.replace(MARK, "")]) == ["واژه"]
    assert read([row.replace(MARK, "") for row in screen.rows()]) == ["این", "واژه", "پررنگ", "است"]


def test_a_line_that_is_painted_over_keeps_its_last_letter() -> None:
    shown, tty = stream()
    for loss in ("۲٫۵", "۱٫۵"):
        print(f"\rزیان {loss}\x1b[K", end="", file=shown, flush=True)
    (row,) = drawn(tty.getvalue(), 80)
    assert read([row]) == ["زیان"] and len(row) == 80 and "۱٫۵" in row and "۲٫۵" not in row


def test_an_answer_is_typed_below_its_question() -> None:
    shown, tty = stream()
    print("فرستاده شود؟", "[y/N] ", end="", file=shown, flush=True)
    assert tty.getvalue().endswith("\n")
    (row,) = drawn(tty.getvalue(), 80)
    assert row.strip().startswith("[y/N]") and read([row]) == ["فرستاده", "شود"]


# --- on a terminal that orders

LONG = "این جمله از یک سطر \x1b[1mبلندتر\x1b[0m است و در /home/user/a-folder-of-a-name ادامه دارد تا پایان"


def test_a_terminal_that_orders_gets_rows_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VTE.items():
        monkeypatch.setenv(name, value)
    tty, output = ordered(monkeypatch, 30)
    print("کوتاه")
    print(LONG, file=sys.stderr)
    print("a row of english words that is too long for it")
    print("/a/path/that/is/longer/than/a/row/is/and/has/no/blank")
    output.restore()
    assert tty.getvalue().startswith("کوتاه\n")
    screen = Screen(30)
    screen.write(tty.getvalue())
    shown = [row.split() for row in screen.rows()]
    words = [word for row in shown for word in row]
    assert words[: len(LONG.split()) + 1] == ["کوتاه", *re.sub("\x1b\\[\\d*m", "", LONG).split()]
    assert ["a", "row", "of", "english", "words", "that", "is"] in shown
    assert screen.styled(lambda char: char.bold) == ["بلندتر"]
    assert tty.getvalue().endswith("\n/a/path/that/is/longer/than/a/row/is/and/has/no/blank\n")


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_nothing_is_broken_on_a_dumb_terminal(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**VTE, "TERM": term}.items():
        monkeypatch.setenv(name, value)
    tty, output = ordered(monkeypatch, 30)
    print(LONG)
    output.restore()
    assert (tty.getvalue() == LONG + "\n") == (term == "dumb")


# --- bars


def test_a_sentence_printed_beside_a_bar_is_ordered_as_a_whole(xterm: Any) -> None:
    tty, output = xterm(40)
    sentence = "جملهٔ نخست که بلند است و نام پرونده‌ای در آن hub:owner/the-name-of-a-data-set-of-it هست و بس"
    with _Stages(stderr_console()) as stages:
        stages.tick("خواندن", 1, 8)
        print(sentence, file=sys.stderr)
        stages.tick("خواندن", 8, 8)
    output.restore()
    rows = drawn(tty.getvalue(), 40)
    assert read(rows) == words_of(sentence) and len(rows) > 2
    assert all(len(row) == 40 for row in rows)  # at the right edge, the row that begins with the name too


def test_a_bar_grows_from_the_right_beside_persian_digits(xterm: Any) -> None:
    tty, output = xterm(80)
    with _Stages(stderr_console()) as stages:
        stages.tick("پرسیدن: mini", 1, 8)
        stages.say("یک سطر خوانده شد")
        stages.tick("پرسیدن: mini", 5, 8)
        assert stages._bar is not None
        stages._bar.refresh()
        sys.stderr.flush()
        screen = Screen(80)
        screen.write(tty.getvalue())
    output.restore()
    said, row = screen.rows()
    assert read([said]) == ["یک", "سطر", "خوانده", "شد"] and len(said) == len(row) == 80
    left, bar, right = re.fullmatch("([^━]+) ([━╸╺]+) ([^━]+)", row.strip()).groups()  # type: ignore[union-attr]
    assert right == "mini :ﻥﺪﯿﺳﺮﭘ" and left.endswith("۵/۸") and not re.search("[0-9]", left)
    at = row.index(bar)
    colours = [screen.screen.buffer[1][column].fg for column in range(at, at + len(bar))]
    rest, done = (len(list(run)) for _, run in groupby(colours))
    assert (rest, done) == (15, 25)  # 5 of 8 are done: at the right
    assert drawn(tty.getvalue(), 80) == [said]  # at the end the bar is taken back


@pytest.mark.parametrize(("lang", "shown"), [("fa", "۱:۰۱:۰۵"), ("en", "1:01:05")])
def test_clocks_have_the_digits_of_the_interface(lang: str, shown: str) -> None:
    from rich.progress import Progress

    wording.set_language(lang)
    assert clock(3665.9) == shown
    now = [0.0]
    bar = Progress(get_time=lambda: now[0])
    number = bar.add_task("", total=2)
    assert str(Remaining()(bar.tasks[0])) == UNKNOWN
    now[0] = 3665.0
    bar.update(number, completed=1)
    (task,) = bar.tasks
    assert str(Elapsed()(task)) == shown
    digits = set(re.findall(r"\d", str(Remaining()(task)))) | set(re.findall(r"\d", shown))
    assert all((digit >= "۰") == (lang == "fa") for digit in digits)


# --- tables

NAMES = ("plain", "few_shot", "retrieval", "fine_tuned", "fine_tuned_retrieval")
RECORD: dict[str, Any] = {
    "data": {"kind": "facts", "facts": 50, "questions": 120},
    "ways": {
        name: {
            "recall": 0.3, "recall_interval": (0.25, 0.93), "chrf": 12.3, "heldout_loss": 2.345,
            "prompt_tokens": 1920, "seconds": 0.12, "weights_mb": 106.3, "adapter_mb": 5.1, "index_mb": 0.3,
        }
        for name in NAMES
    },
    "training": {
        "seconds": 83, "tokens": 12345, "examples": 210, "peak_memory_mb": 2011, "perplexity_ratio": 0.987
    },
    "verdict": None,
}  # fmt: skip
FIGURES = ("۳۰٪ (۲۵٪ … ۹۳٪)", "۱۲٫۳", "۲٫۳۵", "۱۹۲۰", "۰٫۱۲", "۱۱۱٫۷ = ۱۰۶٫۳ + ۵٫۱ + ۰٫۳")


@pytest.mark.parametrize("columns", [60, 80, 110, 160])
def test_a_wide_table_is_put_below_itself_and_no_figure_is_broken(columns: int, xterm: Any) -> None:
    tty, output = xterm(columns)
    baselines.show(RECORD)
    output.restore()
    rows = drawn(tty.getvalue(), columns)
    table = [row for row in rows if any(figure in row for figure in FIGURES)]
    parts = 1 if columns >= 110 else 2
    assert len(table) == parts * len(NAMES)
    assert sum(row.count(figure) for row in table for figure in FIGURES) >= len(FIGURES) * len(NAMES)
    names = [words_of(say(f"baselines.way_{name}")) for name in NAMES]
    for row, name in zip(table, names * parts, strict=True):
        assert len(row) == columns and read([row])[: len(name)] == name  # the first column is at the right
    assert max(map(len, rows)) <= columns


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_a_table_in_a_pipe_is_as_rich_writes_it(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wording.set_language(lang)
    for name, value in XTERM.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", pipe := io.StringIO())
    output = Output()
    output.choose("visual")
    baselines.show(RECORD)
    plain = Console(file=io.StringIO(), width=160)
    plain.print(baselines._table(RECORD))
    assert plain.file.getvalue() in pipe.getvalue()  # type: ignore[attr-defined]
    assert sys.stdout is pipe


def test_a_table_fits_where_the_terminal_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VTE.items():
        monkeypatch.setenv(name, value)
    tty, _ = ordered(monkeypatch, 80)
    baselines.show(RECORD)
    assert not sys.stdout.orders and not SHAPE.search(tty.getvalue())  # type: ignore[union-attr]
    table = [row for row in tty.getvalue().splitlines() if "۱۲٫۳" in row or "۱۱۱٫۷" in row]
    assert len(table) == 2 * len(NAMES)
    assert all(row.startswith("\u200e") for row in table)  # else the terminal would turn the row round
