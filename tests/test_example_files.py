"""Conversations from the forms that people's files have, and what is said of rows that are not right."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dataset_server import dataset_server

from persian_assistant.cli import main
from persian_assistant.errors import UsageError
from persian_assistant.example_files import parse_columns, read_examples, read_rows
from persian_assistant.records import Message

ROOT = Path(__file__).resolve().parent.parent
PAIR = [Message("user", "سلام"), Message("assistant", "سلام، خوش آمدی.")]


def written(path: Path, value: object) -> Path:
    """`value` as JSON, or for .jsonl one element a line (text as it is)."""
    if path.suffix == ".jsonl" and isinstance(value, list):
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in value]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def turns(*spoken: tuple[str, str], role: str = "role", content: str = "content") -> list[dict[str, str]]:
    return [{role: speaker, content: text} for speaker, text in spoken]


SAID = (("user", "سلام"), ("assistant", "سلام، خوش آمدی."))


@pytest.mark.parametrize(
    "row",
    [
        {"messages": turns(*SAID)},
        {"messages": turns(*SAID), "persona": "assistant", "topic": "greeting"},
        {"conversations": turns(("human", "سلام"), ("gpt", "سلام، خوش آمدی."), role="from", content="value")},
        {"instruction": "سلام", "response": "سلام، خوش آمدی."},
        {"instruction": "سلام", "input": "", "output": "سلام، خوش آمدی."},
        {"prompt": "سلام", "completion": "سلام، خوش آمدی."},
        {"prompt": turns(SAID[0]), "completion": turns(SAID[1])},
        {"question": "سلام", "answer": "سلام، خوش آمدی."},
        {"input": "سلام", "output": "سلام، خوش آمدی."},
        {"messages": turns(("system", " "), *SAID)},
        {"messages": turns(("user", " سلام\u202e"), ("assistant", "سلام، خوش آمدي.\x1b[31m"))},
    ],
)
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl"])
def test_each_form_gives_the_same_conversation(tmp_path: Path, row: dict[str, Any], name: str) -> None:
    read = read_examples(written(tmp_path / name, [row]))
    assert read.conversations == [PAIR]
    assert (read.bad, read.notice) == ([], "")


def test_system_messages_and_many_turns(tmp_path: Path) -> None:
    spoken = (*SAID, ("user", "خوبی؟"), ("assistant", "خوبم."))
    rows = [
        {"messages": turns(("system", "مهربان باش."), *spoken)},
        {"conversations": turns(("system", "کوتاه بگو."), ("human", "سلام"), ("gpt", "سلام."), role="from",
                                content="value")},
        {"system_prompt": "یاری کن.", "question": "چند؟", "response": 12},
        {"instruction": "خلاصه کن.", "input": "متن دراز", "output": "متن"},
    ]  # fmt: skip
    read = read_examples(written(tmp_path / "rows.json", rows)).conversations
    assert [[turn.role for turn in row] for row in read] == [
        ["system", "user", "assistant", "user", "assistant"],
        ["system", "user", "assistant"],
        ["system", "user", "assistant"],
        ["user", "assistant"],
    ]
    assert read[2] == [Message("system", "یاری کن."), Message("user", "چند؟"), Message("assistant", "12")]
    assert read[3][0].content == "خلاصه کن.\n\nمتن دراز"


def test_packed_files_lines_in_json_and_data_objects(tmp_path: Path) -> None:
    lines = written(tmp_path / "rows.jsonl", [{"question": "سلام", "answer": "سلام، خوش آمدی."}] * 3)
    packed, pressed, as_json = (tmp_path / name for name in ("a.jsonl.xz", "b.jsonl.gz", "c.json"))
    packed.write_bytes(lzma.compress(lines.read_bytes()))
    pressed.write_bytes(gzip.compress(lines.read_bytes()))
    as_json.write_bytes(lines.read_bytes())
    inside = written(tmp_path / "d.json", {"data": [{"question": "سلام", "answer": "سلام، خوش آمدی."}] * 3})
    for path in (lines, packed, pressed, as_json, inside):
        assert read_examples(path).conversations == [PAIR] * 3


def test_tables(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "a.csv").write_text('q,a\nسلام,"سلام، خوش آمدی."\nسلام,"سلام، خوش آمدی."\n', encoding="utf-8")
    (tmp_path / "b.tsv").write_text("q\ta\nسلام\tسلام، خوش آمدی.\n", encoding="utf-8")
    pq.write_table(pa.table({"q": ["سلام"], "a": ["سلام، خوش آمدی."]}), tmp_path / "c.parquet")
    columns = parse_columns("instruction=q, response=a")
    assert columns == {"instruction": "q", "response": "a"}
    counts = [len(read_examples(tmp_path / name, columns=columns).conversations) for name in
              ("a.csv", "b.tsv", "c.parquet")]  # fmt: skip
    assert counts == [2, 1, 1]
    assert read_examples(tmp_path / "c.parquet", columns=columns).conversations == [PAIR]


def test_limit(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", [{"question": "سلام", "answer": str(at)} for at in range(9)])
    assert [row[1].content for row in read_examples(path, limit=2).conversations] == ["0", "1"]


GOOD = {"messages": turns(*SAID)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{not json", "JSON"),
        ("[1, 2]", "list"),
        ({"text": "سلام"}, "text"),
        ({"messages": turns(("user", "سلام"))}, "دستیار"),
        ({"messages": turns(("assistant", "سلام"))}, "دستیار"),
        ({"messages": turns(("user", "سلام"), ("assistant", " "))}, "خالی"),
        ({"messages": turns(("user", "سلام"), ("tool", "سلام"))}, "گوینده"),
        ({"messages": [{"role": "user", "content": None}, {"role": "assistant", "content": "ب"}]}, "متن"),
        ({"messages": []}, "دستیار"),
        ({"messages": "سلام"}, "ستون"),
        ({"question": "سلام", "answer": None}, "NoneType"),
    ],
)
def test_a_bad_row_is_told_counted_and_left_out(tmp_path: Path, row: Any, reason: str) -> None:
    path = written(tmp_path / "rows.jsonl", [GOOD, GOOD, row, *[GOOD] * 7])
    read = read_examples(path)
    assert read.conversations == [PAIR] * 9
    assert [bad.where for bad in read.bad] == [f"{path}:3"]
    assert reason in read.bad[0].reason
    assert f"{path}:3" in read.notice


def test_too_many_bad_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", [GOOD] * 8 + [{"text": "الف"}])
    with pytest.raises(UsageError) as caught:
        read_examples(path)
    assert f"{path}:9" in str(caught.value)
    assert "--columns" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("none.jsonl", None, "examples.no_file"),
        ("empty.jsonl", b"\n\n", "examples.empty"),
        ("empty.json", b"[]", "examples.empty"),
        ("half.json", b'[{"question": "a"', "cli.cannot_read"),
        ("bytes.jsonl", b"\xff\xfe\x00", "cli.not_utf8"),
        ("cut.jsonl.gz", gzip.compress(b"[]" * 999, mtime=0)[:20], "cli.damaged"),
        ("cut.jsonl.xz", b"nothing packed", "cli.damaged"),
        ("rows.parquet", b"PAR1 but no more", "cli.damaged"),
        ("rows.docx", b"", "examples.unknown_kind"),
        ("ragged.csv", "question,answer\nالف\nب,پ,ت\n".encode(), "examples.too_many_bad"),
    ],
)
def test_sources_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, key: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_examples(tmp_path / name)
    assert caught.value.key == key
    assert str(tmp_path / name) in str(caught.value)


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", [{"q": "سلام", "a": "سلام"}])
    with pytest.raises(UsageError) as caught:
        read_examples(path, columns={"instruction": "q", "response": "reply"})
    assert caught.value.key == "examples.no_column"
    assert "q, a" in str(caught.value)
    for text in ("", "q", "instruction=q", "instruction=q,answer=a", "instruction=,response=a"):
        with pytest.raises(UsageError) as caught:
            parse_columns(text)
        assert caught.value.key == "examples.bad_columns"


HUB_PROGRAM = """
import sys
from persian_assistant.errors import UsageError
from persian_assistant.example_files import read_examples

columns = {"instruction": "q", "response": "a"}
print(*(row[1].content for row in read_examples("hub:someone/pairs", columns=columns, limit=3).conversations))
for source, columns in (
    ("hub:someone/pairs", {**columns, "response": "x"}),
    ("hub:someone/pairs", None),
    ("hub:someone/nothing", None),
    ("hub:a:b:c", None),
):
    try:
        read_examples(source, columns=columns)
    except UsageError as error:
        print(error.key, "hub:someone/pairs #1" in str(error))
"""


def test_a_hub_data_set_is_streamed() -> None:
    """In a process of its own: huggingface_hub takes its address when it is imported."""
    rows = [{"q": f"پرسش {number}", "a": str(number)} for number in range(40)]
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    with dataset_server("someone/pairs", {"train.jsonl": data}) as hub:
        environment = {
            **os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", HUB_PROGRAM], env=environment, capture_output=True, text=True,
            cwd=ROOT, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "0 1 2",
        "examples.no_column False",
        "examples.too_many_bad True",
        "examples.no_hub_source False",
        "examples.no_hub_source False",
    ]


def test_read_rows_hands_each_object_to_the_parser(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.json", [{"n": 1}, {"n": 2}])
    assert read_rows(path, lambda row: row["n"] * 10) == ([10, 20], [])


@pytest.mark.parametrize(
    "words",
    [["train"], ["seed", "show"], ["bench", "learning", "--rounds"], ["compare", "baselines", "--data"]],
)
@pytest.mark.parametrize(
    "content", [b"{}\n\xd3\xe1\xc7\xe3", "{}\nسلام".encode("utf-16")], ids=["cp1256", "utf-16"]
)
def test_a_file_that_is_not_utf8_is_one_plain_sentence(
    words: list[str], content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    assert main([*words, str(path)]) == 2
    out, err = capsys.readouterr()
    line, byte = ("۲", "۱") if content[0] == ord("{") else ("۱", "۱")
    sentence = err.splitlines()[-1]
    assert out == "" and f"بایت {byte} از سطر {line} " in sentence and str(path) in sentence
    assert "codec" not in err
