"""The gate: figures in, verdict and sentence out."""

from __future__ import annotations

import json
import math

import pytest

from persian_assistant import wording
from persian_assistant.gate import Scores, judge
from persian_assistant.wording import say

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("figures", "reason", "told"),
    [
        ((2.0, 50.0, 50.0, 1.0, 1.0), "", ()),
        ((2.0, 51.5, 50.0, 1.0, 1.0), "", ()),  # exactly at the limit
        ((2.0, 30.0, 50.0, 0.5, 1.0), "", ()),  # half as often is still stopping
        ((2.0, 50.0, 50.0, NAN, NAN), "", ()),  # no questions held out
        ((2.0, 50.0, 50.0, 0.0, 0.0), "", ()),  # the base never stops either
        ((2.0, 51.6, 50.0, 1.0, 1.0), "learning.gate_perplexity", ("1.032", "1.030")),
        ((2.0, 160.0, 50.0, 1.0, 1.0), "learning.gate_perplexity", ("3.200",)),
        ((2.0, 50.0, 50.0, 0.25, 1.0), "learning.gate_stop", ("25%", "100%")),
        ((2.0, 50.0, 50.0, 0.0, 0.5), "learning.gate_stop", ("0%", "50%")),
        ((NAN, 50.0, 50.0, 1.0, 1.0), "learning.gate_not_finite", ()),
        ((INF, 50.0, 50.0, 1.0, 1.0), "learning.gate_not_finite", ()),
        ((2.0, NAN, 50.0, 1.0, 1.0), "learning.gate_not_finite", ()),
        ((2.0, INF, 50.0, 1.0, 1.0), "learning.gate_not_finite", ()),
        ((2.0, 50.0, NAN, 1.0, 1.0), "learning.gate_not_finite", ()),
        ((2.0, 50.0, 0.0, 1.0, 1.0), "learning.gate_not_finite", ()),
    ],
)
def test_verdicts(figures: tuple[float, ...], reason: str, told: tuple[str, ...]) -> None:
    verdict = judge(Scores(*figures), 1.03)
    assert (verdict.passed, verdict.reason) == (not reason, reason)
    if reason:
        for language in wording.LANGUAGES:
            wording.set_language(language)
            sentence = say(verdict.reason, **dict(verdict.values))
            assert all(part in sentence for part in told)


def test_scores_are_written_as_finite_numbers() -> None:
    scores = Scores(2.123456, 51.0, 50.0, NAN, NAN)
    written = scores.as_dict()
    assert written == {
        "train_loss": 2.1235, "perplexity": 51.0, "base_perplexity": 50.0, "perplexity_ratio": 1.02,
    }  # fmt: skip
    json.dumps(written, allow_nan=False)
