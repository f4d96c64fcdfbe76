"""Exact and near duplicates out, over all sources together.

Near: Jaccard similarity of character 8-gram sets, estimated by MinHash (Broder 1997; datasketch). Bands of
locality-sensitive hashing propose, the whole sketch decides: at a similarity of 0.9 about 99 in 100 are
found, at 0.7 some 6 in 100 are taken for duplicates. The first document met is the one kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import xxhash
from datasketch import MinHash, MinHashLSH

THRESHOLD = 0.8
NUM_PERM = 48
BANDS, ROWS = 8, 6
SHINGLE = 8
"""Characters per shingle, spaces and half spaces left out."""
SHORTEST = 30
"""Below this many letters only exact duplicates are looked for."""


class Duplicates:
    """Remembers what it has seen; `is_new` answers for one document at a time."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._exact: set[bytes] = set()
        self._threshold = threshold
        self._near = MinHashLSH(num_perm=NUM_PERM, params=(BANDS, ROWS))
        self._blank = MinHash(num_perm=NUM_PERM, hashfunc=_identity, seed=1)
        self._sketches: list[np.ndarray] = []

    def is_new(self, text: str) -> bool:
        """Whether nothing like `text` was seen before; remembers it when so."""
        digest, sketch, known = self._find(text)
        if digest in self._exact:
            return False
        self._exact.add(digest)
        if sketch is None or known:
            return not known
        self._near.insert(len(self._sketches), sketch, check_duplication=False)
        self._sketches.append(sketch.digest())
        return True

    def has(self, text: str) -> bool:
        """Whether something like `text` was seen before; remembers nothing."""
        return self._find(text)[2]

    def _find(self, text: str) -> tuple[bytes, MinHash | None, bool]:
        """(digest, sketch unless `text` is short or known word for word, whether it is known)."""
        letters = "".join(char for char in text if char.isalnum())
        digest = hashlib.blake2b(letters.encode(), digest_size=12).digest()
        if digest in self._exact or len(letters) < SHORTEST:
            return digest, None, digest in self._exact
        sketch = self._sketch(letters)
        values = sketch.digest()
        near = (np.mean(self._sketches[number] == values) for number in self._near.query(sketch))
        return digest, sketch, any(share >= self._threshold for share in near)

    def _sketch(self, letters: str) -> MinHash:
        # every shingle of a short text, an even spread of them over a long one
        step = max(1, len(letters) // 2000)
        shingles = {letters[i : i + SHINGLE] for i in range(0, len(letters) - SHINGLE + 1, step)}
        hashes = np.fromiter((xxhash.xxh32_intdigest(s.encode()) for s in shingles), dtype=np.uint64)
        sketch = self._blank.copy()
        sketch.update_batch(hashes)
        return sketch


def _identity(value: int) -> int:
    return value


def drop_duplicates(
    documents: list[str], seen: Duplicates, tick: Callable[[int], None] = lambda n: None
) -> list[str]:
    """The documents `seen` has not met; `tick(number done)` after each."""
    kept = []
    for done, document in enumerate(documents, 1):
        if seen.is_new(document):
            kept.append(document)
        tick(done)
    return kept
