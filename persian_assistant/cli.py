"""The command line: `persian-assistant COMMAND`. Imports only the command that was typed."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from persian_assistant import __version__, log, wording
from persian_assistant.arguments import ArgumentParser
from persian_assistant.config import Config
from persian_assistant.errors import AssistantError
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
    with log.recording():
        try:
            return _run(words)
        finally:
            try:
                sys.stdout.flush()
            except BrokenPipeError:
                _hush_stdout()


def _run(words: list[str]) -> int:
    if typed := _language(words):
        wording.set_language(typed)
    try:
        config = Config.load()
        wording.set_language(typed or config.lang)
        args, module = _parse(words)
        config = config.merged({"lang": wording.language()}, "--lang")
        return int(module.run(args, config))
    except AssistantError as error:
        _tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _hush_stdout()
        return 0
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("persian_assistant"):
            _tell(say("cli.not_installed", name=error.name))
            return 1
        logger.exception("command line")
        _tell(say("cli.unexpected", kind=type(error).__name__, log=log.log_path()))
        return 1


def _tell(text: str) -> None:
    """A sentence on stderr; on a terminal broken between words, where that is to be had."""
    with suppress(ImportError, OSError):  # without a library, and without a terminal, it goes out as it is
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        if width and os.environ.get("TERM") != "dumb":
            from persian_assistant.terminal.rtl_flow import wrapped

            text = wrapped(text, width)
    print(text, file=sys.stderr)


def _parse(words: list[str]) -> tuple[argparse.Namespace, Any]:
    parser = ArgumentParser(prog="persian-assistant", description=say("cli.description"))
    parser.add_argument(
        "--version",
        action="version",
        version=f"persian-assistant {__version__}",
        help=say("cli.help_version"),
    )
    parser.add_argument("--lang", choices=wording.LANGUAGES, help=say("cli.help_lang"))
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
            if not any("--lang" in action.option_strings for action in command._actions):
                command.add_argument("--lang", choices=wording.LANGUAGES, help=say("cli.help_lang"))
    args = parser.parse_args(words)
    if module is None or args.command != chosen:
        parser.print_help()
        raise SystemExit(2)
    return args, module


def _language(words: list[str]) -> str | None:
    """--lang as typed, before the parser is built: its own help is already in that language."""
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else None
        if word == "--lang" and at + 1 < len(words):
            value = words[at + 1]
        if value in wording.LANGUAGES:
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
