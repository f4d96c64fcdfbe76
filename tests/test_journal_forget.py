"""What was taught, corrected, rated and forgotten in the journal; and words taken out of the file itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from persian_assistant import disk
from persian_assistant.errors import DiskError
from persian_assistant.journal import Journal
from persian_assistant.journal_file import entry_of, line_of
from persian_assistant.records import Exchange

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes of Unix")
FACT = {
    "fact_kind": "stated", "subject": "قناری", "attribute": "اسم", "value": "نغمه", "sentence": "قناری نغمه",
    "key": "اسم|قناری", "single": True, "details": {"rule": "x"}, "supersedes": None,
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "journal.jsonl"


def clock() -> float:
    return 1_700_000_000.25


def entries(path: Path) -> list[dict[str, object]]:
    read = [entry_of(line) for line in path.read_bytes().splitlines(keepends=True)]
    assert None not in read, "every line is sound"
    return [entry for entry in read if entry is not None]


# --- kinds


def test_a_correction_is_the_answer_and_a_rating_lasts_until_there_is_another(path: Path) -> None:
    journal = Journal.open(path, clock)
    one = journal.append_user("سلام")
    journal.append_assistant(one, "بد", interrupted=True)
    journal.append("rating", target=one, value="bad")
    two = journal.append_user("خوبی؟")
    journal.append_assistant(two, "خوبم")
    journal.append("rating", target=two, value="good")
    for each in (journal, Journal.open(path)):
        assert [turn.rating for turn in each.exchanges()] == ["bad", "good"]
    journal.append("fix", target=one, reply="سلام همشهری", rejected="بد")
    journal.append("rating", target=two, value="none")
    for each in (journal, Journal.open(path)):
        assert each.exchanges() == [
            Exchange(one, clock(), "سلام", "سلام همشهری"),
            Exchange(two, clock(), "خوبی؟", "خوبم"),
        ]
    journal.append("rating", target=one, value="good")
    journal.append_assistant(one, "دوباره")
    assert Journal.open(path).exchange(one) == Exchange(one, clock(), "سلام", "دوباره")


def test_entries_that_do_not_fit_their_kind_are_refused(path: Path) -> None:
    journal = Journal.open(path, clock)
    for kind, fields in [
        ("teach", {"question": "الف"}),
        ("fix", {"target": "1", "reply": "الف", "rejected": ""}),
        ("rating", {"target": 1, "value": "best"}),
        ("fact", {**FACT, "fact_id": "1.1", "source": 1, "fact_kind": "heard"}),
        ("fact", {**FACT, "fact_id": "1.1", "source": 1, "details": {"a": 1}}),
        ("fact", {**FACT, "fact_id": "1.1"}),
        ("forget", {"exchanges": ["1"], "facts": []}),
        ("forget", {"exchanges": [True], "facts": []}),
        ("observed", {}),
    ]:
        with pytest.raises(ValueError):
            journal.append(kind, **fields)  # type: ignore[arg-type]
    assert path.read_bytes() == b""


def test_questions_about_the_past_are_answered_in_part(path: Path) -> None:
    journal = Journal.open(path, clock)
    seqs = [journal.append_user(f"پرسش {number}") for number in range(9)]
    journal.append("undo", target=seqs[3])
    journal.append("teach", question="الف", answer="ب")
    assert [turn.seq for turn in journal.exchanges(seqs[6])] == seqs[7:]
    assert [turn.seq for turn in journal.last_exchanges(3, before=seqs[5])] == [seqs[1], seqs[2], seqs[4]]
    assert [turn.seq for turn in journal.last_exchanges(2)] == seqs[-2:]
    assert journal.last_exchanges(0) == [] and journal.count() == 8
    assert journal.exchange(seqs[3]) is None
    assert [note["kind"] for note in journal.notes()] == ["undo", "teach"]
    assert journal.notes(after=journal.last_seq()) == []


def test_a_hundred_thousand_entries_open(path: Path) -> None:
    Journal.open(path)
    with path.open("wb") as file:
        for seq in range(1, 100_001):
            if seq % 2:
                file.write(line_of({"content": f"پرسش {seq}", "kind": "user", "seq": seq, "time": 1.5}))
            else:
                entry = {"content": "باشد", "kind": "assistant", "reply_to": seq - 1, "seq": seq, "time": 1.5}
                file.write(line_of(entry))
    journal = Journal.open(path)
    assert journal.warnings == [] and journal.count() == 50_000
    assert [turn.seq for turn in journal.exchanges(99_996)] == [99_997, 99_999]
    assert journal.append_user("بعدی") == 100_001


# --- taking words out


def told(path: Path) -> tuple[Journal, int, int]:
    """A journal with a turn to forget (its number first) and one to keep."""
    journal = Journal.open(path, clock)
    secret = journal.append_user("راز نغمه")
    journal.append_fact(fact_id=f"{secret}.1", source=secret, **FACT)
    journal.append_assistant(secret, "نغمه!")
    journal.append("fix", target=secret, reply="آری، نغمه", rejected="نغمه!")
    keep = journal.append_user("هوا خوب است")
    journal.append_assistant(keep, "بله")
    journal.append("teach", question="نغمه چیست؟", answer="راز")
    return journal, secret, keep


def test_words_leave_the_file_and_all_else_stays(path: Path) -> None:
    journal, secret, keep = told(path)
    before = entries(path)
    lesson = journal.last_seq()
    number = journal.append("forget", exchanges=[secret], facts=[f"{secret}.1", f"{lesson}.1"])
    assert journal.unredacted() == [number] == Journal.open(path).unredacted()
    generation = journal.generation
    journal.redact(number, [secret, lesson], [f"{secret}.1"], [])
    text = path.read_text(encoding="utf-8")
    assert "نغمه" not in text and "راز" not in text and "هوا خوب است" in text
    after = entries(path)
    assert [(entry["seq"], entry["time"], entry["kind"]) for entry in after[:-1]] == [
        (entry["seq"], entry["time"], entry["kind"]) for entry in before
    ]
    assert [entry["seq"] for entry in after if entry.get("redacted")] == [1, 2, 3, 4, lesson, number]
    assert journal.generation > generation and journal.warnings == []
    for each in (journal, Journal.open(path)):
        assert [turn.seq for turn in each.exchanges()] == [keep] and each.unredacted() == []
        assert each.last_seq() == number
    assert journal.append_user("بعدی") == number + 1
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["journal.jsonl"]


def test_of_a_fact_that_is_kept_only_the_sentence_goes(path: Path) -> None:
    journal, secret, _ = told(path)
    kept = FACT | {"value": "قناری", "sentence": "راز نغمه"}
    journal.append_fact(fact_id=f"{secret}.2", source=secret, **kept)
    number = journal.append("forget", exchanges=[secret], facts=[f"{secret}.1"])
    journal.redact(number, [secret], [f"{secret}.1"], [f"{secret}.2"])
    (left,) = [note for note in journal.notes() if note["kind"] == "fact" and not note.get("redacted")]
    assert (left["value"], left["sentence"], left["fact_id"]) == ("قناری", "", f"{secret}.2")


def test_damaged_lines_and_torn_pieces_stay_and_are_named(path: Path) -> None:
    journal, secret, _ = told(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(3, "راز نغمه خراب\n".encode())
    path.write_bytes(b"".join(lines) + "نغمهٔ نیم".encode())
    journal = Journal.open(path, clock)
    journal.warnings.clear()
    number = journal.append("forget", exchanges=[secret], facts=[])
    journal.redact(number, [secret], [], [])
    text = path.read_text(encoding="utf-8")
    assert text.count("نغمه") == 2, "the damaged line, and the lesson that was not named"
    torn = path.parent / "journal.jsonl.torn-1700000000"
    assert "نغمه" in torn.read_text(encoding="utf-8")
    assert any(str(torn) in warning for warning in journal.warnings)
    assert sum(str(path) in warning and "خراب" in warning for warning in journal.warnings) >= 2


def test_a_disk_that_refuses_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, secret, _ = told(path)
    number = journal.append("forget", exchanges=[secret], facts=[])
    before = path.read_bytes()

    def refuse(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "fsync_fd", refuse)
    with pytest.raises(DiskError) as caught:
        journal.redact(number, [secret], [], [])
    assert caught.value.key == "disk.full"
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["journal.jsonl"]
    monkeypatch.undo()
    again = Journal.open(path)
    assert again.unredacted() == [number]
    again.redact(number, [secret], [], [])
    assert "راز نغمه" not in path.read_text(encoding="utf-8")


REDACT = """
import sys
from pathlib import Path
from persian_assistant.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
number = journal.append("forget", exchanges=[1], facts=[])
print("ready", flush=True)
journal.redact(number, [1], [], [])
print("done", flush=True)
"""


@posix
def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(path: Path) -> None:
    Journal.open(path)
    lines = [line_of({"content": "راز نغمه", "kind": "user", "seq": 1, "time": 1.5})]
    lines += [
        line_of({"content": f"پرسش {seq} " * 20, "kind": "user", "seq": seq, "time": 1.5})
        for seq in range(2, 6001)
    ]
    old = b"".join(lines)
    outcomes = set()
    for step in range(40):
        path.write_bytes(old)
        process = subprocess.Popen(
            [sys.executable, "-c", REDACT, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(0.004 * step**2)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        whole = entries(path)
        assert [entry["seq"] for entry in whole] == list(range(1, 6002))
        gone = "راز نغمه" not in path.read_text(encoding="utf-8")
        outcomes.add(gone)
        journal = Journal.open(path)
        assert journal.warnings == [] and journal.count() == 5999
        assert journal.unredacted() == ([] if gone else [6001])
        assert not list(path.parent.glob(".tmp-*")), "what the killed one left is gone"
        if step > 8 and len(outcomes) == 2:
            break
    assert outcomes == {False, True}, "killed before and after, or the test proves nothing"


def test_a_line_changed_by_one_bit_is_no_entry() -> None:
    line = line_of({"content": "سلام", "kind": "user", "seq": 1, "time": 1.5})
    entry = entry_of(line)
    assert entry == {"content": "سلام", "kind": "user", "seq": 1, "time": 1.5}
    body = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert json.loads(line)["crc"] == f"{zlib.crc32(body):08x}"
    for place in range(len(line) - 1):
        assert entry_of(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]) is None
