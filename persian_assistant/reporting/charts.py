"""Charts as SVG that stands inside a page: its colours are the page's own, so that they suit light and dark.

Numbers come in with their wording; nothing here knows what they mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 340, 210, 48, 10, 14, 28
MOST_LABELS = 12
"""Versions named below the axis, at most."""
Write = Callable[[float], str]


@dataclass(frozen=True)
class Curve:
    """One line of a chart: a name, and for each place on the axis a value or None."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Scale:
    """The upright axis: from `low` to `high`, with a line at each of `ticks`."""

    low: float
    high: float
    ticks: Sequence[float]

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(1.0, max(0.0, share)))


def shares() -> Scale:
    """From 0 to 1."""
    return Scale(0.0, 1.0, [0, 0.25, 0.5, 0.75, 1])


def counts(values: Sequence[float]) -> Scale:
    """From 0 to past the largest, at whole numbers."""
    step = max(1, math.ceil(max(values, default=0) / 4))
    return Scale(0.0, 4.0 * step, [step * at for at in range(5)])


def around(values: Sequence[float], *marks: float) -> Scale:
    """What holds all values and `marks`, with lines at round numbers."""
    low, high = min([*values, *marks]), max([*values, *marks])
    rough = max((high - low) / 4, 0.005)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [step * at for at in range(first, max(last, first + 1) + 1)]
    return Scale(ticks[0], ticks[-1], ticks)


def line_chart(
    title: str,
    places: Sequence[str],
    curves: Sequence[Curve],
    scale: Scale,
    write: Write,
    limit: float | None = None,
) -> str:
    """An SVG of lines over `places`; a gap where nothing was measured. `limit` is a line across."""
    parts = [*_axes(places, scale, write)]
    if limit is not None:
        y = f"{scale.y(limit):.1f}"
        parts.append(f'<line class="limit" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>')
    for at, curve in enumerate(curves):
        for run in _runs(curve.values):
            points = " ".join(f"{_x(n, len(places)):.1f},{scale.y(value):.1f}" for n, value in run)
            parts.append(f'<polyline class="line c{at}" points="{points}"/>')
            for n, value in run:
                told = escape(f"{curve.name} · {places[n]}: {write(value)}")
                x, y = f"{_x(n, len(places)):.1f}", f"{scale.y(value):.1f}"
                parts.append(
                    f'<circle class="dot c{at}" cx="{x}" cy="{y}" r="4"><title>{told}</title></circle>'
                )
    return _svg(title, parts)


def bar_chart(title: str, places: Sequence[str], values: Sequence[int], write: Write) -> str:
    """An SVG of one bar for each of `places`."""
    scale = counts(values)
    parts = [*_axes(places, scale, write)]
    wide = min(30.0, 0.7 * (WIDTH - LEFT - RIGHT) / max(1, len(places)))
    for at, value in enumerate(values):
        x, y = _x(at, len(places)) - wide / 2, scale.y(value)
        told = escape(f"{places[at]}: {write(value)}")
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
            f'height="{HEIGHT - BOTTOM - y:.1f}" rx="2"><title>{told}</title></rect>'
        )
    return _svg(title, parts)


def _svg(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" direction="ltr" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _x(at: int, places: int) -> float:
    """The middle of the place `at`."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (at + 0.5) / max(1, places)


def _axes(places: Sequence[str], scale: Scale, write: Write) -> list[str]:
    parts = []
    for tick in scale.ticks:
        y = scale.y(tick)
        spot = f'x="{LEFT - 6}" y="{y + 4:.1f}"'
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" {spot} text-anchor="end">{escape(write(tick))}</text>')
    every = math.ceil(len(places) / MOST_LABELS)
    for at, place in enumerate(places):
        if at % every == 0:
            x = _x(at, len(places))
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 9}" text-anchor="middle">{escape(place)}</text>'
            )
    return parts


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The values in runs without a gap, each with its place."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]
