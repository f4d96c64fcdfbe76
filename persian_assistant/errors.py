"""The errors a user can meet; each says what happened, where, and what to do.

AssistantError            exit code 1
├── UsageError            exit code 2: a flag, a file or a value the user gave
├── DiskError             state that cannot be read or written
│   └── LockedError       another process holds the profile
├── ModelError            a model that cannot be loaded or run
│   └── HubError          the Hub refused, or could not be reached
├── LearningError         a pass that could not go to its end
└── Cancelled             the user stopped the step (Ctrl-C)
"""

from __future__ import annotations

from persian_assistant.wording import say


class AssistantError(Exception):
    """Carries a wording key and its values; `str(error)` is the sentence in the interface language."""

    exit_code = 1

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return say(self.key, **self.values)


class UsageError(AssistantError):
    """Something the user gave is not usable."""

    exit_code = 2


class DiskError(AssistantError):
    """State on disk could not be read or written."""


class LockedError(DiskError):
    """Another process works on this profile."""


class ModelError(AssistantError):
    """A model could not be loaded or run."""


class HubError(ModelError):
    """The Hub refused, or could not be reached."""


class LearningError(AssistantError):
    """A learning pass failed; the version that served before goes on serving."""


class Cancelled(AssistantError):
    """The user stopped the step."""
