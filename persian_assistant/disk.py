"""Writing files so that they are whole, private and really on the disk; naming what went wrong.

Knows nothing of what the files hold. Works on Unix and Windows: a folder cannot be fsynced on
Windows, so that step is skipped there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from persian_assistant.errors import DiskError

TEMPORARY = ".tmp-"
"""How the name of everything unfinished begins: what a killed process left, a start-up may remove."""

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700

_KEYS = {
    errno.ENOSPC: "disk.full",
    errno.EDQUOT: "disk.quota",
    errno.EFBIG: "disk.too_big",
    errno.EACCES: "disk.denied",
    errno.EPERM: "disk.denied",
    errno.EROFS: "disk.read_only",
    errno.ENOENT: "disk.missing",
    errno.ENOTDIR: "disk.wrong_kind",
    errno.EISDIR: "disk.wrong_kind",
    errno.EEXIST: "disk.wrong_kind",
    errno.EIO: "disk.io",
    errno.EMFILE: "disk.too_many_open",
    errno.ENFILE: "disk.too_many_open",
    errno.ENAMETOOLONG: "disk.name_too_long",
}

# Rust libraries (safetensors) report the system's answer only inside their text; 112 and 39 are
# Windows' own numbers for a full disk.
_OS_ERROR_IN_TEXT = re.compile(r"\(os error (\d+)\)")
_WINDOWS_DISK_FULL = (112, 39)


def disk_error(error: OSError, path: Path | str) -> DiskError:
    """`error` as a DiskError that names `path` and says what to do."""
    key = _KEYS.get(error.errno or 0, "disk.failed")
    return DiskError(key, path=path, reason=error.strerror or type(error).__name__)


def system_error(error: Exception) -> OSError | None:
    """The system's own answer behind `error`, also where a library hides it in its text, or None."""
    if isinstance(error, OSError):
        return error
    found = _OS_ERROR_IN_TEXT.search(str(error))
    if found is None:
        return None
    number = int(found[1])
    if sys.platform == "win32":
        number = errno.ENOSPC if number in _WINDOWS_DISK_FULL else errno.EIO
    return OSError(number, os.strerror(number))


@contextmanager
def disk_errors(path: Path | str) -> Iterator[None]:
    """Within it, an OSError becomes a DiskError about `path`. Raises DiskError."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def fsync_fd(fd: int) -> None:
    """Return only once what was written to `fd` is on the disk. Raises OSError."""
    if sys.platform == "darwin":
        import fcntl

        # On macOS fsync stops at the drive's cache; not every file system knows F_FULLFSYNC.
        with suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def fsync_file(path: Path) -> None:
    """Put a file that some library wrote on the disk. Raises DiskError."""
    # Windows flushes only a file that is open for writing.
    _fsync_path(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)


def fsync_dir(path: Path) -> None:
    """Put a folder's list of names on the disk; nothing to do on Windows. Raises DiskError."""
    if sys.platform != "win32":
        _fsync_path(path, os.O_RDONLY | os.O_DIRECTORY)


def _fsync_path(path: Path, flags: int) -> None:
    with disk_errors(path):
        fd = os.open(path, flags)
        try:
            fsync_fd(fd)
        finally:
            os.close(fd)


def make_private_dir(path: Path) -> Path:
    """Make `path` and its missing parents, each 0700 and on the disk. Raises DiskError.

    Folders that are already there keep their mode: they may be the user's own.
    """
    missing: list[Path] = []
    folder = path
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for folder in reversed(missing):
        with disk_errors(folder), suppress(FileExistsError):
            folder.mkdir(PRIVATE_DIR)
        fsync_dir(folder.parent)
    if not path.is_dir():
        raise DiskError("disk.wrong_kind", path=path)
    return path


def write_private(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` at once and for good: readers see the old or the new, 0600.

    Text is written as UTF-8, line ends as given. Raises DiskError; `path` is then as it was.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with disk_errors(path):
        fd, name = tempfile.mkstemp(prefix=f"{TEMPORARY}{path.name[:40]}-", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                fsync_fd(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    fsync_dir(path.parent)


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex. Raises DiskError."""
    digest = hashlib.sha256()
    with disk_errors(path), path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def to_json(value: object, *, indent: int | None = None) -> str:
    """`value` as strict JSON in one canonical spelling: keys sorted, Persian as it is.

    NaN and infinity, which JSON does not have, become null; half a surrogate pair becomes U+FFFD.
    Raises TypeError for what JSON cannot hold.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=separators,
                          indent=indent, allow_nan=False)  # fmt: skip
    except ValueError:
        return to_json(_finite(value), indent=indent)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Through UTF-16 a whole pair becomes its character; only a lone half is replaced.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
