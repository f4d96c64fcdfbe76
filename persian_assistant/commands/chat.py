"""`chat`: talk with the assistant, on a terminal or through a pipe."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persian_assistant.bidi import MODES
from persian_assistant.config import Config, with_setting
from persian_assistant.wording import LANGUAGES, say, set_language

if TYPE_CHECKING:
    from persian_assistant.terminal.conversation import Conversation
    from persian_assistant.terminal.view import View

MOST_QUESTIONS = 2
"""At one start; the name waits for another one where these were right-to-left text and a download."""
_GENERATION = ("temperature", "top_p", "repetition_penalty", "max_new_tokens", "random_seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The chat's flags. Values are checked by the settings themselves, in the interface's language."""

    def flag(name: str, **options: Any) -> None:
        key = "chat.flag_" + name.strip("-").replace("-", "_")
        parser.add_argument(name, help=say(key).replace("%", "%%"), **options)

    flag("--model", metavar="NAME")
    flag("--revision", metavar="REF")
    flag("--download", action="store_true")
    flag("--quantization", metavar="{nf4,none}")
    flag("--persona", metavar="NAME|PATH")
    flag("--profile", metavar="NAME")
    parser.add_argument("--adapter", metavar="DIR", help=say("compare.flag_adapter"))
    flag("--every", metavar="N")
    flag("--no-learn", action="store_true")
    flag("--memory", metavar="{on,off}")
    flag("--no-wait", action="store_true")
    flag("--temperature", metavar="T")
    flag("--top-p", metavar="P")
    flag("--repetition-penalty", metavar="X")
    flag("--max-new-tokens", metavar="N")
    flag("--greedy", action="store_true")
    flag("--random-seed", metavar="N")
    flag("--rtl", metavar="{" + ",".join(MODES) + "}")
    flag("--lang", metavar="{" + ",".join(LANGUAGES) + "}")


def settings(args: argparse.Namespace, config: Config) -> Config:
    """`config` with the flags on top. Raises UsageError that names the flag."""
    given = {name: value for name, value in vars(args).items() if value is not None}
    model, generation, learning = config.model, config.generation, config.learning
    for name, flag in (("name", "model"), ("revision", "revision"), ("quantization", "quantization")):
        if flag in given:
            model = with_setting(model, name, given[flag], f"--{flag}")
    if given.get("download"):
        model = replace(model, download=True)
    for name in _GENERATION:
        if name in given:
            generation = with_setting(generation, name, given[name], "--" + name.replace("_", "-"))
    if given.get("greedy"):
        generation = replace(generation, do_sample=False)
    if "every" in given:
        learning = with_setting(learning, "every", given["every"], "--every")
    if given.get("no_learn"):
        learning = replace(learning, enabled=False)
    if "adapter" in given:
        from persian_assistant.techniques_folder import with_folder

        model = with_folder(model, Path(given["adapter"]), given=set(given))
        learning = replace(learning, enabled=False)
    if "memory" in given:
        config = with_setting(config, "memory", given["memory"], "--memory")
    if "rtl" in given:
        config = with_setting(config, "rtl", given["rtl"], "--rtl")
    top = {name: given[name] for name in ("persona", "profile", "lang") if name in given}
    return replace(config, model=model, generation=generation, learning=learning, **top)


def run(args: argparse.Namespace, config: Config) -> int:
    """Holds the chat; returns the exit code. Raises AssistantError when it cannot begin."""
    config = settings(args, config)
    set_language(config.lang)
    speak_utf8()
    with _ended_by_signals():
        try:
            if sys.stdin is None or not sys.stdin.isatty():
                return _piped(config, wait=not getattr(args, "no_wait", False))
            return _interactive(config)
        except KeyboardInterrupt:
            return 130


def _piped(config: Config, wait: bool) -> int:
    from persian_assistant.session import Session
    from persian_assistant.terminal.loop import Chat
    from persian_assistant.terminal.piped import run_piped
    from persian_assistant.terminal.view import View

    view = View(apart=True)
    session = Session.open(config, notice=view.event, ask=None)
    return run_piped(Chat(session, view, piped=True), sys.stdin or (), wait=wait)


def _interactive(config: Config) -> int:
    from persian_assistant.terminal.view import View

    dumb = os.environ.get("TERM") == "dumb"
    if dumb or not sys.stdout.isatty():
        from persian_assistant.terminal.prompt import LineReader

        view = View(apart=not sys.stdout.isatty(), dumb=dumb)
        return _hold(config, view, LineReader(view))
    from persian_assistant.terminal.prompt import PromptReader, quiet_keys
    from persian_assistant.terminal.rtl_actions import chosen

    view = View(apart=False)
    reader = PromptReader(view)
    asked: list[str] = []
    with quiet_keys(), chosen(config.rtl, view, _counted(reader.line, asked)) as typed:
        reader.typed(typed)
        return _hold(config, view, reader, None if typed else asked)


def _counted(ask: Callable[[str], Any], asked: list[str]) -> Callable[[str], Any]:
    """`ask`, with each question put down in `asked`."""

    def counting(question: str) -> Any:
        asked.append(question)
        return ask(question)

    return counting


def _hold(config: Config, view: View, reader: Any, asked: list[str] | None = None) -> int:
    """`asked` holds what was asked at this start; with None, nobody is asked for a name."""
    from persian_assistant.session import Session
    from persian_assistant.terminal import start
    from persian_assistant.terminal.loop import Chat, Questions, converse

    ask = Questions(view, reader.ask if asked is None else _counted(reader.ask, asked), reader.line)
    session: Conversation = Session.open(config, notice=view.event, ask=ask)
    chat = Chat(session, view, ask=ask)
    chat.banner()
    may_ask = asked is not None and len(asked) < MOST_QUESTIONS  # else at another start
    first = start.ask_name(session, view, reader.line) if may_ask else ""
    return converse(chat, reader, first)


def speak_utf8() -> None:
    """UTF-8 on all three streams; what cannot be decoded or written is replaced, never a crash."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="replace")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A closed terminal or a `kill` ends the chat the clean way: the terminal's mode and the lock go back."""

    def ended(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), ended) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
