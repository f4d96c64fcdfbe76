"""Question/answer pairs for the tests of compare baselines."""

from __future__ import annotations

import json
from pathlib import Path


def pairs_file(folder: Path, count: int) -> Path:
    rows = [
        {"question": f"رنگ پرچم شمارهٔ {number} چیست؟", "answer": f"پرچم شمارهٔ {number} آبی و سفید است."}
        for number in range(count)
    ]
    path = folder / "pairs.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path
