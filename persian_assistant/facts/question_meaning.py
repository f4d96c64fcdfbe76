"""Texts by how much of a question's meaning they cover, by word vectors: all of them at once.

Knows nothing of what the texts are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from persian_assistant.facts.meaning import WordVectors, word_vectors

Key = TypeVar("Key", str, int)


class MeaningIndex(Generic[Key]):
    """Texts given as stems. The vectors are read when a question is first asked."""

    def __init__(self, vectors: WordVectors | None = None) -> None:
        self._vectors = vectors or word_vectors()
        self._words: dict[Key, Sequence[str]] = {}
        self._rows: dict[Key, Any] = {}
        self._others: dict[str, int] = {}
        """Stems without a vector, numbered from 1 on."""
        self._made: tuple[list[Key], Any, Any] | None = None

    def add(self, key: Key, words: Iterable[str]) -> None:
        """Take in one text by its stems, in place of what stood under `key`; none is no text."""
        if not (words := tuple(words)):
            return
        self._words[key] = words
        self._rows.pop(key, None)
        self._made = None

    def drop(self, key: Key) -> None:
        """Find a text no more."""
        if self._words.pop(key, None) is not None:
            self._rows.pop(key, None)
            self._made = None

    def best(self, asked: Sequence[str], most: int) -> list[tuple[Key, float]]:
        """The `most` texts that cover most (0..1) of the weight of `asked`, best first."""
        import numpy as np

        if not asked or not self._words:
            return []
        keys, rows, starts = self._texts()
        near = self._vectors.near(asked)
        near = np.concatenate([near, np.zeros((len(self._others) + 1, len(asked)), near.dtype)])
        for column, one in enumerate(asked):
            if one in self._others:
                near[-self._others[one], column] = 1.0
        weights = np.array([self._vectors.weight(one) for one in asked], near.dtype)
        weights /= weights.sum()
        found = np.maximum.reduceat(near[rows], starts)  # [texts, asked]
        shares = found @ weights
        places = (-shares).argsort(kind="stable")[:most]
        return [(keys[at], float(shares[at])) for at in places if shares[at] > 0]

    def _texts(self) -> tuple[list[Key], Any, Any]:
        import numpy as np

        if self._made is None:
            for key, words in self._words.items():
                if key not in self._rows:
                    self._rows[key] = np.array([self._row(one) for one in words], dtype=np.int32)
            keys = list(self._words)
            sizes = np.array([len(self._rows[key]) for key in keys])
            starts = np.concatenate([[0], sizes.cumsum()[:-1]])
            self._made = keys, np.concatenate([self._rows[key] for key in keys]), starts
        return self._made

    def _row(self, one: str) -> int:
        """The place of a stem's nearness; counted from the end for those without a vector."""
        place = self._vectors.place(one)
        return -self._others.setdefault(one, len(self._others) + 1) if place is None else place
