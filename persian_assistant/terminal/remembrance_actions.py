"""The face of the remembrance role: its label before answers and at the prompt, /pause, /resume, /farewell.

In any other persona the label is "" and the commands say where they work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.terminal.slash import Command, split_flags
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat

PROMPT = "> "


def role_label(session: Any) -> str:
    """«شبیه‌سازی», or that the role is set aside; "" in other personas."""
    role = getattr(session, "role", None)
    return "" if role is None else str(role.label())


def greeting(session: Any) -> str:
    """What the persona says first; nothing while its role is set aside."""
    role = getattr(session, "role", None)
    set_aside = role is not None and role.pause_in_force is not None
    return "" if set_aside else str(session.profile.persona.greeting)


def prompt_text(session: Any) -> str:
    """What stands before the line being typed."""
    label = role_label(session)
    return f"[{label}] {PROMPT}" if label else PROMPT


def labelled(session: Any, pieces: Iterator[str]) -> Iterator[str]:
    """An answer with the label before its first letter; the pieces are closed with it."""
    begun = False
    try:
        for piece in pieces:
            if not begun and piece.strip():
                begun = True
                label = role_label(session)
                piece = f"[{label}] {piece.lstrip()}" if label else piece
            yield piece
    finally:
        if close := getattr(pieces, "close", None):
            close()


def pause(chat: Chat, rest: str) -> None:
    _check(chat, "pause", rest)
    chat.session.pause_role()
    chat.view.notice(say("remembrance.paused"))


def resume(chat: Chat, rest: str) -> None:
    _check(chat, "resume", rest)
    chat.session.resume_role()
    chat.view.notice(say("remembrance.resumed"))


def _check(chat: Chat, name: str, rest: str) -> None:
    if not role_label(chat.session):
        raise UsageError("remembrance.only_there", name=name)
    if rest:
        raise ROLE[name].refuse(rest)


def farewell(chat: Chat, rest: str) -> None:
    """Export, then on yes delete the profile and leave."""
    _check(chat, "farewell", "")
    flags, words = split_flags(ROLE["farewell"], rest, "--yes")
    session, name = chat.session, chat.session.profile.name
    if not flags and chat.ask is None:
        raise UsageError("remembrance.farewell_needs_yes")
    path = session.export_all(Path(" ".join(words).strip("\"'")).expanduser() if words else None)
    if path is None:
        chat.view.notice(say("remembrance.nothing_to_export"))
    else:
        chat.view.notice(say("remembrance.exported", path=path))
    if not flags and (chat.ask is None or not chat.ask(say("remembrance.farewell_question", name=name))):
        raise Cancelled("remembrance.farewell_declined")
    with chat.view.held():  # what a pass says of its end comes after
        session.erase()
        chat.leaving, chat.wait_at_end = True, False
        chat.view.notice(say("remembrance.erased", name=name))
        chat.view.notice(say("remembrance.farewell"))


COMMANDS: tuple[Command, ...] = (
    Command("pause", pause),
    Command("resume", resume),
    Command("farewell", farewell, "[path] [--yes]", lambda chat: [("--yes", "")]),
)
ROLE = {command.name: command for command in COMMANDS}
