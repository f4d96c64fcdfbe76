"""Text files that a user gave: how they are opened, and what to tell of one that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from persian_assistant.errors import UsageError

PACKED = {".xz": "lzma", ".gz": "gzip"}
"""Endings of packed files -> the module that opens them."""


def opener(path: Path) -> Callable[..., Any]:
    """What opens `path`: `open`, or what unpacks a file with one of the endings PACKED."""
    packer = PACKED.get(path.suffix.lower())
    return open if packer is None else import_module(packer).open


def unreadable(path: Path, error: Exception) -> UsageError:
    """What to tell of `path`, which could not be read for `error`: where it is no UTF-8 text, that it is
    damaged, or the system's reason.
    """
    if isinstance(error, UnicodeDecodeError) and (found := not_utf8(path)):
        return found
    if isinstance(error, OSError) and error.strerror:
        return UsageError("cli.cannot_read", path=path, reason=error.strerror)
    return UsageError("cli.damaged", path=path)


def not_utf8(path: Path) -> UsageError | None:
    """The error for the first byte of `path` that is not UTF-8; None where all are. Raises OSError."""
    with opener(path)(path, "rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return UsageError("cli.not_utf8", path=path, line=number, byte=error.start + 1)
    return None
