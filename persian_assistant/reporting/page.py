"""One HTML page of a profile's past: right to left in Persian, whole in itself, safe against what it shows.

No word of a conversation stands in it; the facts themselves only when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from html import escape

from persian_assistant import __version__
from persian_assistant.calendar_fa import day, when
from persian_assistant.figures import decimal, figure, share
from persian_assistant.reporting.charts import Curve, around, bar_chart, line_chart, shares
from persian_assistant.reporting.history import Event, Learned, Past
from persian_assistant.reporting.style import CSS
from persian_assistant.text import sanitise
from persian_assistant.wording import language, say

MARK = '<meta name="generator" content="persian-assistant report">'
"""By this line a page is known that may be written over."""
NONE = "–"
_COMMAND = re.compile(r"(?<![^\s(])/[a-z]+")
FIRST_EVENTS = 30
"""Shown at once; the earlier ones behind a line to open."""
REASONS = (
    "gate_not_finite", "gate_perplexity", "gate_perplexity_current", "gate_stop", "gate_repetition",
    "gate_instruction", "gate_new", "gate_earlier", "no_memory", "not_finite",
)  # fmt: skip
"""Why a pass published nothing, as the journal names it (`learning.<reason>`), with words in the report."""
# Whatever a page asks for from elsewhere is refused by the browser.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(past: Past, title: str, now: float, *, limit: float | None = None, facts: bool = False) -> str:
    """The page. `title` is the persona's; `now` in unix seconds; `limit` the gate's on perplexity.

    With `facts` it holds what the user told.
    """
    name = say("report.title", title=title)
    direction = "rtl" if language() == "fa" else "ltr"
    body = [
        f"<h1>{_text(name)}</h1>",
        f'<p class="soft">{_text(_subject(past, now))}</p>',
        _cards(past),
        _section("charts", _charts(past.versions, limit)),
        _section("versions", _table(past)),
        _section("past", _past(past.events)),
    ]
    if facts:
        body.append(_section("facts", _facts(past)))
    if past.damaged_lines:
        body.append(f"<p>{_text(say('report.damaged', count=figure(past.damaged_lines)))}</p>")
    note = say("report.holds_facts" if facts else "report.private")
    made = say("report.made", version=__version__)
    return (
        f'<!doctype html>\n<html lang="{language()}" dir="{direction}">\n<head>\n'
        f'<meta charset="utf-8">\n{MARK}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{_plain(name)}</title>\n<style>{CSS}</style>\n</head>\n<body><main>\n"
        + "\n".join(body)
        + f"\n<footer><p>{_text(note)}</p><p>{_text(made)}</p></footer>\n</main></body>\n</html>\n"
    )


def version_name(number: int | None) -> str:
    """«نسخهٔ ۷», or «مدل پایه» for None."""
    return say("report.base") if number is None else say("report.version", number=figure(number))


def _subject(past: Past, now: float) -> str:
    model = past.profile.base_model.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return say("report.subject", profile=past.profile.name, model=model, day=day(now))


def _text(text: str) -> str:
    """Text for the page; parts with «·» between them, and commands, keep their own direction and place."""
    parts = (
        _COMMAND.sub(r'<bdi dir="ltr">\g<0></bdi>', escape(part)) for part in sanitise(text).split(" · ")
    )
    first, *rest = parts
    return " · ".join(f"<bdi>{part}</bdi>" for part in (first, *rest)) if rest else first


def _plain(text: str) -> str:
    return escape(sanitise(text))


def _section(name: str, content: str) -> str:
    return f"<section><h2>{_text(say(f'report.section_{name}'))}</h2>{content}</section>"


def _cards(past: Past) -> str:
    values = {
        "serving": version_name(past.serving),
        "facts": figure(len(past.facts)),
        "exchanges": figure(past.exchanges),
        "pending": figure(past.pending),
    }
    shown = (
        f"<div><dt>{_text(say(f'report.card_{name}'))}</dt><dd>{_text(value)}</dd></div>"
        for name, value in values.items()
    )
    return f'<dl class="cards">{"".join(shown)}</dl>'


# --- charts -----------------------------------------------------------------------------------------


def _charts(versions: Sequence[Learned], limit: float | None) -> str:
    if not versions:
        return f'<p class="box">{_text(say("report.no_versions"))}</p>'
    places = [figure(version.number) for version in versions]
    recalls = [
        Curve(say(f"report.{name}"), [version.scores.get(name) for version in versions])
        for name in ("new_recall", "earlier_recall")
    ]
    recalls = [curve for curve in recalls if any(value is not None for value in curve.values)]
    ratios = [version.scores.get("perplexity_ratio") for version in versions]
    known = [ratio for ratio in ratios if ratio is not None]
    facts = [version.facts for version in versions]
    heard, held, spoken = (say(f"report.chart_{name}") for name in ("recall", "facts", "perplexity"))
    figures = []
    if recalls:
        drawn = line_chart(heard, places, recalls, shares(), share)
        figures.append(_figure(heard, drawn, [(f"c{at}", curve.name) for at, curve in enumerate(recalls)]))
    figures.append(_figure(held, bar_chart(held, places, facts, figure), []))
    if known:
        curve = Curve(say("report.perplexity_ratio"), ratios)
        scale = around(known, 1.0, *([limit] if limit else []))
        drawn = line_chart(spoken, places, [curve], scale, lambda value: decimal(value, 3), limit)
        keys = [("c0", curve.name), *([("limit", say("report.limit"))] if limit else [])]
        figures.append(_figure(spoken, drawn, keys))
    return f'<div class="charts">{"".join(figures)}</div><p class="soft">{_text(say("report.axis"))}</p>'


def _figure(title: str, drawn: str, keys: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<li><i class="{kind}"></i>{_text(name)}</li>' for kind, name in keys)
    key = f'<ul class="key">{items}</ul>' if items else ""
    return f"<figure><h3>{_text(title)}</h3>{key}{drawn}</figure>"


# --- tables -----------------------------------------------------------------------------------------


def _table(past: Past) -> str:
    if not past.versions:
        return f'<p class="box">{_text(say("report.no_versions"))}</p>'
    names = ("version", "time", "facts", "new", "earlier", "perplexity", "seconds", "scale", "state")
    rows = [_version_row(version, past.serving) for version in reversed(past.versions)]
    now = [version.number == past.serving for version in reversed(past.versions)]
    return _rows([say(f"report.column_{name}") for name in names], rows, now)


def _version_row(version: Learned, serving: int | None) -> list[str]:
    scores = version.scores
    state = "serving" if version.number == serving else "kept" if version.kept else "gone"
    return [
        version_name(version.number),
        when(version.time),
        NONE if version.new_facts is None else figure(version.new_facts),
        *(share(scores[name]) if name in scores else NONE for name in ("new_recall", "earlier_recall")),
        decimal(scores["perplexity_ratio"], 3) if "perplexity_ratio" in scores else NONE,
        figure(round(scores["seconds"])) if "seconds" in scores else NONE,
        share(scores["scale"]) if "scale" in scores else NONE,
        say(f"report.state_{state}"),
    ]


def _facts(past: Past) -> str:
    from persian_assistant.facts.labels import label

    if not past.facts:
        return f'<p class="box">{_text(say("report.no_facts"))}</p>'
    names = [say(f"report.column_{name}") for name in ("what", "value", "source")]
    rows = [
        [label(fact), fact.value, f"{say(f'report.source_{fact.kind}')} · {when(told)}"]
        for fact, told in past.facts
    ]
    return _rows(names, rows, [False] * len(rows), free=2)


def _rows(names: Sequence[str], rows: Sequence[Sequence[str]], now: Sequence[bool], free: int = 0) -> str:
    """A table; on a narrow screen each row is a card. The first `free` columns are anybody's words."""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in names)
    body = []
    for row, marked in zip(rows, now, strict=True):
        cells = (
            f'<td data-label="{_plain(name)}"{" dir=auto" if at < free else ""}>{_text(cell)}</td>'
            for at, (name, cell) in enumerate(zip(names, row, strict=True))
        )
        body.append(f"<tr{' class=now' if marked else ''}>{''.join(cells)}</tr>")
    return (
        f'<div class="box"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


# --- what changed when ------------------------------------------------------------------------------


def _past(events: Sequence[Event]) -> str:
    if not events:
        return f'<p class="box">{_text(say("report.no_events"))}</p>'
    shown = [_event(event) for event in reversed(events)]
    first, rest = shown[:FIRST_EVENTS], shown[FIRST_EVENTS:]
    more = ""
    if rest:
        told = _text(say("report.earlier_events", count=figure(len(rest))))
        more = f'<details><summary>{told}</summary><ol class="past">{"".join(rest)}</ol></details>'
    return f'<div class="box"><ol class="past">{"".join(first)}</ol>{more}</div>'


def _event(event: Event) -> str:
    moment = datetime.fromtimestamp(event.time, timezone.utc).isoformat(timespec="seconds")
    return (
        f'<li class="{event.kind}"><time datetime="{moment}">{_text(when(event.time))}</time>'
        f"<b>{_text(say(f'report.kind_{event.kind}'))}</b><span>{_text(_told(event))}</span></li>"
    )


def _told(event: Event) -> str:
    """The sentence of an event."""
    values = {"version": version_name(event.number)}
    values |= {"facts": figure(event.facts), "exchanges": figure(event.exchanges)}
    kind = event.kind
    if kind == "rejected" or (kind == "failed" and event.reason):
        name = event.reason.rpartition(".")[2]
        values["reason"] = say(f"report.reason_{name}" if name in REASONS else "report.reason_other")
        return say("report.told_rejected" if kind == "rejected" else "report.told_failed_for", **values)
    if kind == "published" and event.facts:
        kind = "published_facts"
    return say(f"report.told_{kind}", **values)
