"""`persian-assistant train`: a profile's first version out of a data set; also under `accelerate launch`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant.commands.signals import StopSignal
from persian_assistant.config import QUANTIZATIONS, Config, with_setting
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.figures import clock, decimal, figure
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.commands.pretrain import _Stages
    from persian_assistant.first_training import FirstTrainingSettings, Rows, Trained
    from persian_assistant.hub import ModelSource
    from persian_assistant.instruction_tuning import TuningProgress, TuningSettings
    from persian_assistant.persona import Persona
    from persian_assistant.profile import Profile
    from persian_assistant.records import Message
    from persian_assistant.versions import VersionStore

SHOWN_EVERY = 15.0
"""Seconds between two lines where there is no terminal."""
SEPARATOR = " · "
"""Between the figures of the progress line."""
WINDOW_SECONDS = 60.0
"""Tokens a second and time left are those of the last minute."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this command. Values are checked by the settings, in the interface's language."""

    def flag(name: str, **options: Any) -> None:
        key = "train.flag_" + name.strip("-").replace("-", "_")
        parser.add_argument(name, help=say(key).replace("%", "%%"), **options)

    parser.add_argument("data", nargs="*", metavar="DATA", help=say("train.flag_data"))
    flag("--columns", metavar="NAME=COLUMN,…")
    flag("--split", default="train", metavar="NAME")
    flag("--limit", type=int, default=0, metavar="N")
    flag("--model", metavar="NAME")
    flag("--revision", metavar="REF")
    flag("--download", action="store_true")
    flag("--quantization", choices=QUANTIZATIONS)
    flag("--persona", metavar="NAME|PATH")
    flag("--profile", metavar="NAME")
    flag("--learning-rate", type=float, default=2e-4, metavar="X")
    flag("--batch-size", type=int, default=4, metavar="N")
    flag("--epochs", type=int, default=3, metavar="N")
    flag("--lora-r", type=int, default=16, metavar="N")
    flag("--optim", default="paged_adamw_8bit", metavar="NAME")
    flag("--max-length", type=int, default=512, metavar="N")
    flag("--heldout-share", type=float, default=0.05, metavar="X")
    flag("--patience", type=int, default=2, metavar="N")
    flag("--random-seed", type=int, default=0, metavar="N")
    flag("--continue", action="store_true", dest="go_on")
    flag("--restart", action="store_true")
    flag("--out", type=Path, metavar="FOLDER")


def run(args: argparse.Namespace, config: Config) -> int:
    """Train and publish; progress and the figures on stderr, the version's folder on stdout.

    Raises AssistantError; what is needed to go on stays in the profile.
    """
    from persian_assistant.commands.bars import stderr_console
    from persian_assistant.commands.pretrain import _Stages
    from persian_assistant.persona import Persona

    config = _config(args, config)
    persona = Persona.load(config.persona)
    if args.out is not None and args.out.exists():
        raise UsageError("cli.file_exists", path=args.out)
    # of the processes that a launcher started only the first one speaks
    quiet = os.environ.get("RANK", "0") != "0"
    with _Stages(stderr_console(quiet=quiet)) as stages:
        conversations = _conversations(args, persona, stages)
        source = _source(config)
        settings, tuning = _settings(args)

        from persian_assistant.first_training import processes

        state = processes()
        try:
            work = _Work(args, config, persona, source, stages)
            return work.run(conversations, settings, tuning)
        except AssistantError as error:
            if state.is_main_process:
                raise
            return error.exit_code


def _config(args: argparse.Namespace, config: Config) -> Config:
    model = config.model
    for name, flag in (("name", "model"), ("revision", "revision"), ("quantization", "quantization")):
        if (value := getattr(args, flag)) is not None:
            model = with_setting(model, name, value, f"--{flag}")
    model = replace(model, download=args.download or model.download)
    top = {name: getattr(args, name) for name in ("persona", "profile") if getattr(args, name) is not None}
    return replace(config, model=model, **top)


def _settings(args: argparse.Namespace) -> tuple[FirstTrainingSettings, TuningSettings]:
    """Raises UsageError that names the setting."""
    from persian_assistant.first_training import FirstTrainingSettings
    from persian_assistant.instruction_tuning import TuningSettings

    return FirstTrainingSettings(args.lora_r, args.max_length, args.heldout_share), TuningSettings(
        learning_rate=args.learning_rate,
        batch_size=args.batch_size,
        num_train_epochs=args.epochs,
        optim=args.optim,
        patience=args.patience,
        random_seed=args.random_seed,
    )


def _conversations(args: argparse.Namespace, persona: Persona, stages: _Stages) -> list[list[Message]]:
    """Of the files and data sets named, or of the persona. Raises UsageError."""
    if args.limit < 0:
        raise UsageError("cli.bad_value", name="--limit", value=args.limit, expected="≥ 0")
    if not args.data:
        from persian_assistant.seed_examples import split_seed_examples

        train, _ = split_seed_examples(persona.seed_paths)
        return train[: args.limit or None]
    from persian_assistant.example_files import parse_columns, read_examples

    columns = parse_columns(args.columns) if args.columns else None
    found: list[list[Message]] = []
    for source in args.data:
        read = read_examples(source, columns=columns, split=args.split, limit=args.limit)
        stages.say(say("train.read", source=source, count=figure(len(read.conversations))))
        if read.notice:
            stages.say(read.notice)
        found += read.conversations
    return found


def _source(config: Config) -> ModelSource:
    from persian_assistant.hub import resolve

    model = config.model
    return resolve(
        model.name,
        revision=model.revision,
        notice=lambda text: print(text, file=sys.stderr),
        allow_download=model.download,
    )


class _Work:
    """One training of one profile, in this process."""

    def __init__(
        self,
        args: argparse.Namespace,
        config: Config,
        persona: Persona,
        source: ModelSource,
        stages: _Stages,
    ) -> None:
        from persian_assistant.first_training import processes

        self.args, self.config, self.persona, self.source = args, config, persona, source
        self.stages, self.line, self.state = stages, _Line(), processes()

    def run(
        self,
        conversations: list[list[Message]],
        settings: FirstTrainingSettings,
        tuning: TuningSettings,
    ) -> int:
        from persian_assistant.first_training import FOLDER, FirstTraining
        from persian_assistant.instruction_tuning import remove_run
        from persian_assistant.model import load_model
        from persian_assistant.session_parts import open_profile
        from persian_assistant.versions import VersionStore

        first = self.state.is_main_process
        with self.state.main_process_first():
            profile = open_profile(self.config, self.persona, self.source, self.stages.say)
        with profile.lock() if first else nullcontext():
            store = VersionStore(profile.path)
            self._check_versions(store, profile)
            if first:
                store.clean()
                if self.args.restart:
                    remove_run(profile.path / FOLDER)
            self.state.wait_for_everyone()
            model = self.config.model
            self.stages.tick(say("model.loading", name=self.source.name), 0, 0)
            loaded = load_model(
                self.source, quantization=model.quantization, device=model.device, notice=self.stages.say
            )
            training = FirstTraining(loaded, store, self.persona, settings, tuning)
            for sentence in training.template.notices:
                self.stages.say(sentence)
            rows = training.rows(conversations)
            self._tell(rows, profile)
            stop = StopSignal()
            report = self.line if first else lambda progress: None
            try:
                with stop.installed():
                    done = training.run(rows, report, self._phase, stop, self.stages.say)
            finally:
                self.line.close()
            if done is not None:
                self._finish(done, profile)
        return 0

    def _check_versions(self, store: VersionStore, profile: Profile) -> None:
        if self.args.go_on and not store.list():
            raise UsageError("train.nothing_to_continue", profile=profile.name)
        if store.list() and not self.args.go_on:
            raise UsageError("train.has_versions", profile=profile.name, count=len(store.list()))

    def _tell(self, rows: Rows, profile: Profile) -> None:
        counts = {name: figure(count) for name, count in rows.counts.items()}
        self.stages.say(say("train.rows", profile=profile.name, **counts))
        for name in ("duplicates", "measured", "without_answer", "cut"):
            if rows.counts[name]:
                self.stages.say(say(f"train.rows_{name}", count=counts[name]))
        if self.state.num_processes > 1:
            self.stages.say(say("pretrain.processes", number=self.state.num_processes))

    def _phase(self, name: str) -> None:
        self.line.close()
        if name == "train":
            self.stages._close()  # the line of the steps takes its place
        else:
            self.stages.tick(say(f"train.phase_{name}"), 0, 0)

    def _finish(self, done: Trained, profile: Profile) -> None:
        result, scores = done.result, done.scores
        self.stages._close()
        if result.best is not None:
            before, after = decimal(result.heldout_before or 0, 3), decimal(result.best.loss, 3)
            self.stages.say(say("train.heldout", before=before, after=after, step=figure(result.best.step)))
        if result.stopped_early:
            self.stages.say(say("train.stopped_early", step=figure(result.steps)))
        self.stages.say(
            say(
                "train.general",
                before=decimal(scores.base.perplexity, 1),
                after=decimal(scores.candidate.perplexity, 1),
                ratio=decimal(scores.perplexity_ratio, 3),
            )
        )
        self.stages.say(
            say(
                "train.done",
                number=figure(done.version.number),
                profile=profile.name,
                steps=figure(result.steps),
                minutes=clock(result.seconds),
                rate=figure(round(result.tokens_per_second)),
                memory=figure(round(result.peak_memory_mb)),
            )
        )
        self.stages.say(say("train.chat", command=self._chat_command(profile)))
        if self.args.out is not None:
            shutil.copytree(done.version.path, self.args.out)
        print(done.version.path)

    def _chat_command(self, profile: Profile) -> str:
        words = ["persian-assistant", "chat", "--profile", profile.name, "--model", self.source.name]
        if self.config.persona != Config.persona:
            words += ["--persona", self.config.persona]
        if self.config.model.quantization != QUANTIZATIONS[0]:
            words += ["--quantization", self.config.model.quantization]
        return " ".join(words)


class _Line:
    """One progress line: steps, loss (running mean), held-out loss, tokens a second, time left, memory."""

    def __init__(self) -> None:
        self._loss: float | None = None
        self._shown = 0.0
        self._past: deque[TuningProgress] = deque()
        self._open = False

    def close(self) -> None:
        """What is said next begins a line of its own."""
        if self._open:
            print(file=sys.stderr, flush=True)
        self._open = False

    def __call__(self, now: TuningProgress) -> None:
        self._loss = now.loss if self._loss is None else 0.95 * self._loss + 0.05 * now.loss
        self._past.append(now)
        while len(self._past) > 2 and now.seconds - self._past[0].seconds > WINDOW_SECONDS:
            self._past.popleft()
        live, clock = sys.stderr.isatty(), time.monotonic()
        if clock - self._shown < (0.5 if live else SHOWN_EVERY) and now.step < now.steps:
            return
        self._shown = clock
        if not live:
            print(self._text(now), file=sys.stderr, flush=True)
            return
        print(f"\r{_fitting(self._text(now))}\x1b[K", end="", file=sys.stderr, flush=True)
        self._open = True
        if now.step == now.steps:
            self.close()

    def _text(self, now: TuningProgress) -> str:
        first = self._past[0]
        rate, left = "–", "–"
        if now.step > first.step and now.seconds > first.seconds:
            spent = now.seconds - first.seconds
            left = clock(spent / (now.step - first.step) * (now.steps - now.step))
            rate = figure(round((now.tokens - first.tokens) / spent))
        return say(
            "train.progress",
            step=figure(now.step),
            steps=figure(now.steps),
            loss=decimal(self._loss or 0, 3),
            heldout="–" if now.heldout_loss is None else decimal(now.heldout_loss, 3),
            rate=rate,
            left=left,
            memory=figure(round(now.memory_mb)),
        )


def _fitting(line: str) -> str:
    """`line` without its last figures where the terminal is narrow: one that wraps cannot be written over."""
    from rich.cells import cell_len

    columns = shutil.get_terminal_size().columns
    while cell_len(line) >= columns and SEPARATOR in line:
        line = line.rpartition(SEPARATOR)[0]
    return line
