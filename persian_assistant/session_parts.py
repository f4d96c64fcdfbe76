"""What a session is opened with and what it shows of itself: profile, figures of /status, settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from persian_assistant.config import Config, home, with_setting
from persian_assistant.errors import UsageError
from persian_assistant.persona import Persona
from persian_assistant.profile import Profile
from persian_assistant.remembrance import Role, sweep
from persian_assistant.remembrance_consent import CONSENT, admit, is_role_profile, read_consent
from persian_assistant.wording import say

if TYPE_CHECKING:
    from persian_assistant.hub import ModelSource

Notice = Callable[[str], None]
Ask = Callable[[str], bool]
_LEARNING_SETTINGS = ("every", "learning_rate", "num_train_epochs")
_TOP_SETTINGS = ("memory", "written_replies")


@dataclass(frozen=True)
class OpenProfile:
    """A profile as the face sees it."""

    name: str
    path: Path
    base_model: str
    persona: Persona


@dataclass(frozen=True)
class Status:
    """What /status shows."""

    profile: str
    base_model: str
    quantization: str
    device: str
    version: int | None
    exchanges: int
    facts: int
    pending: int
    every: int
    turns_until_pass: int
    pass_running: bool
    learning_enabled: bool
    memory: bool
    tokens_per_second: float
    trainable_parameters: int
    weights_mb: float
    home: Path


def open_with_role(
    config: Config, persona: Persona, source: ModelSource, notice: Notice, ask: Ask | None
) -> tuple[Profile, Role | None]:
    """The profile of `config`; for a persona that plays somebody who is gone also its role, by consent.

    Consent is asked for before a profile is made. Raises UsageError, Cancelled, DiskError.
    """
    sweep()
    if not persona.simulation:
        return open_profile(config, persona, source, notice), None
    consent = admit(home() / "profiles" / profile_name(config, persona, source), persona, ask, notice)
    profile = open_profile(config, persona, source, notice)
    if read_consent(profile.path) != consent:
        notice(say("remembrance.consent_kept", path=profile.path / CONSENT))
    role = Role(persona, profile.path, consent)
    notice(say("remembrance.is_simulation"))
    if role.pause_in_force is not None:
        notice(say("remembrance.is_paused"))
    return profile, role


def profile_name(config: Config, persona: Persona, source: ModelSource) -> str:
    """The profile's name as given, or made of persona and model."""
    from persian_assistant.hub import default_profile_slug

    return config.profile or f"{persona.name}-{default_profile_slug(source.name)}"


def open_profile(config: Config, persona: Persona, source: ModelSource, notice: Notice) -> Profile:
    """The profile of `config`, by default one for each persona and model; made where there is none.

    Raises UsageError where the profile plays somebody who is gone and `persona` does not, or the other way.
    """
    profile = _open_profile(config, persona, source, notice)
    if is_role_profile(profile) != persona.simulation:
        raise UsageError("remembrance.own_profile", name=profile.name)
    return profile


def _open_profile(config: Config, persona: Persona, source: ModelSource, notice: Notice) -> Profile:
    name = profile_name(config, persona, source)
    create = {
        "base_model": source.name,
        "repo_id": source.repo_id,
        "revision": source.revision,
        "fingerprint": source.fingerprint,
        "quantization": config.model.quantization,
        "persona": config.persona,
    }
    try:
        return Profile.open(home(), name, create=create)
    except UsageError as error:
        if config.profile is not None or error.key != "disk.other_base":
            raise
    # A newer model under the same name: adapters of the one before do not fit it.
    profile = Profile.open(home(), f"{name[:50]}-{source.fingerprint[:8]}", create=create)
    notice(say("learning.new_base", name=source.name, profile=profile.name, before=name))
    return profile


# --- settings of /set -------------------------------------------------------------------------------


def settings_of(config: Config) -> dict[str, object]:
    """What /set can change, and its values."""
    learning = asdict(config.learning)
    top = {name: getattr(config, name) for name in _TOP_SETTINGS}
    return asdict(config.generation) | {name: learning[name] for name in _LEARNING_SETTINGS} | top


def with_changed(config: Config, name: str, value: str) -> Config:
    """`config` with one of these settings changed. Raises UsageError."""
    if name in _TOP_SETTINGS:
        return with_setting(config, name, value)
    if name in _LEARNING_SETTINGS:
        return replace(config, learning=with_setting(config.learning, name, value))
    return replace(config, generation=with_setting(config.generation, name, value))
