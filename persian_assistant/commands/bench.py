"""`persian-assistant bench WHAT`: figures about this machine and model, as a table and as JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from persian_assistant.commands import bench_learning
from persian_assistant.config import Config
from persian_assistant.wording import say


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    what = command.add_subparsers(dest="what", metavar="WHAT", required=True)
    speed = what.add_parser("speed", help=say("bench.help_speed"), description=say("bench.help_speed"))
    speed.add_argument("--model", default="mini", help=say("bench.help_model"))
    speed.add_argument("--quantization", choices=("nf4", "none"), default="nf4", help=say("bench.help_quant"))
    speed.add_argument("--exchanges", type=int, default=20, help=say("bench.help_exchanges"))
    speed.add_argument("--json", type=Path, metavar="FILE", help=say("bench.help_json"))
    learning = what.add_parser(
        "learning", help=say("bench.help_learning"), description=say("bench.help_learning")
    )
    bench_learning.add_arguments(learning)


def run(args: argparse.Namespace, config: Config) -> int:
    """Measure and print. Raises AssistantError."""
    if args.what == "learning":
        return bench_learning.run(bench_learning.plan_of(args), config)
    from persian_assistant.commands.bench_speed import measure_speed, show

    figures = measure_speed(args.model, args.quantization, args.exchanges, config)
    show(figures, args.json)
    return 0
