"""Which generated answers may be trained on: those in the bands of what people write, and like no other text.

Bands, not a bound on surprise: fed only with what it finds likeliest, a model narrows (2410.12341). Knows
nothing of models: how likely an answer is it is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from persian_assistant.engine import BROKEN
from persian_assistant.metrics import Answer, rep_n
from persian_assistant.pretraining.duplicates import Duplicates
from persian_assistant.text import answer_key, normalise, persian_share, sanitise

REASONS = (
    *("unfinished", "letters", "length", "repetition", "likelihood"),
    *("duplicate", "near_duplicate", "heldout"),
)
"""Why an answer is dropped, in the order in which it is looked at."""
MOST_REPETITION = 0.1
"""rep-4, at most: people's answers have next to none."""
NEAR = 0.7
"""Jaccard similarity of character 8-grams from which two texts are near duplicates."""
LOSS_BAND = (0.05, 0.95)
LENGTH_BAND = (0.01, 0.99)
LETTERS_FROM = 0.02
"""Quantiles of human answers."""
_SENTENCE = re.compile(r"[^.!؟?\n]+[.!؟?]*")


@dataclass(frozen=True)
class Bands:
    """What human answers look like, ends included."""

    loss: tuple[float, float]
    """Nats per token under the base model."""
    words: tuple[int, int]
    letters: float
    """Least share of Persian letters."""

    @classmethod
    def of(cls, answers: Sequence[str], losses: Sequence[float]) -> Bands:
        """Of human `answers`, at least one, and their likelihood under the base model."""
        words = [len(answer.split()) for answer in answers]
        finite = [loss for loss in losses if math.isfinite(loss)]
        return cls(
            loss=(quantile(finite, LOSS_BAND[0]), quantile(finite, LOSS_BAND[1])),
            words=(int(quantile(words, LENGTH_BAND[0])), math.ceil(quantile(words, LENGTH_BAND[1]))),
            letters=quantile([persian_share(answer) for answer in answers], LETTERS_FROM),
        )


class Filter:
    """Looks at one answer after the other and remembers those it lets through."""

    def __init__(self, bands: Bands, data: Iterable[str], heldout: Iterable[str]) -> None:
        self.bands = bands
        self._exact: set[str] = set()
        self._heldout: set[str] = set()
        self._near, self._heldout_near = Duplicates(NEAR), Duplicates(NEAR)
        self.remember(data, heldout)

    def __len__(self) -> int:
        """Texts remembered."""
        return len(self._exact) + len(self._heldout)

    def remember(self, data: Iterable[str], heldout: Iterable[str]) -> None:
        """`data`: all that is trained on, by people and generated; `heldout`: all that measures."""
        known = ((data, self._exact, self._near), (heldout, self._heldout, self._heldout_near))
        for texts, exact, near in known:
            for text in texts:
                if (key := answer_key(text)) not in exact:
                    exact.add(key)
                    near.is_new(text)

    def form(self, answer: Answer) -> str:
        """A reason, or "": what can be said without a model."""
        text = answer.text
        if not answer.ended or not text or text != normalise(sanitise(text)):
            return "unfinished"
        if BROKEN in text or persian_share(text) < self.bands.letters:
            return "letters"
        if not self.bands.words[0] <= len(text.split()) <= self.bands.words[1]:
            return "length"
        return "repetition" if rep_n(text) > MOST_REPETITION else ""

    def content(self, text: str, loss: float) -> str:
        """A reason, or "", and then `text` is remembered: how likely it is, and whether it is new."""
        if not self.bands.loss[0] <= loss <= self.bands.loss[1]:
            return "likelihood"
        key = answer_key(text)
        if key in self._heldout:
            return "heldout"
        if key in self._exact:
            return "duplicate"
        if not self._near.is_new(text):
            return "near_duplicate"
        if not self._heldout_near.is_new(text):
            return "heldout"
        self._exact.add(key)
        return ""


def sentences(text: str) -> list[str]:
    """`text` as a whole and sentence by sentence: an answer that copies one is no copy of the whole."""
    parts = [part.strip() for part in _SENTENCE.findall(text)]
    return list(dict.fromkeys(part for part in [text.strip(), *parts] if part))


def quantile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest of `values`, of which there is at least one."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
