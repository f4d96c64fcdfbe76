"""Downloads and refusals, against a real server that speaks the Hub's protocol."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_helpers import (
    MODEL,
    SMALL,
    WANTED,
    WEIGHTS,
    Person,
    contents,
    download,
    run_python,
)
from hub_server import TOKEN, HubServer, local_hub

from persian_assistant import hub, hub_client, wording
from persian_assistant.errors import Cancelled, HubError, UsageError
from persian_assistant.hub import resolve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    yield from local_hub(monkeypatch)


# --- downloads


def test_only_what_a_chat_needs_comes_and_then_nothing_is_asked_again(server: HubServer) -> None:
    repo = server.add("sara/small", MODEL)
    source = download("sara/small")
    assert contents(source.path) == {name: MODEL[name] for name in WANTED}
    assert (source.repo_id, source.revision, source.fingerprint) == ("sara/small", repo.head, repo.head)
    assert not source.bundled
    server.requests.clear()
    assert download("sara/small") == source
    assert resolve("sara/small", notice=print, offline=True) == source
    assert server.requests == []


def test_the_download_is_a_cache_the_client_itself_understands(server: HubServer) -> None:
    from huggingface_hub import snapshot_download

    server.add("sara/small", MODEL)
    source = download("sara/small")
    found = snapshot_download("sara/small", cache_dir=hub_client.cache_dir(), local_files_only=True)
    assert Path(found) == source.path


def test_pickled_weights_come_only_where_there_is_nothing_else(server: HubServer) -> None:
    server.add("sara/old", {name: data for name, data in MODEL.items() if name != "model.safetensors"})
    assert set(contents(download("sara/old").path)) == {*SMALL, "pytorch_model.bin"}


def test_shards_come_all_and_a_missing_one_means_incomplete(server: HubServer) -> None:
    shards = {f"model-0000{n}-of-00002.safetensors": bytes([n]) * 50 for n in (1, 2)}
    index = json.dumps({"weight_map": dict(zip("ab", shards, strict=True))}).encode()
    server.add("sara/big", {**SMALL, **shards, "model.safetensors.index.json": index})
    source = download("sara/big")
    assert shards.items() <= contents(source.path).items()
    (source.path / "model-00002-of-00002.safetensors").unlink()
    assert hub.cached("sara/big") is None
    assert shards.items() <= contents(download("sara/big").path).items()


def test_the_person_is_told_the_true_size_and_a_no_downloads_nothing(server: HubServer) -> None:
    wording.set_language("en")
    server.add("sara/small", {**MODEL, "model.safetensors": WEIGHTS * 14})
    person = Person(answer=False)
    with pytest.raises(Cancelled, match="was not downloaded"):
        person.resolve("sara/small")
    assert len(person.asked) == 1
    assert "sara/small" in person.asked[0]
    assert "13 MB (4 files)" in person.asked[0]  # 12.6 MB of weights, and not the other formats
    assert server.routes() == ["info"]


def test_sizes_in_persian_use_persian_digits(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    person = Person()
    person.resolve("sara/small")
    assert "۰٫۹ مگابایت" in person.asked[0]


def test_nobody_there_and_no_flag_asks_the_hub_nothing(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    with pytest.raises(HubError, match="--download"):
        resolve("sara/small", notice=print)
    assert server.requests == []


def test_a_killed_download_goes_on_from_where_it_was(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    server.cuts = [700_000]
    code = (
        "from persian_assistant.hub import resolve; resolve('sara/small', notice=print, allow_download=True)"
    )
    child = run_python(code, HF_ENDPOINT=server.url, HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
    # The line breaks after 700,000 bytes; when the client comes back for the rest, its process dies.
    server.before["storage_get"] = lambda: (
        child.kill() if server.routes().count("storage_get") > 1 else None  # type: ignore[func-returns-value]
    )
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    server.before.clear()
    server.requests.clear()
    assert hub.cached("sara/small") is None
    wording.set_language("en")
    person = Person()
    source = person.resolve("sara/small")
    assert "0.4 MB" in person.asked[0]
    ranges = [seen.headers.get("range") for seen in server.requests if seen.route == "storage_get"]
    assert ranges == ["bytes=524288-"]
    assert contents(source.path)["model.safetensors"] == WEIGHTS


def test_a_reset_line_is_taken_up_again_at_once(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    server.cuts = [600_000]
    server.reset_when = lambda: any(p.stat().st_size for p in hub_client.cache_dir().rglob("*.incomplete"))
    source = download("sara/small")
    ranges = [seen.headers.get("range") for seen in server.requests if seen.route == "storage_get"]
    assert ranges[0] is None
    assert len(ranges) == 2
    assert ranges[1] in ("bytes=262144-", "bytes=524288-")
    assert contents(source.path)["model.safetensors"] == WEIGHTS


def test_damaged_weights_are_never_taken(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    oid = next(iter(server.large))
    true = server.large[oid]
    server.large[oid] = bytes(len(true))
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == "hub.corrupt"
    server.large[oid] = true
    assert contents(download("sara/small").path)["model.safetensors"] == WEIGHTS


def test_revisions_are_pinned(server: HubServer) -> None:
    old, new = {**SMALL, "model.safetensors": b"old"}, {**SMALL, "model.safetensors": b"new"}
    repo = server.add("sara/small", old, tag="v1")
    first = repo.head
    server.add("sara/small", new)
    assert contents(download("sara/small", revision="v1").path) == old
    assert download("sara/small", revision="v1").revision == first
    assert contents(download("sara/small").path) == new
    assert contents(download("sara/small", revision=first).path) == old
    assert contents(download("sara/small", revision="main").path) == new
    with pytest.raises(HubError, match="--revision") as caught:
        download("sara/small", revision="v2")
    assert caught.value.key == "hub.no_revision"
    with pytest.raises(UsageError):
        download("sara/small", revision="../../x")


def test_ctrl_c_ends_the_download_only(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    server.before["storage_get"] = lambda: os.kill(os.getpid(), signal.SIGINT)
    with pytest.raises(Cancelled) as caught:
        download("sara/small")
    assert caught.value.key == "hub.stopped"
    server.before.clear()
    assert contents(download("sara/small").path)["model.safetensors"] == WEIGHTS


def test_the_token_reaches_the_hub_but_not_the_storage(
    server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.add("sara/secret", MODEL, private=True)
    assert contents(download("sara/secret").path)["model.safetensors"] == WEIGHTS
    assert "storage_get" in server.routes()
    assert server.tokens_at_storage() == []


# --- refusals


def test_a_gated_model_says_how_to_get_access(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("google/gemma-2-2b-it", MODEL, gated=True)
    person = Person()
    for token in (None, TOKEN):  # nobody logged in, then logged in but the licence not accepted
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(HubError) as caught:
            person.resolve("gemma-2-2b-it")
        message = str(caught.value)
        assert f"{server.url}/google/gemma-2-2b-it" in message
        assert "hf auth login" in message
        assert "HF_TOKEN" in message
        assert TOKEN not in message
    assert len(person.asked) == 1  # without a login there is nothing to ask
    server.licence_accepted.add("sara")
    assert person.resolve("gemma-2-2b-it").name == "gemma-2-2b-it"


def test_gated_by_the_file_alone(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    server.fail("resolve_head", 401, X_Error_Code="GatedRepo")
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == "hub.gated"


@pytest.mark.parametrize(
    ("status", "headers", "key"),
    [
        (401, {}, "hub.download_unauthorized"),
        (403, {}, "hub.download_forbidden"),
        (404, {}, "hub.download_not_found"),
        (429, {"Retry_After": "77"}, "hub.rate_limited"),
        (429, {"RateLimit": '"api";r=0;t=77'}, "hub.rate_limited"),
        (429, {}, "hub.rate_limited_unknown"),
        (451, {}, "hub.refused"),
        (500, {}, "hub.server_error"),
        (503, {}, "hub.server_error"),
    ],
)
def test_every_status_has_its_own_words(
    server: HubServer, monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str], key: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.add("sara/small", MODEL)
    server.fail("info", status, message=f"no \x1b[31m with {TOKEN}", **headers)
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == key
    for language in wording.LANGUAGES:
        wording.set_language(language)
        assert TOKEN not in str(caught.value)
        assert "\x1b" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    if status == 429 and headers:
        assert "77" in str(caught.value)


def test_a_long_wait_in_the_middle_is_told_not_sat_out(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    server.fail("storage_get", 429, Retry_After="3600")
    with pytest.raises(HubError, match="۳۶۰۰"):
        download("sara/small")


def test_missing_repository(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HubError) as caught:
        download("sara/none")
    assert caught.value.key == "hub.download_unauthorized"  # what the Hub answers the anonymous
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(HubError) as caught:
        download("sara/none")
    assert caught.value.key == "hub.download_not_found"
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    with pytest.raises(HubError) as caught:
        download("sara/none")
    assert caught.value.key == "hub.download_unauthorized"


def test_a_repository_without_a_model(server: HubServer) -> None:
    server.add("sara/adapter", {"adapter_config.json": b"{}", "adapter_model.safetensors": b"x"})
    with pytest.raises(HubError) as caught:
        download("sara/adapter")
    assert caught.value.key == "hub.no_model_there"


def test_no_network(monkeypatch: pytest.MonkeyPatch, server: HubServer) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"127\.0\.0\.1:9") as caught:
        download("sara/small")
    assert caught.value.key == "hub.no_network"


def test_a_silent_hub(monkeypatch: pytest.MonkeyPatch, server: HubServer) -> None:
    monkeypatch.setattr(hub_client, "LOOK_SECONDS", 0.3)
    server.add("sara/small", MODEL)
    server.silent.add("info")
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == "hub.download_timed_out"


def test_too_little_room_is_known_before_a_byte_comes(server: HubServer) -> None:
    repo = server.add("sara/small", MODEL)
    repo.claimed["model.safetensors"] = 10**18
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == "hub.no_space"
    assert "storage_get" not in server.routes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_the_disk_fills_up_in_the_middle(server: HubServer) -> None:
    server.add("sara/small", MODEL)
    oid = next(iter(server.large))
    part = hub_client.repo_cache("sara/small") / "blobs" / f"{oid}.incomplete"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(HubError) as caught:
        download("sara/small")
    assert caught.value.key == "hub.disk_full"


def test_offline_says_so(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("sara/small", MODEL)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")
        with pytest.raises(HubError, match="HF_HUB_OFFLINE") as caught:
            download("sara/small")
        assert caught.value.key == "hub.offline_not_here"
        monkeypatch.delenv(name)
    assert server.requests == []
