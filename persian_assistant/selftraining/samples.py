"""The answers a model gave in self-training and that the filters let through: `selftrain/samples.jsonl`.

Append-only JSON Lines, 0600, on the disk before `append` returns; only the cap and what a user wants
forgotten take lines out. Nothing a person wrote is kept here beside the words an answer was given to.
Expects the profile's lock to keep other processes away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from persian_assistant import disk
from persian_assistant.journal_file import append_line
from persian_assistant.records import Message

FILE = "samples.jsonl"


@dataclass(frozen=True)
class Sample:
    """One generated answer with what it answers."""

    cycle: int
    """Of the service, 1, 2, 3 …"""
    time: float
    """Unix seconds."""
    messages: tuple[Message, ...]
    """A conversation; the last turn is the generated one."""
    depth: int
    """How many times over samples stand behind it: 1 where the model that gave it was trained on none."""
    version: int | None
    """The version that gave it, None for the base model."""
    high_water: int
    """The last journal entry that version has seen, 0 for the base model."""
    seq: int | None
    """Journal number of the user's turn it answers; None where that is a seed example's."""
    loss: float
    """Nats per token of the answer under the base model."""

    @property
    def answer(self) -> str:
        return self.messages[-1].content


class SampleStore:
    """The samples in `folder`, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def read(self) -> list[Sample]:
        """Every whole line; the rest of a line that a kill cut off is taken out of the file. DiskError."""
        with disk.disk_errors(self.path):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return []
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self.path, whole)
        found = (_sample_of(line) for line in content[:whole].splitlines())
        return [sample for sample in found if sample is not None]

    def append(self, samples: Sequence[Sample]) -> None:
        """Write `samples` whole or not at all. Raises DiskError."""
        if not samples:
            return
        self.read()  # no line is ever written behind half a one
        data = b"".join(map(_line_of, samples))
        with disk.disk_errors(self.path):
            fd = os.open(
                self.path,
                os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0),
                disk.PRIVATE_FILE,
            )
            try:
                append_line(fd, data, os.fstat(fd).st_size)
            finally:
                os.close(fd)
        disk.fsync_dir(self.path.parent)

    def keep(self, wanted: Callable[[Sample], bool]) -> int:
        """Leave only the samples that are `wanted`; how many went. Raises DiskError."""
        samples = self.read()
        kept = [sample for sample in samples if wanted(sample)]
        if len(kept) < len(samples):
            disk.write_private(self.path, b"".join(map(_line_of, kept)))
        return len(samples) - len(kept)

    def trim(self, cap: int) -> int:
        """Leave the newest `cap` samples; how many went. Raises DiskError."""
        excess = len(self.read()) - cap
        places = iter(range(max(excess, 0) + cap))
        return self.keep(lambda _: next(places) >= excess) if excess > 0 else 0


def _line_of(sample: Sample) -> bytes:
    return disk.to_json(asdict(sample)).encode() + b"\n"


def _sample_of(line: bytes) -> Sample | None:
    try:
        record: dict[str, Any] = json.loads(line)
        turns = tuple(Message(turn["role"], str(turn["content"])) for turn in record.pop("messages"))
        sample = Sample(messages=turns, **record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    sound = (
        isinstance(sample.cycle, int) and isinstance(sample.depth, int) and isinstance(sample.high_water, int)
    )
    return sample if sound and [turn.role for turn in turns[-2:]] == ["user", "assistant"] else None
