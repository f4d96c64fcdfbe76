"""Every sentence the program shows, in Persian and in English.

Each module of this package holds one area's `CATALOGUE`: key -> {"fa": ..., "en": ...}, `str.format`
templates. Knows nothing of terminals: no colour, no direction marks, no wrapping.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from persian_assistant.text import to_persian_digits

LANGUAGES = ("fa", "en")
AREAS = (
    "baselines",
    "bench",
    "chat",
    "cli",
    "compare",
    "disk",
    "evaluate",
    "examples",
    "hub",
    "learning",
    "model",
    "pretrain",
    "remembrance",
    "report",
    "rtl",
    "seed",
    "selftrain",
    "train",
)

_language = "fa"


def set_language(language: str) -> None:
    """Switch the interface to `language` ("fa" or "en"). Raises ValueError for any other."""
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r}")
    _language = language


def language() -> str:
    """The interface language in force."""
    return _language


@cache
def catalogue(area: str) -> dict[str, dict[str, str]]:
    """The sentences of one area. Raises ModuleNotFoundError for an unknown area."""
    return dict(import_module(f"persian_assistant.wording.{area}").CATALOGUE)


def say(key: str, /, **values: object) -> str:
    """The sentence `area.name` in the interface language with `values` filled in.

    Whole numbers get its digits, but for a `status`: the name that HTTP has for an answer. What else a number
    needs, such as a point or a per cent sign, is in `figures`. Raises KeyError for an unknown key: a missing sentence is a defect, a test looks for them.
    """
    area, _, name = key.partition(".")
    if _language == "fa":
        values = {name: value if name == "status" else _persian(value) for name, value in values.items()}
    return catalogue(area)[name][_language].format(**values)


def _persian(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return to_persian_digits(str(value)) if whole else value
