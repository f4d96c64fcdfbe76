"""Persian word forms for the rest of the program: endings, persons turned round, spoken and written forms.

Works word by word: a homograph («مردم») is read as the commoner of its readings.
"""

from __future__ import annotations

import re

from persian_assistant.facts import endings, lexicon
from persian_assistant.facts.clauses import enclitic
from persian_assistant.facts.verbs import conjugate, readings
from persian_assistant.facts.words import TO_SPOKEN, _known, split_owner
from persian_assistant.facts.wordset import wordset
from persian_assistant.text import ZWNJ

_WORD = re.compile(r"[^\W\d_]+(?:[\u200c\u064b-\u0654]+[^\W\d_]+)*")
_STOP = re.compile(r"[.!؟?؛،\n]|(?<=\s)(?:و|که|ولی|اما)(?=\s)")
_TO_SECOND = {
    "من": "تو",
    "منو": "تو رو",
    "مرا": "تو را",
    "منم": "تویی",
    "خودم": "خودت",
    "خودمان": "خودتان",
    "خودمون": "خودتون",
    "ما": "شما",
    "بهم": "بهت",
    "ازم": "ازت",
    "باهام": "باهات",
    "برام": "برات",
    "برایم": "برایت",
    "واسم": "واست",
    "واسه‌م": "واسه‌ت",
    "مال‌من": "مال تو",
    "نفریم": "نفرید",
    "تاییم": "تایید",
}
_TO_FIRST = {
    "تو": "من",
    "خودت": "خودم",
    "خودتان": "خودمان",
    "خودتون": "خودمون",
    "شما": "ما",
    "بهت": "بهم",
    "ازت": "ازم",
    "باهات": "باهام",
    "برات": "برام",
    "برایت": "برایم",
    "واست": "واسم",
}
_ALSO = wordset("""
    بعدشم بعدم آخرشم اخرشم آخرم اولشم تازشم همشم همه‌شم همش اینم اونم همینم همونم الانم حالام امروزم امشبم
    دیروزم دیشبم پریروزم فردام امسالم پارسالم اینجام اونجام همیشم هیچیم بقیشم بقیه‌شم فقطم هنوزم بازم اگرم
    یکیشم خیلیم کلیم بعضیام تومنم تومانم میلیونم هزارم دلمه
    """)
"""Whose «م» is «هم»."""
_OTHERS_ALSO = re.compile(r".{2,}(?:شون|تون)م")
_AND_A_HALF = "ونیم"
_NAMED = (lexicon.NAMES - lexicon.COMMON_NAMES) | lexicon.PLACES
_DISLIKED = re.compile(rf"\s+(?:ن?می[{ZWNJ} ]?)?(?:آم|آی|ام|اوم|آ|ا|یا)\w*")
_IN_APPOSITION = re.compile(r"\s*،\s*(?:آقای|خانو?م|استاد|دکتر|مهندس|حاج|سرهنگ)\b")
"""«دبیر فیزیکم، آقای تاج‌میری»: it is told who that is, not what I am."""
_STATES = wordset("""
    بدهکار طلبکار عاشق مجبور ناچار مایل ساکن مقیم متولد متنفر بیزار حساس مبتلا معتاد وابسته سوار مستاجر مستأجر
    حاضر منتظر نگران خسته آماده راضی ناراضی مطمئن مشغول درگیر باردار حامله مجرد متأهل متاهل بازنشسته بیکار
    شاغل مسئول عضو موافق مخالف گیاه‌خوار گیاهخوار کلافه شرمنده خوشحال ناراحت مریض دلتنگ امیدوار
    """)
"""What «م» makes «I am» of, wherever in a sentence it stands."""
_SECOND_ENDINGS = (("مان", "تان"), ("مون", "تون"), ("م", "ت"))
_FIRST_ENDINGS = (("تان", "مان"), ("تون", "مون"), ("ت", "م"))
_NO_VERBS = wordset("مردم گردم دارا نام برم بری بدی خرم شوم بندم بارم پرم پری کاری داری نگاری بازی") - {
    "برم",
    "داری",
    "بری",
}


def attach(word: str, clitic: str, colloquial: bool = False) -> str:
    """`word` with `clitic`: "my", "your", "his", "our", "your_all", "their", "is" or "indef".

    >>> attach("قناری", "my", colloquial=True)
    'قناریم'
    """
    if clitic == "is":
        return endings.copula(word, colloquial)
    if clitic == "indef":
        return endings.indefinite(word)
    return endings.possessive(word, clitic, colloquial)


def of_me(noun: str) -> str:
    """«برادر من», «خانه‌ی من»."""
    return f"{endings.ezafe(noun)} من"


def _clausewordset(text: str, at: int) -> tuple[str, bool]:
    """(the words of the clause up to and with the one at `at`, whether it ends there)."""
    starts = [match.end() for match in _STOP.finditer(text, 0, at)]
    following = _STOP.search(text, at)
    end = following.start() if following else len(text)
    return text[starts[-1] if starts else 0 : end], not _WORD.search(text, _WORD.match(text, at).end(), end)  # type: ignore[union-attr]


def _swap_verb(word: str, change: dict[int, int]) -> str | None:
    if word in _NO_VERBS:
        return None
    for form in readings(word):
        if form.person in change and not (form.tense == "subjunctive" and word in lexicon.POSSESSED):
            made = conjugate(form.verb, form.tense, change[form.person], form.negative, form.spoken)
            return (
                made
                if ZWNJ in word or not form.tense.startswith(("present", "imperfect"))
                else made.replace("می" + ZWNJ, "می")
            )
    return None


def _also_turned(word: str, pronouns: dict[str, str], swaps: tuple[tuple[str, str], ...]) -> str | None:
    """«مادرتم» for «مادرمم», «خودتم» for «خودمم»; «اسمشم» as it is: «م» is «هم» there."""
    base = word[:-1]
    if not word.endswith("م") or readings(word) or _known(word):
        return None
    if _OTHERS_ALSO.fullmatch(word) or (base.endswith("ش") and split_owner(base)[1:] == (3, True)):
        return word
    if base in pronouns and base != "من":
        return f"{pronouns[base]}م"
    if not base.endswith("م") or base in lexicon.WHOLE_M or _known(base):
        return None
    if split_owner(base)[1:] in ((1, True), (4, True)) or base.endswith("هام"):
        old, new = next(pair for pair in swaps if base.endswith(pair[0]))
        return f"{base.removesuffix(old)}{new}م"
    return None


def _state(word: str) -> str | None:
    """«بدهکاری» for «بدهکارم», «خسته‌ای» for «خسته‌ام»."""
    base, joint, ending = word.rpartition(ZWNJ)
    if joint and ending in ("ام", "م") and base in _STATES:
        return f"{base}{ZWNJ}ای" if base.endswith(("ه", "ی")) else f"{base}ی"
    if word.endswith("شم") and word[:-2] in _STATES:
        return f"{word[:-1]}ی"
    if word.endswith("م") and word[:-1] in _STATES:
        return f"{word[:-1]}{ZWNJ}ای" if word[-2] in "هی" else f"{word[:-1]}ی"
    return None


def _turn(
    text: str, pronouns: dict[str, str], change: dict[int, int], swaps: tuple[tuple[str, str], ...]
) -> str:
    old, new = swaps[-1]
    mine = {"م": 1, "ت": 2}[old]

    def turned(match: re.Match[str]) -> str:
        word = match.group()
        if (
            word == "تو"
            and old == "ت"
            and re.match(r"\s+[^\s،.؟!]", text[match.end() :])
            and not re.search(r"(?:^|[،.]\s*)$", text[: match.start()])
        ):
            return word  # «تو» before a noun inside a clause is «در»
        if word == "منم" and old == "م" and not _clausewordset(text, match.start())[1]:
            return "تو هم"
        if word == "بدم" and old == "م" and _DISLIKED.match(text, match.end()):
            return "بدت"
        if word in pronouns:
            return pronouns[word]
        if word in _ALSO or word.endswith(_AND_A_HALF):
            return word
        if old == "م" and (also := _also_turned(word, pronouns, swaps)):
            return also
        _, joint, last = word.rpartition(ZWNJ)
        if last in _NAMED or (joint and last in lexicon.WHOLE_M):
            return word  # «اوس‌رحیم» is nobody's «رحی», «فخری‌خانم» no «خانت»
        if made := _swap_verb(word, change):
            return made
        if old == "م" and (state := _state(word)):
            return state
        clause, is_last = _clausewordset(text, match.start())
        if (
            is_last
            and old == "م"
            and word.endswith("م")
            and not _IN_APPOSITION.match(text, match.end())
            and not any(readings(each) for each in _WORD.findall(clause))
        ):
            found = enclitic(_WORD.findall(clause))
            if found and found[1] == 1:
                base, joint, _ = word.rpartition(ZWNJ)
                return f"{base}{ZWNJ}ای" if joint and word.endswith(("ام", "م")) else word[:-1] + "ی"
        core = (
            word[:-1]
            if word.endswith("و") and split_owner(word[:-1])[2] and split_owner(word[:-1])[1]
            else word
        )
        stem, owner, sure = split_owner(core)
        if owner not in (mine, mine + 3) or (not sure and len(stem) < 3):
            if core.endswith("ه") and split_owner(core[:-1])[1] == mine and _known(core[:-2]):
                return core[:-2] + new + "ه" + word[len(core) :]
            return word
        for ending, other in swaps:
            if core.endswith(ending):
                return core[: -len(ending)] + other + word[len(core) :]
        return word

    return _WORD.sub(turned, text)


def second_person(text: str) -> str:
    """What the user says of themselves, said to them: «رفتم» → «رفتی», «خواهرم» → «خواهرت», «من» → «تو»."""
    return _turn(text, _TO_SECOND, {1: 2, 4: 5}, _SECOND_ENDINGS)


def first_person(text: str) -> str:
    """The inverse of `second_person`."""
    return _turn(text, _TO_FIRST, {2: 1, 5: 4}, _FIRST_ENDINGS)


def colloquial(text: str) -> str:
    """`text` as it is spoken, as far as single words go: «می‌روم» → «می‌رم», «خانه را» → «خونه رو»."""

    def spoken(match: re.Match[str]) -> str:
        word = match.group()
        for form in readings(word):
            if (
                not form.spoken
                and word not in lexicon.POSSESSED
                and word not in _NO_VERBS
                and form.verb != "بودن"
            ):
                return conjugate(form.verb, form.tense, form.person, form.negative, True)
        stem, owner, sure = split_owner(word)
        if owner and sure and stem in TO_SPOKEN:
            return endings.possessive(
                TO_SPOKEN[stem], ("", "my", "your", "his", "our", "your_all", "their")[owner], True
            )
        return {
            "را": "رو",
            "در": "تو",
            "آیا": "",
            "چیست": "چیه",
            "کیست": "کیه",
            "چگونه": "چطور",
            **TO_SPOKEN,
        }.get(word, word)

    out = _WORD.sub(spoken, text.replace("چه کسی را", "کیو").replace("چه کسی", "کی").replace("چه چیزی", "چی"))
    out = re.sub(r"(\S+) است(?=[.؟!،\s]|$)", lambda m: endings.copula(m.group(1), True), out)
    return " ".join(out.split())


def formal(text: str) -> str:
    """`text` as it is written, as far as single words go: the inverse of `colloquial`."""

    def written(match: re.Match[str]) -> str:
        word = match.group()
        for form in readings(word):
            if form.spoken and word not in lexicon.POSSESSED and form.verb != "بودن":
                return conjugate(form.verb, form.tense, form.person, form.negative, False)
        stem, owner, sure = split_owner(word)
        if owner and sure:
            return endings.possessive(stem, ("", "my", "your", "his", "our", "your_all", "their")[owner])
        return {"رو": "را", "چیه": "چیست", "کیه": "کیست", **lexicon.SPOKEN}.get(word, word)

    out = _WORD.sub(written, text)
    last = re.search(r"([^\s.!؟]+)([.!؟]*)$", out)
    words = _WORD.findall(out)
    if last and len(words) > 1 and not readings(words[-1]) and (found := enclitic(words)) and found[1] == 3:
        return out[: last.start()] + f"{found[0]} است" + last.group(2)
    return out
