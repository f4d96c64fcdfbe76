"""Small files for the tests of the learning loop, without torch: personas, seed examples, journals."""

from __future__ import annotations

import json
from pathlib import Path

from persian_assistant.journal import Journal
from persian_assistant.records import Message

FACTS = [
    "اسم من سارا است.",
    "من در شیراز زندگی می‌کنم.",
    "یک گربهٔ سفید به نام برفی دارم.",
    "فردا ساعت هشت قطار دارم.",
]
SENTENCES = [
    "هوا امروز کمی سرد است.",
    "کتاب خواندن بهترین دوست آدم است.",
    "یک برنامهٔ کوچک به زبان پایتون بنویس.",
    "نوروز به دیدنش می‌رویم.",
    "پاسخ شما روشن و کامل بود.",
    "در خانه می‌مانیم و چای می‌نوشیم.",
]


def talk(*texts: str) -> list[Message]:
    roles = ("user", "assistant")
    return [Message(roles[at % 2], text) for at, text in enumerate(texts)]  # type: ignore[arg-type]


def persona_file(folder: Path, name: str = "tiny", seeds: int = 6, system: str = "تو دستیاری.") -> Path:
    """A persona of one's own with a seed file of its own."""
    rows = [
        {"messages": [message.as_chat() for message in talk(SENTENCES[at % 6], SENTENCES[(at + 3) % 6])]}
        for at in range(seeds)
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / f"{name}-seeds.jsonl").write_text(text, encoding="utf-8")
    path = folder / f"{name}.toml"
    path.write_text(
        f'name = "{name}"\nsystem = "{system}"\ngreeting = "سلام"\nseed_examples = ["{name}-seeds.jsonl"]\n',
        encoding="utf-8",
    )
    return path


def fill(journal: Journal, count: int) -> list[int]:
    """Exchanges in a journal; their numbers."""
    numbers = []
    for at in range(count):
        seq = journal.append_user(FACTS[at % len(FACTS)])
        journal.append_assistant(seq, "باشد.")
        numbers.append(seq)
    return numbers
