"""Kill -9 and a full disk, met for real: amid the journal's work, before every step of a version's."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_versions import publish, saver, tree, weight

from persian_assistant import disk
from persian_assistant.errors import DiskError
from persian_assistant.journal import Journal
from persian_assistant.versions import VersionStore

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork, signals and limits of Unix")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "journal.jsonl"


def child(code: str, *argv: object) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-u", "-c", code, *map(str, argv)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


# --- the journal

APPEND_FOREVER = """
import sys
from pathlib import Path
from persian_assistant.journal import Journal
journal = Journal.open(Path(sys.argv[1]))
while True:
    user = journal.append_user("سلام\\n" * 400)
    print(user, flush=True)
    print(journal.append_assistant(user, "درود" * 1500), flush=True)
"""


def test_kill_9_loses_nothing_acknowledged(path: Path) -> None:
    dice = random.Random(7)
    acknowledged: list[int] = []
    for _ in range(6):
        process = child(APPEND_FOREVER, path)
        assert process.stdout is not None
        for _ in range(dice.randint(1, 60)):
            acknowledged.append(int(process.stdout.readline()))
        process.kill()
        rest = process.stdout.read().split("\n")
        acknowledged += [int(line) for line in rest[:-1]]
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL

        written = [
            json.loads(line)["seq"]
            for line in path.read_bytes().splitlines(keepends=True)
            if line[-1:] == b"\n"
        ]
        assert set(acknowledged) <= set(written)
        exchanges = {exchange.seq: exchange for exchange in Journal.open(path).exchanges()}
        for seq in acknowledged:
            if seq in exchanges:
                assert exchanges[seq].user == "سلام\n" * 400
            else:
                assert exchanges[seq - 1].assistant == "درود" * 1500


FILL_UP = """
import resource, sys
from pathlib import Path
from persian_assistant.errors import DiskError
from persian_assistant.journal import Journal
path, room = Path(sys.argv[1]), int(sys.argv[2])
journal = Journal.open(path)
journal.append_user("پیش از پر شدن")
size = path.stat().st_size
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, limit[1]))
try:
    journal.append_user("ا" * 500)
except DiskError as error:
    assert error.key == "disk.too_big", error.key
    assert str(path) in str(error)
    assert path.stat().st_size == size
    assert len(journal.exchanges()) == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    print(journal.append_user("پس از جا باز شدن"), len(Journal.open(path).exchanges()), *journal.warnings)
"""


@pytest.mark.parametrize("room", [0, 1, 700])
def test_a_write_that_does_not_fit_is_taken_back(path: Path, room: int) -> None:
    process = child(FILL_UP, path, room)
    out, _ = process.communicate()
    assert (process.returncode, out.split()) == (0, ["2", "2"])
    assert [exchange.user for exchange in Journal.open(path).exchanges()] == [
        "پیش از پر شدن",
        "پس از جا باز شدن",
    ]


# --- versions: before every step that touches the disk

AUDITED = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CAME_THROUGH, REFUSED, NEVER_ACTED = 3, 4, 5


def watch_disk(step: Callable[[str, Path], None]) -> None:
    """Call `step` before everything this process does to the disk. There is no way back: only in a fork."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in AUDITED or (event == "open" and args[2] & WRITING):
            path = args[1] if event == "os.rename" else args[0]
            if not isinstance(path, int):  # wrapping an open file does nothing to the disk
                step(event, Path(os.fsdecode(path)))

    def fsync(
        fd: int,
    ) -> None:  # the kill is the process's, not the machine's: nothing need reach the platters
        step("fsync", Path(f"/proc/self/fd/{fd}").resolve())

    os.fsync = fsync
    sys.addaudithook(hook)


def in_a_fork(
    root: Path, action: Callable[[VersionStore], object], number: int, act: Callable[[], None]
) -> int:
    """Run `action` in a forked process that acts before step `number`; its wait status."""
    process = os.fork()
    if process == 0:
        status, count = 1, 0

        def step(_event: str, _path: Path) -> None:
            nonlocal count
            count += 1
            if count == number:
                act()

        try:
            watch_disk(step)
            action(VersionStore(root))
            status = CAME_THROUGH if count >= number else NEVER_ACTED
        except DiskError:
            status = REFUSED
        finally:
            os._exit(status)
    return os.waitpid(process, 0)[1]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def nothing_yet(_: VersionStore) -> None:
    pass


def one_version(store: VersionStore) -> None:
    publish(store, 1.0, high_water=20)


def three_versions(store: VersionStore) -> None:
    for number in (1, 2, 3):
        publish(store, number, high_water=20 * number)


def publish_next(store: VersionStore) -> None:
    store.clean()
    publish(store, 9.0, high_water=90)


State = tuple[float | None, int | None]


def seen(store: VersionStore) -> State:
    """The weight that serves, verified, and the high-water mark of the newest version."""
    current, newest = store.current(), store.newest()
    if current is not None:
        store.verify(current)
    for version in store.list():
        store.verify(version)
    return current and weight(current), newest and newest.high_water


ACTIONS = [
    pytest.param(nothing_yet, publish_next, (None, None), (9.0, 90), id="first publish"),
    pytest.param(one_version, publish_next, (1.0, 20), (9.0, 90), id="next publish"),
    pytest.param(three_versions, lambda store: store.rollback(1), (3.0, 60), (1.0, 60), id="rollback"),
    pytest.param(three_versions, lambda store: store.rollback(None), (3.0, 60), (None, 60), id="base again"),
    pytest.param(three_versions, lambda store: store.prune(1), (3.0, 60), (3.0, 60), id="prune"),
]


@pytest.mark.parametrize("act", [die, fill_disk])
@pytest.mark.parametrize(("prepare", "action", "old", "new"), ACTIONS)
def test_before_every_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[], None],
    prepare: Callable[[VersionStore], None],
    action: Callable[[VersionStore], object],
    old: State,
    new: State,
) -> None:
    monkeypatch.setattr(os, "fsync", lambda fd: None)
    ready = tmp_path / "ready"
    disk.make_private_dir(ready)
    prepare(VersionStore(ready))
    states: list[State] = []
    refused = 0
    status = 0
    while not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == NEVER_ACTED):
        root = tmp_path / str(len(states) + 1)
        shutil.copytree(ready, root)
        status = in_a_fork(root, action, len(states) + 1, act)
        where = f"step {len(states) + 1}"
        if os.WIFSIGNALED(status):
            assert (act, os.WTERMSIG(status)) == (die, signal.SIGKILL), where
        else:
            assert os.WEXITSTATUS(status) in (CAME_THROUGH, REFUSED, NEVER_ACTED), where
            assert ".tmp-" not in " ".join(tree(root)), where
            refused += os.WEXITSTATUS(status) == REFUSED
        store = VersionStore(root)
        states.append(seen(store))
        assert store.warnings == [], where
        store.clean()
        publish(store, 5.0, high_water=100)
        assert seen(VersionStore(root)) == (5.0, 100), where
        assert ".tmp-" not in " ".join(tree(root)), where
        shutil.rmtree(root)
    moved = states.index(new)
    assert states == [old] * moved + [new] * (len(states) - moved), "there is one moment of the change"
    assert len(states) > 4
    if act is fill_disk and old != new:
        assert 0 < refused <= moved


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="names of open files")
def test_each_step_is_on_the_disk_before_the_next_relies_on_it(tmp_path: Path) -> None:
    root = tmp_path / "profile"
    one_version(VersionStore(root))
    log = tmp_path / "log.json"

    def act_on(store: VersionStore) -> None:
        steps: list[str] = []
        staged = store.stage(saver(2.0))
        watch_disk(lambda event, path: steps.append(f"{event} {path.relative_to(root)}"))
        store.publish(staged, high_water=1, data_hash="", base={}, config={}, scores={}, parent=1)
        names = [step.replace(staged.name, "STAGED") for step in steps]
        os.write(fd, json.dumps(names).encode())

    fd = os.open(log, os.O_WRONLY | os.O_CREAT)
    process = os.fork()
    if process == 0:
        try:
            act_on(VersionStore(root))
        finally:
            os._exit(0)
    os.waitpid(process, 0)
    os.close(fd)
    steps = [step for step in json.loads(log.read_text()) if not step.startswith(("open", "os.chmod"))]
    staged = "versions/STAGED"
    # A temporary file's own name is random: show only what it is for.
    steps = [re.sub(r"\.tmp-(version\.json|CURRENT)-\w+", r"NEW-\1", step) for step in steps]
    assert steps == [
        f"fsync {staged}/adapter_config.json",
        f"fsync {staged}/adapter_model.safetensors",
        f"fsync {staged}/extra/note.txt",
        f"fsync {staged}/extra",
        f"fsync {staged}/NEW-version.json",
        f"os.rename {staged}/version.json",
        f"fsync {staged}",
        "os.rename versions/0002",
        "fsync versions",
        "fsync NEW-CURRENT",
        "os.rename CURRENT",
        "fsync .",
    ]
