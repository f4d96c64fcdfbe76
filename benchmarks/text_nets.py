"""What life_weights.py and change_weights.py share: training of facts/text_net.py's networks, the command."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from rich.progress import track
from safetensors.numpy import save_file

from persian_assistant.config import data_dir
from persian_assistant.facts.ranking import FAR
from persian_assistant.facts.text_net import BUCKETS, pieces

SIZE, HIDDEN, DROPPED = 12, 32, 0.3
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 8, 128, 1e-2, 1e-2


Row = TypeVar("Row")


def command(
    description: str | None,
    name: str,
    gather: Callable[[], list[Row]],
    measure: Callable[[list[Row]], None],
    trained_on: Callable[[list[Row]], dict[str, Any]],
    told_of: Callable[[list[Row]], str],
) -> int:
    """Train on all rows and write data/words/NAME.safetensors; with `--measure` only measure."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", action="store_true")
    args = parser.parse_args()
    rows = gather()
    if args.measure:
        measure(rows)
        return 0
    path = data_dir() / "words" / f"{name}.safetensors"
    save_file(trained_on(rows), path)
    path.chmod(0o644)
    print(told_of(rows))
    return 0


def train(
    texts: Sequence[str], numbers: Sequence[Sequence[float]], wanted: Sequence[bool], weights: Sequence[float]
) -> dict[str, Any]:
    """The tensors of a network that tells which texts, with their numbers, are `wanted`; logistic loss.

    `weights`: how much each row counts.
    """
    torch.manual_seed(0)
    chance = random.Random(0)
    every = np.array(numbers, np.float32)
    mean, deviation = every.mean(0), every.std(0) + 1e-2
    values = torch.from_numpy(np.clip((every - mean) / deviation, -FAR, FAR))
    targets, counts = torch.tensor(wanted, dtype=torch.float32), torch.tensor(weights, dtype=torch.float32)
    found = [pieces(text) for text in texts]
    bags = torch.nn.EmbeddingBag(BUCKETS, SIZE, mode="mean")
    torch.nn.init.normal_(bags.weight, std=0.5)
    first, last = torch.nn.Linear(SIZE + values.shape[1], HIDDEN), torch.nn.Linear(HIDDEN, 1)
    parameters = [*bags.parameters(), *first.parameters(), *last.parameters()]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(values) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in track(range(EPOCHS), "training"):
        for batch in torch.randperm(len(values)).split(BATCH):
            kept = [_without_some(found[at], chance) for at in batch.tolist()]
            starts = torch.tensor(np.cumsum([0, *map(len, kept[:-1])]))
            means = bags(torch.tensor([one for some in kept for one in some]), starts)
            hidden = torch.nn.functional.gelu(first(torch.cat([means, values[batch]], 1)), approximate="tanh")
            odds = last(torch.nn.functional.dropout(hidden, DROPPED))[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, targets[batch], counts[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return {
        "pieces": bags.weight.detach().numpy().astype(np.float16),
        "mean": mean,
        "deviation": deviation,
        "first": np.ascontiguousarray(first.weight.detach().numpy().T),
        "first_bias": first.bias.detach().numpy(),
        "last": np.ascontiguousarray(last.weight.detach().numpy()[0]),
        "last_bias": last.bias.detach().numpy(),
    }


def _without_some(found: list[int], chance: random.Random) -> list[int]:
    return [one for one in found if chance.random() >= DROPPED] or found
