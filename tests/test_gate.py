"""The gate: figures in, verdict and sentence out."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from persian_assistant import wording
from persian_assistant.gate import Figures, Scores, Verdict, finite, judge
from persian_assistant.wording import say

NAN, INF = math.nan, math.inf


def scores(loss: float, perplexity: float, base: float, stops: float, base_stops: float) -> Scores:
    of_base = Figures(perplexity=base, stop_rate=base_stops)
    return Scores(loss, Figures(perplexity=perplexity, stop_rate=stops), of_base, of_base)


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
    verdict = judge(scores(*figures), 1.03)
    assert (verdict.passed, verdict.reason) == (not reason, reason)
    if reason:
        for language in wording.LANGUAGES:
            wording.set_language(language)
            sentence = say(verdict.reason, **dict(verdict.values))
            assert all(part in sentence for part in told)


SOUND = Figures(50.0, 3.0, 1.0, 0.02, 0.9, 0.9)


@pytest.mark.parametrize(
    ("changes", "reason", "told"),
    [
        ({}, "", ()),
        ({"rep4": 0.08}, "", ()),
        ({"rep4": 0.09}, "learning.gate_repetition", ("9%", "2%")),
        ({"instruction_loss": 3.36}, "", ()),
        ({"instruction_loss": 3.37}, "learning.gate_instruction", ("3.37", "3.00")),
        ({"new_recall": 0.31}, "", ()),  # little, but more than before
        ({"new_recall": 0.29}, "learning.gate_new", ("29%", "20%")),
        ({"new_recall": NAN}, "", ()),  # nothing new was told
        ({"earlier_recall": 0.81}, "", ()),
        ({"earlier_recall": 0.79}, "learning.gate_earlier", ("79%", "90%")),
        ({"earlier_recall": NAN}, "", ()),
        ({"earlier_recall": 0.66, "recall": 0.7}, "", ()),  # some lost, but all in all more is known
        ({"earlier_recall": 0.64, "recall": 0.7}, "learning.gate_earlier", ("64%", "90%")),
        ({"earlier_recall": 0.79, "recall": 0.6}, "learning.gate_earlier", ("79%", "90%")),
    ],
)
def test_what_was_told_counts(changes: dict[str, float], reason: str, told: tuple[str, ...]) -> None:
    base = replace(SOUND, new_recall=NAN, earlier_recall=NAN)
    current = replace(SOUND, new_recall=0.2, recall=0.6)
    verdict = judge(Scores(2.0, replace(SOUND, **changes), base, current), 1.03)
    assert (verdict.passed, verdict.reason) == (not reason, reason)
    if reason:
        for language in wording.LANGUAGES:
            wording.set_language(language)
            sentence = say(verdict.reason, **dict(verdict.values))
            assert all(part in sentence for part in told)


def test_small_losses_do_not_add_up() -> None:
    current = replace(SOUND, perplexity=45.5)  # the version that serves reads better than the base
    verdict = judge(Scores(2.0, replace(SOUND, perplexity=50.5), SOUND, current), 1.03)
    assert verdict.reason == "learning.gate_perplexity_current"


def test_a_smaller_update_is_tried_only_for_what_was_lost() -> None:
    assert Verdict(False, "learning.gate_perplexity").may_pass_smaller
    assert not Verdict(False, "learning.gate_new").may_pass_smaller
    assert not Verdict(False, "learning.gate_not_finite").may_pass_smaller
    assert not Verdict(True).may_pass_smaller


def test_without_a_gate_anything_finite_passes() -> None:
    assert finite(scores(2.0, 500.0, 50.0, 0.0, 1.0)).passed
    assert not finite(scores(NAN, 50.0, 50.0, 1.0, 1.0)).passed
    assert not finite(scores(2.0, INF, 50.0, 1.0, 1.0)).passed


def test_scores_are_written_as_finite_numbers() -> None:
    written = scores(2.123456, 51.0, 50.0, NAN, NAN).as_dict()
    assert written == {
        "train_loss": 2.1235, "scale": 1.0, "perplexity": 51.0, "base_perplexity": 50.0,
        "current_perplexity": 50.0, "perplexity_ratio": 1.02,
    }  # fmt: skip
    json.dumps(written, allow_nan=False)


def test_what_serves_after_forgetting_is_not_what_was_known() -> None:
    current = replace(SOUND, perplexity=45.0, new_recall=0.0, earlier_recall=0.9, recall=0.3)
    candidate = replace(SOUND, new_recall=0.7, earlier_recall=0.5, recall=0.6)
    assert judge(Scores(2.0, candidate, SOUND, current), 1.03).reason == "learning.gate_perplexity_current"
    assert judge(Scores(2.0, candidate, SOUND, current), 1.03, fallen_back=True).passed
    little = replace(candidate, recall=0.3)
    assert (
        judge(Scores(2.0, little, SOUND, current), 1.03, fallen_back=True).reason == "learning.gate_earlier"
    )
    spoiled = replace(candidate, perplexity=52.0)
    assert (
        judge(Scores(2.0, spoiled, SOUND, current), 1.03, fallen_back=True).reason
        == "learning.gate_perplexity"
    )
