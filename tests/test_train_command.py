"""`persian-assistant train` from the outside: published, stopped, killed, in several processes, refused."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_files import persona_file
from learning_parts import load, model_folder, schooled_folder
from safetensors.torch import load_file
from tiny_models import SENTENCES

from persian_assistant import adapters
from persian_assistant.cli import main
from persian_assistant.commands.train import _Line
from persian_assistant.instruction_tuning import TuningProgress
from persian_assistant.profile import Profile
from persian_assistant.versions import VersionStore
from persian_assistant.wording.train import CATALOGUE

pytestmark = pytest.mark.usefixtures("one_thread")
REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Thirty-six questions with answers; the last two lines say what was said before."""
    path = tmp_path / "data.jsonl"
    lines = []
    for at in range(36):
        question = " ".join((SENTENCES * 2)[at % 12 : at % 12 + 1 + at // 12])
        row = {"instruction": question, "response": SENTENCES[(at + 5) % 12]}
        lines.append(json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join([*lines, *lines[:2]]) + "\n", encoding="utf-8")
    return path


def words(data: Path, *more: str, profile: str = "p") -> list[str]:
    persona = data.parent / "tiny.toml"
    if not persona.exists():
        persona_file(data.parent)
    model = str(model_folder("llama", "mini"))
    given = ["--model", model, "--persona", str(persona), "--profile", profile, "--quantization", "none"]
    return ["--lang", "en", "train", str(data), *given, "--learning-rate", "1e-2", "--lora-r", "4", *more]


def say_en(name: str, **values: object) -> str:
    return CATALOGUE[name]["en"].format(**values)


def weights(own_home: Path, profile: str) -> dict[str, torch.Tensor]:
    return load_file(own_home / "profiles" / profile / "versions" / "0001" / "adapter_model.safetensors")


def scores(own_home: Path, profile: str, number: int = 1) -> dict[str, Any]:
    path = own_home / "profiles" / profile / "versions" / f"{number:04d}" / "version.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_a_data_set_becomes_version_one_and_the_chat_serves_it(
    data: Path, own_home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = data.parent / "copy"
    assert main(words(data, "--out", str(out))) == 0
    printed = capfd.readouterr()
    root = own_home / "profiles" / "p"
    assert printed.out == f"{root / 'versions' / '0001'}\n"
    assert "38 conversations" in printed.err
    assert say_en("rows_duplicates", count=2) in printed.err
    assert re.search(
        r"step 27/27 · loss \d\.\d+ · held-out \d\.\d+ · [\d,]+ tokens/s · 0:00:00 left", printed.err
    )
    assert re.search(r"held-out loss: (\d\.\d+) → (\d\.\d+) \(step \d+\)", printed.err)
    assert re.search(r"perplexity on general text: [\d.]+ → [\d.]+ \(×\d\.\d+\)", printed.err)
    assert f"chat --profile p --model {model_folder('llama', 'mini')}" in printed.err

    version = VersionStore(root).current()
    assert version is not None
    VersionStore(root).verify(version)
    assert (version.number, version.parent, version.high_water) == (1, None, 0)
    assert version.config["counts"]["rows"] == 34
    assert version.config["counts"]["heldout_rows"] == 2
    assert version.scores["heldout_loss"] < version.scores["heldout_loss_before"] - 0.2
    assert version.scores["perplexity"] > 1
    assert version.scores["base_perplexity"] > 1
    assert adapters.read_adapter(version.path, load().model)[0].r == 4
    assert not (root / "training").exists()
    for path in root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert {path.name for path in out.iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", "version.json",
    }  # fmt: skip
    handlers = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert handlers == (signal.default_int_handler, signal.SIG_DFL)  # as they were

    def answer() -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SENTENCES[0]}\n/exit\n"))
        argv = words(data)[3:]
        chat = ["--lang", "en", "chat", *argv[1 : argv.index("--learning-rate")], "--greedy", "--no-learn"]
        assert main([*chat, "--max-new-tokens", "12"]) == 0
        return capfd.readouterr().out

    learned = answer()
    assert learned.strip()
    VersionStore(root).rollback(None)
    assert learned != answer()


def test_going_on_from_a_version(data: Path, own_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words(data, "--continue")) == 2
    assert say_en("nothing_to_continue", profile="p") in capfd.readouterr().err
    assert main(words(data, "--epochs", "1")) == 0
    capfd.readouterr()
    assert main(words(data)) == 2
    assert capfd.readouterr().err.strip().endswith(say_en("has_versions", profile="p", count=1))
    assert main(words(data, "--continue", "--epochs", "1", "--lora-r", "2")) == 0
    first, second = scores(own_home, "p"), scores(own_home, "p", 2)
    assert second["parent"] == 1
    assert second["scores"]["heldout_loss_before"] == pytest.approx(first["scores"]["heldout_loss"], rel=1e-2)
    assert second["scores"]["heldout_loss"] < first["scores"]["heldout_loss"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_of_the_steps_fits_and_what_follows_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    line = _Line()
    line(TuningProgress(3, 20, 1.5, None, 900, 2.0, 700.0))
    (text,) = re.findall("\r(.*)\x1b\\[K$", shown.getvalue())
    assert 20 < len(text) < 50
    assert "۱٫۵۰۰" in text
    line.close()
    line.close()
    assert shown.getvalue().endswith("\x1b[K\n")


def checkpoint_of(folder: Path) -> int:
    steps = [int(path.parent.name.rpartition("-")[2]) for path in folder.glob("checkpoint-*/run.json")]
    return max(steps, default=0)


def wait_for_checkpoint(folder: Path, after: int, alive: Callable[[], bool]) -> bool:
    """Whether one past step `after` is there; False once nobody is `alive` who could write it."""
    while checkpoint_of(folder) <= after:
        if not alive():
            return False
        time.sleep(0.002)
    return True


@contextmanager
def interrupted_past(folder: Path, step: int) -> Iterator[None]:
    """Ctrl-C for this very process, once there is a checkpoint past `step`."""
    over = threading.Event()

    def watch() -> None:
        if wait_for_checkpoint(folder, step, lambda: not over.is_set()):
            os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def test_killed_and_stopped_it_goes_on_to_the_very_same_weights(
    data: Path, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    more = ("--epochs", "4", "--patience", "0")
    argv, folder = words(data, *more), own_home / "profiles" / "p" / "training"
    command = [sys.executable, "-m", "persian_assistant", *argv]
    killed = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    there = wait_for_checkpoint(folder, 0, lambda: killed.poll() is None)
    killed.kill()
    assert there, killed.communicate()
    assert killed.communicate()[0] == b""
    first = checkpoint_of(folder)

    capfd.readouterr()
    with interrupted_past(folder, first):
        assert main(argv) == 1
    out, err = capfd.readouterr()
    second = checkpoint_of(folder)
    assert 0 < first < second < 36
    assert out == ""
    assert f"goes on from step {first} " in err
    assert err.strip().endswith(say_en("stopped", step=second, path=folder))
    assert "Traceback" not in err

    assert main(words(data, *more, "--batch-size", "3")) == 2  # not what is lying there
    assert say_en("other_run", path=folder) in capfd.readouterr().err
    assert checkpoint_of(folder) == second
    assert main(argv) == 0
    assert main(words(data, *more, profile="whole")) == 0
    expected, found = weights(own_home, "whole"), weights(own_home, "p")
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert not folder.exists()


def test_nothing_is_published_that_answers_worse(
    data: Path, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    schooled = ("--model", str(schooled_folder()))  # it knows the sentences by heart: it can be made worse
    assert main(words(data, *schooled, "--learning-rate", "0.9", "--epochs", "1")) == 1
    assert "held-out loss did not fall" in capfd.readouterr().err
    assert VersionStore(own_home / "profiles" / "p").list() == []
    other = (*schooled, "--epochs", "1", "--heldout-share", "0")
    assert main(words(data, *other)) == 2
    assert say_en("other_run", path=own_home / "profiles" / "p" / "training") in capfd.readouterr().err
    assert main(words(data, *other, "--restart")) == 0
    assert len(VersionStore(own_home / "profiles" / "p").list()) == 1


@pytest.mark.parametrize(
    ("more", "code", "named"),
    [
        (["--learning-rate", "0"], 2, "learning_rate"),
        (["--batch-size", "0"], 2, "batch_size"),
        (["--epochs", "0"], 2, "epochs"),
        (["--lora-r", "0"], 2, "--lora-r"),
        (["--optim", "best"], 2, "--optim"),
        (["--max-length", "3"], 2, "--max-length"),
        (["--heldout-share", "1"], 2, "--heldout-share"),
        (["--limit", "-1"], 2, "--limit"),
        (["--columns", "messages=turns"], 2, "turns"),
        (["--persona", "nobody"], 2, "nobody"),
        (["--out", "."], 2, "."),
        (["--random-seed", "-1"], 2, "random_seed"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    data: Path, more: list[str], code: int, named: str, capfd: pytest.CaptureFixture[str], own_home: Path
) -> None:
    assert main(words(data, *more)) == code
    err = capfd.readouterr().err
    assert named in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not list(own_home.glob("profiles/p/versions/*"))


def test_data_that_is_not_there(data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    missing = data.parent / "none.jsonl"
    assert main(words(missing)) == 2
    assert str(missing) in capfd.readouterr().err


def test_a_profile_that_somebody_works_in_is_left_alone(
    data: Path, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    profile = Profile.open(own_home, "p", create={"base_model": str(model_folder("llama", "mini"))})
    with profile.lock():
        assert main(words(data)) == 1
    assert "p" in capfd.readouterr().err.splitlines()[-1]
    assert not (profile.path / "training").exists()


@pytest.mark.slow
def test_two_processes_train_what_one_does(
    data: Path, own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(words(data, profile="one")) == 0
    alone = capfd.readouterr().err
    launcher = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--multi_gpu"]
    port = str(20_000 + os.getpid() % 20_000)
    shared = ["--num_processes", "2", "--num_machines", "1", "--main_process_port", port]
    command = [*launcher, *shared, "--mixed_precision", "no", "--dynamo_backend", "no"]
    found = subprocess.run(
        [*command, "-m", "persian_assistant", *words(data, profile="two")],
        cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout == f"{own_home / 'profiles' / 'two' / 'versions' / '0001'}\n"  # once
    assert "in 2 processes" in found.stderr
    assert found.stderr.count("38 conversations") == 1
    # what is shown at the end is a running mean of the whole curve
    last = r"step 27/27 · loss ([\d.]+) · held-out ([\d.]+)"
    (expected,), (shown,) = re.findall(last, alone), re.findall(last, found.stderr)
    assert [float(one) for one in shown] == pytest.approx([float(one) for one in expected], rel=5e-3)
    one, two = (scores(own_home, name) for name in ("one", "two"))
    for name in ("heldout_loss_before", "heldout_loss", "train_loss", "trained_tokens"):
        assert two["scores"][name] == pytest.approx(one["scores"][name], rel=1e-2), name
    assert (one["config"]["processes"], two["config"]["processes"]) == (1, 2)
    assert one["config"]["steps"] == two["config"]["steps"] == 27
