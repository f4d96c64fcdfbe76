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

from persian_assistant.config import LearningConfig
from persian_assistant.errors import AssistantError, Cancelled, LearningError
from persian_assistant.journal import Journal
from persian_assistant.records import Exchange
from persian_assistant.text import to_persian_digits
from persian_assistant.versions import Version, VersionStore
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.learning_pass import PassOutcome

logger = logging.getLogger(__name__)

Report = Callable[[str, float, "float | None", "float | None"], None]
RunPass = Callable[[list[Exchange], int, LearningConfig, Report, threading.Event], "PassOutcome"]
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
        swap: Callable[[Version], None],
        on_event: Callable[[str], None],
        log: Path,
    ) -> None:
        self.journal, self.versions, self.settings = journal, versions, settings
        self.state = PassState()
        self._run_pass, self._swap, self._on_event, self._log = run_pass, swap, on_event, log
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._closing = False
        self._lock = threading.Lock()
        cut_off = journal.unfinished_pass()
        newest = versions.newest()
        published = cut_off is not None and newest is not None and newest.high_water >= cut_off.high_water
        tries = self._tries()
        self._resume = cut_off is not None and not published and tries < MOST_TRIES
        # Exchanges up to here have had their pass, whatever came of it
        tried = [record.high_water for record in journal.passes() if record.outcome != "started"]
        given_up = cut_off.high_water if cut_off is not None and tries >= MOST_TRIES else 0
        self._seen = max([given_up, *tried])

    def pending(self) -> list[Exchange]:
        """Complete exchanges past the newest version, oldest first."""
        newest = self.versions.newest()
        return [item for item in self.journal.exchanges(newest.high_water if newest else 0) if item.complete]

    def turns_until_pass(self) -> int:
        """New exchanges still missing for the next pass; those of a pass that failed do not count again."""
        fresh = sum(item.seq > self._seen for item in self.pending())
        return max(0, self.settings.every - fresh)

    def consider(self) -> bool:
        """Start a pass if one is due, or was cut off by the end of an earlier process; True if one began."""
        if not self.settings.enabled or self.running:
            return False
        pending = self.pending()
        if not pending or not (self._resume or self.turns_until_pass() == 0):
            return False
        try:
            return self._start(pending, "learning.resumed" if self._resume else "learning.started")
        except AssistantError as error:  # the disk: the exchange that led here is safe all the same
            self._seen = pending[-1].seq
            self._on_event(say("learning.failed", reason=error))
            return False

    def start(self) -> None:
        """Start a pass now.

        Raises LearningError: learning is off, one runs already, nothing is new; DiskError.
        """
        if not self.settings.enabled:
            raise LearningError("learning.disabled")
        pending = self.pending()
        if self.running:
            raise LearningError("learning.running")
        if not pending:
            raise LearningError("learning.nothing_new")
        if not self._start(pending, "learning.started"):
            raise LearningError("learning.running")

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

    def _start(self, pending: list[Exchange], key: str) -> bool:
        """False when one runs already or the session closes. Raises DiskError."""
        with self._lock:
            if self.running or self._closing:
                return False
            self._cancel.clear()
            high_water = pending[-1].seq
            self.journal.append_pass("started", high_water=high_water)
            self._resume = False
            self.state = PassState(True, "prepare")
            self._thread = threading.Thread(
                target=self._work, args=(pending, high_water), name="learning-pass", daemon=True
            )
            self._on_event(say(key, count=_figure(len(pending))))
            self._thread.start()
            return True

    def _work(self, pending: list[Exchange], high_water: int) -> None:
        _give_way()
        try:
            outcome = self._run_pass(pending, high_water, self.settings, self._report, self._cancel)
            sentence = self._finish(outcome, high_water)
        except Cancelled as error:
            sentence = str(error)
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
        self.state = PassState()
        if not self._closing:
            self._on_event(sentence)

    def _finish(self, outcome: PassOutcome, high_water: int) -> str:
        if outcome.version is None:
            self._record("rejected", high_water, outcome.verdict.reason, outcome.scores)
            figures = {name: _figure(value) for name, value in outcome.verdict.values}
            reason = say(outcome.verdict.reason, **figures)
            return say("learning.rejected", reason=reason, serving=self._serving())
        self._record("published", high_water, scores=outcome.scores, version=outcome.version.number)
        self._swap(outcome.version)
        return say(
            "learning.published",
            number=_figure(outcome.version.number),
            exchanges=_figure(outcome.counts["exchanges"]),
            seeds=_figure(outcome.counts["seed_examples"]),
            loss=_figure(f"{outcome.scores.get('train_loss', float('nan')):.2f}"),
            ratio=_figure(f"{outcome.scores.get('perplexity_ratio', float('nan')):.3f}"),
            seconds=_figure(f"{outcome.seconds:.0f}"),
        )

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
