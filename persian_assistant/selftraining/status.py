"""Where a self-training run stands: `selftrain/status.json`, replaced whole at each step.

A service manager, a person or the next start of the run reads it. Holds numbers and names, never words.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from persian_assistant import disk

FOLDER = "selftrain"
"""Beside the journal of a profile."""
FILE, LOCK = "status.json", "lock"


@dataclass(frozen=True)
class Status:
    """A snapshot. Times are unix seconds."""

    cycle: int = 0
    """The last one that began."""
    step: str = ""
    """What of it is still to be done from the start or in part: "generate", "train", "" for nothing."""
    phase: str = "stopped"
    """prepare, generate, train, measure, publish, waiting, locked, sleeping, stopped."""
    counts: dict[str, int] = field(default_factory=dict)
    """Of this cycle: `generated`, `kept`, and what was dropped by reason."""
    totals: dict[str, int] = field(default_factory=dict)
    """The same over all cycles, with `cycles`, `published`, `rejected`, `evicted`, `forgotten`."""
    samples: int = 0
    """In the store."""
    last: dict[str, Any] = field(default_factory=dict)
    """How the last cycle ended: cycle, outcome, version, reason and values, scores, counts, seconds."""
    rejections: int = 0
    """In a row."""
    without_news: int = 0
    """Cycles in a row that met no new human data."""
    human: str = ""
    """What there was of human data at the last cycle's end (see `service.human_mark`)."""
    sleeping: str = ""
    """Wording key of the reason; "" while awake."""
    next_wake: float | None = None
    """When the next cycle begins; None while one runs, and while asleep."""
    updated: float = 0.0


def read_status(folder: Path) -> Status | None:
    """None where there is none, or none that can be read."""
    known = {item.name for item in fields(Status)}
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        status = Status(**{name: value for name, value in record.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    numbers = (status.cycle, status.samples, status.rejections, status.without_news)
    texts = (status.step, status.phase, status.human, status.sleeping)
    tables = (status.counts, status.totals, status.last)
    sound = (
        all(isinstance(one, int) for one in numbers)
        and all(isinstance(one, str) for one in texts)
        and all(isinstance(one, dict) for one in tables)
    )
    return status if sound else None


def write_status(folder: Path, status: Status) -> None:
    """Raises DiskError; the file is then as it was."""
    disk.write_private(folder / FILE, disk.to_json(asdict(status), indent=1) + "\n")
