"""All that is trained of a fact, and all that is asked to see whether it was learned.

Views made by grammar come first; where a frame fits, hand-written questions join them. No question is in
both lists. Knows nothing of tokens.
"""

from __future__ import annotations

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
