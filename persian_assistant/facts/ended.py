"""Which facts a turn ends that no rule reads as doing so: «ماشینمو عوض کردم» after «ماشینم پراید است».

Asks the memory each fact's own question and looks whether the turn plainly takes the place of the answer.
Knows nothing of what becomes of them.
"""

from __future__ import annotations

from persian_assistant.facts.changes import PLAINLY, change_net, ending, speaks_of_it
from persian_assistant.facts.memory import Memory, states_something
from persian_assistant.facts.telling import trained
from persian_assistant.records import Fact

NEAR = 8
"""Turns looked at, those that share most words."""


def ended(memory: Memory, seq: int) -> list[str]:
    """Ids of the facts, told before the turn `seq`, that it says are otherwise now."""
    turn = memory.store.journal.exchange(seq)
    if turn is None or not states_something(turn.user):
        return []
    near = [one for one in memory.sharing_words(turn.user, NEAR) if one < seq]
    facts = [fact for one in near for fact in memory.store.from_turn(one)]
    return [fact.id for fact in facts if memory.store.is_live(fact.id) and _ends(memory, seq, fact)]


def _ends(memory: Memory, seq: int, fact: Fact) -> bool:
    asked = [view for view in trained(fact) if view.kind == "direct"] if fact.kind == "stated" else []
    if not asked:
        return False
    later = memory.later(asked[0].messages[0].content, fact.seq)
    numbers = [one.numbers for one in later]
    at = ending(numbers, change_net().each([one.text for one in later], numbers), PLAINLY)
    return at is not None and later[at].seq == seq and speaks_of_it(numbers[at])
