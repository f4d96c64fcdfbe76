"""What /versions and /rollback do: the versions as a table or as bars, and back to one of them.

A function is handed the chat and the rest of the line; it shows what happened and raises AssistantError.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from persian_assistant.calendar_fa import when
from persian_assistant.errors import UsageError
from persian_assistant.terminal.slash import Choices, Command, number
from persian_assistant.terminal.toolbar import version_name
from persian_assistant.terminal.view import decimal, figure, share
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat

COLUMNS = ("number", "time", "facts", "new", "earlier", "perplexity", "seconds", "scale")
LEAST = ("scale", "seconds", "time")
"""What a narrow terminal is not shown, first to last."""
GAP = 3
"""Cells between two columns, and for a mark that keeps them in their places."""
NONE = "-"
"""In place of a score that was not measured."""
WIDEST, NARROWEST, BESIDE = 40, 6, 28
"""Cells of a bar, at most and at least, and what a line needs beside it."""
PAST_LIMIT = 1.2
"""How far a bar may run past the limit before it is cut, as a share of the way there."""


def versions(chat: Chat, rest: str) -> None:
    if rest not in ("", "plot"):
        raise VERSION["versions"].refuse(rest)
    known = chat.session.versions()
    if not known:
        chat.view.notice(say("chat.no_versions"))
        return
    current = chat.session.status().version
    if rest:
        _plot(chat, known, current)
        return
    base = (_mark(current is None) + say("chat.base_short"), *[""] * (len(COLUMNS) - 1))
    rows = [tuple(say(f"chat.versions_{name}") for name in COLUMNS), base]
    rows += [_row(version, current) for version in known]
    rows = _fitting(rows, chat.view.width)
    # Terminals that order right-to-left text mirror a line up to its last letter: all end in one column.
    width = max(len(row[-1]) for row in rows)
    rows = [(*row[:-1], row[-1].rjust(width)) for row in rows]
    chat.view.table(rows[0], rows[1:])
    chat.view.notice(say("chat.versions_legend"))


def _fitting(rows: list[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """The table without the columns that matter least, where `width` cells do not hold all of them."""
    from rich.cells import cell_len

    gone: set[int] = set()
    for name in (None, *LEAST):
        if name:
            gone.add(COLUMNS.index(name))
        left = [tuple(cell for at, cell in enumerate(row) if at not in gone) for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(*left, strict=True)]
        if sum(widths) + GAP * (len(widths) - 1) <= width:
            break
    return left


def _mark(serving: bool) -> str:
    return "● " if serving else "  "


def _row(version: Any, current: int | None) -> tuple[str, ...]:
    """A line of the table, one cell for each of COLUMNS.

    In Persian it begins with a word, as the headers do: else a terminal that orders right-to-left text would
    put the headers, but not the figures, from right to left.
    """
    counts = version.config.get("counts")
    facts = _score(counts, "facts") if isinstance(counts, Mapping) else None
    new, earlier, ratio, seconds, scale = (
        _score(version.scores, name)
        for name in ("new_recall", "earlier_recall", "perplexity_ratio", "seconds", "scale")
    )
    return (
        _mark(version.number == current) + say("chat.versions_name", number=figure(version.number)),
        when(version.created),
        NONE if facts is None else figure(round(facts)),
        _share(new),
        _share(earlier),
        NONE if ratio is None else _ratio(ratio),
        NONE if seconds is None else figure(round(seconds)),
        _share(scale),
    )


def _score(scores: Mapping[str, Any], name: str) -> float | None:
    value = scores.get(name)
    sound = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if sound else None  # type: ignore[arg-type]


def _share(value: float | None) -> str:
    return NONE if value is None else share(value)


def _ratio(value: float) -> str:
    return decimal(value, 3)


# --- bars -------------------------------------------------------------------------------------------


def _plot(chat: Chat, known: Sequence[Any], current: int | None) -> None:
    """Three groups of bars, each under a line that says what they show.

    In Persian a bar's line begins with a word, as the table's rows do, so that it runs from right to left;
    all lines of a group end in the same cell, for terminals that mirror a line up to its last letter.
    """
    cells = max(NARROWEST, min(WIDEST, chat.view.width - BESIDE))
    names = [say("chat.versions_name", number=figure(version.number)) for version in known]
    longest = max(map(len, names))
    groups = {
        "new_recall": lambda version: _recall_bar(_score(version.scores, "new_recall"), cells),
        "earlier_recall": lambda version: _recall_bar(_score(version.scores, "earlier_recall"), cells),
        "perplexity_ratio": lambda version: _perplexity_bar(version, cells),
    }
    lines = []
    for group, bar_of in groups.items():
        drawn = [bar_of(version) for version in known]
        widest = max(len(value) for _, value in drawn)
        lines += ["", say(f"chat.plot_{group}")]
        for version, name, (bar, value) in zip(known, names, drawn, strict=True):
            mark = _mark(version.number == current)
            lines.append(f"{mark}{name.ljust(longest)} {bar.ljust(cells)} {value.rjust(widest)}")
    chat.view.notice("\n".join(lines[1:]))


def _bar(part: float, cells: int) -> str:
    full = min(cells, max(0, round(part * cells)))
    return "█" * full + "░" * (cells - full)


def _recall_bar(value: float | None, cells: int) -> tuple[str, str]:
    return ("", NONE) if value is None else (_bar(value, cells), share(value))


def _perplexity_bar(version: Any, cells: int) -> tuple[str, str]:
    """From the base's perplexity to the limit that was in force, and on where the gate let it through."""
    ratio, limit = (
        _score(scores, name)
        for scores, name in ((version.scores, "perplexity_ratio"), (version.config, "max_perplexity_ratio"))
    )
    if ratio is None:
        return "", NONE
    if limit is None or limit <= 1:
        return "", _ratio(ratio)
    within = int(cells / PAST_LIMIT)
    used = (ratio - 1) / (limit - 1)
    past = min(cells - within, math.ceil((used - 1) * within)) if used > 1 else 0
    return _bar(used, within) + "│" + "█" * past, f"{_ratio(ratio)} / {_ratio(limit)}"


# --- going back -------------------------------------------------------------------------------------


def rollback(chat: Chat, rest: str) -> None:
    command = VERSION["rollback"]
    chat.wait_for_versions()
    if rest == "base":
        target = None
    elif rest:
        target = number(command, rest)
    else:
        current = chat.session.status().version
        if current is None:
            raise UsageError("chat.nothing_to_rollback")
        parents = {version.number: version.parent for version in chat.session.versions()}
        target = parents.get(current)
    serving = chat.session.rollback(target)
    name = version_name(None if serving is None else serving.number)
    chat.view.notice(say("chat.rolled_back", version=name))


def rollback_choices(chat: Chat) -> Choices:
    """The numbers `/rollback` takes."""
    known = [(str(version.number), when(version.created)) for version in chat.session.versions()]
    return [("base", say("chat.base_version")), *reversed(known)]


def _plot_choice(chat: Chat) -> Choices:
    return [("plot", say("chat.versions_plot"))]


COMMANDS: tuple[Command, ...] = (
    Command("versions", versions, "[plot]", _plot_choice),
    Command("rollback", rollback, "[n|base]", rollback_choices),
)
VERSION = {command.name: command for command in COMMANDS}
