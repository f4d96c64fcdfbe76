"""One learning pass from mixture to published version: train a copy, measure it, judge it, publish it.

Called by the learner in its own thread while the chat goes on with the model this was copied from.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from persian_assistant import adapters, disk, measurement
from persian_assistant.config import LearningConfig
from persian_assistant.engine import context_length
from persian_assistant.errors import AssistantError, Cancelled, DiskError, LearningError, ModelError
from persian_assistant.gate import SCALES, Figures, Scores, Verdict, finite, judge
from persian_assistant.measurement import Measurement, Probes, choose_probes
from persian_assistant.mixture import Ingredients, Mixture, build_mixture, within
from persian_assistant.model import LoadedModel
from persian_assistant.packing import packed_tokens
from persian_assistant.records import Fact, Lessons, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import (
    LONGEST_ROW,
    TrainingProgress,
    TrainingResult,
    few_threads,
    is_out_of_memory,
    packing_shape,
    train_adapter,
    with_rate,
)
from persian_assistant.training_copy import allow_packing, training_copy
from persian_assistant.versions import Version, VersionStore

AFFORDABLE = 1.05e12
"""Trained tokens × parameters that two cores do in most of a minute."""
LEAST_TOKENS, MOST_TOKENS = 8_000, 110_000

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


@dataclass(frozen=True)
class _Given:
    """What the caller of a pass hands in."""

    settings: LearningConfig
    report: Report
    cancel: threading.Event
    fallen_back: bool

    def checked(self, figures: Figures) -> Figures:
        """`figures`, unless the pass was cancelled while they were measured. Raises Cancelled."""
        if self.cancel.is_set():
            raise Cancelled("learning.cancelled")
        return figures


@dataclass(frozen=True)
class _Trained:
    """The model with its trained adapter, the adapter's tensors before, and how training went."""

    model: Any
    start: dict[str, torch.Tensor]
    result: TrainingResult


@dataclass(frozen=True)
class _Judged:
    scores: Scores
    verdict: Verdict


class LearningPass:
    """Makes versions of one loaded model in one profile."""

    def __init__(
        self, loaded: LoadedModel, template: ChatTemplate, versions: VersionStore, material: PassMaterial
    ) -> None:
        self.loaded, self.template, self.versions, self.material = loaded, template, versions, material
        self._base_scores = _BaseScores(versions.root / "base_scores.json", self._base_key())

    def run(
        self,
        lessons: Lessons,
        high_water: int,
        settings: LearningConfig,
        report: Report,
        cancel: threading.Event,
    ) -> PassOutcome:
        """Raises Cancelled, LearningError, ModelError or DiskError; nothing has changed then."""
        try:
            with _told(self.versions.root), few_threads(self.loaded.model):
                return self._run(lessons, high_water, _Given(settings, report, cancel, lessons.fallen_back))
        finally:
            gc.collect()  # Trainer and its model hold each other
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _run(self, lessons: Lessons, high_water: int, given: _Given) -> PassOutcome:
        started = time.monotonic()
        given.report("prepare", 0.0, None, None)
        settings = given.settings
        current = self._sound(self.versions.current())
        rebuild = settings.replay and (
            lessons.rebuild or self._passes_since_base(current) >= settings.rebuild_every
        )
        taught = _all_new(lessons) if rebuild else lessons
        parent = self._start(None if rebuild else current)
        settings = with_rate(settings, self.loaded.model, goes_on=parent is not None)
        mixture = self._mixture(taught, settings, high_water, given.cancel.is_set)
        if not mixture.examples:
            raise LearningError("learning.nothing_to_train")
        candidate = self._candidate(parent, settings)
        computed = packed_tokens(mixture.examples, settings.batch_size, packing_shape(candidate))
        most = (settings.most_tokens or self._affordable()) * mixture.counts["tokens"] // computed
        mixture, epochs = within(mixture, settings, most)
        given = replace(given, settings=replace(settings, num_train_epochs=epochs))
        trained = self._train(candidate, mixture, high_water, given)
        staged = self.versions.stage(lambda folder: adapters.save_adapter(trained.model, folder, "candidate"))
        try:
            probes = choose_probes(*_told_facts(lessons, settings), high_water)
            judged = self._judge(trained, staged, current, probes, given)
            figures = {
                **judged.scores.as_dict(),
                "trained_tokens": trained.result.tokens,
                "train_seconds": round(trained.result.seconds, 1),
                "seconds": round(time.monotonic() - started, 1),
            }
            version = None
            if judged.verdict.passed:
                given.report("publish", 0.0, trained.result.loss, None)
                version = self._publish(
                    staged, high_water, mixture, given.settings, figures, trained.result, parent
                )
        finally:
            self.versions.discard(staged)
        if version is not None:
            self._prune(settings.keep_versions)
        return PassOutcome(version, judged.verdict, figures, mixture.counts, time.monotonic() - started)

    def _start(self, parent: Version | None) -> Version | None:
        """The version to train on from; None, the base."""
        return parent

    def _candidate(self, parent: Version | None, settings: LearningConfig) -> Any:
        """A copy of the model with the adapter to train: the parent's, or a new one."""
        return adapters.attach(
            training_copy(self.loaded.model),
            parent.path if parent else None,
            "candidate",
            lora_r=settings.lora_r,
            lora_dropout=settings.lora_dropout,
            trainable=True,
        )

    def _train(self, peft_model: Any, mixture: Mixture, high_water: int, given: _Given) -> _Trained:
        tensors = adapters.adapter_tensors(peft_model, "candidate")
        start = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        result = train_adapter(
            peft_model,
            mixture.examples,
            int(self.loaded.tokenizer.pad_token_id),
            given.settings,
            random_seed=high_water,
            report=lambda progress: _report_training(given.report, progress),
            stop=given.cancel.is_set,
        )
        return _Trained(peft_model, start, result)

    def _sound(self, version: Version | None) -> Version | None:
        """The version to go on from; None, the base, also where a version does not fit."""
        if version is not None:
            try:
                adapters.read_adapter(version.path, self.loaded.model)
            except ModelError:
                return None
        return version

    def _affordable(self) -> int:
        """Tokens that two cores train in less than a minute; a GPU is never kept waiting by more."""
        parameters = int(self.loaded.model.num_parameters())
        return int(min(max(AFFORDABLE / parameters, LEAST_TOKENS), MOST_TOKENS))

    def _passes_since_base(self, version: Version | None) -> int:
        """How many passes stand one upon the other in `version`; a gap left by pruning ends the chain."""
        known = {one.number: one for one in self.versions.list()}
        count = 0
        while version is not None:
            count += 1
            version = known.get(version.parent) if version.parent is not None else None
        return count

    def _prune(self, keep: int) -> None:
        try:
            self.versions.prune(keep)
        except DiskError as error:  # the new version serves all the same
            logger.warning("old versions stay: %s", error)

    def _mixture(
        self, lessons: Lessons, settings: LearningConfig, seed: int, stop: Callable[[], bool]
    ) -> Mixture:
        material = self.material
        parts = Ingredients(lessons, material.seed_examples, material.general_texts, material.persona)
        longest = min(context_length(self.loaded.model, self.loaded.tokenizer), LONGEST_ROW)
        return build_mixture(parts, self.template, settings, longest, seed, stop)

    def _judge(
        self, trained: _Trained, staged: Path, current: Version | None, probes: Probes, given: _Given
    ) -> _Judged:
        """The candidate as it stands on disk, on text and questions it has not trained on.

        Where it fails for what it lost, smaller parts of its update are tried; `staged` holds the one that
        passed, if any.
        """
        loss, limit = trained.result.loss, given.settings.max_perplexity_ratio
        given.report("measure", 0.0, loss, None)
        measure = Measurement(
            self.template,
            self.material.heldout_texts,
            self.material.heldout_examples,
            self.material.persona,
            given.cancel.is_set,
        )
        model = adapters.remove_adapter(trained.model)
        allow_packing(model)
        base = self._base_scores.read()
        if base is None:
            base = given.checked(measure.language(model))
            self._base_scores.write(base)
        if current is None:
            serving = given.checked(measure.recall(model, base, probes))
        else:
            known = _language_of(current)
            model, serving = _measured(
                model,
                current.path,
                lambda peft: measure.recall(peft, known or measure.language(peft), probes),
            )
        first: _Judged | None = None
        """The whole update: where no part of it passes, that is what is told."""
        for number, scale in enumerate(SCALES):
            given.report("measure", (1 + number) / (1 + len(SCALES)), loss, None)
            if number:
                previous = SCALES[number - 1]
                adapters.scale_update(staged, trained.start, scale / previous)
            model, found = _measured(
                model, staged, lambda peft: measure.recall(peft, measure.language(peft), probes)
            )
            scores = Scores(loss, given.checked(found), base, given.checked(serving), scale)
            gated, fallen_back = given.settings.gate, given.fallen_back
            verdict = judge(scores, limit, fallen_back=fallen_back) if gated else finite(scores)
            judged = _Judged(scores, verdict)
            first = first or judged
            if not verdict.may_pass_smaller:
                break
        return judged if judged.verdict.passed or first is None else first

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
        return self.versions.publish(
            staged,
            high_water=high_water,
            data_hash=mixture.data_hash,
            base=self.loaded.as_base(),
            config={
                **asdict(settings),
                "counts": mixture.counts,
                "steps": result.steps,
            },
            scores=figures,
            parent=parent.number if parent else None,
        )

    def _base_key(self) -> str:
        measured = [
            *(self.loaded.source.fingerprint, self.loaded.quantization, self.loaded.device),
            *(measurement.HELDOUT_TOKENS, measurement.HELDOUT_ROW),
            *(measurement.FREE_PROMPTS, measurement.FREE_TOKENS),
            *(measurement.INSTRUCTION_ROWS, measurement.INSTRUCTION_TOKENS),
            *(self.material.persona, list(self.material.heldout_texts)),
            [[asdict(message) for message in row] for row in self.material.heldout_examples],
        ]
        return hashlib.sha256(json.dumps(measured, ensure_ascii=False).encode()).hexdigest()


class _BaseScores:
    """The base model's figures, measured once: they change only with the model or the held-out text."""

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key

    def read(self) -> Figures | None:
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            known = {item.name for item in fields(Figures)}
            figures = {name: float(value) for name, value in record["figures"].items() if name in known}
            return Figures(**figures) if record["key"] == self.key else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, figures: Figures) -> None:
        known = {name: value for name, value in asdict(figures).items() if math.isfinite(value)}
        disk.write_private(self.path, json.dumps({"key": self.key, "figures": known}) + "\n")


def _language_of(version: Version) -> Figures | None:
    """What was measured when `version` was published; None where its file does not say."""
    names = ("perplexity", "instruction_loss", "stop_rate", "rep4")
    if not isinstance(version.scores.get("perplexity"), (int, float)):
        return None
    return Figures(**{name: float(version.scores.get(name, math.nan)) for name in names})


def _measured(base: Any, adapter: Path, measure: Callable[[Any], Figures]) -> tuple[Any, Figures]:
    """(the base model again, what `measure` found with the adapter of the folder on it)."""
    peft_model = adapters.attach(base, adapter, "measured")
    found = measure(peft_model)
    return adapters.remove_adapter(peft_model), found


def _told_facts(lessons: Lessons, settings: LearningConfig) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """The new and the earlier facts that are to be known; none where facts are not learned."""
    return (lessons.new_facts, lessons.earlier_facts) if settings.facts else ((), ())


def _all_new(lessons: Lessons) -> Lessons:
    """Everything live as if told just now: what a pass from the base trains on."""
    return replace(
        lessons,
        new_facts=(*lessons.earlier_facts, *lessons.new_facts),
        earlier_facts=(),
        said=(*lessons.earlier_said, *lessons.said),
        earlier_said=(),
    )


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
