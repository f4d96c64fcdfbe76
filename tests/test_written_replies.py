"""Small talk with what people wrote: where an opening is nearly what was said, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persian_assistant.persona import Persona
from persian_assistant.written_replies import WrittenReplies


@pytest.fixture(scope="module")
def shipped() -> WrittenReplies:
    return WrittenReplies(Persona.load("assistant").seed_paths)


def written(path: Path, *pairs: tuple[str, str]) -> WrittenReplies:
    rows = [
        {"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": reply}]}
        for said, reply in pairs
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return WrittenReplies([path])


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("امروز خیلی خسته‌ام", "خسته"),
        ("شغلمو از دست دادم", "متأسفم"),
        ("برای شام چی درست کنم؟", "املت"),
        ("تیممون باخت", "بازی"),
        ("مرسیی عزیزمم", ""),
        ("چه خبر؟", "خبر"),
    ],
)
def test_what_is_said_often_gets_a_reply_that_people_wrote(
    shipped: WrittenReplies, said: str, word: str
) -> None:
    found = shipped.fitting(said)
    assert found and any(word in one for one in found), found


@pytest.mark.parametrize(
    "said",
    [
        "با کمباین شبانه گندم درو کردیم و بار زدیم",
        "شماره‌ی شناسنامه‌ام ۴۵۷۱ است",
        "ژانویه‌ی پارسال انتگرال دوگانه حل می‌کردم",
        "",
        "؟",
    ],
)
def test_what_nobody_wrote_of_gets_none(shipped: WrittenReplies, said: str) -> None:
    assert shipped.fitting(said) == ()


def test_a_word_turned_round_is_another_thing(tmp_path: Path) -> None:
    pairs = [
        ("خوابم میاد", "پس برو بخواب."),
        ("خواهرت کجاست؟", "من خواهر ندارم."),
        ("پدربزرگم مریضه", "امیدوارم پدربزرگت زود خوب بشه."),
        ("حالم خوبه", "چه خوب!"),
    ]
    replies = written(tmp_path / "a.jsonl", *pairs)
    for said, reply in pairs:
        assert replies.fitting(said) == (reply,)
    assert replies.fitting("خوابم نمیاد") == ()
    assert replies.fitting("خواهرم کجاست؟") == ()
    assert replies.fitting("مادربزرگم مریضه") == ()  # the reply speaks of another
    assert replies.fitting("حالم خوبه؟") == ()


def test_no_reply_is_given_twice(tmp_path: Path) -> None:
    pairs = [("یه جوک بگو", "جوک اول."), ("یه جوک بگو!", "جوک دوم.")]
    replies = written(tmp_path / "a.jsonl", *pairs)
    assert set(replies.fitting("یه جوک بگو")) == {"جوک اول.", "جوک دوم."}
    assert replies.fitting("یه جوک بگو", ["جوک اول."]) == ("جوک دوم.",)
    assert replies.fitting("یه جوک بگو", ["جوک اول.", "جوک دوم."]) == ()


def test_a_file_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    assert WrittenReplies([tmp_path / "none.jsonl"]).fitting("سلام") == ()
    (tmp_path / "bad.jsonl").write_text("{", encoding="utf-8")
    assert WrittenReplies([tmp_path / "bad.jsonl"]).fitting("سلام") == ()
    assert WrittenReplies([]).fitting("سلام") == ()
