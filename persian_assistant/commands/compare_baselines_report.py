"""How `compare baselines` ends: a table, what the training cost, and in plain words what follows."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

from persian_assistant.terminal.view import decimal, figure, share
from persian_assistant.wording import say

WORTH_SAYING_TOKENS, WORTH_SAYING_SECONDS = 10, 0.01
"""Savings below these are not told."""


def show(record: dict[str, Any]) -> None:
    """The table and the sentences on stdout."""
    from rich.console import Console

    from persian_assistant.terminal.output import show_table

    # a table is read as a whole: better too wide for who reads a file than with figures cut off
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(about(record["data"]), soft_wrap=True)
    show_table(_table(record), console)
    for sentence in sentences(record):
        console.print(sentence, soft_wrap=True)


def about(data: dict[str, Any]) -> str:
    """What was taught and how it was asked."""
    if data["kind"] == "facts":
        name = data.get("rounds") or say("baselines.this_profile")
        return say(
            "baselines.about_facts",
            name=name,
            facts=figure(data["facts"]),
            questions=figure(data["questions"]),
        )
    key = "about_pairs" if data["heldout"] else "about_pairs_all"
    return say(
        f"baselines.{key}",
        name=data["name"],
        taught=figure(data["taught"]),
        asked=figure(data["asked"]),
        heldout=figure(data["heldout"]),
    )


def _table(record: dict[str, Any]) -> Any:
    from rich.table import Table

    table = Table(box=None)
    table.add_column(say("baselines.column_way"))
    for name in ("recall", "chrf", "loss", "prompt", "seconds", "training", "serve"):
        table.add_column(say(f"baselines.column_{name}"), justify="right")
    cost = record["training"]
    for name, found in record["ways"].items():
        low, high = found["recall_interval"]
        parts = [found["weights_mb"], found["adapter_mb"], found["index_mb"]]
        trained = name.startswith("fine_tuned")
        table.add_row(
            say(f"baselines.way_{name}"),
            f"{share(found['recall'])} ({share(low)} … {share(high)})",
            _or_dash(found["chrf"], 1),
            _or_dash(found["heldout_loss"], 2),
            decimal(found["prompt_tokens"], 0),
            decimal(found["seconds"], 2),
            say("baselines.training_seconds", seconds=decimal(cost["seconds"], 0)) if trained else "–",
            f"{decimal(sum(parts), 1)} = {' + '.join(decimal(part, 1) for part in parts)}",
        )
    return table


def _or_dash(value: float, places: int) -> str:
    return decimal(value, places) if math.isfinite(value) else "–"


def sentences(record: dict[str, Any]) -> Iterator[str]:
    """What the training cost, the verdict, and what it rests on; without a verdict only what is known."""
    cost, verdict = record["training"], record["verdict"]
    if cost is not None:
        yield say(
            "baselines.training",
            seconds=decimal(cost["seconds"], 0),
            tokens=figure(cost["tokens"]),
            examples=figure(cost["examples"]),
            memory=decimal(cost["peak_memory_mb"], 0),
            ratio=decimal(cost["perplexity_ratio"], 3),
        )
    if verdict is None:
        return
    yield ""
    yield _headline(record)
    for one in verdict["differences"]:
        yield _evidence(record, one)
    if verdict["lost"]:
        yield say("baselines.lost", way=say(f"baselines.way_{verdict['way']}"))
        for one in verdict["lost"]:
            yield _evidence(record, one)
    if verdict["train"]:
        limit = record["learning"]["max_perplexity_ratio"]
        if cost["perplexity_ratio"] > limit:
            ratio = decimal(cost["perplexity_ratio"], 3)
            yield say("baselines.language_lost", ratio=ratio, limit=decimal(limit, 2))
    elif verdict["reason"] not in ("too_few", "harmed"):
        adapter = record["ways"]["fine_tuned"]["adapter_mb"]
        yield say(
            "baselines.saved",
            seconds=decimal(cost["seconds"], 0),
            memory=decimal(cost["peak_memory_mb"], 0),
            adapter=decimal(adapter, 1),
        )
        yield from _speed(record)


def _headline(record: dict[str, Any]) -> str:
    from persian_assistant.comparing.baselines_verdict import LEAST_ITEMS, MOST_HARM

    verdict, ways = record["verdict"], record["ways"]
    reason = verdict["reason"]
    if reason == "train" and not _clear(verdict["differences"][0]):
        reason = "train_heldout"  # it is not what was taught that training is better at
    return say(
        f"baselines.verdict_{reason}",
        way=say(f"baselines.way_{verdict['way']}"),
        against=say(f"baselines.way_{verdict['against']}"),
        recall=share(ways[verdict["way"]]["recall"]),
        other=share(ways[verdict["against"]]["recall"]),
        ratio=decimal(record["training"]["perplexity_ratio"], 2),
        most=decimal(MOST_HARM, 1),
        items=figure(verdict["items"]),
        least=figure(LEAST_ITEMS),
    )


def _clear(found: dict[str, Any]) -> bool:
    from persian_assistant.comparing.baselines_verdict import Difference

    return Difference(**found).clear


def _evidence(record: dict[str, Any], found: dict[str, Any]) -> str:
    from persian_assistant.comparing.baselines_verdict import MARGINS

    name = found["measure"]
    percent = 100 if name == "recall" else 1
    means = [record["ways"][found[side]][name] for side in ("better", "worse")]
    better, worse = (share(mean) if name == "recall" else decimal(mean, 1) for mean in means)
    points, low, high = (_signed(percent * found[part]) for part in ("points", "low", "high"))
    return say(
        f"baselines.evidence_{name}",
        way=say(f"baselines.way_{found['better']}"),
        against=say(f"baselines.way_{found['worse']}"),
        better=better,
        worse=worse,
        points=points,
        low=low,
        high=high,
        margin=figure(round(percent * MARGINS[name])),
    )


def _signed(value: float) -> str:
    if math.isnan(value):  # of a single item there is no interval
        return "–"
    return ("+" if value > 0 else "−" if value < 0 else "") + decimal(abs(value), 1)


def _speed(record: dict[str, Any]) -> Iterator[str]:
    """Where training would at least answer sooner, as well: from which answer on it has paid for itself."""
    from persian_assistant.comparing.baselines_verdict import MARGINS, break_even

    verdict, ways = record["verdict"], record["ways"]
    tuned, chosen = ways["fine_tuned"], ways[verdict["way"]]
    if tuned["recall"] < chosen["recall"] - MARGINS["recall"]:
        return
    tokens = chosen["prompt_tokens"] - tuned["prompt_tokens"]
    answers = break_even(record["training"]["seconds"], chosen["seconds"], tuned["seconds"])
    faster = chosen["seconds"] - tuned["seconds"]
    if answers is None or tokens < WORTH_SAYING_TOKENS or faster < WORTH_SAYING_SECONDS:
        return
    yield say(
        "baselines.break_even",
        way=say("baselines.way_fine_tuned"),
        tokens=decimal(tokens, 0),
        faster=decimal(faster, 2),
        answers=figure(answers),
    )
