"""A clause taken apart: who, does what, and the phrases around it, each with what would ask for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from persian_assistant.facts import lexicon
from persian_assistant.facts.cities import CITIES
from persian_assistant.facts.clauses import Clause
from persian_assistant.facts.compounds import (
    COMPOUNDS,
    FILLERS,
    FUSED,
    LIGHT,
    PHRASAL,
    PLACE_PREPOSITIONS,
    PREPOSITIONS,
)
from persian_assistant.facts.times import DAYS, PARTS, UNITS, bare, is_number, number_length, time_at
from persian_assistant.facts.words import Word, plain_colour, words
from persian_assistant.facts.wordset import wordset

CLASSIFIERS = wordset("""
    تا نفر عدد دانه جلد جفت دست کیلو متر لیتر گرم میلیون تومان هزار ریال بسته شاخه جور نوع قلم رأس بار
    لیوان فنجان استکان
    """)
_NUMBERED = wordset("""
    پژو سمند شماره پلاک طبقه واحد کلاس ساعت خیابان کوچه مدل سایز نمره گروه سال پایه خط منطقه فاز بلوک اتاق ترم
    منفی نوع
    """)
_HOW_MUCH = wordset("شدید زیاد زیادی خاصی عجیبی بدی کمی شدیدی")
SELF = wordset("من ما خودم خودمان")
_MOTION = wordset("رفتن آمدن برگشتن رسیدن بردن بازگشتن")
_MOTION_PARTS = frozenset(("سفر", "مسافرت", "پرواز", "مهاجرت", "اسباب‌کشی", "نقل مکان"))
_TAKES_OBJECT = wordset("""
    داشتن خوردن خریدن زدن خواندن گرفتن دادن دیدن نوشتن کشیدن فروختن پختن ساختن آوردن نوشیدن
    """)


@dataclass(frozen=True)
class Phrase:
    """One phrase of a clause.

    role: "object" (with را), "thing" (bare), "complement", "pp" or "time"; `kind` says what asks for it:
    "person", "place", "thing", "count" or a kind of time.
    """

    role: str
    words: tuple[Word, ...]
    prep: str = ""
    kind: str = "thing"

    @property
    def key(self) -> str:
        return " ".join(bare(word.stem) for word in self.words if word.stem not in ("یک", "و"))

    @property
    def core(self) -> str:
        """The phrase without «یک» and without the user's own ending: what an answer must hold."""
        kept = list(self.words)
        while (
            len(kept) > 1
            and kept[0].stem == "یک"
            and not is_number(kept[1].stem)
            and kept[1].stem not in CLASSIFIERS
        ):
            kept = kept[1:]
        if len(kept) > 1 and is_number(kept[0].stem):
            kept = [word for word in kept if word.stem != "تا"]
        while len(kept) > 1 and kept[-1].stem in SELF:
            kept = kept[:-1]
        cores = [word.stem if word.owner in (1, 4) else word.said() for word in kept]
        return " ".join([*cores[:-1], bare(cores[-1])])


@dataclass(frozen=True)
class Frame:
    """A clause as its verb and phrases. The subject is the user's «من»/«ما» where `subject` is empty."""

    verb: str
    tense: str
    person: int
    negative: bool = False
    part: str = ""
    mood: str = ""
    subject: tuple[Word, ...] = ()
    phrases: tuple[Phrase, ...] = ()

    @property
    def name(self) -> str:
        """The infinitive with its noun: «کار کردن»."""
        return f"{self.part} {self.verb}".strip()


def dump(frame: Frame) -> str:
    """`frame` as one line of JSON."""
    parts: dict[str, object] = {
        name: getattr(frame, name) for name in ("verb", "tense", "person", "negative", "part", "mood")
    }
    parts["subject"] = dump_words(frame.subject)
    parts["phrases"] = [[p.role, p.prep, p.kind, dump_words(p.words)] for p in frame.phrases]
    return json.dumps(parts, ensure_ascii=False)


def load(text: str) -> Frame:
    """The frame that `dump` wrote."""
    parts = json.loads(text)
    subject = load_words(parts.pop("subject"))
    phrases = tuple(
        Phrase(role, load_words(found), prep, kind) for role, prep, kind, found in parts.pop("phrases")
    )
    return Frame(**parts, subject=subject, phrases=phrases)


def dump_words(found: Sequence[Word]) -> str:
    """Words as «stem/owner» in a row."""
    return " ".join(f"{word.stem.replace(' ', '_')}/{word.owner}" for word in found)


def load_words(text: str) -> tuple[Word, ...]:
    """The words that `dump_words` wrote."""
    pairs = (item.rpartition("/") for item in text.split())
    return tuple(Word(stem.replace("_", " "), int(owner)) for stem, _, owner in pairs)


def noun_end(found: Sequence[Word], at: int) -> int:
    """Where the noun phrase that starts at `at` ends (one past its last word)."""
    spoken = [word.said() for word in found]
    end = at
    if number := number_length(spoken, at):
        end = at + number
        while end < len(found) and found[end].stem in CLASSIFIERS:
            end += 1
    if end == at or (end < len(found) and not opens(spoken, end)):
        end += 1
    while end < len(found) and not _ends(found, spoken, at, end):
        if found[end].stem == "و":
            if end + 1 >= len(found) or opens(spoken, end + 1):
                break
            end += 1
        end += 1
    return min(end, len(found))


def _ends(found: Sequence[Word], spoken: Sequence[str], at: int, end: int) -> bool:
    """Whether the noun phrase from `at` is over before the word at `end`."""
    last, this = found[end - 1], found[end]
    titled = end - at == 1 and last.owner in (1, 4) and this.stem in _TITLES and stem_in(last, lexicon.KIN)
    if titled or (end - at > 2 and found[at].owner in (1, 4) and found[at + 1].stem in _TITLES):
        return not titled  # «استادم دکتر مرادی | فیزیک درس می‌ده»
    named = this.stem in lexicon.NAMES and (stem_in(last, lexicon.KIN) or last.stem in lexicon.NAMES)
    if last.ra or (last.pause and not named):
        return True
    if this.stem == "و":
        return False
    if last.owner and not named:
        return True
    if last.stem in SELF or last.stem == "او":
        return True
    told_of = end - at == 1 or (end - at == 2 and found[at].owner == 1 and stem_in(found[at], lexicon.KIN))
    if last.stem in lexicon.NAMES and told_of and not named and not this.ra:
        return True
    return opens(spoken, end) and not (is_number(spoken[end]) and bare(last.stem) in _NUMBERED)


def stem_in(word: Word, group: frozenset[str]) -> bool:
    return bare(word.stem) in group


def opens(spoken: Sequence[str], at: int) -> bool:
    """Whether a new phrase starts at `at`."""
    token = spoken[at]
    if (
        token in PREPOSITIONS
        and at + 1 < len(spoken)
        and token not in ("سر", "دم", "پشت", "زیر", "ته", "لب", "میان")
    ):
        return True
    if (token in FUSED and FUSED[token][1]) or is_number(token):
        return True
    return time_at(spoken, at)[0] > 0 and token not in lexicon.NAMES


def _kind(found: Sequence[Word], prep: str, motion: bool) -> str:
    head, last = bare(found[0].stem), found[-1]
    plain = head.removesuffix("\u200cها").removesuffix("ها")
    common = head in lexicon.COMMON_NAMES and prep not in ("با", "به", "برای", "")
    if (
        plain in lexicon.KIN
        or (head in lexicon.NAMES and not common)
        or (
            last.stem in lexicon.NAMES - lexicon.COMMON_NAMES
            and len(found) < 3
            and prep not in PLACE_PREPOSITIONS
        )
    ) and not (motion and prep in ("", "به") and not found[-1].owner and head in lexicon.PLACES):
        return "person"
    if head in ("او", "آنها", "یکی", "بچه‌ها", "دوستان", "من"):
        return "person"
    if prep in PLACE_PREPOSITIONS and prep != "پیش":
        return "place"
    if prep in ("به", "", "از") and (motion or head in lexicon.PLACES):
        return "place"
    if prep in ("", "به") and is_number(head):
        return "count"
    return "person" if head in lexicon.TRADES and prep in ("با", "به", "از", "پیش") else "thing"


def _plain(found: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(replace(word, ra=False, pause=False) for word in found)


def chunk(found: Sequence[Word], motion: bool = False) -> list[Phrase]:
    """The phrases of a run of words."""
    out: list[Phrase] = []
    spoken = [word.said() for word in found]
    at = 0
    while at < len(found):
        length, kind = time_at(spoken, at)
        named = found[at].stem in lexicon.NAMES and kind in ("month", "season")
        named = named and not (at + 1 < len(found) and found[at + 1].stem in ("به", "می‌خواهم", "قرار"))
        if length and not (found[at].owner or found[at + length - 1].ra or named):
            before = out[-1] if out else None
            if (
                before
                and before.role == "time"
                and not before.prep
                and kind in ("when", "year", "part")
                and before.kind != "hour"
            ):
                out[-1] = Phrase(
                    "time",
                    before.words + _plain(found[at : at + length]),
                    "",
                    "when" if kind != "part" else before.kind,
                )
            else:
                out.append(Phrase("time", _plain(found[at : at + length]), "", kind))
            at += length
            continue
        fused = FUSED.get(spoken[at], ("", 0))
        if fused[1]:
            out.append(Phrase("pp", (Word("من" if fused[1] == 1 else "او"),), fused[0], "person"))
            at += 1
            continue
        prep = PREPOSITIONS.get(spoken[at], "")
        if prep and at + 1 < len(found) and not (found[at].ra or found[at].owner):
            phrase, at = _prepositional(found, spoken, at, prep, motion)
            out.append(phrase)
            continue
        end = noun_end(found, at)
        role = "object" if found[end - 1].ra else "thing"
        out.append(Phrase(role, _plain(found[at:end]), "", _kind(found[at:end], "", False)))
        at = end
    return out


_TITLES = wordset("آقای خانم دکتر مهندس استاد حاج")
_SIDES = wordset("و شمال جنوب شرق غرب مرکز مرکزی بزرگ قدیم")


def _apart(place: Word, after: Word) -> bool:
    """Whether what follows the name of a place opens a phrase of its own: a thing, a shop, a trade."""
    if stem_in(after, lexicon.THINGS) or stem_in(after, lexicon.TRADES):
        return True
    made = after.stem.removesuffix("ی")
    trade = made in lexicon.TRADES or made.removesuffix("ی") in lexicon.TRADES
    return place.stem in CITIES and (trade or made.endswith(("فروش", "ساز", "دار")))


def _prepositional(
    found: Sequence[Word], spoken: Sequence[str], at: int, prep: str, motion: bool
) -> tuple[Phrase, int]:
    """The phrase that the preposition at `at` opens, and where the next one starts."""
    start = at + 1
    after = start + 1 < len(found)
    if prep in ("بعد", "قبل") and spoken[start] == "از" and after:
        prep, start = f"{prep} از", start + 1
    elif after and (spoken[at], spoken[start]) in (
        ("همراه", "با"),
        ("به", "همراه"),
        ("نزدیک", "به"),
        ("از", "روی"),
    ):
        prep, start = ("با" if "همراه" in spoken[at : start + 1] else prep), start + 1
    length, kind = time_at(spoken, start)
    if length and found[start].stem not in lexicon.NAMES:
        end = start + length
        if prep == "از" and end + 1 < len(found) and spoken[end] == "تا":
            end += 1 + (time_at(spoken, end + 1)[0] or number_length(spoken, end + 1) or 1)
        return Phrase("time", _plain(found[start:end]), prep, kind), end
    end = noun_end(found, start)
    if (number := number_length(spoken, start)) and prep in ("از", "تا"):
        end = start + number
        end += end < len(found) and bare(spoken[end]) in PARTS
        if end + 1 < len(found) and spoken[end] == "تا":
            end += 1 + (number_length(spoken, end + 1) or 1)
            end += end < len(found) and bare(spoken[end]) in PARTS
        return Phrase("time", _plain(found[start:end]), prep, "hour"), end
    if prep.endswith(" از") and not any(w.owner for w in found[start:end]):
        end = min(end, start + 1)
    if prep == "برای" and found[start].stem in ("صبحانه", "ناهار", "شام", "افطار"):
        end = start + 1
    named = found[start].stem in lexicon.PLACES and not found[start].owner
    town = next((at for at in range(start + 1, end - 1) if found[at].stem in CITIES), 0)
    if prep == "در" and town and found[town + 1].stem not in _SIDES and found[town - 1].stem != "و":
        end = town + 1  # «تو دانشگاه تهران مکانیک می‌خونه»
    if prep == "در" and named and end > start + 1 and _apart(found[start], found[start + 1]):
        end = start + 1  # «تو کرج مغازه داره»
    taken = _plain(found[start:end])
    if prep.endswith(" از"):
        return Phrase("time", taken, prep, "when"), end
    return Phrase("pp", taken, prep, _kind(taken, prep, motion)), end


def light_part(found: list[Word], verb: str) -> tuple[list[Word], str, int]:
    """(the words without the verb's noun, that noun, its owner): «کار» of «کار کردن»."""
    if len(found) >= 2 and (found[-2].stem, found[-1].stem, verb) in PHRASAL and not found[-1].owner:
        return found[:-2], f"{found[-2].stem} {found[-1].stem}", 0
    if not found or verb not in LIGHT:
        return found, "", 0
    if verb == "آمدن" and (mine := next((w for w in found if w.stem in ("بدم", "خوشم")), None)):
        return [word for word in found if word is not mine], mine.stem[:-1], 1
    for at, word in enumerate(found):  # «خوشم از قهوه میاد»
        if verb == "آمدن" and word.stem in ("خوش", "بد") and word.owner:
            return found[:at] + found[at + 1 :], word.stem, word.owner
    if len(found) > 1 and found[-1].stem in _HOW_MUCH and found[-2].stem in COMPOUNDS[verb]:
        found = found[:-1]
    last = found[-1]
    if last.ra:
        return found, "", 0
    if last.stem == "مکان" and len(found) > 1 and found[-2].stem == "نقل":
        return found[:-2], "نقل مکان", 0
    if last.stem in COMPOUNDS[verb] and (not last.owner or last.stem == "یاد"):
        return found[:-1], last.stem, last.owner
    bare_noun = not last.owner and not is_number(last.stem) and last.stem not in lexicon.COLOURS
    if verb == "کردن" and bare_noun:
        return found[:-1], last.stem, 0
    return found, "", 0


def content(tokens: Sequence[str]) -> list[Word]:
    """The words of a clause without fillers; «دیگه» stays where it dates («هفته‌ی دیگه»)."""
    units = UNITS | DAYS
    counted = UNITS | CLASSIFIERS | {"ساله", "سالم", "سالش"}
    kept = [
        token
        for at, token in enumerate(tokens)
        if token not in FILLERS
        or (token == "قرار" and at and at == len(tokens) - 1)
        or (token in ("دیگه", "دیگر") and at and bare(tokens[at - 1]) in units)
        or (
            token == "نه"
            and (set(tokens[max(at - 1, 0) : at]) & {"و", "ساعت"} or set(tokens[at + 1 : at + 2]) & counted)
        )
    ]
    loose = ("دیگر", "نه", "قرار")
    return [word for word in words(kept) if word.owner or word.stem in loose or word.stem not in FILLERS]


def frame_of(clause: Clause) -> Frame:
    """`clause` taken apart."""
    form = clause.form
    found = list(content(clause.tokens))
    found, part, owner = light_part(found, form.verb)
    motion = (form.verb in _MOTION and not part) or part in _MOTION_PARTS
    phrases = chunk(found, motion)
    phrases += chunk(content([plain_colour(token) for token in clause.after]), motion)
    person = owner or form.person
    rest: list[Phrase] = []
    for phrase in phrases:
        if (
            phrase.role == "thing"
            and phrase.words[0].stem in SELF
            and (len(phrase.words) == 1 or phrase.words[1].stem == "و")
        ):
            if len(phrase.words) > 2 and person in (1, 4):
                rest.append(Phrase("pp", phrase.words[2:], "با", "person"))
            continue
        rest.append(phrase)
    subject: tuple[Word, ...] = ()
    if person in (3, 6):
        at = next((i for i, p in enumerate(rest) if p.role == "thing"), None)
        if at is not None and _is_subject(rest, at, form.verb):
            subject = rest.pop(at).words
    if motion:
        rest = [replace(p, kind="place") if p.role == "thing" and not p.words[-1].owner else p for p in rest]
    return Frame(form.verb, form.tense, person, form.negative, part, clause.mood, subject, tuple(rest))


def _is_subject(phrases: list[Phrase], at: int, verb: str) -> bool:
    phrase = phrases[at]
    if sum(p.role == "thing" for p in phrases) > 1 or phrase.words[-1].owner or phrase.kind == "person":
        return True
    return verb not in _TAKES_OBJECT
