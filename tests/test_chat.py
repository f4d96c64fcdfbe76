"""The whole chat through a pipe: real processes, a tiny model, real kills."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from learning_files import FACTS, persona_file
from learning_parts import schooled_folder
from pseudo_terminal import Terminal, until

from persian_assistant.config import data_dir
from persian_assistant.hub import is_complete
from persian_assistant.journal import Journal
from persian_assistant.learner import MOST_TRIES
from persian_assistant.profile import Profile
from persian_assistant.text import normalise, one_line
from persian_assistant.versions import VersionStore

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 300
SETTINGS = (
    "[learning]\nlearning_rate = 1e-3\nlora_r = 4\nnum_train_epochs = {epochs}\n"
    "facts = false\ngate = false\n"  # a model this small cannot answer the gate's questions
)


class Chat:
    """`run_chat.py` on one profile, as often as a test wants."""

    def __init__(self, home: Path, folder: Path, every: int = 2, epochs: int = 1) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "config.toml").write_text(SETTINGS.format(epochs=epochs))
        self.home = home
        self.command = [
            sys.executable, str(ROOT / "run_chat.py"), "--model", str(schooled_folder()),
            "--quantization", "none", "--persona", str(persona_file(folder)), "--profile", "p",
            "--every", str(every), "--max-new-tokens", "10", "--random-seed", "1",
        ]  # fmt: skip
        self.folder = home / "profiles" / "p"
        # every warning is shown where it is not caught: none may reach the screen
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}

    def run(self, *lines: str, flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *flags], input="".join(f"{line}\n" for line in lines), capture_output=True,
            encoding="utf-8", env=self.environment, timeout=PATIENCE, check=False, cwd=self.home,
        )  # fmt: skip

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", env=self.environment, cwd=self.home,
        )  # fmt: skip

    def journal(self) -> Journal:
        return Journal.open(self.folder / "journal.jsonl")

    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.journal().passes()]

    def check_whole(self) -> None:
        """Everything on the disk is sound, and nobody holds the profile."""
        store = VersionStore(self.folder)
        for version in store.list():
            store.verify(version)
        store.current()
        assert store.warnings == []
        if (self.folder / "profile.json").exists():  # a kill can come before there is one
            Profile.open(self.home, "p").lock().release()


def ask(process: subprocess.Popen[str], text: str) -> str:
    """One line in, one answer out."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()
    return process.stdout.readline()


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return out, err


@pytest.fixture
def chat(own_home: Path, tmp_path: Path) -> Chat:
    return Chat(own_home, tmp_path)


def test_answers_on_stdout_the_rest_on_stderr_and_a_pass_is_waited_for(chat: Chat) -> None:
    done = chat.run(FACTS[0], "", FACTS[1], "/status", "سلام")
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == 3 and all(answers)
    assert [item.assistant for item in chat.journal().exchanges()] == [normalise(line) for line in answers]
    assert "شروع شد" in done.stderr and "نسخهٔ ۱ یاد گرفته شد" in done.stderr
    assert chat.outcomes() == ["started", "published"]
    for noise in ("gemm", "Warning", "warn", "Traceback", "%|", "{'", "torch", "transformers"):
        assert noise not in done.stderr, done.stderr
    chat.check_whole()
    log = chat.home / "log.txt"  # the libraries' warnings, which PYTHONWARNINGS asks for
    assert not log.exists() or "Traceback" not in log.read_text(encoding="utf-8")


def test_no_wait_leaves_the_pass_to_the_next_start(chat: Chat) -> None:
    chat.environment["PERSIAN_ASSISTANT_LANG"] = "en"
    slow = Chat(chat.home, chat.home.parent, epochs=100)
    first = slow.run(FACTS[0], FACTS[1], flags=("--no-wait",))
    assert first.returncode == 0 and len(first.stdout.splitlines()) == 2
    assert chat.outcomes() == ["started"]
    chat.check_whole()
    (chat.home / "config.toml").write_text(SETTINGS.format(epochs=1))
    second = chat.run("سلام")
    assert second.returncode == 0
    assert "runs again" in second.stderr and "Version 1 is learned" in second.stderr
    assert chat.outcomes() == ["started", "started", "published"]


def test_learn_by_hand_and_go_back(own_home: Path, tmp_path: Path) -> None:
    chat = Chat(own_home, tmp_path, every=50)
    done = chat.run(
        FACTS[0],
        "/learn",
        "سلام",
        "/rollback base",
        "سلام",
        "/rollback 1",
        "سلام",
        "/learn",
        "/nonsense",
        "/exit",
    )
    assert done.returncode == 2, done.stderr  # of the unknown command
    assert len(done.stdout.splitlines()) == 4
    entries = map(json.loads, (chat.folder / "journal.jsonl").read_text("utf-8").splitlines())
    assert [entry["version"] for entry in entries if entry["kind"] == "assistant"] == [None, 1, None, 1]
    assert [version.number for version in VersionStore(chat.folder).list()] == [1, 2]
    chat.check_whole()


def test_a_second_process_is_refused_and_the_first_goes_on(chat: Chat) -> None:
    with chat.start() as first:
        assert ask(first, FACTS[0])
        second = chat.run("سلام")
        assert second.returncode == 1 and second.stdout == ""
        assert "«p»" in second.stderr
        assert ask(first, FACTS[1])
        end(first)
    assert first.returncode == 0
    chat.check_whole()


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    "when",
    [
        "loading",
        pytest.param("talking", marks=pytest.mark.slow),
        "learning",
    ],
)
def test_a_polite_end_is_clean(chat: Chat, when: str) -> None:
    chat.command += ["--every", "1"] if when == "learning" else []
    (chat.home / "config.toml").write_text(SETTINGS.format(epochs=100))
    process = chat.start()
    if when == "loading":
        while not (chat.folder / "lock").exists():
            assert process.poll() is None
            time.sleep(0.02)
    else:
        assert ask(process, FACTS[0])
    process.send_signal(signal.SIGTERM)
    _, err = end(process)
    assert process.returncode == 128 + signal.SIGTERM, err
    assert "Traceback" not in err and "Fatal" not in err
    assert chat.outcomes() == (["started"] if when == "learning" else [])
    chat.check_whole()


def test_leaving_while_it_loads_is_clean(chat: Chat) -> None:
    done = chat.run("/exit")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "Traceback" not in done.stderr and "Fatal" not in done.stderr


@pytest.mark.skipif(not is_complete(data_dir() / "models" / "mini"), reason="the bundled model is not there")
def test_without_gpt2_fa_the_bundled_model_answers(chat: Chat) -> None:
    at = chat.command.index("--model")
    del chat.command[at : at + 2]
    done = chat.run("سلام", flags=("--no-learn",))
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert "gpt2-fa" in done.stderr
    assert json.loads((chat.folder / "profile.json").read_text("utf-8"))["base_model"] == "mini"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_in_a_terminal_ctrl_c_ends_the_pass_and_the_chat_goes_on(chat: Chat) -> None:
    (chat.home / "config.toml").write_text(SETTINGS.format(epochs=100))
    command = [word if word != "2" else "50" for word in chat.command]
    (chat.home / "name-asked").touch()
    terminal = Terminal(chat.home / "calls", command, **chat.environment)
    try:
        terminal.prompts(1)
        terminal.type(f"{FACTS[0]}\r")
        terminal.prompts(2)
        terminal.type("/learn --wait\r")
        until(lambda: "٪" in terminal.plain, lambda: terminal.plain, PATIENCE)
        terminal.type("\x03")
        terminal.sees("دور یادگیری متوقف شد")
        terminal.prompts(3)
        terminal.type("سلام\r")
        terminal.prompts(4)
        terminal.type("/exit\r")
        terminal.ends(0)
        assert "Warning" not in terminal.plain and "gemm" not in terminal.plain
    finally:
        terminal.close()
    assert [bool(item.assistant) for item in chat.journal().exchanges()] == [True, True]
    assert chat.outcomes() == ["started", "cancelled"]
    chat.check_whole()


class Killed:
    """Starts the chat, talks, kills it at a random moment, and checks that nothing acknowledged is gone."""

    def __init__(self, chat: Chat, seed: int) -> None:
        self.chat = chat
        self.chance = random.Random(seed)
        self.printed: list[str] = []
        self.sent: list[str] = []

    def round(self) -> None:
        before = self.unfinished()
        process = self.chat.start()
        printed: list[str] = []
        told: list[str] = []
        readers = [
            threading.Thread(target=self.collect, args=(process.stdout, printed)),
            threading.Thread(target=self.collect, args=(process.stderr, told)),
        ]
        for reader in readers:
            reader.start()
        wanted = self.chance.randint(0, 4)
        assert process.stdin is not None
        for _ in range(wanted):
            self.sent.append(f"{self.chance.choice(FACTS)} {len(self.sent)}")
            process.stdin.write(f"{self.sent[-1]}\n")
            process.stdin.flush()
            count = len(printed)
            while len(printed) == count and process.poll() is None:
                time.sleep(0.01)
        time.sleep(self.chance.random() * self.chance.choice([0.05, 0.5, 2.5]))
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        with suppress(BrokenPipeError):
            process.stdin.close()
        for reader in readers:
            reader.join(PATIENCE)
        assert len(printed) == wanted
        self.printed += printed
        self.check()
        if before and wanted:
            assert any("نیمه‌کاره" in line for line in told), told

    @staticmethod
    def collect(stream: object, lines: list[str]) -> None:
        for line in stream:  # type: ignore[attr-defined]
            lines.append(line)
        stream.close()  # type: ignore[attr-defined]

    def unfinished(self) -> bool:
        """Whether the next start has a pass to run again."""
        if not self.chat.folder.exists():
            return False
        journal, newest = self.chat.journal(), VersionStore(self.chat.folder).newest()
        cut = journal.unfinished_pass()
        outcomes = [record.outcome for record in journal.passes()]
        given_up = outcomes[-MOST_TRIES:] == ["started"] * MOST_TRIES
        return cut is not None and not given_up and (newest is None or newest.high_water < cut.high_water)

    def check(self) -> None:
        exchanges = self.chat.journal().exchanges()
        answered = [item for item in exchanges if item.assistant is not None]
        assert [item.user for item in exchanges] == self.sent[: len(exchanges)]
        assert len(self.sent) - len(exchanges) in (0, 1)
        printed = [normalise(line).strip() for line in self.printed]
        assert [one_line(item.assistant or "") for item in answered] == printed  # one line, whatever it has
        self.chat.check_whole()


def kill_often(chat: Chat, seed: int, rounds: int) -> None:
    (chat.home / "config.toml").write_text(SETTINGS.format(epochs=6))
    killed = Killed(chat, seed)
    for _ in range(rounds):
        killed.round()
    due = killed.unfinished()
    done = chat.run("سلام", "سلام", "سلام")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3
    if due:
        assert "نیمه‌کاره" in done.stderr
    assert VersionStore(chat.folder).current() is not None
    chat.check_whole()
    assert not list(chat.folder.rglob(".tmp-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_killed_at_random_moments_nothing_acknowledged_is_gone(chat: Chat) -> None:
    kill_often(chat, seed=2, rounds=2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_killed_many_times(chat: Chat, seed: int) -> None:
    kill_often(chat, seed, rounds=14)
