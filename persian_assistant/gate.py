"""May a candidate serve? Pure arithmetic over figures measured elsewhere."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

SCALES = (1.0, 0.9, 0.8, 0.6, 0.4)
"""Shares of its update a candidate is tried with, largest first."""
STOP_TOLERANCE = 0.5
"""A candidate that stops by itself less often than this share of the base's rate has unlearned to stop."""
INSTRUCTION_TOLERANCE = 1.12
"""Held-out instruction loss against the base's, at most."""
CURRENT_TOLERANCE = 1.1
"""Perplexity against the version that serves, at most; the bound on the base keeps losses from adding up."""
REPETITION_TOLERANCE = 0.06
"""rep-4 above the base's, at most: about one answer in sixteen that runs in circles."""
LEAST_GAIN = 0.1
"""Recall of the new facts above that of the version that serves, at least, below `ENOUGH_RECALL`."""
RECALL_TOLERANCE, TRADED_TOLERANCE = 0.1, 0.25
"""Recall of earlier facts below that of the version that serves, at most: a probe or two are chance; and
where more is known all in all. A pass that starts from the base again has never quite the same facts."""
ENOUGH_RECALL = 0.8
"""So much of the new recalled is learned, whatever was known before."""


@dataclass(frozen=True)
class Figures:
    """What is measured of one model. NaN where there was nothing to measure."""

    perplexity: float = math.nan
    """On the held-out part of data/general."""
    instruction_loss: float = math.nan
    """Nats per token of the answers of seed examples left out."""
    stop_rate: float = math.nan
    """Share of held-out questions whose greedy answer ends by itself."""
    rep4: float = math.nan
    """Mean share of repeated 4-grams in those answers."""
    new_recall: float = math.nan
    """Share of the new facts' questions answered right, in wordings never trained."""
    earlier_recall: float = math.nan
    """The same over a sample of the facts told before."""
    recall: float = math.nan
    """Over the questions of both."""


@dataclass(frozen=True)
class Scores:
    """What the gate looks at."""

    train_loss: float
    """Mean loss of the last quarter of the pass, nats per weighted token."""
    candidate: Figures
    base: Figures
    current: Figures
    """Of the version that serves; the base's where none does."""
    scale: float = 1.0
    """Share of the trained update that was measured."""

    @property
    def perplexity_ratio(self) -> float:
        return _ratio(self.candidate.perplexity, self.base.perplexity)

    def as_dict(self) -> dict[str, Any]:
        """For version.json: finite numbers only; the base's and the serving version's with a prefix."""
        values = {"train_loss": self.train_loss, "scale": self.scale, **asdict(self.candidate)}
        values["perplexity_ratio"] = self.perplexity_ratio
        values |= {f"base_{name}": value for name, value in asdict(self.base).items()}
        values |= {f"current_{name}": value for name, value in asdict(self.current).items()}
        return {name: round(value, 4) for name, value in values.items() if math.isfinite(value)}


@dataclass(frozen=True)
class Verdict:
    """`reason` is a wording key and `values` fill it; both empty when the candidate passed."""

    passed: bool
    reason: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def may_pass_smaller(self) -> bool:
        """Whether a smaller part of the update could do what the whole did not."""
        return not self.passed and self.reason not in ("learning.gate_not_finite", "learning.gate_new")


def judge(scores: Scores, max_perplexity_ratio: float, *, fallen_back: bool = False) -> Verdict:
    """Finite, language held, still stops, says what it is asked, knows the new and what it knew before.

    `fallen_back`: what serves is not what the user had, for versions that knew something forgotten are gone:
    one that knows more all in all takes its place, if its language is held against the base.
    """
    candidate, base, current = scores.candidate, scores.base, scores.current
    ratio = scores.perplexity_ratio
    if not (math.isfinite(scores.train_loss) and math.isfinite(candidate.perplexity)) or math.isnan(ratio):
        return Verdict(False, "learning.gate_not_finite")
    against_current = _ratio(candidate.perplexity, current.perplexity)
    bounds = (
        ("gate_perplexity", ratio, max_perplexity_ratio),
        ("gate_perplexity_current", against_current, math.inf if fallen_back else CURRENT_TOLERANCE),
    )
    for key, found, limit in bounds:
        if found > limit:
            values = (("ratio", f"{found:.3f}"), ("limit", f"{limit:.3f}"))
            return Verdict(False, f"learning.{key}", values)
    if candidate.stop_rate < base.stop_rate * STOP_TOLERANCE:
        return _refused("gate_stop", candidate.stop_rate, base.stop_rate)
    if candidate.rep4 > base.rep4 + REPETITION_TOLERANCE:
        return _refused("gate_repetition", candidate.rep4, base.rep4)
    if _ratio(candidate.instruction_loss, base.instruction_loss) > INSTRUCTION_TOLERANCE:
        values = (("loss", f"{candidate.instruction_loss:.2f}"), ("base", f"{base.instruction_loss:.2f}"))
        return Verdict(False, "learning.gate_instruction", values)
    if candidate.new_recall < min(ENOUGH_RECALL, current.new_recall + LEAST_GAIN):
        return _refused("gate_new", candidate.new_recall, current.new_recall)
    tolerance = TRADED_TOLERANCE if candidate.recall > current.recall else RECALL_TOLERANCE
    if fallen_back and candidate.recall > current.recall:
        return Verdict(True)
    if candidate.earlier_recall < current.earlier_recall - tolerance:
        return _refused("gate_earlier", candidate.earlier_recall, current.earlier_recall)
    return Verdict(True)


def finite(scores: Scores) -> Verdict:
    """The least that is asked of a candidate where the gate is off."""
    sound = math.isfinite(scores.train_loss) and math.isfinite(scores.candidate.perplexity)
    return Verdict(sound, "" if sound else "learning.gate_not_finite")


def _ratio(value: float, other: float) -> float:
    return value / other if other else math.nan


def _refused(key: str, rate: float, other: float) -> Verdict:
    return Verdict(False, f"learning.{key}", (("rate", f"{rate:.0%}"), ("base", f"{other:.0%}")))
