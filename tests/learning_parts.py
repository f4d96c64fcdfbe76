"""Real small parts for the tests of the learning loop: models on disk, data, a journal, a profile."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tiny_models import SENTENCES, save_tiny, source_of

from persian_assistant.hub import ModelSource
from persian_assistant.journal import Journal
from persian_assistant.learning_pass import LearningPass, PassMaterial
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.records import Exchange, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.versions import VersionStore

torch.set_num_threads(1)  # tiny matrices: a second thread only waits

FACTS = [
    "اسم من سارا است.",
    "من در شیراز زندگی می‌کنم.",
    "یک گربهٔ سفید به نام برفی دارم.",
    "فردا ساعت هشت قطار دارم.",
]


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


def load(architecture: str = "llama", kind: str | None = "mini", quantization: str = "none") -> LoadedModel:
    source: ModelSource = source_of(model_folder(architecture, kind))
    return load_model(source, quantization=quantization, device="cpu")


def talk(*texts: str) -> list[Message]:
    roles = ("user", "assistant")
    return [Message(roles[at % 2], text) for at, text in enumerate(texts)]  # type: ignore[arg-type]


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


def persona_file(folder: Path, name: str = "tiny", seeds: int = 6, system: str = "تو دستیاری.") -> Path:
    """A persona of one's own with a seed file of its own."""
    rows = [
        {"messages": [message.as_chat() for message in talk(SENTENCES[at % 12], SENTENCES[(at + 3) % 12])]}
        for at in range(seeds)
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / f"{name}-seeds.jsonl").write_text(text, encoding="utf-8")
    path = folder / f"{name}.toml"
    path.write_text(
        f'name = "{name}"\nsystem = "{system}"\ngreeting = "سلام"\nseed_examples = ["{name}-seeds.jsonl"]\n',
        encoding="utf-8",
    )
    return path


def fill(journal: Journal, count: int) -> list[int]:
    """Exchanges in a journal; their numbers."""
    numbers = []
    for at in range(count):
        seq = journal.append_user(FACTS[at % len(FACTS)])
        journal.append_assistant(seq, "باشد.")
        numbers.append(seq)
    return numbers
