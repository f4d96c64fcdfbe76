"""How right-to-left text stands on this terminal is chosen here: at the start, and by /rtl. And /copy.

A choice is kept for each kind of terminal in one small file; the setting `rtl` goes before it.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from persian_assistant.bidi import MODES
from persian_assistant.config import home
from persian_assistant.disk import make_private_dir, to_json, write_private
from persian_assistant.errors import UsageError
from persian_assistant.terminal import rtl, rtl_detect
from persian_assistant.terminal.rtl_detect import KEPT, kept_modes
from persian_assistant.terminal.slash import Choices, Command, number
from persian_assistant.text import normalise, sanitise, to_latin_digits
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat
    from persian_assistant.terminal.view import View

SHOWN_MODES = MODES[1:]
MOST_COPIED = 50_000
"""Bytes that go to the clipboard through the terminal: many take no more than about 75,000, encoded."""
COPIED = "copied.txt"


# --- choosing


@contextmanager
def chosen(setting: str, view: View, line: Callable[[str], str | None]) -> Iterator[str]:
    """`choose`, and at the end the terminal as it was."""
    try:
        yield choose(setting, view, line)
    finally:
        _direct(view, False)


def _direct(view: View, wanted: bool) -> None:
    """Tells the terminal to find the direction of each paragraph, or no more to."""
    if wanted != view.directed:
        sys.stdout.write(rtl.FIND_DIRECTION if wanted else rtl.FIND_NO_DIRECTION)
        sys.stdout.flush()
        view.directed = wanted


def _take(mode: str, view: View, answered: bool = False) -> None:
    """Sets the view's mode. A terminal that orders and knows how is told to find directions."""
    view.rtl = mode
    knows = answered or rtl_detect.terminal_name(os.environ) == "vte"
    _direct(view, knows and view.live and mode == "logical")


def choose(setting: str, view: View, line: Callable[[str], str | None]) -> str:
    """Sets the view's mode for this terminal; returns what was typed while the terminal was asked.

    The `setting` if it is not "auto", what was chosen here before, the terminal's own answer, what it is
    known to be, else the one question, asked with `line`. Nothing is asked of a terminal without colours
    (NO_COLOR) or that cannot be drawn on: it gets plain lines.
    """
    if setting != "auto":
        _take(setting, view)
        return ""
    if not view.live or os.environ.get("NO_COLOR"):
        return ""
    name = rtl_detect.terminal_name(os.environ)
    if kept := kept_modes().get(name):
        _take(kept, view)
        return ""
    answered, typed = rtl_detect.answered_mode()
    mode = answered or rtl_detect.known_mode(os.environ)
    if mode is None and not typed:  # typing already: not the moment for a question
        mode = _asked(view, line)
        _keep(name, mode)
    _take(mode or "logical", view, answered == "logical")
    return typed


def _asked(view: View, line: Callable[[str], str | None]) -> str:
    """The mode whose sample a person says reads right; "logical" where the question is passed over."""
    view.notice(say("rtl.question"), style="bold")
    show_samples(view)
    answer = to_latin_digits(line(say("rtl.answer")) or "").strip()
    chosen = dict(zip(("1", "2", "3"), SHOWN_MODES, strict=True)).get(answer)
    if chosen is None:
        view.notice(say("rtl.passed_over"), style="dim")
    return chosen or "logical"


def show_samples(view: View) -> None:
    """The same sentence in each mode, numbered, whatever mode is in force."""
    before = view.rtl
    try:
        view.rtl = "logical"
        for place, mode in enumerate(SHOWN_MODES, 1):
            view.notice(f"{place})  {rtl.inline(say('rtl.sample'), mode)}")
    finally:
        view.rtl = before


def _keep(name: str, mode: str | None) -> None:
    """Keeps a choice, or with None forgets it. Raises DiskError."""
    kept = {known: chosen for known, chosen in kept_modes().items() if known != name}
    if mode:
        kept[name] = mode
    make_private_dir(home())
    write_private(home() / KEPT, to_json(kept, indent=2) + "\n")


def set_rtl(chat: Chat, rest: str) -> None:
    """/rtl: shows the mode and the samples, or sets and keeps one; "auto" looks again."""
    view, wanted = chat.view, rest.strip().lower()
    if wanted not in ("", *MODES):
        raise RTL_COMMAND["rtl"].refuse(rest)
    name = rtl_detect.terminal_name(os.environ)
    if wanted == "auto":
        _keep(name, None)
        answered = rtl_detect.answered_mode()[0]
        mode = answered or rtl_detect.known_mode(os.environ)
        _take(mode or "logical", view, answered == "logical")
    elif wanted:
        _keep(name, wanted)
        _take(wanted, view)
    if not wanted:
        show_samples(view)
    view.notice(say("rtl.now", mode=view.rtl, meaning=say(f"rtl.mode_{view.rtl}"), terminal=name))


# --- copying


def copy(chat: Chat, rest: str) -> None:
    """/copy [n]: an earlier answer to the clipboard, in logical order; also into a file, for a terminal
    that does not let programs at the clipboard: none of them says so.
    """
    back = number(RTL_COMMAND["copy"], rest) if rest else 1
    answered = [turn.assistant for turn in chat.session.history(back + 20) if turn.assistant]
    if len(answered) < back:
        raise UsageError("rtl.nothing_to_copy")
    text = normalise(sanitise(answered[-back])).strip()
    path = home() / COPIED
    make_private_dir(home())
    write_private(path, text + "\n")
    data = text.encode("utf-8")
    if not chat.view.live or chat.piped or len(data) > MOST_COPIED:
        chat.view.notice(say("rtl.copied_to_file", path=path))
        return
    if not ("TMUX" in os.environ and _through_tmux(data)):
        sys.stdout.write(f"\x1b]52;c;{base64.b64encode(data).decode()}\x07")
        sys.stdout.flush()
    chat.view.notice(say("rtl.copied", path=path))


def _through_tmux(data: bytes) -> bool:
    """Whether tmux took the text: it passes nothing through that a program writes, unless told to."""
    try:
        done = subprocess.run(["tmux", "load-buffer", "-w", "-"], input=data, timeout=2, check=False,
                              capture_output=True)  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _modes(chat: Chat) -> Choices:
    return [(mode, say(f"rtl.mode_{mode}")) for mode in MODES]


COMMANDS: tuple[Command, ...] = (
    Command("rtl", set_rtl, "[" + "|".join(MODES) + "]", _modes),
    Command("copy", copy, "[n]"),
)
RTL_COMMAND = {command.name: command for command in COMMANDS}
