"""/versions and /versions plot: every score is seen, on 80 columns, in both languages, without colour."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from scripted import ScriptedSession, ScriptedVersion

from persian_assistant import wording
from persian_assistant.config import Config
from persian_assistant.terminal.loop import Chat
from persian_assistant.terminal.view import View

BAR = re.compile("[█░]+")


class Screen(io.StringIO):
    """A terminal: what is written to it, colours and all."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def session() -> ScriptedSession:
    return ScriptedSession(Config())


@pytest.fixture
def chat(session: ScriptedSession) -> Chat:
    return Chat(session, View(apart=False))


def version(number: int, **scores: Any) -> ScriptedVersion:
    config = {"max_perplexity_ratio": 1.02, "counts": {"facts": 5 * number}}
    return ScriptedVersion(number, number - 1 or None, scores=scores, config=config)


def several(count: int = 12) -> list[ScriptedVersion]:
    return [
        version(
            at,
            new_recall=0.5 + at / 30,
            earlier_recall=1 - at / 40,
            perplexity_ratio=1 + at / 1000,
            seconds=40.4 + at,
            scale=0.6 if at == 2 else 1.0,
        )
        for at in range(1, count + 1)
    ]


def lines_of(chat: Chat, command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    chat.handle(command)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("command", ["/versions", "/versions plot"])
def test_no_line_is_wider_than_80_columns(
    command: str, language: str, session: ScriptedSession, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    wording.set_language(language)
    session.version, session.known_versions = 12, several()
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    chat.handle(command)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in screen.getvalue().splitlines()]
    legend = set(wording.say("chat.versions_legend").split())  # a sentence, in one line or two
    rows = [line for line in lines if not line.split() or not set(line.split()) <= legend]
    assert len(rows) == (3 + 12 if command == "/versions" else 3 * 13 + 2)
    assert max(map(cell_len, lines)) <= 80
    assert sum("●" in line for line in lines) == (1 if command == "/versions" else 3)


def test_the_table_has_a_figure_for_every_column(
    session: ScriptedSession, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    session.version, session.known_versions = 2, [*several(2), version(3, new_recall=math.nan)]
    lines = lines_of(chat, "/versions", capsys)
    (row,) = [line for line in lines if "●" in line]
    assert row.split()[:3] == ["●", "نسخهٔ", "۲"]
    assert row.split()[5:] == ["۱۰", "۵۷٪", "۹۵٪", "۱٫۰۰۲", "۴۲", "۶۰٪"]
    assert lines[-2].split()[-6:] == ["۱۵", "-", "-", "-", "-", "-"]
    # all rows with figures, and the headers, begin with a word and end in the same cell
    figures = [line for line in lines if "نسخه" in line]
    assert len({cell_len(line) for line in figures}) == 1 and len(figures) == 4
    wording.set_language("en")
    (row,) = [line for line in lines_of(chat, "/versions", capsys) if "●" in line]
    assert row.split()[4:] == ["10", "57%", "95%", "1.002", "42", "60%"]


def test_an_old_version_without_counts_is_shown(
    session: ScriptedSession, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    session.version = 1
    session.known_versions = [
        ScriptedVersion(1, None, config={}),
        ScriptedVersion(2, 1, config={"counts": 3}),
    ]
    assert [line.split()[-6] for line in lines_of(chat, "/versions", capsys)[-3:-1]] == ["-", "-"]
    assert "۱٫۰۱۰" in "\n".join(lines_of(chat, "/versions plot", capsys))


def test_bars_are_as_long_as_the_scores(
    session: ScriptedSession, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    session.version = 1
    session.known_versions = [
        version(1, new_recall=0.5, earlier_recall=1.0, perplexity_ratio=1.01),
        version(2, new_recall=0.0, perplexity_ratio=0.9),
        version(3, new_recall=1.0, earlier_recall=0.25, perplexity_ratio=1.9),
        version(4),
    ]
    lines = lines_of(chat, "/versions plot", capsys)
    assert not any("\x1b" in line for line in lines), "piped output is plain"
    drawn = [line for line in lines if "نسخهٔ" in line]
    assert len(drawn) == 3 * 4 and len(lines) == 12 + 3 + 2
    filled = [line.count("█") for line in drawn]
    assert filled[:8] == [20, 0, 40, 0, 40, 0, 10, 0]
    within = drawn[9].count("░")  # the way from the base to the limit, nothing of it used
    assert filled[8] == round(within / 2) and filled[9] == 0
    assert filled[10] == 40 and "│█" in drawn[10] and "│█" not in drawn[8]
    assert [line.endswith(" -") for line in drawn] == [False] * 3 + [True, False, True] + [False] + [True] + [
        False
    ] * 3 + [True]
    assert [line.split()[-1] for line in drawn[:3]] == ["۵۰٪", "۰٪", "۱۰۰٪"]
    assert "۱٫۰۱۰ / ۱٫۰۲۰" in drawn[8] and "۱٫۹۰۰ / ۱٫۰۲۰" in drawn[10]
    assert [line[0] == "●" for line in drawn] == [True, False, False, False] * 3


def test_in_persian_bars_begin_at_the_right_as_all_else_does(
    session: ScriptedSession, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.version, session.known_versions = 12, [*several(), version(13)]
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    chat.view.rtl = "visual"
    chat.handle("/versions plot")
    lines = [line.rstrip("\n") for line in screen.getvalue().splitlines() if line]
    assert {cell_len(line) for line in lines} == {80} and all(line.startswith(" ") for line in lines)
    bars = [line for line in lines if BAR.search(line)]
    assert len({BAR.search(line).end() for line in bars}) == 1, (
        "they begin in one column, and grow to the left"
    )  # type: ignore[union-attr]
    assert sum(line.endswith("●") for line in bars) == 3
    assert bars[0].split()[0] == "٪۵۳", "the share at the left end"


def test_the_lines_of_a_group_end_in_one_cell(
    session: ScriptedSession, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    session.version, session.known_versions = 12, [*several(), version(13)]
    lines = lines_of(chat, "/versions plot", capsys)
    drawn = [line for line in lines if "نسخهٔ" in line]
    for group in range(0, 3 * 13, 13):
        assert len({cell_len(line) for line in drawn[group : group + 13]}) == 1
    assert not any(re.search("[0-9]", line) for line in lines), "Persian digits in the Persian interface"


@pytest.mark.parametrize("columns", ["30", "50"])
def test_a_narrow_terminal_gets_shorter_bars(
    columns: str, session: ScriptedSession, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.version, session.known_versions = 1, several()
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", columns)
    chat.handle("/versions plot")
    bars = [line for line in screen.getvalue().splitlines() if BAR.search(line)]
    assert len(bars) == 36 and max(map(cell_len, bars)) <= int(columns)


def test_without_versions_it_says_so(
    chat: Chat, session: ScriptedSession, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = lines_of(chat, "/versions plot", capsys)
    assert line == wording.say("chat.no_versions")


def test_the_figures_of_a_real_version_are_found(
    tmp_path: Path, session: ScriptedSession, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of scores and settings are those that a pass writes."""
    from dataclasses import asdict

    from persian_assistant.config import LearningConfig
    from persian_assistant.gate import Figures, Scores
    from persian_assistant.versions import VersionStore

    store = VersionStore(tmp_path)
    staged = store.stage(lambda folder: (folder / "a.safetensors").write_bytes(b"weights"))
    candidate = Figures(101, 2, 1, 0, 0.9, 0.8)
    scores = Scores(2.0, candidate, Figures(100, 2, 1, 0), Figures(100, 2, 1, 0), 0.8).as_dict()
    config = {**asdict(LearningConfig()), "counts": {"facts": 7}}
    store.publish(
        staged, high_water=1, data_hash="", base={}, config=config, scores=scores | {"seconds": 31.5},
        parent=None,
    )  # fmt: skip
    session.version, session.known_versions = 1, store.list()
    row = lines_of(chat, "/versions", capsys)[-2]
    assert row.split()[5:] == ["۷", "۹۰٪", "۸۰٪", "۱٫۰۱۰", "۳۲", "۸۰٪"]
    assert sum("█" in line for line in lines_of(chat, "/versions plot", capsys)) == 3
