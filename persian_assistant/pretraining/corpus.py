"""Documents to packed tokens on disk: one run of token ids per phase, and held-out text per source.

<out>/corpus/heldout.jsonl   {"source", "register", "text"}
<out>/corpus/main.bin        uint16 token ids, documents shuffled, each ended by <|end|>
<out>/corpus/late.bin        the same for the final phase
<out>/corpus/corpus.json     counts; written last: with it the stage is complete
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from persian_assistant.pretraining import documents as docs
from persian_assistant.pretraining.duplicates import Duplicates, drop_duplicates
from persian_assistant.pretraining.recipe import Recipe, Source
from persian_assistant.pretraining.tokenizer import END, train_tokenizer

Report = Callable[[str], None]
_TOKENIZER_WORDS = 3_000_000


@dataclass(frozen=True)
class SourceText:
    """What a source gave."""

    source: Source
    train: list[str]
    heldout: list[str]
    raw_count: int


def collect(recipe: Recipe, root: Path, report: Report) -> list[SourceText]:
    """Read, clean, cut, split and de-duplicate every source; held-out text is never in the training part."""
    seen = Duplicates()
    texts = []
    for source in recipe.sources:
        cleaned = docs.clean(docs.read(source, root), source)
        cut = docs.cut_to_words(cleaned, source.max_words, recipe.schedule.random_seed)
        unique = drop_duplicates(cut, seen)
        train, heldout = docs.split_heldout(unique)
        texts.append(SourceText(source, train, heldout, len(cleaned)))
        words = sum(len(text.split()) for text in train)
        report(f"{source.label}: {len(cleaned)} → {len(unique)} documents, {words} words")
    return texts


def build_tokenizer(texts: list[SourceText], vocab_size: int, random_seed: int) -> Tokenizer:
    """Trained on the mixture as the model will see it: each source by its repeats, verse by its share."""
    sample = _mix(texts, lambda source: min(1.0, source.repeat + source.late_repeat), random_seed)
    chosen, words = [], 0
    for text in sample:
        words += len(text.split())
        if words > _TOKENIZER_WORDS:
            break
        chosen.append(text)
    return train_tokenizer(chosen, vocab_size, len(chosen))


def pack(texts: list[SourceText], tokenizer: Tokenizer, recipe: Recipe, folder: Path) -> dict[str, object]:
    """Write the packed phases and the held-out text; returns the counts written to corpus.json."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "heldout.jsonl").open("w", encoding="utf-8") as file:
        for item in texts:
            for text in item.heldout:
                row = {"source": item.source.label, "register": item.source.register, "text": text}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    seed = recipe.schedule.random_seed
    counts: dict[str, object] = {
        "main_tokens": _write_tokens(_mix(texts, lambda s: s.repeat, seed), tokenizer, folder / "main.bin"),
        "late_tokens": _write_tokens(
            _mix(texts, lambda s: s.late_repeat, seed + 1), tokenizer, folder / "late.bin"
        ),
        "sources": {
            item.source.label: {
                "documents": len(item.train),
                "words": sum(len(text.split()) for text in item.train),
                "heldout_documents": len(item.heldout),
                "repeat": item.source.repeat,
                "late_repeat": item.source.late_repeat,
            }
            for item in texts
        },
    }
    (folder / "corpus.json").write_text(json.dumps(counts, ensure_ascii=False, indent=1), encoding="utf-8")
    return counts


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


def _write_tokens(texts: list[str], tokenizer: Tokenizer, path: Path, batch: int = 2000) -> int:
    end = tokenizer.token_to_id(END)
    total = 0
    with path.open("wb") as file:
        for start in range(0, len(texts), batch):
            encoded = tokenizer.encode_batch_fast(texts[start : start + batch], add_special_tokens=False)
            ids = [token for row in encoded for token in (*row.ids, end)]
            np.asarray(ids, dtype=np.uint16).tofile(file)
            total += len(ids)
    return total


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
