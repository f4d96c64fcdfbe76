"""Embedding levels of a paragraph: the Unicode Bidirectional Algorithm (UAX #9) for text without controls.

Embeddings, overrides and isolates are taken out of every shown text before (`text.sanitise`), so rules
X1-X8 have nothing to do here; W1-W7, N0-N2, I1-I2, L1 and L2 are whole. Written here because no well kept
library gives levels: python-bidi's Rust gives only the ordered string, from which nobody can tell which
style belongs to which letter, and its older Python part knows no bracket pairs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_PAIRS = (
    "()[]{}༺༻༼༽᚛᚜⁅⁆⁽⁾₍₎⌈⌉⌊⌋\u2329\u232a❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟅⟆⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⦍⦐⦏⦎⦑⦒⦓⦔⦕⦖⦗⦘⧘⧙⧚⧛⧼⧽"
    "⸢⸣⸤⸥⸦⸧⸨⸩⹕⹖⹗⹘⹙⹚⹛⹜〈〉《》「」『』【】〔〕〖〗〘〙〚〛﹙﹚﹛﹜﹝﹞（）［］｛｝｟｠｢｣"
)
CLOSING = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
"""Opening bracket -> closing bracket (Bidi_Paired_Bracket)."""
_OPENING = {closing: opening for opening, closing in CLOSING.items()}
_SAME = {"\u2329": "\u3008", "\u232a": "\u3009"}
_OTHER_MIRRORED = "<>«»‹›≤≥≦≧≨≩≪≫≮≯≰≱≲≳≺≻⊂⊃⊆⊇⊏⊐⊑⊒⊢⊣∈∋∉∌⋘⋙⋚⋛"
MIRRORED = CLOSING | _OPENING
MIRRORED |= dict(zip(_OTHER_MIRRORED[::2], _OTHER_MIRRORED[1::2], strict=True))
MIRRORED |= dict(zip(_OTHER_MIRRORED[1::2], _OTHER_MIRRORED[::2], strict=True))
"""What is drawn for a character that runs right to left (rule L4): brackets, quotation marks, comparisons."""
_NEUTRAL = frozenset(("B", "S", "WS", "ON"))
_MOST_OPEN = 63


def classes(text: str) -> list[str]:
    """The bidirectional class of each character of `text`, as the standard abbreviates them (AL, EN, …)."""
    return [unicodedata.bidirectional(char) or "L" for char in text]


def resolve(text: str, kinds: Sequence[str], base: int) -> list[int]:
    """The embedding level of each character of one paragraph, before rule L1.

    `kinds` are the classes of the characters (`classes`, or as a caller corrects them), `base` is 0 for a
    left-to-right paragraph and 1 for a right-to-left one. A class BN takes the level of what precedes it.
    """
    seen = [at for at, kind in enumerate(kinds) if kind != "BN"]
    resolved = _weak([kinds[at] for at in seen], "RL"[base == 0])
    _brackets([text[at] for at in seen], [kinds[at] for at in seen], resolved, "RL"[base == 0])
    _neutral(resolved, "RL"[base == 0])
    levels = [base] * len(kinds)
    before = base
    by_place = dict(zip(seen, resolved, strict=True))
    for at in range(len(kinds)):
        if (kind := by_place.get(at)) is not None:
            before = base + _ABOVE[base][kind]
        levels[at] = before
    return levels


_ABOVE = ({"L": 0, "R": 1, "AN": 2, "EN": 2}, {"R": 0, "L": 1, "AN": 1, "EN": 1})
"""Rules I1 and I2: what a resolved class adds to an even and to an odd level."""


def _weak(kinds: list[str], edge: str) -> list[str]:
    """Rules W1-W7; `edge` is what stands before the first and after the last character."""
    kinds = list(kinds)
    before, strong = edge, edge
    for at, kind in enumerate(kinds):  # W1, W2
        if kind == "NSM":
            kinds[at] = kind = before
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kinds[at] = "AN"
        before = kind
    kinds = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for at in range(1, len(kinds) - 1):  # W4
        left, kind, right = kinds[at - 1 : at + 2]
        if left == right and ((kind in ("ES", "CS") and left == "EN") or (kind == "CS" and left == "AN")):
            kinds[at] = left
    at = 0
    while at < len(kinds):  # W5
        end = at
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > at and "EN" in (kinds[at - 1] if at else "", kinds[end] if end < len(kinds) else ""):
            kinds[at:end] = ["EN"] * (end - at)
        at = max(end, at + 1)
    strong = edge
    for at, kind in enumerate(kinds):  # W6, W7
        if kind in ("ES", "ET", "CS"):
            kinds[at] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"
    return kinds


def _strong(kind: str) -> str:
    """The direction that rules N0-N2 see in a resolved class; "" for a neutral one."""
    return "R" if kind in ("R", "EN", "AN") else kind if kind == "L" else ""


def _brackets(chars: list[str], original: Sequence[str], kinds: list[str], base: str) -> None:
    """Rule N0: both halves of a bracket pair point the same way. Changes `kinds`."""
    for opened, closed in _pairs(chars, kinds):
        inside = {_strong(kind) for kind in kinds[opened + 1 : closed]} - {""}
        if not inside:
            continue
        direction = base
        if base not in inside:
            earlier = next((kind for kind in map(_strong, reversed(kinds[:opened])) if kind), base)
            direction = earlier if earlier != base else base
        for at in (opened, closed):
            kinds[at] = direction
            for mark in range(at + 1, len(kinds)):
                if original[mark] != "NSM":
                    break
                kinds[mark] = direction


def _pairs(chars: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    """Definition BD16: places of paired brackets, by the place of the opening one."""
    found: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for at, char in enumerate(chars):
        if kinds[at] != "ON":
            continue
        if char in CLOSING:
            if len(waiting) == _MOST_OPEN:
                return []
            closing = CLOSING[char]
            waiting.append((_SAME.get(closing, closing), at))
        elif char in _OPENING:
            char = _SAME.get(char, char)
            for depth in range(len(waiting) - 1, -1, -1):
                if waiting[depth][0] == char:
                    found.append((waiting[depth][1], at))
                    del waiting[depth:]
                    break
    return sorted(found)


def _neutral(kinds: list[str], base: str) -> None:
    """Rules N1 and N2: neutral characters between two of one direction follow them, others the paragraph."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > at:
            before = _strong(kinds[at - 1]) if at else base
            after = _strong(kinds[end]) if end < len(kinds) else base
            kinds[at:end] = [before if before == after else base] * (end - at)
        at = max(end, at + 1)


def settle(levels: Sequence[int], kinds: Sequence[str], base: int) -> list[int]:
    """Rule L1 for one line: separators, and white space before them and at the line's end, are at `base`."""
    settled = list(levels)
    ends = True
    for at in range(len(settled) - 1, -1, -1):
        kind = kinds[at]
        ends = kind in ("B", "S") or (ends and kind in ("WS", "BN"))
        if ends:
            settled[at] = base
    return settled


def visual_order(levels: Sequence[int]) -> list[int]:
    """Rule L2 for one line: the places of its characters as they stand from left to right."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            if end > at:
                order[at:end] = reversed(order[at:end])
            at = max(end, at + 1)
    return order
