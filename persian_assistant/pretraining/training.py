"""Trains a model of a recipe's shape on packed tokens; stops and resumes at any step.

The learning rate warms up, stays, and falls to zero over the last part of the steps
(warm-up–stable–decay, Hu et al. 2024, MiniCPM), which is spent on the late mixture. Step number and
random seed fix everything, so a resumed run sees the same rows. Under `accelerate launch` each process
takes its share of every batch.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from persian_assistant.errors import UsageError
from persian_assistant.pretraining.corpus import PackedTokens
from persian_assistant.pretraining.recipe import Architecture, Schedule

logger = logging.getLogger(__name__)
Progress = Callable[[dict[str, float]], None]


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
    """Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for the rest; or AdamW for all."""

    def __init__(self, model: PreTrainedModel, kind: str, learning_rate: float, weight_decay: float) -> None:
        embeddings = {id(p) for p in model.get_input_embeddings().parameters()}
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
    decay_from = decay_start(schedule)
    if step < schedule.warmup_steps:
        return (step + 1) / schedule.warmup_steps
    if step < decay_from:
        return 1.0
    return (schedule.max_steps - step) / (schedule.max_steps - decay_from)


def decay_start(schedule: Schedule) -> int:
    """First step of the final phase."""
    return round(schedule.max_steps * (1 - schedule.decay_share))


class Training:
    """One run in `folder`; `run()` goes on from the newest checkpoint there."""

    def __init__(
        self,
        model: PreTrainedModel,
        main: PackedTokens,
        late: PackedTokens,
        schedule: Schedule,
        folder: Path,
        *,
        compile_model: bool = True,
    ) -> None:
        self.accelerator = Accelerator(mixed_precision="bf16")
        self.model = model
        self.main, self.late, self.schedule, self.folder = main, late, schedule, folder
        self.optimizers = Optimizers(model, schedule.optimizer, schedule.learning_rate, schedule.weight_decay)
        # bf16 autocast around the whole loss; DistributedDataParallel where there are several processes
        self.loss: nn.Module = self.accelerator.prepare_model(NextTokenLoss(model))
        if compile_model:
            self.loss = torch.compile(self.loss)  # type: ignore[assignment]
        processes = self.accelerator.num_processes
        if schedule.batch_size % processes:
            expected = f"n × {processes}"
            raise UsageError("cli.bad_value", name="batch_size", value=schedule.batch_size, expected=expected)
        self.rows_here = schedule.batch_size // processes

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def run(self, progress: Progress, stop: Callable[[], bool] = lambda: False) -> int:
        """Train to `max_steps`, or until `stop()`; returns the number of steps done so far."""
        step = self._resume()
        self.model.train()
        started, last_save, seen = time.monotonic(), time.monotonic(), 0
        while step < self.schedule.max_steps and not stop():
            loss = self._step(step)
            step += 1
            seen += self.schedule.batch_size * self.schedule.block_size
            if not math.isfinite(loss):
                raise UsageError("pretrain.diverged", step=step, path=self.folder)
            rate = seen / (time.monotonic() - started)
            progress({"step": step, "loss": loss, "tokens_per_second": rate})
            if step % self.schedule.checkpoint_every == 0 or time.monotonic() - last_save > 300:
                self._save(step)
                last_save = time.monotonic()
        self._save(step)
        return step

    def _step(self, step: int) -> float:
        rows, first_late = self.schedule.batch_size, decay_start(self.schedule)
        late = step >= first_late and self.late.rows > 0
        tokens, index = (self.late, step - first_late) if late else (self.main, step)
        first = index * rows + self.accelerator.process_index * self.rows_here
        batch = torch.from_numpy(tokens.batch(first, self.rows_here)).to(self.accelerator.device)
        loss = self.loss(batch)
        self.accelerator.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.max_grad_norm)
        self.optimizers.step(rate_factor(step, self.schedule))
        return float(self.accelerator.reduce(loss.detach(), "mean"))

    def _save(self, step: int) -> None:
        if not self.accelerator.is_main_process:
            return
        # a temporary file, then a rename: a kill in the middle leaves the last checkpoint
        partial = self.checkpoint.with_suffix(".partial")
        state = {
            "step": step,
            "model": self.model.state_dict(),
            "optimizers": self.optimizers.state_dict(),
        }
        torch.save(state, partial)
        partial.replace(self.checkpoint)
        record = {"step": step, "schedule": asdict(self.schedule)}
        (self.folder / "progress.json").write_text(json.dumps(record, indent=1), encoding="utf-8")

    def _resume(self) -> int:
        if not self.checkpoint.exists():
            return 0
        state = torch.load(self.checkpoint, weights_only=True, map_location="cpu")
        self.model.load_state_dict(state["model"])
        self.optimizers.load_state_dict(state["optimizers"])
        logger.info("resumed at step %d", state["step"])
        return int(state["step"])
