"""Whole, private, durable files, and what is said when the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest

from persian_assistant import disk
from persian_assistant.errors import DiskError
from persian_assistant.wording import LANGUAGES, set_language
from persian_assistant.wording.disk import CATALOGUE

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and limits of Unix")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_write_private_replaces_a_file_and_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("پیشین")
    path.chmod(0o644)
    disk.write_private(path, "تازه\r\n")
    assert path.read_bytes() == "تازه\r\n".encode()
    assert mode(path) == 0o600
    assert [child.name for child in tmp_path.iterdir()] == ["state.json"]


@posix
def test_a_write_that_does_not_fit_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "state.json"
    path.write_text("پیشین")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DiskError) as caught:
            disk.write_private(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.key == "disk.too_big"
    assert str(path) in str(caught.value)
    assert path.read_text() == "پیشین"
    assert [child.name for child in tmp_path.iterdir()] == ["state.json"]


@posix
def test_private_folders_are_made_private_and_the_users_own_stay(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o755)
    made = disk.make_private_dir(own / "a" / "b")
    assert (mode(own), mode(made.parent), mode(made)) == (0o755, 0o700, 0o700)
    assert disk.make_private_dir(made) == made


def test_a_file_where_a_folder_belongs_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path in (file, file / "below"):
        with pytest.raises(DiskError) as caught:
            disk.make_private_dir(path)
        assert caught.value.key == "disk.wrong_kind"
    with pytest.raises(DiskError) as caught:
        disk.write_private(tmp_path / "absent" / "file", "")
    assert caught.value.key == "disk.missing"


def test_sha256_and_fsync_of_real_files(tmp_path: Path) -> None:
    path = tmp_path / "big"
    data = os.urandom(3 << 20)
    path.write_bytes(data)
    disk.fsync_file(path)
    disk.fsync_dir(tmp_path)
    assert disk.sha256_file(path) == hashlib.sha256(data).hexdigest()
    for call in (disk.sha256_file, disk.fsync_file):
        with pytest.raises(DiskError) as caught:
            call(tmp_path / "absent")
        assert caught.value.key == "disk.missing"


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "denied"),
        (errno.EROFS, "read_only"),
        (errno.EIO, "io"),
        (errno.EMFILE, "too_many_open"),
        (errno.ELOOP, "failed"),
    ],
)
def test_each_answer_of_the_system_has_its_sentence(number: int, key: str) -> None:
    with pytest.raises(DiskError) as caught, disk.disk_errors("/some/where"):
        raise OSError(number, os.strerror(number))
    assert caught.value.key == f"disk.{key}"
    assert "/some/where" in str(caught.value)


@posix
def test_safetensors_own_error_is_understood(tmp_path: Path) -> None:
    code = """
import resource, sys
import numpy
from safetensors.numpy import save_file
from persian_assistant.disk import system_error
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    save_file({"a": numpy.zeros(9000)}, sys.argv[1])
except Exception as error:
    print(type(error).__name__, system_error(error).errno)
"""
    done = run(code, tmp_path / "a.safetensors")
    assert done.stdout.split() == ["SafetensorError", str(errno.EFBIG)], done.stderr
    assert disk.system_error(ValueError("os error")) is None


def test_strict_json_for_any_value() -> None:
    value = {"b": [float("nan"), (float("inf"), 1.5)], "a": "نیم \ud83d جفت \ud83d\ude00 \u2028", "c": None}
    text = disk.to_json(value)
    assert text == '{"a":"نیم \ufffd جفت 😀 \u2028","b":[null,[null,1.5]],"c":null}'
    assert json.loads(disk.to_json(value, indent=1)) == json.loads(text)
    with pytest.raises(TypeError):
        disk.to_json({"a": object()})


def test_nothing_of_unix_is_imported_at_the_top() -> None:
    code = """
import sys
sys.modules["fcntl"] = sys.modules["resource"] = None
from persian_assistant import disk, journal, versions
print("fine", "torch" in sys.modules)
"""
    assert run(code).stdout.split() == ["fine", "False"]


def test_every_sentence_is_whole_in_both_languages() -> None:
    for name, sentences in CATALOGUE.items():
        assert set(sentences) == set(LANGUAGES), name
        fields = [
            {field for _, field, _, _ in string.Formatter().parse(sentences[lang]) if field}
            for lang in LANGUAGES
        ]
        assert fields[0] == fields[1], name
        assert not set("يكةىٴ\u200e\u200f?,;") & set(sentences["fa"].replace("ulimit -f", "")), name
    try:
        set_language("en")
        assert str(DiskError("disk.full", path="/p")).startswith("The disk is full: /p")
    finally:
        set_language("fa")


def run(code: str, *argv: object) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[1]
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code, *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)
