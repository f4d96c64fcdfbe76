"""One adapter trained by `transformers.Trainer` on weighted labels; stops within a step when asked.

Knows nothing of journals, versions or gates.
"""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.utils import is_bitsandbytes_available

from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, LearningError
from persian_assistant.template import IGNORED_LABEL, Example

LONGEST_ROW = 512
"""Rows are cut to so many tokens: an exchange seldom has more, and time grows with the longest."""


@dataclass(frozen=True)
class TrainingProgress:
    """Where training stands."""

    step: int
    steps: int
    loss: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class TrainingResult:
    """How it went."""

    loss: float
    """Over the last quarter of the steps: nats per token, each token counted by its weight."""
    steps: int
    tokens: int
    """Tokens trained on, over all epochs, padding left out."""
    seconds: float


class _Rows(Dataset):  # type: ignore[type-arg]
    """Batches of rows of like length: one item is one padded batch."""

    def __init__(self, batches: list[dict[str, torch.Tensor]]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return self.batches[index]


class WeightedTrainer(Trainer):
    """Cross-entropy with a weight on every label, averaged over the labels that carry any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sums: list[tuple[torch.Tensor, torch.Tensor]] = []
        """Of each step: weighted loss and weight, summed over its labels."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """`inputs`: input_ids, attention_mask, labels int64, loss_weights float, all [rows, length]."""
        weights = inputs.pop("loss_weights")
        labels = inputs.pop("labels")
        outputs = model(**inputs, use_cache=False)
        logits = outputs.logits[:, :-1]
        losses = F.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(),
            labels[:, 1:].reshape(-1),
            ignore_index=IGNORED_LABEL,
            reduction="none",
        )
        flat = weights[:, 1:].reshape(-1)
        weighted = (losses * flat).sum()
        self.sums.append((weighted.detach(), flat.sum()))
        loss = weighted / (flat > 0).sum().clamp(min=1)
        return (loss, outputs) if return_outputs else loss


class _Watch(TrainerCallback):
    """Reports every step and ends the run when asked or when the loss is no number."""

    def __init__(self, report: Callable[[TrainingProgress], None], stop: Callable[[], bool]) -> None:
        self.report, self.stop = report, stop
        self.sums: list[tuple[torch.Tensor, torch.Tensor]] = []
        """The trainer's own."""
        self.started = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        loss = self.loss(1)
        if self.stop() or not math.isfinite(loss):
            control.should_training_stop = True
        spent = time.monotonic() - self.started
        left = spent / state.global_step * (state.max_steps - state.global_step)
        self.report(TrainingProgress(state.global_step, state.max_steps, loss, left))

    def loss(self, steps: int) -> float:
        """Nats per token over the last `steps` steps, each token counted by its weight."""
        total = sum(float(weighted) for weighted, _ in self.sums[-steps:])
        return total / max(sum(float(weight) for _, weight in self.sums[-steps:]), 1e-9)


def train_adapter(
    peft_model: Any,
    examples: Sequence[Example],
    pad_id: int,
    settings: LearningConfig,
    *,
    random_seed: int,
    report: Callable[[TrainingProgress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train the adapter of `peft_model` in place on `examples`.

    Raises Cancelled when `stop()` turned true, LearningError when there is nothing to train on, the loss
    is not a number, or memory ran out; the adapter is of no use then.
    """
    batches = _batches(examples, pad_id, settings.batch_size)
    if not batches:
        raise LearningError("learning.nothing_to_train")
    if stop():
        raise Cancelled("learning.cancelled")
    watch = _Watch(report, stop)
    started = time.monotonic()
    with warnings.catch_warnings():
        # Trainer and Accelerate warn about their own defaults on machines without a GPU
        warnings.simplefilter("ignore")
        try:
            trainer = _trainer(peft_model, batches, settings, random_seed, watch)
            trainer.train()
        except Exception as error:
            if is_out_of_memory(error):
                raise LearningError("learning.no_memory") from error
            raise
    if stop():
        raise Cancelled("learning.cancelled")
    steps = trainer.state.global_step
    loss = watch.loss(max(1, steps // 4))
    trained = [parameter for parameter in peft_model.parameters() if parameter.requires_grad]
    if not math.isfinite(loss) or not all(bool(torch.isfinite(one).all()) for one in trained):
        raise LearningError("learning.not_finite")
    return TrainingResult(
        loss=loss,
        steps=steps,
        tokens=sum(int(batch["attention_mask"].sum()) for batch in batches) * settings.num_train_epochs,
        seconds=time.monotonic() - started,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Also where torch's CPU allocator or oneDNN say so in a plain RuntimeError."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    signs = (
        "can't allocate memory",
        "not enough memory",
        "out of memory",
        "alloc_failed",
        "create a primitive",
    )
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in signs)


def _trainer(
    model: Any, batches: list[dict[str, torch.Tensor]], settings: LearningConfig, seed: int, watch: _Watch
) -> WeightedTrainer:
    trainer = WeightedTrainer(
        model=model,
        args=_arguments(settings, model, seed),
        train_dataset=_Rows(batches),
        data_collator=lambda items: items[0],
        callbacks=[watch],
    )
    watch.sums = trainer.sums
    # Trainer's own printer would write over the chat
    for callback in list(trainer.callback_handler.callbacks):
        if type(callback).__name__ in ("PrinterCallback", "ProgressCallback"):
            trainer.remove_callback(callback)
    return trainer


def _arguments(settings: LearningConfig, model: Any, random_seed: int) -> TrainingArguments:
    kind = model.device.type
    arguments = TrainingArguments(
        output_dir=os.curdir,  # it must be a folder that is there; nothing is written
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        per_device_train_batch_size=1,  # one item of the data set is a whole batch
        num_train_epochs=settings.num_train_epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=2,
        optim="paged_adamw_8bit" if kind != "mps" and is_bitsandbytes_available() else "adamw_torch",
        max_grad_norm=1.0,
        bf16=kind == "cuda" and torch.cuda.is_bf16_supported(),
        use_cpu=kind == "cpu",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        seed=random_seed,
        data_seed=random_seed,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # the model lies on one of them
    return arguments


def _batches(examples: Sequence[Example], pad_id: int, rows: int) -> list[dict[str, torch.Tensor]]:
    """Rows sorted by length, so that hardly any time goes into padding; Trainer shuffles the batches."""
    ordered = sorted((_cut(example) for example in examples), key=len)
    ordered = [example for example in ordered if any(weight > 0 for weight in example.loss_weights[1:])]
    return [_padded(ordered[at : at + rows], pad_id) for at in range(0, len(ordered), rows)]


def _cut(example: Example) -> Example:
    if len(example) <= LONGEST_ROW:
        return example
    return Example(
        example.input_ids[:LONGEST_ROW], example.labels[:LONGEST_ROW], example.loss_weights[:LONGEST_ROW]
    )


def _padded(examples: Sequence[Example], pad_id: int) -> dict[str, torch.Tensor]:
    length = max(map(len, examples))

    def padded(row: list[Any], value: Any) -> list[Any]:
        return row + [value] * (length - len(row))

    return {
        "input_ids": torch.tensor([padded(e.input_ids, pad_id) for e in examples]),
        "attention_mask": torch.tensor([padded([1] * len(e), 0) for e in examples]),
        "labels": torch.tensor([padded(e.labels, IGNORED_LABEL) for e in examples]),
        "loss_weights": torch.tensor([padded(e.loss_weights, 0.0) for e in examples]),
    }
