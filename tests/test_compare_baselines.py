"""`compare baselines`: five ways on one tiny model, the rules of the verdict, and what can go wrong."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from baselines_parts import pairs_file
from learning_files import persona_file
from learning_parts import schooled_folder

from persian_assistant import wording
from persian_assistant.commands import compare_baselines, pretrain
from persian_assistant.comparing import baselines_data
from persian_assistant.comparing.baselines_verdict import (
    WAYS,
)
from persian_assistant.config import Config, LearningConfig, ModelConfig, data_dir, home
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.records import Message
from persian_assistant.rounds import read_rounds
from persian_assistant.text import holds_answer

TOLD = [
    "یک قناری دارم که اسمش نغمه است.",
    "من در شیراز زندگی می‌کنم.",
    "اسم برادرم کیوان است.",
    "شغل من نجاری است.",
]
TAUGHT = [
    ("پایتخت مغولستان کجاست؟", "پایتخت مغولستان شهر اولان‌باتور است."),
    ("چای را چگونه بدهم؟", "با هل و بی قند."),
]


@pytest.fixture
def config() -> Config:
    learning = LearningConfig(learning_rate=1e-3, lora_r=4, num_train_epochs=1, most_tokens=4000)
    return Config(model=ModelConfig(device="cpu"), learning=learning)


def arguments(folder: Path, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    compare_baselines.add_arguments(parser)
    fixed = ["--model", str(schooled_folder()), "--quantization", "none"]
    return parser.parse_args([*fixed, "--persona", str(persona_file(folder)), *words])


def profile_of(told: list[str], taught: list[tuple[str, str]]) -> Profile:
    """A profile in which these things were told, as a chat leaves it."""
    create = {"base_model": "mini", "quantization": "none", "persona": "assistant"}
    profile = Profile.open(home(), "someone", create=create)
    journal = Journal.open(profile.journal_path)
    facts = FactStore(journal)
    for text in told:
        seq = journal.append_user(text)
        facts.observe(seq)
        journal.append_assistant(seq, "باشد.")
    for question, answer in taught:
        facts.teach(question, answer)
    return profile


def every_byte(folder: Path) -> dict[str, str]:
    """Each file below `folder` with its hash, mode and time."""
    return {
        str(
            path
        ): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mode} {path.stat().st_mtime_ns}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def compared(folder: Path, config: Config, *words: str) -> dict[str, Any]:
    path = folder / "out.json"
    assert compare_baselines.run(arguments(folder, "--json", str(path), *words), config) == 0
    return dict(json.loads(path.read_text(encoding="utf-8")))


def check_figures(record: dict[str, Any]) -> None:
    """Five ways, each with all its figures."""
    assert sorted(record["ways"]) == sorted(WAYS)
    for name, found in record["ways"].items():
        assert found["way"] == name and 0 <= found["recall"] <= 1
        low, high = found["recall_interval"]
        assert 0 <= low <= found["recall"] <= high <= 1
        assert found["heldout_loss"] > 0 and 0 <= found["chrf"] <= 100
        assert found["prompt_tokens"] > 1 and found["seconds"] > 0 and found["weights_mb"] > 0
        assert (found["adapter_mb"] > 0) == name.startswith("fine_tuned")
        assert (found["index_mb"] > 0) == name.endswith("retrieval")
        assert len(found["answers"]) == record["data"]["questions"]
    tokens = {name: found["prompt_tokens"] for name, found in record["ways"].items()}
    assert tokens["plain"] == tokens["fine_tuned"] < tokens["few_shot"]
    assert tokens["plain"] < tokens["retrieval"] == tokens["fine_tuned_retrieval"]
    cost = record["training"]
    assert cost["seconds"] > 0 and cost["tokens"] > 100 and cost["examples"] > 10
    assert cost["peak_memory_mb"] > 10 and cost["perplexity_ratio"] > 0
    losses = {name: found["heldout_loss"] for name, found in record["ways"].items()}
    assert losses["plain"] != losses["fine_tuned"]  # it is the trained model that answers there


# --- end to end -------------------------------------------------------------------------------------


def test_a_profile_is_compared_and_left_as_it_was(
    tmp_path: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    profile_of(TOLD, TAUGHT)
    before = every_byte(home())
    record = compared(tmp_path, config, "--profile", "someone")
    assert every_byte(home()) == before
    check_figures(record)
    assert record["data"]["kind"] == "facts" and record["data"]["facts"] == 6
    assert record["verdict"]["reason"] == "too_few" and record["verdict"]["items"] == 6
    out = capsys.readouterr().out
    assert "نمی‌شود گفت" in out and "آموزش و بازیابی" in out and "نغمه" not in out
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600


def test_pairs_of_a_file_are_taught_but_for_a_tenth(
    tmp_path: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    wording.set_language("en")
    record = compared(tmp_path, config, "--data", str(pairs_file(tmp_path, 20)))
    check_figures(record)
    data = record["data"]
    assert (data["taught"], data["heldout"], data["asked"]) == (18, 2, 18)
    answers = record["ways"]["plain"]["answers"]
    assert [right is None for *_, right in answers] == [False] * 18 + [True] * 2
    assert record["ways"]["plain"]["compared"] == 2
    measured = [one["measure"] for one in record["verdict"]["differences"]]
    assert measured == ["recall", "chrf"]
    out = capsys.readouterr().out
    assert "in the very same words" in out and "2 pairs left out" in out


def test_ctrl_c_shows_and_keeps_what_is_finished(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tick = pretrain._Stages.tick

    def pressed(self: Any, name: str, done: int, total: int) -> None:
        tick(self, name, done, total)
        if name == "آموزش" and done > 0:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(pretrain._Stages, "tick", pressed)
    path, pairs = tmp_path / "out.json", pairs_file(tmp_path, 12)
    with pytest.raises(Cancelled) as told:
        compare_baselines.run(arguments(tmp_path, "--data", str(pairs), "--json", str(path)), config)
    assert told.value.values == {"count": 3}
    record = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(record["ways"]) == ["few_shot", "plain", "retrieval"]
    assert record["training"] is None and record["verdict"] is None
    assert "بازیابی" in capsys.readouterr().out


@pytest.mark.slow
def test_mini_needs_no_training_for_what_its_memory_tells_it(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    compare_baselines.add_arguments(parser)
    path = tmp_path / "out.json"
    assert compare_baselines.run(parser.parse_args(["--model", "mini", "--json", str(path)]), Config()) == 0
    record = json.loads(path.read_text(encoding="utf-8"))
    check_figures(record)
    recall = {name: found["recall"] for name, found in record["ways"].items()}
    assert recall["plain"] < 0.1 < 0.35 < recall["fine_tuned"] < 0.8 < recall["retrieval"]
    assert record["verdict"]["reason"] == "retrieval" and not record["verdict"]["train"]


# --- what is taught and asked -----------------------------------------------------------------------


def test_the_shipped_sample(tmp_path: Path) -> None:
    rounds = read_rounds(data_dir() / "rounds" / "tuning.jsonl").limited(3)
    material = baselines_data.of_rounds(rounds, Persona.load("assistant"), tmp_path, 1)
    live = rounds.live()
    assert len({question.item for question in material.questions}) == len(live) == material.source["facts"]
    known = [question for question in material.questions if question.reference]
    assert len(known) > 0.8 * len(material.questions)
    for question in known:  # a whole right answer is one that counts as right
        assert holds_answer(question.reference, question.answers)
    assert len(material.shots) == 2 * baselines_data.SHOTS
    assert [turn.role for turn in material.shots] == ["user", "assistant"] * baselines_data.SHOTS
    assert len(material.lessons.new_facts) >= len(live)
    assert any("اولان" in line for line in material.recall("پایتخت مغولستان کجاست؟"))
    assert material.index_mb > 0.1


def test_a_pair_asked_for_is_the_first_line(tmp_path: Path) -> None:
    rows = [
        [Message("user", "پایتخت ژاپن کجاست؟"), Message("assistant", "توکیو")],
        [
            Message("user", "بلندترین کوه ایران کدام است؟"),
            Message("assistant", "بلندترین کوه ایران دماوند است."),
        ],
        [Message("user", "آب در چند درجه می‌جوشد؟"), Message("assistant", "صد درجهٔ سانتی‌گراد.")],
    ]
    pairs = baselines_data.Pairs(rows)
    assert "دماوند" in pairs.recall("بلندترین کوه کشور ایران چیست؟")[0]
    line = pairs.recall("پایتخت ژاپن")[0]
    assert "توکیو" in line and "ژاپن" in line  # a short answer alone says nothing
    assert pairs.recall("سلام") == []


def test_a_question_that_is_taught_is_not_held_out(tmp_path: Path) -> None:
    rows = [{"question": "همان پرسش؟", "answer": f"پاسخ {number}"} for number in range(20)]
    path = tmp_path / "same.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    persona = Persona.load("assistant")
    material, notice = baselines_data.of_examples(str(path), persona, columns=None, limit=0, random_seed=1)
    assert notice == "" and not any(question.heldout for question in material.questions)
    assert material.source["heldout"] == 0


# --- what can go wrong ------------------------------------------------------------------------------


def refused(folder: Path, config: Config, *words: str) -> UsageError:
    with pytest.raises(UsageError) as told:
        compare_baselines.run(arguments(folder, *words), config)
    assert str(told.value)
    return told.value


def test_refusals(tmp_path: Path, config: Config) -> None:
    missing = refused(tmp_path, config, "--data", str(tmp_path / "none.jsonl"))
    assert "none.jsonl" in str(missing)
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    assert refused(tmp_path, config, "--data", str(tmp_path / "empty.jsonl")).key == "examples.empty"
    rows = pairs_file(tmp_path, 3)
    columns = refused(
        tmp_path, config, "--data", str(rows), "--columns", "instruction=nothing,response=answer"
    )
    assert "nothing" in str(columns)
    assert refused(tmp_path, config, "--profile", "nobody").key == "disk.no_such_profile"
    both = refused(tmp_path, config, "--profile", "nobody", "--data", str(rows))
    assert both.key == "baselines.one_source"
    negative = refused(tmp_path, config, "--data", str(rows), "--limit", "-1")
    assert negative.key == "cli.bad_value"
    assert refused(tmp_path, config, "--limit", "12").key == "baselines.limit_needs_data"


def test_a_profile_without_facts_says_what_to_do(tmp_path: Path, config: Config) -> None:
    profile_of([], [])
    before = every_byte(home())
    assert refused(tmp_path, config, "--profile", "someone").key == "baselines.no_facts"
    assert every_byte(home()) == before
