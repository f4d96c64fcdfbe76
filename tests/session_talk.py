"""Sessions for tests: a tiny model, real files, and what the session told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from learning_files import persona_file
from learning_parts import schooled_folder

from persian_assistant.config import Config, GenerationConfig, LearningConfig, ModelConfig
from persian_assistant.journal import Journal
from persian_assistant.session import Session

PATIENCE = 120
QUICK = LearningConfig(every=50, learning_rate=1e-3, lora_r=4, num_train_epochs=1, facts=False, gate=False)
"""What is learned, and the gate, have tests of their own: a model this small cannot answer questions."""


class Talk:
    """Opens sessions, remembers what they told, closes what a test leaves open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.persona = persona_file(folder)
        self.notices: list[str] = []
        self._open: list[Session] = []

    def config(self, **changes: Any) -> Config:
        base = Config(
            model=ModelConfig(name=str(schooled_folder()), quantization="none", device="cpu"),
            generation=GenerationConfig(max_new_tokens=12, random_seed=1),
            learning=QUICK,
            persona=str(self.persona),
        )
        return replace(base, **changes)

    def open(self, wait: bool = True, **changes: Any) -> Session:
        session = Session.open(self.config(**changes), notice=self.notices.append, ask=None)
        self._open.append(session)
        if wait:
            assert session.ready(PATIENCE)
        return session

    def close(self) -> None:
        for session in self._open:
            session.close()


def say(session: Session, text: str, cancel: threading.Event | None = None) -> str:
    return "".join(session.reply(text, cancel or threading.Event()))


def learn(session: Session) -> None:
    session.learn()
    assert session.wait_for_pass(PATIENCE)


@contextmanager
def reopened(path: Path) -> Iterator[Journal]:
    yield Journal.open(path / "journal.jsonl")


def answered_by(session: Session) -> list[int | None]:
    """The versions that answered, as the journal on the disk has them."""
    lines = session.journal.path.read_text(encoding="utf-8").splitlines()
    return [entry["version"] for entry in map(json.loads, lines) if entry["kind"] == "assistant"]
