"""`persian-assistant pretrain`: a small model from raw text; also under `accelerate launch`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant.commands.signals import StopSignal
from persian_assistant.config import Config, data_dir
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.figures import clock, decimal, figure
from persian_assistant.wording import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from persian_assistant.pretraining.recipe import Recipe
    from persian_assistant.pretraining.run import PretrainingRun

STAGES = ("all", "corpus", "train", "tune")
SHOWN_EVERY = 15.0
"""Seconds between two lines where there is no terminal."""
WINDOW_SECONDS = 60.0
"""Tokens a second and time left are those of the last minute: the first steps compile."""


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
    recipe = _recipe(args)

    import torch

    from persian_assistant.commands.bars import stderr_console
    from persian_assistant.pretraining.run import PretrainingRun

    if args.threads is not None:
        if args.threads < 1:
            raise UsageError("cli.bad_value", name="--threads", value=args.threads, expected="≥ 1")
        torch.set_num_threads(args.threads)
    console = stderr_console()
    stop = StopSignal()
    with _Stages(console) as stages:
        work = PretrainingRun(recipe, args.root, args.out, stages.say, stop, stages.tick)
        work.prepare()
        if args.stage in ("all", "tune"):
            work.dialogue()  # a bad row is told now, not after hours
    if args.stage in ("all", "train"):
        with stop.installed():
            steps = work.train(_line(work), compile_model=not args.no_compile)
        if steps < recipe.schedule.max_steps:
            if not work.state.is_main_process:
                return Cancelled.exit_code  # the first process says it for all
            raise Cancelled("pretrain.stopped", step=steps, path=args.out)
    if args.stage in ("all", "tune") and work.state.is_main_process:
        print(_tune(work, console, stop))
    return 0


def _tune(work: PretrainingRun, console: Console, stop: StopSignal) -> Path:
    from persian_assistant.seed_examples import general_texts

    with stop.installed(), _Stages(console) as stages:
        work.tick, work.report = stages.tick, stages.say
        return work.tune(general_texts("train"), _line(work))


def _recipe(args: argparse.Namespace) -> Recipe:
    from persian_assistant.pretraining.recipe import Recipe, Source

    if bool(args.inputs) == bool(args.recipe):
        raise UsageError("pretrain.inputs_or_recipe")
    if args.recipe:
        recipe = Recipe.load(args.recipe)
    else:
        sources = [Source(path=text) for text in args.inputs]
        labels = [source.label for source in sources]
        unclear = len(set(labels)) < len(labels)
        recipe = Recipe(
            name=args.out.name or "model",
            sources=tuple(replace(source, name=source.path) if unclear else source for source in sources),
            dialogue=tuple(
                Source(path=f"data:seed/{path.name}", url="written for persian-assistant")
                for path in sorted((data_dir() / "seed").glob("*.jsonl"))
            ),
        )
    if args.max_steps is not None:
        recipe = replace(recipe, schedule=replace(recipe.schedule, max_steps=args.max_steps))
    return recipe


class _Stages:
    """Finished sentences, and a bar for what is being done; without a terminal only lines, now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name, self._shown = "", time.monotonic()

    def __enter__(self) -> _Stages:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def say(self, text: str) -> None:
        self._console.print(text)

    def tick(self, name: str, done: int, total: int) -> None:
        """How far stage `name` is."""
        if not self._console.is_terminal:
            if (now := time.monotonic()) - self._shown >= SHOWN_EVERY:
                self._shown = now
                self.say(f"{name} {figure(done)}/{figure(total)}" if total else name)
            return
        if name != self._name or self._bar is None or self._task is None:
            self._close()
            self._bar, self._name = _new_bar(self._console), name
            self._bar.start()
            self._task = self._bar.add_task(name, total=total or None)
        self._bar.update(self._task, completed=done)
        if total and done >= total:
            self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


def _new_bar(console: Console) -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn

    from persian_assistant.commands.bars import Count, Remaining

    text = TextColumn("{task.description}", markup=False)
    return Progress(text, BarColumn(), Count(), Remaining(), console=console, transient=True)


def _line(work: PretrainingRun) -> Callable[[dict[str, float]], None]:
    """Progress of the steps, shown by the first process only."""
    return _Line() if work.state.is_main_process else lambda figures: None


class _Line:
    """One progress line: steps, loss (running mean), tokens a second, time left."""

    def __init__(self) -> None:
        self._loss: float | None = None
        self._tokens, self._shown = 0.0, 0.0
        self._past: deque[tuple[float, int, float]] = deque()
        """(time, step, tokens so far) of the last minute."""

    def __call__(self, figures: dict[str, float]) -> None:
        step, steps = int(figures["step"]), int(figures["steps"])
        self._loss = figures["loss"] if self._loss is None else 0.95 * self._loss + 0.05 * figures["loss"]
        now = time.monotonic()
        self._tokens += figures["tokens"]
        self._past.append((now, step, self._tokens))
        while len(self._past) > 2 and now - self._past[0][0] > WINDOW_SECONDS:
            self._past.popleft()
        live = sys.stderr.isatty()
        if now - self._shown < (0.5 if live else SHOWN_EVERY) and step < steps:
            return
        self._shown = now
        line = self._text(step, steps)
        end = "" if live and step < steps else "\n"
        print(f"\r{line}\x1b[K" if live else line, end=end, file=sys.stderr, flush=True)

    def _text(self, step: int, steps: int) -> str:
        (then, first, before), (now, last, tokens) = self._past[0], self._past[-1]
        rate, left = "–", "–"
        if last > first and now > then:
            left = clock((now - then) / (last - first) * (steps - step))
            rate = figure(round((tokens - before) / (now - then)))
        loss = decimal(self._loss or 0, 3)
        return say("pretrain.progress", step=step, steps=steps, loss=loss, rate=rate, left=left)
