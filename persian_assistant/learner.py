"""When to learn: counts what is new, runs one pass at a time in a thread, and tells how it ended.

What a pass does is handed in as callables, so nothing here needs torch. State derives from disk: pending
is what the journal holds past the newest version.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant import said_turns
from persian_assistant.config import LearningConfig
from persian_assistant.errors import AssistantError, Cancelled, LearningError, ModelError
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange, Lessons
from persian_assistant.text import to_persian_digits
from persian_assistant.versions import Version, VersionStore
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.learning_pass import PassOutcome

logger = logging.getLogger(__name__)

Report = Callable[[str, float, "float | None", "float | None"], None]
RunPass = Callable[[Lessons, int, LearningConfig, Report, threading.Event], "PassOutcome"]
MOST_TRIES = 3
"""A pass cut off so many times in a row (a machine without enough memory) is not resumed by itself."""
NICENESS = 10
"""Priority given up by a pass where the system allows it for one thread (Linux): answers come first."""


@dataclass(frozen=True)
class PassState:
    """A snapshot for the bottom line. `progress` is 0..1 within `phase`."""

    running: bool = False
    phase: str = ""
    progress: float = 0.0
    loss: float | None = None
    seconds_left: float | None = None


class Learner:
    """Starts passes over what the journal holds and the newest version has not seen."""

    def __init__(
        self,
        journal: Journal,
        versions: VersionStore,
        settings: LearningConfig,
        run_pass: RunPass,
        swap: Callable[[Version | None], None],
        on_event: Callable[[str], None],
        log: Path,
        facts: FactStore | None = None,
    ) -> None:
        self.journal, self.versions, self.settings, self.facts = journal, versions, settings, facts
        self.state = PassState()
        self._run_pass, self._swap, self._on_event, self._log = run_pass, swap, on_event, log
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._closing = False
        self._relearn = False
        """What held something forgotten was let go: what is left is to be learned anew."""
        self._high = 0
        """The last journal number that the running pass looks at."""
        self._clean: tuple[int, int] | None = None
        self._told_of = 0
        self._lock, self._unlearning = threading.Lock(), threading.RLock()
        cut_off = journal.unfinished_pass()
        newest = versions.newest()
        published = cut_off is not None and newest is not None and newest.high_water >= cut_off.high_water
        tries = self._tries()
        self._resume = cut_off is not None and not published and tries < MOST_TRIES
        # Exchanges up to here have had their pass, whatever came of it
        tried = [record.high_water for record in journal.passes() if record.outcome != "started"]
        given_up = cut_off.high_water if cut_off is not None and tries >= MOST_TRIES else 0
        self._seen = max([given_up, *tried])
        self._unlearn(serve=False)  # the process may have ended in the middle of a /forget

    def pending(self) -> list[Exchange]:
        """Complete exchanges past the newest version, oldest first."""
        return [item for item in self.journal.exchanges(self._trained_to()) if item.complete]

    def lessons(self) -> Lessons:
        """All there is to learn now."""
        newest = self.versions.newest()
        trained_to, number = (newest.high_water, newest.number) if newest else (0, 0)
        live = self.facts.live() if self.facts else []
        exchanges = tuple(turn for turn in self.pending() if not self._corrected(turn.seq))
        return Lessons(
            exchanges=exchanges,
            said=tuple(turn for turn in exchanges if said_turns.holds(turn, self.facts)),
            earlier_said=tuple(said_turns.some_before(self.journal, self.facts, trained_to)),
            new_facts=tuple(fact for fact in live if fact.seq > trained_to),
            earlier_facts=tuple(fact for fact in live if fact.seq <= trained_to),
            rebuild=self._taken_back(),
            fallen_back=any((one.version or 0) > number for one in self.journal.passes()),
        )

    def _corrected(self, seq: int) -> bool:
        """Whether the fact of a /fix stands for the turn: then the turn does not train beside it."""
        return self.facts is not None and self.settings.facts and self.facts.is_corrected(seq)

    def turns_until_pass(self) -> int:
        """New exchanges still missing for the next pass; those of a pass that failed do not count again."""
        seen = max(self._trained_to(), self._seen)
        fresh = {item.seq for item in self.journal.exchanges(seen) if item.complete}
        fresh |= {fact.seq for fact in self.facts.since(seen)} if self.facts else set()
        return max(0, self.settings.every - len(fresh))

    def consider(self) -> bool:
        """Start a pass if one is due, or was cut off by the end of an earlier process; True if one began."""
        self._unlearn()
        if not self.settings.enabled or self.running:
            return False
        if not self._relearn and not self._resume and self.turns_until_pass() > 0:
            return False  # at most turns: nothing here costs more for a longer history
        lessons = self.lessons()
        if not lessons.count:
            self._relearn = False
            return False
        key = "learning.relearning" if self._relearn else "learning.started"
        try:
            return self._start(lessons, "learning.resumed" if self._resume else key)
        except AssistantError as error:  # the disk: the exchange that led here is safe all the same
            self._seen = self._high_water()
            self._on_event(say("learning.failed", reason=error))
            return False

    def start(self) -> None:
        """Start a pass. Raises LearningError: learning is off, one runs, nothing is new; DiskError."""
        if not self.settings.enabled:
            raise LearningError("learning.disabled")
        if self.running:
            raise LearningError("learning.running")
        self._unlearn()
        lessons = self.lessons()
        if not lessons.count:
            raise LearningError("learning.nothing_new")
        if not self._start(lessons, "learning.started"):
            raise LearningError("learning.running")

    def forgotten(self, begin: bool = True) -> None:
        """Something is to be forgotten: no weights that know it answer from now on.

        What is left is learned anew: now or, without `begin`, when `consider` is asked. Raises DiskError.
        """
        if self.running and self.facts is not None and self.facts.forgotten_since(self._high):
            self._relearn = True  # by the thread of that pass, once it has ended
            self._cancel.set()
        self._unlearn(strict=True)
        if begin:
            self.consider()

    def _high_water(self) -> int:
        """The last journal number a pass beginning now looks at: all but a turn that waits for its answer."""
        turns = self.journal.exchanges(self._trained_to())
        waiting = bool(turns) and turns[-1].assistant is None
        return turns[-1].seq - 1 if waiting else self.journal.last_seq()

    def _trained_to(self) -> int:
        newest = self.versions.newest()
        return newest.high_water if newest else 0

    def _to_forget(self) -> list[Version]:
        """The versions that were trained on something the user wants forgotten."""
        facts = self.facts
        if facts is None or not (last := facts.last_forgotten()):
            return []
        newest = self.versions.newest()
        known = (last, newest.number if newest else 0)
        if self._clean == known:  # nothing was forgotten and nothing published since it was looked at
            return []
        found = [version for version in self.versions.list() if facts.forgotten_since(version.high_water)]
        self._clean = None if found else known
        return found

    def _unlearn(self, serve: bool = True, strict: bool = False) -> None:
        """Remove the versions that know what is to be forgotten; the newest before them serves, or the base.

        While a pass runs, which may read them, the folders stay to its end. Raises DiskError if `strict`.
        """
        try:
            with self._unlearning:
                if not (found := self._to_forget()):
                    return
                kept = self._serve_without({version.number for version in found}, serve)
                if not self.running or threading.current_thread() is self._thread:
                    self.versions.remove_all_but(kept)
                self._relearn = True
        except AssistantError as error:
            if strict:
                raise
            logger.warning("forgetting: %s", error.key)
            return
        if self.facts is not None and self._told_of != (last := self.facts.last_forgotten()):
            self._told_of = last
            self._on_event(say("learning.unlearned", serving=self._serving()))

    def _serve_without(self, numbers: set[int], serve: bool) -> Version | None:
        """Have a version not among `numbers` serve. Raises DiskError, ModelError."""
        kept = self.versions.current()
        if kept is not None and kept.number in numbers:
            sound = [version for version in self.versions.list() if version.number not in numbers]
            kept = None
            while sound and kept is None:
                with suppress(AssistantError):
                    kept = self.versions.rollback(sound.pop().number)
            if kept is None:
                self.versions.rollback(None)
        if serve:
            try:
                self._swap(kept)
            except ModelError:
                kept = self.versions.rollback(None)
                self._swap(None)
        return kept

    def _taken_back(self) -> bool:
        """Whether what a pass would go on from was trained on something that was undone or holds no more."""
        if self.facts is None:
            return False
        serving = self.versions.current()
        marks = {self._trained_to(), *([serving.high_water] if serving else [])}
        return any(self.facts.undone_since(mark) or self.facts.superseded_since(mark) for mark in marks)

    @property
    def running(self) -> bool:
        thread = self._thread
        return thread is not None and thread.is_alive()

    def cancel(self) -> bool:
        """Ask a running pass to end within a step; True if one ran."""
        if not self.running:
            return False
        self._cancel.set()
        return True

    def wait(self, timeout: float | None = None) -> bool:
        """Until no pass runs; False when `timeout` seconds were not enough."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        return not self.running

    def close(self) -> None:
        """End a running pass without calling it ended: the next start runs it again. None begins after."""
        with self._lock:
            self._closing = True
        self.cancel()
        self.wait()

    def _tries(self) -> int:
        """How often in a row a pass began and the process ended before it did."""
        tries = 0
        for record in reversed(self.journal.passes()):
            if record.outcome != "started":
                break
            tries += 1
        return tries

    # --- the pass, in its own thread ----------------------------------------------------------------

    def _start(self, lessons: Lessons, key: str) -> bool:
        """False when one runs already or the session closes. Raises DiskError."""
        with self._lock:
            if self.running or self._closing:
                return False
            job = (lessons, self._begin(lessons, key))
            self._thread = threading.Thread(target=self._work, args=job, name="learning-pass", daemon=True)
            self._thread.start()
            return True

    def _begin(self, lessons: Lessons, key: str) -> int:
        """Write that a pass begins; the last number it looks at. Raises DiskError."""
        self._cancel.clear()
        self._high = self._high_water()
        self.journal.append_pass("started", high_water=self._high)
        self._resume = self._relearn = False
        self.state = PassState(True, "prepare")
        self._on_event(say(key, count=_figure(lessons.count)))
        return self._high

    def _work(self, lessons: Lessons, high_water: int) -> None:
        _give_way()
        self._attempt(lessons, high_water)
        while self._relearn and self.settings.enabled:  # something was forgotten in the meantime
            with self._lock:
                lessons = self.lessons()
                if self._closing or not lessons.count:
                    return
                try:
                    high_water = self._begin(lessons, "learning.relearning")
                except AssistantError as error:
                    self._on_event(say("learning.failed", reason=error))
                    return
            self._attempt(lessons, high_water)

    def _attempt(self, lessons: Lessons, high_water: int) -> None:
        """One pass, and the sentence about how it ended."""
        try:
            outcome = self._run_pass(lessons, high_water, self.settings, self._report, self._cancel)
            if self.facts is not None and self.facts.forgotten_since(high_water):
                raise Cancelled("learning.cancelled")  # what it made knows what is to be forgotten
            sentence = self._finish(outcome, high_water)
        except Cancelled as error:
            sentence = "" if self._relearn and self.lessons().count else str(error)
            self._record("cancelled", high_water)
        except AssistantError as error:
            sentence = say("learning.failed", reason=error)
            self._record("failed", high_water, error.key)
        except Exception as error:
            logger.exception("learning pass")
            reason = say("learning.unexpected", kind=type(error).__name__, log=self._log)
            sentence = say("learning.failed", reason=reason)
            self._record("failed", high_water, type(error).__name__)
        self._seen = max(self._seen, high_water)
        self._unlearn()
        self.state = PassState()
        if sentence and not self._closing:
            self._on_event(sentence)

    def _finish(self, outcome: PassOutcome, high_water: int) -> str:
        if outcome.version is None:
            self._record("rejected", high_water, outcome.verdict.reason, outcome.scores)
            figures = {name: _figure(value) for name, value in outcome.verdict.values}
            reason = say(outcome.verdict.reason, **figures)
            return say("learning.rejected", reason=reason, serving=self._serving())
        self._record("published", high_water, scores=outcome.scores, version=outcome.version.number)
        self._swap(outcome.version)
        return self._published(outcome, outcome.version.number)

    def _published(self, outcome: PassOutcome, number: int) -> str:
        scores, counts = outcome.scores, outcome.counts
        values = {
            "number": _figure(number),
            "exchanges": _figure(counts["exchanges"]),
            "ratio": _figure(f"{scores.get('perplexity_ratio', float('nan')):.3f}"),
            "seconds": _figure(f"{outcome.seconds:.0f}"),
        }
        if "new_recall" not in scores:
            loss = _figure(f"{scores.get('train_loss', float('nan')):.2f}")
            return say("learning.published", loss=loss, **values)
        values["facts"] = _figure(counts["facts"])
        values["recall"] = _figure(f"{scores['new_recall']:.0%}")
        earlier = ""
        if "earlier_recall" in scores:
            earlier = say("learning.published_earlier", recall=_figure(f"{scores['earlier_recall']:.0%}"))
        part = ""
        if scores.get("scale", 1) < 1:
            part = say("learning.published_part", share=_figure(f"{scores['scale']:.0%}"))
        return say("learning.published_facts", earlier=earlier, part=part, **values)

    def _serving(self) -> str:
        current = self.versions.current()
        if current is None:
            return say("learning.serving_base")
        return say("learning.serving_version", number=_figure(current.number))

    def _record(
        self,
        outcome: str,
        high_water: int,
        reason: str | None = None,
        scores: dict[str, object] | None = None,
        version: int | None = None,
    ) -> None:
        if self._closing and outcome in ("cancelled", "failed"):
            return  # left as "started": the next process runs it again
        with suppress(AssistantError):  # a full disk must not hide how the pass ended
            self.journal.append_pass(
                outcome, high_water=high_water, version=version, reason=reason, scores=scores
            )

    def _report(self, phase: str, progress: float, loss: float | None, seconds_left: float | None) -> None:
        self.state = PassState(True, phase, progress, loss, seconds_left)


def _figure(value: object) -> str:
    """A number as the interface language writes it."""
    text = str(value)
    return to_persian_digits(text.replace(".", "٫").replace("%", "٪")) if language() == "fa" else text


def _give_way() -> None:
    if hasattr(os, "setpriority") and os.name == "posix" and os.uname().sysname == "Linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
