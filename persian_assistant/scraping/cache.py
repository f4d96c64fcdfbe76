"""Answers of web servers on the disk: what the next run need not ask for again.

One file a page under `<home>/scraped`: a line of JSON (address, status, headers that matter), then the body.
A file's time says when the server last vouched for it. A run that was cut short leaves its mark; what was
asked since that mark is not asked again. Knows nothing of the network.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from persian_assistant import disk

KEPT_HEADERS = ("content-type", "etag", "last-modified", "location")
RESUMED_WITHIN = 24 * 3600.0
"""Seconds after which a run that was cut short is begun anew."""
KEPT_FOR = 90 * 24 * 3600.0
"""Seconds after which a page that no run asked for is removed."""


@dataclass(frozen=True)
class Answer:
    """What a server answered to one address; `headers` by lower-case name, of KEPT_HEADERS only."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def validators(self) -> dict[str, str]:
        """Request headers by which the server can say "not changed" (RFC 9110)."""
        names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        return {asked: self.headers[kept] for kept, asked in names.items() if kept in self.headers}


class PageCache:
    """The pages of one run over `sources`; all of them share the folder."""

    def __init__(self, folder: Path, sources: Iterable[str]) -> None:
        """Goes on with a run over the same sources that was cut short. Raises DiskError."""
        self._folder = disk.make_private_dir(folder)
        self._mark = folder / f"{_digest(' '.join(sorted(sources)))}.run"
        self._remove_old()
        with disk.disk_errors(self._mark):
            cut_short = self._mark.exists() and time.time() - self._mark.stat().st_mtime < RESUMED_WITHIN
            if not cut_short:
                disk.write_private(self._mark, b"")
                _stamp(self._mark)
            self._since = self._mark.stat().st_mtime_ns
            pages = folder.glob("*.page") if cut_short else ()
            self.resumed = any(page.stat().st_mtime_ns >= self._since for page in pages)
            """Whether pages of a run that was cut short are at hand."""

    def get(self, url: str) -> Answer | None:
        """The stored answer for `url`, or None; a file that was cut or changed is none."""
        try:
            head, _, body = self._path(url).read_bytes().partition(b"\n")
            known = json.loads(head)
            answer = Answer(known["url"], known["status"], dict(known["headers"]), body)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return answer if answer.url == url and known["size"] == len(body) else None

    def is_of_this_run(self, url: str) -> bool:
        """Whether the answer for `url` came, or was vouched for, since this run began."""
        with suppress(OSError):
            return self._path(url).stat().st_mtime_ns >= self._since
        return False

    def put(self, answer: Answer) -> None:
        """Keep `answer` for good. Raises DiskError."""
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        known = {"url": answer.url, "status": answer.status, "headers": headers, "size": len(answer.body)}
        disk.write_private(self._path(answer.url), disk.to_json(known).encode() + b"\n" + answer.body)
        self.confirm(answer.url)

    def confirm(self, url: str) -> None:
        """The server said that nothing changed. Raises DiskError."""
        path = self._path(url)
        with disk.disk_errors(path):
            _stamp(path)

    def finish(self) -> None:
        """What this run was for is done: the next one asks again. Raises DiskError."""
        with disk.disk_errors(self._mark):
            self._mark.unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        return self._folder / f"{_digest(url)}.page"

    def _remove_old(self) -> None:
        for path in self._folder.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT_FOR:
                    path.unlink()


def _stamp(path: Path) -> None:
    # a file system's own clock is too coarse to tell what came first
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
