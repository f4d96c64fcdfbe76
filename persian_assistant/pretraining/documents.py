"""Raw text in, clean documents out. A document is a string of lines in one spelling.

Reads .txt (documents separated by a blank line), .jsonl with a `text` field, both also as .xz or .gz,
folders of them, and Hub data sets by id, streamed. Knows nothing of tokens.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from persian_assistant.config import data_dir
from persian_assistant.errors import UsageError
from persian_assistant.pretraining.recipe import Source
from persian_assistant.text import normalise, persian_share, sanitise

MIN_PERSIAN_SHARE = 0.6
MIN_DOCUMENT_CHARS = 20
BOILERPLATE_COUNT = 12
"""A line of a source seen in more documents than this says nothing new: it is dropped."""

HELDOUT_PERMILLE = 12
HELDOUT_MAX_CHARS = 60_000

_LATIN = re.compile(r"[A-Za-z]")
_SPACES = re.compile(r"[^\S\n]+")
_SUFFIXES = (".txt", ".jsonl", ".md")


def read(source: Source, root: Path) -> Iterator[str]:
    """The raw documents of `source`. Raises UsageError when nothing is found there."""
    if source.path.startswith("hub:"):
        yield from _hub_documents(source.path.removeprefix("hub:"))
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
    return Path(path.stem).suffix if path.suffix in (".xz", ".gz") else path.suffix


def open_text(path: Path) -> IO[str]:
    """`path` as UTF-8 text, unpacked when it ends in .xz or .gz."""
    if path.suffix == ".xz":
        return cast(IO[str], lzma.open(path, "rt", encoding="utf-8", errors="replace"))
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8", errors="replace"))
    return path.open(encoding="utf-8", errors="replace")


def _file_documents(path: Path) -> Iterator[str]:
    with open_text(path) as lines:
        if _inner_suffix(path) == ".jsonl":
            for number, line in enumerate(lines, 1):
                try:
                    yield str(json.loads(line)["text"])
                except (ValueError, KeyError, TypeError) as error:
                    raise UsageError("pretrain.bad_row", path=path, line=number, reason=error) from error
            return
        document: list[str] = []
        for line in lines:
            if line.strip():
                document.append(line.rstrip("\n"))
            elif document:
                yield "\n".join(document)
                document = []
        if document:
            yield "\n".join(document)


def _hub_documents(repo_id: str) -> Iterator[str]:
    from datasets import load_dataset

    for row in load_dataset(repo_id, split="train", streaming=True):
        yield str(row["text"])


def clean(documents: Iterable[str], source: Source) -> list[str]:
    """Documents in one spelling; lines that are not Persian prose, and boilerplate, dropped."""
    prefix = re.compile(source.strip_prefix) if source.strip_prefix else None
    cleaned = []
    for document in documents:
        text = _SPACES.sub(" ", sanitise(normalise(document)))
        if prefix:
            text = prefix.sub("", text)
        lines = [line.strip() for line in text.split("\n")]
        cleaned.append([line for line in lines if line and _is_persian(line, source.max_latin)])
    seen = Counter(line for lines in cleaned for line in set(lines) if len(line) > 15)
    boilerplate = {line for line, count in seen.items() if count > BOILERPLATE_COUNT}
    joined = ("\n".join(line for line in lines if line not in boilerplate) for lines in cleaned)
    return [document for document in joined if len(document) >= MIN_DOCUMENT_CHARS]


def _is_persian(line: str, max_latin: float) -> bool:
    latin = len(_LATIN.findall(line)) / len(line)
    return latin <= max_latin and persian_share(line) >= MIN_PERSIAN_SHARE - latin


def cut_to_words(documents: list[str], max_words: int, random_seed: int) -> list[str]:
    """A random part of `documents` of about `max_words` words (all of them for 0)."""
    if not max_words:
        return documents
    order = list(range(len(documents)))
    random.Random(random_seed).shuffle(order)
    kept, words = [], 0
    for index in order:
        words += len(documents[index].split())
        if words > max_words:
            break
        kept.append(index)
    return [documents[index] for index in sorted(kept)]


def split_heldout(documents: list[str]) -> tuple[list[str], list[str]]:
    """(train, held-out): chosen by the hash of each text, so that the same text always falls the same way."""
    train, heldout, chars = [], [], 0
    for document in documents:
        digest = int.from_bytes(hashlib.blake2b(document.encode(), digest_size=4).digest(), "big")
        if digest % 1000 < HELDOUT_PERMILLE and chars < HELDOUT_MAX_CHARS:
            heldout.append(document)
            chars += len(document)
        else:
            train.append(document)
    return train, heldout
