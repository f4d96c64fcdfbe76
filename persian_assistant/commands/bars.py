"""Where a progress bar stands, and what stands beside it, in the digits of the interface."""

from __future__ import annotations

from rich.console import Console
from rich.progress import MofNCompleteColumn, Task, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from persian_assistant.text import to_persian_digits
from persian_assistant.wording import language

UNKNOWN = "–"


def stderr_console(*, quiet: bool = False) -> Console:
    """For sentences and a bar on stderr. It breaks no row, not of what `print` writes while the bar runs
    either: the stream does (terminal/output.py), and finds the direction of a whole sentence, not of a row.
    """
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True, quiet=quiet)


class Count(MofNCompleteColumn):
    """How many of how many."""

    def render(self, task: Task) -> Text:
        return _written(super().render(task))


class Elapsed(TimeElapsedColumn):
    """Time since the beginning."""

    def render(self, task: Task) -> Text:
        return _written(super().render(task))


class Remaining(TimeRemainingColumn):
    """Time left; a dash while nobody can tell: dashes and colons would change places in a Persian row."""

    def render(self, task: Task) -> Text:
        text = _written(super().render(task))
        if task.total is not None and task.time_remaining is None:
            text.plain = UNKNOWN
        return text


def _written(text: Text) -> Text:
    if language() == "fa":
        text.plain = to_persian_digits(text.plain)
    return text
