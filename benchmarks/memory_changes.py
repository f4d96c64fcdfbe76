"""Whether what holds now is recalled, of what people told and later told otherwise: data/changes.

    python benchmarks/memory_changes.py

Each pair of sentences is told to a memory of its own, beside twelve of others; then three questions are
asked. Where the later sentence takes the place of the earlier, the first line must hold the new answer and
not the old one; where both hold, the first line must be the earlier. The network that ships was trained on
these pairs, too: `change_weights.py --measure` tells what is found in those left out. A minute on one core.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from told import knowing

from persian_assistant.config import data_dir
from persian_assistant.text import answer_key

OTHERS = 12
"""Sentences told besides."""


def main() -> int:
    path = data_dir() / "changes" / "a.jsonl"
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    others = [text for pair in pairs if not pair["replaces"] for text in (pair["earlier"], pair["later"])]
    chance = random.Random(0)
    found: Counter[tuple[bool, str]] = Counter()
    for pair in track(pairs, "pairs"):
        for question, outcome, line in outcomes(pair, chance.sample(others, OTHERS)):
            found[pair["replaces"], outcome] += 1
            if "-v" in sys.argv and outcome in ("old", "later"):
                print(outcome, "|", pair["earlier"], "|", pair["later"], "|", question, "→", line)
    for replaces in (True, False):
        total = sum(count for (kind, _), count in found.items() if kind == replaces)
        shares = {
            name: f"{count / total:.1%}" for (kind, name), count in sorted(found.items()) if kind == replaces
        }
        print("replaced" if replaces else "both hold", total, shares)
    return 0


def outcomes(pair: dict[str, Any], others: Sequence[str]) -> list[tuple[str, str, str]]:
    """(question, outcome, first line) of each: new, old, both, later, other, nothing."""
    half = len(others) // 2
    told = [*others[:half], pair["earlier"], *others[half:], pair["later"]]
    with knowing(told) as (knowledge, _):
        asked = []
        for question in pair["question"]:
            lines = knowledge.memory.recall(question)
            asked.append((question, outcome(pair, lines[0] if lines else ""), lines[0] if lines else ""))
        return asked


def outcome(pair: dict[str, Any], line: str) -> str:
    """What the first line says."""
    said = answer_key(line)
    if not said:
        return "nothing"
    new, old = answer_key(pair["new"]) in said, answer_key(pair["old"]) in said
    if not pair["replaces"]:
        return "right" if old else "other"
    return "both" if new and old else "right" if new else "old" if old else "other"


if __name__ == "__main__":
    raise SystemExit(main())
