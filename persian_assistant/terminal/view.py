"""The one place through which every shown text goes: cleaned of anything that could drive a terminal.

Text comes in logical order, and is ordered for the screen only here (rtl.py), where the terminal does not do
it. Knows nothing of sessions: it is handed sentences, tables and pieces.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from persian_assistant.figures import decimal, figure, share
from persian_assistant.terminal import rtl
from persian_assistant.terminal.output import Ordered
from persian_assistant.terminal.rtl_flow import wrapped
from persian_assistant.text import StreamSanitiser, one_line, sanitise
from persian_assistant.wording import say

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["PATIENCE", "TICK", "View", "decimal", "figure", "share"]

PATIENCE = 1.0
"""Seconds without a first piece before "thinking" is shown."""
TICK = 0.5
"""Seconds between two redraws of a line that changes."""
_WIDE = 200


class View:
    """Shows answers on stdout, and all else beside them (a terminal) or on stderr (`apart`).

    Safe to call from any thread; an event that comes during an answer waits for its end. The streams are
    looked up at each write, so that prompt_toolkit's patched stdout is met.
    """

    def __init__(self, *, apart: bool, dumb: bool = False) -> None:
        self.apart = apart
        self._dumb = dumb
        self._lock = threading.RLock()
        self._answering = False
        self._waiting: list[tuple[str, str]] = []
        self._transient = False
        self.rtl = "logical"
        """How right-to-left text stands on this terminal: one of `bidi.lines.MODES`, but not "auto"."""
        self.directed = False
        """The terminal orders, and was told to find the direction of each paragraph."""
        self.events = 0
        """How many sentences came from other threads: something turned since the last look."""

    # --- sentences and tables

    def notice(self, text: str, style: str = "") -> None:
        """A finished sentence (or lines), now."""
        with self._lock:
            self.wipe()
            from rich.text import Text

            console = self._console()
            text = self._laid_out(sanitise(text), console.width) if self.live else sanitise(text)
            console.print(Text(text, style=style), soft_wrap=True)
            self._notices.flush()

    def error(self, error: BaseException | str) -> None:
        """An error as one line."""
        self.notice(say("chat.error", message=one_line(str(error))), style="red")

    def event(self, text: str, style: str = "magenta") -> None:
        """A sentence from another thread: above the prompt, or after the answer that is being shown."""
        with self._lock:
            self.events += 1
            if self._answering:
                self._waiting.append((text, style))
            else:
                self.notice(one_line(text), style=style)

    def aside(self, text: str) -> None:
        """A sentence by the way, such as that something was remembered."""
        self.event(text, style="dim")

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table; cells are cleaned and wrapped, never read as markup."""
        if self.live:
            self._table_on_screen(headers, rows)
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
        for header in headers:
            table.add_column(header, overflow="fold")
        for row in rows:
            table.add_row(*(Text(sanitise(cell)) for cell in row))
        with self._lock:
            self.wipe()
            self._console().print(table)
            self._notices.flush()

    def _table_on_screen(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from persian_assistant.terminal.rtl_table import table_rows

        plain = [[(sanitise(cell), ()) for cell in row] for row in (headers, *rows)]
        with self._lock:
            self.wipe()
            stream = self._notices
            if isinstance(stream, Ordered) and stream.orders:
                stream.write_rows(table_rows(plain[0], plain[1:], self.width, stream.mode))
                return
            shown = table_rows(plain[0], plain[1:], self.width, self.rtl)
            self._notices.write(rtl.left_to_right("".join(f"{row}\n" for row in shown), self.directed))
            self._notices.flush()

    def _laid_out(self, text: str, width: int) -> str:
        if getattr(self._notices, "orders", False):
            return text  # the stream breaks and orders it (output.py)
        if rtl.orders(self.rtl):
            return "\n".join(rtl.rows(text, width, self.rtl))
        return wrapped(text, width, directed=self.directed)

    # --- one line that changes

    def transient(self, text: str) -> None:
        """A line that the next one replaces; nothing where a line cannot be taken back."""
        with self._lock:
            if not self.live:
                return
            from rich.cells import set_cell_size

            width = self._console().width - 1
            line = rtl.one_row(sanitise(text).replace("\n", " "), width, self.rtl)  # blanks keep places
            line = set_cell_size(line, width).rstrip()
            self._notices.write(f"\r{line}\x1b[K")
            self._notices.flush()
            self._transient = True

    def wipe(self) -> None:
        """Takes the changing line back."""
        with self._lock:
            if self._transient:
                self._notices.write("\r\x1b[K")
                self._notices.flush()
                self._transient = False

    # --- answers

    def answer(self, pieces: Iterator[str], waiting: Callable[[], str], cut: Callable[[], bool]) -> None:
        """Shows an answer while it comes; `waiting()` says what is waited for until the first piece.

        White space at both ends is dropped. When `cut()` is true at the end, the answer is marked so.
        """
        with self._lock:
            self._answering = True
        shown = False
        write, end = self._answer_writer()
        try:
            with self._thinking(waiting) as came:
                for text in _tidy(pieces):
                    came()
                    shown = True
                    write(text)
            if not shown and not cut():
                write(say("chat.no_answer"))
                shown = True
        finally:
            if cut():
                write((" " if shown else "") + say("chat.unfinished"))
                shown = True
            if shown:
                end()
            self._release()

    def _answer_writer(self) -> tuple[Callable[[str], None], Callable[[], None]]:
        """What shows a piece of an answer, and what ends its last line."""
        drawn = self.live and sys.stdout.isatty()
        if not drawn or (os.environ.get("NO_COLOR") and not rtl.orders(self.rtl)):
            return self._write, lambda: self._write("\n")
        from persian_assistant.terminal.rtl_stream import Stream

        stream = Stream(self.rtl, self._write, directed=self.directed)
        return stream.feed, stream.close

    @contextmanager
    def held(self) -> Iterator[None]:
        """Events wait in here, as they do during an answer."""
        with self._lock:
            self._answering = True
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._answering = False
            events, self._waiting = self._waiting, []
        for event, style in events:
            self.notice(one_line(event), style=style)

    def answer_line(self, pieces: Iterator[str]) -> None:
        """An answer as exactly one line on stdout (an empty one when nothing came)."""
        line = one_line("".join(_tidy(pieces)))
        self._write(line + "\n")

    def blank_answer(self) -> None:
        """The empty line that stands for an answer that failed, so that lines in and out stay paired."""
        self._write("\n")

    # --- inside

    @contextmanager
    def _thinking(self, waiting: Callable[[], str]) -> Iterator[Callable[[], None]]:
        """Shows `waiting()` after a second, until the yielded function is called."""
        came = threading.Event()

        def show() -> None:
            if came.wait(PATIENCE):
                return
            dots = 0
            while True:
                with self._lock:
                    if came.is_set():
                        return
                    self.transient(waiting().rstrip("….") + "." * (dots + 1))
                dots = (dots + 1) % 3
                if came.wait(TICK):
                    return

        def stop() -> None:
            if not came.is_set():
                with self._lock:
                    came.set()
                    self.wipe()

        if self.live:
            threading.Thread(target=show, daemon=True, name="thinking").start()
        try:
            yield stop
        finally:
            stop()

    @property
    def live(self) -> bool:
        """Whether notices go to a terminal where a line can be taken back."""
        return not self._dumb and self._notices.isatty()

    @property
    def width(self) -> int:
        """Columns of the terminal that notices go to."""
        return self._console().width

    @property
    def _notices(self) -> TextIO:
        return sys.stderr if self.apart else sys.stdout

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def _console(self) -> Console:
        from rich.console import Console

        stream = self._notices
        width = None if stream.isatty() else _WIDE
        return Console(
            file=stream, width=width, highlight=False, emoji=False, markup=False,
            no_color=True if self._dumb else None,
        )  # fmt: skip


def _tidy(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces cleaned, without white space before the first and after the last letter."""
    cleaner = StreamSanitiser()
    held = ""
    begun = False

    def step(text: str) -> str:
        nonlocal held, begun
        text = held + text
        if not begun:
            text = text.lstrip()
        solid = text.rstrip()
        held = text[len(solid) :]
        begun = begun or bool(solid)
        return solid

    for piece in pieces:
        if solid := step(cleaner.feed(piece)):
            yield solid
    if solid := step(cleaner.flush()):
        yield solid
