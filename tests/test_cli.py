"""The command line, and the log that unexpected errors go to."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from persian_assistant import __version__, log, wording
from persian_assistant.cli import COMMANDS, main
from persian_assistant.commands import chat
from persian_assistant.errors import DiskError

ROOT = Path(__file__).resolve().parent.parent


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "persian_assistant", *words],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, timeout=120, check=False,
    )  # fmt: skip


def test_help_names_every_command_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for language in wording.LANGUAGES:
        with pytest.raises(SystemExit) as ended:
            main(["--lang", language, "--help"])
        assert ended.value.code == 0
        shown = " ".join(capsys.readouterr().out.split())
        for name in COMMANDS:
            assert name in shown
            assert wording.say(f"cli.command_{name}") in shown
        assert wording.language() == language


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"persian-assistant {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [[], ["--lang", "en"], ["nonsense"], ["--nonsense"], ["chat", "--nonsense"]]
)
def test_what_means_nothing_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert wording.say("cli.usage") in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("words", "key", "values"),
    [
        (["train", "--learning-rate", "داغ"], "argument_number", {"name": "--learning-rate", "value": "داغ"}),
        (["train", "--epochs", "۲٫۵"], "argument_whole", {"name": "--epochs", "value": "۲٫۵"}),
        (["train", "--epochs"], "argument_bare", {"name": "--epochs"}),
        (["train", "--nonsense"], "argument_unknown", {"value": "--nonsense"}),
        (["bench"], "argument_required", {"name": "WHAT"}),
    ],
)
def test_a_line_that_cannot_be_read_is_told_in_the_language_of_the_interface(
    words: list[str], key: str, values: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for language in wording.LANGUAGES:
        with pytest.raises(SystemExit) as ended:
            main(["--lang", language, *words])
        assert ended.value.code == 2
        err = capsys.readouterr().err
        assert err.splitlines()[-1] == wording.say(f"cli.{key}", **values)
        assert err.startswith(wording.say("cli.usage")) and "error:" not in err


def test_a_choice_that_is_none_names_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--lang", "fa", "chatt"])
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("«chatt» برای COMMAND پذیرفتنی نیست") and "selftrain" in last


def test_help_has_no_english_heading_in_persian(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["train"], ["seed", "build"]):
        with pytest.raises(SystemExit):
            main(["--lang", "fa", *words, "--help"])
        shown = capsys.readouterr().out
        assert not any(english in shown for english in ("usage", "options:", "arguments", "show this help"))


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"persian-assistant {__version__}")


def test_the_three_ways_in_are_one() -> None:
    done = subprocess.run(
        [sys.executable, "run_chat.py", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=True,
    )
    assert "--every" in done.stdout
    assert done.stdout == run("chat", "--help").stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["chat", "--every", "0"], "every"),
        (["chat", "--temperature", "گرم"], "temperature"),
        (["chat", "--quantization", "int3"], "quantization"),
        (["chat", "--persona", "nobody"], "nobody"),
        (["chat", "--model", "no/such/model/here"], "no/such/model/here"),
    ],
)
def test_a_bad_flag_is_one_line_and_code_two(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language in wording.LANGUAGES:
        assert main([*words, "--lang", language]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert named in err and err.count("\n") == 1


def test_a_bad_config_file_is_told_in_the_language_typed(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_home.mkdir(parents=True)
    (own_home / "config.toml").write_text("[learning]\nevery = 0\n")
    assert main(["chat", "--lang", "en"]) == 2
    assert "expected" in capsys.readouterr().err
    wording.set_language("fa")
    assert main(["chat"]) == 2
    assert "پذیرفتنی" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (DiskError("disk.full", path="/somewhere"), 1, "/somewhere"),
        (KeyboardInterrupt(), 130, ""),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 1, "torch"),
        (ModuleNotFoundError("x", name="persian_assistant.nowhere"), 1, "log.txt"),
        (RuntimeError("a defect with hf_abcdefghijk inside"), 1, "log.txt"),
    ],
    ids=["disk", "ctrl-c", "not installed", "own module", "defect"],
)
def test_whatever_happens_is_one_line(
    raised: BaseException, code: int, told: str, own_home: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(*_: Any) -> int:
        raise raised

    monkeypatch.setattr(chat, "run", fail)
    assert main(["chat"]) == code
    out, err = capsys.readouterr()
    assert out == "" and told in err and err.count("\n") == bool(told)
    assert "Traceback" not in err
    record = own_home / "log.txt"
    assert record.exists() == (told == "log.txt")
    if record.exists():
        text = record.read_text(encoding="utf-8")
        assert "Traceback" in text and str(raised).partition(" hf_")[0] in text
        assert "hf_abc" not in text
        assert record.stat().st_mode & 0o777 == 0o600
        assert own_home.stat().st_mode & 0o777 == 0o700


def test_a_reader_that_leaves_is_no_error() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-m", "persian_assistant", "chat", "--help"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_a_missing_package_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "filelock.py").write_text("raise ModuleNotFoundError('x', name='filelock')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = run("chat", "--lang", "en", PYTHONPATH=path, PERSIAN_ASSISTANT_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert "filelock" in done.stderr and "requirements.txt" in done.stderr
    assert done.stderr.count("\n") == 1


# --- the log ----------------------------------------------------------------------------------------


def test_libraries_write_to_the_log_and_not_to_the_screen(
    own_home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret-of-mine")
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])  # pytest's own
    with log.recording():
        logging.getLogger("accelerate").warning("a warning with secret-of-mine and Bearer abc.def")
        logging.getLogger("bitsandbytes.backends.cpu.ops").warning("Failed to load CPU gemm_4bit_forward")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(True)
            warnings.warn("a library's warning", stacklevel=1)
        logging.getLogger("persian_assistant.learner").info("not worth a line")
    assert root.handlers == []
    assert capfd.readouterr() == ("", "")
    text = (own_home / "log.txt").read_text(encoding="utf-8")
    assert "WARNING accelerate: a warning with *** and ***" in text
    assert "a library's warning" in text
    assert "gemm" not in text and "secret" not in text and "not worth" not in text


def test_the_log_stays_small_and_private(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST_BYTES", 2000)
    with log.recording():
        for number in range(200):
            logging.getLogger("x").warning("line %d of many", number)
    files = sorted(own_home.iterdir())
    assert [path.name for path in files] == ["log.txt", "log.txt.1"]
    assert all(path.stat().st_size <= 2000 and path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert "line 199" in files[0].read_text()


def test_a_log_that_cannot_be_written_disturbs_nobody(
    own_home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home.parent.mkdir(parents=True, exist_ok=True)
    own_home.write_text("a file where the folder belongs")
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with log.recording():
        logging.getLogger("x").warning("nowhere to go")
    assert capfd.readouterr() == ("", "")


def test_nothing_to_tell_makes_no_file(own_home: Path) -> None:
    with log.recording():
        pass
    assert not own_home.exists()
