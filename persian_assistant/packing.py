"""Batches of training rows; those that begin with the same tokens are laid into one row, the start once.

What the model computes for each token is what it would for the rows one by one. Knows nothing of training.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from persian_assistant.records import Example
from persian_assistant.template import IGNORED_LABEL

LEAST_PREFIX = 8
"""Tokens that rows must begin with in common: fewer are not worth the longer row."""
LONGEST_PACKED = 1024
"""Tokens of one packed row, at most: time and memory of attention grow with the square."""
SAMPLE_ROWS, SAMPLE_TOKENS = 3, 12
"""Of the rows by which a model shows whether it takes packed ones: how many, and tokens after the start."""

Batch = dict[str, Tensor]
"""What one optimiser step sees, R rows of T tokens: `input_ids` int64 [R, T]; in a packed batch (R = 1)
`position_ids` int64 [1, T] and `attention_mask` bool [1, 1, T, T], True where a token sees another. Logits
are wanted for the columns `keep` int64 [C]. Of each label: `at` int64, the place in the R * C logits that
predicts it, `targets` int64 and `loss_weights` float. Of each of the R * C logits `kl_weights` float: the
weights of all rows it stands for; `kl_count`: logits times rows with such a weight, in all."""


@dataclass(frozen=True)
class Shape:
    """What packing has to know of a model."""

    width: int
    """Of its hidden states: against it the cost of attention is weighed."""
    window: int | None = None
    """How far back a token sees, where that is bounded."""


@dataclass(frozen=True)
class _Group:
    """Rows of one optimiser step; the first `prefix` tokens are computed once, 0: each row by itself."""

    rows: Sequence[Example]
    prefix: int

    @property
    def tokens(self) -> int:
        """Tokens computed, padding left out."""
        return sum(map(len, self.rows)) - self.prefix * (len(self.rows) - 1)


def shape_of(model: Any) -> Shape | None:
    """None where `model` does not give the same for packed rows: it is asked with a few made-up tokens."""
    config = model.config.get_text_config()
    width, window = getattr(config, "hidden_size", None), getattr(config, "sliding_window", None)
    return Shape(int(width), window) if width and _takes_packed_rows(model, int(config.vocab_size)) else None


def batches_of(examples: Sequence[Example], pad_id: int, rows: int, shape: Shape | None) -> list[Batch]:
    """Batches of `rows` rows of like length, packed where `shape` is given and it is cheaper.

    Rows that the base model is asked about have batches of their own; rows without loss are left out.
    """
    groups = _groups(examples, rows, shape)
    return [_packed(group) if group.prefix else _padded(group.rows, pad_id) for group in groups]


def packed_tokens(examples: Sequence[Example], rows: int, shape: Shape | None) -> int:
    """Tokens that one epoch over `examples` computes, padding left out; without `shape` nothing is packed."""
    return sum(group.tokens for group in _groups(examples, rows, shape))


def model_inputs(batch: Batch, dtype: torch.dtype) -> dict[str, Tensor]:
    """What a model's forward takes of `batch`; the mask as numbers of `dtype` to add, known to all kinds."""
    # rows are padded on the right, where no token looks: a mask would only cost time
    inputs = {"input_ids": batch["input_ids"], "logits_to_keep": batch["keep"]}
    if "attention_mask" in batch:
        seen = batch["attention_mask"]
        hidden = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
        inputs["attention_mask"] = hidden.masked_fill_(~seen, torch.finfo(dtype).min)
        inputs["position_ids"] = batch["position_ids"]
    return inputs


# --- which rows go together -------------------------------------------------------------------------


def _groups(examples: Sequence[Example], rows: int, shape: Shape | None) -> list[_Group]:
    trained = [example for example in examples if example.trains]
    common = Counter(map(_start, trained)) if shape else Counter()
    shared = [start for start, count in common.most_common() if start and count > 1]
    ranks = {start: rank for rank, start in enumerate(shared)}

    def order(row: Example) -> tuple[bool, int, int]:
        return row.kl_weight > 0, ranks.get(_start(row), len(ranks)), len(row)

    trained.sort(key=order)
    first = sum(example.kl_weight == 0 for example in trained)
    parts = [trained[:first], trained[first:]]
    chunks = [part[at : at + rows] for part in parts for at in range(0, len(part), rows)]
    return [_Group(chunk, _prefix(chunk, shape) if shape else 0) for chunk in chunks]


def _start(row: Example) -> tuple[int, ...]:
    """The first tokens of a row, empty where one of them carries loss."""
    whole = len(row) > LEAST_PREFIX and not any(row.loss_weights[1:LEAST_PREFIX])
    return tuple(row.input_ids[:LEAST_PREFIX]) if whole else ()


def _prefix(rows: Sequence[Example], shape: Shape) -> int:
    """Tokens without loss that all rows begin with; 0 where sharing them does not pay or cannot be."""
    longest = max(map(len, rows))
    length = 0
    for tokens in zip(*(row.input_ids[:-1] for row in rows), strict=False):
        if len(set(tokens)) > 1 or (length and any(row.loss_weights[length] > 0 for row in rows)):
            break
        length += 1
    if len(rows) < 2 or length < LEAST_PREFIX or longest > (shape.window or longest):
        return 0
    packed = _Group(rows, length).tokens
    pays = _cost(1, packed, shape.width) < _cost(len(rows), longest, shape.width)
    return length if pays and packed <= LONGEST_PACKED else 0


def _cost(rows: int, length: int, width: int) -> int:
    """Work in a layer, as a multiple of what a pair of tokens costs: linear layers and attention."""
    return rows * length * (6 * width + length)


# --- laying them out --------------------------------------------------------------------------------


def _packed(group: _Group) -> Batch:
    """[the common start, the rest of row 1, the rest of row 2, …] as one row."""
    start, rows = group.prefix, group.rows
    rests = [len(row) - start for row in rows]
    offsets = [start + sum(rests[:at]) for at in range(len(rows))]
    ids, positions, owner = list(rows[0].input_ids[:start]), list(range(start)), [-1] * start
    for at, row in enumerate(rows):
        ids += row.input_ids[start:]
        positions += range(start, len(row))
        owner += [at] * rests[at]
    of, place = torch.tensor(owner), torch.arange(len(ids))
    seen = (of[:, None] == of[None]) | (of[None] == -1)

    def column(at: int, position: int) -> int:
        return position if position < start else offsets[at] + position - start

    return {
        "input_ids": torch.tensor([ids]),
        "position_ids": torch.tensor([positions]),
        "attention_mask": (seen & (place[:, None] >= place[None]))[None, None],
        **_losses(rows, [[(0, column(at, one)) for one in range(len(row))] for at, row in enumerate(rows)]),
    }


def _padded(rows: Sequence[Example], pad_id: int) -> Batch:
    longest = max(map(len, rows))
    ids = [row.input_ids + [pad_id] * (longest - len(row)) for row in rows]
    places = [[(at, one) for one in range(len(row))] for at, row in enumerate(rows)]
    return {"input_ids": torch.tensor(ids), **_losses(rows, places)}


def _losses(rows: Sequence[Example], places: list[list[tuple[int, int]]]) -> Batch:
    """`places`: where in the batch each token of each row stands, as (row, column).

    The base model is asked about the tokens that carry loss: what it would say where others speak is no
    business of the update, and every logit costs.
    """
    labels: list[tuple[tuple[int, int], int, float]] = []
    asked: dict[tuple[int, int], float] = defaultdict(float)
    count = 0
    for example, where in zip(rows, places, strict=True):
        for before, label, weight in zip(where, example.labels[1:], example.loss_weights[1:], strict=False):
            if weight <= 0 or label == IGNORED_LABEL:
                continue
            labels.append((before, label, weight))
            if example.kl_weight > 0:
                asked[before] += example.kl_weight
                count += 1
    keep = sorted({column for _, column in [*asked, *(before for before, _, _ in labels)]})
    index = {column: at for at, column in enumerate(keep)}
    height = 1 + max(row for where in places for row, _ in where)
    kl_weights = torch.zeros(height * len(keep) if count else 0)
    for (row, column), weight in asked.items():
        kl_weights[row * len(keep) + index[column]] = weight
    return {
        "keep": torch.tensor(keep),  # the output layer is a third of a small model's work
        "at": torch.tensor([row * len(keep) + index[column] for (row, column), _, _ in labels]),
        "targets": torch.tensor([label for _, label, _ in labels]),
        "loss_weights": torch.tensor([weight for _, _, weight in labels], dtype=torch.float32),
        "kl_weights": kl_weights,
        "kl_count": torch.tensor(count),
    }


# --- whether a model takes it -----------------------------------------------------------------------


@torch.no_grad()
def _takes_packed_rows(model: Any, vocabulary: int) -> bool:
    """Whether mask and positions of a packed row are heeded: they change more than rounding does."""
    chance = torch.Generator().manual_seed(0)
    drawn = torch.randint(0, vocabulary, (LEAST_PREFIX + SAMPLE_ROWS * SAMPLE_TOKENS,), generator=chance)
    start, rest = drawn[:LEAST_PREFIX].tolist(), drawn[LEAST_PREFIX:].view(SAMPLE_ROWS, -1).tolist()
    whole = [0.0] * LEAST_PREFIX + [1.0] * SAMPLE_TOKENS
    rows = [Example(start + one, start + one, whole) for one in rest]
    packed = _packed(_Group(rows, LEAST_PREFIX))
    place = torch.arange(packed["input_ids"].shape[1])
    unmasked = {**packed, "attention_mask": (place[:, None] >= place[None])[None, None]}
    unplaced = {**packed, "position_ids": place[None]}
    try:
        said, exact, *wrong = (
            _logprobs(model, batch) for batch in (packed, _padded(rows, 0), unmasked, unplaced)
        )
    except (TypeError, ValueError, RuntimeError, NotImplementedError, AttributeError):
        return False  # a model that does not know such a mask or positions says so in its own way
    off = float((said - exact).abs().mean())
    return off < 0.2 * min(float((other - exact).abs().mean()) for other in wrong)


def _logprobs(model: Any, batch: Batch) -> Tensor:
    """[labels, vocabulary], of what predicts each label."""
    batch = {name: value.to(model.device) for name, value in batch.items()}
    logits = model(**model_inputs(batch, model.dtype), use_cache=False).logits
    return logits.flatten(0, 1)[batch["at"]].float().log_softmax(-1)
