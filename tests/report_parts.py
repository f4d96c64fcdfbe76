"""A profile with a past, made by the journal, the facts and the version store themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.profile import Profile
from persian_assistant.versions import Version, VersionStore

START = 1_790_000_000.0
SECRET = "پشمک"


class Life:
    """Lives a profile's life, a quarter of an hour a step."""

    def __init__(self, root: Path, name: str = "assistant-mini") -> None:
        self.now = START
        create = {"base_model": "/srv/models/mini", "persona": "assistant", "created": START}
        self.profile = Profile.open(root, name, create=create)
        self.journal = Journal.open(self.profile.journal_path, self.clock)
        self.facts = FactStore(self.journal)
        self.store = VersionStore(self.profile.path, self.clock)

    def clock(self) -> float:
        self.now += 900
        return self.now

    def say(self, text: str) -> int:
        """A turn, answered by the version that serves."""
        seq = self.journal.append_user(text)
        self.facts.observe(seq)
        serving = self.store.current()
        self.journal.append_assistant(seq, "چه خوب.", version=serving.number if serving else None)
        return seq

    def publish(self, **scores: float) -> Version:
        """A pass that published."""
        high, serving, newest = self.journal.last_seq(), self.store.current(), self.store.newest()
        self.journal.append_pass("started", high_water=high)
        known = self.facts.since(newest.high_water if newest else 0)
        version = self.store.publish(
            self.store.stage(lambda folder: (folder / "adapter.safetensors").write_bytes(b"weights")),
            high_water=high, data_hash="", base={}, config={"counts": {"facts": len(known)}},
            scores=scores, parent=serving.number if serving else None,
        )  # fmt: skip
        self.journal.append_pass("published", high_water=high, version=version.number, scores=scores)
        return version

    def ended(self, outcome: str, reason: str | None = None) -> None:
        """A pass that published nothing."""
        high = self.journal.last_seq()
        self.journal.append_pass("started", high_water=high)
        self.journal.append_pass(outcome, high_water=high, reason=reason)


def long_life(root: Path, **names: Any) -> Life:
    """Three versions; one refused; one step back; something forgotten, undone, taught."""
    life = Life(root, **names)
    life.say("سلام، اسم من سارا است.")
    life.say(f"یک گربه دارم که اسمش {SECRET} است.")
    life.publish(new_recall=0.72, perplexity_ratio=1.004, seconds=38.2, scale=1.0)
    life.say("من در شیراز زندگی می‌کنم.")
    life.facts.teach("رنگ محبوبم چیست؟", "رنگ محبوب تو فیروزه‌ای است.")
    life.ended("rejected", "learning.gate_earlier")
    life.publish(new_recall=0.9, earlier_recall=0.83, perplexity_ratio=1.016, seconds=44, scale=0.6)
    life.say("امروز هوا خوب است.")
    life.store.rollback(1)
    undone = life.say("شغلم معماری است.")
    life.journal.append("undo", target=undone)
    life.publish(new_recall=1.0, earlier_recall=0.96, perplexity_ratio=1.012, seconds=40, scale=1.0)
    life.say("برادرم در تبریز کار می‌کند.")
    found = life.facts.matching("تبریز")
    life.facts.forget(found.facts, found.exchanges)
    life.say("ماشینم پراید است.")
    return life
