"""Text for a terminal that orders it itself: written once, never painted again, broken between words.

Such a terminal alone breaks a row in the middle of a word, where Persian letters lose their joined forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from persian_assistant.bidi.levels import classes
from persian_assistant.bidi.lines import cells
from persian_assistant.terminal.rtl import FIND_DIRECTION, FIND_NO_DIRECTION, in_colour

_WIDE = "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\U00020000-\U0003fffd"
"""Letters of scripts that are written without blanks: a row may end behind each of them."""
_RUNS = {"L": f"{FIND_NO_DIRECTION}\x1b[1 k", "R": f"{FIND_NO_DIRECTION}\x1b[2 k"}
"""What a row begins with that is to run this way whatever its first letter is (the recommendation's SCP)."""
_RUNS_NO_MORE = f"\x1b[0 k{FIND_DIRECTION}"
"""The rows after it are found again; the row keeps its direction as soon as something stands in it."""
_WORD = re.compile(rf"([ \t]*)([{_WIDE}]|[^ \t{_WIDE}]+)")


class Flow:
    """The rows of one paragraph, word by word as they come."""

    def __init__(self, width: int, lead: str = "", *, directed: bool = False) -> None:
        """`lead` stands before the first row, which the caller writes; later rows are indented by as much.

        `directed`: the terminal was told to find each paragraph's direction, and can be told one.
        """
        self.width = width
        self._directed = directed
        self._indent = min(cells(lead), width // 2)
        self._column = cells(lead)
        self._direction = _first_strong(lead)
        self._inside = False
        """The last word written was longer than a row, and may go on."""

    def take(self, text: str, styles: Sequence[str] = (), *, final: bool) -> tuple[str, int]:
        """What is to be written of `text`, which comes next, and how many of its characters that is.

        Its last word waits for more, unless this is `final` or the word is longer than a row: the terminal
        breaks such a one. `styles` holds a style name for each character, or nothing.
        """
        names = styles or ("",) * len(text)
        shown: list[str] = []
        shown_styles: list[str] = []
        used = 0
        for found in _WORD.finditer(text):
            whole = final or found.end() < len(text)
            size = cells(found[2])
            if not whole and size <= self.width:
                break
            start = found.start(2)
            if lead := self._before(found[1].expandtabs(8), found[2], size):
                plain = lead == found[1]
                shown += lead
                shown_styles += names[found.start() : start] if plain else [""] * len(lead)
            shown += found[2]
            shown_styles += names[start : found.end()]
            if lead.startswith("\n\x1b"):
                shown += _RUNS_NO_MORE
                shown_styles += [""] * len(_RUNS_NO_MORE)
            self._column = self._column + size
            if self._column > self.width:
                self._column = (self._column - 1) % self.width + 1
            self._inside = not whole
            used = found.end()
        return in_colour("".join(shown), shown_styles), used

    def resize(self, width: int) -> None:
        """From now on rows have another width; the terminal has broken the one that was begun anew."""
        self.width = width
        self._column %= width

    def _before(self, blanks: str, word: str, size: int) -> str:
        """What stands before a word: its blanks, or the way to the next row."""
        direction = _first_strong(word)
        goes_on = self._inside and not blanks
        fits = self._column + len(blanks) + size <= self.width
        paragraph, self._direction = self._direction, self._direction or direction
        if goes_on or fits or self._column <= self._indent:
            self._column += len(blanks)
            return blanks
        left, self._column = self.width - self._column, self._indent
        if paragraph in ("", direction):
            return "\n" + " " * self._indent
        # A terminal that finds the direction of each paragraph takes the words after a newline for a new one.
        # It is told that of a row that begins in the other direction; where it may not know how, the row has
        # to come by itself, when the one before is full.
        if self._directed:
            return "\n" + _RUNS[paragraph] + " " * self._indent
        if not left:
            self._column += 1  # the blank between the two words, which a copy needs
        return " " * (max(left, 1) + self._indent)


def _first_strong(text: str) -> str:
    """The direction of the first letter that has one, by which a terminal finds a paragraph's: "L" or "R"."""
    return next(("L" if kind == "L" else "R" for kind in classes(text) if kind in ("L", "R", "AL")), "")


def wrapped(text: str, width: int, *, directed: bool = False) -> str:
    """`text` broken between words into lines of at most `width` cells; `directed` as `Flow` has it."""
    rows = (Flow(width, directed=directed).take(line, final=True)[0] for line in text.split("\n"))
    return "\n".join(rows)
