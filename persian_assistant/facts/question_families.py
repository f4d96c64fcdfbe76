"""Ways to ask that go beyond the words of a clause: what one does on a day, how one drinks a thing, clefts.

Clefts («جایی که کار می‌کنم کجاست») are asked to see whether a fact was learned, and never trained.
"""

from __future__ import annotations

from dataclasses import replace

from persian_assistant.facts import endings, lexicon, realise
from persian_assistant.facts.clause_frames import Frame, Phrase
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.verbs import conjugate
from persian_assistant.facts.words import Word, is_ordinal
from persian_assistant.facts.wordset import wordset

Question = tuple[str, str]
"""(question without its mark, kind)."""
_CONSUMED = wordset("خوردن نوشیدن")
_TRAITS: dict[str, tuple[Question, ...]] = {
    "گیاه‌خوار گیاهخوار وگان": (
        ("رژیم غذایی {of} چیست", "direct"),
        ("چرا {spoken} گوشت نمی‌خور{ends}", "colloquial"),
        ("{spoken} چه جور غذایی می‌خور{ends}", "colloquial"),
    ),
    "مجرد متأهل متاهل مطلقه بیوه": (
        ("وضعیت تأهل {of} چیست", "direct"),
        ("{spoken} ازدواج کرده{has} یا نه", "colloquial"),
        ("{spoken} زن و بچه دار{has_it} یا نه", "colloquial"),
    ),
    "چپ‌دست راست‌دست": (
        ("{of} با کدام دست می‌نویس{end}", "direct"),
        ("{spoken} با کدوم دست کار می‌کن{ends}", "colloquial"),
    ),
    "دیابتی آسمی کم‌خون کوررنگ": (
        ("{of} چه بیماری‌ای دار{end}", "direct"),
        ("{spoken} چه مریضی‌ای دار{has_it}", "colloquial"),
    ),
}
_WHERE_FROM = (
    ("{of} اهل کجا {is_}", "direct"),
    ("{spoken} اهل کجا{is_s}", "colloquial"),
    ("{spoken} بچه‌ی کدوم شهر{is_h}", "colloquial"),
    ("{of} کجایی {is_}", "direct"),
    ("اصلیت {of} کجاست", "direct"),
)
_WHAT_LIKE = (("{of} چه جور آدمی {is_}", "direct"), ("{spoken} چه‌جوریه", "colloquial"))


def trait_questions(frame: Frame, asked: Phrase, of: str, spoken: str) -> list[Question]:
    """Questions for what one is: «گیاه‌خوار», «تبریزی», «مجرد»; [] for anything but a trait of a person."""
    if frame.verb not in ("بودن", "شدن") or asked.kind in ("trade", "colour", "count"):
        return []
    third = bool(frame.subject)
    if third and stem_of(frame.subject[0]) not in lexicon.KIN and frame.subject[0].stem not in lexicon.NAMES:
        return []
    word = stem_of(asked.words[0])
    chosen: tuple[Question, ...] = next(
        (rows for names, rows in _TRAITS.items() if word in names.split()), ()
    )
    if word.endswith("ی") and word[:-1] in lexicon.PLACES:
        chosen = _WHERE_FROM
    elif not chosen and word in lexicon.TRAITS and frame.verb == "بودن" and third:
        chosen = _WHAT_LIKE
    fills = {
        "of": of or "من", "spoken": spoken, "end": "د" if third else "م", "ends": "ه" if third else "م",
        "is_": "است" if third else "هستم", "is_s": "ست" if third else "م", "is_h": "ه" if third else "م",
        "has": "" if third else "‌م", "has_it": "ه" if third else "م",
    }  # fmt: skip
    return [(" ".join(text.format(**fills).split()), kind) for text, kind in chosen]


def day_questions(frame: Frame) -> list[Question]:
    """«جمعه‌ها چه کار می‌کنم»: what is done at a time, for the user's own deeds."""
    when = [
        p for p in frame.phrases if p.role == "time" and p.kind not in ("duration", "part") and not p.prep
    ]
    if not when or frame.subject or frame.negative or frame.verb == "بودن" or frame.mood == "must":
        return []
    time = realise.phrase_text(when[0], frame, "user")
    said = realise.phrase_text(when[0], frame, "user", True)
    past = frame.tense in ("past", "perfect", "pluperfect")
    plan = frame.mood != ""
    if frame.verb == "داشتن":
        return [(f"{time} چه برنامه‌ای دارم", "direct"), (f"{said} چی دارم", "colloquial")]
    if plan:
        return [(f"{time} قرار است چه کار کنم", "direct"), (f"{said} برنامه‌م چیه", "colloquial")]
    do = "کردم" if past else "می‌کنم"
    return [(f"{time} چه کار {do}", "direct"), (f"{said} چیکار {do}", "colloquial")]


def how_questions(frame: Frame, asked: Phrase) -> list[Question]:
    """«قهوه‌ام را چگونه می‌خورم»: with or without what a thing is eaten or drunk, or how one gets there."""
    served = frame.verb in _CONSUMED and asked.prep in ("با", "بدون")
    driven = frame.verb == "رفتن" and asked.prep == "با" and asked.kind != "person"
    if not (served or driven):
        return []
    rest = tuple(p for p in frame.phrases if p is not asked)
    if not rest:
        return []
    other = Phrase("pp", (Word("چگونه"),), "", "thing")
    formal = realise.statement(replace(frame, phrases=(*rest, other)), "user")
    other = Phrase("pp", (Word("چه‌جوری"),), "", "thing")
    spoken = realise.statement(replace(frame, phrases=(*rest, other)), "user", True)
    return [(formal, "direct"), (spoken, "colloquial")]


def goal_questions(frame: Frame, asked: Phrase) -> list[Question]:
    """«قراره کجا برم»: where one goes, without the rest."""
    if asked.words[0].stem == "کلاس" and is_ordinal(asked.words[-1].stem):
        who = realise.subject_text(frame, "user", always=True)
        said = realise.subject_text(frame, "user", True)
        studies = conjugate("خواندن", "present", frame.person)
        return [
            (f"{who} در کلاس چندم درس {studies}", "direct"),
            (f"{said} کلاس چنده" if frame.subject else "کلاس چندمم", "colloquial"),
        ]
    if asked.kind != "place" or frame.verb != "رفتن" or frame.subject:
        return []
    if frame.mood:
        return [("قراره کجا برم", "colloquial"), ("مقصد من کجاست", "direct")]
    if frame.tense in ("past", "perfect"):
        return [("سفرم به کجا بود", "direct")] if asked.words[0].stem in lexicon.PLACES else []
    return []


def clefts(frame: Frame, focus: int) -> list[Question]:
    """Questions that put the value into a relative clause: (written, spoken)."""
    if focus < 0:
        done = realise.statement(replace(frame, subject=(Word("آن‌که"),), person=3), "user").removeprefix(
            "آن‌که"
        )
        return [(f"آن کسی که{done} که بود" if _past(frame) else f"آن کسی که{done} کیست", "direct")]
    asked = frame.phrases[focus]
    kept = tuple(
        p for at, p in enumerate(frame.phrases) if at != focus and not (p.role == "time" and p.prep == "از")
    )
    if frame.subject and asked.prep not in ("", "در", "سر"):
        return []
    if asked.role == "thing" and asked.kind == "thing" and any(p.role == "object" for p in kept):
        return []  # «اسپرسو رو تلخ می‌خورم»: how, not what
    rest = replace(frame, phrases=kept)
    told, said = realise.statement(rest, "user"), realise.statement(rest, "user", True)
    told = told.removeprefix("من ")
    if frame.verb == "بودن" or frame.part in realise.EXPERIENCED:
        return []
    head = _cleft_heads(asked)
    if not head:
        return []
    (formal, ask), (spoken, spoken_ask) = head
    if _past(frame):
        ask = "کجا بود" if ask == "کجاست" else ask.replace("است", "بود")
        spoken_ask = {"کجاست": "کجا بود", "کیه": "کی بود", "چیه": "چی بود"}.get(spoken_ask, spoken_ask)
    return [(f"{formal} {told} {ask}", "direct"), (f"{spoken} {said} {spoken_ask}", "colloquial")]


def _past(frame: Frame) -> bool:
    return frame.tense in ("past", "perfect", "pluperfect")


def _cleft_heads(asked: Phrase) -> tuple[Question, Question] | None:
    prep, kind = asked.prep, asked.kind
    if asked.role == "time":
        heads = {
            "hour": (("ساعتی که", "چه ساعتی است"), ("اون ساعتی که", "چنده")),
            "year": (("سالی که", "چه سالی است"), ("اون سالی که", "چه سالیه")),
            "duration": None,
            "frequency": None,
        }
        return heads.get(kind, (("زمانی که", "چه وقت است"), ("اون روزی که", "کیه")))
    if kind == "person" and prep in ("با", "به", "از", ""):
        ref = {"با": (" با او", " باهاش"), "به": (" به او", " بهش"), "از": (" از او", " ازش")}.get(
            prep, ("", "")
        )
        return ((f"کسی که{ref[0]}", "چه کسی است"), (f"اونی که{ref[1]}", "کیه"))
    if kind == "city":
        return (("شهری که در آن", "کجاست"), ("اون شهری که توش", "کجاست"))
    if kind == "place" and prep in ("در", "به", "", "سر"):
        return (("جایی که", "کجاست"), ("اونجایی که", "کجاست"))
    if kind in ("thing", "deed") and prep in ("", "از", "به", "با"):
        ref = {"از": (" از آن", " ازش"), "به": (" به آن", " بهش"), "با": (" با آن", " باهاش")}.get(
            prep, ("", "")
        )
        return ((f"چیزی که{ref[0]}", "چه چیزی است"), (f"اون چیزی که{ref[1]}", "چیه"))
    return None


def of_things(frame: Frame, of: str, spoken: str) -> list[Question]:
    """«گوشیم چه مارکیه», for things that have a maker."""
    if not frame.subject or frame.verb != "بودن" or frame.tense != "present" or len(frame.phrases) != 1:
        return []
    made = lexicon.VEHICLES | wordset("گوشی موبایل لپ‌تاپ تبلت تلویزیون یخچال دوربین ساعت")
    if stem_of(frame.subject[0]) not in made or frame.phrases[0].role != "complement":
        return []
    if frame.phrases[0].kind != "thing":
        return []
    return [
        (f"مارک {of} چیست", "direct"),
        (f"{spoken} چه مارکیه", "colloquial"),
        (f"{of} ساخت چه شرکتی است", "direct"),
    ]


def held_out(frame: Frame, focus: int, of: str, spoken: str) -> list[Question]:
    """Other families than the trained ones, where a cleft would be odd: trades, places, tastes."""
    asked, third = frame.phrases[focus], bool(frame.subject)
    end, said = ("د", "ه") if third else ("م", "م")
    who = spoken or "من"
    if asked.kind == "trade":
        return [
            (f"{of} از چه راهی پول درمی‌آور{end}", "direct"),
            (
                f"{who} خرجش رو از چه کاری درمیار{said}" if third else "خرجم رو از چه کاری درمیارم",
                "colloquial",
            ),
        ]
    if frame.verb == "بودن" and asked.kind == "city":
        return [
            (f"اسم شهری که {of} در آن است چیست", "direct"),
            (f"اگه بخوام {who} رو ببینم باید برم کدوم شهر", "colloquial"),
        ]
    if (
        frame.verb == "بودن"
        and asked.kind == "place"
        and third
        and asked.prep not in ("", "اهل", "بچه", "ساکن")
    ):
        return [
            (f"برای پیدا کردن {of} کجا را بگردم", "direct"),
            (f"دنبال {who} می‌گردم، کجا رو نگاه کنم", "colloquial"),
        ]
    if asked.kind == "owned":
        noun = next((stem_of(word) for word in asked.words if word.stem != "یک"), "")
        if noun in lexicon.ANIMALS:
            return [(f"{of or 'من'} از چه جانوری نگهداری می‌کن{end}", "direct")]
        named = noun in lexicon.THINGS | lexicon.VEHICLES
        return [(f"برایم بگو {of or 'من'} چه {endings.indefinite(noun)} دار{end}", "direct")] if named else []
    if asked.kind == "count" and frame.verb == "داشتن":
        noun = stem_of(asked.words[-1])
        return [(f"{noun}‌های {of or 'من'} چند تا هستند", "direct")]
    if asked.prep == "اهل":
        return [(f"ریشه‌ی خانوادگی {of or 'من'} به کدام شهر می‌رسد", "direct")]
    if asked.prep in ("عاشق", "طرفدار", "هوادار", "شیفته") or frame.part in ("متنفر", "بیزار"):
        word = "بد" if frame.part in ("متنفر", "بیزار") else "خوش"
        return [
            (
                f"{who} از چی بیشتر از همه {word}{'ش' if third else 'م'} میاد".replace("من از", "از"),
                "colloquial",
            )
        ]
    if frame.verb == "بودن" and third and asked.role == "complement":
        return [(f"اگر بپرسند {of} چیست چه بگویم", "direct"), (f"بگو ببینم {who} چی بود", "colloquial")]
    return []
