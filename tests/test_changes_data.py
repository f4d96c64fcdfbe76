"""data/changes and data/questions are sound."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from json_lines import rows_of

from persian_assistant.config import data_dir
from persian_assistant.text import answer_key

FILES = sorted((data_dir() / "changes").glob("*.jsonl"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_change_is_whole(path: Path) -> None:
    rows = rows_of(path)
    for row in rows:
        assert set(row) == {"earlier", "later", "replaces", "question", "old", "new"}
        assert len(row["question"]) == 3
        assert answer_key(row["old"]) in answer_key(row["earlier"])
        holds = row["later"] if row["replaces"] else row["earlier"]
        assert answer_key(row["new"]) in answer_key(holds)
    assert 150 <= sum(row["replaces"] for row in rows) < len(rows)


def test_no_change_is_told_twice() -> None:
    told = Counter((row["earlier"], row["later"]) for path in FILES for row in rows_of(path))
    assert len(told) == 4048 and max(told.values()) == 1


def test_general_questions_are_different_and_of_a_kind() -> None:
    rows = rows_of(data_dir() / "questions" / "general.jsonl")
    assert len({row["question"] for row in rows}) == len(rows) == 978
    kinds = Counter(row["kind"] for row in rows)
    assert kinds == {"advice": 450, "world": 278, "assistant": 100, "task": 100, "talk": 50}
