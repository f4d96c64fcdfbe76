"""Persian text: one spelling for every letter, and nothing in it that could drive a terminal.

Knows nothing of right-to-left display: what leaves here is in logical order. Slang is not formalised.
"""

from __future__ import annotations

import re
import unicodedata

ZWNJ = "\u200c"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"

_LETTERS = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ۍ": "ی",
        "ې": "ی",
        "ك": "ک",
        "ڪ": "ک",
        "ە": "ه",
        "ۀ": "هٔ",
        "\u0640": None,  # tatweel only stretches a word
        "\u00ac": ZWNJ,  # old code pages kept the half space here
        "\u00a0": " ",
        "\u202f": " ",
        "\ufeff": None,
        "\u200d": None,
    }
)
_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", PERSIAN_DIGITS)
_TO_PERSIAN_DIGITS = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", PERSIAN_DIGITS * 2)
_TO_LATIN_DIGITS = str.maketrans(PERSIAN_DIGITS + "٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)

# Arabic presentation forms A and B: drawn shapes, not letters. NFKC maps them back; nothing else may be
# folded by it (it would turn ² into 2).
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_ZWNJ_RUN = re.compile(f"{ZWNJ}+")
_LOOSE_ZWNJ = re.compile(rf"{ZWNJ}(?=[\s\W]|$)|(?<=[\s\W]){ZWNJ}|^{ZWNJ}")

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# ECMA-48: OSC/DCS/SOS/PM/APC strings up to BEL or ST, CSI sequences, two-character escapes.
_ESCAPES = re.compile(
    "(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x07|\x1b\\\\|\x9c|$)"
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI_CONTROLS}]")
_PERSIAN_LETTER = re.compile("[آ-غف-قل-وپچژکگیءئؤأةهٔ]")


def normalise(text: str) -> str:
    """`text` with one code point for each Persian letter; ZWNJ kept between letters and tidied elsewhere.

    NFC, ي→ی, ك→ک, presentation forms back to letters, Arabic digits to Persian ones (Latin digits stay),
    tatweel dropped. Idempotent.
    """
    text = _PRESENTATION.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
    text = unicodedata.normalize("NFC", text).translate(_LETTERS).translate(_ARABIC_DIGITS)
    text = _ZWNJ_RUN.sub(ZWNJ, text)
    return unicodedata.normalize("NFC", _LOOSE_ZWNJ.sub("", text))


def sanitise(text: str) -> str:
    """`text` without terminal escapes, C0/C1 controls (newline and tab stay) and bidi overrides.

    Lone surrogates become U+FFFD, so that the result can always be written as UTF-8.
    """
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    text = _CONTROLS.sub("", text)
    return text.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


class StreamSanitiser:
    """`sanitise` for text that comes in pieces: an escape cut by the border of two pieces is still met."""

    _LONGEST_ESCAPE = 4096

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The part of what came so far that is safe to show now."""
        text = self._held + piece
        start = self._open_escape(text)
        if start is not None and len(text) - start > self._LONGEST_ESCAPE:
            text, start = text[:start], None  # no terminal reads a string that long: drop it
        self._held = "" if start is None else text[start:]
        return sanitise(text if start is None else text[:start])

    def flush(self) -> str:
        """The rest, once nothing more will come; an escape left open is dropped."""
        held, self._held = self._held, ""
        return sanitise(held)

    @staticmethod
    def _open_escape(text: str) -> int | None:
        """Where an escape starts that reaches the end of `text`, and so may go on in the next piece."""
        for match in _ESCAPES.finditer(text):
            if match.end() == len(text):
                return match.start()
        if text.endswith("\r"):
            return len(text) - 1
        return None


def persian_share(text: str) -> float:
    """Persian letters as a share (0..1) of all characters that are not white space."""
    solid = [char for char in text if not char.isspace() and char != ZWNJ]
    return sum(bool(_PERSIAN_LETTER.match(char)) for char in solid) / len(solid) if solid else 0.0


def to_persian_digits(text: str) -> str:
    """Latin and Arabic digits as Persian ones, for the screen."""
    return text.translate(_TO_PERSIAN_DIGITS)


def to_latin_digits(text: str) -> str:
    """Persian and Arabic digits as Latin ones, for parsing what a user typed."""
    return text.translate(_TO_LATIN_DIGITS)


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())
