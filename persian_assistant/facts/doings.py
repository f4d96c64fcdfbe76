"""Clauses with a full verb to facts: what one has, does, did and will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import CLASSIFIERS, Frame, Phrase
from persian_assistant.facts.drafts import (
    EVENTS,
    LIKES,
    SAME,
    SUBJECT,
    USER,
    Draft,
    attribute_draft,
    clause_draft,
    focus_of,
    key_of,
    label,
)
from persian_assistant.facts.partings import by_city
from persian_assistant.facts.pursuits import given_up, studied
from persian_assistant.facts.subjects import Context, Told, head_noun, is_age, stem_of
from persian_assistant.facts.times import is_number, number_length
from persian_assistant.facts.words import Word, words
from persian_assistant.facts.wordset import wordset

_SILENT = wordset("""
    گفتن دانستن فهمیدن توانستن خواستن شنیدن پرسیدن خندیدن نمودن باریدن گذشتن فکر_کردن صحبت_کردن
    حرف_زدن یاد_رفتن پیش_آمدن سلام_کردن فراموش_کردن حس_کردن احساس_کردن اشتباه_کردن شوخی_کردن
    عرض_کردن سعی_کردن نگاه_کردن گوش_کردن خواهش_کردن تشکر_کردن تمام_شدن اتفاق_افتادن یاد_آمدن
    گوش_دادن جواب_دادن حال_کردن خوش_گذشتن درک_کردن باور_کردن عادت_کردن معرفی_کردن قول_دادن
    اضافه_کردن تصحیح_کردن اصلاح_کردن دل_خواستن تصمیم_گرفتن بحث_کردن
    """)
"""Verbs of talk and of the moment: they tell nothing that lasts."""


_STATES = frozenset(
    (
        "زندگی کردن",
        "کار کردن",
        "درس خواندن",
        "تحصیل کردن",
        "سکونت داشتن",
        "تدریس کردن",
        "به دنیا آمدن",
        "متولد شدن",
        "دنیا آمدن",
        "اقامت داشتن",
        "ساکن شدن",
    )
)


_HELD = frozenset(("نامزد بودن", "نامزد کردن", "نشستن", "ماندن", "شدن", "طول کشیدن"))
"""Verbs besides states that hold one value at a time."""


_MOVES = frozenset(("نقل مکان کردن", "اسباب‌کشی کردن", "مهاجرت کردن", "ساکن شدن", "منتقل شدن"))


_LASTING = wordset("اعتبار مهلت گارانتی ضمانت چک قسط")
"""What one has until or on a day: when is what is told."""


_VAGUE = wordset("""
    حال وقت حوصله سوال سؤال مشکل پیشنهاد سردرد دل‌درد تب سرفه خواب کار عجله فرصت نظر حق امید احساس
    حس شک ایده پول خبر چیز استرس اضطراب ترس باور انتظار خواهش درخواست تصمیم قصد دلشوره گرسنه حالی
    اعصاب درد روز اشتباه دوستش جا
    """)


_HAPPENS = wordset("داشتن شدن بودن افتادن شکستن خواستن دادن")
_MOODY = wordset("حوصله دل حال اعصاب خواب روحیه ذهن فکر کله گلو نفس")
_ACTIVITIES = wordset("""
    رانندگی آشپزی خیاطی نقاشی تدریس ورزش شنا کوهنوردی یوگا دامداری کشاورزی مطالعه باغبانی ترجمه
    نجاری عکاسی پیاده‌روی
    """)


def _doer(last: tuple[Word, ...], frame: Frame) -> tuple[Word, ...]:
    """Of «خونه‌ی مامانم» the mother, where somebody does something to something: «…، آش می‌پزه»."""
    does = frame.verb not in _HAPPENS and any(phrase.role in ("object", "thing") for phrase in frame.phrases)
    people = (
        at for at, word in enumerate(last) if stem_of(word) in lexicon.KIN or word.stem in lexicon.NAMES
    )
    return last[next(people, 0) :] if does else last


def _with_subject(frame: Frame, context: Context) -> Frame | None:
    """The frame with its subject known; None where it is nobody of the user's world."""
    if frame.person in (1, 4):
        return frame
    subject = frame.subject
    if (
        not subject
        and frame.person == 6
        and any(p.role == "object" and p.words[-1].owner in (1, 4) for p in frame.phrases)
    ):
        return frame  # «موتورم رو دزدیدن»
    if not subject:
        thing = context.last and frame.person == 6 and stem_of(context.last[0]) not in lexicon.KIN
        if not context.last or thing:  # «مدرسه‌مون …، خیلی سخت می‌گیرن»
            return None
        return replace(frame, subject=_doer(context.last, frame))
    if subject[-1].owner == 3 or subject[-1].stem == "او":
        if not context.last:
            return None
        subject = (*(replace(w, owner=0) for w in subject if w.stem != "او"), *context.last)
    mine = any(w.owner in (1, 4) or w.stem in ("من", "ما") or w.stem in lexicon.NAMES for w in subject)
    return (
        replace(frame, subject=subject) if mine or subject[0].stem in {w.stem for w in context.last} else None
    )


def having(frame: Frame, sentence: str, context: Context) -> list[Draft]:
    if (known := _with_subject(frame, context)) is None:
        return []
    drafts: list[Draft] = []
    owner = key_of(known.subject)
    others = tuple(
        p for p in known.phrases if p.role in ("pp", "time") and p.words[0].stem not in ("اسم", "نام")
    )
    aged = next((p for p in known.phrases if p.kind == "duration" and is_age(p.words)), None)
    if aged and not any(p.role in ("thing", "object") for p in known.phrases):
        return [attribute_draft(Told((Word("سن"),), known.subject, aged.words), sentence, context)]
    for phrase in known.phrases:
        if phrase.role not in ("thing", "object"):
            continue
        found = phrase.words[1:] if phrase.words[0].stem == "و" else phrase.words
        if not found:
            continue
        if (length := is_age(found)) and length == len(found):
            drafts.append(attribute_draft(Told((Word("سن"),), known.subject, found), sentence, context))
            continue
        if (
            stem_of(found[-1]) in _VAGUE
            or (stem_of(found[0]) in _VAGUE and not others)
            or stem_of(found[0]) in lexicon.MOODS
        ):
            continue
        drafts.append(_possession(known, replace(phrase, words=found), others, owner, sentence))
        related = any(stem_of(word) in lexicon.RELATED for word in found)
        if related or not drafts[:-1]:  # «یه سگ دارم، هاسکی»: the dog
            context.last = _thing_of(found, known)
        context.had = True
    for phrase in known.phrases:
        if (
            phrase.prep == "به"
            and phrase.words[0].stem in ("اسم", "نام")
            and len(phrase.words) > 1
            and context.last
        ):
            drafts.append(
                attribute_draft(Told((Word("اسم"),), context.last, phrase.words[1:]), sentence, context)
            )
    return drafts


def _thing_of(found: Sequence[Word], frame: Frame) -> tuple[Word, ...]:
    head = head_noun([w for w in found if not is_number(w.stem) and w.stem not in CLASSIFIERS]) or (
        found[-1],
    )
    return (replace(head[0], owner=0), *frame.subject) if frame.subject else head


def _possession(frame: Frame, phrase: Phrase, others: tuple[Phrase, ...], owner: str, sentence: str) -> Draft:
    length = number_length([w.stem for w in phrase.words], 0)
    counted = length and not (length == 1 and phrase.words[0].stem == "یک")
    noun = [w for w in phrase.words[length:] if w.stem not in CLASSIFIERS] or list(phrase.words)
    key = f"have|{owner}|{stem_of(noun[0])}"
    when = next((at for at, p in enumerate(others) if p.role == "time" and p.kind not in ("part",)), None)
    made = replace(frame, phrases=(*others, replace(phrase, kind="count" if counted else "owned")))
    if stem_of(noun[0]) in EVENTS | _LASTING and when is not None:
        return clause_draft(made, when, f"زمان {label(noun)}", key, True, sentence)
    draft = clause_draft(made, len(others), label(noun), key, bool(counted) or frame.negative, sentence)
    if counted:
        return replace(draft, value=" ".join(w.stem for w in phrase.words[:length]))
    return draft


def _put(frame: Frame) -> str:
    """What was put somewhere, as the key of its place names it; empty where nothing was."""
    thing = next((p for p in frame.phrases if p.role == "object"), None)
    placed = any(p.kind == "place" for p in frame.phrases)
    if not thing or not placed or thing.words[0].stem in ("این", "آن", "همه", "یک"):
        return ""
    known = thing.words[-1].owner in (1, 4) or stem_of(thing.words[0]) in lexicon.THINGS | lexicon.VEHICLES
    return key_of(thing.words) if known else ""


def _became(frame: Frame) -> bool:
    """Whether «شدن» tells of more than a passing state."""
    solid = [p for p in frame.phrases if p.role != "time"]
    if any(is_mood(p.words) for p in solid) or not solid:
        return False
    lasting = lexicon.TRADES | lexicon.TRAITS | lexicon.KIN
    return len(frame.phrases) > 1 or bool(frame.subject) or any(stem_of(p.words[0]) in lasting for p in solid)


def _newer_subject(tokens: Sequence[str], frame: Frame) -> bool:
    """«لباسم رو مادرم دوخت»: the object comes first, so who did it is what is told."""
    found = words(list(tokens))
    at = next((i for i, w in enumerate(found) if w.ra), len(found))
    return any(w.stem == frame.subject[-1].stem for w in found[at + 1 :])


_PAST = ("past", "perfect", "pluperfect", "imperfect")


def _too_thin(frame: Frame) -> bool:
    """Whether something past says too little to be kept: no when, no where, nothing but «همه»."""
    solid = [p for p in frame.phrases if p.role != "time"]
    if not frame.negative and any(p.words[0].stem not in ("این", "آن", "همه", "خیلی") for p in solid):
        return False
    dated = ("date", "year", "when", "month", *(("day", "hour", "season") if frame.subject else ()))
    return frame.negative or not any(p.kind in dated for p in frame.phrases)


def _keyed(frame: Frame, focus: int, past: bool) -> tuple[str, bool]:
    """(key, whether it holds one value) of what is done."""
    name, whose = frame.name, key_of(frame.subject)
    if name in _STATES:
        before = "|قبلا" if frame.tense in ("imperfect", "pluperfect") else ""
        return f"{SAME.get(name, name)}|{whose}{before}", True
    if dropped := given_up(frame):
        return dropped, True
    if name == "گذاشتن" and _put(frame):
        return f"جا|{_put(frame)}", True
    if name in ("افتادن", "شدن", "موکول شدن") and frame.subject and stem_of(frame.subject[0]) in EVENTS:
        return f"have|{USER}|{stem_of(frame.subject[0])}", True
    if name in LIKES:
        return f"{SAME.get(name, name)}|{whose}|{frame.phrases[focus].key}", True
    if (tongue := studied(frame)) and not past:
        return f"یاد گرفتن|{whose}|{tongue}", True
    kept = past or (focus != SUBJECT and not _excludes(frame, focus))
    rest = [p for at, p in enumerate(frame.phrases) if (kept or at != focus) and (past or p.role != "time")]
    owner = "" if focus == SUBJECT else whose
    told = sorted(f"{'' if _is_goal(p) and not past else p.prep}{p.key}" for p in rest)
    return "|".join([name, owner, *told]), not past


def _is_goal(phrase: Phrase) -> bool:
    """Whether a preposition may be left out of it in speech: «برم یونان»."""
    return phrase.kind == "place" and phrase.prep in ("به", "در")


def _excludes(frame: Frame, focus: int) -> bool:
    """Whether another value in the same place would contradict this one: when, how, with what; not what.

    «ساعت هفت بیدار می‌شوم» leaves no room for another hour, «سه‌تار می‌زنم» does for another instrument.
    """
    asked = frame.phrases[focus]
    others = [p for at, p in enumerate(frame.phrases) if at != focus and p.role == "object"]
    return asked.role == "time" or frame.name in _HELD or (bool(others) and frame.mood == "")


def doing(frame: Frame, sentence: str, context: Context, clause_tokens: Sequence[str] = ()) -> list[Draft]:
    """What a clause with a full verb tells; `clause_tokens` say in which order it was told."""
    name = frame.name
    if frame.negative and name in ("زندگی کردن", "کار کردن") and frame.person in (1, 4):
        context.left = "home" if frame.part == "زندگی" else "work"
    if frame.part == "عوض" or name in _SILENT:
        _remember(frame, context)
        return []
    if named := _naming(frame, sentence, context):
        return named
    if frame.subject and stem_of(frame.subject[0]) in _MOODY:
        return []
    if frame.subject and frame.subject[0].owner == 1 and stem_of(frame.subject[0]) in lexicon.KIN:
        context.last = frame.subject  # «مامانم نمی‌ذاره …، چون آسم داره»
    known = _with_subject(frame, context)
    if known is not None and not known.phrases and known.part in _ACTIVITIES and known.tense == "present":
        known = replace(known, part="", phrases=(Phrase("thing", (Word(known.part),), "", "deed"),))
    if known is not None and not known.phrases and name in _MOVES:
        context.left = "home"
    if known is None or not known.phrases:
        return []
    if name == "شدن" and not _became(known):
        return []
    past = known.tense in _PAST
    if past and _too_thin(known):
        return []
    drafts = _moved(known, sentence, context)
    if drafts and not any(p.role == "time" for p in known.phrases):
        return drafts
    if known.person == 4 and any(p.prep == "با" and _company(p) for p in known.phrases):
        known = replace(known, person=1)
    parted: list[Draft] = []
    if name in _STATES:
        known, parted = by_city(known, sentence)
    focus = focus_of(known)
    if focus != SUBJECT and known.phrases[focus].words[0].stem in ("این", "چیزی", "کسی", "کاری", "جایی"):
        return drafts
    if known.subject and _newer_subject(clause_tokens, known):
        focus = SUBJECT
    key, single = _keyed(known, focus, past)
    if parted and name == "زندگی کردن":
        key = f"محل {key}"
    _remember(known, context)
    return [*drafts, clause_draft(known, focus, name, key, single, sentence), *parted]


_OTHERS = wordset("نفر دوستان بچه‌ها رفقا همکاران")


def _company(phrase: Phrase) -> bool:
    found = {stem_of(word) for word in phrase.words}
    return phrase.kind == "person" or bool(found & (lexicon.KIN | _OTHERS))


def _remember(frame: Frame, context: Context) -> None:
    """Who or what the next «اسمش» will mean."""
    if frame.subject and (stem_of(frame.subject[0]) in lexicon.KIN or frame.subject[0].stem in lexicon.NAMES):
        context.last = frame.subject
        return
    for phrase in frame.phrases:
        found = phrase.words
        if phrase.role in ("object", "thing") and any(stem_of(w) in lexicon.RELATED for w in found):
            at = next(i for i, w in enumerate(found) if stem_of(w) in lexicon.RELATED)
            context.last = tuple(found[at:]) if found[-1].owner else head_noun(found)
            return
    if frame.subject:
        context.last = frame.subject


def _naming(frame: Frame, sentence: str, context: Context) -> list[Draft]:
    """«اسمش را گذاشتم میشی»."""
    named = next((p for p in frame.phrases if p.role == "object" and p.words[0].stem in ("اسم", "نام")), None)
    value = next((p.words for p in frame.phrases if p.role == "thing"), frame.subject)
    if frame.verb != "گذاشتن" or named is None or not value:
        return []
    owner = named.words[1:] if len(named.words) > 1 else context.last if named.words[0].owner == 3 else ()
    if not owner:
        return []
    context.last = owner
    return [attribute_draft(Told((Word("اسم"),), owner, value), sentence, context)]


def _moved(frame: Frame, sentence: str, context: Context) -> list[Draft]:
    """A move tells where one lives now."""
    goal = next((p for p in frame.phrases if p.kind == "place" and p.prep in ("", "به", "در")), None)
    going = frame.verb in ("رفتن", "آمدن") and context.left != ""
    if goal is None and frame.name in _MOVES:
        context.left = "home"
    if goal is None or frame.mood or not (frame.name in _MOVES or going) or frame.negative:
        return []
    part = "کار" if context.left == "work" else "زندگی"
    context.left = ""
    now = Frame(
        "کردن",
        "present",
        3 if frame.subject else 1,
        False,
        part,
        "",
        frame.subject,
        (replace(goal, role="pp", prep="در"),),
    )
    return [clause_draft(now, 0, now.name, f"{now.name}|{key_of(frame.subject)}", True, sentence)]


def is_mood(value: Sequence[Word]) -> bool:
    return all(stem_of(word) in lexicon.MOODS or word.stem in ("و",) for word in value)
