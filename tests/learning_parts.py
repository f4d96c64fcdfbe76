"""Real small parts for the tests of the learning loop: models on disk, and the data of a pass."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

import torch
from learning_files import FACTS, talk
from tiny_models import SENTENCES, save_tiny, source_of

from persian_assistant.learning_pass import LearningPass, PassMaterial
from persian_assistant.metrics import text_ids
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.records import Exchange, Lessons
from persian_assistant.template import ChatTemplate
from persian_assistant.versions import VersionStore

torch.set_num_threads(1)  # tiny matrices: a second thread only waits


@cache
def _root() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tiny-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def model_folder(architecture: str = "llama", kind: str | None = "mini") -> Path:
    """A tiny model on disk, made once in a test run."""
    folder = _root() / f"{architecture}-{kind}"
    save_tiny(folder, architecture, kind)
    return folder


@cache
def schooled_folder() -> Path:
    """A tiny model that knows the tests' sentences by heart, and to stop after one: it can be made worse."""
    folder = _root() / "schooled"
    loaded = load_model(source_of(model_folder()), quantization="none", device="cpu")
    template = ChatTemplate.for_model(loaded.tokenizer)
    model = loaded.model.float().train().requires_grad_(True)
    texts = [text_ids(template, text) for text in SENTENCES]
    chats = [
        template.encode_example(talk(SENTENCES[at], SENTENCES[(at + 5) % 12]), [1.0, 1.0], 200).input_ids
        for at in range(12)
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(15):
        for row in (*texts, *chats):
            ids = torch.tensor([row])
            model(input_ids=ids, labels=ids).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    model.eval().save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return folder


def load(architecture: str = "llama", kind: str | None = "mini", quantization: str = "none") -> LoadedModel:
    """`architecture` may be "schooled"."""
    folder = schooled_folder() if architecture == "schooled" else model_folder(architecture, kind)
    return load_model(source_of(folder), quantization=quantization, device="cpu")


def material(seeds: int = 8) -> PassMaterial:
    """Little data of every kind, in the words the tiny tokenizers know."""
    pairs = [talk(SENTENCES[at % 12], SENTENCES[(at + 5) % 12]) for at in range(seeds + 2)]
    return PassMaterial(
        seed_examples=pairs[:seeds],
        heldout_examples=pairs[seeds:],
        general_texts=SENTENCES[:8],
        heldout_texts=SENTENCES[8:],
        persona="تو دستیاری مهربانی.",
    )


def exchanges(count: int = 4) -> list[Exchange]:
    return [Exchange(at + 1, 0.0, FACTS[at % len(FACTS)], "باشد.") for at in range(count)]


def lessons(count: int = 4) -> Lessons:
    return Lessons(exchanges=tuple(exchanges(count)))


def learning_pass(loaded: LoadedModel, folder: Path, parts: PassMaterial | None = None) -> LearningPass:
    template = ChatTemplate.for_model(loaded.tokenizer)
    return LearningPass(loaded, template, VersionStore(folder), parts or material())


def no_report(phase: str, progress: float, loss: float | None, seconds_left: float | None) -> None:
    """Nobody looks."""


def never() -> threading.Event:
    return threading.Event()


def parameters_of(model: Any) -> dict[str, torch.Tensor]:
    """Copies of all parameters, 4-bit ones as they are packed, with what scales them."""
    copies = {name: one.detach().clone() for name, one in model.named_parameters()}
    for name, one in model.named_parameters():
        state = getattr(one, "quant_state", None)
        if state is not None:
            copies[f"{name}.absmax"] = state.absmax.clone()
    return copies
