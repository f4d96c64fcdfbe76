"""Other words for the questions that everyone asks: where one lives and works, what one likes and fears."""

from __future__ import annotations

from persian_assistant.facts import endings, lexicon, realise
from persian_assistant.facts.cities import CITIES
from persian_assistant.facts.clause_frames import Frame, Phrase
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.times import bare


def mine(frame: Frame, spoken: bool = False) -> str:
    """Who is asked about, from the user's side."""
    return (
        realise.owned(frame.subject, "user", spoken, whole=not spoken)
        if frame.subject
        else ("" if spoken else "من")
    )


def synonyms(frame: Frame, phrase: Phrase) -> list[tuple[str, str]]:
    """Other ways to ask the same of verbs that everyone uses: (question, kind)."""
    third = bool(frame.subject)
    who, spoken = mine(frame), mine(frame, True)
    is_he = "است" if third else "هستم"
    name, kind = frame.name, phrase.kind
    if frame.negative:
        return []
    if frame.verb in ("خریدن", "گرفتن") and not frame.part and not third:
        return _model(frame, phrase, who, spoken)
    if frame.tense != "present":
        return []
    if kind == "city":
        return _city(frame, who, spoken)
    if name == "زندگی کردن" and kind == "place":
        home = f"خونه‌ی {spoken} کجاست" if third else "خونه‌م کجاست"
        return [
            (f"محل زندگی {who} کجاست", "direct"),
            (f"{home}", "colloquial"),
            (f"{who} ساکن کجا {is_he}", "direct"),
            (f"{who} در کدام شهر زندگی می‌کن{'د' if third else 'م'}", "direct"),
            (f"خانه‌ی {who} کجاست", "direct"),
        ]
    if name == "کار کردن" and kind == "place":
        return [
            (f"محل کار {who} کجاست", "direct"),
            (f"محل کار{' ' + spoken if third else 'م'} کجاست", "colloquial"),
            (f"{spoken} کجا مشغول{'ه' if third else 'م'}".strip(), "colloquial"),
            (f"{who} در کجا مشغول کار {is_he}", "direct"),
        ]
    return _identity(frame, phrase) or _taste(frame) or _thing_synonyms(frame, phrase, who, spoken)


def _city(frame: Frame, who: str, spoken: str) -> list[tuple[str, str]]:
    """Questions for a city where one works, studies or is."""
    third = bool(frame.subject)
    if frame.verb == "بودن":
        return [
            (f"{spoken} کدوم شهره", "colloquial"),
            (f"{who} کدام شهر است", "direct"),
            (f"{who} کجاست", "direct"),
            (f"{spoken} کجا کار می‌کنه", "colloquial"),
            (f"شهر {who} کجاست", "direct"),
        ]
    place = {"کار": "محل کار", "درس": "دانشگاه"}.get(frame.part, "")
    return (
        [
            (f"{place} {who} در کدام شهر است", "direct"),
            (f"{place}{' ' + spoken if third else 'م'} تو کدوم شهره", "colloquial"),
        ]
        if place
        else []
    )


def _identity(frame: Frame, phrase: Phrase) -> list[tuple[str, str]]:
    third = bool(frame.subject)
    who, spoken = mine(frame), mine(frame, True)
    his = "ش" if third else "م"
    kind = phrase.kind
    if kind == "trade":
        return [
            (f"شغل {who} چیست", "direct"),
            (f"{spoken} شغل{his} چیه".strip(), "colloquial"),
            (f"حرفه‌ی {who} چیست", "direct"),
            (f"{spoken} چی‌کاره‌{'ست' if third else 'م'}".strip(), "colloquial"),
            (f"کار {who} چیست", "direct"),
        ]
    if kind == "colour":
        return [(f"رنگ {who} چیست", "direct"), (f"{spoken} رنگش چیه".strip(), "colloquial")] if third else []
    if phrase.prep == "اهل":
        return [
            (f"{spoken} کجایی{'ه' if third else 'م'}".strip(), "colloquial"),
            (f"شهر {who} کجاست", "direct"),
            (f"{spoken} بچه‌ی کجا{'ست' if third else 'م'}".strip(), "colloquial"),
            (f"اصلیت {who} مال کجاست", "direct"),
        ]
    return []


def _taste(frame: Frame) -> list[tuple[str, str]]:
    third = bool(frame.subject)
    who, spoken = mine(frame), mine(frame, True)
    his = "ش" if third else "م"
    name = frame.name
    if name == "دوست داشتن":
        return [
            (f"{who} به چه چیزی علاقه دار{'د' if third else 'م'}", "direct"),
            (f"{spoken} از چی خوش{his} میاد".strip(), "colloquial"),
        ]
    if name in ("متنفر بودن", "بیزار بودن", "بد آمدن", "نفرت داشتن", "تنفر داشتن"):
        return [
            (f"{who} از چه چیزی بدش می‌آید" if third else "از چه چیزی بدم می‌آید", "direct"),
            (f"{spoken} از چی بد{his} میاد".strip(), "colloquial"),
            (f"{spoken} از چی خوش{his} نمیاد".strip(), "colloquial"),
            (f"چه چیزی {who} را آزار می‌دهد", "direct"),
            (f"{spoken} چی رو اصلاً دوست ندار{'ه' if third else 'م'}".strip(), "colloquial"),
        ]
    if name in ("خوش آمدن",):
        return [(f"{who} چه چیزی دوست دار{'د' if third else 'م'}", "direct")]
    if name in ("حساسیت داشتن", "آلرژی داشتن"):
        return [
            (f"{who} به چه چیزی آلرژی دار{'د' if third else 'م'}", "direct"),
            (f"{spoken} به چی حساس{'ه' if third else 'م'}".strip(), "colloquial"),
            (f"چه چیزی برای {who} ضرر دارد", "direct"),
            (f"{who} نسبت به چه چیزی حساسیت دار{'د' if third else 'م'}", "direct"),
        ]
    if name == "ترسیدن":
        return [
            (f"ترس {who} از چیست", "direct"),
            (f"{spoken} از چی وحشت دار{'ه' if third else 'م'}".strip(), "colloquial"),
        ]
    return []


def _thing_synonyms(frame: Frame, phrase: Phrase, who: str, spoken: str) -> list[tuple[str, str]]:
    have = ("دارد", "داره") if frame.subject else ("دارم", "دارم")
    if phrase.kind == "owned":
        noun = next((stem_of(word) for word in phrase.words if word.stem != "یک"), "")
        colour = (
            [(f"{endings.ezafe(noun)} {who} چه رنگی است", "direct")]
            if any(bare(w.stem) in lexicon.COLOURS for w in phrase.words)
            else []
        )
        return [
            *colour,
            (f"{who} {noun} {have[0]}".strip(), "direct"),
            (f"{spoken} چه {endings.indefinite(noun)} {have[1]}".strip(), "colloquial"),
            (f"{who} چند {noun} {have[0]}".strip(), "direct"),
            (f"درباره‌ی {noun} چه گفتم", "direct"),
        ]
    if found := _model(frame, phrase, who, spoken):
        return found
    if phrase.kind == "count" and frame.name == "داشتن":
        noun = stem_of(phrase.words[-1])
        return [
            (f"تعداد {noun}‌های {who} چند است", "direct"),
            (f"{spoken} {noun} چند تا {have[1]}".strip(), "colloquial"),
        ]
    who_is = stem_of(frame.subject[0]) if frame.subject else ""
    person = who_is in lexicon.KIN or who_is in lexicon.NAMES
    if frame.verb == "بودن" and phrase.prep == "در" and person and phrase.words[-1].stem in CITIES:
        return _city(frame, who, spoken)[:3]
    if frame.verb == "بودن" and phrase.kind == "place" and phrase.prep and frame.subject:
        return [
            (f"{mine(frame)} را کجا باید پیدا کنم", "direct"),
            (f"جای {mine(frame)} کجاست", "direct"),
            (f"{mine(frame, True)} رو کجا پیدا کنم", "colloquial"),
            (f"{mine(frame)} در کجا قرار دارد", "direct"),
        ]
    return []


def _model(frame: Frame, phrase: Phrase, who: str, spoken: str) -> list[tuple[str, str]]:
    """Questions for colour and make, where the value tells them."""
    coloured = [at for at, word in enumerate(phrase.words) if at and bare(word.stem) in lexicon.COLOURS]
    if coloured and phrase.role != "complement":
        noun = next((stem_of(word) for word in phrase.words if word.stem != "یک"), "")
        my_noun = endings.possessive(noun, "my", True)
        return [
            (f"{endings.ezafe(noun)} من چه رنگی است", "direct"),
            (f"{my_noun} چه رنگیه", "colloquial"),
            (f"رنگ {my_noun} چیست", "direct"),
        ]
    if (
        phrase.role == "complement"
        and frame.subject
        and stem_of(frame.subject[0]) in lexicon.VEHICLES | lexicon.THINGS
    ):
        noun = stem_of(frame.subject[0])
        mine_alone = len(frame.subject) == 1 and frame.subject[0].owner == 1
        which = [(f"چه {endings.indefinite(noun)} دارم", "colloquial")] if mine_alone else []
        asked = [(f"{who} چه رنگی است", "direct"), (f"{spoken} چه رنگیه", "colloquial")] if coloured else []
        return [
            *which,
            *asked,
            (f"مدل {who} چیست", "direct"),
            (f"{spoken} چی بود", "colloquial"),
        ]
    return []
