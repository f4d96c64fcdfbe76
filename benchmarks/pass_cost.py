"""What a pass over 20 new exchanges costs with a short and with a long history behind it.

python benchmarks/pass_cost.py [--model mini] [--behind 100,100000] [--json FILE]

Each history is on a home of its own: its turns are written into the journal, the facts in them are read by
the product's own rules, and a version is published that has them behind it. Then 20 new turns are told and
the pass over them is timed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from persian_assistant import disk
from persian_assistant.config import Config, GenerationConfig, ModelConfig
from persian_assistant.facts.store import FactStore
from persian_assistant.journal import Journal
from persian_assistant.journal_file import line_of
from persian_assistant.session import Session
from persian_assistant.versions import VersionStore

NEW = 20
FACT_EVERY = 10
"""One turn in so many of the history states something."""
OWNERS = ("برادرم", "خواهرم", "عمویم", "خاله‌ام", "دوستم", "همسایه‌ام", "پدرم", "مادرم", "دایی‌ام", "عمه‌ام")
NEW_OWNERS = ("همکارم", "معلمم")
THINGS = ("گربهٔ", "سگ", "قناری", "اسب", "طوطی", "خرگوش", "ماهی", "لاک‌پشت", "مرغ", "گوسفند")
NAMES = ("برفی", "نقلی", "سیاوش", "پرستو", "مهتاب", "الماس", "تندر", "کوکب", "شبنم", "غزال", "دلبر")
TALK = ("امروز هوا خوب بود", "چه خبر؟", "یک چیزی بگو", "حوصله‌ام سر رفته", "خسته نباشی", "شب بخیر")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="mini")
    parser.add_argument("--quantization", default="nf4", choices=("nf4", "none"))
    parser.add_argument("--behind", default="100,100000")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = []
    for count in args.behind.split(","):
        found.append(one_history(args, int(count)))
        print("  ".join(f"{name} {value}" for name, value in found[-1].items()), flush=True)
    ratio = found[-1]["pass_seconds"] / found[0]["pass_seconds"]
    print(f"ratio {ratio:.2f}")
    if args.json:
        disk.write_private(args.json, disk.to_json({"histories": found, "ratio": ratio}, indent=1) + "\n")
    return 0


def one_history(args: argparse.Namespace, behind: int) -> dict[str, Any]:
    """Seconds of the pass, and of its steps, with `behind` exchanges before the new ones."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PERSIAN_ASSISTANT_HOME"] = folder
        config = Config(
            profile="bench",
            model=ModelConfig(name=args.model, quantization=args.quantization),
            generation=GenerationConfig(max_new_tokens=8, random_seed=1),
        )
        # published whatever the gate would say: it is the time that counts, and measuring takes the same
        config = replace(config, learning=replace(config.learning, every=100_000, gate=False))
        path = first_version(config)
        live = make_history(path, behind)
        began = time.perf_counter()
        session = Session.open(config, notice=print)
        session.ready(None)
        opened = time.perf_counter() - began
        try:
            tell(session, range(NEW))
            seconds = a_pass(session)
            version = session.versions()[-1]
        finally:
            session.close()
    return {
        "behind": behind,
        "live_facts": live,
        "open_seconds": round(opened, 1),
        "pass_seconds": round(seconds, 2),
        **{name: version.scores.get(name) for name in ("train_seconds", "trained_tokens", "scale")},
        "counts": version.config.get("counts"),
    }


def first_version(config: Config) -> Path:
    """A real version to stand on; the profile's folder."""
    session = Session.open(config, notice=print)
    session.ready(None)
    try:
        tell(session, range(NEW, NEW + 2))
        a_pass(session)
        return Path(session.profile.path)
    finally:
        session.close()


def tell(session: Session, turns: range) -> None:
    for at in turns:
        for _ in session.reply(new_turn(at), threading.Event()):
            pass


def a_pass(session: Session) -> float:
    """Seconds of a pass that must publish. Raises SystemExit."""
    before = len(session.versions())
    began = time.perf_counter()
    session.learn()
    session.wait_for_pass()
    seconds = time.perf_counter() - began
    if len(session.versions()) == before:
        raise SystemExit(f"the pass published nothing: {session.journal.passes()[-1]}")
    return seconds


def old_fact(at: int) -> str:
    """Statement number `at` of the history; when owners and things are used up, they supersede."""
    owner, thing = OWNERS[at % 10], THINGS[at // 10 % 10]
    return f"اسم {thing} {owner} {NAMES[at // 100 % len(NAMES)]} است."


def new_turn(at: int) -> str:
    """Every other turn states something new of somebody the history does not know."""
    if at % 2:
        return TALK[at % len(TALK)]
    return f"اسم {THINGS[at // 2 % 10]} {NEW_OWNERS[at // 20 % 2]} {NAMES[at // 2 % len(NAMES)]} است."


def make_history(profile: Path, behind: int) -> int:
    """Write the turns, have their facts read, publish a version that has all of it behind it; live facts."""
    path = profile / "journal.jsonl"
    journal = Journal.open(path)
    first = journal.last_seq() + 1
    lines = []
    for number in range(behind):
        fact, small = old_fact(number // FACT_EVERY), TALK[number % len(TALK)]
        seq, text = first + 2 * number, small if number % FACT_EVERY else fact
        lines.append(line_of({"seq": seq, "time": 1.0, "kind": "user", "content": text}))
        answer = {
            "kind": "assistant",
            "reply_to": seq,
            "content": "باشد.",
            "interrupted": False,
            "version": None,
        }
        lines.append(line_of({"seq": seq + 1, "time": 1.0, **answer}))
    with path.open("ab") as file:
        file.write(b"".join(lines))
    journal = Journal.open(path)
    facts = FactStore(journal)
    for number in range(0, behind, FACT_EVERY):
        facts.observe(first + 2 * number)
    journal.append("observed", upto=first + 2 * behind - 1)
    store = VersionStore(profile)
    version = store.newest()
    assert version is not None
    staged = store.stage(lambda folder: copy_adapter(version.path, folder))
    store.publish(
        staged,
        high_water=journal.last_seq(),
        data_hash=version.data_hash,
        base=version.base,
        config=version.config,
        scores=version.scores,
        parent=version.number,
    )
    return len(facts.live())


def copy_adapter(source: Path, folder: Path) -> None:
    for path in source.glob("adapter_*"):
        shutil.copy(path, folder)


if __name__ == "__main__":
    raise SystemExit(main())
