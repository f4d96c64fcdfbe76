"""Word lists written as running text."""

from __future__ import annotations


def wordset(text: str) -> frozenset[str]:
    """The words of `text`; «_» within a word stands for a blank."""
    return frozenset(word.replace("_", " ") for word in text.split())
