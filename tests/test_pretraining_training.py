"""Training and resuming, for real on a model of some twenty thousand numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from persian_assistant.errors import LearningError, UsageError
from persian_assistant.pretraining.corpus import PackedTokens
from persian_assistant.pretraining.recipe import Architecture, Schedule
from persian_assistant.pretraining.training import (
    NextTokenLoss,
    Optimizers,
    Training,
    build_model,
    can_compile,
    decay_start,
    rate_factor,
)

pytestmark = pytest.mark.usefixtures("one_thread")

SHAPE = Architecture("llama", 32, 2, 2, 64, 448, 128)
SCHEDULE = Schedule(
    max_steps=24, block_size=32, batch_size=4, learning_rate=0.01, warmup_steps=4, checkpoint_every=6
)


class Watched(PackedTokens):
    """Packed tokens that remember which rows were read."""

    def __init__(self, path: Path, block_size: int) -> None:
        super().__init__(path, block_size)
        self.read: list[int] = []

    def batch(self, first_row: int, count: int) -> np.ndarray:
        self.read += [(first_row + offset) % self.rows for offset in range(count)]
        return super().batch(first_row, count)


class Setup:
    """Packed rows with something to learn in them, and trainings on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        chance = np.random.default_rng(0)
        for name, rows in (("main", 50), ("late", 7)):
            steps = chance.integers(1, 4, rows * 32)
            (20 + np.cumsum(steps) % 300).astype(np.uint16).tofile(folder / f"{name}.bin")

    def training(self, out: str = "training", schedule: Schedule = SCHEDULE, **options: Any) -> Training:
        torch.manual_seed(1)
        (self.folder / out).mkdir(exist_ok=True)
        model = build_model(options.pop("shape", SHAPE), 1, 0)
        main, late = (Watched(self.folder / f"{name}.bin", schedule.block_size) for name in ("main", "late"))
        options.setdefault("compile_model", False)
        return Training(model, main, late, schedule, self.folder / out, **options)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def losses(training: Training, stop_after: int = 10**9) -> list[float]:
    found: list[float] = []
    training.run(lambda figures: found.append(figures["loss"]), lambda: len(found) >= stop_after)
    return found


def same_weights(one: Training, other: Training) -> bool:
    pairs = zip(one.model.state_dict().items(), other.model.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


# --- the schedule


def test_the_rate_warms_up_stays_and_falls_to_zero() -> None:
    schedule = Schedule(max_steps=100, warmup_steps=10, decay_share=0.25)
    factors = [rate_factor(step, schedule) for step in range(100)]
    assert factors[:10] == pytest.approx([n / 10 for n in range(1, 11)])
    assert set(factors[9:75]) == {1.0}
    assert decay_start(schedule) == 75
    assert factors[75:] == pytest.approx([n / 25 for n in range(25, 0, -1)])
    assert rate_factor(0, Schedule(warmup_steps=0)) == 1
    assert rate_factor(99, Schedule(max_steps=100, decay_share=0)) == 1
    short = [rate_factor(step, Schedule(max_steps=10, warmup_steps=100)) for step in range(10)]
    assert max(short) <= 0.1  # a run shorter than its warm-up never jumps
    assert min(short) > 0


# --- training


@pytest.mark.parametrize(("kind", "optimizer"), [("llama", "muon"), ("gpt2", "adamw"), ("gpt2", "muon")])
def test_loss_falls(setup: Setup, kind: str, optimizer: str) -> None:
    schedule = replace(SCHEDULE, optimizer=optimizer, max_steps=60)
    curve = losses(setup.training(schedule=schedule, shape=replace(SHAPE, kind=kind)))
    assert len(curve) == 60
    assert curve[0] == pytest.approx(math.log(448), abs=0.3)
    assert sum(curve[-5:]) / 5 < curve[0] - 1


def test_rows_are_read_in_order_and_the_final_phase_reads_the_late_ones(setup: Setup) -> None:
    training = setup.training()
    losses(training)
    assert training.main.read == [row % 50 for row in range(18 * 4)]  # type: ignore[attr-defined]
    assert training.late.read == [row % 7 for row in range(6 * 4)]  # type: ignore[attr-defined]


def test_without_late_text_the_main_text_goes_on(setup: Setup) -> None:
    (setup.folder / "late.bin").write_bytes(b"")
    training = setup.training()
    losses(training)
    assert training.main.read == [row % 50 for row in range(24 * 4)]  # type: ignore[attr-defined]


def test_gradients_are_clipped(setup: Setup) -> None:
    norms: dict[str, float] = {}
    for name, limit in (("tight", 0.01), ("wide", 1e9)):
        training = setup.training(name, replace(SCHEDULE, max_grad_norm=limit))
        optimizers, seen = training.optimizers, []

        def step(
            factor: float, step: Any = optimizers.step, model: Any = training.model, seen: Any = seen
        ) -> None:
            seen.append(torch.stack([p.grad.norm() for p in model.parameters()]).norm().item())
            step(factor)

        optimizers.step = step  # type: ignore[method-assign]
        losses(training, 3)
        norms[name] = max(seen)
    assert norms["tight"] == pytest.approx(0.01, rel=1e-3)
    assert norms["wide"] > 0.1


def test_stopped_and_resumed_is_the_run_that_was_never_stopped(setup: Setup) -> None:
    whole = setup.training("whole")
    curve = losses(whole)
    told: list[str] = []
    parts, rows = [], []
    for stop_after in (5, 8, 99):
        part = setup.training("parts", report=told.append)
        parts += losses(part, stop_after)
        rows += part.main.read  # type: ignore[attr-defined]
    assert parts == curve
    assert rows == whole.main.read  # type: ignore[attr-defined]
    assert same_weights(part, whole)
    assert len(told) == 2
    assert "۵" in told[0]
    assert "۱۳" in told[1]


def test_a_finished_training_is_left_as_it_is(setup: Setup) -> None:
    losses(setup.training())
    written = (setup.folder / "training" / "checkpoint.pt").stat().st_mtime_ns
    assert losses(setup.training()) == []
    assert (setup.folder / "training" / "checkpoint.pt").stat().st_mtime_ns == written
    longer = setup.training(schedule=replace(SCHEDULE, max_steps=27))
    assert len(losses(longer)) == 3  # carried on later


@pytest.mark.parametrize("where", ["weights", "gradient"])
def test_a_diverged_training_keeps_its_last_checkpoint(setup: Setup, where: str) -> None:
    training = setup.training()
    good: dict[str, torch.Tensor] = {}

    def break_it(figures: dict[str, float]) -> None:
        if figures["step"] == 6:
            good.update({name: value.clone() for name, value in training.model.state_dict().items()})
        if figures["step"] == 8:
            first = next(training.model.parameters())
            if where == "weights":
                first.data.fill_(float("nan"))
            else:  # the loss is a number, what follows from it is not
                first.register_hook(lambda gradient: gradient * float("inf"))

    with pytest.raises(LearningError) as caught:
        training.run(break_it)
    assert caught.value.key == "pretrain.diverged"
    assert caught.value.values["step"] == 9
    assert str(setup.folder / "training") in str(caught.value)
    state = torch.load(training.checkpoint, weights_only=True)
    assert state["step"] == 6
    assert all(torch.equal(state["model"][name], value) for name, value in good.items())


def test_diverging_before_any_checkpoint_says_so(setup: Setup) -> None:
    training = setup.training()
    next(training.model.parameters()).data.fill_(float("nan"))
    with pytest.raises(LearningError) as caught:
        training.run(lambda figures: None)
    assert caught.value.key == "pretrain.diverged_early"
    assert str(caught.value)
    assert not training.checkpoint.exists()


def test_a_checkpoint_that_does_not_fit_is_refused(setup: Setup) -> None:
    losses(setup.training(), 3)
    wider = replace(SHAPE, hidden_size=64)
    for options, key in (
        ({"shape": wider}, "pretrain.other_model"),
        ({"schedule": replace(SCHEDULE, batch_size=8)}, "pretrain.other_schedule"),
        ({"schedule": replace(SCHEDULE, optimizer="adamw")}, "pretrain.other_schedule"),
    ):
        with pytest.raises(UsageError) as caught:
            losses(setup.training(**options))
        assert caught.value.key == key
        assert str(caught.value)
    path = setup.folder / "training" / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UsageError) as caught:
        losses(setup.training())
    assert caught.value.key == "pretrain.bad_checkpoint"


def test_a_checkpoint_without_a_record_beside_it_is_taken(setup: Setup) -> None:
    losses(setup.training(), 6)
    (setup.folder / "training" / "progress.json").unlink()
    assert len(losses(setup.training())) == 18


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.skipif(not can_compile(), reason="no C++ compiler")
def test_compiled_training_learns_the_same(setup: Setup) -> None:
    plain = losses(setup.training("plain"), 4)
    compiled = losses(setup.training("compiled", compile_model=True), 4)
    assert compiled == pytest.approx(plain, abs=0.02)


def test_every_weight_is_trained_once_and_tables_not_by_muon() -> None:
    for kind in ("llama", "gpt2"):
        model = build_model(replace(SHAPE, kind=kind), 1, 0)
        for optimizer in ("muon", "adamw"):
            parts = Optimizers(model, optimizer, 0.1, 0.01).parts
            taken = [id(p) for part in parts for group in part.param_groups for p in group["params"]]
            assert sorted(taken) == sorted(id(p) for p in model.parameters())
        by_muon = {
            id(p)
            for group in Optimizers(model, "muon", 0.1, 0.01).parts[1].param_groups
            for p in group["params"]
        }
        names = {name for name, p in model.named_parameters() if id(p) in by_muon}
        assert names
        assert not [name for name in names if "embed" in name or "wte" in name or "wpe" in name]


def test_weighted_loss_is_the_mean_over_its_labels() -> None:
    torch.manual_seed(0)
    model = build_model(SHAPE, 1, 0).requires_grad_(False)
    ids = torch.randint(10, 400, (2, 9))
    weights = torch.zeros(2, 9)
    weights[0, 3:6] = 1.0
    weights[1, 8] = 0.5
    logits = model(input_ids=ids, use_cache=False).logits.float()
    logp = logits.log_softmax(-1)
    each = {(r, t): -logp[r, t - 1, ids[r, t]] for r in range(2) for t in range(1, 9)}
    expected = (each[0, 3] + each[0, 4] + each[0, 5] + 0.5 * each[1, 8]) / 3.5
    assert float(NextTokenLoss(model)(ids, weights)) == pytest.approx(float(expected), rel=1e-4)
    assert float(NextTokenLoss(model)(ids)) == pytest.approx(float(sum(each.values()) / 16), rel=1e-4)
