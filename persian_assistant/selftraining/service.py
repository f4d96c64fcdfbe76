"""Cycle after cycle on one profile: when to begin, when to sleep and to wake, and what is told of it.

The profile's lock is held during a cycle only: in between a chat can be held, and what is said there is the
new human data that self-training lives on. A lock of its own keeps a second service away.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import filelock

from persian_assistant import disk
from persian_assistant.config import LearningConfig
from persian_assistant.errors import Cancelled, LearningError, LockedError
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.profile import Profile
from persian_assistant.selftraining.cycle import OpenProfile, Tick, Worker, describe
from persian_assistant.selftraining.lineage import lineage_of
from persian_assistant.selftraining.samples import SampleStore
from persian_assistant.selftraining.settings import SelfTrainConfig
from persian_assistant.selftraining.status import FOLDER, LOCK, Status, read_status, write_status
from persian_assistant.serving import Serving

logger = logging.getLogger(__name__)

MOST_REJECTIONS = 3
"""In a row; then it sleeps."""
MOST_WITHOUT_NEWS = 3
"""Cycles in a row without new human data; then it sleeps."""
POLL = 15.0
"""Seconds between two looks at a profile that a chat holds, and at the journal of one that is asleep."""

Tell = Callable[..., None]
"""A wording key of `selftrain` and its values."""


class SelfTraining:
    """The service of one profile. `load` gives the model, answering from the base, with the version store."""

    def __init__(
        self,
        profile: Profile,
        load: Callable[[], Serving],
        settings: SelfTrainConfig,
        learning: LearningConfig,
        stop: threading.Event,
        tell: Tell = lambda key, **values: None,
        tick: Tick = lambda phase, share: None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.profile, self.settings, self.learning, self.stop = profile, settings, learning, stop
        self.folder = disk.make_private_dir(profile.path / FOLDER)
        self._load, self.tell, self.show = load, tell, tick
        self._wait = wait or stop.wait
        self._worker: Worker | None = None
        self._journal_seen: tuple[int, int] | None = None
        self.samples = SampleStore(self.folder)
        self.status = read_status(self.folder) or Status()

    # --- the loop

    def run(self, wake: bool = False) -> int:
        """Cycles until stopped, or as many as set, or with a number set until it would sleep; how many.

        Raises Cancelled when stopped (a cycle that was cut off goes on at the next start), LockedError where
        another service runs, ModelError, DiskError.
        """
        with self._only_one():
            done = 0
            if wake:
                self._update(sleeping="", rejections=0, without_news=0)
            try:
                while self.settings.cycles is None or done < self.settings.cycles:
                    self._check()
                    if done and not self.status.sleeping:
                        self._pause(self.settings.interval)
                    if self.status.sleeping and not self._woken():
                        if self.settings.cycles is not None:
                            self.tell(self.status.sleeping)
                            break
                        self._sleep()
                    self._one_cycle()
                    done += 1
            finally:
                self._update(phase="stopped", next_wake=None)
        return done

    def _one_cycle(self) -> None:
        """The next cycle, once no chat holds the profile."""
        worker = self._ready()
        told = False
        while True:
            try:
                lock = self.profile.lock()
                break
            except LockedError:
                if not told:
                    self._update(phase="locked")
                    self.tell("selftrain.locked")
                told = True
                self._pause(POLL, "locked")
        with lock:
            self._cycle(worker, self._open(worker))

    def _cycle(self, worker: Worker, profile: OpenProfile) -> None:
        began = time.monotonic()
        self._begin(profile)
        cycle = self.status.cycle
        if self.status.step == "generate":
            worker.generate(profile, cycle, self.status.counts, self._counted)
            self._evict()
            self._update(step="train")
            self.tell("selftrain.generated", **self._figures())
        last = self._trained_before(worker, cycle) or self._train(worker, profile, cycle)
        last |= {"cycle": cycle, "cycle_seconds": round(time.monotonic() - began, 1)}
        self._end(profile, worker, last)

    def _begin(self, profile: OpenProfile) -> None:
        """Drop what is to be forgotten; go on with the cycle that was cut off, or begin the next."""
        forgotten = self._forget(profile)
        samples = self.samples.read()
        resumed = self.status.step in ("generate", "train")
        if not resumed:
            before = max([self.status.cycle, *(sample.cycle for sample in samples)])
            self._update(cycle=before + 1, step="generate", counts={})
        self._update(samples=len(samples), **self._added(forgotten=forgotten))
        key = "selftrain.resumed" if resumed else "selftrain.begun"
        self.tell(key, cycle=self.status.cycle, samples=len(samples))

    def _trained_before(self, worker: Worker, cycle: int) -> dict[str, Any] | None:
        """How this cycle's pass ended, where an earlier start published its version and died then."""
        newest = worker.serving.store.newest()
        if newest is None or (newest.config.get("counts") or {}).get("cycle") != cycle:
            return None
        return {"outcome": "published", "version": newest.number, "scores": newest.scores,
                "counts": newest.config["counts"]}  # fmt: skip

    def _train(self, worker: Worker, profile: OpenProfile, cycle: int) -> dict[str, Any]:
        try:
            return describe(worker.train(profile, cycle, self.learning))
        except Cancelled:
            raise Cancelled("selftrain.cancelled") from None
        except LearningError as error:
            logger.warning("self-training: %s", error.key)
            return {"outcome": "failed", "reason": error.key, "values": {}}

    def _end(self, profile: OpenProfile, worker: Worker, last: dict[str, Any]) -> None:
        mark = human_mark(profile.journal, worker)
        news = mark != self.status.human
        published = last["outcome"] == "published"
        status = self._update(
            step="",
            phase="waiting",
            last=last,
            human=mark,
            rejections=0 if published else self.status.rejections + 1,
            without_news=0 if news else self.status.without_news + 1,
            **self._added(cycles=1, **{last["outcome"]: 1}),
        )
        self.tell("cycle_ended", last=last, samples=status.samples)
        if status.rejections >= MOST_REJECTIONS:
            self._update(sleeping="selftrain.sleep_rejected")
        elif status.without_news >= MOST_WITHOUT_NEWS:
            self._update(sleeping="selftrain.sleep_no_news")

    # --- sleeping and waking

    def _sleep(self) -> None:
        """Until there is new human data. Raises Cancelled. The model is let go meanwhile."""
        self._worker = None
        gc.collect()
        self._update(phase="sleeping", next_wake=None)
        self.tell(self.status.sleeping)
        while not self._woken():
            self._pause(POLL, "sleeping")
        self.tell("selftrain.woken")

    def _woken(self) -> bool:
        """Whether people wrote something since the last cycle; it is awake then."""
        now = self._journal_now()
        if now == self._journal_seen:
            return False
        try:
            with self.profile.lock():
                journal = Journal.open(self.profile.journal_path)
                self._journal_seen = self._journal_now()
        except LockedError:
            return False  # a chat is held: what is said there counts when it is over
        if not has_news(journal, self.status.human):
            return False
        self._update(sleeping="", rejections=0, without_news=0)
        return True

    def _journal_now(self) -> tuple[int, int]:
        try:
            found = self.profile.journal_path.stat()
        except OSError:
            return 0, 0
        return found.st_size, found.st_mtime_ns

    def _pause(self, seconds: float, phase: str = "waiting") -> None:
        """Raises Cancelled."""
        wake = None if phase == "sleeping" else time.time() + seconds
        if (self.status.phase, self.status.next_wake) != (phase, wake):
            self._update(phase=phase, next_wake=wake)
        self._wait(seconds)
        self._check()

    # --- the profile

    def _ready(self) -> Worker:
        if self._worker is None:
            self._tick("prepare", 0.0)
            self._worker = Worker(self._load(), self.settings, self.stop, self._tick)
        return self._worker

    def _open(self, worker: Worker) -> OpenProfile:
        """What is there now: a chat may have been held since. Expects the lock."""
        store = worker.serving.store
        store.clean()
        newest = store.newest()
        journal = Journal.open(self.profile.journal_path, after=newest.high_water if newest else 0)
        facts = FactStore(journal)
        lineage = lineage_of(store, facts, self.settings.depth)
        for warning in (*store.warnings, *journal.warnings):
            self.tell("selftrain.warning", text=warning)
        store.warnings.clear()
        return OpenProfile(journal, facts, self.samples, lineage, newest.high_water if newest else 0)

    def _forget(self, profile: OpenProfile) -> int:
        """Take out samples that answer, or come from a version that knew, what the user wants forgotten."""
        journal, facts = profile.journal, profile.facts
        gone: dict[int, bool] = {}

        def stays(high_water: int) -> bool:
            if high_water not in gone:
                gone[high_water] = bool(facts.forgotten_since(high_water))
            return not gone[high_water]

        return self.samples.keep(
            lambda sample: (
                (sample.seq is None or journal.exchange(sample.seq) is not None) and stays(sample.high_water)
            )
        )

    def _evict(self) -> None:
        """Hold the cap."""
        evicted = self.samples.trim(self.settings.cap)
        self._update(samples=len(self.samples.read()), **self._added(evicted=evicted))

    def _only_one(self) -> filelock.BaseFileLock:
        lock = filelock.FileLock(self.folder / LOCK, timeout=0, mode=disk.PRIVATE_FILE, thread_local=False)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise LockedError("selftrain.running_already", name=self.profile.name) from None
        except OSError as error:
            raise disk.disk_error(error, self.folder / LOCK) from error
        return lock

    # --- telling

    def _counted(self, counts: dict[str, int]) -> None:
        """A block of answers is on the disk."""
        before = self.status.counts
        added = {name: value - before.get(name, 0) for name, value in counts.items()}
        self._update(phase="generate", counts=dict(counts), **self._added(**added))

    def _added(self, **more: int) -> dict[str, dict[str, int]]:
        totals = dict(self.status.totals)
        for name, value in more.items():
            totals[name] = totals.get(name, 0) + value
        return {"totals": totals}

    def _figures(self) -> dict[str, Any]:
        return {"cycle": self.status.cycle, "counts": self.status.counts, "samples": self.status.samples}

    def _tick(self, phase: str, share: float) -> None:
        if phase != self.status.phase:
            self._update(phase=phase, next_wake=None)
        self.show(phase, share)

    def _update(self, **changes: Any) -> Status:
        """The status with `changes`, on the disk. Raises DiskError."""
        self.status = replace(self.status, **changes, updated=time.time())
        write_status(self.folder, self.status)
        return self.status

    def _check(self) -> None:
        if self.stop.is_set():
            raise Cancelled("selftrain.cancelled")


def human_mark(journal: Journal, worker: Worker) -> str:
    """Names what people wrote so far: another mark, other data."""
    return f"{_last_human(journal)}/{len(worker.human.seed_examples)}"


def has_news(journal: Journal, mark: str) -> bool:
    """Whether the journal has human data that `mark` does not tell of."""
    return mark.partition("/")[0] != str(_last_human(journal))


def _last_human(journal: Journal) -> int:
    """Number of the last turn, lesson or correction."""
    turns = [exchange.seq for exchange in journal.last_exchanges(1)]
    lessons = [int(note["seq"]) for note in journal.notes() if note["kind"] in ("teach", "fix")]
    return max([0, *turns, *lessons])


def is_running(profile: Profile) -> bool:
    """Whether a service holds this profile now."""
    path = profile.path / FOLDER / LOCK
    if not path.exists():
        return False
    lock = filelock.FileLock(path, timeout=0, mode=disk.PRIVATE_FILE)
    try:
        lock.acquire()
    except filelock.Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
