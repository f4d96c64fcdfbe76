"""The journal: every exchange, fact and learning pass of a profile, in one append-only JSON Lines file.

A line holds `seq` (1, 2, 3 …), `time` (unix seconds), `kind` and the kind's own fields (journal_state.py),
with `crc` last (journal_file.py). A line is on the disk before its number is given back. Kinds this
version does not know stay in the file and are ignored. Only `redact` rewrites what was written.

Knows nothing of conversations' meaning, of models, or of what was learned from an exchange. Expects
the profile's lock to keep other processes away; threads of one process may share a Journal.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Collection
from itertools import islice
from pathlib import Path
from typing import Any

from persian_assistant import disk, journal_file
from persian_assistant.journal_file import entry_of, line_of
from persian_assistant.journal_state import PASS_OUTCOMES, Entry, PassRecord, State
from persian_assistant.records import Exchange
from persian_assistant.wording import say

__all__ = ["PASS_OUTCOMES", "Journal", "PassRecord"]

_OWN_FIELDS = ("seq", "time", "kind", "crc")


class Journal:
    """The open journal of one profile. `Journal.open` makes one; there is nothing to close."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._clock = clock
        self._lock = threading.RLock()
        self._state = State()
        self.generation = 0
        """Raised when what was read before no longer holds: the file was read again."""
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
        journal_file.remove_unfinished(path)
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
                line = line_of({**fields, "seq": seq, "time": float(self._clock()), "kind": kind})
                # Read back what was written, so that memory holds exactly what a restart would find.
                entry = entry_of(line)
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
        self,
        reply_to: int,
        content: str,
        *,
        interrupted: bool = False,
        version: int | None = None,
        own: bool = False,
    ) -> int:
        """Write an answer to the user's entry `reply_to`; a later one replaces it. Raises DiskError.

        `version` is the adapter version that answered, None for the base model; `own`: no model did, the
        program itself.
        """
        fields = {"interrupted": interrupted, "version": version} | ({"own": True} if own else {})
        return self.append("assistant", reply_to=reply_to, content=content, **fields)

    def append_fact(self, **fields: object) -> int:
        """Write one fact as `journal_state` describes it; `facts.store` is what does. Raises DiskError."""
        return self.append("fact", **fields)

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

    def redact(
        self, forget: int, sources: Collection[int], facts: Collection[str], kept: Collection[str]
    ) -> None:
        """Take the words of the "forget" entry numbered `forget` out of the file itself.

        Emptied and marked `redacted` are the entries numbered in `sources`, whatever answers, corrects or
        was read from them, and the facts in `facts`; of the facts in `kept` only the sentence goes. Numbers
        and times stay. Killed at any point the file is the old or the new one, whole. Side files of torn
        ends are not touched, `warnings` says so. Raises DiskError, and then the file is as it was.
        """
        places, gone, left = frozenset(sources), frozenset(facts), frozenset(kept)

        def change(entry: Entry) -> Entry | None:
            if entry["seq"] == forget:
                return entry | {"redacted": True}
            return journal_file.without_words(entry, places, gone, left)

        with self._lock:
            damaged = journal_file.rewrite(self.path, change)
            self._read_again()
            if damaged:
                self.warnings.append(say("disk.damaged_not_redacted", path=self.path))
            if torn := journal_file.torn_files(self.path):
                self.warnings.append(say("disk.torn_not_redacted", torn="، ".join(map(str, torn))))

    # --- reading

    def exchanges(self, after: int = 0) -> list[Exchange]:
        """The exchanges whose user entry comes after seq `after`, oldest first.

        Without undone and forgotten ones. What each question here costs depends on what it gives back.
        """
        with self._lock:
            return self._state.exchanges(after)

    def exchange(self, seq: int) -> Exchange | None:
        """The exchange whose user entry is numbered `seq`, if it is (still) there."""
        with self._lock:
            return self._state.exchange(seq)

    def last_exchanges(self, n: int, before: int | None = None) -> list[Exchange]:
        """The last `n` exchanges (before seq `before`), oldest first."""
        with self._lock:
            end = self._state.last_seq + 1 if before is None else before
            return list(islice(self._state.backwards(end), max(0, n)))[::-1]

    def count(self) -> int:
        """How many exchanges there are."""
        return self._state.count()

    def notes(self, after: int = 0) -> list[Entry]:
        """The entries about facts (`journal_state.NOTES`) numbered past `after`, oldest first."""
        with self._lock:
            return self._state.notes(after)

    def unredacted(self) -> list[int]:
        """Numbers of "forget" entries whose words still stand in the file: the process ended in between."""
        return list(self._state.unredacted)

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
        """Append `data` whole and fsync it, or leave the file at its former length. Raises DiskError."""
        with disk.disk_errors(self.path):
            journal_file.append_line(fd, data, self._size)
        self._size += len(data)

    def _read_again(self) -> None:
        """Take everything from the file as it is now; numbers given out stay given out."""
        given = self._state.last_seq
        fd = self._open_file()
        try:
            self._load(fd)
        finally:
            os.close(fd)
        self._state.last_seq = max(self._state.last_seq, given)

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
        self._state = State()
        self.generation += 1
        with disk.disk_errors(self.path):
            status = os.fstat(fd)
            if sys.platform != "win32" and status.st_mode & 0o077:
                os.fchmod(fd, disk.PRIVATE_FILE)
            self._inode = status.st_ino
            os.lseek(fd, 0, os.SEEK_SET)
            with os.fdopen(fd, "rb", closefd=False) as file:
                self._size, rest, bad = journal_file.read_lines(file, self._took)
        for number in bad:
            self.warnings.append(say("disk.bad_line", line=number, path=self.path))
        if not rest:
            return
        entry = None if rest.endswith(b"\n") else entry_of(rest)
        if entry is not None and entry["seq"] > self._state.last_seq:
            # Whole but for its line end, as some editors leave a file: nothing is missing from it.
            self._size += len(rest)
            self._write(fd, b"\n")
            self._state.take(entry)
        else:
            self._put_aside(fd, rest)

    def _took(self, entry: Entry) -> bool:
        """Follow an entry that was read, unless its number was taken before."""
        if entry["seq"] <= self._state.last_seq:
            return False
        self._state.take(entry)
        return True

    def _put_aside(self, fd: int, rest: bytes) -> None:
        """Move a torn end into a file of its own, first written there, then cut here."""
        torn = journal_file.put_aside(self.path, rest, self._clock())
        with disk.disk_errors(self.path):
            os.ftruncate(fd, self._size)
            disk.fsync_fd(fd)
        self.warnings.append(say("disk.torn", torn=torn))
