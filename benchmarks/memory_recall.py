"""The memory alone, without any learning pass: told, then asked in other words.

    python benchmarks/memory_recall.py FILE … [--model mini] [--misses]

FILE is a rounds file (data/rounds) or a file of data/recall. Of the questions about what was told: in how
many the first line recalled holds the answer, any line does, nothing is recalled; with `--model` also in how
many the model's reply holds it. Of the questions about what was never told: for how many something is
recalled, and how many replies hold an answer that was told and does not stand in the question.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from told import knowing

from persian_assistant.comparing.baselines_data import of_rounds
from persian_assistant.facts.phrases import NOT_TOLD
from persian_assistant.persona import Persona, with_memory
from persian_assistant.records import Message
from persian_assistant.rounds import is_right, read_rounds

REPLY_TOKENS = 48
Replies = Callable[[Sequence[Sequence[str]], Sequence[str]], list[str]]


class Told(NamedTuple):
    """One person: (question, accepted answers), questions that nothing answers, how it is recalled."""

    asked: list[tuple[str, list[str]]]
    untold: list[str]
    recall: Callable[[str], list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--model", help="also let this model answer, e.g. mini")
    parser.add_argument("--misses", action="store_true", help="show each question that goes wrong")
    args = parser.parse_args()
    persona = Persona.load("assistant")
    replies = replies_of(args.model, persona) if args.model else None
    for path in args.files:
        rows: list[dict[str, Any]] = []
        with tempfile.TemporaryDirectory() as folder:
            for number, told in enumerate(people(path, persona, Path(folder))):
                rows += looked_at(told, replies)
                print(f"\r{path.name}: {number + 1}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(json.dumps({"file": path.name, **figures(rows)}), flush=True)
        if args.misses:
            for row in rows:
                if not row["right"]:
                    print(json.dumps(row, ensure_ascii=False))
    return 0


def people(path: Path, persona: Persona, folder: Path) -> Iterator[Told]:
    """Of a rounds file the one; of a recall file each."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if "event" in rows[0]:
        rounds = read_rounds(path)
        told = of_rounds(rounds, persona, folder, 0)
        asked = [(question.text, list(question.answers)) for question in told.questions]
        yield Told(asked, list(rounds.controls), told.recall)
        return
    for person in dict.fromkeys(row["person"] for row in rows):
        own = [row for row in rows if row["person"] == person]
        asked = [(question, [answer]) for row in own for question, answer in row["asks"]]
        with knowing([row["told"] for row in own]) as (knowledge, _):
            yield Told(asked, [question for row in own for question in row["near"]], knowledge.recall)


def looked_at(told: Told, replies: Replies | None) -> list[dict[str, Any]]:
    """One record for each question."""
    questions = [question for question, _ in told.asked] + told.untold
    lines = [[line for line in told.recall(question) if line not in NOT_TOLD] for question in questions]
    said = replies([told.recall(question) for question in questions], questions) if replies else None
    every = {answer for _, answers in told.asked for answer in answers}
    rows = []
    for at, question in enumerate(questions):
        untold = at >= len(told.asked)
        answers = [one for one in every if not is_right(question, [one])] if untold else told.asked[at][1]
        first = bool(lines[at]) and is_right(lines[at][0], answers)
        row = {
            "question": question,
            "untold": untold,
            "lines": lines[at],
            "first": first,
            "any": any(is_right(line, answers) for line in lines[at]),
            "right": not lines[at] if untold else first,
        }
        if said is not None:
            row |= {"reply": said[at], "said": is_right(said[at], answers)}
        rows.append(row if untold else row | {"answers": answers})
    return rows


def figures(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Shares."""

    def share(of: Sequence[dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> float:
        return round(sum(map(holds, of)) / max(len(of), 1), 3)

    told, untold = [row for row in rows if not row["untold"]], [row for row in rows if row["untold"]]
    found = {
        "questions": len(told),
        "first": share(told, lambda row: row["first"]),
        "any": share(told, lambda row: row["any"]),
        "nothing": share(told, lambda row: not row["lines"]),
        "untold": len(untold),
        "untold_something": share(untold, lambda row: bool(row["lines"])),
    }
    if rows and "said" in rows[0]:
        found["replies_right"] = share(told, lambda row: row["said"])
        found["false_recall"] = share(untold, lambda row: row["said"])
    return found


def replies_of(name: str, persona: Persona) -> Replies:
    """The greedy replies of a model that is given these lines and asked these questions."""
    from persian_assistant.engine import context_length
    from persian_assistant.hub import resolve
    from persian_assistant.metrics import greedy_answers
    from persian_assistant.model import load_model
    from persian_assistant.serving import SMALL_MODEL, quotable_lines
    from persian_assistant.template import ChatTemplate

    loaded = load_model(resolve(name, notice=print), quantization="nf4", device="cpu", notice=print)
    template = ChatTemplate.for_model(loaded.tokenizer)
    longest = context_length(loaded.model, loaded.tokenizer)
    small = int(loaded.model.num_parameters()) < SMALL_MODEL

    def replies(lines: Sequence[Sequence[str]], questions: Sequence[str]) -> list[str]:
        asked = [
            [Message("system", with_memory(persona.system, known)), Message("user", question)]
            for known, question in zip(lines, questions, strict=True)
        ]
        prompts = [template.prompt_ids(messages, REPLY_TOKENS, longest) for messages in asked]
        quotable = [quotable_lines(messages) for messages in asked] if small else None
        found = greedy_answers(
            loaded.model, template, prompts, max_new_tokens=REPLY_TOKENS, quotable=quotable
        )
        return [answer.text for answer in found]

    return replies


if __name__ == "__main__":
    raise SystemExit(main())
