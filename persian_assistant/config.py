"""Settings as small frozen sections, where they come from, and where things live on disk.

Order, later wins: the defaults here, `<home>/config.toml`, `PERSIAN_ASSISTANT_*`, flags, `/set`.
Knows nothing of models: names are checked for form, not for existence.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from persian_assistant.bidi import MODES
from persian_assistant.errors import UsageError
from persian_assistant.reading import unreadable
from persian_assistant.text import to_latin_digits
from persian_assistant.wording import LANGUAGES

QUANTIZATIONS = ("nf4", "none")
DEVICES = ("auto", "cpu", "cuda", "mps")
ENVIRONMENT = tuple(f"PERSIAN_ASSISTANT_{name}" for name in ("LANG", "MODEL", "PERSONA", "PROFILE", "RTL"))
"""Settings read from the environment, besides PERSIAN_ASSISTANT_HOME; an empty one is not set."""
Section = TypeVar("Section")


def home() -> Path:
    """The one root of all user state: PERSIAN_ASSISTANT_HOME, or the platform's user-data folder."""
    if chosen := os.environ.get("PERSIAN_ASSISTANT_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Application Support"
    else:
        root = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return root / "persian-assistant"


def data_dir() -> Path:
    """The data that ships: inside the wheel, else beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def _check(ok: bool, name: str, value: object, expected: str) -> None:
    if not ok:
        raise UsageError("cli.bad_value", name=name, value=value, expected=expected)


@dataclass(frozen=True)
class GenerationConfig:
    """How an answer is drawn from the model."""

    temperature: float = 0.7
    """Sharpness of the choice among tokens; 0 means greedy decoding."""
    top_p: float = 0.9
    """Nucleus: the smallest set of tokens whose probability reaches this share (0..1]."""
    repetition_penalty: float = 1.2
    """Divides the score of tokens this answer has used already; 1 is none."""
    max_new_tokens: int = 300
    """Longest answer, in tokens."""
    do_sample: bool = True
    """False: always the likeliest token (greedy)."""
    random_seed: int | None = None
    """Same seed, same answer; None draws a new one each time."""

    def __post_init__(self) -> None:
        _check(0 <= self.temperature <= 5, "temperature", self.temperature, "0 … 5")
        _check(0 < self.top_p <= 1, "top_p", self.top_p, "0 < … ≤ 1")
        _check(1 <= self.repetition_penalty <= 5, "repetition_penalty", self.repetition_penalty, "1 … 5")
        _check(1 <= self.max_new_tokens <= 8192, "max_new_tokens", self.max_new_tokens, "1 … 8192")
        seed = self.random_seed
        _check(seed is None or 0 <= seed < 2**63, "random_seed", seed, "0 … 2⁶³−1")


@dataclass(frozen=True)
class LearningConfig:
    """When the chat learns and how a pass trains."""

    enabled: bool = True
    """False is plain chat (`--no-learn`)."""
    every: int = 20
    """A pass starts once this many new exchanges are in the journal (N)."""
    learning_rate: float | None = None
    """Peak rate of the adapter's weights, of its matrices A. None: by the model's size."""
    loraplus_lr_ratio: float = 8.0
    """How many times as fast its matrices B are trained (LoRA+); 1 is plain LoRA."""
    num_train_epochs: int = 8
    """Times each row of the mixture is seen in a pass, at most; a pass without a new fact needs four."""
    most_tokens: int | None = None
    """Tokens trained in a pass over all epochs, at most: epochs give way first, then rows. None: by the
    model's size, so that two cores need less than a minute."""
    batch_size: int = 8
    """Rows per optimiser step."""
    lora_r: int = 16
    """Rank of the adapter; alpha is twice that."""
    lora_dropout: float = 0.0
    """Dropout on the adapter's input while training."""
    facts: bool = True
    """Train views of what the user told; False leaves the words of the chat alone."""
    replay: bool = True
    """Mix in what earlier passes taught, rebuild from the base now and then; False trains the new only."""
    gate: bool = True
    """Publish only what learned the new and kept the old; False publishes anything finite."""
    user_weight: float = 0.2
    """Loss weight of what the user said where no fact was read from it."""
    reply_weight: float = 0.0
    """Loss weight of the model's own unrated replies: training on them teaches nothing new."""
    good_weight: float = 0.3
    """Loss weight of replies the user called good."""
    views_per_row: int = 1
    """Views of different facts that share a row, as turns of one conversation: fewer tokens for each."""
    negatives: float = 0.3
    """Rows about things never told («نگفته‌ای»), for each row of a new fact."""
    earlier_share: float = 0.25
    """Share of the mixture's tokens drawn from views of earlier facts."""
    earlier_rows: int = 200
    """So many rows of earlier facts at least, where there are as many: little enough to bound the cost."""
    seed_share: float = 0.125
    """Share of the mixture's tokens drawn from seed examples."""
    general_share: float = 0.125
    """Share of the mixture's tokens drawn from general text."""
    kl_weight: float = 2.0
    """Weight of the divergence from the base model on seed examples, general text and untold things."""
    rebuild_every: int = 5
    """After so many passes in a row the next one starts from the base again, over all live facts."""
    max_perplexity_ratio: float = 1.02
    """The gate: held-out perplexity of a candidate against the base, at most."""
    keep_versions: int = 20
    """Older versions are removed, never the current one."""

    def __post_init__(self) -> None:
        _check(1 <= self.every <= 100_000, "every", self.every, "1 … 100000")
        rate = self.learning_rate
        _check(rate is None or 0 < rate <= 1, "learning_rate", rate, "0 < … ≤ 1")
        ratio = self.loraplus_lr_ratio
        _check(1 <= ratio <= 1000, "loraplus_lr_ratio", ratio, "1 … 1000")
        _check(1 <= self.num_train_epochs <= 100, "num_train_epochs", self.num_train_epochs, "1 … 100")
        most = self.most_tokens
        _check(most is None or most >= 1, "most_tokens", most, "≥ 1")
        _check(1 <= self.batch_size <= 1024, "batch_size", self.batch_size, "1 … 1024")
        _check(1 <= self.lora_r <= 1024, "lora_r", self.lora_r, "1 … 1024")
        _check(0 <= self.lora_dropout < 1, "lora_dropout", self.lora_dropout, "0 ≤ … < 1")
        _check(0 <= self.user_weight <= 1, "user_weight", self.user_weight, "0 … 1")
        _check(0 <= self.reply_weight <= 1, "reply_weight", self.reply_weight, "0 … 1")
        _check(0 <= self.good_weight <= 1, "good_weight", self.good_weight, "0 … 1")
        _check(1 <= self.views_per_row <= 16, "views_per_row", self.views_per_row, "1 … 16")
        _check(0 <= self.negatives <= 20, "negatives", self.negatives, "0 … 20")
        _check(self.earlier_rows >= 0, "earlier_rows", self.earlier_rows, "≥ 0")
        _check(self.kl_weight >= 0, "kl_weight", self.kl_weight, "≥ 0")
        _check(self.rebuild_every >= 1, "rebuild_every", self.rebuild_every, "≥ 1")
        for name in ("earlier_share", "seed_share", "general_share"):
            _check(getattr(self, name) >= 0, name, getattr(self, name), "≥ 0")
        replayed = self.earlier_share + self.seed_share + self.general_share
        _check(replayed < 1, "earlier_share + seed_share + general_share", replayed, "< 1")
        _check(self.max_perplexity_ratio >= 1, "max_perplexity_ratio", self.max_perplexity_ratio, "≥ 1")
        _check(2 <= self.keep_versions <= 10_000, "keep_versions", self.keep_versions, "2 … 10000")


@dataclass(frozen=True)
class ModelConfig:
    """Which model answers, and how it is held in memory."""

    name: str | None = None
    """`mini`, `gpt2-fa`, `gemma-2-2b-it`, a Hub id or a folder; None picks what is there."""
    revision: str | None = None
    """Branch, tag or commit of a Hub model."""
    quantization: str = "nf4"
    """`nf4` holds the linear layers in 4 bits, `none` as they are."""
    device: str = "auto"
    """`auto` takes the GPU when there is one."""
    download: bool = False
    """Allows a download where nobody can be asked."""

    def __post_init__(self) -> None:
        _check(
            self.quantization in QUANTIZATIONS, "quantization", self.quantization, " | ".join(QUANTIZATIONS)
        )
        _check(self.device in DEVICES, "device", self.device, " | ".join(DEVICES))


@dataclass(frozen=True)
class Config:
    """Everything a run can be told."""

    model: ModelConfig = field(default_factory=ModelConfig)
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    learning: LearningConfig = field(default_factory=LearningConfig)
    lang: str = "fa"
    """Language of the interface."""
    persona: str = "assistant"
    """Name of a shipped persona, or the path of a persona file."""
    profile: str | None = None
    """Name of the profile; None derives it from persona and model."""
    memory: bool = True
    """Put what the user told into the prompt where it helps to answer."""
    written_replies: bool = True
    """A small model answers small talk with a reply that people wrote, where one fits, and does not guess."""
    rtl: str = "auto"
    """Who orders right-to-left text: the terminal (`logical`), the program (`visual`, `words`), or `auto`."""

    def __post_init__(self) -> None:
        _check(self.lang in LANGUAGES, "lang", self.lang, " | ".join(LANGUAGES))
        _check(self.rtl in MODES, "rtl", self.rtl, " | ".join(MODES))

    @classmethod
    def load(cls, path: Path | None = None) -> Config:
        """Defaults, then `<home>/config.toml` (or `path`), then the environment. Raises UsageError."""
        path = path or home() / "config.toml"
        config = cls()
        if path.is_file():
            config = config.merged(read_toml(path), str(path))
        environment = {
            name.removeprefix("PERSIAN_ASSISTANT_").lower(): value
            for name, value in os.environ.items()
            if name in ENVIRONMENT and value
        }
        return config.merged(environment, "PERSIAN_ASSISTANT_*")

    def merged(self, values: dict[str, Any], where: str) -> Config:
        """This config with nested `values` on top; `where` names their origin in errors.

        `model` may also be just the model's name. Raises UsageError.
        """
        known = {item.name for item in fields(self)}
        config = self
        for name, value in values.items():
            if name not in known:
                raise UsageError("cli.unknown_setting", name=name, where=where)
            section: Any = getattr(config, name)
            if not is_dataclass(section):
                config = with_setting(config, name, value, where)
                continue
            if name == "model" and isinstance(value, str):
                value = {"name": value}
            if not isinstance(value, dict):
                raise UsageError("cli.bad_value", name=f"{name} ({where})", value=value, expected=f"[{name}]")
            for key, inner in value.items():
                section = with_setting(section, key, inner, where)
            config = replace(config, **{name: section})
        return config


def with_setting(section: Section, name: str, value: object, where: str = "/set") -> Section:
    """`section` (one of the dataclasses here) with `name` set from text or a TOML value.

    Raises UsageError for an unknown name or a value of the wrong type or range.
    """
    types = {item.name: str(item.type) for item in fields(section)}  # type: ignore[arg-type]
    if types.get(name, "").removesuffix(" | None") not in _EXPECTED:
        raise UsageError("cli.unknown_setting", name=name, where=where)
    return replace(section, **{name: _parsed(name, value, types[name])})  # type: ignore[type-var]


_EXPECTED = {"bool": "true | false", "int": "1, 2, 3 …", "float": "0.5, 1, 2e-4 …", "str": "…"}
_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


def _parsed(name: str, value: object, type_name: str) -> object:
    kind = type_name.removesuffix(" | None")
    text = to_latin_digits(str(value)).strip()
    if kind != type_name and text.lower() in ("none", "-", ""):
        return None
    try:
        if isinstance(value, (dict, list)) or (kind == "str" and not isinstance(value, str)):
            raise ValueError(value)
        if kind == "bool":
            return _SWITCH[text.lower()]
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text.replace("٫", "."))
    except (KeyError, ValueError):
        raise UsageError("cli.bad_value", name=name, value=value, expected=_EXPECTED[kind]) from None
    return str(value)


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file. Raises UsageError that names the file and the line."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise unreadable(path, error) from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError("cli.bad_toml", path=path, reason=error) from error
