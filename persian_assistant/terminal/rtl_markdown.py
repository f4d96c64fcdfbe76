"""The Markdown that models write, read line by line while it comes: no line waits for a later one.

Understood: bold, italic, `code`, headings, lists, quotes, rules, fenced code, tables. Everything else is
text. Knows nothing of screens: a block is its text without the marks, and a style for each character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)\s*([\w+#.-]*)[^`]*$")
_LIST = re.compile(r"(\s*)(?:[-*+•]|([0-9۰-۹]{1,3}[.)]))\s+(?=\S)")
_HEADING = re.compile(r"#{1,6}\s+(?=\S)")
_QUOTE = re.compile(r"(?:>\s?)+(?=\S)")
_RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*$")
_DELIMITERS = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*$")
_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>[^`]+?)(?P=ticks)(?!`)"
    r"|(?P<two>\*\*|(?<!\w)__)(?=\S)(?P<bold>.+?)(?<=\S)(?P=two)(?!\*)"
    r"|(?P<one>(?<![\w*])\*|(?<![\w_])_)(?=[^\s*_])(?P<italic>[^*_]*?[^\s*_])(?P=one)(?!\w)"
)
_MAY_OPEN = re.compile(r"`|\*\*?(?=\S|$)|(?<!\w)__?(?=\S|$)")
_MAY_BE_BLOCK = re.compile(r"\s*(?:[`~]{0,2}|#{1,6}|>|[-*_+•|]+|[0-9۰-۹]{1,3}[.)]?)?\s*$")


@dataclass(frozen=True)
class Block:
    """One line of Markdown as it is shown."""

    text: str
    styles: tuple[str, ...] = ()
    """A style name for each character of `text`, or nothing at all."""
    lead: str = ""
    """What stands before its first row, such as a bullet; later rows are indented by as much."""
    code: bool = False
    """A line of code: runs left to right."""
    rule: bool = False
    """A line across."""


@dataclass(frozen=True)
class State:
    """What earlier lines say about the next one."""

    fence: str = ""
    """The marks that opened the fenced code the next line is in."""
    language: str = ""
    code: tuple[str, ...] = ()
    """The lines of that code so far."""


def read_line(line: str, state: State) -> tuple[Block, State]:
    """One line (without its newline) as a block, and what it says about the next one."""
    fence = _FENCE.match(line)
    if state.fence:
        if fence and fence[1].startswith(state.fence) and not fence[2]:
            return Block("", rule=True), State()
        block = Block(line, code_styles(state.code, line, state.language), "  ", code=True)
        return block, replace(state, code=(*state.code, line))
    if fence:
        return Block(fence[2], ("dim",) * len(fence[2]), rule=True), State(fence[1], fence[2])
    if _RULE.match(line):
        return Block("", rule=True), state
    if heading := _HEADING.match(line):
        return _inline_block(line[heading.end() :].rstrip("# "), "bold"), state
    if quote := _QUOTE.match(line):
        return replace(_inline_block(line[quote.end() :]), lead="│ "), state
    if item := _LIST.match(line):
        lead = " " * min(len(item[1].expandtabs(4)), 12) + (item[2] or "•") + " "
        return replace(_inline_block(line[item.end() :]), lead=lead), state
    return _inline_block(line), state


def _inline_block(text: str, style: str = "") -> Block:
    return Block(*inline_styles(text, style))


def inline_styles(text: str, style: str = "") -> tuple[str, tuple[str, ...]]:
    """`text` without its inline marks, and a style name for each character; `style` holds for all of it."""
    plain: list[str] = []
    styles: list[str] = []
    at = 0
    for found in _INLINE.finditer(text):
        kind = "code" if found["code"] else "bold" if found["bold"] else "italic"
        plain.append(text[at : found.start()])
        styles += [style] * (found.start() - at)
        name = _together(style, kind)
        inner, names = (found["code"], ()) if kind == "code" else inline_styles(found[kind], name)
        plain.append(inner)
        styles += names or [name] * len(inner)
        at = found.end()
    plain.append(text[at:])
    styles += [style] * (len(text) - at)
    return "".join(plain), tuple(styles)


def _together(outer: str, inner: str) -> str:
    if outer == inner or not outer:
        return inner
    return "bold italic" if "italic" in (outer, inner) and "code" not in (outer, inner) else "bold code"


def decided(line: str) -> str:
    """The part of an unfinished line of text whose look no later character can change.

    For a terminal on which nothing is painted twice: a mark that may still be closed is waited for.
    """
    if _MAY_BE_BLOCK.match(line):
        return ""
    masked = _INLINE.sub(lambda found: " " * len(found.group()), line)
    item = _LIST.match(line) or _HEADING.match(line)
    start = item.end() if item else 0
    opening = _MAY_OPEN.search(masked, start)
    return line[: opening.start()] if opening else line


# --- tables


def is_table_row(line: str) -> bool:
    """Whether a line belongs to a table: it begins with a bar."""
    return line.lstrip().startswith("|")


def table_cells(lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of a table as written; the line of dashes falls out, short rows are filled up."""
    split = [
        [cell.strip().replace("\0", "|") for cell in _bars(line)]
        for line in lines
        if not _DELIMITERS.match(line)
    ]
    columns = max((len(row) for row in split), default=0)
    full = [row + [""] * (columns - len(row)) for row in split]
    return (full[0], full[1:]) if full else ([], [])


def _bars(line: str) -> list[str]:
    line = line.strip().replace("\\|", "\0").removeprefix("|")
    return line.removesuffix("|").split("|")


# --- code


def code_styles(before: Sequence[str], line: str, language: str) -> tuple[str, ...]:
    """A style for each character of `line`, which comes after the lines `before` of the same code."""
    if not language:
        return ()
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment, Keyword, Name, Number, String
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return ()
    kinds = ((Comment, "comment"), (Keyword, "keyword"), (String, "string"), (Number, "number"))
    names = (*kinds, (Name.Function, "name"), (Name.Class, "name"), (Name.Builtin, "name"))
    styles: list[str] = []
    for token, text in lexer.get_tokens("\n".join((*before, line))):
        style = next((style for kind, style in names if token in kind), "")
        styles += [style] * len(text)
    return tuple(styles[-len(line) :]) if line and len(styles) >= len(line) else ()
