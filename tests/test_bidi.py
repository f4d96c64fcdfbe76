"""Right-to-left lines: Unicode's own conformance files, second implementations, and what a reader sees."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import arabic_reshaper
import bidi
import pytest
from wcwidth import wcswidth

from persian_assistant.bidi.direction import LTR, RTL, base_of, kinds_of
from persian_assistant.bidi.levels import classes, resolve, settle, visual_order
from persian_assistant.bidi.lines import cells, clipped, lay_out
from persian_assistant.bidi.shaping import shaped
from persian_assistant.text import normalise

UNICODE = Path("/usr/share/unicode")
"""Where Debian's package `unicode-data` puts the files."""
EXPLICIT = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
EACH = 5
"""So many rows are passed over for one that is tried, in a quick run."""
PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآئؤ"


def levels_and_order(text: str, kinds: list[str], base: int) -> tuple[list[str], list[int]]:
    """Levels ("x" for a character without one) and order of one line, as the files write them."""
    levels = settle(resolve(text, kinds, base), kinds, base)
    told = ["x" if kind == "BN" else str(level) for level, kind in zip(levels, kinds, strict=True)]
    return told, [at for at in visual_order(levels) if kinds[at] != "BN"]


def rows_of(name: str, each: int) -> Iterator[str]:
    path = UNICODE / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    lines = path.read_text(encoding="utf-8").splitlines()
    yield from (
        line for at, line in enumerate(lines) if line and line[0] != "#" and (line[0] == "@" or not at % each)
    )


@pytest.mark.parametrize("each", [EACH, pytest.param(1, marks=pytest.mark.slow)])
def test_unicode_character_test(each: int) -> None:
    tried = 0
    for row in rows_of("BidiCharacterTest.txt", each):
        codes, _, base, levels, order = row.split(";")
        text = "".join(chr(int(code, 16)) for code in codes.split())
        if EXPLICIT & set(kinds := classes(text)):
            continue  # `sanitise` leaves none of them in
        got = levels_and_order(text, kinds, int(base))
        assert got == (levels.split(), [int(at) for at in order.split()]), row
        tried += 1
    assert tried > 90_000 // each


@pytest.mark.parametrize("each", [EACH, pytest.param(1, marks=pytest.mark.slow)])
def test_unicode_class_test(each: int) -> None:
    tried, levels, order = 0, [""], [0]
    for row in rows_of("BidiTest.txt", each):
        name, _, values = row.partition(":")
        if row.startswith("@"):
            levels = values.split() if name == "@Levels" else levels
            order = [int(at) for at in values.split()] if name == "@Reorder" else order
            continue
        kinds, bits = row.split(";")[0].split(), int(row.split(";")[1])
        if EXPLICIT & set(kinds):
            continue
        first = next((int(kind != "L") for kind in kinds if kind in ("L", "R", "AL")), 0)
        for bit, base in ((1, first), (2, 0), (4, 1)):
            if bits & bit:
                assert levels_and_order("x" * len(kinds), kinds, base) == (levels, order), (row, base)
                tried += 1
    assert tried > 60_000 // each


def test_order_as_a_second_implementation_has_it() -> None:
    """Against python-bidi (Unicode's algorithm in Rust): random lines of letters, digits, signs, brackets."""
    chance = random.Random(5)
    pools = [
        "abcXYZ",
        PERSIAN,
        "אבגדה",
        "0123456789",
        "۰۱۲۳۴۵۶۷۸۹",
        *("+-", ",.:/", "%$#", "!?*&'", " ", "()[]"),
    ]
    for _ in range(3000):
        text = "".join(chance.choice(chance.choice(pools)) for _ in range(chance.randrange(1, 24)))
        for base, name in ((LTR, "L"), (RTL, "R")):
            kinds = classes(text)
            order = visual_order(settle(resolve(text, kinds, base), kinds, base))
            unmirrored = "".join(text[at] for at in order)
            assert unmirrored == bidi.get_display(text, base_dir=name), (text, base)


def test_letters_are_joined_as_a_second_implementation_has_it() -> None:
    """Against arabic-reshaper: random words of Persian letters, with half spaces and marks."""
    settings = {"delete_harakat": False, "support_ligatures": True, "use_unshaped_instead_of_isolated": False}
    only_lam_alef = dict.fromkeys(("ARABIC LIGATURE ALLAH", "ARABIC LIGATURE RIAL", "RIAL SIGN"), False)
    reshaper = arabic_reshaper.ArabicReshaper({**settings, **only_lam_alef})
    chance = random.Random(6)
    for _ in range(3000):
        word = "".join(chance.choice(PERSIAN + "لا\u200c\u200cَِّ" * 2) for _ in range(chance.randrange(1, 12)))
        if word[0] in "َِّ\u200c" or re.search("ل[َِّ]+[اآ]", word):
            continue  # a mark between lam and alef: there the other one forgets the join
        assert "".join(shaped(word)) == reshaper.reshape(word).replace("\u200c", ""), word


# --- what a reader sees


def seen(text: str, width: int = 200, mode: str = "visual") -> list[str]:
    return [line.text() for line in lay_out(text, width, mode)]


def reading(row: str) -> str:
    """A row of Persian alone as an eye reads it: from its right end, each shape as its letter."""
    return normalise(row[::-1])


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("سلام دنیا", "ﺎﯿﻧﺩ ﻡﻼﺳ"),
        ("پژمان گچ یک چکش", "ﺶﮑﭼ ﮏﯾ ﭻﮔ ﻥﺎﻣﮋﭘ"),
        ("می‌خواهم", "ﻢﻫﺍﻮﺧﯽﻣ"),
        ("لا بلا کلاآ", "ﺁﻼﮐ ﻼﺑ ﻻ"),
        ("سَلامٌ", "مٌلاسَ".translate({ord(a): b for a, b in zip("مس", "ﻡﺳ", strict=True)}).replace("لا", "ﻼ")),
        ("در ۱۲ خانه", "ﻪﻧﺎﺧ ۱۲ ﺭﺩ"),
        ("(نسخهٔ ۱.۵)", "(۱.۵ ﻪٔﺨﺴﻧ)"),
        ("«بله»!", "!«ﻪﻠﺑ»"),
        ("با Python ۳.۱۱ بنویس.", ".ﺲﯾﻮﻨﺑ Python ۳.۱۱ ﺎﺑ"),
        ("از https://a.b/c/ بگیر", "ﺮﯿﮕﺑ https://a.b/c/ ﺯﺍ"),
        ("در /home/x/a-b.txt است", "ﺖﺳﺍ /home/x/a-b.txt ﺭﺩ"),
        ("با --rtl یا -v بزن", "ﻥﺰﺑ -v ﺎﯾ --rtl ﺎﺑ"),
        ("در C:\\x\\y و ~/z", "~/z ﻭ C:\\x\\y ﺭﺩ"),
        ("به a.b@c.ir، بفرست", "ﺖﺳﺮﻔﺑ ،a.b@c.ir ﻪﺑ"),
        ("روز 2024-05-06 بود", "ﺩﻮﺑ 2024-05-06 ﺯﻭﺭ"),
        ("ساعت ۱۲:۳۰", "۱۲:۳۰ ﺖﻋﺎﺳ"),
        ("C++‌ها", "ﺎﻫC++"),
        ("C++ و C# خوبند", "ﺪﻨﺑﻮﺧ C# ﻭ C++"),
        ("خوب 👍 است", "ﺖﺳﺍ 👍 ﺏﻮﺧ"),
        ("👨‍👩‍👧 خانواده 👍🏽", "👍🏽 ﻩﺩﺍﻮﻧﺎﺧ 👨‍👩‍👧"),
        ("The word «سلام» is Persian.", "The word «ﻡﻼﺳ» is Persian."),
        ("x = 5", "x = 5"),
        ("", ""),
    ],
)  # fmt: skip
def test_rows_as_they_stand_from_left_to_right(text: str, row: str) -> None:
    assert seen(text) == [row]


def test_words_mode_leaves_words_to_the_terminal() -> None:
    assert seen("سلام، می‌گوید (بله) hello ۱۲!", mode="words") == ["!hello ۱۲ (بله) می‌گوید سلام،"]


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("Python زبان خوبی است", RTL), ("سلام in Persian means hello", RTL), ("Say سلام to everyone", LTR),
        ("۱۲۳", LTR), ("«سلام»", RTL), ("hello", LTR), ("!", LTR), ("Python زبان", RTL), ("שלום", RTL),
    ],
)  # fmt: skip
def test_direction_of_a_paragraph(text: str, base: int) -> None:
    assert base_of(text) == base


def test_pieces_that_stay_left_to_right_hold_no_persian() -> None:
    assert kinds_of("/خانه/x")[:6] == classes("/خانه/x")[:6]
    assert kinds_of("foo.py: بله")[6] == "CS"  # the colon is the sentence's, not the file's


TEXT = "این یک متن بلند است که با Python 3.11 و «نقل‌قول» و https://example.com/a/b?c=d نوشته شده، لابد"
TEXT += " ۱۲ سطر دارد."


@pytest.mark.parametrize("mode", ["visual", "words"])
@pytest.mark.parametrize("width", [1, 2, 7, 12, 25, 40, 80, 200])
def test_wrapped_first_and_ordered_after(width: int, mode: str) -> None:
    lines = lay_out(TEXT, width, mode)
    shown = [piece for line in lines for piece in line.pieces]
    places = sorted(place for piece in shown for place in range(piece.start, piece.end))
    gone = set(range(len(TEXT))) - set(places)
    assert len(places) == len(set(places)) and all(TEXT[place] == " " for place in gone)
    starts = [min(piece.start for piece in line.pieces) for line in lines]
    assert starts == sorted(starts)  # the first words are on the first row
    for line in lines:
        assert line.width <= max(width, max(piece.width for piece in line.pieces))
        assert line.width == wcswidth(line.text())
        if line.width < width:
            assert wcswidth(line.text(width)) == width  # right-aligned
    if width >= 40:  # nothing is broken inside a word
        firsts = [start for start in starts if start]
        assert all(TEXT[start - 1] == " " for start in firsts)


def test_a_broken_word_keeps_its_joined_forms() -> None:
    assert [reading(row) for row in seen("کتابخانه‌ها", 4)] == ["کتاب", "خانه", "ها"]
    assert seen("ببب", 2) == ["ﺒﺑ", "ﺐ"]


def test_each_piece_is_its_own_letters() -> None:
    text = "سلام می‌شود"
    (line,) = lay_out(text, 80)
    by_place = {text[piece.start : piece.end]: piece.shown for piece in line.pieces}
    assert by_place["لا"] == "ﻼ" and by_place["ی\u200c"] == "ﯽ" and by_place["س"] == "ﺳ"


def test_clipped_to_one_row() -> None:
    row = clipped("یک متن که جا نمی‌شود", 9, "visual")
    assert row.width <= 9 and row.text().startswith("…")
    assert clipped("یک", 9, "visual").text(9) == "       ﮏﯾ"


def test_cells() -> None:
    assert [cells(text) for text in ("", "سلام", "می‌شود", "سَ", "👍", "👨‍👩‍👧")] == [0, 4, 5, 1, 2, 6]
    assert [cells(line.text()) for line in lay_out("a\tb", 40)] == [6]


def test_nothing_is_ordered_in_logical_mode() -> None:
    assert seen("سلام hello می‌شود", 12, "logical") == ["سلام hello", "می‌شود"]


def test_any_text_at_all_is_laid_out() -> None:
    """Random characters from every plane: no exception, every row within its width, no letter lost."""
    chance = random.Random(7)
    ranges = [(0x20, 0x7F), (0x590, 0x700), (0xFB50, 0xFE00), (0x1F300, 0x1F700), (0x300, 0x370)]
    ranges.append((0x2000, 0x2070))
    for _ in range(600):
        text = "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randrange(40)))
        for mode in ("visual", "words"):
            for line in lay_out(text, 10, mode):
                assert line.width <= 10 or len(line.pieces) == 1
