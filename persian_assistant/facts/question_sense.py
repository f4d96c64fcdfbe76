"""How near two words are in sense, by the frames that speak of both: «خودرو» and «سوار», «خاک» and «گلدان».

Each frame is a thing that people tell and ask; a word is what frames it stands in (explicit semantic
analysis). Knows nothing of facts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from persian_assistant.facts.frames import Frame
from persian_assistant.facts.question_values import all_frames
from persian_assistant.facts.stems import FILLER, stem
from persian_assistant.text import ZWNJ

RELATED = 0.35
"""From this cosine on two words count as near."""
COMMON = 60
"""A word of more frames than these says nothing of what is spoken of."""
_SLOT = re.compile(r"\{[^}]*\}\w*")
_WORD = re.compile(rf"[^\W\d_]+(?:{ZWNJ}[^\W\d_]+)*")


@lru_cache(maxsize=1)
def _vectors() -> tuple[dict[str, int], Any]:
    """Stem → row, and rows of unit length over the frames: float32 (stems, frames)."""
    import numpy as np

    frames = all_frames()
    counts = [Counter(_words(frame)) for frame in frames]
    spread = Counter(word for count in counts for word in count)
    rows = {word: at for at, word in enumerate(one for one, much in spread.items() if much <= COMMON)}
    found = np.zeros((len(rows), len(frames)), dtype=np.float32)
    for column, count in enumerate(counts):
        length = math.sqrt(sum(count.values()))
        for word, times in count.items():
            if word in rows:
                found[rows[word], column] = (1 + math.log(times)) / length
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return rows, found


def _words(frame: Frame) -> list[str]:
    """The stems of what is said, stated, asked and answered with a frame, its slots left out."""
    texts = (*frame.say, *frame.fact, *frame.ask, *(text for pair in frame.reversed for text in pair))
    found = []
    for text in texts:
        words = _WORD.findall(_SLOT.sub(" ", text))
        found += list(dict.fromkeys(stem(word) for word in words if word.replace(ZWNJ, "") not in FILLER))
    return found


@lru_cache(maxsize=20_000)
def nearness(one: str, other: str) -> float:
    """0..1: the cosine of two stems; 0 below `RELATED`."""
    rows, vectors = _vectors()
    if one not in rows or other not in rows:
        return 0.0
    found = float(vectors[rows[one]] @ vectors[rows[other]])
    return found if found >= RELATED else 0.0


def nearest(one: str, others: Iterable[str]) -> float:
    """How near the nearest of `others` is."""
    rows = _vectors()[0]
    if one not in rows:
        return 0.0
    return max((nearness(one, other) for other in others if other in rows), default=0.0)


@lru_cache(maxsize=4096)
def neighbours(one: str, most: int = 8) -> tuple[str, ...]:
    """The stems nearest to `one`, at most so many."""
    rows, vectors = _vectors()
    if one not in rows:
        return ()
    near = vectors @ vectors[rows[one]]
    names = list(rows)
    best = near.argsort()[::-1][1 : most + 1]
    return tuple(names[at] for at in best if near[at] >= RELATED)
