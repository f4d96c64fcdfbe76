"""What can keep a page from being read."""

from __future__ import annotations

from collections.abc import Mapping

from persian_assistant.errors import AssistantError
from persian_assistant.text import to_persian_digits
from persian_assistant.wording import language, say


class PageError(AssistantError):
    """One page could not be had; the others may."""

    def __str__(self) -> str:
        return say(self.key, **shown(self.values))


class SourceError(PageError):
    """Nothing more can be had from this site now."""


class LimitReached(PageError):
    """The whole run has read as much as it may."""


def shown(values: Mapping[str, object]) -> dict[str, object]:
    """`values` for a sentence: numbers as the interface language writes them."""
    return {
        name: _number(value) if isinstance(value, (int, float)) else value for name, value in values.items()
    }


def _number(value: float) -> str:
    text = f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return to_persian_digits(text.replace(",", "٬").replace(".", "٫")) if language() == "fa" else text
