"""`persian-assistant push USER/REPO`: the current version of a profile to the Hugging Face Hub."""

from __future__ import annotations

import argparse
import sys

from persian_assistant.config import Config
from persian_assistant.text import sanitise
from persian_assistant.wording import say

YES = ("y", "yes", "b", "بله", "آره", "اره", "بلی", "آری")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    parser.add_argument("repo", metavar="USER/REPO", help=say("hub.help_repo"))
    parser.add_argument("--profile", help=say("hub.help_profile"))
    parser.add_argument("--public", action="store_true", help=say("hub.help_public"))
    parser.add_argument("--yes", action="store_true", help=say("hub.help_yes"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Push and print the address on stdout, everything else on stderr. Raises AssistantError."""
    from persian_assistant import push

    push.check_repo_id(args.repo)
    bundle = push.bundle_of(args.profile or config.profile, _notice)
    ask = _ask if sys.stdin.isatty() else None
    url = push.push_adapter(bundle, args.repo, public=args.public, yes=args.yes, ask=ask, notice=_notice)
    print(url)
    return 0


def _notice(line: str) -> None:
    print(sanitise(line), file=sys.stderr)


def _ask(question: str) -> bool:
    print(sanitise(question), "[y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in YES
