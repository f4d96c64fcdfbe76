"""Figures about a model, checked against plain computations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from learning_parts import load, parameters_of
from tiny_models import SENTENCES

from persian_assistant import metrics
from persian_assistant.model import LoadedModel
from persian_assistant.template import ChatTemplate


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load("gpt2", "plain")  # its positions are absolute: padding that moved them would show


@pytest.fixture(scope="module")
def template(loaded: LoadedModel) -> ChatTemplate:
    return ChatTemplate.for_model(loaded.tokenizer)


def rows(template: ChatTemplate) -> list[list[int]]:
    return [metrics.text_ids(template, text) for text in SENTENCES[:5]]


def test_loss_is_the_model_s_own_mean_over_guessed_tokens(
    loaded: LoadedModel, template: ChatTemplate
) -> None:
    total, count = 0.0, 0
    with torch.inference_mode():
        for row in rows(template):
            ids = torch.tensor([row])
            total += float(loaded.model(input_ids=ids, labels=ids).loss) * (len(row) - 1)
            count += len(row) - 1
    before = parameters_of(loaded.model)
    assert metrics.mean_loss(loaded.model, rows(template), max_tokens=10**6) == pytest.approx(
        total / count, 1e-4
    )
    assert all(torch.equal(one, before[name]) for name, one in loaded.model.named_parameters())
    assert not loaded.model.training


def test_limits_and_rows_too_short(loaded: LoadedModel, template: ChatTemplate) -> None:
    first, second = rows(template)[:2]
    whole = metrics.mean_loss(loaded.model, [first], max_tokens=len(first) - 1)
    assert metrics.mean_loss(loaded.model, [[5], first, second], max_tokens=len(first) - 1) == whole
    assert metrics.mean_loss(loaded.model, [first, second], max_tokens=10**6) != whole
    assert math.isnan(metrics.mean_loss(loaded.model, [[5], []], max_tokens=9))
    assert math.isnan(metrics.mean_loss(loaded.model, [first], max_tokens=9, stop=lambda: True))


def test_perplexity(loaded: LoadedModel, template: ChatTemplate) -> None:
    limits: dict[str, Any] = {"max_tokens": 10**6, "max_length": 10**6, "stop": lambda: False}
    loss = metrics.mean_loss(loaded.model, rows(template), max_tokens=10**6)
    assert metrics.perplexity(loaded.model, template, SENTENCES[:5], **limits) == pytest.approx(
        math.exp(loss)
    )
    assert math.isnan(metrics.perplexity(loaded.model, template, [], **limits))


class _Shouting(torch.nn.Module):
    """Another model, sure of the wrong token."""

    device = torch.device("cpu")

    def forward(self, input_ids: torch.Tensor, **_: Any) -> Any:
        logits = torch.zeros(*input_ids.shape, 1000)
        logits[..., 0] = 1e6
        return type("Output", (), {"logits": logits})


def test_perplexity_overflows_to_infinity(template: ChatTemplate) -> None:
    value = metrics.perplexity(
        _Shouting(), template, SENTENCES[:1], max_tokens=5, max_length=9, stop=lambda: False
    )
    assert value == math.inf


@pytest.fixture
def stopping(template: ChatTemplate) -> Iterator[Any]:
    """A tiny model with its end token's score moved: it ends now and then, by the position it is at."""
    model = load("gpt2", "plain").model
    model.transformer.wpe.weight.mul_(10)
    head = model.get_output_embeddings()

    def lifted(module: Any, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[..., template.stop_token_ids] += 4.5
        return output

    hook = head.register_forward_hook(lifted)
    yield model
    hook.remove()


def test_stop_rate_is_what_single_greedy_answers_show(stopping: Any, template: ChatTemplate) -> None:
    prompts = [metrics.text_ids(template, text)[: 4 + 3 * at] for at, text in enumerate(SENTENCES[:8])]
    ended, likely = 0, []
    for prompt in prompts:  # without padding and without a cache
        ids = list(prompt)
        likely.append(0.0)
        for _ in range(6):
            with torch.inference_mode():
                logits = stopping(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].float()
            token = int(logits.argmax())
            likely[-1] += float(logits.log_softmax(-1)[token])
            ids.append(token)
            if token in template.stop_token_ids:
                ended += 1
                break
    assert 0 < ended < len(prompts), "the test wants both kinds"
    rate = metrics.stop_rate(stopping, template, prompts, max_new_tokens=6)
    assert rate == pytest.approx(ended / len(prompts))
    answers = metrics.greedy_answers(stopping, template, prompts, max_new_tokens=6)
    assert [answer.log_probability for answer in answers] == pytest.approx(likely, abs=0.1)  # bfloat16


def test_stop_rate_without_prompts_or_when_stopped(loaded: LoadedModel, template: ChatTemplate) -> None:
    assert math.isnan(metrics.stop_rate(loaded.model, template, [], max_new_tokens=4))
    asked = metrics.stop_rate(loaded.model, template, [[5, 6]], max_new_tokens=4, stop=lambda: True)
    assert math.isnan(asked)


def test_repetition_and_diversity() -> None:
    assert metrics.rep_n("یک دو سه چهار پنج شش", 4) == 0
    assert metrics.rep_n("یک دو یک دو یک دو", 2) == pytest.approx(1 - 2 / 5)
    assert metrics.rep_n("کوتاه", 4) == 0
    assert metrics.distinct_n(["یک دو سه", "یک دو"], 2) == pytest.approx(2 / 3)
    assert metrics.distinct_n([], 2) == 0
