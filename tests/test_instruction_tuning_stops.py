"""Instruction tuning stopped, killed, ended early, and what goes wrong in it."""

from __future__ import annotations

import resource
import shutil
import signal
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_files import talk
from learning_parts import load
from safetensors.torch import load_file
from tiny_models import SENTENCES
from tuning_parts import MODEL, SETTINGS, after, candidate, rows, run, same, trained

from persian_assistant import metrics
from persian_assistant.errors import Cancelled, DiskError, LearningError, UsageError
from persian_assistant.instruction_tuning import (
    TuningProgress,
    remove_run,
)
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example
from persian_assistant.template import ChatTemplate


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load(*MODEL)


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
