"""What the assistant says of itself: in known wordings alone, where a small model would invent it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from session_talk import Talk

from persian_assistant.about import About, key
from persian_assistant.config import data_dir, read_toml
from persian_assistant.errors import UsageError
from persian_assistant.persona import Persona, memory_lines
from persian_assistant.terminal.actions import COMMANDS

ABOUT = data_dir() / "personas" / "about" / "assistant.toml"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    opened = Talk(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("تو کی هستی؟", "دستیار فارسی"),
        ("راستی تو کي هستي ؟!", "دستیار فارسی"),
        ("اسمت چیه", "دستیار"),
        ("خب حالا حرفام جایی ذخیره میشه؟", "همین رایانه"),
        ("چه‌کارهایی بلدی؟", "/help"),
    ],
)
def test_a_known_wording_is_answered(question: str, words: str) -> None:
    assert words in About.load(ABOUT).answer(question)


@pytest.mark.parametrize(
    "question", ["اسمم چیه؟", "اسمش چیه؟", "چند سالمه؟", "من کی هستم؟", "حالم چطوره؟", ""]
)
def test_what_is_asked_of_the_user_is_not_about_the_assistant(question: str) -> None:
    assert About.load(ABOUT).answer(question) == ""


def test_no_wording_stands_twice_and_every_command_exists() -> None:
    about = About.load(ABOUT)
    wordings = [one for table in read_toml(ABOUT)["answers"] for one in table["asked"]]
    assert len(about.answers) == len(wordings) > 90, Counter(map(key, wordings)).most_common(3)
    named = {word for say in about.answers.values() for word in say.split() if "/" in word}
    assert named and all(word.strip("\u200e؛.،»") in {f"/{one.name}" for one in COMMANDS} for word in named)


@pytest.mark.parametrize("name", ["assistant", "programmer"])
def test_the_personas_that_ship_know_of_themselves_and_the_simulation_does_not(name: str) -> None:
    assert Persona.load(name).about.answer("تو آدمی؟") == "" != Persona.load(name).about.answer("آدمی؟")
    assert not Persona.load("remembrance").about.answers


@pytest.mark.parametrize(
    "content", ['answers = "x"', "[[answers]]\nasked = 3\nsay = 'x'", "[[answers]]\nasked = ['x']"]
)
def test_a_file_that_is_not_as_it_should_be_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.toml").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="mine"):
        About.load(tmp_path / "mine.toml")


def test_a_small_model_is_given_it_and_what_the_user_taught_goes_first(talk: Talk) -> None:
    session = talk.open(persona="assistant")
    asked = "تو کی هستی؟"
    (line,) = memory_lines(session.fresh_messages(asked))
    assert line.endswith(session.profile.persona.about.answer(asked))
    assert memory_lines(session.fresh_messages(asked, memory=False)) == []
    session.teach(asked, "من پرستوام")
    assert "پرستو" in memory_lines(session.fresh_messages(asked))[0]
    session._serving.is_small = False  # type: ignore[union-attr, misc]
    assert "دستیار" not in "".join(memory_lines(session.fresh_messages("اسمت چیه؟")))


def test_spelling_marks_and_spaces_make_no_difference() -> None:
    assert key("تو کی‌ هستی؟!") == key("تو كي هستي") == "توکیهستی"
