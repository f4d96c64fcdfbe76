"""`persian-assistant evaluate` from the command line, on a tiny model with versions of its own."""

from __future__ import annotations

import json
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from adapter_parts import adapter_on_disk
from tiny_models import SENTENCES, save_tiny

from persian_assistant.cli import main
from persian_assistant.config import home
from persian_assistant.evaluation import report
from persian_assistant.hub import resolve
from persian_assistant.model import load_model
from persian_assistant.profile import Profile
from persian_assistant.versions import VersionStore


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    save_tiny(root / "model", "llama", "mini")
    loaded = load_model(resolve(str(root / "model"), notice=print), quantization="none", device="cpu")
    adapter_on_disk(loaded, root / "adapter")
    return root


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, Path]:
    """A small set of each kind."""
    texts = tmp_path / "text.txt"
    texts.write_text("\n\n".join(SENTENCES[:4]), encoding="utf-8")
    rows: dict[str, list[dict[str, Any]]] = {
        "choices": [{"question": text, "choices": ["بله", "نه"], "answer": "نه"} for text in SENTENCES[:4]],
        "qa": [{"context": SENTENCES[1], "question": "چه خریدم؟", "answers": {"text": ["سیب"]}}],
        "instructions": [{"instruction": SENTENCES[at], "response": SENTENCES[at + 1]} for at in range(3)],
    }
    paths = {"text": texts}
    for name, own in rows.items():
        paths[name] = tmp_path / f"{name}.jsonl"
        paths[name].write_text(
            "\n".join(json.dumps(row, ensure_ascii=False) for row in own), encoding="utf-8"
        )
    return paths


def flags(folder: Path, **more: object) -> list[str]:
    words = ["evaluate", "--model", str(folder / "model"), "--quantization", "none"]
    for name, value in more.items():
        words += [f"--{name}", str(value)]
    return words


def with_versions(folder: Path) -> Profile:
    """A profile of the tiny model with one published version."""
    source = resolve(str(folder / "model"), notice=print)
    create = {
        "base_model": source.name, "fingerprint": source.fingerprint, "quantization": "none",
        "persona": "assistant",
    }  # fmt: skip
    profile = Profile.open(home(), "mine", create=create)

    def save(path: Path) -> None:
        for file in (folder / "adapter").iterdir():
            (path / file.name).write_bytes(file.read_bytes())

    store = VersionStore(profile.path)
    store.publish(store.stage(save), high_water=0, data_hash="", base={}, config={}, scores={}, parent=None)
    return profile


def test_every_set_as_a_table_and_as_json(
    folder: Path, sets: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.json"
    assert main(flags(folder, json=path, **sets)) == 0
    shown = capsys.readouterr()
    for words in ("متن (۴)", "چندگزینه‌ای (۴)", "درک متن (۱)", "پرسش و پاسخ (۳)", "سرگشتگی", "chrF", "F1"):
        assert words in shown.out
    assert "%" not in shown.out and not re.search(r"\d[0-9]*\.[0-9]", shown.out)  # Persian digits
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["finished"] is True
    assert {name: len(rows) for name, rows in written["items"].items()} == {
        "text": 4, "choices": 4, "qa": 1, "instructions": 3,
    }  # fmt: skip
    figures = {(one["set"], one["figure"]): one for one in written["figures"]}
    perplexity = figures["text", "perplexity"]["estimate"]
    assert perplexity["low"] < perplexity["value"] < perplexity["high"]
    assert figures["qa", "f1"]["estimate"]["low"] is None  # of one question nothing can be said
    assert len(written["data"]["qa"][0]["sha256"]) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = tmp_path / "again.json"
    assert main([*flags(folder, json=again, **sets), "--lang", "en"]) == 0
    assert "perplexity per token" in capsys.readouterr().out
    assert json.loads(again.read_text(encoding="utf-8"))["figures"] == written["figures"]


def test_a_version_against_its_base(
    folder: Path, sets: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_versions(folder)
    path = tmp_path / "out.json"
    words = ["evaluate", "--profile", "mine", "--against", "base", "--json", str(path), "--lang", "en"]
    assert main([*words, "--text", str(sets["text"]), "--choices", str(sets["choices"])]) == 0
    shown = capsys.readouterr().out
    assert "version 1" in shown and "(base)" in shown and "difference" in shown
    assert re.search(r"\b(better|worse|unsure)\b", shown)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert [written[name]["trained"] for name in ("model", "against")] == ["0001", None]
    (line,) = [one for one in written["figures"] if one["figure"] == "perplexity"]
    assert line["estimate"]["value"] != line["base"]["value"]
    assert line["difference"]["value"] == pytest.approx(line["estimate"]["value"] - line["base"]["value"])
    assert line["verdict"] in ("better", "worse", "unsure")
    # the same adapter by its folder gives the same figures
    other = tmp_path / "other.json"
    assert main(flags(folder, adapter=folder / "adapter", text=sets["text"], json=other)) == 0
    (same,) = [one for one in json.loads(other.read_text())["figures"] if one["figure"] == "perplexity"]
    assert same["estimate"] == line["estimate"]
    capsys.readouterr()
    assert main(flags(folder, version=1, against=1, text=sets["text"])) == 2
    assert "چیزی برای مقایسه نیست" in capsys.readouterr().err
    assert main(flags(folder, version=7, text=sets["text"])) == 2
    assert "نسخهٔ 7 نیست" in capsys.readouterr().err


def test_a_limit_and_columns(
    folder: Path, sets: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(
        "q,a\n" + "".join(f"{text.replace(',', '')},نه\n" for text in SENTENCES), encoding="utf-8"
    )
    words = flags(folder, instructions=path, columns="instruction=q,response=a", limit="۲", text=sets["text"])
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "متن (۲)" in shown and "پرسش و پاسخ (۲)" in shown
    assert "چندگزینه‌ای" not in shown


def test_bad_rows_are_told(folder: Path, sets: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    lines = sets["choices"].read_text(encoding="utf-8").splitlines() * 3
    sets["choices"].write_text("\n".join([*lines, "{not json"]), encoding="utf-8")
    assert main(flags(folder, choices=sets["choices"])) == 0
    shown = capsys.readouterr()
    assert f"{sets['choices']}:13" in shown.err
    assert "چندگزینه‌ای (۱۲)" in shown.out


def test_ctrl_c_leaves_what_is_done(
    folder: Path,
    sets: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pressed(*arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(report, "measure_passages", pressed)
    path = tmp_path / "out.json"
    assert main(flags(folder, json=path, **sets)) == 1
    shown = capsys.readouterr()
    assert "متوقف شد" in shown.err and "Traceback" not in shown.err
    assert "چندگزینه‌ای (۴)" in shown.out and "پرسش و پاسخ" not in shown.out
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["finished"] is False
    assert list(written["items"]) == ["choices", "text"]


@pytest.mark.parametrize(
    ("flag", "content", "said"),
    [
        ("choices", None, "نیست"),
        ("choices", "", "هیچ سطری نیست"),
        ("choices", '{"a": 1}', "choices"),
        ("qa", '{"a": 1}', "SQuAD"),
        ("qa", "[1", "JSON"),
        ("instructions", '{"a": "b"}', "--columns"),
        ("text", None, "متنی پیدا نشد"),
    ],
)
def test_bad_files_are_told_before_the_model_loads(
    flag: str,
    content: str | None,
    said: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / ("set.txt" if flag == "text" else "set.jsonl")
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(flags(folder, **{flag: path})) == 2
    shown = capsys.readouterr()
    assert said in shown.err and str(path) in shown.err
    assert "بار شدن" not in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--limit", "many"], 2, "--limit"),
        (["--columns", "instruction=q,response=a"], 2, "--instructions"),
        (["--json", "/nowhere/at/all/out.json"], 2, "/nowhere/at/all/out.json"),
        (["--version", "3"], 2, "پروفایل"),
        (["--profile", "nobody"], 2, "nobody"),
        (["--version", "3", "--adapter", "x"], 2, "--adapter"),
        (["--against", "base"], 2, "مقایسه"),
        (["--persona", "nobody"], 2, "nobody"),
    ],
)
def test_what_cannot_be_meant(
    words: list[str], code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*flags(folder), *words]) == code
    assert said in capsys.readouterr().err


def test_an_adapter_of_another_model(
    folder: Path, sets: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_tiny(tmp_path / "gpt2", "gpt2")
    words = ["evaluate", "--model", str(tmp_path / "gpt2"), "--quantization", "none"]
    words += ["--adapter", str(folder / "adapter"), "--text", str(sets["text"])]
    assert main(words) == 1
    assert str(folder / "adapter") in capsys.readouterr().err
