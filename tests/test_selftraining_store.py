"""Samples and status on the disk: private, whole, capped; settings."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from persian_assistant.errors import UsageError
from persian_assistant.records import Message
from persian_assistant.selftraining.samples import Sample, SampleStore
from persian_assistant.selftraining.settings import SelfTrainConfig, seconds_of
from persian_assistant.selftraining.status import Status, read_status, write_status

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and signals of Unix")


def sample(number: int, **changes: object) -> Sample:
    turns = (Message("user", f"پرسش {number}"), Message("assistant", f"پاسخ {number}"))
    made = Sample(cycle=1, time=1.5, messages=turns, depth=1, version=None, high_water=0, seq=None, loss=2.5)
    return replace(made, **changes)  # type: ignore[arg-type]


def answers(store: SampleStore) -> list[str]:
    return [one.answer for one in store.read()]


def test_samples_come_back_as_they_were(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    assert store.read() == []
    written = [sample(1), sample(2, version=3, high_water=40, seq=7, depth=2)]
    store.append(written[:1])
    store.append(written[1:])
    store.append([])
    assert SampleStore(tmp_path).read() == written


@posix
def test_samples_are_private(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.append([sample(1), sample(2)])
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    store.trim(1)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_half_a_line_is_taken_out_and_nothing_is_written_behind_it(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.append([sample(1)])
    with store.path.open("ab") as file:
        file.write(b'{"cycle": 1, "mess')
    store.append([sample(2)])
    assert answers(store) == ["پاسخ 1", "پاسخ 2"]
    with store.path.open("ab") as file:
        file.write(b"not json\n[]\n" + json.dumps({"cycle": 1, "messages": []}).encode() + b"\n")
    store.append([sample(3)])
    assert answers(store) == ["پاسخ 1", "پاسخ 2", "پاسخ 3"]


def test_the_cap_drops_the_oldest(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.append([sample(number) for number in range(7)])
    assert store.trim(7) == 0
    assert store.trim(3) == 4
    assert answers(store) == ["پاسخ 4", "پاسخ 5", "پاسخ 6"]


def test_some_can_be_taken_out(tmp_path: Path) -> None:
    store = SampleStore(tmp_path)
    store.append([sample(number, seq=number) for number in range(4)])
    assert store.keep(lambda one: one.seq != 2) == 1
    assert [one.seq for one in store.read()] == [0, 1, 3]


APPEND_FOREVER = """
import sys
from pathlib import Path
from test_selftraining_store import sample
from persian_assistant.selftraining.samples import SampleStore
store = SampleStore(Path(sys.argv[1]))
number = 0
while True:
    store.append([sample(number), sample(number + 1)])
    print(number + 1, flush=True)
    number += 2
"""


@posix
def test_kill_9_loses_no_sample_that_was_acknowledged(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-u", "-c", APPEND_FOREVER, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    last = max(int(process.stdout.readline()) for _ in range(20))
    process.kill()
    told = [int(line) for line in process.stdout.read().split("\n")[:-1]]
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    found = answers(SampleStore(tmp_path))
    assert found[: max([last, *told]) + 1] == [f"پاسخ {at}" for at in range(max([last, *told]) + 1)]


def test_the_status_is_replaced_whole(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    status = Status(cycle=3, step="train", counts={"generated": 4}, sleeping="selftrain.sleep_no_news")
    write_status(tmp_path, status)
    assert read_status(tmp_path) == status
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"cycle": "three"}', '{"counts": 5}', '{"last": null}'])
def test_a_damaged_status_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_text(content)
    assert read_status(tmp_path) is None


def test_fields_of_another_version_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text('{"cycle": 2, "unheard_of": 1}')
    assert read_status(tmp_path) == Status(cycle=2)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("30s", 30), ("5m", 300), ("۱.۵h", 5400), ("۲d", 172_800)],
)
def test_intervals(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-5m", "5 minutes", "1e3"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(UsageError, match="--interval"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [("samples", 0), ("epochs", 0), ("epochs", 5), ("interval", -1.0), ("cap", 0), ("cycles", 0),
     ("depth", 0), ("depth", 4), ("temperature", 0.0), ("top_p", 1.5), ("most_tokens", 10)],
)  # fmt: skip
def test_settings_out_of_range_name_their_flag(name: str, value: float) -> None:
    with pytest.raises(UsageError, match="--" + name.replace("_", "-")):
        SelfTrainConfig(**{name: value})  # type: ignore[arg-type]
