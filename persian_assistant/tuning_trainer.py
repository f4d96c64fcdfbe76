"""`transformers.Trainer` for instruction tuning: its loss, held-out loss, checkpoints and when it ends.

What a run needs to go on after a kill is in the newest whole checkpoint; the step number is the position in
the data. Knows nothing of what is trained, beyond that it requires grad.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback

from persian_assistant import disk
from persian_assistant.errors import DiskError, LearningError, UsageError
from persian_assistant.figures import figure
from persian_assistant.model import first_line, packs_on_cpu
from persian_assistant.packing import model_inputs
from persian_assistant.trainer import _choose_attention, _fused_on_cpu, is_out_of_memory
from persian_assistant.tuning_batches import TuningBatches, in_order

WEIGHTS, RECORD = "trained.safetensors", "run.json"
CHECKPOINT = "checkpoint-"
FSDP_PREFIX = "_fsdp_wrapped_module."


@dataclass(frozen=True)
class TuningSettings:
    """How a run trains, and when it ends at the latest."""

    learning_rate: float = 2e-4
    """Peak rate; it warms up and then falls in a line to zero at the end."""
    batch_size: int = 4
    """Rows per optimiser step, over all processes together."""
    num_train_epochs: int = 3
    """Times each row is seen, at most."""
    optim: str = "auto"
    """A name of transformers' OptimizerNames. auto is paged_adamw_8bit on a GPU, adamw_torch on a CPU, where
    eight bits cost an eighth of the time and save little. bitsandbytes' give way where it is missing."""
    patience: int = 2
    """Evaluations without a lower held-out loss after which training ends; 0: it never ends early."""
    evaluations_per_epoch: int = 2
    warmup_share: float = 0.03
    """Share of the run over which the rate rises."""
    max_grad_norm: float = 1.0
    random_seed: int = 0
    max_steps: int | None = None
    max_seconds: float | None = None
    """Of training: what measuring and saving take does not count."""
    max_tokens: int | None = None
    """Of the rows, padding not counted; the step that would go past it is not done."""
    checkpoint_seconds: float = 300.0
    """Between two checkpoints, besides the one at each evaluation."""

    def __post_init__(self) -> None:
        _check(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "0 < … ≤ 1")
        _check(1 <= self.batch_size <= 4096, "batch_size", self.batch_size, "1 … 4096")
        _check(1 <= self.num_train_epochs <= 1000, "epochs", self.num_train_epochs, "1 … 1000")
        _check(self.patience >= 0, "patience", self.patience, "≥ 0")
        _check(self.evaluations_per_epoch >= 1, "evaluations_per_epoch", self.evaluations_per_epoch, "≥ 1")
        _check(0 <= self.warmup_share < 1, "warmup_share", self.warmup_share, "0 ≤ … < 1")
        _check(0 <= self.random_seed < 2**32, "random_seed", self.random_seed, "0 … 2³²−1")
        for name in ("max_steps", "max_seconds", "max_tokens"):
            value = getattr(self, name)
            _check(value is None or value > 0, name, value, "> 0")


@dataclass(frozen=True)
class TuningProgress:
    """Where a run stands after a step."""

    step: int
    steps: int
    loss: float
    """Of this step, nats per label."""
    heldout_loss: float | None
    """At the last evaluation."""
    tokens: int
    """Of the rows so far, padding not counted."""
    seconds: float
    """Spent on training so far, in runs before a kill too."""
    memory_mb: float
    """In use now, MiB: of the GPU where there is one, else of the process."""


@dataclass(frozen=True)
class Evaluation:
    """Held-out loss after so many steps, nats per label."""

    step: int
    loss: float


Report = Callable[[TuningProgress], None]


class TuningTrainer(Trainer):
    """Made by `instruction_tuning.tune`. `history` is what a checkpoint's run.json keeps."""

    def __init__(
        self,
        model: Any,
        args: Any,
        batches: TuningBatches,
        heldout: TuningBatches | None,
        settings: TuningSettings,
        folder: Path,
        report: Report,
        stop: Callable[[], bool],
    ) -> None:
        self.settings, self.folder, self.report, self.stop = settings, folder, report, stop
        self.batches, self.heldout = batches, heldout
        self.run_id = ""
        self.tokens, self.seconds, self.finished = 0, 0.0, False
        self.losses: list[float] = []
        self.evaluations: list[Evaluation] = []
        self.peak_mb = 0.0
        self._mark = self._saved = time.monotonic()
        super().__init__(
            model=model,
            args=args,
            train_dataset=batches,
            data_collator=lambda items: items[0],  # one item is one batch
            callbacks=[_AfterStep(self)],
        )
        self.model_accepts_loss_kwargs = False
        self.may_be_plain = _fused_on_cpu(model)
        # Trainer's own printer would write over the progress line
        for callback in list(self.callback_handler.callbacks):
            if type(callback).__name__ in ("PrinterCallback", "ProgressCallback"):
                self.remove_callback(callback)

    # --- one step

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return SequentialSampler(self.batches)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Linear warm-up, then linear to zero over what is left of the steps or of the time."""
        if getattr(self, "lr_scheduler", None) is None:

            def factor(step: int) -> float:
                done = step / num_training_steps
                if self.settings.max_seconds:
                    done = max(done, self.seconds / self.settings.max_seconds)
                rising = (done + 1 / num_training_steps) / max(self.settings.warmup_share, 1e-9)
                return min(1.0, rising) * max(0.0, 1 - done)

            self.lr_scheduler = LambdaLR(optimizer or self.optimizer, factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
        """Nats per label of the whole step's batch, once the processes' means are taken (see `share`)."""
        if self.may_be_plain:
            _choose_attention(self.model, inputs)
        outputs = model(**model_inputs(inputs, self.model.dtype), use_cache=False)
        logits = outputs.logits.flatten(0, 1)[inputs["at"]].float()
        losses = F.cross_entropy(logits, inputs["targets"], reduction="none")
        loss = (losses * inputs["loss_weights"]).sum() * inputs["share"]
        self._loss = loss.detach()
        self.peak_mb = max(self.peak_mb, memory_mb(self.args.device))  # the most is held just before backward
        return (loss, outputs) if return_outputs else loss

    def after_step(self, state: Any, control: Any) -> None:
        """Count the step, tell of it, and say what is due. Raises LearningError for a loss that is none."""
        now = time.monotonic()
        self.seconds, self._mark = self.seconds + now - self._mark, now
        step = state.global_step
        self.tokens += self.batches.tokens(step - 1)
        over = self.settings.max_seconds is not None and self.seconds >= self.settings.max_seconds
        due = now - self._saved >= self.settings.checkpoint_seconds
        loss, stop, over, due = self._agreed(self.stop(), over, due)
        if not math.isfinite(loss):
            raise LearningError("train.not_finite", step=figure(step), path=self.folder)
        self.losses.append(loss)
        self.finished = over or step >= self.batches.steps
        every = max(1, round(self.batches.steps_per_epoch / self.settings.evaluations_per_epoch))
        control.should_evaluate = self.heldout is not None and (self.finished or step % every == 0)
        control.should_save = control.should_evaluate or self.finished or stop or due
        control.should_training_stop = self.finished or stop
        last = self.evaluations[-1].loss if self.evaluations else None
        memory = memory_mb(self.args.device)
        self.report(TuningProgress(step, self.batches.steps, loss, last, self.tokens, self.seconds, memory))

    def _agreed(self, stop: bool, over: bool, due: bool) -> tuple[float, bool, bool, bool]:
        """Loss of the step's whole batch, and what all processes must do alike; the clock is the first's."""
        if self.args.world_size == 1:
            return float(self._loss), stop, over, due
        first = self.args.process_index == 0
        flags = [float(self._loss), float(stop), float(over and first), float(due and first)]
        mean = self.accelerator.reduce(torch.tensor(flags, device=self.args.device), "mean").tolist()
        return mean[0], mean[1] > 0, mean[2] > 0, mean[3] > 0

    # --- held-out loss

    @property
    def best(self) -> Evaluation | None:
        """The lowest held-out loss after any training."""
        return min((one for one in self.evaluations if one.step), key=lambda one: one.loss, default=None)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Held-out loss as it stands; the best weights are kept, and patience may end the run."""
        step = self.state.global_step
        if self.heldout is not None and step not in {one.step for one in self.evaluations}:
            self.evaluations.append(Evaluation(step, self._heldout_loss()))
            best, patience = self.best, self.settings.patience
            if best is not None and best.step == step:
                self._write_weights(self.folder / _best_name(step))
            tried = [one for one in self.evaluations if one.step]
            if best is not None and patience and len(tried) - tried.index(best) > patience:
                self.finished = self.control.should_training_stop = True
        self._mark = time.monotonic()
        return {"eval_loss": self.evaluations[-1].loss} if self.evaluations else {}

    @torch.no_grad()
    def _heldout_loss(self) -> float:
        assert self.heldout is not None
        model = self.model_wrapped
        model.eval()
        for module in model.modules():
            if packs_on_cpu(module):
                module.train()  # in eval mode it would take a layout that cannot be trained
        sums = torch.zeros(2, dtype=torch.float64)
        for batch, weight in in_order(self.heldout, self.args.process_index, self.args.world_size):
            with self.compute_loss_context_manager():
                loss = self.compute_loss(model, self._prepare_inputs(dict(batch)))
            sums += torch.tensor([float(loss) * weight, weight])
        if self.args.world_size > 1:
            sums = self.accelerator.reduce(sums.float().to(self.args.device), "sum")
        model.train()
        return float(sums[0] / sums[1])

    # --- checkpoints

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Trainer's checkpoint, whole and private before run.json says that it is there; older ones go."""
        if not weights_are_finite(self.model):
            raise LearningError("train.not_finite", step=figure(self.state.global_step), path=self.folder)
        place = self.folder / f"{CHECKPOINT}{self.state.global_step}"
        if self.args.should_save:
            disk.make_private_dir(place)
        try:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                self._complete(place)
        except BaseException as error:
            if self.args.should_save:
                shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, RuntimeError) and not is_out_of_memory(error):  # torch.save's word for it
                raise DiskError("train.not_saved", path=place, reason=first_line(error)) from error
            raise
        self._saved = self._mark = time.monotonic()

    def _complete(self, place: Path) -> None:
        for file in (path for path in place.rglob("*") if path.is_file()):
            with disk.disk_errors(file):
                file.chmod(disk.PRIVATE_FILE)
            disk.fsync_file(file)
        history = {
            "run": self.run_id,
            "step": self.state.global_step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "peak_mb": self.peak_mb,
            "losses": self.losses,
            "evaluations": [asdict(one) for one in self.evaluations],
            "finished": self.finished,
        }
        disk.write_private(place / RECORD, disk.to_json(history) + "\n")
        kept = {place.name, _best_name(self.best.step) if self.best else ""}
        for path in [*self.folder.glob(f"{CHECKPOINT}*"), *self.folder.glob(_best_name("*"))]:
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self._write_weights(Path(output_dir or self.folder) / WEIGHTS, state_dict)

    def _write_weights(self, path: Path, whole: Any = None) -> None:
        """What was trained, by the first process. `whole`: all weights, where Trainer has gathered them."""
        if self.is_fsdp_enabled:
            whole = whole or self.accelerator.get_state_dict(self.model)
            names = {name.replace(FSDP_PREFIX, "") for name in trained_weights(self.model)}
            tensors = {name: tensor for name, tensor in whole.items() if name in names}
        else:
            tensors = trained_weights(self.model)
        if self.args.should_save:
            save_file({name: one.detach().cpu().contiguous() for name, one in tensors.items()}, path)
            path.chmod(disk.PRIVATE_FILE)
            disk.fsync_file(path)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.is_fsdp_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        else:
            load_weights(self.model, Path(resume_from_checkpoint) / WEIGHTS)

    def remember(self, checkpoint: Path) -> None:
        """Take up the history of `checkpoint`."""
        history = json.loads((checkpoint / RECORD).read_text(encoding="utf-8"))
        self.tokens, self.seconds = int(history["tokens"]), float(history["seconds"])
        self.peak_mb = float(history["peak_mb"])
        self.losses = [float(loss) for loss in history["losses"]]
        self.evaluations = [
            Evaluation(int(one["step"]), float(one["loss"])) for one in history["evaluations"]
        ]
        self.finished = bool(history["finished"])
        self.state.global_step = int(history["step"])

    def load_best(self) -> Path | None:
        """Put the weights with the lowest held-out loss in place, where they are not the last ones.

        A model that lies in parts with several processes (FSDP) stays as it is: then their file is returned.
        """
        best = self.best
        kept = self.folder / _best_name(best.step) if best else None
        self.accelerator.wait_for_everyone()
        if self.is_fsdp_enabled:
            return kept or self.folder / f"{CHECKPOINT}{self.state.global_step}" / WEIGHTS
        if kept is not None:
            load_weights(self.model, kept)
        return None


class _AfterStep(TrainerCallback):
    def __init__(self, trainer: TuningTrainer) -> None:
        self.trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.trainer._mark = self.trainer._saved = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.trainer.after_step(state, control)


def trained_weights(model: Any) -> dict[str, Tensor]:
    """The live parameters that are trained, each once, by its first name in `model`."""
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


def weights_are_finite(model: Any) -> bool:
    return all(bool(torch.isfinite(one).all()) for one in trained_weights(model).values())


def load_weights(model: Any, path: Path) -> None:
    """Put what `path` holds into the trained parameters of `model`. Raises UsageError: not these ones."""
    live = trained_weights(model)
    try:
        found = load_file(path)
    except Exception as error:
        raise UsageError("train.bad_checkpoint", path=path) from error
    if {name: one.shape for name, one in live.items()} != {name: one.shape for name, one in found.items()}:
        raise UsageError("train.bad_checkpoint", path=path)
    with torch.no_grad():
        for name, one in live.items():
            one.copy_(found[name])


def newest_checkpoint(folder: Path) -> tuple[Path, str] | None:
    """The newest whole checkpoint below `folder`, and which run it is of."""
    found: list[tuple[int, Path, str]] = []
    for path in folder.glob(f"{CHECKPOINT}*/{RECORD}"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(path.read_text(encoding="utf-8"))
            found.append((int(record["step"]), path.parent, str(record["run"])))
    return max(found)[1:] if found else None


def memory_mb(device: torch.device) -> float:
    """MiB in use: of the GPU's memory by tensors, else by the process."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device) / 2**20
    import psutil

    return float(psutil.Process(os.getpid()).memory_info().rss) / 2**20


def _best_name(step: int | str) -> str:
    return f"best-{step}.safetensors"


def _check(ok: bool, name: str, value: object, expected: str) -> None:
    if not ok:
        raise UsageError("cli.bad_value", name=name, value=value, expected=expected)
