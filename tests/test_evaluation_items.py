"""What `evaluate` reads: published forms of choices and passages, texts, and the shipped sets."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.evaluation.items import (
    Choices,
    Passage,
    read_choices,
    read_passages,
    read_texts,
)


def written(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


CHOICES = ["یک", "دو", "سه", "چهار"]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "چند؟", "choices": CHOICES, "answer": "سه"},
        {"question": "چند؟", "choices": CHOICES, "answer": 2},
        {"question": "چند؟", "candidates": CHOICES, "answer": "3", "category": "math_and_logic"},
        {"question": "چند؟", "candidates": CHOICES, "answer": "۳"},
        {"Question Body": "چند؟", **{f"Choice {at}": text for at, text in enumerate(CHOICES, 1)}, "Key": 3},
    ],
)
def test_choices_in_published_forms(tmp_path: Path, row: dict[str, Any]) -> None:
    found, bad = read_choices(written(tmp_path / "rows.jsonl", row))
    assert found == [Choices("چند؟", tuple(CHOICES), 2)]
    assert bad == []


@pytest.mark.parametrize(
    "row",
    [
        {"question": "چند؟", "choices": CHOICES, "answer": "پنج"},
        {"question": "چند؟", "choices": CHOICES, "answer": 4},
        {"question": "چند؟", "choices": CHOICES},
        {"question": "چند؟", "candidates": CHOICES, "answer": "0"},
        {"question": "چند؟", "candidates": CHOICES, "answer": "5"},
        {"question": "چند؟", "choices": ["یک"], "answer": 0},
        {"question": "چند؟", "choices": ["یک", "یک"], "answer": 0},
        {"question": "", "choices": CHOICES, "answer": 0},
        {"question": "چند؟", "choices": "یک", "answer": 0},
        {"question": "چند؟", "answer": 0},
        {
            "Question Body": "چند؟",
            "Choice 1": "یک",
            "Choice 2": "",
            "Choice 3": "سه",
            "Choice 4": "چهار",
            "Key": 3,
        },
    ],
)
def test_bad_choices_are_told(tmp_path: Path, row: dict[str, Any]) -> None:
    good = {"question": "چند؟", "choices": CHOICES, "answer": 1}
    path = written(tmp_path / "rows.jsonl", *[good] * 10, row)
    found, bad = read_choices(path)
    assert len(found) == 10
    assert [one.where for one in bad] == [f"{path}:11"]
    with pytest.raises(UsageError):
        read_choices(written(tmp_path / "bad.jsonl", row))


def test_squad_in_its_forms(tmp_path: Path) -> None:
    qas = [
        {"question": "کجا؟", "answers": [{"text": "یزد", "answer_start": 0}, {"text": "یزد"}]},
        {"question": "کی؟", "answers": [], "is_impossible": True},
    ]
    paragraph = {"context": "یزد گرم است.", "qas": qas}
    article = {"title": "یزد", "paragraphs": [paragraph]}
    flat = [
        {"context": "یزد گرم است.", "question": "کجا؟", "answers": {"text": ["یزد"], "answer_start": [0]}},
        {"context": "یزد گرم است.", "question": "کی؟", "answers": {"text": [], "answer_start": []}},
    ]
    expected = [Passage("یزد گرم است.", "کجا؟", ("یزد",)), Passage("یزد گرم است.", "کی؟", ())]
    for path in (
        written(tmp_path / "squad.json", {"version": "2.0", "data": [article]}),
        written(tmp_path / "paragraphs.jsonl", paragraph),
        written(tmp_path / "flat.jsonl", *flat),
    ):
        assert read_passages(path) == (expected, [])
        assert read_passages(path, limit=1) == (expected[:1], [])
    with pytest.raises(UsageError):
        read_passages(written(tmp_path / "bad.jsonl", {"context": "یزد", "question": "کجا؟"}))


def test_texts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("نخست\nدو سطر\n\nدوم\n", encoding="utf-8")
    written(tmp_path / "b.jsonl", {"text": "كتاب"})
    both = [str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl")]
    assert read_texts(both) == ["نخست\nدو سطر", "دوم", "کتاب"]
    assert read_texts(both, limit=1) == ["نخست\nدو سطر"]
    (tmp_path / "empty.txt").write_text("\n\n", encoding="utf-8")
    for name in ("empty.txt", "none.txt"):
        with pytest.raises(UsageError):
            read_texts([str(tmp_path / name)])


# --- the shipped sets -------------------------------------------------------------------------------

SHIPPED = data_dir() / "evaluation"
SHINGLE, ALIKE = 5, 0.7


def shipped(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHIPPED / name).read_text(encoding="utf-8").splitlines()]


def shingles(text: str) -> set[str]:
    letters = "".join(char for char in text if char.isalnum())
    return {letters[at : at + SHINGLE] for at in range(max(1, len(letters) - SHINGLE + 1))}


def near(own: Sequence[str], others: Iterable[str]) -> list[str]:
    """Those of `own` that are alike (Jaccard similarity of shingles) to one of `others`."""
    sets = [shingles(text) for text in own]
    index: dict[str, list[int]] = defaultdict(list)
    for at, grams in enumerate(sets):
        for gram in grams:
            index[gram].append(at)
    found = set()
    for other in others:
        grams = shingles(other)
        shared = Counter(at for gram in grams & index.keys() for at in index[gram])
        found |= {at for at, n in shared.items() if n >= ALIKE * (len(grams) + len(sets[at]) - n)}
    return [own[at] for at in sorted(found)]


def test_the_shipped_choices() -> None:
    rows = shipped("choices.jsonl")
    found, bad = read_choices(SHIPPED / "choices.jsonl")
    assert len(found) == len(rows) >= 100
    assert bad == []
    places = Counter(one.answer for one in found)
    assert set(places) == {0, 1, 2, 3} and max(places.values()) - min(places.values()) <= 1
    assert all(len(one.choices) == 4 for one in found)
    assert len({one.question for one in found}) == len(found) == len({row["id"] for row in rows})


def test_the_shipped_passages() -> None:
    rows = shipped("qa.jsonl")
    passages, bad = read_passages(SHIPPED / "qa.jsonl")
    assert len(rows) >= 25 and len(passages) >= 75 and bad == []
    for row in rows:
        for one in row["qas"]:
            for answer in one["answers"]:
                start = answer["answer_start"]
                assert row["context"][start : start + len(answer["text"])] == answer["text"], one["id"]


def test_the_shipped_sets_are_held_out_of_the_seed_examples() -> None:
    exchanges = []
    for path in sorted((data_dir() / "seed").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            turns = [turn["content"] for turn in json.loads(line)["messages"]]
            exchanges += list(pairwise(turns))
    rows = shipped("instructions.jsonl")
    assert len(rows) >= 60
    pairs = [f"{row['instruction']} {row['response']}" for row in rows]
    assert near(pairs, (f"{user} {answer}" for user, answer in exchanges)) == []
    questions = [row["instruction"] for row in rows]
    questions += [row["question"] for row in shipped("choices.jsonl")]
    assert near(questions, (user for user, _ in exchanges)) == []
    assert near(["سلام، امروز حالت چطور است؟"], ["سلام! امروز حالت چطور است"]) != []
    assert len(set(questions)) == len(questions)


def test_letters_of_the_shipped_sets() -> None:
    for path in SHIPPED.glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert not re.search('[يىكۀـ٠-٩]|\u200c[\\s"،.؟]|  ', text), path


def test_a_text_that_is_not_utf8_is_refused_and_one_with_a_replaced_letter_is_not(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("سطر یک\nواژهٔ \ufffd است\n", encoding="utf-8")
    assert len(read_texts([str(path)])) == 1
    path.write_bytes("سطر یک\n".encode() + "سلام".encode("cp1256"))
    with pytest.raises(UsageError) as caught:
        read_texts([str(path)])
    assert caught.value.key == "cli.not_utf8" and caught.value.values["line"] == 2
