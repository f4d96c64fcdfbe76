"""The line being typed, broken between words, and in visual order where text is ordered here. The buffer
stays as it was typed, in logical order.

prompt_toolkit itself breaks a line where the cells of a row end. A processor of its own turns each line of
the buffer into rows of exactly the window's width, so that it breaks between them, and says where each
character went, for the cursor and the mouse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.screen import Char
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.utils import get_cwidth

from persian_assistant.bidi.direction import RTL, base_of
from persian_assistant.bidi.lines import order, pieces_of, wrap
from persian_assistant.terminal.rtl import orders

_SPARE = 2
"""Cells of a row that stay free: for the cursor behind the text, and prompt_toolkit's own blank."""
_WORD = re.compile(r"( *)([^ ]+|$)")


@dataclass(frozen=True)
class Arranged:
    """A line of the buffer as it is shown."""

    shown: tuple[tuple[str, int], ...]
    """Each drawn character, rows after each other, with the place in the buffer's line it comes from; the
    line's length for what is drawn beside the text."""
    places: tuple[int, ...]
    """For each place in the buffer's line, and the one behind its end: where in `shown` it is."""


@lru_cache(maxsize=64)
def arrange(text: str, width: int, mode: str) -> Arranged:
    """`text` (one line) in rows of `width` cells; a right-to-left one ends at their right side."""
    base = base_of(text)
    rows = wrap(pieces_of(text, mode, base), max(1, width - _SPARE))
    shown: list[tuple[str, int]] = []
    places = [0] * (len(text) + 1)
    for number, row in enumerate(rows):
        last = number == len(rows) - 1
        while len(row) > 1 and row[-1].blank and sum(piece.width for piece in row) > width - _SPARE:
            row.pop()  # blanks at the end of a full row: the cursor waits beside it
        line = order(row, base, mode, trim=False)
        spare = max(0, width - 1 - line.width)
        before = spare if base == RTL else 0
        after = 0 if last else 1 if base == RTL else spare + 1
        shown += [(" ", len(text))] * before
        drawn = sum(len(piece.shown) for piece in line.pieces)
        behind = max(0, len(shown) - 1) if base == RTL else len(shown) + drawn
        for piece in line.pieces:
            for place in range(piece.start, piece.end):
                places[place] = len(shown)
            shown += [(char, piece.start) for char in piece.shown]
        shown += [(" ", len(text))] * after
        end = rows[number + 1][0].start if not last else len(text) + 1
        for place in range(max((piece.end for piece in row), default=0), end):
            places[place] = behind
    return Arranged(tuple(shown), tuple(places))


@lru_cache(maxsize=64)
def break_rows(text: str, width: int) -> Arranged:
    """`text` (one line) in logical order in rows of `width` cells that end between words.

    Blanks behind a full row are not drawn; a word longer than a row is broken by its cells.
    """
    shown: list[tuple[str, int]] = []
    places: list[int] = []
    column = 0
    for found in _WORD.finditer(text):
        blanks, word = found.span(1), found.span(2)
        drawn = min(width - column, blanks[1] - blanks[0])
        for place in range(*blanks):
            places.append(len(shown))
            if place < blanks[0] + drawn:
                shown.append((" ", place))
        column += drawn
        if column and column + sum(map(_width, found[2])) > width:
            shown += [(" ", word[0])] * (width - column)
            column = 0
        for place in range(*word):
            places.append(len(shown))
            shown.append((text[place], place))
            wide = _width(text[place])
            column = wide if column + wide > width else column + wide
    return Arranged(tuple(shown), (*places, len(shown)))


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    """Cells that prompt_toolkit gives a character: a control it shows as two."""
    return get_cwidth(Char.display_mappings.get(char, char))


class Rows(Processor):
    """Breaks the buffer's lines between words, and orders them where the terminal does not."""

    def __init__(self, mode: Callable[[], str], before: Callable[[], int]) -> None:
        """`mode` is how text stands now; `before` the cells in front of each row, where the prompt is."""
        self._mode = mode
        self._before = before

    def apply_transformation(self, ti: TransformationInput) -> Transformation:
        text = fragment_list_to_text(ti.fragments)
        width, ordered = max(4, ti.width - self._before()), orders(self._mode())
        if len(text) < width and (text.isascii() or not ordered) and sum(map(_width, text)) < width:
            return Transformation(ti.fragments)
        styles = [fragment[0] for fragment in explode_text_fragments(ti.fragments)] + [""]
        arranged = arrange(text, width, self._mode()) if ordered else break_rows(text, width)
        runs = groupby(arranged.shown, lambda drawn: styles[drawn[1]])
        fragments: StyleAndTextTuples = [(style, "".join(char for char, _ in drawn)) for style, drawn in runs]
        places, sources = arranged.places, [place for _, place in arranged.shown]

        def to_display(place: int) -> int:
            return places[min(max(place, 0), len(places) - 1)]

        def to_source(place: int) -> int:
            return sources[place] if 0 <= place < len(sources) else len(text)

        return Transformation(fragments, to_display, to_source)


def add_bindings(keys: KeyBindings, mode: Callable[[], str]) -> None:
    """Left and Right go where they point; a late answer of the terminal to `rtl_detect`'s question is not
    taken for typing.
    """

    @Condition
    def runs_left() -> bool:
        line = get_app().current_buffer.document.current_line
        return orders(mode()) and base_of(line) == RTL

    @keys.add("left", filter=runs_left)
    def onward(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_right(count=event.arg)

    @keys.add("right", filter=runs_left)
    def back(event: KeyPressEvent) -> None:
        event.current_buffer.cursor_left(count=event.arg)

    @keys.add("escape", "[", "8", ";", Keys.Any, "$", "y")
    def late(event: KeyPressEvent) -> None:
        pass
