"""One adapter trained by `transformers.Trainer` on weighted labels; stops within a step when asked.

Knows nothing of journals, versions or gates.
"""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.utils import is_bitsandbytes_available

from persian_assistant.adapters import base_of
from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, LearningError
from persian_assistant.model import packs_on_cpu
from persian_assistant.packing import Batch, Shape, batches_of, model_inputs, packed_tokens, shape_of
from persian_assistant.records import Example

TEACHER_TOKENS = 256
"""Tokens of the base model's distribution that are kept for each position."""
LONGEST_ROW = 512
"""Rows are cut to so many tokens: an exchange seldom has more, and time grows with the longest."""
BYTES_PER_PAIR = 8
"""What plain attention keeps of each pair of tokens, in each head of each layer."""
PLAIN_BYTES = 2**28
"""Memory for that, at most."""
TOO_SMALL_TO_SHARE = 50_000_000
"""Parameters of a model whose matrices are too small to be shared out among threads, in a program that has
others: a pass of mini trained for 61 s with one and for 94 and 110 s with two, on two idle cores (LOG.md)."""
SMALL_RATE, LARGE_RATE = (10_000_000, 1e-3), (2_000_000_000, 1e-4)
"""Parameters and learning rate: of mini, by sweeps (LOG.md); of gemma-2-2b half the 2e-4 of QLoRA (Dettmers
et al. 2023), as LoRA+ advises, for B is trained faster. What is between is unproved."""
GOING_ON = 0.5
"""Part of it for an adapter that has learned before: at the whole the gate cuts down most such passes of
mini, at the half a pass from the base learns too little in its time."""


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
    """Tokens computed, over all epochs: a start that rows share counts once, padding not at all."""
    seconds: float


class _Rows(Dataset):  # type: ignore[type-arg]
    """One item is one batch."""

    def __init__(self, batches: list[Batch]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch:
        return self.batches[index]


class WeightedTrainer(Trainer):
    """Cross-entropy with a weight on every label, averaged over the labels that carry any."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sums: list[tuple[Tensor, Tensor]] = []
        """Of each step: weighted loss and weight, summed over its labels."""
        self.may_be_plain = _fused_on_cpu(self.model)

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """`inputs`: a batch of packing.py, with `teacher_ids` and `teacher_logprobs` where it was asked."""
        if self.may_be_plain:
            _choose_attention(model, inputs)
        outputs = model(**model_inputs(inputs, model.dtype), use_cache=False)
        logprobs = outputs.logits.flatten(0, 1).float().log_softmax(-1)
        losses, weights = -logprobs[inputs["at"], inputs["targets"]], inputs["loss_weights"]
        weighted = (losses * weights).sum()
        self.sums.append((weighted.detach(), weights.sum()))
        loss = weighted / max(len(weights), 1)
        if "teacher_ids" in inputs:
            names = ("teacher_ids", "teacher_logprobs", "kl_weights", "kl_count")
            loss = loss + divergence(logprobs, *(inputs[name] for name in names))
        return (loss, outputs) if return_outputs else loss


def divergence(
    logprobs: Tensor, teacher_ids: Tensor, teacher_logprobs: Tensor, kl_weights: Tensor, kl_count: Tensor
) -> Tensor:
    """Sum of KL(base ‖ model) in nats, each times its of the `kl_weights` [n], over `kl_count`.

    `logprobs` [n, vocabulary]; of the base only its likeliest tokens are known, `teacher_ids` and
    `teacher_logprobs` [n, k]; all others count as one.
    """
    known = logprobs.gather(-1, teacher_ids.long())
    base = teacher_logprobs
    total = (base.exp() * (base - known)).sum(-1)
    total = total + _rest(base).exp() * (_rest(base) - _rest(known))
    return (total * kl_weights).sum() / kl_count.clamp(min=1)


def _rest(logprobs: Tensor) -> Tensor:
    """Log of what `logprobs` [..., k] leave of one."""
    return torch.log((1 - logprobs.exp().sum(-1)).clamp(min=1e-6))


def _fused_on_cpu(model: Any) -> bool:
    return bool(model.device.type == "cpu" and base_of(model).config._attn_implementation == "sdpa")


def _choose_attention(model: Any, batch: Batch) -> None:
    """Plain attention for `batch`: a small model trains 1.4 times as fast with it on a CPU.

    Not where what it keeps for the backward pass would fill the memory.
    """
    config = base_of(model).config
    text = config.get_text_config()
    rows, length = batch["input_ids"].shape
    kept = BYTES_PER_PAIR * rows * length**2 * text.num_attention_heads * text.num_hidden_layers
    wanted = "eager" if kept <= PLAIN_BYTES else "sdpa"
    if wanted != config._attn_implementation:
        base_of(model).set_attn_implementation(wanted)


@contextmanager
def few_threads(model: Any) -> Iterator[None]:
    """Inside, a small model on a CPU computes with one thread."""
    before = torch.get_num_threads()
    small = model.device.type == "cpu" and int(model.num_parameters()) < TOO_SMALL_TO_SHARE
    if small:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if small:
            torch.set_num_threads(before)


@contextmanager
def _attention_kept(peft_model: Any) -> Iterator[None]:
    """Whatever attention is chosen inside, afterwards it is the one from before."""
    base = base_of(peft_model)
    before = base.config._attn_implementation
    try:
        yield
    finally:
        if base.config._attn_implementation != before:
            base.set_attn_implementation(before)


@contextmanager
def _as_base(peft_model: Any) -> Iterator[None]:
    """Inside, `peft_model` answers as the base model does; afterwards it trains."""
    peft_model.eval()
    for module in peft_model.modules():
        if packs_on_cpu(module):
            module.train()  # in eval mode it would rewrite its weights into a layout that cannot be trained
    with torch.no_grad(), peft_model.disable_adapter():
        yield
    peft_model.train()


def packing_shape(peft_model: Any) -> Shape | None:
    """How rows for `peft_model` are packed; None where it does not take packed ones."""
    with _as_base(peft_model):
        return shape_of(peft_model)


def ask_teacher(peft_model: Any, batches: list[Batch], stop: Callable[[], bool]) -> None:
    """Put what the base model says beside each batch with `kl_weights`: once, not in every epoch.

    Batches without any are left as they are.
    """
    with _as_base(peft_model):
        for batch in batches:
            if stop() or not bool(batch["kl_count"]):
                continue
            inputs = {name: value.to(peft_model.device) for name, value in batch.items()}
            logits = peft_model(**model_inputs(inputs, peft_model.dtype), use_cache=False).logits.flatten(
                0, 1
            )
            best = logits.float().log_softmax(-1).topk(min(TEACHER_TOKENS, logits.shape[-1] - 1))
            batch["teacher_ids"], batch["teacher_logprobs"] = best.indices.int().cpu(), best.values.cpu()


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
    rows = [_cut(example) for example in examples]
    if not any(row.trains for row in rows):
        raise LearningError("learning.nothing_to_train")
    if stop():
        raise Cancelled("learning.cancelled")
    watch = _Watch(report, stop)
    started = time.monotonic()
    settings = with_rate(settings, peft_model)
    shape = packing_shape(peft_model)
    batches = batches_of(rows, pad_id, settings.batch_size, shape)
    ask_teacher(peft_model, batches, stop)
    with warnings.catch_warnings(), _attention_kept(peft_model):
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
        tokens=packed_tokens(rows, settings.batch_size, shape) * settings.num_train_epochs,
        seconds=time.monotonic() - started,
    )


def with_rate(settings: LearningConfig, model: Any, goes_on: bool = False) -> LearningConfig:
    """`settings` with a learning rate: where none is set, one that falls with the logarithm of the size.

    `goes_on`: the adapter has learned before, and is to keep what it knows.
    """
    if settings.learning_rate is not None:
        return settings
    (small, fast), (large, slow) = SMALL_RATE, LARGE_RATE
    size = min(max(int(model.num_parameters()), small), large)
    part = math.log(size / small) / math.log(large / small)
    rate = fast * (slow / fast) ** part
    return replace(settings, learning_rate=GOING_ON * rate if goes_on else rate)


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
    model: Any, batches: list[Batch], settings: LearningConfig, seed: int, watch: _Watch
) -> WeightedTrainer:
    arguments = _arguments(settings, model, seed)
    trainer = WeightedTrainer(
        model=model,
        args=arguments,
        optimizers=(_optimizer(settings, model, arguments), None),
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


def _optimizer(settings: LearningConfig, model: Any, arguments: TrainingArguments) -> torch.optim.Optimizer:
    """The one that `arguments` name, with a rate for the matrices A and another for B.

    LoRA+: Hayou et al. 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models".
    """
    from peft.optimizers import create_loraplus_optimizer

    kind, options = Trainer.get_optimizer_cls_and_kwargs(arguments, model)
    optimizer: torch.optim.Optimizer = create_loraplus_optimizer(
        model,
        kind,
        **{**options, "lr": settings.learning_rate, "loraplus_lr_ratio": settings.loraplus_lr_ratio},
    )
    return optimizer


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


def _cut(example: Example) -> Example:
    return replace(
        example,
        input_ids=example.input_ids[:LONGEST_ROW],
        labels=example.labels[:LONGEST_ROW],
        loss_weights=example.loss_weights[:LONGEST_ROW],
    )
