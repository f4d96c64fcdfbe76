"""Personas: the shipped ones, and the user's own by path."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning_files import persona_file

from persian_assistant import wording
from persian_assistant.errors import UsageError
from persian_assistant.persona import MAX_SYSTEM_CHARS, Persona, shipped_personas
from persian_assistant.seed_examples import read_seed_examples


def test_the_shipped_ones_are_whole() -> None:
    assert shipped_personas() == ["assistant", "programmer", "remembrance"]
    for name in shipped_personas():
        persona = Persona.load(name)
        assert persona.name == name
        assert persona.system and persona.title and persona.greeting
        assert read_seed_examples(persona.seed_paths)
        fa = persona.title, persona.greeting
        wording.set_language("en")
        assert (persona.title, persona.greeting) != fa
        wording.set_language("fa")


def test_one_s_own_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = persona_file(tmp_path, "mine")
    persona = Persona.load(str(path))
    assert (persona.name, persona.title, persona.system) == ("mine", "mine", "تو دستیاری.")
    assert len(read_seed_examples(persona.seed_paths)) == 6
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Persona.load("~/mine.toml") == persona
    monkeypatch.chdir(tmp_path)
    assert Persona.load("mine.toml").system == persona.system
    (tmp_path / "assistant").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert Persona.load("assistant").title != "mine"  # a bare name is a shipped one


def test_what_is_read_is_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        'name = "p"\ntitle = "كتاب\\u001b[31m\\n دوم"\nsystem = """  تو ي\\u202e\nدو """\n',
        encoding="utf-8-sig",
    )
    persona = Persona.load(str(path))
    assert (persona.title, persona.system, persona.greeting) == ("کتاب دوم", "تو ی\nدو", "")
    path.write_text(f'name = "p"\nsystem = "{"ا" * 9000}"\n', encoding="utf-8")
    assert len(Persona.load(str(path)).system) == MAX_SYSTEM_CHARS


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('system = "x"', "name"),
        ('name = "x"', "system"),
        ('name = 3\nsystem = "x"', "name"),
        ('name = "x"\nsystem = "x"\nseed_examples = "programmer"', "seed_examples"),
        ('name = "x"\nsystem = "x"\nseed_examples = [3]', "seed_examples"),
        ('name = "x"\nsystem = "x"\nseed_examples = ["nowhere"]', "nowhere.jsonl"),
        ('name = "x"\nsystem = "x"\nseed_examples = ["nowhere.jsonl"]', "nowhere.jsonl"),
        ("not toml at all", "bad.toml"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as told:
        Persona.load(str(path))
    assert named in str(told.value)


@pytest.mark.parametrize("name", ["nobody", "../assistant", "", ".", "/", "assistant.toml"])
def test_an_unknown_one_lists_the_known(name: str) -> None:
    with pytest.raises(UsageError, match="assistant، programmer"):
        Persona.load(name)
