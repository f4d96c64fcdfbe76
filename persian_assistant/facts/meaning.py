"""How near two words are in meaning, by vectors made from text (benchmarks/word_vectors.py).

Near means: they stand in the same company («پزشک» and «متخصص», «درد» and «زانو»), so opposites are near, too.
Knows nothing of facts or questions.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from persian_assistant.config import data_dir

logger = logging.getLogger(__name__)
NOISE = 0.3
"""Cosines up to this mean nothing."""
BEST = 0.8
"""What the nearest other word counts, where the same word counts 1."""
UNKNOWN_COUNT = 12
"""A stem without a vector is taken for as rare as the rarest that has one."""
COMMON_WEIGHT, LEAST_WEIGHT = 3.5, 0.3
"""Taken from each stem's weight, so that common ones hardly count; no stem weighs less than the second."""


class WordVectors:
    """Vectors of stems, read when first asked for; without their file only the same word is near."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _table(self) -> tuple[dict[str, int], Any, list[int], int]:
        """(place of each stem, float32 [stems, size] of length one, how often each stands, words in all)."""
        import numpy as np
        from safetensors import safe_open

        if not self.path.is_file():
            logger.warning("no word vectors at %s", self.path)
            return {}, np.zeros((0, 1), np.float32), [], UNKNOWN_COUNT
        with safe_open(self.path, framework="numpy") as file:
            stems = file.metadata()["stems"].split(" ")
            vectors = file.get_tensor("vectors").astype(np.float32)
            counts = [int(one) for one in file.get_tensor("counts")]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return {one: at for at, one in enumerate(stems)}, vectors, counts, sum(counts)

    @property
    def known(self) -> bool:
        """Whether there are any."""
        return bool(self._table[0])

    def nearness(self, one: str, other: str) -> float:
        """0 … 1 of two stems: 1 for the same, at most BEST for two, 0 where nothing is known of either."""
        if one == other:
            return 1.0
        places, vectors, _, _ = self._table
        if one not in places or other not in places:
            return 0.0
        cosine = float(vectors[places[one]] @ vectors[places[other]])
        return BEST * max(0.0, cosine - NOISE) / (1 - NOISE)

    def weight(self, one: str) -> float:
        """How much a stem tells, by how rare it is in text."""
        places, _, counts, words = self._table
        count = counts[places[one]] if one in places else UNKNOWN_COUNT
        return max(LEAST_WEIGHT, math.log(words / count) - COMMON_WEIGHT)

    def covered(self, asked: Sequence[str], held: Collection[str]) -> float:
        """Share (0 … 1) of the weight of the stems `asked` that `held` has, or something near to them."""
        if not asked or not held:
            return 0.0
        weights = [self.weight(one) for one in asked]
        found = (weight * self.nearest(one, held) for one, weight in zip(asked, weights, strict=True))
        return sum(found) / sum(weights)

    def direction(self, stems: Collection[str]) -> Any:
        """Float32 [size]: where `stems` point together, of length one; zeros for none known."""
        import numpy as np

        places, vectors, _, _ = self._table
        known = [one for one in stems if one in places]
        weights = np.array([self.weight(one) for one in known], np.float32)
        total = (
            weights @ vectors[[places[one] for one in known]]
            if known
            else np.zeros(vectors.shape[1], np.float32)
        )
        return total / max(float(np.linalg.norm(total)), 1e-9)

    def place(self, one: str) -> int | None:
        """Where a stem stands in what `near` gives; None without a vector."""
        return self._table[0].get(one)

    def near(self, asked: Sequence[str]) -> Any:
        """Float32 [stems, asked]: how near each stem that has a vector is to those asked; else zeros."""
        import numpy as np

        _, vectors, _, _ = self._table
        found = np.zeros((len(vectors), len(asked)), np.float32)
        for column, one in enumerate(asked):
            if (row := self.place(one)) is not None:
                cosines = vectors @ vectors[row]
                found[:, column] = BEST * np.maximum(0.0, cosines - NOISE) / (1 - NOISE)
                found[row, column] = 1.0
        return found

    def nearest(self, one: str, held: Collection[str]) -> float:
        """How near the nearest of the stems `held` is to `one`."""
        if one in held:
            return 1.0
        places, vectors, _, _ = self._table
        known = [places[other] for other in held if other in places]
        if one not in places or not known:
            return 0.0
        cosine = float((vectors[known] @ vectors[places[one]]).max())
        return BEST * max(0.0, cosine - NOISE) / (1 - NOISE)


@lru_cache
def word_vectors() -> WordVectors:
    """Those that ship."""
    return WordVectors(data_dir() / "words" / "vectors.safetensors")
