"""One learning pass from mixture to published version: train a copy, measure it, judge it, publish it.

Called by the learner in its own thread while the chat goes on with the model this was copied from.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from persian_assistant import adapters, disk, metrics
from persian_assistant.config import LearningConfig
from persian_assistant.engine import context_length
from persian_assistant.errors import AssistantError, Cancelled, DiskError, LearningError, ModelError
from persian_assistant.gate import Scores, Verdict, judge
from persian_assistant.mixture import Ingredients, Mixture, build_mixture
from persian_assistant.model import LoadedModel
from persian_assistant.records import Exchange, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import (
    LONGEST_ROW,
    TrainingProgress,
    TrainingResult,
    is_out_of_memory,
    train_adapter,
)
from persian_assistant.versions import Version, VersionStore

HELDOUT_TOKENS = 1600
"""Held-out text read for the perplexity: enough to see 3%, little enough for two cores."""
HELDOUT_ROW = 256
STOP_PROMPTS, STOP_TOKENS = 4, 48

logger = logging.getLogger(__name__)

Report = Callable[[str, float, "float | None", "float | None"], None]
"""phase (prepare | train | measure | publish), share done 0..1, loss, seconds left."""


@dataclass(frozen=True)
class PassMaterial:
    """What a pass is given besides the new exchanges."""

    seed_examples: Sequence[Sequence[Message]]
    heldout_examples: Sequence[Sequence[Message]]
    general_texts: Sequence[str]
    heldout_texts: Sequence[str]
    persona: str


@dataclass(frozen=True)
class PassOutcome:
    """How a pass ended that went to its end."""

    version: Version | None
    """None: the gate said no."""
    verdict: Verdict
    scores: dict[str, Any]
    counts: dict[str, int]
    seconds: float


class LearningPass:
    """Makes versions of one loaded model in one profile."""

    def __init__(
        self, loaded: LoadedModel, template: ChatTemplate, versions: VersionStore, material: PassMaterial
    ) -> None:
        self.loaded, self.template, self.versions, self.material = loaded, template, versions, material
        self._base_scores = _BaseScores(versions.root / "base_scores.json", self._base_key())

    def run(
        self,
        exchanges: Sequence[Exchange],
        high_water: int,
        settings: LearningConfig,
        report: Report,
        cancel: threading.Event,
    ) -> PassOutcome:
        """Raises Cancelled, LearningError, ModelError or DiskError; nothing has changed then."""
        try:
            with _told(self.versions.root):
                return self._run(exchanges, high_water, settings, report, cancel)
        finally:
            gc.collect()  # Trainer and its model hold each other
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _run(
        self,
        exchanges: Sequence[Exchange],
        high_water: int,
        settings: LearningConfig,
        report: Report,
        cancel: threading.Event,
    ) -> PassOutcome:
        started = time.monotonic()
        report("prepare", 0.0, None, None)
        mixture = self._mixture(exchanges, settings, high_water)
        if not mixture.counts["exchanges"]:
            raise LearningError("learning.nothing_to_train")
        parent = self._sound_parent()
        peft_model = adapters.attach(
            adapters.training_copy(self.loaded.model),
            parent.path if parent else None,
            "candidate",
            lora_r=settings.lora_r,
            lora_dropout=settings.lora_dropout,
            trainable=True,
        )
        result = train_adapter(
            peft_model,
            mixture.examples,
            int(self.loaded.tokenizer.pad_token_id),
            settings,
            random_seed=high_water,
            report=lambda progress: _report_training(report, progress),
            stop=cancel.is_set,
        )
        staged = self.versions.stage(lambda folder: adapters.save_adapter(peft_model, folder, "candidate"))
        try:
            scores = self._measure(adapters.remove_adapter(peft_model), staged, result, report, cancel)
            verdict = judge(scores, settings.max_perplexity_ratio)
            figures = {**scores.as_dict(), "seconds": round(time.monotonic() - started, 1)}
            version = None
            if verdict.passed:
                report("publish", 0.0, result.loss, None)
                version = self._publish(staged, high_water, mixture, settings, figures, result, parent)
        finally:
            self.versions.discard(staged)
        if version is not None:
            self._prune(settings.keep_versions)
        return PassOutcome(version, verdict, figures, mixture.counts, time.monotonic() - started)

    def _sound_parent(self) -> Version | None:
        """The version to go on from; None, the base, also where a version does not fit."""
        parent = self.versions.current()
        if parent is not None:
            try:
                adapters.read_adapter(parent.path, self.loaded.model)
            except ModelError:
                return None
        return parent

    def _prune(self, keep: int) -> None:
        try:
            self.versions.prune(keep)
        except DiskError as error:  # the new version serves all the same
            logger.warning("old versions stay: %s", error)

    def _mixture(self, exchanges: Sequence[Exchange], settings: LearningConfig, seed: int) -> Mixture:
        parts = Ingredients(
            exchanges, self.material.seed_examples, self.material.general_texts, self.material.persona
        )
        longest = min(self._context_length(), LONGEST_ROW)
        return build_mixture(parts, self.template, settings, longest, seed)

    def _measure(
        self, base: Any, staged: Path, result: TrainingResult, report: Report, cancel: threading.Event
    ) -> Scores:
        """The candidate as it stands on disk, against the base model, on text neither has trained on."""
        adapters.allow_packing(base)
        base.eval()
        base_scores = self._base_scores.read()
        if base_scores is None:
            report("measure", 0.0, result.loss, None)
            base_scores = self._figures(base, cancel)
            self._base_scores.write(base_scores)
        report("measure", 0.5, result.loss, None)
        peft_model = adapters.attach(base, staged, "measured")
        candidate = self._figures(peft_model, cancel)
        return Scores(result.loss, candidate[0], base_scores[0], candidate[1], base_scores[1])

    def _figures(self, model: Any, cancel: threading.Event) -> tuple[float, float]:
        """(held-out perplexity, stop rate)."""
        perplexity = metrics.perplexity(
            model,
            self.template,
            self.material.heldout_texts,
            max_tokens=HELDOUT_TOKENS,
            max_length=HELDOUT_ROW,
            stop=cancel.is_set,
        )
        prompts = [
            self.template.prompt_ids(self._question(row), STOP_TOKENS, self._context_length())
            for row in self.material.heldout_examples[:STOP_PROMPTS]
        ]
        rate = metrics.stop_rate(
            model, self.template, prompts, max_new_tokens=STOP_TOKENS, stop=cancel.is_set
        )
        if cancel.is_set():
            raise Cancelled("learning.cancelled")
        return perplexity, rate

    def _question(self, row: Sequence[Message]) -> list[Message]:
        system = [Message("system", self.material.persona)] if self.material.persona else []
        return [*system, _first_question(row)]

    def _publish(
        self,
        staged: Path,
        high_water: int,
        mixture: Mixture,
        settings: LearningConfig,
        figures: dict[str, Any],
        result: TrainingResult,
        parent: Version | None,
    ) -> Version:
        source = self.loaded.source
        return self.versions.publish(
            staged,
            high_water=high_water,
            data_hash=mixture.data_hash,
            base={
                "name": source.name,
                "repo_id": source.repo_id,
                "revision": source.revision,
                "fingerprint": source.fingerprint,
                "quantization": self.loaded.quantization,
            },
            config={
                **asdict(settings),
                "counts": mixture.counts,
                "steps": result.steps,
                "trained_tokens": result.tokens,
                "train_seconds": round(result.seconds, 1),
            },
            scores=figures,
            parent=parent.number if parent else None,
        )

    def _context_length(self) -> int:
        return context_length(self.loaded.model, self.loaded.tokenizer)

    def _base_key(self) -> str:
        questions = [_first_question(row).content for row in self.material.heldout_examples[:STOP_PROMPTS]]
        measured = [
            *(self.loaded.source.fingerprint, self.loaded.quantization, self.loaded.device),
            *(HELDOUT_TOKENS, HELDOUT_ROW, STOP_TOKENS, self.material.persona),
            *(questions, list(self.material.heldout_texts)),
        ]
        return hashlib.sha256(json.dumps(measured, ensure_ascii=False).encode()).hexdigest()


class _BaseScores:
    """The base model's figures, measured once: they change only with the model or the held-out text."""

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key

    def read(self) -> tuple[float, float] | None:
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            if record["key"] != self.key:
                return None
            return float(record["perplexity"]), float(record["stop_rate"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, figures: tuple[float, float]) -> None:
        record = {"key": self.key, "perplexity": figures[0], "stop_rate": figures[1]}
        disk.write_private(self.path, json.dumps(record) + "\n")


def _first_question(row: Sequence[Message]) -> Message:
    return next(message for message in row if message.role == "user")


@contextmanager
def _told(root: Path) -> Iterator[None]:
    """No memory and no disk as errors that say so, wherever in a pass they strike."""
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise LearningError("learning.no_memory") from error
        if cause := disk.system_error(error):
            raise disk.disk_error(cause, cause.filename or root) from error
        raise


def _report_training(report: Report, progress: TrainingProgress) -> None:
    report("train", progress.step / max(1, progress.steps), progress.loss, progress.seconds_left)
