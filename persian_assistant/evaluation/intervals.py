"""How sure a figure is: percentile bootstrap over items (Efron 1979), paired where two models are compared.

A figure is made from one row of numbers an item, whose means combine to it; so a ratio of sums, such as
perplexity, is resampled as soundly as a share of right answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that holds it at LEVEL; NaN bounds with fewer than two items."""

    value: float
    low: float
    high: float

    @property
    def is_apart(self) -> bool:
        """Of a difference: whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Figure:
    """One thing measured. `items` is (items, k), `combine` makes (…,) of means (…, k)."""

    name: str
    items: Numbers
    combine: Callable[[Numbers], Numbers]
    higher_is_better: bool | None = None
    """None: neither way is better as such."""

    @property
    def value(self) -> float:
        return float(self.combine(self.items.mean(axis=0)))

    def estimate(self, random_seed: int) -> Estimate:
        """The figure with its interval."""
        return _estimate(self.value, self.combine(_means(self.items, random_seed)), len(self.items))

    def difference(self, base: Figure, random_seed: int) -> Estimate:
        """This figure less `base`'s, resampling the same items for both: they must be those of one set."""
        if len(self.items) != len(base.items):
            raise ValueError(f"{self.name}: {len(self.items)} items against {len(base.items)}")
        here, there = (one.combine(_means(one.items, random_seed)) for one in (self, base))
        return _estimate(self.value - base.value, here - there, len(self.items))


def mean_of(name: str, values: list[float], higher_is_better: bool | None = None) -> Figure:
    """The plain mean of one number an item."""
    return Figure(name, np.asarray(values, dtype=np.float64)[:, None], _first, higher_is_better)


def ratio_of(
    name: str,
    above: list[float],
    below: list[float],
    finish: Callable[[Numbers], Numbers],
    higher_is_better: bool | None = None,
) -> Figure:
    """`finish` of the sum of `above` over the sum of `below`."""

    def combine(means: Numbers) -> Numbers:
        with np.errstate(over="ignore"):
            return finish(means[..., 0] / means[..., 1])

    items = np.asarray([above, below], dtype=np.float64).T
    return Figure(name, items, combine, higher_is_better)


def _first(means: Numbers) -> Numbers:
    return means[..., 0]


def _means(items: Numbers, random_seed: int) -> Numbers:
    """(RESAMPLES, k): means of as many items drawn with replacement; the same draws for the same seed."""
    chance = np.random.default_rng(random_seed)
    count = len(items)
    return np.stack([items[chance.integers(count, size=count)].mean(axis=0) for _ in range(RESAMPLES)])


def _estimate(value: float, resampled: Numbers, count: int) -> Estimate:
    if count < 2 or not np.isfinite(resampled).all():
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
