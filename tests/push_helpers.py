"""What the tests of pushing share: a version with secrets beside it, and a person who answers."""

from __future__ import annotations

import json
import random
import traceback
from pathlib import Path
from typing import Any

from hub_server import TOKEN

from persian_assistant import wording
from persian_assistant.push import PushBundle, push_adapter

ADAPTER = random.Random(2).randbytes(300_000)
ALLOWED = {
    "adapter_model.safetensors",
    "adapter_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "README.md",
}
SECRET = "شماره کارت من ۶۰۳۷ است"


def make_bundle(tmp_path: Path) -> PushBundle:
    """A version's folder and a tokenizer's, each with much beside that nobody may see."""
    adapter, tokenizer = tmp_path / "versions" / "0007", tmp_path / "base"
    adapter.mkdir(parents=True)
    tokenizer.mkdir()
    for name in (
        "journal.jsonl",
        "facts.jsonl",
        "persona.toml",
        "version.json",
        "trainer_state.json",
        "README.md",
    ):
        (adapter / name).write_text(SECRET, encoding="utf-8")
    for name in ("optimizer.pt", "training_args.bin", "scheduler.pt", "rng_state.pth", "model.safetensors"):
        (adapter / name).write_bytes(SECRET.encode())
        (tokenizer / name).write_bytes(SECRET.encode())
    (adapter / "adapter_model.safetensors").write_bytes(ADAPTER)
    settings = {
        "peft_type": "LORA",
        "r": 8,
        "base_model_name_or_path": str(tokenizer),
        "target_modules": ["c_attn", "c_proj"],
        "auto_mapping": {
            "where": str(Path.home() / "models"),
            "list": ["/srv/models/mine", "C:\\Users\\sara"],
        },
    }
    (adapter / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (tokenizer / "tokenizer.json").write_text('{"model": {"vocab": {"/usr/lib": 1}}}', encoding="utf-8")
    (tokenizer / "tokenizer_config.json").write_text(
        json.dumps({"name_or_path": str(tokenizer), "bos_token": "<s>", "sep_token": "/"}), encoding="utf-8"
    )
    return PushBundle(
        adapter_dir=adapter,
        tokenizer_dir=tokenizer,
        base={"name": "gpt2-fa", "repo_id": "HooshvareLab/gpt2-fa", "revision": "a" * 40},
        version=7,
        counts={"exchanges": 40, "seed_examples": 312, "said": SECRET, SECRET: 1},
        scores={"perplexity": 12.345678, "recall": 1, "sample": SECRET, SECRET: 0.5, "passed": True},
        persona="assistant",
        licence="apache-2.0",
    )


class Person:
    """Somebody who answers in the given order and remembers everything shown."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answers.pop(0)

    def push(self, bundle: PushBundle, repo_id: str = "sara/chat", **options: Any) -> str:
        return push_adapter(bundle, repo_id, ask=self.ask, notice=self.told.append, **options)


def push_yes(bundle: PushBundle, repo_id: str = "sara/chat", **options: Any) -> str:
    return push_adapter(bundle, repo_id, ask=None, yes=True, notice=lambda line: None, **options)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def assert_tells_nothing(error: BaseException) -> None:
    """Neither the sentences nor a printed traceback hold the token; nothing is chained to them."""
    assert error.__cause__ is None
    assert error.__context__ is None
    printed = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    for language in wording.LANGUAGES:
        wording.set_language(language)
        assert TOKEN not in str(error) + printed + repr(error.__dict__)
    assert "signature=secret" not in str(error) + printed
