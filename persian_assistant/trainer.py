"""One adapter trained by `transformers.Trainer` on weighted labels; stops within a step when asked.

Knows nothing of journals, versions or gates.
"""

from __future__ import annotations

import math
import tempfile
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
    """Mean over the last quarter of the steps, nats per weighted token."""
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
        loss = (losses * flat).sum() / (flat > 0).sum().clamp(min=1)
        return (loss, outputs) if return_outputs else loss


class _Watch(TrainerCallback):
    """Reports every step and ends the run when asked or when the loss is no number."""

    def __init__(self, report: Callable[[TrainingProgress], None], stop: Callable[[], bool]) -> None:
        self.report, self.stop = report, stop
        self.losses: list[float] = []
        self.started = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self.losses.append(float(logs["loss"]))
            if not math.isfinite(self.losses[-1]):
                control.should_training_stop = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.stop():
            control.should_training_stop = True
        spent = time.monotonic() - self.started
        left = spent / state.global_step * (state.max_steps - state.global_step)
        loss = self.losses[-1] if self.losses else None
        self.report(TrainingProgress(state.global_step, state.max_steps, loss, left))


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
    watch = _Watch(report, stop)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # Trainer and Accelerate warn about their own defaults on machines without a GPU
        warnings.simplefilter("ignore")
        trainer = WeightedTrainer(
            model=peft_model,
            args=_arguments(scratch, settings, peft_model, random_seed),
            train_dataset=_Rows(batches),
            data_collator=lambda items: items[0],
            callbacks=[watch],
        )
        # Trainer's own printer and progress bar would write over the chat
        for callback in list(trainer.callback_handler.callbacks):
            if type(callback).__name__ in ("PrinterCallback", "ProgressCallback"):
                trainer.remove_callback(callback)
        try:
            trainer.train()
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise LearningError("learning.no_memory") from error
    if stop():
        raise Cancelled("learning.cancelled")
    if not watch.losses or not math.isfinite(watch.losses[-1]):
        raise LearningError("learning.not_finite")
    tail = watch.losses[-max(1, len(watch.losses) // 4) :]
    return TrainingResult(
        loss=sum(tail) / len(tail),
        steps=trainer.state.global_step,
        tokens=sum(map(len, examples)) * settings.num_train_epochs,
        seconds=time.monotonic() - started,
    )


def _arguments(scratch: str, settings: LearningConfig, model: Any, random_seed: int) -> TrainingArguments:
    return TrainingArguments(
        output_dir=scratch,
        per_device_train_batch_size=1,  # one item of the data set is a whole batch
        num_train_epochs=settings.num_train_epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=2,
        optim="paged_adamw_8bit" if is_bitsandbytes_available() else "adamw_torch",
        max_grad_norm=1.0,
        bf16=model.device.type == "cuda",
        use_cpu=model.device.type == "cpu",
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        seed=random_seed,
    )


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
