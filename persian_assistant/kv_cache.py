"""Keys and values of past tokens in memory that grows by doubling, so that a step copies none of them.

transformers' own dynamic cache copies everything at each token; its static one attends over its full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

FIRST_ROOM = 256
"""Positions a layer starts with."""


class GrowingLayer(DynamicLayer):
    """One layer's cache; `keys` and `values` are views of the part in use, (batch, heads, length, width)."""

    before = 0
    """Positions at the front that are no text's (virtual tokens): they stay."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        used = self.get_seq_length()
        total = used + key_states.shape[-2]
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._room_keys, self._room_values = key_states[..., :0, :], value_states[..., :0, :]
        if total > self._room_keys.shape[-2]:
            room = max(FIRST_ROOM, 2 * total)
            self._room_keys = _grown(self._room_keys, used, room)
            self._room_values = _grown(self._room_values, used, room)
        self._room_keys[..., used:total, :] = key_states
        self._room_values[..., used:total, :] = value_states
        self.keys, self.values = self._room_keys[..., :total, :], self._room_values[..., :total, :]
        return self.keys, self.values

    def cut(self, length: int) -> None:
        """Forget everything after the first `length` positions of the text."""
        if self.is_initialized:
            length += self.before
            self.keys, self.values = self._room_keys[..., :length, :], self._room_values[..., :length, :]


def new_cache(model: Any) -> Any:
    """An empty cache for `model`: growing layers wherever it attends to everything."""
    cache = DynamicCache(config=model.config)
    if not cache.layers:  # transformers adds them on demand then, as plain ones
        cache.layers = [GrowingLayer() for _ in range(model.config.get_text_config().num_hidden_layers)]
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def shared_prefix(cache: Any, cached: Sequence[int], wanted: Sequence[int]) -> int:
    """Cut `cache` (of `cached` ids) back to what it shares with `wanted`; how many tokens that is.

    0 where a layer cannot be cut. At least one token of `wanted` is left to run.
    """
    same = 0
    for ours, theirs in zip(cached, wanted[:-1], strict=False):
        if ours != theirs:
            break
        same += 1
    if any(type(layer) is not GrowingLayer for layer in cache.layers):
        return 0
    for layer in cache.layers:
        layer.cut(same)
    return same


def _grown(tensor: torch.Tensor, used: int, room: int) -> torch.Tensor:
    larger = tensor.new_empty((*tensor.shape[:-2], room, tensor.shape[-1]))
    larger[..., :used, :] = tensor[..., :used, :]
    return larger
