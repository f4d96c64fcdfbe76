"""One base model trained by different techniques: same rows, same random seed, same budget; and measured.

What is measured is what serves: each result is saved, loaded again the way a chat loads it, and asked. Knows
nothing of flags, screens or files of results.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import math
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from persian_assistant import disk, metrics
from persian_assistant.engine import context_length
from persian_assistant.errors import Cancelled, LearningError
from persian_assistant.hub import ModelSource
from persian_assistant.instruction_tuning import (
    TuningProgress,
    TuningResult,
    TuningSettings,
    remove_run,
    tune,
)
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.records import Example, Message
from persian_assistant.techniques import (
    LEARNING_RATES,
    TechniqueSettings,
    Trainee,
    memory_free,
    memory_needed,
    prepare,
    quantization_for,
)
from persian_assistant.techniques_folder import TrainedFolder
from persian_assistant.techniques_loading import load_trained
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import LONGEST_ROW

Conversation = Sequence[Message]

ANSWER_TOKENS = 64
GENERAL_TOKENS, GENERAL_ROW = 4000, 256
"""Of general held-out text: how much is read, and how much at a time."""
QUESTIONS = 24
"""Held-out questions answered, for chrF."""
SAMPLES = 3
"""Of those, answers that are kept to be read."""
MOST_EPOCHS = 1000
"""The budget ends a run, not the data."""


@dataclass(frozen=True)
class Budget:
    """How much training each technique is given."""

    amount: int
    unit: str
    """"s" (seconds of training), "steps" (of the optimiser) or "tokens" (of rows, padding not counted)."""

    @property
    def as_settings(self) -> dict[str, int]:
        """The settings of `tune` that hold it."""
        return {{"s": "max_seconds"}.get(self.unit, f"max_{self.unit}"): self.amount}


@dataclass(frozen=True)
class Material:
    """The same for every technique."""

    train: Sequence[Conversation]
    heldout: Sequence[Conversation]
    """Never trained on: its loss is measured, its first questions are answered."""
    general_texts: Sequence[str]
    """Held-out prose: what may be forgotten."""
    persona: str = ""
    """System message put before each conversation that has none."""

    @property
    def fingerprint(self) -> str:
        """Of all that is trained on and measured with."""
        rows = [[asdict(message) for message in row] for row in (*self.train, *self.heldout)]
        text = disk.to_json([rows, list(self.general_texts), self.persona, len(self.train)])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ComparisonSettings:
    """What all techniques share."""

    budget: Budget
    batch_size: int = 8
    device: str = "auto"
    learning_rates: Mapping[str, float] = field(default_factory=lambda: dict(LEARNING_RATES))
    """Peak rate of each technique."""
    technique: TechniqueSettings = field(default_factory=TechniqueSettings)


@dataclass(frozen=True)
class Quality:
    """What a model can, measured in the same way before and after training."""

    heldout_loss: float
    """Nats per token of held-out answers."""
    perplexity: float
    """exp of it."""
    chrf: float
    """chrF2 (Popović 2015) of greedy answers to held-out questions against the references, 0 … 100."""
    general_perplexity: float
    """Of general text: how it compares with the base's is what was forgotten."""
    answers: tuple[dict[str, str], ...]
    """Some `question`, `reference` and `answer`, to be read."""


class Comparison:
    """Trains and measures one technique at a time; everything it leaves is below `folder`."""

    def __init__(
        self,
        source: ModelSource,
        material: Material,
        settings: ComparisonSettings,
        folder: Path,
        *,
        phase: Callable[[str], None] = lambda name: None,
        notice: Callable[[str], None] = lambda text: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.source, self.material, self.settings, self.folder = source, material, settings, folder
        self.phase, self.notice, self.stop = phase, notice, stop
        self.report: Callable[[TuningProgress], None] = lambda progress: None
        """Is told of each step; `phase` of "load" and "measure" around the training."""
        self.bases: dict[str, Quality] = {}
        """The base itself, by how it is held in memory; measured when it is first needed."""

    def run(self, technique: str, random_seed: int) -> dict[str, Any]:
        """All figures of one result, which lies in `folder` then as `<technique>-<random seed>`.

        Raises Cancelled when stopped (a training that had begun goes on there next time), LearningError where
        memory is not enough, ModelError, DiskError.
        """
        quantization = quantization_for(technique)
        self.phase("load")
        loaded = load_model(
            self.source, quantization=quantization, device=self.settings.device, notice=self.notice
        )
        base = self._base(loaded)
        needed, free = memory_needed(loaded, technique), memory_free(loaded.device)
        if needed > free:
            raise LearningError(
                "compare.no_room", technique=technique, needed=needed // 2**20, free=free // 2**20
            )
        place = self.folder / f"{technique}-{random_seed}"
        checkpoints = self.folder / f".training-{place.name}"
        rows = self._rows(loaded, self.material.train)
        tuning = TuningSettings(
            learning_rate=self.settings.learning_rates[technique],
            batch_size=self.settings.batch_size,
            num_train_epochs=MOST_EPOCHS,
            optim="adamw_torch",  # the same for all: eight bits would only help those that train much
            patience=0,
            random_seed=random_seed,
            **self.settings.budget.as_settings,
        )
        _give_memory_back()
        trainee = prepare(loaded, technique, self.settings.technique, random_seed)
        result = tune(
            trainee.model,
            rows,
            [],  # held-out rows choose nothing here: they are measured once, at the end
            int(loaded.tokenizer.pad_token_id),
            tuning,
            folder=checkpoints,
            report=self.report,
            stop=self.stop,
            notice=self.notice,
        )
        parameters = trainee.parameters
        folder = self._keep(trainee, place, tuning, result)
        held = loaded.quantization
        del trainee, loaded  # before it is loaded again
        gc.collect()
        found = self._measured(folder, held)
        remove_run(checkpoints)
        return {
            "technique": technique,
            "random_seed": random_seed,
            "folder": place.name,
            "quantization": held,
            "learning_rate": tuning.learning_rate,
            "trainable_parameters": parameters,
            "size_bytes": sum(file.stat().st_size for file in place.rglob("*") if file.is_file()),
            **_of_training(result, len(rows)),
            **asdict(found),
            "general_ratio": found.general_perplexity / base.general_perplexity,
        }

    def _base(self, loaded: LoadedModel) -> Quality:
        if loaded.quantization not in self.bases:
            self.bases[loaded.quantization] = self._quality(loaded)
        return self.bases[loaded.quantization]

    def _keep(
        self, trainee: Trainee, place: Path, tuning: TuningSettings, result: TuningResult
    ) -> TrainedFolder:
        """What was learned in its folder, whole or not at all."""
        with disk.disk_errors(self.folder):
            staged = Path(tempfile.mkdtemp(prefix=disk.TEMPORARY, dir=self.folder))
        try:
            kept = {
                **asdict(tuning),
                **asdict(self.settings.technique),
                "steps": result.steps,
                "tokens": result.tokens,
            }
            trainee.save(staged, kept)
            with disk.disk_errors(staged):
                for file in staged.iterdir():
                    file.chmod(disk.PRIVATE_FILE)
                    disk.fsync_file(file)
                if place.exists():  # of a run that was killed before it was measured
                    shutil.rmtree(place)
                staged.rename(place)
            disk.fsync_dir(self.folder)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        return TrainedFolder.read(place)

    def _measured(self, folder: TrainedFolder, quantization: str) -> Quality:
        self.phase("load")
        loaded, _ = load_trained(
            self.source, folder, quantization=quantization, device=self.settings.device, notice=self.notice
        )
        return self._quality(loaded)

    # --- rows and figures ---------------------------------------------------------------------------

    def _rows(self, loaded: LoadedModel, conversations: Sequence[Conversation]) -> list[Example]:
        """Only answers carry loss; rows leave room for virtual tokens, whatever the technique."""
        template = ChatTemplate.for_model(loaded.tokenizer)
        longest = context_length(loaded.model, loaded.tokenizer) - self.settings.technique.num_virtual_tokens
        rows = []
        for row in conversations:
            messages = self._with_persona(row)
            weights = [float(message.role == "assistant") for message in messages]
            rows.append(template.encode_example(messages, weights, min(longest, LONGEST_ROW)))
        return [row for row in rows if row.trains]

    def _with_persona(self, row: Conversation) -> list[Message]:
        if not self.material.persona or row[0].role == "system":
            return list(row)
        return [Message("system", self.material.persona), *row]

    def _quality(self, loaded: LoadedModel) -> Quality:
        """Raises Cancelled when stopped."""
        self.phase("measure")
        template, model = ChatTemplate.for_model(loaded.tokenizer), loaded.model
        loss = metrics.weighted_loss(model, self._rows(loaded, self.material.heldout), stop=self.stop)
        general = metrics.perplexity(
            model,
            template,
            self.material.general_texts,
            max_tokens=GENERAL_TOKENS,
            max_length=GENERAL_ROW,
            stop=self.stop,
        )
        longest = context_length(model, loaded.tokenizer)
        asked = [self._with_persona(row) for row in self.material.heldout[:QUESTIONS]]
        prompts = [template.prompt_ids(row[:-1], ANSWER_TOKENS, longest) for row in asked]
        answers = metrics.greedy_answers(
            model, template, prompts, max_new_tokens=ANSWER_TOKENS, stop=self.stop
        )
        if self.stop():
            raise Cancelled("learning.cancelled")
        references = [row[-1].content for row in asked]
        samples = tuple(
            {"question": row[-2].content, "reference": row[-1].content, "answer": answer.text}
            for row, answer in list(zip(asked, answers, strict=True))[:SAMPLES]
        )
        chrf = _chrf([answer.text for answer in answers], references)
        return Quality(loss, math.exp(min(loss, 700)), chrf, general, samples)


def _give_memory_back() -> None:
    """What earlier trainings left with the allocator is not to be counted as the next one's."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError, AttributeError):  # another libc
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _chrf(answers: list[str], references: list[str]) -> float:
    """Over all answers together, as sacrebleu counts it; 0 where nothing was said."""
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().corpus_score(answers, [references]).score)


def _of_training(result: TuningResult, rows: int) -> dict[str, Any]:
    return {
        "steps": result.steps,
        "tokens": result.tokens,
        "seconds": result.seconds,
        "tokens_per_second": result.tokens_per_second,
        "train_loss": result.loss,
        "peak_memory_mb": result.peak_memory_mb,
        "epochs": result.examples / rows,
        "data_share": min(1.0, result.examples / rows),
    }


def gemma_2_shape(folder: Path, tokenizer_path: Path) -> Path:
    """A small random model of Gemma-2's architecture in `folder`, always the same, with that tokenizer.

    Sliding windows in every other layer, soft caps, grouped queries, head and embeddings tied.
    """
    from transformers import AutoTokenizer, Gemma2Config, Gemma2ForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_path)
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        query_pre_attn_scalar=64,
        max_position_embeddings=1024,
        sliding_window=256,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        Gemma2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
