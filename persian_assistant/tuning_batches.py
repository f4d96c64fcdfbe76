"""Training rows as one batch for each optimiser step, in an order that step number and random seed fix.

Rows of like length stand together, so that next to nothing is padding, and a start that the rows of a batch
share is computed once (packing.py). Each of several processes gets its part of every batch. Knows nothing
of what is trained.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Dataset

from persian_assistant.packing import Batch, Shape, batches_of
from persian_assistant.records import Example

SORTED_BATCHES = 50
"""So many batches are drawn by chance and sorted by length together: less would pad more, more would bring
the same rows together in every epoch."""


class TuningBatches(Dataset):  # type: ignore[type-arg]
    """`steps` batches of `batch_size` rows, each in as many parts as there are processes.

    Item `step * processes + part` is a batch of packing.py with `share` beside it: what the weighted sum of
    this part's losses is multiplied with, so that the mean over the processes is nats per token of the whole
    batch. Every row must carry loss. An epoch's last batch is filled up with rows of its first ones.
    """

    def __init__(
        self,
        rows: Sequence[Example],
        pad_id: int,
        batch_size: int,
        *,
        random_seed: int = 0,
        shape: Shape | None = None,
        virtual_tokens: int = 0,
    ) -> None:
        self.rows, self.pad_id, self.shape = rows, pad_id, shape
        self.batch_size = min(batch_size, len(rows))
        self.random_seed, self.virtual_tokens = random_seed, virtual_tokens
        self.steps_per_epoch = -(-len(rows) // self.batch_size)
        self.steps, self.processes = self.steps_per_epoch, 1
        self._epoch: tuple[int, list[list[int]]] = (-1, [])

    def __len__(self) -> int:
        return self.steps * self.processes

    def __getitem__(self, index: int) -> Batch:
        step, part = divmod(index, self.processes)
        group = self.group(step)
        total = sum(sum(row.loss_weights[1:]) for row in group)
        return self.laid_out(group[part :: self.processes], self.processes / total)

    def group(self, step: int) -> list[Example]:
        """The rows of one step, shortest first."""
        epoch, at = divmod(step, self.steps_per_epoch)
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        return [self.rows[index] for index in self._epoch[1][at]]

    def tokens(self, step: int) -> int:
        """Of the rows of one step, padding not counted."""
        return sum(map(len, self.group(step)))

    def laid_out(self, rows: list[Example], share: float) -> Batch:
        """`rows` as one batch."""
        (batch,) = batches_of(rows, self.pad_id, len(rows), self.shape)
        del batch["kl_weights"], batch["kl_count"]
        batch["keep"] = batch["keep"] + self.virtual_tokens  # what a prompt technique puts before each row
        batch["share"] = torch.tensor(share)
        return batch

    def _order(self, epoch: int) -> list[list[int]]:
        """Row numbers of each batch. The longest rows come first of all: too little memory shows at once."""
        chance = random.Random(f"{self.random_seed} {epoch}")
        drawn = list(range(len(self.rows)))
        chance.shuffle(drawn)
        drawn += drawn[: -len(drawn) % self.batch_size]
        size = SORTED_BATCHES * self.batch_size
        groups: list[list[int]] = []
        for at in range(0, len(drawn), size):
            block = sorted(drawn[at : at + size], key=lambda index: len(self.rows[index]))
            groups += [block[one : one + self.batch_size] for one in range(0, len(block), self.batch_size)]
        chance.shuffle(groups)
        if epoch == 0:
            longest = max(range(len(groups)), key=lambda at: len(self.rows[groups[at][-1]]))
            groups[0], groups[longest] = groups[longest], groups[0]
        return groups


def in_order(batches: TuningBatches, process: int, processes: int) -> Iterator[tuple[Batch, float]]:
    """(batch, weight of its labels) over all rows once, shortest first; each process gets as many batches.

    Where they do not come out even, one is given again with weight 0.
    """
    rows = sorted(batches.rows, key=len)
    size = batches.batch_size
    groups = [rows[at : at + size] for at in range(0, len(rows), size)]
    for first in range(0, len(groups), processes):
        there = first + process < len(groups)
        group = groups[first + process if there else 0]
        weight = sum(sum(row.loss_weights[1:]) for row in group)
        yield batches.laid_out(group, 1 / weight), weight if there else 0.0
