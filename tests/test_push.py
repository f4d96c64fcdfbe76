"""Pushing a version to a server that speaks the Hub's protocol, with the real client."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import TOKEN, HubServer, local_hub
from push_helpers import (
    ADAPTER,
    ALLOWED,
    Person,
    everything_in,
    make_bundle,
    push_yes,
)

from persian_assistant import config, push, wording
from persian_assistant.commands import push as command
from persian_assistant.errors import AssistantError, Cancelled, HubError, UsageError
from persian_assistant.profile import Profile
from persian_assistant.push import PushBundle, prepare_push, push_adapter
from persian_assistant.versions import VersionStore

# The client hands its uploads to httpx in a way that httpx has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go: empty before, and to be empty after."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, scratch: Path) -> Iterator[HubServer]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    yield from local_hub(monkeypatch)
    assert list(scratch.iterdir()) == []


@pytest.fixture
def bundle(tmp_path: Path) -> PushBundle:
    return make_bundle(tmp_path)


# --- what goes


def test_only_the_allowed_files_go_and_arrive_byte_for_byte(
    server: HubServer, bundle: PushBundle, tmp_path: Path
) -> None:
    wording.set_language("en")
    person = Person(True)
    assert person.push(bundle) == f"{server.url}/sara/chat"
    repo = server.repos["sara/chat"]
    assert repo.private
    assert repo.messages == ["initial", "Version 7"]
    assert set(repo.files) == {*ALLOWED, ".gitattributes"}
    assert repo.files["adapter_model.safetensors"] == ADAPTER
    expected = tmp_path / "expected"
    expected.mkdir()
    listed = prepare_push(bundle, expected)
    assert {name: repo.files[name] for name in ALLOWED} == everything_in(expected)
    assert {(item.name, item.size) for item in listed} == {(n, len(repo.files[n])) for n in ALLOWED}
    assert "storage_put" in server.routes()
    assert "verify" in server.routes()
    assert server.tokens_at_storage() == []
    # what the person saw before saying yes
    shown = "\n".join(person.told)
    assert all(name in shown for name in ALLOWED)
    assert f"{server.url}/sara/chat (private)" in shown
    assert len(person.asked) == 1
    assert "5 files, 0.3 MB" in person.asked[0]


def test_what_was_pushed_can_be_downloaded_again(
    server: HubServer, bundle: PushBundle, tmp_path: Path
) -> None:
    from huggingface_hub import snapshot_download

    push_yes(bundle)
    folder = Path(snapshot_download("sara/chat", endpoint=server.url, cache_dir=tmp_path / "cache"))
    assert (folder / "adapter_model.safetensors").read_bytes() == ADAPTER
    settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    assert settings["base_model_name_or_path"] == "HooshvareLab/gpt2-fa"
    assert settings["revision"] == "a" * 40
    assert settings["target_modules"] == ["c_attn", "c_proj"]


def test_no_path_and_no_word_of_the_conversation_is_in_any_file(bundle: PushBundle, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    for number, base in enumerate(
        (bundle.base, {"name": str(tmp_path / "base"), "repo_id": None}, {"name": "mini"})
    ):
        folder = staging / str(number)
        folder.mkdir(parents=True)
        prepare_push(replace(bundle, base=base), folder)
        for name, content in everything_in(folder).items():
            text = content.decode("utf-8", "replace")
            hidden = (
                str(tmp_path),
                str(Path.home()),
                "/srv/models",
                "C:\\\\Users",
                "6037",
                "۶۰۳۷",
                "training_args",
            )
            assert not [item for item in hidden if item in text], name
    settings = json.loads((staging / "1" / "adapter_config.json").read_text(encoding="utf-8"))
    assert settings["base_model_name_or_path"] is None
    tokenizer = json.loads((staging / "1" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert tokenizer == {"bos_token": "<s>", "sep_token": "/"}
    # the vocabulary is not a settings file: a token that looks like a path stays
    assert "/usr/lib" in (staging / "1" / "tokenizer.json").read_text(encoding="utf-8")


def test_the_card_says_what_it_is(bundle: PushBundle) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard(push.model_card(bundle))
    data = card.data.to_dict()
    assert data["base_model"] == "HooshvareLab/gpt2-fa"
    assert (data["library_name"], data["language"], data["license"]) == ("peft", "fa", "apache-2.0")
    assert "persian-assistant" in data["tags"]
    for line in (
        "| exchanges | 40 |",
        "| seed_examples | 312 |",
        "| perplexity | 12.3457 |",
        "| recall | 1 |",
    ):
        assert line in card.text
    assert "passed" not in card.text
    bare = ModelCard(
        push.model_card(replace(bundle, base={"name": "mini"}, scores={}, licence=None, persona=None))
    )
    assert "base_model" not in bare.data.to_dict()
    assert "Not recorded." in bare.text
    assert "`mini` (not on the Hub)" in bare.text


def test_a_second_push_replaces_in_one_commit(server: HubServer, bundle: PushBundle) -> None:
    wording.set_language("en")
    push_yes(bundle)
    (bundle.adapter_dir / "adapter_model.safetensors").write_bytes(b"newer")
    person = Person(True)
    person.push(replace(bundle, version=8))
    repo = server.repos["sara/chat"]
    assert repo.files["adapter_model.safetensors"] == b"newer"
    assert repo.messages == ["initial", "Version 7", "Version 8"]
    assert any("exists already" in line for line in person.told)
    assert server.routes().count("create") == 1


def test_a_vanishing_line_during_the_upload_is_retried(server: HubServer, bundle: PushBundle) -> None:
    server.fail("storage_put", 500, times=1)
    push_yes(bundle)
    assert server.repos["sara/chat"].files["adapter_model.safetensors"] == ADAPTER
    assert server.routes().count("storage_put") == 2


# --- asking


def test_a_no_sends_nothing(server: HubServer, bundle: PushBundle) -> None:
    with pytest.raises(Cancelled) as caught:
        Person(False).push(bundle)
    assert caught.value.key == "hub.push_declined"
    assert server.routes() == ["info"]
    assert server.repos == {}


def test_nobody_there_and_no_yes_sends_nothing(server: HubServer, bundle: PushBundle) -> None:
    with pytest.raises(HubError, match="--yes"):
        push_adapter(bundle, "sara/chat", ask=None, notice=print)
    assert server.requests == []


def test_public_only_when_asked_for(server: HubServer, bundle: PushBundle) -> None:
    push_yes(bundle, "sara/open", public=True)
    assert not server.repos["sara/open"].private
    push_yes(bundle, "sara/closed")
    assert server.repos["sara/closed"].private


def test_a_public_repository_is_no_place_for_a_private_push(server: HubServer, bundle: PushBundle) -> None:
    wording.set_language("en")
    repo = server.add("sara/chat", {"README.md": b"mine"})
    with pytest.raises(HubError, match="--public"):
        push_yes(bundle)
    person = Person(False)
    with pytest.raises(Cancelled):
        person.push(bundle)
    assert "is public" in person.asked[0]
    assert repo.files == {"README.md": b"mine"}
    Person(True).push(bundle)
    assert "adapter_config.json" in repo.files


def test_a_private_repository_stays_private(server: HubServer, bundle: PushBundle) -> None:
    wording.set_language("en")
    repo = server.add("sara/chat", {"README.md": b"mine"}, private=True)
    person = Person(True)
    person.push(bundle, public=True)
    assert repo.private
    assert any("stays so" in line for line in person.told)


@pytest.mark.parametrize(
    "name",
    [
        "chat",
        "a/b/c",
        "سارا/گپ",
        "sara/",
        "/chat",
        "sara/ch at",
        "sara/a--b",
        "sara/x.git",
        "../etc",
        "s/" + "x" * 96,
    ],
)
def test_bad_targets(bundle: PushBundle, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        push_yes(bundle, name)
    assert caught.value.key == "hub.bad_repo_id"


@pytest.mark.parametrize("persona", ["remembrance", "Remembrance", "/home/sara/remembrance.toml"])
def test_remembrance_is_never_uploaded(server: HubServer, bundle: PushBundle, persona: str) -> None:
    with pytest.raises(UsageError) as caught:
        push_yes(replace(bundle, persona=persona))
    assert caught.value.key == "hub.push_remembrance"
    assert server.requests == []


def test_without_an_adapter_or_a_token_nothing_is_asked(
    server: HubServer, bundle: PushBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="hf auth login") as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.no_token"
    (bundle.adapter_dir / "adapter_model.safetensors").unlink()
    with pytest.raises(HubError) as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.push_nothing"
    assert server.requests == []


def test_a_stored_login_is_enough(
    server: HubServer, bundle: PushBundle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    push_yes(bundle)
    assert "adapter_config.json" in server.repos["sara/chat"].files


# --- the command


@pytest.fixture
def profile(bundle: PushBundle) -> Callable[[str], Profile]:
    """Makes a profile with one published version in it."""

    def make(name: str) -> Profile:
        made = Profile.open(config.home(), name, create={"base_model": "mini", "persona": "assistant"})
        store = VersionStore(made.path)

        def save(folder: Path) -> None:
            for file in push.ADAPTER_FILES:
                shutil.copyfile(bundle.adapter_dir / file, folder / file)

        store.publish(
            store.stage(save),
            high_water=40,
            data_hash="0" * 64,
            base={"name": "mini"},
            config={"counts": {"exchanges": 20}},
            scores={"perplexity": 9.5},
            parent=None,
        )
        return made

    return make


def arguments(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(argv)


def test_the_command_pushes_the_current_version(
    server: HubServer, profile: Callable[[str], Profile], capsys: pytest.CaptureFixture[str]
) -> None:
    profile("mine")
    assert command.run(arguments("sara/chat", "--yes"), config.Config()) == 0
    out, err = capsys.readouterr()
    assert out == f"{server.url}/sara/chat\n"
    assert "adapter_model.safetensors" in err
    assert TOKEN not in out + err
    files = server.repos["sara/chat"].files
    assert hashlib.sha256(files["adapter_model.safetensors"]).digest() == hashlib.sha256(ADAPTER).digest()
    assert b"| exchanges | 20 |" in files["README.md"]
    assert b"| perplexity | 9.5 |" in files["README.md"]


def test_the_command_wants_a_profile_with_a_version(
    server: HubServer, profile: Callable[[str], Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubError) as nothing:
        command.run(arguments("sara/chat", "--yes"), config.Config())
    assert nothing.value.key == "hub.push_nothing"
    profile("mine")
    VersionStore(profile("other").path).rollback(None)
    with pytest.raises(UsageError, match="other"):
        command.run(arguments("sara/chat", "--yes"), config.Config())
    with pytest.raises(HubError) as nothing:
        command.run(arguments("sara/chat", "--profile", "other", "--yes"), config.Config())
    assert nothing.value.key == "hub.push_nothing"
    with Path(os.devnull).open() as nobody, pytest.raises(AssistantError, match="--yes"):
        monkeypatch.setattr(sys, "stdin", nobody)
        command.run(arguments("sara/chat", "--profile", "mine"), config.Config())
    assert server.requests == []


def test_environment_alone_and_a_whole_process(server: HubServer, profile: Callable[[str], Profile]) -> None:
    profile("mine")
    code = (
        "import argparse, sys; from persian_assistant.commands import push\n"
        "from persian_assistant.config import Config\n"
        "parser = argparse.ArgumentParser(); push.add_arguments(parser)\n"
        "sys.exit(push.run(parser.parse_args(sys.argv[1:]), Config()))"
    )
    environment = {"HF_ENDPOINT": server.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, "sara/chat", "--yes"],
        env={**os.environ, "PYTHONPATH": str(Path(push.__file__).parent.parent), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{server.url}/sara/chat\n"
    assert TOKEN not in done.stdout + done.stderr
    assert "signature=secret" not in done.stderr
    assert server.repos["sara/chat"].files["adapter_model.safetensors"] == ADAPTER
    assert all(TOKEN.encode() not in content for content in server.repos["sara/chat"].files.values())
