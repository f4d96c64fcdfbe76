"""A tiny corpus of real Persian words, and recipes small enough to train in seconds."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from persian_assistant.pretraining.run import PretrainingRun

_WORDS = """
من تو او ما شما آن‌ها خانه کتاب باغ شهر مادر پدر برادر دوست باران آفتاب امروز دیروز فردا صبح شب چای نان سیب
می‌روم می‌آید رفتیم دیدند گفت شنید خواندم نوشتند بزرگ کوچک زیبا گرم سرد آرام تند و یا اما چون که از به با در
برای روی کنار پیش بعد همیشه گاهی هرگز شاید باید خوب بد تازه کهنه سبز آبی سفید دریا کوه رود جنگل
"""
WORDS = _WORDS.split()


def sentence(chance: random.Random, words: int = 12) -> str:
    """Random words, the frequent ones first in the list: a language with something to learn in it."""
    picked = [WORDS[min(int(chance.expovariate(0.06)), len(WORDS) - 1)] for _ in range(words)]
    return " ".join(picked) + "."


def documents(count: int, random_seed: int = 0, sentences: int = 4) -> list[str]:
    chance = random.Random(random_seed)
    return ["\n".join(sentence(chance) for _ in range(sentences)) for _ in range(count)]


def write_corpus(root: Path, count: int = 120) -> Path:
    """`root`/prose.txt and `root`/talk.jsonl, and dialogue rows in `root`/chat.jsonl."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "prose.txt").write_text("\n\n".join(documents(count, 1)) + "\n", encoding="utf-8")
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in documents(count // 2, 2)]
    (root / "talk.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    write_dialogue(root / "chat.jsonl", 40)
    return root


def write_dialogue(path: Path, count: int) -> None:
    chance = random.Random(3)
    lines = []
    for _ in range(count):
        place = chance.choice(["خانه", "باغ", "شهر"])
        turns = [("user", f"{sentence(chance, 5)} کجا؟"), ("assistant", f"بله در {place} است.")]
        row = {"messages": [{"role": role, "content": content} for role, content in turns]}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


TINY: dict[str, dict[str, Any]] = {
    "architecture": {
        "kind": "llama",
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "vocab_size": 400,
        "max_position_embeddings": 128,
    },
    "schedule": {
        "max_steps": 30,
        "block_size": 32,
        "batch_size": 4,
        "learning_rate": 0.01,
        "warmup_steps": 4,
        "decay_share": 0.3,
        "checkpoint_every": 10,
    },
    "tuning": {"num_train_epochs": 8, "learning_rate": 0.005, "batch_size": 8, "block_size": 128},
}
SOURCES = """
[[sources]]
path = "prose.txt"
late_repeat = 0.5
licence = "CC0 1.0"
url = "example.org/prose"

[[sources]]
path = "talk.jsonl"
repeat = 1.5
register = "colloquial"
licence = "CC BY 4.0"
url = "example.org/talk | mirror"

[[dialogue]]
path = "chat.jsonl"
licence = "CC0 1.0"
url = "example.org/chat"
"""


def recipe_text(extra: str = SOURCES, **changes: dict[str, Any]) -> str:
    """The tiny recipe as TOML; `changes` by section, e.g. `schedule={"max_steps": 9}`."""
    lines = ['name = "tiny"', 'licence = "cc-by-4.0"']
    for name, section in TINY.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in (section | changes.get(name, {})).items()]
    return "\n".join(lines) + "\n" + extra


def write_recipe(path: Path, extra: str = SOURCES, **changes: dict[str, Any]) -> Path:
    path.write_text(recipe_text(extra, **changes), encoding="utf-8")
    return path


_finished: list[PretrainingRun] = []


def finished_run(folders: pytest.TempPathFactory) -> PretrainingRun:
    """The tiny recipe with all its stages done, made once for all test files."""
    if not _finished:
        import torch

        from persian_assistant.pretraining.recipe import Recipe
        from persian_assistant.pretraining.run import PretrainingRun

        root = write_corpus(folders.mktemp("text"))
        recipe = Recipe.load(write_recipe(root / "tiny.toml", schedule={"max_steps": 60}))
        torch.set_num_threads(1)
        work = PretrainingRun(recipe, root, root / "out", lambda text: None, lambda: False)
        work.prepare()
        assert work.train(lambda figures: None, compile_model=False) == 60
        work.tune(documents(5, 8), lambda figures: None)
        _finished.append(work)
    return _finished[0]
