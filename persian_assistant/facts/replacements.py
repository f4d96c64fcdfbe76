"""«ماشینمو عوض کردم، الان دنا دارم» read as «ماشینم دنا است»: what is so now of the very thing that changed.

Works on the tokens of one turn; what it does not know stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from persian_assistant.facts.clause_frames import load, load_words
from persian_assistant.facts.compounds import PREPOSITIONS
from persian_assistant.facts.copulas import enclitic
from persian_assistant.facts.drafts import Draft
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import split_owner
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

_CHANGED = {"عوض": ("کردن", "شدن"), "تغییر": ("کردن", "دادن")}
_NOW = wordset("الان حالا دیگه دیگر اکنون فعلا فعلاً جدیدا جدیداً و ، . ؛ جاش جایش بجاش یه یک")
_TAKEN = ("داشتن", "گرفتن", "خریدن", "بودن")
_LEADING = ("شدن", "گذاشتن", "کردن")
_STOPS = wordset(". ؛ ! ؟ ? ، ,")
_DATED = ("day", "hour", "month", "date")
_MOST_NAMED, _MOST_VALUE = 3, 4


def replaced(found: list[str]) -> list[str]:
    """`found` with what is told of a change said as it is now; unchanged where nothing is."""
    for at, token in enumerate(found):
        forms = {form.verb for form in readings(found[at + 1])} if at + 1 < len(found) else set()
        if not forms & set(_CHANGED.get(token, ())):
            continue
        named = _named(found[:at])
        value, after = _value(found, at + 2)
        if named and value:
            return [*found[: at - named[1]], *named[0], *value, "است", *found[after:]]
    return found


def moves(draft: Draft, fact: Fact, *, in_part: bool = False) -> bool:
    """Whether `draft` («نوبتم افتاد پنج‌شنبه») gives `fact` («نوبتم سه‌شنبه است») another date.

    `in_part`: also one that it does not name in full («نوبت چشم‌پزشکیم سه‌شنبه است»).
    """
    if draft.details.get("rule") != "clause" or fact.details.get("kind") not in _DATED:
        return False
    frame = load(draft.details["frame"])
    if frame.verb != "افتادن" or frame.negative or fact.details.get("rule") != "attribute":
        return False
    moved = {word.stem for word in frame.subject}
    parts = (fact.details[name] for name in ("attribute", "owner"))
    dated = {word.stem for part in parts for word in load_words(part)}
    return bool(dated) and (dated <= moved or (in_part and bool(moved) and moved <= dated))


def _named(before: Sequence[str]) -> tuple[list[str], int] | None:
    """(what changed, how many tokens it takes up): one of the user's own things, told last in `before`."""
    taken = list(before)
    while taken and taken[-1] in ("را", "رو", "هم"):
        taken.pop()
    start = max((at + 1 for at, token in enumerate(taken) if token in _STOPS or token == "و"), default=0)
    phrase = taken[start:]
    if not 0 < len(phrase) <= _MOST_NAMED or split_owner(phrase[-1])[1] not in (1, 4):
        return None
    if any(readings(token) for token in phrase[:-1]):
        return None
    return phrase, len(before) - start


def _value(found: Sequence[str], at: int) -> tuple[list[str], int]:
    """(what it is now, where the rest begins); [] where that is not plainly said."""
    leading = False
    while at < len(found) and (found[at] in _NOW or _does(found[at], _LEADING)):
        leading = leading or _does(found[at], _LEADING)
        at += 1
    end = next((i for i in range(at, len(found)) if found[i] in _STOPS), len(found))
    value = list(found[at:end])
    if value and (_does(value[-1], _TAKEN) or _does(value[-1], _LEADING)):
        value.pop()
    elif value and (linked := enclitic(value)) is not None and linked[1] == 3:
        value[-1] = linked[0]
    elif not leading:
        return [], at
    sound = 0 < len(value) <= _MOST_VALUE and not any(token in ("را", "و") for token in value)
    told_of = value[0] in PREPOSITIONS or split_owner(value[0])[1:] == (3, True) if sound else False  # «اسمش»
    if not sound or told_of or any(readings(token) for token in value):
        return [], at
    return value, end


def _does(token: str, verbs: Sequence[str]) -> bool:
    """Whether `token` says that it was done; of having and being, that it is."""
    return any(
        form.verb in verbs and (form.verb in ("داشتن", "بودن") or form.tense in ("past", "perfect"))
        for form in readings(token)
    )
