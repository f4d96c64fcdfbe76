"""`compare baselines`: should it be fine-tuned at all? Five ways to answer, measured on the user's own data.

Everything happens in a folder of its own that is thrown away; profiles are only read.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant import disk
from persian_assistant.commands.bench_learning_run import _reset_peak, peak_memory_mb
from persian_assistant.config import Config, data_dir, home
from persian_assistant.errors import AssistantError, Cancelled, UsageError
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.rounds import Rounds, read_rounds
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.commands.pretrain import _Stages
    from persian_assistant.comparing.baselines import TrainingCost, WayFigures
    from persian_assistant.comparing.baselines_data import Material
    from persian_assistant.comparing.baselines_verdict import Verdict
    from persian_assistant.hub import ModelSource

LIMIT = 300
"""Rows of --data read at most, unless another number is given: what a training in minutes can take."""


@dataclass(frozen=True)
class Plan:
    """What was asked for on the command line, checked. At most one of `profile` and `data` is given."""

    profile: Profile | None
    data: str | None
    columns: Mapping[str, str] | None
    rounds: Rounds | None
    persona: Persona
    limit: int
    random_seed: int
    json: Path | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `compare baselines`."""
    parser.add_argument("--profile", metavar="NAME", help=say("baselines.help_profile"))
    parser.add_argument("--data", metavar="FILE", help=say("baselines.help_data"))
    parser.add_argument("--columns", metavar="NAME=COLUMN,…", help=say("baselines.help_columns"))
    parser.add_argument("--limit", type=int, metavar="N", help=say("baselines.help_limit", default=LIMIT))
    parser.add_argument("--model", help=say("baselines.help_model"))
    parser.add_argument("--quantization", choices=("nf4", "none"), help=say("baselines.help_quant"))
    parser.add_argument("--persona", metavar="NAME|PATH", help=say("baselines.help_persona"))
    parser.add_argument("--random-seed", type=int, default=1, metavar="N", help=say("baselines.help_seed"))
    parser.add_argument("--json", type=Path, metavar="FILE", help=say("baselines.help_json"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Measure and say what follows. Progress on stderr, the result on stdout. Raises AssistantError.

    Broken off by Ctrl-C (Cancelled) or an error, what is finished is shown and written first.
    """
    plan, config = _plan(args, config)
    source = _source(plan, config)

    from persian_assistant.commands import compare_baselines_report as report
    from persian_assistant.commands.bars import stderr_console
    from persian_assistant.commands.pretrain import _Stages

    stages = _Stages(stderr_console())
    run = _Run(plan, config, source, stages)
    failure: AssistantError | None = None
    with stages:
        try:
            run.play()
        except KeyboardInterrupt:
            failure = Cancelled("baselines.stopped", count=len(run.found))
        except AssistantError as error:
            failure = error
    if failure is not None and not run.found:
        raise failure
    record = run.record()
    if plan.json is not None:
        disk.write_private(plan.json, disk.to_json(record, indent=1) + "\n")
    report.show(record)
    if failure is not None:
        raise failure
    return 0


def _plan(args: argparse.Namespace, config: Config) -> tuple[Plan, Config]:
    """Everything that can be refused before a model is loaded. Raises UsageError, DiskError."""
    if args.profile and args.data:
        raise UsageError("baselines.one_source")
    if args.limit is not None and not args.data:
        raise UsageError("baselines.limit_needs_data")
    limit = LIMIT if args.limit is None else args.limit
    for name, value in (("--limit", limit), ("--random-seed", args.random_seed)):
        if value < 0:
            raise UsageError("cli.bad_value", name=name, value=value, expected="≥ 0")
    profile = Profile.open(home(), args.profile) if args.profile else None
    columns = None
    if args.columns:
        from persian_assistant.example_files import parse_columns

        columns = parse_columns(args.columns)
    model = config.model
    if profile is not None and args.model is None:
        model = replace(model, name=profile.repo_id or profile.base_model, revision=profile.revision)
        model = replace(model, quantization=profile.quantization or model.quantization)
    if args.model is not None:
        model = replace(model, name=args.model, revision=None)
    if args.quantization is not None:
        model = replace(model, quantization=args.quantization)
    persona = args.persona or (profile.persona if profile is not None else None) or config.persona
    sample = None if profile is not None or args.data else read_rounds(data_dir() / "rounds" / "tuning.jsonl")
    plan = Plan(
        profile, args.data, columns, sample, Persona.load(persona), limit, args.random_seed, args.json
    )
    return plan, replace(config, model=model)


def _source(plan: Plan, config: Config) -> ModelSource:
    from persian_assistant.hub import resolve

    settings = config.model
    return resolve(settings.name, revision=settings.revision, notice=_note, allow_download=settings.download)


def _note(sentence: str) -> None:
    print(sentence, file=sys.stderr)


class _Run:
    """One comparison, from reading to the verdict; what is finished stays when it is broken off."""

    def __init__(self, plan: Plan, config: Config, source: ModelSource, stages: _Stages) -> None:
        self.plan, self.config, self.source, self.stages = plan, config, source, stages
        self.material: Material | None = None
        self.found: list[WayFigures] = []
        self.cost: TrainingCost | None = None
        self.verdict: Verdict | None = None
        self.quantization = config.model.quantization

    def play(self) -> None:
        """Raises AssistantError, KeyboardInterrupt."""
        from persian_assistant.comparing.baselines import Comparison, measures
        from persian_assistant.comparing.baselines_verdict import TRAINED, WAYS, decide
        from persian_assistant.serving import Serving
        from persian_assistant.versions import VersionStore

        with tempfile.TemporaryDirectory(prefix="persian-assistant-") as name:
            folder = Path(name)
            self.stages.say(say("baselines.doing_read"))
            self.material = self._material(folder)
            self.stages.say(say("baselines.doing_load"))
            serving = Serving.load(
                self.source, self.config.model, self.plan.persona, VersionStore(folder), self.stages.say
            )
            self.quantization = serving.loaded.quantization
            comparison = Comparison(serving, self.material, self.config.learning, self.plan.random_seed)
            for way in WAYS:
                if way == TRAINED[0]:
                    self._train(comparison)
                doing = say("baselines.doing_ask", way=say(f"baselines.way_{way}"))
                self.found.append(comparison.measure(way, partial(self.stages.tick, doing)))
            assert self.cost is not None
            figures = measures(self.material, comparison.compared, self.found)
            self.verdict = decide(figures, self.cost.perplexity_ratio)

    def _material(self, folder: Path) -> Material:
        from persian_assistant.comparing import baselines_data as data

        plan = self.plan
        if plan.profile is not None:
            return data.of_profile(plan.profile, plan.persona, folder, plan.random_seed)
        if plan.data is not None:
            material, notice = data.of_examples(
                plan.data,
                plan.persona,
                columns=plan.columns,
                limit=plan.limit,
                random_seed=plan.random_seed,
            )
            if notice:
                self.stages.say(notice)
            return material
        assert plan.rounds is not None
        return data.of_rounds(plan.rounds, plan.persona, folder, plan.random_seed)

    def _train(self, comparison: Any) -> None:
        doing = say("baselines.doing_train")
        _reset_peak()
        cost = comparison.train(lambda share, left: self.stages.tick(doing, round(100 * share), 100))
        if cost.peak_memory_mb != cost.peak_memory_mb:  # not a GPU's own
            cost = replace(cost, peak_memory_mb=peak_memory_mb())
        self.cost = cost

    def record(self) -> dict[str, Any]:
        """All that was found so far, for the JSON file and the table."""
        from persian_assistant.commands.bench_learning_report import machine, packages

        assert self.material is not None
        return {
            "data": {"kind": self.material.kind, **self.material.source},
            "model": self.source.name,
            "fingerprint": self.source.fingerprint,
            "quantization": self.quantization,
            "random_seed": self.plan.random_seed,
            "learning": asdict(self.config.learning),
            "ways": {one.way: one.as_dict(self.material) for one in self.found},
            "training": None if self.cost is None else asdict(self.cost),
            "verdict": None
            if self.verdict is None
            else {**asdict(self.verdict), "train": self.verdict.train},
            "packages": packages(),
            "machine": machine(),
        }
