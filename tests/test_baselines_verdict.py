"""compare baselines: what the figures say, and the sentence it ends with."""

from __future__ import annotations

import math
import random
from dataclasses import asdict
from pathlib import Path

import pytest
from baselines_parts import pairs_file

from persian_assistant import wording
from persian_assistant.commands.compare_baselines_report import _evidence, sentences
from persian_assistant.comparing import baselines_data
from persian_assistant.comparing.baselines import WayFigures, measures
from persian_assistant.comparing.baselines_verdict import (
    LEAST_ITEMS,
    WAYS,
    Measure,
    break_even,
    decide,
    difference,
    wilson,
)
from persian_assistant.persona import Persona


def table(count: int = 40, **shares: float) -> Measure:
    """Recall of each way as a share, three questions an item, right ones spread at random; others 0."""
    items = tuple(f"fact-{at // 3}" for at in range(3 * count))
    values = {}
    for way in WAYS:
        chance = random.Random(len(way))
        right = chance.sample(range(len(items)), round(shares.get(way, 0.0) * len(items)))
        values[way] = tuple(float(at in right) for at in range(len(items)))
    return Measure("recall", items, values)


def likeness(**means: float) -> Measure:
    """chrF of 30 left-out pairs, a little apart from each other."""
    items = tuple(f"left-{at}" for at in range(30))
    values = {way: tuple(means.get(way, 20.0) + at % 5 for at in range(30)) for way in WAYS}
    return Measure("chrf", items, values)


@pytest.mark.parametrize(
    ("measures", "reason", "way"),
    [
        # the memory gives what training gives
        ([table(retrieval=0.94, fine_tuned=0.57, fine_tuned_retrieval=0.94)], "retrieval", "retrieval"),
        # training does a little better, within chance
        ([table(retrieval=0.88, fine_tuned=0.60, fine_tuned_retrieval=0.91)], "retrieval", "retrieval"),
        # the model knew it all along
        ([table(plain=0.9, few_shot=0.9, retrieval=0.92, fine_tuned=0.9)], "plain", "plain"),
        # examples do what the memory does
        ([table(few_shot=0.8, retrieval=0.8, fine_tuned=0.8)], "few_shot", "few_shot"),
        # training alone does it
        ([table(retrieval=0.3, fine_tuned=0.9, fine_tuned_retrieval=0.9)], "train", "fine_tuned"),
        # both together do it
        ([table(retrieval=0.5, fine_tuned=0.5, fine_tuned_retrieval=0.95)], "train", "fine_tuned_retrieval"),
        # nothing does it
        ([table(plain=0.05, retrieval=0.06, fine_tuned=0.05)], "none", "plain"),
        # a handful of facts, all for training
        ([table(LEAST_ITEMS - 1, fine_tuned=1.0)], "too_few", "plain"),
        # all alike in what was taught, training alone nearer to the user's way of answering
        (
            [table(**dict.fromkeys(WAYS, 0.9)), likeness(fine_tuned=45.0, fine_tuned_retrieval=45.0)],
            "train",
            "fine_tuned",
        ),
        # a difference that is sure and too small to matter
        ([table(**dict.fromkeys(WAYS, 0.9)), likeness(fine_tuned=22.0)], "plain", "plain"),
    ],
)
def test_the_verdict(measures: list[Measure], reason: str, way: str) -> None:
    verdict = decide(measures, 1.05)
    assert (verdict.reason, verdict.way) == (reason, way)
    assert verdict.train == (reason == "train")
    assert [one.measure for one in verdict.differences] == [measure.name for measure in measures]
    assert verdict.lost == ()


def test_what_training_costs_elsewhere_is_told() -> None:
    verdict = decide([table(fine_tuned=0.9), likeness(plain=40.0)], 1.0)
    assert (verdict.reason, verdict.way) == ("train", "fine_tuned")
    (lost,) = verdict.lost
    assert (lost.measure, lost.better, lost.worse) == ("chrf", "plain", "fine_tuned")
    assert lost.points == pytest.approx(20.0)


@pytest.mark.parametrize("ratio", [1.2, math.nan, math.inf])
def test_a_training_that_spoils_the_language_is_not_advised(ratio: float) -> None:
    verdict = decide([table(retrieval=0.3, fine_tuned=0.9)], ratio)
    assert (verdict.reason, verdict.way, verdict.against) == ("harmed", "retrieval", "fine_tuned")
    assert not verdict.train
    assert decide([table(retrieval=0.9, fine_tuned=0.9)], ratio).reason == "retrieval"


def test_intervals() -> None:
    low, high = wilson(50, 100)
    assert (low, high) == (pytest.approx(0.4038, abs=1e-3), pytest.approx(0.5962, abs=1e-3))
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] == pytest.approx(1.0)
    assert math.isnan(wilson(0, 0)[0])
    # the questions of one item hang together: ten of one item are worth no more than one
    alone = Measure(
        "recall", tuple(map(str, range(40))), {"plain": [0.0] * 40, "fine_tuned": [1.0, 0.0] * 20}
    )
    ten = Measure(
        "recall",
        tuple(str(at // 10) for at in range(40)),
        {"plain": [0.0] * 40, "fine_tuned": ([1.0] * 10 + [0.0] * 10) * 2},
    )
    narrow, wide = (difference(measure, "fine_tuned", "plain") for measure in (alone, ten))
    assert narrow.points == wide.points == 0.5
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert narrow.clear and not wide.clear
    assert difference(alone, "fine_tuned", "plain") == narrow


def test_when_a_training_has_paid_for_itself() -> None:
    assert break_even(60.0, 0.5, 0.3) == 300
    assert break_even(60.0, 0.3, 0.3) is None


def figures(way: str, right: list[bool], seconds: float = 0.5, tokens: float = 50.0) -> WayFigures:
    return WayFigures(way, tuple(right), (), math.nan, tokens, 9.0, seconds, 9.3, 2.4, 0.1, ())


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_every_verdict_has_its_sentences(lang: str, tmp_path: Path) -> None:
    wording.set_language(lang)
    tables = {
        "train": {"retrieval": 0.3, "fine_tuned": 0.9},
        "plain": {"plain": 0.9, "fine_tuned": 0.9},
        "few_shot": {"few_shot": 0.8, "fine_tuned": 0.8},
        "retrieval": {"retrieval": 0.9, "fine_tuned": 0.9},
        "none": {"plain": 0.1},
        "harmed": {"fine_tuned": 0.9},
    }
    told = {}
    for reason, shares in tables.items():
        ratio = 1.05 if reason == "train" else 1.2
        recall = table(**shares)
        verdict = decide([recall], ratio)
        ways = {}
        for way in WAYS:
            quick = way == "fine_tuned"
            found = figures(way, [bool(one) for one in recall.values[way]], *((0.3, 20.0) if quick else ()))
            shown = {name: getattr(found, name) for name in ("recall", "chrf", "seconds", "prompt_tokens")}
            ways[way] = {**shown, "adapter_mb": 2.4}
        cost = {
            "seconds": 60.0, "tokens": 1000, "examples": 90, "loss": 1.0,
            "peak_memory_mb": 900.0, "perplexity_ratio": ratio,
        }  # fmt: skip
        record = {
            "ways": ways,
            "training": cost,
            "verdict": {**asdict(verdict), "train": verdict.train},
            "learning": {"max_perplexity_ratio": 1.02},
        }
        assert verdict.reason == reason
        told[reason] = "\n".join(sentences(record))
    lead = {"fa": "آموزش لازم نیست", "en": "Do not fine-tune:"}[lang]
    assert [reason for reason, text in told.items() if lead in text] == ["plain", "few_shot", "retrieval"]
    price = {"fa": "۱٫۰۵۰ برابر پایه شد", "en": "rose to ×1.050"}[lang]
    assert [reason for reason, text in told.items() if price in text] == ["train"]
    assert {"fa": "چنین آموزشی را توصیه نمی‌کنیم", "en": "like this"}[lang] in told["harmed"]
    saves = {"fa": "کم می‌کند", "en": "not training saves"}[lang]
    assert [reason for reason, text in told.items() if saves in text] == [
        *("plain", "few_shot", "retrieval", "none")
    ]
    assert {"fa": "۳۰۰ پاسخ", "en": "after 300 answers"}[lang] in told["retrieval"]
    assert {"fa": "۹۰٪", "en": "90%"}[lang] in told["train"]


def test_of_a_single_item_no_interval_is_told() -> None:
    one = difference(Measure("chrf", ["a"], {"plain": [4.0], "fine_tuned": [9.0]}), "fine_tuned", "plain")
    ways = {"plain": {"chrf": 4.0}, "fine_tuned": {"chrf": 9.0}}
    told = _evidence({"ways": ways}, asdict(one))
    assert "nan" not in told and "–" in told


def test_measures_need_left_out_pairs_for_chrf(tmp_path: Path) -> None:
    persona = Persona.load("assistant")
    material, _ = baselines_data.of_examples(
        str(pairs_file(tmp_path, 5)), persona, columns=None, limit=0, random_seed=1
    )
    found = [figures(way, [True] * 5) for way in WAYS]
    assert [one.name for one in measures(material, material.questions, found)] == ["recall"]
