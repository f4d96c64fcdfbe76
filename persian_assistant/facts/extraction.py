"""Reads lasting facts out of what the user wrote.

Knows Persian clauses, written and spoken; not the world. What no rule reads states nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence

from persian_assistant.facts import corrections
from persian_assistant.facts.asides import plain
from persian_assistant.facts.clauses import clauses
from persian_assistant.facts.drafts import Draft
from persian_assistant.facts.relations import facts_of
from persian_assistant.facts.replacements import replaced
from persian_assistant.facts.soundness import sound
from persian_assistant.facts.subjects import Context, Told
from persian_assistant.facts.views import statement
from persian_assistant.facts.words import tokens
from persian_assistant.records import Fact
from persian_assistant.text import normalise, one_line

__all__ = ["Draft", "read"]
_REMEMBERED = 6
_LONGEST_VALUE = 8


def read(text: str, previous: Sequence[str] = ()) -> list[Draft]:
    """The facts that `text` states, in order; [] where it states none.

    `previous`: the user's earlier turns, newest last; they say who «اسمش» means.
    """
    context = Context()
    told: list[Draft] = []
    for earlier in previous[-_REMEMBERED:]:
        told += _read(earlier, context)
    context.left = ""
    if not told or not corrections.corrects(text):
        return _read(text, context)
    found = _read(text, context, corrections.mistaken(told[-1]))
    return [corrections.instead(draft, told) for draft in found]


def _can_be_said(draft: Draft) -> bool:
    """Whether the statement of `draft` would hold its value: what was misread is sooner lost than taught."""
    if len(draft.value.split()) > _LONGEST_VALUE:
        return False
    if not sound(draft):
        return False
    fact = Fact(
        "",
        0,
        "stated",
        draft.subject,
        draft.attribute,
        draft.value,
        draft.sentence,
        draft.key,
        draft.single,
        draft.details,
    )
    return draft.value in statement(fact)


def _read(text: str, context: Context, denied: Told | None = None) -> list[Draft]:
    """`denied`: what was told before and is taken back by what opens `text`."""
    sentence = one_line(normalise(text))
    drafts: dict[str, Draft] = {}
    context.had = context.here = False
    context.denied = denied
    for clause in clauses(replaced(tokens(plain(sentence)))):
        for draft in facts_of(clause, sentence, context):
            if draft.value and _can_be_said(draft):
                drafts[draft.key] = draft
    return [draft for draft in drafts.values() if not _goes_without_saying(draft, drafts)]


def _goes_without_saying(draft: Draft, drafts: dict[str, Draft]) -> bool:
    """«یک طوطی داری», beside the parrot's name: an answer that fits too many questions."""
    relation, *rest = draft.key.split("|")
    bare = relation == "have" and len(rest) == 2 and draft.value == rest[1]
    return bare and any(key.split("|")[1:] == rest[1:] for key in drafts if key != draft.key)
