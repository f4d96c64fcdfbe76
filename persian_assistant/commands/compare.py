"""`persian-assistant compare WHAT`: ways of teaching a model side by side, on the same data."""

from __future__ import annotations

import argparse
from typing import Any

from persian_assistant.commands import compare_baselines, compare_techniques
from persian_assistant.config import Config
from persian_assistant.wording import say

SUBCOMMANDS: dict[str, tuple[Any, str]] = {
    "techniques": (compare_techniques, "compare.help"),
    "baselines": (compare_baselines, "baselines.help"),
}
"""What can be compared: its module, and the key of its help."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    what = command.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, (module, key) in SUBCOMMANDS.items():
        parser = what.add_parser(name, help=say(key), description=say(key))
        module.add_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    """Measure and show. Raises AssistantError."""
    return int(SUBCOMMANDS[args.what][0].run(args, config))
