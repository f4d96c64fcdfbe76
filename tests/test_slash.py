"""Slash commands: what is one, what each does to the session, and what the user is told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from scripted import ScriptedSession

from persian_assistant import wording
from persian_assistant.config import Config, home
from persian_assistant.errors import UsageError
from persian_assistant.log import log_path, recording
from persian_assistant.terminal.actions import COMMAND, COMMANDS, persona_choices, shortened
from persian_assistant.terminal.loop import Chat
from persian_assistant.terminal.slash import Call, find, nearest_name, number, parse, split_flags
from persian_assistant.terminal.view import View

NAMES = (
    "help exit push learn status versions rollback regen undo clear history set persona model save "
    "teach fix good bad forget facts learned compare pause resume farewell rtl copy"
)


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession(Config())


@pytest.fixture
def chat(session: ScriptedSession) -> Chat:
    return Chat(session, View(apart=False))


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("", None),
        ("   \t ", None),
        ("\u200f\u202e", None),
        ("سلام", "سلام"),
        ("  سلام  ", "سلام"),
        ("كتاب‌هاي خوب", "کتاب‌های خوب"),
        ("/help", Call("help", "")),
        ("/HELP", Call("help", "")),
        ("\ufeff/help", Call("help", "")),
        ("\u200f/help", Call("help", "")),
        ("/set temperature  0.5 ", Call("set", "temperature  0.5")),
        ("/set\ttop_p 1", Call("set", "top_p 1")),
        ("/save a\nb", Call("save", "a\nb")),
        (" /help", "/help"),
        ("//help", "/help"),
        ("//", "/"),
        ("/", Call("", "")),
        ("/ help", Call("", "help")),
        ("/home/x/file.txt را ببین", Call("home/x/file.txt", "را ببین")),
        ("exit", "exit"),
        ("q", "q"),
        ("خط یک\n/help", "خط یک\n/help"),
        ("سلام\x1b[2J\x07", "سلام"),
    ],
)
def test_only_a_leading_slash_makes_a_command(line: str, meaning: object) -> None:
    assert parse(line) == meaning


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        *(
            ("hel", "help"),
            ("hlep", "help"),
            ("versoins", "versions"),
            ("ver", "versions"),
            ("modle", "model"),
            ("forgte", "forget"),
        ),
        *(("h", None), ("home/x", None), ("", None), ("سلام", None), ("quit", None), ("rol", "rollback")),
    ],
)
def test_nearest_name(name: str, nearest: str | None) -> None:
    assert nearest_name(name, NAMES.split()) == nearest


def test_registry_is_what_was_promised() -> None:
    assert sorted(command.name for command in COMMANDS) == sorted(NAMES.split())
    for command in COMMANDS:
        assert find(command.name, COMMANDS) is command
        assert re.search("[آ-ی]", command.description)


def test_help_lists_every_command(chat: Chat, capsys: pytest.CaptureFixture[str]) -> None:
    chat.handle("/help")
    text = shown(capsys)
    for command in COMMANDS:
        assert command.usage in text
        assert command.description.split("؛")[0] in text


def test_unknown_command_reaches_no_model(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/versoins")
    assert "/versions" in shown(capsys)
    chat.handle("/home/x")
    text = shown(capsys)
    assert "/home/x" in text
    assert "/help" in text
    assert session.calls("reply") == []
    chat.handle("//home/x")
    assert session.calls("reply") == [["reply", "/home/x"]]


WRONG = ["/learn now", "/learn --wait --stop", "/push", "/push a b", "/push a/b --now", "/undo 3", "/exit x"]
WRONG += ["/versions x", "/versions plot 3"]


@pytest.mark.parametrize("line", WRONG)
def test_wrong_arguments_are_refused_with_the_usage(
    line: str, chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle(line)
    name = line[1:].split()[0]
    assert COMMAND[name].usage in shown(capsys)
    assert session.calls("learn") == session.calls("push") == []


def test_flags_and_numbers() -> None:
    learn = COMMAND["learn"]
    assert split_flags(learn, "--wait x y", "--wait", "--stop") == ({"--wait"}, ["x", "y"])
    with pytest.raises(UsageError):
        split_flags(learn, "--now", "--wait")
    assert number(learn, "12") == number(learn, "۱۲") == 12
    for bad in ("0", "-1", "x", "1.5", "²"):
        with pytest.raises(UsageError):
            number(learn, bad)


def test_rollback_goes_to_the_parent_to_a_number_and_to_the_base(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/rollback")
    assert session.calls("rollback") == []
    session.version = 2
    chat.handle("/rollback")
    assert "نسخهٔ ۱" in shown(capsys)
    chat.handle("/rollback ۲")
    chat.handle("/rollback base")
    assert [call[1] for call in session.calls("rollback")] == [1, 2, None]
    chat.handle("/rollback x")
    assert len(session.calls("rollback")) == 3
    assert COMMAND["rollback"].usage in shown(capsys)


def test_versions_table_marks_the_serving_one(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/versions")
    assert "/learn" in shown(capsys)
    session.version = 2
    chat.handle("/versions")
    lines = shown(capsys).splitlines()
    marked = [line for line in lines if "●" in line]
    assert len(marked) == 1
    assert marked[0].startswith("● نسخهٔ ۲")
    assert "۱٫۰۱۰" in marked[0]
    session.version = None


def test_settings_are_listed_shown_and_set(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/set")
    assert {"temperature", "top_p", "max_new_tokens"} <= set(shown(capsys).split())
    chat.handle("/set temperature ۰٫۵")
    assert session.config.generation.temperature == 0.5
    chat.handle("/set top_p=0.4")
    assert session.config.generation.top_p == 0.4
    capsys.readouterr()
    chat.handle("/set temperature")
    assert "temperature = ۰٫۵" in shown(capsys)
    chat.handle("/set temperature 99")
    assert "99" in shown(capsys)
    chat.handle("/set nothing")
    assert "nothing" in shown(capsys)
    assert session.config.generation.temperature == 0.5


def test_conversation_commands(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/undo")
    chat.handle("/history")
    capsys.readouterr()
    chat.handle("یک")
    chat.handle("دو")
    assert shown(capsys) == "گفتید: یک\nگفتید: دو\n"
    chat.handle("/history 1")
    text = shown(capsys)
    assert "شما: دو" in text
    assert "یک" not in text
    chat.handle("/regen")
    assert shown(capsys) == "گفتید: دو\n"
    chat.handle("/undo")
    assert "«دو»" in shown(capsys)
    assert [exchange.user for exchange in session.exchanges] == ["یک"]
    chat.handle("/clear")
    assert session.exchanges == []
    chat.handle("/save 'دو واژه.md'")
    assert session.calls("save") == [["save", "دو واژه.md"]]


def test_status_counts_nothing_to_learn_where_learning_is_off(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/status")
    assert "نوبت‌های هنوز نیاموخته" in shown(capsys)
    session.config = replace(session.config, learning=replace(session.config.learning, enabled=False))
    chat.handle("/status")
    assert "نوبت‌های هنوز نیاموخته" not in shown(capsys)


def test_status_shows_every_figure(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/status")
    text = shown(capsys)
    figures = ("۸٬۹۰۰٬۰۰۰", "۶۱ توکن در ثانیه")
    for expected in ("scripted", "دستیار فارسی", "nf4", "cpu", *figures, "مدل پایه", str(home())):
        assert expected in text
    session.learn()
    chat.handle("/status")
    assert "۴۵٪" in shown(capsys)
    session.close()


def test_switching_and_listing(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/model")
    assert {"mini", "gpt2-fa", "gemma-2-2b-it"} <= set(shown(capsys).split())
    chat.handle("/model gpt2-fa")
    chat.handle("/persona programmer")
    assert session.calls("switch") == [["switch", "gpt2-fa", None], ["switch", None, "programmer"]]
    capsys.readouterr()
    chat.handle("/model nowhere")
    assert "nowhere" in shown(capsys)


def test_learning_in_the_foreground_and_stopped(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/learn --stop")
    assert "/learn" in shown(capsys)
    chat.handle("/learn --wait")
    assert session.calls("pass") == [["pass", "published"]]
    chat.handle("/learn")
    assert chat.asked_for_pass
    chat.handle("/learn --stop")
    assert session.calls("pass")[-1][1] in ("cancelled", "published")
    session.wait_for_pass()


@pytest.mark.parametrize(("line", "call"), [("/learn", "learn"), ("/rollback base", "rollback")])
def test_what_needs_the_model_waits_for_it(
    line: str, call: str, chat: Chat, session: ScriptedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []
    monkeypatch.setattr(session, "ready", lambda timeout=0: asked.append(timeout) or len(asked) == 3)
    chat.handle(line)
    assert len(asked) == 3 and len(session.calls(call)) == 1


@pytest.mark.parametrize(("flags", "public"), [("--yes", False), ("--public --yes", True)])
def test_push_with_consent_given_in_the_line(
    flags: str, public: bool, chat: Chat, session: ScriptedSession
) -> None:
    chat.handle(f"/push me/it {flags}")
    assert session.calls("push") == [["push", "me/it", public, True]]


def test_push_without_anybody_to_ask(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    chat.handle("/push me/it")
    assert "--yes" in shown(capsys)
    assert session.calls("push") == []


def test_exit(chat: Chat) -> None:
    chat.handle("/exit now")
    assert not chat.leaving
    chat.handle("/exit --wait")
    assert chat.leaving
    assert chat.wait_at_end


def test_a_defect_is_one_line_and_the_trace_is_in_the_log(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    with recording():
        chat.handle("نقص")
    told = shown(capsys).splitlines()
    assert len(told) == 1
    assert "RuntimeError" in told[0]
    assert str(log_path()) in told[0]
    assert "a defect in the script" in log_path().read_text(encoding="utf-8")
    assert log_path().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home().glob("*log*")] == ["log.txt"]
    chat.handle("خطا")
    assert "مدل" in shown(capsys)
    chat.handle("سلام")
    assert shown(capsys) == "گفتید: سلام\n"


def test_personas_of_the_data_folder_are_offered(chat: Chat) -> None:
    from persian_assistant.config import data_dir

    assert {name for name, _ in persona_choices(chat)} == {
        path.stem for path in (data_dir() / "personas").glob("*.toml")
    }


def test_shortened() -> None:
    assert shortened("یک\nدو") == "یک دو"
    assert len(shortened("x" * 100)) == 60


def test_every_sentence_of_the_chat_is_there_twice_with_the_same_values() -> None:
    for name, sentence in wording.catalogue("chat").items():
        assert set(sentence) == {"fa", "en"}, name
        fields = [set(re.findall(r"{(\w+)}", sentence[language])) for language in ("fa", "en")]
        assert fields[0] == fields[1], name
        assert not re.search("[يكى\u0640\u200e\u200f]", sentence["fa"]), name
