"""The chat without a terminal: one line in, one answer out; everything else goes to stderr.

Nothing is asked and nothing is drawn. Knows nothing of prompts or keys.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from persian_assistant.terminal.loop import Chat

INTERRUPTED = 130


def run_piped(chat: Chat, lines: Iterable[str], *, wait: bool = True) -> int:
    """Answers each line, then waits for a running pass (`wait`); returns the exit code.

    0, the code of the last error that was shown, or 130 after Ctrl-C.
    """
    chat.wait_at_end = wait
    chat.begin_loading()
    try:
        for line in lines:
            chat.handle(line.rstrip("\r\n"))
            if chat.leaving:
                break
    except SystemExit:  # SIGTERM: the pass runs again at the next start
        chat.wait_at_end = False
        raise
    except KeyboardInterrupt:
        chat.wait_at_end = False
        return INTERRUPTED
    except BrokenPipeError:
        chat.wait_at_end = False
        hush_stdout()
        return 0
    finally:
        chat.end()
    return chat.exit_code


def hush_stdout() -> None:
    """Nobody reads stdout any more: lets the flush at exit go nowhere instead of failing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
