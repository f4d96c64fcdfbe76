"""The weights by which a question about the user's own life is known: data/words/life.safetensors.

    python benchmarks/life_weights.py [--measure]

Questions of data/recall, answered by what was told or not, against the users' questions of data/seed and
those of data/questions; the network is facts/text_net.py's. `--measure` trains on four fifths, by file and at
random, and prints what is found in the last fifth at some bars; without it all is trained on, and written. A
minute on one core. To be made again when the stems, the word vectors (benchmarks/word_vectors.py) or
the marks of passages.py change.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.progress import track
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from text_nets import command, train

from persian_assistant.config import data_dir
from persian_assistant.facts.own_life import numbers
from persian_assistant.facts.question_index import FactIndex
from persian_assistant.facts.question_life import asks_of_life, speaks_of_me
from persian_assistant.facts.text_net import TextNet

OTHER_WEIGHT = 6.0
"""What a question that is not about the user's life weighs: there are fewer of them."""
LONGEST = 100
"""Characters of a question in data/seed."""
MEASURED = "noruv"
"""Files of data/recall left out to measure."""
BARS = (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0)


class Row(NamedTuple):
    question: str
    own: bool
    source: str
    """The file of data/recall; seed; or the kind in data/questions."""


def main() -> int:
    def gather() -> list[Row]:
        return [*own(), *others()]

    return command(__doc__, "life", gather, measure, trained_on, told_of)


def told_of(rows: Sequence[Row]) -> str:
    return f"{sum(row.own for row in rows)} questions about somebody's life, {len(rows)} in all"


def own() -> Iterator[Row]:
    """What people ask of what they told, or might have told."""
    for path in sorted((data_dir() / "recall").glob("*.jsonl")):
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            for question in (*(question for question, _ in record["asks"]), *record["near"]):
                yield Row(question, True, path.stem)


def others() -> Iterator[Row]:
    """What else is asked: of the world, for advice, of the assistant."""
    found: dict[str, Row] = {}
    index = FactIndex()
    for path in sorted((data_dir() / "seed").glob("*.jsonl")):
        if path.stem.startswith(("told", "remembrance")):
            continue
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            for turn in record["messages"]:
                text = turn["content"]
                if turn["role"] != "user" or "؟" not in text or len(text) > LONGEST:
                    continue
                if not asks_of_life(text, index.understood(text)):  # what is asked back in a conversation
                    found.setdefault(text, Row(text, False, "seed"))
    path = data_dir() / "questions" / "general.jsonl"
    for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        found.setdefault(record["question"], Row(record["question"], False, record["kind"]))
    yield from found.values()


def trained_on(rows: Sequence[Row]) -> dict[str, Any]:
    """The network's tensors."""
    index = FactIndex()
    given = [numbers(row.question, index.understood(row.question)) for row in track(rows, "questions")]
    weights = [1.0 if row.own else OTHER_WEIGHT for row in rows]
    return train([row.question for row in rows], given, [row.own for row in rows], weights)


def measure(rows: Sequence[Row]) -> None:
    """Shares found at each bar: of questions about a life, and of the others by their source."""
    chance = random.Random(1)
    left = [row for row in rows if (row.source in MEASURED if row.own else chance.random() < 0.2)]
    gone = set(left)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "life.safetensors"
        save_file(trained_on([row for row in rows if row not in gone]), path)
        net, index = TextNet(path), FactIndex()
        given = [numbers(row.question, index.understood(row.question)) for row in left]
        odds = net.each([row.question for row in left], given)
    for of_me in (True, False):
        some = [
            (odd, row)
            for odd, row in zip(odds, left, strict=True)
            if speaks_of_me(row.question, False) == of_me
        ]
        print(f"speaking of the user: {of_me}, {len(some)}, {sum(row.own for _, row in some)} of a life")
        sources = sorted({row.source for _, row in some if not row.own})
        for bar in BARS:
            own_share = np.mean([odd >= bar for odd, row in some if row.own])
            others_share = np.mean([odd >= bar for odd, row in some if not row.own])
            by = {one: np.mean([odd >= bar for odd, row in some if row.source == one]) for one in sources}
            print(
                f"  {bar:4.1f}  own {own_share:.1%}  others {others_share:.1%} ",
                {k: f"{v:.0%}" for k, v in by.items()},
            )
        wrong = sorted(((odd, row.question) for odd, row in some if not row.own), reverse=True)[:25]
        print("\n".join(f"      {odd:.1f} {question}" for odd, question in wrong))


if __name__ == "__main__":
    raise SystemExit(main())
