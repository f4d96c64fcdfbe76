"""How well something told answers a question, by a language model that reads both: a cross-encoder.

The first layers of mini, tuned by benchmarks/cross_encoder.py on data/recall; the turn comes first, then the
question, and a line through the last hidden state gives the score (Nogueira and Cho 2019, "Passage re-ranking
with BERT"). In numpy, so that nothing else need be loaded: a tenth of a second for ten turns. Knows nothing
of where anything told is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.facts.ranking import tensors_of
from persian_assistant.text import normalise

MOST_TOLD, MOST_ASKED = 72, 40
"""Tokens of a turn and of a question that are read."""
USER, END, ASSISTANT = "<|user|>", "<|end|>", "<|assistant|>"
_SMALLEST = -1e9


class CrossEncoder:
    """Reads its weights when first asked. [turns, tokens, hidden] throughout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def known(self) -> bool:
        """Whether there are any weights."""
        return bool(self._tensors)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score of each text: the log odds that it answers, against nothing; zeros without weights."""
        return self.each(texts, [question] * len(texts))

    def each(self, texts: Sequence[str], questions: Sequence[str]) -> list[float]:
        """The same of pairs; one text stands for all questions."""
        if not self._tensors or not questions:
            return [0.0] * len(questions)
        told = [self.told_ids(text) for text in texts]
        told = told * len(questions) if len(told) == 1 else told
        return self._run([[*one, *self.asked_ids(other)] for one, other in zip(told, questions, strict=True)])

    def told_ids(self, text: str) -> list[int]:
        """Token ids of a turn: what comes first."""
        marks = self._marks
        return [marks[USER], *self._tokens(text)[:MOST_TOLD], marks[END]]

    def asked_ids(self, question: str) -> list[int]:
        """Token ids of a question; the score stands at the last."""
        return [*self._tokens(question)[:MOST_ASKED], self._marks[ASSISTANT]]

    def _run(self, rows: Sequence[Sequence[int]]) -> list[float]:
        import numpy as np

        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int64)  # on the right: no token sees what comes after it
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
        hidden = self._tensors["embedding"][ids]
        unseen = np.triu(np.full((longest, longest), _SMALLEST, np.float32), 1)
        for layer in range(self._layers):
            hidden = self._layer(layer, hidden, unseen)
        last = hidden[np.arange(len(rows)), [len(row) - 1 for row in rows]]
        last = _rms_norm(last, self._tensors["norm"])
        return [float(one) for one in last @ self._tensors["head"] + self._tensors["head_bias"]]

    def _layer(self, layer: int, hidden: Any, unseen: Any) -> Any:
        """A Llama layer: attention with rotary positions, then a gated linear unit."""
        import numpy as np

        tensors = {name: self._tensors[f"{layer}.{name}"] for name in _PARTS}
        heads = self._heads
        given = _rms_norm(hidden, tensors["before_attention"])
        shape = (*given.shape[:2], heads, given.shape[2] // heads)
        query, key, value = (
            (given @ tensors[name]).reshape(shape).swapaxes(1, 2) for name in ("query", "key", "value")
        )
        query, key = _rotated(query), _rotated(key)
        weights = query @ key.swapaxes(2, 3) / shape[3] ** 0.5 + unseen
        weights = np.exp(weights - weights.max(3, keepdims=True))
        weights /= weights.sum(3, keepdims=True)
        seen = (weights @ value).swapaxes(1, 2).reshape(given.shape)
        hidden = hidden + seen @ tensors["output"]
        given = _rms_norm(hidden, tensors["before_unit"])
        gate = given @ tensors["gate"]
        return hidden + (gate / (1 + np.exp(-gate)) * (given @ tensors["up"])) @ tensors["down"]

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        """Float32; on the disk whole numbers with a scale for each row."""
        import numpy as np

        stored = tensors_of(self.folder / "cross_encoder.safetensors")
        return {
            name: one.astype(np.float32) * stored[f"{name}/scale"] if one.dtype == np.int8 else one
            for name, one in stored.items()
            if not name.endswith("/scale")
        }

    @cached_property
    def _layers(self) -> int:
        return sum(name.endswith(".query") for name in self._tensors)

    @cached_property
    def _heads(self) -> int:
        return int(self._tensors["heads"][0])

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self.folder / "tokenizer.json"))

    @cached_property
    def _marks(self) -> dict[str, int]:
        return {mark: self._tokenizer.token_to_id(mark) for mark in (USER, END, ASSISTANT)}

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(normalise(text), add_special_tokens=False).ids
        return found


_PARTS = (
    *("before_attention", "query", "key", "value", "output"),
    *("before_unit", "gate", "up", "down"),
)
_EPSILON, _THETA = 1e-6, 10000.0


def _rms_norm(hidden: Any, weight: Any) -> Any:
    """Root mean square normalisation."""
    import numpy as np

    return hidden / np.sqrt((hidden**2).mean(-1, keepdims=True) + _EPSILON) * weight


def _rotated(heads: Any) -> Any:
    """Rotary position embedding (Su et al. 2021), halves of a head turned against each other."""
    import numpy as np

    cosines, sines = _angles(heads.shape[2], heads.shape[3])
    half = heads.shape[3] // 2
    other = np.concatenate([-heads[..., half:], heads[..., :half]], -1)
    return heads * cosines + other * sines


@lru_cache(maxsize=256)
def _angles(tokens: int, size: int) -> tuple[Any, Any]:
    import numpy as np

    turns = _THETA ** (-np.arange(0, size, 2, dtype=np.float32) / size)
    angles = np.arange(tokens, dtype=np.float32)[:, None] * np.concatenate([turns, turns])[None]
    return np.cos(angles), np.sin(angles)


@lru_cache
def cross_encoder() -> CrossEncoder:
    """The one that ships."""
    return CrossEncoder(data_dir() / "words" / "cross_encoder")
