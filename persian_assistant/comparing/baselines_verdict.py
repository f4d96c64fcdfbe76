"""Which of five ways to answer is enough, and whether training pays: rules over figures with their chance.

Pure arithmetic. A way is better than another only where the difference is larger than a margin and its 95%
interval (paired bootstrap; whole items are drawn, for the questions about one item hang together) lies
above zero: noise is no win. Of ways that are as good as each other the simplest is taken.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from persian_assistant.evaluation.intervals import ratio_of

UNTRAINED = ("plain", "few_shot", "retrieval")
TRAINED = ("fine_tuned", "fine_tuned_retrieval")
WAYS = (*UNTRAINED, *TRAINED)
"""Simplest first."""
RANDOM_SEED = 0
"""Of the bootstrap: the same figures lead to the same verdict."""
Z = 1.96
"""Of a two-sided 95% interval."""
LEAST_ITEMS = 8
"""Of fewer taught items nothing can be said: they could all be easy, or all be hard."""
LEAST_SCORE = 0.3
"""Recall below which a way that nothing beats is no answer either."""
MOST_HARM = 1.1
"""A training that leaves more perplexity on general text than this multiple of the base's is not advised."""
MARGINS = {"recall": 0.05, "chrf": 3.0}
"""Differences below these are not worth a training, however sure they are."""


@dataclass(frozen=True)
class Measure:
    """One figure of quality for each question, of each way."""

    name: str
    """A key of MARGINS."""
    items: tuple[str, ...]
    """What each question asks for."""
    values: Mapping[str, Sequence[float]]
    """By way, one for each question; more is better."""

    def mean(self, way: str) -> float:
        """Over all questions."""
        return sum(self.values[way]) / len(self.items)


@dataclass(frozen=True)
class Difference:
    """How much more `better` has than `worse`, with its 95% interval."""

    measure: str
    better: str
    worse: str
    points: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Above the margin, and not by chance."""
        return self.points >= MARGINS[self.measure] and self.low > 0

    @property
    def clearly_not(self) -> bool:
        """The other way round."""
        return self.points <= -MARGINS[self.measure] and self.high < 0


@dataclass(frozen=True)
class Verdict:
    """What to do. `reason`: "train", "plain", "few_shot", "retrieval", "harmed", "none" or "too_few"."""

    reason: str
    way: str
    """The way that is enough; where nothing is, the simplest."""
    against: str
    """What it was compared with: of the other side (trained, untrained) the one with the highest recall."""
    items: int
    """Taught items that were asked for."""
    differences: tuple[Difference, ...]
    """Of `way` over `against`, one for each measure."""
    lost: tuple[Difference, ...]
    """Of the plain prompt over `way` in the other measures, where that is clear: the price of what is won."""

    @property
    def train(self) -> bool:
        """Is training advised?"""
        return self.reason == "train"


def wilson(right: int, asked: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927); NaN without questions."""
    if not asked:
        return math.nan, math.nan
    share, spread = right / asked, Z * Z / asked
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / asked + spread / (4 * asked)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(measure: Measure, better: str, worse: str) -> Difference:
    """Paired over the same questions, of which there is one at least; NaN bounds for a single item."""
    pairs = zip(measure.values[better], measure.values[worse], strict=True)
    found = [float(one) - float(other) for one, other in pairs]
    totals: dict[str, float] = defaultdict(float)
    counts: dict[str, float] = defaultdict(float)
    for item, value in zip(measure.items, found, strict=True):
        totals[item] += value
        counts[item] += 1
    per_item = ratio_of(measure.name, list(totals.values()), list(counts.values()), lambda means: means)
    estimate = per_item.estimate(RANDOM_SEED)
    return Difference(measure.name, better, worse, estimate.value, estimate.low, estimate.high)


def beats(measures: Sequence[Measure], better: str, worse: str) -> bool:
    """Clearly better in the first measure that tells the two apart."""
    for measure in measures:
        found = difference(measure, better, worse)
        if found.clear or found.clearly_not:
            return found.clear
    return False


def decide(measures: Sequence[Measure], perplexity_ratio: float) -> Verdict:
    """The verdict over all WAYS; the first of `measures` is recall of what was taught.

    Each has questions. `perplexity_ratio`: on general text, after the training against before.
    """
    recall = measures[0]
    without = _simplest(measures, UNTRAINED)
    winners = [way for way in TRAINED if beats(measures, way, without)]
    if len(set(recall.items)) < LEAST_ITEMS:
        return _verdict("too_few", measures, without, _best(recall, TRAINED))
    if winners and not perplexity_ratio <= MOST_HARM:
        return _verdict("harmed", measures, without, _simplest(measures, winners))
    if winners:
        return _verdict("train", measures, _simplest(measures, winners), without)
    if without == "plain" and recall.mean("plain") < LEAST_SCORE:
        return _verdict("none", measures, without, _best(recall, TRAINED))
    return _verdict(without, measures, without, _best(recall, TRAINED))


def _simplest(measures: Sequence[Measure], ways: Sequence[str]) -> str:
    """The first of `ways` that none of the others beats."""
    for way in ways:
        if not any(beats(measures, other, way) for other in ways if other != way):
            return way
    return ways[-1]


def _best(measure: Measure, ways: Sequence[str]) -> str:
    return max(ways, key=measure.mean)


def _verdict(reason: str, measures: Sequence[Measure], way: str, against: str) -> Verdict:
    differences = tuple(difference(measure, way, against) for measure in measures)
    lost = (difference(measure, "plain", way) for measure in measures[1:])
    items = len(set(measures[0].items))
    return Verdict(reason, way, against, items, differences, tuple(one for one in lost if one.clear))


def break_even(training_seconds: float, seconds_without: float, seconds_with: float) -> int | None:
    """Answers after which a training has saved the time it took; None where answers are no faster."""
    saved = seconds_without - seconds_with
    return math.ceil(training_seconds / saved) if saved > 0 else None
