"""The bundled model: whole, small, named by its sources, and able to hold a simple turn."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path

import pytest
from safetensors import safe_open

from persian_assistant.config import Config, GenerationConfig, ModelConfig, data_dir
from persian_assistant.engine import Engine
from persian_assistant.hub import resolve
from persian_assistant.model import load_model
from persian_assistant.persona import Persona
from persian_assistant.records import Message
from persian_assistant.seed_examples import read_seed_examples
from persian_assistant.session import Session
from persian_assistant.template import ChatTemplate
from persian_assistant.text import persian_share

FOLDER = data_dir() / "models" / "mini"
TURNS = ["سلام، حالت چطوره؟", "امروز خسته‌ام.", "یک پیشنهاد برای شام بده.", "ممنون از تو.", "خداحافظ."]


@pytest.fixture(scope="module")
def engine() -> Engine:
    loaded = load_model(resolve("mini", notice=print))
    assert loaded.quantization == "nf4"
    return Engine(loaded.model, loaded.tokenizer, ChatTemplate.for_model(loaded.tokenizer))


def test_the_weights_are_small_and_in_bfloat16() -> None:
    path = FOLDER / "model.safetensors"
    assert path.stat().st_size < 60_000_000
    with safe_open(path, "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"BF16"}  # noqa: SIM118


def test_the_card_names_every_source_and_its_licence() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    recipe = json.loads((FOLDER / "recipe.json").read_text(encoding="utf-8"))
    for source in (*recipe["sources"], *recipe["dialogue"]):
        assert source["licence"] and source["licence"] in card
        assert source["url"] in card


def test_held_out_text_is_read_as_well_as_the_card_says() -> None:
    figures = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))
    before = figures["bits_per_character"]
    assert before["pquad_wikipedia_paragraphs"] < 2.2 and before["perdt_train_sentences"] < 2.2
    assert before["percqa_forum_text"] < 2.5 and before["iperudt_informal"] < 2.5


@pytest.mark.parametrize("turn", TURNS)
def test_it_answers_in_persian_and_stops_by_itself(engine: Engine, turn: str) -> None:
    messages = [Message("system", Persona.load("assistant").system), Message("user", turn)]
    generation = GenerationConfig(do_sample=False)
    answer = "".join(engine.stream(messages, generation, threading.Event()))
    assert engine.last_stop == "end"
    assert len(answer.split()) >= 2 and persian_share(answer) > 0.7


@pytest.mark.slow
def test_twenty_turns_of_small_talk_make_a_version(own_home: Path) -> None:
    config = Config(model=ModelConfig(name="mini"))
    notices: list[str] = []
    with closing(Session.open(config, notice=notices.append)) as session:
        session.ready(None)
        for row in read_seed_examples([data_dir() / "seed" / "assistant.jsonl"])[200:220]:
            session.journal.append_assistant(session.journal.append_user(row[0].content), row[1].content)
        session.learn()
        session.wait_for_pass()
        assert session.status().version == 1, notices
