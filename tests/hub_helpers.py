"""What the tests of models and the Hub share: a small repository, a person who answers, a new process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from persian_assistant import hub
from persian_assistant.hub import ModelSource, resolve

PACKAGE = Path(hub.__file__).parent
WEIGHTS = random.Random(1).randbytes(900_000)
SMALL = {"config.json": b'{"model_type": "gpt2"}', "tokenizer.json": b'{"model": {}}', "vocab.json": b"{}"}
MODEL = {
    **SMALL,
    "README.md": b"---\nlicense: mit\n---\n",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"pickle" * 9,
    "tf_model.h5": b"tf" * 9,
    "flax_model.msgpack": b"flax" * 9,
    "onnx/model.onnx": b"onnx" * 9,
    "training_args.bin": b"args",
    "optimizer.pt": b"optimizer",
}
WANTED = {*SMALL, "model.safetensors"}
GPT2_FA = "HooshvareLab/gpt2-fa"


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class Person:
    """Somebody at the terminal: keeps what was said and asked, and answers always the same."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    def resolve(self, name: str | None, **options: object) -> ModelSource:
        return resolve(name, notice=self.told.append, ask=self.ask, interactive=True, **options)  # type: ignore[arg-type]


def download(name: str, **options: object) -> ModelSource:
    return resolve(name, notice=lambda line: None, allow_download=True, **options)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run_python(code: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
