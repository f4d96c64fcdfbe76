"""The model that reads a turn and a question and says how well the one answers the other.

    python benchmarks/cross_encoder.py [--minutes 40] [--start FOLDER] [--leave-out a m v] [--out FOLDER]

The first layers of mini, tuned on the questions of data/recall: the right turn against those that the
memory's ranking takes for likely and others of the same person; a softmax over them and "none", as in
ranking_weights.py. A turn is read once for all questions asked of it in a batch: they cannot see each
other. The weights are saved as whole numbers of 8 bits with a scale a row. Files left out are not trained
on; they and data/rounds are measured: the share of questions answered rightly at given shares of untold
ones, for weights of the score beside the ranking's. To be made again when the ranking has changed much.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.progress import track

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cross_encoder_model import Trained
from ranking_weights import Life, Untold, lives_of, of_another, world_questions
from told import knowing

from persian_assistant.config import data_dir
from persian_assistant.facts.cross_encoder import CrossEncoder
from persian_assistant.facts.ranking import ranker
from persian_assistant.rounds import read_rounds

CANDIDATES, HARD, LIKELIEST = 6, 4, 10
"""Turns for a question in training; how many of them from so many that the ranking takes for likeliest."""
QUESTIONS = 36
"""Questions a step."""
WORLD = 6
RATE, HEAD_RATE, WEIGHT_DECAY, WARM_UP = 4e-4, 2e-3, 0.05, 60
SHARES, WEIGHTS = (0.05, 0.1, 0.2), (0.0, 0.3, 0.5, 0.7, 1.0)
MEASURED = ("railwayman", "nurse", "programmer", "tuning")
LEAST = 1e-5


class Asked(NamedTuple):
    question: str
    answer: int
    """The place of the turn that answers; -1 for none."""
    chances: Any
    """Float32 [turns]: what the ranking gives each."""


class Person(NamedTuple):
    told: list[str]
    asked: list[Asked]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate at the peak")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="of weights made before, to go on from")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--out", type=Path, default=data_dir() / "words" / "cross_encoder")
    args = parser.parse_args()
    torch.manual_seed(0)
    chance = random.Random(0)
    unasked = Untold(world_questions(), ())
    files = sorted((data_dir() / "recall").glob("*.jsonl"))
    people = {
        path.stem: [person(life, unasked, chance) for life in lives_of(path)]
        for path in track(files, "people")
    }
    model = Trained(data_dir() / "models" / "mini")
    if args.start:
        model.load(args.start)
    trained = [one for name, some in people.items() if name not in args.leave_out for one in some]
    train(trained, model, args.minutes, args.rate)
    model.save(args.out)
    encoder = CrossEncoder(args.out)
    for name in args.leave_out:
        measure(name, people[name], encoder)
    for name in MEASURED:
        measure(name, [person(life_of(data_dir() / "rounds" / f"{name}.jsonl"), None, chance)], encoder)
    return 0


def life_of(path: Path) -> Life:
    """What is told in a rounds file, and what is asked of that which holds at its end."""
    rounds = read_rounds(path)
    said = [event for event in rounds.events if event.event == "say"]
    place = {event.id: at for at, event in enumerate(said) if event.id}
    asked = [
        (probe.question, place[fact.id])
        for fact in rounds.live()
        if fact.id in place
        for probe in fact.probes
    ]
    return Life([event.text for event in said], asked, list(rounds.controls))


def person(life: Life, unasked: Untold | None, chance: random.Random) -> Person:
    """The questions of a life, with what the ranking makes of them; others of the world and of the family."""
    asked = [*life.asked, *((question, -1) for question in life.untold)]
    if unasked is not None:
        asked += [(question, -1) for question in chance.sample(unasked.world, WORLD)]
        others = (of_another(question, life.told, chance) for question, _ in life.asked)
        asked += [(question, -1) for question in others if question]
    with knowing(life.told, ending=False) as (knowledge, turns):
        place = {turn: at for at, turn in enumerate(turns)}
        found = []
        for question, answer in asked:
            chances = np.zeros(len(turns), np.float32)
            seqs, rows = knowledge.memory.weighed(question)
            for seq, likely in zip(seqs, ranker().probabilities(rows), strict=True):
                chances[place[seq]] = max(chances[place[seq]], likely)
            found.append(Asked(question, answer, chances))
    return Person(life.told, found)


def train(people: Sequence[Person], model: Trained, minutes: float, rate: float) -> None:
    """For so long; the rates fall in a line to zero, that of the head beside `rate`."""
    chance = random.Random(0)
    parts, rates = (
        [list(model.model.parameters()), list(model.head.parameters())],
        (rate, HEAD_RATE / RATE * rate),
    )
    groups = [{"params": part, "lr": rate} for part, rate in zip(parts, rates, strict=True)]
    optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    began, losses = time.monotonic(), []
    for step, (told, asked) in enumerate(steps(people, chance)):
        share = (time.monotonic() - began) / 60 / minutes
        if share >= 1:
            return
        for group, peak in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = peak * min(1, (step + 1) / WARM_UP) * (1 - share)
        loss = loss_of_questions(model, told, asked, chance)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([one for part in parts for one in part], 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % 50 == 49:
            print(f"step {step + 1}, {share:.0%}: loss {np.mean(losses[-50:]):.3f}", flush=True)


def loss_of_questions(
    model: Trained, told: Sequence[str], asked: Sequence[Asked], chance: random.Random
) -> Any:
    """Cross-entropy over the turns held against each question, and none of them."""
    pairs, groups = chosen(told, asked, chance)
    scores = model.scores(told, pairs)
    losses = [
        torch.nn.functional.cross_entropy(
            torch.cat([scores[at : at + count], torch.zeros(1)])[None], torch.tensor([wanted])
        )
        for at, count, wanted in groups
    ]
    return torch.stack(losses).mean()


def steps(people: Sequence[Person], chance: random.Random) -> Iterator[tuple[list[str], list[Asked]]]:
    """Some questions of one person at a time, for ever."""
    while True:
        every = []
        for one in people:
            asked = chance.sample(one.asked, len(one.asked))
            every += [(one.told, asked[at : at + QUESTIONS]) for at in range(0, len(asked), QUESTIONS)]
        chance.shuffle(every)
        yield from every


def chosen(
    told: Sequence[str], asked: Sequence[Asked], chance: random.Random
) -> tuple[list[tuple[int, str]], list[tuple[int, int, int]]]:
    """Pairs to score; of each question where its pairs begin, how many they are, and which is right."""
    pairs: list[tuple[int, str]] = []
    groups = []
    for one in asked:
        likely = [int(at) for at in np.argsort(-one.chances) if at != one.answer]
        few = chance.sample(likely[:LIKELIEST], min(HARD, len(likely)))
        rest = [at for at in likely if at not in few]
        few += chance.sample(rest, min(CANDIDATES - 1 - len(few), len(rest)))
        few = [one.answer, *few] if one.answer >= 0 else few
        groups.append((len(pairs), len(few), 0 if one.answer >= 0 else len(few)))
        pairs += [(at, one.question) for at in few]
    return pairs, groups


def measure(name: str, people: Sequence[Person], encoder: CrossEncoder) -> None:
    """Right turn first, and the share answered rightly where given shares of untold ones are answered."""
    read = []
    for one in people:
        for asked in one.asked:
            few = [int(at) for at in np.argsort(-asked.chances)[:LIKELIEST]]
            scores = encoder.scores(asked.question, [one.told[at] for at in few])
            read.append((asked, few, np.array(scores)))
    for weight in WEIGHTS:
        right, sure, untold = [], [], []
        for asked, few, scores in read:
            odds = np.maximum(asked.chances[few], LEAST) * np.exp(weight * scores)
            chances = odds / (odds.sum() + max(LEAST, 1 - asked.chances.sum()))
            best = int(chances.argmax())
            if asked.answer < 0:
                untold.append(chances[best])
            else:
                right.append(few[best] == asked.answer)
                sure.append(chances[best])
        bars = [np.quantile(untold, 1 - share) for share in SHARES]
        found = [np.mean(np.array(right) & (np.array(sure) > bar)) for bar in bars]
        shares = ", ".join(f"{one:.1%} at {share:.0%}" for one, share in zip(found, SHARES, strict=True))
        print(f"{name}, weight {weight}: right first {np.mean(right):.1%}; {shares}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
