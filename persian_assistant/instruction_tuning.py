"""Instruction tuning: trains whatever requires grad on weighted labels, with held-out loss, early stopping
and checkpoints, in one process or several.

Knows nothing of techniques, profiles or versions. In the run's folder:

    checkpoint-120/        Trainer's own (optimizer, schedule, random numbers), the trained weights, and
                           run.json, written last: without it the checkpoint was never finished
    best-80.safetensors    the weights with the lowest held-out loss
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments
from transformers.training_args import OptimizerNames
from transformers.utils import is_bitsandbytes_available

from persian_assistant import disk
from persian_assistant.adapters import base_of
from persian_assistant.errors import AssistantError, Cancelled, LearningError, UsageError
from persian_assistant.figures import figure
from persian_assistant.model import _quiet, compute_dtype, is_4bit
from persian_assistant.packing import Shape, shape_of
from persian_assistant.records import Example
from persian_assistant.trainer import _attention_kept, is_out_of_memory, packing_shape
from persian_assistant.tuning_batches import TuningBatches
from persian_assistant.tuning_trainer import (
    WEIGHTS,
    Evaluation,
    Report,
    TuningProgress,
    TuningSettings,
    TuningTrainer,
    load_weights,
    newest_checkpoint,
    trained_weights,
    weights_are_finite,
)
from persian_assistant.wording import say

__all__ = ["Evaluation", "TuningProgress", "TuningResult", "TuningSettings", "remove_run", "tune"]

ON_GPU, ON_CPU = "paged_adamw_8bit", "adamw_torch"


@dataclass(frozen=True)
class TuningResult:
    """How a run went. The model holds its best weights (but see `weights`)."""

    steps: int
    examples: int
    """Rows seen, each as often as it was."""
    tokens: int
    """Of those rows, padding not counted."""
    seconds: float
    """Of training; measuring held-out loss and saving are not in it."""
    loss: float
    """Over the last quarter of the steps, nats per label."""
    evaluations: tuple[Evaluation, ...]
    """Held-out loss by step, the first one before any training; empty without held-out rows."""
    peak_memory_mb: float
    stopped_early: bool
    weights: Path | None = None
    """The best weights, where the model lies in parts with several processes and cannot hold them (FSDP)."""

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / max(self.seconds, 1e-9)

    @property
    def heldout_before(self) -> float | None:
        return self.evaluations[0].loss if self.evaluations else None

    @property
    def best(self) -> Evaluation | None:
        """The evaluation of the weights that the model holds now."""
        return min((one for one in self.evaluations if one.step), key=lambda one: one.loss, default=None)


def tune(
    model: Any,
    train_rows: Sequence[Example],
    heldout_rows: Sequence[Example],
    pad_id: int,
    settings: TuningSettings,
    *,
    folder: Path,
    report: Report = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    notice: Callable[[str], None] = lambda text: None,
    started_from: str = "",
) -> TuningResult:
    """Train the parameters of `model` (a PeftModel or a plain one) that require grad, in place.

    Goes on from the newest checkpoint in `folder`, which must be of the same rows, settings and
    `started_from` (a name for the weights it began with); `remove_run` clears it, when the result is safe.
    `stop` is asked after every step; the run then ends with a checkpoint. Only the first of several processes
    writes; `model` must be the same in each.

    Raises Cancelled when stopped, UsageError (a checkpoint of another run, batch_size smaller than the number
    of processes, unknown optim), DiskError, LearningError (nothing to train on, no memory, a loss that is not
    a number): the newest checkpoint is still there after each of them.
    """
    rows = [row for row in train_rows if row.trains]
    if not rows:
        raise LearningError("train.nothing_to_train")
    # quiet: Trainer and Accelerate warn about their own defaults, transformers about padding
    with _quiet(), _attention_kept(model), _told(folder):
        disk.make_private_dir(folder)
        trainer = _trainer(model, rows, heldout_rows, pad_id, settings, folder, report, stop)
        _run(trainer, notice, started_from)
        if not trainer.finished:
            raise Cancelled("train.stopped", step=figure(trainer.state.global_step), path=folder)
        kept = trainer.load_best()
        trainer.accelerator.unwrap_model(model, keep_fp32_wrapper=False)  # its forward is its own again
        if not weights_are_finite(model):
            raise LearningError("train.not_finite", step=figure(trainer.state.global_step), path=folder)
        return _result(trainer, kept)


def remove_run(folder: Path) -> None:
    """Remove the checkpoints of a run whose result is safe, or is not wanted. Raises DiskError."""
    with disk.disk_errors(folder):
        if folder.exists():
            shutil.rmtree(folder)


def _run(trainer: TuningTrainer, notice: Callable[[str], None], started_from: str) -> None:
    """Train to the end or the stop, from the newest checkpoint where there is one."""
    trainer.run_id = _run_id(trainer, started_from)
    before = newest_checkpoint(trainer.folder)
    if before is None:
        trainer.train()
        return
    checkpoint, run = before
    if run != trainer.run_id:
        raise UsageError("train.other_run", path=trainer.folder)
    trainer.remember(checkpoint)
    notice(say("train.resumed", step=figure(trainer.state.global_step), path=checkpoint))
    if trainer.finished:
        load_weights(trainer.model, checkpoint / WEIGHTS)
    else:
        trainer.args.eval_on_start = False
        trainer.train(resume_from_checkpoint=str(checkpoint))


def _result(trainer: TuningTrainer, kept: Path | None) -> TuningResult:
    steps = trainer.state.global_step
    last = trainer.losses[-max(1, steps // 4) :]
    device = trainer.args.device
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else trainer.peak_mb
    return TuningResult(
        steps=steps,
        examples=steps * trainer.batches.batch_size,
        tokens=trainer.tokens,
        seconds=trainer.seconds,
        loss=sum(last) / len(last),
        evaluations=tuple(trainer.evaluations),
        peak_memory_mb=peak,
        stopped_early=steps < trainer.batches.steps,
        weights=kept,
    )


def _trainer(
    model: Any,
    rows: Sequence[Example],
    heldout_rows: Sequence[Example],
    pad_id: int,
    settings: TuningSettings,
    folder: Path,
    report: Report,
    stop: Callable[[], bool],
) -> TuningTrainer:
    virtual = _virtual_tokens(model)
    shape = None if virtual else _shape(model)

    def batches(given: Sequence[Example]) -> TuningBatches:
        return TuningBatches(
            given,
            pad_id,
            settings.batch_size,
            random_seed=settings.random_seed,
            shape=shape,
            virtual_tokens=virtual,
        )

    train = batches(rows)
    train.steps = _steps(train, settings)
    heldout = [row for row in heldout_rows if row.trains]
    args = _arguments(settings, model, train.steps, folder, bool(heldout))
    train.processes = args.world_size
    if train.batch_size < train.processes:
        expected = f"≥ {train.processes}"
        raise UsageError("cli.bad_value", name="batch_size", value=train.batch_size, expected=expected)
    return TuningTrainer(
        model, args, train, batches(heldout) if heldout else None, settings, folder, report, stop
    )


def _steps(batches: TuningBatches, settings: TuningSettings) -> int:
    """Optimiser steps within the epochs and the budget; at least one."""
    steps = batches.steps_per_epoch * settings.num_train_epochs
    if settings.max_steps is not None:
        steps = min(steps, settings.max_steps)
    if settings.max_tokens is not None:
        spent = 0
        for step in range(steps):
            spent += batches.tokens(step)
            if spent > settings.max_tokens:
                return max(step, 1)
    return steps


def _arguments(
    settings: TuningSettings, model: Any, steps: int, folder: Path, evaluated: bool
) -> TrainingArguments:
    kind = model.device.type
    optim = settings.optim
    if optim == "auto":
        optim = ON_GPU if kind == "cuda" else ON_CPU
    elif optim not in {name.value for name in OptimizerNames}:
        known = "auto, paged_adamw_8bit, adamw_8bit, adamw_torch, adafactor, sgd …"
        raise UsageError("cli.bad_value", name="--optim", value=optim, expected=known)
    if "bit" in optim and not is_bitsandbytes_available():
        optim = ON_CPU
    arguments = TrainingArguments(
        output_dir=str(folder),
        save_strategy="no",  # TuningTrainer says when to save and to measure
        eval_strategy="no",
        eval_on_start=evaluated,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        per_device_train_batch_size=1,  # one item of the data set is a process's part of a whole batch
        max_steps=steps,
        learning_rate=settings.learning_rate,
        optim=optim,
        max_grad_norm=settings.max_grad_norm,
        bf16=_autocasts(model),
        use_cpu=kind == "cpu",
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=False,
        seed=settings.random_seed,
        data_seed=settings.random_seed,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # without a launcher the model lies on one of them
    return arguments


def _autocasts(model: Any) -> bool:
    """Whether bfloat16 is computed in where weights are float32; a model in another type computes in its own.

    Measured on the CPU with a 4-bit base, which computes in bfloat16 itself: autocast made it slower.
    """
    if model.device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    whole = base_of(model)
    plain = whole.dtype == torch.float32 and not any(map(is_4bit, whole.modules()))
    return model.device.type == "cpu" and plain and compute_dtype("cpu") == torch.bfloat16


def _virtual_tokens(model: Any) -> int:
    """What a prompt technique of PEFT puts before each row."""
    config = getattr(model, "active_peft_config", None)
    return int(getattr(config, "num_virtual_tokens", 0) or 0)


def _shape(model: Any) -> Shape | None:
    """How rows that begin alike are packed; None where the model does not take packed ones."""
    if hasattr(model, "disable_adapter"):
        return packing_shape(model)
    model.eval()
    shape = shape_of(model)
    model.train()
    return shape


def _run_id(trainer: TuningTrainer, started_from: str) -> str:
    """The same for the same rows, settings and kind of trained weights."""
    settings = asdict(trainer.settings)
    del settings["checkpoint_seconds"]
    rows = [*trainer.batches.rows, *(trainer.heldout.rows if trainer.heldout else ())]
    shapes = {name: list(one.shape) for name, one in trained_weights(trainer.model).items()}
    digest = hashlib.sha256(json.dumps([settings, shapes, started_from]).encode())
    for row in rows:
        digest.update(json.dumps([row.input_ids, row.loss_weights]).encode())
    return digest.hexdigest()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """No memory and no disk as errors that say so."""
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise LearningError("train.no_memory", path=folder) from error
        if cause := disk.system_error(error):
            raise disk.disk_error(cause, cause.filename or folder) from error
        raise
