"""A trained folder on its base model, the way a chat is served by it: checked first, tensor by tensor.

Knows nothing of training.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from persian_assistant import adapters
from persian_assistant.engine import context_length
from persian_assistant.errors import ModelError
from persian_assistant.hub import ModelSource
from persian_assistant.model import LoadedModel, first_line, load_model
from persian_assistant.techniques_folder import EMBEDDINGS, PEFT_WEIGHTS, TrainedFolder
from persian_assistant.techniques_prompt import put_before

NAME = "trained"  # PEFT's name of the adapter
PROMPT = "prompt_embeddings"  # as PEFT calls the virtual tokens in a file


def load_trained(
    source: ModelSource,
    folder: TrainedFolder,
    *,
    quantization: str = "nf4",
    device: str = "auto",
    notice: Callable[[str], None] = lambda text: None,
) -> tuple[LoadedModel, int]:
    """(the model of `source` with what `folder` holds on it, parameters of that).

    Raises ModelError: trained on another base, damaged, or a model that cannot be loaded.
    """
    folder.check(source)
    weights = replace(source, path=folder.path) if folder.technique == "full" else source
    loaded = load_model(weights, quantization=quantization, device=device, notice=notice)
    loaded.source = source
    if folder.technique == "full":
        return loaded, int(loaded.model.num_parameters())
    return loaded, _PUTS[folder.technique](loaded, folder.path)


def ends_of(model: Any) -> dict[str, nn.Parameter]:
    """Weights (and biases) of token embeddings and output head by name; tied ones are one, and stay so."""
    ends = (model.get_input_embeddings(), model.get_output_embeddings())
    wanted = {id(parameter) for layer in ends if layer is not None for parameter in layer.parameters()}
    return {name: parameter for name, parameter in model.named_parameters() if id(parameter) in wanted}


def _put_lora(loaded: LoadedModel, path: Path) -> int:
    peft_model = adapters.attach(loaded.model, path, NAME)
    return sum(one.numel() for one in adapters.adapter_tensors(peft_model).values())


def _put_ia3(loaded: LoadedModel, path: Path) -> int:
    from peft import IA3Config, PeftModel

    config, tensors = _read_peft(path, IA3Config)
    config.fan_in_fan_out = adapters.fan_in_fan_out(loaded.model)
    try:
        with adapters._without_warnings():
            peft_model = PeftModel(loaded.model, config, adapter_name=NAME)
    except ValueError as error:  # none of its layers is here
        raise _mismatch(path, first_line(error)) from error
    layers = {
        name: layer for name, layer in peft_model.named_modules() if NAME in getattr(layer, "ia3_l", ())
    }
    _check(path, tensors, {f"{name}.ia3_l": layer.ia3_l[NAME] for name, layer in layers.items()})
    for name, layer in layers.items():
        vector = tensors[f"{name}.ia3_l"].to(loaded.device, torch.float32)
        layer.ia3_l[NAME] = nn.Parameter(vector, requires_grad=False)
        layer.__dict__["forward"] = partial(_scaled, layer, vector.flatten())
    peft_model.set_adapter(NAME, inference_mode=True)
    peft_model.eval()
    return _count(tensors)


def _scaled(layer: Any, vector: Tensor, x: Tensor) -> Tensor:
    """An IA³ layer at inference, x [..., in] to [..., out]: PEFT's own, on 4 bits, changes the type of x."""
    if layer.is_feedforward:
        return layer.base_layer((x * vector).to(x.dtype))  # type: ignore[no-any-return]
    return (layer.base_layer(x) * vector).to(x.dtype)  # type: ignore[no-any-return]


def _put_p_tuning(loaded: LoadedModel, path: Path) -> int:
    from peft import PromptEncoderConfig

    config, tensors = _read_peft(path, PromptEncoderConfig)
    width = loaded.model.config.get_text_config().hidden_size
    _check(path, tensors, {PROMPT: torch.empty(config.num_virtual_tokens, width)})
    prompt = tensors[PROMPT].to(loaded.device, loaded.model.dtype)
    # they take their part of the context: whoever asks how long it is asks the tokenizer, too
    longest = context_length(loaded.model, loaded.tokenizer)
    loaded.tokenizer.model_max_length = longest - config.num_virtual_tokens
    put_before(loaded.model, lambda: prompt)
    return _count(tensors)


def _put_embeddings(loaded: LoadedModel, path: Path) -> int:
    tensors, ends = _read(path, EMBEDDINGS), ends_of(loaded.model)
    _check(path, tensors, ends)
    with torch.no_grad():
        for name, parameter in ends.items():
            parameter.copy_(tensors[name])
    return _count(tensors)


_PUTS: dict[str, Callable[[LoadedModel, Path], int]] = {
    "qlora": _put_lora,
    "lora": _put_lora,
    "p_tuning": _put_p_tuning,
    "embeddings": _put_embeddings,
    "ia3": _put_ia3,
}


def _read_peft(path: Path, kind: type) -> tuple[Any, dict[str, Tensor]]:
    from peft import PeftConfig

    try:
        with adapters._without_warnings():
            config = PeftConfig.from_pretrained(str(path))
    except Exception as error:
        raise ModelError("model.adapter_damaged", path=path, reason=first_line(error)) from error
    if not isinstance(config, kind):
        raise _mismatch(path, f"peft_type {config.peft_type}")
    return config, _read(path, PEFT_WEIGHTS)


def _read(path: Path, name: str) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    try:
        return dict(load_file(path / name))
    except Exception as error:
        raise ModelError("model.adapter_damaged", path=path, reason=first_line(error)) from error


def _check(path: Path, tensors: dict[str, Tensor], expected: dict[str, Any]) -> None:
    """Raises ModelError unless exactly the `expected` tensors are there, in shape and finite."""
    if other := sorted(set(tensors) ^ set(expected)):
        raise _mismatch(path, f"{other[0]} is {'missing' if other[0] in expected else 'not expected'}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise _mismatch(path, f"{name}: {tuple(tensor.shape)} instead of {tuple(expected[name].shape)}")
        if not bool(torch.isfinite(tensor).all()):
            raise _mismatch(path, f"{name}: NaN")


def _mismatch(path: Path, reason: str) -> ModelError:
    return ModelError("model.adapter_mismatch", path=path, reason=reason)


def _count(tensors: dict[str, Tensor]) -> int:
    return sum(math.prod(tensor.shape) for tensor in tensors.values())
