"""A tiny model, rows, and a tuning run for the tests of instruction tuning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from learning_files import talk
from learning_parts import load
from tiny_models import SENTENCES

from persian_assistant import adapters
from persian_assistant.instruction_tuning import (
    TuningResult,
    TuningSettings,
    tune,
)
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy

SETTINGS = TuningSettings(learning_rate=1e-2, num_train_epochs=3, batch_size=4, optim="adamw_torch")
PERSONA = Message("system", "تو دستیاری مهربانی و کوتاه جواب می‌دهی.")


def rows(loaded: LoadedModel, count: int = 20, *, persona: bool = False) -> list[Example]:
    """Questions of many lengths; only the answers carry loss."""
    template = ChatTemplate.for_model(loaded.tokenizer)
    found = []
    for at in range(count):
        turns = talk(" ".join(SENTENCES[at % 12 : at % 12 + 1 + at % 3]), SENTENCES[(at + 5) % 12])
        messages = [PERSONA, *turns] if persona else turns
        weights = [float(message.role == "assistant") for message in messages]
        found.append(template.encode_example(messages, weights, 220))
    return found


def candidate(loaded: LoadedModel) -> Any:
    torch.manual_seed(0)  # a fresh adapter begins with random numbers
    return adapters.attach(training_copy(loaded.model), None, "candidate", lora_r=4, trainable=True)


def trained(model: Any) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def run(model: Any, folder: Path, settings: TuningSettings = SETTINGS, **more: Any) -> TuningResult:
    loaded = load(*MODEL)
    train, heldout = more.pop("train", rows(loaded)), more.pop("heldout", rows(loaded, 23)[20:])
    return tune(model, train, heldout, loaded.tokenizer.pad_token_id, settings, folder=folder, **more)


MODEL = ("llama", "mini", "none")


def after(steps: int) -> Callable[[], bool]:
    """True when it is asked for the so many-th time: after that step."""
    asked = iter(range(1, 10_000))
    return lambda: next(asked) >= steps
