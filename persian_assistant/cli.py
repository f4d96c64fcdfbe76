"""The command line: `persian-assistant COMMAND`. Imports only the command that was typed."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from persian_assistant import __version__, log, wording
from persian_assistant.arguments import ArgumentParser
from persian_assistant.bidi import MODES
from persian_assistant.config import Config
from persian_assistant.errors import AssistantError
from persian_assistant.terminal.output import Output
from persian_assistant.wording import say

logger = logging.getLogger(__name__)
COMMANDS = (
    *("chat", "report", "pretrain", "train", "push"),
    *("seed", "selftrain", "evaluate", "compare", "bench"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Errors a user can meet end here, as one sentence."""
    words = list(sys.argv[1:] if argv is None else argv)
    _write_utf8()
    output = Output()
    with log.recording():
        try:
            return _run(words, output)
        finally:
            try:
                output.restore()
                sys.stdout.flush()
            except BrokenPipeError:
                _hush_stdout()


def _run(words: list[str], output: Output) -> int:
    rtl = _typed(words, "--rtl", MODES)
    if typed := _typed(words, "--lang", wording.LANGUAGES):
        wording.set_language(typed)
    try:
        config = _config(rtl, output)
        wording.set_language(typed or config.lang)
        args, module = _parse(words)
        config = config.merged({"lang": wording.language()}, "--lang")
        with _chat_apart(args, output):
            return int(module.run(args, config))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _hush_stdout()
        return 0
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("persian_assistant"):
            print(say("cli.not_installed", name=error.name), file=sys.stderr)
            return 1
        logger.exception("command line")
        print(say("cli.unexpected", kind=type(error).__name__, log=log.log_path()), file=sys.stderr)
        return 1


def _config(rtl: str | None, output: Output) -> Config:
    """The settings, with `rtl` as typed; from here on text is ordered where that is called for."""
    try:
        config = Config.load()
    except AssistantError:
        output.choose(rtl or "auto")
        raise
    if rtl:
        config = config.merged({"rtl": rtl}, "--rtl")
    output.choose(config.rtl)
    return config


def _chat_apart(args: argparse.Namespace, output: Output) -> AbstractContextManager[None]:
    """The chat orders what it shows by itself, where it is held on a terminal."""
    on_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    return output.set_aside() if args.command == "chat" and on_terminal else nullcontext()


def _parse(words: list[str]) -> tuple[argparse.Namespace, Any]:
    parser = ArgumentParser(prog="persian-assistant", description=say("cli.description"))
    parser.add_argument(
        "--version",
        action="version",
        version=f"persian-assistant {__version__}",
        help=say("cli.help_version"),
    )
    _add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    chosen = next((word for word in words if word in COMMANDS), None)
    module = None
    for name in COMMANDS:
        command = commands.add_parser(
            name, help=say(f"cli.command_{name}"), description=say(f"cli.command_{name}")
        )
        if name == chosen:
            module = importlib.import_module(f"persian_assistant.commands.{name}")
            module.add_arguments(command)
            _add_common(command)
    args = parser.parse_args(words)
    if module is None or args.command != chosen:
        parser.print_help()
        raise SystemExit(2)
    return args, module


def _add_common(parser: argparse.ArgumentParser) -> None:
    """--lang and --rtl, which `_typed` has read already, on a parser and on those of its subcommands."""
    for name, choices in (("--lang", wording.LANGUAGES), ("--rtl", MODES)):
        if not any(name in action.option_strings for action in parser._actions):
            parser.add_argument(
                name, choices=choices, default=argparse.SUPPRESS, help=say(f"cli.help_{name[2:]}")
            )
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _add_common(below)


def _typed(words: list[str], name: str, choices: Sequence[str]) -> str | None:
    """The value of a flag as typed, before the parser is built: its own help already follows it."""
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith(f"{name}=") else None
        if word == name and at + 1 < len(words):
            value = words[at + 1]
        if value in choices:
            return value
    return None


def _hush_stdout() -> None:
    """Nobody reads stdout any more: lets the flush at exit go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    raise SystemExit(main())
