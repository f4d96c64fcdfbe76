"""A copy to train on: the same values, nothing of the adapters, and answers that stay the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_parts import GREEDY, TALK, adapter_on_disk, loader, logits, train

from persian_assistant.adapters import (
    attach,
    remove_adapter,
)
from persian_assistant.engine import Engine
from persian_assistant.model import LoadedModel, is_4bit, packs_on_cpu
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import allow_packing, training_copy


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., LoadedModel]:
    return loader(tmp_path_factory.mktemp)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_copy_holds_the_same_four_bit_values(architecture: str, loaded: Any) -> None:
    one = loaded(architecture)
    twin = training_copy(one.model)
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    pairs = [
        (ours, copied)
        for ours, copied in zip(one.model.modules(), twin.modules(), strict=True)
        if is_4bit(ours)
    ]
    assert len(pairs) == {"gpt2": 8, "llama": 14}[architecture]
    for ours, copied in pairs:
        eye = torch.eye(ours.in_features, dtype=torch.bfloat16)
        with torch.inference_mode():
            dense = ours(eye) - (0 if ours.bias is None else ours.bias)
        codes, state = quantize_4bit(
            dense.t().contiguous().clone(), blocksize=64, quant_type="nf4", compress_statistics=False
        )
        if ours.bias is None:  # with one the product is rounded once more
            assert torch.equal(codes, copied.weight.data)
            assert torch.equal(state.absmax, copied.weight.quant_state.absmax)
        plain = dequantize_4bit(copied.weight.data, copied.weight.quant_state).t()
        assert torch.allclose(dense, plain, atol=0.02)  # the bias comes and goes in bfloat16
        if packs_on_cpu(ours):
            assert copied.weight.data_ptr() != ours.weight.data_ptr() and not packs_on_cpu(copied)
        assert ours.bias is None or copied.bias is ours.bias
    assert twin.get_input_embeddings().weight is one.model.get_input_embeddings().weight
    again = training_copy(twin)  # and a copy of a copy is the same to the last bit
    assert torch.equal(logits(again), logits(twin))
    before = logits(twin)
    allow_packing(twin)
    assert torch.allclose(logits(twin), before, atol=0.1, rtol=0.05)


def test_a_copy_of_an_adapted_model_is_bare(loaded: Any, tmp_path: Path) -> None:
    one = loaded("gpt2")
    bare = logits(training_copy(one.model))
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "a"), "v1")
    for source in (one.model, peft_model):
        twin = training_copy(source)
        assert torch.equal(logits(twin), bare)
        assert not any("lora" in name for name, _ in twin.named_modules())
    attach(twin, tmp_path / "a", "next", trainable=True)
    remove_adapter(peft_model)


@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_answers_are_the_same_while_a_thread_trains(quantization: str, loaded: Any, tmp_path: Path) -> None:
    one = loaded("gpt2", quantization)
    template = ChatTemplate.for_model(one.tokenizer)
    peft_model = attach(one.model, adapter_on_disk(one, tmp_path / "a"), "v1")
    engine = Engine(one.model, one.tokenizer, template)
    prompt = template.prompt_ids(TALK[:1], 24, 256)

    def answer() -> list[int]:
        engine._cache = None
        return list(engine._tokens(prompt, GREEDY, threading.Event()))

    expected = answer()
    trainee = attach(training_copy(one.model), tmp_path / "a", "next", trainable=True)
    done, failed = threading.Event(), []

    def work() -> None:
        try:
            while not done.is_set():
                train(trainee, template, steps=2)
                trainee.eval()
                logits(trainee)  # measuring in between must not spoil training
                trainee.train()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        answers = [answer() for _ in range(6)]
    finally:
        done.set()
        thread.join()
    assert not failed
    assert answers == [expected] * 6
    remove_adapter(peft_model)
