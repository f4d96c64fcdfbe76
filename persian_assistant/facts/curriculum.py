"""All that is trained of a fact, and all that is asked to see whether it was learned.

Views made by grammar come first; where a frame fits, hand-written questions join them. No question is in
both lists. Knows nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from persian_assistant.facts import views
from persian_assistant.facts.paraphrases import Paraphrase, of_fact
from persian_assistant.records import Fact, Message, View
from persian_assistant.text import answer_key

PROBED_EVERY = 4
"""Every so many-th question of a frame is never trained: the gate asks it."""
MOST_PARAPHRASES = 8
"""Questions of a frame that are trained."""


def train_views(fact: Fact) -> list[View]:
    """Views that carry loss, 8 to 25, no question twice."""
    asked = {answer_key(_question(view)) for view in probe_views(fact)}
    found: dict[str, View] = {}
    for view in (*views.train_views(fact), *_paraphrased(fact, probes=False)[:MOST_PARAPHRASES]):
        key = answer_key(_question(view))
        if key not in asked:
            found.setdefault(key, view)
    return list(found.values())


def probe_views(fact: Fact) -> list[View]:
    """Questions in wordings that are never trained."""
    return [*views.probe_views(fact), *_paraphrased(fact, probes=True)[:2]]


def settled(views_of: Mapping[str, Sequence[View]]) -> dict[str, list[View]]:
    """Views by fact, where a question that several facts ask is answered with all that they tell.

    «از چی می‌ترسم؟» is asked of the lift and of the cockroach alike: two answers teach neither.
    Pass what is trained and what holds beside it, newest last; probes likewise.
    """
    askers: dict[str, dict[str, View]] = {}
    for fact_id, views_of_one in views_of.items():
        for view in views_of_one:
            if view.kind != "statement":
                askers.setdefault(answer_key(_question(view)), {}).setdefault(fact_id, view)
    return {
        fact_id: [_joined(view, askers.get(answer_key(_question(view)), {})) for view in views_of_one]
        for fact_id, views_of_one in views_of.items()
    }


def _joined(view: View, askers: Mapping[str, View]) -> View:
    """`view` with the answers of all that ask its question, each once."""
    if view.kind == "statement" or len(askers) < 2:
        return view
    told = list(dict.fromkeys(one.messages[-1].content.rstrip(". ") for one in askers.values()))
    if len(told) < 2:
        return view
    return replace(view, messages=(*view.messages[:-1], Message("assistant", "، ".join(told) + ".")))


def found_frame(fact: Fact) -> Paraphrase | None:
    """The hand-written frame that asks for `fact`; None where none fits."""
    return of_fact(fact, views.statement(fact)) if fact.kind == "stated" else None


def _paraphrased(fact: Fact, *, probes: bool) -> list[View]:
    found = found_frame(fact)
    if found is None:
        return []
    answers = [*found.answers, *found.statements]
    made = []
    for number, question in enumerate(found.asked):
        if (number % PROBED_EVERY == PROBED_EVERY - 1) != probes:
            continue
        answer = answers[number % len(answers)]
        messages = (Message("user", question), Message("assistant", answer))
        made.append(View(messages, "direct", fact.id, (found.value,)))
    if not probes:
        for question, answer in found.reversed:
            messages = (Message("user", question), Message("assistant", answer))
            made.insert(0, View(messages, "reversed", fact.id, (fact.subject or fact.attribute,)))
    return made


def _question(view: View) -> str:
    return view.messages[-2].content
