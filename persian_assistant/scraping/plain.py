"""An element's text as a person reads it: a line for each block, code as it stands."""

from __future__ import annotations

import re

from bs4 import NavigableString, PageElement, Tag

from persian_assistant.scraping.markup import BLOCKS

_SPACES = re.compile(r"[^\S\n]+")
_BLANKS = re.compile(r"\n{3,}")
FENCE = "```"


def text_of(root: Tag, without: frozenset[int] = frozenset()) -> str:
    """The text below `root`: white space as one blank, blocks and `br` on new lines, `pre` fenced.

    Comments, CDATA and the like are left out, and elements whose `id()` is in `without`.
    """
    walk = _Walk(root, without)
    for node in root.descendants:
        walk.step(node)
    return walk.finished()


class _Walk:
    """Takes nodes in document order. What block a node is in is remembered by its parent: no deep climbs."""

    def __init__(self, root: Tag, without: frozenset[int]) -> None:
        self._without = without
        self._where: dict[int, tuple[int, bool, bool] | None] = {id(root): (id(root), False, False)}
        """Of each element met: (its block, in `pre`, in inline `code`), or None for what is left out."""
        self._pieces: list[str] = []
        self._block, self._fenced, self._ticked = id(root), False, False

    def step(self, node: PageElement) -> None:
        parent = self._where[id(node.parent)]
        if parent is None or id(node) in self._without:
            self._where[id(node)] = None
        elif isinstance(node, Tag):
            block = id(node) if node.name in BLOCKS else parent[0]
            fenced = parent[1] or node.name == "pre"
            self._where[id(node)] = (block, fenced, not fenced and (parent[2] or node.name == "code"))
            if node.name == "br":
                self._pieces.append("\n")
        elif type(node) is NavigableString:
            self._write(str(node), *parent)

    def _write(self, text: str, block: int, fenced: bool, ticked: bool) -> None:
        if not fenced and not text.strip():
            self._pieces.append(" ")
            return
        if self._ticked and not ticked:
            self._pieces.append("`")
        if fenced != self._fenced:
            self._pieces.append(f"\n{FENCE}\n")
        elif block != self._block:
            self._pieces.append("\n")
        if ticked and not self._ticked:
            self._pieces.append("`")
        self._block, self._fenced, self._ticked = block, fenced, ticked
        self._pieces.append(text if fenced else re.sub(r"\s+", " ", text))

    def finished(self) -> str:
        self._pieces += ["`"] * self._ticked + [f"\n{FENCE}"] * self._fenced
        parts = "".join(self._pieces).split(FENCE)
        for at in range(0, len(parts), 2):  # every other part is code
            lines = (_SPACES.sub(" ", line).strip() for line in parts[at].split("\n"))
            parts[at] = "\n".join(lines)
        for at in range(1, len(parts), 2):
            parts[at] = "\n" + parts[at].strip("\n") + "\n"
        return _BLANKS.sub("\n\n", FENCE.join(parts)).strip()
