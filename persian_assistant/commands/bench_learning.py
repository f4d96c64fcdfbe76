"""`bench learning`: tell a fresh assistant things round by round, let it learn, ask them back, and score.

Every run (an arm with a random seed) has a home of its own that is thrown away, and goes through `Session`
as a chat does. What is told and how it is judged is the rounds file's business (rounds.py).
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from persian_assistant import disk
from persian_assistant.config import Config, GenerationConfig, LearningConfig, data_dir
from persian_assistant.errors import UsageError
from persian_assistant.rounds import Rounds, mean, read_rounds
from persian_assistant.text import to_latin_digits
from persian_assistant.wording import say

logger = logging.getLogger(__name__)

ARMS: dict[str, dict[str, Any]] = {
    "product": {},
    "naive": {
        "facts": False,
        "replay": False,
        "gate": False,
        "kl_weight": 0.0,
        "reply_weight": 1.0,
        "user_weight": 0.0,
        "num_train_epochs": 2,
        "learning_rate": 2e-3,
        "loraplus_lr_ratio": 1.0,
        "seed_share": 0.5,
        "general_share": 0.0,
        "earlier_share": 0.0,
    },
    "no_replay": {"replay": False, "gate": False},
    "joint": {},
}
"""Settings that make an arm; `joint` hears all rounds before its only pass. The gate would refuse most of
what `no_replay` is there to show, so it is off there, too."""
CHAT_TOKENS = 48
"""Longest answer while being told things: nobody reads it."""


@dataclass(frozen=True)
class Plan:
    """What was asked for on the command line."""

    rounds: Rounds
    model: str
    quantization: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    memory: tuple[bool, ...]
    json: Path | None
    plot: Path | None
    persona: str | None = None

    def runs(self) -> list[tuple[str, int, tuple[bool, ...]]]:
        """Arm, random seed, and whether with memory; `naive` keeps no facts that could be looked up."""
        return [
            (arm, seed, (False,) if arm == "naive" else self.memory)
            for arm in self.arms
            for seed in self.seeds
        ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `bench learning`."""
    parser.add_argument("--rounds", type=Path, metavar="FILE", help=say("bench.help_rounds"))
    parser.add_argument("--model", default="mini", help=say("bench.help_model"))
    parser.add_argument(
        "--quantization", choices=("nf4", "none"), default="nf4", help=say("bench.help_quant")
    )
    parser.add_argument("--arm", default="product", choices=(*ARMS, "all"), help=say("bench.help_arm"))
    parser.add_argument("--random-seed", default="1", metavar="N[,N…]", help=say("bench.help_seeds"))
    parser.add_argument(
        "--memory", default="both", choices=("on", "off", "both"), help=say("bench.help_memory")
    )
    parser.add_argument("--rounds-limit", type=int, metavar="N", help=say("bench.help_limit"))
    parser.add_argument("--persona", metavar="NAME|PATH", help=say("bench.help_persona"))
    parser.add_argument("--json", type=Path, metavar="FILE", help=say("bench.help_json"))
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help=say("bench.help_plot"))


def plan_of(args: argparse.Namespace) -> Plan:
    """Raises UsageError: a rounds file that is not one, seeds that are no numbers."""
    rounds = read_rounds(args.rounds or data_dir() / "rounds" / "tuning.jsonl")
    if args.rounds_limit is not None:
        if args.rounds_limit < 1:
            _refuse("--rounds-limit", args.rounds_limit, "1, 2, 3 …")
        rounds = rounds.limited(args.rounds_limit)
    try:
        seeds = tuple(dict.fromkeys(int(to_latin_digits(part)) for part in args.random_seed.split(",")))
    except ValueError:
        _refuse("--random-seed", args.random_seed, "1,2,3")
    if min(seeds) < 0:
        _refuse("--random-seed", args.random_seed, "≥ 0")
    memory = {"on": (True,), "off": (False,), "both": (False, True)}[args.memory]
    arms = tuple(ARMS) if args.arm == "all" else (args.arm,)
    return Plan(
        rounds, args.model, args.quantization, arms, seeds, memory, args.json, args.plot, args.persona
    )


def _refuse(name: str, value: object, expected: str) -> None:
    raise UsageError("cli.bad_value", name=name, value=value, expected=expected)


def run(plan: Plan, config: Config) -> int:
    """All runs that the JSON file does not hold yet; a table, the JSON, the plot. Raises AssistantError.

    Ctrl-C ends the run at hand (exit code 130); what is finished stays in the JSON file.
    """
    from persian_assistant.commands import bench_learning_report as report

    record = _opened(plan, config)
    code = 0
    with report.Progress() as progress:
        for fact in plan.rounds.giveaways:
            progress.tell(say("bench.giveaway", path=plan.rounds.path, line=fact.line))
        try:
            for arm, seed, memory in plan.runs():
                missing = tuple(on for on in memory if _found(record, arm, seed, on) is None)
                if missing:
                    record["runs"] += _one_run(plan, config, arm, seed, missing, progress)
                    _keep(plan, record)
        except KeyboardInterrupt:
            code = 130
            progress.tell(say("bench.interrupted", count=len(record["runs"])))
    record["summary"] = summary(record["runs"])
    _keep(plan, record)
    report.show(record)
    if plan.plot is not None and record["runs"]:
        disk.write_private(plan.plot, report.plot(record))
    return code


# --- the record -------------------------------------------------------------------------------------


def _opened(plan: Plan, config: Config) -> dict[str, Any]:
    """The record in plan.json, to be gone on with, or a new one. Raises UsageError if it is of others."""
    from persian_assistant.commands.bench_learning_report import machine, packages

    same = {
        "rounds": {
            "file": plan.rounds.path.name,
            "sha256": plan.rounds.sha256,
            "rounds": plan.rounds.count,
            "facts": len(plan.rounds.taught()),
            "probes": sum(len(fact.probes) for fact in plan.rounds.taught()),
            "controls": len(plan.rounds.controls),
        },
        "model": plan.model,
        "quantization": plan.quantization,
        "arms": {arm: asdict(_learning(config, arm)) for arm in ARMS},
    }
    record: dict[str, Any] = {**same, "packages": packages(), "machine": machine(), "runs": [], "summary": {}}
    if plan.json is None or not plan.json.exists():
        return record
    try:
        old = json.loads(plan.json.read_text(encoding="utf-8"))
        other = [name for name, value in same.items() if old[name] != json.loads(disk.to_json(value))]
        runs = list(old["runs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("bench.other_json", path=plan.json, what=error) from error
    if other:
        raise UsageError("bench.other_json", path=plan.json, what=", ".join(other))
    return {**record, "runs": runs}


def _found(record: dict[str, Any], arm: str, seed: int, memory: bool) -> dict[str, Any] | None:
    for found in record["runs"]:
        if (found["arm"], found["random_seed"], found["memory"]) == (arm, seed, "on" if memory else "off"):
            return dict(found)
    return None


def _keep(plan: Plan, record: dict[str, Any]) -> None:
    if plan.json is not None:
        disk.write_private(plan.json, disk.to_json(record, indent=1) + "\n")


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Mean, least and largest over the seeds, for each "arm/memory" and figure."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for found in runs:
        groups.setdefault(f"{found['arm']}/{found['memory']}", []).append(found)
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for name, group in groups.items():
        result[name] = {}
        for figure in FIGURES:
            values = [found[figure] for found in group if found.get(figure) is not None]
            if values:
                result[name][figure] = {
                    "mean": mean(values), "min": min(values), "max": max(values), "seeds": len(values)
                }  # fmt: skip
    return result


FIGURES = (
    *("same_round", "acc", "bwt", "false_recall", "update", "forget_residual"),
    *("acc_untrained_wordings", "perplexity_ratio", "rep4", "distinct2", "base_rep4", "base_distinct2"),
    *("longest_pass_seconds", "peak_memory_mb"),
)
"""What the summary and the table hold, of all that a run has."""


# --- one run ----------------------------------------------------------------------------------------


def _learning(config: Config, arm: str) -> LearningConfig:
    # a pass begins when the round is over, never by itself
    return replace(config.learning, **{"every": 100_000, **ARMS[arm]})


def _one_run(
    plan: Plan, config: Config, arm: str, seed: int, memory: tuple[bool, ...], progress: Any
) -> list[dict[str, Any]]:
    """One arm with one seed from nothing to its figures, one record for each of `memory`."""
    from persian_assistant.commands.bench_learning_run import Run
    from persian_assistant.commands.bench_speed import GPT2_FA_SHAPE, _gpt2_fa_shape, _own_home

    with _own_home() as folder:
        path = _gpt2_fa_shape(folder / GPT2_FA_SHAPE) if plan.model == GPT2_FA_SHAPE else plan.model
        config = replace(
            config,
            profile="bench",
            persona=plan.persona or config.persona,
            memory=True in memory,
            model=replace(config.model, name=str(path), quantization=plan.quantization),
            learning=_learning(config, arm),
            written_replies=False,  # `naive` trains on what the model says, not on what people wrote
            generation=GenerationConfig(max_new_tokens=CHAT_TOKENS, random_seed=seed),
        )
        with _session(config) as session:
            return Run(session, plan.rounds, arm, seed, memory, progress).play()


@contextmanager
def _session(config: Config) -> Iterator[Any]:
    from persian_assistant.session import Session

    session = Session.open(config, notice=logger.info)
    try:
        while not session.ready(0.2):  # in short steps, so that Ctrl-C is heard
            pass
        yield session
    finally:
        session.close()
