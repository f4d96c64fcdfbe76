"""A whole pass on tiny models: what is published, what is refused, and what a failure leaves behind."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning_parts import (
    learning_pass,
    lessons,
    load,
    material,
    never,
    no_report,
    parameters_of,
)

from persian_assistant import adapters
from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, DiskError, LearningError
from persian_assistant.gate import Figures
from persian_assistant.model import LoadedModel
from persian_assistant.records import Exchange, Fact, Lessons
from persian_assistant.training_copy import training_copy

SETTINGS = LearningConfig(
    learning_rate=1e-3, lora_r=4, num_train_epochs=1, batch_size=4, facts=False, max_perplexity_ratio=1.03
)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load()


def state_of(folder: Path) -> dict[str, bytes]:
    """Every file of a profile but the cached figures of the base."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "base_scores.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def left_over(folder: Path) -> list[Path]:
    return list(folder.rglob(".tmp-*"))


@pytest.mark.parametrize(
    ("architecture", "kind"), [("gpt2", "plain"), ("llama", "mini"), ("gemma2", "gemma2")]
)
def test_a_version_is_published_that_loads(architecture: str, kind: str, tmp_path: Path) -> None:
    loaded = load(architecture, kind, "nf4")
    base = parameters_of(loaded.model)
    phases: list[str] = []

    def report(phase: str, progress: float, loss: float | None, seconds_left: float | None) -> None:
        assert 0 <= progress <= 1
        assert torch.get_num_threads() == 1
        phases.append(phase)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        outcome = learning_pass(loaded, tmp_path).run(lessons(), 8, SETTINGS, report, never())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    store = learning_pass(loaded, tmp_path).versions
    version = store.current()
    assert version is not None and version == outcome.version
    store.verify(version)
    assert list(dict.fromkeys(phases)) == ["prepare", "train", "measure", "publish"]
    record = json.loads((version.path / "version.json").read_text(encoding="utf-8"))
    assert (record["parent"], record["high_water"]) == (None, 8)
    assert record["base"] == {
        "name": "tiny", "repo_id": None, "revision": None, "fingerprint": "0" * 16, "quantization": "nf4",
    }  # fmt: skip
    assert record["config"]["learning_rate"] == 1e-3
    assert record["config"]["counts"]["exchanges"] == 4 == outcome.counts["exchanges"]
    assert 0 < record["scores"]["trained_tokens"] <= record["config"]["counts"]["tokens"]
    scores = record["scores"]
    assert scores["perplexity_ratio"] <= 1.03
    assert scores["perplexity_ratio"] == pytest.approx(
        scores["perplexity"] / scores["base_perplexity"], abs=1e-3
    )
    assert scores["train_loss"] > 0 and scores["seconds"] > 0
    assert len(record["data_hash"]) == 64
    _, tensors = adapters.read_adapter(version.path, loaded.model)
    assert any(bool(one.any()) for name, one in tensors.items() if ".lora_B." in name)
    now = parameters_of(loaded.model)
    assert all(torch.equal(now[name], one) for name, one in base.items())
    assert left_over(tmp_path) == []


def test_passes_follow_each_other(loaded: LoadedModel, tmp_path: Path) -> None:
    work = learning_pass(loaded, tmp_path)
    numbers = []
    for turn in range(4):
        outcome = work.run(lessons(), 8 + turn, replace(SETTINGS, keep_versions=2), no_report, never())
        assert outcome.version is not None
        numbers.append((outcome.version.number, outcome.version.parent))
    assert numbers == [(1, None), (2, 1), (3, 2), (4, 3)]
    assert [version.number for version in work.versions.list()] == [3, 4]
    # the second went on from the first: its A matrices are not fresh ones
    with_parent = adapters.read_adapter(work.versions.list()[1].path, loaded.model)[1]
    parent = adapters.read_adapter(work.versions.list()[0].path, loaded.model)[1]
    moved = [float((with_parent[name] - parent[name]).abs().mean()) for name in parent if ".lora_A." in name]
    size = [float(parent[name].abs().mean()) for name in parent if ".lora_A." in name]
    assert max(moved) < 0.3 * min(size)


def test_a_wrecked_candidate_is_refused(tmp_path: Path) -> None:
    work = learning_pass(load("schooled"), tmp_path)
    work.run(lessons(), 8, SETTINGS, no_report, never())
    before = state_of(tmp_path)
    wild = replace(SETTINGS, learning_rate=1.0, num_train_epochs=4)
    outcome = work.run(lessons(), 9, wild, no_report, never())
    assert outcome.version is None
    assert outcome.verdict.reason == "learning.gate_perplexity"
    assert outcome.scores["perplexity_ratio"] > 1.03
    assert state_of(tmp_path) == before
    assert left_over(tmp_path) == []


def test_a_candidate_that_no_longer_stops_is_refused(loaded: LoadedModel, tmp_path: Path) -> None:
    work = learning_pass(loaded, tmp_path)
    work._base_scores.write(Figures(perplexity=1e9, stop_rate=1.0))  # a base that always stops
    alone = replace(SETTINGS, seed_share=0.0, general_share=0.0)  # nothing in it teaches to stop
    outcome = work.run(lessons(), 8, alone, no_report, never())
    assert outcome.version is None
    assert outcome.verdict.reason == "learning.gate_stop"
    assert work.versions.list() == []


@pytest.mark.parametrize("phase", ["prepare", "train", "measure"])
def test_cancelled_anywhere_leaves_nothing(loaded: LoadedModel, tmp_path: Path, phase: str) -> None:
    cancel = threading.Event()

    def report(now: str, progress: float, loss: float | None, seconds_left: float | None) -> None:
        if now == phase:
            cancel.set()

    with pytest.raises(Cancelled):
        learning_pass(loaded, tmp_path).run(lessons(), 8, SETTINGS, report, cancel)
    assert state_of(tmp_path) == {}
    assert left_over(tmp_path) == []


def test_numbers_that_are_none_leave_nothing(
    loaded: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = training_copy

    def poisoned(model: Any) -> Any:
        """The real copy with one broken number, as bad memory would leave it."""
        copied = real(model)
        layer = copied.model.layers[0].mlp.up_proj
        layer.weight = torch.nn.Parameter(layer.weight.clone(), requires_grad=False)
        layer.weight[0, 0] = float("nan")
        return copied

    monkeypatch.setattr("persian_assistant.learning_pass.training_copy", poisoned)
    with pytest.raises(LearningError) as told:
        learning_pass(loaded, tmp_path).run(lessons(), 8, SETTINGS, no_report, never())
    assert told.value.key == "learning.not_finite"
    assert state_of(tmp_path) == {}


def test_nothing_to_learn_from(loaded: LoadedModel, tmp_path: Path) -> None:
    cut = [Exchange(1, 0.0, "سلام", "نا", interrupted=True), Exchange(3, 0.0, "سلام", None)]
    with pytest.raises(LearningError) as told:
        learning_pass(loaded, tmp_path).run(Lessons(tuple(cut)), 3, SETTINGS, no_report, never())
    assert told.value.key == "learning.nothing_to_train"


def test_held_out_data_never_trains(loaded: LoadedModel, tmp_path: Path) -> None:
    parts = material()
    work = learning_pass(loaded, tmp_path, parts)
    greedy = replace(SETTINGS, seed_share=0.35, general_share=0.35)
    mixture = work._mixture(lessons(40), greedy, 1, lambda: False)
    rows = {loaded.tokenizer.decode(row.input_ids) for row in mixture.examples}
    assert mixture.counts["seed_examples"] == len(parts.seed_examples)
    assert mixture.counts["general_texts"] == len(parts.general_texts)
    assert not any(text in rows for text in parts.heldout_texts)
    assert not any(
        row[1].content in text and row[0].content in text for row in parts.heldout_examples for text in rows
    )


def test_the_base_is_measured_once_and_again_when_it_changes(loaded: LoadedModel, tmp_path: Path) -> None:
    path = tmp_path / "base_scores.json"
    work = learning_pass(loaded, tmp_path)
    first = work.run(lessons(), 8, SETTINGS, no_report, never())
    record = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(
        json.dumps({**record, "figures": {**record["figures"], "perplexity": 1e6}})
    )  # read again, not measured again
    again = learning_pass(loaded, tmp_path).run(lessons(), 9, SETTINGS, no_report, never())
    assert again.scores["base_perplexity"] == 1e6
    other = replace(loaded, source=replace(loaded.source, fingerprint="1" * 16))
    fresh = learning_pass(other, tmp_path).run(lessons(), 10, SETTINGS, no_report, never())
    assert fresh.scores["base_perplexity"] == first.scores["base_perplexity"]
    texts = replace(material(), heldout_texts=["متنی دیگر برای سنجش."])
    moved = learning_pass(loaded, tmp_path, texts).run(lessons(), 11, SETTINGS, no_report, never())
    assert moved.scores["base_perplexity"] != first.scores["base_perplexity"]
    path.write_text("{broken")
    mended = learning_pass(loaded, tmp_path).run(lessons(), 12, SETTINGS, no_report, never())
    assert mended.scores["base_perplexity"] == first.scores["base_perplexity"]


def test_a_parent_that_does_not_fit_is_left_out(loaded: LoadedModel, tmp_path: Path) -> None:
    other = load("gpt2", "plain")
    learning_pass(other, tmp_path).run(lessons(), 8, SETTINGS, no_report, never())
    outcome = learning_pass(loaded, tmp_path).run(lessons(), 9, SETTINGS, no_report, never())
    assert outcome.version is not None
    assert (outcome.version.number, outcome.version.parent) == (2, None)


@contextmanager
def limited(name: str, value: int) -> Iterator[None]:
    """A limit of the system's on this process, really enforced, then taken away."""
    import resource

    kind = getattr(resource, name)
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (value, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_disk_that_fills_up_leaves_the_old_version(loaded: LoadedModel, tmp_path: Path) -> None:
    work = learning_pass(loaded, tmp_path)
    work.run(lessons(), 8, SETTINGS, no_report, never())
    before = state_of(tmp_path)
    with limited("RLIMIT_FSIZE", 20_000), pytest.raises(DiskError) as told:  # no file may be larger
        work.run(lessons(), 9, SETTINGS, no_report, never())
    assert told.value.key == "disk.too_big"
    assert str(tmp_path / "versions") in str(told.value)
    assert state_of(tmp_path) == before
    assert left_over(tmp_path) == []
    current = work.versions.current()
    assert current is not None and current.number == 1
    outcome = work.run(lessons(), 9, SETTINGS, no_report, never())
    assert outcome.version is not None and outcome.version.number == 2


OUT_OF_MEMORY = """
import os, resource, sys
from dataclasses import replace
from pathlib import Path
from learning_parts import learning_pass, lessons, load, never, no_report
from persian_assistant.config import LearningConfig
from persian_assistant.errors import AssistantError
work = learning_pass(load(), Path(sys.argv[1]))
used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
huge = LearningConfig(batch_size=1024, num_train_epochs=1, seed_share=0.0, general_share=0.0)
resource.setrlimit(resource.RLIMIT_AS, (used + (48 << 20), -1))
try:
    work.run(lessons(1024), 9, huge, no_report, never())
except AssistantError as error:
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    print(error.key)
    work.run(lessons(), 9, replace(huge, batch_size=4), no_report, never())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
def test_memory_that_runs_out_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY, str(tmp_path)],
        capture_output=True, text=True, env=environment, timeout=600, check=False,
    )  # fmt: skip
    assert done.stdout == "learning.no_memory\n", done.stderr
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "versions").iterdir()] == ["0001"]


def test_later_passes_hold_no_more_tensors_than_the_second(loaded: LoadedModel, tmp_path: Path) -> None:
    work = learning_pass(loaded, tmp_path)
    quick = replace(SETTINGS, seed_share=0.0, general_share=0.0, keep_versions=2)

    def tensors() -> int:
        gc.collect()
        return sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())

    held = []
    for turn in range(6):
        work.run(lessons(2), 8 + turn, quick, no_report, never())
        held.append(tensors())
    assert held[-1] <= held[1], held


def told(details: dict[str, str], seq: int = 1) -> Fact:
    sentence = "اسم قناری‌ام نغمه است."
    return Fact(f"{seq}.1", seq, "stated", "قناری", "اسم", "نغمه", sentence, "اسم|قناری", True, details)


def test_facts_of_other_rules_end_no_pass(loaded: LoadedModel, tmp_path: Path) -> None:
    given = replace(lessons(), new_facts=(told({}),), earlier_facts=(told({"rule": "نبوده"}, 2),))
    settings = replace(SETTINGS, facts=True, gate=False)
    outcome = learning_pass(loaded, tmp_path).run(given, 8, settings, no_report, never())
    assert outcome.version is not None and outcome.counts["facts"] == 0
    assert "new_recall" not in outcome.scores and "earlier_recall" not in outcome.scores


def test_where_facts_are_not_learned_none_is_asked_for(loaded: LoadedModel, tmp_path: Path) -> None:
    taught = Fact("1.1", 1, "taught", "", "مرکز گیلان کجاست؟", "رشت", "رشت", "taught|1")
    given = replace(lessons(), new_facts=(taught,), earlier_facts=(replace(taught, id="2.1", seq=2),))
    outcome = learning_pass(loaded, tmp_path).run(given, 8, SETTINGS, no_report, never())
    assert outcome.version is not None and "new_recall" not in outcome.scores
    known = replace(SETTINGS, facts=True, gate=False)
    outcome = learning_pass(loaded, tmp_path).run(given, 9, known, no_report, never())
    assert {"new_recall", "earlier_recall"} <= set(outcome.scores)


def test_where_no_part_passes_the_whole_is_what_is_told(tmp_path: Path) -> None:
    work = learning_pass(load("schooled"), tmp_path)
    wild = replace(SETTINGS, learning_rate=0.5, num_train_epochs=4)
    outcome = work.run(lessons(), 9, wild, no_report, never())
    assert outcome.version is None
    assert outcome.scores["scale"] == 1
