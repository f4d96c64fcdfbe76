"""Training one adapter for real on tiny models of the real architectures."""

from __future__ import annotations

import threading
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_files import talk
from learning_parts import load, parameters_of
from tiny_models import SENTENCES
from transformers import AutoModelForCausalLM, Gemma2Config, GPT2Config

from persian_assistant import adapters
from persian_assistant.config import GenerationConfig, LearningConfig
from persian_assistant.engine import Engine
from persian_assistant.errors import Cancelled, LearningError
from persian_assistant.model import LoadedModel
from persian_assistant.records import Example, Message
from persian_assistant.template import ChatTemplate
from persian_assistant.trainer import TrainingResult, is_out_of_memory, train_adapter, with_rate
from persian_assistant.training_copy import training_copy

SETTINGS = LearningConfig(
    learning_rate=2e-2, loraplus_lr_ratio=1.0, num_train_epochs=3, batch_size=2, lora_r=4, lora_dropout=0.0
)
KINDS = [
    ("gpt2", "plain", "none"),
    ("gpt2", "plain", "nf4"),
    ("llama", "mini", "none"),
    ("llama", "mini", "nf4"),
    ("gemma2", "gemma2", "nf4"),
    ("qwen3", "qwen3", "nf4"),
]


def rows(loaded: LoadedModel, count: int = 6) -> list[Example]:
    template = ChatTemplate.for_model(loaded.tokenizer)
    return [
        template.encode_example(talk(SENTENCES[at % 12], SENTENCES[(at + 1) % 12]), [0.2, 1.0], 200)
        for at in range(count)
    ]


def candidate(loaded: LoadedModel, settings: LearningConfig = SETTINGS) -> Any:
    torch.manual_seed(0)  # a fresh adapter begins with random numbers
    return adapters.attach(
        training_copy(loaded.model),
        None,
        "candidate",
        lora_r=settings.lora_r,
        lora_dropout=settings.lora_dropout,
        trainable=True,
    )


def train(
    peft_model: Any, examples: list[Example], settings: LearningConfig = SETTINGS, **more: Any
) -> TrainingResult:
    pad = peft_model.config.pad_token_id
    return train_adapter(peft_model, examples, pad, settings, random_seed=1, **more)


def adapter_of(peft_model: Any) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in adapters.adapter_tensors(peft_model).items()}


@pytest.mark.parametrize(("architecture", "kind", "quantization"), KINDS)
def test_the_adapter_learns_and_the_base_stays(
    architecture: str, kind: str, quantization: str, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    loaded = load(architecture, kind, quantization)
    assert loaded.quantization == quantization
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    capfd.readouterr()
    base = parameters_of(loaded.model)
    peft_model = candidate(loaded)
    before = adapter_of(peft_model)
    losses: list[float] = []
    with warnings.catch_warnings(record=True) as told:
        result = train(peft_model, rows(loaded), report=lambda now: losses.append(now.loss or 0))
    after = adapter_of(peft_model)
    assert len(losses) == result.steps == 9
    assert sum(losses[-3:]) < sum(losses[:3]) - 1.5, losses  # half a nat per token and epoch
    assert result.loss == pytest.approx(sum(losses[-2:]) / 2, rel=0.2)
    assert result.tokens == 3 * sum(map(len, rows(loaded)))
    assert sum(not torch.equal(before[name], after[name]) for name in after) >= len(after) - 1
    now = parameters_of(loaded.model)
    assert now.keys() == base.keys()
    assert all(torch.equal(now[name], base[name]) for name in base)
    assert capfd.readouterr() == ("", "")
    assert not told
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load()


def test_the_same_seed_gives_the_same_adapter(loaded: LoadedModel) -> None:
    settings = replace(SETTINGS, lora_dropout=0.3)
    both = []
    for _ in range(2):
        peft_model = candidate(loaded, settings)
        train(peft_model, rows(loaded), settings)
        both.append(adapter_of(peft_model))
    assert all(torch.equal(one, both[1][name]) for name, one in both[0].items())


def test_a_row_or_a_token_of_weight_zero_has_no_effect(loaded: LoadedModel) -> None:
    def trained(examples: list[Example]) -> dict[str, torch.Tensor]:
        peft_model = candidate(loaded)
        train(peft_model, examples)
        return adapter_of(peft_model)

    plain = rows(loaded)
    empty = Example(plain[0].input_ids, plain[0].labels, [0.0] * len(plain[0]))
    same = trained([*plain, empty])
    reference = trained(plain)
    assert all(torch.equal(one, reference[name]) for name, one in same.items())
    # labels under a weight of zero are not read
    other = [
        Example(row.input_ids, [7 if weight == 0 else label for label, weight in pairs], row.loss_weights)
        for row in plain
        for pairs in [list(zip(row.labels, row.loss_weights, strict=True))]
    ]
    assert all(torch.equal(one, reference[name]) for name, one in trained(other).items())
    # and a weight that is not zero is
    heavier = [
        Example(row.input_ids, row.labels, [min(1.0, 4 * w) for w in row.loss_weights]) for row in plain
    ]
    assert any(not torch.equal(one, reference[name]) for name, one in trained(heavier).items())


def test_the_loss_told_is_per_token_whatever_the_weight(loaded: LoadedModel) -> None:
    settings = replace(SETTINGS, num_train_epochs=1, learning_rate=1e-12)

    def told(weight: float) -> float:
        examples = [Example(row.input_ids, list(row.input_ids), [weight] * len(row)) for row in rows(loaded)]
        return train(candidate(loaded), examples, settings).loss

    assert told(0.2) == pytest.approx(told(1.0), rel=1e-4)


def test_rows_too_long_are_cut(loaded: LoadedModel) -> None:
    ids = [10 + at % 100 for at in range(2000)]
    loaded.model.config.max_position_embeddings, before = 2048, loaded.model.config.max_position_embeddings
    try:
        result = train(
            candidate(loaded), [Example(ids, ids, [1.0] * 2000)], replace(SETTINGS, num_train_epochs=1)
        )
    finally:
        loaded.model.config.max_position_embeddings = before
    assert result.tokens == 512


def test_stop_ends_within_a_step(loaded: LoadedModel) -> None:
    stop, steps = threading.Event(), []

    def report(progress: Any) -> None:
        steps.append(progress.step)
        assert progress.steps == 300
        assert progress.seconds_left >= 0
        if progress.step == 2:
            stop.set()

    with pytest.raises(Cancelled):
        train(
            candidate(loaded),
            rows(loaded),
            replace(SETTINGS, num_train_epochs=100),
            report=report,
            stop=stop.is_set,
        )
    assert steps in ([1, 2], [1, 2, 3])
    with pytest.raises(Cancelled):
        train(candidate(loaded), rows(loaded), report=steps.append, stop=lambda: True)
    assert len(steps) <= 3


def _poisoned(loaded: LoadedModel) -> tuple[Any, LearningConfig]:
    peft_model = candidate(loaded)
    with torch.no_grad():
        next(iter(adapters.adapter_tensors(peft_model).values()))[0, 0] = float("nan")
    return peft_model, SETTINGS


def test_numbers_that_are_none_end_the_run(loaded: LoadedModel) -> None:
    peft_model, settings = _poisoned(loaded)
    steps: list[int] = []
    with pytest.raises(LearningError) as told:
        train(peft_model, rows(loaded), settings, report=lambda now: steps.append(now.step))
    assert told.value.key == "learning.not_finite"
    assert steps == [1]


def test_an_adapter_that_broke_in_the_last_step_is_met(loaded: LoadedModel) -> None:
    peft_model = candidate(loaded)

    def break_it(progress: Any) -> None:
        if progress.step == progress.steps:
            with torch.no_grad():
                next(iter(adapters.adapter_tensors(peft_model).values()))[0, 0] = float("inf")

    with pytest.raises(LearningError) as told:
        train(peft_model, rows(loaded), report=break_it)
    assert told.value.key == "learning.not_finite"


@pytest.mark.parametrize("nothing", [[], [Example([5, 6], [5, 6], [1.0, 0.0])]])
def test_nothing_to_train_on(loaded: LoadedModel, nothing: list[Example]) -> None:
    with pytest.raises(LearningError) as told:
        train(candidate(loaded), nothing)
    assert told.value.key == "learning.nothing_to_train"


def test_memory_that_is_not_there() -> None:
    with pytest.raises(RuntimeError) as told:
        torch.empty(2**60)
    assert is_out_of_memory(told.value)
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(ValueError("not enough memory"))


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_answers_do_not_change_while_it_trains(quantization: str) -> None:
    loaded = load("llama", "mini", quantization)
    engine = Engine(loaded.model, loaded.tokenizer, ChatTemplate.for_model(loaded.tokenizer))
    settings = GenerationConfig(max_new_tokens=24, random_seed=3)

    def answer() -> str:
        return "".join(engine.stream([Message("user", SENTENCES[0])], settings))

    alone = answer()
    peft_model = candidate(loaded)
    stop = threading.Event()
    began = threading.Event()
    ended: list[BaseException] = []
    longer = replace(SETTINGS, num_train_epochs=100)

    def run() -> None:
        try:
            train(peft_model, rows(loaded), longer, report=lambda now: began.set(), stop=stop.is_set)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(120)
    beside = [answer() for _ in range(3)]
    assert thread.is_alive(), "the answers were to be given while it trains"
    stop.set()
    thread.join(120)
    assert isinstance(ended[0], Cancelled)
    assert beside == [alone] * 3


def distribution(loaded: LoadedModel, example: Example, folder: Path | None = None) -> torch.Tensor:
    """What the model (with the folder's adapter) says after each token of a row, as log-probabilities."""
    model = load(*OF_KL)
    net = adapters.attach(model.model, folder, "served") if folder else model.model.eval()
    with torch.no_grad():
        return net(input_ids=torch.tensor([example.input_ids])).logits[0].float().log_softmax(-1)


OF_KL = ("llama", "mini", "nf4")


def test_divergence_holds_the_model_to_the_base(tmp_path: Path) -> None:
    loaded = load(*OF_KL)
    new, held = rows(loaded, 6)[:4], rows(loaded, 12)[8:10]
    # the held rows carry next to no loss of their own: only the base model's words keep them in place
    held = [replace(row, loss_weights=[weight * 1e-6 for weight in row.loss_weights]) for row in held]
    moved = {}
    for kl_weight in (0.0, 3.0):
        peft_model = candidate(loaded)
        kept = [replace(row, kl_weight=kl_weight) for row in held]
        train(peft_model, new + kept, replace(SETTINGS, num_train_epochs=8))
        (folder := tmp_path / str(kl_weight)).mkdir()
        adapters.save_adapter(peft_model, folder, "candidate")
        before, after = distribution(loaded, held[0]), distribution(loaded, held[0], folder)
        moved[kl_weight] = float((before.exp() * (before - after)).sum(-1).mean())
    assert moved[3.0] < moved[0.0] / 3, moved


def test_divergence_is_what_it_is_called() -> None:
    from persian_assistant.trainer import divergence

    torch.manual_seed(1)
    student, teacher = torch.randn(2, 3, 20).log_softmax(-1)
    best = teacher.topk(19)  # all but one, which is then known exactly
    weights, count = torch.tensor([2.0, 0.0, 6.0]), torch.tensor(4)
    found = divergence(student, best.indices, best.values, weights, count)
    exact = (teacher.exp() * (teacher - student)).sum(-1)
    assert float(found) == pytest.approx(float(2 * exact[0] + 6 * exact[2]) / 4, rel=1e-3)
    assert float(divergence(teacher, best.indices, best.values, weights, count)) == pytest.approx(0, abs=1e-4)


def test_the_teacher_leaves_the_4_bit_weights_as_they_are() -> None:
    loaded = load(*OF_KL)
    before = parameters_of(loaded.model)
    examples = [replace(row, kl_weight=1.0) for row in rows(loaded, 4)]
    train(candidate(loaded), examples)
    now = parameters_of(loaded.model)
    assert all(torch.equal(now[name], one) for name, one in before.items())


def test_the_matrices_b_are_trained_faster() -> None:
    loaded = load(*OF_KL)
    moved = {}
    for ratio in (1.0, 8.0):
        settings = replace(SETTINGS, loraplus_lr_ratio=ratio, num_train_epochs=1)
        model = candidate(loaded)
        before = {name: one.detach().clone() for name, one in adapters.adapter_tensors(model).items()}
        train(
            model, rows(loaded, 4), settings
        )  # the first of two steps has no rate; A moves when B is not zero
        after = adapters.adapter_tensors(model)
        for part in ("lora_A", "lora_B"):
            steps = [(after[name].detach() - one).norm() for name, one in before.items() if part in name]
            moved[part, ratio] = float(torch.stack(steps).norm())
    assert moved["lora_B", 1.0] > 0
    assert moved["lora_B", 8.0] == pytest.approx(8 * moved["lora_B", 1.0], rel=0.05)
    assert moved["lora_A", 1.0] == moved["lora_A", 8.0] == 0


def on_no_device(config: Any) -> Any:
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        (GPT2Config(n_layer=2, n_embd=64, n_head=2), 1e-3),
        (GPT2Config(vocab_size=42001, n_positions=256), 3.4e-4),  # of gpt2-fa's shape
        (Gemma2Config(), 1e-4),
    ],
)
def test_a_larger_model_learns_at_a_lower_rate(config: Any, rate: float) -> None:
    model = on_no_device(config)
    assert with_rate(LearningConfig(), model).learning_rate == pytest.approx(rate, rel=0.05)
    assert with_rate(LearningConfig(), model, goes_on=True).learning_rate == pytest.approx(rate / 2, rel=0.05)
    assert with_rate(LearningConfig(learning_rate=0.5), model, goes_on=True).learning_rate == 0.5
