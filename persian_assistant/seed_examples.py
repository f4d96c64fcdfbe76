"""Conversations and plain text that ship, or that the user has: what a pass mixes with the new.

Knows nothing of tokens or shares.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.reading import unreadable
from persian_assistant.records import Message
from persian_assistant.text import normalise, sanitise

HELDOUT_EVERY = 25
"""Every so many-th seed example of a file never trains, nor did it when mini was made: the gate asks it."""


def read_seed_examples(paths: Iterable[Path]) -> list[list[Message]]:
    """The conversations in JSON Lines files of `messages`. Raises UsageError that names file and line."""
    return [row for path in paths for row in _rows(path)]


def split_seed_examples(paths: Iterable[Path]) -> tuple[list[list[Message]], list[list[Message]]]:
    """(train, held out), always the same way; the held out in an order that mixes the files.

    Raises UsageError that names file and line.
    """
    train: list[list[Message]] = []
    heldout: list[list[Message]] = []
    for path in paths:
        rows = _rows(path)
        left_out = rows[::HELDOUT_EVERY] if len(rows) > 1 else []
        train += [row for at, row in enumerate(rows) if at % HELDOUT_EVERY] or rows
        heldout += left_out
    random.Random(0).shuffle(heldout)
    return train, heldout


def general_texts(split: str) -> list[str]:
    """The shipped prose and talk of data/general; `split` is "train" or "heldout"."""
    texts = []
    for path in sorted((data_dir() / "general").glob("*.jsonl")):
        for number, record in json_records(path):
            try:
                if record["split"] == split:
                    texts.append(str(record["text"]))
            except (KeyError, TypeError) as error:
                raise _bad(path, number, error) from error
    return texts


def _rows(path: Path) -> list[list[Message]]:
    rows = []
    for number, record in json_records(path):
        try:
            rows.append(messages_of(record))
        except (KeyError, TypeError, ValueError) as error:
            raise _bad(path, number, error) from error
    return rows


def messages_of(record: dict[str, Any]) -> list[Message]:
    """The conversation in a record's `messages` (role, content), its text normalised.

    Raises KeyError or TypeError for a record of another form; ValueError unless user and assistant speak in
    turn after an optional system message, each says something, and the assistant ends.
    """
    turns = [(turn["role"], sanitise(normalise(turn["content"])).strip()) for turn in record["messages"]]
    if not _alternate([role for role, _ in turns]) or not all(content for _, content in turns):
        raise ValueError("messages")
    return [Message(role, content) for role, content in turns]


def _alternate(roles: list[str]) -> bool:
    """An optional system message, then user and assistant in turn, the assistant last."""
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    return bool(spoken) and spoken == ["user", "assistant"] * (len(spoken) // 2)


def json_records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """(line number, object) of a JSON Lines file. Raises UsageError that names file and line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    records = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                records.append((number, json.loads(line)))
            except ValueError as error:
                raise _bad(path, number, error) from error
    return records


def _bad(path: Path, number: int, reason: object) -> UsageError:
    return UsageError("cli.bad_row", path=path, line=number, reason=reason)
