"""One data set of a Hugging Face Hub on this machine: what the real client asks for to stream it.

The API and the files of one repository, with byte ranges. Knows nothing of this project.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "a" * 40
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class DatasetServer:
    """`url` is the endpoint, `asked` the paths that came in."""

    repo_id: str
    files: dict[str, bytes]
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, byte_range: str | None) -> Answer:
        """The reply to one request; `byte_range` is its Range header."""
        api, tree = f"/api/datasets/{self.repo_id}", r"/tree/[^/]+(?:/(?P<folder>.*))?"
        if re.fullmatch(rf"{api}(/revision/[^/]+)?", path):
            told = {"id": self.repo_id, "sha": COMMIT, "private": False, "gated": False, "tags": []}
            return _json({**told, "siblings": [{"rfilename": name} for name in self.files]})
        if found := re.fullmatch(api + tree, path):
            entries = self._listed((found["folder"] or "").strip("/"))
            return _json(entries) if entries else _refused("EntryNotFound")
        name = re.sub(rf"^/datasets/{self.repo_id}/resolve/[^/]+/", "", path)
        if name in self.files:
            return self._file(self.files[name], byte_range)
        return _refused("EntryNotFound" if f"/{self.repo_id}/" in path else "RepoNotFound")

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        """What stands directly in `folder`."""
        entries: dict[str, dict[str, Any]] = {}
        start = f"{folder}/" if folder else ""
        for name, data in self.files.items():
            if not name.startswith(start):
                continue
            first, inner, _ = name[len(start) :].partition("/")
            path, oid = start + first, hashlib.sha1(data).hexdigest()
            kind = {"type": "directory", "size": 0} if inner else {"type": "file", "size": len(data)}
            entries[path] = {"path": path, "oid": oid, **kind}
        return list(entries.values())

    def _file(self, data: bytes, byte_range: str | None) -> Answer:
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
        headers["Accept-Ranges"] = "bytes"
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", byte_range or "")
        if found is None:
            return 200, headers, data
        begin, last = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
        headers["Content-Range"] = f"bytes {begin}-{last}/{len(data)}"
        return 206, headers, data[begin : last + 1]


def _json(value: object) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _refused(code: str) -> Answer:
    return 404, {"X-Error-Code": code}, b"{}"


@contextmanager
def dataset_server(repo_id: str, files: dict[str, bytes]) -> Iterator[DatasetServer]:
    """Serve `files` as the data set `repo_id`."""
    hub = DatasetServer(repo_id, files)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(path)
            status, headers, data = hub.answer(path, self.headers.get("Range"))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
