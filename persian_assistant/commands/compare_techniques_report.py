"""How `compare techniques` is seen at the end: a table, some answers to read, and a chart."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from persian_assistant.commands.bench_learning_report import _escaped
from persian_assistant.terminal.view import decimal, figure, share
from persian_assistant.wording import say

MIB = 2**20
ROWS: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("heldout_loss", lambda value: decimal(value, 3)),
    ("perplexity", lambda value: decimal(value, 2)),
    ("chrf", lambda value: decimal(value, 1)),
    ("general_perplexity", lambda value: decimal(value, 2)),
    ("general_ratio", lambda value: "×" + decimal(value, 3)),
    ("seconds", lambda value: decimal(value, 0)),
    ("tokens", lambda value: figure(round(value))),
    ("tokens_per_second", lambda value: figure(round(value))),
    ("data_share", share),
    ("epochs", lambda value: decimal(value, 2)),
    ("peak_memory_mb", lambda value: figure(round(value))),
    ("trainable_parameters", lambda value: figure(round(value))),
    ("size_bytes", lambda value: decimal(value / MIB, 2)),
)
"""Figure and how it is written; the table's rows."""


def _data_name(file: str) -> str:
    """The data as a person reads it: a path, or the persona's own examples."""
    own = "seed examples of "  # as the record has it, whatever language it is read in
    return say("compare.own_examples", persona=file.removeprefix(own)) if file.startswith(own) else file


def show(record: dict[str, Any], techniques: Sequence[str], folder: Path) -> None:
    """On stdout: the table, the first seed's answers, what was left out, where the results lie."""
    from rich.console import Console

    from persian_assistant.terminal.output import show_table

    # a table is read as a whole: better too wide for who reads a file than with figures cut off
    console = Console(width=None if sys.stdout.isatty() else 180, highlight=False, markup=False)
    if record["runs"]:
        data, (amount, unit) = record["data"], _budget(record)
        console.print(
            say(
                "compare.about",
                model=record["model"]["name"],
                budget=f"{figure(amount)} {say(f'compare.unit_{unit}')}",
                train=figure(data["train"]),
                heldout=figure(data["heldout"]),
                file=_data_name(data["file"]),
            ),
            soft_wrap=True,
        )
        show_table(_table(record), console)
        for line in _answers(record):
            console.print(line, soft_wrap=True)
    for technique in techniques:
        if reason := record["left_out"].get(technique):
            console.print(reason, soft_wrap=True)
    if record["runs"]:
        example = folder / record["runs"][0]["folder"]
        console.print(say("compare.where", path=folder, example=example), soft_wrap=True)


def _budget(record: dict[str, Any]) -> tuple[int, str]:
    """`20000tokens` as a number and the name of its unit."""
    unit = record["budget"].lstrip("0123456789")
    return int(record["budget"].removesuffix(unit)), unit


def _table(record: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(box=None)
    table.add_column(say("bench.column_figure"))
    for quantization in record["base"]:
        table.add_column(say("compare.column_base", quantization=quantization), justify="right")
    for technique in record["summary"]:
        table.add_column(technique, justify="right")
    for name, written in ROWS:
        bases = (written(base[name]) if name in base else "–" for base in record["base"].values())
        cells = (_cell(group[name], written) for group in record["summary"].values())
        table.add_row(say(f"compare.row_{name}"), *bases, *cells)
    return table


def _cell(found: dict[str, Any], written: Callable[[float], str]) -> str:
    shown = written(found["mean"])
    if found["seeds"] > 1 and found["min"] != found["max"]:
        shown += f" ({written(found['min'])} … {written(found['max'])})"
    return shown


def _answers(record: dict[str, Any]) -> list[str]:
    """Each sample question with the reference and what the base and every technique (first seed) answers."""
    first: dict[str, Any] = {}
    for one in record["runs"]:
        first.setdefault(one["technique"], one)
    said = {say("compare.column_base", quantization=name): base for name, base in record["base"].items()}
    said |= {technique: first[technique] for technique in record["summary"]}
    lines = []
    for at, sample in enumerate(record["runs"][0]["answers"]):
        lines += ["", say("compare.asked", text=sample["question"])]
        lines.append(f"  {say('compare.reference')}: {_one_line(sample['reference'])}")
        lines += [f"  {name}: {_one_line(found['answers'][at]['answer'])}" for name, found in said.items()]
    return [*lines, ""]


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "–"


# --- the chart --------------------------------------------------------------------------------------

WIDTH, PANEL, LEFT, TOP, BAR, STEP = 800, 300, 96, 72, 20, 34
COLOURS = {
    "qlora": "#0b6e4f",
    "lora": "#4c9f70",
    "p_tuning": "#e07a00",
    "embeddings": "#3d5a80",
    "full": "#7b2d8b",
    "ia3": "#c1121f",
}


def plot(record: dict[str, Any]) -> str:
    """An SVG of two bar charts: held-out perplexity, and perplexity of general text against the base's.

    A bar is the mean over the seeds, the thin line in it the least and largest, the dashed line the base.
    """
    groups = record["summary"]
    height = TOP + STEP * len(groups) + 40
    base = min(one["perplexity"] for one in record["base"].values())
    amount, unit = _budget(record)
    what = "seconds" if unit == "s" else unit
    title = f"Techniques on {_escaped(Path(record['model']['name']).name)}, {amount:,} {what} each"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" fill="#222">{title}</text>',
    ]
    for at, technique in enumerate(groups):
        y = TOP + STEP * at + BAR - 5
        parts.append(f'<text x="{LEFT - 8}" y="{y}" text-anchor="end" fill="#222">{technique}</text>')
    parts += _panel(groups, "perplexity", "held-out perplexity (less is better)", base, LEFT)
    right = LEFT + PANEL + 60
    parts += _panel(groups, "general_ratio", "general text against the base (1 is nothing lost)", 1.0, right)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(groups: dict[str, dict[str, Any]], name: str, title: str, base: float, left: int) -> list[str]:
    most = max([base, *(group[name]["max"] for group in groups.values())])

    def x(value: float) -> float:
        return left + PANEL * value / (1.15 * most)

    parts = [f'<text x="{left}" y="{TOP - 20}" fill="#555">{title}</text>']
    for at, (technique, group) in enumerate(groups.items()):
        found, y = group[name], TOP + STEP * at
        end, middle = x(found["mean"]), y + BAR / 2
        parts.append(
            f'<rect x="{left}" y="{y}" width="{end - left:.1f}" height="{BAR}" fill="{COLOURS[technique]}"/>'
        )
        if found["seeds"] > 1:
            parts.append(
                f'<line x1="{x(found["min"]):.1f}" y1="{middle}" x2="{x(found["max"]):.1f}" y2="{middle}" '
                'stroke="#222" stroke-width="1.5"/>'
            )
        label = f"{found['mean']:.2f}"
        parts.append(f'<text x="{x(found["max"]) + 5:.1f}" y="{y + BAR - 5}" fill="#222">{label}</text>')
    low = TOP + STEP * len(groups)
    parts.append(
        f'<line x1="{x(base):.1f}" y1="{TOP - 8}" x2="{x(base):.1f}" y2="{low}" stroke="#222" '
        'stroke-dasharray="4 3"/>'
    )
    parts.append(
        f'<text x="{x(base):.1f}" y="{low + 16}" text-anchor="middle" fill="#555">base {base:.2f}</text>'
    )
    return parts
