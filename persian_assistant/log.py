"""What went wrong in detail: `<home>/log.txt`, private and kept small.

Callers log what happened, never what was said. Knows nothing of conversations or screens.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from persian_assistant.config import home

MOST_BYTES = 500_000
_SECRET = re.compile(r"(hf_|api_org_)\w+|Bearer\s+\S+", re.IGNORECASE)


def log_path() -> Path:
    """Where the details are."""
    return home() / "log.txt"


@contextmanager
def recording() -> Iterator[None]:
    """In here, what this program and its libraries log or warn about goes to the log, not to the screen."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    # At import it tells of an optional kernel package that no one here needs.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    handler = _PrivateFile(log_path(), maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(_WithoutSecrets("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()


class _PrivateFile(RotatingFileHandler):
    """Made at the first record, 0600; a disk that cannot take it must not disturb the chat."""

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(fd, "a", encoding="utf-8", errors="replace")

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _WithoutSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = _SECRET.sub("***", super().format(record))
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            if token := os.environ.get(name):
                text = text.replace(token, "***")
        return text
