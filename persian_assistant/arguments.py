"""argparse in the language of the interface: its headings, and what it says of a line that it cannot read.

What has no sentence of ours stays as argparse writes it. Knows nothing of single commands. For a stream that
orders right-to-left text (its `orders` is true) each row of such a text is marked as one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from persian_assistant.bidi import RTL_MARK
from persian_assistant.wording import language, say

_REFUSALS = tuple(
    (re.compile(pattern, re.DOTALL), key)
    for pattern, key in (
        (r"the following arguments are required: (?P<name>.+)", "cli.argument_required"),
        (r"unrecognized arguments: (?P<value>.+)", "cli.argument_unknown"),
        (
            r"argument (?P<name>.+?): invalid choice: (?P<value>.+?) \(choose from (?P<known>.+)\)",
            "cli.argument_choice",
        ),
        (r"argument (?P<name>.+?): invalid int value: (?P<value>.+)", "cli.argument_whole"),
        (r"argument (?P<name>.+?): invalid float value: (?P<value>.+)", "cli.argument_number"),
        (r"argument (?P<name>.+?): expected (?:one|at least one|\d+) arguments?", "cli.argument_bare"),
    )
)
"""What argparse says (CPython 3.10 to 3.13), and the sentence for it."""


class ArgumentParser(argparse.ArgumentParser):
    """argparse's, with headings and errors from `wording`; its subparsers are of this class, too."""

    _orders = False

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, **options)
        self._positionals.title = say("cli.heading_arguments")
        self._optionals.title = say("cli.heading_options")
        for action in self._actions:
            if isinstance(action, argparse._HelpAction):
                action.help = say("cli.help_help")

    def print_help(self, file: Any = None) -> None:
        """argparse's, laid out for the stream it goes to."""
        self._orders = getattr(file or sys.stdout, "orders", False)
        super().print_help(file)

    def print_usage(self, file: Any = None) -> None:
        """argparse's, laid out for the stream it goes to."""
        self._orders = getattr(file or sys.stdout, "orders", False)
        super().print_usage(file)

    def _get_formatter(self) -> argparse.HelpFormatter:
        formatter = super()._get_formatter()
        if isinstance(formatter, _HelpFormatter):
            formatter.orders = self._orders
        return formatter

    def error(self, message: str) -> NoReturn:
        """The usage and one sentence on stderr, exit code 2."""
        for pattern, key in _REFUSALS:
            if found := pattern.fullmatch(message):
                message = say(key, **{name: text.strip("'\"") for name, text in found.groupdict().items()})
                break
        super().error(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Ends the program; argparse's «prog: error: » before an error's sentence is left out."""
        super().exit(status, (message or "").replace(f"{self.prog}: error: ", "") or None)


class _HelpFormatter(argparse.HelpFormatter):
    orders = False

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """argparse's, with our word for «usage», which has a row of its own where it runs the other way."""
        name = say("cli.usage") if prefix is None else prefix
        if self._right_to_left:
            self._add_item(str, [f"{name.rstrip()}\n"])
            name = ""
        super().add_usage(usage, actions, groups, name)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return [self._marked(line) for line in super()._split_lines(text, width)]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(map(self._marked, super()._fill_text(text, width, indent).split("\n")))

    def _marked(self, line: str) -> str:
        """A row of a paragraph, marked: the row by itself may not tell which way its paragraph runs."""
        return RTL_MARK + line if self._right_to_left else line

    @property
    def _right_to_left(self) -> bool:
        return self.orders and language() == "fa"
