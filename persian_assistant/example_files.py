"""Conversations out of the files and Hub data sets that people have, whatever the columns are called.

A row that cannot be read is told by where it stands and why, counted and left out; of too many nothing is
taken. Knows nothing of tokens, nor of what the conversations are for.
"""

from __future__ import annotations

import csv
import json
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from persian_assistant.errors import UsageError
from persian_assistant.hub_rows import HUB_PREFIX, hub_rows
from persian_assistant.reading import PACKED, opener, unreadable
from persian_assistant.records import Message
from persian_assistant.seed_examples import messages_of
from persian_assistant.wording import say

COLUMNS = ("messages", "system", "instruction", "input", "response")
"""What a column can be named as: one of whole conversations, or the parts of a pair."""
MAX_BAD_SHARE = 0.1
SHOWN_BAD_ROWS = 5
ENOUGH_BAD_ROWS = 100
"""A stream whose first rows are this bad is not read to an end that may be far off."""

_CONVERSATIONS = ("messages", "conversations", "conversation")
_INSTRUCTIONS = ("instruction", "prompt", "question", "input")
_RESPONSES = ("response", "output", "completion", "answer")
_SYSTEMS = ("system", "system_prompt")
_ROLES = {
    "system": "system",
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot"), "assistant"),
}

Parsed = TypeVar("Parsed")
Row = dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: `where` is path:line or the row's number, `reason` a phrase for the user."""

    where: str
    reason: str


class BadRowError(ValueError):
    """What a row's parser raises; its text is the reason."""


@dataclass(frozen=True)
class ReadExamples:
    """What a source gave."""

    conversations: list[list[Message]]
    """Each an optional system message, then user and assistant in turn, the assistant last; normalised."""
    bad: list[BadRow]
    """Rows left out, at most a tenth."""

    @property
    def notice(self) -> str:
        """A sentence about the rows left out; "" where all were good."""
        return left_out(self.bad, len(self.conversations))


def read_examples(
    source: str | Path, *, columns: Mapping[str, str] | None = None, split: str = "train", limit: int = 0
) -> ReadExamples:
    """The conversations of a file, or of a Hub data set `hub:owner/name[@revision][:configuration]`.

    Files: .jsonl, .json (a list, or lines), .csv, .tsv, also as .xz or .gz, and .parquet. Rows are
    conversations (`messages` or `conversations`, of role/content or from/value) or pairs (instruction,
    prompt, question or input with response, output, completion or answer; Alpaca's `input` beside an
    instruction is put under it). `columns` names them otherwise: a name of COLUMNS -> the source's own.
    `split` is a Hub data set's, `limit` the most conversations taken (0: all).

    Raises UsageError: nothing to read there, a column that is not there, more than a tenth of the rows bad
    (the first few are shown), no row at all.
    """
    chosen = _checked_columns(columns) if columns else None
    met: list[Row] = []

    def parse(row: Row) -> list[Message]:
        if chosen and not met:
            met.append(row)
            _check_first(row, chosen, str(source))
        return _conversation(row, chosen)

    conversations, bad = read_rows(source, parse, split=split, limit=limit)
    return ReadExamples(conversations, bad)


def parse_columns(text: str) -> dict[str, str]:
    """`instruction=q,response=a` as a mapping for `read_examples`. Raises UsageError."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not pairs or not all(sign and column.strip() for _, sign, column in pairs):
        raise UsageError("examples.bad_columns", value=text, names=", ".join(COLUMNS))
    return _checked_columns({name.strip(): column.strip() for name, _, column in pairs})


def read_rows(
    source: str | Path, parse: Callable[[Row], Parsed], *, split: str = "train", limit: int = 0
) -> tuple[list[Parsed], list[BadRow]]:
    """Each row of `source` as `parse` reads it, and the rows for which it raised BadRowError.

    Raises UsageError as `read_examples` does.
    """
    found: list[Parsed] = []
    bad: list[BadRow] = []
    streamed = str(source).startswith(HUB_PREFIX)
    for where, row in records(source, split):
        try:
            if isinstance(row, BadRowError):
                raise row
            if not isinstance(row, dict):
                raise BadRowError(say("examples.not_an_object", kind=type(row).__name__))
            found.append(parse(row))
        except BadRowError as error:
            bad.append(BadRow(where, str(error)))
            if streamed and len(bad) >= ENOUGH_BAD_ROWS:
                _check_share(source, bad, len(found))
        if limit and len(found) >= limit:
            break
    _check_share(source, bad, len(found))
    if not found:
        raise UsageError("examples.empty", path=source)
    return found, bad


def left_out(bad: list[BadRow], good: int) -> str:
    """A sentence about `bad` rows beside so many good ones; "" without any."""
    if not bad:
        return ""
    return say(
        "examples.left_out", count=len(bad), total=len(bad) + good, where=bad[0].where, reason=bad[0].reason
    )


def _check_share(source: str | Path, bad: list[BadRow], good: int) -> None:
    total = len(bad) + good
    if len(bad) > MAX_BAD_SHARE * total:
        shown = "\n".join(f"  {row.where}: {row.reason}" for row in bad[:SHOWN_BAD_ROWS])
        raise UsageError("examples.too_many_bad", path=source, count=len(bad), total=total, shown=shown)


# --- rows as they stand in files ----------------------------------------------------------------------


def records(source: str | Path, split: str = "train") -> Iterator[tuple[str, object]]:
    """(where, row) for each row of a file or Hub data set; of one that is no JSON a BadRowError, not raised.

    Raises UsageError for a source that is not there or cannot be read.
    """
    if str(source).startswith(HUB_PREFIX):
        yield from _hub_rows(str(source), split)
        return
    path = Path(source).expanduser()
    reader = _READERS.get(_inner_suffix(path))
    if reader is None:
        raise UsageError("examples.unknown_kind", path=path, kinds=" ".join(_READERS))
    if not path.is_file():
        raise UsageError("examples.no_file", path=path)
    yield from reader(path)


def _inner_suffix(path: Path) -> str:
    packed = path.suffix.lower() in PACKED
    return (Path(path.stem).suffix if packed else path.suffix).lower()


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """`path` as UTF-8 text, unpacked when it ends in .xz or .gz. Raises UsageError, also in the middle."""
    try:
        with opener(path)(path, "rt", encoding="utf-8-sig", newline="") as stream:
            yield cast(IO[str], stream)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, error) from error


def _json_lines(path: Path) -> Iterator[tuple[str, object]]:
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield f"{path}:{number}", _parsed(line)


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadRowError(say("examples.not_json", reason=error))


def _json(path: Path) -> Iterator[tuple[str, object]]:
    """A list of rows, `{"data": [rows]}`, one row, or, as many .json files are, one row a line."""
    with open_text(path) as stream:
        text = stream.read()
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        first, _, rest = text.strip().partition("\n")
        if rest and isinstance(_parsed(first), dict):
            yield from _json_lines(path)
            return
        raise UsageError("cli.cannot_read", path=path, reason=error) from error
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        whole = whole["data"]
    for number, row in enumerate(whole if isinstance(whole, list) else [whole], 1):
        yield f"{path} #{number}", row


def _csv(path: Path) -> Iterator[tuple[str, object]]:
    delimiter = "\t" if _inner_suffix(path) == ".tsv" else ","
    with open_text(path) as stream:
        rows = csv.DictReader(stream, delimiter=delimiter)
        for row in rows:
            cells = {name: value for name, value in row.items() if name is not None and value is not None}
            complete = len(cells) == len(rows.fieldnames or ()) and None not in row
            yield (
                f"{path}:{rows.line_num}",
                cells if complete else BadRowError(say("examples.wrong_cells")),
            )


def _parquet(path: Path) -> Iterator[tuple[str, object]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path} #{number}", row
    except (ArrowException, OSError) as error:
        raise unreadable(path, error) from error


_READERS: dict[str, Callable[[Path], Iterator[tuple[str, object]]]] = {
    ".jsonl": _json_lines,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
}


def _hub_rows(source: str, split: str) -> Iterator[tuple[str, object]]:
    """The rows of a Hub data set, read as they are needed."""
    with closing(hub_rows(source.removeprefix(HUB_PREFIX), split)) as rows:
        for number, row in enumerate(rows, 1):
            yield f"{source} #{number}", row


# --- one row as a conversation ------------------------------------------------------------------------


def _checked_columns(columns: Mapping[str, str]) -> dict[str, str]:
    known = set(columns) <= set(COLUMNS)
    if not known or not ("messages" in columns or {"instruction", "response"} <= set(columns)):
        shown = ",".join(f"{name}={column}" for name, column in columns.items())
        raise UsageError("examples.bad_columns", value=shown, names=", ".join(COLUMNS))
    return dict(columns)


def _check_first(row: Row, columns: Mapping[str, str], source: str) -> None:
    """A column that the first row lacks was misspelt: better said at once than row by row."""
    for column in columns.values():
        if column not in row:
            raise UsageError("examples.no_column", path=source, column=column, columns=", ".join(row))


def _conversation(row: Row, columns: Mapping[str, str] | None) -> list[Message]:
    """The row's messages. Raises BadRowError."""
    turns = _mapped_turns(row, columns) if columns else _turns(row)
    try:
        return messages_of(
            {"messages": [turn for turn in turns if turn["role"] != "system" or _filled(turn)]}
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRowError(say("examples.bad_turn")) from error
    except ValueError as error:
        raise BadRowError(say("examples.no_turns")) from error


def _mapped_turns(row: Row, columns: Mapping[str, str]) -> list[Row]:
    named = {name: row.get(column) for name, column in columns.items()}
    if "messages" in named:
        return _chat(named["messages"])
    return _pair(named, "instruction", "response")


def _turns(row: Row) -> list[Row]:
    for name in _CONVERSATIONS:
        if isinstance(row.get(name), list):
            system = _system(row) if row[name] and _role(row[name][0]) != "system" else []
            return [*system, *_chat(row[name])]
    instruction = next((name for name in _INSTRUCTIONS if name in row), None)
    response = next((name for name in _RESPONSES if name in row), None)
    if instruction is None or response is None:
        raise BadRowError(say("examples.no_columns", columns=", ".join(map(str, row))[:200]))
    if isinstance(row[instruction], list) and isinstance(row[response], list):  # TRL's prompt and completion
        return _chat([*row[instruction], *row[response]])
    return _pair(row, instruction, response)


def _chat(turns: object) -> list[Row]:
    """Turns of role/content or from/value in one spelling. Raises BadRowError."""
    if not isinstance(turns, list):
        raise BadRowError(say("examples.not_a_list"))
    same = []
    for turn in turns:
        role = _role(turn)
        if role is None:
            raise BadRowError(say("examples.bad_turn"))
        same.append({"role": role, "content": turn.get("content", turn.get("value"))})
    return same


def _role(turn: object) -> str | None:
    if not isinstance(turn, dict):
        return None
    role = turn.get("role", turn.get("from"))
    return _ROLES.get(role.lower()) if isinstance(role, str) else None


def _pair(row: Row, instruction: str, response: str) -> list[Row]:
    asked = _text(row[instruction])
    if instruction != "input" and (more := _text(row.get("input") or "")).strip():
        asked = f"{asked}\n\n{more}"
    user, assistant = ("user", asked), ("assistant", _text(row[response]))
    return [*_system(row), *({"role": role, "content": content} for role, content in (user, assistant))]


def _system(row: Row) -> list[Row]:
    text = next((row[name] for name in _SYSTEMS if row.get(name)), "")
    return [{"role": "system", "content": _text(text)}] if text else []


def _filled(turn: Row) -> bool:
    return isinstance(turn["content"], str) and bool(turn["content"].strip())


def _text(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadRowError(say("examples.not_text", kind=type(value).__name__))
    return value
