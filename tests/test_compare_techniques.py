"""`compare techniques`: small runs with a tiny model of the real architecture, and what they leave."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import psutil
import pytest
from learning_parts import schooled_folder
from tiny_models import SENTENCES

from persian_assistant import cli
from persian_assistant.commands import compare, compare_techniques, compare_techniques_report
from persian_assistant.comparing import techniques
from persian_assistant.config import Config, ModelConfig, home
from persian_assistant.errors import UsageError
from persian_assistant.model import load_model
from persian_assistant.techniques_folder import NAMES, TrainedFolder
from persian_assistant.wording import say

# Threads load behind a chat; see test_session.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(techniques, "ANSWER_TOKENS", 8)
    monkeypatch.setattr(techniques, "QUESTIONS", 4)
    monkeypatch.setattr(techniques, "GENERAL_TOKENS", 200)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "pairs.json"
    pairs = [{"instruction": SENTENCES[at], "response": SENTENCES[(at + 5) % 12]} for at in range(12)]
    path.write_text(json.dumps(pairs, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def config() -> Config:
    return Config(model=ModelConfig(device="cpu"))


def arguments(data: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    compare.add_arguments(parser)
    fixed = [
        "--model",
        str(schooled_folder()),
        "--data",
        str(data),
        "--budget",
        "3steps",
        "--batch-size",
        "4",
    ]
    return parser.parse_args(["techniques", *fixed, *words])


def compared(config: Config, data: Path, out: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code = compare.run(arguments(data, "--out", str(out), *words), config)
    return code, json.loads((out / compare_techniques.RECORD).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One result of every technique."""
    out = tmp_path_factory.mktemp("finished")
    shorter = pytest.MonkeyPatch()
    shorter.setattr(techniques, "ANSWER_TOKENS", 8)
    shorter.setattr(techniques, "GENERAL_TOKENS", 200)
    words = ("--plot", str(out / "plot.svg"), "--json", str(out / "copy.json"))
    code, _ = compared(Config(model=ModelConfig(device="cpu")), data, out, *words)
    shorter.undo()
    assert code == 0
    return out


def test_every_technique_is_trained_and_measured(finished: Path) -> None:
    record = json.loads((finished / compare_techniques.RECORD).read_text(encoding="utf-8"))
    assert [one["technique"] for one in record["runs"]] == list(NAMES)
    assert set(record["base"]) == {"nf4", "none"} and record["left_out"] == {}
    assert (record["data"]["train"], record["data"]["heldout"]) == (11, 1)
    for one in record["runs"]:
        assert one["steps"] == 3 and one["tokens"] > 50 and one["seconds"] > 0, one
        assert one["epochs"] == pytest.approx(12 / 11) and one["data_share"] == 1
        assert one["heldout_loss"] > 0 and 0 <= one["chrf"] <= 100 and one["peak_memory_mb"] > 50
        base = record["base"][one["quantization"]]
        assert one["heldout_loss"] != base["heldout_loss"]  # it is not the base that was measured
        assert one["general_ratio"] == pytest.approx(one["general_perplexity"] / base["general_perplexity"])
        assert one["answers"][0].keys() == {"question", "reference", "answer"}
        folder = TrainedFolder.read(finished / one["folder"])
        assert folder.technique == one["technique"] and folder.settings["steps"] == 3
        assert one["size_bytes"] == sum(path.stat().st_size for path in folder.path.iterdir())
        if os.name == "posix":
            assert {path.stat().st_mode & 0o777 for path in folder.path.iterdir()} == {0o600}
    tokens = {one["tokens"] for one in record["runs"]}
    assert len(tokens) == 1  # the same rows in the same order
    by_name = {one["technique"]: one for one in record["runs"]}
    assert by_name["qlora"]["quantization"] == "nf4" and by_name["lora"]["quantization"] == "none"
    assert by_name["full"]["trainable_parameters"] > by_name["embeddings"]["trainable_parameters"]
    assert by_name["ia3"]["trainable_parameters"] < by_name["lora"]["trainable_parameters"]
    assert not list(finished.glob(".t*"))  # no checkpoints, nothing half written
    assert (finished / "copy.json").read_bytes() == (finished / compare_techniques.RECORD).read_bytes()
    drawn = ET.parse(finished / "plot.svg").getroot()
    texts = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert set(NAMES) <= set(texts)


def test_the_same_command_finds_it_all_there(
    finished: Path, data: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.glob("*-1/*")}
    code, _ = compared(config, data, finished)
    shown = capsys.readouterr()
    assert code == 0 and shown.err == ""
    assert all(name in shown.out for name in NAMES)
    assert str(finished / "qlora-1") in shown.out and say("compare.reference") in shown.out
    assert {path: path.stat().st_mtime_ns for path in finished.glob("*-1/*")} == before


def test_a_result_that_was_removed_is_made_again(
    finished: Path, data: Path, config: Config, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    shutil.rmtree(out / "ia3-1")
    weights = "adapter_model.safetensors"
    code, record = compared(config, data, out, "--technique", "ia3,ia3")
    assert code == 0 and len(record["runs"]) == len(NAMES)
    assert (out / "ia3-1" / weights).read_bytes() == (finished / "ia3-1" / weights).read_bytes()  # same seed
    code, record = compared(config, data, out, "--technique", "ia3", "--random-seed", "۱,2")
    assert record["summary"]["ia3"]["heldout_loss"]["seeds"] == 2
    assert (out / "ia3-2" / weights).read_bytes() != (out / "ia3-1" / weights).read_bytes()
    assert "stroke-width" in compare_techniques_report.plot(record)


def test_another_comparison_is_not_mixed_in(finished: Path, data: Path, config: Config) -> None:
    for words in (("--budget", "4steps"), ("--rows", "5"), ("--learning-rate", "lora=1e-5")):
        with pytest.raises(UsageError) as told:
            compared(config, data, finished, *words)
        assert told.value.key == "compare.other_record"


def test_ctrl_c_keeps_what_is_finished_and_the_rest_follows(
    data: Path, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    out = tmp_path / "out"
    words = ("--technique", "lora,p_tuning", "--budget", "12steps")
    tick = compare_techniques._Bar.__call__

    def interrupting(bar: Any, progress: Any) -> None:
        tick(bar, progress)
        if bar._technique == "p_tuning" and progress.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(compare_techniques._Bar, "__call__", interrupting)
        code, record = compared(config, data, out, *words)
    assert code == 130 and [one["technique"] for one in record["runs"]] == ["lora"]
    assert (out / "lora-1").is_dir() and not (out / "p_tuning-1").exists()
    assert list((out / ".training-p_tuning-1").glob("checkpoint-*"))
    assert say("bench.interrupted", count=1) in capsys.readouterr().err
    steps: list[int] = []
    monkeypatch.setattr(
        compare_techniques._Bar, "__call__", lambda bar, progress: steps.append(progress.step)
    )
    code, record = compared(config, data, out, *words)
    assert code == 0 and [one["technique"] for one in record["runs"]] == ["lora", "p_tuning"]
    assert steps[0] > 2 and steps[-1] == 12  # from the checkpoint on
    assert not (out / ".training-p_tuning-1").exists()


def test_what_does_not_fit_is_left_out_with_a_sentence(
    data: Path, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    free = psutil.virtual_memory()._replace(available=2**20)  # of a computer that is nearly full
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    code, record = compared(config, data, tmp_path / "out", "--technique", "full,lora")
    assert code == 0 and [one["technique"] for one in record["runs"]] == ["lora"]
    assert "full" in record["left_out"] and not (tmp_path / "out" / "full-1").exists()
    assert record["left_out"]["full"] in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["--technique", "lora,tuning_fork"], "compare.unknown_technique"),
        (["--budget", "soon"], "cli.bad_value"),
        (["--budget", "0steps"], "cli.bad_value"),
        (["--budget", "300"], "cli.bad_value"),
        (["--random-seed", "one"], "cli.bad_value"),
        (["--rows", "0"], "cli.bad_value"),
        (["--learning-rate", "lora=fast"], "cli.bad_value"),
        (["--learning-rate", "tuning_fork=1"], "compare.unknown_technique"),
        (["--data", "nowhere.json"], None),
        (["--model", "./nowhere"], "hub.no_such_folder"),
    ],
)
def test_what_is_wrong_is_told_before_anything_begins(
    data: Path, config: Config, tmp_path: Path, words: list[str], key: str | None
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError) as told:
        compared(config, data, out, *words)
    assert key is None or told.value.key == key
    assert str(told.value) and not out.exists()


def test_one_row_is_too_little(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps([{"instruction": "سلام", "response": "سلام"}]), encoding="utf-8")
    with pytest.raises(UsageError) as told:
        compared(config, path, tmp_path / "out")
    assert told.value.key == "compare.too_little"


def test_budgets_in_words() -> None:
    parser = argparse.ArgumentParser()
    compare_techniques.add_arguments(parser)
    plans = {
        text: compare_techniques.plan_of(parser.parse_args(["--budget", text]), Config())
        for text in ("300s", "۲۰۰۰steps", "200000 tokens")
    }
    assert [(plan.amount, plan.unit) for plan in plans.values()] == [
        (300, "s"),
        (2000, "steps"),
        (200000, "tokens"),
    ]
    held = [techniques.Budget(plan.amount, plan.unit).as_settings for plan in plans.values()]
    assert held == [{"max_seconds": 300}, {"max_steps": 2000}, {"max_tokens": 200000}]


def test_the_shipped_sample_is_fixed_and_its_held_out_rows_never_train(
    config: Config, tmp_path: Path
) -> None:
    from persian_assistant.persona import Persona
    from persian_assistant.seed_examples import split_seed_examples

    parser = argparse.ArgumentParser()
    compare_techniques.add_arguments(parser)
    path = tmp_path / "persona.toml"
    path.write_text('name = "few"\nsystem = "کوتاه بگو."\nseed_examples = ["everyday"]\n', encoding="utf-8")
    plan = compare_techniques.plan_of(parser.parse_args(["--rows", "50"]), config)
    persona = Persona.load(str(path))
    train, heldout = compare_techniques.conversations(plan, persona)
    assert (train, heldout) == compare_techniques.conversations(plan, persona)
    known, left_out = split_seed_examples(persona.seed_paths)
    assert len(train) == 50 and all(row in known for row in train)
    assert heldout == left_out[: compare_techniques.HELDOUT_ROWS]


def test_the_random_gemma_is_gemma_and_always_the_same(tmp_path: Path) -> None:
    from persian_assistant.config import data_dir
    from persian_assistant.hub import fingerprint

    mini = data_dir() / "models" / "mini"
    first, second = (techniques.gemma_2_shape(tmp_path / name, mini) for name in ("first", "second"))
    assert fingerprint(first) == fingerprint(second)
    from tiny_models import source_of

    model = load_model(source_of(first), quantization="none", device="cpu").model
    assert model.config.model_type == "gemma2" and model.config.sliding_window == 256
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight


# --- in the chat ------------------------------------------------------------------------------------


def chat(monkeypatch: pytest.MonkeyPatch, capsys: Any, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SENTENCES[0]}\n{SENTENCES[3]}\n"))
    code = cli.main(["chat", "--greedy", "--memory", "off", "--max-new-tokens", "12", *words])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize("technique", [name for name in NAMES if name != "lora"])  # as qlora
def test_a_chat_answers_from_each_of_them(
    finished: Path, technique: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = finished / f"{technique}-1"
    code, out, err = chat(monkeypatch, capsys, "--adapter", str(folder))
    assert code == 0 and out.strip()
    assert technique in err and "خاموش" in err  # one line: what answers, and that learning is off
    profile = next((home() / "profiles").iterdir())
    assert not (profile / "versions").exists() or not list((profile / "versions").iterdir())


def test_a_chat_says_what_is_wrong_with_a_folder(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    code, _, err = chat(monkeypatch, capsys, "--adapter", str(tmp_path / "nowhere"))
    assert code == 2 and "nowhere" in err
    other = ["--model", str(finished / "full-1"), "--adapter", str(finished / "ia3-1")]
    code, _, err = chat(monkeypatch, capsys, *other)
    assert code == 1 and "ia3-1" in err


def test_the_data_is_named_in_the_language_of_the_interface() -> None:
    named = compare_techniques_report._data_name
    assert named("seed examples of assistant") == say("compare.own_examples", persona="assistant")
    assert named("/data/mine.jsonl") == "/data/mine.jsonl"
