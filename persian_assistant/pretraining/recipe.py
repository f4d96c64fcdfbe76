"""A recipe: which text, in what shares, for which model, trained how. Read from one TOML file.

Every run keeps a copy of its recipe, so that a model folder says how it came to be.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from persian_assistant.config import read_toml
from persian_assistant.errors import UsageError

Section = TypeVar("Section")


@dataclass(frozen=True)
class Source:
    """One body of text."""

    path: str
    """File or folder below the root given on the command line, or `hub:<dataset id>` (streamed)."""
    name: str = ""
    """How figures name it; the file's stem when empty."""
    repeat: float = 1.0
    """Times its documents are seen in the main phase; below 1 a random part of them."""
    late_repeat: float = 0.0
    """Times they are seen in the final phase, while the learning rate falls."""
    max_words: int = 0
    """Cut to about so many words by dropping random documents; 0 keeps all."""
    max_latin: float = 0.3
    """Lines with a larger share of Latin letters are dropped."""
    strip_prefix: str = ""
    """Regular expression removed from the start of every document."""
    register: str = "formal"
    """formal | colloquial | verse | classical | technical: held-out figures are grouped by it."""
    licence: str = ""
    url: str = ""
    tune_repeat: float = 1.0
    """For dialogue: times its rows are seen while chat-tuning."""
    max_rows: int = 0
    """For dialogue: at most so many rows; 0 keeps all."""

    @property
    def label(self) -> str:
        return self.name or Path(self.path).name.split(".")[0]


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
    random_seed: int = 1


@dataclass(frozen=True)
class Tuning:
    """How the trained model is then tuned on dialogue."""

    num_train_epochs: float = 3.0
    learning_rate: float = 1e-3
    batch_size: int = 16
    block_size: int = 512
    user_weight: float = 0.1
    general_share: float = 0.1
    """Share of rows of plain text mixed in, so that the language is kept."""
    random_seed: int = 1


@dataclass(frozen=True)
class Recipe:
    """All of it."""

    name: str = "model"
    architecture: Architecture = field(default_factory=Architecture)
    schedule: Schedule = field(default_factory=Schedule)
    tuning: Tuning = field(default_factory=Tuning)
    sources: tuple[Source, ...] = ()
    dialogue: tuple[Source, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Raises UsageError that names the file and the field."""
        table = read_toml(path)
        return cls(
            name=str(table.get("name", path.stem)),
            architecture=_section(Architecture, table.get("architecture", {}), path),
            schedule=_section(Schedule, table.get("schedule", {}), path),
            tuning=_section(Tuning, table.get("tuning", {}), path),
            sources=tuple(_section(Source, row, path) for row in table.get("sources", [])),
            dialogue=tuple(_section(Source, row, path) for row in table.get("dialogue", [])),
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _section(kind: type[Section], table: dict[str, Any], path: Path) -> Section:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    for name in table:
        if name not in known:
            raise UsageError("cli.unknown_setting", name=name, where=path)
    try:
        return kind(**table)
    except TypeError as error:
        raise UsageError("cli.bad_toml", path=path, reason=error) from error
