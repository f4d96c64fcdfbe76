"""The journal's lines: how an entry is written and read again, and how words are taken out of a file.

A line is canonical JSON (`disk.to_json`) with `crc` (CRC-32 of the rest, eight hex digits) last. Knows
nothing of what entries amount to.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from persian_assistant import disk
from persian_assistant.journal_state import Entry, well_formed

_CRC_LENGTH = len(b',"crc":"00000000"}')
_WORDS = {
    "user": ("content",),
    "assistant": ("content",),
    "teach": ("question", "answer"),
    "fix": ("reply", "rejected"),
    "fact": ("subject", "attribute", "value", "sentence", "key"),
}
"""Where an entry of each kind holds what people or models said."""


def line_of(entry: Entry) -> bytes:
    """The line of an entry, its end included."""
    text = disk.to_json(entry).encode("utf-8")
    return b'%s,"crc":"%08x"}\n' % (text[:-1], zlib.crc32(text))


def entry_of(line: bytes) -> Entry | None:
    """The entry a line holds, without its crc, or None if the line is not one."""
    try:
        entry = json.loads(line.decode("utf-8"))
        crc = entry.pop("crc")
        body = line.rstrip()
        sound = crc == f"{zlib.crc32(body[:-_CRC_LENGTH] + b'}'):08x}"
        # A line that other software wrote with other spacing is still the same entry.
        sound = sound or crc == f"{zlib.crc32(disk.to_json(entry).encode('utf-8')):08x}"
        return entry if sound and well_formed(entry) else None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def append_line(fd: int, data: bytes, size: int) -> None:
    """Append `data` whole and fsync it, or cut the file back to `size` bytes. Raises OSError."""
    try:
        written = os.write(fd, data)
        if written != len(data):
            # The system says why it stopped only when asked for the rest.
            written += os.write(fd, data[written:])
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        disk.fsync_fd(fd)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(fd, size)
            disk.fsync_fd(fd)
        raise


def read_lines(file: BinaryIO, take: Callable[[Entry], bool]) -> tuple[int, bytes, list[int]]:
    """Hand every sound entry to `take`, which says whether its number fits.

    Returns the bytes before a bad last line (else all), that line, and the numbers of the other bad lines.
    """
    size = 0
    rest = b""
    bad: list[int] = []
    for number, line in enumerate(file, start=1):
        if rest:  # it was bad and is not the last: it stays where it is
            bad.append(number - 1)
            size += len(rest)
            rest = b""
        entry = entry_of(line) if line.endswith(b"\n") else None
        if entry is not None:
            if not take(entry):  # written whole, yet out of order: copied in from elsewhere
                bad.append(number)
        elif line.strip() or not line.endswith(b"\n"):
            rest = line
            continue
        size += len(line)
    return size, rest, bad


def put_aside(path: Path, rest: bytes, moment: float) -> Path:
    """Write a torn end of `path` to `<name>.torn-<moment>`; returns that path. Raises DiskError."""
    stem = f"{path.name}.torn-{int(moment)}"
    torn, count = path.with_name(stem), 1
    while torn.exists():
        count += 1
        torn = path.with_name(f"{stem}-{count}")
    disk.write_private(torn, rest)
    return torn


def torn_files(path: Path) -> list[Path]:
    """The side files that torn ends of `path` were moved to."""
    return sorted(path.parent.glob(f"{path.name}.torn-*"))


# --- taking words out -------------------------------------------------------------------------------


def rewrite(path: Path, change: Callable[[Entry], Entry | None]) -> int:
    """Replace the file by one with every sound entry as `change` returns it (None: as it is).

    At any moment the file is the old one or the new one, whole and on the disk; 0600. Lines that are no
    sound entries stay; returns how many. Raises DiskError, and then the file is as it was.
    """
    damaged = 0
    with disk.disk_errors(path):
        fd, name = tempfile.mkstemp(prefix=_temporary(path), dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(fd, "wb") as new, path.open("rb") as old:
                for line in old:
                    entry = entry_of(line)
                    damaged += entry is None and bool(line.strip())
                    changed = change(entry) if entry is not None else None
                    new.write(line if changed is None else line_of(changed))
                new.flush()
                disk.fsync_fd(new.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    disk.fsync_dir(path.parent)
    return damaged


def remove_unfinished(path: Path) -> None:
    """Remove what a process left that was killed while it rewrote `path`. Raises DiskError."""
    with disk.disk_errors(path):
        for left in path.parent.glob(f"{_temporary(path)}*"):
            left.unlink()


def _temporary(path: Path) -> str:
    return f"{disk.TEMPORARY}{path.name}-"


def without_words(
    entry: Entry, sources: frozenset[int], facts: frozenset[str], kept: frozenset[str] = frozenset()
) -> Entry | None:
    """`entry` with nothing left of what was said, or None where it is not concerned.

    Concerned are the entries numbered in `sources`, what answers, corrects or was read from them, and the
    facts in `facts`. Of a fact in `kept` that was read from such an entry only the sentence goes.
    """
    kind = entry["kind"]
    if kind not in _WORDS or entry.get("redacted"):
        return None
    places = {entry["seq"], entry.get("reply_to"), entry.get("target"), entry.get("source")}
    if not (places & sources or entry.get("fact_id") in facts):
        return None
    if kind == "fact" and entry["fact_id"] in kept:
        return entry | {"sentence": ""}
    changed = entry | dict.fromkeys(_WORDS[kind], "") | {"redacted": True}
    return changed | {"details": {}} if kind == "fact" else changed
