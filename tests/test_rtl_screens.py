"""Answers, tables and sentences on the screen of a terminal emulator, in each mode and at several widths.

`python tests/test_rtl_screens.py` writes the golden screens anew: look at what changed before keeping it.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import pytest
from screens import Screen, pictured

from persian_assistant.terminal.rtl import one_row, rows
from persian_assistant.terminal.rtl_markdown import State, decided, inline_styles, read_line
from persian_assistant.terminal.rtl_stream import Stream
from persian_assistant.terminal.rtl_table import table_rows
from persian_assistant.text import normalise

GOLDEN = Path(__file__).with_name("golden")
WIDTHS = (40, 80, 120)
MODES = ("logical", "visual", "words")
ANSWER = """# یک **پاسخ** نمونه
سلام! این متن **پررنگ و بلند** است، با `print(x)` و نشانی https://example.com/fa/راهنما و فایل \
/home/x/a.txt؛ لابد ۱۲٫۵ درصد (۳ از ۲۴) درست است.

This paragraph is in English, with «سلام» inside.
- مورد نخست که آن‌قدر بلند است که در یک سطر چهل‌خانه‌ای جا نمی‌شود
- item two: Python 3.11
    ۱. می‌خواهم، *گچ* و پژمان 👍
> نقل‌قول از کسی
```python
def سلام(name):  # یک توضیح
    return f"سلام {name}" + str(12)
```
| نام | سن | مسیر |
|---|---|---|
| **نگین** | ۲۵ | /home/negin |
| علی‌رضا محمدی که نام بلندی دارد | ۳۰ | C:\\ali |

---
پایان؛ پرسشی هست؟ (yes/no)"""


def streamed(text: str, mode: str, screen: Screen, sizes: list[int] | None = None) -> Screen:
    """`text` shown as an answer in pieces of the given sizes, over and over."""
    stream = Stream(mode, screen.write, screen.size)
    at, turn = 0, 0
    sizes = sizes or [3]
    while at < len(text):
        stream.feed(text[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    stream.close()
    return screen


def shown_screen(mode: str, width: int) -> str:
    """All that a golden file holds: an answer, a sentence of the program, a table and the bottom line."""
    screen = streamed(ANSWER, mode, Screen(width, 60))
    sentence = "نسخهٔ ۷ یاد گرفته شد: ۵ دانستهٔ تازه، سرگشتگی ۰٫۹۳۷ برابر مدل پایه (mini)؛ /versions را ببینید."
    if mode != "logical":
        screen.write("".join(f"{row}\n" for row in rows(sentence, width, mode)))
    cells = [["فرمان", "کار"], ["/help", "این فهرست"], ["/set [name [value]]", "دیدن یا عوض کردن تنظیم‌ها"]]
    table = [[(cell, ()) for cell in row] for row in cells]
    screen.write("".join(f"{row}\n" for row in table_rows(table[0], table[1:], width, mode)))
    bottom = "دستیار فارسی · mini · نسخهٔ ۷ · ۶۱ توکن در ثانیه · ۱۷ نوبت تا یادگیری بعدی"
    screen.write(one_row(bottom, width, mode))
    return pictured(screen.rows(), width)


def golden_file(mode: str, width: int) -> Path:
    return GOLDEN / f"{mode}_{width}.txt"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mode", MODES)
def test_golden_screens(mode: str, width: int) -> None:
    assert shown_screen(mode, width) == golden_file(mode, width).read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["visual", "words"])
@pytest.mark.parametrize("width", [20, 80])
def test_how_it_came_leaves_no_ghosts(mode: str, width: int) -> None:
    """Whatever the pieces were, the screen is that of the whole text at once."""
    at_once = streamed(ANSWER, mode, Screen(width, 80), [len(ANSWER)]).rows()
    chance = random.Random(width)
    for sizes in ([2], [chance.randrange(1, 30) for _ in range(50)]):
        assert streamed(ANSWER, mode, Screen(width, 80), sizes).rows() == at_once


@pytest.mark.parametrize("width", [20, 33, 80])
def test_all_of_an_answer_is_there_after_scrolling(width: int) -> None:
    lines = (f"سطر {number}: این متن بلند است و **شکسته** می‌شود چون جا ندارد." for number in range(16))
    long = "\n".join(lines)
    small, large = Screen(width, 10), Screen(width, 200)
    assert streamed(long, "visual", small, [2]).all_rows() == streamed(long, "visual", large, [500]).rows()


def test_only_the_line_being_written_is_painted_again() -> None:
    text = "این یک بند بلند است که در سطرهای بسیار شکسته می‌شود و هیچ سطر تمام‌شده‌ای دوباره کشیده نمی‌شود. " * 4
    screen = streamed(text.strip(), "visual", Screen(40), [4])
    assert len(screen.rows()) > 8
    for write in screen.writes:
        assert not re.search(r"\x1b\[\d*[AJ]", write)  # never up, never erasing what is below
        assert write.count("\n") <= 1 and len(write) < 120


def test_english_is_only_appended() -> None:
    screen = streamed("Plain words, one after another, in one line.", "visual", Screen(80), [4])
    assert sum(map(len, screen.writes)) == len("Plain words, one after another, in one line.\n")


def test_logical_text_goes_out_as_it_came() -> None:
    screen = streamed("سلام، می‌گوید hello (بله)\nدوم", "logical", Screen(80), [2])
    assert "".join(screen.writes) == "سلام، می‌گوید hello (بله)\nدوم\n"


WORDS = (
    "می‌خواهم با «/persona programmer» و /home/x/y.txt، بعد https://example.com/a/very/long/path?and=more-than#"
    "forty-columns-hold و 👍 و 你好世界你好世界 و **چند واژهٔ پررنگ که در دو سطر است** تمام"
)


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("sizes", [[1], [7], [1000]])
def test_where_the_terminal_orders_rows_end_between_words(width: int, sizes: list[int]) -> None:
    rows = streamed(WORDS, "logical", Screen(width, 60), sizes).rows()
    plain = WORDS.replace("**", "").replace("\u200c", "")  # the emulator has no joiners
    assert "".join(rows).replace(" ", "") == plain.replace(" ", "")
    words = [word for row in rows for word in row.split()]
    for word in plain.split():
        if "example.com" in word and width < 80:
            continue  # longer than a row: the terminal breaks it
        if "你" not in word:
            assert word in words, rows
    assert len(rows) <= len(plain) // width + 4  # and no row ends early for nothing


def test_rows_of_one_paragraph_stay_one_where_directions_change() -> None:
    """Behind a newline, a terminal that finds directions runs the row with "hello" from left to right."""
    persian = "این یک بند فارسی است که در آن چند واژهٔ"
    screen = streamed(f"{persian} hello world می‌آید و بعد ادامه دارد و باز هم.", "logical", Screen(40), [3])
    written = "".join(screen.writes)
    assert [row.split()[0] for row in screen.rows()] == ["این", "hello", "هم."]
    assert re.search(r"واژهٔ +hello", written) and "\nهم." in written


def test_a_word_waits_for_its_end_and_nothing_else_does() -> None:
    screen = Screen(40)
    stream = Stream("logical", screen.write, screen.size)
    for piece, shown in (("سلا", ""), ("م دو", "سلام"), ("ست", ""), (" من", " دوست")):
        before = len(screen.writes)
        stream.feed(piece)
        assert "".join(screen.writes[before:]) == shown
    stream.close()
    assert screen.rows() == ["سلام دوست من"]


def test_a_resize_where_the_terminal_orders_goes_on_at_the_new_width() -> None:
    screen = Screen(60)
    stream = Stream("logical", screen.write, screen.size)
    stream.feed("یک دو سه ")
    screen.resize(20)
    stream.feed("چهار پنج شش هفت هشت نه ده یازده")
    stream.close()
    assert screen.rows() == ["یک دو سه چهار پنج شش", "هفت هشت نه ده یازده"]


@pytest.mark.parametrize("mode", ["visual", "logical"])
def test_nothing_is_painted_twice_where_the_terminal_orders(mode: str) -> None:
    written = "".join(streamed(ANSWER, mode, Screen(60, 80), [1]).writes)
    moves = re.findall(r"\r|\x1b\[[0-9;]*[A-Zac-l]", written)
    assert bool(moves) == (mode == "visual")


@pytest.mark.parametrize(("before", "after"), [(60, 30), (30, 60), (80, 33)])
def test_a_resize_while_it_comes(before: int, after: int) -> None:
    """What is on the screen then is the answer at the new width and nothing else."""
    text = "سلام! " + "این متن با hello و ۱۲ در میانهٔ راه پهنای تازه می‌گیرد. " * 5
    text = f"{text.strip()}\n- مورد یک\n- مورد دو"
    screen = Screen(before, 24)
    screen.write("گفت‌وگوی پیشین\n")
    stream = Stream("visual", screen.write, screen.size)
    half = len(text) // 2
    stream.feed(text[:half])
    screen.resize(after)
    for at in range(half, len(text), 5):
        stream.feed(text[at : at + 5])
    stream.close()
    assert screen.rows() == streamed(text, "visual", Screen(after, 24)).rows()
    assert "گفت" in "\n".join(screen.all_rows())  # what was there before is pushed up, not lost


def test_styles_are_on_the_right_letters() -> None:
    screen = streamed("یک **پررنگ است** و `code` و *کج*", "visual", Screen(60))
    bold = screen.styled(lambda char: char.bold)
    assert [normalise(row[::-1]).strip() for row in bold] == ["پررنگ است"]
    assert screen.styled(lambda char: char.fg == "cyan") == ["code"]
    screen = streamed("```python\nreturn 'سلام'  # توضیح\n```", "visual", Screen(60))
    assert screen.styled(lambda char: char.fg == "magenta") == ["return"]
    assert [normalise(row) for row in screen.styled(lambda char: char.fg == "green")] == ["'ملاس'"]


def test_wide_letters_and_a_narrow_screen() -> None:
    for width in (3, 5, 8):
        shown = streamed("سلام 👍👍👍 خوب\n- یک\n| الف | ب |\n|-|-|\n| ۱ | دو |", "visual", Screen(width, 60))
        assert shown.rows() == streamed("سلام 👍👍👍 خوب\n- یک\n| الف | ب |\n|-|-|\n| ۱ | دو |",
                                        "visual", Screen(width, 60), [999]).rows()  # fmt: skip


# --- Markdown


@pytest.mark.parametrize(
    ("text", "plain", "styles"),
    [
        ("a **b** c", "a b c", "  b  "), ("**a** `b`", "a b", "b c"), ("2 * 3 * 4", "2 * 3 * 4", " " * 9),
        ("a_b_c", "a_b_c", "     "), ("_a_ و *b*", "a و b", "i   i"), ("`**a**`", "**a**", "ccccc"),
        ("**باز", "**باز", "     "), ("***", "***", "   "), ("__init__", "__init__", " " * 8),
        ("snake_case و `x`", "snake_case و x", " " * 13 + "c"),
    ],
)  # fmt: skip
def test_inline_marks(text: str, plain: str, styles: str) -> None:
    if text == "__init__":  # two underscores are bold in Markdown, also where a programmer means a name
        plain, styles = "init", "bbbb"
    got, names = inline_styles(text)
    assert (got, "".join((name or " ")[0] for name in names)) == (plain, styles)


def test_blocks() -> None:
    def block(line: str, state: State | None = None) -> tuple[str, str]:
        read = read_line(line, state or State())[0]
        return read.lead, read.text

    assert block("## سر") == ("", "سر") and block("- یک") == ("• ", "یک")
    assert block("۱۲. یک") == ("۱۲. ", "یک")
    assert block("  * یک") == ("  • ", "یک") and block("> یک") == ("│ ", "یک") and block("#نه") == ("", "#نه")
    assert block("-نه") == ("", "-نه") and read_line("---", State())[0].rule
    inside = read_line("```py", State())[1]
    assert inside.fence == "```" and block("- **x**", inside) == ("  ", "- **x**")
    assert read_line("```", inside)[1] == State()


@pytest.mark.parametrize(
    ("line", "part"),
    [("سلام", "سلام"), ("سلام **پر", "سلام "), ("سلام **پر** و", "سلام **پر** و"), ("-", ""), ("- ی", "- ی"),
     ("۱", ""), ("۱۲", ""), ("۱۲ نفر", "۱۲ نفر"), ("``", ""), ("# ", ""), ("a * b", "a * b"), ("a `x", "a ")],
)  # fmt: skip
def test_what_no_later_letter_can_change(line: str, part: str) -> None:
    assert decided(line) == part


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for mode in MODES:
        for width in WIDTHS:
            golden_file(mode, width).write_text(shown_screen(mode, width), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
