"""What is taught and asked by `compare baselines`: a profile's facts, a rounds file, or pairs of a file.

Works in a folder of its own; of a profile only a copy of the journal is opened. Knows nothing of models.
"""

from __future__ import annotations

import gc
import random
import shutil
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant import disk
from persian_assistant.errors import UsageError
from persian_assistant.facts import curriculum, telling
from persian_assistant.facts.blocks import BlockIndex
from persian_assistant.facts.stems import content
from persian_assistant.journal import Journal
from persian_assistant.persona import Persona
from persian_assistant.records import Fact, Lessons, Message
from persian_assistant.rounds import Event, Rounds
from persian_assistant.text import answer_key, holds_answer

if TYPE_CHECKING:
    from persian_assistant.knowledge import Knowledge
    from persian_assistant.profile import Profile

SHOTS = 4
"""Taught items shown in a few-shot prompt, drawn once: the same ones before every question."""
LINES = 4
"""Pairs put into the prompt at most, as many as the chat's memory gives."""
NEAR = 0.5
"""A pair is left out of the prompt that scores less than this share of the best one."""
HELDOUT_SHARE = 10
"""Every so many-th pair is not taught."""
MOST_TAUGHT_QUESTIONS, MOST_HELDOUT_QUESTIONS = 160, 60
"""Asked of each way; a random sample where there are more."""
MIB = 2**20


@dataclass(frozen=True)
class Question:
    """One thing asked of each way."""

    item: str
    """Id of the fact or pair it asks for."""
    messages: tuple[Message, ...]
    """The conversation up to the user's turn; the persona is not in it unless it is the data's own."""
    answers: tuple[str, ...]
    """A reply that holds one of these is right; empty: it must be like `reference`."""
    reference: str
    """The whole right answer; "" where only `answers` are known."""
    heldout: bool = False
    """Never taught, in no wording."""

    @property
    def text(self) -> str:
        """What the user asks."""
        return self.messages[-1].content


@dataclass(frozen=True)
class Material:
    """Everything that a comparison needs besides a model."""

    kind: str
    """"facts" or "pairs"."""
    source: dict[str, Any]
    """For the record: name and counts, no contents."""
    persona: Persona
    questions: tuple[Question, ...]
    shots: tuple[Message, ...]
    """The few-shot examples as turns."""
    recall: Callable[[str], list[str]]
    """Lines for the prompt that bear on a question, best first."""
    index_mb: float
    """Memory that recalling holds, in MiB: what it searches, and the index."""
    lessons: Lessons = field(default_factory=Lessons)
    """Of facts: what a pass is given."""
    high_water: int = 0
    conversations: tuple[tuple[Message, ...], ...] = ()
    """Of pairs: what is trained."""


# --- facts ------------------------------------------------------------------------------------------


def of_profile(profile: Profile, persona: Persona, folder: Path, random_seed: int) -> Material:
    """The live facts of a profile; asked in the wordings that no pass trains.

    `folder` takes a copy of the journal; the profile's own is only read. Raises UsageError without facts,
    DiskError.
    """
    copy = folder / profile.journal_path.name
    if profile.journal_path.is_file():
        with disk.disk_errors(copy):
            shutil.copyfile(profile.journal_path, copy)
    with _Traced() as memory:
        knowledge = _opened(copy)
        knowledge.warm()
        facts = knowledge.facts.live()
        views = curriculum.settled({fact.id: telling.probes(fact) for fact in facts})
        asked = [
            Question(fact.id, view.messages[:-1], view.answers, view.messages[-1].content)
            for fact in facts
            for view in views[fact.id]
        ]
        asked = _sample(asked, MOST_TAUGHT_QUESTIONS, random_seed)
        _use(knowledge, asked)
    if not asked:
        raise UsageError("baselines.no_facts", name=profile.name)
    source = {"profile": True, "facts": len(facts), "questions": len(asked)}
    return _of_facts(knowledge, persona, asked, source, memory.mib, random_seed)


def of_rounds(rounds: Rounds, persona: Persona, folder: Path, random_seed: int) -> Material:
    """A rounds file told as a user tells it, but without the model's replies; asked with its own probes."""
    with _Traced() as memory:
        knowledge = _opened(folder / "journal.jsonl")
        facts_of: dict[str, list[Fact]] = {}
        for number in range(1, rounds.count + 1):
            knowledge.journal.append("clear")
            for event in rounds.of(number):
                facts_of[event.id] = _told(knowledge, event)
        asked = [
            Question(
                event.id,
                (Message("user", probe.question),),
                probe.answers,
                _reference(facts_of[event.id], probe.answers),
            )
            for event in rounds.live()
            for probe in event.probes
        ]
        _use(knowledge, asked)
    source = {
        "rounds": rounds.path.name,
        "sha256": rounds.sha256,
        "facts": len(rounds.live()),
        "questions": len(asked),
    }
    return _of_facts(knowledge, persona, asked, source, memory.mib, random_seed)


def _of_facts(
    knowledge: Knowledge,
    persona: Persona,
    asked: Sequence[Question],
    source: dict[str, Any],
    index_mb: float,
    random_seed: int,
) -> Material:
    live = tuple(knowledge.facts.live())
    turns = knowledge.journal.exchanges()
    lessons = Lessons(
        exchanges=tuple(one for one in turns if one.complete and not knowledge.facts.is_corrected(one.seq)),
        new_facts=live,
    )
    shown = random.Random(random_seed).sample(live, min(SHOTS, len(live)))
    shots = [view.messages for fact in shown for view in telling.lessons(fact)[:1]]
    return Material(
        kind="facts",
        source=source,
        persona=persona,
        questions=tuple(asked),
        shots=tuple(message for turns in shots for message in turns),
        recall=knowledge.recall,
        index_mb=index_mb,
        lessons=lessons,
        high_water=knowledge.journal.last_seq(),
    )


def _opened(path: Path) -> Knowledge:
    from persian_assistant.knowledge import Knowledge

    return Knowledge(Journal.open(path))


def _told(knowledge: Knowledge, event: Event) -> list[Fact]:
    """Tell what `event` tells, as the chat does; the facts of it."""
    from persian_assistant.knowledge import tidy

    journal, facts = knowledge.journal, knowledge.facts
    if event.event == "teach":
        return [knowledge.teach(event.question, event.answer)]
    if event.event == "forget":
        found = facts.matching(tidy(event.text))
        facts.forget(found.facts, found.exchanges)
        return []
    seq = journal.append_user(tidy(event.text))
    read = knowledge.observe(seq, 0)
    journal.append_assistant(seq, "")  # what the model would have said carries no loss
    return [knowledge.fix(journal.exchange(seq), event.reply)] if event.event == "fix" else read


def _reference(facts: Sequence[Fact], answers: Sequence[str]) -> str:
    """The sentence of one of `facts` that gives an accepted answer; "" where no rule read one."""
    said = [fact.value if fact.kind == "fixed" else telling.told(fact) for fact in facts]
    return next((sentence for sentence in said if holds_answer(sentence, answers)), "")


def _use(knowledge: Knowledge, asked: Sequence[Question]) -> None:
    """Have everything in memory that answering takes, so that it can be weighed."""
    knowledge.memory.warm()
    for question in asked:
        knowledge.recall(question.text)


# --- pairs ------------------------------------------------------------------------------------------


def of_examples(
    source: str, persona: Persona, *, columns: Mapping[str, str] | None, limit: int, random_seed: int
) -> tuple[Material, str]:
    """Conversations of an example file, the last answer of each is asked for; and a sentence on bad rows.

    All but a tenth are taught and asked again in the same words; the tenth is asked, too. Raises UsageError.
    """
    from persian_assistant.example_files import read_examples

    found = read_examples(source, columns=columns, limit=limit)
    rows = random.Random(random_seed).sample(found.conversations, len(found.conversations))
    heldout, taught = rows[: len(rows) // HELDOUT_SHARE], rows[len(rows) // HELDOUT_SHARE :]
    known = {_asked(row) for row in taught}
    heldout = [row for row in heldout if _asked(row) not in known]
    questions = [
        *_sample(_questions(taught, "pair", False), MOST_TAUGHT_QUESTIONS, random_seed),
        *_sample(_questions(heldout, "left", True), MOST_HELDOUT_QUESTIONS, random_seed),
    ]
    with _Traced() as memory:
        pairs = Pairs(taught)
        for question in questions:
            pairs.recall(question.text)
    shown = [[turn for turn in row if turn.role != "system"] for row in taught[:SHOTS]]
    material = Material(
        kind="pairs",
        source={
            "name": Path(source).name,
            "pairs": len(rows),
            "taught": len(taught),
            "heldout": len(heldout),
            "bad_rows": len(found.bad),
            "asked": sum(not question.heldout for question in questions),
            "questions": len(questions),
        },
        persona=persona,
        questions=tuple(questions),
        shots=tuple(turn for row in shown for turn in row[-2:]),
        recall=pairs.recall,
        index_mb=memory.mib,
        conversations=tuple(map(tuple, taught)),
    )
    return material, found.notice


class Pairs:
    """BM25 over questions and answers; a line is the answer, with its question where it is short."""

    def __init__(self, rows: Sequence[Sequence[Message]]) -> None:
        self._lines: dict[int, str] = {}
        self._index: BlockIndex[int] = BlockIndex()
        for at, row in enumerate(rows):
            question, answer = row[-2].content, row[-1].content
            fact = Fact(f"{at}.1", at, "taught", "", question, answer, answer, f"? {question}")
            self._lines[at] = telling.told(fact)
            self._index.add(at, content(f"{question} {answer}", quick=True))

    def recall(self, question: str) -> list[str]:
        """At most LINES lines, best first; those far behind the best one are left out."""
        found = sorted(self._index.best(content(question, quick=True)), key=lambda one: -one[1])[:LINES]
        return [self._lines[at] for at, score in found if score >= NEAR * found[0][1]]


def _questions(rows: Sequence[Sequence[Message]], name: str, heldout: bool) -> list[Question]:
    return [
        Question(f"{name}-{at}", tuple(row[:-1]), (), row[-1].content, heldout)
        for at, row in enumerate(rows, start=1)
    ]


def _asked(row: Sequence[Message]) -> str:
    return answer_key(row[-2].content)


def _sample(questions: list[Question], most: int, random_seed: int) -> list[Question]:
    """A random sample in the given order; all of them where there are no more than `most`."""
    kept = random.Random(random_seed).sample(range(len(questions)), min(most, len(questions)))
    return [questions[at] for at in sorted(kept)]


class _Traced:
    """Weighs what is allocated inside and still there at the end: `mib`."""

    mib = 0.0

    def __enter__(self) -> _Traced:
        gc.collect()
        self._nested = tracemalloc.is_tracing()
        if not self._nested:
            tracemalloc.start()
        self._before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *_: object) -> None:
        gc.collect()
        self.mib = (tracemalloc.get_traced_memory()[0] - self._before) / MIB
        if not self._nested:
            tracemalloc.stop()
