"""Which turns may be learned as they were said: those of which nothing is otherwise now.

Knows nothing of views or of passes.
"""

from __future__ import annotations

import random

from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange

LOOKED_AT = 600
"""Journal numbers among which earlier turns are looked for."""


def holds(turn: Exchange, facts: FactStore | None) -> bool:
    """Whether a turn, not corrected, still holds as it was said."""
    if facts is None or not turn.complete or turn.rating == "bad" or turn.stepped_in:
        return False
    return all(facts.is_live(fact.id) for fact in facts.from_turn(turn.seq))


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
