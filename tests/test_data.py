"""The data that ships: seed examples and general text."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.persona import Persona, shipped_personas
from persian_assistant.seed_examples import (
    HELDOUT_EVERY,
    general_texts,
    read_seed_examples,
    split_seed_examples,
)
from persian_assistant.text import ZWNJ, normalise, persian_share, sanitise

SEED_FILES = sorted((data_dir() / "seed").glob("*.jsonl"))
GENERAL_FILES = sorted((data_dir() / "general").glob("*.jsonl"))
OWN_LETTERS = re.compile("[يىكۀ\u0640\u202a-\u202e\u2066-\u2069]")


def words(text: str) -> list[str]:
    return re.findall(r"[\w\u200c]+", text)


def grams(text: str, n: int = 5) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + n]) for at in range(len(found) - n + 1)}


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def test_each_persona_has_its_seed_examples() -> None:
    total = 0
    for name in shipped_personas():
        paths = Persona.load(name).seed_paths
        rows = read_seed_examples(paths)
        total += len(rows)
        assert len(rows) >= 150
        train, heldout = split_seed_examples(paths)
        assert len(train) + len(heldout) == len(rows)
        assert len(heldout) >= len(rows) // HELDOUT_EVERY >= 4
        assert (train, heldout) == split_seed_examples(paths)
        said = {tuple(message.content for message in row) for row in train}
        assert not any(tuple(message.content for message in row) in said for row in heldout)
    assert total >= 300


@pytest.mark.parametrize("path", SEED_FILES, ids=lambda path: path.name)
def test_seed_rows_are_valid_persian(path: Path) -> None:
    rows = read_seed_examples([path])
    assert rows
    for row, record in zip(rows, records(path), strict=True):
        texts = [turn["content"] for turn in record["messages"]]  # type: ignore[index, attr-defined]
        for message, text in zip(row, texts, strict=True):
            assert not OWN_LETTERS.search(text), text
            # at most a half space beside a punctuation mark is tidied away
            assert message.content.replace(ZWNJ, "") == text.replace(ZWNJ, ""), text
        assert persian_share(" ".join(texts)) > 0.2, texts  # code and names count too


def test_no_conversation_ships_twice() -> None:
    seen = Counter(
        tuple(message.content for message in row) for path in SEED_FILES for row in read_seed_examples([path])
    )
    assert [row for row, count in seen.items() if count > 1] == []
    identities = Counter(record["id"] for path in SEED_FILES for record in records(path) if "id" in record)
    assert [name for name, count in identities.items() if count > 1] == []


def test_general_text_is_enough_and_a_tenth_is_held_out() -> None:
    train, heldout = general_texts("train"), general_texts("heldout")
    assert len(train) + len(heldout) == sum(len(records(path)) for path in GENERAL_FILES)
    counted = [sum(len(words(text)) for text in texts) for texts in (train, heldout)]
    assert sum(counted) >= 20_000
    assert 0.08 <= counted[1] / sum(counted) <= 0.15
    for text in (*train, *heldout):
        assert text == normalise(sanitise(text)), text[:80]
        assert persian_share(text) > 0.8, text[:80]


def test_nothing_held_out_trains() -> None:
    trained: set[tuple[str, ...]] = set()
    for text in general_texts("train"):
        trained |= grams(text)
    for path in SEED_FILES:
        for row in read_seed_examples([path]):
            for message in row:
                trained |= grams(message.content)
    for text in general_texts("heldout"):
        own = grams(text)
        assert len(own & trained) <= 0.02 * len(own), (text[:60], sorted(own & trained)[:5])


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"messages": []}',
        '{"messages": [{"role": "user", "content": "x"}]}',
        '{"messages": [{"role": "user"}, {"role": "assistant", "content": "x"}]}',
        '{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "x"}]}',
        '{"messages": [{"role": "user", "content": 3}, {"role": "assistant", "content": "x"}]}',
        '{"messages": [{"role": "bot", "content": "x"}, {"role": "assistant", "content": "x"}]}',
        '{"messages": [{"role": "assistant", "content": "x"}]}',
        '{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "x"}, '
        '{"role": "assistant", "content": "x"}]}',
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    good = '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}'
    path = tmp_path / "own.jsonl"
    path.write_text(f"{good}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError) as told:
        read_seed_examples([path])
    assert "own.jsonl" in str(told.value) and told.value.values["line"] == 3


def test_a_good_file_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "كي"}, '
        '{"role": "assistant", "content": "\u202eمن"}]}\r\n',
        encoding="utf-8-sig",
    )
    rows = read_seed_examples([path])
    assert [message.content for message in rows[0]] == ["s", "کی", "من"]
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"own\.jsonl"):
        read_seed_examples([path])
    with pytest.raises(UsageError, match=r"missing\.jsonl"):
        read_seed_examples([tmp_path / "missing.jsonl"])
