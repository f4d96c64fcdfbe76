"""Where a person's lines come from: prompt_toolkit on a real terminal, `input()` on a plain one.

Knows what a line may begin with (completion), not what it does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, get_app_session
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.layout.processors import Processor
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout

from persian_assistant.bidi.lines import cells
from persian_assistant.disk import write_private
from persian_assistant.errors import AssistantError
from persian_assistant.facts.stems import same
from persian_assistant.terminal.actions import COMMANDS
from persian_assistant.terminal.loop import YES, sigint
from persian_assistant.terminal.remembrance_actions import PROMPT, prompt_text
from persian_assistant.terminal.rtl import inline, one_row
from persian_assistant.terminal.rtl_input import Rows, add_bindings
from persian_assistant.terminal.slash import clean
from persian_assistant.terminal.toolbar import Toolbar
from persian_assistant.terminal.view import TICK, View
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.terminal.loop import Chat

HISTORY = "history"
"""The file of typed lines in the profile's folder."""
_SETTLE = 0.1
"""Seconds the first drawing gets before torch is imported: that holds the interpreter for long moments."""


class PromptReader:
    """Lines from prompt_toolkit: editing, history, completion, and the bottom line."""

    def __init__(
        self,
        view: View,
        *,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        """`input` and `output` replace the terminal."""
        self._view = view
        self._input = input
        self._output = output
        self._prompt: PromptSession[str] | None = None
        self._folder: Path | None = None
        self._toolbar: Toolbar | None = None
        self._told: BaseException | None = None

    def read(self, chat: Chat) -> str:
        """The next message or command. KeyboardInterrupt: Ctrl-C at an empty prompt; EOFError: Ctrl-D."""
        if self._prompt is None or self._folder != chat.session.profile.path:
            self._open(chat)
        assert self._prompt is not None
        assert self._toolbar is not None
        self._toolbar.refresh()
        with patch_stdout(raw=True):
            return self._prompt.prompt(pre_run=lambda: self._watch(chat))

    def ask(self, question: str) -> bool:
        """A yes or no from the keyboard; Ctrl-C and Ctrl-D are a no."""
        self._view.notice(question, style="bold")
        try:
            return clean(self._asked(say("chat.yes_no"))).strip().lower() in YES
        except (KeyboardInterrupt, EOFError):
            return False

    def line(self, question: str) -> str | None:
        """A line that enters no history; None for Ctrl-C and Ctrl-D."""
        self._view.notice(question, style="bold")
        try:
            return clean(self._asked(PROMPT)).strip()
        except (KeyboardInterrupt, EOFError):
            return None

    def _asked(self, prompt: str) -> str:
        asking: PromptSession[str] = PromptSession(
            prompt_continuation=_indented, input=self._input, output=self._output
        )
        return asking.prompt(inline(prompt, self._view.rtl), input_processors=self._rows(prompt))

    def _rows(self, prompt: str | Callable[[], str]) -> list[Processor]:
        """What shows a line as it is typed behind `prompt`, broken between words and in the view's order."""
        text = prompt if callable(prompt) else lambda: prompt
        return [Rows(lambda: self._view.rtl, lambda: cells(text().rpartition("\n")[2]))]

    def typed(self, text: str) -> None:
        """`text` was typed before there was a prompt: it goes to the first one."""
        if text:
            pressed: list[KeyPress] = []
            Vt100Parser(pressed.append).feed_and_flush(text)
            store_typeahead(self._input or get_app_session().input, pressed)

    def _open(self, chat: Chat) -> None:
        self._folder = chat.session.profile.path
        self._toolbar = toolbar = Toolbar(chat.session, self._view)
        history = PrivateHistory(self._folder / HISTORY)
        chat.forget_typed = history.forget
        prompt: PromptSession[str] = PromptSession(
            lambda: _prompt_shown(prompt_text(chat.session), self._view.rtl),
            multiline=True,
            prompt_continuation=_indented,
            history=history,
            completer=SlashCompleter(chat),
            complete_while_typing=Condition(lambda: _is_command(get_app().current_buffer.text)),
            key_bindings=key_bindings(lambda: self._view.rtl),
            input_processors=self._rows(lambda: prompt_text(chat.session)),
            bottom_toolbar=lambda: one_row(toolbar.text(), self._view.width, self._view.rtl),
            enable_suspend=True,
            input=self._input,
            output=self._output,
        )
        self._prompt = prompt

    def _watch(self, chat: Chat) -> None:
        """Lets loading begin once the prompt is drawn, redraws the bottom line when it turned, and says once
        that the model could not be loaded.
        """
        app, toolbar = get_app(), self._toolbar
        assert toolbar is not None

        async def watch() -> None:
            await asyncio.sleep(_SETTLE)
            chat.begin_loading()
            while True:
                await asyncio.sleep(TICK)
                if (error := chat.session.loading.error) is not None and error is not self._told:
                    self._told = error
                    self._view.error(error if isinstance(error, AssistantError) else repr(error))
                if toolbar.changed():
                    app.invalidate()

        app.create_background_task(watch())


_prompt_shown = lru_cache(maxsize=8)(inline)
"""The prompt as it is shown: prompt_toolkit asks for it some hundred times a key in a long text."""


def _indented(width: int, line: int, wrapped: int) -> str:
    """What stands before later rows: as many blanks as the prompt is wide."""
    return " " * width


def key_bindings(rtl: Callable[[], str]) -> KeyBindings:
    """Enter sends; Alt+Enter and Ctrl-J begin a line; Ctrl-C clears the text, or interrupts at no text."""
    keys = KeyBindings()
    add_bindings(keys, rtl)

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add("c-c")
    @keys.add("<sigint>")
    def interrupt(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    return keys


def _is_command(text: str) -> bool:
    return text.startswith("/") and not text.startswith("//") and "\n" not in text


class SlashCompleter(Completer):
    """Completes command names, then what the command takes; only after a "/" in the first column."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        if not _is_command(typed):
            return
        name, space, rest = typed[1:].partition(" ")
        if not space:
            for command in COMMANDS:
                if command.name.startswith(name.lower()):
                    yield Completion(
                        "/" + command.name,
                        start_position=-len(typed),
                        display=command.usage,
                        display_meta=inline(command.description, self._chat.view.rtl),
                    )
            return
        for command in COMMANDS:
            if command.name == name.lower() and command.choices is not None and " " not in rest:
                # A help, never a reason to stop typing: what cannot be read offers nothing.
                with suppress(AssistantError):
                    for value, meaning in command.choices(self._chat):
                        if value.startswith(rest):
                            meta = inline(meaning, self._chat.view.rtl)
                            yield Completion(value, start_position=-len(rest), display_meta=meta)


class PrivateHistory(FileHistory):
    """Typed lines in a file only the user can read, cleaned and in the one spelling of Persian."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            path.chmod(0o600)

    def load_history_strings(self) -> Iterable[str]:
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def append_string(self, string: str) -> None:
        if string := clean(string).rstrip():
            super().append_string(string)

    def store_string(self, string: str) -> None:
        # A full disk must not take the prompt away; the journal, which matters, says so itself.
        with suppress(OSError):
            super().store_string(string)

    def forget(self, texts: Sequence[str]) -> None:
        """Takes out the lines that are one of `texts`, and the commands that hold one. Raises DiskError."""
        gone = {same(text) for text in texts} - {""}

        def stays(line: str) -> bool:
            plain = same(line)
            return plain not in gone and not (line.startswith("/") and any(text in plain for text in gone))

        left = [line for line in self.load_history_strings() if stays(line)]  # newest first
        parts = ["".join(f"+{part}\n" for part in line.split("\n")) for line in reversed(left)]
        write_private(Path(os.fsdecode(self.filename)), "".join(f"\n# \n{part}" for part in parts))
        self._loaded_strings = [line for line in self._loaded_strings if stays(line)]


class LineReader:
    """Lines from a terminal that cannot be drawn on (TERM=dumb), or whose output goes elsewhere."""

    def __init__(self, view: View) -> None:
        self._view = view

    def read(self, chat: Chat) -> str:
        """The next line. KeyboardInterrupt: Ctrl-C; EOFError: Ctrl-D."""
        chat.begin_loading()
        return self._line(prompt_text(chat.session))

    def ask(self, question: str) -> bool:
        """A yes or no; Ctrl-C and Ctrl-D are a no."""
        self._view.notice(question)
        try:
            return clean(self._line(say("chat.yes_no"))).strip().lower() in YES
        except (KeyboardInterrupt, EOFError):
            return False

    def line(self, question: str) -> str | None:
        """A line; None for Ctrl-C and Ctrl-D."""
        self._view.notice(question)
        try:
            return clean(self._line(PROMPT)).strip()
        except (KeyboardInterrupt, EOFError):
            return None

    def _line(self, prompt: str) -> str:
        out = sys.stderr if self._view.apart else sys.stdout
        try:
            with sigint(signal.default_int_handler):
                out.write(prompt)
                out.flush()
                line = sys.stdin.readline()
        except KeyboardInterrupt:
            out.write("\n")
            raise
        if not line:
            out.write("\n")
            raise EOFError
        return line.rstrip("\r\n")


@contextmanager
def quiet_keys() -> Iterator[None]:
    """While nothing reads the keyboard (an answer streams), keys are kept for the next prompt, not echoed.

    Ctrl-C stays a signal, and Enter stays Enter. Nothing happens where stdin is not a Unix terminal.
    """
    try:
        import termios

        keyboard = sys.stdin.fileno()
        before = termios.tcgetattr(keyboard)
    except (ImportError, OSError, ValueError, AttributeError):
        yield
        return
    except termios.error:
        yield
        return
    quiet = [*before[:6], list(before[6])]
    quiet[0] &= ~termios.ICRNL
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
    termios.tcsetattr(keyboard, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)
