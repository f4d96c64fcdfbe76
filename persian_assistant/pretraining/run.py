"""The stages of a run in their order. "corpus" is done once, "train" goes on from its checkpoint, "tune" is
done whenever it is asked for.

<out>/recipe.json                 the recipe in force
<out>/tokenizer.json, corpus/     stage "corpus"
<out>/training/checkpoint.pt      stage "train"
<out>/model/                      stage "tune": the finished model folder, replaced as a whole
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils import logging as library

from persian_assistant.disk import disk_errors
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.pretraining import corpus, evaluation, tuning
from persian_assistant.pretraining.card import write_card
from persian_assistant.pretraining.corpus import Report, Tick, silent
from persian_assistant.pretraining.outputs import replace_folder, write_json
from persian_assistant.pretraining.recipe import Recipe
from persian_assistant.pretraining.tokenizer import END, PAD, as_pretrained, special_id
from persian_assistant.pretraining.training import (
    CHECKPOINT,
    Progress,
    Training,
    build_model,
    can_compile,
    load_checkpoint,
)
from persian_assistant.wording import say

Stop = Callable[[], bool]
_WAIT = timedelta(hours=12)
"""How long other processes wait for the first one to prepare the corpus."""

ROWS_WORTH_COMPILING = 2000
"""Dialogue rows from which on chat tuning is compiled: it takes the better part of a minute."""


class PretrainingRun:
    """One model being made in `out` from text below `root`.

    `report` is given whole sentences, `tick` how far a stage is, `stop` is asked after every step.
    """

    def __init__(
        self, recipe: Recipe, root: Path, out: Path, report: Report, stop: Stop, tick: Tick = silent
    ) -> None:
        self.recipe, self.root, self.out = recipe, root, out
        self.stop = stop
        self.state = _processes()
        first = self.state.is_main_process
        self.report: Report = report if first else lambda text: None
        self.tick: Tick = tick if first else silent
        with disk_errors(out):
            out.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> dict[str, Any]:
        """Stage "corpus": tokenizer and packed tokens; the counts of corpus.json.

        Only the first process works, the others wait. Raises UsageError: text that cannot be read, or a
        folder whose corpus was made from other sources than the recipe names.
        """
        done = self.out / "corpus" / "corpus.json"
        with self.state.main_process_first():
            if self.state.is_main_process:
                if done.exists():
                    self._same_corpus(done)
                else:
                    self._build_corpus()
                write_json(self.out / "recipe.json", self.recipe.as_dict())
        return _read_json(done)

    def _build_corpus(self) -> None:
        if (self.out / "training" / CHECKPOINT).exists():  # its tokens would mean something else
            raise UsageError("pretrain.checkpoint_without_corpus", path=self.out)
        texts = corpus.collect(self.recipe, self.root, self.report, self.tick)
        self.tick(say("pretrain.stage_tokenizer"), 0, 0)
        tokenizer = corpus.build_tokenizer(
            texts, self.recipe.architecture.vocab_size, self.recipe.schedule.random_seed
        )
        with disk_errors(self.out):
            tokenizer.save(str(self.out / "tokenizer.json"))
        counts = corpus.pack(texts, tokenizer, self.recipe, self.out / "corpus", self.tick)
        self.report(say("pretrain.packed", main=counts["main_tokens"], late=counts["late_tokens"]))

    def _same_corpus(self, done: Path) -> None:
        made_from = _read_json(done).get("made_from")
        if made_from not in (None, self.recipe.corpus_hash()):
            raise UsageError("pretrain.other_corpus", path=done.parent)

    def train(self, progress: Progress, *, compile_model: bool = True) -> int:
        """Stage "train": steps done so far; below `max_steps` when stopped. Raises as `Training.run`."""
        torch.manual_seed(self.recipe.schedule.random_seed)
        if self.state.num_processes > 1:
            self.report(say("pretrain.processes", number=self.state.num_processes))
        if compile_model and not can_compile():
            compile_model = False
            self.report(say("pretrain.no_compiler"))
        run = Training(
            self._fresh_model(),
            self._packed("main"),
            self._packed("late"),
            self.recipe.schedule,
            self._folder("training"),
            compile_model=compile_model,
            report=self.report,
        )
        return run.run(progress, self.stop)

    def trained_model(self) -> PreTrainedModel:
        """The model of the newest checkpoint, in float32 and eval mode. Raises UsageError without one."""
        path = self.out / "training"
        model, state = self._fresh_model(), load_checkpoint(path)
        try:
            model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise UsageError("pretrain.other_model", path=path / CHECKPOINT) from error
        return model.to(self.state.device).eval()  # type: ignore[arg-type]

    def tokenizer(self) -> PreTrainedTokenizerFast:
        return as_pretrained(self._tokenizer(), self.recipe.architecture.max_position_embeddings)

    def dialogue(self) -> tuning.Dialogue:
        """The rows of chat tuning. Raises UsageError that names file and line: worth asking for early."""
        return tuning.collect_dialogue(self.recipe.dialogue, self.root, self.recipe.tuning)

    def bits_per_character(self, model: PreTrainedModel) -> dict[str, float]:
        """Held-out bits per character by source. Raises Cancelled."""
        texts = evaluation.read_heldout(self.out / "corpus" / "heldout.jsonl")
        window = self.recipe.schedule.block_size
        tokenizer, found = self.tokenizer(), {}
        for done, (name, rows) in enumerate(texts.items()):
            self.tick(say("pretrain.stage_measure"), done, len(texts))
            if self.stop():
                raise Cancelled("pretrain.stopped_tuning")
            found[name] = evaluation.bits_per_character(model, tokenizer, rows, window=window)
        return found

    def tune(self, general: list[str], progress: Progress) -> Path:
        """Stage "tune": chat-tune the trained model and write the finished folder; returns it.

        `general` is plain text mixed in, beside the late mixture. Raises UsageError, LearningError, and
        Cancelled when stopped: then nothing is written.
        """
        model, tokenizer = self.trained_model(), self.tokenizer()
        settings = self.recipe.tuning
        dialogue = self.dialogue()
        figures: dict[str, Any] = {"bits_per_character": self.bits_per_character(model)}
        if dialogue.train:
            optimizer = self.recipe.schedule.optimizer
            texts = general + self._late_texts(tokenizer)
            tuning.tune(
                *(model, tokenizer, dialogue, texts, settings, progress, self.stop, optimizer),
                compile_model=len(dialogue.train) >= ROWS_WORTH_COMPILING and can_compile(),
            )
            loss = tuning.heldout_loss(model, tokenizer, dialogue.heldout, settings.block_size)
            figures |= {"dialogue": dialogue.counts, "dialogue_loss": loss}
            figures["bits_per_character_tuned"] = self.bits_per_character(model)
        return self.save(model, tokenizer, figures)

    def _late_texts(self, tokenizer: PreTrainedTokenizerFast, rows: int = 6000) -> list[str]:
        """Documents of the late mixture as text: enough of it that chat tuning never sees one twice."""
        packed = self._packed("late")
        if not packed.rows:
            return []
        ids = packed.batch(0, min(rows, packed.rows)).reshape(-1)
        ends = np.flatnonzero(ids == tokenizer.eos_token_id)
        documents = np.split(ids, ends + 1)[1:-1]  # the first may lack its beginning, the last its end
        return [tokenizer.decode(document, skip_special_tokens=True) for document in documents]

    def save(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, figures: dict[str, Any]
    ) -> Path:
        """Safetensors in bfloat16, tokenizer with chat template, recipe, figures and model card."""
        step = int(load_checkpoint(self.out / "training")["step"])
        figures = figures | {
            "parameters": sum(p.numel() for p in model.parameters()),
            "steps": step,
            "tokens": step * self.recipe.schedule.batch_size * self.recipe.schedule.block_size,
            "device": self.state.device.type,
            "corpus": _read_json(self.out / "corpus" / "corpus.json"),
        }
        model = model.to(torch.bfloat16)  # type: ignore[call-arg]
        model.config.dtype = torch.bfloat16

        def fill(folder: Path) -> None:
            library.disable_progress_bar()  # a bar for one small file
            model.save_pretrained(folder)
            library.enable_progress_bar()
            tokenizer.save_pretrained(folder)
            write_json(folder / "figures.json", _rounded(figures))
            write_json(folder / "recipe.json", self.recipe.as_dict())
            write_card(folder, self.recipe, figures)

        return replace_folder(self.out / "model", fill)

    def _fresh_model(self) -> PreTrainedModel:
        tokenizer = self._tokenizer()
        # a small corpus can give fewer entries than asked for
        shape = replace(self.recipe.architecture, vocab_size=_padded_size(tokenizer.get_vocab_size()))
        return build_model(shape, special_id(tokenizer, END), special_id(tokenizer, PAD))

    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self.out / "tokenizer.json"))

    def _packed(self, phase: str) -> corpus.PackedTokens:
        return corpus.PackedTokens(self.out / "corpus" / f"{phase}.bin", self.recipe.schedule.block_size)

    def _folder(self, name: str) -> Path:
        folder = self.out / name
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder


def _processes() -> PartialState:
    """This process among those that a launcher started (one, without a launcher)."""
    # without this word accelerate takes each of several processes on a machine without a GPU for the only one
    launched = "LOCAL_RANK" in os.environ and not torch.cuda.is_available()
    return PartialState(cpu=launched or parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=_WAIT)


def _padded_size(vocab_size: int, multiple: int = 64) -> int:
    return -(-vocab_size // multiple) * multiple


def _read_json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
