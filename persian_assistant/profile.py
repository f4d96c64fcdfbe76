"""A profile: one persona, one base model, one history, in one folder that one process works in.

`<home>/profiles/<name>/profile.json` says what the profile was made for. Nothing here deletes what
the user has. Knows nothing of the journal's or the versions' contents, nor how a model is found.
"""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import filelock

from persian_assistant import disk
from persian_assistant.errors import DiskError, LockedError, UsageError
from persian_assistant.wording import say

RECORD = "profile.json"
LOCK = "lock"

_NAME_LENGTH = 64
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
)


class ProfileLock:
    """The hold on a profile; a context manager. The system lets go of it when the process dies."""

    def __init__(self, lock: filelock.BaseFileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let other processes in. Doing it twice does no harm."""
        self._lock.release(force=True)

    def __enter__(self) -> ProfileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@dataclass(frozen=True)
class Profile:
    """What a profile was made for. `created` is in unix seconds; None means not known yet.

    `base_model` is the name the user gave, `repo_id`, `revision` and `fingerprint` tell which weights
    it meant, `quantization` how they were loaded ("nf4" or "none"), `persona` the persona's name or
    path, `template` the chat template's name.
    """

    name: str
    path: Path
    base_model: str
    repo_id: str | None = None
    revision: str | None = None
    fingerprint: str | None = None
    quantization: str | None = None
    persona: str | None = None
    template: str | None = None
    created: float = 0.0

    @classmethod
    def open(cls, root: Path, name: str, *, create: dict[str, Any] | None = None) -> Profile:
        """Read the profile `name` under the state root, or make it from the fields in `create`.

        `create` must give `base_model`; for a profile that is there already, `base_model` and
        `fingerprint` are compared with what is recorded. Raises UsageError for a bad name, another
        base model, or a profile that is not there while `create` is None; DiskError for a damaged one;
        ValueError for fields that are not a profile's.
        """
        name = check_name(name)
        path = root / "profiles" / name
        if create is not None:
            _check_fields(create)
        if not (path / RECORD).exists():
            if create is None:
                known = "، ".join(list_profiles(root)) or say("disk.no_profiles")
                raise UsageError("disk.no_such_profile", name=name, known=known)
            disk.make_private_dir(path)
            # Two programs may be making it at this moment: the second one must find the first one's.
            with _locked(path, name):
                if not (path / RECORD).exists():
                    profile = cls(name=name, path=path, **{"created": time.time(), **create})
                    profile._write()
        profile = _read(name, path)
        if create is not None:
            profile.check_base(create["base_model"], create.get("fingerprint"))
        return profile

    @property
    def journal_path(self) -> Path:
        """Where the profile's journal is."""
        return self.path / "journal.jsonl"

    def lock(self) -> ProfileLock:
        """Keep every other process out, until the lock is released or this process ends.

        Raises LockedError at once when another one is in; DiskError when the folder cannot be written.
        """
        return ProfileLock(_acquire(self.path, self.name))

    def check_base(self, base_model: str, fingerprint: str | None = None) -> None:
        """Raise UsageError, naming both, unless the profile was made for this base model.

        Fingerprints decide where both are known: a model that moved to another path is the same one.
        """
        if fingerprint and self.fingerprint:
            same = fingerprint == self.fingerprint
        else:
            same = base_model == self.base_model
        if not same:
            recorded = _model_name(self.base_model, self.fingerprint)
            given = _model_name(base_model, fingerprint)
            raise UsageError("disk.other_base", name=self.name, recorded=recorded, given=given)

    def record(self, **known: str | None) -> Profile:
        """Write fields that were not known yet, and return the profile with them.

        What is recorded stays as it is. Raises UsageError for another fingerprint, DiskError,
        ValueError for fields that are not a profile's.
        """
        _check_fields({"base_model": self.base_model, **known})
        self.check_base(self.base_model, known.get("fingerprint"))
        new: dict[str, Any] = {name: value for name, value in known.items() if getattr(self, name) is None}
        if not any(new.values()):
            return self
        profile = replace(self, **new)
        profile._write()
        return profile

    def _write(self) -> None:
        values = {name: value for name, value in asdict(self).items() if name != "path"}
        disk.write_private(self.path / RECORD, disk.to_json(values, indent=1) + "\n")


def check_name(name: str) -> str:
    """The name in its composed Unicode form. Raises UsageError if it cannot name a profile.

    Letters of any script, digits, "-", "_" and "."; no path parts, nothing a file system reserves.
    """
    composed = unicodedata.normalize("NFC", name)
    fits = (
        0 < len(composed) <= _NAME_LENGTH
        and all(letter.isalnum() or letter in "-_." for letter in composed)
        and not composed.startswith(".")
        and not composed.endswith(".")
        and composed.split(".")[0].lower() not in _WINDOWS_DEVICES
    )
    if not fits:
        raise UsageError("disk.bad_profile_name", name=name)
    return composed


def list_profiles(root: Path) -> list[str]:
    """The names of the profiles under the state root, sorted. Raises DiskError."""
    folder = root / "profiles"
    if not folder.is_dir():
        return []
    with disk.disk_errors(folder):
        return sorted(path.parent.name for path in folder.glob(f"*/{RECORD}"))


def _check_fields(given: dict[str, Any]) -> None:
    known = {field.name for field in fields(Profile)} - {"name", "path"}
    if unknown := set(given) - known:
        raise ValueError(f"not fields of a profile: {sorted(unknown)}")
    if not given.get("base_model"):
        raise ValueError("a profile needs its base_model")


def _read(name: str, path: Path) -> Profile:
    file = path / RECORD
    known = {field.name for field in fields(Profile)} - {"name", "path"}
    with disk.disk_errors(file):
        content = file.read_bytes()
    try:
        values = json.loads(content)
        profile = Profile(name=name, path=path, **{key: values[key] for key in known if key in values})
        sound = isinstance(profile.base_model, str) and isinstance(profile.created, (int, float))
    except (ValueError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise DiskError("disk.damaged_profile", path=file)
    return profile


def _acquire(path: Path, name: str) -> filelock.BaseFileLock:
    # Not bound to a thread: whoever closes the session lets go of it.
    lock = filelock.FileLock(path / LOCK, timeout=0, mode=disk.PRIVATE_FILE, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise LockedError("disk.locked", name=name, path=path) from None
    except OSError as error:
        raise disk.disk_error(error, path / LOCK) from error
    return lock


@contextmanager
def _locked(path: Path, name: str) -> Iterator[None]:
    lock = _acquire(path, name)
    try:
        yield
    finally:
        lock.release(force=True)


def _model_name(base_model: str, fingerprint: str | None) -> str:
    return f"{base_model} ({fingerprint[:12]})" if fingerprint else base_model
