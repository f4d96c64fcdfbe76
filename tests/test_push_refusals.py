"""What a push says and leaves when the Hub refuses, the line breaks, or the person stops it."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import TOKEN, HubServer, local_hub
from push_helpers import (
    assert_tells_nothing,
    make_bundle,
    push_yes,
)

from persian_assistant import hub_client
from persian_assistant.errors import Cancelled, HubError
from persian_assistant.push import PushBundle

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


# --- refusals


@pytest.mark.parametrize(
    ("route", "status", "key"),
    [
        ("create", 400, "hub.refused"),
        ("create", 401, "hub.push_unauthorized"),
        ("create", 403, "hub.push_forbidden"),
        ("create", 404, "hub.push_not_found"),
        ("create", 429, "hub.rate_limited"),
        ("create", 500, "hub.server_error"),
        ("info", 401, "hub.push_unauthorized"),
        ("info", 403, "hub.push_forbidden"),
        ("info", 429, "hub.rate_limited"),
        ("info", 503, "hub.server_error"),
        ("commit", 401, "hub.push_unauthorized"),
        ("commit", 403, "hub.push_forbidden"),
        ("commit", 404, "hub.push_not_found"),
        ("commit", 409, "hub.conflict"),
        ("commit", 412, "hub.moved_on"),
        ("commit", 413, "hub.refused"),
        ("commit", 429, "hub.rate_limited"),
        ("commit", 502, "hub.server_error"),
    ],
)
def test_every_status_has_its_own_words(
    server: HubServer, bundle: PushBundle, route: str, status: int, key: str
) -> None:
    server.fail(route, status, message=f"because of {TOKEN}", Retry_After="90")
    with pytest.raises(HubError) as caught:
        push_yes(bundle)
    assert caught.value.key == key
    if status == 429:
        assert "۹۰" in str(caught.value)
    else:
        assert str(status) in str(caught.value)
    assert_tells_nothing(caught.value)
    assert all("adapter_config.json" not in repo.files for repo in server.repos.values())


@pytest.mark.parametrize(
    ("route", "status"), [("preupload", 403), ("batch", 401), ("storage_put", 403), ("verify", 404)]
)
def test_refusals_in_the_middle(server: HubServer, bundle: PushBundle, route: str, status: int) -> None:
    server.fail(route, status)
    with pytest.raises(HubError, match=str(status)) as caught:
        push_yes(bundle)
    assert caught.value.key in {"hub.push_unauthorized", "hub.push_forbidden", "hub.push_not_found"}
    assert_tells_nothing(caught.value)


@pytest.mark.parametrize("route", ["preupload", "storage_put"])
def test_a_long_wait_is_told_not_sat_out(server: HubServer, bundle: PushBundle, route: str) -> None:
    server.fail(route, 429, Retry_After="3600")
    with pytest.raises(HubError, match="۳۶۰۰"):
        push_yes(bundle)


def test_an_expired_token_and_a_foreign_name(
    server: HubServer, bundle: PushBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubError, match="don't have the rights") as caught:
        push_yes(bundle, "reza/chat")
    assert caught.value.key == "hub.push_forbidden"
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    with pytest.raises(HubError) as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.push_unauthorized"
    assert server.repos == {}


def test_somebody_elses_commit_in_between_is_not_overwritten(server: HubServer, bundle: PushBundle) -> None:
    repo = server.add("sara/chat", {"README.md": b"old"}, private=True)
    server.before["preupload"] = lambda: server.add("sara/chat", {"README.md": b"theirs"}) and None  # type: ignore[func-returns-value]
    with pytest.raises(HubError) as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.moved_on"
    assert repo.files == {"README.md": b"theirs"}


@pytest.mark.parametrize("route", ["info", "commit"])
def test_a_silent_hub(
    server: HubServer, bundle: PushBundle, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    monkeypatch.setattr(hub_client, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(hub_client, "ANSWER_SECONDS", 0.5)
    server.silent.add(route)
    with pytest.raises(HubError, match="sara/chat") as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.push_timed_out"
    assert_tells_nothing(caught.value)


def test_no_network_and_offline(
    server: HubServer, bundle: PushBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"127\.0\.0\.1:9") as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.no_network"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubError, match="HF_HUB_OFFLINE") as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.offline"
    assert server.requests == []


def test_ctrl_c_ends_the_push_only(server: HubServer, bundle: PushBundle) -> None:
    server.before["preupload"] = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Cancelled) as caught:
        push_yes(bundle)
    assert caught.value.key == "hub.push_stopped"
    assert set(server.repos["sara/chat"].files) == {".gitattributes"}
