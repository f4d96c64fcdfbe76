"""Sentences to clauses: where each finite verb or copula ends one, what links it to the one before.

Works on the tokens of `words.tokens`; knows nothing of what a clause means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from persian_assistant.facts import lexicon, verbs
from persian_assistant.facts.compounds import COMPOUNDS, PREPOSITIONS
from persian_assistant.facts.copulas import enclitic, is_named, left_out
from persian_assistant.facts.times import is_number
from persian_assistant.facts.verbs import Form, readings
from persian_assistant.facts.words import _known, split_owner
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

STOPS = frozenset(".!؟?؛;\n…")
LINKS = wordset("و ولی اما که چون چونکه بعد بعدش یعنی پس وگرنه ولیکن اونم همچنین")
ASKING = wordset("""
    کجا کجاست کجاس چرا چطور چطوره چطوری چگونه آیا کدام کدوم کدومه چی چیه چیست کیست کیه مگه مگر چه چقدر
    چنده چجوری چی‌کار چیکار کیا چیا بگو لطفا لطفاً کاش کاشکی بیا نظرت می‌تونی میتونی می‌توانی می‌شه_بگی
    """)
_CONDITIONAL = wordset("اگه اگر وقتی شاید انگار گفتم فکر")
_SUBJUNCTIVE_AFTER = wordset("""
    باید شاید قراره قرار می‌خوام می‌خواهم میخوام میخواهم تصمیم می‌خواد می‌خواهد میخواد نمی‌خوام
    """)
_NOUNS = wordset("""
    خرید مرد مردم رسید سوخت بافت پخت نشست کند بدن دید کرد گشت بین خورد برد گردن گذشته بسته پخته بخش کشت
    ساخت شنا بار پرداخت یافت خواست شکست درآمد دریافت بازگشت نوشته سرود بازی بازه برخورد ساخته کنده بدم
    بدین بدون خم بند شور برن باز نام نداد بازم کرده شست دارا بافته خشکید خوان باشه بکار چیده برنده آورده
    داده خورده کار دیده کشیده
    """)
_INTRODUCING = wordset("""
    یادت بدون بدان بدونی اینه این ببین مهمه جالبه بگم حقیقت معلومه گفتم انگار خوشحالم یادته بدونید خلاصه
    """)
_FUTURE = {"خواهم": 1, "خواهی": 2, "خواهد": 3, "خواهیم": 4, "خواهید": 5, "خواهند": 6}


@dataclass(frozen=True)
class Clause:
    """One clause: its words without the predicate, and the predicate as a form (copula: «بودن»)."""

    tokens: tuple[str, ...]
    form: Form
    after: tuple[str, ...] = ()
    mood: str = ""
    """"plan" («قراره», future), "want" («می‌خوام»), "must" («باید») or empty."""
    head: tuple[str, ...] = ()
    """What a relative clause hangs on."""
    enclitic: bool = False
    words: tuple[str, ...] = field(default=(), compare=False)


def sentences(found: list[str]) -> list[list[str]]:
    """Tokens of each sentence that is no question and no request."""
    out: list[list[str]] = []
    run: list[str] = []
    for token in [*found, "."]:
        if token in STOPS:
            told = run if token not in "؟?" and not _asks(run) else _before_asking(run)
            if told:
                out.append(told)
            run = []
        elif token not in '«»"()':
            run.append(token)
    return out


def _before_asking(run: list[str]) -> list[str]:
    """What stands before the comma of a question and asks nothing: «من رشتی‌ام، تو اهل کجایی؟»."""
    ends = [at for at, token in enumerate(run) if token in "،,"]
    for at in reversed(ends):
        told = run[:at]
        if told and not _asks(told) and not _CONDITIONAL & set(told):
            return told if _verb_at(told) is not None or enclitic(told) else []
    return []


def _asks(run: list[str]) -> bool:
    if any(token in ASKING for token in run):
        return True
    loose = zip(run, run[1:], run[2:], strict=False)
    if any(first == "چند" and count in ("تا", "نفر") and of == "از" for first, count, of in loose):
        return False
    return "چند" in run and not any(
        t.removesuffix(f"{ZWNJ}ی") in ("سال", "ماه", "روز", "هفته", "وقت", "بار") for t in run
    )


def _is_verb(run: list[str], at: int) -> bool:
    token = run[at]
    if token in lexicon.SPOKEN or not (found := readings(token)):
        return False
    after = run[at + 1] if at + 1 < len(run) else "."
    at_end = after in LINKS or after in "،,." or bool(readings(after))
    doubtful = token in _NOUNS or all(
        (f.tense == "past" and f.person in (2, 3, 6))
        or (f.tense == "perfect" and f.person == 3 and "است" not in token)
        for f in found
    )
    if token in ("بود", "نبود", "شد", "نشد", "شده", "بوده"):
        doubtful = False
    if not doubtful:
        return True
    if token in _NOUNS and _participle(token) and not _aux(after) and readings(after):
        return False  # «علوم داده می‌خونم»
    if token in ("شدید", "گذشته", "بخش", "کار", "بازی", "شنا", "نام", "بار", "بازم", "مردم"):
        return False
    spoils = "از" in run[:at] and run[at - 1] not in COMPOUNDS["دادن"]
    if token == "بدم" and (spoils or any(form.verb == "آمدن" for form in readings(after))):
        return False
    after_verb = at > 0 and bool(readings(run[at - 1])) and not _participle(run[at - 1])
    motion = found[0].verb in MOTION and at > 0
    return (at_end or motion) and not after_verb


def _aux(token: str) -> bool:
    return any(form.verb in ("بودن", "شدن") for form in readings(token))


def _participle(token: str) -> bool:
    return any(form.tense == "perfect" and form.person == 3 for form in readings(token))


MOTION = wordset("رفتن آمدن برگشتن رسیدن بردن آوردن فرستادن دادن ریختن گذاشتن افتادن")


def _verb_at(run: list[str]) -> int | None:
    """Where the last finite verb of `run` stands."""
    return next((at for at in range(len(run) - 1, -1, -1) if _is_verb(run, at)), None)


def _goes_on(run: list[str], at: int, new: str) -> bool:
    """Whether the verb at `at` and the verb `new` are one predicate («قراره برم», «رفته بودم»)."""
    forms = readings(run[at])
    if at == len(run) - 1 and _participle(run[at]) and any(f.verb in ("بودن", "شدن") for f in readings(new)):
        return True
    if any(token in _SUBJUNCTIVE_AFTER for token in run) or any(
        f.verb in ("خواستن", "توانستن") for f in forms
    ):
        return any(f.tense == "subjunctive" for f in readings(new))
    had = [f for f in forms if f.verb == "داشتن"]
    return bool(had) and any(
        f.tense in ("present", "imperfect")
        and not f.negative  # «پادرد دارم از پله نمی‌تونم …»: nothing goes on that is not done
        and f.verb != "داشتن"
        and f.verb != "بودن"
        and f.person == had[0].person
        for f in readings(new)
    )


def split(sentence: list[str]) -> list[Clause]:
    """The clauses of one sentence, in order; a relative one carries what it hangs on."""
    out: list[Clause] = []
    run: list[str] = []
    head: tuple[str, ...] = ()
    kept: list[str] = []
    for at, token in enumerate(sentence):
        following = sentence[at + 1 :]
        if token in LINKS or token in "،,":
            if token == "که" and (since := _since(run)):
                run = since
                continue
            if (clause := _closed(run, head)) and not (token == "و" and not _predicate_ahead(following)):
                out += clause
                run, head = (list(kept), ()) if kept and head else ([], ())
                kept = []
                if token == "که" and out and out[-1].form.person in (1, 3):
                    head = out[-1].tokens
            elif (_verb_at(run) is not None and not clause) or (token == "که" and _INTRODUCING & set(run)):
                run = list(kept)
            elif token == "که" and run and len(run) < 7:
                kept, head, run = run, tuple(run), []
            elif run and token != "که":
                run.append(token)
            continue
        if kept and len(run) > 1 and _verb_at(run) is None and not readings(token) and enclitic(run):
            out += _closed(run, head)
            run, head, kept = list(kept), (), []
        if (
            readings(token)
            and (verb := _verb_at(run)) is not None
            and _is_verb([*run, token, *following[:1]], len(run))
        ) and not _goes_on(run, verb, token):
            cut = _cut(run, verb)
            out += _closed(run[:cut], head)
            run, head = [*(kept if head else ()), *run[cut:]], ()
            kept = []
        run.append(token)
    return out + (_closed(run, head) or _first_half(run, head) or _unsaid(run))


def _first_half(run: list[str], head: tuple[str, ...]) -> list[Clause]:
    """«تو یه شرکت برنامه‌نویسم و سه ساله اونجام»: what stands before an «و» whose end says nothing."""
    ends = (at for at in range(len(run) - 1, 1, -1) if run[at] == "و")
    return next((found for at in ends if (found := _closed(run[:at], head))), [])


def _since(run: list[str]) -> list[str]:
    """«ده ساله که», «سه ماه است که»: the phrase of time it comes to; [] for anything else."""
    spans = {
        "ساله": "سال",
        "سالیه": "سال",
        "ماهه": "ماه",
        "روزه": "روز",
        "هفته‌ست": "هفته",
        "سال": "سال",
        "ماه": "ماه",
        "هفته": "هفته",
        "روز": "روز",
    }
    kept = run[:-1] if run and run[-1] in ("است", "هست", "می‌شه", "می‌شود", "میشه") else run
    if len(kept) > 1 and kept[-1] in spans and is_number(kept[-2]):
        return [*kept[:-1], spans[kept[-1]]]
    return []


def _cut(run: list[str], verb: int) -> int:
    found = readings(run[verb])
    if found[0].verb in MOTION and verb + 1 < len(run) and split_owner(run[verb + 1])[0] in lexicon.PLACES:
        return verb + 2
    return verb + 1


def _predicate_ahead(following: list[str]) -> bool:
    for at, token in enumerate(following):
        if token in "،,":
            break
        if _is_verb(following, at):
            return True
    return bool(following) and enclitic(following) is not None


def _closed(run: list[str], head: tuple[str, ...]) -> list[Clause]:
    """The clause that `run` is, as a list of one; [] while it has no predicate."""
    run = [token for at, token in enumerate(run) if token not in "،," or 0 < at < len(run) - 1]
    if not run:
        return []
    at = _verb_at(run)
    if at is None:
        return _verbless(run, head)
    if cut := _told_before(run[:at]):
        return _closed(run[:cut], head) + _closed(run[cut:], ())
    form, taken = _predicate(run, at)
    if is_named(run[at + 1 :]):  # «یه گربه دارم اسمش ماهی»
        return _closed(run[: at + 1], head) + _unsaid(run[at + 1 :])
    if _told_after(run[at + 1 :], form):  # «یه گربه دارم اسمش ملوسکه», «تولدم نهم نیست دهمه»
        return _closed(run[: at + 1], head) + _closed(run[at + 1 :], ())
    mood = ""
    tokens = [token for place, token in enumerate(run[:at]) if place not in taken]
    after = tuple(run[at + 1 :])
    if form.tense == "future":
        mood, form = "plan", form._replace(tense="subjunctive")
    elif form.tense == "subjunctive" and "عادتاً" in run:
        form = form._replace(tense="present")
        tokens = [token for token in tokens if token != "عادتاً"]
    elif form.tense == "subjunctive":
        if not any(token in _SUBJUNCTIVE_AFTER or _wants(token) for token in run):
            return []
        wants = any(_wants(token) for token in run)
        mood = "want" if wants else "must" if "باید" in run else "plan"
        tokens = [
            t
            for t in tokens
            if t not in _SUBJUNCTIVE_AFTER
            and not _wants(t)
            and t not in ("است", "دارم", "گرفتم", "شد", "شده")
        ]
    return [Clause(tuple(tokens), form, after, mood, head, False, tuple(run))]


def _told_after(rest: list[str], form: Form) -> bool:
    """Whether what stands behind a verb is a clause of its own, with a copula that its last word carries."""
    if not rest or enclitic(rest) is None:
        return False
    denied = form.verb == "بودن" and form.negative
    return denied or (len(rest) > 1 and split_owner(rest[0])[1] in (3, 6))


def _wants(token: str) -> bool:
    return any(form.verb == "خواستن" for form in readings(token))


def _predicate(run: list[str], at: int) -> tuple[Form, set[int]]:
    """The form that the verb at `at` and its helpers come to, and the helpers' places."""
    found = readings(run[at])
    form = found[0]
    before = run[at - 1] if at else ""
    if before in _FUTURE and form.tense == "past":
        return form._replace(person=_FUTURE[before], tense="future"), {at - 1}
    if before and _participle(before) and form.verb == "بودن" and len(run) > 2:
        part = next(f for f in readings(before) if f.tense == "perfect" and f.person == 3)
        tense = "perfect" if form.tense == "present" else "pluperfect"
        return part._replace(person=form.person, tense=tense, spoken=False), {at - 1}
    helpers = set()
    for place in range(at):
        for helper in readings(run[place]):
            if (
                helper.verb == "داشتن"
                and form.tense in ("present", "imperfect")
                and form.verb not in ("داشتن", "بودن")
                and helper.person == form.person
            ):
                helpers.add(place)
    return form, helpers


def _second_owner(run: list[str]) -> int:
    """Where the «و» stands that opens a second clause whose copula serves both; 0 for nowhere."""
    if split_owner(run[0])[1] != 1:
        return 0
    owned = (at for at in range(2, len(run) - 2) if run[at] == "و" and split_owner(run[at + 1])[1] == 1)
    return next((at for at in owned if split_owner(run[at + 1])[0] in lexicon.KIN), 0)


def _verbless(run: list[str], head: tuple[str, ...]) -> list[Clause]:
    found = enclitic(run)
    if found is None:
        return _placed_after(run, head)
    if at := _told_before(run):  # «سوپروایزرم فرانسویه اسمش لوسیه»
        return _verbless(run[:at], head) + _verbless(run[at:], ())
    stem, person = found
    at = _second_owner(run)
    if at:  # «پدرم اهل کرمانشاه و مادرم اهل تبریزه»
        copula = Form("بودن", "present", 3, False, True)
        first = Clause(tuple(run[:at]), copula, (), "", head, True, tuple(run[:at]))
        return [first, *_verbless(run[at + 1 :], ())]
    return [
        Clause(
            (*run[:-1], stem), Form("بودن", "present", person, False, True), (), "", head, True, tuple(run)
        )
    ]


def _told_before(run: list[str]) -> int:
    """Where a clause starts that goes on about «او» behind a copula that a word carries; 0 for nowhere."""
    for at in range(2, len(run) - 1):
        stem, owner, _ = split_owner(run[at])
        if owner == 3 and stem in lexicon.ATTRIBUTES:
            return at if enclitic(run[:at]) is not None else 0
        found = enclitic(run[:at]) if owner == 3 else None
        if found and lexicon.is_trade(found[0]):
            return at  # «عروسم نسرین دندون‌پزشکه مطبش تو …»
        another = owner == 1 and stem in lexicon.KIN and split_owner(run[0])[1] == 1
        if another and (found := enclitic(run[:at])) and lexicon.is_trade(found[0]):
            return at  # «مامانم آرایشگره بابام اسنپ کار می‌کنه»
    return 0


def _unsaid(run: list[str]) -> list[Clause]:
    """A sentence that leaves its copula out; [] for anything else."""
    said = tuple(left_out(run))
    return [Clause(said, Form("بودن", "present", 3, False, True), (), "", (), True, said)] if said else []


def _placed_after(run: list[str], head: tuple[str, ...]) -> list[Clause]:
    """«خواهرم معلمه تو تبریز»: a place behind the copula; [] for anything else."""
    at = next((i for i, token in enumerate(run) if i and PREPOSITIONS.get(token) == "در"), 0)
    if not at or at + 1 == len(run) or (found := enclitic(run[:at])) is None:
        return []
    stem, person = found
    if not any(split_owner(token)[0] in lexicon.TRADES for token in (*run[: at - 1], stem)):
        return []
    copula = Form("بودن", "present", person, False, True)
    return [Clause((*run[: at - 1], stem, *run[at:]), copula, (), "", head, True, tuple(run))]


def clauses(found: list[str]) -> list[Clause]:
    """All clauses that state something, sentence by sentence."""
    return [
        clause
        for sentence in sentences(found)
        for clause in split(sentence)
        if clause.form.person not in (2, 5)
    ]


__all__ = ["Clause", "_known", "clauses", "enclitic", "replace", "verbs"]
