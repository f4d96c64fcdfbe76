"""How often distress.py is right, by batch and register; and the weights of its second net.

python benchmarks/distress_weights.py            # measure what ships, as Markdown
python benchmarks/distress_weights.py --write    # first train the weights, on all batches but the last
python benchmarks/distress_weights.py --cross    # what words alone find in sentences left out of training

Logistic regression (L2) over words, pairs of words and pieces of 3 to 5 letters: the sentences of data/guard,
and the user's turns of data/seed as what is no distress.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
from scipy import optimize, sparse

DATA = Path(__file__).resolve().parent.parent / "data"
sys.path.insert(0, str(DATA.parent))

from persian_assistant import distress  # noqa: E402

BATCHES = ("rules", "test", "late", "fresh", "more", "last", "review")
UNSEEN = ("review",)
REGISTERS = ("formal", "colloquial", "misspelt", "finglish")
L2, KEPT, LEAST = 0.5, 9000, 2
FOLDS = 5
WEIGHT = {"distress": 6.0, "none": 3.0, "role": 3.0, "seed": 1.0}
"""Of a sentence of data/guard, of a user's turn in the remembrance seeds, and of one in the others."""
Row = dict[str, str]


def main(argv: Sequence[str]) -> int:
    rows, turns = _records(DATA / "guard" / "distress.jsonl"), _turns()
    if "--write" in argv:
        weights = train([*(row for row in rows if row["split"] not in UNSEEN), *turns])
        text = json.dumps(weights, ensure_ascii=False, separators=(",", ":"))
        (DATA / "guard" / "distress_weights.json").write_text(text + "\n", encoding="utf-8")
    if "--cross" in argv:
        return _cross([*rows, *turns])
    print("| batch | register | distress | in the role | elsewhere | near misses | in the role | elsewhere |")
    print("|---|---|---|---|---|---|---|---|")
    for batch in BATCHES:
        for register in (*REGISTERS, "all"):
            own = [r for r in rows if r["split"] == batch and register in (r["register"], "all")]
            print(f"| {batch} | {register} | {_cells(own, 'distress')} | {_cells(own, 'none')} |")
    for kind, name in (("role", "of the remembrance seeds"), ("seed", "of the other seeds")):
        signs = [distress.find_distress(row["text"]) for row in turns if row["label"] == kind]
        found, clear = sum(s is not None for s in signs), sum(s is not None and s.clear for s in signs)
        shares = f"{found / len(signs):.2%} in the role, {clear / len(signs):.2%} elsewhere"
        print(f"\nUser turns {name} (trained on): {shares}, of {len(signs)}.")
    return 0


def _cross(rows: Sequence[Row]) -> int:
    """Each fifth by weights of the other four: the share above each of some log odds."""
    shuffled = random.Random(1).sample(rows, len(rows))
    scores: dict[str, list[float]] = {label: [] for label in WEIGHT}
    for part in range(FOLDS):
        score = distress.scorer(train([row for at, row in enumerate(shuffled) if at % FOLDS != part]))
        for row in shuffled[part::FOLDS]:
            scores[row["label"]].append(score(row["text"]))
    print(f"| log odds above | {' | '.join(WEIGHT)} |")
    print("|---|" + "---|" * len(WEIGHT))
    for least in (0.5, 0.0, -0.25, -0.5, -1.0):
        cells = (f"{sum(one > least for one in own) / len(own):.1%}" for own in scores.values())
        print(f"| {least} | {' | '.join(cells)} |")
    return 0


def _cells(rows: Sequence[Row], label: str) -> str:
    """How many there are, and how many of them each of the two levels finds."""
    signs = [distress.find_distress(row["text"]) for row in rows if row["label"] == label]
    if not signs:
        return "0 | – | –"
    found, clear = sum(s is not None for s in signs), sum(s is not None and s.clear for s in signs)
    return f"{len(signs)} | {found} ({found / len(signs):.0%}) | {clear} ({clear / len(signs):.0%})"


def _records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _turns() -> list[Row]:
    """What users say in data/seed, but for despair and the few turns that a rule takes for distress."""
    found = {
        message["content"]: "role" if path.stem.startswith("remembrance") else "seed"
        for path in sorted((DATA / "seed").glob("*.jsonl"))
        for row in _records(path)
        for message in row["messages"]
        if message["role"] == "user" and row["topic"] != "despair"
    }
    named = [{"text": text, "label": label} for text, label in sorted(found.items())]
    return [row for row in named if distress.by_rules(row["text"]) is None]


def train(rows: Sequence[Row]) -> dict[str, float]:
    """Feature → weight; "" is the bias."""
    wanted = numpy.array([row["label"] == "distress" for row in rows])
    weight = numpy.array([WEIGHT[row["label"]] for row in rows])
    found = [distress.features(row["text"]) for row in rows]
    counts = Counter(name for names in found for name in names)
    names = [name for name, count in counts.items() if count >= LEAST]
    values = _fit(found, names, wanted, weight)
    if len(names) > KEPT:  # the weightiest alone, fitted again
        names = [names[at] for at in numpy.argsort(-numpy.abs(values[:-1]))[:KEPT]]
        values = _fit(found, names, wanted, weight)
    pairs = sorted(zip(names, values[:-1], strict=True))
    return {"": round(float(values[-1]), 3)} | {name: round(float(value), 2) for name, value in pairs}


def _fit(found: Sequence[set[str]], names: Sequence[str], wanted: Any, weight: Any) -> Any:
    place = {name: at for at, name in enumerate(names)}
    own = [[place[name] for name in one if name in place] for one in found]
    lengths = [len(one) for one in own]
    data = numpy.repeat([1 / max(1, length) ** 0.5 for length in lengths], lengths)
    indices, starts = [at for one in own for at in one], numpy.cumsum([0, *lengths])
    matrix = sparse.csr_matrix((data, indices, starts), shape=(len(own), len(names)))

    def loss(values: Any) -> tuple[float, Any]:
        z = matrix @ values[:-1] + values[-1]
        off = weight * (1 / (1 + numpy.exp(-z)) - wanted)
        fit = (weight * numpy.logaddexp(0, numpy.where(wanted, -z, z))).sum()
        total = fit + L2 / 2 * (values[:-1] ** 2).sum()
        return float(total), numpy.append(matrix.T @ off + L2 * values[:-1], off.sum())

    start = numpy.zeros(len(names) + 1)
    return optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
