"""What a leading "/" means: parsing, arguments, nearest names. The commands themselves: actions.py.

Knows nothing of sessions or screens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from persian_assistant.errors import UsageError
from persian_assistant.text import normalise, sanitise, to_latin_digits
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat

Choices = list[tuple[str, str]]
"""What may follow a command: (value, what it is)."""


@dataclass(frozen=True)
class Command:
    """One slash command; its description is the sentence `chat.command_<name>`."""

    name: str
    run: Callable[[Chat, str], None]
    hint: str = ""
    """The arguments, as `/help` shows them."""
    choices: Callable[[Chat], Choices] | None = None
    """What completion offers after the name."""

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.hint}".strip()

    @property
    def description(self) -> str:
        return say(f"chat.command_{self.name}")

    def refuse(self, given: str) -> UsageError:
        """The error for arguments this command does not take, or that are missing."""
        if not given.strip():
            return UsageError("chat.how_to_write", name=self.name, usage=self.usage)
        return UsageError("chat.bad_arguments", name=self.name, given=given, usage=self.usage)


@dataclass(frozen=True)
class Call:
    """A line that is a command: its name without "/", and the rest of the line as typed."""

    name: str
    rest: str


def clean(line: str) -> str:
    """A typed or piped line without controls, in the one spelling of Persian; leading spaces stay."""
    return normalise(sanitise(line))


def parse(line: str) -> Call | str | None:
    """A command, the message to send to the model, or None for an empty line.

    Only a "/" in the first column makes a command; a leading space, or "//", sends what follows as it is.
    """
    line = clean(line)
    text = line.strip()
    if not text:
        return None
    if line.startswith("//"):
        return text[1:]
    if not line.startswith("/"):
        return text
    words = re.match(r"/(\S*)\s*(.*)", text, re.DOTALL)
    assert words is not None
    return Call(words[1].lower(), words[2])


def find(name: str, commands: Iterable[Command]) -> Command:
    """The command called `name`. Raises UsageError that names the nearest one."""
    by_name = {command.name: command for command in commands}
    if name in by_name:
        return by_name[name]
    if nearest := nearest_name(name, by_name):
        raise UsageError("chat.unknown_command_near", name=name, nearest=nearest)
    raise UsageError("chat.unknown_command", name=name)


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be: the only one it begins, else the closest."""
    known = list(known)
    if begun := [other for other in known if name and other.startswith(name)]:
        return begun[0] if len(begun) == 1 else None
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else None


def split_flags(command: Command, rest: str, *flags: str) -> tuple[set[str], list[str]]:
    """`rest` as the `flags` that were given (with their dashes) and the other words.

    Raises UsageError for any other word that starts with "--".
    """
    words = rest.split()
    given = {word for word in words if word.startswith("--")}
    if given - set(flags):
        raise command.refuse(rest)
    return given, [word for word in words if word not in given]


def number(command: Command, word: str) -> int:
    """A positive whole number in Persian or Latin digits. Raises UsageError."""
    latin = to_latin_digits(word)
    if not (latin.isascii() and latin.isdigit()) or int(latin) < 1:
        raise command.refuse(word)
    return int(latin)
