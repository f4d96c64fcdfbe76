"""The remembrance role of an open profile: who speaks, stepping out of the role, help lines, and leaving.

What the user writes is looked at by distress.py, what the model answers by remembrance_words.py; both outside
the model. Pauses stand in the profile's consent.json. Knows nothing of models or screens.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from persian_assistant import disk
from persian_assistant.config import data_dir, home, read_toml
from persian_assistant.distress import find_distress, speaks_of_distress
from persian_assistant.errors import AssistantError, UsageError
from persian_assistant.persona import Persona
from persian_assistant.remembrance_consent import Consent, Pause, read_consent, relations
from persian_assistant.remembrance_words import asked, forbidden, whole_sentences
from persian_assistant.text import normalise, one_line, sanitise
from persian_assistant.wording import language, say

_GONE = ".tmp-farewell-"
_OUTSIDE = "assistant"
"""The persona that answers while the role is set aside."""


# --- the role ---------------------------------------------------------------------------------------


class Role:
    """The role in one open profile; safe to ask from any thread."""

    def __init__(self, persona: Persona, folder: Path, consent: Consent) -> None:
        """Writes the consent. Raises DiskError."""
        self.folder, self.consent = folder, consent
        self.persona = _of(persona, consent)
        """The persona with who is remembered in its system message, and the seed examples for it."""
        self._outside = Persona.load(_OUTSIDE).system
        self.ended = False
        """By distress, since the program was started."""
        self._times = 0
        self._lock = threading.Lock()
        if read_consent(folder) != consent:
            consent.write(folder)

    @property
    def pause_in_force(self) -> Pause | None:
        last = self.consent.pauses[-1] if self.consent.pauses else None
        return last if last is not None and last.end is None else None

    @property
    def system(self) -> str:
        """The system message of whoever answers now."""
        return self.persona.system if self.pause_in_force is None else self._outside

    def label(self, seq: int | None = None) -> str:
        """What stands before the answer to the turn `seq`, or before the next one."""
        outside = self.pause_in_force if seq is None else self._pause_of(seq)
        return say("remembrance.label" if outside is None else "remembrance.outside")

    def in_hearing(self, seq: int) -> bool:
        """Whether whoever answers now has heard the turn `seq`: the role not what was said outside of it."""
        return self._pause_of(seq) == self.pause_in_force

    def _pause_of(self, seq: int) -> Pause | None:
        return next((pause for pause in self.consent.pauses if pause.holds(seq)), None)

    # --- stepping out and back

    def meet(self, seq: int, text: str) -> str | None:
        """The program's own answer to the turn `seq`, where no model may answer it; else None.

        A sign of acute distress ends the role first; a disk that cannot keep it holds nothing up. Whether it
        is alive is not the model's to say either.
        """
        if find_distress(text) is not None:
            self.ended, self._times = True, 0
            with suppress(AssistantError):
                self._step_out(seq, "distress")
            return say("remembrance.caring", lines=help_lines())
        if not self.ended:
            kind = asked(text) if self.pause_in_force is None else None
            return None if kind is None else say(f"remembrance.withheld_{kind}")
        self._times += 1
        return say(f"remembrance.caring_still_{(self._times - 1) % 3 + 1}", lines=help_lines())

    def pause(self, seq: int) -> None:
        """Out of the role from the turn `seq` on. Raises UsageError where it is so already, DiskError."""
        if self.pause_in_force is not None:
            raise UsageError("remembrance.already_paused")
        self._step_out(seq, "user")

    def resume(self, seq: int) -> None:
        """In the role again from the turn `seq` on.

        Raises UsageError in the conversation that distress ended, or where it plays already; DiskError.
        """
        if self.ended:
            raise UsageError("remembrance.not_yet")
        if (now := self.pause_in_force) is None:
            raise UsageError("remembrance.already_playing")
        with self._lock:
            self._write((*self.consent.pauses[:-1], replace(now, end=seq)))

    def _step_out(self, seq: int, by: str) -> None:
        with self._lock:
            now, pauses = self.pause_in_force, self.consent.pauses
            if now is not None and now.by == by:
                return
            if now is not None:  # from now on for another reason
                pauses = (*pauses[:-1], replace(now, end=seq))
            self._write((*pauses, Pause(seq, by)))

    def _write(self, pauses: tuple[Pause, ...]) -> None:
        self.consent = replace(self.consent, pauses=pauses)
        self.consent.write(self.folder)

    # --- what is said

    def checked(self, pieces: Iterator[str]) -> Iterator[str]:
        """The sentences of a reply as they come; what may not be said is not, and ends the reply."""
        before = ""
        try:
            for sentence in whole_sentences(pieces):
                kind = forbidden(sentence) or forbidden(before + sentence)
                if kind is not None:
                    space = " " if before.strip() else ""
                    values = {"lines": help_lines()} if kind == "harm" else {}
                    yield space + say(f"remembrance.withheld_{kind}", **values)
                    return
                before = sentence
                yield sentence
        finally:
            if close := getattr(pieces, "close", None):
                close()

    def check_lesson(self, *texts: str) -> None:
        """Raises UsageError where the simulation is to be taught what it may not say."""
        if any(forbidden(sentence) for text in texts for sentence in whole_sentences([text])):
            raise UsageError("remembrance.not_taught")


def _of(persona: Persona, consent: Consent) -> Persona:
    """`persona` for the one who is remembered in this profile."""
    table = relations(persona)
    chosen = table.get(consent.relation, {})
    lines = [persona.system, str(chosen.get("system", ""))]
    if consent.name:
        lines.append(f"نامش {consent.name} بود.")
    if consent.called:
        lines.append(f"کاربر را «{consent.called}» صدا می‌کرد.")
    others = {seed for one in table.values() for seed in one.get("seed_examples", ())}
    seeds = [
        seed for seed in persona.seed_examples if seed not in others - set(chosen.get("seed_examples", ()))
    ]
    system = " ".join(line for line in (sanitise(normalise(line)).strip() for line in lines) if line)
    return replace(persona, system=system, seed_examples=tuple(seeds))


# --- help lines -------------------------------------------------------------------------------------


def help_lines() -> str:
    """Whom to call, in one line: the user's own file in the state root, or the one that ships."""
    own = home() / "help_lines.toml"
    with suppress(AssistantError, OSError, ValueError, TypeError, AttributeError):
        if own.is_file() and (lines := _help_lines(own)):
            return lines
    return _help_lines(data_dir() / "guard" / "help_lines.toml")


def help_aside(text: str) -> str:
    """A line of help where `text` speaks of acute distress outright, else ""."""
    return say("remembrance.aside", lines=help_lines()) if speaks_of_distress(text) else ""


def _help_lines(path: Path) -> str:
    table, ending = read_toml(path), "" if language() == "fa" else "_en"
    texts = {key: _clean(table.get(key + ending) or table.get(key)) for key in ("checked", "elsewhere")}
    lines = [
        f"{_clean(one.get('name' + ending) or one.get('name'))} {_clean(one.get('number'))}".strip()
        for one in table.get("lines", [])
    ]
    if not any(lines):
        return ""
    return say("remembrance.help_lines", lines=("، " if language() == "fa" else ", ").join(lines), **texts)


def _clean(value: object) -> str:
    return one_line(sanitise(normalise(str(value or ""))))[:200].rstrip(".")


# --- farewell ---------------------------------------------------------------------------------------


def erase(folder: Path, release: Callable[[], object]) -> None:
    """Remove a profile's folder for good: by one renaming out of sight, then file by file.

    `release` gives its lock back: before the renaming on Windows, which moves no open file, else after it.

    Killed in between, `sweep` removes the rest at the next opening. DiskError: all is there still.
    """
    gone = home() / f"{_GONE}{time.time_ns()}"
    if sys.platform == "win32":
        release()
    with disk.disk_errors(folder):
        folder.rename(gone)
    release()
    disk.fsync_dir(folder.parent)
    disk.fsync_dir(gone.parent)
    shutil.rmtree(gone, ignore_errors=True)


def sweep() -> None:
    """Remove what a process left that was killed while it erased a profile."""
    for left in home().glob(f"{_GONE}*"):
        shutil.rmtree(left, ignore_errors=True)
