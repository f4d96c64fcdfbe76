"""One adapter trained by `transformers.Trainer` on weighted labels; stops within a step when asked.

Knows nothing of journals, versions or gates.
"""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.utils import is_bitsandbytes_available

from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, LearningError
from persian_assistant.model import packs_on_cpu
from persian_assistant.records import Example
from persian_assistant.template import IGNORED_LABEL

TEACHER = ("teacher_ids", "teacher_logprobs", "kl_weights")
TEACHER_TOKENS = 256
"""Tokens of the base model's distribution that are kept for each position."""
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

    def __init__(self, batches: list[dict[str, Tensor]]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self.batches[index]


class WeightedTrainer(Trainer):
    """Cross-entropy with a weight on every label, averaged over the labels that carry any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sums: list[tuple[Tensor, Tensor]] = []
        """Of each step: weighted loss and weight, summed over its labels."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """`inputs`: input_ids, attention_mask, labels int64, loss_weights float, all [rows, length]."""
        weights, labels = inputs.pop("loss_weights")[:, 1:], inputs.pop("labels")[:, 1:]
        teacher = {name: inputs.pop(name)[:, :-1] for name in TEACHER if name in inputs}
        wanted = weights > 0
        if teacher:
            wanted = wanted | (teacher["kl_weights"] > 0)
        keep = wanted.any(0).nonzero()[:, 0]  # the output layer is a third of a small model's work
        # rows are padded on the right, where no token looks: a mask would only cost time
        outputs = model(input_ids=inputs["input_ids"], use_cache=False, logits_to_keep=keep)
        logits, flat = outputs.logits, weights[:, keep].reshape(-1)
        losses = F.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(),
            labels[:, keep].reshape(-1),
            ignore_index=IGNORED_LABEL,
            reduction="none",
        )
        weighted = (losses * flat).sum()
        self.sums.append((weighted.detach(), flat.sum()))
        loss = weighted / (flat > 0).sum().clamp(min=1)
        if teacher:
            loss = loss + divergence(logits, **{name: value[:, keep] for name, value in teacher.items()})
        return (loss, outputs) if return_outputs else loss


def divergence(logits: Tensor, teacher_ids: Tensor, teacher_logprobs: Tensor, kl_weights: Tensor) -> Tensor:
    """Mean KL(base ‖ model) in nats over the tokens with a `kl_weights` above zero, each times its weight.

    `logits` [rows, length, vocabulary]; of the base only its likeliest tokens are known, `teacher_ids` and
    `teacher_logprobs` [rows, length, k]; all others count as one.
    """
    where = kl_weights > 0
    student = logits[where].float().log_softmax(-1)
    known = student.gather(-1, teacher_ids[where].long())
    base = teacher_logprobs[where]
    total = (base.exp() * (base - known)).sum(-1)
    total = total + _rest(base).exp() * (_rest(base) - _rest(known))
    return (total * kl_weights[where]).sum() / where.sum().clamp(min=1)


def _rest(logprobs: Tensor) -> Tensor:
    """Log of what `logprobs` [..., k] leave of one."""
    return torch.log((1 - logprobs.exp().sum(-1)).clamp(min=1e-6))


@torch.no_grad()
def ask_teacher(peft_model: Any, batches: list[dict[str, Tensor]], stop: Callable[[], bool]) -> None:
    """Put what the base model says of each row with a `kl_weight` beside it: once, not in every epoch.

    Rows of batches without any are left as they are.
    """
    peft_model.eval()
    for module in peft_model.modules():
        if packs_on_cpu(module):
            module.train()  # in eval mode it would rewrite its weights into a layout that cannot be trained
    with peft_model.disable_adapter():
        for batch in batches:
            weights = batch.pop("kl_weights")
            if stop() or not bool(weights.any()):
                continue
            logits = peft_model(input_ids=batch["input_ids"].to(peft_model.device), use_cache=False).logits
            best = logits.float().log_softmax(-1).topk(min(TEACHER_TOKENS, logits.shape[-1] - 1))
            batch["teacher_ids"], batch["teacher_logprobs"] = best.indices.int().cpu(), best.values.cpu()
            batch["kl_weights"] = weights[:, None] * batch["attention_mask"]
    peft_model.train()


class _Watch(TrainerCallback):
    """Reports every step and ends the run when asked or when the loss is no number."""

    def __init__(self, report: Callable[[TrainingProgress], None], stop: Callable[[], bool]) -> None:
        self.report, self.stop = report, stop
        self.sums: list[tuple[Tensor, Tensor]] = []
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
    ask_teacher(peft_model, batches, stop)
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
    model: Any, batches: list[dict[str, Tensor]], settings: LearningConfig, seed: int, watch: _Watch
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
        # eight bits save memory where it is dear; on a CPU they cost a tenth of the time
        optim="paged_adamw_8bit" if kind == "cuda" and is_bitsandbytes_available() else "adamw_torch",
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


def _batches(examples: Sequence[Example], pad_id: int, rows: int) -> list[dict[str, Tensor]]:
    """Rows sorted by length, so that hardly any time goes into padding; Trainer shuffles the batches.

    Those that the base model is asked about have batches of their own.
    """
    ordered = sorted((_cut(example) for example in examples), key=lambda row: (row.kl_weight > 0, len(row)))
    ordered = [example for example in ordered if example.trains]
    first = sum(example.kl_weight == 0 for example in ordered)
    groups = [ordered[:first], ordered[first:]]
    return [_padded(group[at : at + rows], pad_id) for group in groups for at in range(0, len(group), rows)]


def _cut(example: Example) -> Example:
    return replace(
        example,
        input_ids=example.input_ids[:LONGEST_ROW],
        labels=example.labels[:LONGEST_ROW],
        loss_weights=example.loss_weights[:LONGEST_ROW],
    )


def _padded(examples: Sequence[Example], pad_id: int) -> dict[str, Tensor]:
    length = max(map(len, examples))

    def padded(row: list[Any], value: Any) -> list[Any]:
        return row + [value] * (length - len(row))

    return {
        "input_ids": torch.tensor([padded(e.input_ids, pad_id) for e in examples]),
        "attention_mask": torch.tensor([padded([1] * len(e), 0) for e in examples]),
        "labels": torch.tensor([padded(e.labels, IGNORED_LABEL) for e in examples]),
        "loss_weights": torch.tensor([padded(e.loss_weights, 0.0) for e in examples]),
        "kl_weights": torch.tensor([e.kl_weight for e in examples]),
    }
