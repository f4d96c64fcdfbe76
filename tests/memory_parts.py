"""A store of what was told, and what its memory says to a question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from persian_assistant.facts.memory import Memory
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal


def store_of(folder: Path, told: Sequence[str]) -> FactStore:
    """The facts of these turns, read by the product's own rules."""
    store = FactStore(Journal.open(folder / "journal.jsonl"))
    for text in told:
        store.observe(store.journal.append_user(text))
    return store


def assert_first_line_holds(store: FactStore, question: str, value: str) -> None:
    found = Memory(store).recall(question)
    assert found and value in found[0], (question, found)
