"""Training, resuming, measuring and chat tuning, for real on a model of some twenty thousand numbers."""

from __future__ import annotations

import json
import math
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pretraining_helpers import documents, write_corpus, write_dialogue, write_recipe
from safetensors import safe_open

from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine
from persian_assistant.errors import Cancelled, LearningError, UsageError
from persian_assistant.hub import ModelSource
from persian_assistant.model import load_model
from persian_assistant.persona import Persona
from persian_assistant.pretraining import evaluation, tuning
from persian_assistant.pretraining.corpus import PackedTokens
from persian_assistant.pretraining.recipe import Architecture, Recipe, Schedule, Source, Tuning
from persian_assistant.pretraining.run import PretrainingRun
from persian_assistant.pretraining.training import (
    NextTokenLoss,
    Optimizers,
    Training,
    build_model,
    can_compile,
    decay_start,
    rate_factor,
)
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

SHAPE = Architecture("llama", 32, 2, 2, 64, 448, 128)
SCHEDULE = Schedule(
    max_steps=24, block_size=32, batch_size=4, learning_rate=0.01, warmup_steps=4, checkpoint_every=6
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
    assert "5" in told[0]
    assert "13" in told[1]


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


# --- a whole run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> PretrainingRun:
    """All stages done once; tests only look at it."""
    root = write_corpus(tmp_path_factory.mktemp("text"))
    recipe = Recipe.load(write_recipe(root / "tiny.toml", schedule={"max_steps": 60}))
    torch.set_num_threads(1)
    lines: list[str] = []
    work = PretrainingRun(recipe, root, root / "out", lines.append, lambda: False)
    work.prepare()
    assert work.train(lambda figures: None, compile_model=False) == 60
    work.tune(documents(5, 8), lambda figures: None)
    return work


def test_the_folder_is_a_model_that_ships(finished: PretrainingRun) -> None:
    folder = finished.out / "model"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"model.safetensors", "config.json", "generation_config.json", "README.md"}
    assert names >= {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    assert names >= {"recipe.json", "figures.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert "lm_head.weight" not in weights.keys()  # noqa: SIM118  # tied: stored once
        assert {weights.get_tensor(name).dtype for name in weights.keys()} == {torch.bfloat16}  # noqa: SIM118
    config = json.loads((folder / "config.json").read_text())
    assert (config["tie_word_embeddings"], config["dtype"], config["eos_token_id"]) == (True, "bfloat16", 1)
    figures = json.loads((folder / "figures.json").read_text())
    assert figures["steps"] == 60
    assert 0 < figures["bits_per_character"]["prose"] < 8
    assert figures["dialogue"] == {"chat": 38}
    assert not list(finished.out.glob("*.partial")) + list(finished.out.glob("*.old"))


def test_the_card_names_every_source_and_licence(finished: PretrainingRun) -> None:
    card = (finished.out / "model" / "README.md").read_text(encoding="utf-8")
    assert "license: cc-by-4.0" in card
    assert "| prose | example.org/prose | CC0 1.0 |" in card
    assert "| talk | example.org/talk \\| mirror | CC BY 4.0 |" in card
    assert "| chat | example.org/chat | CC0 1.0 | 38 |" in card
    assert "nan" not in card


@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_the_folder_loads_and_answers(finished: PretrainingRun, quantization: str) -> None:
    path = finished.out / "model"
    loaded = load_model(ModelSource("tiny", path, None, None, "-"), quantization=quantization, device="cpu")
    assert loaded.quantization == quantization
    head, table = loaded.model.get_output_embeddings(), loaded.model.get_input_embeddings()
    assert head.weight.data_ptr() == table.weight.data_ptr()
    trained = finished.trained_model()
    assert trained.get_input_embeddings().weight.shape == table.weight.shape
    template = ChatTemplate.for_model(loaded.tokenizer)
    assert template.kind == "chat"
    assert loaded.tokenizer.eos_token_id in template.stop_token_ids
    assert template.stop_strings == []
    engine = Engine(loaded.model, loaded.tokenizer, template)
    persona = Message("system", Persona.load("assistant").system)
    asked = [persona, Message("user", "کتاب کجاست؟")]
    answer = "".join(
        engine.stream(asked, GenerationConfig(temperature=0.0, max_new_tokens=40), threading.Event())
    )
    assert "است" in answer  # every answer it was tuned on ends so
    assert "<|" not in answer
    assert engine.last_stop == "end"


def test_special_tokens_of_the_saved_tokenizer_are_single_ids(finished: PretrainingRun) -> None:
    tokenizer = finished.tokenizer()
    assert [tokenizer.encode(token) for token in ("<|pad|>", "<|end|>", "<|system|>", "<|user|>")] == [
        [0], [1], [2], [3],
    ]  # fmt: skip


def test_a_second_preparation_keeps_the_corpus_and_refuses_another(finished: PretrainingRun) -> None:
    done = finished.out / "corpus" / "corpus.json"
    before, written = done.read_bytes(), done.stat().st_mtime_ns

    def prepared(recipe: Recipe) -> dict[str, Any]:
        return PretrainingRun(recipe, finished.root, finished.out, print, lambda: False).prepare()

    assert prepared(finished.recipe) == json.loads(before)
    assert done.stat().st_mtime_ns == written
    other = replace(finished.recipe, sources=finished.recipe.sources[:1])
    with pytest.raises(UsageError) as caught:
        prepared(other)
    assert caught.value.key == "pretrain.other_corpus"
    assert str(done.parent) in str(caught.value)
    try:  # one made before the hash was kept is taken as it is
        counts = json.loads(before)
        del counts["made_from"]
        done.write_text(json.dumps(counts), encoding="utf-8")
        assert prepared(other) == counts
        done.unlink()  # a corpus made anew would not be the one the checkpoint was trained on
        with pytest.raises(UsageError) as caught:
            prepared(finished.recipe)
        assert caught.value.key == "pretrain.checkpoint_without_corpus"
    finally:
        done.write_bytes(before)
        prepared(finished.recipe)


def test_tuning_without_training_says_what_to_do(finished: PretrainingRun, tmp_path: Path) -> None:
    work = PretrainingRun(finished.recipe, finished.root, tmp_path / "new", print, lambda: False)
    work.prepare()
    with pytest.raises(UsageError, match="--stage train"):
        work.tune([], lambda figures: None)


def test_stopped_tuning_leaves_the_model_that_was_there(finished: PretrainingRun) -> None:
    folder = finished.out / "model"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for steps in (0, 2):
        met: list[float] = []
        work = PretrainingRun(
            finished.recipe, finished.root, finished.out, print, lambda: steps <= len(met)  # noqa: B023
        )  # fmt: skip
        with pytest.raises(Cancelled):
            work.tune([], lambda figures: met.append(figures["step"]))  # noqa: B023
        assert len(met) == steps
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


# --- bits per character


def direct_nats(model: Any, ids: list[int]) -> float:
    """Every token given all before it, in one pass."""
    with torch.inference_mode():
        logp = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0].float().log_softmax(-1)
    return -sum(float(logp[at - 1, ids[at]]) for at in range(1, len(ids)))


def test_bits_per_character_is_what_a_direct_computation_gives(finished: PretrainingRun) -> None:
    model, tokenizer = finished.trained_model(), finished.tokenizer()
    text = documents(1, 77, sentences=2)[0]
    ids = [1, *tokenizer.encode(text, add_special_tokens=False)]
    assert 16 < len(ids) <= 128
    expected = direct_nats(model, ids)
    for window in (len(ids), len(ids) + 1, 128, 10_000):
        assert evaluation.text_nats(model, tokenizer, text, window) == pytest.approx(expected, rel=1e-5)
    bits = evaluation.bits_per_character(model, tokenizer, [text], window=128)
    assert bits == pytest.approx(expected / math.log(2) / len(text), rel=1e-5)
    assert math.isnan(evaluation.bits_per_character(model, tokenizer, []))


def test_windows_count_every_token_once(finished: PretrainingRun) -> None:
    tokenizer = finished.tokenizer()
    text = documents(1, 78, sentences=12)[0]
    length = len(tokenizer.encode(text, add_special_tokens=False, verbose=False))

    class Even(torch.nn.Module):
        """Gives every token the same probability: the sum counts tokens."""

        device = torch.device("cpu")

        def forward(self, input_ids: torch.Tensor, use_cache: bool) -> Any:
            assert input_ids.shape[1] <= self.longest
            return type("Output", (), {"logits": torch.zeros(*input_ids.shape, 400)})

    for window in (2, 3, 8, 31, 32, length, length + 1):
        Even.longest = window
        nats = evaluation.text_nats(Even(), tokenizer, text, window)  # type: ignore[arg-type]
        assert nats == pytest.approx(length * math.log(400), rel=1e-5), window
    with pytest.raises(ValueError, match="window"):
        evaluation.text_nats(Even(), tokenizer, text, 1)  # type: ignore[arg-type]


def test_only_so_many_characters_are_measured(finished: PretrainingRun) -> None:
    model, tokenizer = finished.trained_model(), finished.tokenizer()
    text = documents(1, 79, sentences=3)[0]
    cut = evaluation.bits_per_character(model, tokenizer, [text * 50, text], window=64, max_chars=100)
    assert cut == evaluation.bits_per_character(model, tokenizer, [text[:100]], window=64)


# --- chat tuning


def fresh(finished: PretrainingRun) -> Any:
    torch.manual_seed(5)
    return finished.trained_model()


def test_a_handful_of_rows_is_learned_and_the_ones_left_out_never_trained(
    finished: PretrainingRun, tmp_path: Path
) -> None:
    write_dialogue(tmp_path / "few.jsonl", 30)
    settings = Tuning(num_train_epochs=6, learning_rate=5e-3, batch_size=8, block_size=64)
    dialogue = tuning.collect_dialogue([Source("few.jsonl", tune_repeat=1.5)], tmp_path, settings)
    assert (dialogue.counts, len(dialogue.heldout)) == ({"few": 28}, 2)
    assert len(dialogue.train) == 28 + 14
    said = {row[-2].content for row in dialogue.train}
    assert not said & {row[-2].content for row in dialogue.heldout}
    model, tokenizer = fresh(finished), finished.tokenizer()
    before = tuning.heldout_loss(model, tokenizer, dialogue.train, 64)
    curve: list[dict[str, float]] = []
    tuning.tune(model, tokenizer, dialogue, documents(3), settings, curve.append)
    assert [figures["step"] for figures in curve] == list(range(1, int(curve[0]["steps"]) + 1))
    assert curve[-1]["loss"] < curve[0]["loss"] - 1
    assert tuning.heldout_loss(model, tokenizer, dialogue.train, 64) < before - 1
    assert not model.training


def test_rows_come_with_their_persona_and_each_only_once(tmp_path: Path) -> None:
    rows = [
        {"messages": [{"role": "user", "content": "سلام"}, {"role": "assistant", "content": f"سلام {n}"}]}
        for n in range(400)
    ]
    rows[7]["persona"] = "programmer"  # type: ignore[assignment]
    rows[8]["messages"].insert(0, {"role": "system", "content": "تو شاعری."})
    rows[9]["persona"] = "nobody we know"  # type: ignore[assignment]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(text.replace("سلام 1", "سلام، 1"), encoding="utf-8")
    sources = [Source("a.jsonl"), Source("b.jsonl")]
    all_with = tuning.collect_dialogue(sources, tmp_path, Tuning(system_share=1.0))
    assert all_with.counts == {"a": 384, "b": 0}
    systems = {row[-1].content: row[0].content for row in all_with.train if row[0].role == "system"}
    assert len(systems) == 384
    assert systems["سلام 7"] == Persona.load("programmer").system
    assert systems["سلام 8"] == "تو شاعری."
    assert systems["سلام 9"] == systems["سلام 10"] == Persona.load("assistant").system
    most = tuning.collect_dialogue(sources, tmp_path, Tuning(system_share=0.8))
    assert 0.7 < sum(row[0].role == "system" for row in most.train) / len(most.train) < 0.9
    assert all(row[0].role == "system" for row in most.heldout)  # as they are served


@pytest.mark.parametrize(
    "bad",
    [
        '{"messages": [{"role": "user", "content": "x"}]}',
        '{"messages": [{"role": "tool", "content": "x"}, {"role": "assistant", "content": "y"}]}',
        '{"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": "y"}]}',
        '{"messages": []}',
        '{"messages": 3}',
        '{"instruction": "x"}',
        '{"instruction": "x", "response": null}',
    ],
)
def test_a_bad_dialogue_row_is_named(tmp_path: Path, bad: str) -> None:
    good = '{"instruction": "سلام", "response": "درود"}'
    (tmp_path / "d.jsonl").write_text(f"{good}\n\n{bad}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        tuning.read_rows(tmp_path / "d.jsonl")
    assert (caught.value.key, caught.value.values["line"]) == ("pretrain.bad_dialogue", 3)
    assert "d.jsonl" in str(caught.value)


def test_user_weight_is_honoured(finished: PretrainingRun) -> None:
    tokenizer = finished.tokenizer()
    template = ChatTemplate.for_model(tokenizer)
    row = [Message("system", "تو خوبی."), Message("user", "سلام خانه"), Message("assistant", "بله شهر")]
    ((ids, weights),) = tuning.encode([row], template, 0.25, 64)
    by_weight = {
        weight: tokenizer.decode([i for i, w in zip(ids, weights, strict=True) if w == weight])
        for weight in set(weights)
    }
    assert by_weight[0.25] == "سلام خانه"
    assert by_weight[1.0] == "بله شهر<|end|>"
    # and the training follows it: with no weight the user's words are not learned
    settings = Tuning(num_train_epochs=12, learning_rate=5e-3, block_size=64, general_share=0)
    dialogue = tuning.Dialogue([row] * 8, [], {})
    left = {}
    for weight in (0.0, 1.0):
        model = fresh(finished)
        tuning.tune(
            model, tokenizer, dialogue, [], replace(settings, user_weight=weight), lambda figures: None
        )
        user_only = [1.0 if w == 0.25 else 0.0 for w in weights]
        with torch.inference_mode():
            left[weight] = float(NextTokenLoss(model)(torch.tensor([ids]), torch.tensor([user_only])))
    assert left[1.0] < left[0.0] - 0.5


def test_general_text_and_broken_epochs(finished: PretrainingRun) -> None:
    tokenizer = finished.tokenizer()
    row = [Message("user", "سلام خانه"), Message("assistant", "بله شهر")]
    chats = [row] * 60

    def tokens(**changes: Any) -> int:
        settings = replace(Tuning(num_train_epochs=1, batch_size=2, block_size=32), **changes)
        plan = tuning._plan(tokenizer, chats, documents(20), settings)
        return sum(int((ids != 0).sum()) for ids, _ in plan)

    alone = tokens(general_share=0.0)
    assert tokens(general_share=0.5) == pytest.approx(2 * alone, rel=0.05)
    assert tokens(general_share=0.0, num_train_epochs=2) == 2 * alone
    assert tokens(general_share=0.0, num_train_epochs=1.5) == pytest.approx(1.5 * alone, rel=0.05)


def test_tuning_that_diverges_is_an_error(finished: PretrainingRun) -> None:
    row = [Message("user", "سلام خانه"), Message("assistant", "بله شهر")]
    model = fresh(finished)
    next(model.parameters()).data.fill_(float("nan"))
    with pytest.raises(LearningError) as caught:
        tuning.tune(
            model, finished.tokenizer(), tuning.Dialogue([row], [], {}), [], Tuning(), lambda figures: None
        )
    assert caught.value.key == "pretrain.tuning_diverged"
    assert str(caught.value)


def test_no_rows_left_out_measure_nothing(finished: PretrainingRun) -> None:
    assert math.isnan(tuning.heldout_loss(finished.trained_model(), finished.tokenizer(), [], 64))


def test_long_text_prints_no_warning(finished: PretrainingRun, capfd: pytest.CaptureFixture[str]) -> None:
    model, tokenizer = finished.trained_model(), finished.tokenizer()
    long = "\n".join(documents(20))
    evaluation.text_nats(model, tokenizer, long, 64)
    tuning._plain_rows([long], tokenizer, 64)
    assert "longer than" not in capfd.readouterr().err
