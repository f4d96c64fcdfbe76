"""A recipe: which text, in what shares, for which model, trained how. Read from one TOML file.

Every run keeps a copy of its recipe, so that a model folder says how it came to be. Knows nothing of the
files it names: whether they are there is found out when they are read.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from persian_assistant.config import read_toml
from persian_assistant.errors import UsageError

Section = TypeVar("Section")
KINDS = ("llama", "gpt2")
OPTIMIZERS = ("muon", "adamw")
REGISTERS = ("formal", "colloquial", "verse", "classical", "technical")
SMALLEST_VOCABULARY = 264
"""256 bytes and the eight special tokens."""
LARGEST_VOCABULARY = 65_536
"""Packed tokens are stored in two bytes each."""
_CORPUS_FIELDS = (
    "path",
    "name",
    "repeat",
    "late_repeat",
    "max_words",
    "max_latin",
    "strip_prefix",
    "register",
)


def _check(ok: bool, name: str, value: object, expected: str) -> None:
    if not ok:
        raise UsageError("cli.bad_value", name=name, value=value, expected=expected)


@dataclass(frozen=True)
class Source:
    """One body of text."""

    path: str
    """File or folder below the root given on the command line; `data:…` for a file that ships; or
    `hub:<data set id>[@revision][:configuration]`, of which the column `text` is streamed."""
    name: str = ""
    """How figures name it; the file's stem when empty."""
    repeat: float = 1.0
    """Times its documents are seen in the main phase; below 1 a random part of them."""
    late_repeat: float = 0.0
    """Times they are seen in the final phase, while the learning rate falls."""
    max_words: int = 0
    """Cut to about so many words by dropping random documents; 0 keeps all. Of a Hub data set the first so
    many words are streamed and no more."""
    max_latin: float = 0.3
    """Lines with a larger share of Latin letters are dropped."""
    strip_prefix: str = ""
    """Regular expression removed from the start of every document."""
    register: str = "formal"
    """formal | colloquial | verse | classical | technical: what held-out figures can be grouped by."""
    licence: str = ""
    url: str = ""
    tune_repeat: float = 1.0
    """For dialogue: times its rows are seen while chat-tuning."""
    max_rows: int = 0
    """For dialogue: at most so many rows; 0 keeps all."""

    def __post_init__(self) -> None:
        _check(bool(self.path), "path", self.path, "…")
        for name in ("repeat", "late_repeat", "tune_repeat"):
            _check(0 <= getattr(self, name) <= 1000, name, getattr(self, name), "0 … 1000")
        _check(self.max_words >= 0, "max_words", self.max_words, "≥ 0")
        _check(self.max_rows >= 0, "max_rows", self.max_rows, "≥ 0")
        _check(0 <= self.max_latin <= 1, "max_latin", self.max_latin, "0 … 1")
        _check(self.register in REGISTERS, "register", self.register, " | ".join(REGISTERS))
        try:
            re.compile(self.strip_prefix)
        except re.error as error:
            _check(False, "strip_prefix", self.strip_prefix, str(error))

    @property
    def label(self) -> str:
        return self.name or Path(self.path).name.split(".")[0] or "text"


@dataclass(frozen=True)
class Architecture:
    """Shape of the model."""

    kind: str = "llama"
    """`llama` (RoPE, SwiGLU, RMSNorm) or `gpt2`."""
    hidden_size: int = 256
    num_hidden_layers: int = 8
    num_attention_heads: int = 4
    intermediate_size: int = 704
    vocab_size: int = 12_288
    max_position_embeddings: int = 1024

    def __post_init__(self) -> None:
        _check(self.kind in KINDS, "kind", self.kind, " | ".join(KINDS))
        for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "≥ 1")
        heads = self.num_attention_heads
        step = 2 * heads if self.kind == "llama" else heads  # rotary embeddings turn pairs of numbers
        _check(self.hidden_size % step == 0, "hidden_size", self.hidden_size, f"n × {step}")
        smallest, largest = SMALLEST_VOCABULARY, LARGEST_VOCABULARY
        fits = smallest <= self.vocab_size <= largest
        _check(fits, "vocab_size", self.vocab_size, f"{smallest} … {largest}")
        longest = self.max_position_embeddings
        _check(longest >= 8, "max_position_embeddings", longest, "≥ 8")


@dataclass(frozen=True)
class Schedule:
    """How the model is trained on the packed text."""

    max_steps: int = 2500
    block_size: int = 512
    """Tokens per row."""
    batch_size: int = 16
    """Rows per optimiser step over all processes."""
    learning_rate: float = 3e-3
    warmup_steps: int = 100
    decay_share: float = 0.25
    """Last part of the steps: the rate falls to zero, on the late mixture."""
    weight_decay: float = 0.05
    max_grad_norm: float = 1.0
    optimizer: str = "muon"
    """`muon` (matrices by torch.optim.Muon, the rest by AdamW) or `adamw`."""
    checkpoint_every: int = 100
    """Steps; after five minutes there is one in any case."""
    random_seed: int = 1

    def __post_init__(self) -> None:
        for name in ("max_steps", "batch_size", "checkpoint_every"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "≥ 1")
        _check(self.block_size >= 8, "block_size", self.block_size, "≥ 8")
        _check(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "0 < … ≤ 1")
        _check(self.warmup_steps >= 0, "warmup_steps", self.warmup_steps, "≥ 0")
        _check(0 <= self.decay_share <= 1, "decay_share", self.decay_share, "0 … 1")
        _check(0 <= self.weight_decay <= 1, "weight_decay", self.weight_decay, "0 … 1")
        _check(self.max_grad_norm > 0, "max_grad_norm", self.max_grad_norm, "> 0")
        _check(self.optimizer in OPTIMIZERS, "optimizer", self.optimizer, " | ".join(OPTIMIZERS))
        _check(0 <= self.random_seed < 2**32, "random_seed", self.random_seed, "0 … 4294967295")


@dataclass(frozen=True)
class Tuning:
    """How the trained model is then tuned on dialogue."""

    num_train_epochs: float = 3.0
    learning_rate: float = 1e-3
    batch_size: int = 16
    block_size: int = 512
    """Longest row in tokens; a batch holds about half of `batch_size` × `block_size` tokens."""
    user_weight: float = 0.1
    """Loss weight of what the user says."""
    general_share: float = 0.1
    """Share of tokens of plain text mixed in, so that the language is kept."""
    system_share: float = 0.8
    """Share of rows that begin with the system message of their persona, as every served chat does."""
    random_seed: int = 1

    def __post_init__(self) -> None:
        epochs = self.num_train_epochs
        _check(0 < epochs <= 1000, "num_train_epochs", epochs, "0 < … ≤ 1000")
        _check(0 < self.learning_rate <= 1, "learning_rate", self.learning_rate, "0 < … ≤ 1")
        _check(self.batch_size >= 1, "batch_size", self.batch_size, "≥ 1")
        _check(self.block_size >= 8, "block_size", self.block_size, "≥ 8")
        _check(0 <= self.user_weight <= 1, "user_weight", self.user_weight, "0 … 1")
        _check(0 <= self.general_share < 1, "general_share", self.general_share, "0 ≤ … < 1")
        _check(0 <= self.system_share <= 1, "system_share", self.system_share, "0 … 1")
        _check(0 <= self.random_seed < 2**32, "random_seed", self.random_seed, "0 … 4294967295")


@dataclass(frozen=True)
class Recipe:
    """All of it."""

    name: str = "model"
    licence: str = ""
    """Licence of the finished model, as the Hub spells it (e.g. `cc-by-sa-4.0`); the model card names it."""
    architecture: Architecture = field(default_factory=Architecture)
    schedule: Schedule = field(default_factory=Schedule)
    tuning: Tuning = field(default_factory=Tuning)
    sources: tuple[Source, ...] = ()
    dialogue: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        longest = self.architecture.max_position_embeddings
        for name, section in (("schedule", self.schedule), ("tuning", self.tuning)):
            size = section.block_size  # type: ignore[attr-defined]
            _check(size <= longest, f"{name}.block_size", size, f"≤ {longest} (max_position_embeddings)")
        for name, rows in (("sources", self.sources), ("dialogue", self.dialogue)):
            labels = [source.label for source in rows]
            for at, label in enumerate(labels):
                _check(label not in labels[:at], f"{name}[{at + 1}].name", label, "≠ " + label)

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Raises UsageError that names the file and the field."""
        table = read_toml(path)
        for name in table:
            if name not in {item.name for item in fields(cls)}:
                raise UsageError("cli.unknown_setting", name=name, where=path)
        values: dict[str, Any] = {"name": path.stem, **table}
        _check_types({"name": "str", "licence": "str"}, values, "", path)
        for name, kind in (("architecture", Architecture), ("schedule", Schedule), ("tuning", Tuning)):
            values[name] = _section(kind, table.get(name, {}), name, path)
        for name in ("sources", "dialogue"):
            rows = table.get(name, [])
            if not isinstance(rows, list):
                raise _bad_field(path, name, rows, f"[[{name}]]")
            numbered = enumerate(rows, 1)
            values[name] = tuple(_section(Source, row, f"{name}[{at}]", path) for at, row in numbered)
        try:
            return cls(**values)
        except UsageError as error:
            raise UsageError("pretrain.bad_field", path=path, **_renamed(error, "")) from error

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def corpus_hash(self) -> str:
        """Hash of all that decides the packed tokens, the contents of the files themselves left aside."""
        rows = [{name: getattr(source, name) for name in _CORPUS_FIELDS} for source in self.sources]
        made_from = [self.architecture.vocab_size, self.schedule.random_seed, rows]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:16]


def _section(kind: type[Section], table: object, where: str, path: Path) -> Section:
    """`table` as a `kind`; `where` is how the file calls it. Raises UsageError."""
    if not isinstance(table, dict):
        raise _bad_field(path, where, table, f"[{where}]")
    types = {item.name: str(item.type) for item in fields(kind)}  # type: ignore[arg-type]
    for name in table:
        if name not in types:
            raise UsageError("cli.unknown_setting", name=f"{where}.{name}", where=path)
    for item in fields(kind):  # type: ignore[arg-type]
        if item.default is MISSING and item.default_factory is MISSING and item.name not in table:
            raise UsageError("pretrain.missing_field", path=path, field=f"{where}.{item.name}")
    _check_types(types, table, f"{where}.", path)
    try:
        return kind(**table)
    except UsageError as error:
        raise UsageError("pretrain.bad_field", path=path, **_renamed(error, f"{where}.")) from error


def _check_types(types: dict[str, str], table: dict[str, Any], prefix: str, path: Path) -> None:
    accepted = {"int": (int,), "float": (int, float), "str": (str,)}
    for name, expected in types.items():
        value = table.get(name)
        fits = isinstance(value, accepted.get(expected, (object,))) and not isinstance(value, bool)
        if name in table and not fits:
            raise _bad_field(path, prefix + name, value, expected)


def _renamed(error: UsageError, prefix: str) -> dict[str, object]:
    values = dict(error.values)
    return {"field": f"{prefix}{values.pop('name')}", **values}


def _bad_field(path: Path, name: str, value: object, expected: str) -> UsageError:
    return UsageError("pretrain.bad_field", path=path, field=name, value=value, expected=expected)
