"""Clauses to facts: what is kept, and what «X is Y» tells of whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import Frame, Phrase, chunk, content, dump, frame_of, load
from persian_assistant.facts.clauses import Clause
from persian_assistant.facts.compounds import COMPOUNDS, PREPOSITIONS
from persian_assistant.facts.doings import doing, having, is_mood
from persian_assistant.facts.drafts import (
    EVENTS,
    SAME,
    USER,
    Draft,
    attribute_draft,
    clause_draft,
    key_of,
    label,
)
from persian_assistant.facts.subjects import Context, Told, head_noun, is_age, stem_of, take_apart
from persian_assistant.facts.times import bare, is_number, time_at
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.words import Word, formal_stem, is_ordinal, words
from persian_assistant.facts.wordset import wordset

_LINKED = {
    "اهل": "place",
    "متولد": "birth",
    "عاشق": "thing",
    "طرفدار": "thing",
    "بچه": "place",
    "ساکن": "place",
    "هوادار": "thing",
    "شیفته": "thing",
    "متنفر": "thing",
    "بیزار": "thing",
    "عضو": "thing",
    "کارمند": "thing",
    "مقیم": "place",
    "فارغ‌التحصیل": "thing",
    "دانشجوی": "thing",
    "دوستدار": "thing",
    "دلباخته": "thing",
}


_MANY = wordset("عاشق طرفدار شیفته متنفر بیزار عضو هوادار دوستدار دلباخته")


_WORKPLACES = wordset("""
    بانک شرکت اداره بیمارستان مدرسه کارخانه دفتر مغازه شهرداری رستوران کافه داروخانه آموزشگاه کارگاه
    فروشگاه درمانگاه
    """)


_TO_YOU = wordset("ازت بهت باهات برات براتون بهتون ازتون واست واستون بگم بگو")


_DOUBT = wordset("""
    اگه اگر هرکی هرکس هرچند وقتی مثلاینکه انگار شاید ای شما تو‌رو بعضی خیلیا مردم آدم ادم آدما همه‌چی
    هرچی هیچ چقد
    """)


_LONGEST = 16


def _sound(clause: Clause) -> bool:
    """Whether the clause speaks of the user's world plainly enough to be kept."""
    found = clause.tokens + clause.after
    if len(found) > _LONGEST or _TO_YOU & set(found) or _DOUBT & set(found) or {"همین", "الان"} <= set(found):
        return False
    return not any(
        form.person in (2, 5) and form.tense != "subjunctive"
        for token in found[: len(found) - clause.enclitic]
        for form in readings(token)
        if token != "کشتی"
    )


def _owned_head(head: Sequence[str]) -> bool:
    return any(word.owner in (1, 4) or word.stem in lexicon.NAMES for word in words(list(head)))


def facts_of(clause: Clause, sentence: str, context: Context) -> list[Draft]:
    """The facts that one clause states, oldest first; `context` is brought up to date."""
    if not _sound(clause):
        return []
    if clause.head:
        if not _owned_head(clause.head) and not context.had:
            return []
        context.last = head_noun(words(list(clause.head))) or context.last
    if clause.form.verb == "بودن" and not (clause.tokens and clause.tokens[-1] in COMPOUNDS["بودن"]):
        return _copular(clause, sentence, context)
    frame = frame_of(clause)
    if frame.name == "داشتن" and frame.mood == "":
        return having(frame, sentence, context)
    return doing(frame, sentence, context, clause.tokens)


def _copular(clause: Clause, sentence: str, context: Context) -> list[Draft]:
    if clause.form.negative:
        _left(clause, context)
        return []
    told = _event(clause) or take_apart(clause, context)
    if (
        told is None
        or not told.value
        or is_mood(told.value)
        or (clause.form.tense not in ("present", "past"))
    ):
        return []
    if not told.attribute and told.value and is_age(told.value) == len(told.value):
        told = Told((Word("سن"),), told.owner, told.value)
    if told.owner:
        context.last = told.owner
    drafts = []
    if (
        told.owner
        and lexicon.KIN & {stem_of(told.owner[0]), told.owner[-1].stem}
        and len(told.owner) < 3
        and (name := _name_length(told.value))
        and not told.attribute
    ):
        drafts.append(attribute_draft(Told((Word("اسم"),), told.owner, told.value[:name]), sentence, context))
        named = (*told.owner, *(Word(word.stem) for word in told.value[:name]))
        told = replace(told, value=told.value[name:])
        context.last = named
        return [*drafts, *(_by_name(draft, named) for draft in _being(told, clause, sentence))]
    if told.attribute and told.value[0].stem not in PREPOSITIONS:
        return [*drafts, attribute_draft(told, sentence, context)]
    return [*drafts, *_being(told, clause, sentence)]


def _name_length(value: Sequence[Word]) -> int:
    """How many words of «شقایق مربی شنا», «آقای شکوری معلم» are a name that more is told of; 0 for none."""
    length = 2 if value[0].stem in ("آقای", "خانم", "خانوم") else int(value[0].stem in lexicon.NAMES)
    return length if len(value) > length else 0


def _by_name(draft: Draft, named: tuple[Word, ...]) -> Draft:
    """`draft` told of «دوستم شقایق» and not of «دوستم» alone."""
    frame = replace(load(draft.details["frame"]), subject=named)
    return replace(draft, details={**draft.details, "frame": dump(frame)})


def _event(clause: Clause) -> Told | None:
    """«ماه دیگه عروسی دخترعمومه»: when something of the user's world is."""
    found = content(clause.tokens + clause.after)
    spoken = [word.said() for word in found]
    length, kind = time_at(spoken, 0)
    rest = found[length:]
    if not length or kind == "duration" or not rest or stem_of(rest[0]) not in EVENTS:
        return None
    known = len(rest) == 1 or rest[-1].owner in (1, 4) or rest[-1].stem in lexicon.NAMES
    if not known or any(word.stem in PREPOSITIONS for word in rest):
        return None
    owner = next((at for at, w in enumerate(rest) if at and stem_of(w) in lexicon.KIN), len(rest))
    named = rest[:owner] if rest[0].owner != 1 else [replace(rest[0], owner=0), *rest[1:owner]]
    return Told(tuple(named), tuple(rest[owner:]), tuple(found[:length]))


def _left(clause: Clause, context: Context) -> None:
    """«دیگه تهران نیستم»: a move may be told next."""
    if clause.form.person in (1, 4) and any(w in lexicon.PLACES or w in PREPOSITIONS for w in clause.tokens):
        context.left = "work" if _WORKPLACES & {bare(formal_stem(w)) for w in clause.tokens} else "home"


_Being = tuple[tuple[Phrase, ...], str, str]
"""(phrases, attribute, key) of what a thing is told to be."""


def _linked(told: Told) -> _Being | None:
    """«اهل رشت», «عاشق نقاشی»: a noun that joins the owner to the value."""
    first, tail = told.value[0], list(told.value[1:])
    prep = first.stem if first.stem in _LINKED else stem_of(first)
    if prep not in _LINKED or not tail:
        return None
    word, kind = prep, _LINKED[prep]
    if tail[0].stem in PREPOSITIONS and len(tail) > 1:
        prep, tail = f"{prep} {PREPOSITIONS[tail[0].stem]}", tail[1:]
    if kind == "birth":
        numbered = is_number(tail[0].stem) or tail[0].stem == "سال"
        kind = "year" if numbered else time_at([w.said() for w in tail], 0)[1] or "place"
    lone = len(tail) == 1
    phrase = Phrase(
        "pp",
        # the copula is gone, so a final م is the place's own: «بچه‌ی تربت‌جامم»
        tuple(Word(w.stem + "م") if lone and w.owner == 1 else w for w in tail),
        prep,
        kind,
    )
    key = f"{SAME.get(word, word)}|{key_of(told.owner)}" + (f"|{phrase.key}" if word in _MANY else "")
    return (phrase,), word, key


def _placed(told: Told) -> _Being | None:
    if told.value[0].stem not in PREPOSITIONS:
        return None
    return (
        tuple(chunk(told.value)),
        "جا",
        f"جا|{key_of(told.owner) if told.owner else label(told.attribute) or USER}",
    )


def _complement(told: Told) -> _Being:
    value, first = told.value, stem_of(told.value[0])
    kind = "trade" if first in lexicon.TRADES else "colour" if first in lexicon.COLOURS else "thing"
    if is_ordinal(value[-1].stem):
        kind = "rank"
    elif is_number(value[0].stem):
        kind = "count"
    phrase = Phrase("complement", value, "", kind)
    word = {"trade": "شغل", "colour": "رنگ"}.get(kind, "چیستی")
    many = f"|{phrase.key}" if word == "چیستی" and not told.owner else ""
    return (phrase,), word, f"{SAME.get(word, word)}|{key_of(told.owner)}{many}"


def _being(told: Told, clause: Clause, sentence: str) -> list[Draft]:
    """«خواهرم پرستار است», «کلیدم توی کشوست», «اهل رشتم»: the thing itself is told of."""
    value = told.value
    head = value[0].stem
    if (
        clause.form.tense == "past"
        and not told.owner
        and stem_of(value[0]) not in lexicon.TRADES
        and head not in PREPOSITIONS
    ):
        return []
    if not told.owner and len(value) == 1 and head in lexicon.NAMES:
        return [attribute_draft(Told((Word("اسم"),), (), value), sentence, Context())]
    phrases, word, key = _linked(told) or _placed(told) or _complement(told)
    person = 4 if clause.form.person == 4 and not told.owner else 1
    subject = (
        told.owner
        if not told.attribute
        else (*told.attribute[:-1], replace(told.attribute[-1], owner=1), *told.owner)
    )
    frame = Frame("بودن", clause.form.tense, 3 if subject else person, False, "", "", subject, phrases)
    return [clause_draft(frame, 0, word, key, True, sentence)]
