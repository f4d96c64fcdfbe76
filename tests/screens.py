"""What stands on a terminal after something was written: pyte, a terminal emulator, at any size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pyte

_NOT_DRAWN = re.compile("[\u200b-\u200f]")
"""Joiners and marks without a shape: pyte would leave out the rest of the line behind one."""


class _Pyte(pyte.HistoryScreen):  # type: ignore[misc]
    """pyte, which begins a new row for a mark over the last letter of a full one, put right."""

    def draw(self, data: str) -> None:
        for char in data:
            if unicodedata.combining(char) and self.cursor.x == self.columns:
                last = self.buffer[self.cursor.y][self.columns - 1]
                self.buffer[self.cursor.y][self.columns - 1] = last._replace(data=last.data + char)
            else:
                super().draw(char)


class Screen:
    """A terminal screen that does not order text: what is written stays in its cells."""

    def __init__(self, columns: int, lines: int = 24) -> None:
        self.columns, self.lines = columns, lines
        self.writes: list[str] = []
        self.screen = _Pyte(columns, lines, history=10_000, ratio=0.001)
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> None:
        """As a program on a terminal writes: a newline goes to the first column."""
        self.writes.append(text)
        self._stream.feed(_NOT_DRAWN.sub("", text.replace("\r\n", "\n").replace("\n", "\r\n")))

    def size(self) -> tuple[int, int]:
        return self.columns, self.lines

    def resize(self, columns: int) -> None:
        self.columns = columns
        self.screen.resize(self.lines, columns)

    def rows(self) -> list[str]:
        """The rows that are on the screen, without blanks at their ends and without empty ones at the end."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def all_rows(self) -> list[str]:
        """The rows that were scrolled off, and those on the screen."""
        above = self.screen.history.top
        return ["".join(row[at].data for at in range(self.columns)).rstrip() for row in above] + self.rows()

    def styled(self, wanted: Callable[[pyte.screens.Char], bool]) -> list[str]:
        """For each row that has some: its characters, from left to right, that look as `wanted`."""
        found = []
        for row in range(self.lines):
            chars = [self.screen.buffer[row][column] for column in range(self.columns)]
            found.append("".join(char.data for char in chars if wanted(char)))
        return [row for row in found if row.strip()]


def pictured(rows: list[str], columns: int) -> str:
    """Rows in a frame of the screen's width, as a golden file keeps them."""
    edge = "+" + "-" * columns + "+"
    return "\n".join([edge, *(f"|{row}" for row in rows), edge]) + "\n"
