"""Who the assistant speaks as: a shipped persona by name, or the user's own TOML file by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from persian_assistant.about import NOTHING, About
from persian_assistant.config import data_dir, home, read_toml
from persian_assistant.errors import UsageError
from persian_assistant.records import Message
from persian_assistant.text import normalise, one_line, sanitise
from persian_assistant.wording import language

MAX_SYSTEM_CHARS = 4000
KNOWN = "از کاربر می‌دانم:"


@dataclass(frozen=True)
class Persona:
    """What a persona file says."""

    name: str
    """Short name, used for the profile."""
    title_fa: str
    title_en: str
    system: str
    """The system message of every conversation; "" for none."""
    greeting_fa: str
    greeting_en: str
    seed_examples: tuple[str, ...]
    """Names of shipped files in data/seed, or paths beside the persona file."""
    path: Path
    simulation: bool = False
    """It plays a person who is gone: opt-in, guarded (remembrance.py), never self-trained, never pushed."""
    forum: tuple[str, ...] = ()
    """Addresses that `seed build` reads for it where none are typed."""
    about: About = NOTHING
    """What it says of itself."""

    @property
    def title(self) -> str:
        """Its name on the screen, in the interface language."""
        return self.title_fa if language() == "fa" else self.title_en

    @property
    def greeting(self) -> str:
        return self.greeting_fa if language() == "fa" else self.greeting_en

    @property
    def seed_paths(self) -> list[Path]:
        """The files its seed examples are read from."""
        shipped = data_dir() / "seed"
        named = [
            shipped / f"{name}.jsonl" if name.replace("_", "").isalnum() else self.path.parent / name
            for name in self.seed_examples
        ]
        return [*named, self.built_seed_path] if self.built_seed_path.is_file() else named

    @property
    def built_seed_path(self) -> Path:
        """Where `seed build` puts the examples it makes for this persona."""
        name = "".join(char if char.isalnum() or char in "-_" else "_" for char in self.name)
        return home() / "seed" / f"{name}.jsonl"

    @classmethod
    def load(cls, name: str) -> Persona:
        """The shipped persona `name`, or the one in the file `name`. Raises UsageError."""
        path = data_dir() / "personas" / f"{name}.toml"
        if not name.replace("_", "").replace("-", "").isalnum() or not path.is_file():
            path = Path(name).expanduser()
            if not path.is_file():
                raise UsageError("cli.no_persona", name=name, known="، ".join(shipped_personas()))
        table = read_toml(path)
        for key in ("name", "system"):
            if not isinstance(table.get(key), str):
                raise UsageError("cli.bad_persona", path=path, field=key)
        seeds, forum = _strings(table, "seed_examples", path), _strings(table, "forum", path)
        title, greeting = _line(table, "title") or _line(table, "name"), _line(table, "greeting")
        persona = cls(
            name=_line(table, "name"),
            title_fa=title,
            title_en=_line(table, "title_en") or title,
            system=sanitise(normalise(table["system"])).strip()[:MAX_SYSTEM_CHARS],
            greeting_fa=greeting,
            greeting_en=_line(table, "greeting_en") or greeting,
            seed_examples=tuple(seeds),
            path=path,
            simulation=_switch(table, "simulation", path),
            forum=tuple(forum),
            about=_about(table, path),
        )
        for file in persona.seed_paths:
            if not file.is_file():  # better now than in the middle of the first pass
                raise UsageError("cli.cannot_read", path=file, reason=f"seed_examples ({path.name})")
        return persona


def shipped_personas() -> list[str]:
    """Names of the personas that ship."""
    return sorted(path.stem for path in (data_dir() / "personas").glob("*.toml"))


def _strings(table: dict[str, object], key: str, path: Path) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError("cli.bad_value", name=f"{key} ({path})", value=value, expected='["…", "…"]')
    return value


def _about(table: dict[str, object], path: Path) -> About:
    """Of the file that it names: one that ships, or one beside the persona's own."""
    name = _line(table, "about")
    if not name:
        return NOTHING
    shipped = data_dir() / "personas" / "about" / f"{name}.toml"
    return About.load(shipped if shipped.is_file() else path.parent / name)


def _switch(table: dict[str, object], key: str, path: Path) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):  # a guard must not be off because of a slip
        raise UsageError("cli.bad_value", name=f"{key} ({path})", value=value, expected="true | false")
    return value


def _line(table: dict[str, object], key: str) -> str:
    return one_line(sanitise(normalise(str(table.get(key, "")))))[:200]


def with_memory(system: str, statements: Sequence[str]) -> str:
    """The system message `system` with what is known of the user (second person, one sentence each)."""
    if not statements:
        return system
    known = "\n".join([KNOWN, *(f"- {statement}" for statement in statements)])
    return f"{system}\n\n{known}" if system else known


def memory_lines(messages: Sequence[Message]) -> list[str]:
    """What the system message of a prompt tells of the user; [] where it tells nothing."""
    if not messages or messages[0].role != "system":
        return []
    _, head, known = messages[0].content.rpartition(KNOWN + "\n")
    return [line.removeprefix("- ") for line in known.splitlines()] if head else []
