"""Trains a model of a recipe's shape on packed tokens; stops and resumes at any step.

The learning rate warms up, stays, and falls to zero over the last part of the steps
(warm-up–stable–decay, Hu et al. 2024, MiniCPM), which is spent on the late mixture. Step number and
random seed fix everything, so a resumed run sees the same rows. Under `accelerate launch` each process
takes its share of every batch.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import is_bf16_available
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from persian_assistant.errors import LearningError, UsageError
from persian_assistant.pretraining.corpus import PackedTokens
from persian_assistant.pretraining.outputs import write_json, write_whole
from persian_assistant.pretraining.recipe import Architecture, Schedule
from persian_assistant.wording import say

Progress = Callable[[dict[str, float]], None]
"""Told after each step: `step`, `steps` (of them all), `loss` in nats, `tokens` of this step."""
CHECKPOINT, PROGRESS = "checkpoint.pt", "progress.json"
SAVE_SECONDS = 300


def build_model(shape: Architecture, end_id: int, pad_id: int) -> PreTrainedModel:
    """A fresh model. Raises UsageError for an unknown kind."""
    ids = {"bos_token_id": end_id, "eos_token_id": end_id, "pad_token_id": pad_id}
    if shape.kind == "llama":
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=shape.vocab_size,
                hidden_size=shape.hidden_size,
                intermediate_size=shape.intermediate_size,
                num_hidden_layers=shape.num_hidden_layers,
                num_attention_heads=shape.num_attention_heads,
                num_key_value_heads=shape.num_attention_heads,
                max_position_embeddings=shape.max_position_embeddings,
                tie_word_embeddings=True,
                **ids,
            )
        )
    if shape.kind == "gpt2":
        return GPT2LMHeadModel(
            GPT2Config(
                vocab_size=shape.vocab_size,
                n_embd=shape.hidden_size,
                n_inner=shape.intermediate_size,
                n_layer=shape.num_hidden_layers,
                n_head=shape.num_attention_heads,
                n_positions=shape.max_position_embeddings,
                resid_pdrop=0.0,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                **ids,
            )
        )
    raise UsageError("cli.bad_value", name="architecture.kind", value=shape.kind, expected="llama | gpt2")


class NextTokenLoss(nn.Module):
    """Mean cross-entropy of the next token, in nats; optionally with a weight for each label."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """`input_ids` int64 [rows, length]; `weights` float [rows, length] of each token as a label."""
        hidden = self.model.base_model(input_ids=input_ids, use_cache=False).last_hidden_state
        logits = self.model.get_output_embeddings()(hidden[:, :-1])
        labels = input_ids[:, 1:].reshape(-1)
        losses = F.cross_entropy(logits.reshape(labels.shape[0], -1).float(), labels, reduction="none")
        if weights is None:
            return losses.mean()
        flat = weights[:, 1:].reshape(-1)
        return (losses * flat).sum() / flat.sum().clamp(min=1e-6)


class Optimizers:
    """Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for the rest; or AdamW for all.

    Raises UsageError where this torch has no Muon (before 2.9).
    """

    def __init__(self, model: PreTrainedModel, kind: str, learning_rate: float, weight_decay: float) -> None:
        if kind == "muon" and not hasattr(torch.optim, "Muon"):
            raise UsageError("pretrain.no_muon", version=torch.__version__)
        tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
        embeddings = {id(p) for module in tables for p in module.parameters()}
        if (head := model.get_output_embeddings()) is not None:
            embeddings |= {id(p) for p in head.parameters()}
        inner = [p for p in model.parameters() if p.ndim == 2 and id(p) not in embeddings]
        taken = {id(p) for p in inner} if kind == "muon" else set()
        rest = [p for p in model.parameters() if id(p) not in taken]
        self.learning_rate = learning_rate
        groups = [
            {"params": [p for p in rest if p.ndim == 2], "weight_decay": weight_decay},
            {"params": [p for p in rest if p.ndim != 2], "weight_decay": 0.0},
        ]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), eps=1e-10, fused=True)
        ]
        if kind == "muon":
            self.parts.append(
                torch.optim.Muon(
                    inner, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
                )
            )

    def step(self, factor: float) -> None:
        """One step at `factor` times the peak rate, then clears the gradients."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = self.learning_rate * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def rate_factor(step: int, schedule: Schedule) -> float:
    """Share of the peak rate at `step` (0-based): linear warm-up, then 1, then linearly to zero."""
    warm = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    left, falling = schedule.max_steps - step, schedule.max_steps - decay_start(schedule)
    return min(warm, left / falling if left < falling else 1.0)


def decay_start(schedule: Schedule) -> int:
    """First step of the final phase."""
    return round(schedule.max_steps * (1 - schedule.decay_share))


class Training:
    """One run in `folder`; `run()` goes on from the newest checkpoint there.

    Raises UsageError when the processes cannot share a batch evenly.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        main: PackedTokens,
        late: PackedTokens,
        schedule: Schedule,
        folder: Path,
        *,
        compile_model: bool = True,
        report: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16" if is_bf16_available(True) else "no")
        processes = self.accelerator.num_processes
        if schedule.batch_size % processes:
            expected = f"n × {processes}"
            raise UsageError("cli.bad_value", name="batch_size", value=schedule.batch_size, expected=expected)
        self.rows_here = schedule.batch_size // processes
        self.model = model
        self.main, self.late, self.schedule, self.folder = main, late, schedule, folder
        self.report = report
        self.optimizers = Optimizers(model, schedule.optimizer, schedule.learning_rate, schedule.weight_decay)
        # bf16 autocast around the whole loss; DistributedDataParallel where there are several processes
        self.loss: nn.Module = self.accelerator.prepare_model(NextTokenLoss(model))
        if compile_model:
            self.loss = torch.compile(self.loss)  # type: ignore[assignment]

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    def run(self, progress: Progress, stop: Callable[[], bool] = lambda: False) -> int:
        """Train to `max_steps`, or until `stop()`; returns the number of steps done so far.

        Raises LearningError when it diverges (the newest checkpoint is from before), UsageError when the
        checkpoint in the folder belongs to another model or schedule, DiskError when none can be written.
        """
        step = saved = self._resume()
        last_save = time.monotonic()
        self.model.train()
        while step < self.schedule.max_steps and not self._any(stop()):
            loss = self._step(step)
            step += 1
            seen = self.schedule.batch_size * self.schedule.block_size
            progress({"step": step, "steps": self.schedule.max_steps, "loss": loss, "tokens": seen})
            if step % self.schedule.checkpoint_every == 0 or time.monotonic() - last_save > SAVE_SECONDS:
                self._save(step)
                last_save, saved = time.monotonic(), step
        if step > saved:
            self._save(step)
        return step

    def _any(self, here: bool) -> bool:
        """Whether `here` is true in any process: a signal must end all of them after the same step."""
        if self.accelerator.num_processes == 1:
            return here
        flag = torch.tensor(float(here), device=self.accelerator.device)
        return bool(self.accelerator.reduce(flag, "sum") > 0)

    def _step(self, step: int) -> float:
        """One optimiser step; the mean loss of the whole batch. Raises LearningError before any harm."""
        rows, first_late = self.schedule.batch_size, decay_start(self.schedule)
        late = step >= first_late and self.late.rows > 0
        tokens, index = (self.late, step - first_late) if late else (self.main, step)
        first = index * rows + self.accelerator.process_index * self.rows_here
        batch = torch.from_numpy(tokens.batch(first, self.rows_here)).to(self.accelerator.device)
        loss = self.loss(batch)
        self.accelerator.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.max_grad_norm)
        mean = float(self.accelerator.reduce(loss.detach(), "mean"))
        if not (math.isfinite(mean) and math.isfinite(float(norm))):  # the weights are still whole
            key = "pretrain.diverged" if self.checkpoint.exists() else "pretrain.diverged_early"
            raise LearningError(key, step=step + 1, path=self.folder)
        self.optimizers.step(rate_factor(step, self.schedule))
        return mean

    def _save(self, step: int) -> None:
        if not self.accelerator.is_main_process:
            return
        state = {
            "step": step,
            "model": self.model.state_dict(),
            "optimizers": self.optimizers.state_dict(),
        }
        write_whole(self.checkpoint, lambda file: torch.save(state, file))
        write_json(self.folder / PROGRESS, {"step": step, "schedule": asdict(self.schedule)})

    def _resume(self) -> int:
        if not self.checkpoint.exists():
            return 0
        self._same_rows()
        state = load_checkpoint(self.folder)
        try:
            self.model.load_state_dict(state["model"])
            self.optimizers.load_state_dict(state["optimizers"])
        except (RuntimeError, ValueError) as error:
            raise UsageError("pretrain.other_model", path=self.checkpoint) from error
        self.report(say("pretrain.resumed", step=state["step"], path=self.checkpoint))
        return int(state["step"])

    def _same_rows(self) -> None:
        """A step number is the data position only while a step reads the same rows."""
        path = self.folder / PROGRESS
        before = json.loads(path.read_text(encoding="utf-8"))["schedule"] if path.exists() else {}
        for name in ("batch_size", "block_size", "optimizer"):
            now = getattr(self.schedule, name)
            if before.get(name, now) != now:
                values = {"field": f"schedule.{name}", "before": before[name], "now": now}
                raise UsageError("pretrain.other_schedule", path=self.folder, **values)


def load_checkpoint(folder: Path) -> dict[str, Any]:
    """What is in the checkpoint of `folder`: `step`, `model`, `optimizers`. Raises UsageError."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise UsageError("pretrain.no_checkpoint", path=path)
    try:
        return dict(torch.load(path, weights_only=True, map_location="cpu"))
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise UsageError("pretrain.bad_checkpoint", path=path) from error


def can_compile() -> bool:
    """Whether torch.compile finds the C++ compiler it needs."""
    names = [os.environ.get("CXX", ""), "g++", "clang++", "c++", "cl"]
    return any(name and shutil.which(name) for name in names)
