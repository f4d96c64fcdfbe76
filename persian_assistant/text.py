"""Persian text: one spelling for every letter, and nothing in it that could drive a terminal.

Knows nothing of right-to-left display: what leaves here is in logical order. Slang is not formalised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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
        "\u00a0": " ",
        "\u202f": " ",
        "\ufeff": None,
    }
)
_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", PERSIAN_DIGITS)
_TO_PERSIAN_DIGITS = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", PERSIAN_DIGITS * 2)
_TO_LATIN_DIGITS = str.maketrans(PERSIAN_DIGITS + "٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)

# Arabic presentation forms A and B: drawn shapes, not letters. NFKC maps them back; nothing else may be
# folded by it (it would turn ² into 2).
_PRESENTATION = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_MARKS = "\u064b-\u065f\u0670"
_SCRIPT = f"\u0620-\u064a{_MARKS}\u066e-\u06d3\u06d5\u06ee-\u06ef\u06fa-\u06ff"
_IS_SCRIPT = re.compile(f"[{_SCRIPT}]")
_ZWJ, _OLD_ZWNJ = "\u200d", "\u00ac"
_JOINERS = re.compile(f"[{ZWNJ}{_ZWJ}{_OLD_ZWNJ}]+")

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# ECMA-48: OSC/DCS/SOS/PM/APC strings up to BEL or ST, CSI sequences, two-character escapes. A string that
# its line does not end is only robbed of its opening: the rest is harmless, and may be what a user wrote.
_STRING = "(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*"
_ESCAPES = re.compile(f"{_STRING}(?:\x07|\x1b\\\\|\x9c)|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?")
_MAY_GO_ON = re.compile(f"(?:{_STRING}\x1b?|(?:\x1b\\[|\x9b)[0-?]*[ -/]*|\x1b[ -/]*|\r|[\ud800-\udbff])\\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI_CONTROLS}]")
_PERSIAN_LETTER = re.compile("[آ-غف-قل-وپچژکگیءئؤأةهٔ]")


def normalise(text: str) -> str:
    """`text` with one code point for each Persian letter; ZWNJ kept between letters and tidied elsewhere.

    NFC, ي→ی, ك→ک, presentation forms back to letters, Arabic digits to Persian ones (Latin digits stay),
    tatweel dropped. Idempotent.
    """
    text = _PRESENTATION.sub(_letters_of, text)
    text = unicodedata.normalize("NFC", text).translate(_LETTERS).translate(_ARABIC_DIGITS)
    return unicodedata.normalize("NFC", _JOINERS.sub(_joined, text)).translate(_LETTERS)


def _letters_of(shape: re.Match[str]) -> str:
    # An isolated mark is drawn on a blank of its own, which is no part of the word it follows.
    return unicodedata.normalize("NFKC", shape.group()).lstrip(" ")


def _joined(run: re.Match[str]) -> str:
    """What a run of joiners comes to, by its neighbours: one ZWNJ inside a word, ZWJ in an emoji, or nothing.

    Old code pages kept the half space at ¬; next to no Persian letter it is the sign that it looks like.
    """
    joiners, (start, end) = run.group(), run.span()
    before, after = run.string[max(start - 1, 0) : start], run.string[end : end + 1]
    beside = bool(_IS_SCRIPT.match(before)) + bool(_IS_SCRIPT.match(after))
    inside = bool(re.match(rf"[\w{_MARKS}]", before) and re.match(r"\w", after))
    if beside == 2:
        return ZWNJ if inside and joiners.strip(_ZWJ) else ""
    kept = joiners.replace(ZWNJ, "") if not beside else re.sub(f"[{ZWNJ}{_ZWJ}]", "", joiners)
    return ZWNJ if inside and not kept and ZWNJ in joiners else kept


def sanitise(text: str) -> str:
    """`text` without terminal escapes, C0/C1 controls (newline and tab stay) and bidi overrides.

    Half a surrogate pair becomes U+FFFD, so that the result can always be written as UTF-8.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))


class StreamSanitiser:
    """`sanitise` for text that comes in pieces: an escape cut by the border of two pieces is still met."""

    _LONGEST_ESCAPE = 4096

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The part of what came so far that is safe to show now."""
        text = self._held + piece
        open_escape = _MAY_GO_ON.search(text)
        start = open_escape.start() if open_escape else len(text)
        if len(text) - start > self._LONGEST_ESCAPE:
            start = len(text)  # no terminal reads a string that long
        self._held = text[start:]
        return sanitise(text[:start])

    def flush(self) -> str:
        """The rest, once nothing more will come."""
        held, self._held = self._held, ""
        return sanitise(held)


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


def answer_key(text: str) -> str:
    """`text` as answers are compared: normalised, digits Latin, without spaces and half spaces."""
    return re.sub(r"[\s\u200c]+", "", to_latin_digits(normalise(text)))


def holds_answer(reply: str, answers: Iterable[str]) -> bool:
    """Whether `reply` holds one of `answers`, spaces, half spaces and kinds of digits left aside."""
    said = answer_key(reply)
    return any(answer_key(answer) in said for answer in answers)
