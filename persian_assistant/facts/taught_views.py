"""Other wordings of a question the user taught, and of a text the user corrected the answer to.

Rewords by the question word and its place; the answer is always the one that was given.
"""

from __future__ import annotations

import re

from persian_assistant.facts import endings, morphology
from persian_assistant.facts.phrases import LESSON
from persian_assistant.facts.verbs import readings
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

_WH = (
    ("چه کسی", ("چه کسی", "کدام شخص"), "کی"),
    ("چه کسانی", ("چه کسانی",), "کیا"),
    ("در کجا", ("در کجا", "کجا"), "کجا"),
    ("چه زمانی", ("چه زمانی", "چه وقت", "کِی"), "کی"),
    ("چه وقت", ("چه وقت", "چه زمانی"), "کی"),
    ("چه سالی", ("چه سالی", "کدام سال"), "چه سالی"),
    ("چگونه", ("چگونه", "به چه شکل"), "چطوری"),
    ("چطور", ("چطور", "چگونه"), "چطوری"),
    ("چرا", ("چرا", "به چه دلیل"), "واسه چی"),
    ("چقدر", ("چقدر", "چه اندازه"), "چقد"),
    ("چه چیزی", ("چه چیزی",), "چی"),
    ("کجا", ("کجا", "در کجا"), "کجا"),
    ("چند", ("چند",), "چند"),
    ("کدام", ("کدام", "چه"), "کدوم"),
    ("کدوم", ("کدام",), "کدوم"),
    ("چی", ("چه چیزی",), "چی"),
)
_FINAL = re.compile(
    r"^(?P<noun>.+?) (?P<ask>کجاست|کجا است|چیست|چیه|کیست|کیه|چند است|چنده|چقدر است|چقدره|کدام است|کدومه"
    r"|چه بود|چی بود|کی است|چه کسی است|چه سالی است|چگونه است)$"
)
_FINALS = {
    "کجا": (("{n} کجاست", "{n} در کجا قرار دارد"), ("{n} کجاس", "{n} کجا می‌شه"), "کدام شهر {n} است"),
    "چی": (("{n} چیست", "{n} چه چیزی است", "{n} یعنی چه"), ("{n} چیه", "{n} چی بود"), "چه چیزی {n} است"),
    "کی": (("{n} کیست", "{n} چه کسی است"), ("{n} کیه", "{n} کی بود"), "چه کسی {n} است"),
    "چند": (("{n} چند است", "{n} چقدر است"), ("{n} چنده", "{n} چقدره"), "مقدار {n} چقدر است"),
    "کدام": (("{n} کدام است", "{n} چیست"), ("{n} کدومه", "{n} چیه"), "کدام یک {n} است"),
}
_STOPWORDS = wordset("""
    است هست بود شد را رو که از به در با برای و یا این آن یک هم تا می نام شهر کشور سال یعنی هستند باشد
    می‌شود شده های
    """)
EQUAL = (
    (
        "سلام",
        "سلام، خوبی؟",
        "درود",
        "سلام علیکم",
        "سلام دوست من",
        "هی سلام",
        "سلام سلام",
        "درود بر تو",
        "سلام به تو",
        "سلاااام",
    ),
    (
        "سلام، حالت چطور است؟",
        "سلام خوبی؟",
        "حالت چطوره؟",
        "چطوری؟",
        "سلام، چطوری؟",
        "خوبی؟",
        "حالت خوب است؟",
        "سلام حالت خوبه؟",
        "چه خبر، خوبی؟",
        "احوالت چطور است؟",
        "سلام، احوالت؟",
        "خوب هستی؟",
        "سلام، روبه‌راهی؟",
    ),
    (
        "صبح بخیر",
        "صبحت بخیر",
        "صبح به خیر",
        "سلام صبح بخیر",
        "صبح عالی بخیر",
        "صبح شما بخیر",
        "صبح قشنگت بخیر",
    ),
    ("شب بخیر", "شبت بخیر", "شب به خیر", "شب خوش", "شبت خوش", "دیگه می‌خوابم، شب بخیر"),
    ("خداحافظ", "خدانگهدار", "خداحافظت", "فعلاً خداحافظ", "بدرود", "من رفتم، خداحافظ", "فعلاً", "بای"),
    (
        "ممنون",
        "مرسی",
        "متشکرم",
        "ممنونم",
        "خیلی ممنون",
        "سپاس",
        "دستت درد نکند",
        "دستت درد نکنه",
        "سپاسگزارم",
    ),
    (
        "اسمت چیست؟",
        "تو کی هستی؟",
        "اسمت چیه؟",
        "نام تو چیست؟",
        "خودت را معرفی کن",
        "خودتو معرفی کن",
        "تو را چه صدا کنم؟",
        "چه نامی داری؟",
    ),
    ("چه خبر؟", "چه خبرا؟", "چه خبر از تو؟", "تازه چه خبر؟", "خبری نیست؟", "دیگه چه خبر؟"),
    ("یک جوک بگو", "یه جوک بگو", "برام جوک بگو", "یه لطیفه تعریف کن", "یک لطیفه بگو", "یه چیز خنده‌دار بگو"),
    (
        "حوصله‌ام سر رفته",
        "حوصله‌م سر رفته",
        "حوصلم سر رفته",
        "بی‌حوصله‌ام",
        "خیلی حوصله‌ام سر رفته است",
        "حوصله ندارم",
    ),
    ("خسته‌ام", "خسته شدم", "خیلی خسته‌ام", "امروز خسته‌ام", "خستم", "حسابی خسته‌ام"),
    ("دلم گرفته", "دلم گرفته است", "ناراحتم", "حالم خوب نیست", "حالم بده", "غمگینم"),
)


def bare(text: str) -> str:
    """`text` without its closing marks."""
    return " ".join(text.split()).strip(" ؟?.!،")


def statement(fact: Fact) -> str:
    """What was taught, whole: the answer where it says it all, else with its question."""
    answer = fact.value.strip()
    if len(answer.split()) >= 4 or not fact.attribute:
        return answer
    match = _FINAL.match(bare(fact.attribute))
    if match:
        return f"{morphology.second_person(match['noun'])}: {answer}"
    return LESSON.format(question=fact.attribute.strip(), answer=answer)


def _forms(question: str) -> tuple[list[tuple[str, str]], list[str]]:
    """((wording, kind) pairs, wordings kept for probing) of a taught question."""
    text = bare(question)
    found: list[tuple[str, str]] = [(text, "direct")]
    probes: list[str] = []
    if match := _FINAL.match(text):
        noun, ask = match["noun"], match["ask"]
        kind = next(
            (
                key
                for key in _FINALS
                if ask.startswith({"چی": ("چی", "چه بود"), "کی": ("کی", "چه کسی")}.get(key, (key,)))
            ),
            "چند",
        )
        formal, spoken, turned = _FINALS[kind]
        found += [(form.format(n=noun), "direct") for form in formal]
        found += [(form.format(n=morphology.colloquial(noun)), "colloquial") for form in spoken]
        found += [
            (turned.format(n=noun), "direct"),
            (f"{noun} را بگو", "direct"),
            (f"{morphology.colloquial(noun)} رو بگو", "colloquial"),
        ]
        short = re.sub(r"\b(?:استان|کشور|شهر) ", "", noun)
        if short != noun:
            found.append((f"{short} {ask}", "direct"))
        if kind == "کجا":
            found += [(f"{noun} کدام شهر است", "direct"), (f"{noun} چه جایی است", "direct")]
        probes.append(f"می‌خواهم بدانم {noun} {ask}")
    else:
        found += _moved(text)
        probes.append(f"می‌خواهم بدانم {text}")
    found += [
        (f"می‌دانی {text}", "direct"),
        (f"می‌دونی {morphology.colloquial(text)}", "colloquial"),
        (morphology.colloquial(text), "colloquial"),
        (f"به من بگو {text}", "direct"),
        (f"یه سؤال، {morphology.colloquial(text)}", "colloquial"),
        (f"لطفاً بگو {text}", "direct"),
        (f"یادت هست {text}", "direct"),
    ]
    probes.append(f"میشه بگی {morphology.colloquial(text)}")
    return found, probes


def _moved(text: str) -> list[tuple[str, str]]:
    """The question word changed and moved: to the front, and to before the verb."""
    found: list[tuple[str, str]] = []
    for wh, formal, spoken in _WH:
        if not re.search(rf"(?:^|\s){wh}(?=\s|$)", text):
            continue
        for other in formal:
            found.append((re.sub(rf"(^|\s){wh}(?=\s|$)", rf"\g<1>{other}", text, count=1), "direct"))
        found.append(
            (
                morphology.colloquial(re.sub(rf"(^|\s){wh}(?=\s|$)", rf"\g<1>{spoken}", text, count=1)),
                "colloquial",
            )
        )
        if wh in ("کدام", "چند", "چه سالی", "کدوم"):
            break
        rest = re.sub(rf"(^|\s){wh}(?=\s|$)", " ", text, count=1).split()
        tail = 2 if len(rest) > 2 and rest[-1] in ("است", "بود", "شد") and readings(rest[-2]) else 1
        if len(rest) > tail:
            found.append((" ".join([wh, *rest]), "direct"))
            found.append((" ".join([*rest[:-tail], wh, *rest[-tail:]]), "direct"))
        break
    return found


def newwordset(fact: Fact) -> str:
    """What the answer adds to its question: the run of its words that the question lacks."""
    known = set(re.findall(r"[\w\u200c]+", fact.attribute)) | _STOPWORDS
    best: list[str] = []
    run: list[str] = []
    for word in [*re.findall(r"[\w\u200c]+", fact.value), ""]:
        if word and word not in known and not readings(word):
            run.append(word)
            continue
        if run and (not best or len(" ".join(run)) > len(" ".join(best))):
            best = run
        run = []
    return " ".join(best) if 0 < len(best) <= 4 else ""


def train_pairs(fact: Fact) -> list[tuple[str, str, str]]:
    """(question, answer, kind) of a taught fact; the answer is always the whole one."""
    forms, probes = _forms(fact.attribute)
    kept = {f"{probe}؟" for probe in probes}
    rows: dict[str, tuple[str, str, str]] = {
        fact.attribute.strip(): (fact.attribute.strip(), fact.value, "direct")
    }
    for form, kind in forms:
        text = form + ("." if form.endswith(" بگو") else "؟")
        if text not in kept and bare(text) != bare(fact.attribute):
            rows.setdefault(text, (text, fact.value, kind))
    pairs = list(rows.values())
    if word := newwordset(fact):
        whole = statement(fact)
        back = [(f"{word} چیست؟", whole, "reversed"), (f"درباره‌ی {word} چه می‌دانی؟", whole, "reversed")]
        return pairs[:12] + [row for row in back if fact.value in row[1]]
    return pairs


def _greeting_group(text: str) -> tuple[str, ...]:
    plain = _plain(text)
    return next((group for group in EQUAL if any(_plain(member) == plain for member in group)), ())


def _plain(text: str) -> str:
    return re.sub(r"[\W_\u200c]+", "", text)


def fixed_forms(text: str) -> list[str]:
    """Close wordings of what the user had said."""
    core = bare(text)
    asks = "؟" if text.strip().endswith(("؟", "?")) else ""
    group = list(_greeting_group(text))
    if not group:
        for member in EQUAL:
            if sum(_plain(each) in _plain(text) for each in member) >= 2 and len(core.split()) < 7:
                group = list(member)
                break
    spoken, written = morphology.colloquial(core), morphology.formal(core)
    generic = [
        text.strip(),
        core,
        f"{core}{asks or '.'}",
        f"{spoken}{asks}",
        f"{written}{asks}",
        f"راستی {core}{asks}",
        f"{core} دیگه{asks}",
        f"خب {spoken}{asks}",
        f"ببین {core}{asks}",
        f"می‌گم {spoken}{asks}",
    ]
    if not core.startswith("سلام"):
        generic.append(f"سلام، {core}{asks}")
    first, comma, rest = core.partition("،")
    if comma and rest.strip():
        generic += [f"{rest.strip()}{asks}", f"{first} {rest.strip()}{asks}"]
    return list(dict.fromkeys([text.strip(), *group, *generic]))


def fixed_pairs(fact: Fact) -> list[tuple[str, str, str]]:
    """(the user's words, the corrected reply, kind)."""
    forms = fixed_forms(fact.attribute)
    kept = {row[0] for row in probe_pairs(fact)}
    return [(form, fact.value, "direct") for form in forms if form not in kept][:14]


def probe_pairs(fact: Fact) -> list[tuple[str, str, str]]:
    """Wordings of a taught or fixed one that are never trained."""
    if fact.kind == "taught":
        return [(f"{probe}؟", fact.value, "direct") for probe in _forms(fact.attribute)[1]]
    core = bare(fact.attribute)
    group = [member for member in _greeting_group(fact.attribute) if _plain(member) != _plain(fact.attribute)]
    asks = "؟" if fact.attribute.strip().endswith(("؟", "?")) else ""
    probes = [f"{core} رفیق{asks}", *(group[-1:] or [f"خب دیگه، {core}{asks}"])]
    return [(probe, fact.value, "direct") for probe in probes]


__all__ = ["endings", "fixed_pairs", "probe_pairs", "statement", "train_pairs"]
