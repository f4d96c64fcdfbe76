"""A Hugging Face Hub on this machine: the real protocol, spoken to the real client.

Two servers, as the real Hub has: one for the API, one for the storage of large files (another origin, so a
token that is sent there was leaked). What a push uploads is stored and can be downloaded again. Knows
nothing of this project.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import pytest

TOKEN = "hf_localTestTokenThatNobodyMaySee"
LARGE = (".safetensors", ".bin", ".model", ".h5", ".msgpack", ".onnx", ".pt")


@dataclass
class Repo:
    """One model repository: commits (newest last) as name → bytes, and names for them."""

    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    claimed: dict[str, int] = field(default_factory=dict)
    """Sizes told instead of the true ones, by file name."""

    @property
    def head(self) -> str:
        return self.refs["main"]

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[self.head]


@dataclass
class Failure:
    """What to answer instead, from the n-th request of a route on, so many times."""

    nth: int
    times: int
    status: int
    headers: dict[str, str]
    message: str


@dataclass
class Seen:
    """One request as it came in."""

    route: str
    method: str
    path: str
    headers: dict[str, str]


class Reply(Exception):
    """An answer that ends the request: raised from wherever it is known."""

    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def refusal(status: int, code: str = "", message: str = "") -> Reply:
    headers = {
        **({"X_Error_Code": code} if code else {}),
        **({"X_Error_Message": message} if message else {}),
    }
    return Reply(status, {"error": message or f"error {status}"}, **headers)


class HubServer:
    """`with HubServer() as hub:` — `hub.url` is the endpoint, `hub.requests` what came in."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.users = {TOKEN: "sara"}
        self.licence_accepted: set[str] = set()
        self.requests: list[Seen] = []
        self.failures: dict[str, list[Failure]] = {}
        self.cuts: list[int] = []
        """Storage downloads are cut off after so many bytes, one entry each."""
        self.reset_when: Callable[[], bool] | None = None
        """A cut is a reset of the connection, as soon as this is true."""
        self.silent: set[str] = set()
        """Routes that take the request and never answer."""
        self.before: dict[str, Callable[[], None]] = {}
        """Called when a route is asked, before it answers."""
        self.over = threading.Event()
        self._count: Counter[str] = Counter()
        self._serial = 0
        self._lock = threading.RLock()
        from hub_routes import hub_handler, storage_handler

        self._servers = [_serve(hub_handler(self)), _serve(storage_handler(self))]
        self.url, self.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def __enter__(self) -> HubServer:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.over.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    # --- what tests set up and look at

    def add(self, repo_id: str, files: dict[str, bytes], *, tag: str | None = None, **kind: Any) -> Repo:
        """Make the repository, or a further commit in it; `tag` names the commit."""
        repo = self.repos.setdefault(repo_id, Repo(**kind))
        commit = self.new_commit(repo, files, "test")
        if tag:
            repo.refs[tag] = commit
        return repo

    def fail(
        self, route: str, status: int, *, nth: int = 1, times: int = 99, message: str = "", **headers: str
    ) -> None:
        """Answer `status` from the n-th request of `route` on."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failures.setdefault(route, []).append(Failure(nth, times, status, headers, message))

    def routes(self) -> list[str]:
        """The routes asked for, in order."""
        return [seen.route for seen in self.requests]

    def tokens_at_storage(self) -> list[str]:
        return [
            seen.path
            for seen in self.requests
            if seen.route.startswith("storage") and "authorization" in seen.headers
        ]

    # --- what the handlers use

    def enter(self, route: str, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.requests.append(Seen(route, str(handler.command), handler.path, headers))
            self._count[route] += 1
            count = self._count[route]
        if route in self.before:
            self.before[route]()
        if route in self.silent:
            self.over.wait(30)
            raise ConnectionError("silent")
        for failure in self.failures.get(route, ()):
            if failure.nth <= count < failure.nth + failure.times:
                raise Reply(failure.status, {"error": failure.message}, **failure.headers)

    def user(self, handler: BaseHTTPRequestHandler) -> str | None:
        header = handler.headers.get("Authorization")
        if header is None:
            return None
        user = self.users.get(header.removeprefix("Bearer "))
        if user is None:
            raise refusal(401, message="Invalid credentials in Authorization header")
        return user

    def repo_for(self, repo_id: str, user: str | None) -> Repo:
        repo = self.repos.get(repo_id)
        if repo is None or (repo.private and user != repo_id.split("/")[0]):
            # To the anonymous a missing repository and a private one look the same.
            raise refusal(404 if user else 401, "RepoNotFound", "Repository not found")
        return repo

    def commit_of(self, repo: Repo, revision: str) -> str:
        commit = repo.refs.get(revision, revision)
        if commit not in repo.commits:
            raise refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def new_commit(self, repo: Repo, files: dict[str, bytes], message: str) -> str:
        with self._lock:
            self._serial += 1
            commit = hashlib.sha1(f"{self._serial}".encode()).hexdigest()
            repo.commits[commit] = dict(files)
            repo.refs["main"] = commit
            repo.messages.append(message)
            for name, content in files.items():
                if name.endswith(LARGE):
                    self.large[hashlib.sha256(content).hexdigest()] = content
        return commit

    def describe(self, name: str, content: bytes, repo: Repo) -> dict[str, Any]:
        size = repo.claimed.get(name, len(content))
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry: dict[str, Any] = {"rfilename": name, "size": size, "blobId": git}
        if name.endswith(LARGE):
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 134}
        return entry


def local_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """Body of a fixture: a server that the client in this process talks to, over plain LFS."""
    from huggingface_hub import close_session, constants

    with HubServer() as server:
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        # The client reads these once, at its import.
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", "/nonexistent/token")
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
        yield server
        close_session()


def _serve(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server
