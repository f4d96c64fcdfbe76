"""The weights by which the memory finds what answers a question: data/words/ranking.safetensors.

    python benchmarks/ranking_weights.py [--leave-out FILE …] [--out FILE]

Questions of data/recall, each with all that its person told; made-up lives of data/frames; and what
nothing told answers: questions written for that, about the world (data/seed), of other frames, of
another in the family. A softmax over the passages and "none", cross-entropy (listwise ranking: Cao
et al. 2007, "Learning to rank: from pairwise approach to listwise approach"); several networks,
averaged. Files left out are not trained on, and are measured; benchmarks/memory_recall.py measures
the whole memory. Six minutes on one core. When the stems or the word vectors change
(benchmarks/word_vectors.py), the weights are to be made again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.progress import track
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from told import knowing

from persian_assistant.config import data_dir
from persian_assistant.facts.frames import Frame, fill, read_frames
from persian_assistant.facts.ranking import FAR, Ranker, beside

NETWORKS, HIDDEN, DROPOUT = 3, 64, 0.3
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 10, 64, 2e-3, 1e-2
WORLD_QUESTIONS, FRAME_QUESTIONS = 16, 12
"""About the world, and of frames that nothing told is near to, to each person."""
MADE_UP, TOLD_EACH = 40, 30
"""Lives made of frames, and what is told in each."""
FEW, STILL_TOLD = 12, 0.7
"""Each question is asked again of so few; how often what answers is among them for sure."""
KIN = (
    *(("برادر", "داداش", "اخوی"), ("خواهر", "آبجی"), ("پدر", "بابا", "آقاجون"), ("مادر", "مامان")),
    *(("همسر", "شوهر", "زن", "خانوم", "خانم"), ("پسر",), ("دختر",), ("عمو",), ("عمه",), ("دایی",), ("خاله",)),
    *(
        ("پدربزرگ", "بابابزرگ"),
        ("مادربزرگ", "مامان‌بزرگ"),
        ("دوست", "رفیق"),
        ("همکار",),
        ("همسایه",),
        ("رئیس",),
    ),
)
"""Words for the same of the family and others."""
POSSESSED = re.compile(
    rf"\b({'|'.join(one for words in KIN for one in words)})(\u200c?ا?م|\u200c?مون|\u200c?مان)\b"
)
BY_RULE = 2
"""The first of the numbers: how near the rules find a passage."""
BARS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


class Life(NamedTuple):
    """What somebody tells; questions with the place of what answers; questions that nothing answers."""

    told: list[str]
    asked: list[tuple[str, int]]
    untold: list[str]


class Row(NamedTuple):
    """A question with the numbers of all that its person told, and which of it answers (-1: nothing)."""

    numbers: Any
    answer: int
    about: str
    """told, near, world, frame or other."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--out", type=Path, default=data_dir() / "words" / "ranking.safetensors")
    args = parser.parse_args()
    torch.manual_seed(0)
    chance = random.Random(0)
    left = {path.resolve() for path in args.leave_out}
    trained = [path for path in sorted((data_dir() / "recall").glob("*.jsonl")) if path.resolve() not in left]
    frames = read_frames(data_dir() / "frames")
    lives = [life for path in trained for life in lives_of(path)]
    lives += [made_up(frames, chance) for _ in range(MADE_UP)]
    unasked = Untold(world_questions(), tuple(frames))
    rows = [row for life in track(lives, "lives") for row in read(life, unasked, chance)]
    tensors = train(rows)
    save_file(tensors, args.out, {"trained_on": " ".join(path.name for path in trained)})
    print(
        f"{len(rows)} questions of {len(trained)} files, {sum(one.size for one in tensors.values())} weights"
    )
    for path in args.leave_out:
        found = [row for life in lives_of(path) for row in read(life, unasked, chance)]
        measure(path.name, found, Ranker(args.out))
    return 0


def world_questions() -> list[str]:
    """What users ask in the seed examples without speaking of themselves."""
    found = []
    for line in (data_dir() / "seed" / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        turns = [turn["content"] for turn in record["messages"] if turn["role"] == "user"]
        found += [turn for turn in turns if turn.endswith("؟") and len(turn) < 80]
    return found


def lives_of(path: Path) -> list[Life]:
    """The people of a recall file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lives = []
    for person in dict.fromkeys(row["person"] for row in rows):
        own = [row for row in rows if row["person"] == person]
        asked = [(question, at) for at, row in enumerate(own) for question, _ in row["asks"]]
        lives.append(
            Life([row["told"] for row in own], asked, [question for row in own for question in row["near"]])
        )
    return lives


def made_up(frames: Sequence[Frame], chance: random.Random) -> Life:
    """A life of frames: each told once, asked once, and asked of somebody else, of whom it was not told."""
    life = Life([], [], [])
    for at, frame in enumerate(chance.sample(frames, TOLD_EACH)):
        values = {name: chance.choice(choices) for name, choices in frame.slots.items()}
        life.told.append(fill(chance.choice(frame.say), values))
        life.asked.append((fill(chance.choice(frame.ask), values), at))
        whose = [name for name in values if name != "value"]
        if whose:
            others = [one for one in frame.slots[whose[0]] if one != values[whose[0]]]
            life.untold.append(fill(chance.choice(frame.ask), {**values, whose[0]: chance.choice(others)}))
    return life


class Untold(NamedTuple):
    """Questions that are asked of everybody."""

    world: list[str]
    frames: tuple[Frame, ...]

    def of_frame(self, chance: random.Random) -> str:
        frame = chance.choice(self.frames)
        return fill(
            chance.choice(frame.ask), {name: chance.choice(some) for name, some in frame.slots.items()}
        )


def of_another(question: str, told: Sequence[str], chance: random.Random) -> str:
    """`question` asked of one of the family of whom nothing was told; "" where it names none."""
    found = POSSESSED.search(question)
    unnamed = [words[0] for words in KIN if not any(one in text for one in words for text in told)]
    if not found or not unnamed:
        return ""
    other, ending = chance.choice(unnamed), found[2].lstrip("\u200c")
    joined = "\u200c" if other.endswith("ه") or (other.endswith("ی") and ending != "م") else ""
    return f"{question[: found.start()]}{other}{joined}{ending}{question[found.end() :]}"


def read(life: Life, unasked: Untold, chance: random.Random) -> Iterator[Row]:
    """Every question to a life, with the numbers of what was told in it."""
    with knowing(life.told, ending=False) as (knowledge, turns):
        asked = [(question, turns[at], "told") for question, at in life.asked]
        asked += [(question, -1, "near") for question in life.untold]
        asked += [(question, -1, "world") for question in chance.sample(unasked.world, WORLD_QUESTIONS)]
        asked += [(unasked.of_frame(chance), -1, "frame") for _ in range(FRAME_QUESTIONS)]
        others = (of_another(question, life.told, chance) for question, _ in life.asked)
        asked += [(question, -1, "other") for question in others if question]
        for question, turn, about in asked:
            seqs, rows = knowledge.memory.weighed(question)
            if not rows:
                continue
            numbers = np.array(rows, np.float32)
            if about == "frame" and numbers[:, :BY_RULE].max() > 0:
                continue  # it may have been told
            if turn < 0 or turn in seqs:
                answer = seqs.index(turn) if turn >= 0 else -1
                yield Row(beside(numbers), answer, about)
                yield of_few(numbers, answer, about, chance)


def of_few(numbers: Any, answer: int, about: str, chance: random.Random) -> Row:
    """The same question to somebody who told little; perhaps not what answers."""
    kept = chance.sample(range(len(numbers)), chance.randint(1, min(FEW, len(numbers))))
    if answer >= 0 and answer not in kept and chance.random() < STILL_TOLD:
        kept[0] = answer
    return Row(beside(numbers[kept]), kept.index(answer) if answer in kept else -1, f"{about}, of few")


def train(rows: Sequence[Row]) -> dict[str, Any]:
    """The networks' weights, stacked: float32."""
    passages, size = max(len(row.numbers) for row in rows), rows[0].numbers.shape[1]
    every = np.concatenate([row.numbers for row in rows])
    mean, deviation = every.mean(0), every.std(0) + 1e-3
    given = torch.zeros(len(rows), passages, size)
    there = torch.zeros(len(rows), passages, dtype=torch.bool)
    for at, row in enumerate(rows):
        given[at, : len(row.numbers)] = torch.from_numpy(np.clip((row.numbers - mean) / deviation, -FAR, FAR))
        there[at, : len(row.numbers)] = True
    wanted = torch.tensor([row.answer if row.answer >= 0 else passages for row in rows])
    networks = [one_network(given, there, wanted) for _ in range(NETWORKS)]
    first, second, last = zip(*networks, strict=True)
    tensors = {
        "first": np.stack([one.weight.detach().numpy().T for one in first]),
        "first_bias": np.stack([one.bias.detach().numpy() for one in first]),
        "second": np.stack([one.weight.detach().numpy().T for one in second]),
        "second_bias": np.stack([one.bias.detach().numpy() for one in second]),
        "last": np.stack([one.weight.detach().numpy()[0] for one in last]),
        "last_bias": np.stack([one.bias.detach().numpy() for one in last]),
    }
    return {
        "mean": mean,
        "deviation": deviation,
        **{name: np.ascontiguousarray(one) for name, one in tensors.items()},
    }


def one_network(given: Any, there: Any, wanted: Any) -> tuple[Any, Any, Any]:
    """Three linear layers, trained."""
    layers = [
        torch.nn.Linear(given.shape[2], HIDDEN),
        torch.nn.Linear(HIDDEN, HIDDEN),
        torch.nn.Linear(HIDDEN, 1),
    ]
    weights = [one for layer in layers for one in layer.parameters()]
    optimizer = torch.optim.AdamW(weights, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = -(-len(given) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=EPOCHS * batches)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(given)).split(BATCH):
            values = given[batch]
            for layer in layers[:2]:
                values = torch.nn.functional.gelu(layer(values), approximate="tanh")
                values = torch.nn.functional.dropout(values, DROPOUT)
            scores = layers[2](values).squeeze(-1).masked_fill(~there[batch], -1e9)
            scores = torch.cat([scores, torch.zeros(len(batch), 1)], 1)
            loss = torch.nn.functional.cross_entropy(scores, wanted[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        print(f"\repoch {epoch + 1}: {total / len(given):.3f} ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return layers[0], layers[1], layers[2]


def measure(name: str, rows: Sequence[Row], ranker: Ranker) -> None:
    """Print how often what answers comes first, and what is told at which bar."""
    from_row = [(row, ranker.of_prepared(row.numbers)) for row in rows]
    told = [(row, chances) for row, chances in from_row if row.about == "told"]
    first = [int(np.argmax(chances)) == row.answer for row, chances in told]
    print(f"{name}: first {np.mean(first):.3f} of {len(told)}")
    for bar in BARS:
        right = np.mean([hit and max(chances) >= bar for hit, (_, chances) in zip(first, told, strict=True)])
        wrong = {
            about: np.mean([max(chances) >= bar for row, chances in from_row if row.about == about])
            for about in ("near", "world", "frame", "other")
        }
        print(
            f"  bar {bar}: right {right:.3f}, near told {wrong['near']:.3f}, world told {wrong['world']:.3f}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
