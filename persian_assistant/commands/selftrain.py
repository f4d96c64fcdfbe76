"""`persian-assistant selftrain`: the model goes on learning between talks, in cycles, under guard."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant.calendar_fa import when
from persian_assistant.commands.signals import StopSignal
from persian_assistant.config import Config, home, with_setting
from persian_assistant.errors import Cancelled, UsageError
from persian_assistant.text import to_persian_digits
from persian_assistant.wording import language, say

if TYPE_CHECKING:
    from persian_assistant.hub import ModelSource
    from persian_assistant.persona import Persona
    from persian_assistant.profile import Profile
    from persian_assistant.selftraining.settings import SelfTrainConfig
    from persian_assistant.selftraining.status import Status

SHOWN_EVERY = 15.0
"""Seconds between two lines about one phase where there is no terminal."""
LOG, MOST_LOG_BYTES = "log.txt", 500_000
_NUMBERS = ("samples", "epochs", "cap", "cycles", "depth", "temperature", "top_p", "most_tokens")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags. Values are checked by the settings themselves, in the interface's language."""

    def flag(name: str, **options: Any) -> None:
        key = "selftrain.flag_" + name.strip("-").replace("-", "_")
        parser.add_argument(name, help=say(key).replace("%", "%%"), **options)

    flag("--samples", metavar="N")
    flag("--epochs", metavar="N")
    flag("--interval", metavar="5m")
    flag("--cap", metavar="N")
    flag("--cycles", metavar="N")
    flag("--depth", metavar="N")
    flag("--temperature", metavar="T")
    flag("--top-p", metavar="P")
    flag("--most-tokens", metavar="N")
    flag("--model", metavar="NAME")
    flag("--download", action="store_true")
    flag("--quantization", metavar="{nf4,none}")
    flag("--persona", metavar="NAME|PATH")
    flag("--profile", metavar="NAME")
    flag("--wake", action="store_true")
    flag("--status", action="store_true")


def run(args: argparse.Namespace, config: Config) -> int:
    """Cycles until SIGTERM (0), Ctrl-C (1) or the number asked for; raises AssistantError."""
    from persian_assistant.persona import Persona
    from persian_assistant.session_parts import open_profile

    config = _settings(args, config)
    settings = _self_settings(args)
    persona = Persona.load(config.persona)
    if persona.simulation:
        raise UsageError("selftrain.simulation", name=persona.name)
    source = _source(config)
    profile = open_profile(config, persona, source, _notice)
    if args.status:
        return _show_status(profile)
    return _serve(profile, source, persona, settings, config, args.wake)


def _settings(args: argparse.Namespace, config: Config) -> Config:
    given = {name: value for name, value in vars(args).items() if value is not None}
    model = config.model
    for name, flag in (("name", "model"), ("quantization", "quantization")):
        if flag in given:
            model = with_setting(model, name, given[flag], f"--{flag}")
    if args.download:
        model = replace(model, download=True)
    top = {name: given[name] for name in ("persona", "profile") if name in given}
    return replace(config, model=model, **top)


def _self_settings(args: argparse.Namespace) -> SelfTrainConfig:
    """Raises UsageError that names the flag."""
    from persian_assistant.selftraining.settings import SelfTrainConfig, seconds_of

    settings = SelfTrainConfig()
    for name in _NUMBERS:
        if (value := getattr(args, name)) is not None:
            settings = with_setting(settings, name, value, "--" + name.replace("_", "-"))
    if args.interval is not None:
        settings = replace(settings, interval=seconds_of(args.interval))
    return settings


def _source(config: Config) -> ModelSource:
    from persian_assistant.hub import resolve

    model = config.model
    return resolve(model.name, revision=model.revision, notice=_notice, allow_download=model.download)


def _notice(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _serve(
    profile: Profile,
    source: ModelSource,
    persona: Persona,
    settings: SelfTrainConfig,
    config: Config,
    wake: bool,
) -> int:
    from persian_assistant.model import load_model
    from persian_assistant.selftraining.service import SelfTraining
    from persian_assistant.serving import Serving
    from persian_assistant.template import ChatTemplate
    from persian_assistant.versions import VersionStore

    def load() -> Serving:
        model = config.model
        loaded = load_model(source, quantization=model.quantization, device=model.device, notice=_notice)
        template = ChatTemplate.for_model(loaded.tokenizer)
        return Serving(loaded, template, persona, VersionStore(profile.path))

    stop = StopSignal()
    with stop.installed():
        service = SelfTraining(profile, load, settings, config.learning, stop.event)
        with _Reporter(service.folder / LOG) as reporter:
            service.tell, service.show = reporter.tell, reporter.tick
            reporter.tell("selftrain.started", name=profile.name, model=source.name)
            try:
                count = service.run(wake)
            except Cancelled as error:
                if stop.number != signal.SIGTERM:
                    raise
                reporter.line(str(error))  # a service manager stops it so: no failure
                return 0
            reporter.tell("selftrain.finished", count=count)
    return 0


class _Reporter:
    """What happens, as lines on stderr and in the log, and a bar on a terminal for the phase at hand."""

    def __init__(self, log: Path) -> None:
        from persian_assistant.commands.bars import stderr_console

        self._console = stderr_console()
        self._log = log
        self._bar: Any = None
        self._task: Any = None
        self._phase, self._shown = "", time.monotonic()

    def __enter__(self) -> _Reporter:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def tell(self, key: str, **values: Any) -> None:
        """The sentence of `key` with figures as the interface language writes them."""
        self._close()
        self.line(sentence(key, **values))

    def line(self, text: str) -> None:
        from persian_assistant import disk

        self._console.print(text)
        stamped = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {text}\n"
        with disk.disk_errors(self._log):
            if self._log.exists() and self._log.stat().st_size > MOST_LOG_BYTES:
                self._log.replace(self._log.with_suffix(".1.txt"))
            self._log.touch(disk.PRIVATE_FILE)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(stamped)

    def tick(self, phase: str, share: float) -> None:
        """How far `phase` is, 0..1."""
        if not self._console.is_terminal:
            if (now := time.monotonic()) - self._shown >= SHOWN_EVERY:
                self._shown = now
                self._console.print(f"{say(f'selftrain.phase_{phase}')} {_figure(f'{share:.0%}')}")
            return
        if self._bar is None or phase != self._phase:
            self._close()
            self._bar, self._task = _bar(self._console, say(f"selftrain.phase_{phase}"))
            self._phase = phase
        self._bar.update(self._task, completed=share)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


def _bar(console: Any, text: str) -> tuple[Any, Any]:
    from rich.progress import BarColumn, Progress, TextColumn

    from persian_assistant.commands.bars import Elapsed

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), Elapsed())
    bar = Progress(*columns, console=console, transient=True)
    bar.start()
    return bar, bar.add_task(text, total=1.0)


# --- in words ---------------------------------------------------------------------------------------


def sentence(key: str, **values: Any) -> str:
    """What the service tells, in the interface language."""
    if key == "selftrain.generated":
        return say(key, cycle=_figure(values["cycle"]), **_counted(values["counts"]))
    if key == "cycle_ended":
        return _ended(values["last"])
    words = {name: value if isinstance(value, str) else _figure(value) for name, value in values.items()}
    return say(key, **words)


def _ended(last: dict[str, Any]) -> str:
    cycle = _figure(last.get("cycle", 0))
    if last.get("outcome") != "published":
        figures = {name: _figure(value) for name, value in last.get("values", {}).items()}
        return say(f"selftrain.{last['outcome']}", cycle=cycle, reason=say(last["reason"], **figures))
    counts, scores = last.get("counts", {}), last.get("scores", {})
    share = counts.get("generated_labels", 0) / max(counts.get("labels", 1), 1)
    return say(
        "selftrain.published",
        cycle=cycle,
        version=_figure(last["version"]),
        ratio=_figure(f"{scores.get('perplexity_ratio', float('nan')):.3f}"),
        share=_figure(f"{share:.0%}"),
        seconds=_figure(f"{last.get('cycle_seconds', 0):.0f}"),
    )


def _counted(counts: dict[str, int]) -> dict[str, str]:
    """How many answers there were and were kept, and why the others were not."""
    from persian_assistant.selftraining.filters import REASONS

    comma = "، " if language() == "fa" else ", "
    found = [f"{say(f'selftrain.reason_{one}')} {_figure(counts[one])}" for one in REASONS if counts.get(one)]
    return {
        "kept": _figure(counts.get("kept", 0)),
        "generated": _figure(counts.get("generated", 0)),
        "dropped": say("selftrain.dropped", reasons=comma.join(found)) if found else "",
    }


def _show_status(profile: Profile) -> int:
    """Raises UsageError where there is nothing to show."""
    from rich.console import Console
    from rich.table import Table

    from persian_assistant.selftraining.service import is_running
    from persian_assistant.selftraining.status import FOLDER, read_status
    from persian_assistant.terminal.output import show_table

    status = read_status(profile.path / FOLDER)
    if status is None:
        raise UsageError("selftrain.no_status", name=profile.name)
    table = Table(box=None, show_header=False)
    for name, value in _status_rows(profile.name, status, is_running(profile)):
        table.add_row(say(f"selftrain.status_{name}"), value)
    # whole sentences: better too wide for who reads a file than cut off
    show_table(table, Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False))
    return 0


def _status_rows(name: str, status: Status, running: bool) -> Iterator[tuple[str, str]]:
    phase = status.phase if running else "stopped"  # a killed one could not say so
    yield "profile", f"{name} ({home()})"
    yield "phase", say(f"selftrain.phase_{phase}")
    yield "cycle", _figure(status.cycle)
    yield "samples", _figure(status.samples)
    yield "this_cycle", say("selftrain.status_counts", **_counted(status.counts))
    yield "all_cycles", say("selftrain.status_counts", **_counted(status.totals))
    outcomes = ("published", "rejected", "failed")
    counts = {outcome: _figure(status.totals.get(outcome, 0)) for outcome in outcomes}
    yield "verdicts", say("selftrain.status_verdict_counts", **counts)
    if status.last:
        yield "last", _ended(status.last)
    if status.sleeping:
        yield "sleeping", say(status.sleeping)
    if running and status.next_wake is not None:
        yield "next", when(status.next_wake)
    yield "updated", when(status.updated)


def _figure(value: object) -> str:
    """A number as the interface language writes it."""
    text = str(value)
    return to_persian_digits(text.replace(".", "٫").replace("%", "٪")) if language() == "fa" else text
