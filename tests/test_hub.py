"""What a model name means, and which model serves where none is named."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_helpers import (
    GPT2_FA,
    MODEL,
    PACKAGE,
    SMALL,
    WEIGHTS,
    Person,
    contents,
    download,
    run_python,
    write,
)
from hub_server import HubServer, local_hub

from persian_assistant import hub, hub_client, wording
from persian_assistant.errors import ModelError, UsageError
from persian_assistant.hub import ModelSource, resolve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    yield from local_hub(monkeypatch)


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a bundled model in it."""
    write(tmp_path / "data" / "models" / "mini", {**SMALL, "model.safetensors": b"mini"})
    monkeypatch.setattr(hub, "data_dir", lambda: tmp_path / "data")
    return tmp_path / "data" / "models" / "mini"


# --- the default


def test_default_without_a_person_is_mini_with_one_line_and_no_request(server: HubServer, mini: Path) -> None:
    server.add(GPT2_FA, MODEL)
    told: list[str] = []
    source = resolve(None, notice=told.append)
    assert (source.name, source.path, source.bundled) == ("mini", mini, True)
    assert len(told) == 1
    assert "gpt2-fa" in told[0]
    assert server.requests == []


def test_why_mini_answers_is_told_in_full_once_and_again_for_another_reason(
    server: HubServer, mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add(GPT2_FA, MODEL)
    told: list[str] = []
    for _ in range(3):
        resolve(None, notice=told.append)
    assert "--model" in told[0] and len(told[1]) < len(told[0]) / 2
    assert told[1] == told[2] and "gpt2-fa" in told[1] and "mini" in told[1]
    person = Person(answer=False)
    person.resolve(None), person.resolve(None)
    assert "--model gpt2-fa" in person.told[0] and person.told[1:] == [told[1]]
    resolve(None, notice=told.append)
    assert told[-1] == told[1]


def test_default_offline_is_mini_also_with_a_person(
    server: HubServer, mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    person = Person()
    assert person.resolve(None).bundled
    assert (len(person.told), person.asked, server.requests) == (1, [], [])


def test_default_takes_gpt2_fa_from_the_cache_without_a_request(server: HubServer, mini: Path) -> None:
    server.add(GPT2_FA, MODEL)
    first = download("gpt2-fa")
    server.requests.clear()
    told: list[str] = []
    assert resolve(None, notice=told.append) == first
    assert first.name == "gpt2-fa"
    assert resolve(GPT2_FA, notice=told.append) == first
    assert (told, server.requests) == ([], [])


def test_default_asks_a_person_and_downloads_on_yes(server: HubServer, mini: Path) -> None:
    server.add(GPT2_FA, MODEL)
    person = Person()
    assert person.resolve(None).repo_id == GPT2_FA
    assert "۰٫۹ مگابایت" in person.asked[0]


def test_default_with_the_flag_downloads_without_asking(server: HubServer, mini: Path) -> None:
    server.add(GPT2_FA, MODEL)
    told: list[str] = []
    assert resolve(None, notice=told.append, allow_download=True).repo_id == GPT2_FA
    assert GPT2_FA in told[0]


def test_a_no_is_remembered_until_the_model_is_named(server: HubServer, mini: Path) -> None:
    server.add(GPT2_FA, MODEL)
    person = Person(answer=False)
    assert person.resolve(None).bundled
    assert person.resolve(None).bundled
    assert len(person.asked) == 1
    assert len(person.told) == 2
    person.answer = True
    assert person.resolve("gpt2-fa").repo_id == GPT2_FA


@pytest.mark.parametrize("route", ["silent", "refused", "broken", "interrupted"])
def test_default_never_fails_for_the_hub(
    server: HubServer, mini: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    server.add(GPT2_FA, MODEL)
    if route == "silent":
        monkeypatch.setattr(hub, "QUICK_SECONDS", 0.3)
        server.silent.add("info")
    elif route == "refused":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    elif route == "broken":
        server.fail("resolve_head", 403)
    else:
        server.before["storage_get"] = lambda: os.kill(os.getpid(), signal.SIGINT)
    person = Person()
    assert person.resolve(None).bundled
    assert "mini" in person.told[-1]


def test_environment_alone_reaches_the_client_and_mini_needs_no_client(server: HubServer, mini: Path) -> None:
    repo = server.add("sara/small", MODEL)
    code = (
        "import sys; from persian_assistant import hub\n"
        f"hub.data_dir = lambda: __import__('pathlib').Path({str(mini.parent.parent)!r})\n"
        "said = []\n"
        "hub.resolve('mini', notice=said.append); hub.resolve(None, notice=said.append)\n"
        "assert not {'huggingface_hub', 'torch', 'transformers'} & set(sys.modules)\n"
        "print(len(said), hub.resolve('sara/small', notice=said.append, allow_download=True).path)\n"
    )
    child = run_python(code, HF_ENDPOINT=server.url + "/", HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    expected = Path(os.environ["HF_HOME"]) / "hub" / "models--sara--small" / "snapshots" / repo.head
    assert out.split() == ["1", str(expected)]
    assert contents(expected)["model.safetensors"] == WEIGHTS


def test_the_cache_is_where_the_client_has_it() -> None:
    code = (
        "from persian_assistant.hub_client import cache_dir, endpoint, is_offline\n"
        "from huggingface_hub import constants as c\n"
        "assert str(cache_dir()) == c.HF_HUB_CACHE, (cache_dir(), c.HF_HUB_CACHE)\n"
        "assert endpoint() == c.ENDPOINT and is_offline() == c.HF_HUB_OFFLINE\n"
    )
    cases: list[dict[str, str]] = [
        {},
        {"HF_HOME": "", "XDG_CACHE_HOME": "/tmp/xdg"},
        {"HF_HUB_CACHE": "~/$USER/hub", "USER": "sara", "HF_HUB_OFFLINE": "yes"},
        {"HUGGINGFACE_HUB_CACHE": "/tmp/old", "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "ON"},
    ]
    for case in cases:
        environment = {name: value for name, value in case.items() if value or name != "HF_HOME"}
        child = run_python(code, **environment)
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err


# --- names and folders


def test_unknown_names_list_the_known_ones(tmp_path: Path) -> None:
    for name in ("gpt5", "a/b/c", "../nowhere", "/nowhere/at/all", "a--b/c", "", "کتاب/مدل"):
        with pytest.raises(UsageError) as caught:
            resolve(name, notice=print)
        assert all(known in str(caught.value) for known in ("mini", "gpt2-fa", "gemma-2-2b-it"))


def test_a_folder_is_a_model_if_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "my" / "model", {**SMALL, "model.safetensors": b"weights"})
    monkeypatch.chdir(tmp_path)
    source = resolve("my/model", notice=print)  # looks like a Hub id, but is here
    assert (source.path, source.repo_id, source.revision) == (folder, None, None)
    assert source == resolve(str(folder), notice=print)
    with pytest.raises(UsageError, match="--revision"):
        resolve("my/model", notice=print, revision="main")
    for name in ("config.json", "model.safetensors"):
        broken = Path(shutil.copytree(folder, tmp_path / f"without-{name}"))
        (broken / name).unlink()
        with pytest.raises(ModelError, match=r"config\.json"):
            resolve(str(broken), notice=print)


def test_the_fingerprint_follows_the_content_not_the_place(tmp_path: Path) -> None:
    first = write(tmp_path / "a", {**SMALL, "model.safetensors": WEIGHTS, "notes.txt": b"1"})
    second = Path(shutil.copytree(first, tmp_path / "b"))
    (second / "notes.txt").write_bytes(b"2")
    known = hub.fingerprint(first)
    assert re.fullmatch("[0-9a-f]{64}", known)
    assert hub.fingerprint(second) == known
    changes = {
        "config.json": b"{}",
        "tokenizer.json": b"{}",
        "model.safetensors": WEIGHTS[:-1] + b"x",
    }
    for name, content in changes.items():
        before = (second / name).read_bytes()
        (second / name).write_bytes(content)
        assert hub.fingerprint(second) != known, name
        (second / name).write_bytes(before)


def test_the_bundled_model_must_be_there(mini: Path) -> None:
    source = resolve("mini", notice=print)
    assert source == ModelSource("mini", mini, None, None, hub.fingerprint(mini), bundled=True)
    (mini / "model.safetensors").unlink()
    with pytest.raises(ModelError) as caught:
        resolve("mini", notice=print)
    assert caught.value.key == "hub.no_bundled"


def test_profile_slugs(tmp_path: Path) -> None:
    from persian_assistant.profile import check_name

    (tmp_path / "مدل من").mkdir()
    names = [
        "mini",
        "gpt2-fa",
        "google/gemma-2-9b",
        "other/gemma-2-9b",
        "x/" + "y" * 90,
        str(tmp_path / "مدل من"),
    ]
    slugs = [hub.default_profile_slug(name) for name in names]
    assert slugs[:3] == ["mini", "gpt2-fa", "google--gemma-2-9b"]
    assert len(set(slugs)) == len(names)
    assert all(check_name(slug) == slug and len(slug) <= 48 for slug in slugs)
    assert hub.default_profile_slug(GPT2_FA) == "gpt2-fa"


def test_every_sentence_exists_and_is_used() -> None:
    files = ("hub.py", "hub_client.py", "push.py", "commands/push.py")
    code = "".join((PACKAGE / name).read_text(encoding="utf-8") for name in files)
    named = set(re.findall(r'"hub\.(\w+)"', code))
    built = {f"{doing}_{what}" for doing in ("download", "push") for what in hub_client._BY_STATUS.values()}
    built |= {"download_timed_out", "push_timed_out"}
    assert named | built == set(wording.catalogue("hub"))
    for name, both in wording.catalogue("hub").items():
        fields = [set(re.findall(r"{(\w+)", both[language])) for language in wording.LANGUAGES]
        assert fields[0] == fields[1], name
        assert not re.search("[يك]", both["fa"]), name
