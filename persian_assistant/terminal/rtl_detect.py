"""How this terminal shows right-to-left text: as a user chose, by its own answer, by what it is known to be.

Nothing is asked of a user here. Sources of the table and what was tried: docs/terminals.md.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from persian_assistant.bidi import MODES
from persian_assistant.config import home

KEPT = "rtl.json"
"""Terminal -> mode, as users chose; in the folder of all state."""
QUERY = "\x1b[8$p\x1b[6n"
"""Asks for the bidi mode (BDSM of ECMA-48, as the terminals' BiDi recommendation has it), then where the
cursor is: every terminal answers that, so that nobody waits for one which does not know the first."""
WAIT = 0.15
"""Seconds for both answers, at most."""
_MODE = re.compile(rb"\x1b\[8;(\d)\$y")
_CURSOR = re.compile(rb"\x1b\[\d+;\d+R")
_ANSWERS = {b"1": "logical", b"3": "logical", b"2": "visual", b"4": "visual"}
"""Set means that the terminal orders; reset, that it could and does not; 0, that it knows no such mode."""
_FIRST_BIDI_VTE = 5800

KNOWN = {
    "vte": "logical", "konsole": "logical", "mlterm": "logical", "apple_terminal": "logical",
    "kitty": "words",
    "xterm": "visual", "windows-terminal": "visual", "vscode": "visual", "ghostty": "visual",
    "wezterm": "visual", "alacritty": "visual", "foot": "visual", "rxvt": "visual", "st": "visual",
}  # fmt: skip
"""Terminal -> the mode that reads right there as it is installed. For any other a person is asked."""
_TERMS = ("mlterm", "alacritty", "foot", "rxvt", "st-", "xterm-kitty", "xterm-ghostty")
_VARIABLES = (
    ("XTERM_VERSION", "xterm"), ("WT_SESSION", "windows-terminal"), ("KITTY_WINDOW_ID", "kitty"),
    ("ALACRITTY_WINDOW_ID", "alacritty"), ("MLTERM", "mlterm"), ("KONSOLE_VERSION", "konsole"),
)  # fmt: skip


def terminal_name(environ: Mapping[str, str]) -> str:
    """What the environment says the terminal is; the most certain sign first: a variable may be inherited."""
    if "TMUX" in environ:
        return "tmux"
    term = environ.get("TERM", "")
    if term.startswith("screen") or "STY" in environ:
        return "screen"
    for name in _TERMS:
        if term.startswith(name):
            return name.removeprefix("xterm-").rstrip("-")
    if program := environ.get("TERM_PROGRAM", "").lower():
        return program
    for variable, name in _VARIABLES:
        if environ.get(variable):
            return name
    version = environ.get("VTE_VERSION", "")
    if version.isdigit():
        return "vte" if int(version) >= _FIRST_BIDI_VTE else "old-vte"
    return environ.get("TERMINAL_EMULATOR", "").lower() or term or "unknown"


def known_mode(environ: Mapping[str, str], outer: Callable[[], str] | None = None) -> str | None:
    """The mode for a known terminal, None for another; inside tmux, for the terminal around it."""
    name = terminal_name(environ)
    if name == "tmux":
        name = (outer or around_tmux)()
    return "visual" if name == "old-vte" else KNOWN.get(name)


def kept_modes() -> dict[str, str]:
    """Terminal -> mode, as users chose before; nothing where that cannot be read."""
    try:
        found = json.loads((home() / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): mode for name, mode in found.items() if mode in MODES[1:]}


def around_tmux() -> str:
    """The terminal that tmux is shown on now, as it named itself to tmux; "" where it did not."""
    command = ["tmux", "display-message", "-p", "#{client_termtype}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=WAIT, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    named = re.match(r"[A-Za-z]+", told)
    name = named.group().lower() if named else ""
    version = re.search(r"\d+", told)
    if name == "vte" and version and int(version.group()) < _FIRST_BIDI_VTE:
        return "old-vte"
    return name


def answered_mode(wait: float = WAIT) -> tuple[str | None, str]:
    """The mode by the terminal's own answer, or None; and what was typed meanwhile, which is not lost.

    Asks only where stdin and stdout are a Unix terminal, and not Apple's, which would write a letter.
    """
    if os.environ.get("TERM_PROGRAM") == "Apple_Terminal" or "TMUX" in os.environ:
        return None, ""
    try:
        import termios

        keyboard, screen = sys.stdin.fileno(), sys.stdout.fileno()
        if not (os.isatty(keyboard) and os.isatty(screen)):
            return None, ""
        before = termios.tcgetattr(keyboard)
    except (ImportError, OSError, ValueError, AttributeError):
        return None, ""
    quiet = [*before[:6], list(before[6])]
    quiet[0] &= ~termios.ICRNL  # Enter stays Enter
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 0, 0
    termios.tcsetattr(keyboard, termios.TCSANOW, quiet)
    try:
        os.write(screen, QUERY.encode())
        came = _read_answers(keyboard, wait)
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)
    mode = _MODE.search(came)
    rest = _CURSOR.sub(b"", _MODE.sub(b"", came), count=1)
    return (_ANSWERS.get(mode[1]) if mode else None), rest.decode("utf-8", "ignore")


def _read_answers(keyboard: int, wait: float) -> bytes:
    """All that comes until the place of the cursor is told, or the time is over."""
    import select

    came, end = b"", time.monotonic() + wait
    while not _CURSOR.search(came) and (left := end - time.monotonic()) > 0:
        if select.select([keyboard], [], [], left)[0]:
            came += os.read(keyboard, 1024)
    return came
