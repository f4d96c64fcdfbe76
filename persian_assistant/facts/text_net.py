"""Log odds of something about a text, by a small network over its pieces and some numbers.

A mean of vectors of hashed words, pairs of words and pieces of letters (fastText: Joulin et al. 2017, "Bag of
tricks for efficient text classification") beside the numbers, and one hidden layer. Trained by
benchmarks/text_nets.py. Knows nothing of what is decided by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

from persian_assistant.distress import features
from persian_assistant.facts.ranking import FAR, gelu, tensors_of

BUCKETS = 1 << 14
"""Places that pieces of a text are hashed to."""


class TextNet:
    """Reads its weights when first asked, and is sure of nothing without them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        return tensors_of(self.path)

    def log_odds(self, text: str, numbers: Sequence[float]) -> float:
        """Of `text` with `numbers`, as many as it was trained with."""
        return self.each([text], [numbers])[0]

    def each(self, texts: Sequence[str], numbers: Sequence[Sequence[float]]) -> list[float]:
        """Of each text with its numbers."""
        tensors = self._tensors
        if not tensors or not texts:
            return [float("-inf")] * len(texts)
        import numpy as np

        means = np.stack([tensors["pieces"][pieces(text)].astype(np.float32).mean(0) for text in texts])
        given = np.array(numbers, np.float32)
        given = np.clip((given - tensors["mean"]) / tensors["deviation"], -FAR, FAR)
        hidden = gelu(np.concatenate([means, given], 1) @ tensors["first"] + tensors["first_bias"])
        return [float(one) for one in hidden @ tensors["last"] + tensors["last_bias"]]


def pieces(text: str) -> list[int]:
    """Where its words, pairs of words and pieces of letters stand among the buckets."""
    return [crc32(piece.encode()) % BUCKETS for piece in sorted(features(text))] or [0]
