"""The weights by which a turn is known that takes an earlier one's place: data/words/changes.safetensors.

    python benchmarks/change_weights.py [--measure]

The pairs of sentences in data/changes, told beside others, and questions of those files of data/recall whose
people told nothing that took the place of anything; the network is facts/text_net.py's. `--measure` trains
on all files of data/changes but one, for each of them, and prints what is found in that one at some bars;
without it all is trained on, and written. To be made again when the ranking
(benchmarks/ranking_weights.py) is. A quarter of an hour on two cores.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ranking_weights import lives_of
from text_nets import command, train
from told import knowing

from persian_assistant.config import data_dir
from persian_assistant.facts.text_net import TextNet

OTHERS, BESIDE = 12, 3
"""Sentences told besides; how many later ones beside the pair's own are rows."""
TRAINED = "abcdefg"
"""Files of data/changes. With those told sideways (h, i, j), too, nine of a hundred turns of strangers were
taken for changes of what still holds, and no more of their changes were found (LOG.md)."""
NOTHING_CHANGED = "abcdefghijklmnoqrstuv"
"""Files of data/recall whose people told hardly anything that took the place of something told before."""
ASKED, LATER, SMALL_TALK = 8, 6, 10
"""Questions of each person of data/recall, later turns for each, and how much small talk comes after."""
OTHER_WEIGHT = 4.0
"""What a turn about something else weighs: there are far more of them beside a change than are rows here."""
BARS = (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


class Row(NamedTuple):
    text: str
    numbers: list[float]
    replaces: bool
    source: str
    """The file of data/changes, or recall; with «, other» where it is of something else."""


def main() -> int:
    return command(__doc__, "changes", gather, measure, trained_on, told_of)


def told_of(rows: Sequence[Row]) -> str:
    return f"{sum(row.replaces for row in rows)} later turns that replace, of {len(rows)}"


def gather() -> list[Row]:
    """All rows, a file at a time, in as many processes as there are cores."""
    with ProcessPoolExecutor() as pool:
        parts = [*pool.map(changes, TRAINED), *pool.map(recall, NOTHING_CHANGED)]
    return [row for part in parts for row in part]


def changes(name: str) -> list[Row]:
    """Later turns of a file of data/changes, the pairs' own and others."""
    chance = random.Random(name)
    pairs = {
        path.stem: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted((data_dir() / "changes").glob("*.jsonl"))
        if path.stem in TRAINED
    }
    every = [pair for own in pairs.values() for pair in own]
    holding = [text for pair in every if not pair["replaces"] for text in (pair["earlier"], pair["later"])]
    found = []
    for pair in pairs[name]:
        beside = chance.sample([one for one in holding if one not in pair.values()], OTHERS)
        at = chance.randrange(OTHERS)
        told = [*beside[:at], pair["earlier"], *beside[at:], pair["later"]]
        for row in rows_of(told, [(question, at) for question in pair["question"]], chance, BESIDE):
            own = row.text == pair["later"]
            source = name if own else f"{name}, other"
            found.append(row._replace(replaces=own and pair["replaces"], source=source))
    return found


def recall(name: str) -> list[Row]:
    """Later turns of a file of data/recall and small talk: all hold beside the earlier ones."""
    chance, talk = random.Random(name), small_talk()
    found = []
    for life in lives_of(data_dir() / "recall" / f"{name}.jsonl"):
        told = [*life.told, *chance.sample(talk, SMALL_TALK)]
        rows = rows_of(told, chance.sample(life.asked, ASKED), chance, LATER)
        found += [row._replace(source="recall, other") for row in rows]
    return found


def small_talk() -> list[str]:
    """What users say in data/seed without asking."""
    found: dict[str, None] = {}
    for path in sorted((data_dir() / "seed").glob("*.jsonl")):
        if path.stem.startswith("told"):
            continue
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            turns = (turn["content"] for turn in record["messages"] if turn["role"] == "user")
            found |= dict.fromkeys(text for text in turns if "؟" not in text and 2 < len(text.split()) < 20)
    return list(found)


def rows_of(
    told: Sequence[str], asked: Sequence[tuple[str, int]], chance: random.Random, most: int
) -> list[Row]:
    """For each question about the turn of a number: the last turn and `most` others after that one."""
    found: list[Row] = []
    with knowing(told, warm=False, ending=False) as (knowledge, turns):
        for question, at in asked:
            later = knowledge.memory.later(question, turns[at])
            rows = [Row(one.text, one.numbers, False, "") for one in later]
            last = [row for row in rows if row.text == told[-1]]
            rest = [row for row in rows if row.text != told[-1]]
            found += [*last, *chance.sample(rest, min(most, len(rest)))]
    return found


def trained_on(rows: Sequence[Row]) -> dict[str, Any]:
    """The network's tensors."""
    return train(
        [row.text for row in rows],
        [row.numbers for row in rows],
        [row.replaces for row in rows],
        [OTHER_WEIGHT if "other" in row.source else 1.0 for row in rows],
    )


def measure(rows: Sequence[Row]) -> None:
    """What networks trained on the other files find in each."""
    found: list[tuple[float, Row]] = []
    for name in sorted({row.source.partition(",")[0] for row in rows if row.source != "recall, other"}):
        left = [row for row in rows if row.source.partition(",")[0] == name]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "changes.safetensors"
            save_file(trained_on([row for row in rows if row.source.partition(",")[0] != name]), path)
            odds = TextNet(path).each([row.text for row in left], [row.numbers for row in left])
        found += zip(odds, left, strict=True)
    print(f"{len(found)} rows, {sum(row.replaces for _, row in found)} replace")
    for bar in BARS:
        replacing = np.mean([odd >= bar for odd, row in found if row.replaces])
        holding = np.mean(
            [odd >= bar for odd, row in found if not row.replaces and "other" not in row.source]
        )
        others = np.mean([odd >= bar for odd, row in found if "other" in row.source])
        print(f"  {bar:4.1f}  replacing {replacing:.1%}  both hold {holding:.1%}  others {others:.2%}")


if __name__ == "__main__":
    raise SystemExit(main())
