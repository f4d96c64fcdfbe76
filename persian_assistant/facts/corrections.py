"""A turn that takes back what the turn before it told: «نه ببخشید، ماهانه …», «منظورم گیتار بود».

Works on drafts; knows nothing of what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts.clause_frames import load, load_words
from persian_assistant.facts.drafts import Draft
from persian_assistant.facts.subjects import Told
from persian_assistant.text import normalise

_TAKEN_BACK = re.compile(
    r"^\s*(?:(?:نه|ای وای|وای|آخ|عه|اوه)[ ،]+)*(?:ببخشید|شرمنده|معذرت|اشتباه|منظورم|یعنی نه|درستش|اصلاح|غلط)"
    r"|اشتباه (?:گفتم|شد|کردم|نوشتم|تایپ کردم)|منظورم .* بود"
)


def corrects(text: str) -> bool:
    """Whether `text` takes back something told just before."""
    return bool(_TAKEN_BACK.search(normalise(text)))


def mistaken(draft: Draft) -> Told | None:
    """What `draft` told as «attribute of owner is value»; None where it told it with a verb."""
    if draft.details.get("rule") != "attribute":
        return None
    parts = (load_words(draft.details[name]) for name in ("attribute", "owner", "words"))
    return Told(*parts)


def instead(draft: Draft, told: Sequence[Draft]) -> Draft:
    """`draft` with the key of what it corrects, so that this holds no more.

    Of a doing of which several may be told at once, a correction still replaces the one before.
    """
    for earlier in reversed(told):
        if earlier.key == draft.key:
            return draft
        if _same_doing(earlier, draft):
            return replace(draft, key=earlier.key, single=True)
    return draft


def _same_doing(one: Draft, other: Draft) -> bool:
    if {one.details.get("rule"), other.details.get("rule")} != {"clause"} or one.subject != other.subject:
        return False
    first, second = load(one.details["frame"]), load(other.details["frame"])
    past = ("past", "perfect", "pluperfect", "imperfect")
    return (
        first.name == second.name
        and first.mood == second.mood
        and (first.tense in past) == (second.tense in past)
        and first.name != "بودن"
    )
