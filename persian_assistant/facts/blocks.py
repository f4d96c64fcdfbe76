"""BM25 over short texts given as their stems, in blocks: an addition costs the same however many there are.

Knows nothing of what the texts are.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Generic, TypeVar

from persian_assistant.facts.stems import content

Key = TypeVar("Key", str, int)

BLOCK = 1024
"""Texts of one block."""
BACKGROUND = 50
"""Texts assumed beside the known ones, so that a word's weight means something from the first fact on."""
_COMMON_WORDS = "اسم نام سن سال شهر خانه کار شغل شماره تلفن رنگ تاریخ روز ساعت غذا دوست زندگی ماه پول تولد"


@lru_cache
def _common() -> dict[str, float]:
    """Words that stand in many texts, whatever is known so far: stem → texts."""
    return {one: 6.0 for word in _COMMON_WORDS.split() for one in content(word)}


def rarity(word: str, texts_with: int, texts: int) -> float:
    """How much a word says that stands in `texts_with` of `texts`: the rarer, the more."""
    return math.log(1 + (texts + BACKGROUND) / (texts_with + _common().get(word, 0.0) + 0.5))


class BlockIndex(Generic[Key]):
    """BM25 in blocks: full ones are made once, the open one again after an addition."""

    def __init__(self) -> None:
        self._words: dict[Key, frozenset[str]] = {}
        self._spread: Counter[str] = Counter()
        self._full: list[tuple[Any, list[Key]]] = []
        self._open: list[Key] = []
        self._made: Any = None

    def add(self, key: Key, words: list[str]) -> None:
        """Take in one text, given as its different stems; again under the same key does nothing."""
        if key in self._words or not words:
            return
        self._words[key] = frozenset(words)
        self._spread.update(self._words[key])
        self._open.append(key)
        self._made = None
        if len(self._open) == BLOCK:
            self._full.append((self._bm25(self._open), self._open))
            self._open = []

    def drop(self, key: Key) -> None:
        """Find a text no more; in a full block it stays, and is passed over."""
        if (words := self._words.pop(key, None)) is not None:
            self._spread.subtract(words)
            if key in self._open:
                self._open.remove(key)
                self._made = None

    def keys(self) -> list[Key]:
        """Of all texts, in the order in which they came."""
        return list(self._words)

    def best(self, words: list[str], most: int = 24) -> Iterator[tuple[Key, float]]:
        """The keys of each block that score highest above nothing, with their BM25 scores."""
        known = [word for word in words if self._spread[word] > 0]
        if not known:
            return
        if self._open and self._made is None:
            self._made = self._bm25(self._open)
        blocks = list(self._full)
        if self._open:
            blocks.append((self._made, self._open))
        for bm25, keys in blocks:
            scores = bm25.get_scores(known)
            taken = 0
            for place in (-scores).argsort(kind="stable"):
                if taken == most or scores[place] <= 0:
                    break
                if keys[place] in self._words:
                    taken += 1
                    yield keys[place], float(scores[place])

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, key: object) -> bool:
        return key in self._words

    def texts_with(self, word: str) -> int:
        """How many texts hold `word`."""
        return self._spread[word]

    def _bm25(self, keys: list[Key]) -> Any:
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it asks for DEBUG itself
        made = bm25s.BM25(method="lucene")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made.index([sorted(self._words[key]) for key in keys], show_progress=False)
        return made
