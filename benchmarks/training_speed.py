"""How fast `persian-assistant train` trains, beside the plain recipe and TRL's SFTTrainer on the same rows.

python benchmarks/training_speed.py [--rows 96] [--arms product,plain,trl,trl_packed] [--persona assistant]
                                    [--optim paged_adamw_8bit] [--random-seed 0] [--json FILE]

A random model of gpt2-fa's shape in 4 bits with a fresh adapter of rank 16, batches of 4, one epoch over
`--rows` rows drawn from data/seed (the answers carry the loss); the time of 3,000 rows × 2 epochs follows
from it, and is said to be extrapolated. `--rows 3000` takes every row and measures a whole epoch. What is
timed is the training loop from its first step to its last, with loading, encoding and measuring left out;
processor time stands beside the clock's: on a machine with other work give OMP_NUM_THREADS=1 and compare
that. `plain` is transformers' Trainer on rows padded to 256 tokens; TRL (pip install
"persian-assistant[bench]") computes in this model's own type, without gradient checkpointing. All arms have
the same model, optimizer and rate.

Every figure of a run is of the same machine state: compare within a run, not between runs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from transformers import DataCollatorForSeq2Seq, Trainer, TrainerCallback, TrainingArguments

from persian_assistant import adapters, disk
from persian_assistant.commands.bench_speed import _gpt2_fa_shape
from persian_assistant.config import data_dir
from persian_assistant.hub import ModelSource
from persian_assistant.instruction_tuning import TuningProgress, TuningSettings, tune
from persian_assistant.model import LoadedModel, load_model
from persian_assistant.persona import Persona
from persian_assistant.records import Example, Message
from persian_assistant.seed_examples import read_seed_examples
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy

ARMS = ("product", "plain", "trl", "trl_packed")
ROWS, EPOCHS, TARGET_MINUTES = 3000, 2, 20
LONGEST, BATCH, LORA_R = 256, 4, 16

Figures = dict[str, Any]
Seconds = tuple[float, float]
"""By the clock, and of processor time (all threads together)."""


class _Clock(TrainerCallback):
    """Seconds from before the first step to after the last one."""

    def __init__(self) -> None:
        self.seconds = self._began = (0.0, 0.0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began = _now()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.seconds = _since(self._began)


def _now() -> Seconds:
    return time.perf_counter(), time.process_time()


def _since(began: Seconds) -> Seconds:
    now = _now()
    return now[0] - began[0], now[1] - began[1]


def examples_of(template: ChatTemplate, rows: int, persona: str, seed: int) -> list[Example]:
    """The rows of the benchmark: the first of 3,000 drawn from the shipped seed examples."""
    conversations = read_seed_examples(sorted((data_dir() / "seed").glob("*.jsonl")))
    random.Random(seed).shuffle(conversations)
    system = [Message("system", Persona.load(persona).system)] if persona else []
    found = []
    for conversation in conversations[: min(rows, ROWS)]:
        messages = [*system, *(message for message in conversation if message.role != "system")]
        weights = [float(message.role == "assistant") for message in messages]
        found.append(template.encode_example(messages, weights, LONGEST))
    return [example for example in found if example.trains]


def candidate(loaded: LoadedModel, seed: int) -> Any:
    torch.manual_seed(seed)
    return adapters.attach(training_copy(loaded.model), None, "trained", lora_r=LORA_R, trainable=True)


def product(loaded: LoadedModel, examples: list[Example], optim: str, seed: int, folder: Path) -> Seconds:
    settings = TuningSettings(
        batch_size=BATCH, num_train_epochs=1, optim=optim, random_seed=seed, checkpoint_seconds=1e9
    )
    pad_id, model = int(loaded.tokenizer.pad_token_id), candidate(loaded, seed)
    began, ended = _now(), (0.0, 0.0)

    def report(progress: TuningProgress) -> None:
        nonlocal ended
        ended = _since(began)

    tune(model, examples, [], pad_id, settings, folder=folder, report=report)
    return ended


def _common(optim: str, seed: int, folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "per_device_train_batch_size": BATCH,
        "num_train_epochs": 1,
        "learning_rate": 2e-4,
        "optim": optim,
        "use_cpu": not torch.cuda.is_available(),
        "dataloader_pin_memory": False,
        "seed": seed,
    }


def plain(loaded: LoadedModel, examples: list[Example], optim: str, seed: int, folder: Path) -> Seconds:
    """The recipe of most courses: every row padded to the longest there may be."""
    collate = DataCollatorForSeq2Seq(loaded.tokenizer, padding="max_length", max_length=LONGEST)
    clock = _Clock()
    trainer = Trainer(
        model=candidate(loaded, seed),
        args=TrainingArguments(remove_unused_columns=False, **_common(optim, seed, folder)),
        train_dataset=[_columns(one) | {"attention_mask": [1] * len(one)} for one in examples],  # type: ignore[arg-type]
        data_collator=collate,
        callbacks=[clock],
    )
    trainer.train()
    return clock.seconds


def _columns(example: Example) -> dict[str, list[int]]:
    return {"input_ids": example.input_ids, "labels": example.labels}


def trl(
    loaded: LoadedModel,
    examples: list[Example],
    optim: str,
    seed: int,
    folder: Path,
    *,
    packing: bool = False,
) -> Seconds:
    """TRL's SFTTrainer as it is: batches padded to their longest row, or packed."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    clock = _Clock()
    trainer = SFTTrainer(
        model=candidate(loaded, seed),
        args=SFTConfig(
            max_length=LONGEST,
            packing=packing,
            bf16=False,
            gradient_checkpointing=False,
            **_common(optim, seed, folder),
        ),
        train_dataset=Dataset.from_list([_columns(one) for one in examples]),
        processing_class=loaded.tokenizer,
        callbacks=[clock],
    )
    trainer.train()
    return clock.seconds


def trl_packed(loaded: LoadedModel, examples: list[Example], optim: str, seed: int, folder: Path) -> Seconds:
    return trl(loaded, examples, optim, seed, folder, packing=True)


def measure(
    arms: list[str], rows: int, persona: str, optim: str, seed: int, say: Callable[[str], None]
) -> Figures:
    """Examples/s, real tokens/s and minutes for 3,000 × 2 of each arm."""
    with tempfile.TemporaryDirectory() as home:
        path = _gpt2_fa_shape(Path(home) / "gpt2-fa-shape")
        source = ModelSource("gpt2-fa-shape", path, None, None, "0" * 16)
        loaded = load_model(source)
        template = ChatTemplate.for_model(loaded.tokenizer)
        examples = examples_of(template, rows, persona, seed)
        tokens = sum(map(len, examples))
        figures: Figures = {
            "rows": len(examples),
            "tokens": tokens,
            "extrapolated": len(examples) < ROWS,
            "persona": persona,
            "optim": optim,
            "threads": torch.get_num_threads(),
            "cores": os.cpu_count(),
            "quantization": loaded.quantization,
            "arms": {},
        }
        say(f"{len(examples)} rows, {tokens} tokens, {torch.get_num_threads()} threads, {optim}")
        for arm in arms:
            folder = Path(home) / arm
            with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seconds, cpu_seconds = globals()[arm](loaded, examples, optim, seed, folder)
            figures["arms"][arm] = {
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "examples_per_second": len(examples) / seconds,
                "tokens_per_second": tokens / seconds,
                "minutes": seconds / len(examples) * ROWS * EPOCHS / 60,
            }
            say(f"{arm}: {len(examples) / seconds:.2f} examples/s")
    return figures


def show(figures: Figures) -> None:
    """A table as Markdown takes it."""
    slowest = max(arm["seconds"] for arm in figures["arms"].values())
    most = max(arm["cpu_seconds"] for arm in figures["arms"].values())
    how = f"extrapolated from {figures['rows']} rows" if figures["extrapolated"] else "one whole epoch, twice"
    minutes = f"3,000 × 2 in minutes ({how})"
    print(f"| arm | examples/s | real tokens/s | × the slowest | processor s | × the most | {minutes} |")
    print("|---|---|---|---|---|---|---|")
    for name, arm in figures["arms"].items():
        cells = (
            f"{arm['examples_per_second']:.2f}",
            f"{arm['tokens_per_second']:.0f}",
            f"{slowest / arm['seconds']:.1f}",
            f"{arm['cpu_seconds']:.1f}",
            f"{most / arm['cpu_seconds']:.1f}",
            f"{arm['minutes']:.1f}",
        )
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"target of product: at most {TARGET_MINUTES} minutes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--persona", default="", help="its system message stands before every row")
    parser.add_argument("--optim", default="paged_adamw_8bit")
    parser.add_argument("--random-seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    arms = args.arms.split(",")
    if unknown := set(arms) - set(ARMS):
        parser.error(f"unknown arm {sorted(unknown)}; known: {', '.join(ARMS)}")
    figures = measure(
        arms, args.rows, args.persona, args.optim, args.random_seed, lambda text: print(text, file=sys.stderr)
    )
    show(figures)
    if args.json:
        disk.write_private(args.json, disk.to_json(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
