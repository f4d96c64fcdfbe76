"""Which turns may be learned as they were said: those of which nothing is otherwise now.

Knows nothing of views or of passes.
"""

from __future__ import annotations

import random

from persian_assistant.distress import speaks_of_distress
from persian_assistant.facts import extraction
from persian_assistant.facts.store import FactStore
from persian_assistant.facts.telling import stumbled
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange

LOOKED_AT = 600
"""Journal numbers among which earlier turns are looked for."""


def holds(turn: Exchange, facts: FactStore | None) -> bool:
    """Whether a turn, not corrected, still holds as it was said.

    One that says a fact again has none of its own: what became of the fact is not known of it.
    """
    if facts is None or not turn.complete or turn.rating == "bad" or turn.stepped_in:
        return False
    if speaks_of_distress(turn.user):
        return False
    if read := facts.from_turn(turn.seq):
        return all(facts.is_live(fact.id) for fact in read)
    return not _reads(turn.user)


def _reads(text: str) -> bool:
    """Whether rules read a fact from `text`, or fail at it."""
    try:
        return bool(extraction.read(text))
    except Exception as error:
        stumbled("reading a turn again", error)
        return True


def some_before(journal: Journal, facts: FactStore | None, seq: int) -> list[Exchange]:
    """Exchanges up to number `seq` that hold, oldest first: all where they are few, else some at random.

    Costs the same whatever lies behind.
    """
    numbers = list(range(1, seq + 1)) if seq <= LOOKED_AT else _some(seq)
    found = (journal.exchange(number) for number in numbers)
    return [
        turn for turn in found if turn and holds(turn, facts) and not (facts and facts.is_corrected(turn.seq))
    ]


def _some(seq: int) -> list[int]:
    return sorted(random.Random(seq).sample(range(1, seq + 1), LOOKED_AT))
