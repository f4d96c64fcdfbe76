"""How `bench learning` is seen: what is running, the table at the end, a line chart, and what it ran on."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

from persian_assistant.figures import share as shown_share
from persian_assistant.rounds import mean
from persian_assistant.wording import say

PACKAGES = ("torch", "transformers", "peft", "bitsandbytes", "accelerate", "tokenizers", "bm25s")
ROWS: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("same_round", "{:.1%}", ("≥ 90%", "≥ 95%")),
    ("acc", "{:.1%}", ("≥ 85%", "≥ 95%")),
    ("acc_untrained_wordings", "{:.1%}", ("", "")),
    ("bwt", "{:+.1%}", ("≥ −3%", "≥ −1%")),
    ("false_recall", "{:.1%}", ("≤ 5%", "≤ 5%")),
    ("update", "{:.1%}", ("≥ 90%", "100%")),
    ("forget_residual", "{:.1%}", ("0", "0")),
    ("perplexity_ratio", "×{:.3f}", ("≤ ×1.02", "≤ ×1.02")),
    ("rep4", "{:.3f}", ("≤ base", "≤ base")),
    ("base_rep4", "{:.3f}", ("", "")),
    ("distinct2", "{:.3f}", ("≥ base", "≥ base")),
    ("base_distinct2", "{:.3f}", ("", "")),
    ("longest_pass_seconds", "{:.0f} s", ("≤ 60 s", "≤ 60 s")),
    ("peak_memory_mb", "{:.0f} MiB", ("", "")),
)
"""Figure, how it is written, and its targets for the weights alone and with memory."""


class Progress:
    """A bar for the run at hand, on stderr."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        from persian_assistant.commands.bars import Elapsed

        columns = (TextColumn("{task.description}"), BarColumn(), Elapsed())
        self._bar = Bar(*columns, console=Console(stderr=True))
        self._task: Any = None
        self._doing = ""

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def at(self, arm: str, seed: int, number: int, rounds: int, doing: str) -> None:
        """Round `number` of `rounds` of an arm with a random seed; 0 is before the first."""
        self._doing = say("bench.progress", arm=arm, seed=seed, number=number, rounds=rounds, doing=doing)
        if self._task is None:
            self._task = self._bar.add_task(self._doing, total=rounds)
        self._bar.update(self._task, description=self._doing, completed=max(0, number - 1), total=rounds)

    def phase(self, name: str, share: float) -> None:
        """Where the pass is, 0..1 within `name`."""
        if self._task is not None and name:
            self._bar.update(self._task, description=f"{self._doing} · {name} {shown_share(share)}")

    def tell(self, sentence: str) -> None:
        """One line above the bar."""
        console = self._bar.console
        console.print(sentence, highlight=False, soft_wrap=console.is_terminal or None)


def packages() -> dict[str, str]:
    """Versions of what the figures hang on."""
    from importlib.metadata import PackageNotFoundError, version

    from persian_assistant import __version__

    found = {"python": platform.python_version(), "persian-assistant": __version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """What it ran on, without names."""
    import torch

    return {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "cuda": torch.cuda.is_available(),
            "system": platform.system(), "processor": platform.machine()}  # fmt: skip


def show(record: dict[str, Any]) -> None:
    """The summary as a table: a column for each arm, with and without memory; mean (least … largest)."""
    from rich.console import Console
    from rich.table import Table

    from persian_assistant.terminal.output import show_table

    groups = record["summary"]
    if not groups:
        return
    table = Table(box=None)
    table.add_column(say("bench.column_figure"))
    for name in groups:
        table.add_column(name, justify="right")
    table.add_column(say("bench.column_target_weights"), justify="right")
    table.add_column(say("bench.column_target_memory"), justify="right")
    for figure, form, targets in ROWS:
        table.add_row(figure, *(_cell(group.get(figure), form) for group in groups.values()), *targets)
    gates = (
        ", ".join(f"{count} {name}" for name, count in _gates(record, group).items()) for group in groups
    )
    table.add_row("gate", *gates, "", "")
    # a table is read as a whole: better too wide for who reads a file than with figures cut off
    show_table(table, Console(width=None if sys.stdout.isatty() else 200))


def _cell(figure: dict[str, Any] | None, form: str) -> str:
    if figure is None:
        return "–"
    shown = form.format(figure["mean"])
    if figure["seeds"] > 1:
        shown += f" ({form.format(figure['min'])} … {form.format(figure['max'])})"
    return shown


def _gates(record: dict[str, Any], group: str) -> dict[str, int]:
    """How often the gate published, scaled, rejected."""
    counts: dict[str, int] = {}
    for found in record["runs"]:
        if f"{found['arm']}/{found['memory']}" == group:
            for one in found["passes"]:
                counts[one["gate"]] = counts.get(one["gate"], 0) + 1
    return counts


# --- the chart --------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 790, 420, 56, 220, 40, 48
COLOURS = {"product": "#0b6e4f", "naive": "#c1121f", "no_replay": "#e07a00", "joint": "#3d5a80"}


def plot(record: dict[str, Any]) -> str:
    """An SVG line chart: share of everything told so far that is answered right, by round.

    A line is the mean over the seeds, the band behind it the least and largest; dashed is with memory.
    """
    rounds = record["rounds"]["rounds"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" fill="#222">Recall of all facts told so far, by round '
        f"({_escaped(record['model'])})</text>",
        *_axes(rounds),
    ]
    for at, (name, lines) in enumerate(_lines(record).items()):
        parts += _curve(name, lines, rounds, at)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lines(record: dict[str, Any]) -> dict[str, list[list[float | None]]]:
    """Recall by round of each seed, for each "arm/memory"."""
    lines: dict[str, list[list[float | None]]] = {}
    for found in record["runs"]:
        lines.setdefault(f"{found['arm']}/{found['memory']}", []).append(found["acc_by_round"])
    return lines


def _x(number: int, rounds: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * ((number - 1) / (rounds - 1) if rounds > 1 else 0.5)


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _axes(rounds: int) -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{tenth * 10}%</text>'
        )
    for number in range(1, rounds + 1):
        x, y = _x(number, rounds), HEIGHT - BOTTOM + 18
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle" fill="#555">{number}</text>')
    middle, low = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10
    parts.append(f'<text x="{middle:.1f}" y="{low}" text-anchor="middle" fill="#555">round</text>')
    return parts


def _curve(name: str, lines: list[list[float | None]], rounds: int, at: int) -> list[str]:
    arm, memory = name.split("/")
    colour = COLOURS[arm]
    dashes = ' stroke-dasharray="6 4"' if memory == "on" else ""
    points: list[tuple[float, float, float, float]] = []  # x, mean, least, largest
    for number in range(1, rounds + 1):
        known = [line[number - 1] for line in lines]
        values = [value for value in known if value is not None]
        if values:
            points.append((_x(number, rounds), mean(known) or 0.0, min(values), max(values)))
    drawn = " ".join(f"{x:.1f},{_y(value):.1f}" for x, value, _, _ in points)
    if len(points) == 1 and rounds > 1:  # asked at the end only: a mark to compare the others with
        level = f"{_y(points[0][1]):.1f}"
        drawn, dashes = f"{LEFT},{level} {WIDTH - RIGHT},{level}", ' stroke-dasharray="2 4"'
    above = [f"{x:.1f},{_y(most):.1f}" for x, _, _, most in points]
    below = [f"{x:.1f},{_y(least):.1f}" for x, _, least, _ in reversed(points)]
    parts = []
    if len(lines) > 1 and len(points) > 1:
        parts.append(f'<polygon points="{" ".join(above + below)}" fill="{colour}" opacity="0.12"/>')
    parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
    parts += [
        f'<circle cx="{x:.1f}" cy="{_y(value):.1f}" r="3" fill="{colour}"/>' for x, value, _, _ in points
    ]
    x, y = WIDTH - RIGHT + 16, TOP + 16 + 24 * at
    label = f"{arm} (with memory)" if memory == "on" else arm
    parts.append(
        f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" stroke="{colour}" stroke-width="2"{dashes}/>'
    )
    parts.append(f'<text x="{x + 32}" y="{y + 4}" fill="#222">{label}</text>')
    return parts


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
