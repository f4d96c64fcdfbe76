"""Which of what was told answers a question, if anything: a small network over passages.py.

Trained by benchmarks/ranking_weights.py on data/recall. Without its weights nothing is found. Knows nothing
of where anything told is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from persian_assistant.config import data_dir
from persian_assistant.facts.passages import SHARES

logger = logging.getLogger(__name__)
FAR = 5.0
"""Standard deviations beyond which a number says no more."""


class Ranker:
    """Several networks of two hidden layers whose answers are averaged; read when first asked."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        return tensors_of(self.path)

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """How likely (0..1) each passage answers, given pairs' `rows`; what is left of 1: none does."""
        import numpy as np

        return self.of_prepared(beside(np.array(rows, np.float32))) if rows else []

    def of_prepared(self, given: Any) -> list[float]:
        """The same of what `beside` makes."""
        import numpy as np

        tensors = self._tensors
        if not tensors:
            return [0.0] * len(given)
        given = np.clip((given - tensors["mean"]) / tensors["deviation"], -FAR, FAR)
        scores = gelu(np.einsum("rf,nfh->nrh", given, tensors["first"]) + tensors["first_bias"][:, None])
        scores = gelu(scores @ tensors["second"] + tensors["second_bias"][:, None])
        logits = np.einsum("nrh,nh->nr", scores, tensors["last"]) + tensors["last_bias"]
        logits = np.concatenate([logits, np.zeros((len(logits), 1), logits.dtype)], 1)  # that none does
        chances = np.exp(logits - logits.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        return [float(one) for one in chances.mean(0)[:-1]]


def tensors_of(path: Path) -> dict[str, Any]:
    """The tensors of a safetensors file by name; {} where it is not there."""
    from safetensors.numpy import load_file

    if not path.is_file():
        logger.warning("no weights at %s", path)
        return {}
    return load_file(path)


def beside(rows: Any) -> Any:
    """`rows` [passages, numbers] with how each stands beside the others: [passages, numbers + 3 × SHARES].

    For each share how far it is ahead of the best other one, how many are ahead of it, and the best of all.
    """
    import numpy as np

    shares = rows[:, :SHARES]
    ordered = np.sort(shares, 0)
    best = ordered[-1]
    second = ordered[-2] if len(rows) > 1 else np.zeros_like(best)
    ahead = shares - np.where(shares >= best, second, best)
    behind = (shares[:, None] < shares[None]).sum(1).astype(np.float32)
    return np.concatenate([rows, ahead, behind, np.tile(best, (len(rows), 1))], 1)


def gelu(values: Any) -> Any:
    """Gaussian error linear unit (Hendrycks and Gimpel 2016), by the hyperbolic tangent."""
    import numpy as np

    return 0.5 * values * (1 + np.tanh(0.7978845608 * (values + 0.044715 * values**3)))


@lru_cache
def ranker() -> Ranker:
    """The one that ships."""
    return Ranker(data_dir() / "words" / "ranking.safetensors")
