"""The model card of a model built here: what it is made of and what it measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from persian_assistant.pretraining.recipe import Recipe, Source


def write_card(folder: Path, recipe: Recipe, figures: dict[str, Any], samples: list[tuple[str, str]]) -> None:
    """Write `folder`/README.md. `figures`: parameters, steps, tokens, corpus counts, bits per character."""
    counts: dict[str, Any] = figures.get("corpus", {}).get("sources", {})
    bits: dict[str, float] = figures.get("bits_per_character", {})
    lines = [
        "---",
        "language: fa",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        "license: cc-by-sa-4.0",
        "tags: [persian, chat, small]",
        "---",
        "",
        f"# {recipe.name}",
        "",
        f"A Persian chat model of {figures.get('parameters', 0) / 1e6:.1f} million parameters, made by this "
        "project from raw text with `persian-assistant pretrain`. It is small: it chats, it can be taught, "
        "and it is often wrong about the world. Do not take advice from it.",
        "",
        f"Trained {figures.get('steps', 0)} steps, {figures.get('tokens', 0) / 1e6:.1f} million tokens, in "
        "bfloat16 on the CPU. The exact recipe is `recipe.json` beside this file.",
        "",
        "## Sources",
        "",
        "None of this text is in the project. Words are those kept after cleaning and dropping duplicates; "
        "“seen” is how many times over, in the main and the final phase.",
        "",
        "| source | from | licence as stated | words | seen | bits per character, held out |",
        "|---|---|---|---|---|---|",
        *(_source_row(source, counts, bits) for source in recipe.sources),
        "",
        "Dialogue for chat tuning:",
        "",
        "| source | from | licence | rows |",
        "|---|---|---|---|",
        *(_dialogue_row(source, figures.get("dialogue", {})) for source in recipe.dialogue),
        "",
        f"Loss on dialogue left out: {figures.get('dialogue_loss', float('nan')):.3f} nats per answer token.",
    ]
    if samples:
        lines += ["", "## Sample turns, unedited", "", "| user | model |", "|---|---|"]
        lines += [f"| {_cell(user)} | {_cell(answer)} |" for user, answer in samples]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _source_row(source: Source, counts: dict[str, Any], bits: dict[str, float]) -> str:
    words = counts.get(source.label, {}).get("words", 0)
    measured = f"{bits[source.label]:.2f}" if bits.get(source.label, 0) > 0 else "–"
    seen = f"{source.repeat:g} + {source.late_repeat:g}"
    return f"| {source.label} | {source.url} | {source.licence} | {words:,} | {seen} | {measured} |"


def _dialogue_row(source: Source, counts: dict[str, int]) -> str:
    return f"| {source.label} | {source.url} | {source.licence} | {counts.get(source.label, 0):,} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ⏎ ")
