"""The model card of a model built here: what it is made of and what it measured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from persian_assistant.pretraining.recipe import Recipe, Source


def write_card(
    folder: Path, recipe: Recipe, figures: dict[str, Any], samples: list[tuple[str, str]] | None = None
) -> None:
    """Write `folder`/README.md. `figures`: parameters, steps, tokens, corpus counts, bits per character."""
    counts: dict[str, Any] = figures.get("corpus", {}).get("sources", {})
    bits: dict[str, float] = figures.get("bits_per_character", {})
    tuned: dict[str, float] = figures.get("bits_per_character_tuned", {})
    device = {"cpu": "the CPU", "cuda": "a GPU"}.get(figures.get("device", ""), "this machine")
    lines = [
        "---",
        "language: fa",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        f"license: {recipe.licence or 'other'}",
        "tags: [persian, chat, small]",
        "---",
        "",
        f"# {recipe.name}",
        "",
        f"A Persian chat model of {figures.get('parameters', 0) / 1e6:.1f} million parameters, made from raw "
        "text with `persian-assistant pretrain`. It is small: it chats, it can be taught, and it is often "
        "wrong about the world. Do not take advice from it.",
        "",
        f"Trained {figures.get('steps', 0)} steps, {figures.get('tokens', 0) / 1e6:.1f} million tokens, in "
        f"bfloat16 on {device}. The exact recipe is `recipe.json` beside this file.",
        "",
        "## Sources",
        "",
        "The text itself does not ship with the model. Words are those kept after cleaning and dropping "
        "duplicates; “seen” is how many times over the recipe shows them, in the main and the final phase.",
        "",
        "Bits per character are measured on text left out, after training and after chat tuning.",
        "",
        "| source | from | licence as stated | words | seen | trained | chat-tuned |",
        "|---|---|---|---|---|---|---|",
        *(_source_row(source, counts, bits, tuned) for source in recipe.sources),
    ]
    if recipe.dialogue:
        lines += ["", "Dialogue for chat tuning:", "", "| source | from | licence | rows |"]
        lines.append("|---|---|---|---|")
        lines += [_dialogue_row(source, figures.get("dialogue", {})) for source in recipe.dialogue]
    if math.isfinite(loss := figures.get("dialogue_loss", math.nan)):
        lines += ["", f"Loss on dialogue left out: {loss:.3f} nats per answer token."]
    if samples:
        lines += ["", "## Sample turns, unedited", "", "| user | model |", "|---|---|"]
        lines += [f"| {_cell(user)} | {_cell(answer)} |" for user, answer in samples]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _source_row(
    source: Source, counts: dict[str, Any], bits: dict[str, float], tuned: dict[str, float]
) -> str:
    words = counts.get(source.label, {}).get("words", 0)
    seen = f"{source.repeat:g} + {source.late_repeat:g}"
    measured = " | ".join(_figure(values.get(source.label, math.nan)) for values in (bits, tuned))
    return f"| {_named(source)} | {words:,} | {seen} | {measured} |"


def _dialogue_row(source: Source, counts: dict[str, int]) -> str:
    return f"| {_named(source)} | {counts.get(source.label, 0):,} |"


def _named(source: Source) -> str:
    cells = (source.label, source.url or "–", source.licence or "not stated")
    return " | ".join(map(_cell, cells))


def _figure(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ⏎ ")
