"""Whether a later turn says that what an earlier one told is otherwise now: «رنگش کردیم، حالا سبزه».

No rule may have read what it ends; whoever asks for the earlier should hear the later instead. Told by a
small network over the later turn's words and what the two and the question have to do with each other,
trained by benchmarks/change_weights.py on data/changes. Knows nothing of what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import log

from persian_assistant.config import data_dir
from persian_assistant.facts.meaning import word_vectors
from persian_assistant.facts.passages import FLAGS, Passage, Question, words_met
from persian_assistant.facts.text_net import TextNet
from persian_assistant.facts.times import DAYS, MONTHS, is_number
from persian_assistant.facts.verbs import VERBS
from persian_assistant.text import normalise

LEAST_CHANCE = 1e-4
CHANGED, MARKED, PLAIN = 3.0, 2.5, 10.0
"""Log odds from which on a later turn ends an earlier one; how many are added where it has words of change
and shares a rare word with it; what they are where it plainly says so."""
PLAINLY = 8.0
"""Log odds from which on a later turn ends what the rules keep up to date, for they read most of what does;
and from which on what it ends is not told beside it."""
AS_SURE = 2.0
"""Of the turns that end one the last is told, but none whose odds are so much less than another's."""
TOPIC = 5.5
"""How rare such a word is (WordVectors.weight)."""
MET = 0.8
"""How far each word of the question must be met by a turn with words of change that surely ends another."""
_MET, _WORDS, _SHARED, _ANOTHERS, _MARK = 3, 7, 8, 15, 18
"""Places among the numbers: the word met least, words shared, the rarest, another's, words of change."""
_DATE = "|".join(sorted((word.replace("\u200c", " ?") for word in DAYS | MONTHS), key=len, reverse=True))
_CHANGED = re.compile(
    r"\b(?:دیگه|دیگر)\b(?:(?!\b(?:یه|یک|هم)\b).){0,25}\b(?:نیست\w*|نمی ?\w+|ندار\w+|نه)\b"
    r"|\b(?:ول|عوض|منتقل|لغو|کنسل)\w*(?: ?(?:ش|شو|شون))? ?(?:کرد|شد)|\bکنار گذاشت|\bگذاشت\w* کنار"
    r"|\bبه ?جای (?:آن|اون|این|همون)\b|\bجاش یه|\bجایش|\bدر عوض\b"
    r"|\bاز (?:این|همین) (?:هفته|ماه|ترم|سال|پس|به بعد)\b|\bاز (?:امروز|فردا|الان|حالا) (?:به بعد|دیگ)"
    r"|\bبه پایان رسید\w* و\b|\bنقل ?مکان|\bاسباب ?کشی|\bاستعفا|\bتغییر (?:کرد|داد)|\bمنصرف|\bپشیمون شد"
    r"|\b(?:عقب|جلو) ?(?:افتاد|انداخت)|\b(?:زیاد|کم|اضافه) (?:شد|کرد)"
    r"|\b(?:افتاد|موند|ماند|موکول شد|انداخت\w*)(?: (?:برای|واسه|به|تا|تو))?"
    rf" (?:{_DATE}|\d|هفته|ماه|فردا|پس ?فردا)"
    rf"|\b(?:{_DATE}) (?:افتاد|موند)\b"
)


def change_numbers(
    question: Question, earlier: Passage, later: Passage, chance: float, chance_without: float
) -> list[float]:
    """What the network is given besides the later turn's words.

    `chance`: how likely (0..1) the earlier turn answers `question`; `chance_without`: how likely the later
    one does where the earlier was not said.
    """
    vectors = word_vectors()
    here, there = set(earlier.stems), set(later.stems)
    shared = {one for one in here & there if one.isdigit() or not (one in VERBS or is_number(one))}
    met, met_before = words_met(question, later), words_met(question, earlier)
    both = [min(one, other) for one, other in zip(earlier.marks[:FLAGS], later.marks[:FLAGS], strict=True)]
    owners, others = earlier.told.owners, later.told.owners
    return [
        log(max(chance, LEAST_CHANCE)),
        log(max(chance_without, LEAST_CHANCE)),
        _mean(met),
        min(met, default=0.0),
        _mean(met_before),
        vectors.covered(sorted(there), here),
        vectors.covered(sorted(here), there),
        float(len(shared)),
        max((vectors.weight(one) for one in shared), default=0.0),
        float(earlier.direction @ later.direction),
        float(question.direction @ later.direction),
        float(question.direction @ earlier.direction),
        float(len(earlier.told.concepts & later.told.concepts)),
        float(owners == others),
        float(not others),
        float(bool(others - owners)),
        float(len(there)),
        float(len(here)),
        float(bool(_CHANGED.search(normalise(later.text).replace("\u200c", " ")))),
        *both,
        *later.marks[:FLAGS],
    ]


def ending(numbers: Sequence[Sequence[float]], odds: Sequence[float], least: float = CHANGED) -> int | None:
    """Which of the later turns, oldest first, takes the earlier one's place; None for none of them.

    By their numbers and the network's log odds, of which `least` are needed.
    """
    sure = [_sureness(own, one) for own, one in zip(numbers, odds, strict=True)]
    bar = max(least, max(sure, default=least) - AS_SURE)
    return max((at for at, one in enumerate(sure) if one >= bar), default=None)


def speaks_of_it(numbers: Sequence[float]) -> bool:
    """Whether a later turn names a rare word of the earlier one."""
    return numbers[_SHARED] >= TOPIC


def _sureness(numbers: Sequence[float], odds: float) -> float:
    """Log odds that a later turn takes an earlier one's place, by what the words say besides."""
    if numbers[_MARK] and numbers[_MET] >= MET and numbers[_WORDS] and not numbers[_ANOTHERS]:
        return max(odds, PLAIN)  # «ماشینمو عوض کردم، الان دنا دارم»
    return odds + (MARKED if numbers[_MARK] and speaks_of_it(numbers) else 0.0)


@lru_cache
def change_net() -> TextNet:
    """The one that ships."""
    return TextNet(data_dir() / "words" / "changes.safetensors")


def _mean(shares: list[float]) -> float:
    return sum(shares) / len(shares) if shares else 0.0
