"""Writing what a run leaves behind: whole or not at all, and readable by everyone, since it is made to ship.

Knows nothing of what the files hold.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

from persian_assistant.disk import disk_errors, fsync_dir, fsync_fd, fsync_file

Result = TypeVar("Result")
PARTIAL = ".partial"
"""How the name of everything unfinished ends; what a killed run left is written over."""


def write_whole(path: Path, write: Callable[[IO[bytes]], Result]) -> Result:
    """Replace `path` by what `write` puts into the file it is given; returns what `write` returns.

    Raises DiskError; `path` is then as it was.
    """
    partial = path.with_name(path.name + PARTIAL)
    with disk_errors(path):
        try:
            with partial.open("wb") as file:
                result = write(file)
                file.flush()
                fsync_fd(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    fsync_dir(path.parent)
    return result


def write_json(path: Path, value: Any) -> None:
    """`value` as JSON in `path`. Raises DiskError."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    write_whole(path, lambda file: file.write(text.encode("utf-8")))


def replace_folder(path: Path, fill: Callable[[Path], object]) -> Path:
    """Replace folder `path` by one that `fill` has filled; its files are 0644. Raises DiskError."""
    partial, old = path.with_name(path.name + PARTIAL), path.with_name(path.name + ".old")
    with disk_errors(path):
        for leftover in (partial, old):
            shutil.rmtree(leftover, ignore_errors=True)
        partial.mkdir(parents=True)
        fill(partial)
        for file in partial.rglob("*"):
            if file.is_file():
                file.chmod(0o644)  # safetensors writes 0600
                fsync_file(file)
        fsync_dir(partial)
        if path.exists():
            path.replace(old)
        partial.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    fsync_dir(path.parent)
    return path
