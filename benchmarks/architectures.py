"""Llama type against GPT-2 type: bits per character at equal computing time, sizes being equal.

    python benchmarks/architectures.py --root CORPUS --out FOLDER [--seconds 1200] [--kind llama]

Both are trained on the recipe's own text with its schedule, warm-up and decay included, for as many steps as
`--seconds` of processor time allow (compilation left out; the first steps tell the speed). With `--kind` one
of them, so that each can have a core of its own. The corpus is prepared once in FOLDER and shared. Figures
on stdout and in FOLDER/KIND.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from persian_assistant.config import data_dir
from persian_assistant.pretraining.outputs import write_json
from persian_assistant.pretraining.recipe import Architecture, Recipe, Schedule
from persian_assistant.pretraining.run import PretrainingRun

GPT2_INTERMEDIATE = 1056
"""With two matrices as many weights as Llama's three of 704."""
TIMED_STEPS = 12
SETTLED = 4
"""Steps that compile or warm the caches."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--kind", choices=("llama", "gpt2"))
    args = parser.parse_args()
    recipe = replace(Recipe.load(data_dir() / "recipes" / "mini.toml"), dialogue=())
    PretrainingRun(recipe, args.root, args.out / "corpus-only", _say, lambda: False).prepare()
    for kind in [args.kind] if args.kind else ["llama", "gpt2"]:
        figures = compare(kind, recipe, args)
        write_json(args.out / f"{kind}.json", figures)
        print(json.dumps(figures, indent=1), flush=True)


def compare(kind: str, recipe: Recipe, args: argparse.Namespace) -> dict[str, object]:
    """One architecture, first timed, then trained whole: steps, processor seconds, bits per character."""
    shape = recipe.architecture
    if kind == "gpt2":
        shape = replace(shape, kind=kind, intermediate_size=GPT2_INTERMEDIATE)
    seconds, _ = _train(kind, recipe, shape, replace(recipe.schedule, max_steps=TIMED_STEPS), args, "timing")
    steps = int(args.seconds / seconds)
    schedule = replace(recipe.schedule, max_steps=steps, warmup_steps=min(40, steps // 10))
    _say(f"{kind}: {seconds:.2f} s a step, {steps} steps")
    seconds, run = _train(kind, recipe, shape, schedule, args, "run")
    model = run.trained_model()
    return {
        "kind": kind,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": steps,
        "tokens": steps * schedule.batch_size * schedule.block_size,
        "seconds_a_step": seconds,
        "bits_per_character": run.bits_per_character(model),
    }


def _train(
    kind: str,
    recipe: Recipe,
    shape: Architecture,
    schedule: Schedule,
    args: argparse.Namespace,
    name: str,
) -> tuple[float, PretrainingRun]:
    """(processor seconds a step once it has settled, the run)."""
    folder = args.out / f"{kind}-{name}"
    if not folder.exists():
        shutil.copytree(args.out / "corpus-only", folder)
    run = PretrainingRun(
        replace(recipe, architecture=shape, schedule=schedule), args.root, folder, _say, lambda: False
    )
    run.prepare()
    marks: list[float] = []
    run.train(lambda told: marks.append(time.process_time()))
    timed = marks[SETTLED:]
    return (timed[-1] - timed[0]) / max(len(timed) - 1, 1) if len(timed) > 1 else float("nan"), run


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
