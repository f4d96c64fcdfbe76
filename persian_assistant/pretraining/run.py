"""The stages of a run in their order; each is skipped when its result is already in the folder.

<out>/recipe.json                 the recipe in force
<out>/tokenizer.json, corpus/     stage "corpus"
<out>/training/checkpoint.pt      stage "train" (goes on from here)
<out>/model/                      stage "tune": the finished model folder
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from persian_assistant.pretraining import corpus, evaluation, tuning
from persian_assistant.pretraining.card import write_card
from persian_assistant.pretraining.recipe import Recipe
from persian_assistant.pretraining.tokenizer import END, PAD, as_pretrained
from persian_assistant.pretraining.training import Training, build_model

Progress = Callable[[dict[str, float]], None]
Report = Callable[[str], None]
Stop = Callable[[], bool]


class PretrainingRun:
    """One model being made in `out` from text below `root`."""

    def __init__(self, recipe: Recipe, root: Path, out: Path, report: Report, stop: Stop) -> None:
        self.recipe, self.root, self.out = recipe, root, out
        self.report, self.stop = report, stop
        self.state = PartialState()
        out.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> dict[str, Any]:
        """Stage "corpus": tokenizer and packed tokens. Only the first process works, the others wait."""
        done = self.out / "corpus" / "corpus.json"
        with self.state.main_process_first():
            if self.state.is_main_process and not done.exists():
                texts = corpus.collect(self.recipe, self.root, self.report)
                tokenizer = corpus.build_tokenizer(
                    texts, self.recipe.architecture.vocab_size, self.recipe.schedule.random_seed
                )
                tokenizer.save(str(self.out / "tokenizer.json"))
                corpus.pack(texts, tokenizer, self.recipe, self.out / "corpus")
            if self.state.is_main_process:
                text = json.dumps(self.recipe.as_dict(), ensure_ascii=False, indent=1)
                (self.out / "recipe.json").write_text(text, encoding="utf-8")
        return dict(json.loads(done.read_text(encoding="utf-8")))

    def train(self, progress: Progress, *, compile_model: bool = True) -> int:
        """Stage "train": steps done so far; below `max_steps` when stopped."""
        torch.manual_seed(self.recipe.schedule.random_seed)
        run = Training(
            self._fresh_model(),
            self._packed("main"),
            self._packed("late"),
            self.recipe.schedule,
            self._folder("training"),
            compile_model=compile_model,
        )
        return run.run(progress, self.stop)

    def trained_model(self) -> PreTrainedModel:
        """The model of the newest checkpoint, in float32."""
        model = self._fresh_model()
        state = torch.load(self._folder("training") / "checkpoint.pt", weights_only=True, map_location="cpu")
        model.load_state_dict(state["model"])
        return model.eval()

    def tokenizer(self) -> PreTrainedTokenizerFast:
        return as_pretrained(self._tokenizer(), self.recipe.architecture.max_position_embeddings)

    def bits_per_character(self, model: PreTrainedModel) -> dict[str, float]:
        """Held-out bits per character by source."""
        texts = evaluation.read_heldout(self.out / "corpus" / "heldout.jsonl")
        window = self.recipe.schedule.block_size
        tokenizer = self.tokenizer()
        return {
            name: evaluation.bits_per_character(model, tokenizer, rows, window=window)
            for name, rows in texts.items()
        }

    def tune(self, general: list[str], progress: Progress) -> Path:
        """Stage "tune": chat-tune the trained model and write the finished folder; returns it."""
        model, tokenizer = self.trained_model(), self.tokenizer()
        figures: dict[str, Any] = {"bits_per_character": self.bits_per_character(model)}
        dialogue = tuning.collect_dialogue(self.recipe.dialogue, self.root, self.recipe.tuning.random_seed)
        settings = self.recipe.tuning
        if dialogue.train:
            tuning.tune(model, tokenizer, dialogue, general, settings, progress, self.stop)
            loss = tuning.heldout_loss(model, tokenizer, dialogue.heldout, settings.block_size)
            figures |= {"dialogue": dialogue.counts, "dialogue_loss": loss}
            figures["bits_per_character_tuned"] = self.bits_per_character(model)
        return self.save(model, tokenizer, figures)

    def save(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, figures: dict[str, Any]
    ) -> Path:
        """Safetensors in bfloat16, tokenizer with chat template, recipe, figures and model card."""
        folder = self._folder("model")
        model = model.to(torch.bfloat16)
        model.config.dtype = torch.bfloat16
        model.generation_config.max_new_tokens = None
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        step = json.loads((self.out / "training" / "progress.json").read_text(encoding="utf-8"))["step"]
        figures |= {
            "parameters": sum(p.numel() for p in model.parameters()),
            "steps": step,
            "tokens": step * self.recipe.schedule.batch_size * self.recipe.schedule.block_size,
            "corpus": json.loads((self.out / "corpus" / "corpus.json").read_text(encoding="utf-8")),
        }
        clean = {key: _rounded(value) for key, value in figures.items()}
        for name, value in (("figures.json", clean), ("recipe.json", self.recipe.as_dict())):
            (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        write_card(folder, self.recipe, figures, [])
        return folder

    def _fresh_model(self) -> PreTrainedModel:
        tokenizer = self._tokenizer()
        # a small corpus can give fewer entries than asked for
        shape = replace(self.recipe.architecture, vocab_size=_padded_size(tokenizer.get_vocab_size()))
        return build_model(shape, tokenizer.token_to_id(END), tokenizer.token_to_id(PAD))

    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self.out / "tokenizer.json"))

    def _packed(self, phase: str) -> corpus.PackedTokens:
        return corpus.PackedTokens(self.out / "corpus" / f"{phase}.bin", self.recipe.schedule.block_size)

    def _folder(self, name: str) -> Path:
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _padded_size(vocab_size: int, multiple: int = 64) -> int:
    return -(-vocab_size // multiple) * multiple


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
