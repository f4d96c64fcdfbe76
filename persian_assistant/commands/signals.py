"""What Ctrl-C and SIGTERM do to a long run: its step is finished and saved first."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECOND_SIGNAL_SECONDS = 2.0
"""A launcher passes on a Ctrl-C that its processes have had from the terminal already: not a second one."""


class StopSignal:
    """True once Ctrl-C or SIGTERM came while `installed`; a second Ctrl-C ends the program at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        """Set with the first signal, for who waits for it."""
        self.number: int | None = None
        """The first signal's."""
        self._met = 0.0

    def __call__(self) -> bool:
        return self.event.is_set()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Only while there is something to save; elsewhere Ctrl-C ends the program at once."""
        before = {name: signal.signal(name, self._handle) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.number is None:
            self.number, self._met = number, now
            self.event.set()
        elif number == signal.SIGINT and now - self._met > SECOND_SIGNAL_SECONDS:
            raise KeyboardInterrupt
