"""Rows made from frames: what they hold, that they differ, and what a bad file is told."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.facts.frames import Frame, fill, read_frames
from persian_assistant.facts.views import NOT_TOLD
from persian_assistant.pretraining.told_rows import SHAPE, RowMaker, invented_name, make_rows

PERSONA = "تو دستیاری."
RECORD = {
    "id": "pet", "topic": "pets", "slots": {"kind": ["قناری", "گربه"], "value": "@names"},
    "say": ["{kind} من {value} است."], "fact": ["اسم {kind|your} {value} است."],
    "ask": ["اسم {kind|my} چیست؟"], "answer": ["اسمش {value|is_c}."],
    "reversed": [["{value} کیست؟", "{kind} توست."]],
}  # fmt: skip


def folder_of(folder: Path, *records: dict, **lists: list[str]) -> Path:
    (folder / "lists.json").write_text(json.dumps({"names": ["نغمه", "آواز"], **lists}), encoding="utf-8")
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "frames.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def shipped() -> list[Frame]:
    return read_frames(data_dir() / "frames")


def test_slots_take_their_endings() -> None:
    assert fill("{x|my} و {x|my_c}", {"x": "قناری"}) == "قناری‌ام و قناریم"
    assert fill("{v|is_c} / {v|is}", {"v": "آواز"}) == "آوازه / آواز است"


def test_a_folder_is_read_with_its_lists(tmp_path: Path) -> None:
    (frame,) = read_frames(folder_of(tmp_path, RECORD))
    assert frame.slots["value"] == ("نغمه", "آواز")
    rows = make_rows([frame], 40, random.Random(1), PERSONA)
    answers = {row[-1].content for row in rows if "چیست" in row[-2].content}
    assert answers & {"اسمش نغمه‌ست.", "اسمش آوازه."}


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": {"kind": ["گربه"], "value": "@missing"}},
        {"slots": {"kind": ["گربه"]}},
        {"ask": ["اسم {other} چیست؟"]},
        {"ask": ["اسم {kind چیست؟"]},
        {"say": None},
    ],
)
def test_a_bad_frame_is_named_by_file_and_line(tmp_path: Path, changes: dict) -> None:
    with pytest.raises(UsageError) as told:
        read_frames(folder_of(tmp_path, RECORD, {**RECORD, **changes}))
    assert told.value.values["line"] == 2
    assert "frames.jsonl" in str(told.value)


def test_a_seed_decides_the_rows() -> None:
    frames = shipped()
    first, again, other = (make_rows(frames, 30, random.Random(seed), PERSONA) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("shape", sorted(SHAPE))
def test_every_shape_alternates_and_ends_with_an_answer(shape: str) -> None:
    make = RowMaker(shipped(), random.Random(shape), PERSONA)
    for _ in range(60):
        row = SHAPE[shape](make)
        spoken = [turn for turn in row if turn.role != "system"]
        assert [turn.role for turn in spoken] == ["user", "assistant"] * (len(spoken) // 2)
        assert not any("{" in turn.content or "|" in turn.content for turn in row)


def test_what_is_known_is_answered_and_what_was_not_told_is_said_so() -> None:
    make = RowMaker(shipped(), random.Random(4), PERSONA)
    answered = in_vain = held = 0
    for _ in range(200):
        system, *turns = SHAPE["remembered"](make)
        for answer in turns[1::2]:
            if answer.content in NOT_TOLD:
                in_vain += 1
                continue
            answered += 1
            words = set(re.findall(r"[\w\u200c]{3,}", answer.content))
            held += any(word.rstrip("ه")[:4] in system.content for word in words)
    assert answered > 150 and 5 < in_vain < 0.2 * answered
    assert held > 0.97 * answered  # a question from the value back is answered «آره» here and there
    for _ in range(50):
        row = SHAPE["not_told"](make)
        assert row[-1].content in NOT_TOLD and row[0].role == "user"


def test_what_is_asked_in_vain_stands_near_and_has_no_answer_in_what_is_known() -> None:
    make = RowMaker(shipped(), random.Random(5), PERSONA)
    near = 0
    for _ in range(200):
        known = make.told(2)
        one = make.untold(known)
        assert not any(make.alike(one, other) for other in known)
        near += any(one.frame.topic == other.frame.topic for other in known)
    assert near > 80


def test_values_are_not_only_those_of_the_lists() -> None:
    """A model learns to look for what was said only where it cannot have learned the values by heart."""
    frames = shipped()
    make = RowMaker(frames, random.Random(6), PERSONA)
    (frame,) = (one for one in frames if one.id == "people.pet_name")
    values = [make.draw(frame).values["value"] for _ in range(400)]
    foreign = [value for value in values if value not in frame.slots["value"]]
    assert 100 < len(foreign) < 250 and len(set(foreign)) > 90
    names = {invented_name(make.chance) for _ in range(300)}
    assert len(names) > 250 and all(re.fullmatch("[آ-ی]{3,9}", name) for name in names)
