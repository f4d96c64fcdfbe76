"""What kind of thing a value is, as far as the frames' lists know it: «سنتور» is an instrument, «قیمه» food.

A question names the kind («چه سازی», «غذای محبوبم»), the telling often only the value. Knows nothing of
facts.
"""

from __future__ import annotations

from functools import lru_cache

from persian_assistant.config import data_dir
from persian_assistant.facts import lexicon
from persian_assistant.facts.frames import Frame, read_frames
from persian_assistant.facts.question_cues import spaced
from persian_assistant.facts.stems import FILLER, stem
from persian_assistant.text import ZWNJ

_KINDS = {
    "غذا": "life.fav_food life.hated_food people.person_food", "نوشیدن": "life.fav_drink",
    "میوه": "life.fav_fruit", "شیرینی": "life.fav_sweet", "گل": "life.fav_flower", "تیم": "life.fav_team",
    "ورزش": "life.fav_sport", "فیلم": "life.fav_film", "خواننده": "life.fav_singer", "کتاب": "life.fav_book",
    "نویسنده": "life.fav_writer", "شاعر": "life.fav_poet", "بازیگر": "life.fav_actor",
    "سریال": "life.fav_series", "زبان": "life.learning_lang people.spoken_language",
    "ماشین": "life.car_model people.own_car", "=illness": "people.person_illness",
    "=instrument": "life.instrument people.own_instrument", "=job": "people.person_job life.job",
    "رشته": "life.study_field people.own_field", "=brand": "life.phone life.laptop",
    "بازی": "life.fav_game", "فصل": "life.fav_season", "=trait": "people.person_trait",
    "=colour": "life.fav_color", "?where": "people.home_city people.person_country",
}  # fmt: skip
_LONGEST = 4
_NO_PLACES = [
    "خارج",
    "سفر",
    "مسافرت",
    "خرید",
    "سربازی",
    "شنا",
    "پیاده\u200cروی",
    "کوهنوردی",
    "ماهیگیری",
    "عروسی",
    "مهمانی",
    "کلاس",
    "زیارت",
    "کنسرت",
    "تئاتر",
]


_ENDINGS = ("", "ه", "ست", "است", "ی", "یه", "م", "ام", "یم", "ئه", "و", "رو")
_WHOLE = frozenset(lexicon.WHOLE_H | lexicon.WHOLE_M)


@lru_cache(maxsize=1)
def all_frames() -> tuple[Frame, ...]:
    """The frames that ship, read once."""
    return tuple(read_frames(data_dir() / "frames"))


@lru_cache(maxsize=1)
def _known() -> dict[tuple[str, ...], frozenset[str]]:
    """Words of a listed value → the kinds it is of."""
    frames = {frame.id: frame for frame in all_frames()}
    found: dict[tuple[str, ...], set[str]] = {}
    for kind, ids in _KINDS.items():
        token = kind if kind[0] in "=?" else stem(kind)
        for one in ids.split():
            for value in frames[one].slots["value"] if one in frames else ():
                found.setdefault(tuple(spaced(value).plain.split()), set()).add(token)
    listed = (
        (lexicon.TRADES, "=job"),
        (lexicon.COLOURS, "=colour"),
        (lexicon.PLACES - frozenset(_NO_PLACES), "?where"),
        (lexicon.NAMES - lexicon.COMMON_NAMES, "=name"),
    )
    for words, token in listed:
        for word in words:
            found.setdefault((word.replace(ZWNJ, ""),), set()).add(token)
    return {words: frozenset(kinds) for words, kinds in found.items() if not FILLER.issuperset(words)}


def kinds_named(text: str) -> frozenset[str]:
    """The kinds («غذا» as its stem, «=job», «?where») of the listed values that `text` holds."""
    words = spaced(text).plain.split()
    known = _known()
    found: set[str] = set()
    for at in range(len(words)):
        for end in range(at + 1, min(at + _LONGEST, len(words)) + 1):
            for last in _bare(words[end - 1]):
                found |= known.get((*words[at : end - 1], last), frozenset())
    return frozenset(found)


def _bare(word: str) -> list[str]:
    """`word` with and without what hangs on it."""
    if word in _WHOLE:
        return [word]
    return [
        word[: len(word) - len(end)] for end in _ENDINGS if word.endswith(end) and len(word) > len(end) + 1
    ]
