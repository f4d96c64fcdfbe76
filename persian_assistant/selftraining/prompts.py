"""What a model is asked in self-training: words of people, never a question that measures it.

Nor one that tells or asks something of the user's own life: the answers would be inventions about them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from persian_assistant.config import data_dir
from persian_assistant.distress import speaks_of_distress
from persian_assistant.facts import extraction, telling
from persian_assistant.facts.memory import Memory
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.records import Message
from persian_assistant.text import answer_key

JOURNAL_SHARE = 0.5
"""Share of the prompts that are taken from the journal, while it has some that were not used."""
Conversation = Sequence[Message]


@dataclass(frozen=True)
class Prompt:
    """A conversation that ends with a user's turn, and that turn's journal number."""

    messages: tuple[Message, ...]
    seq: int | None = None

    @property
    def key(self) -> str:
        return answer_key("\n".join(message.content for message in self.messages))


class Prompts:
    """Draws prompts from seed examples that train and from the journal of a profile."""

    def __init__(
        self,
        seeds: Sequence[Conversation],
        heldout: Sequence[Conversation],
        journal: Journal,
        facts: FactStore,
    ) -> None:
        self._seeds, self._journal = seeds, journal
        self._memory = Memory(facts)
        asked = [message.content for row in heldout for message in row if message.role == "user"]
        self._barred = set(map(answer_key, [*asked, *probe_questions(facts)]))

    def draw(self, count: int, used: set[str], chance: random.Random) -> list[Prompt]:
        """At most `count` different prompts; those whose key is in `used` come last."""
        sources = [list(self._of_journal()), list(self._of_seeds(chance))]
        for prompts in sources:
            chance.shuffle(prompts)
        fresh, old = ([[p for p in ps if (p.key in used) == was] for ps in sources] for was in (False, True))
        from_journal = fresh[0][: round(count * JOURNAL_SHARE)]
        rest = fresh[0][len(from_journal) :]
        waiting = iter([*from_journal, *fresh[1], *rest, *old[1], *old[0]])
        chosen: dict[str, Prompt] = {}
        for prompt in waiting:
            if len(chosen) >= count:
                break
            if prompt.key not in chosen and self.fits(prompt):
                chosen[prompt.key] = prompt
        return list(chosen.values())

    def fits(self, prompt: Prompt) -> bool:
        """Whether it measures nothing, tells or asks nothing of the user's life, and is no cry for help."""
        turns = [message.content for message in prompt.messages if message.role == "user"]
        if any(answer_key(turn) in self._barred or speaks_of_distress(turn) for turn in turns):
            return False
        try:
            told = any(extraction.read(turn, previous=turns[:at]) for at, turn in enumerate(turns))
            return not told and not any(map(self._memory.never_told, turns))
        except Exception as error:  # rules over free text: what they cannot read is not asked
            telling.stumbled("choosing what to ask", error)
            return False

    def _of_journal(self) -> Iterator[Prompt]:
        for exchange in self._journal.exchanges():
            if exchange.complete and exchange.rating != "bad":
                yield Prompt((Message("user", exchange.user),), exchange.seq)

    def _of_seeds(self, chance: random.Random) -> Iterator[Prompt]:
        """Each conversation up to one of its user's turns."""
        for row in self._seeds:
            ends = [at for at, message in enumerate(row) if message.role == "user"]
            yield Prompt(tuple(row[: chance.choice(ends) + 1]))


def probe_questions(facts: FactStore) -> list[str]:
    """Questions that the gate, or a benchmark's free answers, may ask."""
    lines = (data_dir() / "rounds" / "free.jsonl").read_text(encoding="utf-8").splitlines()
    free = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    return [*free, *(view.messages[-2].content for fact in facts.live() for view in telling.probes(fact))]
