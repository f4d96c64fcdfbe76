"""What benchmarks/self_training.py counts in the answers of an arm, and the table and plot of its record."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from persian_assistant.pretraining.duplicates import Duplicates
from persian_assistant.selftraining.filters import NEAR

ARMS = ("naive", "product")
GRAMS = 4


def self_bleu(texts: Sequence[str]) -> float:
    """Mean BLEU-4 of each text against all others (Zhu et al. 2018), by words; 0 … 1, 1 where all are alike.

    Clipped counts over all references, the closest reference's length, add-one smoothing above 1-grams
    (Lin and Och 2004). NaN for fewer than two texts that hold a word.
    """
    rows = [words for text in texts if (words := text.split())]
    if len(rows) < 2:
        return math.nan
    counted = [[_grams(words, n) for n in range(1, GRAMS + 1)] for words in rows]
    return sum(_bleu(at, rows, counted) for at in range(len(rows))) / len(rows)


def _bleu(at: int, rows: list[list[str]], counted: list[list[Counter[tuple[str, ...]]]]) -> float:
    logs = 0.0
    for n in range(GRAMS):
        own = counted[at][n]
        most: Counter[tuple[str, ...]] = Counter()
        for other, grams in enumerate(counted):
            if other != at:
                most |= Counter({gram: grams[n][gram] for gram in own if gram in grams[n]})
        matched, total = sum((own & most).values()), sum(own.values())
        if n:
            matched, total = matched + 1, total + 1
        if not matched:
            return 0.0
        logs += math.log(matched / total) / GRAMS
    length = len(rows[at])
    closest = min((abs(len(row) - length), len(row)) for other, row in enumerate(rows) if other != at)[1]
    return math.exp(logs + min(0.0, 1 - closest / length))


def _grams(words: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + n]) for at in range(len(words) - n + 1))


def repeated(texts: Sequence[str], before: Sequence[str]) -> float:
    """Share of `texts` that are near duplicates of one of `before`, or of an earlier one of themselves."""
    seen = Duplicates(NEAR)
    for text in before:
        seen.is_new(text)
    return sum(not seen.is_new(text) for text in texts) / max(len(texts), 1)


PANELS = (
    ("perplexity", "held-out perplexity"),
    ("distinct2", "distinct-2"),
    ("self_bleu", "self-BLEU"),
    ("near_duplicates", "near-duplicate share"),
)
COLOURS = {"naive": "#c1121f", "product": "#0b6e4f"}
WIDTH, HEIGHT, PAD = 380, 250, 46


def table(record: dict[str, Any]) -> str:
    """Both arms by cycle, as Markdown."""
    names = ("perplexity", "distinct2", "self_bleu", "near_duplicates", "answer_loss")
    forms = ("{:.1f}", "{:.3f}", "{:.3f}", "{:.0%}", "{:.2f}")
    titles = ("held-out perplexity", "distinct-2", "self-BLEU", "near duplicates", "loss of human answers")
    lines = [
        "| cycle | " + " | ".join(f"{title}, naive | product" for title in titles) + " | product's gate |",
        "|" + "---|" * (2 + 2 * len(names)),
    ]
    arms = record["arms"]
    for naive, product in zip(arms["naive"], arms["product"], strict=False):
        cells = [
            f"{form.format(naive[name])} | {form.format(product[name])}"
            for name, form in zip(names, forms, strict=True)
        ]
        verdict = product.get("outcome", "")
        if verdict == "published" and (product.get("scale") or 1) < 1:
            verdict += f" ({product['scale']:.0%})"
        lines.append(f"| {naive['cycle']} | " + " | ".join(cells) + f" | {verdict} |")
    return "\n".join(lines) + "\n"


def plot(record: dict[str, Any]) -> str:
    """An SVG with a panel for each figure, a line for each arm."""
    wide, high = 2 * WIDTH, 2 * HEIGHT + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for at, (name, title) in enumerate(PANELS):
        lines = {arm: [found[name] for found in record["arms"][arm]] for arm in ARMS}
        parts += _panel(at % 2 * WIDTH, at // 2 * HEIGHT, title, lines)
    for at, arm in enumerate(ARMS):
        x, y = PAD + 110 * at, high - 10
        parts.append(f'<rect x="{x}" y="{y - 10}" width="14" height="10" fill="{COLOURS[arm]}"/>')
        parts.append(f'<text x="{x + 20}" y="{y}" fill="#222">{arm}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(left: float, top: float, title: str, lines: dict[str, list[float]]) -> list[str]:
    values = [value for line in lines.values() for value in line]
    low, high = min(values, default=0.0), max(values, default=1.0)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    last = max(max(map(len, lines.values())) - 1, 1)

    def place(cycle: int, value: float) -> tuple[float, float]:
        x = left + PAD + (WIDTH - 1.4 * PAD) * cycle / last
        return x, top + PAD / 1.5 + (HEIGHT - 1.5 * PAD) * (high - value) / (high - low)

    parts = [f'<text x="{left + PAD}" y="{top + 18}" font-size="14" fill="#222">{title}</text>']
    for value in (low, (low + high) / 2, high):
        x, y = place(0, value)
        right = place(last, value)[0]
        parts.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        shown = f"{value:.3g}"
        parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{shown}</text>')
    for cycle in range(0, last + 1, max(1, last // 5)):
        x, y = place(cycle, low)
        parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" fill="#555">{cycle}</text>')
    for arm, line in lines.items():
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(at, value) for at, value in enumerate(line)))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[arm]}" stroke-width="2"/>')
    return parts
