"""A folder that a training technique left: which technique, on which base, and how a chat is told of it.

Knows nothing of tensors; whether they fit is found out by `techniques.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from persian_assistant import disk
from persian_assistant.config import ModelConfig
from persian_assistant.errors import ModelError, UsageError
from persian_assistant.hub import ModelSource

RECORD = "technique.json"
PEFT_SETTINGS, PEFT_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
EMBEDDINGS, FULL = "embeddings.safetensors", "model.safetensors"
NAMES = ("qlora", "lora", "p_tuning", "embeddings", "full", "ia3")
"""All techniques, in the order in which they are compared."""
_PEFT_TYPES = {"LORA": "lora", "P_TUNING": "p_tuning", "IA3": "ia3"}


@dataclass(frozen=True)
class TrainedFolder:
    """What `technique.json` says, or for a plain PEFT folder its own settings."""

    path: Path
    technique: str
    """One of NAMES."""
    base: dict[str, Any] = field(default_factory=dict)
    """`name`, `repo_id`, `revision` and `fingerprint` of the model it was trained on; empty: not known."""
    quantization: str | None = None
    """How the base was held while training; None: not known."""
    settings: dict[str, Any] = field(default_factory=dict)
    """How it was trained."""

    @classmethod
    def read(cls, path: Path) -> TrainedFolder:
        """Raises UsageError: no such folder, nothing trained in it, an unknown technique; ModelError."""
        path = Path(path).expanduser()
        if not path.is_dir():
            raise UsageError("compare.no_folder", path=path)
        try:
            folder = _own(path) if (path / RECORD).is_file() else _of_peft(path)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError("model.adapter_damaged", path=path, reason=error) from error
        if not (path / folder.weights).is_file() and not any(path.glob("model-*.safetensors")):
            key = "model.adapter_unsafe" if any(path.glob("*.bin")) else "model.adapter_missing"
            raise ModelError(key, path=path, reason=folder.weights)
        return folder

    @property
    def weights(self) -> str:
        """Name of the file that holds what was trained."""
        return {"embeddings": EMBEDDINGS, "full": FULL}.get(self.technique, PEFT_WEIGHTS)

    def check(self, source: ModelSource) -> None:
        """Raises ModelError where it was trained on another model than `source`."""
        ours = self.base.get("fingerprint")
        if ours and ours != source.fingerprint:
            reason = f"{self.base.get('name')} {ours[:8]} ≠ {source.name} {source.fingerprint[:8]}"
            raise ModelError("model.adapter_mismatch", path=self.path, reason=reason)

    def write(self) -> None:
        """Put the record into the folder, 0600. Raises DiskError."""
        record = asdict(self)
        del record["path"]
        disk.write_private(self.path / RECORD, disk.to_json(record, indent=1) + "\n")


def _own(path: Path) -> TrainedFolder:
    record = json.loads((path / RECORD).read_text(encoding="utf-8"))
    technique = str(record["technique"])
    check_technique(technique)
    return TrainedFolder(
        path, technique, dict(record["base"]), record.get("quantization"), dict(record["settings"])
    )


def _of_peft(path: Path) -> TrainedFolder:
    """A folder of PEFT's own (a version of a profile, one from the Hub) says less, and serves as well."""
    if not (path / PEFT_SETTINGS).is_file():
        raise UsageError("compare.nothing_trained", path=path, record=RECORD)
    kind = str(json.loads((path / PEFT_SETTINGS).read_text(encoding="utf-8"))["peft_type"])
    if kind not in _PEFT_TYPES:
        raise UsageError("compare.unknown_technique", name=kind, known=", ".join(NAMES))
    return TrainedFolder(path, _PEFT_TYPES[kind])


def check_technique(name: str) -> None:
    """Raises UsageError for a name that is no technique's."""
    if name not in NAMES:
        raise UsageError("compare.unknown_technique", name=name, known=", ".join(NAMES))


# --- in a chat --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServedFolder(ModelConfig):
    """The model settings of a chat that answers from a trained folder in place of the profile's version."""

    adapter: Path = Path()
    """The folder."""


def with_folder(model: ModelConfig, path: Path, *, given: set[str]) -> ServedFolder:
    """`model` with the folder at `path` served; base and quantisation are its own unless they are `given`.

    `given`: names of flags that the user typed. Raises UsageError, ModelError (see `TrainedFolder.read`).
    """
    folder = TrainedFolder.read(path)
    values = {item.name: getattr(model, item.name) for item in fields(ModelConfig)}
    if "model" not in given and folder.base.get("name"):
        values |= {"name": folder.base["name"], "revision": folder.base.get("revision")}
    if "quantization" not in given and folder.quantization:
        values["quantization"] = folder.quantization
    return ServedFolder(**values, adapter=folder.path)
