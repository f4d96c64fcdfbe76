"""The chat through a pipe: a real process, real streams, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pseudo_terminal import until
from scripted import ENDLESS

CHAT = [sys.executable, str(Path(__file__).with_name("scripted.py"))]


class Program:
    """The chat command on the scripted conversation, as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "calls.jsonl"
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, text: str | bytes, *flags: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        data = text if isinstance(text, bytes) else text.encode()
        return subprocess.run(
            [*CHAT, *flags], input=data, capture_output=True, env=self.environment(**environment),
            timeout=60, check=False,
        )  # fmt: skip

    def start(self, *flags: str, **environment: str) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen([*CHAT, *flags], env=self.environment(**environment), **pipes)
        self._started.append(process)
        return process

    def environment(self, **more: str) -> dict[str, str]:
        root = str(Path(__file__).parent.parent)
        mine = {"SCRIPT_LOG": str(self.log), "PYTHONPATH": root, "PYTHONUTF8": "0", "LC_ALL": "C"}
        return {**os.environ, **mine, **more}

    def stop(self) -> None:
        """Ends what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def calls(self, *names: str) -> list[Any]:
        if not self.log.exists():
            return []
        calls = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [call for call in calls if call[0] in names]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.stop()


def test_one_line_in_one_line_out(program: Program) -> None:
    done = program.run("سلام\n\nخوبی؟\n  /نه دستور\n/exit\nهرگز\n")
    assert done.returncode == 0
    assert done.stdout.decode() == "گفتید: سلام\nگفتید: خوبی؟\nگفتید: /نه دستور\n"
    assert done.stderr == b""
    assert [call[1] for call in program.calls("reply")] == ["سلام", "خوبی؟", "/نه دستور"]
    assert program.calls("close") == [["close"]]


def test_the_last_line_needs_no_newline_and_an_empty_input_is_fine(program: Program) -> None:
    assert program.run("سلام").stdout.decode() == "گفتید: سلام\n"
    nothing = program.run("")
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, b"", b"")


def test_bytes_that_are_no_text_are_replaced(program: Program) -> None:
    done = program.run(b"\xef\xbb\xbf/status\r\nab\xff\xfe\x00c\r\n")
    assert done.returncode == 0
    assert done.stdout.decode() == "گفتید: ab\ufffd\ufffdc\n"
    assert "nf4" in done.stderr.decode()


def test_commands_speak_on_stderr_only(program: Program) -> None:
    done = program.run("/help\n/set temperature 0.5\n/history\n")
    assert done.returncode == 0
    assert done.stdout == b""
    assert "/rollback [n|base]" in done.stderr.decode()
    assert b"\x1b" not in done.stderr


def test_a_failed_answer_is_an_empty_line_and_an_exit_code(program: Program) -> None:
    done = program.run("خطا\nسلام\n")
    assert done.returncode == 1
    assert done.stdout.decode() == "\nگفتید: سلام\n"
    assert len(done.stderr.decode().splitlines()) == 1
    assert program.run("/nothing\n").returncode == 2
    defect = program.run("نقص\n")
    assert defect.returncode == 1
    assert "RuntimeError" in defect.stderr.decode()
    assert "Traceback" not in defect.stderr.decode()


def test_learn_waits_with_nobody_there(program: Program) -> None:
    done = program.run("/learn\nسلام\n")
    assert done.returncode == 0
    assert "نسخهٔ ۱ منتشر شد." in done.stderr.decode()
    assert [call[:2] for call in program.calls("pass", "reply")] == [["pass", "published"], ["reply", "سلام"]]


@pytest.mark.parametrize("command", ["/rollback 1", "/compare base سلام", "/learn"])
def test_what_needs_the_versions_waits_for_a_pass_that_runs_already(program: Program, command: str) -> None:
    done = program.run(f"now\n{command}\n", SCRIPT_LEARN="now")
    assert (done.returncode, "خطا" in done.stderr.decode()) == (0, False)
    names = {"/rollback 1": "rollback", "/compare base سلام": "compare", "/learn": "learn"}
    calls = [call[0] for call in program.calls("learn", "pass", "rollback", "compare")]
    assert calls[:3] == ["learn", "pass", names[command]]


def test_the_end_of_input_waits_for_a_pass_unless_told_not_to(program: Program) -> None:
    program.run("now\n", SCRIPT_LEARN="now")
    assert program.calls("pass") == [["pass", "published"]]
    program.log.unlink()
    done = program.run("now\n", "--no-wait", SCRIPT_LEARN="now", SCRIPT_PASS="endless")
    assert done.returncode == 0
    assert program.calls("pass") == [["pass", "cancelled"]]


def test_ctrl_c_ends_with_130_and_keeps_what_came(program: Program) -> None:
    process = program.start()
    assert process.stdin is not None
    process.stdin.write(f"سلام\n{ENDLESS}\n".encode())
    process.stdin.flush()
    assert process.stdout is not None
    assert process.stdout.readline().decode() == "گفتید: سلام\n"
    until(lambda: len(program.calls("reply")) == 2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b""
    assert program.calls("answered")[-1][2] == "interrupted"
    assert program.calls("close") == [["close"]]


def test_ctrl_c_during_a_pass_ends_both(program: Program) -> None:
    process = program.start(SCRIPT_PASS="endless")
    assert process.stdin is not None
    process.stdin.write(b"/learn\n")
    process.stdin.flush()
    until(lambda: bool(program.calls("learn")))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert program.calls("pass", "close") == [["pass", "cancelled"], ["close"]]


def test_sigterm_closes_the_session(program: Program) -> None:
    process = program.start()
    assert process.stdin is not None
    process.stdin.write(f"{ENDLESS}\n".encode())
    process.stdin.flush()
    until(lambda: bool(program.calls("reply")))
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert program.calls("close") == [["close"]]


def test_a_reader_that_leaves_is_no_error(program: Program) -> None:
    process = program.start()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("سلام\n".encode())
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write("سلام\nسلام\n".encode())
    process.stdin.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert program.calls("close") == [["close"]]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--temperature", "hot"], "temperature"),
        (["--top-p", "2"], "top_p"),
        (["--every", "0"], "every"),
        (["--quantization", "nf8"], "quantization"),
        (["--lang", "xx"], "lang"),
    ],
)
def test_bad_flags_are_named(flags: list[str], named: str) -> None:
    import argparse

    from persian_assistant.commands import chat
    from persian_assistant.config import Config
    from persian_assistant.errors import UsageError

    parser = argparse.ArgumentParser()
    chat.add_arguments(parser)
    with pytest.raises(UsageError, match=named):
        chat.settings(parser.parse_args(flags), Config())


def test_flags_become_settings() -> None:
    import argparse

    from persian_assistant.commands import chat
    from persian_assistant.config import Config

    parser = argparse.ArgumentParser()
    chat.add_arguments(parser)
    assert chat.settings(parser.parse_args([]), Config()) == Config()
    line = "--model gpt2-fa --revision main --download --quantization none --persona p --profile q --every ۵"
    line += " --no-learn --temperature ۰٫۳ --top-p 0.5 --repetition-penalty 1.1 --max-new-tokens 7 --greedy"
    config = chat.settings(parser.parse_args([*line.split(), "--random-seed", "3", "--lang", "en"]), Config())
    model, generation, learning = config.model, config.generation, config.learning
    assert (model.name, model.revision, model.quantization) == ("gpt2-fa", "main", "none")
    assert model.download
    assert (config.persona, config.profile, config.lang) == ("p", "q", "en")
    assert (learning.every, learning.enabled) == (5, False)
    assert (generation.temperature, generation.top_p, generation.repetition_penalty) == (0.3, 0.5, 1.1)
    assert (generation.max_new_tokens, generation.do_sample, generation.random_seed) == (7, False, 3)
