"""Which way a paragraph runs, and what inside it stands left to right as one piece.

Where UAX #9 leaves room (its clause 4.3, higher-level protocols): a Persian paragraph may begin with a
Latin word, and a URL, a path or a flag keeps its slashes and dashes on the right side.
"""

from __future__ import annotations

import re

from persian_assistant.bidi.levels import classes

LTR, RTL = 0, 1
"""Base levels of a paragraph."""
_RTL_LETTER = "\u0590-\u05ff\u0600-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_WORDS = re.compile(rf"(?P<rtl>[{_RTL_LETTER}][{_RTL_LETTER}\u200c]*)|(?P<ltr>[^\W\d_]+)")
_CHUNK = re.compile(rf"[^\s{_RTL_LETTER}\u06f0-\u06f9«»()\[\]{{}}\"“”`|<>=,;!]+")
_SENTENCE_END = ".:?…"
_DATE = re.compile(r"(?<![\w-])\+?[\d۰-۹]+(?:-[\d۰-۹]+){2,}(?![\w-])")
_EXPLICIT = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_SYNTAX = frozenset("'\"`#()[]{}<>=+*/\\|&^%$@;:~")
_LETTERS_ONLY = re.compile(r"\w+")


def base_of(text: str) -> int:
    """RTL for a paragraph whose first letter is right-to-left or that has as many such words as others."""
    words = [found.lastgroup for found in _WORDS.finditer(text) if _strong(found.group())]
    if not words:
        return LTR
    return RTL if words[0] == "rtl" or words.count("rtl") * 2 >= len(words) else LTR


def _strong(word: str) -> bool:
    return any(kind in ("L", "R", "AL") for kind in classes(word))


def kinds_of(text: str, *, code: bool = False) -> list[str]:
    """The bidirectional classes of `text`, with URLs, paths, flags and dates as one left-to-right piece.

    In `code` the signs of its syntax run left to right: else two Persian strings would change places.
    """
    kinds = ["BN" if kind in _EXPLICIT else kind for kind in classes(text)]
    for found in _CHUNK.finditer(text):
        start, end = found.span()
        end -= len(found.group()) - len(found.group().rstrip(_SENTENCE_END))
        if "L" in kinds[start:end] and not _LETTERS_ONLY.fullmatch(text, start, end):
            if start and kinds[start - 1] == "AL":  # in «/خانه/x» the slash is between two names
                start += next(at for at, kind in enumerate(kinds[start:end]) if kind == "L")
            kinds[start:end] = ["L"] * (end - start)
    for found in _DATE.finditer(text):
        kinds[found.start() : found.end()] = ["L"] * len(found.group())
    if code:
        return ["L" if char in _SYNTAX else kind for char, kind in zip(text, kinds, strict=True)]
    return kinds
