"""The first version of a profile: conversations become rows, QLoRA trains on the answers, what it learned is
measured beside the base model and published.

Runs in one process or under `accelerate launch`; the first process measures and publishes. Knows nothing of
where the conversations come from, nor of screens.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env

from persian_assistant import adapters
from persian_assistant.engine import context_length
from persian_assistant.errors import Cancelled, LearningError, UsageError
from persian_assistant.figures import decimal
from persian_assistant.gate import Figures, Scores
from persian_assistant.instruction_tuning import TuningResult, TuningSettings, remove_run, tune
from persian_assistant.measurement import Measurement
from persian_assistant.model import LoadedModel
from persian_assistant.persona import Persona
from persian_assistant.records import FIRST_TRAINING, Example, Message
from persian_assistant.seed_examples import general_texts, split_seed_examples
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy
from persian_assistant.tuning_trainer import Report, load_weights
from persian_assistant.versions import Version, VersionStore

FOLDER = "training"
"""Inside the profile: the checkpoints of a training that is not finished."""
NAME = "trained"
MOST_HELDOUT = 300
"""Rows left out for early stopping, at most: each evaluation reads them all."""


@dataclass(frozen=True)
class FirstTrainingSettings:
    """What is trained, besides how (`TuningSettings`)."""

    lora_r: int = 16
    """Rank of the adapter on all linear layers; alpha is twice that. A continued adapter keeps its own."""
    max_length: int = 512
    """Tokens of a row: over that its oldest exchanges are left out, then its end."""
    heldout_share: float = 0.05
    """Share of the rows that never train and say when to stop."""

    def __post_init__(self) -> None:
        for ok, name, value, expected in (
            (1 <= self.lora_r <= 1024, "--lora-r", self.lora_r, "1 … 1024"),
            (16 <= self.max_length <= 131_072, "--max-length", self.max_length, "16 … 131072"),
            (0 <= self.heldout_share < 1, "--heldout-share", self.heldout_share, "0 ≤ … < 1"),
        ):
            if not ok:
                raise UsageError("cli.bad_value", name=name, value=value, expected=expected)


@dataclass(frozen=True)
class Rows:
    """What is trained on and what is left out, encoded."""

    train: list[Example]
    heldout: list[Example]
    counts: dict[str, int]
    """`rows`, `heldout_rows`, `tokens` of one epoch; left out: `duplicates`, `measured` (seed examples that
    the figures are taken on), `without_answer` within the length; shortened: `cut`."""
    data_hash: str


@dataclass(frozen=True)
class Trained:
    """How it ended."""

    version: Version
    result: TuningResult
    scores: Scores
    seconds: float


class FirstTraining:
    """One training of `loaded` for the profile of `store`."""

    def __init__(
        self,
        loaded: LoadedModel,
        store: VersionStore,
        persona: Persona,
        settings: FirstTrainingSettings,
        tuning: TuningSettings,
    ) -> None:
        self.loaded, self.store, self.persona = loaded, store, persona
        self.settings, self.tuning = settings, tuning
        self.template = ChatTemplate.for_model(loaded.tokenizer)
        self.state = processes()
        _, self.persona_heldout = split_seed_examples(persona.seed_paths)

    def rows(self, conversations: Sequence[Sequence[Message]]) -> Rows:
        """The rows of `conversations`: the persona's system message first where they bring none, only the
        answers carry loss. Raises LearningError where nothing is left to train on.
        """
        known = {tuple(row) for row in self.persona_heldout}
        different = {tuple(one): one for one in conversations}
        unique = [one for key, one in different.items() if key not in known]
        longest = min(self.settings.max_length, context_length(self.loaded.model, self.loaded.tokenizer))
        encoded = [self._encode(one, longest) for one in unique]
        rows = [row for row in encoded if row.trains]
        random.Random(self.tuning.random_seed).shuffle(rows)
        left_out = min(round(len(rows) * self.settings.heldout_share), MOST_HELDOUT)
        if self.settings.heldout_share and len(rows) > 1:
            left_out = max(left_out, 1)
        heldout, train = rows[:left_out], rows[left_out:]
        if not train:
            raise LearningError("train.nothing_to_train")
        texts = [[asdict(message) for message in one] for one in unique]
        counts = {
            "rows": len(train),
            "heldout_rows": len(heldout),
            "duplicates": len(conversations) - len(different),
            "measured": len(different) - len(unique),
            "without_answer": len(encoded) - len(rows),
            "cut": sum(len(row) >= longest for row in rows),
            "tokens": sum(map(len, train)),
        }
        digest = hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()
        return Rows(train, heldout, counts, digest)

    def _encode(self, conversation: Sequence[Message], longest: int) -> Example:
        messages = list(conversation)
        if self.persona.system and messages[0].role != "system":
            messages.insert(0, Message("system", self.persona.system))
        weights = [float(message.role == "assistant") for message in messages]
        return self.template.encode_example(messages, weights, longest)

    def run(
        self,
        rows: Rows,
        report: Report,
        phase: Callable[[str], None],
        stop: Callable[[], bool],
        notice: Callable[[str], None],
    ) -> Trained | None:
        """Train, measure, publish; None in every process but the first.

        `phase` is told what begins: measure_base, train, measure, publish. Raises what `tune` does, and
        LearningError where held-out loss did not fall: nothing is published then.
        """
        started = time.monotonic()
        parent, first = self.store.current(), self.state.is_main_process
        before: tuple[Figures, Figures] | None = None
        measure = self._measurement(stop)
        if first:
            phase("measure_base")
            base = self._checked(measure.language(self.loaded.model), stop)
            before = (base, self._measured(measure, parent.path, stop) if parent else base)
        phase("train")
        model = self._trainee(parent)
        folder, pad_id = self.store.root / FOLDER, int(self.loaded.tokenizer.pad_token_id)
        result = tune(
            *(model, rows.train, rows.heldout, pad_id, self.tuning),
            folder=folder,
            report=report,
            stop=stop,
            notice=notice,
            started_from=f"version {parent.number}" if parent else "base",
        )
        if before is None:
            return None
        _check_gain(result)
        phase("measure")
        if result.weights is not None:
            model = self._trainee(parent)
            load_weights(model, result.weights)
        staged = self.store.stage(lambda place: adapters.save_adapter(model, place, NAME))
        try:
            found = self._measured(measure, staged, stop)
            scores = Scores(result.loss, found, *before)
            phase("publish")
            seconds = time.monotonic() - started
            version = self._publish(staged, rows, result, scores, parent, seconds)
        finally:
            self.store.discard(staged)
        remove_run(folder)
        return Trained(version, result, scores, seconds)

    def _trainee(self, parent: Version | None) -> Any:
        """A copy of the model with the adapter to train: the parent's, or a new one."""
        torch.manual_seed(self.tuning.random_seed)  # a new adapter begins with random numbers
        return adapters.attach(
            training_copy(self.loaded.model),
            parent.path if parent else None,
            NAME,
            lora_r=self.settings.lora_r,
            trainable=True,
        )

    def _measurement(self, stop: Callable[[], bool]) -> Measurement:
        return Measurement(
            self.template, general_texts("heldout"), self.persona_heldout, self.persona.system, stop
        )

    def _measured(self, measure: Measurement, adapter: Path, stop: Callable[[], bool]) -> Figures:
        peft_model = adapters.attach(self.loaded.model, adapter, "measured")
        try:
            return self._checked(measure.language(peft_model), stop)
        finally:
            adapters.remove_adapter(peft_model)

    def _checked(self, figures: Figures, stop: Callable[[], bool]) -> Figures:
        """`figures`, unless it was stopped while they were measured. Raises Cancelled."""
        if stop():
            raise Cancelled("train.stopped_measuring", path=self.store.root / FOLDER)
        return figures

    def _publish(
        self,
        staged: Path,
        rows: Rows,
        result: TuningResult,
        scores: Scores,
        parent: Version | None,
        seconds: float,
    ) -> Version:
        newest = self.store.newest()
        figures: dict[str, Any] = {
            **scores.as_dict(),
            "trained_tokens": result.tokens,
            "train_seconds": round(result.seconds, 1),
            "tokens_per_second": round(result.tokens_per_second, 1),
            "peak_memory_mb": round(result.peak_memory_mb),
            "seconds": round(seconds, 1),
        }
        if result.best is not None:
            figures |= {
                "heldout_loss_before": round(result.heldout_before or 0, 4),
                "heldout_loss": round(result.best.loss, 4),
                "best_step": result.best.step,
            }
        return self.store.publish(
            staged,
            high_water=newest.high_water if newest else 0,  # what was said in the chat is still to be learned
            data_hash=rows.data_hash,
            base=self.loaded.as_base(),
            config={
                "kind": FIRST_TRAINING,
                **asdict(self.tuning),
                **asdict(self.settings),
                "counts": rows.counts,
                "steps": result.steps,
                "processes": self.state.num_processes,
            },
            scores=figures,
            parent=parent.number if parent else None,
        )


def processes() -> PartialState:
    """This process among those that a launcher started (one, without a launcher)."""
    # without this word accelerate takes each of several processes on a machine without a GPU for the only one
    launched = "LOCAL_RANK" in os.environ and not torch.cuda.is_available()
    return PartialState(cpu=launched or parse_flag_from_env("ACCELERATE_USE_CPU"))


def _check_gain(result: TuningResult) -> None:
    """Nothing that answers worse than before is published. Raises LearningError."""
    best, before = result.best, result.heldout_before
    if best is not None and before is not None and best.loss >= before:
        raise LearningError("train.no_gain", before=decimal(before, 3), after=decimal(best.loss, 3))
