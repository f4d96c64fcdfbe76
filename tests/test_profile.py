"""A profile is made once, opened by one process, for one base model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from persian_assistant.errors import DiskError, LockedError, UsageError
from persian_assistant.profile import Profile, list_profiles

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes of Unix")

MINI: dict[str, Any] = {
    "base_model": "mini",
    "revision": "1",
    "fingerprint": "0123456789abcdef",
    "quantization": "nf4",
    "persona": "عمومی",
    "template": "chatml",
}

HOLD = """
import sys, time
from pathlib import Path
from persian_assistant.profile import Profile
with Profile.open(Path(sys.argv[1]), sys.argv[2]).lock():
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""


def holder(root: Path, name: str) -> subprocess.Popen[str]:
    """Another process that holds the profile until its stdin ends."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", HOLD, str(root), name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@posix
def test_a_profile_is_made_once_and_read_again(tmp_path: Path) -> None:
    root = tmp_path / "home"
    made = Profile.open(root, "علی-1", create=MINI)
    assert made.path == root / "profiles" / "علی-1"
    assert made.journal_path == made.path / "journal.jsonl"
    assert made.created > 0
    assert {name: getattr(made, name) for name in MINI} == MINI
    assert Profile.open(root, "علی-1") == made
    assert Profile.open(root, "علی-1", create={**MINI, "persona": "دیگر"}) == made
    record = made.path / "profile.json"
    assert json.loads(record.read_text(encoding="utf-8"))["persona"] == "عمومی"
    for path in root.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_profile_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    assert list_profiles(tmp_path) == []
    with pytest.raises(UsageError) as caught:
        Profile.open(tmp_path, "کار")
    assert "کار" in str(caught.value)
    Profile.open(tmp_path, "خانه", create=MINI)
    Profile.open(tmp_path, "b", create=MINI)
    (tmp_path / "profiles" / "half-made").mkdir()
    assert list_profiles(tmp_path) == ["b", "خانه"]
    with pytest.raises(UsageError) as caught:
        Profile.open(tmp_path, "کار")
    assert "b، خانه" in str(caught.value)
    assert not (tmp_path / "profiles" / "کار").exists()


@pytest.mark.parametrize(
    "name", ["a", "Default", "پیش‌فرض".replace("\u200c", ""), "۱۲", "a.b_c-d", "é", "x" * 64]
)
def test_names_that_do(tmp_path: Path, name: str) -> None:
    assert Profile.open(tmp_path, name, create=MINI).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "end.",
        "a b",
        "a\nb",
        "a\0b",
        "c:",
        "NUL",
        "com1.x",
        "x" * 65,
        "a\u200cb",
        "a\u202eb",
        "سلام؟",
    ],
)
def test_names_that_do_not(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Profile.open(tmp_path / "home", name, create=MINI)
    assert caught.value.key == "disk.bad_profile_name"
    assert not (tmp_path / "home").exists()


def test_two_spellings_of_one_name_are_one_profile(tmp_path: Path) -> None:
    made = Profile.open(tmp_path, "caf\u00e9", create=MINI)
    assert Profile.open(tmp_path, "cafe\u0301") == made


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"fingerprint": "fedcba9876543210"}, ("mini (0123456789ab)", "mini (fedcba987654)")),
        ({"base_model": "gpt2-fa", "fingerprint": "fedcba9876543210"}, ("mini", "gpt2-fa")),
        ({"base_model": "gpt2-fa", "fingerprint": None}, ("mini", "gpt2-fa")),
    ],
)
def test_another_base_model_is_refused_by_both_names(
    tmp_path: Path, changes: dict[str, Any], names: tuple[str, str]
) -> None:
    made = Profile.open(tmp_path, "p", create=MINI)
    with pytest.raises(UsageError) as caught:
        Profile.open(tmp_path, "p", create={**MINI, **changes})
    assert all(name in str(caught.value) for name in names)
    assert "--profile" in str(caught.value)
    assert Profile.open(tmp_path, "p") == made


def test_the_same_weights_under_another_name_are_the_same_model(tmp_path: Path) -> None:
    made = Profile.open(tmp_path, "p", create=MINI)
    assert Profile.open(tmp_path, "p", create={**MINI, "base_model": "/moved/mini"}) == made


def test_what_was_not_known_at_first_is_recorded_once(tmp_path: Path) -> None:
    made = Profile.open(tmp_path, "p", create={"base_model": "gpt2-fa"})
    assert made.record(fingerprint=None) is made
    known = made.record(fingerprint="aa", revision="r1")
    assert (known.fingerprint, known.revision, known.created) == ("aa", "r1", made.created)
    assert known.record(revision="r2", persona="x").revision == "r1"
    again = Profile.open(tmp_path, "p")
    assert (again.fingerprint, again.revision, again.persona) == ("aa", "r1", "x")
    with pytest.raises(UsageError):
        again.record(fingerprint="bb")


def test_fields_that_are_no_profiles_are_a_mistake(tmp_path: Path) -> None:
    for create in ({}, {"base_model": ""}, {**MINI, "name": "x"}, {**MINI, "temperature": 1}):
        with pytest.raises(ValueError):
            Profile.open(tmp_path, "p", create=create)
    assert list_profiles(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"name": "p"}', b'{"base_model": 5}'])
def test_a_damaged_record_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    record = Profile.open(tmp_path, "p", create=MINI).path / "profile.json"
    record.write_bytes(content)
    for create in (None, MINI):
        with pytest.raises(DiskError) as caught:
            Profile.open(tmp_path, "p", create=create)
        assert str(record) in str(caught.value)
    assert record.read_bytes() == content


def test_a_second_process_is_refused_at_once_and_told_what_to_do(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, "خانه", create=MINI)
    process = holder(tmp_path, "خانه")
    with pytest.raises(LockedError) as caught:
        profile.lock()
    assert "«خانه»" in str(caught.value)
    assert "--profile OTHER" in str(caught.value)
    Profile.open(tmp_path, "other", create=MINI).lock().release()
    out, _ = process.communicate()
    assert (out, process.returncode) == ("released\n", 0)
    profile.lock().release()


@posix
def test_kill_9_lets_go_of_the_profile(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, "p", create=MINI)
    process = holder(tmp_path, "p")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    with profile.lock():
        pass


def test_a_lock_is_held_once_and_let_go_by_any_thread(tmp_path: Path) -> None:
    import threading

    profile = Profile.open(tmp_path, "p", create=MINI)
    with profile.lock() as lock:
        with pytest.raises(LockedError):
            profile.lock()
        thread = threading.Thread(target=lock.release)
        thread.start()
        thread.join()
        profile.lock().release()


def test_a_profile_being_made_by_another_program_is_not_made_twice(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, "p", create=MINI)
    record = profile.path / "profile.json"
    with profile.lock():
        record.unlink()
        with pytest.raises(LockedError):
            Profile.open(tmp_path, "p", create={"base_model": "gpt2-fa"})
        assert not record.exists()
