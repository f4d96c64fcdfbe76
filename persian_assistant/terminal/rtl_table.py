"""Tables of right-to-left text: the first column at the right, each cell wrapped and ordered for itself."""

from __future__ import annotations

from collections.abc import Sequence

from persian_assistant.bidi.direction import LTR, RTL, base_of
from persian_assistant.bidi.lines import Line, cells, lay_out
from persian_assistant.terminal.rtl import coloured, orders

GAP = 2
_LRM = "\u200e"
"""Keeps each column in its place where the terminal orders: it would turn a row of Persian cells round."""
Cell = tuple[str, tuple[str, ...]]
"""A text in logical order and a style for each of its characters, or none."""


def table_rows(headers: Sequence[Cell], body: Sequence[Sequence[Cell]], width: int, mode: str) -> list[str]:
    """The rows of a table of at most `width` cells; right to left where its words are."""
    every = [headers, *body]
    columns = len(headers)
    if not columns:
        return []
    base = base_of(" ".join(text for row in every for text, _ in row)) if orders(mode) else LTR
    if width < columns * (1 + GAP):  # no room for columns: one cell below the other
        shown = (line for row in every for text, _ in row for line in lay_out(text, width, mode))
        return [line.text(width) for line in shown]
    widths = _widths(every, columns, width)
    rows: list[str] = []
    for number, row in enumerate(every):
        rows += _row(row, widths, width, base, mode, "bold" if number == 0 else "")
        if number == 0:
            across = "─" * (sum(widths) + GAP * (columns - 1))
            rows.append(across.rjust(width) if base == RTL else across)
    return rows


def _widths(every: Sequence[Sequence[Cell]], columns: int, width: int) -> list[int]:
    """Cells for each column: what its widest text needs, or less, the widest and of two the last giving way.

    None gives up its longest word before the others are down to theirs.
    """
    texts = [[row[at][0] for row in every] for at in range(columns)]
    widths = [max(1, *(cells(line) for text in column for line in text.split("\n"))) for column in texts]
    words = [max((cells(word) for text in column for word in text.split()), default=1) for column in texts]
    room = max(columns, width - GAP * (columns - 1))
    while sum(widths) > room:
        spare = [at for at in range(columns) if widths[at] > words[at]] or range(columns)
        widths[max(spare, key=lambda at: (widths[at], at))] -= 1
    return widths


def _row(
    row: Sequence[Cell], widths: Sequence[int], width: int, base: int, mode: str, style: str
) -> list[str]:
    wrapped: list[list[str]] = []
    for (text, styles), size in zip(row, widths, strict=True):
        styled = styles or (style,) * len(text)
        lines = lay_out(text.replace("\n", " "), size, mode)
        wrapped.append([_padded(line, styled, size, base) for line in lines])
    shown = []
    for at in range(max(map(len, wrapped))):
        parts = [
            lines[at] if at < len(lines) else " " * size for lines, size in zip(wrapped, widths, strict=True)
        ]
        gap = " " * GAP if orders(mode) else f"{_LRM}{' ' * GAP}"
        joined = gap.join(reversed(parts) if base == RTL else parts)
        indent = width - sum(widths) - GAP * (len(widths) - 1) if base == RTL else 0
        start = "" if orders(mode) else _LRM
        shown.append(start + " " * max(0, indent) + (joined if base == RTL else joined.rstrip(" ")))
    return shown


def _padded(line: Line, styles: Sequence[str], size: int, base: int) -> str:
    blank = " " * max(0, size - line.width)
    shown = coloured(line, styles)
    return blank + shown if base == RTL else shown + blank
