"""Tables of right-to-left text: the first column at the right, each cell wrapped and ordered for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from persian_assistant.bidi.direction import LTR, RTL, base_of
from persian_assistant.bidi.lines import Line, cells, lay_out
from persian_assistant.terminal.rtl import coloured, orders

GAP = 2
_LRM = "\u200e"
"""Keeps each column in its place where the terminal orders: it would turn a row of Persian cells round."""
Cell = tuple[str, tuple[str, ...]]
"""A text in logical order and a style for each of its characters, or none."""


def table_rows(
    headers: Sequence[Cell] | None,
    body: Sequence[Sequence[Cell]],
    width: int,
    mode: str,
    figures: Collection[int] = (),
) -> list[str]:
    """The rows of a table of at most `width` cells; right to left where its words are.

    The columns `figures` stand at their right edge, as all do in a table that runs right to left.
    """
    every = [headers, *body] if headers is not None else list(body)
    columns = len(every[0]) if every else 0
    if not columns:
        return []
    base = base_of(" ".join(text for row in every for text, _ in row)) if orders(mode) else LTR
    if width < columns * (1 + GAP):  # no room for columns: one cell below the other
        shown = (line for row in every for text, _ in row for line in lay_out(text, width, mode))
        return [line.text(width) for line in shown]
    widths = _widths(headers, body, columns, width)
    right = [base == RTL or at in figures for at in range(columns)]
    rows: list[str] = []
    for row in every:
        rows += _row(row, widths, width, base, mode, "bold" if row is headers else "", right)
        if row is headers:
            across = "─" * (sum(widths) + GAP * (columns - 1))
            rows.append(across.rjust(width) if base == RTL else across)
    return rows


def table_parts(
    headers: Sequence[Cell] | None,
    body: Sequence[Sequence[Cell]],
    width: int,
    mode: str,
    figures: Collection[int] = (),
) -> list[str]:
    """`table_rows`; where the columns do not fit beside each other, tables below each other, each with the
    first column and as many of the others as fit.
    """
    columns = len(body[0]) if body else 0
    names = [headers[at][0] if headers else "" for at in range(columns)]
    needs = [_longest((*name.split(), *(row[at][0] for row in body))) for at, name in enumerate(names)]
    parts: list[list[int]] = [[0]]
    for at in range(1, columns):
        taken = sum(needs[one] + GAP for one in parts[-1])
        if len(parts[-1]) > 1 and taken + needs[at] > width:
            parts.append([0])
        parts[-1].append(at)
    rows: list[str] = []
    for part in parts:
        chosen = [[row[at] for at in part] for row in body]
        named = None if headers is None else [headers[at] for at in part]
        right = [place for place, at in enumerate(part) if at in figures]
        rows += ([""] if rows else []) + table_rows(named, chosen, width, mode, right)
    return rows


def _longest(texts: Iterable[str]) -> int:
    """Cells of the longest of some texts; at least one."""
    return max([1, *map(cells, texts)])


def _widths(
    headers: Sequence[Cell] | None, body: Sequence[Sequence[Cell]], columns: int, width: int
) -> list[int]:
    """Cells for each column: what its widest text needs, or less, the widest and of two the last giving way.

    None gives up its longest word before the others are down to theirs, and headers are broken before the
    texts below them.
    """
    names = [headers[at][0] if headers else "" for at in range(columns)]
    texts = [[row[at][0] for row in body] for at in range(columns)]
    words = [_longest(" ".join((name, *column)).split()) for name, column in zip(names, texts, strict=True)]
    below = [
        max(word, _longest("\n".join(column).split("\n"))) for word, column in zip(words, texts, strict=True)
    ]
    widths = [max(own, _longest(name.split("\n"))) for name, own in zip(names, below, strict=True)]
    room = max(columns, width - GAP * (columns - 1))
    while sum(widths) > room:
        spare = [at for at in range(columns) if widths[at] > below[at]]
        spare = spare or [at for at in range(columns) if widths[at] > words[at]] or list(range(columns))
        widths[max(spare, key=lambda at: (widths[at], at))] -= 1
    return widths


def _row(
    row: Sequence[Cell],
    widths: Sequence[int],
    width: int,
    base: int,
    mode: str,
    style: str,
    right: Sequence[bool],
) -> list[str]:
    wrapped: list[list[str]] = []
    for (text, styles), size, at_right in zip(row, widths, right, strict=True):
        styled = styles or (style,) * len(text)
        lines = lay_out(text.replace("\n", " "), size, mode)
        wrapped.append([_padded(line, styled, size, at_right) for line in lines])
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


def _padded(line: Line, styles: Sequence[str], size: int, right: bool) -> str:
    blank = " " * max(0, size - line.width)
    shown = coloured(line, styles)
    return blank + shown if right else shown + blank
