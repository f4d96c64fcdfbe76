"""Recipes: what is wrong in one is named by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from pretraining_helpers import SOURCES, recipe_text, write_recipe

from persian_assistant.errors import UsageError
from persian_assistant.pretraining.recipe import Recipe


def test_the_shipped_recipe_loads() -> None:
    from persian_assistant.config import data_dir

    recipe = Recipe.load(data_dir() / "recipes" / "mini.toml")
    assert recipe.sources
    assert all(source.licence and source.url for source in (*recipe.sources, *recipe.dialogue))


@pytest.mark.parametrize(
    ("section", "name", "value", "field"),
    [
        ("schedule", "batch_size", 0, "schedule.batch_size"),
        ("schedule", "decay_share", 2, "schedule.decay_share"),
        ("schedule", "decay_share", True, "schedule.decay_share"),
        ("schedule", "max_steps", 1.5, "schedule.max_steps"),
        ("schedule", "learning_rate", "fast", "schedule.learning_rate"),
        ("schedule", "checkpoint_every", 0, "schedule.checkpoint_every"),
        ("schedule", "optimizer", "sgd", "schedule.optimizer"),
        ("schedule", "block_size", 256, "schedule.block_size"),
        ("architecture", "num_attention_heads", 5, "architecture.hidden_size"),
        ("architecture", "vocab_size", 100, "architecture.vocab_size"),
        ("architecture", "vocab_size", 70_000, "architecture.vocab_size"),
        ("architecture", "kind", "rnn", "architecture.kind"),
        ("tuning", "general_share", 1, "tuning.general_share"),
        ("tuning", "user_weight", -1, "tuning.user_weight"),
    ],
)
def test_a_wrong_value_is_named_by_file_and_field(
    tmp_path: Path, section: str, name: str, value: object, field: str
) -> None:
    path = write_recipe(tmp_path / "r.toml", **{section: {name: value}})
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    assert caught.value.key == "pretrain.bad_field"
    assert str(path) in str(caught.value)
    assert f" {field} " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "named"),
    [
        (recipe_text(schedule={"max_stepz": 1}), "cli.unknown_setting", "schedule.max_stepz"),
        ("sorces = 3\n" + recipe_text(), "cli.unknown_setting", "sorces"),
        (recipe_text() + '[[sources]]\nname = "x"\n', "pretrain.missing_field", "sources[3].path"),
        (recipe_text() + '[[sources]]\npath = "x"\nwords = 1\n', "cli.unknown_setting", "sources[3].words"),
        (recipe_text() + '[[sources]]\npath = "x"\nstrip_prefix = "("\n', "pretrain.bad_field", "strip"),
        (recipe_text() + '[[sources]]\npath = "b/prose.txt"\n', "pretrain.bad_field", "sources[3].name"),
        (recipe_text() + '[[dialogue]]\npath = 3\n', "pretrain.bad_field", "dialogue[2].path"),
        ('schedule = 3\nname = "x"\n' + SOURCES, "pretrain.bad_field", "schedule"),
        ("sources = 3\n", "pretrain.bad_field", "sources"),
        ("name = 3\n", "pretrain.bad_field", "name"),
        ("name = \n", "cli.bad_toml", "r.toml"),
    ],
)  # fmt: skip
def test_a_recipe_that_makes_no_sense(tmp_path: Path, text: str, key: str, named: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Recipe.load(path)
    assert caught.value.key == key
    assert named in str(caught.value)
    assert "r.toml" in str(caught.value)


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml"):
        Recipe.load(tmp_path / "none.toml")
