"""Chat tuning, for real on a tiny trained model."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pretraining_helpers import documents, finished_run, write_dialogue

from persian_assistant.errors import LearningError, UsageError
from persian_assistant.persona import Persona
from persian_assistant.pretraining import evaluation, tuning
from persian_assistant.pretraining.recipe import Source, Tuning
from persian_assistant.pretraining.run import PretrainingRun
from persian_assistant.pretraining.training import (
    NextTokenLoss,
)
from persian_assistant.records import Message
from persian_assistant.template import ChatTemplate

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> PretrainingRun:
    """All stages done once; tests only look at it."""
    return finished_run(tmp_path_factory)


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
