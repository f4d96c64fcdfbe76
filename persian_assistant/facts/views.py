"""Training and probing views of a fact: statements, questions of every kind, and what was never told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from persian_assistant.facts import (
    aliases,
    attribute_views,
    clause_views,
    endings,
    morphology,
    taught_views,
)
from persian_assistant.facts.phrases import ACKNOWLEDGED, LESSON, NOT_TOLD, OWNERS, THINGS, UNTOLD
from persian_assistant.records import Fact, Message, View

Kind = Literal["direct", "colloquial", "reversed", "statement", "negative", "said"]
_MOST = 16
_NEAR = 60
"""How many of the newest facts lend their questions to negatives."""
_KINDS: dict[str, Kind] = {"direct": "direct", "colloquial": "colloquial", "reversed": "reversed"}


def view(question: str, answer: str, kind: Kind, fact: Fact | None, *answers: str) -> View:
    """A conversation of one question and its answer."""
    messages = (Message("user", question), Message("assistant", answer))
    return View(messages, kind, fact.id if fact else None, answers)


def _marked(question: str) -> str:
    return question if question[-1] in "؟.!" else question + "؟"


def statement(fact: Fact) -> str:
    """The fact said to the user, whole and formal; a taught or fixed one as it was given."""
    if fact.kind == "fixed":
        return LESSON.format(question=fact.attribute.strip(), answer=fact.value.strip())
    if fact.kind == "taught":
        return taught_views.statement(fact)
    return _bare_statement(fact) + "."


def _bare_statement(fact: Fact, side: str = "assistant") -> str:
    if fact.details.get("rule") == "attribute":
        return attribute_views.statement(attribute_views.parse(fact), side)
    return clause_views.statement(fact, side)


def _asked(fact: Fact) -> list[tuple[str, str, str]]:
    """(question, answer, kind) of a stated fact."""
    answer = statement(fact)
    if fact.details.get("rule") == "attribute":
        told = attribute_views.parse(fact)
        asked = aliases.registers(attribute_views.questions(told))
        forward = [(question, answer, kind) for question, kind in asked]
        back = [
            (question, reply + ".", "reversed")
            for question, reply in attribute_views.reversed_questions(told)
        ]
        return forward + back
    return [(question, answer, kind) for question, kind in aliases.registers(clause_views.questions(fact))]


def train_views(fact: Fact) -> list[View]:
    """8–14 views of `fact`; every answer holds its value, and none is in the wording of a probe."""
    if fact.kind != "stated":
        pairs = taught_views.train_pairs(fact) if fact.kind == "taught" else taught_views.fixed_pairs(fact)
        return [
            view(question, answer, _KINDS[kind], fact, fact.value) for question, answer, kind in pairs[:_MOST]
        ]
    kept = {question for question, _, _ in _probed(fact)}
    rows: dict[str, View] = {}
    for question, answer, kind in _asked(fact):
        text = _marked(question)
        if fact.value in answer and text not in kept and text not in rows:
            rows[text] = view(text, answer, _KINDS[kind], fact, fact.value)
    told = list(_told(fact))
    asked = list(rows.values())
    back = [row for row in asked if row.kind == "reversed"]
    forward = [row for row in asked if row.kind != "reversed"]
    return forward[: _MOST - len(told) - len(back[:3])] + back[:3] + told


def _told(fact: Fact) -> list[View]:
    """The user tells it; the assistant says it back."""
    said_back = _bare_statement(fact)
    mine = _bare_statement(fact, "user") + "."
    chance = random.Random(fact.key + fact.value)
    openings = chance.sample(ACKNOWLEDGED, 2)
    answers = [opening.format(said_back) for opening in openings]
    rows = [view(mine, answers[0], "statement", fact, fact.value)]
    if fact.sentence.strip() not in ("", mine) and len(fact.sentence) < 160:
        rows.append(view(fact.sentence, answers[1], "statement", fact, fact.value))
    return [row for row in rows if fact.value in row.messages[-1].content]


def _probed(fact: Fact) -> list[tuple[str, str, str]]:
    if fact.kind != "stated":
        return taught_views.probe_pairs(fact)
    if fact.details.get("rule") == "attribute":
        found = attribute_views.probes(attribute_views.parse(fact))
    else:
        found = clause_views.probes(fact)
    return [(_marked(question), statement(fact), kind) for question, kind in found]


def probe_views(fact: Fact) -> list[View]:
    """2–3 questions in wordings that `train_views` never uses."""
    return [
        view(question, answer, _KINDS[kind], fact, fact.value) for question, answer, kind in _probed(fact)
    ]


def negatives(facts: Sequence[Fact], count: int, chance: random.Random) -> list[View]:
    """`count` questions that no fact of `facts` answers, each with an answer that says so."""
    live = {(part, fact.attribute) for fact in facts for part in (fact.subject, *fact.subject.split())}
    mentioned = " ".join(f"{fact.subject} {fact.key} {fact.sentence}" for fact in facts)
    likely: list[str] = []
    for template, attribute, spoken in UNTOLD:
        if "{" not in template:
            if not any(part in mentioned for part in attribute.split("/")):
                likely.append(template)
            continue
        for owner in OWNERS:
            known = (owner, attribute) in live or (attribute in ("*", "جا") and owner in mentioned)
            odd = (
                owner in THINGS if attribute in ("سن", "اسم") else attribute == "رنگ" and owner not in THINGS
            )
            if not known and not odd:
                text = template.format(own=morphology.attach(owner, "my", spoken), of=morphology.of_me(owner))
                likely.append(text)
    near = _near(facts, live)
    chance.shuffle(likely)
    chance.shuffle(near)
    half = min(len(near), count // 2)
    asked = near[:half] + likely
    while asked and len(asked) < count:
        asked += asked
    return [view(question, chance.choice(NOT_TOLD), "negative", None) for question in asked[:count]]


def _near(facts: Sequence[Fact], live: set[tuple[str, str]]) -> list[str]:
    """Other attributes of what is known, and the known attributes of others."""
    asked = []
    subjects = {part for fact in facts for part in fact.subject.split()}
    for fact in facts[-_NEAR:]:
        if fact.kind != "stated":
            continue
        if fact.details.get("rule") == "attribute":
            told = attribute_views.parse(fact)
            for owner in OWNERS[:12]:
                if told.owner and (owner, fact.attribute) not in live:
                    asked.append(f"{endings.ezafe(fact.attribute)} {morphology.of_me(owner)} چیست؟")
            continue
        for owner in ("برادر", "خواهر", "دوست", "همکار", "عمو"):
            if owner not in subjects and (other := clause_views.of_another(fact, owner)):
                asked.append(_marked(other))
    return list(dict.fromkeys(asked))
