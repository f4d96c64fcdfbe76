"""The cross-encoder while it is trained: layers of mini with a score on top. For cross_encoder.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from transformers import AutoModel

from persian_assistant.facts.cross_encoder import CrossEncoder

LAYERS = 6
ROW = 9
"""Questions that share a turn in one row."""


class Trained:
    """Layers of a Llama model with a score on top."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
        self.model.layers = self.model.layers[:LAYERS]
        self.head = torch.nn.Linear(self.model.config.hidden_size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self._encoder = CrossEncoder(folder)  # its tokens

    def scores(self, told: Sequence[str], pairs: Sequence[tuple[int, str]]) -> Any:
        """Float32 [pairs]: of each (place of a turn, question)."""
        of_turn: dict[int, list[tuple[int, str]]] = {}
        for number, (place, question) in enumerate(pairs):
            of_turn.setdefault(place, []).append((number, question))
        rows = [
            self._row(told[place], some[at : at + ROW])
            for place, some in of_turn.items()
            for at in range(0, len(some), ROW)
        ]
        longest = max(len(ids) for ids, *_ in rows)
        ids, positions, parts = (torch.full((len(rows), longest), fill) for fill in (0, 0, -1))
        where = torch.zeros(len(pairs), 2, dtype=torch.long)
        for at, (own, own_positions, own_parts, ends) in enumerate(rows):
            ids[at, : len(own)] = torch.tensor(own)
            positions[at, : len(own)] = torch.tensor(own_positions)
            parts[at, : len(own)] = torch.tensor(own_parts)
            for number, end in ends:
                where[number] = torch.tensor((at, end))
        seen = (parts[:, :, None] == parts[:, None]) | (parts[:, None] == 0)
        seen &= torch.ones(longest, longest, dtype=torch.bool).tril()
        seen |= torch.eye(longest, dtype=torch.bool)
        mask = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None]
        with torch.autocast("cpu", torch.bfloat16):
            found = self.model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False)
        hidden = found.last_hidden_state.float()
        return self.head(hidden[where[:, 0], where[:, 1]])[:, 0]

    def _row(
        self, text: str, asked: Sequence[tuple[int, str]]
    ) -> tuple[list[int], list[int], list[int], list[tuple[int, int]]]:
        """(token ids, positions, part of each token: 0 the turn, where each pair's score stands)."""
        ids = self._encoder.told_ids(text)
        positions, parts = list(range(len(ids))), [0] * len(ids)
        start, ends = len(ids), []
        for part, (number, question) in enumerate(asked, 1):
            own = self._encoder.asked_ids(question)
            ids = [*ids, *own]
            positions += range(start, start + len(own))
            parts += [part] * len(own)
            ends.append((number, len(ids) - 1))
        return ids, positions, parts, ends

    def save(self, folder: Path) -> None:
        """As `CrossEncoder` reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, Any] = {"heads": np.array([self.model.config.num_attention_heads], np.int32)}
        for name, weight, axis in self._parts():
            values = weight.detach().float().numpy()
            found |= {name: values} if axis is None else quantized_int8(name, values, axis)
        save_file(found, folder / "cross_encoder.safetensors")
        shutil.copy(self.folder / "tokenizer.json", folder)
        (folder / "cross_encoder.safetensors").chmod(0o644)

    def load(self, folder: Path) -> None:
        """What `save` wrote, to be trained on."""
        found = load_file(folder / "cross_encoder.safetensors")
        with torch.no_grad():
            for name, weight, _ in self._parts():
                values = found[name].astype(np.float32) * found.get(f"{name}/scale", np.float32(1))
                weight.copy_(torch.from_numpy(values))

    def _parts(self) -> Iterator[tuple[str, Any, int | None]]:
        """(name, weights as saved, the axis along which int8 values share a scale; None: float32)."""
        yield from (("norm", self.model.norm.weight, None), ("head", self.head.weight[0], None))
        yield from (("head_bias", self.head.bias, None), ("embedding", self.model.embed_tokens.weight, 1))
        for number, layer in enumerate(self.model.layers):
            attention, unit = layer.self_attn, layer.mlp
            for name, module in {
                "query": attention.q_proj,
                "key": attention.k_proj,
                "value": attention.v_proj,
                "output": attention.o_proj,
                "gate": unit.gate_proj,
                "up": unit.up_proj,
                "down": unit.down_proj,
            }.items():
                yield f"{number}.{name}", module.weight.T, 0
            yield f"{number}.before_attention", layer.input_layernorm.weight, None
            yield f"{number}.before_unit", layer.post_attention_layernorm.weight, None


def quantized_int8(name: str, values: Any, axis: int) -> dict[str, Any]:
    """Int8 with a scale for each row (axis 1) or column (axis 0)."""
    scale = np.abs(values).max(axis, keepdims=True) / 127
    whole = np.round(values / scale).astype(np.int8)
    return {name: np.ascontiguousarray(whole), f"{name}/scale": np.ascontiguousarray(scale)}
