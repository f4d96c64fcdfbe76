"""The adapter versions of one profile: saved whole, published by moving one pointer, never half there.

    versions/0007/        what `save` wrote, and version.json, which names every file and its SHA-256
    CURRENT               "0007" or "base"; the second line, "newest 0007", is the newest one published

Replacing CURRENT is the commit. A folder with a higher number than `newest` was never published: the
pass that made it died in between and runs again. Knows nothing of what an adapter is, beyond that
its weights are safetensors. Expects the profile's lock to keep other processes away.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from persian_assistant import disk, figures
from persian_assistant.errors import DiskError, UsageError
from persian_assistant.wording import say

BASE = "base"
RECORD = "version.json"

# Formats that run code when they are opened.
_UNSAFE = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".npy", ".npz", ".joblib"})


@dataclass(frozen=True)
class Version:
    """One published adapter.

    `high_water` is the journal seq of the last exchange it has seen, `data_hash` names the training
    data, `base` the base model (name, revision, fingerprint), `files` gives each file's SHA-256 by
    its name inside `path`. `created` is in unix seconds; `parent` None means trained from the base.
    """

    number: int
    path: Path
    created: float
    parent: int | None
    high_water: int
    data_hash: str
    base: dict[str, Any] = field(hash=False)
    config: dict[str, Any] = field(hash=False)
    scores: dict[str, Any] = field(hash=False)
    files: dict[str, str] = field(hash=False)


class VersionStore:
    """The versions of the profile folder `root`. Threads of one process may share a store."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self.root = root
        self.folder = root / "versions"
        self.warnings: list[str] = []
        self._pointer = root / "CURRENT"
        self._clock = clock
        self._lock = threading.RLock()
        self._staged: set[Path] = set()
        self._verified: set[Version] = set()
        self._fallen: set[str] = set()

    # --- a new version

    def stage(self, save: Callable[[Path], object]) -> Path:
        """Let `save` write a candidate into a new folder and return that folder.

        It can be opened and measured there; then `publish` or `discard` it. Raises DiskError, also
        for weights that are not safetensors; whatever `save` raises comes through. The folder is gone
        then.
        """
        disk.make_private_dir(self.folder)
        with disk.disk_errors(self.folder):
            staged = Path(tempfile.mkdtemp(prefix=disk.TEMPORARY, dir=self.folder))
        self._staged.add(staged)
        try:
            save(staged)
            self._check_weights(staged)
        except BaseException as error:
            self.discard(staged)
            cause = disk.system_error(error) if isinstance(error, Exception) else None
            if cause is not None:
                raise disk.disk_error(cause, self.folder) from error
            raise
        return staged

    def publish(
        self,
        staged: Path,
        *,
        high_water: int,
        data_hash: str,
        base: dict[str, Any],
        config: dict[str, Any],
        scores: dict[str, Any],
        parent: int | None,
    ) -> Version:
        """Make the folder from `stage` the current version.

        Killed or failing anywhere in here, what served before is still current; after a failure the
        candidate is gone. Raises DiskError.
        """
        self._check_staged(staged)
        with self._lock:
            try:
                number = self._next_number()
            except DiskError:
                self.discard(staged)
                raise
            place = self.folder / _name(number)
            try:
                self._check_weights(staged)
                version = Version(
                    number=number,
                    path=place,
                    created=float(self._clock()),
                    parent=parent,
                    high_water=high_water,
                    data_hash=data_hash,
                    base=base,
                    config=config,
                    scores=scores,
                    files=_settle(staged),
                )
                self._commit(staged, version)
            except BaseException:
                if not self._points_to(place.name):
                    with suppress(OSError):
                        place.rename(staged)
                    self.discard(staged)
                raise
            self._staged.discard(staged)
            return _read_version(number, place) or version

    def _next_number(self) -> int:
        """A number that was used is not used again, even when its version was removed."""
        _, newest = self._read_pointer()
        return max([newest or 0, *(number for number, _ in _numbered(self.folder))]) + 1

    def _commit(self, staged: Path, version: Version) -> None:
        """The last steps, in the order that leaves a kill between any two of them harmless."""
        record = {name: value for name, value in asdict(version).items() if name != "path"}
        disk.write_private(staged / RECORD, disk.to_json({"format": 1, **record}, indent=1) + "\n")
        with disk.disk_errors(version.path):
            staged.rename(version.path)
        disk.fsync_dir(self.folder)
        self._point_to(version.path.name, newest=version.number)

    def discard(self, staged: Path) -> None:
        """Remove a candidate that is not to be published. Raises ValueError for any other folder."""
        self._check_staged(staged)
        self._staged.discard(staged)
        shutil.rmtree(staged, ignore_errors=True)

    # --- what is there

    def current(self) -> Version | None:
        """The version that serves; None is the base model.

        When the pointer names a damaged or missing version, the newest sound one before it serves
        (the base model if there is none), and `warnings` gets a sentence, once. Raises DiskError
        when the folder cannot be read.
        """
        pointer, _ = self._read_pointer()
        if pointer in ("", BASE):
            return None
        wanted = _number(pointer)
        for version in reversed(self.list()):
            if (wanted is None or version.number <= wanted) and self._is_sound(version):
                if version.number != wanted:
                    self._warn_once("disk.fell_back", pointer, version.number)
                return version
        self._warn_once("disk.fell_back_to_base", pointer, None)
        return None

    def list(self) -> list[Version]:
        """Every complete version on the disk, oldest first; their weights are not checked."""
        versions = (_read_version(number, path) for number, path in _numbered(self.folder))
        return [version for version in versions if version is not None]

    def newest(self) -> Version | None:
        """The last version that was published, also when the pointer has gone back since."""
        pointer, newest = self._read_pointer()
        last = _read_version(newest, self.folder / _name(newest)) if newest is not None else None
        if last is not None or not pointer:
            return last
        published = [version for version in self.list() if newest is None or version.number <= newest]
        return published[-1] if published else None

    def verify(self, version: Version) -> None:
        """Compare each file with its SHA-256. Raises DiskError that names the first bad file."""
        for name, digest in version.files.items():
            path = version.path / name
            if not path.is_file() or disk.sha256_file(path) != digest:
                raise _damaged(version, name)
        for path in _walk(version.path):
            if path.suffix.lower() in _UNSAFE:
                raise _damaged(version, path.name)

    # --- moving and removing

    def rollback(self, number: int | None) -> Version | None:
        """Point to version `number`, or to the base model for None; nothing is removed.

        Raises UsageError for a number that is not there, DiskError for a damaged version; the
        pointer has not moved then.
        """
        with self._lock:
            if number is None:
                self._point_to(BASE)
                return None
            versions = {version.number: version for version in self.list()}
            if number not in versions:
                known = figures.listed(versions) or say("disk.no_versions")
                raise UsageError("disk.no_such_version", number=number, known=known)
            self.verify(versions[number])
            self._point_to(_name(number), newest=number)
            return versions[number]

    def clean(self) -> None:
        """Remove what dead passes left; for start-up, under the profile's lock. Raises DiskError."""
        for folder in (self.root, self.folder):
            with disk.disk_errors(folder):
                left = [path for path in _children(folder) if path.name.startswith(disk.TEMPORARY)]
            for path in left:
                if path.is_dir() and not path.is_symlink():
                    if path not in self._staged:
                        shutil.rmtree(path, ignore_errors=True)
                else:
                    with disk.disk_errors(path):
                        path.unlink(missing_ok=True)

    def prune(self, keep: int) -> tuple[int, ...]:
        """Remove old versions and return their numbers. Raises DiskError; ValueError for `keep` < 1.

        The newest `keep` stay, and whatever their age the current one, its parent and the newest.
        """
        if keep < 1:
            raise ValueError(f"keep must be at least 1, not {keep}")
        with self._lock:
            current, newest = self.current(), self.newest()
            stay = {version.number for version in self.list()[-keep:]}
            for version in (current, newest):
                if version is not None:
                    stay |= {version.number, version.parent or 0}
            return self._remove(version for version in self.list() if version.number not in stay)

    def remove_all_but(self, version: Version | None) -> tuple[int, ...]:
        """Remove every version except `version` and return their numbers: they hold what is to be forgotten.

        With None the base model serves from now on. Raises DiskError.
        """
        with self._lock:
            if version is None:
                self._point_to(BASE)
            kept = version.number if version else None
            return self._remove(other for other in self.list() if other.number != kept)

    def _remove(self, versions: Iterable[Version]) -> tuple[int, ...]:
        removed = tuple(versions)
        for version in removed:
            # Out of sight first: a removal that is killed leaves no half version behind.
            dead = self.folder / f"{disk.TEMPORARY}removed-{version.path.name}"
            with disk.disk_errors(version.path):
                version.path.rename(dead)
            shutil.rmtree(dead, ignore_errors=True)
        return tuple(version.number for version in removed)

    # --- inside

    def _check_staged(self, staged: Path) -> None:
        if staged.parent != self.folder or not staged.name.startswith(disk.TEMPORARY):
            raise ValueError(f"not a staged folder of this store: {staged}")

    def _check_weights(self, staged: Path) -> None:
        found = False
        for path in _walk(staged):
            if path.is_symlink() or path.suffix.lower() in _UNSAFE:
                raise DiskError("disk.unsafe_weights", file=path.relative_to(staged).as_posix())
            found = found or path.suffix == ".safetensors"
        if not found:
            raise DiskError("disk.no_weights", path=staged)

    def _point_to(self, name: str, newest: int | None = None) -> None:
        """Replace CURRENT. The newest published number only ever grows."""
        pointer, before = self._read_pointer()
        if pointer and before is None:  # written by hand: everything there counts as published
            before = max((number for number, _ in _numbered(self.folder)), default=None)
        numbers = [number for number in (before, newest) if number is not None]
        second = f"newest {_name(max(numbers))}\n" if numbers else ""
        disk.write_private(self._pointer, f"{name}\n{second}")

    def _points_to(self, name: str) -> bool:
        try:
            return self._read_pointer()[0] == name
        except DiskError:
            return False

    def _read_pointer(self) -> tuple[str, int | None]:
        """The first line of CURRENT ("" where there is none) and the newest published number, if given."""
        with disk.disk_errors(self._pointer):
            try:
                text = self._pointer.read_bytes().decode("utf-8", "replace")
            except FileNotFoundError:
                return "", None
        lines = text.split("\n")
        word, _, newest = (lines[1] if len(lines) > 1 else "").partition(" ")
        # An empty pointer is a damaged one, not a missing one.
        return lines[0].strip() or "?", _number(newest) if word == "newest" else None

    def _is_sound(self, version: Version) -> bool:
        """Whether the version verifies; its weights are hashed once for each store."""
        if version in self._verified:
            return True
        try:
            self.verify(version)
        except DiskError:
            return False
        self._verified.add(version)
        return True

    def _warn_once(self, key: str, pointer: str, used: int | None) -> None:
        if pointer not in self._fallen:
            self._fallen.add(pointer)
            self.warnings.append(say(key, number=_number(pointer) or pointer, used=used))


def _name(number: int) -> str:
    return f"{number:04d}"


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdigit() and int(name) > 0 else None


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    """The folders named by a version number, lowest first."""
    with disk.disk_errors(folder):
        found = [(_number(path.name), path) for path in _children(folder)]
    return sorted((number, path) for number, path in found if number is not None)


def _walk(folder: Path) -> list[Path]:
    """Every file below `folder`, in one order everywhere. Links count as files."""
    with disk.disk_errors(folder):
        return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _settle(folder: Path) -> dict[str, str]:
    """Make everything in `folder` private and durable; return each file's SHA-256 by name."""
    files = {}
    for path in _walk(folder):
        with disk.disk_errors(path), suppress(NotImplementedError):
            path.chmod(disk.PRIVATE_FILE)
        disk.fsync_file(path)
        files[path.relative_to(folder).as_posix()] = disk.sha256_file(path)
    folders = sorted(path for path in folder.rglob("*") if path.is_dir())
    for path in reversed(folders):
        with disk.disk_errors(path):
            path.chmod(disk.PRIVATE_DIR)
        disk.fsync_dir(path)
    return files


def _read_version(number: int, path: Path) -> Version | None:
    """The version in a folder, None if it is not a whole one."""
    try:
        record = json.loads((path / RECORD).read_bytes())
        version = Version(
            number=number,
            path=path,
            created=float(record["created"]),
            parent=None if record["parent"] is None else int(record["parent"]),
            high_water=int(record["high_water"]),
            data_hash=str(record["data_hash"]),
            base=dict(record["base"]),
            config=dict(record["config"]),
            scores=dict(record["scores"]),
            files={str(name): str(digest) for name, digest in record["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    paths = [PurePosixPath(name) for name in version.files]
    inside = all(not path.is_absolute() and ".." not in path.parts for path in paths)
    return version if inside and paths and record.get("number") == number else None


def _damaged(version: Version, name: str) -> DiskError:
    return DiskError("disk.damaged_version", number=version.number, file=name, path=version.path)
