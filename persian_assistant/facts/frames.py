"""Frames: hand-written ways to tell one kind of thing, to state it, to ask for it and to answer.

They are data/frames/*.jsonl, with slots; lists*.json beside them hold what fills the slots. Knows nothing of
what they are used for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persian_assistant.errors import UsageError
from persian_assistant.facts.morphology import attach
from persian_assistant.seed_examples import json_records
from persian_assistant.text import normalise

_SLOT = re.compile(r"\{(\w+)(?:\|(my|your|his|is)(_c)?)?\}")


@dataclass(frozen=True)
class Frame:
    """One kind of thing a person tells; every text may hold slots `{name}` or `{name|ending}`."""

    id: str
    topic: str
    slots: dict[str, tuple[str, ...]]
    say: tuple[str, ...]
    fact: tuple[str, ...]
    ask: tuple[str, ...]
    answer: tuple[str, ...]
    reversed: tuple[tuple[str, str], ...] = ()


def fill(text: str, values: dict[str, str]) -> str:
    """`text` with its slots filled and endings attached as Persian spells them."""

    def slot(match: re.Match[str]) -> str:
        name, ending, colloquial = match.groups()
        return attach(values[name], ending, colloquial=bool(colloquial)) if ending else values[name]

    return _SLOT.sub(slot, text)


def read_frames(folder: Path) -> list[Frame]:
    """All frames of `folder`. Raises UsageError that names file and line."""
    lists: dict[str, list[str]] = {}
    for path in sorted(folder.glob("lists*.json")):
        try:
            lists |= json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError) as error:
            raise UsageError("cli.cannot_read", path=path, reason=error) from error
    frames = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, record in json_records(path):
            try:
                frames.append(_frame(record, lists, path.stem))
            except (KeyError, TypeError, ValueError) as error:
                raise UsageError("cli.bad_row", path=path, line=number, reason=error) from error
    if not frames:
        raise UsageError("pretrain.no_source", path=folder)
    return frames


def _frame(record: dict[str, Any], lists: dict[str, list[str]], where: str) -> Frame:
    slots = {
        name: tuple(map(normalise, lists[value[1:]] if isinstance(value, str) else value))
        for name, value in record["slots"].items()
    }
    frame = Frame(
        id=f"{where}.{record['id']}",
        topic=record["topic"],
        slots=slots,
        **{name: tuple(map(normalise, record[name])) for name in ("say", "fact", "ask", "answer")},
        reversed=tuple((normalise(ask), normalise(answer)) for ask, answer in record.get("reversed", [])),
    )
    if "value" not in slots or not all(slots.values()):
        raise ValueError("slots")
    pairs = [text for pair in frame.reversed for text in pair]
    texts = [*frame.say, *frame.fact, *frame.ask, *frame.answer, *pairs]
    for text in texts:
        if missing := {name for name, _, _ in _SLOT.findall(text)} - set(slots):
            raise ValueError(f"{missing}: {text}")
        if "{" in _SLOT.sub("", text):
            raise ValueError(text)
    return frame
