"""Another version (or the bare base) answers for a moment on a model that goes on serving its own.

Nothing of the serving adapter is read again: it stays in memory and is put back. Knows nothing of versions,
conversations or when this is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from persian_assistant import adapters

NAME = "beside"


@contextmanager
def bare(peft_model: Any, lock: Any) -> Iterator[None]:
    """In here the base model answers, without the adapter that serves. `lock` is the engine's."""
    name = peft_model.active_adapters[0]
    with lock:
        peft_model.base_model.disable_adapter_layers()
        adapters._raise_serial(peft_model)
    try:
        yield
    finally:
        with lock:
            peft_model.base_model.enable_adapter_layers()
            peft_model.set_adapter(name, inference_mode=True)
            adapters._raise_serial(peft_model)


@contextmanager
def on_bare(model: Any, adapter_dir: Path, lock: Any) -> Iterator[None]:
    """In here the adapter of `adapter_dir` answers on `model`, which serves bare. Raises ModelError."""
    adapters.read_adapter(adapter_dir, model)  # checked before anything is touched
    with lock:
        peft_model = adapters.attach(model, adapter_dir, NAME)
    try:
        yield
    finally:
        adapters.remove_adapter(peft_model, lock)


@contextmanager
def another(peft_model: Any, adapter_dir: Path, lock: Any) -> Iterator[None]:
    """In here the adapter of `adapter_dir` answers in place of the one that serves. Raises ModelError."""
    own = peft_model.active_adapters[0]
    config, tensors = adapters.read_adapter(adapter_dir, peft_model)
    config.inference_mode = True
    with lock:
        try:
            with adapters._without_warnings():
                peft_model.add_adapter(NAME, config, low_cpu_mem_usage=True)
            adapters._fill(peft_model, NAME, tensors, trainable=False)
            fused = adapters._fused_layers(peft_model, NAME)
            peft_model.set_adapter(NAME, inference_mode=True)
            adapters._install(peft_model, fused)
        except Exception:
            _back(peft_model, own)
            raise
    try:
        yield
    finally:
        with lock:
            _back(peft_model, own)


def _back(peft_model: Any, own: str) -> None:
    """The adapter `own` serves again; the one beside it is gone."""
    peft_model.set_adapter(own, inference_mode=True)
    adapters._install(peft_model, adapters._fused_layers(peft_model, own))
    if NAME in peft_model.peft_config:
        peft_model.delete_adapter(NAME)
