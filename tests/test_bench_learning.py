"""`bench learning`: small runs through a real session, with a tiny model of the real architecture."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from learning_files import persona_file
from learning_parts import schooled_folder
from test_rounds import CONTROLS, DOG2, FORGET, probe, told, written

from persian_assistant import cli
from persian_assistant.commands import bench, bench_learning, bench_learning_report
from persian_assistant.commands.bench_learning_run import free_questions
from persian_assistant.config import Config, LearningConfig, ModelConfig, home
from persian_assistant.errors import UsageError
from persian_assistant.rounds import Replies, read_rounds, score

# Threads load and learn behind these tests; see test_session.
pytestmark = pytest.mark.filterwarnings("default")
PATIENCE = 60

FIRST = [
    told(1, "dog", probe("سگم چه نامی دارد؟", "ببری"), text="یک سگ دارم که اسمش ببری است."),
    told(1, "city", probe("کجا زندگی می‌کنم؟", "یزد"), text="من در یزد زندگی می‌کنم."),
    {"round": 1, "event": "say", "text": "چه خبر؟"},
]
SECOND = [
    {**DOG2, "text": "اسم سگم را عوض کردم، حالا اسمش خالدار است."},
    {
        "round": 2,
        "event": "teach",
        "id": "tea",
        "question": "چای؟",
        "answer": "با هل",
        "probes": [probe("چای را چگونه بدهم؟", "هل")],
    },
    {
        "round": 2,
        "event": "fix",
        "id": "hi",
        "text": "سلام",
        "reply": "درود بر تو",
        "probes": [probe("سلام، خوبی؟", "درود")],
    },
    {**FORGET, "round": 2, "text": "من در یزد زندگی می‌کنم"},
]


@pytest.fixture
def config() -> Config:
    return Config(
        model=ModelConfig(device="cpu"),
        learning=LearningConfig(learning_rate=1e-3, lora_r=4, num_train_epochs=1),
    )


@pytest.fixture
def rounds_file(tmp_path: Path) -> Path:
    return written(tmp_path, *FIRST, *SECOND, *CONTROLS)


def arguments(folder: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    fixed = ["--model", str(schooled_folder()), "--quantization", "none"]
    fixed += ["--persona", str(persona_file(folder)), "--rounds", str(folder / "rounds.jsonl")]
    return parser.parse_args(["learning", *fixed, *words])


def measured(folder: Path, config: Config, *words: str) -> tuple[int, dict[str, Any]]:
    path = folder / "out.json"
    code = bench.run(arguments(folder, "--json", str(path), *words), config)
    return code, json.loads(path.read_text(encoding="utf-8"))


def test_two_rounds_end_to_end(
    tmp_path: Path, rounds_file: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--memory", "both", "--random-seed", "۱", "--plot", str(tmp_path / "out.svg"))
    code, record = measured(tmp_path, config, *words)
    assert code == 0
    weights, memory = record["runs"]
    assert [(run["arm"], run["random_seed"], run["memory"]) for run in record["runs"]] == [
        ("product", 1, "off"),
        ("product", 1, "on"),
    ]
    for run in record["runs"]:
        assert [len(row) for row in run["R"]] == [2, 2]
        assert run["R"][0][0] is not None and run["R"][0][1] is None
        assert run["R"][1][0] is None  # one fact of round 1 superseded, the other forgotten
        assert run["forget_residual"] in (0, 1) and run["update"] is not None
        assert 0 <= run["false_recall"] <= 1
        # /forget asks for a pass by itself if the weights may know the fact already
        assert [one["round"] for one in run["passes"]] in ([1, 2], [1, 2, 2]), run["passes"]
        assert all(one["gate"] in ("published", "scaled", "rejected") for one in run["passes"]), run["passes"]
        assert all(one["seconds"] > 0 and one["trained_tokens"] > 0 for one in run["passes"])
        assert [one["round"] for one in run["versions"]] == [1, 2]
        assert run["perplexity_ratio"] == pytest.approx(
            run["versions"][-1]["perplexity"] / run["base"]["perplexity"]
        )
        assert run["peak_memory_mb"] > 10 and run["distinct2"] is not None
        assert [[row[0] for row in said["probes"]] for said in run["replies"]] == [
            ["dog", "city"],
            ["dog2", "dog2", "tea", "hi", "city"],
        ]
        assert [len(said["controls"]) for said in run["replies"]] == [2, 2]
    assert weights["passes"] == memory["passes"]  # one training, asked in two ways
    assert weights["replies"] != memory["replies"]
    assert record["rounds"]["facts"] == 5 and len(record["rounds"]["sha256"]) == 64
    assert {"torch", "peft", "python"} <= set(record["packages"])
    assert record["arms"]["naive"]["reply_weight"] == 1 and record["arms"]["naive"]["facts"] is False
    assert record["summary"]["product/off"]["acc"]["seeds"] == 1
    shown = capsys.readouterr().out
    assert "product/off" in shown and "forget_residual" in shown
    root = ET.fromstring((tmp_path / "out.svg").read_text(encoding="utf-8"))
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 2
    assert not (home() / "profiles").exists()  # the user's own home was left alone


def test_what_is_finished_is_not_run_again(tmp_path: Path, rounds_file: Path, config: Config) -> None:
    words = ("--memory", "off", "--arm", "naive", "--rounds-limit", "1")
    _, first = measured(tmp_path, config, *words)
    _, again = measured(tmp_path, config, *words)
    assert again["runs"] == first["runs"]  # to the second
    _, more = measured(tmp_path, config, *words, "--random-seed", "1,2")
    assert more["runs"][0] == first["runs"][0]
    assert [run["random_seed"] for run in more["runs"]] == [1, 2]
    assert more["summary"]["naive/off"]["same_round"]["seeds"] == 2
    with pytest.raises(UsageError) as told_off:  # two rounds are another measurement
        measured(tmp_path, config, "--memory", "off", "--arm", "naive")
    assert told_off.value.key == "bench.other_json" and "rounds" in str(told_off.value)
    (tmp_path / "out.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError):
        measured(tmp_path, config, *words)


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, rounds_file: Path, config: Config) -> None:
    path = tmp_path / "out.json"

    def press() -> None:
        deadline = time.monotonic() + PATIENCE
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    words = ("--memory", "off", "--arm", "naive", "--random-seed", "1,2,3,4,5,6,7,8", "--rounds-limit", "1")
    code, record = measured(tmp_path, config, *words)
    assert code == 130
    assert 1 <= len(record["runs"]) < 8
    assert record["runs"][0]["random_seed"] == 1 and record["summary"]


def test_joint_hears_everything_before_its_only_pass(
    tmp_path: Path, rounds_file: Path, config: Config
) -> None:
    _, record = measured(tmp_path, config, "--memory", "off", "--arm", "joint")
    (run,) = record["runs"]
    assert [one["round"] for one in run["passes"]] == [2]
    assert run["R"][0] == [None, None] and run["R"][1][1] is not None
    assert run["bwt"] is None


def test_the_plan(tmp_path: Path, rounds_file: Path) -> None:
    plan = bench_learning.plan_of(arguments(tmp_path, "--arm", "all", "--random-seed", "3,1,3"))
    assert plan.seeds == (3, 1) and plan.memory == (False, True)
    assert plan.runs() == [
        *(("product", seed, (False, True)) for seed in (3, 1)),
        *(("naive", seed, (False,)) for seed in (3, 1)),
        *(("no_replay", seed, (False, True)) for seed in (3, 1)),
        *(("joint", seed, (False, True)) for seed in (3, 1)),
    ]
    for words in (["--random-seed", "a"], ["--random-seed", "-1"], ["--rounds-limit", "0"]):
        with pytest.raises(UsageError) as told_off:
            bench_learning.plan_of(arguments(tmp_path, *words))
        assert words[0] in str(told_off.value)


def test_a_missing_rounds_file_is_told_without_torch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["bench", "learning", "--rounds", str(tmp_path / "none.jsonl")])
    assert code == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_the_summary_and_the_chart_over_seeds(tmp_path: Path) -> None:
    rows = [told(at, f"f{at}", probe(f"پرسش {at}؟", f"پاسخ{at}")) for at in (1, 2)]
    rounds = read_rounds(written(tmp_path, *rows))

    def one(seed: int, last: str) -> dict[str, Any]:
        said = [Replies({"f1": ["پاسخ1"]}), Replies({"f1": [last], "f2": ["پاسخ2"]})]
        return {"arm": "product", "random_seed": seed, "memory": "off", "passes": [], **score(rounds, said)}

    runs = [one(1, "پاسخ1"), one(2, "؟")]
    summary = bench_learning.summary(runs)["product/off"]
    assert summary["acc"] == {"mean": 0.75, "min": 0.5, "max": 1.0, "seeds": 2}
    assert "update" not in summary
    text = bench_learning_report.plot({"runs": runs, "model": "a<b", "rounds": {"rounds": 2}})
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    (line,) = root.findall(f"{space}polyline")
    ends = [tuple(map(float, point.split(","))) for point in str(line.get("points")).split()]
    assert ends == [
        (bench_learning_report._x(1, 2), bench_learning_report._y(1)),
        (bench_learning_report._x(2, 2), bench_learning_report._y(0.75)),
    ]
    assert len(root.findall(f"{space}polygon")) == 1


def test_fifty_free_questions() -> None:
    questions = free_questions()
    assert len(questions) == len(set(questions)) == 50
