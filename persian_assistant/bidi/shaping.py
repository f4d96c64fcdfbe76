"""Joined letters: each Arabic letter as the Unicode presentation form its neighbours call for.

The forms come from the standard library's character data, so the letters of Persian (پ چ ژ گ ک ی) are
among them, and each form can be traced to its letter, which arabic-reshaper's joined string does not allow.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

ZWNJ, ZWJ = "\u200c", "\u200d"
_LAM = "\u0644"
_FORMS = ((0xFB50, 0xFC00), (0xFE70, 0xFEFD))
"""The blocks with one code point for one letter (or lam with alef) in one position."""


@cache
def _forms() -> dict[tuple[str, str], str]:
    """(letter or lam + alef, "isolated" | "initial" | "medial" | "final") -> its presentation form."""
    forms: dict[tuple[str, str], str] = {}
    for first, last in _FORMS:
        for code in range(first, last):
            kind, *letters = unicodedata.decomposition(chr(code)).split() or ("",)
            source = "".join(chr(int(letter, 16)) for letter in letters)
            if kind and not source.startswith(" ") and (len(source) == 1 or source[0] == _LAM):
                forms.setdefault((source, kind.strip("<>")), chr(code))
    return forms


def _joins_next(char: str) -> bool:
    return char == ZWJ or (char, "initial") in _forms()


def _joins_before(char: str) -> bool:
    return char == ZWJ or (char, "final") in _forms()


def _transparent(char: str) -> bool:
    """Marks over and under letters do not come between them; ZWNJ, which is a mark to no one, does."""
    return unicodedata.category(char) in ("Mn", "Me")


def shaped(text: Sequence[str]) -> list[str]:
    """What is drawn for each character of `text` in logical order.

    A letter is its joined form; the alef of «لا» is "" and its lam the two as one; ZWNJ, and ZWJ beside a
    letter, are "" once they have done their work. Anything else is itself.
    """
    forms = _forms()
    shown = list(text)
    letters = [at for at, char in enumerate(text) if not _transparent(char)]
    for place, at in enumerate(letters):
        char = text[at]
        if char == ZWNJ:
            shown[at] = ""
        if not shown[at] or not _joins_before(char):
            continue
        before = text[letters[place - 1]] if place else ""
        after = text[letters[place + 1]] if place + 1 < len(letters) else ""
        from_before = bool(before) and _joins_next(before)
        if char == ZWJ:
            if from_before or (after and _joins_before(after)):
                shown[at] = ""
            continue
        ligature = forms.get((char + after, "final" if from_before else "isolated"))
        if char == _LAM and after and ligature:
            shown[at], shown[letters[place + 1]] = ligature, ""
            continue
        to_next = bool(after) and _joins_next(char) and _joins_before(after)
        position = (("isolated", "initial"), ("final", "medial"))[from_before][to_next]
        shown[at] = forms.get((char, position), char)
    return shown
