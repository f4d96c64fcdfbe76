"""Several sets, one or two models: what is measured in turn, and what stands in the table and the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from persian_assistant.evaluation.intervals import LEVEL, RESAMPLES, Estimate
from persian_assistant.evaluation.items import Choices, Passage
from persian_assistant.evaluation.measures import (
    Outcome,
    Subject,
    Tick,
    measure_choices,
    measure_instructions,
    measure_passages,
    measure_texts,
)
from persian_assistant.records import Message

SETS = ("text", "choices", "qa", "instructions")
"""In the order in which they are measured."""
Verdict = Literal["better", "worse", "unsure"]


@dataclass(frozen=True)
class Sets:
    """What to evaluate on; an empty one is left out."""

    texts: Sequence[str] = ()
    choices: Sequence[Choices] = ()
    passages: Sequence[Passage] = ()
    instructions: Sequence[Sequence[Message]] = ()

    def measure(
        self, subject: Subject, tick: Callable[[str, int, int], None]
    ) -> Iterator[tuple[str, Outcome]]:
        """(name in SETS, outcome), one set after another; `tick(name, done, total)` meanwhile."""

        def ticks(name: str) -> Tick:
            return lambda done, total: tick(name, done, total)

        if self.texts:
            yield "text", measure_texts(subject, self.texts, ticks("text"))
        if self.choices:
            yield "choices", measure_choices(subject, self.choices, ticks("choices"))
        if self.passages:
            yield "qa", measure_passages(subject, self.passages, ticks("qa"))
        if self.instructions:
            yield "instructions", measure_instructions(subject, self.instructions, ticks("instructions"))


@dataclass(frozen=True)
class Line:
    """One figure of one set, beside the base's where there is one."""

    set: str
    figure: str
    items: int
    estimate: Estimate
    base: Estimate | None = None
    difference: Estimate | None = None
    """Paired: the same items resampled for both."""
    verdict: Verdict | None = None
    """Against the base, where one way is better; unsure where the difference's interval holds zero."""


def lines(outcomes: Mapping[str, Outcome], base: Mapping[str, Outcome], random_seed: int) -> list[Line]:
    """The table's rows; sets that only one of the two has stand there without a difference."""
    found = []
    for name, outcome in outcomes.items():
        other = base.get(name)
        count = len(outcome.items)
        for at, figure in enumerate(outcome.figures):
            estimate = figure.estimate(random_seed)
            if other is None:
                found.append(Line(name, figure.name, count, estimate))
                continue
            before = other.figures[at]
            difference = figure.difference(before, random_seed)
            verdict = _verdict(difference, figure.higher_is_better)
            found.append(
                Line(name, figure.name, count, estimate, before.estimate(random_seed), difference, verdict)
            )
        for key, value in outcome.wholes.items():
            whole = _alone(value)
            if other is None:
                found.append(Line(name, key, count, whole))
            else:
                before_value = other.wholes[key]
                found.append(
                    Line(name, key, count, whole, _alone(before_value), _alone(value - before_value))
                )
    return found


def record(
    told: Mapping[str, Any],
    outcomes: Mapping[str, Outcome],
    base: Mapping[str, Outcome],
    random_seed: int,
) -> dict[str, Any]:
    """What --json writes: `told` (models, data, …), every figure, and what was said to each item."""
    return {
        **told,
        "interval": {
            "method": "percentile bootstrap over items, paired",
            "level": LEVEL,
            "resamples": RESAMPLES,
            "random_seed": random_seed,
        },
        "figures": [asdict(line) for line in lines(outcomes, base, random_seed)],
        "items": {name: outcome.items for name, outcome in outcomes.items()},
        "base_items": {name: outcome.items for name, outcome in base.items()},
    }


def _verdict(difference: Estimate, higher_is_better: bool | None) -> Verdict | None:
    if higher_is_better is None:
        return None
    if not difference.is_apart:
        return "unsure"
    return "better" if (difference.low > 0) == higher_is_better else "worse"


def _alone(value: float) -> Estimate:
    return Estimate(value, float("nan"), float("nan"))
