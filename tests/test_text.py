"""Text: one spelling for each Persian letter, and nothing left that could drive a terminal."""

from __future__ import annotations

import random
import unicodedata

import pytest

from persian_assistant.text import (
    StreamSanitiser,
    normalise,
    one_line,
    persian_share,
    sanitise,
    to_latin_digits,
    to_persian_digits,
)

ZWNJ = "\u200c"
SPELLINGS = [
    ("كتاب علي", "کتاب علی"),
    ("رضى", "رضی"),
    ("ﺳﻼﻡ", "سلام"),  # presentation forms B
    ("ﭘﮊﻭﻫﺶ ﭼﮕﻮﻧﮕﯽ", "پژوهش چگونگی"),  # and A
    ("حتماﹰ", "حتماً"),  # an isolated mark is drawn on a blank of its own
    ("ﷲ", "الله"),
    ("۱۲ ١٢ 12", "۱۲ ۱۲ 12"),
    ("x² ½ ﬁ", "x² ½ ﬁ"),  # not ours to fold
    ("ســـلام", "سلام"),
    ("خانۀ ما", "خانهٔ ما"),
    ("آب", "آب"),
    ("\ufeffسلام\u00a0دوست", "سلام دوست"),
    (f"می{ZWNJ}شود", f"می{ZWNJ}شود"),
    (f"می{ZWNJ}{ZWNJ}شود", f"می{ZWNJ}شود"),
    (f"می{ZWNJ}ـ{ZWNJ}شود", f"می{ZWNJ}شود"),
    (f"{ZWNJ}سلام{ZWNJ} دوست{ZWNJ}،{ZWNJ}", "سلام دوست،"),
    (f"خانهٔ{ZWNJ}ما", f"خانهٔ{ZWNJ}ما"),  # a mark belongs to its letter
    (f"۵{ZWNJ}ساله", f"۵{ZWNJ}ساله"),
    ("می¬شود", f"می{ZWNJ}شود"),
    ("a ¬ b", "a ¬ b"),
    ("ه\u200d و", "ه و"),
    ("ه\u200dم", "هم"),
    (f"می\u200d{ZWNJ}شود", f"می{ZWNJ}شود"),
    ("👩\u200d💻 سلام", "👩\u200d💻 سلام"),
    ("", ""),
]


@pytest.mark.parametrize(("given", "wanted"), SPELLINGS)
def test_normalise_table(given: str, wanted: str) -> None:
    assert normalise(given) == wanted
    assert normalise(wanted) == wanted


def test_normalise_is_idempotent_and_composed_on_any_mixture() -> None:
    chance = random.Random(7)
    letters = f"اآبيىیكکهۀەؤئأ\u0654\u0653\u064b\u0640{ZWNJ}\u200d\u00ac \n.،۱١1aﻼﹰﷲﷺﯽ\ufeff\u00a0👩é\u0301"
    for _ in range(3000):
        text = "".join(chance.choice(letters) for _ in range(chance.randint(1, 9)))
        once = normalise(text)
        assert normalise(once) == once, ascii(text)
        assert unicodedata.is_normalized("NFC", once), ascii(text)
        assert not set(once) & set("يىكۀ\u0640\ufeff\u00a0ﻼﹰﷲﯽ"), ascii(text)


NASTY = [
    ("پیش\x1b]52;c;ZGFuZ2Vy\x07پس", "پیشپس"),  # OSC 52 writes the clipboard
    ("پیش\x1b]52;c;ZGFuZ2Vy\x1b\\پس", "پیشپس"),
    ("پیش\x9d52;c;ZGFuZ2Vy\x9cپس", "پیشپس"),
    ("\x1bPq#0;2\x1b\\ت", "ت"),
    ("\x1b_app\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\ت", "ت"),
    ("\x1b[31;1mسرخ\x1b[0m", "سرخ"),
    ("\x9b31mسرخ\x9b?25l", "سرخ"),
    ("\x1b[2J\x1b[Hپاک\x1bc\x1b(B\x1b#8", "پاک"),
    ("\x1b\x1b[31mدو", "دو"),
    ("الف\x1b", "الف"),
    ("الف\x1b[", "الف"),
    ("باز\x1b]0;title", "باز0;title"),  # its line does not end it: the words stay, the opening goes
    ("باز\x1b]0;title\nسطر بعد\x07", "باز0;title\nسطر بعد"),
    ("mojibake â€\x9d و دنباله", "mojibake â€ و دنباله"),
    ("\x1b]0;a\x1b[31mb\x07c", "0;abc"),
    ("الف\u202eب\u202cج\u2066د\u2069", "الفبجد"),
    ("\u200eالف\u200f\u061c", "الف"),
    ("زنگ\x07\x08\x00\x7f\x85", "زنگ"),
    ("سطر\r\nسطر\tو\rبعد\r", "سطر\nسطر\tوبعد"),
    (f"می{ZWNJ}شود", f"می{ZWNJ}شود"),
    ("نیمه\ud83d تمام", "نیمه\ufffd تمام"),
    ("جفت \ud83d\ude00.", "جفت 😀."),
    ("👩\u200d💻", "👩\u200d💻"),
]


@pytest.mark.parametrize(("given", "wanted"), NASTY, ids=range(len(NASTY)))
def test_sanitise_whole_and_at_every_split(given: str, wanted: str) -> None:
    assert sanitise(given) == wanted
    assert sanitise(wanted) == wanted
    for first in range(len(given) + 1):
        for second in range(first, len(given) + 1):
            stream = StreamSanitiser()
            pieces = [
                stream.feed(given[:first]),
                stream.feed(given[first:second]),
                stream.feed(given[second:]),
            ]
            assert "".join(pieces) + stream.flush() == wanted, (first, second)


def test_stream_agrees_with_the_whole_on_any_mixture() -> None:
    chance = random.Random(11)
    marks = "\x1b\x1b]]P[\\\x07\x9b\x9c\x9d31;mا ب\n\r\u202e\ud83d\ude00~"
    for _ in range(4000):
        text = "".join(chance.choice(marks) for _ in range(chance.randint(1, 12)))
        stream = StreamSanitiser()
        shown = "".join(stream.feed(char) for char in text) + stream.flush()
        assert shown == sanitise(text), ascii(text)
        shown.encode("utf-8")
        assert not any((char < " " and char not in "\n\t") or "\x7f" <= char <= "\x9f" for char in shown)


def test_stream_holds_back_only_what_may_go_on() -> None:
    stream = StreamSanitiser()
    assert stream.feed("سلام") == "سلام"
    assert stream.feed(" \x1b]52;") == " "
    assert stream.feed("c;" + "A" * 5000) == "52;c;" + "A" * 5000  # no terminal reads a string that long
    assert stream.feed("پایان") == "پایان"
    assert stream.flush() == ""


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("سلام دوست من", 1, 1), ("hello", 0, 0), ("", 0, 0), ("سلام abcd", 0.5, 0.5), (f"می{ZWNJ}شود", 1, 1)],
)
def test_persian_share(text: str, low: float, high: float) -> None:
    assert low <= persian_share(text) <= high


def test_digits_and_lines() -> None:
    assert to_persian_digits("12٣ ۴") == "۱۲۳ ۴"
    assert to_latin_digits("۱۲٣ 4") == "123 4"
    assert one_line("  یک \n دو\t سه ") == "یک دو سه"
