"""Clauses to facts: what is kept, and what «X is Y» tells of whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts import lexicon, partings
from persian_assistant.facts.cities import CITIES, COUNTRIES
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
from persian_assistant.facts.subjects import (
    Context,
    Told,
    copular_words,
    head_noun,
    is_age,
    stem_of,
    take_apart,
)
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
    "دیوانه": "thing",
    "بزرگ‌شده": "place",
    "مال": "place",
    "دلباخته": "thing",
}
_MANY = wordset("دیوانه عاشق طرفدار شیفته متنفر بیزار عضو هوادار دوستدار دلباخته")
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
        told = bool(clause.tokens) and words([clause.tokens[0]]) and _owned_head(clause.tokens[:1])
        if not (_owned_head(clause.head) or context.had or told):
            return []
        context.last = head_noun(words(list(clause.head))) or context.last
    if clause.form.verb == "بودن" and not (clause.tokens and clause.tokens[-1] in COMPOUNDS["بودن"]):
        return _copular(clause, sentence, context)
    frame = frame_of(clause)
    if frame.name == "داشتن" and frame.mood == "":
        return _with_name(having(frame, sentence, context), frame.subject, sentence)
    if _under_way(clause, frame):
        return []
    return _with_name(doing(frame, sentence, context, clause.tokens), frame.subject, sentence)


_ACQUAINTED = wordset("""
    دوست رفیق همکار همسایه همکلاسی هم‌کلاسی شاگرد مشتری دانشجو استاد معلم مربی راننده بچه فرزند
    """)
"""Relations in which one has many: a name told in passing names only one of them."""


def _with_name(drafts: list[Draft], subject: tuple[Word, ...], sentence: str) -> list[Draft]:
    """«داداشم مهرداد تو کرج زندگی می‌کنه» tells the brother's name too, and so does «داداشم مهرداد زنگ زد»."""
    *kin, name = subject or (Word(""),)
    if not kin or kin[-1].owner != 1 or name.stem not in lexicon.NAMES or name.owner:
        return drafts
    of_kin = len(kin) < 3 and all(stem_of(word) in lexicon.KIN for word in kin)
    if not of_kin or stem_of(kin[0]) in _ACQUAINTED:
        return drafts
    return [attribute_draft(Told((Word("اسم"),), tuple(kin), (name,)), sentence, Context()), *drafts]


_MOMENTARY = wordset("دیدن خوردن نوشیدن رفتن آمدن برگشتن پختن شستن پوشیدن خوابیدن مردن ترکیدن رسیدن زدن")


def _under_way(clause: Clause, frame: Frame) -> bool:
    """«دارم فیلم می‌بینم»: what goes on while it is told."""
    if frame.verb not in _MOMENTARY or frame.tense != "present" or frame.mood:
        return False
    return any(f.verb == "داشتن" and f.tense == "present" for w in clause.words for f in readings(w))


_HONOURS = wordset("دکتر مهندس استاد آقای خانم خانوم")
_PROFESSIONS = wordset("استاد معلم دکتر پزشک وکیل رئیس مدیر مربی سوپروایزر سرپرست سرپرستار صاحب‌خانه صاحب‌ملک")
"""Of whom a title and a word are the name: what they do is told by what they are to the user."""


def _is_called(told: Told) -> bool:
    """«استادم دکتر راد است»: a title and a name, of one whose trade is known."""
    titled = len(told.value) == 2 and told.value[0].stem in _HONOURS and not told.attribute
    return titled and len(told.owner) == 1 and stem_of(told.owner[0]) in _PROFESSIONS


def _copular(clause: Clause, sentence: str, context: Context) -> list[Draft]:
    if clause.form.negative:
        _left(clause, context)
        context.denied = take_apart(clause, context) if clause.form.tense == "present" else None
        return _no_longer(clause, context.denied, sentence)
    told = _event(clause) or _instead(clause, context) or take_apart(clause, context)
    context.denied = None
    if (
        told is None
        or not told.value
        or is_mood(told.value)
        or (clause.form.tense not in ("present", "past", "perfect"))
    ):
        return []
    if not told.attribute and told.value and is_age(told.value) == len(told.value):
        told = Told((Word("سن"),), told.owner, told.value)
    if told.owner:
        context.last, context.here = told.owner, True
    drafts = []
    if _is_called(told):
        return [attribute_draft(replace(told, attribute=(Word("اسم"),)), sentence, context)]
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


def _no_longer(clause: Clause, told: Told | None, sentence: str) -> list[Draft]:
    """«دیگه معلم نیستم»: what was told of the trade before holds no more."""
    if told is None or not told.value or told.attribute or not {"دیگه", "دیگر"} & set(clause.words):
        return []
    if not lexicon.is_trade(stem_of(told.value[0])) or any(w.stem in PREPOSITIONS for w in told.value):
        return []
    person = 3 if told.owner else 1
    phrase = Phrase("complement", tuple(told.value), "", "trade")
    frame = Frame("بودن", "present", person, True, "", "", told.owner, (phrase,))
    return [clause_draft(frame, 0, "شغل", f"شغل|{key_of(told.owner)}", True, sentence)]


def _instead(clause: Clause, context: Context) -> Told | None:
    """«اسم سگم پشمک نیست، برفیه»: what is so instead of what was denied just before."""
    denied = context.denied
    whole = denied is not None and denied.attribute  # «ماهانه ۲۰ میلیونه» keeps its «ماهانه»
    found = content(clause.tokens + clause.after) if whole else copular_words(clause)
    if denied is None or not denied.value or not found or found[0].stem in lexicon.KIN:
        return None
    if any(w.owner in (1, 3, 4) and (i or len(found) > 1) for i, w in enumerate(found)):
        return None
    counted = any(is_number(w.stem) for w in found) and any(is_number(w.stem) for w in denied.value)
    if whole and len(found) > len(denied.value) and not counted and found[0].stem not in lexicon.NAMES:
        return None  # «ببخشید، هوا سرده»
    if (clause.form.person == 1) != (not denied.owner and not denied.attribute):
        return None
    return replace(denied, value=tuple(found))


def _name_length(value: Sequence[Word]) -> int:
    """How many words of «شقایق مربی شنا», «آقای شکوری معلم» are a name that more is told of; 0 for none."""
    length = 2 if value[0].stem in ("آقای", "خانم", "خانوم") else int(value[0].stem in lexicon.NAMES)
    if (
        not length
        and PREPOSITIONS.get(value[1].stem if len(value) > 1 else "") == "در"
        and _unknown(value[0])
    ):
        length = int(partings.trade_and_place(value[1:]) is not None)  # «برادرم سهند در تبریز معلمه»
    return length if len(value) > length else 0


def _unknown(word: Word) -> bool:
    known = lexicon.TRADES | lexicon.TRAITS | lexicon.POSSESSED | lexicon.MOODS | lexicon.PLACES
    return not word.owner and stem_of(word) not in known and word.stem not in PREPOSITIONS


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


_TITLES = wordset("حاج حاجی سید مش مشدی کربلایی آقا آقای خانم خانوم")
_Being = tuple[tuple[Phrase, ...], str, str]
"""(phrases, attribute, key) of what a thing is told to be."""


def _linked(told: Told) -> _Being | None:
    """«اهل رشت», «عاشق نقاشی»: a noun that joins the owner to the value."""
    first, tail = told.value[0], list(told.value[1:])
    prep = first.stem if first.stem in _LINKED else stem_of(first)
    if prep not in _LINKED or not tail or (prep == "مال" and tail[0].stem not in CITIES | COUNTRIES):
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
    in_town = len(told.value) == 1 and told.value[0].stem in CITIES | COUNTRIES
    if in_town and told.owner and _works(told):  # «برادرم شیرازه»
        return (Phrase("pp", told.value, "در", "place"),), "جا", f"جا|{key_of(told.owner)}"
    if told.value[0].stem not in PREPOSITIONS:
        return None
    return (
        _one_place(chunk(told.value)),
        "جا",
        f"جا|{key_of(told.owner) if told.owner else label(told.attribute) or USER}",
    )


def _one_place(found: list[Phrase]) -> tuple[Phrase, ...]:
    """«روی میز کنار تلویزیون» is one place."""
    first, *rest = found
    if not rest or any(p.role != "pp" or p.kind != "place" for p in found):
        return tuple(found)
    nested = (word for p in rest for word in (Word(p.prep), *p.words))
    return (replace(first, words=(*first.words, *nested)),)


def _complement(told: Told) -> _Being:
    value, first = told.value, stem_of(told.value[0])
    kind = "trade" if lexicon.is_trade(first) else "colour" if first in lexicon.COLOURS else "thing"
    if is_ordinal(value[-1].stem):
        kind = "rank"
        if len(value) == 1 and (not told.owner or stem_of(told.owner[0]) in lexicon.KIN):
            grade = Phrase("complement", (Word("کلاس"), *value), "", kind)  # «من دهمم»
            return (grade,), "پایه", f"پایه|{key_of(told.owner)}"
    elif is_number(value[0].stem):
        kind = "count"
    phrase = Phrase("complement", value, "", kind)
    word = {"trade": "شغل", "colour": "رنگ"}.get(kind, "چیستی")
    many = f"|{phrase.key}" if word == "چیستی" and not told.owner else ""
    return (phrase,), word, f"{SAME.get(word, word)}|{key_of(told.owner)}{many}"


_NOW = wordset("الان حالا فعلا فعلاً امروز امشب")
_ON_THE_WAY = wordset("ترافیک راه مترو اتوبوس تاکسی صف ماشین جاده کما فکر شوک حمام حموم رختخواب")


def _passing(clause: Clause, value: Sequence[Word]) -> bool:
    """«الان تو ترافیکم», «سر کلاسم»: where the user is at the moment of writing."""
    if _ON_THE_WAY & {stem_of(word) for word in value}:
        return True
    return bool(_NOW & set(clause.words)) and not any(word.stem in CITIES for word in value)


def _since(value: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Phrase, ...]]:
    """«از سه سال پیش در … طراح»: what is told, and since when."""
    if value[0].stem != "از" or len(value) < 3:
        return tuple(value), ()
    length, kind = time_at([word.said() for word in value], 1)
    if not length or length + 1 >= len(value):
        return tuple(value), ()
    return tuple(value[length + 1 :]), (Phrase("time", tuple(value[1 : length + 1]), "از", kind),)


def _subject(told: Told) -> tuple[Word, ...]:
    if not told.attribute:
        return told.owner
    last = told.attribute[-1] if told.owner else replace(told.attribute[-1], owner=1)
    return (*told.attribute[:-1], last, *told.owner)


def _works(told: Told) -> bool:
    """Whether it is a person, the user or one of theirs, that is told of."""
    if told.attribute:
        return False
    return not told.owner or stem_of(told.owner[0]) in lexicon.KIN or told.owner[0].stem in lexicon.NAMES


def _being(told: Told, clause: Clause, sentence: str) -> list[Draft]:
    """«خواهرم پرستار است», «کلیدم توی کشوست», «اهل رشتم»: the thing itself is told of."""
    value, since = _since(told.value)
    head = value[0].stem
    if (
        clause.form.tense == "past"
        and not told.owner
        and not lexicon.is_trade(stem_of(value[0]))
        and head not in PREPOSITIONS
    ):
        return []
    if not told.owner and len(value) == 1 and head in lexicon.NAMES:
        return [attribute_draft(Told((Word("اسم"),), (), value), sentence, Context())]
    if not told.owner and len(value) == 2 and head in _TITLES and clause.form.person == 1:
        return [attribute_draft(Told((Word("اسم"),), (), value), sentence, Context())]  # «من حاج قربانم»
    subject = _subject(told)
    if (parted := partings.trade_and_place(value)) and _works(told):
        trade, place = parted
        return [
            *_being(replace(told, value=trade), clause, sentence),
            *partings.working(subject, place, sentence, since),
        ]
    told = replace(told, value=value)
    phrases, word, key = _linked(told) or _placed(told) or _complement(told)
    if word == "جا" and _works(told) and _passing(clause, value):
        return []
    person = 4 if clause.form.person == 4 and not told.owner else 1
    frame = Frame(
        "بودن", clause.form.tense, 3 if subject else person, False, "", "", subject, (*since, *phrases)
    )
    return [clause_draft(frame, len(since), word, key, True, sentence)]
