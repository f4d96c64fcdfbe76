"""What stands on a terminal that does not order right-to-left text: rows of cells, with colours kept on
the right letters.

Text goes in in logical order and comes out as rows to write; nothing comes back from here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from persian_assistant.bidi import ORDERED
from persian_assistant.bidi.direction import RTL, base_of
from persian_assistant.bidi.lines import Line, clipped, lay_out

SGR = {
    "bold": "1", "dim": "2", "italic": "4", "code": "36", "bold code": "1;36", "bold italic": "1;4",
    "keyword": "35", "string": "32", "number": "36", "comment": "2", "name": "1",
}  # fmt: skip
"""Styles by name, as the numbers of ECMA-48: the terminal's own colours, so that they suit its theme.

Italic is an underline: Persian has no slanted letters, and the slanted fonts of terminals none at all.
"""
FIND_DIRECTION, FIND_NO_DIRECTION = "\x1b[?2501h", "\x1b[?2501l"
"""A terminal after the BiDi recommendation runs every paragraph from left to right, Persian too, until it
is told to find each one's direction. It is told so no more for code and tables, and at the end."""


def orders(mode: str) -> bool:
    """Whether text is ordered here; in the other modes the terminal gets it as it is."""
    return mode in ORDERED


def rows(text: str, width: int, mode: str) -> Iterator[str]:
    """The rows of a text of several paragraphs, right-to-left ones ending at column `width`."""
    for paragraph in text.split("\n"):
        yield from (line.text(width) for line in lay_out(paragraph, width, mode))


def one_row(text: str, width: int, mode: str) -> str:
    """A text as one row of at most `width` cells, cut with «…»; right-aligned if it is Persian."""
    return clipped(text, width, mode).text(width) if orders(mode) else text


def inline(text: str, mode: str) -> str:
    """A short text in the middle of something else: ordered, not aligned, not cut; its outer blanks stay."""
    if not orders(mode) or not text.strip():
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    shown = lay_out(text.strip(), 10_000, mode)[0].text()
    return after + shown + before if base_of(text) == RTL else before + shown + after


def coloured(line: Line, styles: Sequence[str]) -> str:
    """A row with its colours; `styles` holds a name of `SGR`, or "", for each character of the text."""
    if not styles:
        return line.text()
    runs = groupby(line.pieces, lambda piece: styles[piece.start])
    return "".join(_sgr("".join(piece.shown for piece in pieces), style) for style, pieces in runs)


def in_colour(text: str, styles: Sequence[str]) -> str:
    """`text` as it is, with its colours."""
    runs = groupby(zip(text, styles, strict=True), lambda pair: pair[1])
    return "".join(_sgr("".join(char for char, _ in pairs), style) for style, pairs in runs)


def _sgr(text: str, style: str) -> str:
    if not style or not text.strip():
        return text
    numbers = SGR[style].split(";")
    if os.environ.get("NO_COLOR"):
        numbers = [number for number in numbers if len(number) == 1]
    return f"\x1b[{';'.join(numbers)}m{text}\x1b[0m" if numbers else text


def left_to_right(text: str, directed: bool) -> str:
    """`text` kept from left to right on a terminal that was told to find directions (`directed`)."""
    return f"{FIND_NO_DIRECTION}{text}{FIND_DIRECTION}" if directed else text


def screen_size() -> tuple[int, int]:
    """Columns and rows of the terminal that answers go to, as they are now; 80 and 24 where there is none."""
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return 80, 24
    return size.columns or 80, size.lines or 24
