"""Documents to packed tokens on disk: one run of token ids per phase, and held-out text per source.

<out>/corpus/heldout.jsonl   {"source", "register", "text"}
<out>/corpus/main.bin        uint16 token ids, documents shuffled, each ended by <|end|>
<out>/corpus/late.bin        the same for the final phase
<out>/corpus/corpus.json     counts, and a hash of what they were made from; written last: with it the
                             stage is complete
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from tokenizers import Tokenizer

from persian_assistant.errors import UsageError
from persian_assistant.pretraining import documents as docs
from persian_assistant.pretraining.duplicates import Duplicates, drop_duplicates
from persian_assistant.pretraining.outputs import write_json, write_whole
from persian_assistant.pretraining.recipe import Recipe, Source
from persian_assistant.pretraining.tokenizer import END, special_id, train_tokenizer
from persian_assistant.wording import say

Report = Callable[[str], None]


class Tick(Protocol):
    """Told how far a stage is; `total` is 0 where that is not known."""

    def __call__(self, name: str, done: int, total: int) -> None: ...


_TOKENIZER_WORDS = 3_000_000
_BATCH = 2000


def silent(name: str, done: int, total: int) -> None:
    """A `Tick` that shows nothing."""


@dataclass(frozen=True)
class SourceText:
    """What a source gave."""

    source: Source
    train: list[str]
    heldout: list[str]
    raw_count: int
    """Documents after cleaning, before duplicates went."""


def collect(recipe: Recipe, root: Path, report: Report, tick: Tick = silent) -> list[SourceText]:
    """Read, clean, cut, split and de-duplicate every source; held-out text is never in the training part.

    All text is held in memory, several times over while a source is cleaned: meant for up to about a
    gigabyte of text, beyond that `max_words` cuts. Raises UsageError for a source that cannot be read, and
    when nothing at all is left.
    """
    if not recipe.sources:
        raise UsageError("pretrain.no_sources", name=recipe.name)
    seen = Duplicates()
    texts = []
    for number, source in enumerate(recipe.sources, 1):
        reading = say("pretrain.stage_read", source=source.label, number=number, total=len(recipe.sources))
        tick(reading, 0, 0)
        cleaned = docs.clean(docs.read(source, root), source)
        cut = docs.cut_to_words(cleaned, source.max_words, recipe.schedule.random_seed)
        sifting = partial(tick, say("pretrain.stage_duplicates", source=source.label), total=len(cut))
        unique = drop_duplicates(cut, seen, sifting)
        train, heldout = docs.split_heldout(unique)
        texts.append(SourceText(source, train, heldout, len(cleaned)))
        words = sum(len(text.split()) for text in train)
        counts = {"raw": len(cleaned), "unique": len(unique), "words": words}
        report(say("pretrain.source" if unique else "pretrain.source_empty", source=source.label, **counts))
    if not any(item.train for item in texts):
        raise UsageError("pretrain.no_text", sources="، ".join(source.label for source in recipe.sources))
    return texts


def build_tokenizer(texts: list[SourceText], vocab_size: int, random_seed: int) -> Tokenizer:
    """Trained on the mixture as the model will see it: each source by its repeats, verse by its share."""
    sample = _mix(texts, lambda source: min(1.0, source.repeat + source.late_repeat), random_seed)
    chosen: list[str] = []
    words = 0
    for text in sample:
        words += len(text.split())
        if words > _TOKENIZER_WORDS and chosen:
            break
        chosen.append(text)
    return train_tokenizer(chosen, vocab_size, len(chosen))


def pack(
    texts: list[SourceText], tokenizer: Tokenizer, recipe: Recipe, folder: Path, tick: Tick = silent
) -> dict[str, Any]:
    """Write the packed phases and the held-out text; returns the counts written to corpus.json.

    Raises UsageError when the main phase does not fill one row, DiskError when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"source": item.source.label, "register": item.source.register, "text": text}
        for item in texts
        for text in item.heldout
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_whole(folder / "heldout.jsonl", lambda file: file.write(lines.encode("utf-8")))
    seed = recipe.schedule.random_seed
    main, late = _mix(texts, lambda s: s.repeat, seed), _mix(texts, lambda s: s.late_repeat, seed + 1)
    counts: dict[str, Any] = {
        "main_tokens": _write_tokens(main, tokenizer, folder / "main.bin", tick),
        "late_tokens": _write_tokens(late, tokenizer, folder / "late.bin", tick),
        "made_from": recipe.corpus_hash(),
        "sources": {item.source.label: _counts(item) for item in texts},
    }
    if counts["main_tokens"] < recipe.schedule.block_size:
        raise UsageError(
            "pretrain.too_little", tokens=counts["main_tokens"], block=recipe.schedule.block_size
        )
    write_json(folder / "corpus.json", counts)
    return counts


def _counts(item: SourceText) -> dict[str, Any]:
    return {
        "documents": len(item.train),
        "words": sum(len(text.split()) for text in item.train),
        "heldout_documents": len(item.heldout),
        "repeat": item.source.repeat,
        "late_repeat": item.source.late_repeat,
    }


def _mix(texts: list[SourceText], times: Callable[[Source], float], random_seed: int) -> list[str]:
    """All documents, each source repeated `times(source)`, in one shuffled order."""
    chance = random.Random(random_seed)
    mixed: list[str] = []
    for item in texts:
        repeat = times(item.source)
        mixed += item.train * int(repeat)
        mixed += chance.sample(item.train, round(len(item.train) * (repeat - int(repeat))))
    chance.shuffle(mixed)
    return mixed


def _write_tokens(texts: list[str], tokenizer: Tokenizer, path: Path, tick: Tick) -> int:
    """Number of tokens written. Text that looks like a special token is packed as the plain text it is."""
    end = special_id(tokenizer, END)
    packing = say("pretrain.stage_pack", file=path.name)
    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.encode_special_tokens = True

    def write(file: IO[bytes]) -> int:
        total = 0
        for start in range(0, len(texts), _BATCH):
            tick(packing, start, len(texts))
            encoded = plain.encode_batch_fast(texts[start : start + _BATCH], add_special_tokens=False)
            ids = np.asarray([token for row in encoded for token in (*row.ids, end)], dtype=np.uint16)
            file.write(ids.tobytes())
            total += len(ids)
        return total

    return write_whole(path, write)


class PackedTokens:
    """Rows of `block_size` tokens, by number; past the end it starts over.

    A row number is the whole data position: the same number gives the same row on every machine.
    """

    def __init__(self, path: Path, block_size: int) -> None:
        self._tokens = np.memmap(path, dtype=np.uint16, mode="r") if path.stat().st_size else np.zeros(0)
        self.block_size = block_size
        self.rows = len(self._tokens) // block_size

    def batch(self, first_row: int, count: int) -> np.ndarray:
        """int64 [count, block_size]."""
        rows = [(first_row + offset) % self.rows for offset in range(count)]
        return np.stack([self._tokens[r * self.block_size : (r + 1) * self.block_size] for r in rows]).astype(
            np.int64
        )
