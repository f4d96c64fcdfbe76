"""Instruction tuning for real, on tiny models of the real architectures."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_parts import load, parameters_of
from tuning_parts import MODEL, SETTINGS, after, candidate, rows, run, same, trained

from persian_assistant import metrics
from persian_assistant.errors import Cancelled
from persian_assistant.instruction_tuning import (
    TuningProgress,
    tune,
)
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example
from persian_assistant.tuning_batches import TuningBatches, in_order


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load(*MODEL)


# --- what it learns


@pytest.mark.parametrize(
    ("architecture", "kind", "quantization", "optim"),
    [
        ("gpt2", "plain", "nf4", "paged_adamw_8bit"),
        ("llama", "mini", "nf4", "adamw_torch"),
        ("gemma2", "gemma2", "none", "adamw_torch"),
    ],
)
def test_what_requires_grad_learns_and_the_rest_stays(
    architecture: str, kind: str, quantization: str, optim: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    loaded = load(architecture, kind, quantization)
    assert loaded.quantization == quantization
    capfd.readouterr()
    base = parameters_of(loaded.model)
    model = candidate(loaded)
    before = trained(model)
    train, heldout = rows(loaded), rows(loaded, 23)[20:]
    told: list[TuningProgress] = []
    result = tune(
        *(model, train, heldout, loaded.tokenizer.pad_token_id, replace(SETTINGS, optim=optim)),
        folder=tmp_path / "run",
        report=told.append,
    )
    after = trained(model)
    assert result.steps == len(told) == 15
    assert told[-1].tokens == result.tokens == 3 * sum(map(len, train))
    assert result.examples == 60
    assert [one.step for one in result.evaluations] == [0, 2, 4, 6, 8, 10, 12, 14, 15]
    assert result.best is not None
    assert result.heldout_before is not None
    assert result.best.loss < result.heldout_before - 0.3
    assert result.loss < told[0].loss
    assert sum(not torch.equal(before[name], after[name]) for name in after) >= len(after) - 1
    now = parameters_of(loaded.model)
    assert all(torch.equal(now[name], one) for name, one in base.items())
    assert result.peak_memory_mb > 50
    assert capfd.readouterr() == ("", "")


def _full(loaded: LoadedModel) -> Any:
    return copy.deepcopy(loaded.model).float().requires_grad_(True).train()


def _peft(config: Any) -> Callable[[LoadedModel], Any]:
    def make(loaded: LoadedModel) -> Any:
        from peft import get_peft_model

        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PEFT's own calls into transformers
            return get_peft_model(copy.deepcopy(loaded.model).float(), config())

    return make


def _p_tuning() -> Any:
    from peft import PromptEncoderConfig

    return PromptEncoderConfig(task_type="CAUSAL_LM", num_virtual_tokens=4, encoder_hidden_size=16)


def _ia3() -> Any:
    from peft import IA3Config

    return IA3Config(
        task_type="CAUSAL_LM", target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"]
    )


TECHNIQUES = {"full": (_full, 3e-3), "p_tuning": (_peft(_p_tuning), 3e-2), "ia3": (_peft(_ia3), 3e-2)}


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_any_technique_is_trained_and_goes_on_after_a_stop(
    loaded: LoadedModel, technique: str, tmp_path: Path
) -> None:
    make, rate = TECHNIQUES[technique]
    settings = replace(SETTINGS, learning_rate=rate, patience=0)
    whole = make(loaded)
    before, heldout = trained(whole), rows(loaded, 23)[20:]
    expected = own_loss(whole, heldout)
    result = run(whole, tmp_path / "whole", settings)
    assert result.heldout_before == pytest.approx(expected, rel=5e-3)
    assert result.best is not None
    assert own_loss(whole, heldout) == pytest.approx(result.best.loss, rel=5e-3)
    assert all(not torch.equal(one, before[name]) for name, one in trained(whole).items())
    parts = make(loaded)
    with pytest.raises(Cancelled):
        run(parts, tmp_path / "parts", settings, stop=after(5))
    again = make(loaded)
    assert run(again, tmp_path / "parts", settings).evaluations == result.evaluations
    assert same(trained(again), trained(whole))


@torch.no_grad()
def own_loss(model: Any, examples: list[Example]) -> float:
    """By transformers' and PEFT's own reading of labels, row by row."""
    model.eval()
    total, count = 0.0, 0
    for row in examples:
        labels = sum(label != -100 for label in row.labels[1:])
        ids = torch.tensor([row.input_ids])
        total += float(model(input_ids=ids, labels=torch.tensor([row.labels])).loss) * labels
        count += labels
    model.train()
    return total / count


# --- the loss


@pytest.mark.parametrize("persona", [False, True])
def test_held_out_loss_is_that_of_the_rows_one_by_one(
    loaded: LoadedModel, tmp_path: Path, persona: bool
) -> None:
    heldout = rows(loaded, 7, persona=persona)
    model = candidate(loaded)
    result = run(model, tmp_path, replace(SETTINGS, max_steps=1), heldout=heldout)
    expected = metrics.weighted_loss(loaded.model, heldout)
    assert result.heldout_before == pytest.approx(expected, rel=5e-3)


def test_each_row_once_an_epoch_in_an_order_of_the_seed(loaded: LoadedModel) -> None:
    examples = rows(loaded, 22)
    batches = TuningBatches(examples, 0, 4, random_seed=3)
    assert batches.steps_per_epoch == 6

    def epoch(number: int, source: TuningBatches = batches) -> list[list[int]]:
        groups = [source.group(step) for step in range(6 * number, 6 * number + 6)]
        return [[numbers[id(row)] for row in group] for group in groups]

    numbers = {id(row): at for at, row in enumerate(examples)}
    first, second = epoch(0), epoch(1)
    assert {index for group in first for index in group} == set(range(22))
    assert sum(map(len, first)) == 24  # the last batch is filled up
    assert first != second
    assert epoch(0, TuningBatches(examples, 0, 4, random_seed=3)) == first
    assert epoch(0, TuningBatches(examples, 0, 4, random_seed=4)) != first
    assert max(map(len, examples)) in {len(row) for row in batches.group(0)}


def test_next_to_nothing_is_padding(loaded: LoadedModel) -> None:
    examples = rows(loaded, 300)
    batches = TuningBatches(examples, 0, 4)
    computed = sum(batches[step]["input_ids"].numel() for step in range(batches.steps))
    drawn = torch.randperm(300, generator=torch.Generator().manual_seed(0)).tolist()
    by_chance = sum(4 * max(len(examples[at]) for at in drawn[one : one + 4]) for one in range(0, 300, 4))
    real = sum(map(len, examples))
    assert computed < 1.03 * real < 1.2 * real < by_chance


@torch.no_grad()
def test_the_parts_of_several_processes_make_up_the_batch(loaded: LoadedModel) -> None:
    examples = rows(loaded, 10)
    model = loaded.model

    def loss(batch: dict[str, torch.Tensor]) -> float:
        logits = model(input_ids=batch["input_ids"], logits_to_keep=batch["keep"]).logits.flatten(0, 1)
        losses = -logits[batch["at"]].float().log_softmax(-1)[range(len(batch["at"])), batch["targets"]]
        return float((losses * batch["loss_weights"]).sum() * batch["share"])

    alone, shared = (TuningBatches(examples, 0, 4) for _ in range(2))
    shared.processes = 3
    assert len(shared) == 9
    for step in range(3):
        parts = [loss(shared[3 * step + part]) for part in range(3)]
        assert sum(parts) / 3 == pytest.approx(loss(alone[step]), rel=1e-2)
    weights = [[weight for _, weight in in_order(alone, process, 2)] for process in range(2)]
    assert len(weights[0]) == len(weights[1]) == 2
    assert sum(map(sum, weights)) == sum(sum(row.loss_weights[1:]) for row in examples)
    assert weights[1][-1] == 0  # given again, so that no process waits for the other
