"""The journal: every exchange and every learning pass of a profile, in one append-only JSON Lines file.

A line is canonical JSON (`disk.to_json`) of `seq` (1, 2, 3 …), `time` (unix seconds), `kind` and the
kind's own fields, with `crc` (CRC-32 of the rest, eight hex digits) last. A line is on the disk
before its number is given back. Kinds this module does not know stay in the file and are ignored.

Knows nothing of conversations' meaning, of models, or of what was learned from an exchange. Expects
the profile's lock to keep other processes away; threads of one process may share a Journal.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from persian_assistant import disk
from persian_assistant.records import Exchange
from persian_assistant.wording import say

PASS_OUTCOMES = ("started", "published", "rejected", "failed", "cancelled")

_OWN_FIELDS = ("seq", "time", "kind", "crc")
_CRC_LENGTH = len(b',"crc":"00000000"}')


@dataclass(frozen=True)
class PassRecord:
    """One entry about a learning pass.

    `high_water` is the seq of the last exchange the pass looked at. `version` is set when one was
    published, `reason` when none was.
    """

    seq: int
    time: float
    outcome: str
    high_water: int
    version: int | None = None
    reason: str | None = None
    scores: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass
class _Turn:
    time: float
    user: str
    assistant: str | None = None
    interrupted: bool = False


@dataclass
class _State:
    """What the entries read so far amount to."""

    last_seq: int = 0
    last_clear: int = 0
    turns: dict[int, _Turn] = field(default_factory=dict)
    passes: list[PassRecord] = field(default_factory=list)

    def take(self, entry: dict[str, Any]) -> None:
        """Follow one sound entry. Kinds not named here change nothing but the number."""
        seq, kind = entry["seq"], entry["kind"]
        self.last_seq = seq
        if kind == "user":
            self.turns[seq] = _Turn(entry["time"], entry["content"])
        elif kind == "assistant":
            turn = self.turns.get(entry["reply_to"])
            if turn is not None:
                turn.assistant, turn.interrupted = entry["content"], entry.get("interrupted", False)
        elif kind == "undo":
            self.turns.pop(entry["target"], None)
        elif kind == "clear":
            self.last_clear = seq
        elif kind == "pass":
            self.passes.append(
                PassRecord(
                    seq,
                    entry["time"],
                    entry["outcome"],
                    entry["high_water"],
                    entry.get("version"),
                    entry.get("reason"),
                    entry.get("scores") or {},
                )
            )


class Journal:
    """The open journal of one profile. `Journal.open` makes one; there is nothing to close."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._clock = clock
        self._lock = threading.RLock()
        self._state = _State()
        self._size = 0
        self._inode = 0

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time, *, after: int = 0) -> Journal:
        """Read the journal at `path`, or begin one (0600, its folder 0700).

        New entries are numbered past `after` as well as past the entries read: hand in the newest
        version's high-water mark, so that a journal that was lost does not hide new exchanges behind
        it. A torn last line is moved to `<name>.torn-<time>`; a bad line elsewhere stays and is
        skipped; both say so in `warnings`. Raises DiskError.
        """
        disk.make_private_dir(path.parent)
        journal = cls(path, clock)
        fd = journal._open_file()
        try:
            journal._load(fd)
        finally:
            os.close(fd)
        disk.fsync_dir(path.parent)
        journal._state.last_seq = max(journal._state.last_seq, after)
        return journal

    # --- writing

    def append(self, kind: str, **fields: object) -> int:
        """Write one entry and return its seq, once it is on the disk.

        Raises DiskError when it cannot be written, and then the file is as it was before; ValueError
        for fields that do not belong to the kind.
        """
        if taken := [name for name in fields if name in _OWN_FIELDS]:
            raise ValueError(f"these fields are the journal's own: {taken}")
        with self._lock:
            fd = self._open_file()
            try:
                self._reload_if_changed(fd)
                seq = self._state.last_seq + 1
                line = _line({**fields, "seq": seq, "time": float(self._clock()), "kind": kind})
                # Read back what was written, so that memory holds exactly what a restart would find.
                entry = _entry(line)
                if entry is None:
                    raise ValueError(f"not a sound {kind!r} entry: {sorted(fields)}")
                self._write(fd, line)
            finally:
                os.close(fd)
            self._state.take(entry)
            return seq

    def append_user(self, content: str) -> int:
        """Write what the user said; the number is the exchange's. Raises DiskError."""
        return self.append("user", content=content)

    def append_assistant(
        self, reply_to: int, content: str, *, interrupted: bool = False, version: int | None = None
    ) -> int:
        """Write an answer to the user's entry `reply_to`; a later one replaces it. Raises DiskError.

        `version` is the adapter version that answered, None for the base model.
        """
        return self.append(
            "assistant", reply_to=reply_to, content=content, interrupted=interrupted, version=version
        )

    def append_pass(
        self,
        outcome: str,
        *,
        high_water: int,
        version: int | None = None,
        reason: str | None = None,
        scores: dict[str, Any] | None = None,
    ) -> int:
        """Write that a learning pass began or how it ended. Raises DiskError; ValueError for `outcome`."""
        extra = {"version": version, "reason": reason, "scores": scores}
        known = {name: value for name, value in extra.items() if value is not None}
        return self.append("pass", outcome=outcome, high_water=high_water, **known)

    # --- reading

    def exchanges(self, after: int = 0) -> list[Exchange]:
        """The exchanges whose user entry comes after seq `after`, oldest first, without undone ones."""
        with self._lock:
            return [
                Exchange(seq, turn.time, turn.user, turn.assistant, turn.interrupted)
                for seq, turn in self._state.turns.items()
                if seq > after
            ]

    def last_clear(self) -> int:
        """The seq of the last "clear", 0 if there is none: `exchanges(last_clear())` is on the screen."""
        return self._state.last_clear

    def last_seq(self) -> int:
        """The highest number given out so far, 0 in an empty journal."""
        return self._state.last_seq

    def passes(self) -> list[PassRecord]:
        """Every entry about a learning pass, oldest first."""
        with self._lock:
            return list(self._state.passes)

    def unfinished_pass(self) -> PassRecord | None:
        """The pass that began and never ended, if the last entry about passes is a beginning."""
        with self._lock:
            last = self._state.passes[-1] if self._state.passes else None
        return last if last is not None and last.outcome == "started" else None

    # --- the file

    def _open_file(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with disk.disk_errors(self.path):
            return os.open(self.path, flags, disk.PRIVATE_FILE)

    def _write(self, fd: int, data: bytes) -> None:
        """Append `data` whole and fsync it, or leave the file at its former length."""
        try:
            written = os.write(fd, data)
            if written != len(data):
                # The system says why it stopped only when asked for the rest.
                written += os.write(fd, data[written:])
            if written != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            disk.fsync_fd(fd)
        except BaseException as error:
            with suppress(OSError):
                os.ftruncate(fd, self._size)
                disk.fsync_fd(fd)
            if isinstance(error, OSError):
                raise disk.disk_error(error, self.path) from error
            raise
        self._size += len(data)

    def _reload_if_changed(self, fd: int) -> None:
        """Read the file again when it is not the one this object left: deleted, restored, edited."""
        now = os.fstat(fd)
        if now.st_size == self._size and now.st_ino == self._inode:
            return
        given = self._state.last_seq
        self._load(fd)
        self._state.last_seq = max(self._state.last_seq, given)
        self.warnings.append(say("disk.changed_outside", path=self.path))
        disk.fsync_dir(self.path.parent)

    def _load(self, fd: int) -> None:
        """Read every line of the open file; put a torn last line aside."""
        self._state = _State()
        with disk.disk_errors(self.path):
            status = os.fstat(fd)
            if sys.platform != "win32" and status.st_mode & 0o077:
                os.fchmod(fd, disk.PRIVATE_FILE)
            self._inode = status.st_ino
            os.lseek(fd, 0, os.SEEK_SET)
            with os.fdopen(fd, "rb", closefd=False) as file:
                self._size, rest, bad = self._read(file)
        for number in bad:
            self.warnings.append(say("disk.bad_line", line=number, path=self.path))
        if not rest:
            return
        entry = None if rest.endswith(b"\n") else _entry(rest)
        if entry is not None and entry["seq"] > self._state.last_seq:
            # Whole but for its line end, as some editors leave a file: nothing is missing from it.
            self._size += len(rest)
            self._write(fd, b"\n")
            self._state.take(entry)
        else:
            self._put_aside(fd, rest)

    def _read(self, file: BinaryIO) -> tuple[int, bytes, list[int]]:
        """Bytes before a bad last line (else all), that line, and the numbers of the other bad lines."""
        size = 0
        rest = b""
        bad: list[int] = []
        for number, line in enumerate(file, start=1):
            if rest:  # it was bad and is not the last: it stays where it is
                bad.append(number - 1)
                size += len(rest)
                rest = b""
            entry = _entry(line) if line.endswith(b"\n") else None
            if entry is not None and entry["seq"] > self._state.last_seq:
                self._state.take(entry)
            elif entry is not None:  # written whole, yet out of order: copied in from elsewhere
                bad.append(number)
            elif line.strip() or not line.endswith(b"\n"):
                rest = line
                continue
            size += len(line)
        return size, rest, bad

    def _put_aside(self, fd: int, rest: bytes) -> None:
        """Move a torn end into a file of its own, first written there, then cut here."""
        stem = f"{self.path.name}.torn-{int(self._clock())}"
        torn, count = self.path.with_name(stem), 1
        while torn.exists():
            count += 1
            torn = self.path.with_name(f"{stem}-{count}")
        disk.write_private(torn, rest)
        with disk.disk_errors(self.path):
            os.ftruncate(fd, self._size)
            disk.fsync_fd(fd)
        self.warnings.append(say("disk.torn", torn=torn))


def _line(entry: dict[str, Any]) -> bytes:
    text = disk.to_json(entry).encode("utf-8")
    return b'%s,"crc":"%08x"}\n' % (text[:-1], zlib.crc32(text))


def _entry(line: bytes) -> dict[str, Any] | None:
    """The entry a line holds, without its crc, or None if the line is not one."""
    try:
        entry = json.loads(line.decode("utf-8"))
        crc = entry.pop("crc")
        body = line.rstrip()
        sound = crc == f"{zlib.crc32(body[:-_CRC_LENGTH] + b'}'):08x}"
        # A line that other software wrote with other spacing is still the same entry.
        sound = sound or crc == f"{zlib.crc32(disk.to_json(entry).encode('utf-8')):08x}"
        return entry if sound and _well_formed(entry) else None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _well_formed(entry: dict[str, Any]) -> bool:
    kind = entry["kind"]
    if not (isinstance(kind, str) and _is_int(entry["seq"]) and entry["seq"] >= 1):
        return False
    if not isinstance(entry["time"], (int, float)):
        return False
    if kind == "user":
        return isinstance(entry["content"], str)
    if kind == "assistant":
        return (
            isinstance(entry["content"], str)
            and _is_int(entry["reply_to"])
            and isinstance(entry.get("interrupted", False), bool)
        )
    if kind == "undo":
        return _is_int(entry["target"])
    if kind == "pass":
        return (
            entry["outcome"] in PASS_OUTCOMES
            and _is_int(entry["high_water"])
            and (entry.get("version") is None or _is_int(entry["version"]))
            and isinstance(entry.get("scores") or {}, dict)
        )
    return True
