"""Which version a cycle starts from, which one it asks, and how deep samples stand behind a version.

Every cycle starts from the newest version that people taught and trains it on all data, its own growing
share included, so that the losses of cycles do not add up and data are added to, not replaced (2404.01413).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from persian_assistant.errors import DiskError
from persian_assistant.facts.store import FactStore
from persian_assistant.versions import Version, VersionStore

UNKNOWN = 99
"""Depth of a version whose origin was removed: nothing is generated with it."""


@dataclass(frozen=True)
class Lineage:
    """What a cycle works with; None is the base model each time."""

    root: Version | None
    """Trained from here."""
    root_depth: int
    generator: Version | None
    """Answers in this cycle."""
    depth: int
    """Of its answers."""

    @property
    def known_to(self) -> int:
        """The last journal entry that `root` has seen."""
        return self.root.high_water if self.root else 0


def lineage_of(store: VersionStore, facts: FactStore, limit: int) -> Lineage:
    """Samples get a depth of `limit` at most. Damaged versions are passed over, and those that know
    what was forgotten."""
    known = {version.number: version for version in store.list()}
    chain = [
        version
        for version in _up(store.current(), known)
        if version is None or (_is_sound(store, version) and not facts.forgotten_since(version.high_water))
    ]
    root = next((version for version in chain if version is None or not is_self_trained(version)), None)
    generator = next((version for version in chain if depth_of(version, known) < limit), None)
    return Lineage(root, depth_of(root, known), generator, depth_of(generator, known) + 1)


def _is_sound(store: VersionStore, version: Version) -> bool:
    try:
        store.verify(version)
    except DiskError:
        return False
    return True


def is_self_trained(version: Version) -> bool:
    """Whether a cycle of self-training made it."""
    return "depth" in (version.config.get("counts") or {})


def depth_of(version: Version | None, known: dict[int, Version]) -> int:
    """How many times over samples stand behind a version: 0 where it was trained on none, nor its origin."""
    while version is not None:
        counts = version.config.get("counts") or {}
        if "depth" in counts:
            return int(counts["depth"])
        if version.parent is not None and version.parent not in known:
            return UNKNOWN
        version = known.get(version.parent) if version.parent is not None else None
    return 0


def _up(version: Version | None, known: dict[int, Version]) -> Iterator[Version | None]:
    """`version`, what it was trained from, and so on to the base model."""
    while version is not None:
        yield version
        version = known.get(version.parent) if version.parent is not None else None
    yield None
