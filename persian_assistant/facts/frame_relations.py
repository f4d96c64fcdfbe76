"""Which hand-written frame asks for a relation: told by the key, the owner and the kind of value of a fact.

Only relations that one frame means exactly; everything else is left to the likeness of statements.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from persian_assistant.facts import lexicon
from persian_assistant.facts.clause_frames import Frame as Clause
from persian_assistant.facts.clause_frames import Phrase, load
from persian_assistant.facts.pursuits import given_up
from persian_assistant.facts.realise import INSTRUMENTS
from persian_assistant.facts.subjects import stem_of
from persian_assistant.facts.times import MONTHS, is_number
from persian_assistant.facts.wordset import wordset
from persian_assistant.records import Fact

_NAMES = {
    "همسر": "spouse_name", "شوهر": "spouse_name", "زن": "spouse_name", "مادر": "mother_name",
    "مامان": "mother_name", "پدر": "father_name", "بابا": "father_name", "خواهر": "sister_name",
    "آبجی": "sister_name", "برادر": "brother_name", "داداش": "brother_name", "دختر": "daughter_name",
    "خانم": "spouse_name", "خانوم": "spouse_name", "پسر": "son_name", "همکار": "colleague_name",
    "هم‌اتاقی": "roommate_name", "هم‌خانه": "roommate_name",
}  # fmt: skip
"""A name's frame without a slot for whose it is."""
_WOMEN = wordset("عمه خاله مادربزرگ دخترعمو دخترخاله دختردایی دخترعمه مامان‌بزرگ مادرزن مادرشوهر عروس")
_MEN = wordset("عمو دایی پدربزرگ پسرعمو پسرخاله پسردایی پسرعمه بابابزرگ پدرزن پدرشوهر داماد باجناق")
_OWN = {
    "اسم": "people.own_name", "فامیلی": "people.own_surname", "شغل": "life.job",
    "تولد": "people.own_birthday",
    "محل تولد": "people.own_birth_city", "گروه خونی": "life.blood", "تیم مورد علاقه": "life.fav_team",
    "رنگ مورد علاقه": "life.fav_color", "غذا مورد علاقه": "life.fav_food", "سایز پا": "life.shoe_size",
    "رشته": "life.study_field", "طرفدار": "life.fav_team",
}  # fmt: skip
_THEIRS = {
    "شغل": "people.person_job", "تولد": "people.person_birthday", "حساسیت داشتن": "people.person_allergy",
    "ترسیدن": "people.person_fear", "کار کردن": "people.person_workplace", "زندگی کردن": "people.person_city",
    "طرفدار": "people.person_team",
}  # fmt: skip
_TASTES = (
    "fav_food",
    "fav_drink",
    "fav_fruit",
    "fav_sweet",
    "fav_season",
    "fav_animal",
    "fav_flower",
    "fav_sport",
)
_MONTHLY = wordset("ماهی ماهانه ماهیانه")
_LIVING = ("در", "ساکن", "مقیم")
_MADE = {"ماشین": "life.car_model", "گوشی": "life.phone", "موبایل": "life.phone", "لپ‌تاپ": "life.laptop"}
"""What kind a thing is, by the thing."""
_PUT = wordset("کلید پاسپورت عینک شارژر کیف ساعت گذرنامه شناسنامه دفترچه چتر")
_CITY = ("people.home_city", "people.person_city", "people.own_birth_city")


@dataclass(frozen=True)
class Fitting:
    """A frame by its id, what its slots hold, and the value as the frame says it."""

    frame: str
    value: str
    slots: dict[str, str] = field(default_factory=dict)


def fittings(fact: Fact) -> list[Fitting]:
    """Frames that mean the relation of `fact`, the likeliest first; [] where none is known."""
    if fact.kind != "stated":
        return []
    relation, _, owner = fact.key.partition("|")
    owner, _, _rest = owner.partition("|")
    if fact.details.get("rule") == "attribute":
        return _of_attribute(relation, owner, fact.value)
    clause, focus = load(fact.details["frame"]), int(fact.details["focus"])
    if focus < 0 or clause.negative:
        return []
    return _of_clause(relation, owner, clause, clause.phrases[focus], fact)


def _of_attribute(relation: str, owner: str, value: str) -> list[Fitting]:
    words = value.split()
    if relation == "سن":
        plain = value.removesuffix(" سال")
        if plain == value:
            return []
        if owner == "کاربر":
            return [Fitting("people.own_age", plain)]
        whose = "people.pet_age" if owner in lexicon.ANIMALS else "people.person_age"
        slot = "kind" if owner in lexicon.ANIMALS else "person"
        return [Fitting(whose, plain, {slot: owner})] if _single(owner) else []
    if owner == "کاربر":
        if relation in ("قد", "وزن") and is_number(words[0]) and "متر" not in words[1:-1]:
            number = " ".join(w for w in words if is_number(w) or w == "و")
            return [Fitting("people.own_height" if relation == "قد" else "life.weight", number)]
        if relation == "حقوق" and value.split()[0] in _MONTHLY:
            return [Fitting("days.salary", value.partition(" ")[2])]
        if relation == "حقوق":  # nobody said it is a month's
            return []
        return [Fitting(_OWN[relation], value)] if relation in _OWN else []
    if relation == "اسم" and owner == "مغازه":
        return [Fitting("life.own_shop", value)]
    if relation == "اسم" and owner in ("بهترین دوست", "بهترین رفیق"):
        return [Fitting("people.best_friend_name", value)]
    if relation == "اسم" and owner == "رئیس":
        return [Fitting("life.boss", value)]
    if relation == "اسم" and owner in _NAMES:
        return [Fitting(f"people.{_NAMES[owner]}", value)]
    if relation == "اسم" and owner in _WOMEN | _MEN:
        which = "woman" if owner in _WOMEN else "man"
        return [Fitting(f"people.{which}_relative_name", value, {"person": owner})]
    if relation == "اسم" and owner in lexicon.ANIMALS:
        return [Fitting("people.pet_name", value, {"kind": owner})]
    if relation == "رنگ" and owner in lexicon.THINGS | lexicon.VEHICLES:
        return [Fitting("people.thing_colour", value, {"kind": owner})]
    if relation == "تولد" and _single(owner):
        return [Fitting("people.person_birthday", value, {"person": owner})]
    if relation == "پلاک" and owner == "خانه":
        return [Fitting("people.home_plate", value)]
    if relation == "سایز" and owner in ("پا", "کفش"):
        return [Fitting("life.shoe_size", value)]
    if relation == "رمز" and owner.split()[:1] in (["وای‌فای"], ["مودم"], ["تلویزیون"]):
        return [Fitting("people.wifi", value, {"kind": owner.split()[0]})]
    return []


def _single(owner: str) -> bool:
    return owner in lexicon.KIN | lexicon.ANIMALS


def _of_clause(relation: str, owner: str, clause: Clause, asked: Phrase, fact: Fact) -> list[Fitting]:
    value = fact.value
    if clause.verb == "بودن" and clause.tense == "perfect":  # «قبلاً آشپز بوده»
        return []
    if clause.tense in ("present", "perfect") and (found := _living(relation, owner, clause, asked, value)):
        return found
    if relation == "چیستی" and owner == "رئیس" and value.startswith(("آقای ", "خانم ")):
        return [Fitting("life.boss", value)]
    if relation == "جا" and owner == "خانه" and value.startswith("خیابان "):
        return [Fitting("people.home_street", value.removeprefix("خیابان "))]
    if relation == "جا" and owner in _PUT and asked.kind == "place" and clause.verb == "بودن":
        place = f"{asked.prep} {value}".strip()
        return [Fitting("people.thing_place", place, {"kind": owner})]
    if relation == "چیستی" and owner in _MADE and asked.role == "complement" and asked.kind == "thing":
        return [Fitting(_MADE[owner], value)]
    if relation in ("چیستی", "پایه") and asked.words[0].stem == "کلاس" and clause.verb == "بودن":
        return _grade(owner, value)
    if owner != "کاربر":
        return []
    if given_up(clause):
        return []
    if relation == "یاد گرفتن" or (relation == "رفتن" and asked.words[0].stem == "کلاس" and "زبان" in value):
        return [Fitting("people.learning_language", value.split()[-1])]
    if relation in ("متولد", "به دنیا آمدن"):
        kind = {"place": "own_birth_city", "year": "own_birth_year", "date": "own_birthday"}.get(asked.kind)
        if asked.kind == "month" or MONTHS & set(value.split()):
            kind = "own_birthday"
        return [Fitting(f"people.{kind}", value.removeprefix("سال "))] if kind else []
    if relation == "have" and asked.kind == "count" and clause.tense == "present" and not clause.mood:
        noun = stem_of(asked.words[-1])
        if noun in ("بچه", "فرزند"):
            return [Fitting("people.children_count", value)]
        if noun in lexicon.ANIMALS:
            return [Fitting("people.pet_count", value, {"kind": noun})]
        return [Fitting("people.siblings_count", value, {"kind": noun})] if noun in ("برادر", "خواهر") else []
    return _habit(relation, clause, asked, value)


def _grade(owner: str, value: str) -> list[Fitting]:
    """«کلاس چهارم»: of the user, of a child."""
    if owner == "کاربر":
        return [Fitting("people.grade", value.removeprefix("کلاس "))]
    return [Fitting("people.kid_grade", value, {"person": owner})] if owner in lexicon.KIN else []


def _living(relation: str, owner: str, clause: Clause, asked: Phrase, value: str) -> list[Fitting]:
    """Where one lives and works, what one is, what one likes."""
    if clause.mood:
        return []
    own = owner == "کاربر"
    whose = {} if own else {"person": owner}
    if not own and not _single(owner):
        return []
    if relation == "شهر کار کردن":
        return [Fitting("days.work_city", value)] if own and asked.kind == "city" else []
    if relation in ("زندگی کردن", "کار کردن") and (
        asked.kind not in ("place", "city") or asked.prep not in _LIVING
    ):
        return []
    if relation == "زندگی کردن":
        town = value in lexicon.PLACES or len(value.split()) == 1
        return [Fitting("people.home_city" if own else "people.person_city", value, whose)] if town else []
    if relation == "کار کردن" and own:
        return [Fitting("life.workplace", value)] if len(clause.phrases) == 1 + _times(clause) else []
    if relation == "زدن" and not own and asked.role == "thing" and value in INSTRUMENTS:
        return [Fitting("people.person_instrument", value, whose)]
    if relation == "شغل" and own and len(value.split()) < 4:
        return [Fitting("life.job", value)]
    if relation == "دوست داشتن" and own and asked.prep != "از" and _liked(clause):
        return [Fitting(f"life.{name}", value) for name in _TASTES]
    if own and clause.part in ("متنفر", "بیزار", "بد", "نفرت", "تنفر"):
        if value.startswith("صدای "):
            return [Fitting("life.hated_sound", value)]
        return [Fitting("life.hated_food", value)]
    if own and asked.prep == "از" and clause.part in ("وحشت", "ترس"):
        return [Fitting("life.fear", value)]
    if relation == "نشستن" and "طبقه" in value:
        return [Fitting("life.home_floor", value.split()[-1])]
    table = _OWN if own else _THEIRS
    return (
        [Fitting(table[relation], value, whose)]
        if relation in table and not asked.prep.startswith("با")
        else []
    )


def _times(clause: Clause) -> int:
    return sum(phrase.role == "time" for phrase in clause.phrases)


def _liked(clause: Clause) -> bool:
    return clause.part in ("دوست", "علاقه") or (
        clause.verb == "بودن" and any(p.prep == "عاشق" for p in clause.phrases)
    )


def _habit(relation: str, clause: Clause, asked: Phrase, value: str) -> list[Fitting]:
    if clause.mood or clause.tense != "present":
        return []
    if relation == "زدن" and value in INSTRUMENTS:
        return [Fitting("people.own_instrument", value), Fitting("life.instrument", value)]
    if relation == "بیدار شدن" and asked.kind == "hour":
        return [Fitting("people.wake_time", value)]
    if relation == "خوابیدن" and asked.kind == "hour":
        return [Fitting("life.sleep_time", value.removeprefix("ساعت "))]
    return []


TASTES = frozenset(f"life.{name}" for name in (*_TASTES, "hated_food"))
"""Frames that fit only a value of their own list: what is loved may be anything."""
