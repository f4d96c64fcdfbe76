"""`compare techniques`: one model trained in different ways with the same budget, each result measured.

What is finished is kept in the folder of the comparison: the same command goes on with the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant import disk
from persian_assistant.config import Config, data_dir, home
from persian_assistant.errors import Cancelled, LearningError, UsageError
from persian_assistant.persona import Persona
from persian_assistant.seed_examples import general_texts, split_seed_examples
from persian_assistant.techniques_folder import NAMES, check_technique
from persian_assistant.text import to_latin_digits
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.comparing.techniques import Comparison, ComparisonSettings, Material
    from persian_assistant.hub import ModelSource
    from persian_assistant.instruction_tuning import TuningProgress

RECORD = "comparison.json"
SHAPES = ("gpt2-fa-shape", "gemma-2-shape")
"""Random models that are built on the spot."""
ROWS, HELDOUT_ROWS = 1000, 64
HELDOUT_SHARE = 10
"""Of a file of the user's own, one row in so many is held out."""
BUDGET = re.compile(r"(\d+)\s*(s|steps|tokens)")


@dataclass(frozen=True)
class Plan:
    """What was asked for on the command line, checked as far as it can be without a model."""

    model: str | None
    techniques: tuple[str, ...]
    seeds: tuple[int, ...]
    amount: int
    unit: str
    batch_size: int
    learning_rates: dict[str, float]
    """Those that were given."""
    rows: int
    data: str | None
    columns: dict[str, str] | None
    persona: str
    out: Path | None
    json: Path | None
    plot: Path | None

    def runs(self) -> list[tuple[str, int]]:
        """Technique and random seed of every result."""
        return [(technique, seed) for technique in self.techniques for seed in self.seeds]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `compare techniques`."""
    names = ", ".join(NAMES)
    parser.add_argument("--model", metavar="NAME", help=say("compare.help_model", shapes=", ".join(SHAPES)))
    parser.add_argument(
        "--technique", default="all", metavar="NAME[,NAME…]", help=say("compare.help_technique", names=names)
    )
    parser.add_argument(
        "--budget", default="300s", metavar="{300s,2000steps,200000tokens}", help=say("compare.help_budget")
    )
    parser.add_argument("--random-seed", default="1", metavar="N[,N…]", help=say("bench.help_seeds"))
    parser.add_argument("--data", metavar="FILE", help=say("compare.help_data"))
    parser.add_argument("--columns", metavar="NAME=COLUMN,…", help=say("compare.help_columns"))
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help=say("compare.help_rows"))
    parser.add_argument("--learning-rate", metavar="NAME=RATE[,…]", help=say("compare.help_rate"))
    parser.add_argument("--batch-size", type=int, default=8, metavar="N", help=say("compare.help_batch"))
    parser.add_argument("--persona", metavar="NAME|PATH", help=say("bench.help_persona"))
    parser.add_argument("--out", type=Path, metavar="DIR", help=say("compare.help_out"))
    parser.add_argument("--json", type=Path, metavar="FILE", help=say("bench.help_json"))
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help=say("compare.help_plot"))


def plan_of(args: argparse.Namespace, config: Config) -> Plan:
    """Raises UsageError: an unknown technique, a budget that is none, numbers that are none."""
    names = NAMES if args.technique == "all" else tuple(dict.fromkeys(args.technique.split(",")))
    for name in names:
        check_technique(name)
    budget = BUDGET.fullmatch(to_latin_digits(args.budget).strip().lower())
    if budget is None or int(budget[1]) < 1:
        _refuse("--budget", args.budget, "300s | 2000steps | 200000tokens")
    try:
        seeds = tuple(dict.fromkeys(int(to_latin_digits(part)) for part in args.random_seed.split(",")))
    except ValueError:
        seeds = (-1,)
    if not all(0 <= seed < 2**32 for seed in seeds):
        _refuse("--random-seed", args.random_seed, "1,2,3")
    for name, value, least in (("--rows", args.rows, 1), ("--batch-size", args.batch_size, 1)):
        if value < least:
            _refuse(name, value, f"≥ {least}")
    columns = None
    if args.columns:
        from persian_assistant.example_files import parse_columns

        columns = parse_columns(args.columns)
    assert budget is not None
    return Plan(
        model=args.model or config.model.name,
        techniques=names,
        seeds=seeds,
        amount=int(budget[1]),
        unit=budget[2],
        batch_size=args.batch_size,
        learning_rates=_rates(args.learning_rate or ""),
        rows=args.rows,
        data=args.data,
        columns=columns,
        persona=args.persona or config.persona,
        out=args.out,
        json=args.json,
        plot=args.plot,
    )


def _rates(text: str) -> dict[str, float]:
    """`lora=1e-3,full=1e-4` as a mapping. Raises UsageError."""
    rates = {}
    for name, _, value in (part.strip().partition("=") for part in text.split(",") if part.strip()):
        check_technique(name)
        try:
            rates[name] = float(to_latin_digits(value))
        except ValueError:
            rates[name] = 0.0
        if not 0 < rates[name] <= 1:
            _refuse("--learning-rate", text, "lora=1e-3,full=1e-4")
    return rates


def _refuse(name: str, value: object, expected: str) -> None:
    raise UsageError("cli.bad_value", name=name, value=value, expected=expected)


def run(args: argparse.Namespace, config: Config) -> int:
    """All results that the comparison does not hold yet; table, JSON, plot. Raises AssistantError.

    Ctrl-C (exit code 130) ends after the step at hand; everything finished is kept, and the training at hand
    goes on from its checkpoint the next time.
    """
    plan = plan_of(args, config)
    persona = Persona.load(plan.persona)
    train, heldout = conversations(plan, persona)

    from persian_assistant.commands import compare_techniques_report as report
    from persian_assistant.commands.bars import stderr_console
    from persian_assistant.commands.pretrain import _Stages
    from persian_assistant.commands.signals import StopSignal
    from persian_assistant.comparing.techniques import (
        Budget,
        Comparison,
        ComparisonSettings,
        Material,
        Quality,
    )
    from persian_assistant.techniques import LEARNING_RATES

    source = _source(plan, config)
    material = Material(train, heldout, general_texts("heldout"), persona.system)
    settings = ComparisonSettings(
        Budget(plan.amount, plan.unit),
        plan.batch_size,
        config.model.device,
        {**LEARNING_RATES, **plan.learning_rates},
    )
    folder, record = opened(plan, source, material, settings)
    stop = StopSignal()
    with _Stages(stderr_console()) as stages, stop.installed():
        comparison = Comparison(
            source,
            material,
            settings,
            folder,
            phase=lambda name: stages.tick(say(f"compare.phase_{name}"), 0, 0),
            notice=stages.say,
            stop=stop,
        )
        comparison.bases = {name: Quality(**one) for name, one in record["base"].items()}
        code = _all(plan, comparison, record, folder, stages, stop)
    _keep(plan, folder, record)
    report.show(record, plan.techniques, folder)
    if plan.plot is not None and record["runs"]:
        disk.write_private(plan.plot, report.plot(record))
    return code


def _all(
    plan: Plan, comparison: Comparison, record: dict[str, Any], folder: Path, stages: Any, stop: Any
) -> int:
    """Every result that is missing, into the record. The exit code: 130 when stopped."""
    try:
        for technique, seed in plan.runs():
            if any((one["technique"], one["random_seed"]) == (technique, seed) for one in record["runs"]):
                continue
            if stop():
                raise Cancelled("learning.cancelled")
            stages.say(say("compare.doing", technique=technique, seed=seed))
            comparison.report = _Bar(technique, plan, stages)
            try:
                found = comparison.run(technique, seed)
            except LearningError as error:
                if error.key not in ("compare.no_room", "train.no_memory"):
                    raise
                stages.say(str(error))
                record["left_out"][technique] = str(error)
                continue
            record["left_out"].pop(technique, None)
            record["runs"].append(found)
            record["base"] |= {name: asdict(one) for name, one in comparison.bases.items()}
            _keep(plan, folder, record)
    except (Cancelled, KeyboardInterrupt):
        stages.say(say("bench.interrupted", count=len(record["runs"])))
        return 130
    return 0


class _Bar:
    """How much of the budget a training has used."""

    def __init__(self, technique: str, plan: Plan, stages: Any) -> None:
        self._technique, self._plan, self._stages = technique, plan, stages

    def __call__(self, progress: TuningProgress) -> None:
        spent = {"s": int(progress.seconds), "steps": progress.step, "tokens": progress.tokens}
        name = say("compare.training", technique=self._technique, unit=say(f"compare.unit_{self._plan.unit}"))
        self._stages.tick(name, min(spent[self._plan.unit], self._plan.amount), self._plan.amount)


# --- data and model ---------------------------------------------------------------------------------


def conversations(plan: Plan, persona: Persona) -> tuple[list[Any], list[Any]]:
    """(train, held out): a fixed sample of the persona's seed examples, or of `--data`.

    Raises UsageError: a file that cannot be read, or with too little in it.
    """
    if plan.data is None:
        train, heldout = split_seed_examples(persona.seed_paths)
    else:
        from persian_assistant.example_files import read_examples

        found = read_examples(plan.data, columns=plan.columns)
        if found.notice:
            print(found.notice, file=sys.stderr)
        rows = found.conversations
        random.Random(0).shuffle(rows)
        held = max(1, len(rows) // HELDOUT_SHARE)
        heldout, train = rows[:held], rows[held:]
    if not train or not heldout:
        raise UsageError("compare.too_little", path=plan.data or persona.path)
    chance = random.Random(0)
    return chance.sample(train, min(plan.rows, len(train))), heldout[:HELDOUT_ROWS]


def _source(plan: Plan, config: Config) -> ModelSource:
    """Raises UsageError, HubError, ModelError."""
    from persian_assistant.hub import resolve

    name = plan.model
    if name in SHAPES:  # kept, so that a chat can load what was trained on it
        folder = disk.make_private_dir(home() / "comparisons" / "models") / name
        if not (folder / "tokenizer.json").is_file():
            _build(name, folder)
        name = str(folder)
    model = config.model
    return resolve(
        name,
        revision=model.revision,
        allow_download=model.download,
        notice=lambda text: print(text, file=sys.stderr),
    )


def _build(shape: str, folder: Path) -> None:
    from persian_assistant.commands.bench_speed import GPT2_FA_SHAPE, _gpt2_fa_shape
    from persian_assistant.comparing.techniques import gemma_2_shape
    from persian_assistant.model import _quiet

    with _quiet():
        if shape == GPT2_FA_SHAPE:
            _gpt2_fa_shape(folder)
        else:
            gemma_2_shape(folder, data_dir() / "models" / "mini")


# --- the record -------------------------------------------------------------------------------------


def opened(
    plan: Plan, source: ModelSource, material: Material, settings: ComparisonSettings
) -> tuple[Path, dict[str, Any]]:
    """The folder of this comparison and its record, to be gone on with, or new ones.

    Without `--out` each comparison has a folder of its own. Raises UsageError for a folder of another one.
    """
    from persian_assistant.commands.bench_learning_report import machine, packages
    from persian_assistant.hub import default_profile_slug

    same = {
        "model": {"name": source.name, "fingerprint": source.fingerprint},
        "data": {
            "file": plan.data or f"seed examples of {plan.persona}",
            "sha256": material.fingerprint,
            "train": len(material.train),
            "heldout": len(material.heldout),
        },
        "budget": f"{plan.amount}{plan.unit}",
        "settings": {**asdict(settings.technique), "batch_size": settings.batch_size},
        "learning_rates": dict(settings.learning_rates),
    }
    text = disk.to_json(same)
    slug = f"{default_profile_slug(source.name)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    folder = disk.make_private_dir(plan.out.expanduser() if plan.out else home() / "comparisons" / slug)
    record = {
        **same,
        "packages": packages(),
        "machine": machine(),
        "base": {},
        "runs": [],
        "left_out": {},
        "summary": {},
    }
    path = folder / RECORD
    if not path.exists():
        return folder, record
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        other = [name for name, value in same.items() if old[name] != json.loads(disk.to_json(value))]
        runs, base = list(old["runs"]), dict(old["base"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("compare.other_record", path=path, what=error) from error
    if other:
        raise UsageError("compare.other_record", path=path, what=", ".join(other))
    there = [one for one in runs if (folder / one["folder"]).is_dir()]
    return folder, {**record, "runs": there, "base": base}


def _keep(plan: Plan, folder: Path, record: dict[str, Any]) -> None:
    record["summary"] = summary(record["runs"])
    text = disk.to_json(record, indent=1) + "\n"
    disk.write_private(folder / RECORD, text)
    if plan.json is not None:
        disk.write_private(plan.json, text)


FIGURES = (
    *("heldout_loss", "perplexity", "chrf", "general_perplexity", "general_ratio", "seconds"),
    *("tokens", "tokens_per_second", "peak_memory_mb", "trainable_parameters", "size_bytes"),
    *("epochs", "data_share"),
)
"""What the summary and the table hold, of all that a result has."""


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Mean, least and largest over the random seeds, for each technique and figure."""
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for technique in NAMES:
        group = [one for one in runs if one["technique"] == technique]
        if group:
            result[technique] = {
                name: {
                    "mean": sum(one[name] for one in group) / len(group),
                    "min": min(one[name] for one in group),
                    "max": max(one[name] for one in group),
                    "seeds": len(group),
                }
                for name in FIGURES
            }
    return result
