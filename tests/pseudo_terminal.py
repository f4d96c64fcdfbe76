"""A real process on a pseudo-terminal, for tests that type and look."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Terminal:
    """A real process on a pseudo-terminal: type into it, wait for what it shows. `command[0]` is a path."""

    def __init__(self, log: Path, command: list[str], **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.log = log
        self.text = ""
        self._seen = 0
        self._main, self._side = pty.openpty()
        fcntl.ioctl(self._side, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
        mine = {"SCRIPT_LOG": str(log), "TERM": "xterm-256color", "COLUMNS": "100"}
        mine["PERSIAN_ASSISTANT_RTL"] = "logical"
        mine["PYTHONPATH"] = str(Path(__file__).parent.parent)
        self.process = subprocess.Popen(
            [sys.executable, __file__, *command], stdin=self._side, stdout=self._side, stderr=self._side,
            start_new_session=True, env={**os.environ, **mine, **environment},
        )  # fmt: skip
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        import codecs

        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            try:
                data = os.read(self._main, 4096)
            except OSError:
                return
            if not data:
                return
            if b"\x1b[6n" in data:  # "where is the cursor?": without an answer there is no bottom line
                os.write(self._main, b"\x1b[5;1R")
            self.text += decoder.decode(data)

    @property
    def plain(self) -> str:
        """What was written so far, without escapes."""
        return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>])", "", self.text)

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def sees(self, text: str, times: int = 1) -> None:
        until(lambda: self.plain.count(text) >= times, lambda: f"{text!r} ×{times} not in {self.plain!r}")

    def prompts(self, count: int) -> None:
        """Waits until prompt_toolkit has drawn its `count`-th prompt: it asks for the cursor each time."""
        until(lambda: self.text.count("\x1b[6n") >= count, lambda: f"{count} prompts in {self.plain!r}")

    def calls(self, *names: str) -> list[Any]:
        if not self.log.exists():
            return []
        calls = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [call for call in calls if call[0] in names]

    def echoes(self) -> bool:
        """Whether the terminal is as a shell expects it."""
        import termios

        return bool(termios.tcgetattr(self._side)[3] & termios.ECHO)

    def ends(self, code: int) -> None:
        assert self.process.wait(timeout=60) == code, self.plain
        assert self.echoes()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._side)
        self._reading.join(timeout=10)
        os.close(self._main)


def until(happened: Callable[[], bool], told: Callable[[], str] = lambda: "", most: float = 60.0) -> None:
    """Polls until `happened()`; fails the test when it never does."""
    end = time.monotonic() + most
    while not happened():
        assert time.monotonic() < end, f"it never happened {told()}"
        time.sleep(0.02)


if __name__ == "__main__":
    # Ctrl-C on the pseudo-terminal is a signal only to the program whose controlling terminal it is.
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execv(sys.argv[1], sys.argv[1:])
