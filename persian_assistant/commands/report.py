"""`persian-assistant report`: one HTML page of what a profile learned and when."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant.config import Config, home
from persian_assistant.disk import disk_errors, write_private
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.profile import Profile

FILE = "report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command."""
    parser.add_argument("--profile", metavar="NAME", help=say("report.flag_profile"))
    parser.add_argument("--out", type=Path, metavar="FILE.html", help=say("report.flag_out"))
    parser.add_argument("--facts", action="store_true", help=say("report.flag_facts"))


def run(args: argparse.Namespace, config: Config) -> int:
    """Write the page, whole or not at all, and say where it is. Raises UsageError, DiskError."""
    from persian_assistant.reporting.history import read_past
    from persian_assistant.reporting.page import render

    profile = _profile(args.profile or config.profile)
    path = (args.out.expanduser() if args.out else profile.path / FILE).absolute()
    _check(path)
    past = read_past(profile)
    limit = config.learning.max_perplexity_ratio
    write_private(path, render(past, _title(profile), time.time(), limit=limit, facts=args.facts))
    print(say("report.written", path=path))
    if args.facts:
        print(say("report.holds_facts"))
    return 0


def _profile(name: str | None) -> Profile:
    """The profile `name`, or the only one. Raises UsageError."""
    from persian_assistant.profile import Profile, list_profiles

    known = list_profiles(home())
    if name is None and len(known) != 1:
        raise UsageError("report.which_profile" if known else "report.no_profiles", known="، ".join(known))
    return Profile.open(home(), name or known[0])


def _check(path: Path) -> None:
    """Raises UsageError for a folder that is not there, and for a file that is not a report."""
    from persian_assistant.reporting.page import MARK

    if not path.parent.is_dir():
        raise UsageError("report.no_folder", path=path.parent)
    if path.is_dir():
        raise UsageError("cli.file_exists", path=path)
    if path.exists():
        with disk_errors(path), path.open("rb") as file:
            if MARK.encode() not in file.read(1000):
                raise UsageError("cli.file_exists", path=path)


def _title(profile: Profile) -> str:
    """The persona's title; of one that cannot be read any more the name."""
    from persian_assistant.persona import Persona

    named = profile.persona or profile.name
    try:
        persona = Persona.load(named)
    except AssistantError:
        return Path(named).stem
    return f"{persona.title} ({say('remembrance.label')})" if persona.simulation else persona.title
