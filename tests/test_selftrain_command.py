"""`persian-assistant selftrain` from the outside: killed, stopped, asked how it stands, refused."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from learning_files import persona_file
from learning_parts import schooled_folder

from persian_assistant.cli import main
from persian_assistant.commands.selftrain import sentence
from persian_assistant.config import home
from persian_assistant.selftraining.filters import REASONS
from persian_assistant.selftraining.service import SelfTraining
from persian_assistant.wording import set_language
from persian_assistant.wording.selftrain import CATALOGUE

REPOSITORY = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes of Unix")


@pytest.fixture
def persona(tmp_path: Path) -> Path:
    """One with many different questions, so that asking them takes a while."""
    path = persona_file(tmp_path)
    rows = [
        [
            {"role": "user", "content": f"یک جملهٔ خوب بگو، {at}."},
            {"role": "assistant", "content": f"خوب، {at}."},
        ]
        for at in range(150)
    ]
    lines = [json.dumps({"messages": row}, ensure_ascii=False) for row in rows]
    (tmp_path / "tiny-seeds.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path


def words(persona: Path, *more: str) -> list[str]:
    given = ["--model", str(schooled_folder()), "--quantization", "none", "--persona", str(persona)]
    return ["--lang", "en", "selftrain", *given, "--profile", "tiny", *more]


def folder() -> Path:
    return home() / "profiles" / "tiny" / "selftrain"


def status() -> dict[str, Any]:
    path = folder() / "status.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def started(argv: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "persian_assistant", *argv]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def wait_for(met: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    for _ in range(20_000):
        if met():
            return
        if process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.005)
    process.kill()
    raise AssertionError(process.communicate())


@posix
def test_killed_while_asking_and_stopped_in_training_it_goes_on(
    persona: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    argv = words(persona, "--samples", "70", "--cycles", "1", "--most-tokens", "60000")

    killed = started(argv)
    wait_for(lambda: status().get("counts", {}).get("generated", 0) > 0, killed)
    killed.kill()
    killed.communicate()
    before = status()
    assert 0 < before["counts"]["generated"] < 70 and before["step"] == "generate"
    assert main(words(persona, "--status")) == 0
    shown = capsys.readouterr().out
    assert "stopped" in shown and f"of {before['counts']['generated']} answers kept" in shown

    stopped = started(argv)
    wait_for(lambda: status().get("phase") == "train", stopped)
    assert main(words(persona, "--status")) == 0
    assert "training" in capsys.readouterr().out
    stopped.send_signal(signal.SIGTERM)
    out, err = stopped.communicate(timeout=120)
    assert (stopped.returncode, out) == (0, "") and "Traceback" not in err
    assert "Cycle 1, which was cut off, goes on" in err
    assert err.strip().endswith(CATALOGUE["cancelled"]["en"])
    left = status()
    assert (left["cycle"], left["step"], left["phase"]) == (1, "train", "stopped")
    assert left["counts"]["generated"] == 70 and left["totals"]["generated"] == 70
    assert not list(home().rglob("versions/0*"))

    assert main(words(persona, "--cycles", "1", "--most-tokens", "1000", "--epochs", "1")) == 0
    err = capsys.readouterr().err
    assert "Cycle 1" in err and err.strip().endswith("Cycles done: 1.")
    done = status()
    assert (done["step"], done["totals"]["cycles"], done["totals"]["generated"]) == ("", 1, 70)
    handlers = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert handlers == (signal.default_int_handler, signal.SIG_DFL)
    log = folder() / "log.txt"
    assert [line[:2] for line in log.read_text(encoding="utf-8").splitlines()].count("20") > 5
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder().iterdir()}
    assert set(modes.values()) == {0o600} and {"status.json", "log.txt", "lock"} <= set(modes)


@posix
def test_ctrl_c_ends_it_with_a_sentence(
    persona: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(self: SelfTraining, wake: bool = False) -> int:
        assert wake
        os.kill(os.getpid(), signal.SIGINT)
        self._check()
        return 0

    monkeypatch.setattr(SelfTraining, "run", run)
    assert main(words(persona, "--wake")) == 1
    assert capsys.readouterr().err.strip().endswith(CATALOGUE["cancelled"]["en"])


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--samples", "many"], "samples"),
        (["--samples", "۰"], "--samples"),
        (["--interval", "soon"], "--interval"),
        (["--epochs", "9"], "--epochs"),
        (["--depth", "0"], "--depth"),
        (["--status"], "has not been self-trained"),
    ],
)
def test_what_cannot_be_is_told(
    persona: Path, capsys: pytest.CaptureFixture[str], flags: list[str], told: str
) -> None:
    assert main(words(persona, *flags)) == 2
    assert told in capsys.readouterr().err


def test_a_simulation_is_never_self_trained(persona: Path, capsys: pytest.CaptureFixture[str]) -> None:
    persona.write_text(persona.read_text(encoding="utf-8") + "simulation = true\n", encoding="utf-8")
    for flags in ([], ["--status"]):
        assert main(words(persona, *flags)) == 2
        assert "never self-trained" in capsys.readouterr().err
    assert not folder().exists()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_everything_it_tells_can_be_said(language: str) -> None:
    set_language(language)
    counts = {"generated": 9, "kept": 1, **dict.fromkeys(REASONS, 1)}
    last = {"cycle": 2, "values": {"ratio": "1.300", "limit": "1.020"}, "scores": {"perplexity_ratio": 0.98}}
    told = [
        sentence("selftrain.generated", cycle=2, counts=counts, samples=1),
        sentence("selftrain.generated", cycle=2, counts={}, samples=1),
        sentence("cycle_ended", last={**last, "outcome": "rejected", "reason": "learning.gate_perplexity"}),
        sentence(
            "cycle_ended",
            last={**last, "outcome": "failed", "reason": "learning.no_memory", "values": {}},
        ),
        sentence("cycle_ended", last={**last, "outcome": "published", "version": 3}),
        sentence("selftrain.begun", cycle=2, samples=40),
    ]
    assert all(told) and len(set(told)) == len(told)
    if language == "fa":
        assert not any(char in text for text in told for char in "0123456789")
        assert "۱٫۳۰۰" in told[2] and "تکراری" in told[0]
