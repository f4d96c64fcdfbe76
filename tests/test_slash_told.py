"""Slash commands about what the assistant knows: what each does to the session, and what the user is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import BIRD, ScriptedSession

from persian_assistant.config import Config
from persian_assistant.terminal.actions import COMMAND
from persian_assistant.terminal.loop import Chat, Questions
from persian_assistant.terminal.prompt import PrivateHistory
from persian_assistant.terminal.view import View


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession(Config())


@pytest.fixture
def chat(session: ScriptedSession) -> Chat:
    return Chat(session, View(apart=False))


def answering(session: ScriptedSession, answer: bool, asked: list[str]) -> Chat:
    view = View(apart=False)

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    return Chat(session, view, ask=Questions(view, ask))


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.parametrize("arrow", [" => ", "=>", " ⇒ ", " ⇐ ", "<=", "->", " → ", " ← "])
def test_teach_takes_any_arrow(arrow: str, chat: Chat, session: ScriptedSession) -> None:
    chat.handle(f"/teach مرکز گیلان كجاست؟{arrow}رشت => نه تهران")
    assert session.calls("teach") == [["teach", "مرکز گیلان کجاست؟", "رشت => نه تهران"]]


WRONG = [
    *("/teach", "/teach پرسش", "/teach => پاسخ", "/teach پرسش =>", "/fix", "/good x", "/bad x"),
    *("/forget", "/forget --yes", "/facts x", "/facts edit", "/facts edit 3.1", "/facts delete"),
    *("/facts delete 3.1 now", "/learned x", "/compare", "/compare x", "/compare 3 سلام"),
]


@pytest.mark.parametrize("line", WRONG)
def test_wrong_arguments_are_refused_with_the_usage(
    line: str, chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("سلام")
    capsys.readouterr()
    chat.handle(line)
    name, told = line[1:].split()[0], shown(capsys)
    assert ("=> پیشی" if name == "teach" else COMMAND[name].usage) in told
    assert "«»" not in told
    assert chat.exit_code == 2
    assert not any(session.calls(name) for name in ("teach", "fix", "rate", "forget", "edit_fact", "compare"))


def test_correcting_and_rating(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/good")
    assert "خطا" in shown(capsys) and session.calls("rate") == []
    chat.handle("سلام")
    chat.handle("/good")
    chat.handle("/bad")
    assert "/fix" in shown(capsys)
    chat.handle("/fix سلام همشهری!")
    assert "سلام همشهری!" in shown(capsys)
    assert [call[1] for call in session.calls("rate")] == ["good", "bad"]
    assert session.calls("fix") == [["fix", "سلام همشهری!"]]


def test_facts_are_listed_edited_and_deleted(
    session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    chat = answering(session, True, asked)
    chat.handle("/facts")
    table = shown(capsys)
    for cell in ("۳.۱", "اسم قناری", "نغمه", "گفته‌اید", "۱۴۰۲/۰۸/۲۳"):
        assert cell in table
    chat.handle("/facts edit ۳٫۱ آواز بلند")
    assert session.calls("edit_fact") == [["edit_fact", "۳٫۱", "آواز بلند"]]
    assert "آواز بلند" in shown(capsys)
    chat.handle("/facts delete 3.1")
    assert len(asked) == 1 and session.calls("forget") == [["forget", ["3.1"], [3]]]
    assert BIRD.sentence in shown(capsys)


def test_forget_shows_asks_and_only_then_forgets(
    session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    typed: list[str] = []
    chat = answering(session, False, asked)
    chat.forget_typed = typed.extend
    chat.handle("/forget اسب")
    assert "اسب" in shown(capsys) and asked == []
    chat.handle("/forget قناری من")
    text = shown(capsys)
    assert "نغمه" in text and BIRD.sentence in text and len(asked) == 1 and "۲" in asked[0]
    assert session.calls("forget") == [] and typed == []
    assert text.splitlines()[-1] == "چیزی فراموش نشد." and chat.exit_code == 0  # a no is no error
    chat = answering(session, True, asked)
    chat.forget_typed = typed.extend
    chat.handle("/forget قناری من")
    assert session.calls("forget") == [["forget", ["3.1"], [3]]]
    assert typed == [BIRD.sentence, "نغمه"]


def test_nobody_to_ask_needs_yes(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/forget قناری")
    assert "--yes" in shown(capsys) and chat.exit_code == 2 and session.calls("forget") == []
    chat.handle("/facts delete 3.1")
    assert session.calls("forget") == []
    chat.handle("/forget قناری --yes")
    chat.handle("/facts delete 3.1 --yes")
    assert len(session.calls("forget")) == 2


def test_learned_says_why(chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    chat.handle("/learned")
    lines = shown(capsys).splitlines()
    assert any(line.startswith("✓") and "۹" in line for line in lines)
    assert any(line.startswith("–") and "/good" in line for line in lines)


def test_compare_asks_both_the_given_or_the_last_question(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/compare base")
    assert session.calls("compare") == [] and chat.exit_code == 2
    session.version = 2
    chat.handle("سلام")
    capsys.readouterr()
    chat.handle("/compare last")
    text = shown(capsys)
    assert text.index("نسخهٔ ۱") < text.index("نسخهٔ ۲") and "نمی‌دانم." in text and "نغمه." in text
    chat.handle("/compare base اسم قناری من چیست؟")
    assert "مدل پایه" in shown(capsys)
    chat.handle("/compare current سلام")
    assert "با حافظه" in shown(capsys)
    assert [call[1:] for call in session.calls("compare")] == [
        ["سلام", "last"],
        ["اسم قناری من چیست؟", "base"],
        ["سلام", "current"],
    ]


def test_what_was_remembered_is_said_apart_from_the_answer(
    session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    piped = Chat(session, View(apart=True), piped=True)
    piped.handle("یک قناری دارم")
    told = capsys.readouterr()
    assert told.out == "گفتید: یک قناری دارم\n"
    assert told.err == "به خاطر سپردم: تو قناری داری.\n"


def test_forgotten_lines_leave_the_typed_history(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = PrivateHistory(path)
    for line in ("سلام", BIRD.sentence, "/teach قناری چیست؟ => نغمه", "دو\nخط", "نغمه‌ای بخوان"):
        history.append_string(line)
    history.forget([BIRD.sentence, "نغمه"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(PrivateHistory(path).load_history_strings()) == ["نغمه‌ای بخوان", "دو\nخط", "سلام"]
    assert BIRD.sentence not in history.get_strings()
    history.append_string("باز هم")
    assert next(iter(PrivateHistory(path).load_history_strings())) == "باز هم"


def test_a_bad_reply_that_was_the_users_own_is_told_as_such(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.handle("سلام")
    monkeypatch.setattr(session.facts, "is_corrected", lambda seq: True)
    shown(capsys)
    chat.handle("/bad")
    text = shown(capsys)
    assert "/facts delete" in text and "چیزی یاد گرفته نمی‌شود" not in text


def test_what_becomes_of_the_versions_is_told_after_what_is_gone(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "forget", lambda matches: session.on_event("نسخه‌ها پاک شدند"))
    chat.handle("/forget قناری --yes")
    text = shown(capsys)
    assert text.index("دیگر آموخته نمی‌شود") < text.index("نسخه‌ها پاک شدند")
