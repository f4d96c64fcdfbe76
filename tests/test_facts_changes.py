"""A turn that says how it is now is told in place of the one it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_parts import store_of

from persian_assistant.facts.changes import tells_a_change
from persian_assistant.facts.memory import Memory


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("پیلاتسو ول کردم، از این هفته میرم زومبا", True),
        ("کامران به اصفهان رفت و دیگر در اراک نیست.", True),
        ("گفت به جای آن قرص از این پس لوزارتان ۵۰ بخورم", True),
        ("دیشب کلیدر به پایان رسید و سراغ کتاب دیگری رفتم", True),
        ("یه دونه دیگه هم خریدم", False),
        ("گربه‌م اسمش پشمکه", False),
        ("این هفته خیلی خسته‌م", False),
    ],
)
def test_what_says_that_it_is_otherwise_now(text: str, changed: bool) -> None:
    assert tells_a_change(text) is changed


TOLD = [
    "پسرم کامران که از خواهرش سه سال کوچک‌تر است، فعلاً در اراک زندگی می‌کند و آن‌جا جوشکار است.",
    "خواهرزاده‌ام در اراک درس می‌خواند.",
    "کامران هفتهٔ پیش بار و بنه‌اش را جمع کرد و به اصفهان رفت و دیگر در اراک نیست.",
    "رعنا دیگر در شیراز نیست.",
]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("کامران الان کجا زندگی می‌کنه؟", "به اصفهان رفت"),
        ("کامران قبلاً کجا زندگی می‌کرد؟", "فعلاً در اراک"),
    ],
)
def test_the_newer_turn_comes_first(tmp_path: Path, question: str, first: str) -> None:
    assert first in Memory(store_of(tmp_path, TOLD)).recall(question)[0]


def test_a_turn_that_comes_before_changes_nothing(tmp_path: Path) -> None:
    told = [TOLD[2], TOLD[0]]
    assert "فعلاً در اراک" in Memory(store_of(tmp_path, told)).recall("کامران الان کجا زندگی می‌کنه؟")[0]


def test_a_place_that_no_list_knows_is_one_all_the_same(tmp_path: Path) -> None:
    told = [
        "داداشم سینا رفته آلمان، تو مونیخ مهندسی برق می‌خونه",
        "سینا دیگه مونیخ نیست، رفته پاساو دکترا بخونه",
    ]
    assert "پاساو" in Memory(store_of(tmp_path, told)).recall("سینا الان کدوم شهره؟")[0]
