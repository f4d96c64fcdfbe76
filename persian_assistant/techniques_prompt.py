"""Virtual tokens before every conversation (P-tuning, Liu et al. 2021, arXiv:2103.10385).

Whoever calls a model that has them sees none: token ids, masks, positions and logits are those of the text
alone, with and without a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from persian_assistant.kv_cache import GrowingLayer
from persian_assistant.template import IGNORED_LABEL


def put_before(model: Any, prompt: Callable[[], Tensor]) -> None:
    """Let `model` (a bare transformers model) read the rows of `prompt()`, [count, width], before any text.

    `prompt` is called at every forward pass that starts a text, so that it can be what is being trained.
    """
    model.__dict__["forward"] = partial(_forward, model, prompt)


def take_away(model: Any) -> None:
    """`model` as it was before `put_before`; caches made meanwhile are of no use."""
    model.__dict__.pop("forward", None)


def _forward(
    model: Any,
    prompt: Callable[[], Tensor],
    input_ids: Tensor,
    attention_mask: Tensor | None = None,
    position_ids: Tensor | None = None,
    past_key_values: Any = None,
    logits_to_keep: int | Tensor = 0,
    labels: Tensor | None = None,
    **others: Any,
) -> Any:
    """The model's own forward; `input_ids` [rows, length], logits [rows, length or what is kept, vocabulary].

    The virtual tokens take the first positions and stand in the cache before the text, once.
    """
    virtual = prompt()
    count, rows = len(virtual), len(input_ids)
    begun = past_key_values is not None and past_key_values.get_seq_length() > 0
    if position_ids is not None:
        position_ids = position_ids + count
    if attention_mask is not None:
        attention_mask = _widened(attention_mask, count)
    if begun:
        start: dict[str, Any] = {"input_ids": input_ids}
    else:
        text = model.get_input_embeddings()(input_ids)
        front = virtual.to(text.dtype).expand(rows, -1, -1)
        start = {"inputs_embeds": torch.cat([front, text], dim=1)}
        if position_ids is not None:
            first = torch.arange(count, device=position_ids.device).expand(len(position_ids), -1)
            position_ids = torch.cat([first, position_ids], dim=1)
        if isinstance(logits_to_keep, Tensor):
            logits_to_keep = logits_to_keep + count
        if labels is not None:
            labels = torch.cat([labels.new_full((rows, count), IGNORED_LABEL), labels], dim=1)
    output = type(model).forward(
        model,
        attention_mask=attention_mask,
        position_ids=position_ids,
        past_key_values=past_key_values,
        logits_to_keep=logits_to_keep,
        labels=labels,
        **start,
        **others,
    )
    if not begun:
        if isinstance(logits_to_keep, int) and logits_to_keep == 0:
            output.logits = output.logits[:, count:]
        for layer in getattr(past_key_values, "layers", ()):
            if isinstance(layer, GrowingLayer):
                layer.before = count  # the text's first position in the cache
    return output


def _widened(mask: Tensor, count: int) -> Tensor:
    """`mask` with the virtual tokens, which all of the text sees.

    [rows, length] of 0 and 1, or [rows, 1, length, length] of numbers to add.
    """
    if mask.dim() == 2:
        return torch.cat([mask.new_ones(len(mask), count), mask], dim=1)
    rows, _, length, _ = mask.shape
    whole = mask.new_full((rows, 1, count + length, count + length), torch.finfo(mask.dtype).min)
    whole[..., :count, :count].triu_(1)
    whole[..., count:, :count] = 0
    whole[..., count:, count:] = mask
    return whole
