"""Figures about data/seed: size, register, length, vocabulary, near-duplicates, as Markdown.

python benchmarks/seed_figures.py
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from datasketch import MinHash, MinHashLSH

SEED = Path(__file__).resolve().parent.parent / "data" / "seed"
NUM_PERM, SHINGLE, THRESHOLD = 128, 5, 0.7


def main() -> int:
    titles = (
        "conversations",
        "exchanges",
        "multi-turn",
        "colloquial exchanges",
        "words an answer: 10%, half, 90%",
    )
    print("| file | " + " | ".join(titles) + " |\n|---|---|---|---|---|---|")
    pairs: list[tuple[str, str]] = []
    for path in sorted(SEED.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        own = [
            (row["id"], row["messages"][at]["content"], row["messages"][at + 1]["content"], row["register"])
            for row in rows
            for at in range(0, len(row["messages"]), 2)
        ]
        colloquial = sum(one[3] == "colloquial" for one in own) / len(own)
        lengths = sorted(len(one[2].split()) for one in own)
        words = ", ".join(str(lengths[int(share * (len(lengths) - 1))]) for share in (0.1, 0.5, 0.9))
        several = sum(len(row["messages"]) > 2 for row in rows)
        print(f"| {path.stem} | {len(rows)} | {len(own)} | {several} | {colloquial:.0%} | {words} |")
        pairs += [(one[0], f"{one[1]} {one[2]}") for one in own]
    found = Counter(word for _, text in pairs for word in re.findall(r"[\w\u200c]+", text))
    alike = near_duplicates(pairs)
    print(f"\n{len(pairs)} exchanges, {found.total()} words, {len(found)} different ones.")
    print(
        f"Near-duplicates (MinHash over {SHINGLE}-letter shingles, similarity ≥ {THRESHOLD}): {len(alike)}."
    )
    arabic = sum(bool(re.search("[\u064a\u0643]", text)) for _, text in pairs)
    print(f"Exchanges with Arabic ye or kaf: {arabic}.")
    for one, other in alike:
        print(f"- {one} ~ {other}")
    return int(bool(alike))


def near_duplicates(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Ids of exchanges that are alike, the later one first."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=NUM_PERM)
    alike = []
    for number, (name, text) in enumerate(pairs):
        letters = "".join(char for char in text if char.isalnum())
        sketch = MinHash(NUM_PERM)
        for at in range(max(1, len(letters) - SHINGLE + 1)):
            sketch.update(letters[at : at + SHINGLE].encode())
        alike += [(name, pairs[other][0]) for other in index.query(sketch)]
        index.insert(number, sketch)
    return alike


if __name__ == "__main__":
    sys.exit(main())
