"""An answer on the screen while it comes.

Where text is ordered here, only the rows that changed are painted again: the line being written, and
earlier rows of its paragraph (or table) in the rare case that a later word changes them. Where the
terminal orders, nothing is ever painted twice. Knows nothing of sessions or of where pieces come from.
"""

from __future__ import annotations

from collections.abc import Callable

from persian_assistant.bidi.direction import LTR, RTL, base_of
from persian_assistant.bidi.lines import cells, lay_out, order, pieces_of
from persian_assistant.terminal.rtl import SGR, coloured, in_colour, left_to_right, orders, screen_size
from persian_assistant.terminal.rtl_flow import Flow
from persian_assistant.terminal.rtl_markdown import (
    Block,
    State,
    decided,
    inline_styles,
    is_table_row,
    read_line,
    table_cells,
)
from persian_assistant.terminal.rtl_table import table_rows

Write = Callable[[str], None]
_RULE_CELLS = 40


def block_rows(block: Block, width: int, mode: str) -> list[str]:
    """A block as the rows that are written, each of at most `width` cells."""
    if block.rule:
        return [_rule(block.text, width)]
    base = LTR if block.code else base_of(block.text)
    indent = min(cells(block.lead), width // 2)
    lines = lay_out(block.text, width - indent, mode, base, code=block.code)
    first = order(pieces_of(block.lead.rstrip(), mode, base), base, mode).text() if block.lead else ""
    shown = []
    for at, line in enumerate(lines):
        lead = first if at == 0 or block.lead.startswith("│") else ""
        blank = " " * max(0, indent - cells(lead))
        row = coloured(line, block.styles)
        if base == RTL and orders(mode):
            shown.append(" " * line.indent(width - indent) + row + blank + lead)
        else:
            shown.append((lead + blank + row).rstrip(" "))
    return shown


def _rule(title: str, width: int) -> str:
    title = f" {title} " if title else ""
    return f"\x1b[{SGR['dim']}m──{title}{'─' * max(2, min(_RULE_CELLS, width) - 2 - cells(title))}\x1b[0m"


class Painter:
    """Rows at the end of the screen that may still change; the cursor stays behind the last one."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._painted: list[str] = []

    def paint(self, rows: list[str], height: int) -> None:
        """Makes `rows` what is shown, in one write of no more than what differs from what is shown now.

        A row that left the screen at its top (`height` rows) stays as it is.
        """
        old = self._painted
        if rows == old:
            return
        pairs = enumerate(zip(old, rows, strict=False))
        same = next((at for at, (before, now) in pairs if before != now), min(len(old), len(rows)))
        self._painted = list(rows)
        if same == len(rows) < len(old):
            same -= 1  # the cursor belongs behind the last row that is left
        self._write(_onward(old, rows, max(same, len(old) - height, 0)) if old else "\n".join(rows))

    def settle(self) -> None:
        """The rows are as they stay; the next ones come below."""
        self._painted = []
        self._write("\n")

    def start_over(self, settled: list[str], rows: list[str], height: int) -> None:
        """A clean screen with the end of the `settled` rows and, below them, `rows`, which may still change.

        What the screen showed is pushed up, not erased.
        """
        self._painted = rows[-height:]
        shown = [*settled, *(rows or [""])][-height:]
        self._write("\n" * height + "\x1b[H" + "\n".join(shown))


def _onward(old: list[str], rows: list[str], first: int) -> str:
    """What turns the `old` rows into `rows` from row `first` on."""
    last = len(old) - 1
    if first > last:
        return "".join("\n" + row for row in rows[first:])
    if first == last < len(rows) and "\x1b" not in rows[first] and rows[first].startswith(old[first]):
        return "\n".join((rows[first][len(old[first]) :], *rows[first + 1 :]))
    up = f"\x1b[{last - first}A" if last > first else ""
    # Erased before it is written: erasing behind a full row would take its last letter.
    erase = "\x1b[K" if len(rows) >= len(old) else "\x1b[J"
    return f"\r{up}" + "\n".join(erase + row for row in rows[first:] or [""])


class Stream:
    """Takes the pieces of one answer and shows them; `close` ends its last line."""

    def __init__(
        self,
        mode: str,
        write: Write,
        size: Callable[[], tuple[int, int]] = screen_size,
        *,
        directed: bool = False,
    ) -> None:
        """`directed`: the terminal orders and was told to find each paragraph's direction."""
        self._mode = mode
        self._directed = directed
        self._write = write
        self._size = size
        self._columns, self._height = size()
        self._painter = Painter(write)
        self._settled: list[Block | list[str]] = []
        """The finished blocks and tables, for a resize."""
        self._state = State()
        self._line = ""
        self._table: list[str] = []
        self._told = 0
        """Characters of the current line that are on the screen, where nothing is painted twice."""
        self._flow: Flow | None = None
        """The rows of that line, once it is begun."""

    def feed(self, piece: str) -> None:
        """The next piece of the answer, already cleaned of controls."""
        self._meet_resize()
        *lines, rest = piece.split("\n")
        for line in lines:
            self._line += line
            self._end_line()
        self._line += rest
        if orders(self._mode):
            self._painter.paint(self._live_rows(), self._height)
        else:
            self._tell(final=False)

    def close(self) -> None:
        """Nothing more comes: the cursor goes to the line below the answer."""
        self._meet_resize()
        if self._line:
            self._end_line()
        self._end_table()

    def _end_line(self) -> None:
        if self._in_table():  # shown whole, once a line without a bar ends it
            self._table.append(self._line)
        else:
            self._end_table()
            self._tell(final=True)
            block, self._state = read_line(self._line, self._state)
            self._settle(block)
        self._line, self._told, self._flow = "", 0, None

    def _end_table(self) -> None:
        if table := self._table:
            self._table = []
            self._settle(table)

    def _settle(self, part: Block | list[str]) -> None:
        if orders(self._mode):
            self._painter.paint(self._rows(part), self._height)
            self._painter.settle()
            self._settled.append(part)
        elif isinstance(part, list):
            rows = "".join(f"{row}\n" for row in self._rows(part))
            self._write(left_to_right(rows, self._directed))
        elif part.rule:
            self._write(f"{self._rows(part)[0]}\n")
        else:
            self._write("\n")

    def _in_table(self) -> bool:
        return not self._state.fence and is_table_row(self._line)

    def _rows(self, part: Block | list[str]) -> list[str]:
        if isinstance(part, Block):
            return block_rows(part, self._columns, self._mode)
        headers, body = table_cells(part)
        styled = [[inline_styles(cell) for cell in row] for row in body]
        return table_rows([(cell, ()) for cell in headers], styled, self._columns, self._mode)

    def _live_rows(self) -> list[str]:
        """The rows of what is being written: a line, or a table with all its lines."""
        in_table = self._in_table()
        table = [*self._table, self._line] if in_table else self._table
        rows = self._rows(table) if table else []
        if self._line and not in_table:
            rows = rows + self._rows(read_line(self._line, self._state)[0])
        return rows

    def _tell(self, final: bool) -> None:
        """Writes what has been decided of the current line and is not on the screen yet, without painting."""
        if orders(self._mode) or self._in_table():
            return
        block, after = read_line(self._line, self._state)
        if not final:
            if self._state.fence or after.fence or self._table:
                return
            block = read_line(decided(self._line), self._state)[0]
        if block.rule:
            return
        text, styles = block.text, block.styles or ("",) * len(block.text)
        if block.code:  # long lines of code are the terminal's to break, where a copy has no newline
            self._write(left_to_right(block.lead + in_colour(text, styles) if text else "", self._directed))
            return
        flow = self._flow or Flow(self._columns, block.lead, directed=self._directed)
        shown, used = flow.take(text[self._told :], styles[self._told :], final=final)
        if shown:
            self._write(shown if self._flow else block.lead + shown)
            self._flow = flow
        self._told += used

    def _meet_resize(self) -> None:
        """After a resize nobody can say where the painted rows are: the answer goes on, on a clean screen."""
        columns, height = self._size()
        resized, self._height = columns != self._columns, height
        if not resized:
            return
        self._columns = columns
        if self._flow:
            self._flow.resize(columns)
        settled = [row for part in self._settled for row in self._rows(part)]
        rows = self._live_rows()
        if orders(self._mode) and (settled or rows):
            self._painter.start_over(settled, rows, height)
