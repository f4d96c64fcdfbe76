"""The bottom line: what is loading, who answers, how far learning is. Reads the session, changes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from persian_assistant.errors import AssistantError
from persian_assistant.terminal.conversation import Conversation, PassLike
from persian_assistant.terminal.remembrance_actions import role_label
from persian_assistant.terminal.view import View, figure
from persian_assistant.text import one_line, sanitise
from persian_assistant.wording import say

_CELLS = 10


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


def pass_line(state: PassLike) -> str:
    """A running pass in one line: phase, bar, percentage, loss, time left."""
    share = min(1.0, max(0.0, state.progress))
    done = int(share * _CELLS)
    phase = state.phase
    if phase in ("prepare", "train", "measure", "publish"):
        phase = say(f"chat.phase_{phase}")
    bar = "█" * done + "░" * (_CELLS - done)
    parts = [say("chat.pass_line", phase=phase, bar=bar, percent=figure(int(share * 100)))]
    if state.loss is not None:
        parts.append(say("chat.pass_loss", loss=figure(float(state.loss))))
    if state.seconds_left is not None:
        parts.append(say("chat.pass_left", time=duration(state.seconds_left)))
    return " · ".join(parts)


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
        """The line as it should be now; in a narrow terminal without its beginning."""
        from rich.cells import cell_len

        session = self._session
        loading, state = session.loading, session.pass_state
        seen = (self._view.events, session.profile.path, loading.done, state.running)
        if seen != self._seen:
            self._seen = seen
            with suppress(AssistantError):  # a line that is not up to date is better than no prompt
                self._status = session.status()
        label = role_label(session)
        kept = [f"[{label}]"] if label else []
        parts = self._parts(state)
        while len(parts) > 1 and not loading.text and cell_len(" · ".join(kept + parts)) > self._view.width:
            parts.pop(0)  # who answers is known; how far learning is is not
        self._shown = one_line(sanitise(" · ".join(kept + parts)))
        return self._shown

    def changed(self) -> bool:
        """Whether the line differs from the one shown last; cheap when nothing runs."""
        return self._shown != self.text() if self._seen else True

    def _parts(self, state: PassLike) -> list[str]:
        profile, status = self._session.profile, self._status
        if loading := self._session.loading.text:
            return [loading, profile.persona.title]
        parts = [profile.persona.title, model_label(profile.base_model)]
        if status is None:
            return parts
        parts.append(version_name(status.version))
        if status.tokens_per_second and not state.running:  # a pass says enough in one line
            parts.append(speed(status.tokens_per_second))
        if state.running:
            parts.append(pass_line(state))
        elif not status.learning_enabled:
            parts.append(say("chat.learning_off"))
        else:
            parts.append(say("chat.until_pass", turns=figure(status.turns_until_pass)))
        return parts
