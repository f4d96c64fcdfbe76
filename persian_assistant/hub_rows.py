"""Rows of a Hub data set, streamed by a process of its own.

Arrow reads ahead in threads that nobody can wait for, and one that is still at it when a Python program ends
aborts the program (apache/arrow issues 34314, 45214). In a process that only reads, they end with it.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Generator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from persian_assistant.errors import UsageError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

HUB_PREFIX = "hub:"
MOST_AT_ONCE = 256
_NAME = re.compile(r"(?P<id>[^@:]+)(?:@(?P<revision>[^:]+))?(?::(?P<config>[^:/]+))?")


def hub_rows(name: str, split: str = "train") -> Generator[dict[str, Any], None, None]:
    """The rows of the data set `name`, which is ID[@REVISION][:CONFIGURATION]; about twice as many are read
    as are asked for, at most.

    Raises UsageError where it cannot be read, also in the middle.
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise UsageError("examples.no_hub_source", name=name, reason="hub:ID[@REVISION][:CONFIGURATION]")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    reader = context.Process(target=_read, args=(theirs, parts.groupdict(), split), daemon=True)
    reader.start()
    theirs.close()
    count = 1
    try:
        while rows := _asked(ours, count, name):
            yield from rows
            count = min(2 * count, MOST_AT_ONCE)
    finally:
        reader.kill()
        reader.join()
        ours.close()


def _asked(reader: Connection, count: int, name: str) -> list[dict[str, Any]]:
    """The next `count` rows, or what is left. Raises UsageError."""
    try:
        reader.send(count)
        answer = reader.recv()
    except (EOFError, OSError) as error:  # somebody killed it
        answer = type(error).__name__
    if isinstance(answer, str):
        raise UsageError("examples.no_hub_source", name=name, reason=answer)
    return list(answer)


def _read(asker: Connection, parts: dict[str, str | None], split: str) -> None:
    """The other process: answers a number with so many rows, or with why there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the asker, who ends this process
    try:
        from tqdm import tqdm

        tqdm.set_lock(threading.RLock())  # its own is the system's, and would outlive this process
        from datasets import load_dataset

        rows = iter(
            load_dataset(
                parts["id"], parts["config"], revision=parts["revision"], split=split, streaming=True
            )
        )
        while True:
            asker.send(list(islice(rows, asker.recv())))
    except Exception as error:  # the library's own, huggingface_hub's, aiohttp's, pyarrow's
        reason = " ".join(islice(str(error).strip().splitlines(), 1))[:300]
        with suppress(EOFError, OSError):  # the asker is gone
            asker.send(f"{type(error).__name__}: {reason}")
            asker.recv()
    finally:
        os._exit(0)  # at a usual end Arrow's threads would abort this process too
