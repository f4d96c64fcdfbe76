"""Raw text in, clean documents out. A document is a string of lines in one spelling.

Reads .txt and .md (documents separated by a blank line), .jsonl with a `text` field, all also as .xz or
.gz, folders of them, and Hub data sets by id, streamed. Knows nothing of tokens, and does not tell Arabic
prose from Persian: both are written in the letters it keeps.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.hub_rows import HUB_PREFIX, hub_rows
from persian_assistant.pretraining.recipe import Source
from persian_assistant.reading import PACKED, opener
from persian_assistant.text import normalise, persian_share, sanitise

MIN_PERSIAN_SHARE = 0.6
MIN_DOCUMENT_CHARS = 20
BOILERPLATE_COUNT = 12
"""A line that stands in more documents of a source than this says nothing new there: it is dropped."""
BOILERPLATE_MIN_CHARS = 16

HELDOUT_PERMILLE = 12
HELDOUT_MAX_CHARS = 60_000

_LATIN = re.compile(r"[A-Za-z]")
_SPACES = re.compile(r"[^\S\n]+")
_UNREADABLE = "\ufffd"
_SUFFIXES = (".txt", ".jsonl", ".md")


def read(source: Source, root: Path) -> Iterator[str]:
    """The raw documents of `source`. Raises UsageError when nothing is found there or it cannot be read."""
    if source.path.startswith(HUB_PREFIX):
        yield from _hub_documents(source.path.removeprefix(HUB_PREFIX))
        return
    path = locate(source.path, root)
    if not path.exists():
        raise UsageError("pretrain.no_source", path=path)
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    files = [p for p in files if _inner_suffix(p) in _SUFFIXES]
    if not files:
        raise UsageError("pretrain.no_source", path=path)
    for file in files:
        yield from _file_documents(file)


def locate(path: str, root: Path) -> Path:
    """Where a recipe's path leads: `data:…` to the data that ships, anything else below `root`."""
    return data_dir() / path.removeprefix("data:") if path.startswith("data:") else root / path


def _inner_suffix(path: Path) -> str:
    packed = path.suffix.lower() in PACKED
    return (Path(path.stem).suffix if packed else path.suffix).lower()


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """`path` as UTF-8 text, unpacked when it ends in .xz or .gz; bytes that are not UTF-8 show as U+FFFD.

    Raises UsageError when it cannot be read, also in the middle.
    """
    try:
        with opener(path)(path, "rt", encoding="utf-8", errors="replace") as lines:
            yield cast(IO[str], lines)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise UsageError("pretrain.cannot_read", path=path, reason=error) from error


def json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of a JSON Lines file; blank lines are passed over. Raises UsageError."""
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError("pretrain.bad_row", path=path, line=number, reason=error) from error
            if not isinstance(row, dict):
                raise UsageError("pretrain.bad_row", path=path, line=number, reason=type(row).__name__)
            yield number, row


def _file_documents(path: Path) -> Iterator[str]:
    if _inner_suffix(path) == ".jsonl":
        for number, row in json_rows(path):
            text = row.get("text")
            if not isinstance(text, str):
                raise UsageError("pretrain.bad_row", path=path, line=number, reason="text")
            yield text
        return
    with open_text(path) as lines:
        document: list[str] = []
        for line in lines:
            if line.strip():
                document.append(line.rstrip("\n"))
            elif document:
                yield "\n".join(document)
                document = []
        if document:
            yield "\n".join(document)


def _hub_documents(name: str) -> Iterator[str]:
    """The column `text` of the split `train`, read as it is needed. Raises UsageError."""
    with closing(hub_rows(name)) as rows:
        for row in rows:
            if not isinstance(row.get("text"), str):
                raise UsageError("pretrain.no_hub_text", name=name, columns=", ".join(row))
            yield row["text"]


def clean(documents: Iterable[str], source: Source) -> list[str]:
    """Documents in one spelling; lines that are not Persian prose, and boilerplate, dropped.

    Of a Hub data set no more is drawn from `documents` than `max_words` asks for.
    """
    prefix = re.compile(source.strip_prefix) if source.strip_prefix else None
    enough = source.max_words if source.path.startswith(HUB_PREFIX) else 0
    cleaned: list[list[str]] = []
    words = 0
    for document in documents:
        text = _SPACES.sub(" ", sanitise(normalise(document))).strip()
        if prefix and (found := prefix.match(text)):
            text = text[found.end() :]
        lines = [line.strip() for line in text.split("\n")]
        kept = [line for line in lines if line and _is_persian(line, source.max_latin)]
        if kept:
            cleaned.append(kept)
            words += sum(len(line.split()) for line in kept)
        if enough and words >= enough:
            break
    joined = ("\n".join(lines) for lines in _without_boilerplate(cleaned))
    return [document for document in joined if len(document) >= MIN_DOCUMENT_CHARS]


def _without_boilerplate(documents: list[list[str]]) -> Iterator[list[str]]:
    """Each document without the lines that many have; a document of one line is no frame of anything."""
    framed = [set(lines) for lines in documents if len(lines) > 1]
    seen = Counter(line for lines in framed for line in lines if len(line) >= BOILERPLATE_MIN_CHARS)
    boilerplate = {line for line, count in seen.items() if count > BOILERPLATE_COUNT}
    for lines in documents:
        yield lines if len(lines) == 1 else [line for line in lines if line not in boilerplate]


def _is_persian(line: str, max_latin: float) -> bool:
    if _UNREADABLE in line:
        return False
    latin = len(_LATIN.findall(line)) / len(line)
    return latin <= max_latin and persian_share(line) >= MIN_PERSIAN_SHARE - latin


def cut_to_words(documents: list[str], max_words: int, random_seed: int) -> list[str]:
    """A random part of `documents` of about `max_words` words, at least one of them; all of them for 0."""
    if not max_words:
        return documents
    order = list(range(len(documents)))
    random.Random(random_seed).shuffle(order)
    kept: list[int] = []
    words = 0
    for index in order:
        words += len(documents[index].split())
        if words > max_words and kept:
            break
        kept.append(index)
    return [documents[index] for index in sorted(kept)]


def split_heldout(documents: list[str]) -> tuple[list[str], list[str]]:
    """(train, held-out): chosen by the hash of each text, whatever stands around it.

    Held-out text ends at `HELDOUT_MAX_CHARS` for a source: what would be left out past that is trained on.
    """
    train, heldout, chars = [], [], 0
    for document in documents:
        digest = int.from_bytes(hashlib.blake2b(document.encode(), digest_size=4).digest(), "big")
        if digest % 1000 < HELDOUT_PERMILLE and chars < HELDOUT_MAX_CHARS:
            heldout.append(document)
            chars += len(document)
        else:
            train.append(document)
    return train, heldout
