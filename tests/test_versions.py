"""Versions: published whole, gone back from, found damaged, pruned. Killed: test_disk_killed."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from safetensors.numpy import load_file, save_file

from persian_assistant.errors import DiskError, UsageError
from persian_assistant.versions import Version, VersionStore

posix = pytest.mark.skipif(sys.platform == "win32", reason="fork, signals, modes and limits of Unix")


def saver(value: float) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        save_file({"lora_A": numpy.full((4, 8), value, dtype="f4")}, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text('{"r": 4}')
        (folder / "extra").mkdir()
        (folder / "extra" / "note.txt").write_text("یادداشت")

    return save


def publish(store: VersionStore, value: float, high_water: int = 20, **changes: Any) -> Version:
    about: dict[str, Any] = {
        "data_hash": "abc",
        "base": {"name": "mini", "revision": None, "fingerprint": "f00d"},
        "config": {"lora_r": 4},
        "scores": {"perplexity": 21.5, "bad": float("nan")},
        "parent": None,
    }
    return store.publish(store.stage(saver(value)), high_water=high_water, **{**about, **changes})


def weight(version: Version | None) -> float:
    assert version is not None
    return float(load_file(version.path / "adapter_model.safetensors")["lora_A"][0, 0])


def tree(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


# --- publishing


def test_nothing_published_means_the_base_model(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    assert (store.current(), store.newest(), store.list(), store.prune(1)) == (None, None, [], ())
    store.clean()
    assert store.warnings == []


@posix
def test_a_published_version_is_whole_private_and_described(tmp_path: Path) -> None:
    store = VersionStore(tmp_path, clock=lambda: 1_700_000_000.5)
    first = publish(store, 1.0, parent=None)
    second = publish(store, 2.0, high_water=40, parent=1)
    assert [version.number for version in store.list()] == [1, 2]
    assert (second.path, second.parent, second.high_water) == (tmp_path / "versions" / "0002", 1, 40)
    assert (second.created, second.scores) == (1_700_000_000.5, {"perplexity": 21.5, "bad": None})
    again = VersionStore(tmp_path)
    assert again.current() == again.newest() == second
    assert (weight(second), weight(first)) == (2.0, 1.0)
    assert set(second.files) == {"adapter_model.safetensors", "adapter_config.json", "extra/note.txt"}
    record = json.loads((second.path / "version.json").read_text())
    assert record["number"] == 2
    assert record["files"] == second.files
    assert (tmp_path / "CURRENT").read_text() == "0002\nnewest 0002\n"
    assert [name for name in tree(tmp_path) if ".tmp-" in name] == []
    for path in (tmp_path / "versions").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_candidate_can_be_measured_and_discarded(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    staged = store.stage(saver(3.0))
    assert float(load_file(staged / "adapter_model.safetensors")["lora_A"][0, 0]) == 3.0
    assert (store.current(), store.list()) == (None, [])
    store.clean()
    assert staged.is_dir(), "a start-up's cleaning must leave this process's own candidate"
    store.discard(staged)
    store.discard(staged)
    assert tree(tmp_path) == ["versions"]
    version = publish(store, 1.0)
    for folder in (version.path, tmp_path, tmp_path / "versions"):
        with pytest.raises(ValueError):
            store.discard(folder)
    assert weight(store.current()) == 1.0


@pytest.mark.parametrize("name", ["adapter_model.bin", "extra/optimizer.PT", "rng.pkl", "training_args.bin"])
def test_only_safetensors_are_taken(tmp_path: Path, name: str) -> None:
    store = VersionStore(tmp_path)

    def save(folder: Path) -> None:
        saver(1.0)(folder)
        (folder / name).write_bytes(b"\x80\x04.")

    with pytest.raises(DiskError) as caught:
        store.stage(save)
    assert caught.value.key == "disk.unsafe_weights"
    assert name in str(caught.value)
    staged = store.stage(saver(1.0))
    (staged / name).write_bytes(b"")
    with pytest.raises(DiskError):
        store.publish(staged, high_water=1, data_hash="", base={}, config={}, scores={}, parent=None)
    assert tree(tmp_path) == ["versions"]


def test_no_weights_and_links_are_refused(tmp_path: Path) -> None:
    store = VersionStore(tmp_path / "profile")
    with pytest.raises(DiskError) as caught:
        store.stage(lambda folder: (folder / "adapter_config.json").write_text("{}"))
    assert caught.value.key == "disk.no_weights"
    if sys.platform != "win32":
        (tmp_path / "secret.safetensors").write_text("")
        with pytest.raises(DiskError) as caught:
            store.stage(lambda folder: (folder / "a.safetensors").symlink_to(tmp_path / "secret.safetensors"))
        assert caught.value.key == "disk.unsafe_weights"
    assert tree(tmp_path / "profile") == ["versions"]


def test_what_save_raises_comes_through_and_leaves_nothing(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)

    def save(folder: Path) -> None:
        saver(1.0)(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.stage(save)
    assert tree(tmp_path) == ["versions"]


def test_a_publish_that_cannot_move_the_pointer_is_withdrawn(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").mkdir()
    with pytest.raises(DiskError):
        publish(VersionStore(tmp_path), 1.0)
    assert tree(tmp_path) == ["CURRENT", "versions"]


# --- going back, damage


def test_rollback_moves_only_the_pointer(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    for number in (1, 2, 3):
        publish(store, number, high_water=number * 20)
    assert weight(store.rollback(1)) == 1.0
    assert weight(VersionStore(tmp_path).current()) == 1.0
    newest = VersionStore(tmp_path).newest()
    assert newest is not None
    assert newest.high_water == 60, "what a version has learned is not pending again after a rollback"
    assert store.rollback(None) is None
    assert VersionStore(tmp_path).current() is None
    assert VersionStore(tmp_path).newest() == newest
    assert weight(store.rollback(3)) == 3.0
    with pytest.raises(UsageError) as caught:
        store.rollback(9)
    assert "۱، ۲، ۳" in str(caught.value)
    assert weight(store.current()) == 3.0
    assert publish(store, 4.0).number == 4
    with pytest.raises(UsageError):
        VersionStore(tmp_path / "empty").rollback(1)


def test_every_damaged_byte_and_file_is_found(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    version = publish(store, 1.0)
    store.verify(version)
    for name in version.files:
        path = version.path / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(DiskError) as caught:
            store.verify(version)
        assert name in str(caught.value)
        path.unlink()
        with pytest.raises(DiskError):
            store.verify(version)
        path.write_bytes(whole)
    store.verify(version)
    (version.path / "adapter_model.bin").write_bytes(b"")
    with pytest.raises(DiskError):
        store.verify(version)


def damage_weights(root: Path) -> None:
    (root / "versions" / "0002" / "adapter_model.safetensors").write_bytes(b"")


def damage_record(root: Path) -> None:
    (root / "versions" / "0002" / "version.json").write_text("{")


def remove_version(root: Path) -> None:
    shutil.rmtree(root / "versions" / "0002")


def damage_pointer(root: Path) -> None:
    damage_weights(root)
    (root / "CURRENT").write_bytes(b"\0\0\0\0\xff")


def empty_pointer(root: Path) -> None:
    damage_weights(root)
    (root / "CURRENT").write_bytes(b"")


@pytest.mark.parametrize(
    "harm", [damage_weights, damage_record, remove_version, damage_pointer, empty_pointer]
)
def test_a_damaged_current_version_falls_back_with_one_sentence(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    store = VersionStore(tmp_path)
    publish(store, 1.0)
    publish(store, 2.0)
    harm(tmp_path)
    again = VersionStore(tmp_path)
    assert weight(again.current()) == weight(again.current()) == 1.0
    assert len(again.warnings) == 1
    (tmp_path / "versions" / "0001" / "adapter_config.json").unlink()
    third = VersionStore(tmp_path)
    assert third.current() is None
    assert len(third.warnings) == 1
    assert weight(publish(third, 3.0)) == 3.0
    assert weight(VersionStore(tmp_path).current()) == 3.0


def test_a_version_the_user_went_back_from_is_no_fallback(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    for number in (1, 2, 3):
        publish(store, number)
    store.rollback(2)
    damage_weights(tmp_path)
    assert weight(VersionStore(tmp_path).current()) == 1.0
    with pytest.raises(DiskError):
        store.rollback(2)


def test_a_pointer_written_by_hand_counts_all_as_published(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    for number in (1, 2, 3):
        publish(store, number)
    (tmp_path / "CURRENT").write_text("0002")
    assert weight(store.current()) == 2.0
    assert weight(store.newest()) == 3.0
    store.rollback(1)
    assert weight(store.newest()) == 3.0


def test_the_newest_is_what_the_disk_holds_now(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    assert store.newest() is None
    for number in (1, 2, 3):
        assert store.newest() != publish(store, number, high_water=number)
        newest = store.newest()
        assert newest is not None and (newest.number, newest.high_water) == (number, number)
    (store.list()[2].path / "version.json").write_text("{}")  # a damaged one is none
    assert weight(store.newest()) == 2.0
    store.remove_all_but(store.list()[0])
    assert weight(store.newest()) == 1.0
    store.remove_all_but(None)
    assert store.newest() is None
    assert weight(publish(store, 4)) == weight(store.newest()) == 4.0


def test_a_record_that_points_out_of_its_folder_is_no_version(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    version = publish(store, 1.0)
    record = json.loads((version.path / "version.json").read_text())
    for name in ("../../profile.json", "/etc/hostname"):
        (version.path / "version.json").write_text(json.dumps({**record, "files": {name: "0"}}))
        assert store.list() == []


def test_pruning_keeps_current_parent_and_newest(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    for number in range(1, 9):
        publish(store, number, parent=number - 1 or None)
    store.rollback(4)
    assert store.prune(1) == (1, 2, 5, 6)
    assert [version.number for version in store.list()] == [3, 4, 7, 8]
    assert weight(VersionStore(tmp_path).current()) == 4.0
    assert store.prune(9) == ()
    assert [name for name in tree(tmp_path) if ".tmp-" in name] == []
    assert publish(store, 9.0).number == 9
    with pytest.raises(ValueError):
        store.prune(0)


def test_cleaning_removes_what_dead_passes_left_and_nothing_else(tmp_path: Path) -> None:
    publish(VersionStore(tmp_path), 1.0)
    (tmp_path / "journal.jsonl").write_text("")
    kept = tree(tmp_path)
    VersionStore(tmp_path).stage(saver(2.0))
    (tmp_path / ".tmp-CURRENT-abc").write_text("0009")
    VersionStore(tmp_path).clean()
    assert tree(tmp_path) == kept


def test_threads_publish_and_read(tmp_path: Path) -> None:
    store = VersionStore(tmp_path)
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.extend(publish(store, 1.0).number for _ in range(4)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        store.current()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 13))
    assert store.warnings == []
