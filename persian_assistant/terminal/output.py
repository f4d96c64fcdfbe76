"""What the commands write to a terminal: broken between words, and ordered where the terminal does not do it.

It stands in the place of sys.stdout and sys.stderr, so that everything passes here: `print`, argparse, rich's
lines and bars, what libraries write. Each row is joined, wrapped, ordered and put at the right edge; on a
terminal that orders it is wrapped and nothing else. A row without a right-to-left letter that fits, and all
that goes to a pipe or a file, is untouched. The chat orders its own screen. Nobody is asked anything here.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

from persian_assistant.bidi import ORDERED, RTL_MARK
from persian_assistant.terminal.rtl_detect import kept_modes, known_mode, terminal_name

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from persian_assistant.bidi.lines import Line

_TOKEN = re.compile(
    r"(\x1b\[[\d;]*m)|(\r|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_=>])"
)
"""A colour; or anything else that drives the terminal."""
_ERASE_BEHIND = ("\x1b[K", "\x1b[0K")
_RTL_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BAR = re.compile("[━╸╺]+")
_TURNED = str.maketrans("╸╺", "╺╸")
"""rich's bars end in half a sign, which looks the other way where the bar grows to the left."""


def mode_on(stream: Any, setting: str, environ: Mapping[str, str] = os.environ) -> str:
    """How right-to-left text stands on `stream`: the `setting`, what was chosen on this kind of terminal
    before, or what the terminal is known to be; "logical" for one nobody knows, a pipe, a dumb terminal.

    The terminal itself is not asked, as the chat asks it: what is typed meanwhile would be lost to the shell.
    """
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return "logical"
    if setting != "auto":
        return setting
    if environ.get("NO_COLOR"):
        return "logical"
    return kept_modes().get(terminal_name(environ)) or known_mode(environ) or "logical"


class Output:
    """The program's stdout and stderr: as they are, or as `Ordered` has them from `choose` to `restore`."""

    def __init__(self) -> None:
        self._plain = {"stdout": sys.stdout, "stderr": sys.stderr}
        self._ordered: dict[str, Ordered] = {}

    def choose(self, setting: str) -> None:
        """What goes to a terminal is broken between words from now on, and ordered where `setting` and the
        terminal call for it."""
        self.restore()
        for name, stream in self._plain.items():
            if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
                continue
            with suppress(ImportError):  # without wcwidth text goes out as it is, to tell of what is missing
                import persian_assistant.bidi.lines  # noqa: F401

                self._ordered[name] = Ordered(stream, mode_on(stream, setting))
                setattr(sys, name, self._ordered[name])

    def restore(self) -> None:
        """The streams as they were. Raises BrokenPipeError."""
        ordered, self._ordered = self._ordered, {}
        for name, stream in ordered.items():
            setattr(sys, name, self._plain[name])
            stream.flush()

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """In here the streams are as they were: for who orders what it shows by itself."""
        for name in self._ordered:
            setattr(sys, name, self._plain[name])
        try:
            yield
        finally:
            for name, stream in self._ordered.items():
                setattr(sys, name, stream)


class Ordered:
    """A terminal's stream that takes text in logical order and writes rows as they stand. Safe with threads.

    In "logical" mode the terminal orders them (`orders` is false), and they are only broken between words.

    Where a row holds RTL_MARK, what is before it stays at the left and what is behind it runs from the right
    edge: a cell of a help's second column.
    """

    def __init__(self, stream: TextIO, mode: str) -> None:
        """`mode` is one of `bidi.ORDERED`, or "logical"."""
        self.mode = mode
        self.orders = mode in ORDERED
        self._stream = stream
        self._lock = threading.RLock()
        self._held = ""
        """The beginning of a row whose end has not come yet."""
        self._style = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._lock:
            *rows, self._held = (self._held + text).split("\n")
            self._stream.write("".join(self._row(row) + "\n" for row in rows))
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Writes the row at hand, too. One that asks for an answer, which ends in a blank, gets its newline:
        else the answer would stand behind the right edge."""
        with self._lock:
            held, self._held = self._held, ""
            if held:
                asks = held.endswith(" ") and not (_TOKEN.search(held) or _BAR.search(held))
                asks = asks and self.orders and bool(_RTL_LETTER.search(held))
                self._stream.write(self._row(held) + ("\n" if asks else ""))
            self._stream.flush()

    def write_rows(self, rows: list[str]) -> None:
        """Rows that stand already as they should."""
        with self._lock:
            self.flush()
            self._stream.write("".join(f"{row}\n" for row in rows))
            self._stream.flush()

    def _row(self, source: str) -> str:
        """A row, or what was painted over one, as it is written."""
        shown: list[str] = []
        text, styles, raw = "", list[str](), ""
        for part in _TOKEN.split(source):
            if not part:
                continue
            found = _TOKEN.fullmatch(part)
            if found and found[2]:
                # Erased before it is written: erasing behind a full row would take its last letter.
                before = part if self.orders and part in _ERASE_BEHIND and _RTL_LETTER.search(text) else ""
                shown += [before, self._ordered(text, styles, raw), "" if before else part]
                text, styles, raw = "", [], ""
                continue
            raw += part
            if found:
                self._style = "" if part in ("\x1b[0m", "\x1b[m") else self._style + part
            else:
                text += part
                styles += [self._style] * len(part)
        return "".join([*shown, self._ordered(text, styles, raw)])

    def _ordered(self, text: str, styles: list[str], raw: str) -> str:
        """`text` as rows with their colours; as it came (`raw`) where nothing is to be done."""
        if not self.orders:
            return self._broken(text, styles, raw)
        if not _RTL_LETTER.search(text) and RTL_MARK not in text:
            return raw
        from persian_assistant.bidi.direction import RTL
        from persian_assistant.bidi.lines import cells, lay_out

        left, marked, right = text.rpartition(RTL_MARK)
        base = RTL if marked or _BAR.search(text) else None
        lead, width = self._leading(left, styles), self._width() - cells(left)
        names = styles[len(text) - len(right) :]
        right, names = _with_bars_apart(right, names)
        rows = []
        for line in lay_out(right, width, self.mode, base):
            rows.append(lead + " " * line.indent(width) + _painted(line, names))
            lead = " " * cells(left)
        return "\n".join(rows)

    def _broken(self, text: str, styles: list[str], raw: str) -> str:
        """`text` broken between words, where the terminal would break it elsewhere."""
        from persian_assistant.bidi.lines import cells
        from persian_assistant.terminal.rtl_flow import wrapped

        if cells(text) <= (width := self._width()):
            return raw
        shown = wrapped(text, width)
        if not any(styles):
            return shown
        of_letters = iter([style for char, style in zip(text, styles, strict=True) if not char.isspace()])
        styled = [("" if char.isspace() else next(of_letters), char) for char in shown]
        runs = (
            (style, "".join(char for _, char in run)) for style, run in groupby(styled, lambda one: one[0])
        )
        return "".join(f"{style}{part}\x1b[0m" if style else part for style, part in runs)

    def _leading(self, text: str, styles: list[str]) -> str:
        if not _RTL_LETTER.search(text):
            return text
        from persian_assistant.bidi.direction import LTR
        from persian_assistant.bidi.lines import order, pieces_of

        return _painted(order(pieces_of(text, self.mode, LTR), LTR, self.mode, trim=False), styles)

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError, AttributeError):
            return 80


def _with_bars_apart(text: str, styles: list[str]) -> tuple[str, list[str]]:
    """A bar set apart with marks, so that it grows from the right whatever word or figure is beside it."""
    shown, names, at = "", list[str](), 0
    for bar in _BAR.finditer(text):
        start, end = bar.span()
        shown += text[at:start] + RTL_MARK + bar.group().translate(_TURNED) + RTL_MARK
        names += [*styles[at:start], "", *styles[start:end], ""]
        at = end
    return shown + text[at:], names + styles[at:]


def _painted(line: Line, styles: list[str]) -> str:
    """A row with its colours: `styles` holds for each character of its text what switches its colour on."""
    shown = ""
    for style, pieces in groupby(line.pieces, lambda piece: styles[piece.start]):
        part = "".join(piece.shown for piece in pieces).replace(RTL_MARK, "")
        shown += f"{style}{part}\x1b[0m" if style and part else part
    return shown


def show_table(table: Table, console: Console) -> None:
    """A rich table of plain texts. On a terminal laid out as the chat lays out its own, in as many parts
    below each other as its width calls for, each with the first column; elsewhere as rich writes it.
    """
    stream: Any = console.file
    if not stream.isatty() or console.is_dumb_terminal:
        console.print(table)
        return
    from persian_assistant.terminal.rtl_table import Cell, table_parts
    from persian_assistant.text import sanitise

    def cell(text: object, style: str = "") -> Cell:
        clean = sanitise(str(text))
        return clean, (style,) * len(clean) if style else ()

    columns = [list(column.cells) for column in table.columns]
    body = [
        [cell(column[at], str(row.style or "")) for column in columns] for at, row in enumerate(table.rows)
    ]
    headers = [cell(column.header) for column in table.columns] if table.show_header else None
    figures = [at for at, column in enumerate(table.columns) if column.justify == "right"]
    mode = stream.mode if isinstance(stream, Ordered) else "logical"
    rows = table_parts(headers, body, console.width, mode, figures)
    if isinstance(stream, Ordered):
        stream.write_rows(rows)
    else:
        stream.write("".join(f"{row}\n" for row in rows))
        stream.flush()
