"""Which model a name means, and the folder on this machine that holds it.

Asks the Hub only where a name is not here yet and somebody (a person, or `--download`) allows it; the
bundled model never needs a network. Knows nothing of what a model is made of: no torch, no transformers;
whether a folder can be loaded is found out by `model.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from persian_assistant import hub_client
from persian_assistant.config import data_dir, home
from persian_assistant.disk import make_private_dir, write_private
from persian_assistant.errors import AssistantError, Cancelled, DiskError, HubError, ModelError, UsageError
from persian_assistant.hub_client import Listing, RemoteFile, guarded, megabytes
from persian_assistant.wording import say

MINI = "mini"
DEFAULT = "gpt2-fa"
KNOWN = {"gpt2-fa": "HooshvareLab/gpt2-fa", "gemma-2-2b-it": "google/gemma-2-2b-it"}
"""Short names and the Hub ids they stand for; `mini` is the one that ships."""

QUICK_SECONDS = 3.0
"""How long a start without a chosen model waits for the Hub's answer."""

Ask = Callable[[str], bool]
Notice = Callable[[str], None]

_REPO_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
_REVISION = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
_SETTINGS = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_SAFETENSORS = ("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json")
_BIN = ("pytorch_model.bin", "pytorch_model-*-of-*.bin", "pytorch_model.bin.index.json")
_SAMPLE = 1 << 16


@dataclass(frozen=True)
class ModelSource:
    """A model that is whole on this machine."""

    name: str
    """The short name, Hub id or folder the user would type."""
    path: Path
    """The folder with config.json, tokenizer and weights."""
    repo_id: str | None
    """The Hub id, None for the bundled model and for folders."""
    revision: str | None
    """The commit on the Hub, 40 hexadecimal digits, or None."""
    fingerprint: str
    """The same as long as the model is: the commit, else a hash over the folder (see `fingerprint`)."""
    bundled: bool = False


def resolve(
    name: str | None,
    *,
    notice: Notice,
    revision: str | None = None,
    offline: bool = False,
    interactive: bool = False,
    ask: Ask | None = None,
    allow_download: bool = False,
) -> ModelSource:
    """The model that `name` means: `mini`, a short name of KNOWN, a folder, or a Hub id.

    None takes gpt2-fa where it is in the Hub's cache or may be downloaded (`ask` says yes, or
    `allow_download`), else `mini`; that never fails for want of a network, and `notice` gets one line.
    `revision` is a branch, tag or commit of a Hub model. What the cache has is taken without asking the Hub.

    Raises UsageError for a name or revision that means nothing, HubError where the Hub refuses or may not
    be asked, Cancelled where the person says no or presses Ctrl-C, ModelError for a folder without a model.
    """
    offline = offline or hub_client.is_offline()
    ask = ask if interactive else None
    if revision is not None and not _REVISION.fullmatch(revision):
        raise UsageError("hub.bad_revision", revision=revision)
    if name is None:
        return _default(revision, offline, ask, notice, allow_download)
    if name == MINI or (name and name not in KNOWN and Path(name).expanduser().is_dir()):
        if revision is not None:
            raise UsageError("hub.revision_needs_hub", name=name)
        return _bundled() if name == MINI else _folder(name)
    repo_id = repo_id_of(name)
    if source := cached(repo_id, revision):
        return source
    if offline:
        raise HubError("hub.offline_not_here", repo=repo_id)
    if ask is None and not allow_download:
        raise HubError("hub.needs_flag", repo=repo_id, name=name)
    return _download(repo_id, revision, None if allow_download else ask, notice)


def repo_id_of(name: str) -> str:
    """The Hub id that `name` stands for. Raises UsageError where it can be none."""
    if name in KNOWN:
        return KNOWN[name]
    if _REPO_ID.fullmatch(name) and "--" not in name and ".." not in name:
        return name
    known = ", ".join((MINI, *KNOWN))
    looks_like_path = name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1
    raise UsageError("hub.no_such_folder" if looks_like_path else "hub.unknown_name", name=name, known=known)


def default_profile_slug(name: str) -> str:
    """At most 48 characters that name model `name` in a profile's name; unlike models differ."""
    short = {repo_id: key for key, repo_id in KNOWN.items()}.get(name, name)
    if short == MINI or short in KNOWN:
        return short
    path = Path(name).expanduser()
    if path.is_dir():
        digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
        return f"{_slug(path.resolve().name)[:39]}-{digest}"
    slug = "--".join(_slug(part) for part in short.split("/"))
    return slug if len(slug) <= 48 else f"{slug[:39]}-{hashlib.sha256(short.encode()).hexdigest()[:8]}"


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip(".-") or "model"


def cached(repo_id: str, revision: str | None = None) -> ModelSource | None:
    """The model as it lies complete in the Hub's cache, or None. Asks nobody."""
    root = hub_client.repo_cache(repo_id)
    commit = revision or "main"
    if not hub_client.COMMIT.fullmatch(commit):
        try:
            commit = (root / "refs" / commit).read_text(encoding="utf-8").strip()
        except OSError:
            return None
    path = root / "snapshots" / commit
    return _of_commit(repo_id, commit, path) if is_complete(path) else None


def _of_commit(repo_id: str, commit: str, path: Path) -> ModelSource:
    short = {value: key for key, value in KNOWN.items()}.get(repo_id, repo_id)
    return ModelSource(short, path, repo_id, commit, commit)


def is_complete(path: Path) -> bool:
    """Whether folder `path` has a config, a tokenizer and every weight file its index names."""
    try:
        names = {item.name for item in path.iterdir() if item.exists()}
    except OSError:
        return False
    if "config.json" not in names or not names & set(TOKENIZER_FILES):
        return False
    for single, _, index in (_SAFETENSORS, _BIN):
        if single in names:
            return True
        if index in names:
            try:
                shards = set(json.loads((path / index).read_text(encoding="utf-8"))["weight_map"].values())
            except (OSError, ValueError, KeyError, AttributeError):
                return False
            return shards <= names
    return False


def fingerprint(path: Path) -> str:
    """SHA-256 over config.json, the tokenizer, and of each weight file its name, size and both ends.

    Cheap for any size (64 KiB from either end), and the same after the folder is moved or copied.
    """
    digest = hashlib.sha256()
    weights = _matching((item.name for item in path.iterdir()), (*_SAFETENSORS, *_BIN))
    whole = [name for name in ("config.json", *TOKENIZER_FILES) if (path / name).is_file()]
    for name in sorted({*weights, *whole}):
        file = path / name
        size = file.stat().st_size
        digest.update(f"{name}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read() if name in whole else stream.read(_SAMPLE))
            if name not in whole and size > _SAMPLE:
                stream.seek(-_SAMPLE, 2)
                digest.update(stream.read(_SAMPLE))
    return digest.hexdigest()


def _matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    patterns = tuple(patterns)
    return sorted(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))


def _bundled() -> ModelSource:
    path = data_dir() / "models" / MINI
    if not is_complete(path):
        raise ModelError("hub.no_bundled", path=path)
    return ModelSource(MINI, path, None, None, fingerprint(path), bundled=True)


def _folder(name: str) -> ModelSource:
    path = Path(name).expanduser().resolve()
    if not is_complete(path):
        raise ModelError("hub.not_a_model_folder", path=path)
    return ModelSource(str(path), path, None, None, fingerprint(path))


def _default(
    revision: str | None, offline: bool, ask: Ask | None, notice: Notice, allow_download: bool
) -> ModelSource:
    """gpt2-fa where it is or may come, else the bundled model with one line that says why."""
    repo_id = KNOWN[DEFAULT]
    if source := cached(repo_id, revision):
        return source
    declined = home() / f"no-download-{DEFAULT}"
    if offline or (ask is None and not allow_download):
        _tell_once("hub.mini_serves", notice)
    elif ask is not None and not allow_download and declined.exists():
        _tell_once("hub.mini_chosen", notice)
    else:
        try:
            return _download(repo_id, revision, None if allow_download else ask, notice, QUICK_SECONDS)
        except Cancelled as no:
            if no.key == "hub.declined":
                _remember(declined)
                _tell_once("hub.mini_chosen", notice)
            else:
                notice(say("hub.mini_for_now", name=DEFAULT))
        except HubError as error:
            _tell_once("hub.mini_instead", notice, error)
    return _bundled()


def _tell_once(key: str, notice: Notice, reason: HubError | None = None) -> None:
    """Why mini answers: in full for each reason once, else in a few words."""
    marker, why = home() / f"no-{DEFAULT}", f"{key} {reason.key if reason else ''}".strip()
    told: list[str] = []
    with suppress(OSError, ValueError):
        told = marker.read_text(encoding="utf-8").splitlines()
    if why in told:
        notice(say("hub.mini_again", name=DEFAULT))
        return
    notice(say(key, name=DEFAULT, reason=reason))
    _remember(marker, "\n".join((*told, why)))


def _remember(marker: Path, text: str = "") -> None:
    """Keep a "no", or what was told, so that not every start repeats it; `--model gpt2-fa` asks anew."""
    with suppress(OSError, DiskError):  # repeated next time; nothing is lost
        make_private_dir(marker.parent)
        write_private(marker, text)


def _download(
    repo_id: str, revision: str | None, ask: Ask | None, notice: Notice, seconds: float | None = None
) -> ModelSource:
    """Look, ask (`ask` None: it is allowed already), download. Raises HubError, Cancelled."""
    try:
        found = _needed(_look(repo_id, revision, seconds))
        if found.gated and not hub_client.has_token():
            raise HubError("hub.gated", repo=repo_id, endpoint=hub_client.endpoint())
        size = megabytes(hub_client.missing(found))
        values = {"repo": repo_id, "size": size, "files": len(found.files), "path": hub_client.cache_dir()}
        if ask is None:
            notice(say("hub.downloading", **values))
        elif not ask(say("hub.ask_download", **values)):
            raise Cancelled("hub.declined", repo=repo_id)
        path = hub_client.fetch(found, revision)
    except KeyboardInterrupt:
        stopped = Cancelled("hub.stopped", repo=repo_id)
    else:
        return _of_commit(repo_id, found.commit, path)
    raise stopped


def _look(repo_id: str, revision: str | None, seconds: float | None) -> Listing:
    """The repository's files. With `seconds`: HubError after so long, also where a name lookup hangs."""
    if seconds is None:
        return guarded(
            lambda: hub_client.listing(repo_id, revision, hub_client.LOOK_SECONDS), repo_id, "download"
        )
    outcome: list[Listing | AssistantError] = []

    def ask_hub() -> None:
        try:
            outcome.append(
                guarded(lambda: hub_client.listing(repo_id, revision, seconds), repo_id, "download")
            )
        except AssistantError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask_hub, name="hub-look", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise HubError("hub.download_timed_out", repo=repo_id, endpoint=hub_client.endpoint())
    if isinstance(outcome[0], AssistantError):
        raise outcome[0]
    return outcome[0]


def _needed(found: Listing) -> Listing:
    """Only what a chat needs, small files first: settings, tokenizer, and one form of the weights.

    Safetensors where there are any, else PyTorch's own; never TensorFlow, Flax, ONNX or optimizer state.
    Raises HubError for a repository that holds no model.
    """
    by_name: dict[str, RemoteFile] = {item.name: item for item in found.files}
    single = [_SAFETENSORS[0]] if _SAFETENSORS[0] in by_name else []
    weights = single or _matching(by_name, _SAFETENSORS) or _matching(by_name, _BIN)
    small = [name for name in (*_SETTINGS, *TOKENIZER_FILES) if name in by_name]
    if "config.json" not in by_name or not weights:
        raise HubError("hub.no_model_there", repo=found.repo_id)
    return replace(found, files=tuple(by_name[name] for name in (*small, *weights)))
