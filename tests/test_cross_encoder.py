"""The model that reads a turn and a question: its arithmetic is a Llama's, and it tells what answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from persian_assistant.config import data_dir
from persian_assistant.facts.cross_encoder import CrossEncoder, cross_encoder

TOLD = (
    "دخترم نیلوفر پیش دکتر صبوری ارتودنسی می‌کنه",
    "پسرعموم تو خط مترو راننده‌ست",
    "هر جمعه صبح می‌رم کله‌پاچه می‌خورم",
    "برای عید یه فرش نه‌متری سفارش دادم",
)
NAMES = {
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
    "before_attention": "input_layernorm",
    "before_unit": "post_attention_layernorm",
}


def test_it_computes_what_transformers_computes() -> None:
    """The same weights in a LlamaModel give the same scores."""
    encoder = cross_encoder()
    config = LlamaConfig.from_pretrained(data_dir() / "models" / "mini")
    config.num_hidden_layers = encoder._layers
    model = LlamaModel(config).eval()
    given = {name: torch.from_numpy(one) for name, one in encoder._tensors.items() if name != "heads"}
    weights = {"embed_tokens.weight": given["embedding"], "norm.weight": given["norm"]}
    for layer in range(encoder._layers):
        for name, theirs in NAMES.items():
            one = given[f"{layer}.{name}"]
            weights[f"layers.{layer}.{theirs}.weight"] = one.T if one.ndim == 2 else one
    model.load_state_dict(weights)
    question = "کی رانندهٔ متروئه؟"
    expected = []
    for text in TOLD:
        ids = torch.tensor([[*encoder.told_ids(text), *encoder.asked_ids(question)]])
        with torch.no_grad():
            last = model(input_ids=ids).last_hidden_state[0, -1]
        expected.append(float(last @ given["head"] + given["head_bias"]))
    assert encoder.scores(question, TOLD) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("دندونای دخترمو کی ارتودنسی می‌کنه؟", 0),
        ("پسرعمویم چه‌کاره است؟", 1),
        ("صبح‌های جمعه چی می‌خورم؟", 2),
        ("چه فرشی سفارش دادم؟", 3),
    ],
)
def test_what_answers_has_the_highest_score(question: str, place: int) -> None:
    scores = cross_encoder().scores(question, TOLD)
    assert scores.index(max(scores)) == place


def test_a_score_does_not_depend_on_its_neighbours() -> None:
    alone = [cross_encoder().scores("چه فرشی سفارش دادم؟", [text])[0] for text in TOLD]
    assert cross_encoder().scores("چه فرشی سفارش دادم؟", TOLD) == pytest.approx(alone, abs=1e-4)


def test_without_weights_nothing_is_known(tmp_path: Path) -> None:
    encoder = CrossEncoder(tmp_path)
    assert not encoder.known and encoder.scores("چه فرشی سفارش دادم؟", TOLD) == [0.0] * len(TOLD)
