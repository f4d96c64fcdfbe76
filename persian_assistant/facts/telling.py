"""Facts in words, whatever wrote them: a fact that the views cannot phrase any more is still told.

A journal outlives the rules that read it, so nothing here raises: what cannot be phrased is logged and left
out. Knows nothing of files.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from persian_assistant.facts import curriculum, echo, views
from persian_assistant.facts.extraction import Draft
from persian_assistant.facts.stems import content, same
from persian_assistant.facts.untold import untold_views
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
    return _made(views.train_views, fact, "views of a fact")


def lessons(fact: Fact) -> list[View]:
    """Everything a pass trains of it; [] where it cannot be phrased."""
    return _made(curriculum.train_views, fact, "views of a fact")


def probes(fact: Fact) -> list[View]:
    """Questions about it that are never trained; [] where it cannot be phrased."""
    return _made(curriculum.probe_views, fact, "probes of a fact")


def untold(facts: Sequence[Fact], count: int, chance: random.Random) -> list[View]:
    """`untold_views`, without the facts that it cannot work with."""
    state = chance.getstate()
    try:
        return untold_views(facts, count, chance)
    except Exception as error:
        stumbled("questions about untold things", error)
    chance.setstate(state)
    return _made(lambda sound: untold_views(sound, count, chance), _sound(facts), "untold things")


def _made(make: Callable[[Any], list[View]], given: Any, doing: str) -> list[View]:
    try:
        return make(given)
    except Exception as error:
        stumbled(doing, error)
        return []


def _sound(facts: Sequence[Fact]) -> list[Fact]:
    found = []
    for fact in facts:
        with suppress(Exception):
            untold_views([fact], 2, random.Random(0))
            found.append(fact)
    return found


def said(text: str) -> str:
    """A turn of the user's said to them («گفتی …»), "" where it states nothing."""
    try:
        told = echo.said_back(text)
    except Exception as error:
        stumbled("saying a turn back", error)
        return ""
    return f"گفتی {told}." if told else ""


def retold(text: str, most: int) -> str:
    """A turn said to the user, at most `most` characters; in their own words where turning it loses any."""
    line = " ".join(text.split())
    turned = said(line) if len(line) <= most else ""
    same = line.strip(" .!") in turned and any(word.endswith("م") for word in line.split())  # «تیمم»
    if turned and not same and len(content(line, quick=True)) <= len(content(turned, quick=True)):
        return turned
    cut = line if len(line) <= most else f"{line[:most].rpartition(' ')[0] or line[:most]} …"
    return f"گفتی: «{cut}»"


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
