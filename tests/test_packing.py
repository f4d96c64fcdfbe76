"""Rows laid into one with what they share: losses and gradients as row by row, on every architecture."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from learning_parts import load
from tiny_models import ARCHITECTURES, tiny_config, tiny_model, tiny_tokenizer
from transformers import MambaConfig, MambaForCausalLM

from persian_assistant import adapters, packing
from persian_assistant.config import LearningConfig
from persian_assistant.packing import Batch, Shape, batches_of, packed_tokens, shape_of
from persian_assistant.records import Example
from persian_assistant.trainer import TrainingProgress, WeightedTrainer, ask_teacher, train_adapter
from persian_assistant.training_copy import training_copy

ALL = sorted(ARCHITECTURES)
PERSONA = 14


def row(chance: random.Random, own: int, start: list[int], *, kl: float = 0.0, answer: int = 5) -> Example:
    """`start`, then `own` tokens, the last `answer` of which carry loss (some of it at half weight)."""
    ids = [*start, *(chance.randrange(20, 220) for _ in range(own))]
    weights = [0.0] * (len(ids) - answer) + [chance.choice([0.5, 1.0]) for _ in range(answer)]
    labels = [token if weight else -100 for token, weight in zip(ids, weights, strict=True)]
    return Example(ids, labels, weights, kl)


def talks(count: int = 5, kl: float = 0.0, seed: int = 3) -> list[Example]:
    """Rows with one persona, of different lengths; one answers right after the persona."""
    chance = random.Random(seed)
    start = [chance.randrange(20, 220) for _ in range(PERSONA)]
    rows = [row(chance, 6 + at % 4, start, kl=kl) for at in range(count - 1)]
    return [*rows, row(chance, 5, start, kl=kl)]


def tiny(architecture: str, **changes: Any) -> Any:
    """An adapter that already says something, on a model without dropout, float32."""
    tokenizer = tiny_tokenizer(ARCHITECTURES[architecture])
    if architecture == "gpt2":
        changes |= {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    torch.manual_seed(0)
    model = adapters.attach(
        tiny_model(tiny_config(architecture, tokenizer, **changes)).requires_grad_(False),
        None, "candidate", lora_r=4, trainable=True,
    )  # fmt: skip
    with torch.no_grad():
        for tensor in adapters.adapter_tensors(model).values():
            tensor.normal_(0, 0.05)
    return model


def losses(model: Any, batches: list[Batch]) -> tuple[torch.Tensor, torch.Tensor, list[Any]]:
    """(summed loss, all gradients, what the trainer told of each step)."""
    trainer = WeightedTrainer.__new__(WeightedTrainer)
    trainer.sums, trainer.may_be_plain = [], False
    ask_teacher(model, batches, lambda: False)
    model.zero_grad()
    loss = sum(trainer.compute_loss(model, dict(batch)) for batch in batches)
    loss.backward()
    gradients = [one.grad.flatten() for one in model.parameters() if one.requires_grad]
    return loss.detach(), torch.cat(gradients), trainer.sums


@pytest.mark.parametrize("kl", [0.0, 2.0])
@pytest.mark.parametrize("architecture", ALL)
def test_loss_and_gradients_are_those_of_the_rows_one_by_one(architecture: str, kl: float) -> None:
    model = tiny(architecture)
    shape = shape_of(model)
    assert shape is not None
    packed, padded = batches_of(talks(kl=kl), 0, 8, shape), batches_of(talks(kl=kl), 0, 8, None)
    assert len(packed) == len(padded) == 1
    assert packed[0]["input_ids"].shape[0] == 1 < padded[0]["input_ids"].shape[0]
    (loss, gradients, sums), (exact, right, told) = losses(model, packed), losses(model, padded)
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)
    assert float((gradients - right).norm()) < 1e-4 * float(right.norm())
    assert torch.allclose(torch.tensor(sums), torch.tensor(told), rtol=1e-5)
    # and the divergence is part of both
    if kl:
        alone = losses(model, batches_of(talks(), 0, 8, shape))[0]
        assert float(loss) > float(alone) + 0.003


def test_the_loss_is_what_it_is_called() -> None:
    """Against the sum written down row by row, without batches."""
    model = tiny("llama")
    total, labels, divergence, asked = 0.0, 0, 0.0, 0
    for one in talks(kl=2.0):
        with torch.no_grad():
            logprobs = model(input_ids=torch.tensor([one.input_ids])).logits[0].log_softmax(-1)
            with model.disable_adapter():
                base = model(input_ids=torch.tensor([one.input_ids])).logits[0].log_softmax(-1)
        for at in range(len(one) - 1):
            weight = one.loss_weights[at + 1]
            total -= weight * float(logprobs[at, one.input_ids[at + 1]])
            labels += weight > 0
            divergence += 2 * float((base[at].exp() * (base[at] - logprobs[at])).sum())
            asked += 1
    found = losses(model, batches_of(talks(kl=2.0), 0, 8, shape_of(model)))[0]
    assert float(found) == pytest.approx(total / labels + divergence / asked, rel=0.01)


@pytest.mark.parametrize("wrong", ["attention_mask", "position_ids"])
def test_without_mask_or_positions_it_would_be_another_loss(wrong: str) -> None:
    """The comparison above can fail."""
    model = tiny("llama")
    batch = batches_of(talks(), 0, 8, shape_of(model))[0]
    exact = float(losses(model, [batch])[0])
    place = torch.arange(batch["input_ids"].shape[1])
    batch[wrong] = (place[:, None] >= place[None])[None, None] if wrong == "attention_mask" else place[None]
    assert abs(float(losses(model, [batch])[0]) - exact) > 1e-3


def test_a_model_that_knows_no_such_rows_is_trained_on_padded_ones() -> None:
    config = MambaConfig(vocab_size=240, hidden_size=64, num_hidden_layers=2, state_size=4, pad_token_id=0)
    model = MambaForCausalLM(config).eval()
    assert shape_of(model) is None
    assert all("attention_mask" not in batch for batch in batches_of(talks(), 0, 8, shape_of(model)))


def test_a_model_that_overlooks_the_positions_is_trained_on_padded_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny("llama")
    known = model.forward
    monkeypatch.setattr(model, "forward", lambda position_ids=None, **inputs: known(**inputs))
    assert shape_of(model) is None


def test_4_bit_weights_take_packed_rows() -> None:
    model = adapters.attach(
        training_copy(load("llama", "mini", "nf4").model), None, "candidate", trainable=True
    )
    assert shape_of(model) == Shape(64)


SHAPE = Shape(256)


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


def rows_in(batches: list[Batch]) -> list[Counter[int]]:
    return [Counter(batch["targets"].tolist()) for batch in batches]


def test_every_row_is_in_one_step_and_steps_have_as_many_rows() -> None:
    rows = [*talks(21), *talks(10, kl=2.0)]
    for shape in (None, SHAPE):
        batches = batches_of(rows, 0, 8, shape)
        assert len(batches) == 3 + 2
        assert [len(batch["targets"]) // 5 for batch in batches] == [8, 8, 5, 8, 2]
        assert [int(batch["kl_count"]) > 0 for batch in batches] == [False] * 3 + [True] * 2
        labels = [label for row in rows for label in row.labels if label >= 0]
        assert sum(rows_in(batches), Counter()) == Counter(labels)
        again = batches_of(rows, 0, 8, shape)
        assert all(map(same, batches, again))


def test_rows_of_the_same_start_go_together_and_others_stay_padded() -> None:
    chance = random.Random(1)
    texts = [row(chance, 20 + at % 8, [], answer=19) for at in range(8)]
    mixed = [*talks(8), *texts, *talks(8, seed=9)]
    chance.shuffle(mixed)
    batches = batches_of(mixed, 0, 8, SHAPE)
    assert sorted("attention_mask" in batch for batch in batches) == [False, True, True]
    assert packed_tokens(mixed, 8, None) == sum(map(len, mixed))
    assert packed_tokens(mixed, 8, SHAPE) == sum(map(len, mixed)) - 2 * 7 * PERSONA


def packs(rows: list[Example], shape: Shape = SHAPE) -> int:
    """Tokens shared by each of `rows`, 0 where they are padded."""
    saved = packed_tokens(rows, 64, None) - packed_tokens(rows, 64, shape)
    return saved // (len(rows) - 1)


def test_what_is_shared() -> None:
    rows = talks(4)
    assert packs(rows) == PERSONA
    # a start with loss is each row's own
    early = [replace(one, loss_weights=[0.0] * 10 + [1.0] * (len(one) - 10)) for one in rows]
    assert packs(early) == 10
    assert packs([replace(one, loss_weights=[1.0] * len(one)) for one in rows]) == 0
    # a row keeps a token of its own, also where another begins with all of it
    short = Example(rows[0].input_ids[:12], [-100] * 11 + [rows[0].input_ids[11]], [0.0] * 11 + [1.0])
    assert packs([short, rows[0]]) == 11
    # too little, too far back, or too dear
    few = [Example(one.input_ids[8:], one.labels[8:], one.loss_weights[8:]) for one in rows]
    assert packs(few) == 0
    assert packs(rows, Shape(256, window=max(map(len, rows)))) == PERSONA
    assert packs(rows, Shape(256, window=max(map(len, rows)) - 1)) == 0
    chance = random.Random(2)
    assert packs([row(chance, 300, rows[0].input_ids[:PERSONA]) for _ in range(3)]) == 0
    assert packs([row(chance, 300, rows[0].input_ids[:PERSONA]) for _ in range(8)], Shape(100_000)) == 0


def test_a_whole_training_goes_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Epochs, steps, the losses told on the way and the adapter in the end."""
    settings = LearningConfig(learning_rate=1e-3, num_train_epochs=2, batch_size=4, lora_r=4)
    rows = [*talks(10), *talks(6, kl=2.0)]
    ends: list[tuple[list[float], torch.Tensor, int]] = []
    for packed in (True, False):
        if not packed:
            monkeypatch.setattr("persian_assistant.trainer.shape_of", lambda model: None)
        model, told = tiny("llama"), []
        before = adapters.base_of(model).config._attn_implementation

        def report(now: TrainingProgress, told: list[float] = told) -> None:
            told.append(now.loss or 0.0)

        result = train_adapter(model, rows, 0, settings, random_seed=1, report=report)
        assert adapters.base_of(model).config._attn_implementation == before == "sdpa"
        assert result.steps == len(told) == 2 * (3 + 2)
        adapter = torch.cat([one.flatten() for one in adapters.adapter_tensors(model).values()])
        ends.append((told, adapter.detach(), result.tokens))
    (told, adapter, tokens), (exact, right, all_tokens) = ends
    assert told == pytest.approx(exact, rel=1e-4)
    assert float((adapter - right).norm()) < 1e-3 * float(right.norm())
    assert all_tokens == 2 * sum(map(len, rows))
    assert tokens == all_tokens - 2 * PERSONA * (16 - 5)


def test_the_longest_packed_row_is_bounded() -> None:
    chance = random.Random(5)
    start = [chance.randrange(20, 220) for _ in range(200)]
    rows = [row(chance, 40, start) for _ in range(30)]
    assert packs(rows[:20], Shape(10_000)) == 200
    assert packing.LONGEST_PACKED < 200 + 30 * 40
    assert packs(rows, Shape(10_000)) == 0
