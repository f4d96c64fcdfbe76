"""A whole run: the finished folder, and measuring in bits per character."""

from __future__ import annotations

import json
import math
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pretraining_helpers import documents, finished_run
from safetensors import safe_open

from persian_assistant.config import GenerationConfig
from persian_assistant.engine import Engine
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.hub import ModelSource
from persian_assistant.model import load_model
from persian_assistant.persona import Persona
from persian_assistant.pretraining import evaluation
from persian_assistant.pretraining.recipe import Recipe
from persian_assistant.pretraining.run import PretrainingRun
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> PretrainingRun:
    """All stages done once; tests only look at it."""
    return finished_run(tmp_path_factory)


# --- the finished folder


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
    greedy = GenerationConfig(temperature=0.0, repetition_penalty=1.0, max_new_tokens=40)
    answer = "".join(engine.stream(asked, greedy, threading.Event()))
    assert answer
    assert "<|" not in answer
    if quantization == "none":  # four bits are too coarse for 32 numbers a token
        assert answer.startswith("بله در")  # as every answer it was tuned on
        assert answer.endswith("است.")
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
