"""Facts in words, whatever wrote them: a fact that the views cannot phrase any more is still told.

A journal outlives the rules that read it, so nothing here raises. Knows nothing of files.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence

from persian_assistant.facts import views
from persian_assistant.facts.extraction import Draft
from persian_assistant.facts.stems import same
from persian_assistant.records import Fact, View

logger = logging.getLogger(__name__)
USER = "کاربر"


def stumbled(doing: str, error: Exception) -> None:
    """Log where rules over free text failed, without the error's own words: they may be the user's."""
    place = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    logger.warning("%s: %s\n%s", doing, type(error).__name__, place)


def told(fact: Fact) -> str:
    """The fact said to the user: «اسم قناری تو نغمه است.»"""
    try:
        return views.statement(fact)
    except Exception as error:
        stumbled("phrasing a fact", error)
        owner = "" if fact.subject == USER else fact.subject
        return f"{' '.join(part for part in (fact.attribute, owner) if part)}: {fact.value}"


def trained(fact: Fact) -> list[View]:
    """The views it is trained with."""
    try:
        return views.train_views(fact)
    except Exception as error:
        stumbled("views of a fact", error)
        return []


def said(text: str) -> str:
    """A turn of the user's said to them («گفتی …»), "" where it cannot be turned round."""
    try:
        return views.said_views(text)[0].messages[-1].content
    except Exception:
        return ""


def with_value(fact: Fact, value: str, read: Callable[..., Sequence[Draft]]) -> Draft:
    """`fact` with another value, read again from the user's own way of telling it where that can be."""
    for view in trained(fact):
        telling = view.messages[0].content
        if view.kind != "statement" or fact.value not in telling:
            continue
        try:
            drafts = read(telling.replace(fact.value, value), previous=[])
        except Exception as error:
            stumbled("reading an edited fact", error)
            continue
        for draft in drafts:
            if draft.key == fact.key and same(draft.value) == same(value):
                return draft
    return Draft(
        fact.subject,
        fact.attribute,
        value,
        fact.sentence.replace(fact.value, value) if fact.kind == "stated" else value,
        fact.key,
        fact.single,
        {name: part.replace(fact.value, value) for name, part in fact.details.items()},
    )
