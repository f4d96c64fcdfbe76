"""Instruction tuning for real, on tiny models of the real architectures."""

from __future__ import annotations

import copy
import resource
import shutil
import signal
import stat
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_files import talk
from learning_parts import load, parameters_of
from safetensors.torch import load_file
from tiny_models import SENTENCES

from persian_assistant import adapters, metrics
from persian_assistant.errors import Cancelled, DiskError, LearningError, UsageError
from persian_assistant.instruction_tuning import (
    TuningProgress,
    TuningResult,
    TuningSettings,
    remove_run,
    tune,
)
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.training_copy import training_copy
from persian_assistant.tuning_batches import TuningBatches, in_order

SETTINGS = TuningSettings(learning_rate=1e-2, num_train_epochs=3, batch_size=4, optim="adamw_torch")
PERSONA = Message("system", "تو دستیاری مهربانی و کوتاه جواب می‌دهی.")


def rows(loaded: LoadedModel, count: int = 20, *, persona: bool = False) -> list[Example]:
    """Questions of many lengths; only the answers carry loss."""
    template = ChatTemplate.for_model(loaded.tokenizer)
    found = []
    for at in range(count):
        turns = talk(" ".join(SENTENCES[at % 12 : at % 12 + 1 + at % 3]), SENTENCES[(at + 5) % 12])
        messages = [PERSONA, *turns] if persona else turns
        weights = [float(message.role == "assistant") for message in messages]
        found.append(template.encode_example(messages, weights, 220))
    return found


def candidate(loaded: LoadedModel) -> Any:
    torch.manual_seed(0)  # a fresh adapter begins with random numbers
    return adapters.attach(training_copy(loaded.model), None, "candidate", lora_r=4, trainable=True)


def trained(model: Any) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def run(model: Any, folder: Path, settings: TuningSettings = SETTINGS, **more: Any) -> TuningResult:
    loaded = load(*MODEL)
    train, heldout = more.pop("train", rows(loaded)), more.pop("heldout", rows(loaded, 23)[20:])
    return tune(model, train, heldout, loaded.tokenizer.pad_token_id, settings, folder=folder, **more)


MODEL = ("llama", "mini", "none")


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


def after(steps: int) -> Callable[[], bool]:
    """True when it is asked for the so many-th time: after that step."""
    asked = iter(range(1, 10_000))
    return lambda: next(asked) >= steps


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


# --- stopped, killed, ended early


def test_stopped_and_gone_on_with_is_the_run_that_was_never_stopped(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, optim="paged_adamw_8bit")
    whole = candidate(loaded)
    curve: list[float] = []
    result = run(whole, tmp_path / "whole", settings, report=lambda now: curve.append(now.loss))
    parts: list[float] = []
    told: list[str] = []
    folder = tmp_path / "parts"
    for stop in (after(4), after(7)):
        with pytest.raises(Cancelled) as caught:
            run(
                candidate(loaded), folder, settings,
                report=lambda now: parts.append(now.loss), stop=stop, notice=told.append,
            )  # fmt: skip
        assert str(folder) in str(caught.value)
        # a checkpoint that a kill left unfinished is passed over
        (newest,) = folder.glob("checkpoint-*")
        torn = shutil.copytree(newest, folder / "checkpoint-999")
        (torn / "run.json").unlink()
        (torn / "optimizer.pt").write_bytes(b"half")
    model = candidate(loaded)
    ended = run(model, folder, settings, report=lambda now: parts.append(now.loss), notice=told.append)
    assert parts == curve
    assert same(trained(model), trained(whole))
    assert (ended.evaluations, ended.tokens, ended.steps) == (result.evaluations, result.tokens, 15)
    assert len(told) == 2
    assert "۴" in told[0]
    assert "۱۱" in told[1]
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert len(list(folder.glob("best-*"))) == len(list(folder.glob("checkpoint-*"))) == 1

    # and once more: it is finished, nothing is trained
    again = candidate(loaded)
    assert run(again, folder, settings, report=lambda now: pytest.fail("a step")) == ended
    assert same(trained(again), trained(whole))
    remove_run(folder)
    assert not folder.exists()


def test_it_ends_early_with_the_best_weights(loaded: LoadedModel, tmp_path: Path) -> None:
    # held-out answers that contradict the ones trained: what is learned by heart makes them less likely
    train = rows(loaded, 4)
    wrong = ChatTemplate.for_model(loaded.tokenizer).encode_example(
        talk(SENTENCES[0], SENTENCES[9]), [0.0, 1.0], 220
    )
    settings = replace(SETTINGS, learning_rate=3e-2, num_train_epochs=60, patience=3, evaluations_per_epoch=1)
    model = candidate(loaded)
    result = run(model, tmp_path, settings, train=train, heldout=[wrong])
    assert result.stopped_early
    assert result.best is not None
    steps = [one.step for one in result.evaluations]
    assert steps[-1] == result.steps == result.best.step + 3
    assert all(one.loss >= result.best.loss for one in result.evaluations[1:])
    kept = load_file(tmp_path / f"best-{result.best.step}.safetensors")
    assert same({name: one.detach() for name, one in trained(model).items()}, kept)
    now = metrics.weighted_loss(model.eval(), [wrong])
    assert now == pytest.approx(result.best.loss, rel=2e-2)
    longer = run(candidate(loaded), tmp_path / "on", replace(settings, patience=0, num_train_epochs=20),
                 train=train, heldout=[wrong])  # fmt: skip
    assert not longer.stopped_early
    assert longer.steps == 20


def test_without_held_out_rows_the_last_weights_stay(loaded: LoadedModel, tmp_path: Path) -> None:
    result = run(candidate(loaded), tmp_path, heldout=[])
    assert (result.evaluations, result.best, result.stopped_early) == ((), None, False)
    assert not list(tmp_path.glob("best-*"))
    assert (tmp_path / "checkpoint-15" / "run.json").exists()


@pytest.mark.parametrize("budget", [{"max_steps": 7}, {"max_tokens": 2000}, {"max_seconds": 1e-6}])
def test_a_budget_ends_the_run(loaded: LoadedModel, tmp_path: Path, budget: dict[str, float]) -> None:
    result = run(candidate(loaded), tmp_path, replace(SETTINGS, num_train_epochs=50, **budget))  # type: ignore[arg-type]
    if "max_steps" in budget:
        assert result.steps == 7
    elif "max_tokens" in budget:
        assert 1200 < result.tokens <= 2000
    else:
        assert result.steps == 1
    assert result.evaluations[-1].step == result.steps


# --- what goes wrong


def test_a_checkpoint_of_another_run_is_refused(loaded: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        run(candidate(loaded), tmp_path, stop=after(3))
    for change in (
        {"settings": replace(SETTINGS, learning_rate=1e-3)},
        {"train": rows(loaded, 19)},
        {"started_from": "version 3"},
    ):
        with pytest.raises(UsageError) as caught:
            run(candidate(loaded), tmp_path, **change)  # type: ignore[arg-type]
        assert caught.value.key == "train.other_run"
        assert str(tmp_path) in str(caught.value)
    # how often it is saved makes no difference
    weights = tmp_path / "checkpoint-3" / "trained.safetensors"
    weights.write_bytes(weights.read_bytes()[:300])
    with pytest.raises(UsageError) as caught:
        run(candidate(loaded), tmp_path, replace(SETTINGS, checkpoint_seconds=1.0))
    assert caught.value.key == "train.bad_checkpoint"


def test_numbers_that_are_none_end_the_run_and_the_checkpoint_stays(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    model = candidate(loaded)

    def break_it(now: TuningProgress) -> None:
        if now.step == 5:
            next(iter(trained_live(model))).data.fill_(float("nan"))

    with pytest.raises(LearningError) as caught:
        run(model, tmp_path, report=break_it)
    assert caught.value.key == "train.not_finite"
    assert caught.value.values["step"] == "۶"
    kept = load_file(tmp_path / "checkpoint-4" / "trained.safetensors")
    assert all(bool(torch.isfinite(one).all()) for one in kept.values())


def trained_live(model: Any) -> Iterator[torch.nn.Parameter]:
    return (one for one in model.parameters() if one.requires_grad)


def test_weights_that_are_not_finite_are_never_saved(loaded: LoadedModel, tmp_path: Path) -> None:
    model = candidate(loaded)

    def break_it(now: TuningProgress) -> None:
        if now.step == 2:  # a step with an evaluation and a checkpoint
            next(iter(trained_live(model))).data.fill_(float("inf"))

    with pytest.raises(LearningError) as caught:
        run(model, tmp_path, report=break_it)
    assert caught.value.key == "train.not_finite"
    assert not list(tmp_path.glob("checkpoint-*"))


def test_memory_that_is_not_there(loaded: LoadedModel, tmp_path: Path) -> None:
    def ask_for_too_much(now: TuningProgress) -> None:
        if now.step == 3:
            torch.empty(2**60)

    with pytest.raises(LearningError) as caught:
        run(candidate(loaded), tmp_path, report=ask_for_too_much)
    assert caught.value.key == "train.no_memory"
    assert (tmp_path / "checkpoint-2" / "run.json").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no such limit here")
def test_a_full_disk_keeps_the_last_checkpoint(loaded: LoadedModel, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk's end: the write fails in the middle."""
    with pytest.raises(Cancelled):
        run(candidate(loaded), tmp_path, stop=after(3))
    size = (tmp_path / "checkpoint-3" / "optimizer.pt").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        with pytest.raises(DiskError) as caught:
            run(candidate(loaded), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(tmp_path) in str(caught.value)
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-3"]
    assert run(candidate(loaded), tmp_path).steps == 15


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"batch_size": 0}, "batch_size"),
        ({"num_train_epochs": 0}, "epochs"),
        ({"patience": -1}, "patience"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_a_wrong_setting_names_itself(change: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        replace(SETTINGS, **change)


def test_an_unknown_optimizer_and_nothing_to_train(loaded: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--optim"):
        run(candidate(loaded), tmp_path, replace(SETTINGS, optim="best"))
    for nothing in ([], [Example([5, 6], [5, 6], [1.0, 0.0])]):
        with pytest.raises(LearningError) as caught:
            run(candidate(loaded), tmp_path, train=nothing)
        assert caught.value.key == "train.nothing_to_train"
