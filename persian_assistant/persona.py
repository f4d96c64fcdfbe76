"""Who the assistant speaks as: a shipped persona by name, or the user's own TOML file by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from persian_assistant.config import data_dir, read_toml
from persian_assistant.errors import UsageError
from persian_assistant.text import normalise, one_line, sanitise
from persian_assistant.wording import language

MAX_SYSTEM_CHARS = 4000


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
        return [
            shipped / f"{name}.jsonl" if name.replace("_", "").isalnum() else self.path.parent / name
            for name in self.seed_examples
        ]

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
        seeds = table.get("seed_examples", [])
        if not isinstance(seeds, list) or not all(isinstance(item, str) for item in seeds):
            raise UsageError(
                "cli.bad_value", name=f"seed_examples ({path})", value=seeds, expected='["…", "…"]'
            )
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
        )
        for file in persona.seed_paths:
            if not file.is_file():  # better now than in the middle of the first pass
                raise UsageError("cli.cannot_read", path=file, reason=f"seed_examples ({path.name})")
        return persona


def shipped_personas() -> list[str]:
    """Names of the personas that ship."""
    return sorted(path.stem for path in (data_dir() / "personas").glob("*.toml"))


def _line(table: dict[str, object], key: str) -> str:
    return one_line(sanitise(normalise(str(table.get(key, "")))))[:200]


def with_memory(system: str, statements: Sequence[str]) -> str:
    """The system message `system` with what is known of the user (second person, one sentence each)."""
    if not statements:
        return system
    known = "\n".join(["از کاربر می‌دانم:", *(f"- {statement}" for statement in statements)])
    return f"{system}\n\n{known}" if system else known
