"""Every test gets a home of its own and no way to the network's Hub."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from persian_assistant import wording

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without it


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.setenv("PERSIAN_ASSISTANT_HOME", str(root / "assistant"))
    monkeypatch.setenv("HF_HOME", str(root / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return root / "assistant"


@pytest.fixture(autouse=True)
def persian_interface() -> None:
    wording.set_language("fa")


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """Accelerate keeps one state per process; a command run in-process must not meet an earlier test's."""
    yield
    if state := sys.modules.get("accelerate.state"):
        state.AcceleratorState._reset_state()


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same number of threads here and in every process started, so that sums are made in one order."""
    import torch

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
