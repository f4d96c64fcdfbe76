"""Uploading one adapter version to the Hugging Face Hub: what goes, what the card says, and the asking.

What goes is an allow-list: the adapter's weights and config, the tokenizer, and a card made of counts and
scores. Knows nothing of the journal, so it cannot send any of it. Nothing leaves the machine before the
person has seen the list and agreed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

from persian_assistant import __version__, hub_client
from persian_assistant.config import home
from persian_assistant.errors import AssistantError, Cancelled, HubError, UsageError
from persian_assistant.hub_client import endpoint, guarded, megabytes
from persian_assistant.wording import say

Ask = Callable[[str], bool]
Notice = Callable[[str], None]

ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "chat_template.jinja",
)
_SETTINGS = ("adapter_config.json", "tokenizer_config.json", "special_tokens_map.json")
_FILE_SETTINGS = ("tokenizer_file", "vocab_file", "merges_file", "special_tokens_map_file")
_REPO_ID = re.compile(r"[A-Za-z0-9]([\w.-]*\w)?/[\w]([\w.-]*\w)?", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,40}")
_TITLE = re.compile(r"[\w .\-‌]{1,60}")


@dataclass(frozen=True)
class PushFile:
    """One file that would be uploaded, and its bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class PushBundle:
    """One version, ready to be shown to the world."""

    adapter_dir: Path
    """The version's folder."""
    tokenizer_dir: Path | None
    """The folder of the tokenizer; None leaves it out."""
    base: dict[str, Any]
    """The base model: `repo_id` (None if it is not on the Hub), `revision`, `name`."""
    version: int
    """The version's number."""
    counts: dict[str, Any] = field(default_factory=dict)
    """How much it has learned from: `exchanges`, `seed_examples`, … ; whole numbers only are published."""
    scores: dict[str, Any] = field(default_factory=dict)
    """What the gate measured; numbers only are published."""
    persona: str | None = None
    """The persona's name, or the path of its file."""
    licence: str | None = None
    """The base model's licence, in the Hub's spelling."""


def bundle_of(profile_name: str | None, notice: Notice) -> PushBundle:
    """What would be pushed from a profile (None: the only one there is).

    Raises UsageError where no profile is meant or it plays somebody who is gone, HubError
    where it has no version, DiskError.
    """
    from persian_assistant.hub import resolve
    from persian_assistant.profile import Profile, list_profiles
    from persian_assistant.remembrance_consent import is_role_profile
    from persian_assistant.versions import VersionStore

    known = list_profiles(home())
    if profile_name is None and len(known) > 1:
        raise UsageError("hub.which_profile", known="، ".join(known))
    if profile_name is None and not known:
        raise HubError("hub.push_nothing", path=home())
    profile = Profile.open(home(), profile_name or known[0])
    if is_role_profile(profile):
        raise UsageError("hub.push_remembrance")
    version = VersionStore(profile.path).current()
    if version is None:
        raise HubError("hub.push_nothing", path=profile.path)
    try:
        name = profile.repo_id or profile.base_model
        base = resolve(name, revision=profile.revision, offline=True, notice=notice).path
    except AssistantError:
        base = None  # without its folder the tokenizer is left out; the adapter itself is here
    own = any((version.path / name).is_file() for name in ("tokenizer.json", "tokenizer.model"))
    counts = version.config.get("counts")
    return PushBundle(
        adapter_dir=version.path,
        tokenizer_dir=version.path if own else base,
        base={"name": profile.base_model, "repo_id": profile.repo_id, "revision": profile.revision},
        version=version.number,
        counts=counts if isinstance(counts, dict) else {},
        scores=version.scores,
        persona=profile.persona,
        licence=licence_of(base),
    )


def check_repo_id(repo_id: str) -> str:
    """`repo_id` if it has the form USER/REPO. Raises UsageError."""
    fits = _REPO_ID.fullmatch(repo_id) and "--" not in repo_id and ".." not in repo_id
    if not fits or len(repo_id) > 96 or repo_id.endswith(".git"):
        raise UsageError("hub.bad_repo_id", repo=repo_id)
    return repo_id


def prepare_push(bundle: PushBundle, staging: Path) -> list[PushFile]:
    """Put into the empty folder `staging` exactly what would be uploaded, and list it.

    Raises HubError where the version has no adapter.
    """
    for name in ADAPTER_FILES:
        if not (bundle.adapter_dir / name).is_file():
            raise HubError("hub.push_nothing", path=bundle.adapter_dir)
        _copy(bundle.adapter_dir / name, staging / name, bundle)
    for name in TOKENIZER_FILES if bundle.tokenizer_dir else ():
        source = Path(str(bundle.tokenizer_dir)) / name
        if source.is_file():
            _copy(source, staging / name, bundle)
    (staging / "README.md").write_text(model_card(bundle), encoding="utf-8")
    return [PushFile(path.name, path.stat().st_size) for path in sorted(staging.iterdir())]


def _copy(source: Path, target: Path, bundle: PushBundle) -> None:
    if source.name not in _SETTINGS:
        shutil.copyfile(source, target)
        return
    settings = _without_paths(json.loads(source.read_text(encoding="utf-8")))
    if source.name == "adapter_config.json":
        # Only a Hub id may stand here: another name could be taken on the Hub by anyone.
        settings["base_model_name_or_path"] = bundle.base.get("repo_id")
        settings["revision"] = bundle.base.get("revision") if bundle.base.get("repo_id") else None
    else:
        for name in ("name_or_path", *_FILE_SETTINGS):
            settings.pop(name, None)
    target.write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _without_paths(value: Any) -> Any:
    """`value` with every text that tells where things lie on this machine replaced by None."""
    if isinstance(value, dict):
        return {name: _without_paths(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_paths(inner) for inner in value]
    return None if isinstance(value, str) and _tells_a_path(value) else value


def _tells_a_path(text: str) -> bool:
    if any(root in text for root in (str(home()), str(Path.home())) if len(root) > 1):
        return True
    absolute = len(text) > 1 and (Path(text).is_absolute() or text.startswith("~/"))
    return (absolute and text.count("/") > 1) or bool(PureWindowsPath(text).drive and "\\" in text)


def model_card(bundle: PushBundle) -> str:
    """The README of the repository: front matter, base model, counts, scores, how to load it."""
    from huggingface_hub import ModelCard, ModelCardData

    repo_id = bundle.base.get("repo_id")
    data = ModelCardData(
        base_model=repo_id,
        library_name="peft",
        pipeline_tag="text-generation",
        language="fa",
        license=bundle.licence,
        tags=["lora", "persian", "persian-assistant"],
    )
    persona = bundle.persona if bundle.persona and _TITLE.fullmatch(bundle.persona) else None
    lines = [
        f"---\n{data.to_yaml()}\n---\n",
        "# A Persian chat adapter\n",
        f"Version {bundle.version} of a LoRA adapter that learned from a conversation in Persian, "
        f"made with persian-assistant {__version__}.\n",
        f"- Base model: {_base_link(bundle)}",
        *([f"- Persona: {persona}"] if persona else []),
        f"- Licence: {bundle.licence or 'see the base model'}",
        "\n## What it learned from\n",
        *_table("Kind", "Count", bundle.counts),
        "\nThe conversation itself is private and is not part of this repository. What was said in it can "
        "still be guessed from the weights in part.",
        "\n## Measured\n",
        *_table("Score", "Value", bundle.scores),
    ]
    if repo_id:
        lines += ["\n## Use\n", "```python", *_usage(str(repo_id)), "```"]
    return str(ModelCard("\n".join(lines) + "\n"))


def _base_link(bundle: PushBundle) -> str:
    """The base model: a link to the Hub, or its name, but never where its folder lies."""
    if repo_id := bundle.base.get("repo_id"):
        revision = bundle.base.get("revision")
        return f"[{repo_id}](https://huggingface.co/{repo_id})" + (
            f", revision `{revision}`" if revision else ""
        )
    name = str(bundle.base.get("name") or "")
    return f"`{name}` (not on the Hub)" if re.fullmatch(r"[\w.-]{1,40}", name) else "a local model"


def _table(left: str, right: str, values: dict[str, Any]) -> list[str]:
    """Numbers under plain names as Markdown; anything else could quote the conversation and is left out."""
    rows = [
        f"| {name} | {value:g} |" if isinstance(value, float) else f"| {name} | {value} |"
        for name, value in sorted(values.items())
        if isinstance(value, (int, float)) and not isinstance(value, bool) and _WORD.fullmatch(name)
    ]
    return [f"| {left} | {right} |", "|---|---|", *rows] if rows else ["Not recorded."]


def _usage(repo_id: str) -> list[str]:
    return [
        "from peft import PeftModel",
        "from transformers import AutoModelForCausalLM",
        f'base = AutoModelForCausalLM.from_pretrained("{repo_id}")',
        'model = PeftModel.from_pretrained(base, "USER/REPO")  # this repository',
    ]


def push_adapter(
    bundle: PushBundle,
    repo_id: str,
    *,
    ask: Ask | None,
    notice: Notice,
    public: bool = False,
    yes: bool = False,
    progress: bool = True,
) -> str:
    """Show what would be uploaded, ask, upload in one commit; returns the address of the repository.

    `ask` None means nobody is there: then only `yes` lets it happen. `progress` shows the client's own bars.
    A repository that is there and public takes a private push only if `ask` is answered with yes once more.

    Raises UsageError for a bad `repo_id` or the remembrance persona, Cancelled for a no or Ctrl-C, HubError
    for everything the Hub or the network refuses. Leaves no files behind.
    """
    check_repo_id(repo_id)
    if bundle.persona and Path(bundle.persona).stem.lower() == "remembrance":
        raise UsageError("hub.push_remembrance")
    if hub_client.is_offline():
        raise HubError("hub.offline")
    with tempfile.TemporaryDirectory(prefix="persian-assistant-push-") as folder:
        staging = Path(folder)
        files = prepare_push(bundle, staging)
        if not hub_client.has_token():
            raise HubError("hub.no_token", endpoint=endpoint())
        try:
            head = _agree(bundle, repo_id, files, public, None if yes else ask, yes, notice)
            title = f"Version {bundle.version}"
            guarded(lambda: _upload(repo_id, staging, title, public, head, progress), repo_id, "push")
        except KeyboardInterrupt:
            stopped = Cancelled("hub.push_stopped", repo=repo_id)
        else:
            url = f"{endpoint()}/{repo_id}"
            notice(say("hub.pushed", version=bundle.version, url=url))
            return url
    raise stopped


def _agree(
    bundle: PushBundle,
    repo_id: str,
    files: list[PushFile],
    public: bool,
    ask: Ask | None,
    yes: bool,
    notice: Notice,
) -> str | None:
    """Show the plan and ask; returns the repository's newest commit, None if it has still to be made."""
    if ask is None and not yes:
        raise HubError("hub.push_needs_yes")
    found = guarded(lambda: _look(repo_id), repo_id, "push")
    is_public = public if found is None else not found.private
    target = f"{endpoint()}/{repo_id}"
    visibility = say("hub.public" if is_public else "hub.private")
    notice(say("hub.push_plan", version=bundle.version, target=target, visibility=visibility))
    for item in files:
        notice(say("hub.push_file", name=item.name, size=megabytes(item.size)))
    if found is not None:
        notice(say("hub.push_exists", repo=repo_id))
        if public and found.private:
            notice(say("hub.push_stays_private", repo=repo_id, endpoint=endpoint()))
    surprise = is_public and not public
    if surprise and ask is None:
        raise HubError("hub.push_is_public", repo=repo_id)
    size = megabytes(sum(item.size for item in files))
    values = {"repo": repo_id, "target": target, "files": len(files), "size": size}
    if ask is not None and not ask(say("hub.ask_push_public" if surprise else "hub.ask_push", **values)):
        raise Cancelled("hub.push_declined")
    return found.commit if found else None


def _look(repo_id: str) -> hub_client.Listing | None:
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return hub_client.listing(repo_id, None, hub_client.LOOK_SECONDS)
    except HfHubHTTPError as error:
        if error.response.status_code == 404:
            return None
        raise


def _upload(repo_id: str, staging: Path, title: str, public: bool, head: str | None, progress: bool) -> None:
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    api = HfApi(endpoint=endpoint())
    quiet_before = are_progress_bars_disabled()
    with hub_client.client():
        if head is None:
            api.create_repo(repo_id, private=not public, exist_ok=True)
        if not progress:
            disable_progress_bars()
        try:
            api.create_commit(
                repo_id,
                [CommitOperationAdd(path.name, path) for path in sorted(staging.iterdir())],
                commit_message=title,
                parent_commit=head,  # somebody else's commit in between is not overwritten (412)
            )
        finally:
            if not progress and not quiet_before:
                enable_progress_bars()


def licence_of(folder: Path | None) -> str | None:
    """The licence that the model card in a model's folder names, in the Hub's spelling, or None."""
    from huggingface_hub import ModelCard

    card = folder / "README.md" if folder else None
    if card is None or not card.is_file():
        return None
    with suppress(Exception):  # a card that cannot be read says nothing
        return str(ModelCard.load(card).data.get("license") or "") or None
    return None
