"""The bottom line: what is loading, who answers, how far learning is. Reads the session, changes nothing.

What turns by itself stands in a place of its own width, so that nothing beside it moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from persian_assistant.errors import AssistantError
from persian_assistant.terminal.conversation import Conversation, PassLike
from persian_assistant.terminal.remembrance_actions import role_label
from persian_assistant.terminal.view import View, decimal, figure
from persian_assistant.text import one_line, sanitise
from persian_assistant.wording import say

_CELLS = 10
_BETWEEN = " · "
PHASES = ("prepare", "train", "measure", "publish")
NOTHING = "–"
"""In place of a figure that is not known yet."""


def version_name(number: int | None) -> str:
    """«نسخهٔ ۷», or «مدل پایه» for None."""
    if number is None:
        return say("chat.base_version")
    return say("chat.version_number", number=figure(number))


def model_label(base_model: str) -> str:
    """A model's name without the folders before it."""
    return base_model.replace("\\", "/").rstrip("/").rpartition("/")[2] or base_model


def duration(seconds: float) -> str:
    """Seconds up to a minute and a half, minutes after that."""
    if seconds < 90:
        return say("chat.seconds", n=figure(max(0, round(seconds))))
    return say("chat.minutes", n=figure(round(seconds / 60)))


def speed(tokens_per_second: float) -> str:
    """«۹۲ توکن در ثانیه»; "" where nothing was answered yet."""
    return say("chat.speed", speed=figure(round(tokens_per_second))) if tokens_per_second else ""


def fitting(parts: Iterable[tuple[int, str]], width: int) -> str:
    """Parts (rank, text) as one line of at most `width` cells: the lowest ranks are left out, never all."""
    from rich.cells import cell_len

    left = [part for part in parts if part[1]]
    while len(left) > 1 and cell_len(_BETWEEN.join(text for _, text in left)) > width:
        left.remove(min(left))
    return _BETWEEN.join(text for _, text in left)


def pass_line(state: PassLike) -> str:
    """A running pass in one line: phase, bar, percentage, time left, loss; always of one width."""
    return _BETWEEN.join(pass_parts(state))


def pass_parts(state: PassLike) -> tuple[str, str, str]:
    """What `pass_line` puts in a row: how far it is, the time left, the loss."""
    share = min(1.0, max(0.0, state.progress))
    done = int(share * _CELLS)
    phase = say(f"chat.phase_{state.phase}") if state.phase in PHASES else state.phase
    phase = _wide(phase, *(say(f"chat.phase_{name}") for name in PHASES))
    bar = "█" * done + "░" * (_CELLS - done)
    far = say("chat.pass_line", phase=phase, bar=bar, percent=figure(int(share * 100)).rjust(3))
    time = NOTHING if state.seconds_left is None else duration(state.seconds_left)
    time = _wide(time, duration(89), duration(99 * 60), before=True)
    loss = NOTHING if state.loss is None else decimal(state.loss, 2 if state.loss < 10 else 1)
    return far, say("chat.pass_left", time=time), say("chat.pass_loss", loss=loss.rjust(4))


def _wide(text: str, *others: str, before: bool = False) -> str:
    """`text` with blanks after it (or before it), as wide as the widest of the `others`."""
    from rich.cells import cell_len

    blanks = " " * (max(map(cell_len, others)) - cell_len(text))
    return blanks + text if before else text + blanks


class Toolbar:
    """Composes the line; asks the session for its status only when something turned, not at each key."""

    def __init__(self, session: Conversation, view: View) -> None:
        self._session = session
        self._view = view
        self._status: Any = None
        self._seen: tuple[object, ...] = ()
        self._shown = ""

    def refresh(self) -> None:
        """Forgets what was read: the next `text()` reads the session's status again."""
        self._seen = ()

    def text(self) -> str:
        """The line as it should be now; in a narrow terminal without what is known anyway."""
        session = self._session
        loading, state = session.loading, session.pass_state
        seen = (self._view.events, session.profile.path, loading.done, state.running)
        if seen != self._seen:
            self._seen = seen
            with suppress(AssistantError):  # a line that is not up to date is better than no prompt
                self._status = session.status()
        label = role_label(session)
        parts = [(99, f"[{label}]" if label else ""), *self._parts(state)]
        self._shown = fitting([(rank, sanitise(text)) for rank, text in parts], self._view.width)
        return self._shown

    def changed(self) -> bool:
        """Whether the line differs from the one shown last; cheap when nothing runs."""
        return self._shown != self.text() if self._seen else True

    def _parts(self, state: PassLike) -> list[tuple[int, str]]:
        """What the line holds, each with its rank: how far learning is counts most."""
        profile, status = self._session.profile, self._status
        title = one_line(profile.persona.title)
        if loading := one_line(self._session.loading.text):
            return [(1, title), (9, loading)]
        parts = [(1, title), (2, one_line(model_label(profile.base_model)))]
        if status is None:
            return parts
        parts.append((6, version_name(status.version)))
        if state.running:
            far, left, loss = pass_parts(state)
            parts += [(9, far), (8, left), (3, loss)]
        elif not status.learning_enabled:
            parts.append((9, say("chat.learning_off")))
        else:
            turns, most = (figure(number) for number in (status.turns_until_pass, status.every))
            parts.append((9, say("chat.until_pass", turns=turns.rjust(len(most)))))
        if status.tokens_per_second:
            parts.append((5, _wide(speed(status.tokens_per_second), speed(100), before=True)))
        return parts
