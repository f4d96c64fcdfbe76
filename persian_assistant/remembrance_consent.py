"""Consent to the remembrance role, and who is remembered: asked once, kept in consent.json (0600).

Knows nothing of what is said in the role.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from persian_assistant import disk
from persian_assistant.config import read_toml
from persian_assistant.errors import AssistantError, Cancelled, UsageError
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.text import (
    answer_key,
    normalise,
    one_line,
    sanitise,
    to_latin_digits,
    to_persian_digits,
)
from persian_assistant.wording import catalogue, language, say

CONSENT = "consent.json"
TEXT_VERSION = 1
"""Of what is agreed to: raised when `remembrance.about_*` or the statement changes, to ask again."""
ADULT = 18
_TRIES = 3
_LONGEST_NAME = 60


class Asking(Protocol):
    """Somebody at the keyboard."""

    def __call__(self, question: str) -> bool: ...
    def line(self, question: str) -> str | None:
        """The typed line, "" for an empty one, None for Ctrl-C or Ctrl-D."""


@dataclass(frozen=True)
class Pause:
    """Turns numbered `start` up to `end` (None: still) are out of the role; `by` is "user" or "distress"."""

    start: int
    by: str
    end: int | None = None

    def holds(self, seq: int) -> bool:
        return self.start <= seq and (self.end is None or seq < self.end)


@dataclass(frozen=True)
class Consent:
    """What consent.json holds. `given` is in unix seconds; the age itself is not kept."""

    text_version: int
    given: float
    statement: str
    adult: bool
    relation: str = ""
    name: str = ""
    called: str = ""
    """How the one who is gone called the user."""
    pauses: tuple[Pause, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it is for the text of today."""
        return self.adult and self.text_version == TEXT_VERSION

    def write(self, folder: Path) -> None:
        """Raises DiskError."""
        disk.write_private(folder / CONSENT, disk.to_json(asdict(self), indent=1) + "\n")


def read_consent(folder: Path) -> Consent | None:
    """The consent kept in a profile's folder; None where there is none, or none that can be read."""
    try:
        values = json.loads((folder / CONSENT).read_text(encoding="utf-8"))
        pauses = tuple(Pause(int(one["start"]), str(one["by"]), one["end"]) for one in values.pop("pauses"))
        consent = Consent(**values, pauses=pauses)
        texts = (consent.statement, consent.relation, consent.name, consent.called)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return consent if all(isinstance(text, str) for text in texts) and consent.adult is True else None


def is_role_profile(profile: Profile) -> bool:
    """Whether a profile was made for a persona that plays somebody who is gone."""
    if (profile.path / CONSENT).exists():
        return True
    named = profile.persona or ""
    with suppress(AssistantError):  # the file of a persona may have gone: its name then decides
        return Persona.load(named).simulation
    return Path(named).stem.lower() == "remembrance"


def admit(folder: Path, persona: Persona, ask: Any, notice: Callable[[str], None]) -> Consent:
    """The consent kept in `folder`, or a new one, asked for now and not yet written.

    Raises UsageError where nobody can be asked or the user is not an adult, Cancelled for a no.
    """
    kept = read_consent(folder)
    if kept is not None and kept.holds:
        return kept
    line = getattr(ask, "line", None)
    if line is None:
        raise UsageError("remembrance.needs_terminal")
    for key in ("about_what", "about_how", "about_care"):
        notice(say(f"remembrance.{key}"))
    _ask_age(line, notice)
    statement = _ask_statement(line, notice)
    given = Consent(TEXT_VERSION, time.time(), statement, True)
    if kept is not None:  # the text changed, who is remembered did not
        return replace(kept, text_version=TEXT_VERSION, given=given.given, statement=statement)
    relation = _ask_relation(persona, line, notice)
    name, called = (_name(line(say(f"remembrance.ask_{key}"))) for key in ("name", "called"))
    return replace(given, relation=relation, name=name, called=called)


def _ask_age(line: Callable[[str], str | None], notice: Callable[[str], None]) -> None:
    for _ in range(_TRIES):
        typed = line(say("remembrance.ask_age"))
        if typed is None:
            break
        found = re.fullmatch(r"\D{0,12}?(\d{1,3})\D{0,12}", to_latin_digits(normalise(typed)).strip())
        if found is None:
            notice(say("remembrance.not_an_age"))
        elif int(found[1]) < ADULT:
            raise UsageError("remembrance.adults_only", age=_digits(ADULT))
        else:
            return
    raise Cancelled("remembrance.declined")


def _ask_statement(line: Callable[[str], str | None], notice: Callable[[str], None]) -> str:
    wanted = {_letters(text) for text in catalogue("remembrance")["statement"].values()}
    for _ in range(_TRIES):
        typed = line(say("remembrance.ask_statement", statement=say("remembrance.statement")))
        if typed is None:
            break
        if _letters(typed) in wanted:
            return one_line(sanitise(normalise(typed)))
        notice(say("remembrance.not_the_statement"))
    raise Cancelled("remembrance.declined")


def _letters(text: str) -> str:
    return re.sub(r"\W", "", answer_key(text).lower())


def _ask_relation(persona: Persona, line: Callable[[str], str | None], notice: Callable[[str], None]) -> str:
    titles = {key: str(one.get(_titled(), key)) for key, one in relations(persona).items()}
    if not titles:
        return ""
    listed = "، " if language() == "fa" else ", "
    shown = listed.join(f"{_digits(at)} {title}" for at, title in enumerate(titles.values(), 1))
    typed = _name(line(say("remembrance.ask_relation", relations=shown)))
    keys = {_letters(str(at)): key for at, key in enumerate(titles, 1)}
    for key, one in relations(persona).items():
        keys |= {_letters(str(word)): key for word in (key, one.get("title"), one.get("title_en"))}
    if typed and _letters(typed) not in keys:
        notice(say("remembrance.not_a_relation", given=typed))
    return keys.get(_letters(typed), "") if typed else ""


def relations(persona: Persona) -> dict[str, dict[str, Any]]:
    """Who may be remembered, as the persona's file has it: key → title, title_en, system, seed_examples."""
    found = read_toml(persona.path).get("relations", {})
    return (
        {key: one for key, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}
    )


def _titled() -> str:
    return "title" if language() == "fa" else "title_en"


def _name(typed: str | None) -> str:
    return one_line(re.sub(r"[«»\"“”{}\[\]:]", " ", sanitise(normalise(typed or ""))))[:_LONGEST_NAME]


def _digits(number: int) -> str:
    return to_persian_digits(str(number)) if language() == "fa" else str(number)
