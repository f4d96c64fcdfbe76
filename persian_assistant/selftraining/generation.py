"""Many answers drawn at once, and how likely an answer is under the model at hand.

Knows nothing of where prompts come from or of what becomes of the answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from persian_assistant.errors import ModelError
from persian_assistant.metrics import Answer, decode_together
from persian_assistant.records import Example
from persian_assistant.template import ChatTemplate

Stop = Callable[[], bool]
ROWS_TOGETHER = 16
"""Rows whose likelihood is computed in one batch."""


@dataclass(frozen=True)
class Sampling:
    """How answers are drawn. Without a repetition penalty: what repeats itself is left out afterwards."""

    temperature: float = 1.0
    top_p: float = 0.95
    max_new_tokens: int = 96


def sampled_answers(
    model: Any,
    template: ChatTemplate,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    random_seed: int,
    stop: Stop = lambda: False,
) -> list[Answer]:
    """One answer to each of `prompts` (token ids), drawn together; nothing when `stop()` asked to end.

    The same prompts in the same order with the same seed give the same answers. Raises ModelError where the
    model's scores are no numbers.
    """
    chance = torch.Generator().manual_seed(random_seed)
    answers = decode_together(
        model,
        template,
        prompts,
        lambda logits: drawn(logits, sampling, chance),
        max_new_tokens=sampling.max_new_tokens,
        stop=stop,
    )
    return answers or []


def drawn(logits: torch.Tensor, sampling: Sampling, chance: torch.Generator) -> torch.Tensor:
    """A token for each row of `logits` [rows, vocabulary], as [rows, 1]; the nucleus of Holtzman et al. 2020.

    Raises ModelError on NaN.
    """
    shares = torch.softmax(logits.float() / max(sampling.temperature, 1e-5), dim=-1)
    if not bool(torch.isfinite(shares).all()):
        raise ModelError("model.not_a_number")
    ordered, ids = shares.sort(dim=-1, descending=True)
    ordered[ordered.cumsum(-1) - ordered >= sampling.top_p] = 0.0
    choice = torch.multinomial(ordered.cpu(), 1, generator=chance).to(ids.device)
    return ids.gather(-1, choice)


@torch.inference_mode()
def answer_losses(
    model: Any, rows: Sequence[Example], pad_id: int, stop: Stop = lambda: False
) -> list[float]:
    """Nats per label of each row, over the labels that carry loss; NaN for a row without any.

    Nothing when `stop()` asked to end.
    """
    found = [math.nan] * len(rows)
    order = sorted((at for at, row in enumerate(rows) if row.trains), key=lambda at: len(rows[at]))
    for start in range(0, len(order), ROWS_TOGETHER):
        if stop():
            return []
        block = order[start : start + ROWS_TOGETHER]
        longest = max(len(rows[at]) for at in block)
        ids = torch.tensor([rows[at].input_ids + [pad_id] * (longest - len(rows[at])) for at in block])
        weights = torch.zeros(len(block), longest)
        for place, at in enumerate(block):
            weights[place, : len(rows[at])] = torch.tensor(rows[at].loss_weights)
        weights = (weights > 0).float()[:, 1:]
        # rows are padded on the right, where no token looks
        logits = model(input_ids=ids.to(model.device), use_cache=False).logits[:, :-1].float().cpu()
        losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        means = (losses * weights).sum(-1) / weights.sum(-1)
        for at, mean in zip(block, means.tolist(), strict=True):
            found[at] = mean
    return found
