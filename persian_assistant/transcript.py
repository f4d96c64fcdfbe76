"""A conversation as a Markdown file for people: who said what, and on which day.

Knows nothing of sessions: it is handed turns, and who answered them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from persian_assistant import disk
from persian_assistant.calendar_fa import day
from persian_assistant.errors import UsageError
from persian_assistant.records import Exchange
from persian_assistant.wording import say


def save(
    turns: Sequence[Exchange], title: str, speaker: Callable[[int], str], path: Path | None, folder: Path
) -> Path:
    """Write `turns` as a new file (0600); with no `path` one named by the moment, in `folder`, which is made.

    `title` stands at the head; `speaker` names who answered the turn with a number. Raises UsageError where
    the file is there already, DiskError.
    """
    if path is None:
        path = disk.make_private_dir(folder) / time.strftime("%Y-%m-%d-%H%M%S.md")
    elif (path := path.expanduser()).is_file():
        raise UsageError("cli.file_exists", path=path)
    disk.write_private(path, markdown(turns, title, speaker))
    return path


def markdown(turns: Sequence[Exchange], title: str, speaker: Callable[[int], str]) -> str:
    """The text of such a file; a day stands before its first turn."""
    lines = [f"# {title}", ""]
    shown = ""
    for turn in turns:
        if (today := day(turn.time)) != shown:
            lines += [f"*{today}*", ""]
            shown = today
        lines += [f"**{say('chat.you')}:** {turn.user}", ""]
        if turn.assistant:
            lines += [f"**{speaker(turn.seq)}:** {turn.assistant}", ""]
    return "\n".join(lines)
