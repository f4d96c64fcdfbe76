"""Tiny models with adapters on them, for the tests of adapters and of training copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tiny_models import save_tiny

from persian_assistant.adapters import (
    adapter_tensors,
    attach,
    save_adapter,
)
from persian_assistant.config import GenerationConfig
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy

TALK = [Message("user", "سلام، نام من ساراست."), Message("assistant", "سلام سارا!")]
GREEDY = GenerationConfig(do_sample=False, max_new_tokens=24)
LLAMA_TARGETS = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]


def loader(make_folder: Callable[[str], Path]) -> Callable[..., LoadedModel]:
    """Models from disk, each written and read once; adapters are taken off again by the tests."""
    kept: dict[tuple[str, str], LoadedModel] = {}

    def load(architecture: str, quantization: str = "nf4") -> LoadedModel:
        if (architecture, quantization) not in kept:
            source = save_tiny(make_folder(architecture), architecture)
            kept[architecture, quantization] = load_model(source, quantization=quantization, device="cpu")
        return kept[architecture, quantization]

    return load


def logits(model: Any, length: int = 12) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.arange(5, 5 + length)[None]).logits.float()  # type: ignore[no-any-return]


def train(peft_model: Any, template: ChatTemplate, steps: int = 3) -> list[float]:
    """A few steps of AdamW on one example; the losses.

    Without dropout (GPT-2 has some): what it leaves out differs from run to run, and so would the losses.
    """
    for module in peft_model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    example = template.encode_example(TALK, [0.2, 1.0])
    ids, labels = torch.tensor([example.input_ids]), torch.tensor([example.labels])
    weights = [parameter for parameter in peft_model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=3e-3)
    losses = []
    for _ in range(steps):
        loss = peft_model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses


def adapter_on_disk(loaded: LoadedModel, folder: Path, seed: int = 0, lora_r: int = 8) -> Path:
    """A random adapter for this base that changes every score."""
    folder.mkdir(parents=True)
    twin = training_copy(loaded.model)
    peft_model = attach(twin, None, "fresh", lora_r=lora_r, trainable=True)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in adapter_tensors(peft_model).values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    save_adapter(peft_model, folder)
    return folder
