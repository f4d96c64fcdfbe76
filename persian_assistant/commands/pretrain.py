"""`persian-assistant pretrain`: a small model from raw text; also under `accelerate launch`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from persian_assistant.config import Config, data_dir
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.pretraining.recipe import Recipe

STAGES = ("all", "corpus", "train", "tune")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    parser.add_argument("inputs", nargs="*", metavar="TEXT", help=say("pretrain.help_inputs"))
    parser.add_argument("--recipe", type=Path, help=say("pretrain.help_recipe"))
    parser.add_argument("--root", type=Path, default=Path(), help=say("pretrain.help_root"))
    parser.add_argument("--out", type=Path, required=True, help=say("pretrain.help_out"))
    parser.add_argument("--stage", choices=STAGES, default="all", help=say("pretrain.help_stage"))
    parser.add_argument("--max-steps", type=int, help=say("pretrain.help_max_steps"))
    parser.add_argument("--threads", type=int, help=say("pretrain.help_threads"))
    parser.add_argument("--no-compile", action="store_true", help=say("pretrain.help_no_compile"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Build the model; progress on stderr, the finished folder on stdout. Raises AssistantError."""
    import torch

    from persian_assistant.pretraining.run import PretrainingRun

    if args.threads:
        torch.set_num_threads(args.threads)
    stopped = _stop_on_signal()
    work = PretrainingRun(_recipe(args), args.root, args.out, _report, stopped)
    work.prepare()
    if args.stage in ("all", "train"):
        steps = work.train(_Line(work.recipe.schedule.max_steps), compile_model=not args.no_compile)
        if steps < work.recipe.schedule.max_steps:
            raise Cancelled("pretrain.stopped", step=steps, path=args.out)
    if args.stage in ("all", "tune") and work.state.is_main_process:
        print(work.tune(general_texts(), _Line(0)))
    return 0


def general_texts() -> list[str]:
    """The training part of data/general."""
    rows: list[dict[str, Any]] = []
    for path in sorted((data_dir() / "general").glob("*.jsonl")):
        rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if row["split"] == "train"]


def _recipe(args: argparse.Namespace) -> Recipe:
    from persian_assistant.pretraining.recipe import Recipe, Source

    if bool(args.inputs) == bool(args.recipe):
        raise UsageError("pretrain.inputs_or_recipe")
    recipe = (
        Recipe.load(args.recipe)
        if args.recipe
        else Recipe(name=args.out.name, sources=tuple(Source(path=text) for text in args.inputs))
    )
    if args.max_steps:
        recipe = replace(recipe, schedule=replace(recipe.schedule, max_steps=args.max_steps))
    return recipe


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _stop_on_signal() -> Callable[[], bool]:
    """True once Ctrl-C or SIGTERM came: the run ends after its step, with a checkpoint."""
    met: list[int] = []

    def handler(number: int, frame: FrameType | None) -> None:
        if met:
            raise KeyboardInterrupt
        met.append(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, handler)
    return lambda: bool(met)


class _Line:
    """One progress line: steps, loss (running mean), tokens a second, time left."""

    def __init__(self, steps: int) -> None:
        self.steps, self.first, self.shown = steps, 0, 0.0
        self.loss: float | None = None
        self.started = time.monotonic()

    def __call__(self, figures: dict[str, float]) -> None:
        step, steps = int(figures["step"]), int(figures.get("steps", self.steps))
        self.first = self.first or step - 1
        self.loss = figures["loss"] if self.loss is None else 0.95 * self.loss + 0.05 * figures["loss"]
        now = time.monotonic()
        live = sys.stderr.isatty()
        if now - self.shown < (0.5 if live else 15) and step < steps:
            return
        self.shown = now
        left = (now - self.started) / max(1, step - self.first) * (steps - step)
        line = say(
            "pretrain.progress",
            step=step,
            steps=steps,
            loss=f"{self.loss:.3f}",
            rate=f"{figures.get('tokens_per_second', 0):.0f}",
            left=f"{int(left) // 60}:{int(left) % 60:02d}",
        )
        end = "" if live and step < steps else "\n"
        print(f"\r{line}\x1b[K" if live else line, end=end, file=sys.stderr, flush=True)
