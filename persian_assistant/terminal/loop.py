"""One open chat: what a line does, how an answer is shown, and how it all ends.

Knows nothing of prompt_toolkit, of flags, or of how the session works inside.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Protocol

from persian_assistant.errors import AssistantError, Cancelled
from persian_assistant.log import log_path
from persian_assistant.terminal.actions import COMMANDS
from persian_assistant.terminal.conversation import Conversation
from persian_assistant.terminal.remembrance_actions import labelled
from persian_assistant.terminal.slash import Call, clean, find, parse
from persian_assistant.terminal.start import start_screen
from persian_assistant.terminal.toolbar import pass_line
from persian_assistant.terminal.view import TICK, View
from persian_assistant.wording import say

YES = frozenset(("y", "yes", "ب", "بله", "آره", "بلی", "اره"))
NO = frozenset(("n", "no", "خ", "خیر", "نه", "نخیر"))
logger = logging.getLogger(__name__)


class Reader(Protocol):
    """Where an interactive chat's lines come from."""

    def read(self, chat: Chat) -> str:
        """The next line (or lines). Raises KeyboardInterrupt at an empty prompt, EOFError at the end."""

    def ask(self, question: str) -> bool:
        """Asks yes or no; anything but a yes is a no."""

    def line(self, question: str) -> str | None:
        """Asks for a line that is kept nowhere; None for Ctrl-C and Ctrl-D."""


class Questions:
    """Yes-or-no questions from any thread: the main one asks at once, another one waits for a typed line."""

    def __init__(
        self, view: View, ask_now: Callable[[str], bool], line: Callable[[str], str | None] | None = None
    ) -> None:
        self._view = view
        self._ask_now = ask_now
        self.line = line
        """Asks for a line of text, from the main thread only; None where nobody can be asked for one."""
        self._turn = threading.Lock()
        self._pending: str | None = None
        self._answered = threading.Event()
        self._answer = False
        self._closed = False

    def __call__(self, question: str) -> bool:
        if threading.current_thread() is threading.main_thread():
            return self._ask_now(question)
        with self._turn:
            if self._closed:
                return False
            self._answered.clear()
            self._pending = question
            self._view.notice(say("chat.question_waits", question=question), style="bold")
            self._answered.wait()
            return self._answer

    def take(self, line: str) -> bool:
        """Whether `line` was used up by a waiting question."""
        if self._pending is None:
            return False
        word = clean(line).strip().lower()
        if word in YES or word in NO:
            self._settle(word in YES)
        else:
            self._view.notice(say("chat.answer_first", question=self._pending), style="bold")
        return True

    def refuse(self, for_good: bool = False) -> bool:
        """A no to the question that waits, and to all later ones `for_good`; whether one waited."""
        self._closed = self._closed or for_good
        if self._pending is None:
            return False
        self._settle(False)
        return True

    def _settle(self, answer: bool) -> None:
        self._pending, self._answer = None, answer
        self._answered.set()


class Chat:
    """An open session, the view it is shown on, and what slash commands may touch."""

    def __init__(
        self, session: Conversation, view: View, *, ask: Questions | None = None, piped: bool = False
    ) -> None:
        self.session = session
        self.view = view
        self.ask = ask
        self.piped = piped
        self.leaving = False
        self.wait_at_end = False
        self.asked_for_pass = False
        """The running pass was asked for with `/learn`: Ctrl-C at an empty prompt ends it."""
        self.exit_code = 0
        """The last error's; the exit code of a piped chat."""
        self.forget_typed: Callable[[Sequence[str]], None] = lambda texts: None
        """Takes lines with these texts out of the history of typed lines, where there is one."""
        self._listen()

    def _listen(self) -> None:
        self.session.on_event, self.session.on_fact = self.view.event, self.view.aside

    def banner(self) -> None:
        """Who answers, what it learned last, a greeting and how to get help: three lines."""
        for at, line in enumerate(start_screen(self.session, self.view.width)):
            self.view.notice(line, style="" if at else "bold")

    def handle(self, line: str) -> None:
        """One typed line. Whatever goes wrong becomes one line on the screen, and the chat goes on.

        Raises KeyboardInterrupt (in a piped chat) and BrokenPipeError only.
        """
        if self.ask is not None and self.ask.take(line):
            return
        parsed = parse(line)
        if parsed is None:
            return
        try:
            if isinstance(parsed, Call):
                with sigint(signal.default_int_handler):
                    find(parsed.name, COMMANDS).run(self, parsed.rest)
            else:
                self.show_answer(lambda cancel: self.session.reply(parsed, cancel))
        except BrokenPipeError:
            raise
        except KeyboardInterrupt:
            if self.piped:
                raise
            self.view.notice(say("chat.stopped"))
        except Cancelled as declined:  # what the user does not want done is no error
            if self.piped:
                self._failed(declined, declined.exit_code, parsed)
                raise KeyboardInterrupt from declined
            self.view.notice(str(declined))
        except AssistantError as error:
            self._failed(error, error.exit_code, parsed)
        except Exception as error:  # the chat outlives a defect: its trace goes to a file, not to the screen
            logger.exception("chat")
            told = say("chat.unexpected", kind=type(error).__name__, log=log_path())
            self._failed(told, 1, parsed)

    def _failed(self, error: BaseException | str, code: int, parsed: Call | str) -> None:
        self.exit_code = code
        self.view.error(error)
        if self.piped and isinstance(parsed, str):
            self.view.blank_answer()

    def show_answer(self, answer: Callable[[threading.Event], Iterator[str]]) -> None:
        """Shows an answer while it comes; Ctrl-C ends it (a second one does not wait for its end)."""
        cancel = threading.Event()
        if self.piped:
            with closing_pieces(labelled(self.session, answer(cancel))) as pieces:
                self.view.answer_line(pieces)
            return
        with on_interrupt(cancel), closing_pieces(labelled(self.session, answer(cancel))) as pieces:
            self.view.answer(pieces, self._waiting_for, cancel.is_set)

    @contextmanager
    def interruptible(self, cancel: threading.Event) -> Iterator[None]:
        """Ctrl-C sets `cancel` in here; in a piped chat it ends the chat as ever."""
        with nullcontext() if self.piped else on_interrupt(cancel):
            yield

    def _waiting_for(self) -> str:
        return self.session.loading.text or say("chat.thinking")

    def switch(self, **to: str) -> None:
        """Another model or persona: opens its profile and says who answers now."""
        self.session.switch(**to)
        self._listen()
        self.asked_for_pass = False
        if not self.piped:
            self.banner()

    def begin_loading(self) -> None:
        """Asks for the model for the first time; what goes wrong is said where an answer needs it."""
        with suppress(AssistantError):
            self.session.ready(0)

    def wait_for_model(self) -> None:
        """Until the model serves. Raises what went wrong if it cannot be loaded."""
        while not self.session.ready(TICK):
            self.view.transient(self.session.loading.text)
        self.view.wipe()

    def wait_for_versions(self) -> bool:
        """Until another version may answer: the model serves and, where nobody could ask again (a piped
        chat), no pass runs. Whether one had to end for it; raises what went wrong with the model.
        """
        self.wait_for_model()
        ended = self.piped and self.session.pass_state.running
        if ended:
            self.wait_for_pass()
        return ended

    def wait_for_pass(self) -> None:
        """Waits for the running pass with a line of progress; Ctrl-C ends the pass."""
        if self.piped:
            while not self.session.wait_for_pass(TICK):
                self._show_pass()
            self.view.wipe()
            return
        stop, told = threading.Event(), False
        with on_interrupt(stop):
            while not self.session.wait_for_pass(TICK):
                if stop.is_set() and not told:
                    told = self.session.cancel_pass()
                    self.view.notice(say("chat.pass_stopping"))
                self._show_pass()
        self.view.wipe()

    def _show_pass(self) -> None:
        if (state := self.session.pass_state).running:
            self.view.transient(pass_line(state))

    def stop_requested_pass(self) -> bool:
        """Ends the running pass if the user asked for it with `/learn`; whether there was one."""
        if not (self.asked_for_pass and self.session.pass_state.running):
            self.asked_for_pass = False
            return False
        self.asked_for_pass = False
        if stopped := self.session.cancel_pass():
            self.view.notice(say("chat.pass_stopping"))
        return stopped

    def end(self) -> None:
        """Leaves: a running pass is waited for or put aside, then the session closes."""
        try:
            if self.ask is not None:
                self.ask.refuse(for_good=True)
            running = self.session.pass_state.running
            if self.wait_at_end:
                if running:
                    self.view.notice(say("chat.waiting_for_pass"))
                self.wait_for_pass()
            elif running:  # closing ends it; ended by `cancel_pass` it would not run again
                self.view.notice(say("chat.left_pass"))
        finally:
            self.session.close()


def converse(chat: Chat, reader: Reader, first: str = "") -> int:
    """The interactive loop, to its end, after the line `first`; returns the exit code."""
    try:
        with sigint(lambda number, frame: None):  # between two steps Ctrl-C has nothing to end
            if first:
                chat.handle(first)
            _take_lines(chat, reader)
    finally:
        chat.end()
    chat.view.notice(say("chat.goodbye"))
    return 0


def _take_lines(chat: Chat, reader: Reader) -> None:
    armed = False
    while not chat.leaving:
        try:
            line = reader.read(chat)
        except EOFError:
            return
        except KeyboardInterrupt:
            if (chat.ask is not None and chat.ask.refuse()) or chat.stop_requested_pass():
                armed = False
            elif armed:
                return
            else:
                armed = True
                running = chat.session.pass_state.running
                chat.view.notice(say("chat.interrupt_again_pass" if running else "chat.interrupt_again"))
            continue
        armed = False
        chat.handle(line)


@contextmanager
def closing_pieces(pieces: Iterator[str]) -> Iterator[Iterator[str]]:
    """Closes an answer that is left early, so that what came of it reaches the disk."""
    try:
        yield pieces
    finally:
        if close := getattr(pieces, "close", None):
            close()


@contextmanager
def on_interrupt(flag: threading.Event) -> Iterator[None]:
    """Ctrl-C sets `flag` in here; when it is set already, Ctrl-C raises KeyboardInterrupt."""

    def interrupted(number: int, frame: Any) -> None:
        if flag.is_set():
            raise KeyboardInterrupt
        flag.set()

    with sigint(interrupted):
        yield


@contextmanager
def sigint(handler: Callable[[int, Any], Any]) -> Iterator[None]:
    """Ctrl-C is `handler`'s in here; the main thread only, as the system has it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
