"""Vectors of Persian word stems: data/words/vectors.safetensors, by which the memory compares words.

python benchmarks/word_vectors.py --root CORPUS [--recipe data/recipes/mini.toml] [--out data/words]

Positive pointwise mutual information of stems within five words of each other, its contexts smoothed by the
power 0.75, reduced by a truncated singular value decomposition (Levy, Goldberg and Dagan 2015, "Improving
distributional similarity with lessons learned from word embeddings"). The text is that of the recipe for the
bundled model, without verse, and what this project wrote. Needs scipy; half a minute on one core.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from persian_assistant.config import data_dir
from persian_assistant.facts.frames import fill, read_frames
from persian_assistant.facts.stems import stem
from persian_assistant.pretraining.documents import json_rows, locate, open_text
from persian_assistant.pretraining.recipe import Recipe
from persian_assistant.text import normalise

WORD = re.compile(r"[آ-یءأؤئ\u200c]+")
VERSE = ("verse", "classical")
WINDOW, STEMS, LEAST_COUNT, SIZE, SMOOTHING = 5, 14_000, 12, 96, 0.75
MOST_CHARACTERS = 12_000_000
"""Of one source: no kind of text drowns the others."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=data_dir() / "recipes" / "mini.toml")
    parser.add_argument("--out", type=Path, default=data_dir() / "words")
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], help="of data/recall")
    args = parser.parse_args()
    left_out = [path.resolve() for path in args.leave_out]
    recipe = Recipe.load(args.recipe)
    texts = [*corpus(recipe, args.root), *own_texts(), *told_and_asked(left_out)]
    vocabulary, counts, lines = counted(texts)
    vectors = reduced(cooccurrence(lines, len(vocabulary)))
    scale = np.abs(vectors).max(1, keepdims=True) / 127
    args.out.mkdir(parents=True, exist_ok=True)
    small = np.ascontiguousarray(
        np.round(vectors / scale).astype(np.int8)
    )  # safetensors writes memory as it lies
    tensors = {"vectors": small, "counts": np.array(counts, np.int32)}
    save_file(tensors, args.out / "vectors.safetensors", {"stems": " ".join(vocabulary)})
    print(f"{len(vocabulary)} stems of {sum(counts)} words, {SIZE} numbers each")
    return 0


def corpus(recipe: Any, root: Path) -> Iterator[str]:
    for source in recipe.sources:
        if source.register not in VERSE and not source.path.startswith("unlicensed"):
            with open_text(locate(source.path, root)) as file:
                yield file.read(MOST_CHARACTERS)
    for source in recipe.dialogue:
        path = locate(source.path, root)
        if not source.path.startswith("data:"):
            yield "\n".join(said(row) for _, row in json_rows(path))[:MOST_CHARACTERS]


def own_texts() -> Iterator[str]:
    for path in sorted(data_dir().glob("seed/*.jsonl")) + sorted(data_dir().glob("general/*.jsonl")):
        yield "\n".join(said(row) for _, row in json_rows(path))
    for frame in read_frames(data_dir() / "frames"):
        for at in range(3):
            values = {name: choices[at % len(choices)] for name, choices in frame.slots.items()}
            wordings = (*frame.say, *frame.fact, *frame.ask)
            yield " ".join(fill(text, values) for text in wordings[at::3])


def told_and_asked(left_out: Sequence[Path]) -> Iterator[str]:
    """What was told beside each question about it: words by which one asks for the others."""
    for path in sorted(data_dir().glob("recall/*.jsonl")):
        if path.resolve() not in left_out:
            for _, row in json_rows(path):
                yield "\n".join(f"{row['told']} {question}" for question, _ in row["asks"])


def said(row: dict[str, Any]) -> str:
    parts = [turn["content"] for turn in row.get("messages", [])]
    parts += [str(row[name]) for name in ("instruction", "response", "text") if name in row]
    return " ".join(parts)


def counted(texts: list[str]) -> tuple[list[str], list[int], list[list[int]]]:
    """(stems, how often each stands, texts as their places in that list, line by line)."""
    words: Counter[str] = Counter()
    lines = []
    for text in texts:
        for line in normalise(text).splitlines():
            found = WORD.findall(line)
            if len(found) > 1:
                words.update(found)
                lines.append(found)
    stems = {word: stem(word) for word, _ in words.most_common(90_000)}
    counts: Counter[str] = Counter()
    for word, one in stems.items():
        counts[one] += words[word]
    kept = [(one, n) for one, n in counts.most_common(STEMS) if len(one) > 1 and n >= LEAST_COUNT]
    place = {one: at for at, (one, _) in enumerate(kept)}
    encoded = [[place[stems[w]] for w in line if stems.get(w) in place] for line in lines]
    return [one for one, _ in kept], [n for _, n in kept], encoded


def cooccurrence(lines: list[list[int]], size: int) -> Any:
    """Symmetric [size, size]: pairs within the window, each as much as one over their distance.

    The window reaches into the next line: what a text is about says more than who stands beside whom.
    """
    flat = np.array([one for line in lines for one in (*line, -1)], dtype=np.int64)
    total = scipy.sparse.csr_matrix((size, size), dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        left, right = flat[:-distance], flat[distance:]
        both = (left >= 0) & (right >= 0)
        ones = np.full(int(both.sum()), 1 / distance, np.float32)
        total += scipy.sparse.coo_matrix((ones, (left[both], right[both])), shape=(size, size)).tocsr()
    return total + total.T


def reduced(pairs: Any) -> Any:
    """[stems, SIZE], rows of length one."""
    sums = np.asarray(pairs.sum(1)).ravel()
    smoothed = sums**SMOOTHING
    smoothed *= sums.sum() / smoothed.sum()
    entries = pairs.tocoo()
    information = np.log(entries.data * sums.sum() / (sums[entries.row] * smoothed[entries.col]))
    kept = (information > 0) & (entries.data >= 1)
    shape = pairs.shape
    sparse = scipy.sparse.csr_matrix((information[kept], (entries.row[kept], entries.col[kept])), shape=shape)
    left, strengths, _ = scipy.sparse.linalg.svds(sparse, k=SIZE, random_state=0)
    vectors = left * np.sqrt(strengths)
    vectors -= vectors.mean(0)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


if __name__ == "__main__":
    raise SystemExit(main())
