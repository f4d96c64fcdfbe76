"""A memory that was told some sentences, for as long as it is asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from persian_assistant.journal import Journal
from persian_assistant.knowledge import Knowledge


@contextmanager
def knowing(
    told: Sequence[str], *, warm: bool = True, ending: bool = True
) -> Iterator[tuple[Knowledge, list[int]]]:
    """What knows these sentences, and the numbers of their turns.

    `warm`: all of it indexed; `ending`: a later turn may end what an earlier one told, by the net of changes.
    """
    with tempfile.TemporaryDirectory() as folder:
        knowledge = Knowledge(Journal.open(Path(folder) / "journal.jsonl"))
        turns = [knowledge.journal.append_user(text) for text in told]
        for turn in turns:
            if ending:
                knowledge.observe(turn, 0)
            else:
                knowledge.facts.observe(turn, 0)
        if warm:
            knowledge.warm()
        yield knowledge, turns
