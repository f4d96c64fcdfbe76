"""What the local Hub answers to each request of the client: the routes of `hub_server.HubServer`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_server import LARGE, HubServer, Reply, Repo, refusal


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: HubServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def handle_any(self) -> None:
        content = self.body()
        try:
            self.answer(content)
            raise Reply(404)
        except Reply as reply:
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
        except ConnectionError:
            self.close_connection = True

    def answer(self, content: bytes) -> None:
        raise NotImplementedError

    do_GET = do_HEAD = do_POST = do_PUT = handle_any


def hub_handler(hub_server: HubServer) -> type[_Handler]:
    class HubHandler(_Handler):
        hub = hub_server

        def answer(self, content: bytes) -> None:
            address = urlsplit(self.path)
            for pattern, route in _ROUTES:
                if found := re.fullmatch(pattern, unquote(address.path)):
                    name = f"{route.__name__}_head" if self.command == "HEAD" else route.__name__
                    self.hub.enter(name, self)
                    route(self, content, parse_qs(address.query), **found.groupdict())

    return HubHandler


def whoami(handler: _Handler, content: bytes, query: Any) -> None:
    user = handler.hub.user(handler)
    if user is None:
        raise refusal(401, message="Invalid username or password.")
    raise Reply(200, {"name": user, "type": "user"})


def info(handler: _Handler, content: bytes, query: Any, repo_id: str, revision: str | None = None) -> None:
    hub = handler.hub
    repo = hub.repo_for(repo_id, hub.user(handler))
    commit = hub.commit_of(repo, revision or "main")
    siblings = [hub.describe(name, data, repo) for name, data in repo.commits[commit].items()]
    if "blobs" not in query:
        siblings = [{"rfilename": item["rfilename"]} for item in siblings]
    told = {"id": repo_id, "sha": commit, "private": repo.private, "gated": "manual" if repo.gated else False}
    raise Reply(200, {**told, "siblings": siblings, "tags": []})


def tree(handler: _Handler, content: bytes, query: Any, repo_id: str, revision: str) -> None:
    hub = handler.hub
    repo = hub.repo_for(repo_id, hub.user(handler))
    entries = []
    for name, data in repo.commits[hub.commit_of(repo, revision)].items():
        told = hub.describe(name, data, repo)
        entry = {"type": "file", "path": name, "size": told["size"], "oid": told["blobId"]}
        if "lfs" in told:
            entry["lfs"] = {"oid": told["lfs"]["sha256"], "size": told["size"], "pointerSize": 134}
        entries.append(entry)
    raise Reply(200, entries)


def resolve(handler: _Handler, content: bytes, query: Any, repo_id: str, revision: str, name: str) -> None:
    hub = handler.hub
    user = hub.user(handler)
    repo = hub.repo_for(repo_id, user)
    if repo.gated and user not in hub.licence_accepted:
        raise refusal(403 if user else 401, "GatedRepo", f"Access to model {repo_id} is restricted.")
    commit = hub.commit_of(repo, revision)
    if name not in repo.commits[commit]:
        raise refusal(404, "EntryNotFound", "Entry not found")
    data = repo.commits[commit][name]
    entry = hub.describe(name, data, repo)
    headers = {"X_Repo_Commit": commit, "Accept_Ranges": "bytes"}
    if "lfs" in entry:
        oid = entry["lfs"]["sha256"]
        headers |= {"X_Linked_Etag": f'"{oid}"', "X_Linked_Size": str(entry["lfs"]["size"])}
        raise Reply(302, b"", Location=f"{hub.storage}/blob/{oid}", **headers)
    raise Reply(200, data, ETag=f'"{entry["blobId"]}"', **headers)


def create(handler: _Handler, content: bytes, query: Any) -> None:
    hub = handler.hub
    user, asked = hub.user(handler), json.loads(content)
    if user is None:
        raise refusal(401, message="Invalid username or password.")
    owner = asked.get("organization") or user
    repo_id = f"{owner}/{asked['name']}"
    if owner != user:
        raise refusal(
            403, message=f'You don\'t have the rights to create a model under the namespace "{owner}"'
        )
    told = {"url": f"{hub.url}/{repo_id}", "name": repo_id}
    if repo_id in hub.repos:
        raise Reply(409, {"error": "You already created this model repo", **told})
    private = asked.get("visibility") == "private" or asked.get("private") is True
    hub.new_commit(
        hub.repos.setdefault(repo_id, Repo(private=private)), {".gitattributes": b"*.bin lfs\n"}, "initial"
    )
    raise Reply(200, told)


def validate(handler: _Handler, content: bytes, query: Any) -> None:
    text = json.loads(content)["content"]
    if not text.startswith("---\n"):
        raise Reply(400, {"errors": [{"message": "no metadata"}]})
    raise Reply(200, {"errors": [], "warnings": []})


def _writable(handler: _Handler, repo_id: str) -> Repo:
    user = handler.hub.user(handler)
    if user is None:
        raise refusal(401, message="Invalid username or password.")
    repo = handler.hub.repo_for(repo_id, user)
    if repo_id.split("/")[0] != user:
        raise refusal(403, message="You don't have write access to this repository.")
    return repo


def preupload(handler: _Handler, content: bytes, query: Any, repo_id: str, revision: str) -> None:
    repo = _writable(handler, repo_id)
    files = []
    for item in json.loads(content)["files"]:
        assert len(base64.b64decode(item["sample"])) <= 512
        mode = "lfs" if item["path"].endswith(LARGE) else "regular"
        there = repo.files.get(item["path"])
        oid = None
        if there is not None:
            entry = handler.hub.describe(item["path"], there, repo)
            oid = entry["lfs"]["sha256"] if "lfs" in entry else entry["blobId"]
        files.append({"path": item["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    raise Reply(200, {"files": files, "commitOid": repo.head})


def batch(handler: _Handler, content: bytes, query: Any, repo_id: str) -> None:
    _writable(handler, repo_id)
    hub = handler.hub
    objects = []
    for item in json.loads(content)["objects"]:
        entry = {"oid": item["oid"], "size": item["size"]}
        if item["oid"] not in hub.large:
            entry["actions"] = {
                "upload": {"href": f"{hub.storage}/blob/{item['oid']}?signature=secret"},
                "verify": {"href": f"{hub.url}/{repo_id}.git/info/lfs/objects/verify"},
            }
        objects.append(entry)
    raise Reply(200, {"transfer": "basic", "objects": objects})


def verify(handler: _Handler, content: bytes, query: Any, repo_id: str) -> None:
    asked = json.loads(content)
    if len(handler.hub.large.get(asked["oid"], b"")) != asked["size"]:
        raise refusal(404, message="Object does not exist")
    raise Reply(200, {})


def commit(handler: _Handler, content: bytes, query: Any, repo_id: str, revision: str) -> None:
    repo, hub = _writable(handler, repo_id), handler.hub
    header: dict[str, Any] = {}
    files = dict(repo.files)
    for line in content.splitlines():
        item = json.loads(line)
        value = item["value"]
        if item["key"] == "header":
            header = value
        elif item["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif item["key"] == "lfsFile":
            if value["oid"] not in hub.large:
                raise refusal(400, message="LFS object not uploaded")
            files[value["path"]] = hub.large[value["oid"]]
        else:
            raise refusal(400, message=f"unknown operation {item['key']}")
    if header.get("parentCommit", repo.head) != repo.head:
        raise refusal(412, message="A commit has happened since. Please refresh and try again.")
    oid = hub.new_commit(repo, files, header["summary"])
    raise Reply(200, {"success": True, "commitOid": oid, "commitUrl": f"{hub.url}/{repo_id}/commit/{oid}"})


_ID = r"(?P<repo_id>[\w.-]+/[\w.-]+)"
_ROUTES: list[tuple[str, Callable[..., None]]] = [
    (r"/api/whoami-v2", whoami),
    (r"/api/repos/create", create),
    (r"/api/validate-yaml", validate),
    (rf"/api/models/{_ID}", info),
    (rf"/api/models/{_ID}/revision/(?P<revision>.+)", info),
    (rf"/api/models/{_ID}/tree/(?P<revision>.+)", tree),
    (rf"/api/models/{_ID}/preupload/(?P<revision>.+)", preupload),
    (rf"/api/models/{_ID}/commit/(?P<revision>.+)", commit),
    (rf"/{_ID}/resolve/(?P<revision>[^/]+)/(?P<name>.+)", resolve),
    (rf"/{_ID}\.git/info/lfs/objects/batch", batch),
    (rf"/{_ID}\.git/info/lfs/objects/verify", verify),
]


def storage_handler(hub_server: HubServer) -> type[_Handler]:
    class StorageHandler(_Handler):
        hub = hub_server

        def answer(self, content: bytes) -> None:
            oid = urlsplit(self.path).path.rpartition("/")[2]
            self.hub.enter(f"storage_{str(self.command).lower()}", self)
            if self.command == "PUT":
                if hashlib.sha256(content).hexdigest() != oid:
                    raise Reply(400, {"error": "checksum"})
                self.hub.large[oid] = content
                raise Reply(200, b"", ETag=f'"{oid}"')
            self.send(self.hub.large[oid], oid)

        def send(self, data: bytes, oid: str) -> None:
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            start = int(found[1]) if found else 0
            if found and start >= len(data):
                raise Reply(416, b"", Content_Range=f"bytes */{len(data)}")
            part = data[start:]
            cut = self.hub.cuts.pop(0) if self.hub.cuts else None
            self.send_response(206 if found else 200)
            self.send_header("ETag", f'"{oid}"')
            self.send_header("Content-Length", str(len(part)))
            if found:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            self.wfile.write(part if cut is None else part[:cut])
            if cut is not None and self.hub.reset_when:
                while not self.hub.reset_when():
                    time.sleep(0.01)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.rfile.close()  # the last holders of the socket: only then is it really closed
                self.connection.close()
            raise ConnectionError("sent" if cut is None else "cut")

    return StorageHandler
