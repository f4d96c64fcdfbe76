"""What a model is evaluated on, read from the forms that published Persian sets have.

All text is brought to one spelling (`text.normalise`). Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persian_assistant.errors import UsageError
from persian_assistant.example_files import BadRow, BadRowError, Row, read_rows
from persian_assistant.pretraining import documents
from persian_assistant.pretraining.recipe import Source
from persian_assistant.reading import not_utf8
from persian_assistant.text import normalise, sanitise, to_latin_digits
from persian_assistant.wording import say

KHAYYAM_CHOICES = tuple(f"Choice {number}" for number in range(1, 5))
FEWEST_CHOICES = 2


@dataclass(frozen=True)
class Choices:
    """One question of several choices."""

    question: str
    choices: tuple[str, ...]
    answer: int
    """Index of the right one."""


@dataclass(frozen=True)
class Passage:
    """One question about a text that holds the answer."""

    context: str
    question: str
    answers: tuple[str, ...]
    """Any of them is right; none: the text does not say (SQuAD 2)."""


def read_texts(sources: Sequence[str], limit: int = 0) -> list[str]:
    """The documents of text files, folders or Hub data sets (see pretraining/documents.py), normalised.

    Raises UsageError: nothing there, no text in it, or a file that is not UTF-8.
    """
    texts: list[str] = []
    for source in sources:
        before = len(texts)
        for document in documents.read(Source(path=source), Path()):
            if "\ufffd" in document and Path(source).is_file() and (error := not_utf8(Path(source))):
                raise error
            if text := _clean(document):
                texts.append(text)
            if limit and len(texts) >= limit:
                return texts
        if len(texts) == before:
            raise UsageError("examples.empty", path=source)
    return texts


def read_choices(
    source: str | Path, limit: int = 0, split: str = "train"
) -> tuple[list[Choices], list[BadRow]]:
    """Questions with choices: our own form, ParsiNLU's or Khayyam's (PersianMMLU's).

    Ours: `question`, `choices`, and as `answer` the right one's text or its index from 0. ParsiNLU's:
    `question`, `candidates`, `answer` counted from 1. Khayyam's: `Question Body`, `Choice 1` … `Choice 4`,
    `Key` counted from 1. Raises UsageError as `read_examples` does.
    """
    return read_rows(source, _choices, split=split, limit=limit)


def read_passages(
    source: str | Path, limit: int = 0, split: str = "train"
) -> tuple[list[Passage], list[BadRow]]:
    """Questions about texts in SQuAD's form, as articles, as paragraphs, or one question a row.

    Raises UsageError as `read_examples` does.
    """
    rows, bad = read_rows(source, _passages, split=split, limit=limit)
    passages = [passage for row in rows for passage in row]
    return passages[: limit or None], bad


def _choices(row: Row) -> Choices:
    if "candidates" in row:
        return _chosen(row.get("question"), row["candidates"], row.get("answer"), first=1)
    if "Question Body" in row:
        offered = [row.get(name) for name in KHAYYAM_CHOICES]
        return _chosen(row["Question Body"], offered, row.get("Key"), first=1)
    if "choices" in row:
        return _chosen(row.get("question"), row["choices"], row.get("answer"), first=0)
    raise BadRowError(say("evaluate.no_choices", columns=", ".join(map(str, row))[:200]))


def _chosen(question: object, offered: object, answer: object, first: int) -> Choices:
    """`answer` is the right choice's number from `first` on or, in our own form, its text."""
    if not isinstance(offered, list):
        raise BadRowError(say("examples.not_text", kind=type(offered).__name__))
    choices = tuple(_text(choice) for choice in offered)
    if len(choices) < FEWEST_CHOICES or len(set(choices)) < len(choices):
        raise BadRowError(say("evaluate.few_choices"))
    if first == 0 and isinstance(answer, str):
        number = choices.index(_text(answer)) if _text(answer) in choices else -1
    else:
        number = _number(answer) - first
    if not 0 <= number < len(choices):
        raise BadRowError(say("evaluate.no_right_choice", answer=answer))
    return Choices(_text(question), choices, number)


def _number(answer: object) -> int:
    try:
        return int(to_latin_digits(str(answer)))
    except ValueError:
        return -1


def _passages(row: Row) -> list[Passage]:
    """All questions of one row."""
    try:
        if "paragraphs" in row:
            return [passage for paragraph in row["paragraphs"] for passage in _passages(paragraph)]
        if "qas" in row:
            return [_passage(row["context"], one) for one in row["qas"]]
        return [_passage(row["context"], row)]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRowError(say("evaluate.no_passage", reason=error)) from error


def _passage(context: object, row: Row) -> Passage:
    answers: Any = row["answers"]
    if isinstance(answers, dict):  # the form that `datasets` gives
        answers = [{"text": text} for text in answers["text"]]
    if row.get("is_impossible"):
        answers = []
    texts = dict.fromkeys(_text(answer["text"]) for answer in answers)
    return Passage(_text(context), _text(row["question"]), tuple(texts))


def _text(value: object) -> str:
    """Raises BadRowError for what is no text, or is empty."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (text := _clean(value)):
        raise BadRowError(say("examples.not_text", kind=type(value).__name__))
    return text


def _clean(text: str) -> str:
    return sanitise(normalise(text)).strip()
