"""`persian-assistant pretrain` from the outside: killed, stopped, shared between processes, refused."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from dataset_server import dataset_server
from pretraining_helpers import documents, write_corpus, write_recipe
from safetensors.torch import load_file

from persian_assistant.cli import main
from persian_assistant.wording.pretrain import CATALOGUE

pytestmark = pytest.mark.usefixtures("one_thread")
REPOSITORY = Path(__file__).resolve().parent.parent
STEPS = 120


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "text")


def words(text: Path, out: Path, *more: str, **changes: dict[str, Any]) -> list[str]:
    """The command line for the tiny recipe; `changes` as in `recipe_text`."""
    recipe = write_recipe(text / f"{out.name}.toml", **changes)
    given = ["--recipe", str(recipe), "--root", str(text), "--out", str(out), "--no-compile"]
    return ["--lang", "en", "pretrain", *given, *more]


def say_en(name: str, **values: object) -> str:
    return CATALOGUE[name]["en"].format(**values)


def started(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def wait_for(met: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    for _ in range(30_000):
        if met():
            return
        if process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.002)
    process.kill()
    raise AssertionError(process.communicate())


def step_of(out: Path) -> int:
    path = out / "training" / "progress.json"
    return int(json.loads(path.read_text())["step"]) if path.exists() else 0


def trained_weights(out: Path) -> dict[str, torch.Tensor]:
    return dict(torch.load(out / "training" / "checkpoint.pt", weights_only=True)["model"])


def test_killed_and_stopped_it_goes_on_to_the_very_same_weights(
    text: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    schedule = {"max_steps": STEPS, "checkpoint_every": 10}
    whole, broken = text / "whole", text / "broken"
    assert main(words(text, whole, "--stage", "train", schedule=schedule)) == 0
    argv = words(text, broken, "--stage", "train", schedule=schedule)

    killed = started(sys.executable, "-m", "persian_assistant", *argv)
    wait_for(lambda: step_of(broken) > 0, killed)
    killed.kill()
    killed.communicate()
    first = step_of(broken)
    assert 0 < first < STEPS
    assert not list(broken.glob("corpus/*.partial"))

    stopped = started(sys.executable, "-m", "persian_assistant", *argv)
    wait_for(lambda: step_of(broken) > first, stopped)
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=60)
    second = step_of(broken)
    assert first < second < STEPS
    assert (stopped.returncode, out) == (1, "")
    assert say_en("resumed", step=first, path=broken / "training" / "checkpoint.pt") in err
    assert err.strip().endswith(say_en("stopped", step=second, path=broken))
    assert "Traceback" not in err

    capfd.readouterr()
    assert main(argv) == 0
    assert f"step {STEPS}/{STEPS}" in capfd.readouterr().err
    expected, found = trained_weights(whole), trained_weights(broken)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_folder_of_text_becomes_a_model(text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = text / "out"
    assert main(words(text, out)) == 0
    printed = capfd.readouterr()
    assert printed.out == f"{out / 'model'}\n"
    assert re.search(r"step 30/30 · loss \d\.\d+ · [\d,]+ tokens/s · 0:00:00 left", printed.err)
    assert "prose: 120 documents" in printed.err
    assert (out / "model" / "model.safetensors").is_file()
    told = json.loads((out / "recipe.json").read_text(encoding="utf-8"))
    assert told["sources"][1]["repeat"] == 1.5
    handlers = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    assert handlers == (signal.default_int_handler, signal.SIG_DFL)  # as they were

    # again: neither the corpus nor the training is made twice, the chat tuning is
    before = load_file(out / "model" / "model.safetensors")
    stamps = [(out / name).stat().st_mtime_ns for name in ("corpus/main.bin", "training/checkpoint.pt")]
    assert main(words(text, out)) == 0
    after = load_file(out / "model" / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert stamps == [
        (out / name).stat().st_mtime_ns for name in ("corpus/main.bin", "training/checkpoint.pt")
    ]


def test_texts_named_on_the_command_line_need_no_recipe(
    text: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (text / "other").mkdir()
    (text / "other" / "prose.txt").write_text("\n\n".join(documents(30, 6)), encoding="utf-8")
    argv = ["--lang", "en", "pretrain", "prose.txt", "other/prose.txt"]
    assert main([*argv, "--root", str(text), "--out", str(text / "o"), "--stage", "corpus"]) == 0
    err = capfd.readouterr().err
    assert "other/prose.txt: 30 documents" in err  # two of one name are told apart
    recipe = json.loads((text / "o" / "recipe.json").read_text(encoding="utf-8"))
    assert recipe["name"] == "o"
    assert {row["path"] for row in recipe["dialogue"]} >= {"data:seed/assistant.jsonl"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"schedule": {"batch_size": 0}}, "schedule.batch_size"),
        ({"schedule": {"decay_share": 2}}, "schedule.decay_share"),
        ({"architecture": {"hidden_size": 33}}, "architecture.hidden_size"),
        ({"tuning": {"epochs": 2}}, "tuning.epochs"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(
    text: Path, capfd: pytest.CaptureFixture[str], change: dict[str, Any], named: str
) -> None:
    assert main(words(text, text / "out", **change)) == 2
    err = capfd.readouterr().err
    assert named in err
    assert "out.toml" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--max-steps", "0"], "max_steps"),
        (["--threads", "0"], "--threads"),
        (["extra.txt"], "--recipe"),
        (["--root", "/nowhere"], "/nowhere/prose.txt"),
        (["--out", "/dev/null/x"], "/dev/null/x"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    text: Path, capfd: pytest.CaptureFixture[str], more: list[str], named: str
) -> None:
    assert main(words(text, text / "out", *more)) in (1, 2)
    err = capfd.readouterr().err
    assert named in err
    assert err.count("\n") == 1


def test_a_bad_dialogue_row_is_told_before_the_training(
    text: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (text / "chat.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"messages": []}\n')
    assert main(words(text, text / "out")) == 2
    err = capfd.readouterr().err
    assert "line 41" in err
    assert "chat.jsonl" in err
    assert not (text / "out" / "training").exists()


def test_a_full_disk_keeps_the_last_checkpoint(text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A limit on the size of files stands in for the disk's end: the write fails in the middle."""
    import resource

    argv = words(text, text / "out", "--stage", "train", "--max-steps", "10")
    assert main(argv) == 0
    size = (text / "out" / "training" / "checkpoint.pt").stat().st_size
    argv[-1] = "20"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        assert main(argv) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "checkpoint.pt" in capfd.readouterr().err
    assert step_of(text / "out") == 10
    assert int(torch.load(text / "out" / "training" / "checkpoint.pt", weights_only=True)["step"]) == 10
    assert not list((text / "out" / "training").glob("*.partial"))


# --- several processes


def launched(argv: list[str], processes: int) -> subprocess.CompletedProcess[str]:
    """Under `accelerate launch`; its `--multi_gpu` is what starts several processes, with or without GPUs."""
    launcher = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", "--multi_gpu"]
    port = str(20_000 + os.getpid() % 20_000)
    shared = ["--num_processes", str(processes), "--num_machines", "1", "--main_process_port", port]
    command = [*launcher, *shared, "--mixed_precision", "no", "--dynamo_backend", "no"]
    return subprocess.run(
        [*command, "-m", "persian_assistant", *argv],
        cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_two_processes_train_what_one_does(text: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, two = text / "one", text / "two"
    assert main(words(text, one)) == 0
    alone = capfd.readouterr().err
    found = launched(words(text, two), 2)
    assert found.returncode == 0, found.stderr
    assert "in 2 processes" in found.stderr
    assert found.stdout.strip() == str(two / "model")  # once, not by each process
    assert found.stderr.count("prose: 120 documents") == 1
    assert (one / "corpus" / "main.bin").read_bytes() == (two / "corpus" / "main.bin").read_bytes()
    # what is shown at the end is a running mean of the whole curve
    last = r"step 30/30 · loss ([\d.]+)"
    (expected,), (shown,) = re.findall(last, alone), re.findall(last, found.stderr)
    assert float(shown) == pytest.approx(float(expected), abs=0.01)
    figures = [json.loads((out / "model" / "figures.json").read_text()) for out in (one, two)]
    bits = [figure["bits_per_character"]["prose"] for figure in figures]
    assert bits[0] == pytest.approx(bits[1], abs=0.03)

    uneven = launched(words(text, two, "--stage", "train", schedule={"batch_size": 3}), 2)
    assert uneven.returncode != 0
    assert "batch_size" in uneven.stderr
    assert "n × 2" in uneven.stderr


# --- a data set of the Hub


def parquet(count: int, random_seed: int, column: str = "text") -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    table = pyarrow.table({column: documents(count, random_seed), "id": list(range(count))})
    pyarrow.parquet.write_table(table, buffer, row_group_size=20)
    return buffer.getvalue()


STREAM = """
import json, multiprocessing, sys
from pathlib import Path
from persian_assistant.errors import UsageError
from persian_assistant.pretraining.documents import clean, read
from persian_assistant.pretraining.recipe import Source

def drawn(rows, met):
    for row in rows:
        met.append(row)
        yield row

for path, max_words in json.loads(sys.argv[1]):
    source, met = Source(path, max_words=max_words), []
    try:
        print(json.dumps([len(clean(drawn(read(source, Path()), met), source)), len(met)]), flush=True)
    except UsageError as error:
        print(json.dumps([error.key, str(error)]), flush=True)
    assert not multiprocessing.active_children()
assert "pyarrow" not in sys.modules  # its threads would abort this process when it ends meanwhile
"""


def streamed(url: str, *asked: tuple[str, int]) -> list[list[Any]]:
    """[documents kept, rows drawn], or the error, of each; in a process of its own, with the real client."""
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    found = subprocess.run(
        [sys.executable, "-c", STREAM, json.dumps(asked)],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_a_data_set_is_streamed_and_no_further_than_asked(tmp_path: Path) -> None:
    shards = {f"data/train-0000{n}-of-00002.parquet": parquet(60, n) for n in range(2)}
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.parquet").write_bytes(parquet(30, 3, column="body"))
    with dataset_server("sara/prose", shards) as hub:
        (cut,) = streamed(hub.url, ("hub:sara/prose", 480))
        assert cut == [10, 10]  # 48 words each
        assert any("train-00000" in path for path in hub.asked)
        assert not any("train-00001" in path for path in hub.asked)
        whole, missing, other, untexted = streamed(
            hub.url,
            ("hub:sara/prose@main", 0),
            ("hub:sara/none", 0),
            ("hub:sara/prose:other", 0),
            (f"hub:{tmp_path / 'set'}", 0),
        )
    assert whole == [120, 120]
    assert missing[0] == other[0] == "examples.no_hub_source"
    assert "sara/none" in missing[1]
    assert "other" in other[1]
    assert untexted[0] == "pretrain.no_hub_text"
    assert "body, id" in untexted[1]
