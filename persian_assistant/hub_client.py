"""Talking to the Hugging Face Hub: its address, its cache, its files, and its refusals in our words.

Everything goes through `huggingface_hub`, which is imported inside functions: reading the cache needs no
client. Knows nothing of which model anyone wants, nor of what an adapter is. The token is looked up by the
client itself and is never part of a sentence here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from persian_assistant.errors import HubError
from persian_assistant.text import one_line, sanitise, to_persian_digits
from persian_assistant.wording import language

T = TypeVar("T")
Doing = Literal["download", "push"]

ANSWER_SECONDS = 60.0
"""Longest silence of the Hub in the middle of a request."""
LOOK_SECONDS = 30.0
"""Longest silence while only asking what a repository holds."""
CHUNK = 1 << 18
"""Bytes a download writes at a time: what a broken line can cost."""
WAIT_SECONDS = 20
"""A longer wait asked for by the Hub (429) is told to the user, not sat out."""
COMMIT = re.compile(r"[0-9a-f]{40}")

_TRUE = ("1", "ON", "YES", "TRUE")
_SECRET = re.compile(r"(hf_|api_org_)\w+|Bearer\s+\S+", re.IGNORECASE)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BY_STATUS = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository: its name there, its bytes, and its SHA-256 where the Hub tells it."""

    name: str
    size: int
    sha256: str | None


@dataclass(frozen=True)
class Listing:
    """What a repository holds at one commit."""

    repo_id: str
    commit: str
    gated: bool
    private: bool
    files: tuple[RemoteFile, ...]


def endpoint() -> str:
    """The Hub's address (HF_ENDPOINT), without a slash at the end."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def is_offline() -> bool:
    """Whether the environment forbids asking the Hub (HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE)."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in _TRUE


def cache_dir() -> Path:
    """The Hub's own cache, found as the client finds it, without importing the client."""
    chosen = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if not chosen:
        root = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        chosen = str(Path(os.environ.get("HF_HOME") or Path(root) / "huggingface") / "hub")
    return Path(os.path.expandvars(chosen)).expanduser()


def repo_cache(repo_id: str) -> Path:
    """The folder of one model inside the cache; it need not exist."""
    return cache_dir() / ("models--" + repo_id.replace("/", "--"))


def megabytes(size: int) -> str:
    """`size` bytes in MB (10⁶), in the interface language's digits; one decimal below ten."""
    value = size / 1e6
    text = f"{value:.0f}" if value >= 10 else f"{max(value, 0.1):.1f}"
    return to_persian_digits(text).replace(".", "٫") if language() == "fa" else text


@contextmanager
def client() -> Iterator[None]:
    """Within it the Hub client gives up after a long silence, sits out no long wait, writes small pieces.

    Left to itself the client waits for ever in some requests (the commit of a push), sleeps as long as a
    429 says, and loses up to 10 MB whenever a line breaks. What was set before is put back at the end.
    """
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import logging
    from huggingface_hub.utils._http import default_client_factory

    def factory() -> Any:
        made = default_client_factory()
        made.timeout = ANSWER_SECONDS
        made.event_hooks = {**made.event_hooks, "response": [_refuse_long_wait]}
        return made

    verbosity, chunk = logging.get_verbosity(), constants.DOWNLOAD_CHUNK_SIZE
    constants.DOWNLOAD_CHUNK_SIZE = CHUNK
    logging.set_verbosity_error()  # its warnings carry addresses with signatures in them
    set_client_factory(factory)
    try:
        yield
    finally:
        set_client_factory(default_client_factory)
        constants.DOWNLOAD_CHUNK_SIZE = chunk
        logging.set_verbosity(verbosity)


def _refuse_long_wait(response: Any) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    if response.status_code == 429 and (_wait_of(response) or 0) > WAIT_SECONDS:
        raise HfHubHTTPError("429", response=response)


def _wait_of(response: Any) -> int | None:
    """Seconds the Hub asks to wait: Retry-After, else the reset of its `ratelimit` header."""
    after = str(response.headers.get("retry-after", "")).strip()
    if after.isdigit():
        return int(after)
    found = re.search(r"\bt\s*=\s*(\d+)", str(response.headers.get("ratelimit", "")))
    return int(found[1]) if found else None


def guarded(call: Callable[[], T], repo_id: str, doing: Doing) -> T:
    """The result of `call`. Raises HubError for whatever goes wrong in it.

    The client's own error is dropped, not chained: its request carries the token.
    """
    try:
        return call()
    except HubError:
        raise
    except Exception as error:
        failure = as_hub_error(error, repo_id, doing)
    raise failure


def as_hub_error(error: BaseException, repo_id: str, doing: Doing) -> HubError:
    """What went wrong, in our words: by HTTP status, else by the kind of failure beneath."""
    chain = _chain(error)
    for link in chain:
        response = getattr(link, "response", None)
        if response is not None and hasattr(response, "status_code"):
            return _by_status(response, link, repo_id, doing)
    where = {"repo": repo_id, "endpoint": endpoint()}
    for link in chain:
        kinds = {kind.__name__ for kind in type(link).__mro__}
        if "OfflineModeIsEnabled" in kinds:
            return HubError("hub.offline", **where)
        if isinstance(link, OSError) and link.errno in _NO_SPACE:
            return HubError("hub.disk_full", path=link.filename or cache_dir())
        if kinds & {"TimeoutException", "TimeoutError"}:
            return HubError(f"hub.{doing}_timed_out", **where)
        if kinds & {"TransportError", "ConnectionError", "gaierror", "SSLError"}:
            return HubError("hub.no_network", **where)
        if isinstance(link, PermissionError):
            return HubError("hub.unwritable", path=link.filename or cache_dir())
    root = chain[-1]
    return HubError("hub.unexpected", reason=f"{type(root).__name__}: {clean(str(root))}", **where)


def _chain(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links


def _by_status(response: Any, error: BaseException, repo_id: str, doing: Doing) -> HubError:
    status = int(response.status_code)
    code = response.headers.get("x-error-code")
    said = clean(str(getattr(error, "server_message", None) or ""))
    values = {"repo": repo_id, "endpoint": endpoint(), "status": status, "said": f" «{said}»" if said else ""}
    if code == "GatedRepo":
        return HubError("hub.gated", **values)
    if code == "RevisionNotFound":
        return HubError("hub.no_revision", **values)
    if status in _BY_STATUS:
        return HubError(f"hub.{doing}_{_BY_STATUS[status]}", **values)
    if status == 409:
        return HubError("hub.conflict", **values)
    if status == 412:
        return HubError("hub.moved_on", **values)
    if status == 429:
        wait = _wait_of(response)
        return HubError("hub.rate_limited" if wait else "hub.rate_limited_unknown", wait=wait, **values)
    return HubError("hub.server_error" if status >= 500 else "hub.refused", **values)


def clean(text: str) -> str:
    """`text` from the outside as one short line: no control characters, nothing that looks like a token."""
    line = _SECRET.sub("***", one_line(sanitise(text)))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if token := os.environ.get(name):
            line = line.replace(token, "***")
    return line if len(line) <= 200 else line[:200] + "…"


def has_token() -> bool:
    """Whether the client finds a token (HF_TOKEN, or a stored login)."""
    from huggingface_hub import get_token

    return get_token() is not None


def listing(repo_id: str, revision: str | None, timeout: float | None = None) -> Listing:
    """The files of a model repository with their sizes, in one request. Raises the client's errors."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint())
    info = api.model_info(repo_id, revision=revision, files_metadata=True, timeout=timeout)
    files = tuple(
        RemoteFile(item.rfilename, item.lfs.size, item.lfs.sha256)
        if item.lfs
        else RemoteFile(item.rfilename, item.size or 0, None)
        for item in info.siblings or ()
    )
    return Listing(repo_id, info.sha or "", bool(info.gated), bool(info.private), files)


def missing(found: Listing) -> int:
    """Bytes of `found.files` that are not on this machine yet; part-files count as there."""
    root = repo_cache(found.repo_id)
    total = 0
    for item in found.files:
        if not (root / "snapshots" / found.commit / item.name).exists():
            total += max(item.size - _part_size(root, item), 0)
    return total


def _part_size(root: Path, item: RemoteFile) -> int:
    if item.sha256 is None:
        return 0
    blob = root / "blobs" / item.sha256
    for path in (blob, _part_of(blob)):
        if path.is_file():
            return path.stat().st_size
    return 0


def _part_of(blob: Path) -> Path:
    return blob.with_name(blob.name + ".incomplete")


def free_space(path: Path) -> int:
    """Free bytes on the disk that holds (or will hold) `path`."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def fetch(found: Listing, revision: str | None) -> Path:
    """Download `found.files` into the Hub's cache and return the snapshot folder. Raises HubError.

    Files come one after the other, in the given order. A large file is written to a part-file that a later
    call goes on from (the client itself starts again from nothing), and is checked by its SHA-256. The
    branch or tag name is recorded last, so a half-downloaded commit never replaces a whole one.
    """
    from huggingface_hub import hf_hub_download

    root = repo_cache(found.repo_id)
    need, free = missing(found), free_space(root)
    if need > free:
        raise HubError("hub.no_space", need=megabytes(need), free=megabytes(free), path=root)

    def download() -> None:
        with client():
            for item in found.files:
                if item.sha256 and not (root / "blobs" / item.sha256).exists():
                    _fetch_blob(found, item, root)
                hf_hub_download(
                    found.repo_id,
                    item.name,
                    revision=found.commit,
                    cache_dir=cache_dir(),
                    endpoint=endpoint(),
                )
        if not COMMIT.fullmatch(revision or "main"):
            _record_ref(root / "refs" / (revision or "main"), found.commit)

    guarded(download, found.repo_id, "download")
    return root / "snapshots" / found.commit


def _record_ref(ref: Path, commit: str) -> None:
    ref.parent.mkdir(parents=True, exist_ok=True)
    temporary = ref.with_name(f"{ref.name}.{os.getpid()}.tmp")
    temporary.write_text(commit, encoding="utf-8")
    temporary.replace(ref)


def _fetch_blob(found: Listing, item: RemoteFile, root: Path) -> None:
    """Bring one large file to `blobs/<sha256>`, going on from its part-file if there is one."""
    from filelock import FileLock
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    blob = root / "blobs" / str(item.sha256)
    part = _part_of(blob)
    locks = cache_dir() / ".locks" / root.name
    for folder in (blob.parent, locks):
        folder.mkdir(parents=True, exist_ok=True)
    url = hf_hub_url(found.repo_id, item.name, revision=found.commit, endpoint=endpoint())
    with FileLock(locks / f"{item.sha256}.part.lock"):
        while not blob.exists():
            with part.open("ab") as file:
                before = file.tell()
                if before > item.size:
                    before = file.truncate(0)
                try:
                    http_get(
                        url,
                        file,
                        resume_size=before,
                        headers=build_hf_headers(),
                        expected_size=item.size,
                        displayed_filename=item.name,
                    )
                except Exception as error:
                    file.flush()
                    if _is_network(error) and file.tell() > before:
                        continue  # a line that breaks now and then still gets there
                    raise
            _accept(part, blob, item, found.repo_id)


def _is_network(error: BaseException) -> bool:
    return "TransportError" in {kind.__name__ for kind in type(error).__mro__}


def _accept(part: Path, blob: Path, item: RemoteFile, repo_id: str) -> None:
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    if digest.hexdigest() != item.sha256:
        part.unlink()
        raise HubError("hub.corrupt", file=item.name, repo=repo_id)
    part.replace(blob)
