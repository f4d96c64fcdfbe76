"""Each figure of `evaluate` against a plain computation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import SENTENCES, save_tiny

from persian_assistant import metrics
from persian_assistant.evaluation import scores
from persian_assistant.evaluation.intervals import Figure, mean_of, ratio_of
from persian_assistant.evaluation.items import Choices, Passage
from persian_assistant.evaluation.measures import (
    INSTRUCTION_TOKENS,
    Outcome,
    Subject,
    answer_likelihoods,
    measure_choices,
    measure_instructions,
    measure_passages,
    measure_texts,
)
from persian_assistant.evaluation.report import Sets, lines, record
from persian_assistant.model import load_model
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate


@pytest.fixture(scope="module")
def subject_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Subject]:
    """Tiny models in float32, each written and read once."""
    kept: dict[str, Subject] = {}

    def load(architecture: str, system: str = "") -> Subject:
        if architecture not in kept:
            source = save_tiny(tmp_path_factory.mktemp(architecture), architecture)
            loaded = load_model(source, quantization="none", device="cpu")
            kept[architecture] = Subject(loaded.model.float(), ChatTemplate.for_model(loaded.tokenizer))
        return Subject(kept[architecture].model, kept[architecture].template, system)

    return load


def silent(done: int, total: int) -> None:
    pass


def figure(outcome: Outcome, name: str) -> Figure:
    return next(one for one in outcome.figures if one.name == name)


@torch.inference_mode()
def log_likelihood(model: Any, context: list[int], ids: list[int]) -> float:
    """Token by token, each from all before it."""
    total = 0.0
    for at, token in enumerate(ids):
        logits = model(torch.tensor([[*context, *ids[:at]]])).logits[0, -1].float()
        total += float(torch.log_softmax(logits, -1)[token])
    return total


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_perplexity_and_bits_per_character(architecture: str, subject_of: Callable[..., Subject]) -> None:
    subject = subject_of(architecture)
    tokenizer = subject.template.tokenizer
    start = tokenizer.bos_token_id if architecture == "llama" else tokenizer.eos_token_id
    texts = ["سلام، حال شما؟", "باران می‌بارد."]
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    nats = -sum(log_likelihood(subject.model, [start], own) for own in ids)
    ticks: list[tuple[int, int]] = []
    outcome = measure_texts(subject, texts, lambda done, total: ticks.append((done, total)))
    perplexity, bits = figure(outcome, "perplexity").value, figure(outcome, "bits_per_character").value
    assert perplexity == pytest.approx(math.exp(nats / sum(map(len, ids))), 1e-4)
    assert bits == pytest.approx(nats / math.log(2) / sum(map(len, texts)), 1e-4)
    assert ticks == [(1, 2), (2, 2)]


def test_a_long_text_is_read_in_windows_and_each_token_counted_once(
    subject_of: Callable[..., Subject],
) -> None:
    subject = subject_of("gpt2")
    text = " ".join(SENTENCES * 3)
    count = len(subject.template.tokenizer(text, verbose=False)["input_ids"])
    assert count > 2 * subject.longest
    (row,) = measure_texts(subject, [text], silent).items
    assert row["tokens"] == count
    assert row["characters"] == len(text)
    assert 0 < row["nats"] < math.inf


# --- choices ----------------------------------------------------------------------------------------

QUESTIONS = [
    Choices("پایتخت کجاست؟", ("تهران", "شیراز در جنوب", "یزد"), 0),
    Choices("هوا چطور است؟", ("سرد", "آفتاب می‌تابد", "نمی‌دانم"), 1),
    Choices("کتاب؟", ("بله", "نه"), 1),
]


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "gemma2", "qwen3"])
def test_choices_by_likelihood(architecture: str, subject_of: Callable[..., Subject]) -> None:
    subject = subject_of(architecture, "کوتاه بگو.")
    template = subject.template
    raw, by_length = [], []
    for one in QUESTIONS:
        context = template.prompt_ids(subject.asked(one.question), 1, subject.longest)
        blank = " " if template.kind == "plain" else ""  # «دستیار: …»
        found = [
            log_likelihood(
                subject.model,
                context,
                template.tokenizer(blank + choice, add_special_tokens=False)["input_ids"],
            )
            for choice in one.choices
        ]
        lengths = [value / len(choice) for value, choice in zip(found, one.choices, strict=True)]
        raw.append(found.index(max(found)) == one.answer)
        by_length.append(lengths.index(max(lengths)) == one.answer)
        (row,) = measure_choices(subject, [one], silent).items
        assert row["log_likelihoods"] == pytest.approx(found, rel=2e-4)
    outcome = measure_choices(subject, QUESTIONS, silent)
    assert figure(outcome, "accuracy").items[:, 0].tolist() == raw
    assert figure(outcome, "accuracy_by_length").items[:, 0].tolist() == by_length
    assert figure(outcome, "accuracy_chance").value == pytest.approx((1 / 3 + 1 / 3 + 1 / 2) / 3)


def test_the_end_of_turn_is_no_part_of_an_answer_and_a_long_question_loses_its_front(
    subject_of: Callable[..., Subject],
) -> None:
    subject = subject_of("llama")
    count = len(subject.template.tokenizer("تهران", add_special_tokens=False)["input_ids"])
    for question in ("کجا؟", " ".join(SENTENCES * 3)):
        ((nats, tokens),) = answer_likelihoods(
            subject, [[*subject.asked(question), Message("assistant", "تهران")]]
        )
        assert tokens == count
        assert math.isfinite(nats) and nats < 0


# --- answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "references", "exact", "overlap", "holds"),
    [
        ("تهران", ["تهران"], 1, 1.0, 1),
        ("شهر تهران است.", ["تهران"], 0, 2 * 1 / (3 + 1), 1),
        ("در شهر شیراز", ["شهر یزد", "شهر بزرگ شیراز"], 0, 2 * 2 / (3 + 3), 0),
        ("كتابهاي من", ["کتابهای من"], 1, 1.0, 1),
        ("کتاب‌ها", ["کتاب ها"], 1, 1.0, 1),
        ("سال ۱۳۵۷!", ["سال 1357"], 1, 1.0, 1),
        ("خانه‌ی ما", ["خانهٔ ما", "باغ"], 1, 1.0, 1),
        ("کِتاب", ["کتاب"], 1, 1.0, 1),
        ("نمی‌دانم", ["تهران"], 0, 0.0, 0),
        ("تهرانی‌ها", ["تهران"], 0, 0.0, 0),
        ("", [], 1, 1.0, 1),
        ("تهران", [], 0, 0.0, 0),
        ("", ["تهران"], 0, 0.0, 0),
        ("سیب سیب", ["سیب"], 0, 2 * 1 / (2 + 1), 1),
    ],
)
def test_squad_scores(answer: str, references: list[str], exact: int, overlap: float, holds: int) -> None:
    assert scores.exact_match(answer, references) == exact
    assert scores.f1(answer, references) == pytest.approx(overlap)
    assert scores.contains(answer, references) == holds


def test_chrf() -> None:
    """«ابپ» against «ابت»: of one, two and three letters 2 of 3, 1 of 2 and 0 of 1 are shared."""
    by_hand = 100 * (2 / 3 + 1 / 2 + 0) / 3
    assert scores.chrf("ابپ", "ابت") == pytest.approx(by_hand)
    assert scores.corpus_chrf(["ابپ"], ["ابت"]) == pytest.approx(by_hand)
    assert scores.chrf("سلام", "سلام") == pytest.approx(100)
    assert scores.chrf("", "سلام") == 0
    # precision 1, recall 1/2 for one letter; two letters have no partner in the answer
    assert scores.chrf("ا", "اب") == pytest.approx(100 * 5 * 1 * 0.5 / (4 * 1 + 0.5))


def test_passages_are_asked_and_scored(subject_of: Callable[..., Subject]) -> None:
    subject = subject_of("llama")
    first = measure_passages(subject, [Passage("متن", "چه؟", ("الف",)), Passage("م", "؟", ())], silent)
    said = [row["answer"] for row in first.items]
    answers = (f"{said[0]}", "چیز دیگر")
    assert scores.answer_tokens(said[0])  # the random model says something
    again = measure_passages(
        subject, [Passage("متن", "چه؟", answers[:1]), Passage("م", "؟", answers[1:])], silent
    )
    assert figure(again, "exact_match").items[:, 0].tolist() == [1.0, 0.0]
    assert figure(again, "f1").items[0, 0] == 1.0
    assert figure(again, "contains_answer").value == 0.5


def test_instructions(subject_of: Callable[..., Subject]) -> None:
    subject = subject_of("llama", "کوتاه بگو.")
    template = subject.template
    pairs = [
        [Message("user", "سلام"), Message("assistant", "سلام، خوش آمدی.")],
        [Message("system", "بلند بگو."), Message("user", "چرا؟"), Message("assistant", "نمی‌دانم.")],
        [*(Message(role, "بله") for role in ("user", "assistant")), Message("user", "هوا؟"),
         Message("assistant", "سرد است.")],
    ]  # fmt: skip
    asked = [
        [Message("system", "کوتاه بگو."), *pairs[0][:-1]],
        pairs[1][:-1],
        [Message("system", "کوتاه بگو."), *pairs[2][:-1]],
    ]
    prompts = [template.prompt_ids(one, INSTRUCTION_TOKENS, subject.longest) for one in asked]
    answers = metrics.greedy_answers(subject.model, template, prompts, max_new_tokens=INSTRUCTION_TOKENS)
    texts = [answer.text for answer in answers]
    outcome = measure_instructions(subject, pairs, silent)
    assert [row["answer"] for row in outcome.items] == texts
    chrfs = [scores.chrf(text, row[-1].content) for text, row in zip(texts, pairs, strict=True)]
    assert figure(outcome, "chrf").value == pytest.approx(np.mean(chrfs))
    assert figure(outcome, "rep_4").value == pytest.approx(np.mean([metrics.rep_n(text) for text in texts]))
    assert figure(outcome, "stop_rate").value == np.mean([answer.ended for answer in answers])
    assert outcome.wholes["distinct_2"] == metrics.distinct_n(texts)
    nats, tokens = 0.0, 0
    for prompt, row in zip(prompts, pairs, strict=True):
        ids = template.tokenizer(row[-1].content, add_special_tokens=False)["input_ids"]
        nats, tokens = nats - log_likelihood(subject.model, prompt, ids), tokens + len(ids)
    assert figure(outcome, "answer_perplexity").value == pytest.approx(math.exp(nats / tokens), 1e-3)


# --- intervals --------------------------------------------------------------------------------------


def test_an_interval_is_that_of_the_normal_distribution_where_there_are_many_items() -> None:
    hits = [1.0] * 120 + [0.0] * 280
    estimate = mean_of("hits", hits).estimate(0)
    spread = 1.96 * math.sqrt(0.3 * 0.7 / 400)
    assert estimate.value == pytest.approx(0.3)
    assert estimate.low == pytest.approx(0.3 - spread, abs=0.008)
    assert estimate.high == pytest.approx(0.3 + spread, abs=0.008)
    assert mean_of("hits", hits).estimate(0) == estimate
    assert mean_of("hits", hits).estimate(1) != estimate


def test_a_ratio_is_of_sums() -> None:
    figure = ratio_of("perplexity", [10.0, 2.0], [5.0, 1.0], np.exp)
    assert figure.value == pytest.approx(math.exp(12 / 6))
    estimate = figure.estimate(0)
    assert estimate.low == pytest.approx(math.exp(2)) == estimate.high


def test_differences_are_paired() -> None:
    chance = np.random.default_rng(0)
    noise = chance.normal(size=200)
    one, other = mean_of("a", list(noise + 0.01)), mean_of("a", list(noise))
    difference = one.difference(other, 0)
    assert difference.low == pytest.approx(0.01) and difference.high == pytest.approx(0.01)
    assert difference.is_apart
    assert one.estimate(0).low < other.value  # unpaired, nothing could be said
    unpaired = mean_of("a", list(chance.permutation(noise) + 0.01)).difference(other, 0)
    assert not unpaired.is_apart
    with pytest.raises(ValueError, match="items"):
        one.difference(mean_of("a", [1.0]), 0)


def test_one_item_has_no_interval() -> None:
    estimate = mean_of("a", [0.5]).estimate(0)
    assert estimate.value == 0.5
    assert math.isnan(estimate.low) and math.isnan(estimate.high)


# --- tables and records -----------------------------------------------------------------------------


def outcome(hits: list[float], words: list[float], whole: float) -> Outcome:
    figures = [mean_of("accuracy", hits, True), mean_of("rep_4", words, False), mean_of("words", words)]
    return Outcome(figures, [{"n": one} for one in hits], {"distinct_2": whole})


def test_lines_say_what_is_better() -> None:
    here = {"choices": outcome([1.0] * 9 + [0.0], [2.0] * 10, 0.5)}
    base = {"choices": outcome([0.0] * 9 + [1.0], [1.0] * 10, 0.75)}
    found = {line.figure: line for line in lines(here, base, 0)}
    assert [found[name].verdict for name in ("accuracy", "rep_4", "words", "distinct_2")] == [
        "better", "worse", None, None,
    ]  # fmt: skip
    difference = found["distinct_2"].difference
    assert difference is not None and difference.value == -0.25
    same = lines(here, here, 0)
    assert [line.verdict for line in same] == ["unsure", "unsure", None, None]
    alone = lines(here, {}, 0)
    assert all(line.base is line.difference is line.verdict is None for line in alone)


def test_the_record_is_json(subject_of: Callable[..., Subject]) -> None:
    sets = Sets(texts=["سلام، خوبی؟"], choices=QUESTIONS)
    ticked: set[str] = set()
    found = dict(sets.measure(subject_of("gpt2"), lambda name, done, total: ticked.add(name)))
    assert ticked == set(found) == {"text", "choices"}
    written = record({"model": "tiny"}, found, {}, 3)
    assert written["interval"]["random_seed"] == 3
    assert {one["figure"] for one in written["figures"]} >= {"perplexity", "accuracy"}
    assert [row["right"] for row in written["items"]["choices"]] == ["تهران", "آفتاب می‌تابد", "نه"]
