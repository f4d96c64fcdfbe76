"""CSS selectors of long tables on one page, at the cost of those that can match there.

A selector asks every element of the page; a table has dozens, and a page carries the marks of one forum
program at most. So the page's marks are gathered once, and alternatives that need others are not tried.
"""

from __future__ import annotations

import re
from functools import cache

from bs4 import Tag

_VALUE = re.compile(r"=[^\]]*(?=\])")
_NOT = re.compile(r":not\([^)]*\)")
_NEEDED = re.compile(r"[.#\[][\w-]+|(?<![\w.#\[-])[a-z]\w*")


class Selecting:
    """Selects below the root of one page. What is decomposed later is simply no longer found."""

    def __init__(self, root: Tag) -> None:
        self._root = root
        self._marks: set[str] = set()
        self.depth = self.count = 0
        """Elements inside one another, and in all."""
        depths = {id(root): 0}
        for element in root.descendants:
            if isinstance(element, Tag):
                depths[id(element)] = depths[id(element.parent)] + 1
                self._add(element)
        self.depth, self.count = max(depths.values()), len(depths) - 1

    def _add(self, element: Tag) -> None:
        self._marks.add(element.name)
        for name, value in element.attrs.items():
            self._marks.add(f"[{name}")
            sign = {"class": ".", "id": "#"}.get(name)
            if sign:
                values = value if isinstance(value, list) else [value]
                self._marks.update(f"{sign}{item}" for item in values)

    def select(self, selector: str, below: Tag | None = None, limit: int = 0) -> list[Tag]:
        """The elements that match, in their order on the page; `limit` 0 is all."""
        possible = [text for text, needs in _alternatives(selector) if needs <= self._marks]
        return list((below or self._root).select(", ".join(possible), limit=limit)) if possible else []


@cache
def _alternatives(selector: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """(alternative, marks without which it cannot match) of each part between commas."""
    parts = [part.strip() for part in selector.split(",") if part.strip()]
    return tuple((part, frozenset(_NEEDED.findall(_NOT.sub("", _VALUE.sub("", part))))) for part in parts)
