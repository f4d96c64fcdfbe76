"""May a candidate serve? Pure arithmetic over figures measured elsewhere."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

STOP_TOLERANCE = 0.5
"""A candidate that stops by itself less often than this share of the base's rate has unlearned to stop."""


@dataclass(frozen=True)
class Scores:
    """What the gate looks at."""

    train_loss: float
    """Mean loss of the last quarter of the pass, nats per weighted token."""
    perplexity: float
    """On the held-out part of data/general."""
    base_perplexity: float
    stop_rate: float
    """Share of held-out questions whose greedy answer ends by itself; NaN where there are none."""
    base_stop_rate: float

    @property
    def perplexity_ratio(self) -> float:
        return self.perplexity / self.base_perplexity if self.base_perplexity else math.nan

    def as_dict(self) -> dict[str, Any]:
        """For version.json: finite numbers only."""
        values = {**asdict(self), "perplexity_ratio": self.perplexity_ratio}
        return {name: round(value, 4) for name, value in values.items() if math.isfinite(value)}


@dataclass(frozen=True)
class Verdict:
    """`reason` is a wording key and `values` fill it; both empty when the candidate passed."""

    passed: bool
    reason: str = ""
    values: tuple[tuple[str, str], ...] = ()


def judge(scores: Scores, max_perplexity_ratio: float) -> Verdict:
    """The first gate: finite, language held, still stops."""
    if not math.isfinite(scores.train_loss):
        return Verdict(False, "learning.gate_not_finite")
    if not math.isfinite(scores.perplexity):
        return Verdict(False, "learning.gate_not_finite")
    if math.isnan(scores.perplexity_ratio):
        return Verdict(False, "learning.gate_not_finite")
    if scores.perplexity_ratio > max_perplexity_ratio:
        values = (
            ("ratio", f"{scores.perplexity_ratio:.3f}"),
            ("limit", f"{max_perplexity_ratio:.3f}"),
        )
        return Verdict(False, "learning.gate_perplexity", values)
    if scores.stop_rate < scores.base_stop_rate * STOP_TOLERANCE:
        values = (("rate", f"{scores.stop_rate:.0%}"), ("base", f"{scores.base_stop_rate:.0%}"))
        return Verdict(False, "learning.gate_stop", values)
    return Verdict(True)
