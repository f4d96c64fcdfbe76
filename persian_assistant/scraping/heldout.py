"""The texts that measure the assistant, so that nothing scraped teaches them.

Held-out seed examples and general text, data/evaluation and data/rounds. Compares only, and shows none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.pretraining.duplicates import Duplicates
from persian_assistant.seed_examples import general_texts, split_seed_examples

FOLDERS = ("evaluation", "rounds")
LEAST_LETTERS = 20
"""Shorter texts («سلام، خوبی؟») are nobody's."""
NEAR = 0.7
"""Estimated Jaccard similarity from which two texts are one."""


class Heldout:
    """All of them. Raises UsageError where a file of seed examples or general text is no JSON Lines."""

    def __init__(self) -> None:
        self._known = Duplicates(NEAR)
        for text in _texts():
            if _is_long(text):
                self._known.is_new(text)

    def holds(self, *texts: str) -> bool:
        """Whether one of `texts`, or a line of it, stands in what measures, word for word or nearly so."""
        parts = {part.strip() for text in texts for part in (text, *text.split("\n"))}
        return any(_is_long(part) and self._known.has(part) for part in parts)


@cache
def heldout() -> Heldout:
    """The one of this process."""
    return Heldout()


def _is_long(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= LEAST_LETTERS


def _texts() -> Iterator[str]:
    _, heldout = split_seed_examples(sorted((data_dir() / "seed").glob("*.jsonl")))
    yield from (message.content for row in heldout for message in row)
    for text in general_texts("heldout"):
        yield from (text, *text.split("\n"))
    for folder in FOLDERS:
        for path in sorted((data_dir() / folder).glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield from _strings(json.loads(line))


def _strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, whatever its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
