"""A conversation that follows a script: the interface of Session, without model, journal or learning.

It is no stand-in for Session in tests of what is kept or learned; it lets the face be tested alone. Every
call is written to the file SCRIPT_LOG as one JSON line, so that a test can see what reached it.

As a program (`python tests/scripted.py [chat flags]`) it runs the real chat command on this conversation.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from persian_assistant import log
from persian_assistant.config import Config, home, with_setting
from persian_assistant.errors import Cancelled, HubError, LearningError, ModelError, UsageError
from persian_assistant.facts.search import Matches
from persian_assistant.records import Exchange, Fact

GREETING = "سلام! چه کمکی از من برمی‌آید؟"
ENDLESS = "بی‌پایان"
SLOW = "نم‌نم"


@dataclass(frozen=True)
class ScriptedPass:
    running: bool = False
    phase: str = "train"
    progress: float = 0.0
    loss: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class ScriptedVersion:
    number: int
    parent: int | None
    created: float = 1_700_000_000.0
    high_water: int = 40
    scores: dict[str, Any] = field(default_factory=lambda: {"perplexity_ratio": 1.01, "accepted": True})
    config: dict[str, Any] = field(default_factory=lambda: {"max_perplexity_ratio": 1.02})


BIRD = Fact("3.1", 3, "stated", "قناری", "اسم", "نغمه", "اسم قناری‌ام نغمه است.", "اسم|قناری")


class ScriptedFacts:
    def live(self) -> list[Fact]:
        return [BIRD]

    def told_at(self, fact_id: str) -> float:
        return 1_700_000_000.0

    def is_corrected(self, seq: int) -> bool:
        return False

    def whole(self, fact: Fact) -> Matches:
        return Matches([fact], [Exchange(3, 1_700_000_000.0, fact.sentence, "چه خوب!")])


class ScriptedSession:
    """Answers by rule: «بی‌پایان» never ends, «خطا» fails, anything else is said back in three pieces."""

    def __init__(self, config: Config, notice: Callable[[str], None] | None = None, ask: Any = None) -> None:
        self.config = config
        self.on_event: Callable[[str], None] = lambda text: None
        self.on_fact: Callable[[str], None] = lambda text: None
        self.ask = ask
        self.notice = notice
        folder = home() / "profiles" / "scripted"
        folder.mkdir(parents=True, exist_ok=True)
        persona = SimpleNamespace(name="assistant", title="دستیار فارسی", greeting=GREETING, system="")
        self.profile = SimpleNamespace(name="scripted", path=folder, base_model="mini", persona=persona)
        self.loading = SimpleNamespace(text="", done=True, error=None)
        self.pass_state = ScriptedPass()
        self.version: int | None = None
        self.known_versions = [ScriptedVersion(1, None), ScriptedVersion(2, 1)]
        self.exchanges: list[Exchange] = []
        self.facts = ScriptedFacts()
        self._pass_over = threading.Event()
        self._pass_over.set()
        self._calls: list[list[Any]] = []

    @classmethod
    def open(cls, config: Config, *, notice: Callable[[str], None], ask: Any) -> ScriptedSession:
        return cls(config, notice, ask)

    def note(self, *call: Any) -> None:
        self._calls.append(list(call))
        if file_name := os.environ.get("SCRIPT_LOG"):
            with Path(file_name).open("a", encoding="utf-8") as file:
                file.write(json.dumps(call, ensure_ascii=False) + "\n")

    def calls(self, name: str) -> list[list[Any]]:
        return [call for call in self._calls if call[0] == name]

    # --- talking

    def ready(self, timeout: float | None = 0) -> bool:
        return True

    def reply(self, text: str, cancel: threading.Event) -> Iterator[str]:
        self.note("reply", text)
        if "قناری" in text:
            self.on_fact("به خاطر سپردم: تو قناری داری.")
        shown: list[str] = []
        over = False
        try:
            for piece in self._pieces(text):
                if cancel.is_set():
                    break
                shown.append(piece)
                yield piece
            over = not cancel.is_set()
            if text == os.environ.get("SCRIPT_LEARN"):
                self.learn()
        finally:
            answer = "".join(shown)
            self.exchanges.append(Exchange(len(self.exchanges) + 1, 0.0, text, answer, interrupted=not over))
            self.note("answered", answer, "whole" if over else "interrupted")

    def _pieces(self, text: str) -> Iterator[str]:
        if "خطا" in text:
            raise ModelError("cli.bad_value", name="مدل", value=text, expected="…")
        if "نقص" in text:
            raise RuntimeError("a defect in the script")
        if text == SLOW:
            for count in range(40):
                yield f"نم{count} "
                time.sleep(0.02)
            return
        if text == ENDLESS:
            count = 0
            while True:
                yield f"واژهٔ{count} "
                count += 1
                time.sleep(0.02)
        if text == "هیچ":
            return
        yield "\n گفتید"
        yield ": "
        yield f"{text}\x1b[31m\x1b]52;c;ZGFuZ2Vy\x07\u202e \n"

    def regenerate(self, cancel: threading.Event) -> Iterator[str]:
        if not self.exchanges:
            raise UsageError("cli.unknown_setting", name="regen", where="regen")
        yield from self.reply(self.exchanges.pop().user, cancel)

    def undo(self) -> Exchange | None:
        return self.exchanges.pop() if self.exchanges else None

    def clear(self) -> None:
        self.exchanges.clear()

    def history(self, n: int = 10) -> list[Exchange]:
        return self.exchanges[-n:]

    def save(self, path: Path | None) -> Path:
        self.note("save", str(path))
        return path or home() / "conversation.md"

    # --- what was told

    def teach(self, question: str, answer: str) -> Fact:
        self.note("teach", question, answer)
        return replace(BIRD, kind="taught", attribute=question, value=answer)

    def fix(self, reply: str) -> Fact:
        self.note("fix", reply)
        return replace(BIRD, kind="fixed", attribute=self.exchanges[-1].user, value=reply)

    def rate(self, value: str) -> Exchange:
        if not self.exchanges:
            raise UsageError("chat.nothing_to_rate")
        self.note("rate", value)
        return self.exchanges[-1]

    def edit_fact(self, fact_id: str, value: str) -> Fact:
        self.note("edit_fact", fact_id, value)
        return replace(BIRD, value=value)

    def find_fact(self, fact_id: str) -> Fact:
        return BIRD

    def forget_matches(self, words: str) -> Matches:
        return self.facts.whole(BIRD) if "قناری" in words else Matches([], [])

    def forget(self, matches: Matches) -> None:
        self.note("forget", [fact.id for fact in matches.facts], [turn.seq for turn in matches.exchanges])

    def lessons(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(text="اسم قناری تو نغمه است.", included=True, reason="fact", views=9),
            SimpleNamespace(text="باشد.", included=False, reason="unrated", views=0),
        ]

    def compare(self, question: str, other: str, cancel: threading.Event | None) -> tuple[str, str]:
        self.note("compare", question, other)
        return "نمی‌دانم.", "نغمه."

    # --- learning

    def learn(self) -> None:
        if self.pass_state.running:
            raise LearningError("cli.unknown_setting", name="learn", where="learn")
        self._pass_over.clear()
        self.pass_state = ScriptedPass(True, "train", 0.45, 2.31, 12.0)
        self.note("learn")
        if os.environ.get("SCRIPT_PASS") != "endless":
            threading.Timer(0.2, self.finish_pass).start()

    def finish_pass(self, event: str = "نسخهٔ ۱ منتشر شد.") -> None:
        if not self._pass_over.is_set():
            self.version = 1
            self.pass_state = ScriptedPass()
            self.on_event(event)
            self.note("pass", "published")
            self._pass_over.set()

    def cancel_pass(self) -> bool:
        if self._pass_over.is_set():
            return False
        self.pass_state = ScriptedPass()
        self.note("pass", "cancelled")
        self._pass_over.set()
        return True

    def wait_for_pass(self, timeout: float | None = None) -> bool:
        return self._pass_over.wait(timeout)

    def status(self) -> Any:
        return SimpleNamespace(
            profile=self.profile.name, base_model="mini", quantization="nf4", version=self.version,
            exchanges=len(self.exchanges), pending=3, every=self.config.learning.every, turns_until_pass=17,
            pass_running=self.pass_state.running, home=home(), device="cpu", trainable_parameters=8_900_000,
            facts=len(self.facts.live()), memory=True, tokens_per_second=61.4,
            learning_enabled=self.config.learning.enabled,
        )  # fmt: skip

    def versions(self) -> list[ScriptedVersion]:
        return [] if self.version is None else self.known_versions

    def rollback(self, number: int | None = None) -> ScriptedVersion | None:
        self.note("rollback", number)
        self.version = number
        return None if number is None else ScriptedVersion(number, None)

    # --- settings

    def set(self, name: str, value: str) -> str:
        generation = with_setting(self.config.generation, name, value)
        self.config = replace(self.config, generation=generation)
        return str(getattr(generation, name))

    def settings(self) -> dict[str, object]:
        return dict(vars(self.config.generation))

    def switch(self, *, model: str | None = None, persona: str | None = None) -> None:
        self.note("switch", model, persona)
        if "nowhere" in (model, persona):
            raise UsageError("cli.unknown_setting", name="nowhere", where="switch")

    def push(self, repo_id: str, *, public: bool, yes: bool, ask: Callable[[str], bool] | None) -> str:
        if ask is None and not yes:
            raise HubError("hub.push_needs_yes")
        agreed = yes or (ask is not None and ask(f"adapter_model.safetensors → {repo_id}"))
        self.note("push", repo_id, public, agreed)
        if not agreed:
            raise Cancelled("hub.push_declined")
        return f"https://localhost/{repo_id}"

    def close(self) -> None:
        self.cancel_pass()
        self.note("close")


def main() -> int:
    import argparse

    sys.modules["persian_assistant.session"] = SimpleNamespace(Session=ScriptedSession)  # type: ignore[assignment]
    from persian_assistant.commands import chat

    parser = argparse.ArgumentParser()
    chat.add_arguments(parser)
    with log.recording():
        return chat.run(parser.parse_args(), Config.load())


if __name__ == "__main__":
    sys.exit(main())
