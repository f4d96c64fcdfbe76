"""How «attribute of owner is value» is said and asked: name, age, colour, number, date and whatever else."""

from __future__ import annotations

from dataclasses import dataclass

from persian_assistant.facts import endings, lexicon
from persian_assistant.facts.clause_frames import load_words
from persian_assistant.facts.realise import TURN, owned
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.words import Word, said
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

_TIMES = frozenset(("date", "day", "month", "hour", "when", "year", "season", "part"))
_NUMBERS = wordset("""
    شماره پلاک کد رمز قد وزن سایز طبقه واحد معدل حقوق درآمد اجاره قیمت متراژ نمره تعداد
    """)
_PLACES = wordset("محل آدرس زادگاه مقصد جا")
_FAVOURITE = frozenset(("مورد علاقه", "محبوب", "دلخواه", "موردعلاقه"))


@dataclass(frozen=True)
class Attribute:
    """An attribute fact taken apart."""

    attribute: tuple[Word, ...]
    owner: tuple[Word, ...]
    words: tuple[Word, ...]
    kind: str
    value: str

    @property
    def label(self) -> str:
        return said(self.attribute)

    @property
    def favourite(self) -> str:
        """«رنگ» of «رنگ مورد علاقه»; empty for any other attribute."""
        for ending in _FAVOURITE:
            if self.label.endswith(" " + ending):
                noun = self.label.removesuffix(ending).strip().removesuffix("\u200cی")
                return noun[:-1] if noun.endswith("ای") else noun
        return ""

    def owner_text(self, side: str, spoken: bool = False) -> str:
        return owned(self.owner, side, spoken, whole=not spoken)

    def noun(self, side: str, spoken: bool = False) -> str:
        """«اسم قناری من», spoken «اسم قناریم»."""
        if not self.owner:
            me = "my" if side == "user" else "your"
            if spoken:
                return endings.possessive(self.label, me, True)
            return f"{endings.ezafe(self.label)} {'من' if side == 'user' else 'تو'}"
        return f"{endings.ezafe(self.label)} {self.owner_text(side, spoken)}"

    def topic(self) -> str:
        """«قناریم اسمش»; without an owner «من اسمم»."""
        if not self.owner:
            return f"من {endings.possessive(self.label, 'my', True)}"
        return f"{self.owner_text('user', True)} {endings.possessive(self.label, 'his', True)}"

    def value_text(self, side: str) -> str:
        return said(self.words, TURN if side == "assistant" else None)

    def third(self) -> bool:
        return bool(self.owner)


def parse(fact: Fact) -> Attribute:
    details = fact.details
    return Attribute(
        load_words(details["attribute"]),
        load_words(details["owner"]),
        load_words(details["words"]),
        details["kind"],
        fact.value,
    )


def statement(told: Attribute, side: str = "assistant") -> str:
    """«اسم قناری تو نغمه است» from one side, without its full stop."""
    if told.kind == "age":
        who = told.owner_text(side) if told.owner else {"user": "من", "assistant": "تو"}[side]
        have = "دارد" if told.owner else {"user": "دارم", "assistant": "داری"}[side]
        value = told.value_text(side).replace("\u200cساله", " سال").replace("ساله", " سال").replace("  ", " ")
        return f"{who} {value} {have}"
    return f"{told.noun(side)} {told.value_text(side)} است"


def _verb_ask(told: Attribute) -> list[tuple[str, str]]:
    """Questions with other verbs and synonyms than «… چیست»: (formal, spoken)."""
    mine, spoken = (
        told.owner_text("user") if told.owner else "من",
        told.owner_text("user", True) if told.owner else "من",
    )
    third = told.third()
    if told.kind == "age":
        return [
            (
                f"{mine} چند سال {'دارد' if third else 'دارم'}",
                f"{spoken} چند {'سالشه' if third else 'سالمه'}",
            ),
            (f"سن {mine} چقدر است", f"{spoken} چند {'ساله‌ست' if third else 'ساله‌م'}"),
            (f"{mine} چند ساله {'است' if third else 'هستم'}", f"سن {spoken} چنده" if third else "سنم چنده"),
        ]
    if told.label == "اسم":
        return [
            (f"نام {mine} چیست", f"اسم {spoken} چیه" if third else "اسمم چیه"),
            (
                f"{mine} چه نامی {'دارد' if third else 'دارم'}",
                f"{spoken} رو چی صدا می‌کنم" if third else "منو چی صدا می‌کنن",
            ),
            (
                f"{mine} را به چه اسمی صدا می‌کنم" if third else "مرا به چه اسمی صدا می‌کنند",
                f"{spoken} چه اسمی {'داره' if third else 'دارم'}",
            ),
        ]
    if told.favourite:
        noun = endings.indefinite(told.favourite)
        like = "دوست دارد" if third else "دوست دارم"
        say = "دوست داره" if third else "دوست دارم"
        return [
            (f"{mine} چه {noun} را بیشتر از همه {like}", f"{spoken} کدوم {told.favourite} رو بیشتر {say}"),
            (f"{told.favourite} محبوب {mine} چیست", f"{spoken} چه {noun} {say}"),
            (
                f"{mine} عاشق چه {noun} {'است' if third else 'هستم'}",
                f"{spoken} از چه {noun} {'خوشش' if third else 'خوشم'} میاد".replace("من از", "از"),
            ),
        ]
    if told.label in ("تولد", "روز تولد", "تاریخ تولد"):
        born = ("به دنیا آمده است", "به دنیا اومده") if third else ("به دنیا آمده‌ام", "به دنیا اومدم")
        return [
            (f"{mine} چه روزی {born[0]}", f"{spoken} کی {born[1]}"),
            (f"روز تولد {mine} چه وقت است", f"تولد {spoken} چه روزیه" if third else "تولدم چه روزیه"),
        ]
    if told.label == "رنگ" and third:
        return [(f"{mine} چه رنگی است", f"{spoken} چه رنگیه"), (f"{mine} چه رنگی دارد", f"رنگ {spoken} چیه")]
    return []


def _words_for(told: Attribute) -> tuple[str, str]:
    """What asks for the value: (formal with its copula, spoken)."""
    head = stem_of(told.attribute[0]) if told.attribute else ""
    if told.kind == "age":
        return "چقدر است", "چقدره"
    if told.kind in _TIMES and head not in ("اسم", "نام", "فامیلی"):
        return (
            ("ساعت چند است", "ساعت چنده")
            if told.kind == "hour"
            else ("چه روزی است", "کیه")
            if told.kind != "year"
            else ("چه سالی است", "چه سالیه")
        )
    if head in _PLACES:
        return "کجاست", "کجاست"
    if head in _NUMBERS or told.kind == "count":
        return "چند است", "چنده"
    if said(told.words[:1]) in lexicon.NAMES and head not in ("اسم", "نام"):
        return "کیست", "کیه"
    return "چیست", "چیه"


def questions(told: Attribute) -> list[tuple[str, str]]:
    """(question without its mark, kind) pairs to train on."""
    ask, spoken_ask = _words_for(told)
    noun, spoken = told.noun("user"), told.noun("user", True)
    found = [
        (f"{noun} {ask}", "direct"),
        (f"{spoken} {spoken_ask}", "colloquial"),
        (f"{told.topic()} {spoken_ask}", "colloquial"),
        (f"می‌دانی {noun} {ask}", "direct"),
        (f"{spoken} چی بود" if spoken_ask == "چیه" else f"یادته {spoken} {spoken_ask}", "colloquial"),
    ]
    for formal, said_so in _verb_ask(told):
        found += [(formal, "direct"), (said_so, "colloquial")]
    found.append((f"به تو گفته بودم {noun} {ask}", "direct"))
    if ask == "چند است":
        found.append((f"{noun} چیست", "direct"))
    if ask.startswith("چه روزی"):
        found += [(f"{noun} چه تاریخی است", "direct"), (f"{noun} چه وقت است", "direct")]
        found.append((f"{spoken} چندمه" if told.kind == "date" else f"{spoken} چه روزیه", "colloquial"))
    return found


def reversed_questions(told: Attribute) -> list[tuple[str, str]]:
    """(question, answer) from the value back to whose it is."""
    value, answer = told.value, f"{told.value_text('assistant')} {told.noun('assistant')} است"
    if told.kind == "age":
        return [(f"چه کسی {value} دارد", statement(told))] if told.owner else []
    if told.label == "اسم":
        if not told.owner:
            return [(f"{value} کیست", answer), (f"{value} اسم کیه", answer)]
        found = [(f"{value} کیست", answer), (f"{value} کیه", answer)]
        if stem_of(told.owner[0]) in lexicon.KIN:
            kin = f"{value} {told.owner_text('assistant')} است"
            return [(f"{value} چه نسبتی با من دارد", kin), (f"{value} کیه", kin), (f"{value} کیست", answer)]
        return [*found, (f"{value} اسم چه کسی است", answer)]
    return [
        (f"{value} برای من چیست", answer),
        (f"درباره‌ی {value} چه گفتم", answer),
    ]


def probes(told: Attribute) -> list[tuple[str, str]]:
    """Questions in wordings that are never trained."""
    spoken_ask = _words_for(told)[1]
    noun, spoken = told.noun("user"), told.noun("user", True)
    if told.kind == "age":
        who = told.owner_text("user") if told.owner else "من"
        said_who = told.owner_text("user", True) if told.owner else "من"
        return [
            (f"چند سال از عمر {who} گذشته است", "direct"),
            (f"اگه یکی بپرسه {said_who} چند {'سالشه' if told.owner else 'سالمه'} چی بگم", "colloquial"),
        ]
    return [
        (f"اگر کسی {noun} را از من بپرسد چه بگویم", "direct"),
        (
            f"{spoken_ask} {spoken}" if spoken_ask != "چیه" else f"یه فرمه، جلوی {spoken} چی بنویسم",
            "colloquial",
        ),
    ]
