"""Lines of a paragraph as they stand on the screen: joined, wrapped first, each ordered after.

Widths are terminal cells. Nothing here holds a colour: each drawn piece says which characters of the
logical text it is, so that a style follows its letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from wcwidth import iter_graphemes, wcswidth, wcwidth

from persian_assistant.bidi import ORDERED
from persian_assistant.bidi.direction import LTR, RTL, base_of, kinds_of
from persian_assistant.bidi.levels import MIRRORED, resolve, settle, visual_order
from persian_assistant.bidi.shaping import shaped

TAB = "    "
_ARABIC_POINTS = frozenset("،؛؟٪٫٬")


@dataclass(frozen=True)
class Piece:
    """What is drawn in one go: a letter with its marks, an emoji."""

    shown: str
    start: int
    """Its first character in the logical text."""
    end: int
    """One past its last character in the logical text."""
    width: int
    level: int
    kind: str
    """Bidirectional class of its first character."""

    @property
    def blank(self) -> bool:
        return self.kind in ("WS", "S")


@dataclass(frozen=True)
class Line:
    """One row of the screen: its pieces from left to right."""

    pieces: tuple[Piece, ...]
    width: int
    base: int

    def indent(self, width: int) -> int:
        """Blank cells before it, where a right-to-left line ends at column `width`."""
        return max(0, width - self.width) if self.base == RTL else 0

    def text(self, width: int = 0) -> str:
        """The row as it is written, right-aligned at `width` if its paragraph runs right to left."""
        return " " * self.indent(width) + "".join(piece.shown for piece in self.pieces)


def lay_out(
    text: str, width: int, mode: str = "visual", base: int | None = None, *, code: bool = False
) -> list[Line]:
    """One paragraph (no newline in it) as rows of at most `width` cells; `base` None is found by its words.

    `mode` is "visual" or "words"; in another one the rows are wrapped and nothing else. At least one row
    comes back; blanks at a break belong to no row.
    """
    if mode not in ORDERED:
        text_pieces = [replace(piece, level=LTR) for piece in pieces_of(text, mode, LTR)]
        return [order(row, LTR, mode) for row in wrap(text_pieces, width)]
    base = LTR if code else base_of(text) if base is None else base
    return [order(row, base, mode) for row in wrap(pieces_of(text, mode, base, code=code), width)]


def pieces_of(text: str, mode: str, base: int, *, code: bool = False) -> list[Piece]:
    """The pieces of a paragraph in logical order, with their levels."""
    kinds = kinds_of(text, code=code)
    levels = resolve(text, kinds, base)
    shown = shaped(text) if mode == "visual" else list(text)
    pieces: list[Piece] = []
    at = 0
    for cluster in iter_graphemes(text):
        end = at + len(cluster)
        drawn = TAB if cluster == "\t" else "".join(shown[at:end])
        piece = Piece(drawn, at, end, cells(drawn), levels[at], kinds[at])
        if pieces and not shown[at]:
            pieces[-1] = _joined(pieces[-1], piece)
        else:
            pieces.append(piece)
        at = end
    return pieces


def _of_word(piece: Piece) -> bool:
    """Whether a piece belongs to a word that the terminal itself joins and turns in `words` mode."""
    return piece.level % 2 == 1 and (piece.kind in ("R", "AL") or piece.shown[:1] in _ARABIC_POINTS)


def _joined(before: Piece, piece: Piece) -> Piece:
    """Two pieces drawn as one, such as lam and alef."""
    drawn = before.shown + piece.shown
    return replace(before, shown=drawn, end=piece.end, width=cells(drawn))


def wrap(pieces: Sequence[Piece], width: int) -> list[list[Piece]]:
    """The pieces of a paragraph broken at blanks into rows of at most `width` cells, in logical order.

    A word longer than a row is broken between letters, which keep the forms that they have in the word.
    """
    width = max(1, width)
    rows: list[list[Piece]] = [[]]
    filled = 0
    for word, blanks in _words(pieces):
        length = sum(piece.width for piece in word)
        if filled and filled + length > width and any(not piece.blank for piece in rows[-1]):
            rows.append([])
            filled = 0
        for piece in word:
            if filled and filled + piece.width > width:
                rows.append([])
                filled = 0
            rows[-1].append(piece)
            filled += piece.width
        rows[-1] += blanks
        filled += sum(piece.width for piece in blanks)
    return rows


def _words(pieces: Sequence[Piece]) -> list[tuple[list[Piece], list[Piece]]]:
    """Each word with the blanks after it; the first one is empty where the paragraph begins with blanks."""
    words: list[tuple[list[Piece], list[Piece]]] = [([], [])]
    for piece in pieces:
        if piece.blank:
            words[-1][1].append(piece)
        elif words[-1][1]:
            words.append(([piece], []))
        else:
            words[-1][0].append(piece)
    return words


def order(row: Sequence[Piece], base: int, mode: str = "visual", *, trim: bool = True) -> Line:
    """A wrapped row as it stands from left to right, without the blanks at its end if `trim`.

    In `words` mode the letters of each word stay in the order in which they are read.
    """
    kept = list(row)
    while trim and kept and kept[-1].blank:
        kept.pop()
    levels = settle([piece.level for piece in kept], [piece.kind for piece in kept], base)
    places = visual_order(levels)
    if mode == "words":
        runs = groupby(places, key=lambda at: _of_word(kept[at]))
        places = [at for word, run in runs for at in (reversed(list(run)) if word else run)]
    placed = tuple(_mirrored(kept[at], levels[at]) for at in places)
    return Line(placed, sum(piece.width for piece in placed), base)


def _mirrored(piece: Piece, level: int) -> Piece:
    if level % 2 and (other := MIRRORED.get(piece.shown[:1])):
        return replace(piece, shown=other + piece.shown[1:])
    return piece


def clipped(text: str, width: int, mode: str) -> Line:
    """A text as one row of at most `width` cells: what does not fit is left out at its end, after «…»."""
    base = base_of(text)
    pieces = pieces_of(text, mode, base)
    if sum(piece.width for piece in pieces) <= width:
        return order(pieces, base, mode)
    while pieces and sum(piece.width for piece in pieces) > width - 1:
        pieces.pop()
    return order([*pieces, Piece("…", len(text), len(text), 1, base, "ON")], base, mode)


def cells(text: str) -> int:
    """Terminal cells that `text` takes, at most; marks and joiners take none.

    Not every terminal puts an emoji of several code points into two cells. A row that is a little short is
    still right; one that is too long would break.
    """
    return max(0, wcswidth(text), sum(max(0, wcwidth(char)) for char in text))
