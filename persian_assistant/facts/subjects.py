"""Copular clauses taken apart: what is told of whom («رنگ چشم‌های خواهرم | قهوه‌ای»)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import content
from persian_assistant.facts.clauses import Clause
from persian_assistant.facts.compounds import FILLERS, PREPOSITIONS
from persian_assistant.facts.times import bare, is_number, number_length, time_at
from persian_assistant.facts.words import Word
from persian_assistant.facts.wordset import wordset

SELF = wordset("من ما خودم خودمان")
SYNONYMS = {"نام": "اسم", "حرفه": "شغل", "نشانی": "آدرس", "پسورد": "رمز", "فامیل": "فامیلی"}


@dataclass(frozen=True)
class Told:
    """`value` is told as `attribute` of `owner`; no owner: the user; no attribute: the thing itself."""

    attribute: tuple[Word, ...]
    owner: tuple[Word, ...]
    value: tuple[Word, ...]


@dataclass
class Context:
    """Who was spoken of last, for «اسمش»."""

    last: tuple[Word, ...] = ()
    left: str = ""
    """What the user said to have left: "home", "work" or nothing."""
    denied: Told | None = None
    """What the clause before said not to be so: «… نیست، معماره»."""
    here: bool = False
    """A clause before, in this same turn, told of `last`: «… و اهل ملایره» goes on about it."""
    had: bool = False
    """The clause before told of a thing the user has: «که …» may hang on it."""


def stem_of(word: Word) -> str:
    return bare(word.stem).removesuffix("\u200cها").removesuffix("\u200cهای")


def _related(word: Word) -> bool:
    return stem_of(word) in lexicon.RELATED or stem_of(word) in lexicon.BODY - lexicon.ATTRIBUTES


def head_noun(found: Sequence[Word]) -> tuple[Word, ...]:
    """The noun a relative clause or a pronoun points to, as the user's own: «یک قناری زرد» → «قناری‌ام»."""
    kept = [word for word in found if word.stem not in ("یک", "تا", "و") and word.stem not in FILLERS]
    if not kept or kept[0].stem in PREPOSITIONS:
        return ()
    for at, each in enumerate(kept):
        if each.stem in PREPOSITIONS:
            break
        if each.owner == 1 or each.stem in SELF:
            return tuple(kept[: at + 1]) if each.owner else tuple(kept[:at])
    for each in kept:
        stem = (
            stem_of(each).removesuffix("\u200cای").removesuffix("ی")
            if stem_of(each) not in lexicon.RELATED
            else stem_of(each)
        )
        if stem in lexicon.RELATED or stem_of(each) in lexicon.RELATED:
            return (Word(stem if stem in lexicon.RELATED else stem_of(each), 1),)
    if kept[0].stem in lexicon.NAMES:
        return (Word(kept[0].stem),)
    return (Word(bare(kept[0].stem), 1),)


def copular_words(clause: Clause) -> list[Word]:
    """The words of a copular clause, without fillers and without a time it opens with."""
    found = content(clause.tokens + clause.after)
    spoken = [word.said() for word in found]
    length, kind = time_at(spoken, 0)
    opens = kind in ("when", "part", "day", "duration") and not is_age(found)
    if length and opens and length < len(found) and not found[0].owner:
        found = found[length:]
    if found and found[0].stem in ("قدم", "دلم"):
        found = [Word(found[0].stem[:-1], 1), *found[1:]]
    return found


def is_age(found: Sequence[Word]) -> int:
    """How many of the words, from the first, say an age («۳۲ سال», «پنج‌ساله»); 0 for none."""
    if not found:
        return 0
    if len(found) == 1 and stem_of(found[0]).endswith(("\u200cساله", "ساله")) and len(stem_of(found[0])) > 4:
        return 1
    length = number_length([word.stem for word in found], 0)
    if length and length < len(found) and stem_of(found[length]) in ("سال", "ساله", "ماه", "ماهه"):
        return length + 1
    return 0


def take_apart(clause: Clause, context: Context) -> Told | None:
    """What the clause tells; None where it is not of the user's world."""
    found = copular_words(clause)
    while (
        len(found) > 1
        and found[0].stem in SELF
        and (clause.form.person in (1, 4) or any(w.owner in (1, 4) for w in found[1:]))
    ):
        found = found[1:]
    if not found:
        return None
    if clause.form.person in (1, 4):
        return Told((), (), tuple(found))
    age = next((at for at in range(len(found)) if is_age(found[at:]) and not _since(found, at)), None)
    if age is not None:
        return _aged(found, age, context)
    at = next((i for i, w in enumerate(found) if w.owner or w.stem in SELF or w.stem == "او"), None)
    if at is None:
        return _unowned(found, clause, context)
    place = next((i for i, w in enumerate(found[:at]) if i and w.stem in PREPOSITIONS), 0)
    if place and stem_of(found[0]) in lexicon.RELATED:
        return Told(_attr(found[:place]), (), tuple(found[place:]))
    subject, value = found[: at + 1], found[at + 1 :]
    if value and value[0].owner == 3 and subject[-1].owner != 3:
        subject, value = [replace(value[0], owner=0), *subject], value[1:]
    if value and value[0].stem == "من" and subject[-1].owner == 1:
        value = value[1:]
    if not value:
        return _turned(found, context)
    return _owned(subject, value, context)


def _since(found: Sequence[Word], at: int) -> bool:
    """Whether the years at `at` say since when: «از سه سال پیش»."""
    return at > 0 and found[at - 1].stem in ("از", "تا")


def _aged(found: list[Word], at: int, context: Context) -> Told | None:
    who = [word for word in found[:at] if word.stem not in ("سن",)]
    length = is_age(found[at:])
    last = found[at + length - 1]
    value = [
        *found[at : at + length - 1],
        replace(last, owner=0, stem=re.sub("(سال|ماه)ه$", r"\1", stem_of(last)) if length > 1 else last.stem),
    ]
    if not who:
        if last.owner == 1 or any(w.owner == 1 for w in found[:at]):
            return Told((Word("سن"),), (), tuple(value))
        who = list(context.last)
    of_me = bool(who) and (who[-1].pause or (len(who) == 1 and who[0].stem in lexicon.NAMES))
    if last.owner == 1 and of_me:
        return Told((Word("سن"),), (), tuple(value))  # «آرشام، ۱۹ سالمه»
    if not who or any(word.stem in PREPOSITIONS for word in who) or not _of_mine(who, context):
        return None
    return Told((Word("سن"),), tuple(_plain_self(who)), tuple(value)) if who else None


def _of_mine(who: Sequence[Word], context: Context) -> bool:
    """Whether an age can be theirs: one of the user's world, or one spoken of before."""
    spoken = {word.stem for word in context.last}
    return any(
        w.owner or w.stem in SELF or _related(w) or w.stem in lexicon.NAMES | spoken or w.stem == "او"
        for w in who
    )


def _plain_self(found: Sequence[Word]) -> list[Word]:
    """«خواهر من» as «خواهرم»."""
    if len(found) > 1 and found[-1].stem in SELF:
        return [
            *found[:-2],
            replace(found[-2], stem=bare(found[-2].stem), owner=1 if found[-1].stem != "ما" else 4),
        ]
    return list(found)


def _owned(subject: list[Word], value: list[Word], context: Context) -> Told | None:
    chain = _plain_self(subject)
    last = chain[-1]
    if last.owner == 3 and len(chain) > 1 and _attribute_of(chain):  # «وای‌فای خونه رمزش …»
        return Told(_attr([replace(last, owner=0)]), tuple(chain[:-1]), tuple(value))
    if last.stem == "او" or last.owner == 3:
        if not context.last:
            return None
        chain = [*chain[:-1], *([replace(last, owner=0)] if last.stem != "او" else []), *context.last]
    if any(word.stem in PREPOSITIONS for word in chain):
        return None
    first = next((at for at, word in enumerate(chain) if _related(word)), None)
    if first and chain[first - 1].stem in ("بهترین", "صمیمی‌ترین", "قدیمی‌ترین"):
        first -= 1
    if first is None or (
        first and stem_of(chain[0]) not in lexicon.ATTRIBUTES and not chain[0].stem.endswith("ی")
    ):
        named = last.owner in (0, 3) and context.last
        if named and len(chain) > len(context.last):
            return Told(_attr(chain[: -len(context.last)]), context.last, tuple(value))
        return Told(_attr(chain), (), tuple(value))
    return Told(_attr(chain[:first]), tuple(chain[first:]), tuple(value))


def _attribute_of(chain: list[Word]) -> bool:
    """Whether the last word is an attribute of what stands before it, which no ezafe joins to it."""
    first, before = chain[0], chain[-2]
    joined = before.stem.endswith("\u200cی") or stem_of(first) in lexicon.ATTRIBUTES - lexicon.RELATED
    return not joined and not before.owner and stem_of(chain[-1]) in lexicon.ATTRIBUTES - lexicon.BODY


def _attr(chain: Sequence[Word]) -> tuple[Word, ...]:
    if not chain:
        return ()
    last = chain[-1]
    kept = [*chain[:-1], Word(bare(last.stem))]
    if len(kept) == 1:
        kept = [Word(SYNONYMS.get(kept[0].stem, kept[0].stem))]
    return tuple(kept)


def _turned(found: list[Word], context: Context) -> Told | None:
    """«نغمه اسم قناری‌ام است», «سارا خواهرمه»: the value comes first."""
    at = next(
        (i for i, w in enumerate(found) if i and (_related(w) or stem_of(w) in lexicon.ATTRIBUTES)), None
    )
    if at is None or any(word.stem in PREPOSITIONS for word in found):
        return None
    if stem_of(found[at]) in lexicon.KIN and (found[0].stem in lexicon.NAMES):
        return Told((Word("اسم"),), tuple(_plain_self(found[at:])), tuple(found[:at]))
    return _owned(found[at:], found[:at], context)


def _goes_on(found: list[Word]) -> bool:
    """Whether words without an owner tell of the one before: «اهل ملایره», «بازنشسته‌ست»."""
    first = stem_of(found[0])
    if first in ("اهل", "ساکن", "بچه", "متولد", "کارمند", "دانشجو", "عاشق", "طرفدار"):
        return len(found) > 1
    return first in lexicon.TRADES or (first in lexicon.TRAITS and len(found) == 1)


def _unowned(found: list[Word], clause: Clause, context: Context) -> Told | None:
    if clause.head and context.last:
        return Told((), context.last, tuple(found))
    names = {word.stem for word in context.last}
    if len(found) > 1 and (found[0].stem in lexicon.NAMES or found[0].stem in names):
        return Told((), (found[0],), tuple(found[1:]))
    thing = stem_of(found[0]) in lexicon.THINGS or stem_of(found[0]) in (
        "رمز",
        "پسورد",
        "شماره",
        "پلاک",
        "آدرس",
        "کد",
    )
    at = next(
        (
            i
            for i, w in enumerate(found)
            if i and (w.stem in PREPOSITIONS or is_number(w.stem) or w.stem.isascii())
        ),
        0,
    )
    if thing and at:
        return Told(_attr(found[:at]), (), tuple(found[at:]))
    if context.here and context.last and _goes_on(found):
        return Told((), context.last, tuple(found))
    if context.last and len(found) > 1 and found[0].stem.endswith("ش") and is_number(found[1].stem):
        return Told((Word(found[0].stem[:-1]),), context.last, tuple(found[1:]))  # «رمش ۱۶ گیگه»
    if (
        len(found) > 1
        and context.last
        and found[0].stem in PREPOSITIONS
        and stem_of(found[-1]) not in ("دعوا", "بحث", "حرف", "شوخی", "جنگ", "خبر")
    ):
        return Told((), context.last, tuple(found))
    return None
