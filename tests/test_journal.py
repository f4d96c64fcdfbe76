"""The journal keeps what it acknowledged: across torn ends, damage, edits and threads."""

from __future__ import annotations

import json
import os
import sys
import threading
import zlib
from pathlib import Path

import pytest

from persian_assistant.errors import DiskError
from persian_assistant.journal import Journal, PassRecord
from persian_assistant.records import Exchange
from persian_assistant.text import to_persian_digits

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, modes and limits of Unix")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "journal.jsonl"


def clock() -> float:
    return 1_700_000_000.25


def filled(path: Path, exchanges: int = 3) -> Journal:
    journal = Journal.open(path, clock)
    for number in range(exchanges):
        user = journal.append_user(f"پرسش {number}")
        journal.append_assistant(user, f"پاسخ {number}", version=1)
    return journal


# --- what a line is


@posix
def test_lines_are_canonical_private_and_checked(path: Path) -> None:
    filled(path, 1)
    lines = path.read_bytes().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
    for line in lines:
        entry = json.loads(line)
        crc = entry.pop("crc")
        rest = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        assert crc == f"{zlib.crc32(rest):08x}"
    assert json.loads(lines[0]).keys() == {"seq", "time", "kind", "content", "crc"}
    assert json.loads(lines[1])["reply_to"] == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@posix
def test_a_journal_that_others_could_read_is_made_private(path: Path) -> None:
    filled(path)
    path.chmod(0o644)
    Journal.open(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_written_is_read_again(path: Path) -> None:
    journal = filled(path, 2)
    open_turn = journal.append_user("بی‌پاسخ")
    expected = [
        Exchange(1, clock(), "پرسش 0", "پاسخ 0"),
        Exchange(3, clock(), "پرسش 1", "پاسخ 1"),
        Exchange(open_turn, clock(), "بی‌پاسخ", None),
    ]
    again = Journal.open(path)
    assert journal.exchanges() == again.exchanges() == expected
    assert again.exchanges(after=1) == expected[1:]
    assert again.warnings == []
    assert again.append_user("بعدی") == 6


def test_any_text_survives(path: Path) -> None:
    texts = ["خط\nخط\r\nخط", "جدا\u2028کننده\u2029", "می‌روم", "\x00\x1b[31m", "", '"\\', "😀", "\u0085"]
    journal = Journal.open(path)
    for text in texts:
        journal.append_user(text)
    assert [exchange.user for exchange in Journal.open(path).exchanges()] == texts
    assert path.read_bytes().count(b"\n") == len(texts)


def test_half_a_surrogate_pair_is_replaced_not_fatal(path: Path) -> None:
    journal = Journal.open(path)
    user = journal.append_user("نیم \ud83d تنها")
    journal.append_assistant(user, "\udcff و جفت \ud83d\ude00")
    expected = [("نیم \ufffd تنها", "\ufffd و جفت 😀")]
    for each in (journal, Journal.open(path)):
        assert [(exchange.user, exchange.assistant) for exchange in each.exchanges()] == expected


def test_fields_that_do_not_fit_are_refused_and_nothing_is_written(path: Path) -> None:
    journal = filled(path, 1)
    before = path.read_bytes()
    for kind, fields in [
        ("user", {"content": 5}),
        ("user", {}),
        ("assistant", {"content": "a", "reply_to": "1"}),
        ("undo", {}),
        ("pass", {"outcome": "perhaps", "high_water": 1}),
        ("teach", {"seq": 9}),
        ("rollback", {"version": "2"}),
        ("rollback", {}),
    ]:
        with pytest.raises(ValueError):
            journal.append(kind, **fields)
    assert path.read_bytes() == before
    assert journal.append_user("سالم") == 3


# --- what the entries amount to


def test_the_last_answer_to_a_turn_wins(path: Path) -> None:
    journal = filled(path, 2)
    journal.append_assistant(1, "پاسخ تازه")
    journal.append_assistant(3, "نیمه", interrupted=True)
    for each in (journal, Journal.open(path)):
        first, second = each.exchanges()
        assert (first.assistant, first.interrupted, first.complete) == ("پاسخ تازه", False, True)
        assert (second.assistant, second.interrupted, second.complete) == ("نیمه", True, False)


def test_undone_exchanges_are_left_out_for_good(path: Path) -> None:
    journal = filled(path, 3)
    journal.append("undo", target=3)
    journal.append_assistant(3, "دیر رسید")
    for each in (journal, Journal.open(path)):
        assert [exchange.seq for exchange in each.exchanges()] == [1, 5]
    assert path.read_bytes().count(b"\n") == 8


def test_clear_moves_the_start_of_the_conversation_only(path: Path) -> None:
    journal = filled(path, 2)
    assert journal.last_clear() == 0
    seq = journal.append("clear")
    journal.append_user("تازه")
    for each in (journal, Journal.open(path)):
        assert each.last_clear() == seq == 5
        assert [exchange.user for exchange in each.exchanges(each.last_clear())] == ["تازه"]
        assert len(each.exchanges()) == 3


def test_passes_and_the_one_that_never_ended(path: Path) -> None:
    journal = filled(path, 1)
    assert journal.unfinished_pass() is None
    journal.append_pass("started", high_water=1)
    scores = {"perplexity": 12.5, "recall": float("nan")}
    journal.append_pass("published", high_water=1, version=1, scores=scores)
    assert journal.unfinished_pass() is None
    seq = journal.append_pass("started", high_water=2)
    for each in (journal, Journal.open(path)):
        assert [record.outcome for record in each.passes()] == ["started", "published", "started"]
        assert each.passes()[1].scores == {"perplexity": 12.5, "recall": None}
        assert each.unfinished_pass() == PassRecord(seq, clock(), "started", 2)
    journal.append_pass("failed", high_water=2, reason="NaN")
    assert Journal.open(path).unfinished_pass() is None
    assert Journal.open(path).passes()[-1].reason == "NaN"


def test_unknown_kinds_are_kept_and_ignored(path: Path) -> None:
    journal = filled(path, 1)
    journal.append("mood", question="الف", answer="ب")
    journal.append("tempo", target=2, value=1)
    before = path.read_bytes()
    again = Journal.open(path)
    assert len(again.exchanges()) == 1
    assert again.warnings == []
    assert path.read_bytes() == before
    assert again.append_user("بعدی") == 5


def test_numbers_already_given_out_elsewhere_are_not_given_again(path: Path) -> None:
    assert Journal.open(path, after=40).append_user("یک") == 41
    assert Journal.open(path, after=7).append_user("دو") == 42


def test_twenty_thousand_lines_load(path: Path) -> None:
    filled(path, 0)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for seq in range(1, 20_001):
            entry: dict[str, object] = {"content": "سلام", "kind": "user", "seq": seq, "time": 1.5}
            if seq % 2 == 0:
                entry |= {"kind": "assistant", "reply_to": seq - 1}
            body = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            file.write(f'{body[:-1]},"crc":"{zlib.crc32(body.encode()):08x}"}}\n')
    journal = Journal.open(path)
    assert journal.warnings == []
    assert len(journal.exchanges()) == 10_000
    assert all(exchange.complete for exchange in journal.exchanges())
    assert journal.append_user("بعدی") == 20_001


# --- damage


def test_a_torn_end_at_every_byte(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # hundreds of files, and no power cut
    filled(path, 2)
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        journal = Journal.open(path, clock)
        kept = cut == len(whole) - 1  # only the line end is missing: the crc proves the rest
        assert path.read_bytes() == (whole if kept else whole[:start]), cut
        assert journal.exchanges()[-1].assistant == ("پاسخ 1" if kept else None)
        torn = list(path.parent.glob("journal.jsonl.torn-*"))
        assert len(journal.warnings) == len(torn) == (0 if kept or cut == start else 1)
        for file in torn:
            assert file.name == "journal.jsonl.torn-1700000000"
            assert file.read_bytes() == whole[start:cut]
            assert sys.platform == "win32" or file.stat().st_mode & 0o777 == 0o600
            assert str(file) in journal.warnings[0]
            file.unlink()
        assert journal.append_user("پس از آن") == (5 if kept else 4)
        assert Journal.open(path).warnings == []


def test_a_last_line_with_any_one_bit_wrong_is_put_aside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # hundreds of files, and no power cut
    filled(path, 1)
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for place in range(start, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        journal = Journal.open(path, clock)
        assert journal.exchanges() == [Exchange(1, clock(), "پرسش 0", None)], place
        assert path.read_bytes() == whole[:start]
        assert len(journal.warnings) == 1
    assert len(list(path.parent.glob("*.torn-*"))) == len(whole) - start


def test_zeros_at_the_end_as_a_power_cut_leaves_them(path: Path) -> None:
    filled(path, 1)
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4096))
    journal = Journal.open(path)
    assert len(journal.exchanges()) == len(journal.warnings) == 1
    assert path.read_bytes() == whole


def test_bad_lines_in_the_middle_stay_are_skipped_and_named(path: Path) -> None:
    filled(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace("پاسخ".encode(), "جعلی".encode())
    lines.insert(3, b"\xff not json\n")
    lines.insert(4, b"\n")
    lines.insert(5, lines[0])  # sound, but copied in: its number was taken
    damaged = b"".join(lines)
    path.write_bytes(damaged)
    journal = Journal.open(path)
    assert path.read_bytes() == damaged
    assert [(e.seq, e.assistant) for e in journal.exchanges()] == [(1, None), (3, "پاسخ 1"), (5, "پاسخ 2")]
    assert len(journal.warnings) == 3
    for number, warning in zip((2, 4, 6), journal.warnings, strict=True):
        assert f" {to_persian_digits(str(number))} " in warning
        assert str(path) in warning
    assert journal.append_user("بعدی") == 7


def test_a_file_saved_again_by_an_editor_is_still_sound(path: Path) -> None:
    filled(path, 2)
    entries = [json.loads(line) for line in path.read_bytes().splitlines()]
    loose = "\r\n".join(json.dumps({"crc": entry.pop("crc"), **entry}) for entry in entries)
    path.write_text(loose, newline="")
    journal = Journal.open(path)
    assert journal.warnings == []
    assert [exchange.assistant for exchange in journal.exchanges()] == ["پاسخ 0", "پاسخ 1"]
    journal.append_user("بعدی")
    assert len(Journal.open(path).exchanges()) == 3


def test_a_journal_deleted_or_put_back_while_open_is_read_again(path: Path) -> None:
    journal = filled(path, 2)
    backup = path.read_bytes()
    path.unlink()
    assert journal.append_user("پس از پاک‌شدن") == 5
    assert [exchange.seq for exchange in journal.exchanges()] == [5]
    assert len(journal.warnings) == 1
    path.write_bytes(backup)
    assert journal.append_user("پس از برگرداندن") == 6
    for each in (journal, Journal.open(path)):
        assert [exchange.seq for exchange in each.exchanges()] == [1, 3, 6]


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskError) as caught:
        Journal.open(tmp_path)
    assert caught.value.key == "disk.wrong_kind"


# --- order, threads


def test_an_entry_is_on_the_disk_before_its_number_is_given(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal.open(path)
    calls: list[tuple[str, int]] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda fd, data: calls.append(("write", fd)) or write(fd, data))
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append(("fsync", fd)) or fsync(fd))
    journal.append_user("سلام")
    fd = calls[0][1]
    assert calls == [("write", fd), ("fsync", fd)]


def test_threads_share_a_journal(path: Path) -> None:
    journal = Journal.open(path)
    given: list[int] = []

    def talk(name: int) -> None:
        for number in range(20):
            given.append(journal.append_user(f"{name}-{number}"))
            journal.exchanges()

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 121))
    again = Journal.open(path)
    assert again.warnings == journal.warnings == []
    assert {exchange.user for exchange in again.exchanges()} == {
        f"{n}-{i}" for n in range(6) for i in range(20)
    }
