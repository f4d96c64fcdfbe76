"""Numbers as the interface language writes them: Persian digits and signs, or Latin ones."""

from __future__ import annotations

from collections.abc import Iterable

from persian_assistant.text import to_persian_digits
from persian_assistant.wording import language


def figure(value: object) -> str:
    """A number as the interface language writes it: «۱٬۲۳۴» or "1,234", «۲٫۵» or "2.5"."""
    if isinstance(value, int):
        text = f"{value:,}"
    elif isinstance(value, float):
        text = f"{value:,.{3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        return str(value)
    return _written(text)


def exact(value: float) -> str:
    """A number with all its digits and without grouping, as it may be typed: «۰٫۰۰۰۲» or "0.0002"."""
    return _written(f"{value:.12f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value))


def listed(numbers: Iterable[int]) -> str:
    """Numbers of things in a row, without marks between their digits: «۱، ۲» or "1, 2"."""
    return ("، " if language() == "fa" else ", ").join(_written(str(number)) for number in numbers)


def _written(text: str) -> str:
    if language() != "fa":
        return text
    return to_persian_digits(text.replace(",", "٬").replace(".", "٫").replace("%", "٪"))


def share(value: float) -> str:
    """A share of 1 as per cent: «۹۲٪» or "92%"."""
    return _written(f"{value:.0%}")


def decimal(value: float, places: int) -> str:
    """A number with so many places: «۱٫۰۲۰» or "1.020"."""
    return _written(f"{value:.{places}f}")


def clock(seconds: float) -> str:
    """A length of time: «۰:۰۱:۲۳» or "0:01:23"."""
    whole = max(0, int(seconds))
    return _written(f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}")
