"""data/recall: what is told, asked and asked close by is sound."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from json_lines import rows_of

from persian_assistant.config import data_dir
from persian_assistant.text import answer_key

FILES = sorted((data_dir() / "recall").glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_row_is_whole(path: Path) -> None:
    rows = rows_of(path)
    for row in rows:
        assert set(row) == {"person", "register", "told", "asks", "near"}
        assert row["register"] in ("colloquial", "sloppy", "formal")
        assert 3 <= len(row["asks"]) <= 4 and len(row["near"]) <= 2
        assert all(answer_key(answer) in answer_key(row["told"]) for _, answer in row["asks"])
    assert set(Counter(row["person"] for row in rows).values()) in ({25}, {46}, {12})
    assert len({row["told"] for row in rows}) == len(rows)


def test_nobody_is_in_two_files_and_no_question_is_asked_twice_of_one() -> None:
    people = Counter(person for path in FILES for person in {row["person"] for row in rows_of(path)})
    assert len(people) == 251 and set(people.values()) == {1}
    asked = Counter(
        (row["person"], question) for path in FILES for row in rows_of(path) for question, _ in row["asks"]
    )
    assert max(asked.values()) == 1
