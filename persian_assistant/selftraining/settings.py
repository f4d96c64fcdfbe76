"""What a self-training run is told. Knows nothing of flags, files or models."""

from __future__ import annotations

import re
from dataclasses import dataclass

from persian_assistant.errors import UsageError
from persian_assistant.text import to_latin_digits

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class SelfTrainConfig:
    """Every value is that of the flag of the same name."""

    samples: int = 100
    """Answers drawn in a cycle; what the filters leave of them is added."""
    epochs: int = 2
    """Times each row of a cycle's mixture is seen; more than four learn the samples by heart."""
    interval: float = 300.0
    """Seconds between the end of a cycle and the next; the profile is free for a chat then."""
    cap: int = 10_000
    """Samples kept; past it the oldest go. What people wrote is not among them."""
    cycles: int | None = None
    """End after so many; None: go on until stopped."""
    depth: int = 1
    """Samples may stand on samples so many times over: 1 are those of a model that was trained on none."""
    temperature: float = 0.9
    """Of the draw. Colder answers fall below the band of what people write."""
    top_p: float = 0.95
    """Nucleus of the draw."""
    most_tokens: int | None = None
    """Tokens trained in a cycle over all epochs, at most; None: by the model's size, as in the chat."""

    def __post_init__(self) -> None:
        _check(1 <= self.samples <= 100_000, "--samples", self.samples, "1 … 100000")
        _check(1 <= self.epochs <= 4, "--epochs", self.epochs, "1 … 4")
        _check(self.interval >= 0, "--interval", self.interval, "≥ 0")
        _check(1 <= self.cap <= 1_000_000, "--cap", self.cap, "1 … 1000000")
        _check(self.cycles is None or self.cycles >= 1, "--cycles", self.cycles, "≥ 1")
        _check(1 <= self.depth <= 3, "--depth", self.depth, "1 … 3")
        _check(0 < self.temperature <= 5, "--temperature", self.temperature, "0 < … ≤ 5")
        _check(0 < self.top_p <= 1, "--top-p", self.top_p, "0 < … ≤ 1")
        most = self.most_tokens
        _check(most is None or most >= 1000, "--most-tokens", most, "≥ 1000")


def seconds_of(text: str) -> float:
    """«90», «30s», «5m», «2h» or «1d», in any digits, as seconds. Raises UsageError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd]?)", to_latin_digits(text).strip().lower())
    _check(found is not None, "--interval", text, "30s | 5m | 1h")
    assert found is not None
    return float(found[1]) * _UNITS[found[2]]


def _check(ok: bool, name: str, value: object, expected: str) -> None:
    if not ok:
        raise UsageError("cli.bad_value", name=name, value=value, expected=expected)
