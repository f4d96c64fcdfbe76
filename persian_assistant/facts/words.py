"""Text to words: broken half spaces mended, object and possessive endings told from the stem.

A `Word` keeps its stem and its owner apart, so that the same phrase can be said by either speaker.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from persian_assistant.facts import endings, lexicon
from persian_assistant.facts.compounds import PREPOSITIONS
from persian_assistant.facts.verbs import readings
from persian_assistant.text import ZWNJ, normalise, one_line

OWNERS = ("", "my", "your", "his", "our", "your_all", "their")
_TOKEN = re.compile(
    r"[\w.+-]+@[\w.-]*\w|[A-Za-z]\w*(?:[._-][A-Za-z0-9_]+)+|[0-9۰-۹]+(?:[.:/٫][0-9۰-۹]+)*|[^\W_]+(?:[\u200c'\-/_ًٌٍَُِّْٔ]+[^\W_]+)*[ًٌٍَُِّْٔ]*|[،,.!؟?؛:;()«»\"…\n]"
)
_LONG = {"مان": 4, "مون": 4, "تان": 5, "تون": 5, "شان": 6, "شون": 6}
_DAYS = {"یک": "یک", "دو": "دو", "سه": f"سه{ZWNJ}", "چهار": "چهار", "چار": "چهار", "پنج": "پنج"}
_SHORT = {"م": 1, "ت": 2, "ش": 3}
_ORDINAL = re.compile(
    r"^(?:(?:بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود|صد)‌?و‌?)?(?:[0-9۰-۹]+‌?(?:م|ام)|(?:بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود|صد)م|سی‌ام|یکم|دوم|سوم|چهارم|پنجم|ششم|شیشم|هفتم|هشتم"
    r"|نهم|دهم|یازدهم|دوازدهم|سیزدهم|چهاردهم|پانزدهم|پونزدهم|شانزدهم|شونزدهم|هفدهم|هجدهم|نوزدهم|اول|آخر)$"
)


_WHOLE_N = frozenset(("کارتون", "کانتون", "پایتون", "زیتون", "گلستان", "قهرمان"))
"""Words that only look as if they ended in «ـتون» or «ـمان» of an owner."""
_FIRST_PARTS = frozenset(
    ("بادوم", "دندون", "نون", "خونه", "میدون", "قلیون", "بادمجون", "تخمه", "زبون")
) & set(lexicon.SPOKEN)
_ASIDES = re.compile(
    r"(?:^|(?<=\s))(?:بیشتر از همه|از این به بعد|از این پس|از (?:حالا|امروز|الان) به بعد|تا حالا|تا الان)"
    r"(?=\s|$)"
)


_CHILDHOOD = re.compile(r"(?:بچه|کوچک|کوچیک|نوجوان|نوجوون) که بود(?:م|یم)")


@dataclass(frozen=True)
class Word:
    """One word: `stem` and the person (1–6, 0 none) whose it is; `ra` where an object's را follows."""

    stem: str
    owner: int = 0
    ra: bool = False
    pause: bool = False

    def said(self, turn: dict[int, int] | None = None, spoken: bool = False) -> str:
        """The word with its ending; `turn` maps the owner's person to another."""
        owner = (turn or {}).get(self.owner, self.owner)
        stem = (turn_pronoun(self.stem, turn) if turn else self.stem) if not self.owner else self.stem
        if spoken:
            stem = TO_SPOKEN.get(stem, stem)
        return endings.possessive(stem, OWNERS[owner], spoken) if owner else stem


TO_SPOKEN = {
    "خانه": "خونه",
    "یک": "یه",
    "خیابان": "خیابون",
    "میدان": "میدون",
    "نان": "نون",
    "دندان‌پزشکی": "دندون‌پزشکی",
    "دندان": "دندون",
    "کتابخانه": "کتابخونه",
    "داروخانه": "داروخونه",
    "تابستان": "تابستون",
    "زمستان": "زمستون",
    "تومان": "تومن",
    "مهمانی": "مهمونی",
    "آنجا": "اونجا",
    "آن": "اون",
    "آشپزخانه": "آشپزخونه",
    "ارزان": "ارزون",
    "جوان": "جوون",
    "دیگر": "دیگه",
    "باران": "بارون",
    "زبان": "زبون",
    "حمام": "حموم",
    "آنها": "اونا",
    "کوچک": "کوچیک",
}
_PRONOUNS = {"من": 1, "تو": 2, "ما": 4, "شما": 5, "خودم": 1, "خودت": 2, "خودمان": 4, "خودتان": 5}


def turn_pronoun(word: str, turn: dict[int, int] | None) -> str:
    """«من» said from the other side: «تو»."""
    person = _PRONOUNS.get(word)
    if not turn or person is None or person not in turn:
        return word
    own = word.startswith("خود")
    return {pair: text for text, pair in _PRONOUNS.items() if text.startswith("خود") == own}[turn[person]]


def is_ordinal(word: str) -> bool:
    return bool(_ORDINAL.match(word))


def formal_stem(stem: str) -> str:
    """The written form of a spoken stem."""
    base = stem.removesuffix(f"{ZWNJ}ی")
    if base != stem and base in lexicon.SPOKEN:
        return f"{lexicon.SPOKEN[base]}{ZWNJ}ی"
    first, joint, rest = stem.partition(ZWNJ)
    if joint and first in _FIRST_PARTS:
        return f"{lexicon.SPOKEN[first]}{ZWNJ}{rest}"
    return lexicon.SPOKEN.get(stem, stem)


def _known(stem: str) -> str | None:
    """`stem` as a thing one can own, its silent ه put back and its plural written out; None if unknown."""
    stem = formal_stem(stem)
    if stem in lexicon.POSSESSED:
        return stem
    if formal_stem(stem + "ه") in lexicon.POSSESSED:
        return formal_stem(stem + "ه")
    if stem in lexicon.TRADES:
        return stem
    for plural in (f"{ZWNJ}ها", "ها", "ا"):
        if stem.endswith(plural) and formal_stem(stem[: -len(plural)]) in lexicon.POSSESSED:
            return formal_stem(stem[: -len(plural)]) + f"{ZWNJ}ها"
    return None


@lru_cache(maxsize=1)
def _whole() -> frozenset[str]:
    """Words of the lexicon that have no ending, whatever they end in."""
    named = lexicon.TRADES | lexicon.NAMES | lexicon.PLACES
    return frozenset(lexicon.WHOLE_M | lexicon.WHOLE_S | named | _WHOLE_N)


def split_owner(word: str) -> tuple[str, int, bool]:
    """`word` as (stem, owner's person or 0, whether it is sure)."""
    base, joint, last = word.rpartition(ZWNJ)
    if joint:
        for ending, person in {**_LONG, **_SHORT, "ام": 1, "ات": 2, "اش": 3}.items():
            if last == ending and not is_ordinal(word):
                return _known(base) or formal_stem(base), person, True
        if last in ("هام", "هایم", "های‌م"):
            return base + ZWNJ + "ها", 1, True
        if last in ("هاش", "هایش"):
            return base + ZWNJ + "ها", 3, True
    if word in _whole() or is_ordinal(word) or word in lexicon.POSSESSED:
        return formal_stem(word), 0, True
    for ending, person in _LONG.items():
        base = word[: -len(ending)]
        if word.endswith(ending) and (stem := _known(base)):
            return stem, person, True
        if (
            word.endswith(ending)
            and ending in ("مون", "شون")
            and len(base) > 3
            and word not in lexicon.SPOKEN
        ):
            return base, person, True
    person = _SHORT.get(word[-1:], 0)
    if not person or len(word) < 3:
        return formal_stem(word), 0, True
    for stem in (word[:-1], word[:-2] if word[-2] == "ی" and word[-3:-2] in ("ا", "و") else ""):
        if stem and (known := _known(stem)):
            return known, person, True
    if person == 1 and len(word) > 3 and not word.endswith(("یوم", "یسم", "لوم")):
        return formal_stem(word[:-1]), 1, False
    return formal_stem(word), 0, False


def _object_ending(token: str) -> str | None:
    """What stands before a spoken object ending: «اسمشو» → «اسمش»; None where there is none."""
    for ending in (f"{ZWNJ}رو", f"{ZWNJ}را", f"{ZWNJ}و"):
        if token.endswith(ending) and len(token) > len(ending) + 1:
            return token[: -len(ending)]
    base = token[:-1]
    if not token.endswith("و") or len(base) < 2 or token in lexicon.POSSESSED or readings(token):
        return None
    if base in ("من", "اون", "این", "همه", "اینا", "اونا") or _known(base):
        return base
    stem, owner, sure = split_owner(base)
    return base if owner and sure and stem else None


def _mend(tokens: list[str]) -> list[str]:
    """Half spaces where a blank was typed: «می رم», «خانه ام», «کتاب ها»."""
    out: list[str] = []
    for token in tokens:
        last = out[-1] if out else ""
        joined = last + ZWNJ + token
        if last == "»" and len(out) > 1 and token in ("ه", "ست", "م", "ام", "س"):
            out[-2] += ZWNJ + token
            continue
        if token.startswith("شنبه") and last in _DAYS:
            out[-1] = _DAYS[last] + token
            continue
        if (
            (last in ("می", "نمی", "برمی", "درمی") and readings(joined))
            or (last and last[-1:].isalpha() and token in ("ها", "های", "هایم", "هام", "هایش", "هاش", "هایی"))
            or (
                last.endswith(("ه", "ی"))
                and token in ("ام", "ات", "اش", "ایم", "اند", "ای")
                and last not in ("که", "به")
            )
            or (last[-1:].isdigit() and token in ("ه", "ئه", "عه", "ست", "م", "ام", "س"))
            or (last[-1:].isascii() and last[-1:].isalnum() and token in ("ه", "ئه", "عه", "ست"))
            or (
                last.endswith(("ه", "ی", "ا", "و"))
                and token in ("م", "ت", "ش", "ست", "مون", "شون", "مان", "شان")
                and len(last) > 2
            )
        ):
            out[-1] = joined
        else:
            out.append(token)
    return out


def tokens(text: str) -> list[str]:
    """The words and stops of `text`, spoken objects split off as «را»."""
    out: list[str] = []
    line = one_line(normalise(text))
    line = _CHILDHOOD.sub("بچگی", _ASIDES.sub("", line))
    for token in _mend(_TOKEN.findall(line)):
        if token in ("رو", "رُ") and out and not readings(out[-1]) and out[-1] not in "،.و":
            out.append("رو")
        elif token.endswith("مو") and len(token) > 4 and out and out[-1] in lexicon.POSSESSED:
            out += [token[:-1], "را"]  # «کارت ملیمو»
        elif base := _object_ending(token):
            out += [base, "را"]
        else:
            out.append(token)
    return _titles(_settle_ro(out))


def _titles(found: list[str]) -> list[str]:
    """A title in quotes that grammar would take apart, as one word: «درباره‌ی الی»."""
    out: list[str] = []
    at = 0
    while at < len(found):
        end = found.index("»", at) if found[at] == "«" and "»" in found[at:] else 0
        inside = found[at + 1 : end] if end else []
        if 1 < len(inside) < 6 and any(each in PREPOSITIONS or each in ("و", "که") for each in inside):
            out += ["«", " ".join(inside), "»"]
            at = end + 1
            continue
        out.append(found[at])
        at += 1
    return out


_NEVER_DONE = frozenset(("زیست", "خرید", "مرد", "کار", "شهر"))
"""Nouns that look like verbs, before «رو»."""


def _settle_ro(found: list[str]) -> list[str]:
    """«رو»: the object's را, unless a surface follows it («رو میز»)."""
    for at, token in enumerate(found):
        if token != "رو":
            continue
        after = found[at + 1] if at + 1 < len(found) else ""
        if at and readings(after) and readings(found[at - 1]):  # «سگم که پیر بود رو دادم»
            found[at] = "را"
            continue
        surface = split_owner(after.removesuffix(f"{ZWNJ}ی"))[0] in lexicon.SURFACES if after else False
        before = found[at - 1] if at and found[at - 1] not in _NEVER_DONE else ""
        found[at] = "روی" if surface or not at or before == "را" or readings(before) else "را"
    return found


def plain_colour(token: str) -> str:
    """«کیف آبیه» behind a verb: the blue one."""
    return token[:-1] if token.endswith("یه") and token[:-1] in lexicon.COLOURS else token


def word(token: str) -> Word:
    """`token` as a `Word`, written formally."""
    stem, owner, _ = split_owner(token)
    return Word(stem, owner)


def words(found: list[str]) -> list[Word]:
    """Words of `found`; a «را» becomes a mark of the word before it, a comma a pause after it."""
    out: list[Word] = []
    for token in found:
        if token == "را" and out:
            out[-1] = replace(out[-1], ra=True)
        elif token in "،,:":
            if out:
                out[-1] = replace(out[-1], pause=True)
        elif token == "مرا":
            out.append(Word("من", 0, True))
        elif token[0].isalnum():
            out.append(word(token))
    return out


def said(phrase: Sequence[Word], turn: dict[int, int] | None = None, spoken: bool = False) -> str:
    """The words of a phrase in a row."""
    return " ".join(each.said(turn, spoken) for each in phrase)
