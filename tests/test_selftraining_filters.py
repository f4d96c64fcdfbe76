"""Which generated answers are let through, and what people are not lost by the cap."""

from __future__ import annotations

import math

import pytest

from persian_assistant.metrics import Answer
from persian_assistant.selftraining.filters import REASONS, Bands, Filter, quantile, sentences

BANDS = Bands(loss=(1.0, 5.0), words=(2, 13), letters=0.7)
DATA = ["هوا امروز کمی سرد است و باید لباس گرم بپوشی تا سرما نخوری.", "سلام!"]
HELDOUT = ["برای سفر بهتر است صبح زود راه بیفتی و آب همراه ببری.", "قطار دیر آمد."]
GOOD = "فردا با هم به کتابخانه می‌رویم و چند کتاب تازه می‌گیریم."


def reason(text: str, loss: float = 2.0, ended: bool = True, filter_: Filter | None = None) -> str:
    filter_ = filter_ or Filter(BANDS, DATA, HELDOUT)
    return filter_.form(Answer(text, ended, -1.0)) or filter_.content(text, loss)


@pytest.mark.parametrize(
    ("text", "loss", "ended", "expected"),
    [
        (GOOD, 2.0, True, ""),
        (GOOD, 2.0, False, "unfinished"),
        ("", 2.0, True, "unfinished"),
        ("كتاب تازه بخوان", 2.0, True, "unfinished"),  # Arabic kaf: not how text is written here
        ("بیا\x1b[31m قرمز شو", 2.0, True, "unfinished"),
        ("سلام \ufffd خوبی", 2.0, True, "letters"),
        ("ok then let us go خب", 2.0, True, "letters"),
        ("بله", 2.0, True, "length"),
        ("یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده", 2.0, True, "length"),
        ("خوب است و خوب است و خوب است و خوب است", 2.0, True, "repetition"),
        (GOOD, 0.99, True, "likelihood"),
        (GOOD, 1.0, True, ""),
        (GOOD, 5.0, True, ""),
        (GOOD, 5.01, True, "likelihood"),
        (GOOD, math.nan, True, "likelihood"),
        ("هوا  امروز کمی سرد است و باید لباس گرم بپوشی تا سرما نخوری.", 2.0, True, "duplicate"),
        ("هوا امروز کمی سرد است و باید لباس گرم بپوشی تا سرما نخوری!", 2.0, True, "near_duplicate"),
        ("هوا امروز کمی سرد است و باید لباس گرم بپوشی تا سرما نخورید.", 2.0, True, "near_duplicate"),
        ("قطار دیر آمد.", 2.0, True, "heldout"),
        ("برای سفر بهتر است صبح زود راه بیفتی و آب همراه ببرید.", 2.0, True, "heldout"),
    ],
)
def test_the_filters(text: str, loss: float, ended: bool, expected: str) -> None:
    assert reason(text, loss, ended) == expected
    assert expected in ("", *REASONS)


def test_an_answer_is_let_through_once() -> None:
    filter_ = Filter(BANDS, DATA, HELDOUT)
    assert reason(GOOD, filter_=filter_) == ""
    assert reason(GOOD, filter_=filter_) == "duplicate"
    assert reason(GOOD.replace("می‌گیریم", "می‌گیرید"), filter_=filter_) == "near_duplicate"
    refused = "شام امشب را با دوستانم در خانهٔ مادربزرگ خوردیم."
    assert reason(refused, 9.0, filter_=filter_) == "likelihood"
    assert reason(refused, 2.0, filter_=filter_) == ""  # it was not kept, so it is not a duplicate


def test_bands_are_those_of_people() -> None:
    answers = ["یک " * count for count in range(1, 101)]
    bands = Bands.of(answers, [count / 10 for count in range(101)])
    assert bands.loss == (pytest.approx(0.5), pytest.approx(9.5))
    assert bands.words == (1, 100)
    assert bands.letters == 1.0
    alone = Bands.of(["فقط یکی"], [2.0])
    assert (alone.loss, alone.words) == ((2.0, 2.0), (2, 2))


def test_quantiles_lie_between_values() -> None:
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.5, 1)] == [1, 2.5, 4]


def test_a_text_is_met_whole_and_by_sentences() -> None:
    assert sentences("آمد. رفت؟ ماند") == ["آمد. رفت؟ ماند", "آمد.", "رفت؟", "ماند"]
    assert sentences("  ") == []
